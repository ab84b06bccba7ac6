"""What a move of a panel takes: the time in its callback, from a control's new value to picture, sentences and count.

Run: python benchmarks/panels.py [--clients 5000 100000] [--rounds 5]. The base is made up: some ten orders a client over two
years, in six product groups, with list prices, costs, credit days, work and departments. The facts are read once; a move reads
nothing.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd

mpl.use("agg")
sys.path.insert(0, str(Path(__file__).parents[1]))

PANELS = ("flows", "sizes", "focus", "levels", "shares", "stability", "losses", "load", "deal", "plan", "service")
ORDERS = 10  # a client


def write_study(folder: Path, n_clients: int) -> Path:
    """Write a study of this size as Parquet files."""
    rng = np.random.default_rng(11)
    n = n_clients * ORDERS
    client = rng.integers(0, n_clients, n)
    size = rng.lognormal(0, 1.2, n_clients)
    revenue = (size[client] * rng.lognormal(6, 0.5, n)).round(2)
    names = pd.Series(np.arange(n_clients)).map("C{:06d}".format)
    days = rng.integers(0, 730, n)
    orders = pd.DataFrame(
        {
            "order_id": np.arange(n), "date": pd.Timestamp("2024-01-01") + pd.to_timedelta(days, unit="D"),
            "client_id": names.to_numpy()[client], "product_id": rng.integers(0, 60, n), "revenue": revenue,
            "list_revenue": (revenue * rng.uniform(1.0, 1.2, n)).round(2),
            "cost": (revenue * rng.uniform(0.6, 0.85, n)).round(2),
            "pay_days": rng.integers(0, 60, n),
        }
    )  # fmt: skip
    tables = {
        "orders": orders,
        "products": pd.DataFrame({"product_id": np.arange(60), "product_group": [f"group {k % 6}" for k in range(60)]}),
        "clients": pd.DataFrame({"client_id": names, "client_type": np.where(size > 1, "corporate", "private")}),
        "activities": pd.DataFrame(
            {
                "date": orders["date"], "client_id": orders["client_id"], "department": "sales",
                "activity_type": "order_processing", "minutes": rng.integers(5, 40, n),
            }
        ),
        "departments": pd.DataFrame(
            {
                "department": "sales", "period": pd.date_range("2024-01-01", periods=24, freq="MS"), "cost": 40.0 * n_clients,
                "headcount": 0.01 * n_clients, "hours_per_head": 140.0,
            }
        ),
    }  # fmt: skip
    study = 'name = "panels"\ncurrency = "EUR"\nas_of = 2025-12-31\n[flows]\nscope_flow = "all"\n'
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet", index=False)
        study += f'[sources.{name}]\nfile = "{name}.parquet"\n'
    (folder / "study.toml").write_text(study, encoding="utf-8")
    return folder


def move(name: str, page: object, rounds: int) -> tuple[float, float]:
    """Return the median seconds of a move of the panel's first slider: by the clock, and of the processor."""
    from clientbase.panels.catalogue import panel

    found = panel(page, name)
    slider = next(control for control in found._all_controls if getattr(control, "step", None))
    slider.value -= slider.step if slider.value - slider.step >= slider.min else -slider.step  # the first move pays for caches
    seconds, cpu = [], []
    for place in range(rounds):
        started, cpu_started = time.perf_counter(), time.process_time()
        step = slider.step if place % 2 else -slider.step
        slider.value = min(max(slider.value + step, slider.min), slider.max)
        seconds.append(time.perf_counter() - started)
        cpu.append(time.process_time() - cpu_started)
    if found.message.value:
        raise SystemExit(f"{name}: {found.message.value}")
    return statistics.median(seconds), statistics.median(cpu)


def main() -> None:
    """Make the bases, move every panel, print a table of Markdown."""
    from clientbase.notebook import open_page

    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--clients", type=int, nargs="+", default=[5_000, 100_000])
    arguments.add_argument("--rounds", type=int, default=5)
    given = arguments.parse_args()
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in PANELS}
    for n_clients in given.clients:
        with tempfile.TemporaryDirectory() as scratch:
            page = open_page(str(write_study(Path(scratch), n_clients)))
            for name in PANELS:
                taken[name].append(move(name, page, given.rounds))
    print(
        "| panel | "
        + " | ".join(f"{n:,} clients, s | CPU s" for n in given.clients)
        + " |\n|---|"
        + "--:|--:|" * len(given.clients)
    )
    for name, found in taken.items():
        print(f"| {name} | " + " | ".join(f"{seconds:.2f} | {cpu:.2f}" for seconds, cpu in found) + " |")


if __name__ == "__main__":
    main()
