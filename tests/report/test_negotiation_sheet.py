"""The negotiation sheet of a study's client: what stands on it, and that nothing of our costs does without them."""

import datetime as dt
import html
import re

import pytest

from clientbase.report.negotiation_sheet import compose
from clientbase.report.sheet import render
from clientbase.study import open_study
from clientbase.words import Words

DAY = dt.date(2026, 1, 15)
OFFERS = {"volume": 0.1, "payment": 30, "orders": 12, "pickup": 1.0}


@pytest.fixture(scope="module")
def demo():
    return open_study("demo")


@pytest.fixture(scope="module")
def negotiation(demo):
    return demo.parity.bargain_with("C330", discount=0.03, offers=OFFERS)


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_sheet_says_what_the_client_buys_asks_and_must_bring(demo, negotiation):
    sheet = compose(demo, negotiation, made_on=DAY, with_own_costs=True)
    facts = {line.label: plain(line.value) for line in sheet.facts}
    assert facts["Revenue"] == plain(demo.words.money(demo.facts.set_index("client_id").loc["C330", "revenue"]))
    assert facts["Orders"] == "17"
    assert facts["Credit, days"] == "60"
    assert plain(sheet.asked[0].value) == "3.0%"
    assert [line.label for line in sheet.needed] == ["By volume alone", "By payment terms alone"]
    assert plain(sheet.needed[0].value) == "15% more"  # 0.03 / (0.2267 - 0.03)
    assert [row.terms for row in sheet.ledger.rows] == [
        "10% more volume", "payment after 30 days", "100% of deliveries picked up", "12 orders a year",
    ]  # fmt: skip
    assert (sheet.ledger.verdict_kind, sheet.note) == ("good", demo.file.heading.note)
    assert [line.label for line in sheet.own_costs] == [
        "Cost to serve", "Handling of one order", "Deliveries", "Margin after service",
    ]  # fmt: skip


def test_amounts_on_the_sheet_are_those_of_the_ledger(demo, negotiation):
    ledger = compose(demo, negotiation, made_on=DAY, with_own_costs=True).ledger
    assert plain(ledger.need) == plain(demo.words.money(negotiation.need))
    assert plain(ledger.offered) == plain(demo.words.money(negotiation.ledger["realised"].sum()))
    assert [row.worth for row in ledger.rows] == [demo.words.money(x) for x in negotiation.ledger["realised"]]


def test_without_our_costs_nothing_tells_them(demo, negotiation):
    client = negotiation.client
    full = render(compose(demo, negotiation, made_on=DAY, with_own_costs=True), demo.words.text)
    bare = render(compose(demo, negotiation, made_on=DAY, with_own_costs=False), demo.words.text)
    secrets = [
        client.margin, client.cost_to_serve, client.cost_per_order, client.delivery_cost, client.net, negotiation.compensation,
        *negotiation.ledger["realised"], negotiation.bargain.offered, negotiation.bargain.gap,
    ]  # fmt: skip
    for secret in (demo.words.money(amount) for amount in secrets):
        assert secret in full or secret.startswith("-")
        assert secret not in bare
    assert demo.words.percent(client.margin_rate, 1) in full
    assert "margin" not in re.sub(r"<style>.*?</style>", "", bare, flags=re.DOTALL).lower()
    assert "For our side only" not in bare
    assert "<img" not in bare


def test_the_open_page_says_nothing_that_moves_with_our_margin(demo):
    pages = []
    for rate in (0.20, 0.40):
        engagement = demo.apply(margin_rate=rate)
        deal = engagement.parity.bargain_with("C330", discount=0.03, offers={"payment": 30})
        pages.append(render(compose(engagement, deal, made_on=DAY, with_own_costs=False), demo.words.text))
    assert pages[0] == pages[1]
    assert "More volume" in pages[0]


def test_what_cannot_be_judged_is_not_called_impossible(demo):
    idle = demo.facts.loc[demo.facts["n_orders"] == 0, "client_id"].iloc[0]
    sheet = compose(demo, demo.parity.bargain_with(idle, discount=0.05, offers={}), made_on=DAY, with_own_costs=True)
    assert (sheet.ledger.verdict_kind, sheet.needed[0].value) == ("open", "cannot be told: no purchases in the window")
    rise = compose(demo, demo.parity.bargain_with("C330", discount=-0.05, offers={}), made_on=DAY, with_own_costs=True)
    assert (rise.ledger.verdict_kind, rise.needed[0].label) == ("open", "May be lost of the volume")
    loss = compose(demo, demo.parity.bargain_with("C233", discount=0.05, offers={}), made_on=DAY, with_own_costs=True)
    assert loss.needed[0].value == "no discount: nothing is earned"


def test_a_discount_that_takes_the_margin_is_called_impossible(demo):
    deep = demo.parity.bargain_with("C330", discount=0.40, offers={"volume": 0.5})
    sheet = compose(demo, deep, made_on=DAY, with_own_costs=True)
    assert sheet.ledger.verdict_kind == "impossible"
    assert sheet.needed[0].value == "impossible: the discount takes the whole margin"


def test_a_sheet_in_russian_has_no_english(demo):
    engagement = open_study("demo")
    engagement.__dict__["words"] = words = Words("ru", "EUR")
    negotiation = engagement.parity.bargain_with("C330", discount=0.03, offers=OFFERS)
    sheet = compose(engagement, negotiation, made_on=DAY, with_own_costs=True)
    page = html.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", render(sheet, words.text), flags=re.DOTALL))
    names = [sheet.client, sheet.note, "EUR", *map(str, demo.ledger.groups["product_group"].unique())]
    assert re.findall(r"[A-Za-z]{2,}", re.sub("|".join(map(re.escape, names)), "", page)) == []
