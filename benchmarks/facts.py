"""Facts from order lines: clientbase beside hand-written SQL, pandas and openretailscience, in one run.

The contenders take turns, so that what else the machine does falls on all of them; medians are compared as ratios.
Run: python benchmarks/facts.py [--lines 1000000 10000000] [--rounds 3] [--folder FOLDER]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from generate import write_base

HERE = Path(__file__).parent
PEERS = HERE / ".venv-peers"  # openretailscience needs another pandas than ours
CONTENDERS = ("clientbase_reduce", "sql_by_hand", "clientbase_whole", "pandas_by_hand", "openretailscience_rfm")
BASE = "sql_by_hand"


def python_of_peers() -> str:
    """Return the Python that has openretailscience, installed once into an environment of its own."""
    python = PEERS / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not python.exists():
        venv.create(PEERS, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "openretailscience==0.48.1"], check=True)
    return str(python)


def measure(name: str, folder: Path) -> dict[str, float]:
    """Run one contender in a process of its own."""
    python = python_of_peers() if name.startswith("openretailscience") else sys.executable
    answer = subprocess.run([python, HERE / "contenders.py", name, folder], capture_output=True, text=True, check=True)
    return json.loads(answer.stdout.splitlines()[-1])


def compare(folder: Path, rounds: int) -> list[dict[str, float]]:
    """Return one row per contender: medians over the rounds, and their ratios to hand-written SQL."""
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
    for _ in range(rounds):
        for name in CONTENDERS:
            runs[name].append(measure(name, folder))
    rows = []
    for name in CONTENDERS:
        seconds, cpu, peak = (
            statistics.median(run[key] for run in runs[name]) for key in ("seconds", "cpu_seconds", "peak_mib")
        )
        paired = [run["seconds"] / base["seconds"] for run, base in zip(runs[name], runs[BASE], strict=True)]
        rows.append(
            {"name": name, "seconds": seconds, "cpu": cpu, "peak": peak, "ratio": statistics.median(paired), **runs[name][0]}
        )
    return rows


def report(n_lines: int, rows: list[dict[str, float]]) -> str:
    """Return the rows as a table of Markdown."""
    head = f"{n_lines:,} lines\n\n| contender | ratio | seconds | CPU s | peak MiB | clients |\n|---|--:|--:|--:|--:|--:|\n"
    lines = [
        f"| {row['name']} | {row['ratio']:.2f} | {row['seconds']:.2f} | {row['cpu_seconds']:.2f} | {row['peak_mib']:.0f} "
        f"| {row['clients']:,} |"
        for row in rows
    ]
    return head + "\n".join(lines) + "\n"


def main() -> None:
    """Make the bases, run the contenders, print the tables."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--lines", type=int, nargs="+", default=[1_000_000, 10_000_000])
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--folder", type=Path, default=None, help="where the generated lines are kept")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for n_lines in given.lines:
            folder = write_base((given.folder or Path(scratch)) / str(n_lines), n_lines)
            print(report(n_lines, compare(folder, given.rounds)), flush=True)


if __name__ == "__main__":
    main()
