"""A company's columns made ours, once: renamed, typed and checked, with every unreadable value counted.

Works on one relation at a time in DuckDB, where all files are read; what it leaves has exactly the names and kinds of
`ledger/tables.py`, and a value that cannot be read is missing there and listed here.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clientbase.errors import MissingColumnsError, SourceError, StudyError
from clientbase.ledger.files import literal, quoted

if TYPE_CHECKING:
    import duckdb

    from clientbase.ledger.specification import SourceSpec
    from clientbase.ledger.tables import Column, Table

SPACES = "[\\s\u00a0\u202f\u2009]"  # also the no-break, narrow and thin ones that exports put between thousands
YES = ("yes", "true", "y", "t", "1", "1.0", "да", "истина", "+")
NO = ("no", "false", "n", "f", "0", "0.0", "нет", "ложь", "-")
NUMERIC = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "FLOAT",
    "DOUBLE",
)


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
    types = {name: kind for name, kind, *_ in engine.execute(f"describe {quoted(raw)}").fetchall()}
    mapping = match_columns(table, spec, list(types), where=where)
    readers = {
        ours: _reader(
            engine, raw, theirs, types[theirs], table.columns[ours], spec, where=f"{where}: column '{theirs}' ({ours})"
        )
        for ours, theirs in mapping.items()
    }
    unreadable = _count_unreadable(engine, raw, table, spec, mapping, readers, types)
    for found in unreadable:
        if table.columns[found.column].required and found.n_values == found.n_given:
            kind = {"date": "a date", "money": "a number", "number": "a number"}.get(
                table.columns[found.column].kind, "readable"
            )
            raise SourceError(
                f"{where}: no value of column '{mapping[found.column]}' ({found.column}) is {kind}; "
                f"found {', '.join(map(repr, found.examples))}. {found.hint}"
            )
    columns = ", ".join(f"{reader} as {quoted(ours)}" for ours, reader in readers.items())
    is_text = any(types[theirs] == "VARCHAR" for theirs in mapping.values())
    engine.execute(
        f"create or replace temp {'table' if is_text else 'view'} {quoted(relation)} as select {columns} from {quoted(raw)}"
    )
    return mapping, unreadable


def match_columns(table: Table, spec: SourceSpec, there: list[str], *, where: str) -> dict[str, str]:
    """Return our name -> name in the export: those mapped, and those spelled as ours."""
    by_spelling = {" ".join(name.split()).casefold(): name for name in there}
    mapping = {}
    for ours, theirs in spec.columns.items():
        if ours not in table.columns:
            raise StudyError(f"{where}: table '{table.name}' has no column '{ours}'{_near(ours, list(table.columns))}.")
        if (found := by_spelling.get(" ".join(theirs.split()).casefold())) is None:
            raise MissingColumnsError(
                f"{where}: there is no column '{theirs}' for {ours}{_near(theirs, there)}. Correct it in section "
                f"[sources.{table.name}.columns]."
            )
        mapping[ours] = found
    for ours in table.columns:
        if ours not in mapping and ours in by_spelling:
            mapping[ours] = by_spelling[ours]
    if missing := [ours for ours, column in table.columns.items() if column.required and ours not in mapping]:
        raise MissingColumnsError(
            f"{where}: table '{table.name}' lacks {missing}; the export has {sorted(there)}. Map them in study.toml, section "
            f'[sources.{table.name}.columns], as {missing[0]} = "name in the export".'
        )
    return {ours: mapping[ours] for ours in table.columns if ours in mapping}


def _near(name: str, known: list[str]) -> str:
    if close := difflib.get_close_matches(name, known, n=3, cutoff=0.6):
        return f" (did you mean {' or '.join(map(repr, close))}?)"
    return f"; there are {', '.join(map(repr, sorted(known)))}"


def _reader(
    engine: duckdb.DuckDBPyConnection, raw: str, theirs: str, kind: str, column: Column, spec: SourceSpec, *, where: str
) -> str:
    """Return the SQL that reads one column of the export as the kind that is ours."""
    name = quoted(theirs)
    is_number = kind in NUMERIC or kind.startswith("DECIMAL")
    if column.kind == "text":
        return _constrained(_text_reader(engine, raw, name, kind), column)
    if column.kind in ("date", "month"):
        if is_number:
            raise SourceError(
                f"{where} holds numbers, needed dates. Format it as dates in the export, or convert it in sql = '...'."
            )
        return _date_reader(name, kind, spec.date_format, is_month=column.kind == "month")
    if column.kind == "flag":
        return _flag_reader(name, kind)
    number = _number_reader(name, is_number=is_number, spec=spec)
    if column.kind == "share":
        return f"case when {number} between 0 and 1 then {number} end"
    if column.kind == "whole":
        return f"case when {number} = floor({number}) then cast({number} as bigint) end"
    return number


def _text_reader(engine: duckdb.DuckDBPyConnection, raw: str, name: str, kind: str) -> str:
    """Codes read as decimals (12345.0) are whole numbers in the eyes of their owners."""
    if kind in ("DOUBLE", "FLOAT"):
        whole = engine.execute(
            f"select coalesce(bool_and({name} = floor({name})), false) from {quoted(raw)} where not isnan({name})"
        )
        if whole.fetchone()[0]:
            return f"case when not isnan({name}) then cast(cast({name} as bigint) as varchar) end"
    return f"nullif(trim(cast({name} as varchar)), '')"


def _constrained(text: str, column: Column) -> str:
    if not column.values:
        return text
    return f"case when lower({text}) in ({', '.join(map(literal, column.values))}) then lower({text}) end"


def _date_reader(name: str, kind: str, date_format: str | None, *, is_month: bool) -> str:
    if kind != "VARCHAR":
        date = f"cast({name} as date)"
    elif date_format:
        date = f"cast(try_strptime(trim({name}), {literal(date_format)}) as date)"
    elif is_month:
        date = f"coalesce(try_cast(trim({name}) as date), try_cast(concat(trim({name}), '-01') as date))"
    else:
        date = f"cast(try_cast(trim({name}) as timestamp) as date)"
    return f"cast(date_trunc('month', {date}) as date)" if is_month else date


def _flag_reader(name: str, kind: str) -> str:
    if kind == "BOOLEAN":
        return name
    text = f"lower(trim(cast({name} as varchar)))"
    return f"case when {text} in ({_list(YES)}) then true when {text} in ({_list(NO)}) then false end"


def _number_reader(name: str, *, is_number: bool, spec: SourceSpec) -> str:
    if is_number:
        return f"case when isfinite(cast({name} as double)) then cast({name} as double) end"
    text = f"regexp_replace(replace(cast({name} as varchar), '−', '-'), '{SPACES}', '', 'g')"
    if spec.thousands:
        text = f"replace({text}, {literal(spec.thousands)}, '')"
    if spec.decimal != ".":
        text = f"case when contains({text}, '.') then null else replace({text}, {literal(spec.decimal)}, '.') end"
    text = f"regexp_replace({text}, '^\\((.*)\\)$', '-\\1')"  # accountants write losses in brackets
    return f"case when isfinite(try_cast({text} as double)) then try_cast({text} as double) end"


def _list(values: tuple[str, ...]) -> str:
    return ", ".join(map(literal, values))


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
    given = {ours: f"nullif(trim(cast({quoted(mapping[ours])} as varchar)), '') is not null" for ours in doubtful}
    counts = ", ".join(
        f"count_if({given[ours]} and {readers[ours]} is null), count_if({given[ours]}), "
        f"(list(distinct cast({quoted(mapping[ours])} as varchar)) filter ({given[ours]} and {readers[ours]} is null))[1:3]"
        for ours in doubtful
    )
    row = engine.execute(f"select {counts} from {quoted(raw)}").fetchone()
    found = zip(doubtful, row[0::3], row[1::3], row[2::3], strict=True)
    return [
        Unreadable(table.name, ours, n_values, n_given, tuple(sorted(examples)), _hint(table.columns[ours], spec, examples))
        for ours, n_values, n_given, examples in found
        if n_values
    ]


def _may_fail(column: Column, kind: str) -> bool:
    if column.kind == "text":
        return bool(column.values)
    return kind == "VARCHAR" or column.kind in ("share", "whole", "flag")


def _hint(column: Column, spec: SourceSpec, examples: list[str]) -> str:
    """Say what in study.toml would make such values readable."""
    if column.values:
        return f"Needed: {', '.join(column.values)}."
    if column.kind in ("date", "month"):
        written = f"They are said to be {spec.date_format!r}" if spec.date_format else "Needed: 2024-12-31"
        return f'{written}; set date_format, for example "%d.%m.%Y" for 31.12.2024 or "%m/%d/%Y" for 12/31/2024.'
    if column.kind == "flag":
        return "Needed: yes or no, true or false, 1 or 0, да or нет."
    if column.kind == "share":
        return "Needed: a share from 0 to 1 (0.25 for 25 %)."
    marks = {mark for example in examples for mark in example if mark in ",."}
    if marks and spec.decimal not in marks:
        return f"The numbers seem to use {marks.pop()!r}: set decimal."
    return f"Needed: a number with the decimal mark {spec.decimal!r}" + (
        "; set thousands when thousands are marked." if marks else "."
    )
