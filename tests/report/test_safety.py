"""Killed at any moment or out of room, a report run costs nothing that was there before."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest
from small_study import write_study

from clientbase.errors import LimitError, ReportError
from clientbase.limits import told
from clientbase.report.kernels import can_fork


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("company"))


def command(company, out, *words):
    return [sys.executable, "-m", "clientbase", "report", company, "--out", out, "--step", "0", "--step", "5", *words]


def content(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def run(company, out, *words, **options):
    return subprocess.run(command(company, out, *words), capture_output=True, text=True, check=False, timeout=300, **options)


def eventually(condition, seconds=60):
    """Wait until condition holds; return whether it did."""
    end = time.monotonic() + seconds
    while not (holds := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return holds


@pytest.mark.skipif(not can_fork(), reason="this system has no SIGKILL or ordinary kernels only")
def test_a_killed_run_leaves_the_earlier_report_whole_and_the_next_goes_on(company, tmp_path, offspring):
    out = tmp_path / "reports"
    assert run(company, out).returncode == 0
    before = content(out / "small")
    with subprocess.Popen(command(company, out, "--fresh"), stdout=subprocess.DEVNULL, start_new_session=True) as process:
        at_work = lambda: len(offspring()) >= 3 and any(out.glob(".small.*.running"))  # noqa: E731 - run, server, kernels
        assert eventually(at_work)
        process.send_signal(signal.SIGKILL)
    assert eventually(lambda: offspring() == [])
    assert content(out / "small") == before
    assert [path.name for path in out.glob(".small.*.running")] != []
    answer = run(company, out, "--fresh")
    assert answer.returncode == 0, answer.stderr
    assert [path.name for path in out.iterdir()] == ["small"]
    assert set(content(out / "small")) == set(before)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of its own with next to no room."""
    place = tmp_path / "disk"
    place.mkdir()
    made = ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(place)]
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or subprocess.run(made, check=False, capture_output=True).returncode:
        pytest.skip("only the system's administrator may mount a small disk")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def fill(disk, left):
    """Leave so many bytes free on a disk."""
    there = os.statvfs(disk)
    (disk / "filling").write_bytes(b"0" * (there.f_bavail * there.f_frsize - left))


@pytest.mark.parametrize("left", [0, 100_000])
def test_a_full_disk_is_one_error_and_the_earlier_report_stays(company, small_disk, left):
    out = small_disk / "reports"
    answer = run(company, out)
    assert answer.returncode == 0, answer.stderr
    before = content(out)
    fill(small_disk, left)
    answer = run(company, out, "--fresh")
    assert answer.returncode == 1, answer.stdout
    said = " ".join(answer.stderr.split())
    assert said.count("Error:") - said.count("OSError:") == 1
    assert re.search("Make room", said), said
    assert "No space left on device" in said
    assert "Traceback" not in said
    assert content(out / "small") == {path.relative_to("small"): text for path, text in before.items()}
    (small_disk / "filling").unlink()
    assert run(company, out, "--fresh").returncode == 0
    assert [path.name for path in out.iterdir()] == ["small"]


def test_a_study_on_a_full_disk_keeps_no_half_facts(small_disk):
    company = write_study(small_disk / "company")
    assert run(company, small_disk.parent / "reports").returncode == 0
    cache = company / ".clientbase"
    before = content(cache)
    (company / "study.toml").write_text((company / "study.toml").read_text().replace("EUR", "USD"), encoding="utf-8")
    fill(small_disk, 0)
    answer = run(company, small_disk.parent / "reports")
    assert answer.returncode == 1
    assert "the facts cannot be kept in" in " ".join(answer.stderr.split())
    assert "Traceback" not in answer.stderr
    assert content(cache) == before


def test_memory_refused_is_one_error(tmp_path):
    company = write_study(tmp_path / "company")
    answer = run(company, tmp_path / "reports", env={**os.environ, "CLIENTBASE_MEMORY": "200KB"})
    assert answer.returncode == 1
    said = " ".join(answer.stderr.split())
    assert said.startswith("Error: the tables need more memory than their limit of")
    assert "CLIENTBASE_MEMORY=8GB before the command" in said
    assert said.count("Error:") == 1


def test_what_is_refused_is_told_and_the_rest_goes_on_as_it_is():
    with pytest.raises(LimitError, match="no room for 'x': No space left on device"), told("out"):
        raise OSError(28, "No space left on device", "x")
    with pytest.raises(LimitError, match="no room for 'out' or 'cache': File too large"), told("out", "cache"):
        raise OSError(27, "File too large")
    with pytest.raises(PermissionError), told("out"):
        raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (
            "raise OSError(28, 'No space left on device')",
            r"No space left on device\. Make room on that disk, or choose another",
        ),
        ("raise MemoryError", r"the system gives no more memory \(MemoryError\)\. Close other programs or run fewer"),
        ("import numpy; numpy.empty(1 << 55)", r"the system gives no more memory \(Unable to allocate .*\)\. Close other"),
    ],
)
def test_what_a_notebook_is_refused_is_told_too(
    forked, write_notebook, text, code, engagement, summary, tmp_path, source, says
):
    from clientbase.report.run import run_report

    notebook = write_notebook("00_data.ipynb", text("# 00 Data"), code(source))
    with pytest.raises(ReportError, match=says):
        run_report(
            tmp_path, notebooks=[notebook], jobs=1, pool=forked, engagement=engagement(), parameters={},
            out=tmp_path / "reports", summary=summary, translate=str, label=str,
        )  # fmt: skip
