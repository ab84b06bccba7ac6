"""One engagement: a study opened once from its sources and then from its facts, with gates and a record."""

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest
from small_study import write_study

from clientbase.errors import ClientbaseError, SettingError
from clientbase.ledger import cache, reading
from clientbase.ledger.checks import GATE_TEXTS
from clientbase.study import RUN_VARIABLE, Run, _ahead, open_ahead, open_study


@pytest.fixture
def study(tmp_path):
    return write_study(tmp_path / "small")


@pytest.fixture
def read_again(monkeypatch):
    """Count how often sources are really read."""
    times = []
    whole = reading.read_ledger
    monkeypatch.setattr(reading, "read_ledger", lambda *args, **options: times.append(1) or whole(*args, **options))
    return times


def test_a_study_is_read_once_and_then_found(study, read_again):
    first, second = open_study(study), open_study(study)
    assert len(read_again) == 1
    assert first.facts.equals(second.facts)
    assert (first.name, first.title, first.as_of) == ("small", "Small company", dt.date(2025, 12, 31))
    assert (first.window.start, first.window.end) == (dt.date(2025, 1, 1), dt.date(2025, 12, 31))


def test_settings_that_do_not_touch_the_reading_read_nothing_again(study, read_again):
    open_study(study)
    open_study(study, Run({"share_a": 0.7, "min_clients": 5, "grain": "quarter", "rhythm_clients": 3}))
    assert len(read_again) == 1
    open_study(study, Run({"window_months": 6}))
    assert len(read_again) == 2


def test_a_changed_file_is_read_again(study, read_again):
    before = open_study(study).facts["revenue"].sum()
    with (study / "orders.csv").open("a") as orders:
        orders.write("extra,1,2025-12-01,K1,F,1,1000,1100,700\n")
    assert open_study(study).facts["revenue"].sum() == pytest.approx(before + 1000)
    assert len(read_again) == 2


def test_damaged_facts_are_read_again(study, read_again):
    open_study(study)
    for kept in (study / ".clientbase").glob("facts-*/months.parquet"):
        kept.write_bytes(b"")
    open_study(study)
    open_study(study)
    assert len(read_again) == 2


