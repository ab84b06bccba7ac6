"""Tests of the share classes. Ids like V06.1 and the words "register" name the vector or edge case of the method."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientbase.errors import DataError, MissingColumnsError, NothingToAnalyseError, SettingError
from clientbase.method.share_classes import (
    class_cross,
    class_summary,
    frequent_buyers,
    is_tail,
    profit_flags,
    share_classes,
    small_tail,
    tied_share,
)

METHOD = {"value": "revenue", "a": 0.80, "b": 0.96, "c": 0.999, "d_rule": "cum", "own_share": 0.001, "ties": "share"}
V06_1 = [50, 30, 10, 5, 3, 1.5, 0.4, 0.07, 0.03]


def base(values):
    """One client per value, in a fixed order of ids; None = no orders in the window."""
    return pd.DataFrame(
        {
            "client_id": [f"c{i:03}" for i in range(len(values))],
            "n_orders": [0 if v is None else 2 for v in values],
            "revenue": [0.0 if v is None else float(v) for v in values],
        }
    )


def classed(values, **changes):
    return share_classes(base(values), **(METHOD | changes))


def letters(values, **changes):
    """Classes in the order the values were given."""
    return "".join(classed(values, **changes).sort_values("client_id")["share_class"])


@pytest.mark.parametrize(
    ("values", "changes", "expected"),
    [
        pytest.param(V06_1, {}, "AABBBCCDD", id="V06.1"),
        pytest.param([85, 10, 4, 1], {}, "ABBC", id="V06.2 register: one client over 80 %"),
        pytest.param([97, 2, 1], {}, "ACC", id="V06.3 register: one client over 96 %, B empty"),
        pytest.param([40, 20, 20, 20], {}, "AAAA", id="V06.4 register: equal values at a boundary"),
        pytest.param([40, 20, 20, 20], {"ties": "order"}, "AAAB", id="V06.4 ties=order"),
        pytest.param([100, 50, -20, 0, None], {}, "AALL0", id="V06.5 register: net <= 0 is L, no purchases is 0"),
        pytest.param([60, 20, 15, 4.7, 0.25, 0.05], {}, "AABBCD", id="V06.6 cum"),
        pytest.param([60, 20, 15, 4.7, 0.25, 0.05], {"d_rule": "own"}, "AABBCD", id="V06.6 own"),
        pytest.param([600, 200, 150, 46, 1.5] + [0.5] * 5, {}, "AABBCCCCCC", id="V06.7 cum"),
        pytest.param([600, 200, 150, 46, 1.5] + [0.5] * 5, {"d_rule": "own"}, "AABBCDDDDD", id="V06.7 own"),
        pytest.param([100, 200, 60], {}, "AAB", id="V06.8"),
        pytest.param([7], {}, "A", id="register: fewer than 3 clients get classes"),
        pytest.param([80, 16, 3.9, 0.1], {}, "ABCD", id="register: exactly the boundary reached, the next class starts"),
        pytest.param([79, 17, 3.9, 0.1], {}, "AACD", id="register: a client crossing a boundary has the upper class"),
        pytest.param([7, 0.1 + 0.2 - 0.3], {}, "AL", id="the noise of adding is no value"),
    ],
)
def test_classes_of_the_vectors(values, changes, expected):
    assert letters(values, **changes) == expected


def test_v06_9_d_is_carved_out_of_c():
    summary = class_summary(classed([80, 16, 3.9, 0.1]), "revenue").set_index("share_class")["value_share"]
    assert summary["A"] + summary["B"] == pytest.approx(0.96)
    assert summary["C"] + summary["D"] == pytest.approx(0.04)
    assert summary["D"] == pytest.approx(0.001)


def test_shares_stand_beside_each_class():
    table = classed([10, 60, None, -5, 30])
    assert list(table["client_id"]) == ["c001", "c004", "c000", "c002", "c003"]
    np.testing.assert_allclose(table["value_share"], [0.6, 0.3, 0.1, 0, -0.05])
    np.testing.assert_allclose(table["before_share"], [0, 0.6, 0.9, np.nan, np.nan])
    np.testing.assert_allclose(table["cum_share"], [0.6, 0.9, 1, np.nan, np.nan])
    assert list(table["share_class"].cat.categories) == ["A", "B", "C", "D", "L", "0"]


def test_sums_that_differ_by_the_noise_of_adding_are_equal():
    revenue = 10_000_000.1
    other = np.nextafter(np.nextafter(revenue, np.inf), np.inf)
    assert other - revenue > 1e-9
    assert letters([2 * revenue, 2 * revenue, other, revenue]) == "AAAA"
    assert letters([2 * revenue, 2 * revenue, revenue + 0.01, revenue]) == "AAAB"


def test_the_margin_is_a_basis_too():
    facts = base([60, 30, 10]).assign(margin=[1.0, -2.0, 9.0])
    table = share_classes(facts, **(METHOD | {"value": "margin"}))
    assert dict(zip(table["client_id"], table["share_class"], strict=True)) == {"c002": "A", "c000": "B", "c001": "L"}


def test_share_classes_leave_their_input_alone():
    facts = base([5, 30, None, 20])
    before = facts.copy()
    share_classes(facts, **METHOD)
    pd.testing.assert_frame_equal(facts, before)


def test_all_negative_stops_with_the_number_of_clients():
    with pytest.raises(NothingToAnalyseError, match=r"none of 2 clients with orders has a positive revenue"):
        classed([-1, 0, None])


def test_a_client_with_orders_needs_a_value():
    facts = base([5, 30]).assign(revenue=[np.nan, 30.0])
    with pytest.raises(DataError, match=r"1 clients with orders have no revenue, for example \['c000'\]"):
        share_classes(facts, **METHOD)


def test_a_client_without_orders_needs_no_value():
    facts = base([5, None]).assign(revenue=[5.0, np.nan])
    assert list(share_classes(facts, **METHOD)["share_class"]) == ["A", "0"]


def test_a_missing_basis_is_named():
    with pytest.raises(MissingColumnsError, match=r"'facts' lacks \['margin'\]"):
        share_classes(base([1]), **(METHOD | {"value": "margin"}))


@pytest.mark.parametrize("name", ["d_rule", "ties"])
def test_an_unknown_rule_is_refused(name):
    with pytest.raises(SettingError, match=rf"'{name}' is 'both'; it must be one of"):
        classed([1], **{name: "both"})


def test_class_summary_counts_clients_with_orders():
    summary = class_summary(classed([80, 16, 4, -10, None]), "revenue")
    assert list(summary["share_class"]) == ["A", "B", "C", "L", "0"]
    assert list(summary["n_clients"]) == [1, 1, 1, 1, 1]
    np.testing.assert_allclose(summary["client_share"], [0.25, 0.25, 0.25, 0.25, np.nan])
    np.testing.assert_allclose(summary["value"], [80, 16, 4, -10, 0])
    np.testing.assert_allclose(summary["value_share"], [0.8, 0.16, 0.04, -0.1, 0])


@pytest.mark.parametrize(("values", "expected"), [([40, 20, 20, 20], 0.6), ([3, 3, 2, 2, 2], 0.5), ([3, 2, 1], 0), ([4], 0)])
def test_tied_share_is_the_largest_group_of_equals(values, expected):
    assert tied_share(classed(values), "revenue") == pytest.approx(expected)


def test_tied_share_of_nobody_is_zero():
    assert tied_share(classed([1]).iloc[:0], "revenue") == 0


def crossed():
    classes = base([100, 60, 40, -3]).assign(
        share_class=["A", "A", "B", "L"], share_class_margin=["A", "L", "D", "L"], margin=[30.0, -5.0, 0.1, -4.0]
    )
    for name in ("share_class", "share_class_margin"):
        classes[name] = pd.Categorical(classes[name], categories=["A", "B", "C", "D", "L", "0"], ordered=True)
    return classes


def test_class_cross_counts_pairs_of_classes():
    cross = class_cross(crossed())
    assert list(zip(cross["share_class"], cross["share_class_margin"], cross["n_clients"], strict=True)) == [
        ("A", "A", 1),
        ("A", "L", 1),
        ("B", "D", 1),
        ("L", "L", 1),
    ]
    assert list(cross["revenue"]) == [100, 60, 40, -3]
    assert list(cross["margin"]) == [30, -5, 0.1, -4]


def test_volume_without_profit_is_marked():
    flags = profit_flags(crossed())
    assert list(flags["has_volume_without_profit"]) == [False, True, True, False]
    assert "discount_to_margin" not in flags


def test_v06_11_a_discount_above_the_margin():
    facts = crossed().head(1).assign(discount=200.0, margin=150.0, list_revenue=1200.0)
    flags = profit_flags(facts).iloc[0]
    assert flags["discount_to_margin"] == pytest.approx(1.333, abs=5e-4)
    assert flags["has_discount_above_margin"]
    assert flags["discount_rate"] == pytest.approx(0.1667, abs=5e-5)


@pytest.mark.parametrize(
    ("discount", "margin", "ratio", "is_above"),
    [
        (150, 150, 1, False),
        (10, 0, np.nan, True),
        (10, -5, np.nan, True),
        (0, -5, np.nan, False),
        (-10, -20, np.nan, False),
        (np.nan, 5, np.nan, False),
    ],
)
def test_a_discount_counts_against_what_is_left(discount, margin, ratio, is_above):
    flags = profit_flags(crossed().head(1).assign(discount=float(discount), margin=float(margin))).iloc[0]
    np.testing.assert_equal(flags["discount_to_margin"], ratio)
    assert flags["has_discount_above_margin"] == is_above


def test_profit_flags_leave_their_input_alone():
    facts = crossed().assign(discount=1.0, list_revenue=5.0)
    before = facts.copy()
    profit_flags(facts)
    pd.testing.assert_frame_equal(facts, before)


@pytest.mark.parametrize(("tail_share", "n_clients", "value_share", "threshold"), [(0.20, 7, 0.20, 10), (0.15, 6, 0.10, 5)])
def test_v06_10_the_tail(tail_share, n_clients, value_share, threshold):
    classes = classed(V06_1)
    tail = small_tail(classes, "revenue", tail_share=tail_share)
    assert (tail.n_clients, tail.threshold) == (n_clients, threshold)
    assert tail.value_share == pytest.approx(value_share)
    assert is_tail(classes, "revenue", threshold=tail.threshold).sum() == n_clients


def test_equal_clients_are_in_the_tail_together_or_not_at_all():
    assert small_tail(classed([5, 2, 2, 1]), "revenue", tail_share=0.3).n_clients == 1
    assert small_tail(classed([5, 2, 2, 1]), "revenue", tail_share=0.5).n_clients == 3


def test_clients_outside_the_total_are_outside_the_tail():
    classes = classed([90, 10, -1, None])
    tail = small_tail(classes, "revenue", tail_share=0.2)
    assert tail.n_clients == 1
    assert list(classes.loc[is_tail(classes, "revenue", threshold=tail.threshold), "client_id"]) == ["c001"]


def test_no_client_is_small_enough_for_the_tail():
    classes = classed([50, 50])
    tail = small_tail(classes, "revenue", tail_share=0.2)
    assert (tail.n_clients, tail.value_share, tail.threshold) == (0, 0, 0)
    assert not is_tail(classes, "revenue", threshold=tail.threshold).any()
    assert small_tail(classes.iloc[:0], "revenue", tail_share=0.2) == tail


def test_frequent_buyers_are_ranked_by_deals_then_gap():
    facts = pd.DataFrame(
        {
            "client_id": ["d", "c", "b", "a", "e"],
            "n_deals": [3, 3, 9, 3, 0],
            "median_gap_days": [30.0, 10.0, 7.0, np.nan, np.nan],
        }
    )
    ranking = frequent_buyers(facts, 10)
    assert list(ranking["client_id"]) == ["b", "c", "d", "a"]
    assert list(frequent_buyers(facts, 2)["client_id"]) == ["b", "c"]


# Money in cents, so that amounts are equal or differ by far more than the tolerance.
money = st.integers(-100_000, 1_000_000).map(lambda cents: cents / 100)
bases = st.lists(money, min_size=1, max_size=40).filter(lambda values: max(values) > 0)
rules = st.fixed_dictionaries({"d_rule": st.sampled_from(["cum", "own"]), "ties": st.sampled_from(["share", "order"])})


@given(bases, rules)
def test_value_shares_sum_to_one_and_the_curve_ends_there(values, changes):
    table = classed(values, **changes)
    inside = table[table["share_class"].isin(["A", "B", "C", "D"])]
    assert inside["value_share"].sum() == pytest.approx(1)
    assert inside["cum_share"].max() == pytest.approx(1)


@given(bases, rules)
def test_class_order_follows_value(values, changes):
    table = classed(values, **changes)
    assert table["revenue"].is_monotonic_decreasing
    assert (np.diff(table["share_class"].cat.codes) >= 0).all()


@given(bases)
def test_a_holds_at_least_its_share(values):
    table = classed(values)
    assert table.loc[table["share_class"] == "A", "value_share"].sum() >= 0.8 - 1e-9


@given(bases, st.sampled_from(["cum", "own"]), st.randoms())
def test_equal_clients_get_equal_classes_in_any_order(values, d_rule, chance):
    shuffled = [*values, *values]
    chance.shuffle(shuffled)
    table = classed(shuffled, d_rule=d_rule)
    assert table.groupby("revenue")["share_class"].nunique().max() == 1
    assert table.groupby("revenue")["before_share"].nunique().max() <= 1


@given(bases, rules)
def test_a_client_with_nothing_changes_nothing_for_the_others(values, changes):
    alone, joined = classed(values, **changes), classed([*values, None], **changes)
    assert joined.loc[joined["n_orders"] == 0, "share_class"].tolist() == ["0"]
    pd.testing.assert_frame_equal(joined[joined["n_orders"] > 0].reset_index(drop=True), alone)


@given(bases, rules, st.integers(-6, 20))
def test_scaling_money_changes_no_class(values, changes, power):
    scaled = classed([v * 2.0**power for v in values], **changes)
    pd.testing.assert_series_equal(scaled["share_class"], classed(values, **changes)["share_class"])


@given(bases, st.floats(0, 1))
def test_the_tail_is_within_its_share_and_as_long_as_it_can_be(values, tail_share):
    classes = classed(values)
    tail = small_tail(classes, "revenue", tail_share=tail_share)
    inside = is_tail(classes, "revenue", threshold=tail.threshold)
    assert inside.sum() == tail.n_clients
    assert classes.loc[inside, "value_share"].sum() == pytest.approx(tail.value_share)
    assert tail.value_share <= tail_share + 2e-9
    rest = classes[~inside & (classes["revenue"] > 0)]
    smallest = rest[rest["revenue"] == rest["revenue"].min()]
    assert rest.empty or tail.value_share + smallest["value_share"].sum() > tail_share
