"""What a reader sees of an executed notebook: the narrative and its results, each with the calculation behind it."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

HIDDEN_TAGS = {"parameters", "injected-parameters", "interactive", "remove-cell"}
WIDGET = "application/vnd.jupyter.widget-view+json"
SHOWN_TYPES = ("text/html", "image/svg+xml", "image/png", "image/jpeg", "text/markdown", "text/plain")
IMAGE_TYPES = ("image/svg+xml", "image/png", "image/jpeg")
BARE_OBJECT = re.compile(r"\s*<[\w.]+[^<>]*>\s*")  # <Axes: xlabel='clients'>, left by a missing semicolon
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)


def headings(source: str) -> list[str]:
    """Return the headings in a markdown cell."""
    return HEADING.findall(source)


def heading(notebook: NotebookNode) -> str:
    """Return the first heading of a notebook, empty without one."""
    found = (headings(cell.source) for cell in notebook.cells if cell.cell_type == "markdown")
    return next((titles[0] for titles in found if titles), "")


def readable(notebook: NotebookNode) -> NotebookNode:
    """Return notebook with only what a reader sees; the input stays as it was.

    Cells for the machine and for exploring are gone, so are widgets, warnings and bare object names, and the words before
    results that these data do not give. Code moves into the metadata of the next cell that shows something, as
    `calculation`; images without words get their heading's.
    """
    shown = copy.deepcopy(notebook)
    shown.metadata.pop("widgets", None)
    shown.cells = [cell for cell in shown.cells if not HIDDEN_TAGS & set(cell.metadata.get("tags", []))]
    words = ""
    for cell in shown.cells:
        if cell.cell_type == "markdown":
            words = (headings(cell.source) or [words])[-1]
        elif cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if _is_shown(output)]
            _describe_images(cell, words)
    shown.cells = _with_results(shown.cells)
    _gather_code(shown.cells)
    return shown


def shown_type(data: dict) -> str:
    """Return the richest type of an output that a page can show, empty when there is none."""
    return next((kind for kind in SHOWN_TYPES if kind in data), "")


def _with_results(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Leave out each text whose calculations show nothing; a section that goes on with a result keeps its heading."""
    parts: list[list[NotebookNode]] = []
    for cell in cells:
        if cell.cell_type == "markdown" or not parts:
            parts.append([])
        parts[-1].append(cell)
    kept: list[NotebookNode] = []
    for place, part in enumerate(parts):
        first = part[0]
        if place == 0 or not _is_without_result(part):
            kept += part
        elif (titles := HEADING.search(first.source)) and _is_continued(parts[place + 1 :]):
            kept.append(first)
            first.source = titles[0].strip()
    return kept


def _is_without_result(part: list[NotebookNode]) -> bool:
    """Tell whether a part calculates and shows nothing of it."""
    code = [cell for cell in part if cell.cell_type == "code"]
    return bool(code) and not any(cell.outputs for cell in code)


def _is_continued(following: list[list[NotebookNode]]) -> bool:
    """Tell whether a section goes on, up to the next heading, with a part that shows something."""
    for part in following:
        if headings(part[0].source):
            return False
        if not _is_without_result(part):
            return True
    return False


def _is_shown(output: NotebookNode) -> bool:
    """Tell whether a reader sees an output."""
    if output.output_type == "stream":
        return output.name == "stdout" and bool(output.text.strip())
    data = output.get("data", {})
    if WIDGET in data or not (kind := shown_type(data)):
        return False
    return kind != "text/plain" or not BARE_OBJECT.fullmatch(data[kind])


def _describe_images(cell: NotebookNode, words: str) -> None:
    """Give every image of a cell an alternative text."""
    for output in cell.outputs:
        for kind in IMAGE_TYPES:
            if kind in output.get("data", {}):
                output.metadata.setdefault(kind, {}).setdefault("alt", words)


def _gather_code(cells: list[NotebookNode]) -> None:
    """Put the code of silent cells together with that of the next one that shows something, within a section."""
    waiting: list[NotebookNode] = []
    for cell in [*cells, None]:
        is_code = cell is not None and cell.cell_type == "code"
        if is_code and cell.source.strip():
            waiting.append(cell)
        if waiting and (not is_code or cell.outputs):
            code = "\n\n".join(item.source.strip() for item in waiting)
            waiting[-1].metadata["calculation"] = code
            waiting = []
