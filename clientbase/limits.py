"""What the machine refuses, a full disk or no more memory, told in one sentence: where, how much, what to do."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from clientbase.errors import LimitError

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMORY_VARIABLE = "CLIENTBASE_MEMORY"
# No space, a quota used up, a file larger than allowed.
FULL = {errno.ENOSPC, errno.EFBIG, *([errno.EDQUOT] if hasattr(errno, "EDQUOT") else [])}
FULL_DISK_WORDS = ("No space left on device", "max_temp_directory_size", "Disk quota exceeded", "File too large")
NO_MEMORY = "Close other programs or run fewer notebooks at once (--jobs 1)."


@contextmanager
def told(*places: object) -> Iterator[None]:
    """Raise LimitError for what is refused inside; places are the folders that are written to.

    Other errors of the system go on as they are.
    """
    try:
        yield
    except MemoryError:
        raise LimitError(f"the system gives no more memory. {NO_MEMORY}") from None
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise LimitError(full_disk(error, *places)) from None


def full_disk(error: OSError, *places: object) -> str:
    """Return the sentence about a disk that is full, naming the file or else the folders that are written to."""
    where = [error.filename] if error.filename else places
    named = " or ".join(f"'{place}'" for place in where) or "the folder that is written to"
    return f"no room for {named}: {os.strerror(error.errno)}. Make room on that disk, or choose a folder on another."


def engine_refusal(error: BaseException | None, limit: str, scratch: object) -> str:
    """Return what the engine was refused, told by an error or by one it came from; empty when it was something else.

    Args:
        error: what was raised; the errors in whose handling it was raised are looked through too.
        limit: the engine's limit of memory, as it says it.
        scratch: the folder of its temporary files.
    """
    import duckdb

    while error is not None:
        is_engines, said = isinstance(error, duckdb.Error), str(error)
        if is_engines and any(words in said for words in FULL_DISK_WORDS):
            return (
                f"the tables do not fit into memory ({limit}) and the disk has no room for temporary files in '{scratch}'. "
                "Make room there, or set TMPDIR to a folder on another disk."
            )
        if isinstance(error, duckdb.OutOfMemoryException):
            return (
                f"the tables need more memory than their limit of {limit}. Close other programs, or raise the limit: "
                f"{MEMORY_VARIABLE}=8GB before the command; without it the limit is four fifths of the machine's memory."
            )
        error = error.__cause__ or error.__context__
    return ""
