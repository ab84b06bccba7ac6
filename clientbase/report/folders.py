"""Where a report is written: aside first, then into place whole, by one run at a time.

An interrupted or killed run leaves at most folders whose names start with a dot; the next run clears them away.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from clientbase.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RECORD = "run.json"  # what tells a report from a folder of somebody else's
UNFIT = re.compile(r'[/\\:*?"<>|\x00-\x1f]|^\.|[. ]$|^$')  # what some system does not allow in a folder's name


def check_name(name: str) -> None:
    """Raise ReportError when a study's name cannot be a folder's."""
    if UNFIT.search(name):
        raise ReportError(f"the study's name {name!r} cannot be a folder's name. Change `name` in its study.toml.")


@contextmanager
def only_run(out: Path, name: str) -> Iterator[None]:
    """Hold the lock of one report; the system releases it should this process die."""
    path = out / f".{name}.lock"
    file = _lock(path, name)
    try:
        yield
    finally:
        if os.name != "nt":  # there an open file cannot be removed, and an empty one left over does no harm
            path.unlink(missing_ok=True)
        file.close()


@contextmanager
def aside_folder(out: Path, name: str) -> Iterator[Path]:
    """Yield a new folder beside the report; what is still in it at the end is removed. The caller holds the lock."""
    clear(out, name)
    for folder in (out / name, out / f"{name}.failed"):
        _refuse_foreign(folder)
    aside = _beside(out / name, "running")
    aside.mkdir()
    try:
        yield aside
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def clear(out: Path, name: str) -> None:
    """Remove what dead runs left; put the last good report back where one died between the two moves.

    The caller holds the lock.
    """
    for report in (name, f"{name}.failed"):
        for old in _leftovers(out, report, "old"):
            if not (out / report).exists():
                old.rename(out / report)
            shutil.rmtree(old, ignore_errors=True)
    for running in _leftovers(out, name, "running"):
        shutil.rmtree(running, ignore_errors=True)


def put_in_place(aside: Path, final: Path) -> None:
    """Move a finished folder to its place; the older one is moved out at the last moment and deleted after."""
    old = _beside(final, "old")
    if final.exists():
        final.rename(old)
    try:
        aside.rename(final)
    except OSError:
        if old.exists():
            old.rename(final)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _beside(final: Path, kind: str) -> Path:
    return final.with_name(f".{final.name}.{secrets.token_hex(4)}.{kind}")


def _leftovers(out: Path, name: str, kind: str) -> list[Path]:
    """Return the folders that dead runs of this report left; a study 'a' must not take those of a study 'a.b'."""
    pattern = re.compile(rf"\.{re.escape(name)}\.[0-9a-f]{{8}}\.{kind}")
    return [path for path in out.iterdir() if pattern.fullmatch(path.name)]


def _refuse_foreign(folder: Path) -> None:
    """Raise ReportError when a folder in the report's place is not a report: replacing would delete it."""
    if folder.exists() and not (folder / RECORD).is_file():
        raise ReportError(
            f"'{folder}' is in the way and is not a report (it has no {RECORD}). Move it or choose another --out."
        )


def _lock(path: Path, name: str) -> IO[str]:
    """Open and lock a file; between the two another run may have removed it, then it is opened again."""
    while True:
        file = path.open("a")
        try:
            _lock_file(file)
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
            file.close()
        except FileNotFoundError:
            file.close()
        except (BlockingIOError, PermissionError) as error:
            file.close()
            raise ReportError(
                f"a report of study '{name}' is being made in '{path.parent}' now. Wait until it ends."
            ) from error


def _lock_file(file: IO[str]) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
