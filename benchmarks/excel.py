"""A workbook of half a million order lines: read by clientbase, checked and reduced, beside readers that only read it.

The contenders take turns, each in a process of its own; medians are compared as ratios to pandas on the same reader (calamine).
Run: python benchmarks/excel.py [--rows 500000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BASE = "pandas_calamine"
HEADINGS = ("order_id", "date", "client_id", "product_id", "qty", "revenue", "cost")
STUDY = 'name = "workbook"\ncurrency = "EUR"\nas_of = 2025-12-31\n[sources.orders]\nfile = "lines.xlsx"\n'


def write_workbook(folder: Path, n_rows: int) -> None:
    """Write lines.xlsx and study.toml: two years of order lines, three to an order."""
    import datetime as dt

    import numpy as np
    import xlsxwriter

    rng = np.random.default_rng(5)
    first = dt.date(2024, 1, 1)
    days, clients, products = (
        rng.integers(0, 731, n_rows),
        rng.integers(0, n_rows // 100 + 10, n_rows),
        rng.integers(0, 300, n_rows),
    )
    revenue, quantity = rng.lognormal(5, 1, n_rows).round(2), rng.integers(1, 20, n_rows)
    with xlsxwriter.Workbook(folder / "lines.xlsx", {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet("lines")
        sheet.write_row(0, 0, HEADINGS)
        for place in range(n_rows):
            order = place - place % 3  # the lines of an order share its day and client
            day = first + dt.timedelta(days=int(days[order]))
            sheet.write_string(place + 1, 0, f"O{order // 3}")
            sheet.write_datetime(place + 1, 1, day)
            sheet.write_string(place + 1, 2, f"C{clients[order]}")
            sheet.write_string(place + 1, 3, f"P{products[place]}")
            sheet.write_number(place + 1, 4, int(quantity[place]))
            sheet.write_number(place + 1, 5, float(revenue[place]))
            sheet.write_number(place + 1, 6, round(float(revenue[place]) * 0.7, 2))
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")


def clientbase(folder: Path) -> float:
    """Open the study: reading, checks, facts."""
    from clientbase.study import open_study

    return float(open_study(folder).ledger.months["revenue"].sum())


def pandas_calamine(folder: Path) -> float:
    """Read the sheet into a frame, on the reader that clientbase uses."""
    import pandas as pd

    return float(pd.read_excel(folder / "lines.xlsx", engine="calamine")["revenue"].sum())


def pandas_openpyxl(folder: Path) -> float:
    """Read the sheet into a frame, as pandas does by default."""
    import pandas as pd

    return float(pd.read_excel(folder / "lines.xlsx", engine="openpyxl")["revenue"].sum())


CONTENDERS = {contender.__name__: contender for contender in (clientbase, pandas_calamine, pandas_openpyxl)}


def run(name: str, folder: Path) -> None:
    """Run one contender and print what it took, imports left out by a first import."""
    import pandas as pd  # noqa: F401

    import clientbase.ledger.reading
    import clientbase.study  # noqa: F401

    started, cpu = time.perf_counter(), time.process_time()
    revenue = CONTENDERS[name](folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    taken = {"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - cpu, "peak_mib": peak}
    print(json.dumps({**taken, "revenue": revenue}))


def compare(folder: Path, rounds: int) -> str:
    """Return the medians of all contenders as a table of Markdown."""
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
    for _ in range(rounds):
        for name in CONTENDERS:
            shutil.rmtree(folder / ".clientbase", ignore_errors=True)  # clientbase reads anew each time
            answer = subprocess.run(
                [sys.executable, __file__, "--run", name, str(folder)], capture_output=True, text=True, check=True
            )
            runs[name].append(json.loads(answer.stdout.splitlines()[-1]))
    sums = {round(one["revenue"], 2) for measured in runs.values() for one in measured}
    if len(sums) > 1:
        raise SystemExit(f"the contenders disagree on the revenue: {sums}")
    table = "| contender | ratio | seconds | CPU s | peak MiB |\n|---|--:|--:|--:|--:|\n"
    for name, measured in runs.items():
        ratio = statistics.median(one["seconds"] / base["seconds"] for one, base in zip(measured, runs[BASE], strict=True))
        seconds, cpu, peak = (statistics.median(one[key] for one in measured) for key in ("seconds", "cpu_seconds", "peak_mib"))
        table += f"| {name} | {ratio:.2f} | {seconds:.1f} | {cpu:.1f} | {peak:.0f} |\n"
    return table


def main() -> None:
    """Write the workbook, run the contenders, print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=500_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--run", nargs=2, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.run:
        run(given.run[0], Path(given.run[1]))
        return
    with tempfile.TemporaryDirectory() as scratch:
        write_workbook(Path(scratch), given.rows)
        print(f"{given.rows:,} rows\n\n{compare(Path(scratch), given.rounds)}")


if __name__ == "__main__":
    main()
