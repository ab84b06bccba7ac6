"""Facts kept under a fingerprint: found again when nothing changed, never when anything did."""

import datetime as dt
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from clientbase.errors import SourceError, StudyError
from clientbase.ledger import cache
from clientbase.ledger.specification import EngineSpec, SourceSpec
from clientbase.sections import Preparation

ASKED = {"currency": "EUR", "as_of": dt.date(2024, 12, 31), "preparation": Preparation()}
FRAMES = ("facts", "months", "groups", "checks", "refused")


@pytest.fixture
def result(ledger):
    return ledger(
        orders="order_id,date,client_id,product_id,revenue\n1,2024-03-05,c,p,5\n2,,d,p,5\n",
        products="product_id,product_group,unit_cost\np,A,\n",
        clients="client_id,has_retail,tech_level,first_contact_date\nc,да,2,2024-01-01\nidle,,,\n",
    ).result


def test_what_is_kept_is_what_was_read(result, tmp_path):
    cache.save(result, tmp_path / "kept")
    again = cache.load(tmp_path / "kept")
    for name in FRAMES:
        assert_frame_equal(getattr(again, name), getattr(result, name), check_dtype=name != "refused")
    assert set(again.tables) == {"products"}
    assert again.state == result.state


def test_nothing_kept_is_nothing_found(tmp_path):
    assert cache.load(tmp_path / "nowhere") is None
    (tmp_path / "half").mkdir()
    assert cache.load(tmp_path / "half") is None


@pytest.mark.parametrize("name", ["facts.parquet", "state.json", "checks.parquet"])
@pytest.mark.parametrize("damage", [b"", b"PAR1garbagePAR1", b"{"])
def test_damaged_facts_are_thrown_away(result, tmp_path, name, damage):
    place = tmp_path / "kept"
    cache.save(result, place)
    (place / name).write_bytes(damage)
    assert cache.load(place) is None
    assert not place.exists()
    cache.save(result, place)
    assert cache.load(place) is not None


def test_two_runs_that_keep_the_same_facts_do_not_hinder_each_other(result, tmp_path):
    cache.save(result, tmp_path / "facts-1")
    cache.save(result, tmp_path / "facts-1")
    assert [path.name for path in tmp_path.glob("facts-*")] == ["facts-1"]


