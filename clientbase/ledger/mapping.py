"""Which column of an export is which of ours: those a study maps, and those spelled as ours."""

from __future__ import annotations

import difflib
from collections import defaultdict
from typing import TYPE_CHECKING

from clientbase.errors import MissingColumnsError, StudyError

if TYPE_CHECKING:
    from clientbase.ledger.specification import SourceSpec
    from clientbase.ledger.tables import Table


def match_columns(table: Table, spec: SourceSpec, there: list[str], *, where: str) -> dict[str, str]:
    """Return our name -> name in the export, in the order of our columns; spaces and capital letters do not count."""
    by_spelling: dict[str, list[str]] = defaultdict(list)
    for name in there:
        by_spelling[_spelling(name)].append(name)
    mapping = {ours: _theirs(ours, theirs, by_spelling, there, table, where) for ours, theirs in spec.columns.items()}
    for ours in table.columns:
        if ours not in mapping and ours in by_spelling:
            mapping[ours] = _theirs(ours, ours, by_spelling, there, table, where)
    _refuse_one_amount_twice(table, mapping, where)
    if missing := [ours for ours, column in table.columns.items() if column.required and ours not in mapping]:
        raise MissingColumnsError(
            f"{where}: table '{table.name}' lacks {missing}; the export has {sorted(there)}. Map them in study.toml, section "
            f'[sources.{table.name}.columns], as {missing[0]} = "name in the export"{_perhaps_a_title(there, spec)}.'
        )
    return {ours: mapping[ours] for ours in table.columns if ours in mapping}


def _spelling(name: str) -> str:
    return " ".join(name.split()).casefold()


def _theirs(ours: str, asked: str, by_spelling: dict[str, list[str]], there: list[str], table: Table, where: str) -> str:
    """Return the column of the export that a mapping asks for."""
    if ours not in table.columns:
        raise StudyError(f"{where}: table '{table.name}' has no column '{ours}'{_near(ours, list(table.columns))}.")
    found = by_spelling.get(_spelling(asked), [])
    if len(found) == 1 or asked in found:
        return asked if asked in found else found[0]
    if found:
        raise StudyError(f"{where}: '{asked}' for {ours} may be {' or '.join(map(repr, found))}. Spell it exactly.")
    raise MissingColumnsError(
        f"{where}: there is no column '{asked}' for {ours}{_near(asked, there)}. Correct it in section "
        f"[sources.{table.name}.columns]."
    )


def _refuse_one_amount_twice(table: Table, mapping: dict[str, str], where: str) -> None:
    """Two codes may come from one column; two amounts that do would make every margin or discount zero."""
    taken: dict[str, str] = {}
    for ours, theirs in mapping.items():
        if table.columns[ours].kind == "money" and (other := taken.setdefault(theirs, ours)) != ours:
            raise StudyError(f"{where}: {other} and {ours} are both mapped to '{theirs}'. Correct one of them.")


def _perhaps_a_title(there: list[str], spec: SourceSpec) -> str:
    """Return a hint where so many headings are empty that the row read is hardly the one with the headings."""
    if sum(name.startswith("column ") for name in there) * 2 < len(there) or not spec.file:
        return ""
    return f"; if row {spec.header_row} of the file does not hold the headings, set header_row"


def _near(name: str, known: list[str]) -> str:
    if close := difflib.get_close_matches(name, known, n=3, cutoff=0.6):
        return f" (did you mean {' or '.join(map(repr, close))}?)"
    return f"; there are {', '.join(map(repr, sorted(known)))}"
