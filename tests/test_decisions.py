"""Decisions: what is written into study.toml and decisions.csv, what is refused, and two notebooks at once."""

import datetime as dt
import os
import re
import subprocess
import sys
import threading
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientbase import decisions
from clientbase.decisions import ConflictError, only_writer, put_in_place, read_decisions, save_decision
from clientbase.errors import SettingError, StudyError
from clientbase.settings import default_of
from clientbase.study_file import read_study

TODAY = dt.date(2025, 11, 25)
TEXTS = {"step": "purchase_size", "reason": "new price list", "role": "head of sales", "today": TODAY}
TOP = 'name = "mill"\ncurrency = "EUR"\n[sources.orders]\nfile = "orders.csv"\n'
STUDY = f"""# The mill's study
{TOP}
# How long we look back

[preparation]
window_months = 12 # a year
returns_at = 'own'  # as booked

# Who is large
[purchase_size]
large_from = 2_500 # of a delivery
small_below = 100.0

# What the client offers
[parity]
offers = {{ volume = 0.10, orders = 12 }} # of the largest
table_discounts = [
    0.03, # small
    # the usual one
    0.05,
]

[load.typed_minutes.sales]
order = 12 # measured in March
line = 1.5

# The office
[load.typed_minutes.office]
order = 3
"""


@pytest.fixture
def study(tmp_path):
    """Return a function that writes study.toml and reads it."""

    def write(text=STUDY):
        (tmp_path / "study.toml").write_bytes(text.encode() if isinstance(text, str) else text)
        return read_study(tmp_path)

    return write


def text_of(file) -> str:
    return file.path.read_bytes().decode()


def saved(file, changes, **given):
    """Save changes of the values in force, as a panel does, and return the new text of study.toml."""
    now = read_study(file.path).settings
    save_decision(file, changes, **{**TEXTS, "seen": {name: now.value(name) for name in changes}, **given})
    return text_of(file)


def test_a_decision_changes_its_line_and_nothing_else(study):
    assert saved(study(), {"large_from": 3000.0}) == STUDY.replace("large_from = 2_500 #", "large_from = 3000 #")


def test_the_log_tells_what_was_decided(study):
    file = study()
    rows = save_decision(file, {"large_from": 3000.0}, seen={"large_from": 2500.0}, **TEXTS)
    assert rows.to_dict("records") == [
        {
            "step": "purchase_size", "parameter": "large_from", "old": "2500.0", "new": "3000.0",
            "reason": "new price list", "role": "head of sales", "date": pd.Timestamp(2025, 11, 25),
        }
    ]  # fmt: skip
    assert (file.folder / "decisions.csv").read_bytes().decode() == (
        "\ufeffstep,parameter,old,new,reason,role,date\r\n"
        "purchase_size,large_from,2500.0,3000.0,new price list,head of sales,2025-11-25\r\n"
    )
    pd.testing.assert_frame_equal(read_decisions(file.folder), rows)


def test_the_log_grows_and_the_study_follows(study):
    file = study()
    saved(file, {"large_from": 3000.0, "window_months": 6})
    saved(file, {"large_from": 4000.0}, reason="Инфляция")
    log = read_decisions(file.folder)
    assert log["parameter"].tolist() == ["large_from", "window_months", "large_from"]
    assert log["old"].tolist() == ["2500.0", "12", "3000.0"]
    assert log["reason"].tolist() == ["new price list", "new price list", "Инфляция"]
    now = read_study(file.path).settings
    assert (now.value("large_from"), now.value("window_months")) == (4000, 6)
    assert sorted(path.name for path in file.folder.iterdir()) == [".clientbase", "decisions.csv", "study.toml"]


def test_no_decisions_are_an_empty_table(tmp_path):
    log = read_decisions(tmp_path)
    assert log.columns.tolist() == ["step", "parameter", "old", "new", "reason", "role", "date"]
    assert log.empty
    assert log["date"].dtype == "datetime64[us]"


def test_a_default_is_written_and_a_value_in_force_is_confirmed(study):
    file = study()
    assert default_of("window_months") == 12
    text = saved(file, {"window_months": 12, "regular_from": 0.5})
    assert text == STUDY.replace("small_below = 100.0\n", "small_below = 100.0\nregular_from = 0.5\n")
    assert read_decisions(file.folder)[["old", "new"]].to_numpy().tolist() == [["12", "12"], ["0.5", "0.5"]]


