"""Tables of DuckDB files, opened read-only and shut in: a query reaches nothing but the file itself.

The file of a source is copied from; the file that a study names as its engine is attached, and read where it lies.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from clientbase.errors import SourceError
from clientbase.ledger.engine import ATTACHED, literal, one_select, quoted, short

SHUT_IN = {"enable_external_access": "false", "autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}


def load_duckdb(
    engine: duckdb.DuckDBPyConnection, relation: str, path: Path, where: str, *, table: str | None, sql: str | None
) -> None:
    """Make a table of one table or view of a DuckDB file, or of the answer of a query."""
    try:
        with duckdb.connect(str(path), read_only=True, config=SHUT_IN) as database:
            query = one_select(sql, where) if sql else f"select * from {_found(database, table, path.name, where)}"
            engine.register("_rows", pa.RecordBatchReader.from_stream(database.sql(query)))
            engine.execute(f"create or replace temp table {quoted(relation)} as select * from _rows")
            engine.unregister("_rows")
    except duckdb.Error as error:
        raise SourceError(f"{where}: '{path.name}' does not answer as asked ({short(error)}).") from None


def view_attached(engine: duckdb.DuckDBPyConnection, relation: str, where: str, *, table: str | None, sql: str | None) -> None:
    """Make a view of one table or view of the attached file; the answer of a query is kept, or every pass would ask it anew."""
    if not sql:
        found = _found(engine, table, "the engine", where, catalog=literal(ATTACHED))
        engine.execute(f"create or replace temp view {quoted(relation)} as select * from {ATTACHED}.{found}")
        return
    engine.execute(f"set search_path = '{ATTACHED}.main,memory.main'")
    try:
        engine.execute(f"create or replace temp table {quoted(relation)} as {one_select(sql, where)}")
    finally:
        engine.execute("set search_path = 'memory.main'")


def _found(
    database: duckdb.DuckDBPyConnection, table: str | None, name: str, where: str, *, catalog: str = "current_database()"
) -> str:
    """Return a table as an SQL name; it may be called alone or with its schema. name is what messages call the base."""
    listed = f"select table_schema, table_name from information_schema.tables where table_catalog = {catalog} order by all"
    tables = {".".join(names).removeprefix("main."): names for names in database.sql(listed).fetchall()}
    if table not in tables:
        there = ", ".join(tables) or "no tables"
        raise SourceError(f"{where}: '{name}' has no table '{table}'; it holds {there}.")
    return ".".join(map(quoted, tables[table]))
