"""PostgreSQL as engine: order lines are reduced where they lie, and nothing but temporary tables is written."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir
import psycopg
import pyarrow as pa
from ibis.backends.postgres import Backend
from psycopg.conninfo import conninfo_to_dict

from clientbase.ledger.engine import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    import ibis.expr.schema as sch

ERRORS = (psycopg.Error,)
WAIT = 10  # seconds for a connection, where the address says nothing else
BATCH = 50_000
SESSION = {"datestyle": "ISO, YMD", "timezone": "UTC", "default_transaction_read_only": "on"}


class Postgres(Backend):
    """A PostgreSQL in which queries cannot write: they run in transactions that forbid it.

    PostgreSQL lets such a transaction fill temporary tables but not make them. Making them, a statement without any part of
    the study's own in it that runs, is all that is done outside.
    """

    def create_table(self, name: str, /, obj: ir.Table | pa.Table, *, temp: bool) -> ir.Table:
        """Keep an expression or rows as a temporary table; text is sorted by code points in it, as in DuckDB."""
        if not temp:
            raise ValueError("an engine is only read: temp=True")
        is_query = isinstance(obj, ir.Table)
        schema = obj.schema() if is_query else ibis.schema(obj.schema)
        with self._defining(), self.begin() as cursor:
            cursor.execute(f"create temporary table {quoted(name)} ({self._columns(schema)})")
        with self.begin() as cursor:
            if is_query:
                cursor.execute(f"insert into {quoted(name)} {self.compile(obj)}")
            else:
                _copy(cursor, name, obj)
            cursor.execute(f"analyze {quoted(name)}")  # nobody else does it for temporary tables
        return self.table(name)

    def _columns(self, schema: sch.Schema) -> str:
        kinds = {name: self.compiler.type_mapper.to_string(kind) for name, kind in schema.items()}
        kinds |= {name: 'text collate "C"' for name, kind in schema.items() if kind.is_string()}
        return ", ".join(f"{quoted(name)} {kind}" for name, kind in kinds.items())

    def _get_schema_using_query(self, query: str) -> sch.Schema:
        with self._defining():  # a view for a moment, which is not asked for anything
            return super()._get_schema_using_query(query)

    @contextmanager
    def _defining(self) -> Iterator[None]:
        self.con.read_only = False
        try:
            yield
        finally:
            self.con.read_only = True


def _copy(cursor: psycopg.Cursor, name: str, rows: pa.Table) -> None:
    with cursor.copy(f"copy {quoted(name)} from stdin") as copy:
        for batch in rows.to_batches(max_chunksize=BATCH):
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                copy.write_row(row)


@contextmanager
def opened(url: str) -> Iterator[Postgres]:
    """Open a PostgreSQL by its address; a password that is not in it comes from PGPASSWORD or ~/.pgpass."""
    given: dict[str, Any] = {"connect_timeout": WAIT, **conninfo_to_dict(url)}
    with psycopg.connect(**given, autocommit=True) as connection:
        backend = Postgres.from_connection(connection)
        for setting, value in SESSION.items():
            connection.execute(f"set {setting} = '{value}'")
        connection.read_only = True
        yield backend