PLACES = {
    "quotes and remark": (
        "[preparation]\nreturns_at = 'own'  # as booked\n",
        {"returns_at": "origin"},
        "[preparation]\nreturns_at = 'origin'  # as booked\n",
    ),
    "new section": ("", {"share_a": 0.7}, "\n[share_classes]\nshare_a = 0.7\n"),
    "before the remark of the next section": (
        "[flows]\nloss = 0.1 # c\n\n# next\n[regions]\n",
        {"moved_share": 0.2},
        "[flows]\nloss = 0.1 # c\nmoved_share = 0.2\n\n# next\n[regions]\n",
    ),
    "as far in as its neighbours": (
        "[flows]\n  loss = 0.1\n",
        {"moved_share": 0.2},
        "[flows]\n  loss = 0.1\n  moved_share = 0.2\n",
    ),
    "names that need quotes": (
        "[economics.channel_spend]\nfair = 5\n",
        {"channel_spend": {"own site, 2025": 7.5}},
        '[economics.channel_spend]\n"own site, 2025" = 7.5\n',
    ),
    "whole numbers": ("[purchase_size]\nlarge_from = 2_500\n", {"large_from": 3e3}, "[purchase_size]\nlarge_from = 3000\n"),
    "empty section": ("[flows]\n# next\n[regions]\n", {"loss": 0.2}, "[flows]\nloss = 0.2\n# next\n[regions]\n"),
    "last line without its end": ("[flows]\nloss = 0.1", {"moved_share": 0.2}, "[flows]\nloss = 0.1\nmoved_share = 0.2\n"),
    "beside tables": (
        "[load.typed_minutes.sales]\norder = 1\n",
        {"loyal_from": 0.7},
        "[load]\nloyal_from = 0.7\n\n[load.typed_minutes.sales]\norder = 1\n",
    ),
    "above its tables": (
        "[load]\nloyal_from = 0.5\n[load.typed_minutes.sales]\norder = 1\n[flows]\n",
        {"growth_from": 0.2},
        "[load]\nloyal_from = 0.5\ngrowth_from = 0.2\n[load.typed_minutes.sales]\norder = 1\n[flows]\n",
    ),
    "section in pieces": (
        "[load.typed_minutes.sales]\norder = 1\n[flows]\nloss = 0.1\n[load]\nloyal_from = 0.5\n",
        {"growth_from": 0.2},
        "[load.typed_minutes.sales]\norder = 1\n[flows]\nloss = 0.1\n[load]\nloyal_from = 0.5\ngrowth_from = 0.2\n",
    ),
    "value of a table on one line": (
        "[parity]\noffers = { volume = 0.1 } # now\n",
        {"offers": {"volume": 0.2, "pickup": 1}},
        "[parity]\noffers = {volume = 0.2, pickup = 1.0} # now\n",
    ),
    "value of a table on lines": (
        "[parity.offers]\nvolume = 0.1 # now\npickup = 1.0\n\n# next\n[flows]\n",
        {"offers": {"volume": 0.2, "orders": 12}},
        "[parity.offers]\nvolume = 0.2 # now\norders = 12.0\n\n# next\n[flows]\n",
    ),
    "table emptied": (
        "[parity.offers]\nvolume = 0.1 # now\n",
        {"offers": {}},
        "[parity]\n# now\noffers = {}\n",
    ),
    "table gone, its remark kept": (
        "[load.typed_minutes.sales]\norder = 1 # measured\n[load.typed_minutes.office]\n# all\norder = 2\n",
        {"typed_minutes": {"sales": {"order": 1.0}}},
        "[load.typed_minutes.sales]\norder = 1 # measured\n# all\n",
    ),
    "table new": (
        "[load.typed_minutes.sales]\norder = 1\n",
        {"typed_minutes": {"sales": {"order": 1.0}, "office": {"line": 2.0}}},
        "[load.typed_minutes.sales]\norder = 1\n\n[load.typed_minutes.office]\nline = 2.0\n",
    ),
    "list on lines": (
        "[parity]\ntable_discounts = [\n  0.03, # small\n  # usual\n  0.05,\n] # all\n",
        {"table_discounts": [0.04]},
        "[parity]\n# small\n# usual\ntable_discounts = [0.04] # all\n",
    ),
    "behind a list on lines": (
        "[parity]\ntable_discounts = [\n  0.03, # small\n] # all\n\n# next\n[flows]\n",
        {"capital_rate": 0.2},
        "[parity]\ntable_discounts = [\n  0.03, # small\n] # all\ncapital_rate = 0.2\n\n# next\n[flows]\n",
    ),
    "dotted": (
        "[parity]\noffers.volume = 0.1\nasked_discount = 0.1\n",
        {"offers": {"volume": 0.2}, "capital_rate": 0.2},
        "[parity]\noffers.volume = 0.2\nasked_discount = 0.1\ncapital_rate = 0.2\n",
    ),
    "texts": (
        "[parity]\n",
        {"negotiated_client": 'O\'Hara "& Sons" # \\ 5'},
        '[parity]\nnegotiated_client = "O\'Hara \\"& Sons\\" # \\\\ 5"\n',
    ),
    "yes and no": (
        "[stability]\nis_seasonal = false # flat\n",
        {"is_seasonal": True},
        "[stability]\nis_seasonal = true # flat\n",
    ),
}


