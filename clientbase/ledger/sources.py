"""One source of a study opened: its files or its database read, its query run, its columns made ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from clientbase.errors import SourceError
from clientbase.ledger.columns import Unreadable, type_columns
from clientbase.ledger.databases import load_database
from clientbase.ledger.duckdb_files import view_attached
from clientbase.ledger.engine import one_select, quoted, short
from clientbase.ledger.files import load_file
from clientbase.ledger.tables import TABLES
from clientbase.ledger.text_files import BROKEN

if TYPE_CHECKING:
    from pathlib import Path

    from clientbase.ledger.specification import SourceSpec


def open_source(
    engine: duckdb.DuckDBPyConnection, name: str, spec: SourceSpec, folder: Path
) -> tuple[dict[str, str], list[Unreadable], pd.DataFrame]:
    """Make the relation `ledger_<name>` in the engine, typed as `ledger/tables.py` says.

    Returns:
        The mapping our name -> name in the export; the unreadable values by column; the lines of text files that could
        not be read at all (line, problem, text).
    """
    where = f"study.toml, section [sources.{name}]"
    broken = _read(engine, raw_of(name), spec, folder, where)
    try:
        if not engine.execute(f"select 1 from {quoted(raw_of(name))} limit 1").fetchone():
            raise SourceError(f"{where}: the table '{name}' has headings but no rows. Export it again with data.")
        mapping, unreadable = type_columns(engine, raw_of(name), relation_of(name), TABLES[name], spec, where=where)
    except duckdb.Error as error:
        raise SourceError(f"{where}: the data cannot be read to their end ({short(error)}). Export them again.") from None
    return mapping, unreadable, broken


def relation_of(name: str) -> str:
    """Return the name under which the engine holds a table of the study, apart from names a query may give."""
    return f"ledger_{name}"


def raw_of(name: str) -> str:
    """Return the name under which the engine holds a source as it was exported."""
    return f"raw_{name}"


def _read(engine: duckdb.DuckDBPyConnection, raw: str, spec: SourceSpec, folder: Path, where: str) -> pd.DataFrame:
    if spec.is_in_engine:
        view_attached(engine, raw, where, table=spec.table, sql=spec.sql)
        return pd.DataFrame(columns=BROKEN)
    if spec.url:
        load_database(engine, raw, spec, folder, where)
        return pd.DataFrame(columns=BROKEN)
    if not spec.sql:
        return load_file(engine, raw, spec, folder, where=where, typed=False)
    broken = []
    for alias, part in spec.parts.items():
        relation = f"{raw}_{alias}"
        broken.append(load_file(engine, relation, part, folder, where=f"{where}, file '{alias}'", typed=True))
        engine.execute(f"create or replace temp view {quoted(alias)} as select * from {quoted(relation)}")
    _run_query(engine, raw, spec, where)
    for alias in spec.parts:
        engine.execute(f"drop view {quoted(alias)}")
    return pd.concat(broken, ignore_index=True)


def _run_query(engine: duckdb.DuckDBPyConnection, raw: str, spec: SourceSpec, where: str) -> None:
    """Keep the answer of the study's query; only one statement that reads is let through."""
    query = one_select(spec.sql, where)
    try:
        engine.execute(f"create or replace temp table {quoted(raw)} as {query}")
    except duckdb.PermissionException:
        raise SourceError(f"{where}: sql may read only the files this source names, and nothing else.") from None
    except duckdb.Error as error:
        raise SourceError(f"{where}: sql cannot be run: {short(error, lines=6)}") from None
