"""A run: whole or not at all, one at a time, and never at the cost of the last good report."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from clientbase.errors import DataError, ReportError, SettingError
from clientbase.report.folders import aside_folder, only_run, put_in_place
from clientbase.report.run import run_report
from clientbase.report.summary_model import Decision, Summary


@pytest.fixture
def two_notebooks(write_notebook, text, code, tmp_path):
    """Two small notebooks: one shows its parameters and writes a table, one only speaks."""
    parameters = code('study: str = "data/demo"  # folder\nabc_a: float = 0.8  # share', "parameters")
    writes = code(
        "import json, os, sys\nfrom pathlib import Path\n"
        "run = json.loads(Path(os.environ['CLIENTBASE_RUN']).read_text(encoding='utf-8'))\n"
        "Path(run['tables'], 'classes.csv').write_text('a,b')\n"
        "print(study, abc_a, run['parameters'], run['hide_names'])\nprint('careful', file=sys.stderr)"
    )
    folder = tmp_path / "notebooks"
    return [
        write_notebook("00_data.ipynb", text("# 00 Data: read\n\n## Loaded"), parameters, writes, folder=folder),
        write_notebook("01_flows.ipynb", text("# 01 Flows\n\n## Compute"), code("print(1)"), folder=folder),
    ]


@pytest.fixture
def run(forked, engagement, summary, two_notebooks, tmp_path):
    """Return a function that makes the report 'demo' in the test's folder."""

    def run(name="demo", notebooks=two_notebooks, out=tmp_path / "reports", **options):
        defaults = {
            "engagement": engagement(name),
            "parameters": {},
            "jobs": 2,
            "summary": summary,
            "translate": str,
            "label": str,
            "pool": forked,
        }
        return run_report(tmp_path / "studies" / "study.toml", notebooks=notebooks, out=out, **(defaults | options))

    return run


@pytest.fixture
def failing(write_notebook, text, code, tmp_path):
    """Return a function that writes a notebook whose cell is the given one."""
    folder = tmp_path / "notebooks"
    return lambda source: write_notebook("02_size.ipynb", text("# 02 Size\n\n## Sort"), code(source), folder=folder)


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


WHOLE = [
    "00_data.html", "01_flows.html", "index.html", "notebooks/00_data.ipynb", "notebooks/01_flows.ipynb", "run.json",
    "tables/classes.csv",
]  # fmt: skip


def test_a_report_has_pages_notebooks_tables_and_a_record(run, tmp_path):
    index = run(parameters={"abc_a": "0.85"}, hide_names=True, language="ru")
    report = tmp_path / "reports" / "demo"
    assert index == report / "index.html"
    assert files(tmp_path / "reports") == [f"demo/{name}" for name in WHOLE]
    study = tmp_path / "studies" / "study.toml"
    assert f"<pre>{study} 0.85 {{'abc_a': 0.85}} True" in (report / "00_data.html").read_text().replace("&#39;", "'")
    record = json.loads((report / "run.json").read_text())
    assert (record["study"], record["data"], record["parameters"]) == ("demo", {"orders": "hash-1"}, {"abc_a": 0.85})
    assert [(item["notebook"], item["n_warnings"]) for item in record["notebooks"]] == [("00_data", 1), ("01_flows", 0)]
    assert record["versions"]["papermill"]
    assert record["created"].endswith("+00:00")
    assert 'href="tables/classes.csv"' in index.read_text()


def test_what_is_handed_over_names_no_path_of_this_machine(run, tmp_path):
    run()
    notebook = json.loads((tmp_path / "reports" / "demo" / "notebooks" / "00_data.ipynb").read_text())
    injected = next(cell for cell in notebook["cells"] if "injected-parameters" in cell["metadata"]["tags"])
    assert 'study = "../../../studies/study.toml"' in "".join(injected["source"])
    assert '"name": "stderr"' not in json.dumps(notebook)
    assert "papermill" not in json.dumps(notebook["metadata"])
    assert str(tmp_path) not in (tmp_path / "reports" / "demo" / "run.json").read_text()


def test_a_newer_report_replaces_the_older_whole(run, two_notebooks, tmp_path):
    run()
    run(notebooks=two_notebooks[1:])
    assert files(tmp_path / "reports") == [
        f"demo/{name}" for name in ("01_flows.html", "index.html", "notebooks/01_flows.ipynb", "run.json")
    ]


