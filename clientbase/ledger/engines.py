"""The engine that a study names by its address: how it is opened, what it may not do, how it is closed.

A DuckDB file is attached to the engine in process, which then reads it as it reads files. Any other engine is an Ibis
backend of ours (`postgres_engine`, `spark_engine`) whose `create_table(name, rows, temp=True)` keeps a result for the
session and writes nothing else. What engines do differently is met there, by settings of the session, and here:

- text is told apart and sorted by its code points (on PostgreSQL by the collation "C"), as in process;
- days are those of UTC, and dates become text as 2024-12-31;
- a division is written with `nullif(0)`: DuckDB and PostgreSQL give infinity or stop, Spark stops;
- months are counted from year and month numbers and days by `days_between`: interval arithmetic differs;
- rows are compared by `row_mark`, as PostgreSQL has no number for a whole row;
- rows have no order: tables that reach the notebooks whole are taken in that of their file, see `reading`;
- Spark plans anew what it has cached, with all that led there: its results are local checkpoints.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from clientbase.errors import SourceError
from clientbase.ledger.addresses import address, file_of, without_secrets
from clientbase.ledger.engine import short

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

    from ibis.backends import BaseBackend

    from clientbase.ledger.specification import EngineSpec

WHERE = "study.toml, section [engine]"


def attached_file(engine: EngineSpec | None, folder: Path) -> Path | None:
    """Return the DuckDB file that is a study's engine, or None."""
    if engine is None or engine.kind != "duckdb":
        return None
    path = file_of(address(engine.url, WHERE), folder)
    if not path.is_file():
        raise SourceError(f"{WHERE}: url names no file: there is no '{path.name}' in '{path.parent.name}'.")
    return path


@contextmanager
def open_warehouse(engine: EngineSpec | None) -> Iterator[BaseBackend | None]:
    """Open the engine of a study that is no DuckDB, as long as the ledger reads; None where the one in process does it all.

    Raises SourceError when its driver is missing or it does not answer, now or later.
    """
    if engine is None or engine.kind == "duckdb":
        yield None
        return
    url = address(engine.url, WHERE)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)  # results come as Arrow
        driver = _driver(engine.kind)
        try:
            with driver.opened(url) as backend:
                yield backend
        except driver.ERRORS as error:
            said = short(getattr(error, "java_exception", error))  # Py4J itself only says that there was one
            raise SourceError(
                f"{WHERE}: the engine does not answer as asked ({without_secrets(said, url)}). Check that it runs, and "
                "who may read there."
            ) from None


def _driver(kind: str) -> ModuleType:
    """Return the module that knows a kind of engines."""
    try:
        if kind == "postgres":
            from clientbase.ledger import postgres_engine as driver
        else:
            from clientbase.ledger import spark_engine as driver
    except ImportError:
        raise SourceError(
            f'{WHERE}: the driver for this engine is not installed. Install it: pip install "clientbase[{kind}]".'
        ) from None
    return driver
