"""Tables to look through: what the grid holds, sorts and filters by, and a workbook of numbers, dates and harmless texts."""

import datetime as dt
import json

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ipywidgets import HTML, Button
from itables.widget import ITable

from clientbase.errors import ReportError
from clientbase.panels import tables
from clientbase.panels.tables import explore_table, save_workbook
from clientbase.words import Words

NAMES = ["<script>alert(1)</script>", "=1+1", "Mill & Sons", "Кафе «Юг»"]


@pytest.fixture
def clients():  # in no order; each column with a missing value
    return pd.DataFrame(
        {
            "client_id": ["K2", "K1", "K3", "K4"],
            "client_name": NAMES,
            "rel_level": pd.Categorical(["L6", "S", None, "L4"], categories=["S", "L4", "L6"], ordered=True),
            "revenue": [1234.5, -20.0, np.nan, 99.0],
            "revenue_share": [0.8, 0.002, np.nan, 0.1],
            "is_cooling": pd.array([True, None, False, True], dtype="boolean"),
            "last_deal_date": pd.to_datetime(["2025-03-05", None, "2025-12-31", "2024-01-31"]),
        },
        index=[7, 7, 7, 8],
    )


def find(box, kind):
    found = [child for child in box.children if isinstance(child, kind)]
    for child in box.children:
        found += find(child, kind) if hasattr(child, "children") else []
    return found


def grid(table, words=None, name="any", folder=None):
    """Return the set-up of the grid and its rows."""
    (widget,) = find(explore_table(table, words or Words(), name=name, folder=folder), ITable)
    return widget._dt_args, json.loads(widget._dt_args["data_json"])


def column(rows, place):
    return [row[place] for row in rows]


def definition(options, place):
    return next(one for one in options["columnDefs"] if one["targets"] == [place])


def control(options, place):
    return definition(options, place)["columnControl"][0]["content"][0]


def sheet(path):
    return openpyxl.load_workbook(path).active


# -- the grid ------------------------------------------------------------------------------------------------------------------
def test_numbers_and_dates_sort_by_what_they_are_and_show_what_a_reader_reads(clients):
    options, rows = grid(clients)
    assert column(rows, 3) == [1234.5, -20.0, "___NaN___", 99.0]  # the grid's mark of a missing number
    assert column(rows, 3 + 7) == ["1,234", "-20.00", "–", "99.00"]  # as html_table rounds
    assert column(rows, 6) == ["2025-03-05", "–", "2025-12-31", "2024-01-31"]
    assert column(rows, 6 + 7) == ["Mar 5, 2025", "–", "Dec 31, 2025", "Jan 31, 2024"]
    assert [definition(options, place)["type"] for place in range(7)] == ["string"] * 3 + ["num"] * 2 + ["string", "date"]
    assert definition(options, 3)["orderSequence"][0] == "desc"


def test_a_share_is_asked_for_in_percent(clients):
    _, rows = grid(clients)
    assert column(rows, 4) == [80.0, 0.2, "___NaN___", 10.0]
    assert column(rows, 4 + 7) == ["80%", "0.2%", "–", "10%"]


def test_classes_sort_in_their_order_and_names_by_their_words_missing_last(clients):
    _, rows = grid(clients)
    assert column(rows, 2) == ["L6 · Partner", "S · Sleeping", "–", "L4 · Repeat"]
    assert column(rows, 2 + 7) == ["00000003", "00000001", "00000005", "00000002"]
    assert column(rows, 0 + 7) == ["00000002", "00000001", "00000003", "00000004"]


def test_equal_cells_have_one_rank():
    table = pd.DataFrame({"client_id": ["b", "a", "B"], "flow": ["corporate", "private", "corporate"]})
    _, rows = grid(table)
    assert column(rows, 3) == ["00000001", "00000002", "00000001"]
    assert column(rows, 2) == ["00000002", "00000001", "00000002"]  # capitals do not part names