def test_a_parameter_nobody_declares_stops_the_run_before_it_starts(run, tmp_path):
    with pytest.raises(SettingError, match=r"'abc_b' is not declared .* Nearest: 'abc_a' \(00_data.ipynb\)"):
        run(parameters={"abc_b": "0.9"})
    with pytest.raises(ReportError, match="'study' is set by the run itself"):
        run(parameters={"study": "x"})
    assert not (tmp_path / "reports").exists()


def test_a_failed_run_leaves_the_last_good_report_and_keeps_what_was_executed(run, two_notebooks, failing, tmp_path):
    reports = tmp_path / "reports"
    run()
    before = {name: (reports / "demo" / name).read_bytes() for name in WHOLE}
    with pytest.raises(ReportError) as caught:
        run(notebooks=[*two_notebooks, failing("raise ValueError('no rows')")], jobs=1)
    failed = reports / "demo.failed" / "notebooks" / "02_size.failed.ipynb"
    said = str(caught.value)
    assert "study 'demo': notebook '02_size.ipynb' failed in cell [1], under 'Sort': ValueError: no rows" in said
    assert f"What was executed is in '{failed}'" in said
    assert "run the report again; an earlier report of this study was left as it was" in said
    assert {name: (reports / "demo" / name).read_bytes() for name in WHOLE} == before
    kept = ["notebooks/00_data.ipynb", "notebooks/01_flows.ipynb", "notebooks/02_size.failed.ipynb", "run.json"]
    assert files(reports / "demo.failed") == [*kept, "tables/classes.csv"]
    assert sorted(path.name for path in reports.iterdir()) == ["demo", "demo.failed"]
    with pytest.raises(ReportError):
        run(notebooks=[failing("1 / 0")])
    assert files(reports / "demo.failed") == kept[2:]  # replaced, not added to
    run()
    assert files(reports) == [f"demo/{name}" for name in WHOLE]


def test_an_error_of_the_summary_is_a_failed_run(run, tmp_path):
    def summary():
        raise DataError("facts: no revenue")

    with pytest.raises(ReportError, match=r"study 'demo': facts: no revenue\nWhat was executed is in '.*demo.failed'"):
        run(summary=summary)
    assert not (tmp_path / "reports" / "demo").exists()


def test_a_dead_kernel_fails_the_run(run, failing):
    with pytest.raises(ReportError, match="under 'Sort': the kernel died"):
        run(notebooks=[failing("import os; os._exit(1)")])


def test_the_first_chapter_that_failed_is_the_one_told(run, failing, write_notebook, text, code):
    last = write_notebook("03_late.ipynb", text("# 03"), code("1 / 0"))
    with pytest.raises(ReportError, match=r"'02_size.ipynb' failed"):
        run(notebooks=[failing("import time; time.sleep(0.5); 1 / 0"), last])


def test_any_folder_name_will_do(run, tmp_path):
    out = tmp_path / "от чёт {x} %s"
    index = run(name="Клиент {1} & Ко", out=out)
    assert files(out / "Клиент {1} & Ко") == WHOLE
    assert index.is_file()


@pytest.mark.parametrize("name", ["", "a/b", "..", ".hidden", "a:b", "a."])
def test_a_name_that_cannot_be_a_folder_is_refused(run, name):
    with pytest.raises(ReportError, match=r"cannot be a folder's name. Change `name`"):
        run(name=name)


def test_notebooks_need_names_of_their_own(run, two_notebooks):
    with pytest.raises(ReportError, match="names of their own"):
        run(notebooks=[two_notebooks[0], two_notebooks[0]])


def test_what_is_not_a_report_is_not_replaced(run, tmp_path):
    mine = tmp_path / "reports" / "demo"
    mine.mkdir(parents=True)
    (mine / "notes.txt").write_text("mine")
    with pytest.raises(ReportError, match=r"demo' is in the way and is not a report \(it has no run.json\)"):
        run()
    assert (mine / "notes.txt").read_text() == "mine"


def test_two_runs_of_one_study_are_told_apart(run, tmp_path):
    out = tmp_path / "reports"
    out.mkdir()
    with only_run(out, "demo"):
        with pytest.raises(ReportError, match=r"a report of study 'demo' is being made in '.*' now. Wait"):
            run()
        run(name="other")
    run()
    assert sorted(path.name for path in out.iterdir()) == ["demo", "other"]


