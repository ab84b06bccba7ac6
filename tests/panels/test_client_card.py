"""The client card's panel: what is typed lists the clients that fit, the chosen one has its card, and names are text only."""

import re
from html import unescape
from html.parser import HTMLParser

import pandas as pd
import pytest
from ipywidgets import HTML, Select, Text
from small_study import orders, write_study

from clientbase.client_profile import Line
from clientbase.panels.client_card import SHOWN, STYLE, card_html, client_card_panel
from clientbase.panels.keys import OwnKeys
from clientbase.study import open_study


class Tags(HTMLParser):
    """The tags of a piece of HTML; each that is opened has to be closed."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.open = [], []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):  # noqa: ARG002
        self.tags.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return open_study(write_study(tmp_path_factory.mktemp("small")))


@pytest.fixture
def panel(study):
    return client_card_panel(study)


def part(panel, kind, place=0):
    return [child for child in panel.children if isinstance(child, kind)][place]


def card(panel):
    return part(panel, HTML, -1).value


def told(panel):
    return unescape(re.sub(r"<[^>]+>", "", part(panel, HTML, 1).value))


def test_it_opens_with_the_largest_client(panel):
    listed = part(panel, Select)
    assert [label for label, _ in listed.options][:2] == ["K1 · Mill & Sons", "K2 · Bakery <b>North</b>"]
    assert listed.value == "K1"
    assert "<h3>K1 · Mill &amp; Sons</h3>" in card(panel)
    assert told(panel) == "7 clients"


def test_typing_lists_those_that_fit_and_shows_the_first(panel):
    part(panel, Text).value = "юг"
    assert [code for _, code in part(panel, Select).options] == ["K4"]
    assert "<h3>K4 · Кафе «Юг»</h3>" in card(panel)
    assert told(panel) == "1 client"


def test_the_list_chooses_the_card(panel):
    part(panel, Select).value = "K5"
    assert "<h3>K5 · Corner Shop</h3>" in card(panel)
    part(panel, Text).value = "K"  # all again, the first of them shown
    assert "<h3>K1 · " in card(panel)


def test_no_fit_has_no_card_and_says_so(panel):
    part(panel, Text).value = "nobody"
    assert part(panel, Select).options == ()
    assert card(panel) == ""
    assert told(panel) == "No client has this in its code or name."
    part(panel, Text).value = ""
    assert "<h3>K1 · " in card(panel)


def test_names_are_text_only(panel):
    part(panel, Select).value = "K2"
    html = card(panel)
    assert "Bakery &lt;b&gt;North&lt;/b&gt;" in html
    assert set(Tags(html).tags) == {"div", "h3", "h4", "section", "dl", "dt", "dd", "small"}


def test_a_long_list_is_cut_and_says_so(tmp_path):
    folder = write_study(tmp_path)
    many = pd.concat([orders().query("client_id == 'K1'").assign(client_id=f"N{n:02d}") for n in range(SHOWN + 1)])
    many.assign(order_id=many["client_id"] + many["order_id"]).to_csv(folder / "orders.csv", index=False)
    panel = client_card_panel(open_study(folder))
    assert len(part(panel, Select).options) == SHOWN
    assert told(panel) == "The first 20 are listed; type more to narrow them down."


def test_the_arrow_keys_are_the_panel_s(panel):
    assert isinstance(panel.children[0], OwnKeys)
    assert "widget-vbox" in OwnKeys._esm


def test_a_card_has_a_list_for_each_section():
    html = card_html("<i>", [("A & B", [Line("x<", "1", "why"), Line("y", "2")]), ("C", [Line("z", "3")])])
    assert html.count("<section>") == 2
    assert "<h4>A &amp; B</h4><dl><dt>x&lt;</dt><dd>1<small>why</small></dd><dt>y</dt><dd>2</dd></dl>" in html
    assert "<h3>&lt;i&gt;</h3>" in html


def test_the_look_needs_nothing_from_elsewhere():
    assert "http" not in STYLE
    assert "url(" not in STYLE
