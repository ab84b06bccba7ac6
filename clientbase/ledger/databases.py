"""A table or query of a database named by its address, copied into the engine through Ibis; nothing there is changed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from clientbase.errors import ClientbaseError, SourceError
from clientbase.ledger.addresses import address, file_of, without_secrets
from clientbase.ledger.duckdb_files import load_duckdb
from clientbase.ledger.engine import ONE_SELECT, quoted, short
from clientbase.ledger.sqlite_files import load_sqlite

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends import BaseBackend

    from clientbase.ledger.specification import SourceSpec


def load_database(engine: duckdb.DuckDBPyConnection, relation: str, spec: SourceSpec, folder: Path, where: str) -> None:
    """Make a table of what spec.table or spec.sql gives; relative paths of file databases start from folder."""
    url = address(spec.url, where)
    path = file_of(url, folder) if url.startswith(("sqlite://", "duckdb://")) else None
    if path is not None and not path.is_file():
        raise SourceError(f"{where}: url = '{spec.url}' names no file: there is no '{path.name}' in '{path.parent.name}'.")
    if path is not None:
        load = load_sqlite if url.startswith("sqlite://") else load_duckdb
        load(engine, relation, path, where, table=spec.table, sql=spec.sql)
        return
    try:
        _copy(engine, relation, _connected(url), spec, where)
    except ClientbaseError:
        raise
    except ImportError:
        extra = url.partition(":")[0].replace("postgresql", "postgres")
        raise SourceError(
            f'{where}: the driver for such databases is not installed. Install it: pip install "clientbase[{extra}]".'
        ) from None
    except Exception as error:  # noqa: BLE001  every driver has errors of its own; the reader needs the sentence, not the kind
        raise SourceError(f"{where}: the database does not answer as asked ({without_secrets(short(error), url)}).") from None


def _connected(url: str) -> BaseBackend:
    import ibis

    return ibis.connect(url)


def _copy(engine: duckdb.DuckDBPyConnection, relation: str, backend: BaseBackend, spec: SourceSpec, where: str) -> None:
    try:
        table = asked_table(backend, spec, where)
        engine.register("_batches", table.to_pyarrow_batches())
        engine.execute(f"create or replace temp table {quoted(relation)} as select * from _batches")
        engine.unregister("_batches")
    finally:
        backend.disconnect()


def asked_table(backend: BaseBackend, spec: SourceSpec, where: str) -> ir.Table:
    """Return the query or table the study asks for."""
    if spec.sql:
        refuse_all_but_one_select(spec.sql, backend.dialect, where)
        return backend.sql(spec.sql)
    *schema, name = spec.table.split(".")
    there = backend.list_tables(database=".".join(schema) or None)
    if name in there:
        return backend.table(name, database=".".join(schema) or None)
    there = ", ".join(sorted(there)[:20])
    raise SourceError(f"{where}: the database has no table '{spec.table}'; it has {there or 'none that you may see'}.")


def refuse_all_but_one_select(sql: str, dialect: Any, where: str) -> None:
    """Stop unless sql is one statement that selects and changes nothing on the way."""
    import sqlglot
    from sqlglot import expressions as sge

    changing = (sge.DML, sge.DDL, sge.Into, sge.Command)
    try:
        parsed = sqlglot.parse(sql, read=dialect)
    except sqlglot.errors.SqlglotError as error:
        raise SourceError(f"{where}: sql cannot be read ({_plain(short(error, lines=3))}).") from None
    statements = [statement for statement in parsed if not isinstance(statement, sge.Semicolon | None)]
    if len(statements) != 1 or not isinstance(statements[0], sge.Query) or statements[0].find(*changing):
        raise SourceError(f"{where}: {ONE_SELECT}")


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[\d*m", "", text)