def test_a_lock_is_free_again_when_its_holder_let_go(tmp_path):
    counted, free = [], threading.Semaphore(8)

    def hold():
        for _ in range(50):
            try:
                with only_run(tmp_path, "demo"):
                    counted.append(len(list(tmp_path.glob("held"))))
                    (tmp_path / "held").touch()
                    (tmp_path / "held").unlink()
            except ReportError:
                time.sleep(0)
        free.release()

    threads = [threading.Thread(target=hold) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(counted) == {0}
    assert list(tmp_path.iterdir()) == []


def test_folders_of_dead_runs_are_cleared_but_not_those_of_other_studies(run, tmp_path):
    reports = tmp_path / "reports"
    run()
    for name in (".demo.0a1b2c3d.running", ".demo.b.0a1b2c3d.running", ".demo.0a1b2c3d.old"):
        (reports / name).mkdir()
    run()
    assert sorted(path.name for path in reports.iterdir()) == [".demo.b.0a1b2c3d.running", "demo"]


def test_a_report_that_a_dead_run_had_moved_out_is_put_back(run, failing, tmp_path):
    reports = tmp_path / "reports"
    run()
    (reports / "demo").rename(reports / ".demo.0a1b2c3d.old")
    with pytest.raises(ReportError):
        run(notebooks=[failing("1 / 0")])
    assert files(reports / "demo") == WHOLE


def test_the_older_folder_comes_back_when_the_new_one_cannot_be_moved(tmp_path):
    (tmp_path / "demo").mkdir()
    with pytest.raises(FileNotFoundError):
        put_in_place(tmp_path / "not there", tmp_path / "demo")
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


def test_a_folder_aside_is_gone_whatever_happens(tmp_path):
    def interrupted():
        with aside_folder(tmp_path, "demo") as aside:
            (aside / "file").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_a_link_to_a_page_that_was_not_made_is_not_drawn(run, two_notebooks):
    decisions = [Decision("1", "Data", "d", [], "00_data.html"), Decision("2", "Flows", "f", [], "01_flows.html")]
    written = run(notebooks=two_notebooks[1:], summary=lambda: Summary("T", decisions=decisions)).read_text()
    assert "01_flows.html" in written
    assert "00_data.html" not in written


def test_progress_is_told_in_turn(run):
    told = []
    run(progress=lambda event, **fields: told.append((event, fields)))
    events = [event for event, _ in told]
    assert events[0] == "run_started"
    assert events[-2:] == ["pages_started", "run_finished"]
    assert events.count("notebook_started") == events.count("notebook_finished") == 2
    assert {fields["study"] for _, fields in told} == {"demo"}
    cells = [fields for event, fields in told if event == "cell_started" and fields["notebook"] == "01_flows.ipynb"]
    assert [(cell["cell"], cell["n_cells"]) for cell in cells] == [(1, 2), (2, 2)]


def test_ordinary_kernels_make_the_same_report(run, monkeypatch, tmp_path, capfd):
    monkeypatch.setenv("CLIENTBASE_KERNELS", "ordinary")
    run(pool=None, parameters={"abc_a": 0.85})
    assert files(tmp_path / "reports" / "demo") == WHOLE
    assert json.loads((tmp_path / "reports" / "demo" / "run.json").read_text())["kernels"] == "ordinary"
    assert capfd.readouterr() == ("", "")


def test_a_place_that_cannot_be_written_is_named(run, tmp_path):
    (tmp_path / "reports").touch()
    with pytest.raises(ReportError, match=r"study 'demo': '.*reports' cannot be written: File exists"):
        run()


INTERRUPTED = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it, and so would their children
from pathlib import Path
from clientbase.report import kernels
from clientbase.report.run import run_report
from clientbase.report.summary_model import Summary
kernels.WARM_MODULES = ()
class Engagement:
    name = "demo"
    def run_record(self): return {}
try:
    run_report(Path("study.toml"), engagement=Engagement(), parameters={}, notebooks=[Path(sys.argv[1])], out=Path(sys.argv[2]),
               jobs=2, summary=lambda: Summary("T"), translate=str, label=str)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_ctrl_c_cleans_up(failing, tmp_path, offspring):
    notebook = failing("from pathlib import Path; import time; Path('up').touch(); time.sleep(60)")
    command = [sys.executable, "-c", INTERRUPTED, notebook, tmp_path / "reports"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while not (notebook.parent / "up").exists():
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGINT)
        assert process.communicate(timeout=120) == ("interrupted\n", "")  # long, for a machine under load
    assert offspring() == []
    assert list((tmp_path / "reports").iterdir()) == []
