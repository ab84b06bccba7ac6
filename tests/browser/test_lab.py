"""`clientbase lab` in a real browser: each notebook opens, runs whole without an edit and fits a small screen."""

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from clientbase.lab import prepare_lab
from clientbase.study_file import read_study

from .conftest import ROOT, keep

NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
NARROW = {"width": 1000, "height": 720}
PROJECTOR = {"width": 1280, "height": 720}


def results(cells: list[dict]) -> list[dict]:
    return [output for cell in cells if cell["cell_type"] == "code" for output in cell["outputs"]]


def draws(cells: list[dict]) -> bool:
    return any("page.figure(" in "".join(cell["source"]) for cell in cells)


def pictures(cells: list[dict]) -> list[dict]:
    return [output for output in results(cells) if "image/png" in output.get("data", {})]


def test_the_command_says_where_it_is_open_and_nothing_else(lab):
    assert len(lab.said) == 1
    assert re.fullmatch(r"JupyterLab is open at http://127\.0\.0\.1:\d+/lab/tree/00_data\.ipynb\?token=\w+ .*\n", lab.said[0])
    assert sorted(path.name for path in lab.notebooks.glob("*.ipynb"))[: len(NOTEBOOKS)] == NOTEBOOKS


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_whole_without_an_edit_and_fits_the_screen(notebook, name):
    notebook.open_notebook(name)
    notebook.run_all()
    cells = notebook.cells
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert [output for output in results(cells) if output["output_type"] == "error" or output.get("name") == "stderr"] == []
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert bool(pictures(cells)) == draws(cells)
    if draws(cells):
        picture = notebook.page.locator(".jp-RenderedImage img").first
        picture.scroll_into_view_if_needed()
        assert picture.bounding_box()["width"] > 200
    for screen in (PROJECTOR, NARROW):
        notebook.page.set_viewport_size(screen)
        notebook.page.wait_for_function("width => window.innerWidth === width", arg=screen["width"])
        assert notebook.too_wide() == []


def test_the_notebooks_are_listed_in_their_order_and_nobody_is_asked_for_news(notebook):
    notebook.open_notebook(NOTEBOOKS[0])
    listed = notebook.page.locator(".jp-DirListing-item .jp-DirListing-itemText")
    listed.nth(len(NOTEBOOKS) - 1).wait_for()
    assert listed.all_inner_texts()[: len(NOTEBOOKS)] == NOTEBOOKS
    assert notebook.page.locator(".Toastify__toast, .jp-Dialog").count() == 0


def test_a_notebook_that_was_run_and_saved_counts_as_not_edited(notebook, lab):
    notebook.open_notebook("01_flow_separation.ipynb")
    notebook.run_all()
    notebook.save()
    assert '"execution_count": 1' in (lab.notebooks / "01_flow_separation.ipynb").read_text(encoding="utf-8")
    told = []
    prepare_lab(read_study(lab.study), [ROOT / "notebooks" / name for name in NOTEBOOKS], tell=told.append)
    assert told == []


# Panels: the hand that moves them, on a small one


PANEL = """
import io
import ipywidgets as widgets
from matplotlib.figure import Figure

share = widgets.FloatSlider(value=0.8, min=0.5, max=0.95, step=0.05, description="Share A", continuous_update=False)
bounds = widgets.IntRangeSlider(value=(2, 8), min=0, max=10, description="Bounds", continuous_update=False)
basis = widgets.Dropdown(options=["revenue", "margin"], description="Basis")
is_fair = widgets.Checkbox(value=False, description="Equal clients share a class")
reason = widgets.Text(description="Reason", continuous_update=False)
reset = widgets.Button(description="Reset")
save = widgets.Button(description="Save")
redraw = widgets.Button(description="Redraw")
picture = widgets.Image(format="png")
shown = widgets.Output()
saved = widgets.Label()

def draw(change=None):
    figure, file = Figure(figsize=(4, 1)), io.BytesIO()
    figure.add_subplot().barh([0], [share.value])
    figure.savefig(file)
    picture.value = file.getvalue()
    with shown:
        shown.clear_output(wait=True)
        print(f"{share.value:.2f} of {basis.value} from {bounds.value[0]} to {bounds.value[1]}, fair {is_fair.value}")

def back(button):
    share.value = 0.8

def keep(button):
    saved.value = f"Saved {share.value:.2f} {reason.value}"

def again(button):
    draw()
    saved.value = "Drawn again"

for control in (share, bounds, basis, is_fair):
    control.observe(draw, "value")
reset.on_click(back)
save.on_click(keep)
redraw.on_click(again)
draw()
widgets.VBox([share, bounds, basis, is_fair, reason, widgets.HBox([reset, save, redraw]), saved, picture, shown])
"""


