"""HTML tables and call-outs: escaped, localised, and honest about what they leave out."""

import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from clientbase.errors import MissingColumnsError, SettingError
from clientbase.show import NOTE_CLASSES, STYLE, html_note, html_table
from clientbase.words import Words


class Page(HTMLParser):
    """Collect the rows of a table as texts, the attributes of its cells, and every tag met."""

    def __init__(self, html):
        super().__init__()
        self.rows, self.cells, self.tags, self.open = [], [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.cells.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


@pytest.fixture
def clients():
    return pd.DataFrame(
        {
            "client_name": ["<script>alert(1)</script>", "A & B", "Long " * 20],
            "revenue": [1234.5, -20.0, np.nan],
            "revenue_share": [0.8, 0.002, np.nan],
            "share_class": pd.Categorical(["A", "L", "0"], categories=["A", "L", "0"], ordered=True),
            "is_cooling": [True, False, True],
            "last_deal_date": pd.to_datetime(["2024-03-05", "2024-01-31", None]),
        },
        index=[7, 7, 7],
    )


def test_cells_are_localised_and_numbers_without_currency_stand_under_a_heading_with_it(clients):
    page = Page(html_table(clients, Words("ru", "RUB")))
    assert page.open == []
    assert page.rows[0] == ["Клиент", "Выручка, RUB", "Доля выручки", "Класс по доле", "Остывает", "Последняя сделка"]
    plain = [re.sub(r"\s", " ", text) for text in page.rows[2]]  # Russian puts special spaces before signs
    assert plain == ["A & B", "-20,00", "0,2 %", "L · убыток или возвраты", "нет", "31 янв. 2024 г."]
    assert page.rows[3][1:4] == ["–", "–", "0 · без покупок"]


def test_data_are_never_markup(clients):
    html = html_table(clients, Words(), caption="<b>5</b> & more")
    assert "script" not in Page(html).tags
    assert "b" not in Page(html).tags
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert Page(html).rows[1][0] == "<script>alert(1)</script>"


def test_a_heading_from_the_data_is_escaped():
    assert Page(html_table(pd.DataFrame({"<i>x</i>": ["<i>"]}), Words())).rows[0] == ["<i>x</i>"]


def test_numbers_stand_right_and_the_first_column_names_the_row(clients):
    cells = Page(html_table(clients[:1], Words())).cells
    heads, row = cells[:6], cells[6:]
    assert [attributes["scope"] for _, attributes in heads] == ["col"] * 6
    assert row[0] == ("th", {"scope": "row", "class": "cb-long"})
    classes = [attributes.get("class") for _, attributes in row[1:]]
    assert classes == ["cb-number", "cb-number", "cb-short", "cb-short", "cb-date"]


def test_what_is_cut_is_counted(clients):
    many = pd.concat([clients] * 117, ignore_index=True)[:350]
    html = html_table(many, Words(), rows=20)
    assert len(Page(html).rows) == 1 + 20
    assert "20 of 350 rows" in html
    assert "20 из 350 строк" in html_table(many, Words("ru"), rows=20)
    assert "cb-more" not in html_table(many, Words(), rows=350)


def test_an_empty_table_says_so(clients):
    html = html_table(clients[:0], Words())
    assert len(Page(html).rows) == 1
    assert "no rows" in html


def test_columns_choose_and_order(clients):
    page = Page(html_table(clients, Words(), columns=["share_class", "revenue"], caption="Classes"))
    assert page.rows[0] == ["Share class", "Revenue, EUR"]
    assert "caption" in page.tags
    with pytest.raises(MissingColumnsError, match=r"'table to show' lacks \['profit'\]"):
        html_table(clients, Words(), columns=["profit"])


def test_long_texts_are_whole(clients):
    assert Page(html_table(clients, Words())).rows[3][0] == "Long " * 20


def test_the_table_stays_as_it_was(clients):
    before = clients.copy(deep=True)
    html_table(clients, Words("ru"), rows=1)
    pd.testing.assert_frame_equal(clients, before)


def test_notes_differ_by_kind_and_are_escaped():
    notes = [html_note("a < b\nnew line", kind) for kind in NOTE_CLASSES]
    assert len(set(notes)) == 3
    assert all("a &lt; b\nnew line" in note and 'role="note"' in note for note in notes)
    with pytest.raises(SettingError, match="'alarm': choose one of note, warning, closed"):
        html_note("x", "alarm")


def test_the_style_knows_every_class_in_use(clients):
    html = html_table(pd.concat([clients] * 9), Words()) + "".join(html_note("x", kind) for kind in NOTE_CLASSES)
    used = {name for part in html.split('class="')[1:] for name in part.split('"')[0].split()}
    assert used == {
        "cb-frame", "cb-table", "cb-number", "cb-date", "cb-long", "cb-short", "cb-more", "cb-note", "cb-warning", "cb-closed",
    }  # fmt: skip
    assert {name for name in used if f".{name}" not in STYLE} == set()
    assert "http" not in STYLE
