"""Facts kept beside the study under a fingerprint of its sources and of what the reading depends on.

All notebooks of a report pay for one pass over the order lines. A changed file, mapping, window or version of the reading
is another fingerprint, so a stale result is never found; the few newest are kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import time
import uuid
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from pyarrow import ArrowException

from clientbase.errors import SourceError, StudyError
from clientbase.ledger.specification import source_paths

if TYPE_CHECKING:
    import datetime as dt

    from clientbase.ledger.reading import LedgerResult
    from clientbase.ledger.specification import EngineSpec, SourceSpec
    from clientbase.sections import Preparation

HASHED_BYTES = 256 << 20  # larger files are told apart by size and time of change, or hashing would cost more than reading
KEPT = 5
LEFT_OVER = re.compile(r"facts-[0-9a-f]+\.[0-9a-f]{8}|run-[0-9a-f]{32}(\.[0-9a-f]{8})?")  # unless the run still goes on
LEFT_OVER_SECONDS = 24 * 60 * 60


@dataclass(frozen=True)
class Fingerprint:
    """What the facts depend on: the key of the cache and the sources with their hashes, for the record."""

    key: str
    sources: list[dict[str, Any]]


def fingerprint(
    sources: dict[str, SourceSpec],
    folder: Path,
    *,
    currency: str,
    as_of: dt.date | None,
    preparation: Preparation,
    engine: EngineSpec | None = None,
) -> Fingerprint | None:
    """Return the fingerprint of a study, or None when a source cannot be told apart without reading it (a database)."""
    if (files := told_apart(sources, folder)) is None:
        return None
    content = {
        "files": files,
        "sources": {name: spec.model_dump(mode="json") for name, spec in sources.items()},
        "currency": currency,
        "as_of": str(as_of),
        "preparation": preparation.model_dump(mode="json"),
        "reading": _version_of_reading(),
        "engine": engine.url if engine else None,
    }
    return Fingerprint(hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:24], files)


def told_apart(sources: dict[str, SourceSpec], folder: Path) -> list[dict[str, Any]] | None:
    """Return the files of all sources with their hashes, None when a source cannot be told apart without reading it."""
    if any(spec.url or spec.is_in_engine or spec.is_remote for spec in sources.values()):
        return None
    return origins(sources, folder)


def origins(sources: dict[str, SourceSpec], folder: Path) -> list[dict[str, Any]]:
    """Return where each source comes from, for the record: files with hashes; of databases never the address."""
    found = []
    for name, spec in sources.items():
        if spec.is_remote or not spec.parts:
            place = "file" if spec.is_remote else "engine" if spec.is_in_engine else "database"
            found.append({"source": name, "read_from": place, "table": spec.table or ("a query" if spec.sql else None)})
            continue
        paths = [path for part in spec.parts.values() for path in source_paths(part, folder)]
        found += [{"source": name, "file": os.path.relpath(path, folder), **_identity(path)} for path in paths]
    return found


def _identity(path: Path) -> dict[str, Any]:
    try:
        stat = path.stat()
        if stat.st_size > HASHED_BYTES:
            return {"bytes": stat.st_size, "modified": stat.st_mtime_ns}
        with path.open("rb") as stream:
            return {"bytes": stat.st_size, "sha256": hashlib.file_digest(stream, "sha256").hexdigest()}
    except OSError as error:
        raise SourceError(f"the file '{path.name}' cannot be opened ({error.strerror}). Check who may read it.") from None


@cache
def _version_of_reading() -> str:
    """Return a hash of the code that reads, its engine included: changed code never meets facts of the old one."""
    here = Path(__file__).parent
    code = sorted(here.glob("*.py")) + [
        here.parent / "method" / name for name in ("periods.py", "rhythm.py", "common.py", "discount_audit.py")
    ]
    engine = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "ibis-framework"))
    return hashlib.sha256(b"".join([engine.encode(), *(path.read_bytes() for path in code)])).hexdigest()


def cache_folder(folder: Path) -> Path:
    """Return where a study keeps its facts: beside it, or in the user's cache where that folder cannot be written."""
    import platformdirs

    elsewhere = (
        Path(platformdirs.user_cache_dir("clientbase")) / hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
    )
    for place in (folder / ".clientbase", elsewhere):
        if _is_writable(place):
            return place
    raise StudyError(
        f"the facts cannot be kept: neither '{folder}' nor '{elsewhere.parent}' can be written. Set XDG_CACHE_HOME to a folder "
        "that can."
    )


def _is_writable(place: Path) -> bool:
    """Tell whether a folder can be written, or made where it would be."""
    there = next(path for path in (place, *place.parents) if path.exists())
    return there.is_dir() and os.access(there, os.W_OK)


def load(place: Path) -> LedgerResult | None:
    """Return the facts kept at place, or None when there are none; damaged ones are thrown away."""
    if not (place / "state.json").exists():
        return None
    try:
        return _loaded(place)
    except (OSError, ValueError, KeyError, ArrowException):
        shutil.rmtree(place, ignore_errors=True)
        return None


def _loaded(place: Path) -> LedgerResult:
    from clientbase.ledger.reading import BY_CLIENT, LedgerResult

    kept = {name: place / f"{name}.parquet" for name in BY_CLIENT}
    is_needed = ("facts", "months")
    return LedgerResult(
        **{name: pd.read_parquet(path) if name in is_needed or path.exists() else None for name, path in kept.items()},
        tables={path.stem: pd.read_parquet(path) for path in sorted((place / "tables").glob("*.parquet"))},
        checks=pd.read_parquet(place / "checks.parquet"),
        refused=pd.read_parquet(place / "refused.parquet"),
        state=json.loads((place / "state.json").read_text(encoding="utf-8")),
    )


def save(result: LedgerResult, place: Path) -> None:
    """Keep facts at place: written aside, renamed when whole, so that a killed run leaves nothing half-written."""
    aside = place.with_name(f"{place.name}.{uuid.uuid4().hex[:8]}")
    try:
        _write(result, aside)
    except OSError as error:
        shutil.rmtree(aside, ignore_errors=True)
        raise StudyError(
            f"the facts cannot be kept in '{place.parent}' ({error.strerror or error}). Make room there."
        ) from None
    try:
        aside.rename(place)
    except OSError:  # another run has just kept the same facts
        shutil.rmtree(aside)
    _forget_old(place.parent)


def _write(result: LedgerResult, folder: Path) -> None:
    from clientbase.ledger.reading import BY_CLIENT

    (folder / "tables").mkdir(parents=True)
    for name in (*BY_CLIENT, "checks", "refused"):
        if (table := getattr(result, name)) is not None:
            table.to_parquet(folder / f"{name}.parquet", index=False)
    for name, table in result.tables.items():
        table.to_parquet(folder / "tables" / f"{name}.parquet", index=False)
    (folder / "state.json").write_text(json.dumps(result.state, ensure_ascii=False), encoding="utf-8")


def _forget_old(folder: Path) -> None:
    """Remove all but the newest facts, and what killed runs left; a young leftover may be another run's that still writes."""
    whole = (path for path in folder.glob("facts-*") if path.is_dir() and not LEFT_OVER.fullmatch(path.name))
    kept = sorted(whole, key=lambda path: path.stat().st_mtime, reverse=True)
    for path in kept[KEPT:]:
        shutil.rmtree(path, ignore_errors=True)
    for path in folder.iterdir():
        if LEFT_OVER.fullmatch(path.name) and path.stat().st_mtime < time.time() - LEFT_OVER_SECONDS:
            shutil.rmtree(path, ignore_errors=True)
