"""What reports cost: beside papermill's command line for many studies, and beyond the work of the notebooks for one.

Many studies: copies of the demo, whose facts are in their caches, are reported by one `clientbase report --jobs 2`, then the
same notebooks are run one after the other by `papermill NOTEBOOK OUT -p study STUDY`, of fewer studies, and the CPU seconds of
all processes are compared notebook by notebook. Papermill writes executed notebooks only; the pages, tables and the first page
of our reports are counted against us.

One study: the work itself is measured by running the same cells in one warm process without kernels: tables, pictures, the
tables kept as files, the first page. The rest is start-up, papermill and pages. Ways take turns, medians are compared.
Run: python benchmarks/report.py [--rounds 3] [--studies 20] [--by-papermill 2] [--only many|one]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
DEMO = ROOT / "data" / "demo"
CLIENTBASE, PAPERMILL = (Path(sys.executable).with_name(name) for name in ("clientbase", "papermill"))
MARK = 1 / 8  # of the CPU seconds that papermill's command line takes
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
                if cell["cell_type"] == "code" and "interactive" not in cell["metadata"].get("tags", []):
                    with capture_output():
                        shell.run_cell("".join(cell["source"])).raise_error()
        summary.compose(open_study(DEMO), set())
        taken = {"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - cpu}
    return taken


def whole_report(kernels: str, jobs: int, notebooks: list[Path]) -> dict[str, float]:
    """Return seconds and CPU seconds of the command, all its processes included; facts are in the cache already."""
    environment = {**os.environ, "CLIENTBASE_KERNELS": kernels}
    with tempfile.TemporaryDirectory() as out:
        return report_of([DEMO], notebooks, jobs, out, environment)


def report_of(studies: list[Path], notebooks: list[Path], jobs: int, out: str, environment: dict[str, str]) -> dict[str, float]:
    """Return what the command takes for these studies."""
    steps = [word for notebook in notebooks for word in ("--step", notebook.stem)]
    return taken([CLIENTBASE, "report", *studies, "--jobs", str(jobs), "--out", out, *steps], environment)


def taken(command: list[str | Path], environment: dict[str, str]) -> dict[str, float]:
    """Return seconds and CPU seconds of a command and of all processes that it and its children waited for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True, cwd=ROOT / "notebooks")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": time.perf_counter() - started, "cpu_seconds": cpu}


def copies(folder: Path, n: int) -> list[Path]:
    """Return copies of the demo, each a study with a name of its own and its facts read already."""
    made = []
    for number in range(1, n + 1):
        place = folder / f"company-{number:02}"
        shutil.copytree(DEMO, place, ignore=shutil.ignore_patterns(".clientbase", "*.py", "__pycache__"))
        text = (place / "study.toml").read_text(encoding="utf-8")
        (place / "study.toml").write_text(text.replace('name = "demo"', f'name = "company-{number:02}"'), encoding="utf-8")
        made.append(place)
    opened = "import sys; from clientbase.study import open_study; [open_study(place) for place in sys.argv[1:]]"
    subprocess.run([sys.executable, "-c", opened, *made], check=True)
    return made


def by_papermill(studies: list[Path], folder: Path) -> dict[str, dict[str, float]]:
    """Return what papermill's command line takes for each notebook, all studies together."""
    found = {}
    for notebook in NOTEBOOKS:
        runs = [
            taken([PAPERMILL, notebook, folder / "executed.ipynb", "-p", "study", study], dict(os.environ)) for study in studies
        ]
        found[notebook.stem] = {name: sum(run[name] for run in runs) for name in runs[0]}
    return found


def compare_many(n_studies: int, n_by_papermill: int) -> None:
    """Print what the reports of many studies take beside papermill's command line, in one run."""
    with tempfile.TemporaryDirectory() as scratch:
        studies = copies(Path(scratch), n_studies)
        first = by_papermill(studies[:1], Path(scratch))  # before and after ours: a machine gets faster or slower meanwhile
        ours = report_of(studies, NOTEBOOKS, 2, f"{scratch}/reports", dict(os.environ))
        again = report_of(studies, NOTEBOOKS, 2, f"{scratch}/reports", dict(os.environ))
        last = by_papermill(studies[1:n_by_papermill], Path(scratch)) if n_by_papermill > 1 else {}
    theirs = {stem: {name: one[name] + last.get(stem, {}).get(name, 0.0) for name in one} for stem, one in first.items()}
    n_ours, n_theirs = n_studies * len(NOTEBOOKS), n_by_papermill * len(NOTEBOOKS)
    print(f"\n{len(NOTEBOOKS)} notebooks, {n_studies} studies by clientbase, {n_by_papermill} by papermill's command line\n")
    print("| way | notebooks | seconds a notebook | CPU s a notebook | share of papermill's CPU |\n|---|--:|--:|--:|--:|")
    base = sum(one["cpu_seconds"] for one in theirs.values()) / n_theirs
    seconds = sum(one["seconds"] for one in theirs.values()) / n_theirs
    print(f"| papermill's command line, one after the other | {n_theirs} | {seconds:.2f} | {base:.2f} | 1.000 |")
    share = ours["cpu_seconds"] / n_ours / base
    print(
        f"| clientbase report, {n_studies} studies, --jobs 2 | {n_ours} | {ours['seconds'] / n_ours:.2f} "
        f"| {ours['cpu_seconds'] / n_ours:.2f} | {share:.3f} |"
    )
    print(
        f"| the same once more, nothing changed | {n_ours} | {again['seconds'] / n_ours:.3f} "
        f"| {again['cpu_seconds'] / n_ours:.3f} | {again['cpu_seconds'] / n_ours / base:.3f} |"
    )
    print(f"\nMark {MARK:.3f}: {'held' if share <= MARK else 'missed'}. By papermill's command line, CPU s a run:")
    print(", ".join(f"{stem} {one['cpu_seconds'] / n_by_papermill:.2f}" for stem, one in theirs.items()))


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
    arguments.add_argument("--studies", type=int, default=20, help="copies of the demo that clientbase reports")
    arguments.add_argument("--by-papermill", type=int, default=2, help="how many of them papermill runs too")
    arguments.add_argument("--only", choices=["many", "one"], help="one of the two comparisons")
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
        if given.only != "one":
            compare_many(given.studies, given.by_papermill)
        if given.only != "many":
            compare(given.rounds)


if __name__ == "__main__":
    main()
