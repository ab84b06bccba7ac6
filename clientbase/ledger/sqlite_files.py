"""Tables of SQLite files streamed into the engine, read-only, each column with one kind whatever the file mixes in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from clientbase.errors import SourceError
from clientbase.ledger.arrow_columns import as_array, kind_of
from clientbase.ledger.engine import quoted, short

BATCH = 50_000
TYPES = {"integer": int, "real": float, "text": str, "blob": bytes, "null": type(None)}
READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}


def load_sqlite(
    engine: duckdb.DuckDBPyConnection, relation: str, path: Path, where: str, *, table: str | None, sql: str | None = None
) -> None:
    """Make a table of one table or view of an SQLite file, or of the answer of a query, which can only read."""
    with _reading(path, where) as database:
        found = database.execute("select name from sqlite_master where type in ('table', 'view') order by name")
        tables = [name for (name,) in found]
        if not sql and table not in tables:
            asked = f"has no table '{table}'" if table else "needs table = '...'"
            raise SourceError(f"{where}: '{path.name}' {asked}; it holds {', '.join(tables) or 'no tables'}.")
        _stream(engine, relation, database, sql.strip().rstrip(";") if sql else f"select * from {quoted(table)}")


@contextmanager
def _reading(path: Path, where: str) -> Iterator[sqlite3.Connection]:
    """Open a file so that nothing can change it; whatever SQLite says becomes one sentence."""
    database = None
    try:
        address = f"{path.resolve().as_uri()}?mode=ro"
        database = sqlite3.connect(address, uri=True, check_same_thread=False)  # the engine asks from threads of its own
        database.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in READING else sqlite3.SQLITE_DENY)
        yield database
    except (sqlite3.Error, duckdb.Error) as error:  # the engine reports what SQLite says between two batches
        raise SourceError(f"{where}: '{path.name}' cannot be read as an SQLite database ({short(error)}).") from None
    finally:
        if database is not None:
            database.close()


def _stream(engine: duckdb.DuckDBPyConnection, relation: str, database: sqlite3.Connection, sql: str) -> None:
    """Copy the answer of a query in batches; what kinds a column has is asked beforehand."""
    names = [column for column, *_ in database.execute(f"select * from ({sql}\n) limit 0").description]
    types = ", ".join(f"group_concat(distinct typeof({quoted(name)}))" for name in names)
    found = database.execute(f"select {types} from ({sql}\n)").fetchone()
    kinds = [kind_of({TYPES[name] for name in (given or "null").split(",")}) for given in found]
    schema = pa.schema([(name, as_array([], kind).type) for name, kind in zip(names, kinds, strict=True)])

    def batches() -> Iterator[pa.RecordBatch]:
        rows = database.execute(sql)
        while part := rows.fetchmany(BATCH):
            columns = [as_array(values, kind) for values, kind in zip(zip(*part, strict=True), kinds, strict=True)]
            yield pa.record_batch(columns, schema=schema)

    engine.register("_rows", pa.RecordBatchReader.from_batches(schema, batches()))
    engine.execute(f"create or replace temp table {quoted(relation)} as select * from _rows")
    engine.unregister("_rows")
