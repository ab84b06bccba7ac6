"""Whether a finished report is still what a new run would make, so that nothing need be run.

A report is taken as it is, whole, or made anew, whole: every page rests on most settings and on all facts (the gates alone
ask every part of the method), so a report put together from pages of two runs would save little and could contradict itself.
The seal is one hash over everything a page depends on; the report's own files are hashed beside it, so that a page edited
or lost since is made again.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clientbase.report.folders import RECORD, clear, only_run
from clientbase.report.side_by_side import Report

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from clientbase.study_file import StudyFile

PACKAGE = Path(__file__).parents[1]
SEAL, FILES = "seal", "files"
APART = {"demo", "notebooks", ".clientbase", "__pycache__"}  # in the package's folder, but no part of its code
# What notebooks read beside the facts and study.toml.
BESIDE = ("decisions.csv", "overrides.csv")


def seal(file: StudyFile, notebooks: Iterable[Path], asked: Mapping[str, Any]) -> str:
    """Return the hash of everything a report depends on; empty when a source cannot be told apart without reading it.

    Args:
        file: the study; its bytes count, those of its sources and of the files that panels write beside it.
        notebooks: files that are run, in their order.
        asked: what the command gave: parameters, codes instead of names, where the report lies as seen from the study.

    Raises SourceError when a source cannot be found or opened.
    """
    from clientbase.ledger.cache import told_apart
    from clientbase.report.assembly import versions

    sources = told_apart(file.sources, file.folder)
    if sources is None:
        return ""
    content = {
        "sources": sources,
        "study": [_hash(path) for path in (file.path, *(file.folder / name for name in BESIDE))],
        "notebooks": [[path.name, _hash(path)] for path in notebooks],
        "asked": dict(asked),
        "code": _code(),
        "versions": versions(),
    }
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, default=str).encode()).hexdigest()


def write_seal(folder: Path, key: str) -> None:
    """Add the seal and the hashes of all its files to the record of a report that is complete otherwise."""
    record = folder / RECORD
    content = json.loads(record.read_text(encoding="utf-8"))
    text = json.dumps({**content, SEAL: key, FILES: _hashes(folder)}, ensure_ascii=False, indent=2)
    record.write_text(text + "\n", encoding="utf-8")


def unchanged(out: Path, name: str, key: str) -> Report | None:
    """Return the report that lies in out under this name if it has this seal and all its files are as they were written.

    What a killed run left is cleared away first, and a report that it had moved out is put back.
    Raises ReportError when another run is at this report.
    """
    folder = out / name
    if not key or not out.is_dir():
        return None
    try:
        with only_run(out, name):
            clear(out, name)
            content = json.loads((folder / RECORD).read_text(encoding="utf-8"))
            if content.get(SEAL) == key and content.get(FILES) == _hashes(folder):
                return Report(folder / "index.html", unchanged_since=content["created"])
    except (OSError, ValueError, AttributeError, KeyError):  # none, or one that was damaged: it is made anew
        return None
    return None


def _hashes(folder: Path) -> dict[str, str | None]:
    files = (path for path in folder.rglob("*") if path.is_file() and path != folder / RECORD)
    return {path.relative_to(folder).as_posix(): _hash(path) for path in sorted(files)}


def _hash(path: Path) -> str | None:
    """Return the hash of a file, None when there is none."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None


@cache
def _code() -> str:
    """Return a hash of this package: its code, words and templates, whatever its version says."""
    files = sorted(path for path in PACKAGE.rglob("*") if path.is_file() and not APART & set(path.relative_to(PACKAGE).parts))
    found = hashlib.sha256()
    for path in files:
        found.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()
