"""The ways of getting from order lines to facts that benchmarks/facts.py compares, each run in a process of its own.

Run: python benchmarks/contenders.py NAME FOLDER; prints one line of JSON: seconds, cpu_seconds, peak_mib, clients, revenue.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
TABLES = ("facts", "months", "groups", "group_money", "discount_bands")  # of by_hand.sql


def limits() -> dict[str, str]:
    """Return the engine's limit of memory, the same that clientbase reads, and where it spills."""
    memory = os.environ.get("CLIENTBASE_MEMORY")
    return {"temp_directory": tempfile.gettempdir(), **({"memory_limit": memory} if memory else {})}


def clientbase_reduce(folder: Path) -> tuple[int, float]:
    """Facts, months, groups and bands by clientbase's expressions, without its checks."""
    import duckdb
    import ibis

    from clientbase.ledger.facts import reduce_orders
    from clientbase.method.periods import Window

    with duckdb.connect(config=limits()) as engine:
        backend = ibis.duckdb.from_connection(engine)
        lines = backend.read_parquet(folder / "lines.parquet").join(
            backend.read_parquet(folder / "products.parquet"), "product_id"
        )
        lines = lines.mutate(is_imputed=ibis.literal(False))
        window = Window(dt.date(2025, 1, 1), dt.date(2025, 12, 31), 12)
        previous = Window(dt.date(2024, 1, 1), dt.date(2024, 12, 31), 12)
        found = reduce_orders(lines, window=window, previous=previous)
        return len(found.clients), float(found.clients["revenue"].sum())


def clientbase_whole(folder: Path) -> tuple[int, float]:
    """Everything clientbase does on opening a study: reading, all checks, facts."""
    from clientbase.ledger.reading import read_ledger
    from clientbase.sections import Preparation
    from clientbase.study_file import read_study

    study = read_study(folder)
    result = read_ledger(study.sources, study.folder, currency="EUR", as_of=dt.date(2025, 12, 31), preparation=Preparation())
    return len(result.facts), float(result.facts["revenue"].sum())


def sql_by_hand(folder: Path) -> tuple[int, float]:
    """The same aggregates in hand-written DuckDB SQL."""
    import duckdb

    script = (HERE / "by_hand.sql").read_text(encoding="utf-8")
    with duckdb.connect(config=limits()) as engine:
        engine.execute(script.format(lines=folder / "lines.parquet", products=folder / "products.parquet"))
        facts, *others = (engine.execute(f"select * from {name}").df() for name in TABLES)
        assert all(map(len, others))
        return len(facts), float(facts["revenue"].sum())


def pandas_by_hand(folder: Path) -> tuple[int, float]:
    """The same aggregates in pandas, but for the money of groups and bands, and the medians of gaps, which take it longest."""
    import pandas as pd

    lines = pd.read_parquet(folder / "lines.parquet")
    lines = lines.merge(pd.read_parquet(folder / "products.parquet"), on="product_id")
    lines["date"] = pd.to_datetime(lines["date"])
    lines["margin"] = lines["revenue"] - lines["cost"]
    now = lines["date"] >= "2025-01-01"
    before = lines["date"].between("2024-01-01", "2024-12-31")
    money = ["revenue", "margin", "cost", "list_revenue", "qty"]
    facts = lines[now].groupby("client_id")[money].sum()
    facts["previous_revenue"] = lines[before].groupby("client_id")["revenue"].sum()
    orders = lines.groupby(["client_id", "order_id"], as_index=False).agg(date=("date", "min"), net=("revenue", "sum"))
    deals = orders[orders["net"] > 1e-9]
    facts["n_deals"] = deals[deals["date"] >= "2025-01-01"].groupby("client_id").size()
    facts["last_deal_date"] = deals.groupby("client_id")["date"].max()
    months = lines.groupby(["client_id", lines["date"].dt.to_period("M")])[["revenue", "margin"]].sum()
    groups = lines[now].groupby(["client_id", "product_group"])["revenue"].sum()
    assert len(months)
    assert len(groups)
    return len(facts), float(facts["revenue"].sum())


def polars_by_hand(folder: Path) -> tuple[int, float]:
    """The same aggregates in polars' lazy frames on its streaming engine, but for what pandas leaves out too."""
    import polars as pl

    lines = pl.scan_parquet(folder / "lines.parquet").join(pl.scan_parquet(folder / "products.parquet"), on="product_id")
    lines = lines.with_columns(margin=pl.col("revenue") - pl.col("cost"))
    is_now = pl.col("date") >= dt.date(2025, 1, 1)
    money = ["revenue", "margin", "cost", "list_revenue", "qty"]
    now = lines.filter(is_now).group_by("client_id").agg(pl.col(money).sum())
    before = lines.filter(pl.col("date").dt.year() == 2024).group_by("client_id").agg(previous_revenue=pl.col("revenue").sum())
    orders = lines.group_by("client_id", "order_id").agg(pl.col("date").min(), net=pl.col("revenue").sum())
    deals = orders.filter(pl.col("net") > 1e-9)
    bought = deals.group_by("client_id").agg(n_deals=is_now.sum(), last_deal_date=pl.col("date").max())
    facts = now.join(before, on="client_id", how="left").join(bought, on="client_id", how="left")
    months = lines.group_by("client_id", pl.col("date").dt.truncate("1mo")).agg(pl.col("revenue", "margin").sum())
    groups = lines.filter(is_now).group_by("client_id", "product_group").agg(pl.col("revenue").sum())
    facts, months, groups = (table.collect(engine="streaming") for table in (facts, months, groups))
    assert len(months)
    assert len(groups)
    return len(facts), float(facts["revenue"].sum())


def openretailscience_rfm(folder: Path) -> tuple[int, float]:
    """The nearest published package: recency, frequency and monetary value per client, which is a part of the facts."""
    import ibis
    from openretailscience.segmentation.rfm import RFMSegmentation

    lines = ibis.duckdb.connect().read_parquet(str(folder / "lines.parquet"))
    lines = lines.filter(lines.date >= ibis.date(2025, 1, 1)).select(
        customer_id=lines.client_id, transaction_id=lines.order_id, transaction_date=lines.date, unit_spend=lines.revenue
    )
    found = RFMSegmentation(lines, current_date="2026-01-01").df
    return len(found), float(found["monetary"].sum())


CONTENDERS = {
    contender.__name__: contender
    for contender in (clientbase_reduce, clientbase_whole, sql_by_hand, pandas_by_hand, polars_by_hand, openretailscience_rfm)
}


def main(name: str, folder: Path) -> None:
    """Run one contender and print what it took.

    It runs on a small base first, so that what is compared is the work and not the imports.
    """
    from generate import write_base

    with tempfile.TemporaryDirectory() as scratch:
        tempfile.tempdir = scratch  # engines that spill into one folder spoil each other's files
        CONTENDERS[name](write_base(Path(scratch) / "small", 3000))
        started, cpu = time.perf_counter(), time.process_time()
        clients, revenue = CONTENDERS[name](folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    taken = {"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - cpu, "peak_mib": peak}
    print(json.dumps({**taken, "clients": clients, "revenue": revenue}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