def test_only_the_newest_are_kept(result, tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir()
    for age in range(8):
        cache.save(result, folder / f"facts-{age}")
        os.utime(folder / f"facts-{age}", (age, age))
    cache.save(result, folder / "facts-new")
    assert sorted(path.name for path in folder.iterdir()) == ["facts-4", "facts-5", "facts-6", "facts-7", "facts-new"]


def test_what_killed_runs_left_is_removed_when_old(result, tmp_path):
    folder = tmp_path / "cache"
    for name in ("facts-1.0a1b2c3d", "facts-2.0a1b2c3d", f"run-{'0' * 32}", "other.0a1b2c3d"):
        (folder / name).mkdir(parents=True)
        if name != "facts-2.0a1b2c3d":
            os.utime(folder / name, (1, 1))
    cache.save(result, folder / "facts-3")
    assert sorted(path.name for path in folder.iterdir()) == ["facts-2.0a1b2c3d", "facts-3", "other.0a1b2c3d"]


def test_a_full_disk_is_one_sentence_and_leaves_nothing(result, tmp_path, monkeypatch):
    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", full)
    with pytest.raises(StudyError, match=r"the facts cannot be kept in '.*' \(No space left on device\)\. Make room there"):
        cache.save(result, tmp_path / "cache" / "facts-1")
    assert not list((tmp_path / "cache").iterdir())


# fingerprints


def fingerprint(folder, spec=None, **changed):
    sources = {"orders": spec or SourceSpec(file="orders.csv")}
    return cache.fingerprint(sources, folder, **{**ASKED, **changed})


@pytest.fixture
def orders(tmp_path):
    (tmp_path / "orders.csv").write_text("date,client_id,revenue\n2024-03-05,c,5\n")
    return tmp_path


def test_the_same_study_has_the_same_fingerprint_wherever_it_lies(orders, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    shutil.copy(orders / "orders.csv", elsewhere)
    assert fingerprint(orders) == fingerprint(elsewhere)
    assert fingerprint(orders).sources[0]["file"] == "orders.csv"
    assert fingerprint(orders).sources[0]["bytes"] == 38


@pytest.mark.parametrize(
    "changed",
    [
        {"currency": "USD"},
        {"as_of": dt.date(2024, 12, 30)},
        {"as_of": None},
        {"preparation": Preparation(window_months=6)},
        {"spec": SourceSpec(file="orders.csv", decimal=",")},
        {"spec": SourceSpec(file="orders.csv", columns={"revenue": "Net"})},
        {"spec": SourceSpec(file="*.csv")},
        {"engine": EngineSpec(url="spark://h:7077")},
    ],
)
def test_whatever_the_reading_depends_on_changes_it(orders, changed):
    assert fingerprint(orders, **changed).key != fingerprint(orders).key


def test_a_changed_added_or_removed_file_changes_it(orders):
    spec = SourceSpec(file="*.csv")
    keys = [fingerprint(orders, spec).key]
    (orders / "more.csv").write_text("x")
    keys.append(fingerprint(orders, spec).key)
    (orders / "more.csv").write_text("y")
    keys.append(fingerprint(orders, spec).key)
    (orders / "orders.csv").unlink()
    keys.append(fingerprint(orders, spec).key)
    assert len(set(keys)) == 4


def test_large_files_are_told_apart_by_size_and_time(orders, monkeypatch):
    monkeypatch.setattr(cache, "HASHED_BYTES", 10)
    first = fingerprint(orders)
    assert set(first.sources[0]) == {"source", "file", "bytes", "modified"}
    os.utime(orders / "orders.csv", (1, 1))
    assert fingerprint(orders).key != first.key


def test_changed_code_never_meets_facts_of_the_old_one(orders, monkeypatch):
    before = fingerprint(orders).key
    monkeypatch.setattr(cache, "_version_of_reading", lambda: "other")
    assert fingerprint(orders).key != before


def test_a_database_has_no_fingerprint(orders):
    assert fingerprint(orders, SourceSpec(url="postgres://h/b", table="orders")) is None


def test_a_file_nobody_may_open_is_one_sentence(orders, monkeypatch):
    def closed(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", closed)
    with pytest.raises(SourceError, match=r"the file 'orders\.csv' cannot be opened \(Permission denied\)"):
        fingerprint(orders)


# the folder


def test_facts_lie_beside_the_study(tmp_path):
    assert cache.cache_folder(tmp_path) == tmp_path / ".clientbase"


@pytest.mark.parametrize("why", ["not writable", "a file in its place"])
def test_or_in_the_user_s_cache(tmp_path, monkeypatch, why):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    study = tmp_path / "study"
    study.mkdir()
    if why == "not writable":
        may = os.access
        monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != study and may(path, mode))
    else:
        (study / ".clientbase").touch()
    folder = cache.cache_folder(study)
    assert folder.parent == tmp_path / "home" / "clientbase"
    assert folder == cache.cache_folder(study)


def test_nowhere_to_keep_them_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(StudyError, match=r"neither '.*' nor '.*clientbase' can be written\. Set XDG_CACHE_HOME"):
        cache.cache_folder(tmp_path)


def test_the_record_tells_where_each_source_is_from_and_no_address(orders):
    sources = {
        "orders": SourceSpec(file="orders.csv"),
        "clients": SourceSpec(url="postgres://ann@h/b", sql="select 1"),
        "products": SourceSpec(table="sales.products"),
        "scores": SourceSpec(file="s3a://bucket/scores.parquet"),
    }
    first, *others = cache.origins(sources, orders)
    assert (first["file"], len(first["sha256"])) == ("orders.csv", 64)
    assert others == [
        {"source": "clients", "read_from": "database", "table": "a query"},
        {"source": "products", "read_from": "engine", "table": "sales.products"},
        {"source": "scores", "read_from": "file", "table": None},
    ]
