"""What a notebook's page shows and keeps: settings with their origin, closed gates, tables as text, pictures with words."""

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from small_study import write_study

from clientbase.errors import SettingError
from clientbase.figures import share_classes
from clientbase.notebook import Page, open_page
from clientbase.study import Run, open_study


@pytest.fixture(scope="module", autouse=True)
def shell():
    """What displays, as in a notebook."""
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("company"), extra="[share_classes]\nshare_b = 0.9\n")


def shown(show) -> str:
    """Return the HTML that a call displays."""
    with capture_output() as captured:
        show()
    return "".join(output.data.get("text/html", "") for output in captured.outputs)


def test_settings_show_value_meaning_and_origin(study):
    page = open_page(str(study), share_a=0.6)
    html = shown(lambda: page.settings("share_classes"))
    assert "Settings of this page (2 of 9 differ from the defaults)" in html
    rows = {row.split("</th>")[0]: row for row in html.split('<th scope="row"')[1:]}
    assert "this run" in next(row for name, row in rows.items() if name.endswith("share_a"))
    assert "study" in next(row for name, row in rows.items() if name.endswith("share_b"))
    assert "default (S5)" in next(row for name, row in rows.items() if name.endswith("share_c"))


def test_a_parameter_left_at_its_default_means_what_the_study_says(study):
    assert open_page(str(study), share_b=0.96).engagement.settings.share_classes.share_b == 0.9


def test_an_illegal_parameter_is_one_sentence(study):
    with pytest.raises(SettingError, match=r"share_a = 1\.4 needs to be less than 1\. It is the share of value"):
        open_page(str(study), share_a=1.4)


def test_a_closed_gate_names_the_columns_that_open_it(study):
    html = shown(lambda: open_page(str(study)).gate("crm", "products"))
    assert "This needs: crm_facts (client_id, date, fact)." in html
    assert html.count("cb-closed") == 2  # once in the style


def test_names_from_the_data_are_text_in_a_table(study):
    page = open_page(str(study))
    html = shown(lambda: page.table("size_classes", page.steps.named(page.steps.size_classes)))
    assert "Bakery &lt;b&gt;North&lt;/b&gt;" in html
    assert "<b>North" not in html


def test_a_table_that_is_not_there_shows_nothing(study):
    assert shown(lambda: open_page(str(study)).table("quadrants", None)) == ""


def test_a_picture_carries_its_finding_for_those_who_cannot_see_it(study):
    page = open_page(str(study))
    with capture_output() as captured:
        page.figure(share_classes.cumulative_curve, page.steps.share_classes, title=page.findings.shares_title())
    (picture,) = captured.outputs
    assert picture.metadata["image/png"]["alt"] == "2 clients make 90% of revenue"  # 26,400 of 29,220


def test_a_report_run_keeps_whole_tables_and_marks_formulas(study, tmp_path):
    page = Page(open_study(study, Run({}, tables=tmp_path / "tables")))
    shown(lambda: page.table("levels", page.steps.levels, rows=2))
    kept = pd.read_parquet(tmp_path / "tables" / "levels.parquet")
    assert len(kept) == 7
    assert "=SUM(A1:A9)" in kept["client_name"].tolist()
    assert "'=SUM(A1:A9)" in (tmp_path / "tables" / "levels.csv").read_text(encoding="utf-8-sig")
