"""Panels: a move redraws picture, sentences and the count of moved clients; Reset and Save do what they say."""

import re
import tomllib
from html import unescape

import ipywidgets
import pandas as pd
import pytest
from small_study import write_study

from clientbase.notebook import Page
from clientbase.panels.catalogue import PANELS, panel
from clientbase.study import open_study

PNG = '<img src="data:image/png;base64,iVBORw0KGgo'  # what every file of that kind begins with


@pytest.fixture
def study(tmp_path):
    return write_study(tmp_path)


@pytest.fixture(scope="module")
def demo():
    return Page(open_study("demo"))


def plain(html):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html.value)).split())


def sentences(found):
    """Return the sentences that read the picture, as the panel shows them, one in each paragraph."""
    return [unescape(one) for one in re.findall(r'<p class="cb-finding">(.*?)</p>', found.sentences.value)]


def moved(control):
    """Return another value that the control allows."""
    if isinstance(control, ipywidgets.Dropdown):
        return next(value for _, value in control.options if value != control.value)
    if isinstance(control, ipywidgets.Checkbox):
        return not control.value
    if isinstance(control, ipywidgets.Text):
        return "median"
    if isinstance(control, ipywidgets.FloatText):
        return control.value + 100
    return control.value + control.step if control.value + control.step <= control.max else control.value - control.step


@pytest.mark.parametrize("name", PANELS)
def test_every_panel_draws_and_answers_every_move(demo, name):
    found = panel(demo, name)
    assert found.picture.value.startswith(PNG) or found.sentences.value
    assert found.message.value == ""
    assert all(len(sentence.split()) > 2 for sentence in sentences(found))
    for control in found._all_controls:
        control.value = moved(control)
        assert found.message.value == "", control.description
        assert found.moved_values
        found.reset()
        assert found.moved_values == {}


@pytest.mark.parametrize("name", PANELS)
def test_panels_stand_on_a_small_company(study, name):
    found = panel(Page(open_study(study)), name)
    assert found.message.value == ""


def test_a_move_changes_picture_sentence_and_count(demo):
    found = panel(demo, "shares")
    before = found.picture.value, found.sentences.value
    assert plain(found.moved) == "0 clients change class against the study's present value."
    found.controls["share_a"].value = 0.70
    expected = demo.engagement.apply(share_a=0.70).steps.share_classes.set_index("client_id")["share_class"].astype("str")
    present = demo.steps.share_classes.set_index("client_id")["share_class"].astype("str")
    n_moved = int((expected != present.loc[expected.index]).sum())
    assert n_moved > 0
    assert plain(found.moved).startswith(f"{n_moved} clients change class")
    assert (found.picture.value, found.sentences.value) != before
    assert found.picture.value.startswith(PNG)
    alt = unescape(re.search(r'alt="([^"]*)"', found.picture.value)[1])
    assert alt == demo.with_values({"share_a": 0.70}).findings.shares_title()  # for those who cannot see it
    assert found.sentences.value != before[1]


def test_the_largest_moved_clients_are_named_with_both_classes(demo):
    found = panel(demo, "shares")
    found.controls["basis"].value = "margin"
    table = found.moved.value
    assert table.count("<tr") - 1 == 10
    assert "Dairy" in table or "Meat" in table


def test_a_setting_that_the_data_or_another_one_overrule_rests(demo, study):
    load = panel(demo, "load")  # whose table of departments has practical_share
    assert load.controls["practical_share"].disabled
    assert demo.with_values({"practical_share": 0.5}).load.rates.equals(demo.load.rates)
    sizes = panel(demo, "sizes")
    assert not sizes.controls["large_quantile"].disabled
    sizes.controls["large_from"].value = 900
    assert sizes.controls["large_quantile"].disabled
    assert not sizes.controls["small_quantile"].disabled
    sizes.reset()
    assert not sizes.controls["large_quantile"].disabled
    assert not panel(demo, "shares").controls["basis"].disabled
    orders = pd.read_csv(study / "orders.csv")
    orders.drop(columns="cost").to_csv(study / "orders.csv", index=False)
    assert panel(Page(open_study(study)), "shares").controls["basis"].disabled


def test_what_cannot_be_is_said_and_the_last_picture_stays(demo):
    found = panel(demo, "shares")
    before = found.picture.value
    found.controls["share_a"].value = 0.99
    assert "the bounds must rise" in plain(found.message)
    assert found.picture.value == before
    found.reset()
    assert found.message.value == ""


def test_save_needs_a_reason_and_writes_study_and_decision(study):
    found = panel(Page(open_study(study)), "shares")
    found.save()
    assert "Nothing was moved" in plain(found.message)
    found.controls["share_a"].value = 0.70
    found.save()
    assert "reason" in plain(found.message).lower()
    assert "share_classes" not in tomllib.loads((study / "study.toml").read_text())
    found.reason.value, found.role.value = "The middle is too thin", "head of sales"
    found.save()
    assert "Saved into study.toml and decisions.csv: share_a." in plain(found.message)
    assert tomllib.loads((study / "study.toml").read_text())["share_classes"] == {"share_a": 0.70}
    decisions = pd.read_csv(study / "decisions.csv")
    assert decisions[["step", "parameter", "new", "reason", "role"]].astype("str").to_numpy().tolist() == [
        ["05_weighted_scoring", "share_a", "0.7", "The middle is too thin", "head of sales"]
    ]
    assert found.moved_values == {}  # what was saved is the present value now
    assert open_study(study).settings.value("share_a") == 0.70


def test_two_notebooks_cannot_lose_each_others_change(study):
    first, second = (panel(Page(open_study(study)), "shares") for _ in range(2))
    for found, name, value in ((first, "share_a", 0.70), (second, "share_b", 0.90)):
        found.controls[name].value = value
        found.reason.value, found.role.value = "tried out", "analyst"
        found.save()
        assert "Saved" in plain(found.message)
    assert tomllib.loads((study / "study.toml").read_text())["share_classes"] == {"share_a": 0.70, "share_b": 0.90}
    second.controls["share_a"].value = 0.75
    second.reason.value = "again"
    second.save()
    assert "share_a" in plain(second.message)
    assert "Saved" not in plain(second.message)  # the first notebook has changed it meanwhile
    assert tomllib.loads((study / "study.toml").read_text())["share_classes"]["share_a"] == 0.70


def test_weights_of_the_signs_are_a_decision_too(demo):
    found = panel(demo, "scores")
    part = found.parts[0]
    part.control.value = 0.0
    assert found.moved_values == {"sign_weights": {part.key: 0.0}}
    assert "change class" in plain(found.moved)


def test_a_moved_window_is_read_again(study):
    found = panel(Page(open_study(study)), "window")
    found.controls["window_months"].value = 6
    assert found.message.value == ""
    page = found.page.with_values(found.moved_values)
    assert page.engagement.window.months == 6
    assert page.engagement.facts["revenue"].sum() < found.page.engagement.facts["revenue"].sum()


def test_data_in_a_panel_are_text(study):
    found = panel(Page(open_study(study)), "shares")
    found.controls["share_a"].value = 0.10
    assert "<b>North</b>" not in found.moved.value
