"""One notebook run: translated, executed with parameters by papermill, its failure said in a sentence.

Papermill's file is not trusted to say how a run went: after a dead kernel or a time-out it calls every cell
completed, and a cell that calls exit() ends the notebook in silence. What happened is kept here while it happens.
"""

from __future__ import annotations

import logging
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clientbase import errors
from clientbase.errors import ClientbaseError
from clientbase.limits import FULL_DISK_WORDS, NO_MEMORY
from clientbase.report.keeping import cleaned
from clientbase.report.reading import headings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from nbformat import NotebookNode

    from clientbase.report.kernels import KernelPool
    from clientbase.report.parameters import ParameterValue

ANSI = re.compile(r"\x1b\[[0-9;]*m")
IOPUB_SECONDS = 60  # papermill's 4 s are too few on a loaded machine
SKIP = "skip-execution"
SAID_BY_US = {"DeadKernelError", "CellTimeoutError", "EarlyEnd", "OSError on a full disk", "MemoryError"}


class NotebookFailure(ClientbaseError):  # noqa: N818 - it names what happened, as the report's reader will meet it
    """A notebook did not reach its end.

    Attributes:
        notebook: file name.
        cell: the number Jupyter shows beside the cell, 0 when no cell had started.
        heading: the nearest heading above the cell.
        error: name of the exception.
        message: what it said; for an error of ours that is all a reader needs.
        executed: the notebook as far as it came, None when no cell had started.
    """

    executed: NotebookNode | None = None

    def __init__(self, notebook: str, cell: int, heading: str, error: str, message: str) -> None:
        """Compose the sentence that str() gives."""
        self.notebook, self.cell, self.heading, self.error, self.message = notebook, cell, heading, error, message
        place = f"in cell [{cell}]" if cell else "before its first cell"
        under = f", under '{heading}'" if heading else ""
        said = message if error in _our_errors() | SAID_BY_US else f"{error}: {message}"
        super().__init__(f"notebook '{notebook}' failed {place}{under}: {said}")


@dataclass(frozen=True)
class Execution:
    """An executed notebook and the seconds it took."""

    notebook: NotebookNode
    seconds: float


@dataclass
class Watch:
    """What nbclient's hooks tell of a run: the notebook in work and the cell it has reached."""

    on_cell: Callable[[int, int], None]
    notebook: NotebookNode | None = None
    cells: list[NotebookNode] = field(default_factory=list)
    index: int = -1

    def notebook_started(self, notebook: NotebookNode) -> None:
        """Keep the notebook: papermill hands it back only when all went well."""
        self.notebook = notebook
        self.cells = list(notebook.cells)  # papermill will put its banner among the notebook's own

    def cell_started(self, cell_index: int, **_: object) -> None:
        """Keep the place."""
        self.index = cell_index
        self.on_cell(cell_index, len(self.cells))

    def place(self, index: int) -> tuple[int, str]:
        """Return the number Jupyter shows beside the cell at index, and the heading it stands under."""
        if index < 0:
            return 0, ""
        reached = self.cells[: index + 1]
        titles = [headings(cell.source) for cell in reached if cell.cell_type == "markdown"]
        number = sum(_is_run(cell) for cell in reached)
        return number, next((found[-1] for found in reversed(titles) if found), "")