def test_a_folder_that_cannot_be_written_keeps_its_facts_elsewhere(study, read_again, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    shutil.rmtree(study / ".clientbase", ignore_errors=True)
    (study / ".clientbase").touch()
    open_study(study)
    open_study(study)
    assert len(read_again) == 1
    assert list((tmp_path / "home" / "clientbase").rglob("facts.parquet"))


def test_a_database_is_read_every_time(study, read_again):
    import duckdb

    with duckdb.connect(str(study / "base.duckdb")) as base:
        base.execute(f"create table orders as select * from read_csv('{study}/orders.csv')")
    text = (study / "study.toml").read_text()
    (study / "study.toml").write_text(text.replace('file = "orders.csv"', "url = 'duckdb://base.duckdb'\ntable = 'orders'"))
    engagement = open_study(study)
    open_study(study)
    assert len(read_again) == 2
    assert engagement.fingerprint is None
    first, *rest = engagement.run_record()["sources"]
    assert first == {"source": "orders", "read_from": "database", "table": "orders"}
    assert all("sha256" in source for source in rest)


def test_facts_of_a_run_are_taken_from_its_folder(study, read_again, tmp_path):
    cache.save(open_study(study).ledger, tmp_path / "run")
    (study / "orders.csv").write_text("nothing\n")
    assert len(open_study(study, Run({}, facts=tmp_path / "run")).facts) == 7
    assert len(read_again) == 1


def test_a_run_of_the_environment(study, tmp_path, monkeypatch):
    monkeypatch.delenv(RUN_VARIABLE, raising=False)
    assert Run.of_environment() == Run({})
    given = {"parameters": {"share_a": 0.7}, "hide_names": False, "tables": str(tmp_path), "facts": None}
    (tmp_path / "run.json").write_text(json.dumps(given))
    monkeypatch.setenv(RUN_VARIABLE, str(tmp_path / "run.json"))
    assert Run.of_environment() == Run({"share_a": 0.7}, tables=tmp_path)
    engagement = open_study(study)
    assert (engagement.settings.value("share_a"), engagement.settings.origin("share_a")) == (0.7, "this run")


def test_a_study_opened_ahead_is_found_by_the_notebooks_of_its_run_alone(study, tmp_path, monkeypatch):
    """What the run kept open is taken although the sources have changed since; other studies are opened as always."""
    other = write_study(tmp_path / "other")
    open_study(study).keep_open(tmp_path / "opened")
    given = {"parameters": {}, "hide_names": False, "opened": str(tmp_path / "opened"), "study": str(study)}
    place = tmp_path / "run.json"
    place.write_text(json.dumps(given))
    monkeypatch.setenv(RUN_VARIABLE, str(place))
    open_ahead({})
    assert _ahead == {}
    open_ahead({RUN_VARIABLE: str(place)})
    assert open_study(study, Run({})) is not open_study(study)
    assert open_study(other).file.folder == other
    (study / "orders.csv").write_text("nothing\n")
    opened = open_study(str(study))
    assert len(opened.facts) == 7
    assert open_study(str(study)) is opened
    place.unlink()
    open_ahead({})
    assert _ahead == {}


def test_a_run_that_kept_nothing_open_is_not_opened_ahead(study, tmp_path):
    (tmp_path / "run.json").write_text(json.dumps({"parameters": {}, "hide_names": False, "study": str(study)}))
    open_ahead({RUN_VARIABLE: str(tmp_path / "run.json")})
    assert _ahead == {}


def test_values_of_a_notebook_change_only_their_copy(study):
    engagement = open_study(study)
    changed = engagement.apply(share_a=0.7, share_b=0.96)
    assert (changed.settings.value("share_a"), engagement.settings.value("share_a")) == (0.7, 0.80)
    with pytest.raises(SettingError, match="there is no setting 'share'"):
        engagement.apply(share=0.7)


def test_gates_say_what_would_open_them(study):
    gates = open_study(study).gates
    assert set(gates) == set(GATE_TEXTS)
    is_open = {name for name, gate in gates.items() if gate.is_open}
    assert is_open == {"margin", "flows", "products", "discounts", "portrait"}
    assert gates["crm"].opened_by == "crm_facts (client_id, date, fact)"


def test_the_record_says_what_made_the_results(study):
    record = json.loads(json.dumps(open_study(study, Run({"share_a": 0.7})).run_record()))
    assert record["study"]["name"] == "small"
    assert record["as_of"] == "2025-12-31"
    assert {source["file"] for source in record["sources"]} == {"orders.csv", "clients.csv", "products.csv"}
    assert all(len(source["sha256"]) == 64 for source in record["sources"])
    assert record["settings"]["share_classes"]["share_a"]["origin"] == "this run"
    assert record["totals"] == {"total_revenue": pytest.approx(29_220), "unassigned_revenue": 0}
    assert {check["key"] for check in record["checks"]} >= {"lines", "reconciled"}
    assert str(study) not in json.dumps(record)  # no path of this machine


RUDE = {
    "orders gone": (lambda study: (study / "orders.csv").unlink(), "there is no file 'orders.csv' beside study.toml"),
    "study gone": (lambda study: (study / "study.toml").unlink(), "holds no study.toml"),
    "nothing in the window": (
        lambda study: (study / "study.toml").write_text((study / "study.toml").read_text().replace("2025-12-31", "2030-12-31")),
        "no deal lies in the window 2030-01-01 to 2030-12-31; the latest is of 2025-12-",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("harm", "message"), RUDE.values(), ids=RUDE)
def test_what_cannot_be_opened_is_one_sentence(study, harm, message):
    harm(study)
    with pytest.raises(ClientbaseError, match=message):
        open_study(study)
    assert not Path(study / ".clientbase").exists() or not list((study / ".clientbase").glob("facts-*"))
