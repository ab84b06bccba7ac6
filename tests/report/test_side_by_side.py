"""Many reports at once: they share the jobs, and one that fails ends alone."""

import threading
import time
from pathlib import Path

import pytest

from clientbase.errors import ReportError
from clientbase.report.side_by_side import Report, run_side_by_side


class Pool:
    """What the runs need of a pool of kernels: to be closed on Ctrl-C."""

    def __init__(self):
        self.is_closed = False

    def close(self):
        self.is_closed = True


class Work:
    """Notebooks that only count: how many run at once, and which were run in what order."""

    def __init__(self, seconds=0.0):
        self.seconds, self.lock = seconds, threading.Lock()
        self.running = self.most = 0
        self.order = []

    def notebook(self, name):
        def run():
            with self.lock:
                self.running += 1
                self.most = max(self.most, self.running)
                self.order.append(name)
            time.sleep(self.seconds)
            with self.lock:
                self.running -= 1
            return name

        return run


def report(name, notebooks, ended=None):
    """Give a report's notebooks, take what came of them, return its first page."""
    try:
        done = yield notebooks
        return Report(Path(name, *done))
    finally:
        if ended is not None:
            ended.append(name)


def make(reports, jobs=2, pool=None):
    outcomes = []
    run_side_by_side(reports, pool=pool or Pool(), jobs=jobs, finished=outcomes.append)
    return {outcome.name: outcome for outcome in outcomes}


def failing(error):
    def run():
        raise error

    return run


def test_reports_share_the_jobs_and_each_gets_its_own_results():
    work = Work(seconds=0.02)
    outcomes = make((name, report(name, [work.notebook(f"{name}{i}") for i in range(3)])) for name in "abcd")
    assert {name: outcome.report.index for name, outcome in outcomes.items()} == {
        name: Path(name, f"{name}0", f"{name}1", f"{name}2") for name in "abcd"
    }
    assert work.most == 2
    assert work.order == [f"{name}{i}" for name in "abcd" for i in range(3)]


def test_the_next_report_begins_while_notebooks_of_the_last_still_run():
    next_has_begun = threading.Event()

    def second():
        next_has_begun.set()
        return "page"

    outcomes = make([("a", report("a", [lambda: str(next_has_begun.wait(10))])), ("b", report("b", [second]))])
    assert outcomes["a"].report.index == Path("a", "True")


def test_a_report_that_fails_before_in_or_after_its_notebooks_ends_alone():
    def early():
        raise ReportError("early")
        yield

    def late():
        yield [lambda: "x"]
        raise ReportError("late")

    outcomes = make(
        [
            ("early", early()),
            ("in", report("in", [failing(ReportError("in"))])),
            ("late", late()),
            ("bug", report("bug", [failing(KeyError("x"))])),
            ("good", report("good", [lambda: "page"])),
        ]
    )
    assert [str(outcomes[name].error) for name in ("early", "in", "late", "bug")] == ["early", "in", "late", "'x'"]
    assert outcomes["good"].report.index == Path("good", "page")
    assert outcomes["good"].error is None


def test_after_a_failure_the_notebooks_that_wait_are_not_run():
    work, ended = Work(), []
    steps = report("a", [failing(ReportError("no")), *(work.notebook(str(i)) for i in range(20))], ended)
    blocked = report("b", [work.notebook("b")])
    outcomes = make([("a", steps), ("b", blocked)], jobs=1)
    assert len(work.order) < 21
    assert "b" in work.order
    assert ended == ["a"]
    assert outcomes["a"].error


def test_ctrl_c_closes_the_kernels_and_every_report():
    pool, ended = Pool(), []

    def interrupted():
        raise KeyboardInterrupt
        yield

    with pytest.raises(KeyboardInterrupt):
        make([("a", report("a", [lambda: "x"], ended)), ("b", interrupted())], pool=pool)
    assert pool.is_closed
    assert ended == ["a"]
