"""Stability XYZ of a large base: clientbase against bare DuckDB and a pandas pivot, from client x month sums in memory.

Run: python benchmarks/xyz.py [--clients 1000000] [--rounds 5]. Ways take turns within a run, each in a process of its own
that has its table in memory already; what is timed is from that table to one class per client in pandas.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

BASE = "duckdb_sql"
END = 2025 * 12 + 11  # number of the last month, December 2025
N_MONTHS = 36
BUYS = 0.6  # chance of a purchase in a month
SQL = """
with periods as (
    select client_id, {period} as period, sum(revenue) as revenue
    from months where back < {length} * 12 group by client_id, period
),
sums as (
    select client_id, sum(revenue) as total, sum(revenue * revenue) as squares from periods group by client_id
),
measured as (
    select client_id, total, sqrt(greatest(least(12, starts.first // {length} + 1) * squares - total * total, 0)) / total as cv,
           least(12, starts.first // {length} + 1) as n
    from sums join starts using (client_id)
)
select client_id, cv,
       case when n < 6 then 'n' when total <= 0 then 'Z' when cv <= 0.5 then 'X' when cv <= 1 then 'Y' else 'Z' end as xyz
from measured
"""


def write_months(folder: Path, n_clients: int) -> Path:
    """Write one row per client and month with a purchase, in the order in which the ledger keeps them."""
    rng = np.random.default_rng(6)
    bought = rng.random((n_clients, N_MONTHS)) < BUYS
    bought[:, 0] |= ~bought.any(axis=1)
    client, month = np.nonzero(bought)
    stamps = (END - N_MONTHS + 1 - 1970 * 12 + month).astype("datetime64[M]").astype("datetime64[us]")
    names = np.char.add("C", np.char.zfill(np.arange(n_clients).astype(str), 8))
    table = pd.DataFrame({"client_id": names[client], "month": stamps, "revenue": rng.lognormal(5, 1, len(client)).round(2)})
    table.to_parquet(folder / "months.parquet", index=False)
    return folder / "months.parquet"


def clientbase(place: Path, length: int) -> Callable[[], pd.DataFrame]:
    """Return the method's own functions on facts and months."""
    from clientbase.method.stability import stability, xyz_classes

    months = pd.read_parquet(place)
    days = months.groupby("client_id")["month"].agg(["min", "max"]).reset_index()
    facts = days.rename(columns={"min": "first_purchase_date", "max": "last_deal_date"}).assign(n_orders=1)

    def run() -> pd.DataFrame:
        series = stability(facts, months, end=END, length=length, n_periods=12, trailing="zeros", index=None)
        return xyz_classes(series, x_to=0.5, y_to=1.0, min_periods=6, end=END, silent_months=3)

    return run


def duckdb_sql(place: Path, length: int) -> Callable[[], pd.DataFrame]:
    """Return hand-written SQL over tables of DuckDB itself, with the months counted back beforehand."""
    import duckdb

    engine = duckdb.connect()
    engine.execute(
        "create table months as "
        f"select client_id, {END} - (year(month) * 12 + month(month) - 1) as back, revenue from '{place}'"
    )
    engine.execute("create table starts as select client_id, max(back) as first from months group by client_id")
    period = "back" if length == 1 else f"back // {length}"
    return lambda: engine.execute(SQL.format(period=period, length=length)).df()


def pandas_pivot(place: Path, length: int) -> Callable[[], pd.DataFrame]:
    """Return the usual way: a full matrix of clients and periods, then mean and deviation along its rows."""
    months = pd.read_parquet(place)

    def run() -> pd.DataFrame:
        back = END - (months["month"].dt.year * 12 + months["month"].dt.month - 1)
        inside = months.assign(period=back // length)[back < 12 * length]
        matrix = inside.pivot_table(index="client_id", columns="period", values="revenue", aggfunc="sum", fill_value=0.0)
        cv = matrix.std(axis=1, ddof=0) / matrix.mean(axis=1)
        return pd.DataFrame({"cv": cv, "xyz": np.select([cv <= 0.5, cv <= 1.0], ["X", "Y"], "Z")}).reset_index()

    return run


CONTENDERS = {contender.__name__: contender for contender in (clientbase, duckdb_sql, pandas_pivot)}


def measure(name: str, place: Path, length: int) -> dict[str, float]:
    """Run one contender in a process of its own."""
    command = [sys.executable, __file__, "--one", name, str(place), str(length)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def one(name: str, place: Path, length: int) -> None:
    """Print what one contender takes, on the second of two runs."""
    run = CONTENDERS[name](place, length)
    run()
    started, cpu = time.perf_counter(), time.process_time()
    found = run()
    taken = {"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - cpu}
    counts = found["xyz"].value_counts()
    print(json.dumps({**taken, "clients": len(found), "x": int(counts["X"]), "y": int(counts["Y"])}))


def main() -> None:
    """Make the base, let the contenders take turns, print a table of Markdown."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--clients", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--one", nargs=3, metavar=("NAME", "PLACE", "LENGTH"), help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.one:
        one(given.one[0], Path(given.one[1]), int(given.one[2]))
        return
    print("| period | contender | ratio | seconds | CPU s | X | Y |\n|---|---|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as scratch:
        place = write_months(Path(scratch), given.clients)
        for length, period in ((1, "12 months"), (3, "12 quarters")):
            runs = [{name: measure(name, place, length) for name in CONTENDERS} for _ in range(given.rounds)]
            for name in CONTENDERS:
                ratio = statistics.median(run[name]["seconds"] / run[BASE]["seconds"] for run in runs)
                typical = {key: statistics.median(run[name][key] for run in runs) for key in runs[0][name]}
                print(
                    f"| {period} | {name} | {ratio:.2f} | {typical['seconds']:.2f} | {typical['cpu_seconds']:.2f} "
                    f"| {typical['x']:,.0f} | {typical['y']:,.0f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