def test_names_reach_the_page_as_text_only(clients):
    options, rows = grid(clients)
    assert column(rows, 1) == ["&lt;script&gt;alert(1)&lt;/script&gt;", "=1+1", "Mill &amp; Sons", "Кафе «Юг»"]
    assert "<script" not in json.dumps(options)


def test_a_heading_and_a_choice_from_the_data_are_text_too():
    table = pd.DataFrame({"<b>own</b>": ["<i>x</i>", "A & B"]})
    options, _ = grid(table)
    assert "&lt;b&gt;own&lt;/b&gt;" in options["table_html"]
    choices = control(options, 0)["options"]
    assert [choice["label"] for choice in choices] == ["&lt;i&gt;x&lt;/i&gt;", "A &amp; B"]
    assert [choice["value"] for choice in choices] == ["<i>x</i>", "A & B"]  # compared with the text, not put on the page


def test_a_break_in_a_name_does_not_break_the_line_that_is_copied():
    _, rows = grid(pd.DataFrame({"client_name": ["North\tSouth\r\nInc"]}))
    assert column(rows, 0) == ["North South Inc"]


def test_filters_fit_their_columns(clients):
    options, _ = grid(clients)
    kinds = [control(options, place)["extend"] for place in range(7)]
    assert kinds == ["search", "search", "searchList", "search", "search", "searchList", "search"]
    levels = [choice["value"] for choice in control(options, 2)["options"]]
    assert levels == ["S · Sleeping", "L4 · Repeat", "L6 · Partner", "–"]
    logic = {"greaterOrEqual", "lessOrEqual"}
    assert not logic & set(control(options, 3)["excludeLogic"])
    assert {"empty", "equal", "less"} <= set(control(options, 3)["excludeLogic"])


def test_a_column_of_many_texts_is_filtered_by_typing():
    texts = [f"place {number}" for number in range(31)]
    options, _ = grid(pd.DataFrame({"region": texts, "industry": texts[:30] + texts[:1]}))
    assert [control(options, place)["extend"] for place in range(2)] == ["search", "searchList"]


def test_a_table_of_a_page_begins_with_its_columns_and_offers_the_others(clients):
    options, _ = grid(clients, name="levels")
    shown = [definition(options, place)["visible"] for place in range(7)]
    assert shown == [True, True, True, True, False, True, True]  # revenue_share is not on the page
    choose, copy = options["layout"]["topEnd"]["buttons"]
    assert choose["columns"] == [0, 1, 2, 3, 4, 5, 6]
    assert copy["exportOptions"] == {"columns": ":visible", "orthogonal": "export"}


def test_the_search_box_looks_at_code_and_name_alone(clients):
    options, _ = grid(clients)
    assert "folded([0, 1].map" in options["drawCallback"]
    assert "Search by code or name" in options["layout"]["topStart"]["div"]["html"]
    options, _ = grid(clients[["revenue", "rel_level"]])
    assert "folded([1].map" in options["drawCallback"]
    assert "Search<input" in options["layout"]["topStart"]["div"]["html"]


def test_all_rows_are_there_and_are_counted():
    many = pd.DataFrame({"client_id": [f"C{number:04d}" for number in range(5000)], "revenue": range(5000)})
    options, rows = grid(many)
    assert len(rows) == 5000
    assert "downsampling_warning" not in options
    assert options["language"]["info"] == "rows _START_ to _END_ of _TOTAL_"
    assert options["language"]["thousands"] == ","
    (save,) = find(explore_table(many, Words(), name="any", folder=None), Button)
    assert save.description == "Save all 5,000 rows as xlsx"


def test_headings_and_values_are_in_the_language(clients):
    options, rows = grid(clients, Words("ru", "RUB"))
    assert "Выручка, RUB" in options["table_html"]
    assert column(rows, 5) == ["да", "–", "нет", "да"]
    assert options["language"]["thousands"] == "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize("rows", [0, 1])
def test_few_rows_are_a_table_too(clients, rows):
    assert len(grid(clients[:rows])[1]) == rows


def test_the_table_stays_as_it_was(clients, tmp_path):
    before = clients.copy(deep=True)
    grid(clients)
    save_workbook(clients, Words(), name="levels", folder=tmp_path)
    pd.testing.assert_frame_equal(clients, before)


