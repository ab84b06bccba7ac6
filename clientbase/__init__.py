"""clientbase: a notebook method for analysing and optimising a client base."""


def __getattr__(name: str) -> str:
    """Return the version when it is asked for: looking it up would double the time that importing anything of ours takes."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import metadata

    try:
        return metadata.version("clientbase")
    except metadata.PackageNotFoundError:  # used from a folder that was never installed
        return "0"
