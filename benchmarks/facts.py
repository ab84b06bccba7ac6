"""Facts from order lines: clientbase beside hand-written SQL, pandas, polars and openretailscience, in one run.

The contenders take turns, so that what else the machine does falls on all of them; medians are compared as ratios. --memory
limits DuckDB, ours and that of the hand-written SQL; polars has no such limit, and pandas is left out of bases that it could
not hold. A contender that fails is named with its reason.
Run: python benchmarks/facts.py [--lines 1000000 10000000 100000000] [--rounds 3] [--memory 4GB] [--folder FOLDER]
A base of 100 million lines is measured once.
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
PACKAGES = ("openretailscience==0.48.1", "polars==2.1.0")
OF_PEERS = ("polars_by_hand", "openretailscience_rfm")
CONTENDERS = ("clientbase_reduce", "sql_by_hand", "clientbase_whole", "pandas_by_hand", *OF_PEERS)
MOST_FOR_PANDAS = 20_000_000  # lines: it holds all of them, some 250 bytes each with their texts
BASE = "sql_by_hand"


def python_of_peers() -> str:
    """Return the Python that has the other packages, installed once into an environment of its own."""
    python = PEERS / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not python.exists():
        venv.create(PEERS, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
    return str(python)


def measure(name: str, folder: Path, memory: str) -> dict[str, float]:
    """Run one contender in a process of its own; an empty result when it fails, its reason printed."""
    python = python_of_peers() if name in OF_PEERS else sys.executable
    command = [python, HERE / "contenders.py", name, folder]
    answer = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "CLIENTBASE_MEMORY": memory})
    if answer.returncode:
        print(f"{name}: {(answer.stderr.strip().splitlines() or ['killed'])[-1]} ({answer.returncode})", file=sys.stderr)
        return {}
    return json.loads(answer.stdout.splitlines()[-1])


def compare(folder: Path, n_lines: int, rounds: int, memory: str) -> list[dict[str, float]]:
    """Return one row per contender: medians over the rounds, and their ratios to hand-written SQL."""
    names = [name for name in CONTENDERS if name != "pandas_by_hand" or n_lines <= MOST_FOR_PANDAS]
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            runs[name].append(measure(name, folder, memory))
    rows = []
    for name, measured in runs.items():
        pairs = [(run, base) for run, base in zip(measured, runs[BASE], strict=True) if run and base]
        if not pairs:
            continue
        middle = {key: statistics.median(run[key] for run, _ in pairs) for key in pairs[0][0]}
        ratio = statistics.median(run["seconds"] / base["seconds"] for run, base in pairs)
        rows.append({**middle, "name": name, "ratio": ratio, "clients": pairs[0][0]["clients"]})
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
    arguments.add_argument("--lines", type=int, nargs="+", default=[1_000_000, 10_000_000, 100_000_000])
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--memory", default="4GB", help="limit of DuckDB's memory")
    arguments.add_argument("--folder", type=Path, default=None, help="where the generated lines are kept")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for n_lines in given.lines:
            folder = write_base((given.folder or Path(scratch)) / str(n_lines), n_lines)
            print(
                report(n_lines, compare(folder, n_lines, given.rounds if n_lines < 100_000_000 else 1, given.memory)),
                flush=True,
            )


if __name__ == "__main__":
    main()
