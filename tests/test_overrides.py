"""Manual classes beside the computed ones: kept, shown in tables, compared with what a new run computes."""

import datetime as dt
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientbase.errors import DataError, MissingColumnsError, SettingError, StudyError
from clientbase.method.common import ordered
from clientbase.overrides import (
    OVERRIDE_STATES,
    OVERRULED,
    override_status,
    read_overrides,
    remove_override,
    save_override,
    with_manual,
)

TODAY = dt.date(2025, 11, 25)
HEADER = "client_id,column,computed,manual,reason,role,date\n"


def overrule(folder, client_id="K1", column="share_class", computed="C", manual="A", **given_):
    texts = {"reason": "strategic", "role": "head of sales", "today": TODAY}
    return save_override(
        folder, **{"client_id": client_id, "column": column, "computed": computed, "manual": manual, **texts, **given_}
    )


@pytest.fixture
def overrides(tmp_path):
    """Return three overrides of two clients."""
    overrule(tmp_path, "K2", "rel_level", "L2", "L4")
    overrule(tmp_path, "K2", "share_class", "B", "D")
    return overrule(tmp_path, "K1", "share_class", "C", "A")


@pytest.fixture
def table():
    classes = ordered(["A", "B", "C"], OVERRULED["share_class"])
    return pd.DataFrame({"client_id": ["K3", "K2", "K1"], "share_class": classes, "revenue": [9.0, 5.0, 1.0]})


def test_an_override_is_kept_with_its_reason(tmp_path):
    kept = overrule(tmp_path)
    assert kept.to_dict("records") == [
        {
            "client_id": "K1", "column": "share_class", "computed": "C", "manual": "A", "reason": "strategic",
            "role": "head of sales", "date": pd.Timestamp(2025, 11, 25),
        }
    ]  # fmt: skip
    assert (tmp_path / "overrides.csv").read_bytes().decode() == (
        f"\ufeff{HEADER}K1,share_class,C,A,strategic,head of sales,2025-11-25\n".replace("\n", "\r\n")
    )
    pd.testing.assert_frame_equal(read_overrides(tmp_path), kept)


def test_overrides_stand_by_client_and_column(overrides):
    assert overrides[["client_id", "column"]].to_numpy().tolist() == [
        ["K1", "share_class"], ["K2", "rel_level"], ["K2", "share_class"],
    ]  # fmt: skip


def test_a_newer_override_takes_the_place_of_the_older(tmp_path):
    overrule(tmp_path)
    overrule(tmp_path, column="size_class", computed="SC", manual="SA")
    kept = overrule(tmp_path, manual="B", reason="not so strategic", today=dt.date(2024, 1, 1))
    assert kept["manual"].tolist() == ["B", "SA"]
    assert kept["reason"].tolist() == ["not so strategic", "strategic"]


def test_of_two_lines_typed_by_hand_the_newest_wins_and_of_one_day_the_last(tmp_path):
    lines = ["K1,xyz,X,Z,a,M,2025-02-01", "K1,xyz,X,Y,b,M,2025-01-01", "K2,xyz,X,Y,c,M,2025-01-01", "K2,xyz,X,Z,d,M,2025-01-01"]
    (tmp_path / "overrides.csv").write_text(HEADER + "\n".join(lines))
    assert read_overrides(tmp_path)["reason"].tolist() == ["a", "d"]


def test_a_client_without_a_class_can_be_given_one(tmp_path):
    for nothing in (None, np.nan, pd.NA):
        kept = overrule(tmp_path, column="xyz", computed=nothing, manual="X")
        assert kept["computed"].isna().tolist() == [True]
        pd.testing.assert_frame_equal(read_overrides(tmp_path), kept)


def test_no_overrides_are_an_empty_table(tmp_path):
    none = read_overrides(tmp_path)
    assert none.columns.tolist() == ["client_id", "column", "computed", "manual", "reason", "role", "date"]
    assert none.empty
    assert override_status(none, pd.DataFrame({"client_id": ["K1"]})).columns.tolist()[-2:] == [
        "computed_now",
        "override_state",
    ]


