"""A company's columns made ours, once: renamed, typed and checked, with every unreadable value counted.

Works on one relation at a time in DuckDB, where all files are read; what it leaves has exactly the names and kinds of
`ledger/tables.py`, and a value that cannot be read is missing there and listed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from clientbase.errors import SourceError
from clientbase.ledger.engine import quoted
from clientbase.ledger.mapping import match_columns
from clientbase.ledger.readers import WHOLE_NUMBERS, given, hint, is_moment, is_number, is_text, reader, trimmed

if TYPE_CHECKING:
    from clientbase.ledger.specification import SourceSpec
    from clientbase.ledger.tables import Column, Table

NEEDED = {"date": "dates", "month": "months", "flag": "yes or no"}
ONE = {"date": "a date", "month": "a month", "text": "one of the words needed"}
CODES = ("_id", "return_of")
PICKY = ("share", "flag")  # kinds that not every number fits
CODE_SAMPLE = 1000


@dataclass(frozen=True)
class Unreadable:
    """Values of one column that could not be read as its kind: how many, of how many given, and some of them."""

    table: str
    column: str
    n_values: int
    n_given: int
    examples: tuple[str, ...]
    hint: str


def type_columns(
    engine: duckdb.DuckDBPyConnection, raw: str, relation: str, table: Table, spec: SourceSpec, *, where: str
) -> tuple[dict[str, str], list[Unreadable]]:
    """Make relation from raw with our columns, typed; the raw relation stays.

    Returns:
        The mapping our name -> name in the export, and the unreadable values by column.

    Raises MissingColumnsError for a required column that is not there, SourceError when a required column holds no
    readable value at all, StudyError for a mapping that names what does not exist.
    """
    _check_format(engine, spec, where)
    types = {name: kind for name, kind, *_ in engine.execute(f"describe {quoted(raw)}").fetchall()}
    mapping = match_columns(table, spec, list(types), where=where)
    readers = {
        ours: _reader(engine, raw, (ours, theirs), types[theirs], table, spec, where) for ours, theirs in mapping.items()
    }
    unreadable = _count_unreadable(engine, raw, table, spec, mapping, readers, types)
    refuse_unreadable(unreadable, table, mapping, where)
    columns = ", ".join(f"{sql} as {quoted(ours)}" for ours, sql in readers.items())
    has_text = any(is_text(types[theirs]) for theirs in mapping.values())
    engine.execute(
        f"create or replace temp {'table' if has_text else 'view'} {quoted(relation)} as select {columns} from {quoted(raw)}"
    )
    return mapping, unreadable


def refuse_unreadable(unreadable: list[Unreadable], table: Table, mapping: dict[str, str], where: str) -> None:
    """Stop when a required column holds no readable value at all."""
    for found in unreadable:
        if table.columns[found.column].required and found.n_values == found.n_given:
            raise SourceError(
                f"{where}: no value of column '{mapping[found.column]}' ({found.column}) is "
                f"{ONE.get(table.columns[found.column].kind, 'a number')}; found "
                f"{', '.join(map(repr, found.examples))}. {found.hint}"
            )


def _check_format(engine: duckdb.DuckDBPyConnection, spec: SourceSpec, where: str) -> None:
    """Refuse a date_format that no date is written in, such as dd.mm.yyyy."""
    if spec.date_format is None:
        return
    try:
        written = engine.execute("select strftime(date '2024-12-31', $1)", [spec.date_format]).fetchone()[0]
        is_format = engine.execute("select try_strptime($1, $2) is not null", [written, spec.date_format]).fetchone()[0]
    except duckdb.Error:
        is_format = False
    if not is_format or written == spec.date_format:
        raise SourceError(
            f"{where}: date_format = '{spec.date_format}' is no format of dates; write %d.%m.%Y for 31.12.2024, "
            "%m/%d/%Y for 12/31/2024, %d.%m.%Y %H:%M:%S with a time."
        )


def _reader(
    engine: duckdb.DuckDBPyConnection, raw: str, names: tuple[str, str], kind: str, table: Table, spec: SourceSpec, where: str
) -> str:
    """Return the SQL that reads one column, by our name and theirs, as the kind that is ours."""
    ours, theirs = names
    column, name = table.columns[ours], quoted(theirs)
    if _is_unfit(kind, column):
        if engine.execute(f"select count({name}) from {quoted(raw)}").fetchone()[0]:
            needed = NEEDED.get(column.kind, "numbers")
            raise SourceError(
                f"{where}: column '{theirs}' ({ours}) holds {_words(kind)}, needed {needed}. Format it as {needed} in the "
                "export, or convert it in sql = '...'."
            )
        name, kind = f"cast({name} as varchar)", "VARCHAR"  # an empty column fits everything
    is_whole = column.kind == "text" and _has_whole_codes(engine, raw, name, kind, is_code=ours.endswith(CODES))
    return reader(name, kind, column, spec, has_whole_codes=is_whole)


def _is_unfit(kind: str, column: Column) -> bool:
    if column.kind == "text" or is_text(kind):
        return False
    if column.kind in ("date", "month"):
        return not is_moment(kind)
    return not is_number(kind) and not (column.kind == "flag" and kind == "BOOLEAN")


def _words(kind: str) -> str:
    if is_number(kind):
        return "numbers"
    return "dates" if is_moment(kind) else f"values of the kind {kind}"


def _has_whole_codes(engine: duckdb.DuckDBPyConnection, raw: str, name: str, kind: str, *, is_code: bool) -> bool:
    """Tell whether all values of a column are whole numbers written as decimals, as data frames write codes."""
    if is_number(kind) and not kind.startswith(("DECIMAL", "FLOAT", "DOUBLE")):
        return False
    if is_number(kind):
        test = f"{name} = floor({name}) and try_cast({name} as hugeint) is not null"
    elif is_text(kind) and is_code:
        test = f"regexp_full_match({trimmed(name)}, '-?\\d+\\.0+')"
    else:
        return False
    for rows in (f"(select * from {quoted(raw)} limit {CODE_SAMPLE})", quoted(raw)):
        if engine.execute(f"select bool_and({test}) from {rows} where {given(name, kind)}").fetchone()[0] is False:
            return False
    return True


def _count_unreadable(
    engine: duckdb.DuckDBPyConnection,
    raw: str,
    table: Table,
    spec: SourceSpec,
    mapping: dict[str, str],
    readers: dict[str, str],
    types: dict[str, str],
) -> list[Unreadable]:
    """Count, in one pass, the values given but not readable; columns that cannot fail are not looked at."""
    doubtful = [ours for ours, theirs in mapping.items() if _may_fail(table.columns[ours], types[theirs])]
    if not doubtful:
        return []
    counts = []
    for ours in doubtful:
        name, kind = quoted(mapping[ours]), types[mapping[ours]]
        spoiled = f"{given(name, kind)} and {readers[ours]} is null"
        examples = f"list(distinct cast({name} as varchar)) filter ({spoiled})"
        counts += [f"count_if({spoiled})", f"count_if({given(name, kind)})", examples]
    row = engine.execute(f"select {', '.join(counts)} from {quoted(raw)}").fetchone()
    found = zip(doubtful, row[0::3], row[1::3], row[2::3], strict=True)
    return [
        Unreadable(table.name, ours, n_values, n_given, tuple(sorted(examples)[:3]), hint(table.columns[ours], spec, examples))
        for ours, n_values, n_given, examples in found
        if n_values
    ]


def _may_fail(column: Column, kind: str) -> bool:
    if column.kind == "text":
        return bool(column.values)
    return column.is_bounded or column.kind in PICKY or kind not in ("BOOLEAN", *WHOLE_NUMBERS)
