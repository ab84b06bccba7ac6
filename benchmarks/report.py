"""What a report of the demo costs beyond the work of its notebooks, for one and two jobs, on forked and on ordinary kernels.

The work itself is measured by running the same cells in one warm process without kernels: tables, pictures, the tables kept
as files, the first page. The rest is start-up, papermill and pages. Ways take turns; medians of CPU seconds are compared.
Run: python benchmarks/report.py [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
DEMO = ROOT / "data" / "demo"
WAYS = {
    "forked kernels, 1 job": ("forked", 1),
    "forked kernels, 2 jobs": ("forked", 2),
    "ordinary kernels, 1 job": ("ordinary", 1),
    "ordinary kernels, 2 jobs": ("ordinary", 2),
}


def own_work(scratch: Path, notebooks: list[Path]) -> dict[str, float]:
    """Return seconds and CPU seconds of the cells in this process, after a first round that warms it up."""
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.core.pylabtools import select_figure_formats
    from IPython.utils.capture import capture_output

    from clientbase.report import summary
    from clientbase.study import RUN_VARIABLE, open_study

    os.chdir(ROOT / "notebooks")
    context = scratch / "context.json"
    context.write_text(json.dumps({"parameters": {}, "hide_names": False, "tables": str(scratch / "tables")}), encoding="utf-8")
    os.environ[RUN_VARIABLE] = str(context)
    shell = InteractiveShell.instance()
    select_figure_formats(shell, {"png"})
    for _ in range(2):
        started, cpu = time.perf_counter(), time.process_time()
        for notebook in notebooks:
            for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
                if cell["cell_type"] == "code":
                    with capture_output():
                        shell.run_cell("".join(cell["source"])).raise_error()
        summary.compose(open_study(DEMO), set())
        taken = {"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - cpu}
    return taken


def whole_report(kernels: str, jobs: int, notebooks: list[Path]) -> dict[str, float]:
    """Return seconds and CPU seconds of the command, all its processes included; facts are in the cache already."""
    environment = {**os.environ, "CLIENTBASE_KERNELS": kernels}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as out:
        steps = [word for notebook in notebooks for word in ("--step", notebook.stem)]
        command = [sys.executable, "-m", "clientbase", "report", DEMO, "--jobs", str(jobs), "--out", out, *steps]
        subprocess.run(command, env=environment, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": time.perf_counter() - started, "cpu_seconds": cpu}


def measure(arguments: list[str]) -> dict[str, float]:
    """Run one measurement in a process of its own, so that they do not warm each other up."""
    answer = subprocess.run([sys.executable, __file__, *arguments], capture_output=True, text=True, check=True)
    return json.loads(answer.stdout.splitlines()[-1])


def compare(rounds: int) -> None:
    """Print what a notebook costs beyond its own work, by way, and how much of that is the start of the command."""
    whole_report("forked", 2, NOTEBOOKS)  # the facts of the demo get into the cache
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in ("own work", *WAYS, "own work, one", "forked, one")}
    for _ in range(rounds):
        runs["own work"].append(measure(["--own-work"]))
        runs["own work, one"].append(measure(["--own-work", "--one"]))
        runs["forked, one"].append(measure(["--kernels", "forked", "--one"]))
        for name, (kernels, jobs) in WAYS.items():
            runs[name].append(measure(["--kernels", kernels, "--jobs", str(jobs)]))
    cpu = {name: statistics.median(run["cpu_seconds"] for run in measured) for name, measured in runs.items()}
    print(f"{len(NOTEBOOKS)} notebooks of the demo, {rounds} rounds, medians\n")
    print("| way | seconds | CPU s | CPU s a notebook beyond its own work | times own work |\n|---|--:|--:|--:|--:|")
    for name in ("own work", *WAYS):
        seconds = statistics.median(run["seconds"] for run in runs[name])
        beyond = (cpu[name] - cpu["own work"]) / len(NOTEBOOKS)
        print(f"| {name} | {seconds:.1f} | {cpu[name]:.1f} | {beyond:.2f} | {cpu[name] / cpu['own work']:.1f} |")
    further = cpu["forked kernels, 1 job"] - cpu["forked, one"] - (cpu["own work"] - cpu["own work, one"])
    start = cpu["forked, one"] - cpu["own work, one"]
    print(f"\nThe command with its first notebook: {start:.2f} CPU s beyond the work; ", end="")
    print(f"each further notebook: {further / (len(NOTEBOOKS) - 1):.2f} CPU s beyond its own.")


def main() -> None:
    """Compare, or run one measurement for a process that compares."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--own-work", action="store_true", help=argparse.SUPPRESS)
    arguments.add_argument("--kernels", help=argparse.SUPPRESS)
    arguments.add_argument("--jobs", type=int, default=1, help=argparse.SUPPRESS)
    arguments.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    notebooks = NOTEBOOKS[:1] if given.one else NOTEBOOKS
    if given.own_work:
        with tempfile.TemporaryDirectory() as scratch:
            print(json.dumps(own_work(Path(scratch), notebooks)))
    elif given.kernels:
        print(json.dumps(whole_report(given.kernels, given.jobs, notebooks)))
    else:
        compare(given.rounds)


if __name__ == "__main__":
    main()