@pytest.mark.parametrize(("before", "changes", "after"), PLACES.values(), ids=PLACES)
def test_a_setting_is_written_where_it_belongs(study, before, changes, after):
    assert saved(study(TOP + before), changes) == TOP + after


def test_a_section_on_one_line(study):
    file = study("preparation = { window_months = 6 } # half\n" + TOP)
    assert saved(file, {"window_months": 9, "grain": "year"}).startswith(
        'preparation = { window_months = 9, grain = "year"} # half\n'
    )
    assert read_study(file.path).settings.value("grain") == "year"


def test_windows_line_ends_and_the_byte_order_mark_stay(study):
    before = ("\ufeff" + STUDY.replace("\n", "\r\n")).encode()
    file = study(before)
    saved(file, {"large_from": 3000.0, "loss": 0.25})
    after = file.path.read_bytes()
    assert after.startswith("\ufeff# The mill".encode())
    assert after.count(b"\r\n") == after.count(b"\n") == before.count(b"\n") + 3
    assert after.endswith(b"\r\n\r\n[flows]\r\nloss = 0.25\r\n")


def test_values_of_controls_and_of_tables_are_taken(study):
    file = study()
    changes = {"large_from": np.float64(3000), "window_months": np.int64(6), "table_margins": (0.1, np.float64(0.2))}
    seen = {"large_from": np.float64(2500), "window_months": 12, "table_margins": (0.2, 0.3, 0.4)}
    rows = save_decision(file, changes, seen=seen, **TEXTS)
    assert rows["new"].tolist() == ["3000.0", "6", "[0.1, 0.2]"]
    assert tomllib.loads(text_of(file))["parity"]["table_margins"] == [0.1, 0.2]


def test_the_permissions_of_the_study_stay(study):
    file = study()
    file.path.chmod(0o664)
    saved(file, {"large_from": 3000.0})
    assert file.path.stat().st_mode & 0o777 == 0o664


def test_a_change_of_another_is_not_overwritten(study):
    file = study()
    saved(file, {"large_from": 3000.0})
    before = text_of(file)
    message = (
        r"large_from is now 3000\.0, not 2500\.0 as shown here: on 2025-11-25 it was changed in the role 'head of sales', "
        r"for the reason 'new price list'\.\nNothing was saved"
    )
    with pytest.raises(ConflictError, match=message):
        save_decision(file, {"large_from": 3000.0}, seen={"large_from": 2500.0}, **TEXTS)
    assert text_of(file) == before
    assert len(read_decisions(file.folder)) == 1


def test_a_change_by_hand_is_told_as_one(study):
    file = study()
    saved(file, {"large_from": 3000.0})
    file.path.write_text(text_of(file).replace("3000", "3500"))
    with pytest.raises(ConflictError, match=r"large_from is now 3500\.0, not 3000.* by hand\.") as caught:
        save_decision(file, {"large_from": 4.0, "loss": 0.1}, seen={"large_from": 3000.0, "loss": 0.5}, **TEXTS)
    assert "loss" not in str(caught.value)


