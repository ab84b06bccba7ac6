"""The panels in a real browser: every control moved by keyboard or mouse, a decision saved and found again in a report."""

import json
import subprocess
import sys
import tomllib

import pytest

from clientbase.panels.catalogue import PANELS

BY_NOTEBOOK = {}
for name, spec in PANELS.items():
    BY_NOTEBOOK.setdefault(spec.step, []).append(f"{spec.step[:2]}-panel-{name}")

AT_REST = {"08-panel-load": 1}  # the departments of the demo say themselves what part of the paid hours is fit for work


def answered(box, n):
    """Wait until the kernel has answered n moves of a panel: what a slider says of itself changes before that."""
    box.locator(f'.cb-state[data-answers="{n}"]').wait_for(state="attached")


def answers(box):
    return int(box.locator(".cb-state").get_attribute("data-answers"))


def slide(notebook, slider, *, by_mouse):
    """Move a slider to another value, by one step of the keyboard or to a place of the mouse."""
    grip = slider.locator(".noUi-handle")
    if by_mouse:
        bar = slider.locator(".noUi-base")
        bar.scroll_into_view_if_needed()
        area = bar.bounding_box()
        at = float(grip.get_attribute("aria-valuenow")) - float(grip.get_attribute("aria-valuemin"))
        span = float(grip.get_attribute("aria-valuemax")) - float(grip.get_attribute("aria-valuemin"))
        target = 0.3 if at / span > 0.5 else 0.7
        notebook.page.mouse.click(area["x"] + target * area["width"], area["y"] + area["height"] / 2)
    else:
        is_last = grip.get_attribute("aria-valuenow") == grip.get_attribute("aria-valuemax")
        grip.press("ArrowLeft" if is_last else "ArrowRight")


@pytest.mark.parametrize("step", BY_NOTEBOOK)
def test_every_panel_of_a_notebook_answers_its_controls(notebook, step):
    notebook.open_notebook(f"{step}.ipynb")
    notebook.run_all()
    for panel in BY_NOTEBOOK[step]:
        box = notebook.panel(panel)
        drawn, told = notebook.pictures_of(panel), notebook.text_of(panel)
        assert box.locator("img:visible").count() == len(drawn), panel  # none of them broken
        seen = set()
        sliders = box.locator(".widget-slider:not(:has([disabled]))")
        assert box.locator(".widget-slider").count() - sliders.count() == AT_REST.get(panel, 0), panel
        for place in range(sliders.count()):
            n = answers(box)
            slide(notebook, sliders.nth(place), by_mouse=place % 2 == 1)
            answered(box, n + 1)
            seen.add((*notebook.pictures_of(panel), notebook.text_of(panel)))
        for place in range(box.locator(".widget-dropdown select").count()):
            n, choice = answers(box), box.locator(".widget-dropdown select").nth(place)
            chosen = choice.evaluate("list => list.selectedOptions[0].textContent")
            options = choice.locator("option").all_inner_texts()
            choice.select_option(label=next(option for option in options if option != chosen))
            answered(box, n + 1)
            seen.add((*notebook.pictures_of(panel), notebook.text_of(panel)))
        assert seen - {(*drawn, told)}, panel
        n = answers(box)
        notebook.press("Reset", panel=panel)
        answered(box, n + 1)
        assert notebook.pictures_of(panel) == drawn, panel
        assert notebook.text_of(panel) == told, panel


def test_a_move_changes_picture_sentence_and_count_and_a_saved_one_is_in_the_report(notebook, lab, tmp_path):
    panel = "05-panel-shares"
    notebook.open_notebook("05_weighted_scoring.ipynb")
    notebook.run_all()
    box, drawn = notebook.panel(panel), notebook.pictures_of(panel)
    assert "0 clients change class" in notebook.text_of(panel)
    for n in range(1, 6):
        notebook.move_slider("share of value where class A ends", ["ArrowLeft"], panel=panel)
        answered(box, n + 1)
    text = notebook.text_of(panel)
    assert notebook.pictures_of(panel) != drawn
    assert "0 clients change class" not in text
    assert "change class against the study's present value" in text

    notebook.press("Save", panel=panel)
    notebook.wait_for_text(panel, "reason is empty")
    for label, words in (
        ("Reason of the decision", "Fewer clients get a key account"),
        ("Role of whoever decides, no name", "analyst"),
    ):
        notebook.fill(label, words, panel=panel)
    notebook.press("Save", panel=panel)
    notebook.wait_for_text(panel, "Saved into study.toml")
    saved = tomllib.loads((lab.study / "study.toml").read_text(encoding="utf-8"))
    assert saved["share_classes"] == {"share_a": 0.75}
    assert "# of a year" in (lab.study / "study.toml").read_text(encoding="utf-8")  # its comments are kept

    command = [sys.executable, "-m", "clientbase", "report", str(lab.study), "--step", "5", "--out", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    record = json.loads((tmp_path / "demo" / "run.json").read_text(encoding="utf-8"))
    assert record["settings"]["share_classes"]["share_a"] == {"value": 0.75, "default": 0.8, "origin": "study"}
    assert "Fewer clients get a key account" in (tmp_path / "demo" / "05_weighted_scoring.html").read_text(encoding="utf-8")


def test_a_class_set_by_hand_and_the_card_of_a_client(notebook, lab):
    notebook.open_notebook("05_weighted_scoring.ipynb")
    notebook.run_all()
    panel = "05-override-share"
    for label, words in (
        ("Code or name of the client", "C326"),
        ("Reason of the decision", "Framework contract signed"),
        ("Role of whoever decides, no name", "head of sales"),
    ):
        notebook.fill(label, words, panel=panel)
    notebook.choose("Share class", "A", panel=panel)
    notebook.press("Set this class", panel=panel)
    notebook.wait_for_text(panel, "Framework contract signed")
    assert "C326" in (lab.study / "overrides.csv").read_text(encoding="utf-8-sig")
    notebook.run_all()
    notebook.wait_for_text("05-clients", "Share class, by hand")
