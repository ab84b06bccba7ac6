"""What all tests share: the quick start of Jupyter's packages, and pictures drawn without a screen."""

import matplotlib as mpl

import clientbase.report  # noqa: F401  before any Jupyter package, see there

mpl.use("agg")