@settings(max_examples=40)  # each example makes a widget
@given(st.lists(st.one_of(st.none(), st.floats(-1e15, 1e15), st.sampled_from([np.inf, -np.inf])), min_size=1, max_size=8))
def test_every_number_keeps_its_place_and_its_text(values):
    _, rows = grid(pd.DataFrame({"revenue": pd.Series(values, dtype=float)}))
    marks = {"___Infinity___": np.inf, "___-Infinity___": -np.inf, "___NaN___": None}
    assert [marks.get(key, key) if isinstance(key, str) else key for key in column(rows, 0)] == values
    assert column(rows, 1) == [Words().value("revenue", x, unit=False) for x in values]


# -- the workbook --------------------------------------------------------------------------------------------------------------
def test_the_workbook_has_numbers_as_numbers_and_headings_of_the_language(clients, tmp_path):
    place = save_workbook(clients, Words("ru", "RUB"), name="levels", folder=tmp_path)
    assert place == tmp_path / "levels.xlsx"
    heads, first, second, *_ = sheet(place).iter_rows()
    assert [cell.value for cell in heads[1:5]] == ["Клиент", "Уровень отношений", "Выручка, RUB", "Доля выручки"]
    assert [cell.value for cell in first[3:]] == [1234.5, 0.8, "да", dt.datetime(2025, 3, 5)]
    assert [cell.number_format for cell in first[3:5]] == ["#,##0.00", "0.0%"]
    assert [cell.value for cell in second[5:]] == [None, None]  # missing is an empty cell
    assert sheet(place).freeze_panes == "A2"
    assert sheet(place).auto_filter.ref == "A1:G5"


def test_a_name_is_never_a_formula(tmp_path):
    names = ["=1+1", "+SUM(A1)", "-5", "@x", '=HYPERLINK("http://x")', "http://x", "007"]
    place = save_workbook(pd.DataFrame({"client_name": names}), Words(), name="any", folder=tmp_path)
    cells = [row[0] for row in sheet(place).iter_rows(min_row=2)]
    assert [cell.value for cell in cells] == names
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.quotePrefix for cell in cells] == [True] * 5 + [False] * 2
    assert all(cell.hyperlink is None for cell in cells)


def test_an_earlier_workbook_is_kept(clients, tmp_path):
    names = [save_workbook(clients, Words(), name="levels", folder=tmp_path).name for _ in range(3)]
    assert names == ["levels.xlsx", "levels_2.xlsx", "levels_3.xlsx"]


def test_an_endless_number_is_written_as_read(tmp_path):
    place = save_workbook(pd.DataFrame({"load_ratio": [np.inf, 1.5]}), Words(), name="any", folder=tmp_path)
    assert [row[0].value for row in sheet(place).iter_rows(min_row=2)] == ["∞", 1.5]


def test_a_table_longer_than_a_sheet_and_a_missing_folder_are_refused(clients, tmp_path, monkeypatch):
    with pytest.raises(ReportError, match=r"'.*levels\.xlsx' cannot be written"):
        save_workbook(clients, Words(), name="levels", folder=tmp_path / "none")
    monkeypatch.setattr(tables, "SHEET_ROWS", 4)
    with pytest.raises(ReportError, match="'levels' has 4 rows; a sheet holds 3"):
        save_workbook(clients, Words(), name="levels", folder=tmp_path)


def test_the_button_saves_and_names_the_file_or_says_why_not(clients, tmp_path):
    box = explore_table(clients, Words(), name="levels", folder=tmp_path)
    (save,), told = find(box, Button), find(box, HTML)[-1]
    save.click()
    assert f"Saved: {tmp_path / 'levels.xlsx'}" in told.value
    assert (tmp_path / "levels.xlsx").exists()
    box = explore_table(clients, Words(), name="levels", folder=tmp_path / "<b>")
    find(box, Button)[0].click()
    assert "cannot be written" in find(box, HTML)[-1].value
    assert "<b>" not in find(box, HTML)[-1].value
