"""Kernels: warm or ordinary they behave alike, and nothing of them is left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from clientbase.errors import SettingError
from clientbase.report import kernels
from clientbase.report.execution import NotebookFailure, execute
from clientbase.report.kernels import can_fork, kernel_pool

pytestmark = pytest.mark.skipif(not can_fork(), reason="this system has ordinary kernels only")


@pytest.fixture
def run_cell(write_notebook, code):
    """Return a function that runs one cell in a kernel of a pool and gives what it printed, read as JSON."""

    def run(pool, source, name="a.ipynb", environment=None):
        notebook = write_notebook(name, code("import json\n" + source))
        done = execute(
            notebook,
            parameters={},
            pool=pool,
            environment=environment or {},
            translate=str,
            on_cell=lambda *_: None,
            cell_seconds=30,
        )
        return json.loads("".join(output.text for output in done.notebook.cells[0].outputs if output.name == "stdout"))

    return run


@pytest.fixture(params=["forked", "ordinary"])
def pool(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def bare(monkeypatch):
    """Let warm processes import next to nothing: they start quicker, and live and die as others do."""
    monkeypatch.setattr(kernels, "WARM_MODULES", ())


def eventually(condition, seconds=10):
    """Wait until condition holds; return whether it did."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def test_a_forked_kernel_has_the_plotting_libraries_but_no_database_engine(forked, run_cell):
    source = "import sys; print(json.dumps([name in sys.modules for name in ('seaborn', 'pyarrow', 'duckdb', 'ibis')]))"
    assert forked.kind == "forked"
    assert run_cell(forked, source) == [True, True, False, False]


def test_a_kernel_gets_folder_and_environment_and_draws_inline(pool, run_cell, monkeypatch, tmp_path):
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.setenv("FROM_OUTSIDE", "1")
    source = (
        "import os, matplotlib; print(json.dumps([os.getcwd(), os.environ['ASKED'], os.environ['FROM_OUTSIDE'],"
        " matplotlib.get_backend(), os.environ.get('OPENBLAS_NUM_THREADS')]))"
    )
    folder, asked, outside, backend, threads = run_cell(pool, source, environment={"ASKED": "йц {x}"})
    assert (Path(folder), asked, outside) == (tmp_path, "йц {x}", "1")
    assert "inline" in backend
    assert threads is None


def test_kernels_draw_different_random_numbers(forked, run_cell):
    source = "import random, numpy; print(json.dumps([random.random(), numpy.random.random()]))"
    first, second = run_cell(forked, source), run_cell(forked, source)
    assert first[0] != second[0]
    assert first[1] != second[1]


def test_kernels_run_side_by_side(forked, run_cell):
    with ThreadPoolExecutor(3) as threads:
        answers = [threads.submit(run_cell, forked, f"print({number})", f"{number}.ipynb") for number in range(6)]
        assert [answer.result() for answer in answers] == list(range(6))


def test_kernels_are_told_their_settings(pool, run_cell):
    """No history is kept, which would be a file for all kernels to lock."""
    source = "shell = get_ipython(); print(json.dumps([shell.history_manager.enabled, shell.parent.parent.log_level]))"
    assert run_cell(pool, source) == [False, 40]


PRINTED = """
import asyncio, sys, threading
print("[1")
await asyncio.sleep(0.01)
thread = threading.Thread(target=print, args=(", 2",)); thread.start(); thread.join()
print("told to the other stream", file=sys.stderr)
print(", 3]")
"""


def test_all_that_a_cell_prints_is_kept_whoever_prints_it_and_a_cell_may_await(pool, run_cell):
    assert run_cell(pool, PRINTED) == [1, 2, 3]


@pytest.mark.parametrize("kind", kernels.KINDS)
@pytest.mark.usefixtures("bare")
def test_nothing_is_left_after_a_pool_is_closed(kind, run_cell, offspring):
    with kernel_pool(kind=kind) as pool:
        run_cell(pool, "import subprocess; subprocess.Popen(['sleep', '60']); print(1)")
        assert list(pool.folder.glob("kernel-*")) == []
        assert eventually(lambda: [process.name() for process in offspring()].count("sleep") == 0)
    assert offspring() == []
    assert not pool.folder.exists()


@pytest.mark.parametrize("kind", kernels.KINDS)
@pytest.mark.usefixtures("bare")
def test_closing_a_pool_ends_a_running_kernel(kind, run_cell, offspring):
    with ThreadPoolExecutor(1) as thread:
        with kernel_pool(kind=kind) as pool:
            running = thread.submit(run_cell, pool, "import time; time.sleep(60)")
            assert eventually(lambda: any(pool.folder.glob("kernel-*/s-1")))
        with pytest.raises(NotebookFailure, match=r"the kernel died|Kernel died|ended while it was starting"):
            running.result()
    assert eventually(lambda: offspring() == [])


