"""All sources of a study opened: its tables as Ibis expressions, and what was found or refused on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import pandas as pd

from clientbase.errors import StudyError
from clientbase.ledger.checks import Check
from clientbase.ledger.engine import quoted, uploaded
from clientbase.ledger.refusals import COLUMNS, broken_rows, refused_rows
from clientbase.ledger.sources import open_source, raw_of, relation_of

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb
    import ibis.expr.types as ir
    from ibis.backends import BaseBackend

    from clientbase.ledger.columns import Unreadable
    from clientbase.ledger.specification import SourceSpec


@dataclass(frozen=True)
class Opened:
    """The tables of a study by name, with the names their columns have in the export.

    Those that the study's engine reads itself are there, all others in process; `beside` brings them together.

    checks: what the reading found. refused: the rows left out: table, line, problem, text.
    """

    tables: dict[str, ir.Table]
    columns: dict[str, dict[str, str]]
    checks: list[Check]
    refused: pd.DataFrame


@dataclass(frozen=True)
class Source:
    """One source opened: its table, the mapping of its columns and all that was found in it.

    broken: lines of text files that could not be read (line, problem, text). refused: rows without a required value.
    unused: columns of the export that are none of ours.
    """

    table: ir.Table
    columns: dict[str, str]
    unreadable: list[Unreadable]
    broken: pd.DataFrame
    refused: pd.DataFrame
    unused: list[str]


def open_tables(
    local: duckdb.DuckDBPyConnection, warehouse: BaseBackend | None, sources: dict[str, SourceSpec], folder: Path
) -> Opened:
    """Read every source where it lies: with a warehouse its own tables there, files and other databases in process."""
    if "orders" not in sources:
        raise StudyError("study.toml has no section [sources.orders]; the order lines are the one table nobody can do without.")
    backend = ibis.duckdb.from_connection(local)
    opened = {name: _opened(local, backend, warehouse, name, spec, folder) for name, spec in sources.items()}
    refused = [rows for name, source in opened.items() for rows in (broken_rows(name, source.broken), source.refused)]
    listed = [rows for rows in refused if len(rows)]
    return Opened(
        tables={name: source.table for name, source in opened.items()},
        columns={name: source.columns for name, source in opened.items()},
        checks=[check for name, source in opened.items() for check in _checks(name, source)],
        refused=pd.concat(listed, ignore_index=True) if listed else pd.DataFrame(columns=COLUMNS),
    )


def _opened(
    local: duckdb.DuckDBPyConnection,
    backend: BaseBackend,
    warehouse: BaseBackend | None,
    name: str,
    spec: SourceSpec,
    folder: Path,
) -> Source:
    if warehouse is None:
        return _in_process(local, backend, name, spec, folder)
    from clientbase.ledger.engine_sources import is_read_by, open_in_engine

    if is_read_by(warehouse, spec):
        return open_in_engine(warehouse, name, spec, folder)
    return _in_process(local, backend, name, spec, folder)


def beside(warehouse: BaseBackend | None, tables: dict[str, ir.Table]) -> dict[str, ir.Table]:
    """Return all tables on the engine that reduces the lines; those read in process are sent there."""
    if warehouse is None:
        return tables
    return {
        name: table if table.get_backend() is warehouse else uploaded(warehouse, table.to_pyarrow())
        for name, table in tables.items()
    }


def _in_process(local: duckdb.DuckDBPyConnection, backend: BaseBackend, name: str, spec: SourceSpec, folder: Path) -> Source:
    columns, unreadable, broken = open_source(local, name, spec, folder)
    n_before = spec.header_row if spec.file and not spec.sql and spec.kind in ("csv", "excel") else 0
    return Source(
        table=backend.table(relation_of(name)),
        columns=columns,
        unreadable=unreadable,
        broken=broken,
        refused=refused_rows(local, name, columns, n_before=n_before),
        unused=_unused(local, name, spec, columns),
    )


def _unused(local: duckdb.DuckDBPyConnection, name: str, spec: SourceSpec, used: dict[str, str]) -> list[str]:
    if spec.sql:
        return []  # a query chooses its columns itself
    there = [row[0] for row in local.execute(f"describe {quoted(raw_of(name))}").fetchall()]
    return [column for column in there if column not in used.values()]


def _checks(name: str, source: Source) -> list[Check]:
    checks = [_unreadable(found) for found in source.unreadable]
    if len(source.broken):
        checks.append(_spoiled(name, source.broken))
    if source.unused:
        checks.append(Check("ignored_columns", "note", table=name, examples=", ".join(source.unused)))
    return checks


def _unreadable(found: Unreadable) -> Check:
    examples = ", ".join(map(repr, found.examples))
    return Check(
        "unreadable", "warning", n=found.n_values, table=found.table, column=found.column, examples=examples, hint=found.hint
    )


def _spoiled(name: str, broken: pd.DataFrame) -> Check:
    first = broken.head(3)
    examples = ", ".join(f"line {line}: {problem}" for line, problem in zip(first["line"], first["problem"], strict=True))
    return Check("spoiled", "warning", n=len(broken), table=name, examples=examples)
