"""Importing the package and asking for help load nothing heavy: both are to answer at once."""

import subprocess
import sys

import pytest

HEAVY = {  # not pydantic, which the command line itself needs
    "pandas", "numpy", "scipy", "matplotlib", "seaborn", "ibis", "duckdb", "pyarrow", "nbformat", "nbconvert",
    "nbclient", "papermill", "jupyter_client", "jupyter_core", "jsonschema", "IPython", "ipykernel", "ipywidgets", "jinja2",
    "tomlkit", "babel", "zmq",
}  # fmt: skip
LOADED = "import sys; print('loaded', *sorted({name.partition('.')[0] for name in sys.modules}))"
ASKED = "import contextlib\nwith contextlib.suppress(SystemExit):\n    from clientbase.cli import app\n    app({!r})\n"


def loaded(code):
    """Return the top names of the modules that a fresh process has loaded after code."""
    command = [sys.executable, "-c", code + LOADED]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return set(answer.rpartition("loaded")[2].split())


def test_the_package_alone_loads_nothing_but_itself():
    added = loaded("import clientbase\n") - loaded("")
    assert added == {"clientbase"}


@pytest.mark.parametrize("words", [["--help"], ["report", "--help"], ["--version"], ["nonsense"]])
def test_help_loads_nothing_heavy(words):
    found = loaded(ASKED.format(words))
    assert "typer" in found
    assert not found & HEAVY
