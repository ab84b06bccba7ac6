"""clientbase: a notebook method for analysing and optimising a client base."""

from importlib import metadata

try:
    __version__ = metadata.version("clientbase")
except metadata.PackageNotFoundError:  # used from a folder that was never installed
    __version__ = "0"