@pytest.fixture
def opened(notebook, lab):
    """Return a function that writes cells as a notebook beside the others, opens it and runs it."""
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)"}  # without it JupyterLab asks for one
    place = lab.notebooks / "80_small.ipynb"

    def run(*cells):
        nbformat.write(new_notebook(cells=list(cells), metadata={"kernelspec": kernel}), place)
        notebook.open_notebook(place.name)
        notebook.run_all()
        return notebook

    yield run
    place.unlink()


@pytest.fixture
def panel(opened):
    """A notebook whose panel stands far below the first screen."""
    title = new_markdown_cell("# Panel\n" + "line\n\n" * 60, id="80-title")
    notebook = opened(title, new_code_cell(PANEL, id="80-panel", metadata={"tags": ["interactive"]}))
    notebook.wait_for_text("80-panel", "0.80 of revenue from 2 to 8, fair False")
    return notebook


def test_a_panel_is_moved_with_keyboard_and_mouse(panel):
    before = panel.seen_in("80-panel")
    panel.move_slider("Share A", ["ArrowRight", "ArrowRight"])
    panel.wait_for_text("80-panel", "0.90 of revenue")
    after = panel.wait_for_change("80-panel", before)
    assert after != before
    assert panel.value_of("Share A") == "0.90"

    drawn = panel.pictures_of("80-panel")
    panel.click_slider("Share A", 0.0, panel="80-panel")
    panel.wait_for_text("80-panel", "0.50 of revenue")
    panel.wait_for_change("80-panel", after)
    assert panel.pictures_of("80-panel") != drawn
    assert len(panel.pictures_of("80-panel")) == 1

    drawn = panel.pictures_of("80-panel")
    panel.press("Redraw")
    panel.wait_for_text("80-panel", "Drawn again")
    panel.wait_until_idle()
    assert panel.pictures_of("80-panel") == drawn  # the same, though at another address

    panel.move_slider("Bounds", ["ArrowRight"], handle=1)
    panel.wait_for_text("80-panel", "from 2 to 9")


def test_a_panel_is_moved_by_lists_boxes_and_buttons(panel):
    panel.choose("Basis", "margin")
    panel.wait_for_text("80-panel", "0.80 of margin")
    panel.tick("Equal clients share a class", panel="80-panel")
    panel.wait_for_text("80-panel", "fair True")
    panel.move_slider("Share A", ["Home"])
    panel.wait_for_text("80-panel", "0.50 of margin")
    panel.fill("Reason", "agreed with sales")
    panel.press("Save")
    panel.wait_for_text("80-panel", "Saved 0.50 agreed with sales")
    panel.press("Reset", panel="80-panel")
    panel.wait_for_text("80-panel", "0.80 of margin")
    assert "Saved 0.50" in panel.text_of("80-panel")


# The watch: what it is there for must not pass it by

RULER = "display(HTML('<div style=\"width: 3000px\">a ruler</div>'))"
TABLE = "display(HTML('<table style=\"width: 3000px\"><tr><td>a cell</td></tr></table>'))"


def test_what_is_wider_than_the_screen_is_found_unless_it_is_a_table(opened):
    cells = [new_code_cell(f"from IPython.display import HTML, display\n{what}", id="80-wide") for what in (TABLE, RULER)]
    assert opened(cells[0]).too_wide() == []
    assert opened(cells[1]).too_wide() != []


def test_an_error_ends_the_run_and_stands_in_its_cell(opened):
    cells = opened(new_code_cell("1 / 0", id="80-error"), new_code_cell("1", id="80-after")).cells
    assert [output["ename"] for output in results(cells)] == ["ZeroDivisionError"]
    assert cells[1]["execution_count"] is None


def test_an_error_of_the_console_and_an_outside_address_are_noticed_and_kept(notebook, tmp_path):
    page = notebook.page
    page.route("https://outside.example/**", lambda route: route.fulfill(body="caught"))
    page.set_content("<p>a page</p><img src='data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA='>")
    assert notebook.wrong == []
    page.evaluate("async () => { console.error('went wrong'); await fetch('https://outside.example/x').catch(() => {}); }")
    assert [what.partition(":")[0] for what in notebook.wrong[:2]] == ["console", "request"]
    keep(notebook, "a test[of it]", tmp_path)
    assert (tmp_path / "a-test-of-it.png").stat().st_size > 1000
    assert "went wrong" in (tmp_path / "a-test-of-it.txt").read_text(encoding="utf-8")
    notebook.wrong.clear()