def test_an_override_is_taken_back(tmp_path, overrides):
    assert len(overrides) == 3
    left = remove_override(tmp_path, client_id="K2", column="share_class")
    assert left["column"].tolist() == ["share_class", "rel_level"]
    pd.testing.assert_frame_equal(read_overrides(tmp_path), left)
    with pytest.raises(SettingError, match="share_class of client 'K2' is not overruled: there is nothing to take back"):
        remove_override(tmp_path, client_id="K2", column="share_class")
    remove_override(tmp_path, client_id="K2", column="rel_level")
    assert remove_override(tmp_path, client_id="K1", column="share_class").empty
    assert read_overrides(tmp_path).empty


@pytest.mark.parametrize("client_id", ["=SUM(A1)", "-12", "+7 495", "'@x", 'Кафе "Юг", $5', "007", "a\nb", "a\rb"])
def test_any_client_is_found_again(tmp_path, client_id):
    kept = overrule(tmp_path, client_id)
    assert kept["client_id"].tolist() == [client_id]
    pd.testing.assert_frame_equal(read_overrides(tmp_path), kept)
    assert not (tmp_path / "overrides.csv").read_text(encoding="utf-8-sig").splitlines()[1].startswith(("=", "+", "@"))
    assert remove_override(tmp_path, client_id=client_id, column="share_class").empty


REFUSED = {
    "column": ({"column": "revenue"}, "'revenue' cannot be overruled; there are load_group, quadrant, rel_level"),
    "near column": ({"column": "size_clas"}, r"'size_clas' cannot be overruled \(did you mean 'size_class'"),
    "class": ({"manual": "SA"}, "'SA' is no share_class; there are A, B, C, D, L, 0"),
    "no class": ({"manual": ""}, "'' is no share_class"),
    "computed": ({"computed": "E"}, "'E' is no share_class"),
    "equal": ({"manual": "C"}, "share_class of client 'K1' is computed as C already: there is nothing to overrule"),
    "no client": ({"client_id": ""}, "client_id is empty"),
    "reason": ({"reason": ""}, "reason is empty"),
    "role": ({"role": " "}, r"role is empty\. Give a role or a code, .* not a person's name"),
}


