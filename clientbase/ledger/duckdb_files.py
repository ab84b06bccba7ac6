"""Tables of DuckDB files, opened read-only and shut in: a query reaches nothing but the file itself."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from clientbase.errors import SourceError
from clientbase.ledger.engine import one_select, quoted, short

SHUT_IN = {"enable_external_access": "false", "autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}


def load_duckdb(
    engine: duckdb.DuckDBPyConnection, relation: str, path: Path, where: str, *, table: str | None, sql: str | None
) -> None:
    """Make a table of one table or view of a DuckDB file, or of the answer of a query."""
    try:
        with duckdb.connect(str(path), read_only=True, config=SHUT_IN) as database:
            query = one_select(sql, where) if sql else f"select * from {_found(database, table, path, where)}"
            engine.register("_rows", pa.RecordBatchReader.from_stream(database.sql(query)))
            engine.execute(f"create or replace temp table {quoted(relation)} as select * from _rows")
            engine.unregister("_rows")
    except duckdb.Error as error:
        raise SourceError(f"{where}: '{path.name}' does not answer as asked ({short(error)}).") from None


def _found(database: duckdb.DuckDBPyConnection, table: str | None, path: Path, where: str) -> str:
    """Return a table as an SQL name; it may be called alone or with its schema."""
    listed = "select table_schema, table_name from information_schema.tables order by all"
    tables = {".".join(names).removeprefix("main."): names for names in database.sql(listed).fetchall()}
    if table not in tables:
        there = ", ".join(tables) or "no tables"
        raise SourceError(f"{where}: '{path.name}' has no table '{table}'; it holds {there}.")
    return ".".join(map(quoted, tables[table]))
