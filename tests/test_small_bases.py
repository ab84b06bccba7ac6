"""Bases too small, too equal or too spoiled to say much: every step gives figures or a stated reason, advice is withheld.

Each base buys on the 5th of every month of 2025 at one price per client, so that every number below is counted by hand.
"""

import inspect
import os
import subprocess
import sys
from functools import cached_property

import pandas as pd
import pytest

from clientbase.counterparty import Counterparty
from clientbase.economics import Economics
from clientbase.errors import ClientbaseError, NothingToAnalyseError
from clientbase.findings import (
    EconomicsFindings,
    Findings,
    LoadFindings,
    NegotiationFindings,
    ParityFindings,
    Questions,
    StructureFindings,
    TargetFindings,
)
from clientbase.load import Load
from clientbase.negotiation import Negotiation
from clientbase.parity import Parity
from clientbase.steps import FEW_FOR_QUANTILES, NO_MARGIN, NO_MIDDLE, NO_TOTALS, ONE_GROUP, Steps
from clientbase.structure import Structure
from clientbase.study import open_study
from clientbase.target import TargetClient
from clientbase.words import Words

PRODUCTS = pd.DataFrame({"product_id": ["a", "b"], "product_group": ["A", "B"]})
CRITERIA = pd.DataFrame(
    {"criterion_id": ["c1", "c2"], "label_en": ["one", "two"], "label_ru": ["раз", "два"], "kind": "subjective",
     "topic": "other", "weight": [1.4, 1.2]}
)  # fmt: skip


def properties(kind):
    return [name for name, value in vars(kind).items() if isinstance(value, (property, cached_property)) and name[0] != "_"]


def sayings(kind):
    return [name for name, _ in inspect.getmembers(kind, inspect.isfunction) if name[0] != "_" and name not in WITH_ARGUMENTS]


STEPS, STRUCTURE, TARGET = properties(Steps), properties(Structure), properties(TargetClient)
MONEY = {kind: properties(kind) for kind in (Load, Parity, Negotiation, Counterparty, Economics)}
WITH_ARGUMENTS = ("offer",)
ADVICE = ["flows", "sizes", "focus", "levels", "shares", "quadrants"]
GATE_OF = {  # what opens the steps that may have no result
    "size": {"size_thresholds", "size_classes", "size_summary", "clients_by_size", "size_by_share"},
    "products": {"focus", "focus_by_client", "group_profile", "focus_summary", "gaps", "gap_summary"},
    "margin": {"class_cross", "volume_without_profit"},
    "criteria": {
        "criteria", "scores", "quadrants", "score_cut", "contributions", "quadrant_summary", "weight_sensitivity", "robustness",
        "robustness_summary", "weight_dependents",
    },
}  # fmt: skip


def bought(prices, *, months=range(1, 13), product="ab", **columns):
    """Return a line a month for each client, the products by turns."""
    rows = [
        {"order_id": f"{client}-{month}", "date": f"2025-{month:02}-05", "client_id": client, "revenue": price,
         "product_id": product[place % len(product)]}
        for place, (client, price) in enumerate(prices.items()) for month in months
    ]  # fmt: skip
    return pd.DataFrame(rows).assign(**columns)


def twelve(price):
    return {f"K{number:02}": price(number) for number in range(1, 13)}


def returned_later(orders):
    return pd.concat([orders, orders.assign(order_id=orders["order_id"] + "-back", revenue=-orders["revenue"])])


def scores(clients, given):
    return pd.DataFrame([(c, s, p) for c in clients for s, p in given.items()], columns=["client_id", "criterion_id", "score"])