@pytest.mark.parametrize(("given_", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_writes_nothing(tmp_path, given_, message):
    with pytest.raises(SettingError, match=message):
        overrule(tmp_path, **given_)
    assert list(tmp_path.iterdir()) == []


DAMAGED = {
    "columns": ("client_id,column\n", r"overrides\.csv, line 1: the columns are \['client_id', 'column'\]"),
    "class": (HEADER + "K1,xyz,X,A,a,M,2025-02-01\n", r"overrides\.csv, line 2: 'A' is no xyz; there are X, Y, Z, n\. Put it"),
    "column": (HEADER + "K1,abc,A,B,a,M,2025-02-01\n", "line 2: 'abc' cannot be overruled"),
    "client": (HEADER + ",xyz,X,Y,a,M,2025-02-01\n", "line 2: client_id is empty"),
    "day": (HEADER + "K1,xyz,X,Y,a,M,2025-02-01\nK2,xyz,X,Y,a,M,\n", "line 3: the date is '', needs to be a day"),
}


@pytest.mark.parametrize(("text", "message"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_named_with_its_line_and_left_alone(tmp_path, text, message):
    (tmp_path / "overrides.csv").write_text(text)
    for step in (read_overrides, overrule):
        with pytest.raises(StudyError, match=message):
            step(tmp_path)
    assert (tmp_path / "overrides.csv").read_text() == text


def test_a_file_that_cannot_be_written_stays(tmp_path, overrides, monkeypatch):
    def held(_self, _target):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", held)
    with pytest.raises(StudyError, match=r"'overrides\.csv' cannot be written \(Permission denied\)"):
        overrule(tmp_path, "K9")
    pd.testing.assert_frame_equal(read_overrides(tmp_path), overrides)


def test_the_manual_class_stands_beside_the_computed_one(table, overrides):
    both = with_manual(table, overrides)
    assert both.columns.tolist() == ["client_id", "share_class", "share_class_manual", "revenue"]
    assert both["share_class"].tolist() == ["A", "B", "C"]
    assert both["share_class_manual"].isna().tolist() == [True, False, False]
    assert both["share_class_manual"].tolist()[1:] == ["D", "A"]
    assert both["share_class_manual"].dtype == table["share_class"].dtype


def test_a_client_with_several_rows_has_the_class_in_each(overrides):
    months = pd.DataFrame({"client_id": ["K2", "K1", "K2"], "rel_level": ["L2", "L2", "L1"]}, index=[7, 7, 9])
    both = with_manual(months, overrides)
    assert both.columns.tolist() == ["client_id", "rel_level", "rel_level_manual"]
    assert both["rel_level_manual"].tolist() == ["L4", np.nan, "L4"]
    assert both.index.tolist() == [7, 7, 9]


def test_where_nothing_applies_the_table_is_the_same_object(table, overrides):
    for same in (table.drop(columns="client_id"), table.drop(columns="share_class"), table.iloc[:1], table.iloc[:0]):
        assert with_manual(same, overrides) is same
    assert with_manual(table, overrides.iloc[:0]) is table
    assert with_manual(table, overrides, codes={"K7": "K1"}) is table


def test_setting_the_manual_class_twice_changes_nothing(table, overrides):
    once = with_manual(table, overrides)
    pd.testing.assert_frame_equal(with_manual(once, overrides), once)


def test_clients_shown_by_code_keep_their_manual_class(table, overrides):
    codes = {"K1": "C1", "K2": "C2", "K3": "C3"}
    coded = table.assign(client_id=table["client_id"].map(codes))
    both = with_manual(coded, overrides, codes=codes)
    assert both["share_class_manual"].tolist()[1:] == ["D", "A"]
    assert both["client_id"].tolist() == ["C3", "C2", "C1"]


def test_the_state_of_each_override(tmp_path):
    for client_id in ("K1", "K2", "K3", "K4"):
        overrule(tmp_path, client_id)
    overrides = overrule(tmp_path, "K1", "xyz", None, "X")
    overrides = overrule(tmp_path, "K2", "xyz", None, "X")
    overrides = overrule(tmp_path, "K3", "load_group", "right", "heavy large")
    current = pd.DataFrame({"client_id": ["K3", "K2", "K1"], "share_class": ["A", "B", "C"], "xyz": [None, "Y", None]})
    status = override_status(overrides, current)
    assert status[["client_id", "column", "computed_now", "override_state"]].fillna("").to_numpy().tolist() == [
        ["K1", "share_class", "C", "applies"],
        ["K1", "xyz", "", "applies"],
        ["K2", "share_class", "B", "computed changed"],
        ["K2", "xyz", "Y", "computed changed"],
        ["K3", "load_group", "", "computed changed"],
        ["K3", "share_class", "A", "agrees now"],
        ["K4", "share_class", "", "no such client"],
    ]
    assert status["override_state"].cat.categories.tolist() == list(OVERRIDE_STATES)
    assert status.columns.tolist() == [*overrides.columns, "computed_now", "override_state"]


def test_states_by_code_name_no_client(overrides):
    current = pd.DataFrame({"client_id": ["C1"], "share_class": ordered(["C"], OVERRULED["share_class"])})
    status = override_status(overrides, current, codes={"K1": "C1"})
    assert status["override_state"].tolist() == ["applies", "no such client", "no such client"]
    assert status["client_id"].isna().tolist() == [False, True, True]
    assert not status.astype("str").isin(["K1", "K2"]).any(axis=None)


def test_a_client_twice_in_the_current_classes_is_refused(overrides):
    with pytest.raises(DataError, match="table 'current': client 'K1' has several rows, need one row per client"):
        override_status(overrides, pd.DataFrame({"client_id": ["K1", "K2", "K1"]}))


def test_missing_columns_are_named(overrides):
    with pytest.raises(MissingColumnsError, match=r"'overrides' lacks \['manual'\]"):
        with_manual(pd.DataFrame({"client_id": []}), overrides.drop(columns="manual"))
    with pytest.raises(MissingColumnsError, match=r"'current' lacks \['client_id'\]"):
        override_status(overrides, pd.DataFrame())


def test_the_input_stays_as_it_was(table, overrides):
    copies = table.copy(deep=True), overrides.copy(deep=True)
    with_manual(table, overrides)
    override_status(overrides, table, codes={"K1": "K2"})
    pd.testing.assert_frame_equal(table, copies[0])
    pd.testing.assert_frame_equal(overrides, copies[1])


def test_classes_that_may_be_given_are_those_of_the_method():
    assert OVERRULED["quadrant"] == (
        "in place", "underserved", "price review with plan", "reactivation", "excelled", "economical", "ballast",
        "price review", "archive", "not scored",
    )  # fmt: skip
    assert OVERRULED["load_group"][0] == "right"
    assert [len(classes) for classes in OVERRULED.values()] == [6, 4, 8, 4, 10, 11]


SAVE = """
import datetime, pathlib, sys
from clientbase.overrides import save_override
print("ready", flush=True)
sys.stdin.readline()
for number in range(10):
    save_override(pathlib.Path(sys.argv[1]), client_id=sys.argv[2] + str(number), column="xyz", computed="X", manual="Y",
                  reason="r", role="M", today=datetime.date(2025, 1, 2))
"""


def test_two_notebooks_at_once_lose_no_override(tmp_path):
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "encoding": "utf-8"}
    ours = [subprocess.Popen([sys.executable, "-c", SAVE, str(tmp_path), name], **pipes) for name in "ab"]
    for process in ours:
        assert process.stdout.readline() == "ready\n"
    for process in ours:
        process.stdin.write("\n")
        process.stdin.flush()
    for process in ours:
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert read_overrides(tmp_path)["client_id"].tolist() == [f"{name}{number}" for name in "ab" for number in range(10)]


def test_five_thousand_clients_take_no_time(tmp_path):
    lines = [
        f"K{number},{column},,{classes[0]},r,M,2025-01-02\n" for number in range(5000) for column, classes in OVERRULED.items()
    ]
    (tmp_path / "overrides.csv").write_text(HEADER + "".join(lines))
    table = pd.DataFrame({"client_id": [f"K{number}" for number in range(5000)]})
    table = table.assign(**{name: ordered([classes[-1]] * 5000, classes) for name, classes in OVERRULED.items()})
    start = time.perf_counter()
    overrides = read_overrides(tmp_path)
    assert with_manual(table, overrides)["load_group_manual"].eq("right").all()
    assert override_status(overrides, table)["override_state"].eq("computed changed").all()
    assert time.perf_counter() - start < 10  # a quarter of a second; a row loop over tables would take minutes


one = st.tuples(st.sampled_from(["K1", "K2", "K3"]), st.sampled_from(["share_class", "xyz"]), st.integers(1, 3))


@settings(max_examples=30)
@given(st.lists(one, max_size=6))
def test_what_applies_is_what_was_saved_last(tmp_path_factory, saves):
    folder = tmp_path_factory.mktemp("study")
    last = {}
    for client_id, column, number in saves:
        manual = OVERRULED[column][number]
        overrule(folder, client_id, column, OVERRULED[column][0], manual)
        last[client_id, column] = manual
    overrides = read_overrides(folder)
    assert dict(zip(zip(overrides["client_id"], overrides["column"], strict=True), overrides["manual"], strict=True)) == last
    current = pd.DataFrame({"client_id": ["K3", "K1", "K2"], "share_class": "A", "xyz": "X"})
    assert (override_status(overrides, current)["override_state"] == "applies").all()
    both = with_manual(current, overrides)
    assert both[["client_id", "share_class", "xyz"]].equals(current)
    shown = both.drop(columns=["share_class", "xyz"]).melt("client_id").dropna()
    assert {(row.client_id, row.variable.removesuffix("_manual")): row.value for row in shown.itertuples()} == last
