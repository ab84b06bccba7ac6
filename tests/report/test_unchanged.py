"""A report is taken as it is while everything it rests on is as it was; anything else makes it anew, whole."""

import json
import re
import shutil

import pytest
from small_study import write_study
from typer.testing import CliRunner

from clientbase.cli import app
from clientbase.report import unchanged
from clientbase.report.folders import only_run
from clientbase.report.studies import Asked, make_reports
from clientbase.study_file import read_study


@pytest.fixture(scope="module")
def pool():
    """No kernels: the notebooks of these tests have no code."""
    from clientbase.report.kernels import kernel_pool

    with kernel_pool() as pool:
        yield pool


@pytest.fixture
def place(tmp_path, write_notebook, text, code):
    """A study and one notebook, to be changed by a test."""
    write_study(tmp_path / "company")
    write_notebook("00_data.ipynb", text("# 00 Data"), code("share_a: float = 0.8  # share", "parameters"))
    return tmp_path


@pytest.fixture
def make(place, pool):
    """Return a function that makes the report, or finds it unchanged: it returns when that was made, or nothing."""

    def make(**options):
        notebooks = [place / "00_data.ipynb"]
        asked = Asked(notebooks, notebooks, options.pop("parameters", {}), options.pop("out", place / "reports"), **options)
        outcomes = []
        make_reports([str(place / "company")], asked, pool=pool, jobs=1, finished=outcomes.append)
        if outcomes[0].error:
            raise outcomes[0].error
        assert outcomes[0].report.index.is_file()
        return outcomes[0].report.unchanged_since

    return make


def record(place):
    return json.loads((place / "reports" / "small" / "run.json").read_text(encoding="utf-8"))


def test_a_second_run_takes_the_report_as_it_is(make, place):
    assert make() == ""
    before = (place / "reports" / "small" / "run.json").read_bytes()
    assert make() == record(place)["created"]
    assert (place / "reports" / "small" / "run.json").read_bytes() == before
    assert [path.name for path in (place / "reports").iterdir()] == ["small"]
    assert make(is_fresh=True) == ""
    assert make()


def append(path, text):
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


CHANGES = {
    "a source": lambda place: append(place / "company" / "orders.csv", "Z,1,2025-12-30,K1,F,1,9,10,5\n"),
    "a setting": lambda place: append(place / "company" / "study.toml", "[share_classes]\nshare_a = 0.7\n"),
    "a decision": lambda place: (place / "company" / "decisions.csv").write_text(
        "decided_on,step,setting,value,reason,role\n", encoding="utf-8"
    ),
    "a notebook": lambda place: (place / "00_data.ipynb").write_text(
        (place / "00_data.ipynb").read_text(encoding="utf-8").replace("00 Data", "00 The data"), encoding="utf-8"
    ),
    "an edited page": lambda place: append(place / "reports" / "small" / "00_data.html", "mine"),
    "a lost page": lambda place: (place / "reports" / "small" / "00_data.html").unlink(),
    "an added file": lambda place: (place / "reports" / "small" / "notes.txt").touch(),
    "a damaged record": lambda place: (place / "reports" / "small" / "run.json").write_text("{", encoding="utf-8"),
    "a record of another kind": lambda place: (place / "reports" / "small" / "run.json").write_text("[]", encoding="utf-8"),
    "a lost report": lambda place: shutil.rmtree(place / "reports"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_makes_it_anew(make, place, change):
    make()
    CHANGES[change](place)
    assert make() == ""
    assert make()


def test_so_do_other_parameters_codes_and_another_place(make, place):
    make()
    assert make(parameters={"share_a": 0.7}) == ""
    assert make(parameters={"share_a": 0.7})
    assert make() == ""
    assert make(hide_names=True) == ""
    shutil.copytree(place / "reports", place / "deeper" / "reports")
    assert make(hide_names=True, out=place / "deeper" / "reports") == ""


def test_so_do_changed_code_and_versions(make, monkeypatch):
    make()
    monkeypatch.setattr(unchanged, "_code", lambda: "other code")
    assert make() == ""
    assert make()
    monkeypatch.setattr("clientbase.report.assembly.metadata.version", lambda _: "99")
    assert make() == ""


def test_the_code_that_counts_is_the_packages_own(monkeypatch, tmp_path):
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "steps.py").write_text("1")
    monkeypatch.setattr(unchanged, "PACKAGE", tmp_path)
    first = unchanged._code.__wrapped__()
    (tmp_path / "__pycache__" / "steps.pyc").touch()
    assert unchanged._code.__wrapped__() == first
    (tmp_path / "steps.py").write_text("2")
    assert unchanged._code.__wrapped__() != first


def test_a_database_by_address_is_never_taken_for_unchanged(place):
    text = (place / "company" / "study.toml").read_text(encoding="utf-8")
    text = text.replace('file = "orders.csv"', 'url = "sqlite://base.db"\ntable = "orders"')
    (place / "company" / "study.toml").write_text(text, encoding="utf-8")
    assert unchanged.seal(read_study(place / "company"), [], {}) == ""
    assert unchanged.unchanged(place, "small", "") is None


def test_what_a_killed_run_left_is_swept_though_nothing_changed(make, place):
    make()
    reports = place / "reports"
    (reports / "small").rename(reports / ".small.0a1b2c3d.old")
    (reports / ".small.0a1b2c3d.running").mkdir()
    assert make()
    assert [path.name for path in reports.iterdir()] == ["small"]


def test_a_report_that_is_being_made_is_waited_for(make, place):
    make()
    with only_run(place / "reports", "small"), pytest.raises(Exception, match="is being made in"):
        make()


def test_the_command_says_so_in_a_line(place):
    def run(*words):
        arguments = ["report", str(place / "company"), "--out", str(place / "reports"), "--step", "0", *words]
        answer = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
        assert answer.exit_code == 0, answer.output
        return answer.output

    assert "unchanged" not in run()
    assert re.search(r"company: unchanged since 20\d\d-.*; --fresh makes it anew\.\nReport of .*index.html", run())
    assert "unchanged" not in run("--fresh")