def execute(
    source: Path,
    *,
    parameters: Mapping[str, ParameterValue],
    pool: KernelPool,
    environment: Mapping[str, str],
    translate: Callable[[str], str],
    on_cell: Callable[[int, int], None],
    cell_seconds: int | None,
) -> Execution:
    """Run one notebook.

    Args:
        source: the notebook's file; it is not changed.
        parameters: values to inject; each must be declared by the notebook.
        pool: where its kernel comes from.
        environment: further environment variables for the kernel.
        translate: applied to every markdown cell before the run.
        on_cell: told the index of each cell as it starts, and how many there are.
        cell_seconds: a cell that takes longer fails the notebook; None for no limit.

    Raises:
        NotebookFailure: a cell raised an error, took too long, ended the run or lost its kernel.
    """
    import papermill

    for library in ("papermill", "traitlets"):  # what they have to say is raised, in one sentence, below
        logging.getLogger(library).setLevel(logging.CRITICAL)
    logging.getLogger(__name__).debug("%s: a %s kernel", source.name, pool.kind)  # waits for the warm process, once
    watch, started = Watch(on_cell), time.perf_counter()
    try:
        papermill.execute_notebook(
            translated(source, translate),
            None,  # papermill would take braces in a file's name for a template; who calls writes the file
            parameters=dict(parameters) or None,
            progress_bar=False,
            request_save_on_cell_execute=False,
            iopub_timeout=IOPUB_SECONDS,
            execution_timeout=cell_seconds,
            record_timing=False,
            on_notebook_start=watch.notebook_started,
            on_cell_start=watch.cell_started,
            **pool.arguments(environment=environment, folder=source.resolve().parent),
        )
        _refuse_early_end(watch, source.name)
    except (NotebookFailure, papermill.PapermillExecutionError, RuntimeError, TimeoutError) as error:
        failure = _failure(error, watch, source.name, cell_seconds)
        failure.executed = watch.notebook and cleaned(watch.notebook)
        raise failure from error
    finally:
        _close_event_loop()
    return Execution(cleaned(watch.notebook), time.perf_counter() - started)


def translated(source: Path, translate: Callable[[str], str]) -> NotebookNode:
    """Return the notebook in source with its markdown translated and its interactive cells set to be skipped.

    A panel is for people; drawing it for nobody would cost each run its widgets.
    """
    import nbformat

    notebook = nbformat.read(source, as_version=4)
    for cell in notebook.cells:
        tags = cell.metadata.setdefault("tags", [])
        if cell.cell_type == "markdown" and cell.source.strip():
            cell.source = translate(cell.source)
        elif "interactive" in tags and SKIP not in tags:
            tags.append(SKIP)
    return notebook


def _is_run(cell: NotebookNode) -> bool:
    """Tell whether Jupyter runs, and so numbers, a cell."""
    return cell.cell_type == "code" and bool(cell.source.strip()) and SKIP not in cell.metadata.get("tags", [])


def _refuse_early_end(watch: Watch, notebook: str) -> None:
    """Raise when a cell ended the run by exit(), which papermill takes for success."""
    for index, cell in enumerate(watch.cells):
        if _is_run(cell) and (cell.execution_count is None or cell.metadata.papermill.get("exception")):
            message = "the cell called exit(); the cells after it were not run. Remove the call."
            raise NotebookFailure(notebook, *watch.place(index), "EarlyEnd", message)


def _failure(error: Exception, watch: Watch, notebook: str, cell_seconds: int | None) -> NotebookFailure:
    """Return what papermill or nbclient raised as a NotebookFailure."""
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill import PapermillExecutionError

    if isinstance(error, NotebookFailure):
        return error
    index, name, message = watch.index, type(error).__name__, str(error).strip()
    if isinstance(error, PapermillExecutionError):
        index, name, message = error.cell_index, error.ename, ANSI.sub("", error.evalue)
        if name == "OSError" and any(words in message for words in FULL_DISK_WORDS):
            name, message = f"{name} on a full disk", f"{message}. Make room on that disk, or choose another --out."
        elif name.endswith("MemoryError"):  # NumPy and Arrow have names of their own for it
            name, message = "MemoryError", f"the system gives no more memory ({message or name}). {NO_MEMORY}"
    elif isinstance(error, DeadKernelError):
        message = "the kernel died, most often for want of memory. Close other programs or run fewer notebooks at once."
    elif isinstance(error, CellTimeoutError):
        message = f"the cell was stopped after {cell_seconds} s."
    return NotebookFailure(notebook, *watch.place(index), name, message)


def _our_errors() -> set[str]:
    """Return the names of the errors whose message is made for the reader."""
    kinds = vars(errors).values()
    return {kind.__name__ for kind in kinds if isinstance(kind, type) and issubclass(kind, ClientbaseError)}


def _close_event_loop() -> None:
    """Close the event loop that nbclient opened for this thread and never closes."""
    import asyncio

    from jupyter_core.utils import ensure_event_loop

    try:
        asyncio.get_running_loop()  # then nbclient worked in a thread of its own, and this loop is the caller's
    except RuntimeError:
        ensure_event_loop().close()
        asyncio.set_event_loop(None)
