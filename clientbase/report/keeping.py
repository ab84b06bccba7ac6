"""What is kept of an executed notebook: its cells and results, nothing of the machine that ran it."""

from __future__ import annotations

import copy
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from nbformat import NotebookNode

KERNEL = {"name": "python3", "language": "python", "display_name": "Python 3"}
MACHINE_METADATA = ("papermill", "execution", "widgets")  # paths, timings, state of widgets


def cleaned(notebook: NotebookNode) -> NotebookNode:
    """Return notebook without what papermill, nbclient and widgets noted in it."""
    kept = copy.deepcopy(notebook)
    for part in (kept, *kept.cells):
        for name in MACHINE_METADATA:
            part.metadata.pop(name, None)
    kept.metadata.kernelspec = dict(KERNEL)
    return kept


def portable(notebook: NotebookNode, study_path: Path, folder: Path) -> NotebookNode:
    """Return notebook fit to be handed over from folder: no path of this machine in its parameters or its warnings.

    The study is named as seen from folder, so the notebook still runs where report and study lie as they did.
    """
    from papermill.translators import PythonTranslator

    here, there = PythonTranslator.translate(str(study_path)), PythonTranslator.translate(_seen_from(folder, study_path))
    kept = copy.deepcopy(notebook)
    for cell in kept.cells:
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.source = cell.source.replace(here, there)
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not _is_warning(output)]
    return kept


def count_warnings(notebook: NotebookNode) -> int:
    """Return how many cells wrote to standard error; pages and kept notebooks leave that out."""
    return sum(any(map(_is_warning, cell.outputs)) for cell in notebook.cells if cell.cell_type == "code")


def _is_warning(output: NotebookNode) -> bool:
    return output.output_type == "stream" and output.name == "stderr"


def _seen_from(folder: Path, path: Path) -> str:
    try:
        return os.path.relpath(path, folder.resolve())
    except ValueError:  # another drive of Windows
        return path.name
