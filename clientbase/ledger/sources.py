"""One source of a study opened: its files or its database read, its query run, its columns made ours."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import duckdb

from clientbase.errors import ClientbaseError, SourceError
from clientbase.ledger.columns import Unreadable, type_columns
from clientbase.ledger.files import load_file, quoted
from clientbase.ledger.tables import TABLES

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from clientbase.ledger.specification import SourceSpec


def open_source(
    engine: duckdb.DuckDBPyConnection, name: str, spec: SourceSpec, folder: Path
) -> tuple[dict[str, str], list[Unreadable], pd.DataFrame]:
    """Make the relation `ledger_<name>` in the engine, typed as `ledger/tables.py` says.

    Returns:
        The mapping our name -> name in the export; the unreadable values by column; the rows of text files that could
        not be read at all (line, problem, text).
    """
    where = f"study.toml, section [sources.{name}]"
    raw = f"raw_{name}"
    spoiled = _read(engine, raw, spec, folder, where)
    if engine.execute(f"select count(*) from (select 1 from {quoted(raw)} limit 1)").fetchone()[0] == 0:
        raise SourceError(f"{where}: the table '{name}' has headings but no rows. Export it again with data.")
    try:
        mapping, unreadable = type_columns(engine, raw, relation_of(name), TABLES[name], spec, where=where)
    except duckdb.Error as error:
        raise SourceError(f"{where}: a column cannot be read as its kind ({_short(error)}).") from None
    return mapping, unreadable, spoiled


def relation_of(name: str) -> str:
    """Return the name under which the engine holds a table of the study, apart from names a query may give."""
    return f"ledger_{name}"


def _read(engine: duckdb.DuckDBPyConnection, raw: str, spec: SourceSpec, folder: Path, where: str) -> pd.DataFrame:
    import pandas as pd

    if spec.url:
        _read_database(engine, raw, spec, where)
        return pd.DataFrame(columns=["line", "problem", "text"])
    if not spec.sql:
        return load_file(engine, raw, spec, folder, where=where, typed=False)
    spoiled = []
    for alias, part in spec.parts.items():
        relation = f"{raw}_{alias}"
        spoiled.append(load_file(engine, relation, part, folder, where=f"{where}, file '{alias}'", typed=True))
        engine.execute(f"create or replace temp view {quoted(alias)} as select * from {quoted(relation)}")
    _run_query(engine, raw, spec, where)
    for alias in spec.parts:
        engine.execute(f"drop view {quoted(alias)}")
    return pd.concat(spoiled, ignore_index=True)


def _run_query(engine: duckdb.DuckDBPyConnection, raw: str, spec: SourceSpec, where: str) -> None:
    """Keep the answer of the study's query; only one statement that reads is let through."""
    statements = duckdb.extract_statements(spec.sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise SourceError(f"{where}: sql must be one select over the named files.")
    try:
        engine.execute(f"create or replace temp table {quoted(raw)} as {statements[0].query.strip().rstrip(';')}")
    except duckdb.Error as error:
        raise SourceError(f"{where}: the engine refuses sql: {_short(error, lines=6)}") from None


def _read_database(engine: duckdb.DuckDBPyConnection, raw: str, spec: SourceSpec, where: str) -> None:
    """Stream a table or query of another database into the engine through Ibis."""
    import ibis

    try:
        backend = ibis.connect(os.path.expandvars(spec.url))
        table = backend.sql(spec.sql) if spec.sql else backend.table(spec.table)
        batches = table.to_pyarrow_batches()
        engine.register("_batches", batches)
        engine.execute(f"create or replace temp table {quoted(raw)} as select * from _batches")
        engine.unregister("_batches")
    except ClientbaseError:
        raise
    except Exception as error:  # noqa: BLE001  every driver has errors of its own; the reader needs the sentence, not the kind
        raise SourceError(f"{where}: the database does not answer as asked ({_without_secrets(_short(error))}).") from None


def _without_secrets(text: str) -> str:
    return re.sub(r"(://[^:/\s]+):[^@\s]+@", r"\1:...@", text)


def _short(error: BaseException, lines: int = 1) -> str:
    return "\n".join(line.rstrip() for line in str(error).splitlines()[:lines])[:600]
