"""Many reports at once: their notebooks share the jobs, everything else is done here, by one thread and one report at a time.

While this thread reads the next study or writes the pages of the last, kernels work on notebooks: no core waits between two
studies, and what is not made for threads (pandas, nbconvert, DuckDB) meets none. A report that fails ends alone.
"""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from pathlib import Path

    from clientbase.report.execution import Execution
    from clientbase.report.kernels import KernelPool

WAITING_PER_JOB = 2  # notebooks in the queue below which the next report is begun


@dataclass(frozen=True)
class Report:
    """A report in its place: its first page, and when it was made if it was found unchanged and taken as it is."""

    index: Path
    unchanged_since: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of a report: the report or the error that ended it, and the seconds from its start."""

    name: str
    seconds: float
    report: Report | None = None
    error: Exception | None = None


if TYPE_CHECKING:
    # A report in the making: gives the runs of its notebooks, is sent what came of them, returns the report.
    Steps = Generator[list[Callable[[], Execution]], list[Execution], Report]


@dataclass
class Underway:
    """A report that has begun; without futures it has yet to name its notebooks."""

    name: str
    steps: Steps
    futures: list[Future] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)

    def n_waiting(self) -> int:
        """Return how many notebooks no job has taken yet."""
        return sum(not (future.running() or future.done()) for future in self.futures)

    def is_done(self) -> bool:
        """Tell whether no notebook runs any more; after a failure those that wait are not run."""
        if any(future.done() and not future.cancelled() and future.exception() for future in self.futures):
            self.cancel()
        return all(future.done() for future in self.futures)

    def cancel(self) -> None:
        """Take the notebooks that wait out of the queue."""
        for future in self.futures:
            future.cancel()

    def go_on(self) -> Report:
        """Send the executed notebooks, or throw what the first failed one raised; return the report."""
        failed = (future.exception() for future in self.futures if not future.cancelled())
        try:
            if error := next(filter(None, failed), None):
                self.steps.throw(error)
            else:
                self.steps.send([future.result() for future in self.futures])
        except StopIteration as end:
            return end.value
        raise RuntimeError("a report runs its notebooks only once")

    def ended(self, report: Report | None = None, error: Exception | None = None) -> Outcome:
        """Return the outcome."""
        return Outcome(self.name, time.perf_counter() - self.started, report, error)


def run_side_by_side(
    reports: Iterable[tuple[str, Steps]], *, pool: KernelPool, jobs: int, finished: Callable[[Outcome], None]
) -> None:
    """Make reports, begun in their order, with so many notebooks at once.

    Args:
        reports: name and steps of each; the names are only told.
        pool: closed when something else than a report's own error ends this: the threads wait for its kernels.
        jobs: how many notebooks run at once, whichever reports they are of.
        finished: told each outcome as it is there.
    """
    waiting, underway = deque(reports), []
    try:
        with ThreadPoolExecutor(jobs, thread_name_prefix="notebook") as threads, _in_order(underway, pool):
            while waiting or underway:
                if waiting and sum(one.n_waiting() for one in underway) < WAITING_PER_JOB * jobs:
                    underway += _begun(Underway(*waiting.popleft()), threads, finished)
                elif done := next((one for one in underway if one.is_done()), None):
                    underway.remove(done)
                    finished(_end(done))
                else:
                    wait([future for one in underway for future in one.futures if not future.done()], None, FIRST_COMPLETED)
    finally:
        for one in underway:  # their folders are removed, now that no thread writes into them
            one.steps.close()


@contextmanager
def _in_order(underway: list[Underway], pool: KernelPool) -> Iterator[None]:
    """Let the threads end: they wait for kernels, and end only with them."""
    try:
        yield
    except BaseException:  # Ctrl-C
        pool.close()
        raise
    finally:
        for one in underway:
            one.cancel()


def _begun(report: Underway, threads: ThreadPoolExecutor, finished: Callable[[Outcome], None]) -> list[Underway]:
    """Bring a report to its notebooks and queue them; an empty list when it ended before."""
    try:
        report.futures = [threads.submit(run) for run in next(report.steps)]
    except StopIteration as end:
        finished(report.ended(end.value))
    except Exception as error:  # noqa: BLE001 - told and raised by who called; the other reports are still to be made
        finished(report.ended(error=error))
    else:
        return [report]
    return []


def _end(report: Underway) -> Outcome:
    """Bring a report whose notebooks have run to its end."""
    try:
        return report.ended(report.go_on())
    except Exception as error:  # noqa: BLE001 - as above
        return report.ended(error=error)
