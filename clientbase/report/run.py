"""One study's report: run its notebooks aside, make pages of them, put the whole into place.

A failed run leaves the last good report as it was and keeps what was executed in `<name>.failed`.
"""

from __future__ import annotations

import json
import shutil
import threading
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from clientbase.errors import ClientbaseError, LimitError, ReportError
from clientbase.limits import told
from clientbase.report.assembly import NOTEBOOKS, TABLES, Words, run_facts, write_pages, write_record
from clientbase.report.execution import Execution, NotebookFailure, execute
from clientbase.report.folders import aside_folder, check_name, only_run, put_in_place
from clientbase.report.keeping import portable
from clientbase.report.kernels import KernelPool, kernel_pool
from clientbase.report.pages import get_ready
from clientbase.report.parameters import ParameterValue, check_parameters, read_parameters
from clientbase.report.progress import Progress, no_progress
from clientbase.report.side_by_side import Outcome, Report, run_side_by_side
from clientbase.report.unchanged import write_seal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from nbformat import NotebookNode

    from clientbase.report.side_by_side import Steps
    from clientbase.report.summary_model import Summary

RUN_VARIABLE = "CLIENTBASE_RUN"  # where the kernels find the path of the run's context
CONTEXT = "context.json"
TURN = threading.Lock()  # one for all runs: many may tell the same listener
STUDY = "study"  # the parameter that every run sets itself


class Recorded(Protocol):
    """The part of an engagement that a run needs."""

    name: str

    def run_record(self) -> dict:
        """Return what identifies the study's settings and data."""


@dataclass(frozen=True)
class Run:
    """What is the same for every notebook of a run."""

    name: str
    study_path: Path
    parameters: dict[str, ParameterValue]
    notebooks: list[Path]
    translate: Callable[[str], str]
    progress: Progress
    cell_seconds: int | None


def run_report(study_path: Path, *, notebooks: Sequence[Path], jobs: int, pool: KernelPool | None = None, **asked: Any) -> Path:
    """Make the report of one study and return its first page; see report_steps for what may be asked.

    Args:
        study_path: the study's file or folder; given to every notebook that declares `study`.
        notebooks: files, in the order of the chapters.
        jobs: how many notebooks run at once.
        pool: kernels to use; without it the run makes its own.
        asked: the other arguments of report_steps.

    Raises what report_steps raises.
    """
    outcomes: list[Outcome] = []
    with nullcontext(pool) if pool else kernel_pool() as used:
        steps = report_steps(study_path, notebooks=notebooks, pool=used, **asked)
        run_side_by_side([(str(study_path), steps)], pool=used, jobs=max(jobs, 1), finished=outcomes.append)
    if outcomes[0].error:
        raise outcomes[0].error
    return outcomes[0].report.index


def report_steps(
    study_path: Path,
    *,
    engagement: Recorded,
    parameters: Mapping[str, ParameterValue],
    notebooks: Sequence[Path],
    known: Sequence[Path] = (),
    out: Path,
    summary: Callable[[], Summary],
    translate: Callable[[str], str],
    label: Callable[[str], str],
    progress: Progress = no_progress,
    language: str = "en",
    hide_names: bool = False,
    facts: Path | None = None,
    opened: Path | None = None,
    seal: str = "",
    cell_seconds: int | None = None,
    pool: KernelPool,
) -> Steps:
    """Make the report of one study: give the runs of its notebooks, be sent what came of them, return the report.

    Args:
        study_path: the study's file or folder; given to every notebook that declares `study`.
        engagement: the opened study, with its name and run_record().
        parameters: values for notebooks by name; typed, or as written on a command line.
        notebooks: files, in the order of the chapters.
        known: notebooks that are not run, whose parameters may be given all the same: steps rest on the steps before.
        out: folder of the reports; the report will be its subfolder with the study's name.
        summary: called after the notebooks, gives the first page.
        translate: applied to the markdown of the notebooks.
        label: gives a word of the pages in the report's language.
        progress: told what is going on.
        language: of the pages, as HTML wants it.
        hide_names: told to the kernels: client codes instead of names.
        facts: told to the kernels: where the facts of this run are; None for the study's cache.
        opened: told to the kernels: the file of what the run has read and computed; None for none.
        seal: what the report depends on, see clientbase.report.unchanged; without one the report is never taken as it is.
        cell_seconds: a cell that takes longer fails the run; None for no limit.
        pool: where the kernels come from; many reports may share it.

    Raises:
        SettingError: a parameter is unknown or of another type; nothing was run.
        ReportError: a notebook failed, the place is taken or full, or another run is at it.
    """
    run = Run(
        name=engagement.name,
        study_path=study_path.resolve(),
        parameters=_checked(engagement.name, parameters, notebooks, known),
        notebooks=list(notebooks),
        translate=translate,
        progress=_in_turn(progress, engagement.name),
        cell_seconds=cell_seconds,
    )
    with _place(out, run.name) as aside:
        try:
            context = _write_context(run, aside, hide_names=hide_names, facts=facts, opened=opened)
            done = yield _runs(run, pool, context)
            executions = {notebook.stem: execution for notebook, execution in zip(run.notebooks, done, strict=True)}
            _tidy(context)
            write_record(aside, engagement.run_record(), **run_facts(run.parameters, executions, pool.kind))
            run.progress("pages_started")
            write_pages(aside, executions, summary(), Words(language, label))
            if seal:
                write_seal(aside, seal)
        except ClientbaseError as error:
            raise _kept(error, run, aside, out) from error
        put_in_place(aside, out / run.name)
        shutil.rmtree(out / f"{run.name}.failed", ignore_errors=True)  # an older run's, now put right
    index = out / run.name / "index.html"
    run.progress("run_finished", index=index)
    return Report(index)


