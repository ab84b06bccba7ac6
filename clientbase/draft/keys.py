"""Which column of one export points at which column of another: checked by the values, not by the names alone."""

from __future__ import annotations

from collections.abc import Iterable

from clientbase.draft.bench import Bench
from clientbase.draft.expressions import Ref, key_sql
from clientbase.draft.headers import read_header
from clientbase.draft.inspection import ColumnFacts, Export
from clientbase.draft.roles import Reading

JOINED = 0.99  # share of rows that must find their partner for a join to be drafted without a question
DOUBTFUL = 0.5  # under this share it is not a join at all


def ref(reading: Reading, role: str, alias: str) -> Ref:
    """Return the reference to the column recognised for a role."""
    match = reading.roles[role]
    return Ref(alias, reading.export, match.column, match.certainty)


def found_share(bench: Bench, many: Ref, one: Ref) -> float:
    """Return the share of the filled values of many that occur in one, row by row."""
    key = f"nullif(trim({key_sql(Ref('m', many.export, many.column, 1))}), '')"
    other = f"trim({key_sql(Ref('o', one.export, one.column, 1))})"
    sql = (
        f"select count(*), count(o.k) from (select {key} k from {many.export.typed} m) m "
        f"left join (select distinct {other} k from {one.export.typed} o) o using (k) where m.k is not null"
    )
    n_rows, n_found = bench.row(sql)
    return n_found / n_rows if n_rows else 0.0


def join_sql(many: Ref, one: Ref) -> str:
    """Return the left join of one's file to many's; keys of different types are compared as text."""
    same = many.column.type == one.column.type
    left, right = (many.sql, one.sql) if same else (key_sql(many), key_sql(one))
    return f"\nleft join {one.alias} on {left} = {right}"


def _points_by_name(column: ColumnFacts, export: Export, other: ColumnFacts) -> bool:
    """Tell whether a column is named as a reference to other's key: the same name, or `region_id` for `id` of region."""
    if column.name.lower() == other.name.lower():
        return True
    label = f"{export.place.table or export.place.sheet or export.place.path.stem} {other.name}"
    return read_header(other.name).words == {"id"} and read_header(column.name).words <= read_header(label).words


def lookup(bench: Bench, many: Ref, readings: Iterable[Reading]) -> tuple[Reading, ColumnFacts] | None:
    """Return the export, and its key column, that a reference column points at; None when there is none."""
    for reading in readings:
        export = reading.export
        if export is many.export or "id" not in read_header(many.column.name).words:
            continue
        for column in export.columns:
            is_key = column.n_distinct == export.n_rows == column.n_filled
            if (
                is_key
                and _points_by_name(many.column, export, column)
                and found_share(bench, many, Ref("o", export, column, 1)) >= JOINED
            ):
                return reading, column
    return None


def name_column(reading: Reading, key: ColumnFacts) -> ColumnFacts | None:
    """Return the column of a small list that names its rows: `Name`, `category_name`, `region_description`."""
    texts = [
        column for column in reading.export.columns if column.name != key.name and column.type == "VARCHAR" and column.n_filled
    ]
    named = [column for column in texts if read_header(column.name).words & {"name"} and column.name not in reading.private]
    described = [column for column in texts if read_header(column.name).words & {"description"}]
    return next(iter([*named, *described]), None)


def percent(share: float) -> str:
    """Return a share as comments show it."""
    return f"{100 * share:.0f} %" if share >= 0.1 or share == 0 else f"{100 * share:.1f} %"
