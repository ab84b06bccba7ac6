"""What a finished report contains: pages, first page, notebooks, tables, and the record of the run."""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import metadata
from typing import TYPE_CHECKING

from clientbase.report.folders import RECORD
from clientbase.report.keeping import count_warnings
from clientbase.report.pages import Frame, chapter, write_index, write_page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from clientbase.report.execution import Execution
    from clientbase.report.parameters import ParameterValue
    from clientbase.report.summary_model import Summary

NOTEBOOKS, TABLES = "notebooks", "tables"
PACKAGES = (
    "clientbase", "pandas", "numpy", "pyarrow", "ibis-framework", "duckdb", "scipy", "matplotlib", "seaborn",
    "papermill", "nbclient", "nbconvert", "ipykernel",
)  # fmt: skip


@dataclass(frozen=True)
class Words:
    """The language of the pages, as HTML names it, and what gives their words."""

    language: str
    label: Callable[[str], str]


def write_record(folder: Path, run_record: Mapping, **facts: object) -> None:
    """Write run.json: what the study says of itself, when and with which versions the report was made, further facts."""
    record = {
        **run_record,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions(),
        **facts,
    }
    text = json.dumps(record, ensure_ascii=False, indent=2, default=str)
    (folder / RECORD).write_text(text + "\n", encoding="utf-8")


def run_facts(parameters: Mapping[str, ParameterValue], executions: Mapping[str, Execution], kernels: str) -> dict:
    """Return what run.json says of the run: values given, and each notebook's seconds and cells with warnings."""
    notebooks = [
        {"notebook": name, "seconds": round(done.seconds, 2), "n_warnings": count_warnings(done.notebook)}
        for name, done in executions.items()
    ]
    return {"parameters": dict(parameters), "kernels": kernels, "notebooks": notebooks}


def write_pages(folder: Path, executions: Mapping[str, Execution], summary: Summary, words: Words) -> None:
    """Write a page for each executed notebook, then the first page; run.json and the tables are in folder already.

    Args:
        folder: the report in the making.
        executions: executed notebooks by file stem, in the order of the chapters.
        summary: the first page; without files of its own it lists notebooks, tables and run.json.
        words: the language of the pages.
    """
    chapters = {stem: chapter(done.notebook, stem) for stem, done in executions.items()}
    frame = Frame(summary.title, summary.note, words.language, words.label, list(chapters.values()))
    for stem, place in chapters.items():
        write_page(folder, executions[stem].notebook, place, frame)
    files = summary.files or _files(folder, words.label)
    write_index(folder, replace(summary, files=[(name, href) for name, href in files if (folder / href).exists()]), frame)


def _files(folder: Path, label: Callable[[str], str]) -> list[tuple[str, str]]:
    """List what the report holds beside its pages; each table lies beside its CSV as Parquet too."""
    paths = [*sorted(folder.glob(f"{NOTEBOOKS}/*.ipynb")), *sorted(folder.glob(f"{TABLES}/*.csv"))]
    return [(label("Record of the run"), RECORD), *((path.name, f"{path.parent.name}/{path.name}") for path in paths)]


def versions() -> dict[str, str]:
    """Return the versions of what made the report: Python and packages."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found
