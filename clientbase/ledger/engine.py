"""What the ledger asks of its engine beyond Ibis expressions: a DuckDB that reaches the named files and nothing else."""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np

from clientbase.errors import SettingError, SourceError
from clientbase.limits import MEMORY_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import ibis.expr.types as ir
    import pandas as pd
    import pyarrow as pa
    from ibis.backends import BaseBackend

DIGITS = 13  # of a sum that count; beyond them lies the noise of binary fractions
ATTACHED = "base"
NAMES = {"duckdb": "DuckDB", "postgres": "PostgreSQL", "pyspark": "Spark"}  # by what Ibis calls them
ONE_SELECT = "sql must be one select, which only reads."


def open_engine(scratch: Path, files: Iterable[Path], attached: Path | None = None) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB in memory that may read these files and spill to scratch; it reaches nothing else of the machine.

    A study.toml may come from anybody, so its sql must not read other files, write any, or load extensions. The base of a
    study whose engine is a DuckDB file is attached, read-only, under the name ATTACHED. CLIENTBASE_MEMORY limits the memory,
    such as 4GB; without it DuckDB takes up to four fifths of the machine's.
    """
    engine = duckdb.connect()
    if limit := os.environ.get(MEMORY_VARIABLE):
        try:
            engine.execute(f"set memory_limit = {literal(limit)}")
        except duckdb.Error:
            raise SettingError(f"{MEMORY_VARIABLE} is '{limit}', needed is an amount such as 4GB.") from None
    if attached is not None:
        engine.execute(f"attach {literal(str(attached))} as {ATTACHED} (type duckdb, read_only)")
    for setting, value in {
        "temp_directory": literal(str(scratch)),
        "enable_progress_bar": "false",
        "TimeZone": "'UTC'",  # a moment becomes the same day on every machine
        "python_enable_replacements": "false",  # a query must not see our variables as tables
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allowed_directories": f"[{literal(str(scratch))}]",
        "allowed_paths": f"[{', '.join(literal(str(path)) for path in files)}]::VARCHAR[]",
        "enable_external_access": "false",  # the last: it closes the door, and the engine never opens it again
    }.items():
        engine.execute(f"set {setting} = {value}")
    return engine


def quoted(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def short(error: BaseException, *, lines: int = 1) -> str:
    """Return the first lines of an error of somebody else's, fit to stand inside a sentence of ours."""
    return "\n".join(line.rstrip() for line in str(error).splitlines()[:lines])[:600] or type(error).__name__


def one_select(sql: str, where: str) -> str:
    """Return the statement of a study's query; only one that reads is let through."""
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise SourceError(f"{where}: sql cannot be read: {short(error, lines=6)}") from None
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise SourceError(f"{where}: {ONE_SELECT}")
    return statements[0].query.strip().rstrip(";")


def engine_name(backend: BaseBackend) -> dict[str, str]:
    """Return name and version of an engine, for the record."""
    return {"name": NAMES[backend.name], "version": str(backend.version)}


def computed(table: ir.Table) -> ir.Table:
    """Compute an expression once and return the result as a temporary table of its engine, see `ledger.engines`.

    Not `table.cache()`: Ibis drops such a table when Python forgets it, by then often on a connection that is closed.
    """
    return uploaded(table.get_backend(), table)


def without_repeats(table: ir.Table) -> ir.Table:
    """Return the rows that differ, computed; in process in the order of the file, which a grouping would scatter."""
    if table.get_backend().name != "duckdb":
        return computed(table.distinct())
    import ibis

    numbered = table.mutate(first_row=ibis.row_number())
    once = numbered.group_by(table.columns).aggregate(first_row=numbered.first_row.min())
    return computed(once.order_by("first_row").drop("first_row"))


def uploaded(backend: BaseBackend, rows: ir.Table | pa.Table) -> ir.Table:
    """Return rows as a temporary table of an engine."""
    return backend.create_table(f"computed_{uuid.uuid4().hex}", rows, temp=True)


def frame(table: ir.Table) -> pd.DataFrame:
    """Fetch a table, days and moments in the one resolution that they have after being kept on disk too.

    By Arrow: Ibis's own way to pandas makes a Python object of every cell in a column where one is missing.
    """
    found = table.to_pyarrow().to_pandas(date_as_object=False, split_blocks=True, self_destruct=True)
    return found.assign(**{name: found[name].astype("datetime64[us]") for name in found.select_dtypes("datetime")})


def numbers(table: ir.Table, **expressions: ir.Value) -> dict[str, Any]:
    """Return the single row of an aggregate as a dictionary; counts (n, n_...) of nothing are 0."""
    row = table.aggregate(**expressions).to_pyarrow().to_pylist()[0]
    return {name: 0 if value is None and (name == "n" or name.startswith("n_")) else value for name, value in row.items()}


def total(value: ir.NumericValue) -> ir.NumericValue:
    """Return the sum of a column, 0 without values."""
    return value.sum().fill_null(0)


def row_mark(table: ir.Table) -> ir.IntegerValue | None:
    """Return a number that equal rows share, and few others; None where the engine has none for a whole row."""
    import ibis

    if table.get_backend().name == "postgres":
        return None
    return ibis.struct({name: table[name] for name in table.columns}).hash()


def days_between(later: ir.DateValue, earlier: ir.DateValue) -> ir.IntegerValue:
    """Return the days from one date to another, which engines know by several names."""
    return later.delta(earlier, unit="day")


def steady_frame(table: ir.Table) -> pd.DataFrame:
    """Fetch a table with its sums rounded to what does not depend on the order in which threads add.

    Equal lines then give equal facts on every run, and clients that bought for the same money stay equal.
    """
    found = frame(table)
    for name in found.select_dtypes("float"):
        found[name] = steady(found[name])
    return found


def steady(sums: pd.Series) -> pd.Series:
    """Return sums rounded to the digits that do not depend on the order of adding, which is each engine's own."""
    digits = DIGITS - np.ceil(np.log10(sums.abs().where(sums != 0, 1.0)))
    return (sums * 10.0**digits).round() / 10.0**digits