ONE, TWO, FOUR = {"K1": 100}, {"K1": 100, "K2": 40}, {"K1": 400, "K2": 300, "K3": 200, "K4": 100}
BASES = {
    "one": {"orders": pd.concat([bought(ONE, cost=30), bought({"K1": 50}, product="b", cost=30)]), "products": PRODUCTS},
    "one scored": {"orders": bought(ONE), "criteria": CRITERIA, "scores": scores(ONE, {"c1": 2, "c2": 3})},
    "two": {"orders": bought(TWO, cost=30), "products": PRODUCTS},
    "two flows": {
        "orders": bought(TWO, cost=30),
        "clients": pd.DataFrame({"client_id": ["K1", "K2", "K3"], "client_type": ["corporate", "private", None]}),
        "activities": pd.DataFrame(
            {"date": "2025-06-01", "client_id": ["K1", "K2"], "department": "sales", "activity_type": "call"}
        ).assign(minutes=[50, 150]),
    },
    "four": {"orders": bought(FOUR, cost=30), "products": PRODUCTS},
    "four unscored": {"orders": bought(FOUR), "criteria": CRITERIA, "scores": scores(FOUR, {"c2": 3})},
    "equal": {
        "orders": pd.concat([bought(twelve(lambda _: 100), product=group) for group in "ab"]).assign(list_revenue=110),
        "products": PRODUCTS, "criteria": CRITERIA, "scores": scores(twelve(int), {"c1": 2, "c2": 2}),
    },
    "plain": {"orders": bought(twelve(lambda number: 10 * number)).drop(columns="product_id")},
    "one month": {"orders": bought(twelve(lambda number: 10 * number), months=[12], cost=1), "products": PRODUCTS},
    "one group": {"orders": bought(twelve(lambda number: 10 * number), product="a"), "products": PRODUCTS},
    "at a loss": {"orders": bought(twelve(lambda number: 10 * number), cost=500), "products": PRODUCTS},
    "served": {
        "orders": bought(FOUR, cost=30, list_revenue=500, pay_days=30, delivery=True, delivery_cost=2),
        "products": PRODUCTS,
        "clients": pd.DataFrame(
            {"client_id": list(FOUR), "wallet_share": [1, 0.5, None, 0.2], "acquisition_cost": [100, 9e9, None, 0]}
        ),
        "activities": pd.DataFrame(
            {"date": "2025-06-01", "client_id": ["K1", "K2", "K4", None], "department": "sales", "activity_type": "call",
             "minutes": [50, 150, 500, 60]}
        ),
        "departments": pd.DataFrame(
            {"department": ["sales"], "period": ["2025-06-01"], "cost": [900], "headcount": [1], "hours_per_head": [20]}
        ),
    },
    "typed": {
        "orders": bought(twelve(lambda number: 10 * number), cost=2, list_revenue=150),
        "departments": pd.DataFrame(
            {"department": ["sales"], "period": ["2024-01-01"], "cost": [90], "headcount": [1], "hours_per_head": [20]}
        ),
        "activity_standards": pd.DataFrame(
            {"department": "sales", "activity_type": ["order_processing", "call"], "standard_minutes": [10, 5]}
        ),
    },
    "nothing left": {"orders": returned_later(bought(FOUR, cost=0)), "products": PRODUCTS},
}  # fmt: skip


