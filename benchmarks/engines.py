"""One ledger on three engines: in process, PostgreSQL, and a Spark cluster of a master and two workers, all on this machine.

Both servers are started on loopback and stopped at the end; the cluster reads the same Parquet, the same lines are loaded into
PostgreSQL before the time is taken. Whole openings of a study are compared: reading, all checks, facts.
Run: python benchmarks/engines.py [--lines 1000000] [--folder FOLDER]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from generate import write_base

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests")]  # the servers are those of the tests

from servers import postgres_server, spark_cluster  # noqa: E402
from spark_log import Application, applications  # noqa: E402

from clientbase.ledger.reading import BY_CLIENT, LedgerResult, read_ledger  # noqa: E402
from clientbase.study_file import read_study  # noqa: E402

SPARK = """
spark.executor.memory 900m
spark.sql.shuffle.partitions 8
"""
KINDS = {"VARCHAR": "text", "DOUBLE": "double precision", "DECIMAL(18,2)": "numeric(18, 2)"}  # others are called alike


def study_on(folder: Path, engine: str, source: str) -> Path:
    """Write the study of a base once more, for an engine; source tells its tables, called {}."""
    place = folder / "engines" / (engine.partition(":")[0] or "files")
    place.mkdir(parents=True, exist_ok=True)
    text = (folder / "study.toml").read_text(encoding="utf-8")
    for name in ("lines", "products"):
        text = text.replace(f'file = "{name}.parquet"', source.format(name))
    if engine:
        text = text.replace("[sources.orders]", f"[engine]\nurl = '{engine}'\n[sources.orders]")
    (place / "study.toml").write_text(text, encoding="utf-8")
    return place


def opened(place: Path) -> tuple[float, LedgerResult]:
    """Return the seconds that an opening takes, nothing kept from before, and what it gives."""
    study = read_study(place)
    asked = {"currency": study.heading.currency, "as_of": study.heading.as_of, "preparation": study.settings.preparation}
    start = time.perf_counter()
    result = read_ledger(study.sources, study.folder, engine=study.engine, **asked)
    return time.perf_counter() - start, result


def load(folder: Path, url: str) -> None:
    """Copy both tables of a base into PostgreSQL."""
    import psycopg

    with (
        psycopg.connect(url, autocommit=True) as connection,
        duckdb.connect() as engine,
        tempfile.TemporaryDirectory() as scratch,
    ):
        for name in ("lines", "products"):
            rows = engine.read_parquet(str(folder / f"{name}.parquet"))
            kinds = [KINDS.get(str(kind), str(kind)) for kind in rows.types]
            columns = ", ".join(f'"{column}" {kind}' for column, kind in zip(rows.columns, kinds, strict=True))
            connection.execute(f"create table {name} ({columns})")
            rows.write_csv(text := f"{scratch}/{name}.csv")
            with (
                connection.cursor().copy(f"copy {name} from stdin with (format csv, header)") as copy,
                Path(text).open("rb") as stream,
            ):
                while part := stream.read(1 << 20):
                    copy.write(part)
            connection.execute(f"analyze {name}")


def n_differences(found: LedgerResult, expected: LedgerResult) -> int:
    """Count the cells of all tables by client in which two engines differ, sums by more than the ninth digit."""
    n = 0
    for name in BY_CLIENT:
        one, other = getattr(found, name), getattr(expected, name)
        if one is None and other is None:
            continue
        assert one.shape == other.shape, f"{name}: {one.shape} beside {other.shape}"
        assert list(one.columns) == list(other.columns), name
        n += sum(_n_unlike(one[column], other[column]) for column in one)
    return n


def _n_unlike(one: pd.Series, other: pd.Series) -> int:
    if pd.api.types.is_float_dtype(one):
        return int((~np.isclose(one, other, rtol=1e-9, atol=0, equal_nan=True)).sum())
    return int(((one != other) & ~(one.isna() & other.isna())).sum())


def extract(done: Application) -> str:
    """Return what the event log of a cluster says of one application."""
    executors = ", ".join(f"executor {name} on {host}: {done.tasks[name]:,} tasks" for name, host in done.executors.items())
    return (
        f"application '{done.name}' on a standalone master (spark://), {len(done.executors)} executors; "
        f"{done.n_stages:,} stages completed; {executors}; {done.failed} tasks failed; "
        f"{done.rows_read:,} records read by tasks"
    )


@contextlib.contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    """Set variables of the environment for a while."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def compare(folder: Path) -> None:
    """Open the study on each engine and print the table and the extract, each as soon as it is known."""
    base_seconds, expected = opened(study_on(folder, "", "file = '../../{}.parquet'"))
    print("| engine | ratio | seconds | differences |\n|---|--:|--:|--:|", flush=True)
    with tempfile.TemporaryDirectory() as scratch, spark_cluster(Path(scratch), SPARK) as cluster:
        with environment(cluster.environment):
            seconds, found = opened(study_on(folder, cluster.url, "file = '../../{}.parquet'"))
        row("Spark, master and 2 workers", seconds, base_seconds, n_differences(found, expected))
        done = applications(cluster.events)
    with tempfile.TemporaryDirectory() as scratch, postgres_server(Path(scratch)) as url:
        load(folder, url.format("pass%40word"))
        with environment({"PGPASSWORD": "pass@word"}):
            seconds, found = opened(study_on(folder, url.replace(":{}", ""), "table = '{}'"))
        row("PostgreSQL", seconds, base_seconds, n_differences(found, expected))
    row("DuckDB in process", base_seconds, base_seconds, 0)
    n_cells = sum(table.size for name in BY_CLIENT if (table := getattr(expected, name)) is not None)
    print(f"\n{len(expected.facts):,} clients, {n_cells:,} cells compared with DuckDB's")
    print("\n".join(map(extract, done)))


def row(name: str, seconds: float, base_seconds: float, differences: int) -> None:
    """Print one engine's row."""
    print(f"| {name} | {seconds / base_seconds:.2f} | {seconds:.1f} | {differences} |", flush=True)


def main() -> None:
    """Make the base, start the servers, compare."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--lines", type=int, default=1_000_000)
    arguments.add_argument("--folder", type=Path, default=None, help="where the generated lines are kept")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        compare(write_base((given.folder or Path(scratch)) / str(given.lines), given.lines))


if __name__ == "__main__":
    main()
