"""The exports in the files a person names; files and sheets with the same columns (one a year, say) become one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

from clientbase.draft.bench import Bench
from clientbase.draft.inspection import Export, inspect
from clientbase.draft.places import Place, find_places
from clientbase.errors import SourceError
from clientbase.ledger.files import quoted

ALIKE_FROM = 4  # columns in common from which tables with equal headers are parts of one
COPY_FROM = 0.5  # share of common rows from which a table is a copy, not a part


def read_exports(bench: Bench, files: Sequence[Path]) -> list[Export]:
    """Return the exports of all files, in their order."""
    if not files:
        raise SourceError("no files were named. Give the exported files: clientbase new NAME orders.csv clients.xlsx.")
    places = [place for path in dict.fromkeys(Path(file) for file in files) for place in find_places(path)]
    exports = [inspect(bench, [place], bench.open(place)) for place in places]
    groups: dict[tuple[str, ...], list[Export]] = {}
    for export in exports:
        names = tuple(column.name for column in export.columns)
        is_part = len(names) >= ALIKE_FROM and any(column.date for column in export.columns)
        groups.setdefault(names if is_part else (export.label, str(export.place.path)), []).append(export)
    return [group[0] if len(group) == 1 else _merge(bench, group) for group in groups.values()]


def _merge(bench: Bench, group: list[Export]) -> Export:
    """Return several exports with the same columns as one: by a pattern of their names, else file by file."""
    group = _without_copies(bench, group)
    places = [export.place for export in group]
    if len(places) == 1:
        return group[0]
    if place := _pattern(places):
        return inspect(bench, [place], bench.open(place))
    return inspect(bench, places, bench.merge([(export.typed, export.raw) for export in group]))


def _without_copies(bench: Bench, group: list[Export]) -> list[Export]:
    """Return the exports without views of a database that repeat its tables; refuse files that repeat each other."""
    kept: list[Export] = []
    for export in group:
        copied = next((other for other in kept if _common_share(bench, export, other) > COPY_FROM), None)
        if copied is None:
            kept.append(export)
        elif copied.place.path != export.place.path:
            raise SourceError(
                f"{copied.label} and {export.label} hold the same rows, which would count twice. Name only one of them."
            )
    return kept


def _common_share(bench: Bench, one: Export, other: Export) -> float:
    """Return the share of the smaller export's rows that stand in the other as well."""
    listed = ", ".join(f"{quoted(column.name)}::varchar" for column in one.columns)
    rows = f"select {listed} from {one.raw} intersect all select {listed} from {other.raw}"
    return bench.row(f"select count(*) from ({rows})")[0] / min(one.n_rows, other.n_rows)


def _pattern(places: list[Place]) -> Place | None:
    """Return the place that names exactly these text or Parquet files by a pattern, None when no pattern does."""
    first = places[0]
    if first.kind not in ("csv", "parquet") or len({replace(place, path=first.path) for place in places}) > 1:
        return None
    names = [place.path.name for place in places]
    start = _common_start(names)
    end = _common_start([name[len(start) :][::-1] for name in names])[::-1]
    if any(mark in start + end for mark in "*?[]") or len({place.path.parent for place in places}) > 1:
        return None
    pattern = first.path.parent / f"{start}*{end}"
    matched = set(first.path.parent.glob(pattern.name))
    return replace(first, path=pattern) if matched == {place.path for place in places} else None


def _common_start(names: list[str]) -> str:
    """Return the letters all names begin with."""
    same = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    return "".join(letters[0] for letters in same)
