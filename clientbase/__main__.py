"""The command `clientbase`."""

import sys


def main() -> None:
    """Run the command line; an error of ours ends as its sentence, never as a stack trace."""
    from clientbase.cli import app

    app()


if __name__ == "__main__":
    sys.exit(main())
