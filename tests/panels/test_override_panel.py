"""A class set by hand: saved with its reason, shown beside the computed one, carried forward or called in question."""

import re
from html import unescape

import pandas as pd
import pytest
from small_study import write_study

from clientbase.codes import assigned_codes
from clientbase.errors import SettingError
from clientbase.findings import ManualFindings
from clientbase.notebook import Page
from clientbase.panels.override_panel import OverridePanel
from clientbase.study import Run, open_study


@pytest.fixture
def study(tmp_path):
    return write_study(tmp_path)


def plain(html):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html.value)).split())


def overrule(study, client="K3", column="share_class", manual="A", reason="Framework contract", role="head of sales"):
    found = OverridePanel(Page(open_study(study)), column)
    found.client.value, found.manual.value, found.reason.value, found.role.value = client, manual, reason, role
    found.save()
    return found


def test_a_class_by_hand_stands_beside_the_computed_one(study):
    computed = open_study(study).steps.share_classes.set_index("client_id")["share_class"]
    assert str(computed["K3"]) != "A"
    said = overrule(study)
    assert "Set by hand" in plain(said.message)
    assert "Framework contract" in plain(said.listed)
    engagement = open_study(study)
    table = engagement.manual.beside(engagement.steps.client_card)
    place = table.columns.get_loc("share_class")
    assert table.columns[place + 1] == "share_class_manual"
    assert table.set_index("client_id")["share_class_manual"].dropna().astype("str").to_dict() == {"K3": "A"}
    assert engagement.steps.share_classes.set_index("client_id")["share_class"].to_dict() == computed.to_dict()


def test_pages_show_and_keep_both(study, tmp_path, capsys):
    overrule(study)
    page = Page(open_study(study, Run({}, tables=tmp_path / "tables")))
    page.table("client_card", page.steps.client_card)
    assert "share_class_manual" in pd.read_parquet(tmp_path / "tables" / "client_card.parquet")
    page.overrides()
    assert pd.read_parquet(tmp_path / "tables" / "overrides.parquet")["manual"].tolist() == ["A"]
    assert "Traceback" not in capsys.readouterr().out


def test_a_new_run_says_what_no_longer_applies(study):
    overrule(study)
    computed = open_study(study).steps.share_classes.set_index("client_id")["share_class"].astype("str")["K3"]
    again = open_study(study).apply(share_a=0.99, share_b=0.995, share_c=0.999)
    assert again.manual.status["override_state"].astype("str").tolist() == ["agrees now"]
    told = ManualFindings(again.manual, again.words, hide_reasons=False)
    assert told.overrides() == ["1 class set by hand no longer applies as it was set: look again."]
    row = told.table().iloc[0]
    assert (row["computed"], row["manual"], row["computed_now"]) == (computed, "A", "A")


def test_without_names_the_reason_is_left_out_and_the_client_is_a_code(study):
    overrule(study, reason="Mill & Sons asked for it")
    found = open_study(study, Run({}, hide_names=True))
    table = ManualFindings(found.manual, found.words, hide_reasons=True).table()
    assert "reason" not in table
    assert "client_name" not in table
    assert found.codes is None or set(table["client_id"]) <= set(assigned_codes(open_study(study).ledger).values())


def test_what_cannot_be_set_is_said(study):
    assert "reason is empty" in plain(overrule(study, reason="").message)
    assert "Which client? nobody is called so" in plain(overrule(study, client="zzzz").message)
    assert "Which client?" in plain(overrule(study, client="K").message)  # several
    assert "already" in plain(overrule(study, client="K1").message)  # computed as A
    with pytest.raises(SettingError, match="'region' cannot be set by hand"):
        OverridePanel(Page(open_study(study)), "region")


def test_a_class_by_hand_can_be_taken_back(study):
    found = overrule(study)
    found.remove()
    assert plain(found.message) == "Taken back."
    assert open_study(study).manual.status is None
