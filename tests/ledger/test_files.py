"""Parquet files, what belongs to no kind of file, and files nobody may open."""

import datetime as dt

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clientbase.errors import ClientbaseError, SourceError
from clientbase.ledger.files import load_file
from clientbase.ledger.specification import FileSpec, source_paths

ORDERS = "[sources.orders]\nfile = '{}'"


@pytest.fixture
def base(tmp_path):
    orders = pd.DataFrame(
        {"order_id": [1, 2, 3], "date": [dt.date(2024, 3, 5), dt.date(2024, 4, 5), None], "client_id": [1.0, 2.0, 2.0],
         "revenue": [100.0, float("nan"), 5.0]}
    )  # fmt: skip
    orders.to_parquet(tmp_path / "o.parquet", index=False)
    return tmp_path


@pytest.mark.usefixtures("base")
def test_parquet_keeps_its_kinds(study):
    found = study(ORDERS.format("o.parquet"))
    assert found.fact("1", "revenue") == 100
    assert (found.check("no_date")["n"], found.check("no_revenue")["n"]) == (1, 1)
    assert list(found.result.refused["line"]) == [2, 3]


@pytest.mark.parametrize(
    "kind", [pa.timestamp("ns"), pa.timestamp("us", tz="Europe/Moscow"), pa.date64(), pa.dictionary(pa.int32(), pa.string())]
)
def test_parquet_of_other_programs(study, base, kind):
    text = pa.types.is_dictionary(kind)
    dates = pa.array(["2024-03-05", "x"] if text else [dt.datetime(2024, 3, 5, 12), None], pa.string() if text else kind)
    revenue = pa.array(["100", "?"]).dictionary_encode() if text else pa.array([100, 7], pa.int32())
    table = pa.table({"date": dates.dictionary_encode() if text else dates, "client_id": ["c1", "c1"], "revenue": revenue})
    pq.write_table(table, base / "p.parquet")
    found = study(ORDERS.format("p.parquet"))
    assert found.fact("c1", "revenue", "first_deal_date") == (100, pd.Timestamp("2024-03-05"))
    assert found.check("no_date")["n"] == 1


def test_numbers_that_are_infinite_are_counted(study, base):
    pq.write_table(
        pa.table({"date": [dt.date(2024, 3, 5)] * 3, "client_id": ["c1"] * 3, "revenue": [1.0, float("inf"), float("nan")]}),
        base / "p.parquet",
    )
    found = study(ORDERS.format("p.parquet"))
    assert (found.check("unreadable", "orders")["n"], found.check("no_revenue")["n"]) == (1, 2)


def test_parquet_files_of_one_pattern(study, base):
    other = pd.read_parquet(base / "o.parquet").assign(client_id=7.0)
    other[["revenue", "client_id", "date", "order_id"]].to_parquet(base / "p.parquet")
    assert study(ORDERS.format("?.parquet")).facts["revenue"].to_dict() == {"1": 100, "7": 100}
    other.drop(columns="order_id").to_parquet(base / "q.parquet")
    with pytest.raises(SourceError, match=r"'q\.parquet' and 'o\.parquet' have different headings: 'order_id'"):
        study(ORDERS.format("?.parquet"))


RUDE = {
    "cut off": ("cut.parquet", r"'cut\.parquet' cannot be read as Parquet \(.*\)\. Export it again"),
    "text": ("text.parquet", r"'text\.parquet' cannot be read as Parquet \(.*No magic bytes"),
    "empty": ("empty.parquet", r"'empty\.parquet' is empty \(0 bytes\)"),
    "no rows": ("none.parquet", "'orders' has headings but no rows"),
    "damaged inside": ("spoiled.parquet", r"the data cannot be read to their end \(.*\)\. Export them again"),
}


@pytest.mark.parametrize(("name", "message"), RUDE.values(), ids=RUDE)
def test_parquet_that_is_none(study, base, name, message):
    whole = (base / "o.parquet").read_bytes()
    (base / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    (base / "text.parquet").write_text("date,client_id\n" * 50)
    (base / "empty.parquet").touch()
    pd.read_parquet(base / "o.parquet").head(0).to_parquet(base / "none.parquet")
    start = whole.index(b"PAR1") + 4
    (base / "spoiled.parquet").write_bytes(whole[:start] + b"\xff" * 120 + whole[start + 120 :])
    with pytest.raises(ClientbaseError, match=message):
        study(ORDERS.format(name))


def test_a_file_nobody_may_open(study, base, monkeypatch):
    def closed(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    (base / "o.csv").write_text("date,client_id,revenue\n2024-03-05,c1,1\n")
    monkeypatch.setattr("clientbase.ledger.files.load_text", closed)
    with pytest.raises(SourceError, match=r"'o\.csv' cannot be opened \(Permission denied\)\. Check who may read it"):
        study(ORDERS.format("o.csv"))


def test_relations_are_kept_by_name(engine, tmp_path):
    (tmp_path / "o.csv").write_text("a,b\n01,2.5\n02,3\n")
    engine.execute("set enable_external_access = false")
    for typed, kinds in ((False, ["VARCHAR", "VARCHAR"]), (True, ["VARCHAR", "DOUBLE"])):
        (tmp_path / "scratch" / "o.csv").write_text("a,b\n01,2.5\n02,3\n")
        load_file(engine, 'odd "name"', FileSpec(file="o.csv"), tmp_path / "scratch", where="here", typed=typed)
        found = engine.execute('describe "odd ""name"""').fetchall()
        assert [kind for _, kind, *_ in found] == kinds


def test_patterns_leave_folders_out_and_keep_an_order(tmp_path):
    for name in ("b.csv", "a.csv", "c.txt"):
        (tmp_path / name).touch()
    (tmp_path / "d.csv").mkdir()
    assert [path.name for path in source_paths(FileSpec(file="*.csv"), tmp_path)] == ["a.csv", "b.csv"]
    assert [path.name for path in source_paths(FileSpec(file=f"{tmp_path}/*.txt"), tmp_path / "d.csv")] == ["c.txt"]
    assert source_paths(FileSpec(file="d.csv"), tmp_path) == []
    assert source_paths(FileSpec(), tmp_path) == []