PARENT = """
import sys, threading, time
from pathlib import Path
from clientbase.report.execution import execute
from clientbase.report import kernels
kernels.WARM_MODULES = ()
with kernels.kernel_pool(kind="forked") as pool:
    run = lambda: execute(Path(sys.argv[1]), parameters={}, pool=pool, environment={}, translate=str,
                          on_cell=lambda *_: None, cell_seconds=None)
    threading.Thread(target=run, daemon=True).start()
    print(pool.kind, pool.folder, flush=True)
    time.sleep(60)
"""


def test_nothing_is_left_when_the_run_is_killed(write_notebook, code, offspring, tmp_path):
    notebook = write_notebook("a.ipynb", code("from pathlib import Path; import time; Path('up').touch(); time.sleep(60)"))
    with subprocess.Popen([sys.executable, "-c", PARENT, str(notebook)], stdout=subprocess.PIPE, text=True) as parent:
        kind, folder = parent.stdout.readline().split()
        assert kind == "forked"
        assert eventually((tmp_path / "up").exists)
        assert len(offspring()) == 3
        parent.kill()
    assert eventually(lambda: offspring() == [])
    assert not Path(folder).exists()


@pytest.mark.usefixtures("bare")
def test_kernels_do_not_outlive_their_warm_process(run_cell, offspring, tmp_path):
    with kernel_pool(kind="forked") as pool, ThreadPoolExecutor(1) as thread:
        source = "from pathlib import Path; import time; Path('up').touch(); time.sleep(60)"
        running = thread.submit(run_cell, pool, source)
        assert eventually((tmp_path / "up").exists)
        pool._server._process.send_signal(signal.SIGKILL)
        with pytest.raises(NotebookFailure, match="the kernel died"):
            running.result()
    assert eventually(lambda: offspring() == [])


@pytest.mark.usefixtures("bare")
def test_a_library_that_starts_a_thread_makes_kernels_ordinary(tmp_path, monkeypatch, caplog):
    (tmp_path / "threaded.py").write_text("import threading, time\nthreading.Thread(target=time.sleep, args=(9,)).start()\n")
    monkeypatch.syspath_prepend(tmp_path)
    with kernel_pool(["threaded", "no_such_module"]) as pool:
        assert pool.kind == "ordinary"
        assert "started 1 threads" in pool.reason
    assert "kernels start the slow way" in caplog.text


@pytest.mark.usefixtures("bare")
def test_what_is_done_ahead_of_a_fork_is_there_in_the_kernel(run_cell, tmp_path, monkeypatch):
    """The function is told the kernel's environment; where it fails the kernel starts all the same."""
    (tmp_path / "early.py").write_text("found = []\ndef look(environment): found.append(int(environment['SHARED_NUMBER']))\n")
    monkeypatch.syspath_prepend(tmp_path)
    with kernel_pool(ahead="early:look", kind="forked") as pool:
        read = "from early import found; print(found)"
        assert run_cell(pool, read, "a.ipynb", {"SHARED_NUMBER": "3"}) == [3]
        assert run_cell(pool, read, "b.ipynb", {"SHARED_NUMBER": "four"}) == [3]
        assert run_cell(pool, read, "c.ipynb", {"SHARED_NUMBER": "5"}) == [3, 5]
        assert "invalid literal for int() with base 10: 'four'" in (pool.folder / "server.log").read_text()


@pytest.mark.usefixtures("bare")
def test_a_warm_process_that_dies_makes_kernels_ordinary(tmp_path, monkeypatch):
    (tmp_path / "deadly.py").write_text("raise SystemExit('out of luck')\n")
    monkeypatch.syspath_prepend(tmp_path)
    with kernel_pool(["deadly"]) as pool:
        assert pool.kind == "ordinary"
        assert "the warm process ended: out of luck" in pool.reason


def test_a_system_without_fork_has_ordinary_kernels(monkeypatch):
    monkeypatch.delattr(os, "fork")
    with kernel_pool(kind="forked") as pool:
        assert (pool.kind, pool.reason) == ("ordinary", "this system does not allow forked kernels")


def test_the_variable_chooses_and_is_checked(monkeypatch):
    monkeypatch.setenv("CLIENTBASE_KERNELS", "ordinary")
    with kernel_pool() as pool:
        assert (pool.kind, pool.reason) == ("ordinary", "CLIENTBASE_KERNELS=ordinary")
    monkeypatch.setenv("CLIENTBASE_KERNELS", "quick")
    with (
        pytest.raises(SettingError, match=r"CLIENTBASE_KERNELS is 'quick', needed is one of \['forked', 'ordinary'\]"),
        kernel_pool(),
    ):
        pass


def test_sockets_keep_a_short_name_where_the_usual_folder_has_a_long_one(tmp_path, monkeypatch):
    long = tmp_path / ("ю" * 60)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    with kernel_pool(kind="ordinary") as pool:
        assert pool.has_sockets
        assert len(os.fsencode(pool.folder)) < 60
    assert list(long.iterdir()) == []


def test_kernels_without_sockets_use_ports(run_cell, monkeypatch, capfd):
    monkeypatch.setattr(kernels, "_fits", lambda _: False)
    with kernel_pool() as pool:
        assert pool.kind == "ordinary"
        assert run_cell(pool, "print(1)") == 1
    assert capfd.readouterr() == ("", "")