@contextmanager
def _place(out: Path, name: str) -> Iterator[Path]:
    """Yield the folder to write to, for this run alone; say what could not be written."""
    try:
        with told(out.resolve()):
            out.mkdir(parents=True, exist_ok=True)
            with only_run(out, name), aside_folder(out, name) as aside:
                yield aside
    except LimitError as error:
        raise ReportError(f"study '{name}': {error} An earlier report of this study was left as it was.") from error
    except OSError as error:
        where = error.filename or out
        raise ReportError(f"study '{name}': '{where}' cannot be written: {error.strerror or error}.") from error


def _checked(
    name: str, parameters: Mapping[str, ParameterValue], notebooks: Sequence[Path], known: Sequence[Path]
) -> dict[str, ParameterValue]:
    """Return the parameters in their types; refuse at once what would fail later."""
    check_name(name)
    if STUDY in parameters:
        raise ReportError(f"parameter '{STUDY}' is set by the run itself. Name the study as the report's argument.")
    stems = [notebook.stem for notebook in notebooks]
    if len({*stems, "index"}) <= len(stems):
        raise ReportError(f"notebooks need names of their own, other than 'index'; given are {sorted(stems)}.")
    return check_parameters(parameters, list(dict.fromkeys([*notebooks, *known])))


def _in_turn(progress: Progress, study: str) -> Progress:
    """Return progress guarded for threads, with the study's name added to every event."""

    def guarded(event: str, **fields: object) -> None:
        with TURN:
            progress(event, study=study, **fields)

    return guarded


def _write_context(run: Run, aside: Path, *, hide_names: bool, **places: Path | None) -> Path:
    """Write what the kernels of a run must know, and make the folders they and the run write to."""
    for folder in (NOTEBOOKS, TABLES):
        (aside / folder).mkdir()
    context = {"parameters": run.parameters, "tables": str((aside / TABLES).resolve()), "hide_names": hide_names}
    context[STUDY] = str(run.study_path)
    context |= {name: str(place.resolve()) for name, place in places.items() if place}
    path = aside / CONTEXT
    path.write_text(json.dumps(context, ensure_ascii=False), encoding="utf-8")
    return path


def _tidy(context: Path) -> None:
    """Remove what only the run itself needed."""
    context.unlink(missing_ok=True)
    tables = context.parent / TABLES
    if not any(tables.iterdir()):
        tables.rmdir()


def _runs(run: Run, pool: KernelPool, context: Path) -> list[Callable[[], Execution]]:
    """Return the runs of the notebooks, for threads."""
    _import_in_advance()
    run.progress("run_started", n_notebooks=len(run.notebooks))
    return [partial(_execute_one, run, notebook, pool, context) for notebook in run.notebooks]


def _import_in_advance() -> None:
    """Import what the threads and the pages need: threads that import a package at once can meet it half-made."""
    for module in ("papermill", "clientbase.report.kernel_managers"):
        import_module(module)
    get_ready()


def _execute_one(run: Run, notebook: Path, pool: KernelPool, context: Path) -> Execution:
    """Execute one notebook and keep it; runs in a thread."""
    run.progress("notebook_started", notebook=notebook.name)
    folder = context.parent / NOTEBOOKS
    try:
        done = execute(
            notebook,
            parameters=_values(run, notebook),
            pool=pool,
            environment={RUN_VARIABLE: str(context.resolve())},
            translate=run.translate,
            on_cell=lambda index, n: run.progress("cell_started", notebook=notebook.name, cell=index + 1, n_cells=n),
            cell_seconds=run.cell_seconds,
        )
    except NotebookFailure as failure:
        run.progress("notebook_failed", notebook=notebook.name)
        if failure.executed:
            _save(failure.executed, folder / f"{notebook.stem}.failed.ipynb")
        raise
    _save(portable(done.notebook, run.study_path, folder), folder / notebook.name)
    run.progress("notebook_finished", notebook=notebook.name, seconds=done.seconds)
    return done


def _values(run: Run, notebook: Path) -> dict[str, ParameterValue]:
    """Return the run's parameters that a notebook declares."""
    given = {**run.parameters, STUDY: str(run.study_path)}
    return {name: given[name] for name in read_parameters(notebook) if name in given}


def _save(notebook: NotebookNode, path: Path) -> None:
    import nbformat

    nbformat.write(notebook, path)


def _kept(error: ClientbaseError, run: Run, aside: Path, out: Path) -> ReportError:
    """Move what was executed to `<name>.failed` and return the error that says so."""
    failed = out / f"{run.name}.failed"
    _tidy(aside / CONTEXT)
    write_record(aside, {}, study=run.name, failure=str(error))
    put_in_place(aside, failed)
    where = failed
    if isinstance(error, NotebookFailure) and error.executed:
        where = failed / NOTEBOOKS / f"{error.notebook.removesuffix('.ipynb')}.failed.ipynb"
    return ReportError(
        f"study '{run.name}': {error}\n"
        f"What was executed is in '{where}'. Put right what is said above and run the report again; "
        f"an earlier report of this study was left as it was."
    )