def test_what_another_changed_elsewhere_stays(study):
    file = study()
    saved(file, {"window_months": 6})
    save_decision(file, {"large_from": 3000.0}, seen={"large_from": 2500.0, "window_months": 12}, **TEXTS)
    now = read_study(file.path).settings
    assert (now.value("window_months"), now.value("large_from")) == (6, 3000)


REFUSED = {
    "unknown": ({"large_form": 1.0}, {}, SettingError, r"there is no setting 'large_form' \(did you mean 'large_from'"),
    "illegal": ({"loss": 2.0}, {}, SettingError, r"section \[flows\]: loss = 2\.0 needs to be less than or equal to 1\. It is"),
    "crossed": ({"large_from": 50.0}, {}, SettingError, r"section \[purchase_size\]: small_below must be less than large_from"),
    "nothing": ({}, {}, SettingError, "there is nothing to save"),
    "not seen": ({"loss": 0.2}, {"seen": {}}, SettingError, "loss: the value seen before the change is not given"),
    "no reason": ({"loss": 0.2}, {"reason": " \n"}, SettingError, r"reason is empty\. Say in a sentence why"),
    "no role": ({"loss": 0.2}, {"role": ""}, SettingError, r"role is empty\. Give a role or a code, .* not a person's name"),
    "role missing": ({"loss": 0.2}, {"role": None}, SettingError, "role is empty"),
    "no step": ({"loss": 0.2}, {"step": ""}, SettingError, "step is empty"),
}


