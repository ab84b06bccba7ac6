"""Delivery: who is delivered, the core, their cross, the free order and the verdicts."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientbase.errors import DataError, MissingColumnsError
from clientbase.method.delivery import delivery_cross, delivery_use, delivery_verdicts, free_delivery_order

NUMBERS = {"core_share": 0.9, "delivered_from": 0.5}


def facts_of(revenues: list[float], **columns: list) -> pd.DataFrame:
    """Return one client a revenue, of two deals."""
    table = pd.DataFrame({"client_id": [f"c{place}" for place in range(len(revenues))], "revenue": revenues})
    return table.assign(
        revenue=table["revenue"].astype(float), n_orders=2, n_deals=2, avg_purchase=table["revenue"] / 2
    ).assign(**columns)


def base_of(groups: list[tuple[int, float, str]]) -> pd.DataFrame:
    """Return a base of groups: clients, their joint revenue, mode of delivery."""
    revenues = [revenue / n for n, revenue, _ in groups for _ in range(n)]
    return facts_of(revenues, delivery_mode=[mode for n, _, mode in groups for _ in range(n)])


def cross_of(groups: list[tuple[int, float, str]]) -> pd.DataFrame:
    return delivery_cross(delivery_use(base_of(groups), "revenue", **NUMBERS)).set_index(["part", "is_delivered"])


# -- S5's numbers --------------------------------------------------------------------------------------------------------
def test_v09_5_delivered_outside_the_core_bring_six_percent():
    """V09.5, ten times the base: 65 % of 3500 = 2275 and 46 % of 700 = 322 leave 1953, with 60 % - 54 % of revenue."""
    cross = cross_of([(322, 54, "company"), (378, 36, "pickup"), (1953, 6, "company"), (847, 4, "pickup")])
    delivered = cross.xs(True, level="is_delivered")
    assert delivered["n_clients"].sum() == 2275
    assert delivered["revenue_share"].sum() == pytest.approx(0.60)
    assert cross.loc[("core", True), "part_client_share"] == pytest.approx(0.46)
    assert cross.loc[("core", True), "part_revenue_share"] == pytest.approx(0.60)
    assert cross.loc[("core", True), "revenue_share"] == pytest.approx(0.54)
    assert cross.loc[("rest", True), "n_clients"] == 1953
    assert cross.loc[("rest", True), "revenue_share"] == pytest.approx(0.06)


def test_v09_6_the_printed_figures():
    """V09.6: 220 - 30 = 190 clients bring 60 - 55 = 5 %; 220 of 350 = 0.6286."""
    cross = cross_of([(30, 55, "company"), (40, 35, "pickup"), (190, 5, "company"), (90, 5, "pickup")])
    assert cross.loc[("rest", True), "n_clients"] == 190
    assert cross.loc[("rest", True), "revenue_share"] == pytest.approx(0.05)
    assert cross.xs(True, level="is_delivered")["client_share"].sum() == pytest.approx(0.6285714)


def test_v09_7_order_from_which_delivery_is_free():
    """V09.7: 3000 / (0.25 x 0.30) = 40 000."""
    assert free_delivery_order(cost_per_delivery=3000, margin_rate=0.25, allowed_share=0.30) == pytest.approx(40_000)


@pytest.mark.parametrize("margin_rate", [0.0, -0.1, np.nan])
def test_without_margin_no_order_is_large_enough_to_name(margin_rate):
    assert np.isnan(free_delivery_order(cost_per_delivery=3000, margin_rate=margin_rate, allowed_share=0.30))
    assert np.isnan(free_delivery_order(cost_per_delivery=np.nan, margin_rate=0.25, allowed_share=0.30))
    assert np.isnan(free_delivery_order(cost_per_delivery=3000, margin_rate=0.25, allowed_share=np.nan))


# -- who is delivered ----------------------------------------------------------------------------------------------------
def test_delivered_by_mode_or_by_half_of_the_deals():
    facts = facts_of(
        [90, 80, 70, 60, 50, 40],
        delivery_mode=["company", "pickup", "shared", None, None, None],
        n_delivered=[0, 0, 1, 1, 0, np.nan],
    )
    use = delivery_use(facts, "revenue", **NUMBERS)
    assert use["is_delivered"].tolist() == [True, False, True, True, False, pd.NA]
    assert use["is_delivered"].dtype == "boolean"


def test_one_source_suffices_and_none_leaves_it_unknown():
    facts = facts_of([90, 80], delivery_mode=["company", None])
    assert delivery_use(facts, "revenue", **NUMBERS)["is_delivered"].tolist() == [True, pd.NA]
    facts = facts_of([90, 80], n_delivered=[2, 0])
    assert delivery_use(facts, "revenue", **NUMBERS)["is_delivered"].tolist() == [True, False]
    assert delivery_use(facts_of([90]), "revenue", **NUMBERS)["is_delivered"].tolist() == [pd.NA]


def test_without_deals_the_orders_say_nothing_of_delivery():
    facts = facts_of([90, -5], n_delivered=[0, 0], n_deals=[2, 0])
    assert delivery_use(facts, "revenue", **NUMBERS)["is_delivered"].tolist() == [False, pd.NA]


def test_one_third_of_the_deals_reaches_that_bound():
    facts = facts_of([90], n_delivered=[1], n_deals=[3])
    assert delivery_use(facts, "revenue", core_share=0.9, delivered_from=0.3333333333333334)["is_delivered"].tolist() == [True]


# -- the core ------------------------------------------------------------------------------------------------------------
def test_the_client_that_crosses_the_share_is_core_and_the_next_is_not():
    """METHOD 7, boundary rule: 60, 85, then 95; exactly 90 reached ends the core."""
    assert delivery_use(facts_of([60, 25, 10, 5]), "revenue", **NUMBERS)["is_core"].tolist() == [True, True, True, False]
    assert delivery_use(facts_of([60, 30, 10]), "revenue", **NUMBERS)["is_core"].tolist() == [True, True, False]


def test_equal_clients_stand_alike():
    assert delivery_use(facts_of([50, *[12.5] * 4]), "revenue", **NUMBERS)["is_core"].all()
    assert delivery_use(facts_of([0.1 + 0.2, 0.3]), "revenue", core_share=0.5, delivered_from=0.5)["is_core"].all()


def test_clients_without_positive_value_are_the_rest_and_without_orders_are_left_out():
    facts = facts_of([100, 0, -30, 0], n_orders=[1, 1, 1, 0])
    use = delivery_use(facts, "revenue", **NUMBERS)
    assert use["client_id"].tolist() == ["c0", "c1", "c2"]
    assert use["is_core"].tolist() == [True, False, False]
    assert not delivery_use(facts_of([-1, 0]), "revenue", **NUMBERS)["is_core"].any()


def test_the_core_may_be_made_by_margin():
    facts = facts_of([100, 50], margin=[1.0, 99.0])
    use = delivery_use(facts, "margin", **NUMBERS)
    assert use["client_id"].tolist() == ["c1", "c0"]
    assert use["is_core"].tolist() == [True, False]


def test_a_client_without_value_stops_the_step():
    with pytest.raises(DataError, match=r"1 clients with orders have no margin, for example \['c1'\]"):
        delivery_use(facts_of([100, 50], margin=[1.0, np.nan]), "margin", **NUMBERS)


# -- the cross -----------------------------------------------------------------------------------------------------------
def test_empty_combinations_are_rows_and_unknown_delivery_is_counted_apart():
    facts = facts_of([60, 35, 3, 2], delivery_mode=["company", None, "pickup", None])
    cross = delivery_cross(delivery_use(facts, "revenue", **NUMBERS))
    assert cross["part"].tolist() == ["core", "core", "rest", "rest", "core", "rest"]
    assert cross["is_delivered"].tolist() == [True, False, True, False, pd.NA, pd.NA]
    assert cross["n_clients"].tolist() == [1, 0, 0, 1, 1, 1]
    assert cross["client_share"].tolist() == pytest.approx([0.5, 0, 0, 0.5, np.nan, np.nan], nan_ok=True)
    assert cross["part_client_share"].tolist() == pytest.approx([1, 0, 0, 1, np.nan, np.nan], nan_ok=True)
    assert cross["revenue"].tolist() == [60, 0, 0, 3, 35, 2]
    assert cross["revenue_share"].tolist() == pytest.approx([60 / 63, 0, 0, 3 / 63, np.nan, np.nan], nan_ok=True)


def test_the_cross_of_nobody_has_no_shares():
    cross = delivery_cross(delivery_use(facts_of([]), "revenue", **NUMBERS))
    assert cross["n_clients"].tolist() == [0, 0, 0, 0]
    assert cross[["client_share", "part_client_share", "revenue_share", "part_revenue_share"]].isna().all(axis=None)


# -- the verdicts --------------------------------------------------------------------------------------------------------
def test_verdicts_of_core_and_rest():
    """METHOD 12: nothing left -> withdraw or charge; rest under the free order -> charge; core -> keep."""
    use = delivery_use(
        facts_of(
            [500, 400, 40, 30, 20, 10],
            delivery_mode=["company", "company", "company", "company", "pickup", None],
            margin=[100.0, 50.0, 10.0, 9.0, 5.0, 2.0],
            delivery_cost=[20.0, 60.0, 2.0, 9.0, 0.0, 0.0],
        ),
        "revenue",
        **NUMBERS,
    )
    found = delivery_verdicts(use, free_from=20)
    assert found["is_core"].tolist() == [True, True, False, False, False, False]
    assert found["after_delivery"].tolist() == [80, -10, 8, 0, 5, 2]
    assert found["delivery_verdict"].tolist()[:5] == ["keep", "withdraw or charge", "keep", "charge", "not delivered"]
    assert pd.isna(found["delivery_verdict"][5])


def test_without_a_free_order_or_a_purchase_the_rest_cannot_be_judged():
    use = delivery_use(facts_of([90, 10], delivery_mode="company"), "revenue", **NUMBERS)
    assert delivery_verdicts(use, free_from=np.nan)["delivery_verdict"].tolist() == ["keep", "not testable"]
    no_deal = use.assign(avg_purchase=[45.0, np.nan])
    assert delivery_verdicts(no_deal, free_from=20)["delivery_verdict"].tolist() == ["keep", "not testable"]


def test_without_cost_of_delivery_what_is_left_is_missing():
    use = delivery_use(facts_of([90, 10], delivery_mode="company", margin=[-5.0, 1.0]), "revenue", **NUMBERS)
    found = delivery_verdicts(use, free_from=20)
    assert found["after_delivery"].isna().all()
    assert found["delivery_verdict"].tolist() == ["keep", "charge"]


def test_a_purchase_of_the_free_order_is_free():
    use = delivery_use(facts_of([960, 40, 40 - 1e-10, 39], delivery_mode="company"), "revenue", **NUMBERS)
    assert delivery_verdicts(use, free_from=20)["delivery_verdict"].tolist() == ["keep", "keep", "keep", "charge"]


# -- border and invariants -----------------------------------------------------------------------------------------------
def test_missing_columns_are_named():
    facts = facts_of([1])
    with pytest.raises(MissingColumnsError, match=r"'facts' lacks \['margin'\]"):
        delivery_use(facts, "margin", **NUMBERS)
    with pytest.raises(MissingColumnsError, match=r"'delivery_use' lacks \['is_core', 'is_delivered'\]"):
        delivery_cross(facts)
    with pytest.raises(MissingColumnsError, match=r"'delivery_use' lacks \['is_core', 'is_delivered'\]"):
        delivery_verdicts(facts, free_from=1)


def test_the_input_stays_as_it_was():
    facts = facts_of([1, 2], delivery_mode=["company", None], n_delivered=[1, 0], margin=1.0, delivery_cost=2.0)
    use = delivery_use(facts, "revenue", **NUMBERS)
    copies = facts.copy(deep=True), use.copy(deep=True)
    delivery_use(facts, "revenue", **NUMBERS)
    delivery_cross(use)
    delivery_verdicts(use, free_from=1)
    pd.testing.assert_frame_equal(facts, copies[0])
    pd.testing.assert_frame_equal(use, copies[1])


client = st.tuples(st.integers(-50, 400), st.sampled_from(["company", "pickup", "shared", None]), st.integers(0, 2))
bases = st.lists(client, min_size=1, max_size=40)


def use_of(rows: list[tuple[int, str | None, int]]) -> pd.DataFrame:
    revenues, modes, delivered = (list(column) for column in zip(*rows, strict=True))
    return delivery_use(facts_of(revenues, delivery_mode=modes, n_delivered=delivered), "revenue", **NUMBERS)


@given(bases)
def test_the_core_is_the_fewest_that_reach_its_share_and_equals_stand_alike(rows):
    use = use_of(rows)
    core, rest = use[use["is_core"]], use[~use["is_core"]]
    total = use["revenue"].clip(lower=0).sum()
    assert core["revenue"].sum() >= 0.9 * total - 1e-6
    assert set(core["revenue"]).isdisjoint(rest["revenue"])
    if not core.empty:
        assert core.loc[core["revenue"] > core["revenue"].min(), "revenue"].sum() < 0.9 * total


@given(bases)
def test_the_cross_counts_every_client_once(rows):
    use = use_of(rows)
    cross = delivery_cross(use)
    assert cross["n_clients"].sum() == len(rows)
    assert cross["revenue"].sum() == pytest.approx(use["revenue"].sum())
    known = cross[cross["is_delivered"].notna()]
    assert len(known) == 4
    if known["n_clients"].sum():
        assert known["client_share"].sum() == pytest.approx(1)
        parts = known[known["n_clients"].groupby(known["part"]).transform("sum") > 0]
        assert parts.groupby("part")["part_client_share"].sum().tolist() == pytest.approx([1] * parts["part"].nunique())


@given(bases, st.randoms(use_true_random=False), st.integers(1, 300))
def test_the_order_of_clients_changes_no_verdict(rows, chance, free_from):
    facts = facts_of([row[0] for row in rows], delivery_mode=[row[1] for row in rows], n_delivered=[row[2] for row in rows])
    order = list(range(len(rows)))
    chance.shuffle(order)
    found = [
        delivery_verdicts(delivery_use(table, "revenue", **NUMBERS), free_from=free_from)
        for table in (facts, facts.iloc[order])
    ]
    pd.testing.assert_frame_equal(*found)
