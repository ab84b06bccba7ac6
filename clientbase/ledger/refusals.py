"""The rows of the exports that are left out, listed as the company wrote them, with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from clientbase.ledger.engine import literal, quoted
from clientbase.ledger.sources import raw_of, relation_of
from clientbase.ledger.tables import TABLES

if TYPE_CHECKING:
    import duckdb

KEPT = 1000  # rows of each kind; the checks count them all
EXCUSED = {("orders", "client_id")}  # such lines stand apart as unassigned
COLUMNS = ["table", "line", "problem", "text"]


def refused_rows(engine: duckdb.DuckDBPyConnection, name: str, mapping: dict[str, str], *, n_before: int) -> pd.DataFrame:
    """Return the rows of a table that lack a required value: table, line, problem, text (the row as JSON).

    Args:
        engine: holds the source as exported and as typed, row by row.
        name: the table.
        mapping: our name -> name in the export.
        n_before: lines of the file before its first row, so that line is the one a spreadsheet shows. Blank and broken
            lines above it, which make no row, are not counted.
    """
    required = [column for column in mapping if TABLES[name].columns[column].required and (name, column) not in EXCUSED]
    lacking = " or ".join(f"{quoted(column)} is null" for column in required)
    typed, raw = quoted(relation_of(name)), quoted(raw_of(name))
    if not engine.execute(f"select 1 from {typed} where {lacking} limit 1").fetchone():
        return pd.DataFrame(columns=COLUMNS)
    problem = " ".join(f"when our_row.{quoted(column)} is null then {literal(f'no {column}')}" for column in required)
    fields = ", ".join(f"{quoted(column)}: their_row.{quoted(column)}" for column in _exported(engine, raw))
    return engine.execute(
        f"""
        select {literal(name)} as "table", line, problem, "text" from (
            select row_number() over () + {n_before} as line, case {problem} end as problem,
                   left(to_json({{{fields}}})::varchar, 400) as "text"
            from {typed} as our_row positional join {raw} as their_row
        ) where problem is not null order by line limit {KEPT}
        """
    ).df()


def _exported(engine: duckdb.DuckDBPyConnection, raw: str) -> list[str]:
    return [column for column, *_ in engine.execute(f"describe {raw}").fetchall()]


def broken_rows(name: str, broken: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of text files that cannot be read at all, as refused_rows does."""
    return broken.head(KEPT).assign(table=name)[COLUMNS]