@pytest.mark.parametrize(("changes", "given_", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_leaves_the_study_as_it_was(study, changes, given_, error, message):
    file = study()
    seen = {name: file.settings.value(name) for name in changes if name != "large_form"}
    with pytest.raises(error, match=message):
        save_decision(file, changes, **{**TEXTS, "seen": seen, **given_})
    assert text_of(file) == STUDY
    assert not (file.folder / "decisions.csv").exists()


def test_texts_are_one_line_and_no_formula(study):
    file = study()
    reason = '=HYPERLINK(1)\r\nсм. \udce9 \x00 прайс, "новый"'
    save_decision(file, {"asked_discount": -0.02}, seen={"asked_discount": 0.05}, **{**TEXTS, "reason": reason, "role": "'-M2"})
    line = (file.folder / "decisions.csv").read_text(encoding="utf-8-sig").splitlines()[1]
    assert line == 'purchase_size,asked_discount,0.05,-0.02,"\'=HYPERLINK(1) см. прайс, ""новый""",\'\'-M2,2025-11-25'
    row = read_decisions(file.folder).loc[0]
    assert (row["reason"], row["role"]) == ('=HYPERLINK(1) см. прайс, "новый"', "'-M2")


def test_a_log_kept_by_hand_is_continued(study):
    file = study()
    before = b'step,parameter,old,new,reason,role,date\r\n\r\na,loss,1,0.5,"two\r\nlines",M1,2024-01-31'
    (file.folder / "decisions.csv").write_bytes(before)
    saved(file, {"loss": 0.25})
    assert (file.folder / "decisions.csv").read_bytes().startswith(before + b"\r\n")
    log = read_decisions(file.folder)
    assert log["new"].tolist() == ["0.5", "0.25"]
    assert log["reason"].tolist() == ["two\r\nlines", "new price list"]


HEADER = "step,parameter,old,new,reason,role,date\n"
GOOD = "a,loss,1,0.5,why,M1,2024-01-31\n"
DAMAGED = {
    "columns": ("step;parameter\n", r"decisions\.csv, line 1: the columns are \['step;parameter'\], need \['step', "),
    "values": (HEADER + GOOD + "a,loss\n", r"decisions\.csv, line 3: it has 2 values, needs 7"),
    "day": (HEADER + GOOD.replace("2024-01-31", "31.01.2024"), r"line 2: the date is '31\.01\.2024', needs to be a day"),
    "short day": (HEADER + GOOD.replace("2024-01-31", "20240131"), "line 2: the date is '20240131'"),
    "quote": (HEADER + GOOD + 'a,"loss\n', r"decisions\.csv, line 3: unexpected end of data"),
}


@pytest.mark.parametrize(("text", "message"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_log_is_named_with_its_line_and_not_added_to(study, text, message):
    file = study()
    (file.folder / "decisions.csv").write_text(text)
    with pytest.raises(StudyError, match=message):
        read_decisions(file.folder)
    with pytest.raises(StudyError, match=message):
        saved(file, {"loss": 0.25})
    assert text_of(file) == STUDY
    assert (file.folder / "decisions.csv").read_text() == text


def test_a_log_that_is_no_text(tmp_path):
    (tmp_path / "decisions.csv").write_bytes(HEADER.encode() + "a,b,c,d,Причина,f,2024-01-31".encode("cp1251"))
    with pytest.raises(StudyError, match=r"decisions\.csv is not in UTF-8"):
        read_decisions(tmp_path)


def test_a_log_nobody_may_open(tmp_path):
    (tmp_path / "decisions.csv").mkdir()
    with pytest.raises(StudyError, match=r"decisions\.csv cannot be opened"):
        read_decisions(tmp_path)


@pytest.mark.parametrize("refused", ["decisions.csv", "study.toml"])
def test_neither_file_is_written_without_the_other(study, monkeypatch, refused):
    file = study()
    saved(file, {"large_from": 3000.0})
    before = {path.name: path.read_bytes() for path in file.folder.iterdir() if path.is_file()}
    replace = Path.replace

    def held(self, target):
        if target.name == refused:
            raise PermissionError(13, "Permission denied")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", held)
    message = r"'decisions\.csv' and 'study\.toml' cannot be written \(Permission denied\); the study is as it was"
    with pytest.raises(StudyError, match=message):
        saved(file, {"large_from": 4000.0})
    assert {path.name: path.read_bytes() for path in file.folder.iterdir() if path.is_file()} == before


def test_a_first_log_is_taken_back_with_the_study(study, monkeypatch):
    file = study()
    replace = Path.replace

    def full(self, target):
        if target.name == "study.toml":
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(StudyError, match="No space left on device"):
        saved(file, {"loss": 0.25})
    assert sorted(path.name for path in file.folder.iterdir()) == [".clientbase", "study.toml"]


def test_a_disk_that_is_full_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(_stream):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StudyError, match=r"'a' cannot be written \(No space left"):
        put_in_place({tmp_path / "a": b"1"})
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_locked(study):
    file = study()
    (file.folder / ".clientbase").write_text("in the way")
    with pytest.raises(StudyError, match=r"cannot be locked .* Check who may write there, or copy the study"):
        saved(file, {"loss": 0.25})


def test_a_writer_that_does_not_end_is_told(study, monkeypatch):
    file = study()
    monkeypatch.setattr(decisions, "LOCK_SECONDS", 0.1)
    is_held, is_over = threading.Event(), threading.Event()

    def hold():
        with only_writer(file.folder):
            is_held.set()
            is_over.wait(30)

    other = threading.Thread(target=hold)
    other.start()
    try:
        assert is_held.wait(30)
        with pytest.raises(StudyError, match=r"another notebook has been saving into .* for over 0\.1 seconds"):
            saved(file, {"loss": 0.25})
    finally:
        is_over.set()
        other.join()
    assert text_of(file) == STUDY
    saved(file, {"loss": 0.25})


def test_a_study_that_no_edit_can_follow_is_left_alone(study):
    before = f"{TOP}[load.typed_minutes.sales]\norder = 1\n[flows]\n[load.typed_minutes.office]\norder = 2\n"
    file = study(before)
    with pytest.raises(StudyError, match=r"Write it there by hand: \[load\] typed_minutes = \{office = \{order = 3\.0\}\}"):
        saved(file, {"typed_minutes": {"office": {"order": 3.0}}})
    assert text_of(file) == before


SAVE = """
import datetime, sys
from clientbase.decisions import save_decision
from clientbase.errors import ClientbaseError
from clientbase.study_file import read_study
folder, name, value = sys.argv[1:]
file = read_study(folder)
seen = {name: file.settings.value(name)}
print("ready", flush=True)
sys.stdin.readline()
try:
    save_decision(file, {name: float(value)}, seen=seen, step="s", reason="r" + value, role="M1",
        today=datetime.date(2025, 1, 2))
except ClientbaseError as error:
    print(type(error).__name__, error)
else:
    print("saved")
"""


def at_once(folder: Path, *wanted: tuple[str, str]) -> list[str]:
    """Let a process a change read the study, then all save at the same time; return what each says."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "encoding": "utf-8"}
    ours = [subprocess.Popen([sys.executable, "-c", SAVE, str(folder), *change], **pipes) for change in wanted]
    for process in ours:
        assert process.stdout.readline() == "ready\n"
    for process in ours:
        process.stdin.write("\n")
        process.stdin.flush()
    return [process.communicate(timeout=60)[0] for process in ours]


def test_two_notebooks_that_save_different_settings_both_land(study):
    file = study()
    assert at_once(file.folder, ("large_from", "3000"), ("loss", "0.25")) == ["saved\n", "saved\n"]
    now = read_study(file.path).settings
    assert (now.value("large_from"), now.value("loss")) == (3000, 0.25)
    assert sorted(read_decisions(file.folder)["parameter"]) == ["large_from", "loss"]


def test_of_two_notebooks_that_save_the_same_setting_one_is_told_of_the_other(study):
    file = study()
    said = at_once(file.folder, ("large_from", "3000"), ("large_from", "4000"))
    first = said.index("saved\n")
    won = ("3000", "4000")[first]
    assert said[1 - first].startswith(f"ConflictError large_from is now {won}.0, not 2500.0 as shown here: on 2025-01-02")
    assert f"'M1', for the reason 'r{won}'" in said[1 - first]
    assert read_study(file.path).settings.value("large_from") == float(won)
    assert read_decisions(file.folder)["new"].tolist() == [f"{won}.0"]


minutes = st.dictionaries(st.sampled_from(["order", "line", "contact"]), st.integers(1, 9).map(float), min_size=1)
departments = st.dictionaries(st.sampled_from(["sales", "office", "склад 2", "a.b"]), minutes)
change = st.one_of(
    st.fixed_dictionaries({"large_from": st.floats(101, 1e9)}),
    st.fixed_dictionaries({"window_months": st.integers(1, 60), "loss": st.floats(0, 1)}),
    st.fixed_dictionaries({"returns_at": st.sampled_from(["own", "origin"])}),
    st.fixed_dictionaries({"table_discounts": st.lists(st.floats(0, 0.9), min_size=1, max_size=3)}),
    st.fixed_dictionaries({"offers": st.dictionaries(st.sampled_from(["volume", "mix", "orders"]), st.floats(0, 1))}),
    st.fixed_dictionaries({"typed_minutes": departments}),
    st.fixed_dictionaries({"negotiated_client": st.text(st.characters(exclude_categories=["Cs"]), max_size=20)}),
)


@settings(max_examples=60)
@given(st.lists(change, min_size=1, max_size=5))
def test_any_decisions_keep_every_remark_and_land(tmp_path_factory, changes):
    folder = tmp_path_factory.mktemp("study")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    file, expected = read_study(folder), {}
    for values in changes:
        saved(file, values)
        expected |= values
    text = text_of(file)
    for remark in re.findall(r"#.*", STUDY):
        assert text.count(remark) == 1
    now = read_study(folder).settings
    assert {name: now.value(name) for name in expected} == expected
    assert now.value("small_below") == 100
    assert len(read_decisions(folder)) == sum(len(values) for values in changes)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=6, max_size=6))
def test_what_is_written_into_a_log_is_read_back(tmp_path_factory, texts):
    folder = tmp_path_factory.mktemp("log")
    (folder / "decisions.csv").write_text(
        decisions.csv_text([decisions.COLUMNS, [*texts, "2025-01-02"]]), encoding="utf-8", newline=""
    )
    cells = (folder / "decisions.csv").read_text(encoding="utf-8").split("\n", 1)[1]
    assert not re.match(r'"?[=+@]', cells)
    assert read_decisions(folder).iloc[0].tolist() == [*texts, pd.Timestamp(2025, 1, 2)]