def write(folder, tables, heading=""):
    study = f'name = "small"\ncurrency = "EUR"\nas_of = 2025-12-31\n{heading}'
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
        study += f'[sources.{name}]\nfile = "{name}.csv"\n'
    (folder / "study.toml").write_text(study, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def opened(tmp_path_factory):
    known = {}

    def read(name):
        if name not in known:
            known[name] = open_study(write(tmp_path_factory.mktemp("small"), BASES[name]))
        return known[name]

    return read


@pytest.fixture(params=BASES)
def engagement(request, opened):
    return opened(request.param)


def is_explained(engagement, step):
    """Tell whether a step without result says why, by a closed gate or a reason kept with the steps."""
    steps = engagement.steps
    if step in ("moved_time", "flows_to_compare"):
        return bool(steps.contrast.reason)
    if step in ("previous_levels", "level_moves", "move_rates"):
        return steps.facts["first_order_date"].min() > pd.Timestamp(steps.previous.end)
    if step == "launch":
        return not steps.settings.purchase_size.launch_purchase
    gate = next(gate for gate, names in GATE_OF.items() if step in names)
    is_closed = gate in engagement.gates and not engagement.gates[gate].is_open
    return is_closed or bool(steps.reason(gate))


def said(findings, name):
    months = pd.DataFrame({"month": pd.to_datetime(["2025-12-01"]), "revenue": [5.0], "is_window": [True]})
    found = getattr(findings, name)(*([months] if name == "revenue_title" else []))
    return [found] if isinstance(found, str) else [] if found is None or isinstance(found, pd.DataFrame) else found


def test_every_step_has_figures_or_a_reason(engagement):
    steps = engagement.steps
    has_value = (steps.facts["revenue"] > 0).any()
    unexplained = []
    for step in STEPS:
        try:
            if getattr(steps, step) is None and not is_explained(engagement, step):
                unexplained.append(step)
        except NothingToAnalyseError:  # METHOD section 7: all negative, stop
            unexplained += [step] if has_value else []
    assert unexplained == []


def test_structure_and_target_stand_on_every_base(engagement):
    has_value = (engagement.steps.facts["revenue"] > 0).any()
    for part, names in ((engagement.structure, STRUCTURE), (engagement.target, TARGET)):
        for name in names:
            try:
                getattr(part, name)
            except NothingToAnalyseError:
                assert not has_value, name


def test_the_money_pages_stand_on_every_base(engagement):
    has_value = (engagement.steps.facts["revenue"] > 0).any()
    for kind, part in parts_of(engagement, has_value=has_value).items():
        for name in MONEY[kind]:
            try:
                getattr(part, name)
            except NothingToAnalyseError:
                assert not has_value, name


def parts_of(engagement, *, has_value):
    """Return the parts of the money pages; nobody is at the table where nobody brings anything."""
    parts = {Load: engagement.load, Parity: engagement.parity, Economics: engagement.economics}
    if has_value:
        parts |= {Negotiation: engagement.parity.negotiation, Counterparty: engagement.parity.negotiation.client}
    return parts


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_sentence_is_whole(engagement, language):
    words = Words(language, "EUR")
    telling = {
        Findings: engagement.steps,
        StructureFindings: engagement.structure,
        TargetFindings: engagement.target,
        LoadFindings: engagement.load,
        ParityFindings: engagement.parity,
        EconomicsFindings: engagement.economics,
        Questions: engagement.steps,
    }
    if (engagement.steps.facts["revenue"] > 0).any():
        telling[NegotiationFindings] = engagement.parity.negotiation
    names = {kind: ["all"] if kind is Questions else sayings(kind) for kind in telling}
    for kind, name in ((kind, name) for kind, all_names in names.items() for name in all_names):
        try:
            telling_of = (lambda part, words: Questions(part, engagement.load, words)) if kind is Questions else kind
            sentences = said(telling_of(telling[kind], words), name)
        except NothingToAnalyseError:
            assert not (engagement.steps.facts["revenue"] > 0).any()
            continue
        if kind is Questions:
            sentences = [sentence for question in sentences for sentence in (question.text, *question.answer)]
        for sentence in sentences:
            assert not {"nan", "None", "inf", "<NA>"} & set(sentence.replace(",", " ").replace(".", " ").split()), name
            assert not set("{}[]") & set(sentence), name


@pytest.mark.parametrize("name", ["one", "one scored", "two", "two flows", "nothing left"])
def test_advice_is_withheld_below_three_clients(name, opened):
    findings = Findings(opened(name).steps, Words("en", "EUR"))
    withheld = ["Fewer than 3 clients have positive revenue: the figures stand without advice."]
    assert {advice: said(findings, advice) for advice in ADVICE if said(findings, advice)} == {
        advice: withheld
        for advice in ADVICE
        if not (advice == "quadrants" and opened(name).steps.quadrants is None)
        and not (advice == "focus" and opened(name).steps.focus is None)
    }


def test_advice_starts_with_the_third_client(opened):
    findings = Findings(opened("four").steps, Words("en", "EUR"))
    assert said(findings, "shares")[0] == "3 clients (75%) make 90%: weaker than 20/80."
    assert said(findings, "levels") == ["Partners: 4 (100% of revenue)."]


def test_one_client(opened):
    steps = opened("one").steps
    row = steps.client_card.iloc[0]
    assert (row["revenue"], row["n_deals"], row["avg_purchase"], row["margin"]) == (1800, 12, 150, 1800 - 24 * 30)
    assert (row["share_class"], row["share_class_margin"], row["rel_level"], row["focus_type"]) == ("A", "A", "L6", "core")
    assert (row["value_share"], row["before_share"], row["exposure_months"], row["n_active_months"]) == (1, 0, 12, 12)
    assert steps.reason("size") == FEW_FOR_QUANTILES
    assert (steps.tail.n_clients, len(steps.gaps), steps.rhythm.grain) == (0, 0, "month")


def test_two_clients(opened):
    card = opened("two").steps.client_card.set_index("client_id")
    assert card["revenue"].to_dict() == {"K1": 1200, "K2": 480}
    assert card["before_share"].to_dict() == {"K1": 0, "K2": pytest.approx(1200 / 1680)}  # K2 crosses 80 %, so it is A as well
    assert card["share_class"].tolist() == ["A", "A"]
    assert card["share_class_margin"].tolist() == ["A", "B"]  # of margin K1 has 840 of 960


def test_two_flows_of_one_client(opened):
    """Profit 840 and 120 of 960 for 50 and 150 of 200 minutes: 0.875 / 0.25 = 3.5 against 0.125 / 0.75 = 1 / 6."""
    steps = opened("two flows").steps
    assert steps.contrast.contrast == pytest.approx(3.5 * 6)
    assert (steps.contrast.verdict, steps.scope_flow, len(steps.facts)) == ("separate", "corporate", 1)
    assert steps.flows["flow"].tolist() == ["corporate", "private", "(unknown)"]


def test_four_clients(opened):
    steps = opened("four").steps
    assert steps.share_classes["before_share"].tolist() == pytest.approx([0, 0.4, 0.7, 0.9])
    assert steps.share_classes["share_class"].tolist() == ["A", "A", "A", "B"]
    assert (steps.tail.n_clients, steps.tail.value_share) == (1, pytest.approx(0.1))
    assert steps.reason("size") == FEW_FOR_QUANTILES
    assert steps.gaps.set_index("client_id")["product_group"].to_dict() == {"K1": "B", "K2": "A", "K3": "B", "K4": "A"}


def test_four_clients_with_typed_thresholds(opened):
    steps = opened("four").apply(large_from=300.0, small_below=150.0).steps
    sizes = steps.size_classes.set_index("client_id")["size_class"]
    assert sizes.to_dict() == {"K1": "SA", "K2": "SA", "K3": "SB", "K4": "SC"}
    assert steps.reason("size") == ""


def test_too_few_scores_close_the_totals(opened):
    steps = opened("four unscored").steps
    assert steps.quadrants is None  # 1.2 of 2.6 is less than 70 % of the weight
    assert steps.reason("criteria") == NO_TOTALS


def test_equal_clients(opened):
    steps = opened("equal").steps
    assert (steps.share_classes["share_class"] == "A").all()
    assert (steps.tied_share, steps.tail.n_clients) == (pytest.approx(1), 0)
    assert steps.reason("size") == NO_MIDDLE
    assert set(steps.focus["lead_group"]) == {"A"}  # of equal groups the first by name
    assert (steps.focus["focus_type"].iloc[0], steps.focus["n_eff"].iloc[0]) == ("core", pytest.approx(2))
    assert pd.isna(steps.class_score_correlation)
    findings = Findings(steps, Words("en", "EUR"))
    assert "Many clients are equal; classes hardly distinguish them." in said(findings, "shares")


def test_twelve_clients_without_products_and_cost(opened):
    """Purchases 10 to 120: the 80th percentile is 98, the 25th 37.5."""
    engagement = opened("plain")
    steps = engagement.steps
    assert (steps.size_thresholds.large_from, steps.size_thresholds.small_below) == (pytest.approx(98), pytest.approx(37.5))
    assert steps.size_summary["n_clients"].tolist() == [3, 6, 3, 0]
    assert not steps.has_solid_middle
    assert steps.share_summary.set_index("share_class")["n_clients"].to_dict() == {"A": 7, "B": 3, "C": 2}
    assert [gate for gate, found in engagement.gates.items() if found.is_open] == []
    assert (steps.contrast.reason, steps.focus, steps.class_cross) == ("one flow", None, None)


def test_a_base_of_one_month(opened):
    steps = opened("one month").steps
    assert set(steps.levels["rel_level"]) == {"L3"}
    assert steps.levels["is_on_track"].all()
    assert set(steps.size_classes["size_class"]) == {"SB", "SC"}  # one month cannot show regularity
    assert steps.size_classes["is_sa_candidate"].sum() == 3


def test_one_product_group_closes_the_assortment(opened):
    steps = opened("one group").steps
    assert steps.focus is None
    assert steps.reason("products") == ONE_GROUP


def test_a_base_at_a_loss_keeps_its_classes_by_revenue(opened):
    steps = opened("at a loss").steps
    assert steps.share_summary["n_clients"].tolist() == [7, 3, 2]
    assert steps.reason("margin") == NO_MARGIN
    with pytest.raises(NothingToAnalyseError, match="positive margin"):
        _ = opened("at a loss").apply(basis="margin").steps.share_classes


def test_sold_and_returned_under_other_numbers(opened):
    steps = opened("nothing left").steps
    assert steps.facts[["n_orders", "n_deals"]].to_numpy().tolist() == [[24, 12]] * 4
    assert steps.facts["revenue"].tolist() == [0] * 4
    with pytest.raises(NothingToAnalyseError, match="none of 4 clients with orders has a positive revenue"):
        _ = steps.share_classes


@pytest.mark.parametrize(
    ("orders", "message"),
    [
        (bought({"K1": -100, "K2": -5}), "no order brings a positive net revenue"),
        (bought(ONE).assign(date="2021-03-05"), "no deal lies in the window 2025-01-01 to 2025-12-31; the latest is of 2021-"),
        (bought(ONE).assign(revenue="none"), "no value of column .revenue. "),
        (bought(ONE).assign(date=None), "no line has both a date and a revenue"),
    ],
)  # fmt: skip
def test_a_base_without_deals_stops_with_a_sentence(orders, message, tmp_path):
    with pytest.raises(ClientbaseError, match=message):
        open_study(write(tmp_path, {"orders": orders}))


def test_equal_clients_are_not_called_too_few(opened):
    findings = Findings(opened("equal").steps, Words("en", "EUR"))
    assert "fewer than five clients" not in " ".join(said(findings, "sizes"))


def test_one_order_is_not_many_small_orders(opened):
    findings = Findings(opened("one month").steps, Words("en", "EUR"))
    assert "many small orders" not in " ".join(said(findings, "sizes"))


def test_a_day_does_not_depend_on_where_the_study_is_read(tmp_path):
    moments = pd.DataFrame({"order_id": [1], "moment": ["2025-06-01T03:00:00Z"], "client_id": ["K1"], "revenue": [10]})
    moments.to_csv(tmp_path / "moments.csv", index=False)
    (tmp_path / "study.toml").write_text(
        'name = "zone"\ncurrency = "EUR"\nas_of = 2025-12-31\n[sources.orders]\nfiles = { lines = "moments.csv" }\n'
        'sql = "select order_id, moment as date, client_id, revenue from lines"\n',
        encoding="utf-8",
    )
    command = "from clientbase.study import open_study; print(open_study('.').facts['first_deal_date'][0].date())"
    read = subprocess.run(
        [sys.executable, "-c", command], cwd=tmp_path, env=os.environ | {"TZ": "America/Los_Angeles"}, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    assert read.stdout.strip() == "2025-06-01"
