"""What the command line shows while reports are made, and the table it ends with."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.markup import escape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console
    from rich.progress import Progress, TaskID

    from clientbase.report.side_by_side import Outcome

STYLES = {"made": "green", "unchanged": "green", "failed": "bold red", "not made": "yellow"}


class Bar:
    """One bar for all reports of a command, with the notebooks that are running beside it.

    Of a single report it counts and lists the notebooks, of many the reports.
    """

    def __init__(self, bar: Progress, task: TaskID, n_reports: int) -> None:
        self.bar, self.task, self.n_reports = bar, task, n_reports
        self.running: list[str] = []

    def __call__(self, event: str, **fields: object) -> None:
        """Take note of an event of a run: see clientbase.report.progress."""
        name = str(fields.get("notebook", "")).removesuffix(".ipynb")
        shown = name if self.n_reports == 1 else f"{fields['study']} {name[:2]}"
        if event == "run_started" and self.n_reports == 1:
            self.bar.update(self.task, total=fields["n_notebooks"])
        elif event == "notebook_started":
            self.running.append(shown)
        elif event in ("notebook_finished", "notebook_failed"):
            self.running.remove(shown)
            if self.n_reports == 1 and event == "notebook_finished":
                self.bar.advance(self.task)
                self.bar.console.print(f"  {escape(name)}  {fields['seconds']:.1f} s")
        self._describe(f"Reading {fields['study']} ..." if event == "study_opened" else "")

    def report_ended(self, outcome: Outcome) -> None:
        """Count a report that was made or failed; its notebooks run no more."""
        if self.n_reports > 1:
            self.bar.advance(self.task)
            self.bar.console.print(f"  {escape(outcome.name)}  {result(outcome)}  {outcome.seconds:.1f} s")

    def _describe(self, else_shown: str) -> None:
        self.bar.update(self.task, description=escape(", ".join(self.running) or else_shown or "pages"))


@contextmanager
def shown(console: Console, n_reports: int) -> Iterator[Bar]:
    """Draw the bar while reports are made."""
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
        console=console, transient=True,
    ) as bar:  # fmt: skip
        yield Bar(bar, bar.add_task("", total=n_reports if n_reports > 1 else None), n_reports)


def result(outcome: Outcome | None) -> str:
    """Return in a word what became of a report; None is one that was not begun or not ended."""
    if outcome is None:
        return "not made"
    if outcome.error:
        return "failed"
    return "unchanged" if outcome.report.unchanged_since else "made"


def since(outcome: Outcome) -> str:
    """Return the sentence about a report that was taken as it is."""
    return f"unchanged since {outcome.report.unchanged_since}; --fresh makes it anew"


def table(studies: Sequence[str], outcomes: dict[str, Outcome]) -> list[str]:
    """Return the lines of the last table: study, result, seconds, then the page to open or the reason.

    Lines are as long as they need to be: a path that was cut could not be opened.
    """
    width = max(map(len, studies))
    lines = [f"[bold]{'study':{width}}  {'result':9}  seconds[/]"]
    for study in studies:
        outcome = outcomes.get(study)
        word = result(outcome)
        seconds = f"{outcome.seconds:7.1f}" if outcome else " " * 7
        line = f"{escape(study)}{' ' * (width - len(study))}  [{STYLES[word]}]{word:9}[/]  {seconds}  {escape(_told(outcome))}"
        lines.append(line.rstrip())
    return lines


def _told(outcome: Outcome | None) -> str:
    """Return the page to open, or why there is none, on one line."""
    if outcome is None:
        return ""
    if outcome.error is None:
        return str(outcome.report.index) + (f"  ({since(outcome)})" if outcome.report.unchanged_since else "")
    text = str(outcome.error).splitlines() or [""]
    return text[0] if _is_ours(outcome.error) else f"{type(outcome.error).__name__}: {text[0]}"


def _is_ours(error: Exception) -> bool:
    from clientbase.errors import ClientbaseError

    return isinstance(error, ClientbaseError)
