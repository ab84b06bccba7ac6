"""Purchase-size classes: thresholds, classes, their summary, counts by size, the cross with share classes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientbase.errors import MissingColumnsError, SettingError
from clientbase.method.common import SIZE_CLASSES
from clientbase.method.purchase_size import (
    Launch,
    Thresholds,
    clients_by_size,
    has_solid_middle,
    launch_test,
    size_by_share,
    size_classes,
    size_summary,
    size_thresholds,
)

NUMBERS = {"large_from": 100.0, "small_below": 20.0, "regular_from": 0.5, "min_exposure_months": 3}
QUANTILES = {"large_from": 0.0, "small_below": 0.0, "large_quantile": 0.8, "small_quantile": 0.25, "min_clients": 5}


def facts_of(rows: list[tuple[float, int, int]], exposure: int = 12, periods: int | None = None) -> pd.DataFrame:
    """Return one client a row: average purchase, deals, active periods."""
    table = pd.DataFrame(rows, columns=["avg_purchase", "n_deals", "n_active_periods"])
    return table.assign(
        client_id=[f"c{number}" for number in range(len(rows))],
        avg_purchase=table["avg_purchase"].astype(float).where(table["n_deals"] > 0),
        revenue=(table["avg_purchase"] * table["n_deals"]).astype(float),
        exposure_months=min(exposure, 12),
        exposure_periods=exposure if periods is None else periods,
    )


@pytest.fixture
def facts() -> pd.DataFrame:
    """Return the eight clients of vector V03.1: average purchase, deals, active months of 12."""
    return facts_of([(150, 10, 10), (150, 3, 3), (60, 7, 6), (10, 12, 12), (60, 1, 1), (100, 6, 6), (20, 2, 2), (150, 1, 1)])


def test_v03_1_classes_of_the_eight_clients(facts):
    """V03.1."""
    classes = size_classes(facts, **NUMBERS)
    assert classes["size_class"].tolist() == ["SA", "SB", "SB", "SC", "SC", "SA", "SB", "SB"]
    assert classes["is_sa_candidate"].tolist() == [False, True, False, False, False, False, False, True]
    assert classes["size_reason"].tolist() == [
        "large and regular", "large, not regular", "middle", "small", "one deal", "large and regular", "middle",
        "large, not regular",
    ]  # fmt: skip
    assert classes["regularity"].tolist() == pytest.approx([10 / 12, 3 / 12, 0.5, 1, 1 / 12, 0.5, 2 / 12, 1 / 12])


def test_v03_2_exactly_half_is_no_solid_middle(facts):
    """V03.2: SB 4 of 8 is not more than half."""
    classes = size_classes(facts, **NUMBERS)
    assert (classes["size_class"] == "SB").sum() == 4
    assert has_solid_middle(classes) is False
    assert has_solid_middle(classes.iloc[1:]) is True


def test_v03_3_a_short_history_is_no_vip():
    """V03.3 and edge cases 2.1: too short a history is SB, not SA."""
    client = size_classes(facts_of([(150, 2, 2)], exposure=2), **NUMBERS).loc[0]
    assert (client["size_class"], client["size_reason"]) == ("SB", "large, short history")
    assert client["is_sa_candidate"]


def test_v03_4_launch_test():
    """V03.4: 40 x 0.15 x 200 000 = 1 200 000, enough for 1 000 000."""
    launch = launch_test(40, penetration=0.15, purchase=200_000, threshold=1_000_000)
    assert launch.volume == pytest.approx(1_200_000)
    assert launch.is_enough is True
    assert launch_test(33, penetration=0.15, purchase=200_000, threshold=1_000_000) == Launch(990_000, is_enough=False)


def test_a_launch_exactly_at_the_threshold_is_enough():
    assert launch_test(3, penetration=0.1, purchase=1, threshold=0.3).is_enough


def test_three_months_of_exposure_suffice():
    assert size_classes(facts_of([(150, 3, 2)], exposure=3), **NUMBERS)["size_class"].tolist() == ["SA"]


def test_with_a_longer_grain_the_exposure_must_fill_as_many_periods():
    """METHOD 2.2: one deal in the only quarter there is, is not regular."""
    one_quarter = size_classes(facts_of([(150, 1, 1)], exposure=3, periods=1), **NUMBERS)
    three_quarters = size_classes(facts_of([(150, 2, 2)], exposure=9, periods=3), **NUMBERS)
    assert one_quarter["size_reason"].tolist() == ["large, short history"]
    assert three_quarters["size_class"].tolist() == ["SA"]


def test_no_deals_have_no_size_class():
    """Edge cases 2.1: no purchases in the window; returns alone are no deal."""
    facts = facts_of([(0, 0, 0), (0, 0, 0)]).assign(revenue=[0.0, -50.0], exposure_periods=[0, 12])
    classes = size_classes(facts, **NUMBERS)
    assert classes["size_class"].tolist() == ["0", "0"]
    assert classes["size_reason"].tolist() == ["no deals", "no deals"]
    assert classes["regularity"].tolist() == pytest.approx([np.nan, 0], nan_ok=True)
    assert has_solid_middle(classes) is False


@pytest.mark.parametrize("average", [0.0, -25.0])
def test_net_revenue_not_positive_with_deals_is_small(average):
    """Edge cases 2.1: returns outweigh the deals."""
    assert size_classes(facts_of([(average, 2, 2)]), **NUMBERS)["size_class"].tolist() == ["SC"]


@pytest.mark.parametrize(
    ("average", "size_class"), [(100, "SA"), (100 - 1e-10, "SA"), (99.99, "SB"), (20, "SB"), (20 - 1e-10, "SB"), (19.99, "SC")]
)
def test_bounds_of_money_are_inclusive_upwards(average, size_class):
    assert size_classes(facts_of([(average, 6, 6)]), **NUMBERS)["size_class"].tolist() == [size_class]


def test_one_third_of_nine_periods_is_regular_at_that_bound():
    """Tolerance: 3 / 9 reaches a bound typed as 0.3333333333333334."""
    numbers = NUMBERS | {"regular_from": 0.3333333333333334}
    assert size_classes(facts_of([(150, 3, 3)], exposure=9), **numbers)["size_class"].tolist() == ["SA"]


def test_classes_are_ordered_and_facts_keep_their_order(facts):
    classes = size_classes(facts, **NUMBERS)
    assert classes["client_id"].tolist() == facts["client_id"].tolist()
    assert classes["size_class"].cat.categories.tolist() == ["SA", "SB", "SC", "0"]
    assert classes["size_class"].min() == "SA"


def test_crossed_thresholds_are_refused(facts):
    with pytest.raises(SettingError, match="large_from is 20, small_below 20: large must start above small"):
        size_classes(facts, **NUMBERS | {"large_from": 20.0})
    with pytest.raises(SettingError, match="large_from is 10, small_below 20"):
        size_thresholds(facts, **QUANTILES | {"large_from": 10.0, "small_below": 20.0})


def test_thresholds_are_interpolated_quantiles_of_clients_with_deals():
    facts = facts_of([(10, 1, 1), (20, 1, 1), (30, 1, 1), (40, 1, 1), (60, 1, 1), (0, 0, 0)])
    assert size_thresholds(facts, **QUANTILES) == Thresholds(large_from=pytest.approx(44), small_below=pytest.approx(20))


def test_a_given_threshold_takes_the_place_of_its_quantile():
    facts = facts_of([(10, 1, 1), (20, 1, 1), (30, 1, 1), (40, 1, 1), (60, 1, 1)])
    assert size_thresholds(facts, **QUANTILES | {"large_from": 50.0}) == Thresholds(50, pytest.approx(20))
    assert size_thresholds(facts, **QUANTILES | {"small_below": 15.0}) == Thresholds(pytest.approx(44), 15)


@pytest.mark.parametrize("given_bound", [{}, {"large_from": 50.0}, {"small_below": 15.0}])
def test_with_few_clients_both_thresholds_must_be_given(given_bound):
    facts = facts_of([(10, 1, 1), (20, 1, 1), (30, 1, 1), (40, 1, 1), (0, 0, 0)])
    with pytest.raises(SettingError, match="only 4 clients have deals, quantiles need 5"):
        size_thresholds(facts, **QUANTILES | given_bound)
    both = QUANTILES | {"large_from": 50.0, "small_below": 15.0}
    assert size_thresholds(facts, **both) == Thresholds(50, 15)
    cheap = QUANTILES | {"large_from": 0.9, "small_below": 0.3}
    assert size_thresholds(facts, **cheap) == Thresholds(0.9, 0.3)


def test_equal_clients_need_typed_thresholds():
    with pytest.raises(SettingError, match="large_from is 30, small_below 30"):
        size_thresholds(facts_of([(30, 1, 1)] * 6), **QUANTILES)


def test_the_summary_shares_out_clients_with_deals_and_revenue(facts):
    more = pd.concat([facts, facts_of([(0, 0, 0)])], ignore_index=True)
    summary = size_summary(size_classes(more, **NUMBERS)).set_index("size_class")
    assert summary.index.tolist() == ["SA", "SB", "SC", "0"]
    assert summary["n_clients"].tolist() == [2, 4, 2, 1]
    assert summary["client_share"].tolist() == pytest.approx([0.25, 0.5, 0.25, np.nan], nan_ok=True)
    assert summary["revenue"].tolist() == [2100, 1060, 180, 0]
    assert summary["revenue_share"].tolist() == pytest.approx([2100 / 3340, 1060 / 3340, 180 / 3340, 0])
    assert summary["avg_purchase"].tolist() == pytest.approx([2100 / 16, 1060 / 13, 180 / 13, np.nan], nan_ok=True)


def test_one_deal_has_an_average_and_returns_alone_have_none():
    facts = facts_of([(60, 1, 1), (0, 0, 0)], exposure=1).assign(revenue=[60.0, -50.0])
    classes = size_classes(facts, **NUMBERS)
    assert classes["regularity"].tolist() == [1, 0]
    assert size_summary(classes)["avg_purchase"].tolist() == pytest.approx([np.nan, np.nan, 60, np.nan], nan_ok=True)


def test_the_summary_of_a_base_without_deals_has_no_shares():
    summary = size_summary(size_classes(facts_of([(0, 0, 0)]), **NUMBERS))
    assert summary["n_clients"].tolist() == [0, 0, 0, 1]
    assert summary[["client_share", "revenue_share"]].isna().all(axis=None)


def test_clients_are_counted_from_each_cut_off(facts):
    table = clients_by_size(size_classes(facts, **NUMBERS), cutoffs=[1000, 60, 150, 10])
    assert table["cutoff"].tolist() == [10, 60, 150, 1000]
    assert table["n_clients"].tolist() == [8, 6, 3, 0]
    assert table["revenue_share"].tolist() == pytest.approx([1, 3180 / 3340, 2100 / 3340, 0])


def test_a_client_without_deals_reaches_no_cut_off():
    table = clients_by_size(size_classes(facts_of([(0, 0, 0)]), **NUMBERS), cutoffs=[0])
    assert table["n_clients"].tolist() == [0]
    assert table["revenue_share"].isna().all()


def test_no_cut_offs_give_no_rows(facts):
    assert clients_by_size(size_classes(facts, **NUMBERS), cutoffs=[]).empty


def test_the_cross_shows_candidates_by_share_class(facts):
    classes = size_classes(facts, **NUMBERS).assign(share_class=["A", "A", "B", "A", "C", "C", "D", "B"])
    cross = size_by_share(classes)
    assert cross.to_dict("records")[:3] == [
        {"size_class": "SA", "share_class": "A", "n_clients": 1, "n_sa_candidates": 0, "revenue": 1500},
        {"size_class": "SA", "share_class": "C", "n_clients": 1, "n_sa_candidates": 0, "revenue": 600},
        {"size_class": "SB", "share_class": "A", "n_clients": 1, "n_sa_candidates": 1, "revenue": 450},
    ]
    assert cross["n_clients"].sum() == 8
    assert cross["revenue"].sum() == 3340


def test_missing_columns_are_named(facts):
    with pytest.raises(MissingColumnsError, match=r"'facts' lacks \['avg_purchase'\]"):
        size_thresholds(facts.drop(columns="avg_purchase"), **QUANTILES)
    with pytest.raises(MissingColumnsError, match=r"'facts' lacks \['exposure_periods'\]"):
        size_classes(facts.drop(columns="exposure_periods"), **NUMBERS)
    for step in (size_summary, has_solid_middle, size_by_share):
        with pytest.raises(MissingColumnsError, match="'size_classes' lacks"):
            step(facts)
    with pytest.raises(MissingColumnsError, match=r"'size_classes' lacks \['revenue'\]"):
        clients_by_size(facts.drop(columns="revenue"), cutoffs=[1])


def test_the_input_stays_as_it_was(facts):
    classes = size_classes(facts, **NUMBERS).assign(share_class="A")
    copies = facts.copy(deep=True), classes.copy(deep=True)
    size_thresholds(facts, **QUANTILES | {"large_from": 140.0, "small_below": 15.0})
    size_classes(facts, **NUMBERS)
    size_summary(classes)
    has_solid_middle(classes)
    clients_by_size(classes, cutoffs=[50])
    size_by_share(classes)
    pd.testing.assert_frame_equal(facts, copies[0])
    pd.testing.assert_frame_equal(classes, copies[1])


client = st.tuples(st.integers(-50, 400), st.integers(0, 12), st.integers(0, 12))
bases = st.lists(client, min_size=1, max_size=40)


@given(bases)
def test_equal_clients_get_equal_classes_whoever_else_is_there(rows):
    """Size classes are absolute: the class of a client stands whatever the others do."""
    classes = size_classes(facts_of(rows * 2), **NUMBERS)["size_class"].tolist()
    assert classes[: len(rows)] == classes[len(rows) :]
    alone = [size_classes(facts_of([row]), **NUMBERS)["size_class"].item() for row in rows[:3]]
    assert alone == classes[: len(alone)]


@given(bases)
def test_a_client_with_nothing_changes_nothing_for_the_others(rows):
    classes, more = (size_classes(facts_of(table), **NUMBERS) for table in (rows, [*rows, (0, 0, 0)]))
    pd.testing.assert_frame_equal(classes, more.iloc[:-1])
    pd.testing.assert_frame_equal(size_summary(classes).iloc[:3], size_summary(more).iloc[:3])


@given(st.integers(1, 12), st.integers(1, 12), st.lists(st.integers(-50, 400), min_size=2, max_size=20))
def test_a_larger_purchase_never_has_a_lower_class(n_deals, n_active, averages):
    rows = [(average, n_deals, n_active) for average in sorted(averages, reverse=True)]
    assert size_classes(facts_of(rows), **NUMBERS)["size_class"].is_monotonic_increasing


@given(bases, st.sampled_from([2.0**power for power in (-8, -1, 3, 12)]))
def test_another_currency_changes_no_class_when_thresholds_are_quantiles(rows, rate):
    facts = facts_of([*rows, *[(average, 6, 6) for average in (10, 20, 30, 40, 50)]])
    scaled = facts.assign(avg_purchase=facts["avg_purchase"] * rate, revenue=facts["revenue"] * rate)
    found = []
    for table in (facts, scaled):
        try:
            bounds = size_thresholds(table, **QUANTILES)
        except SettingError:  # so many equal clients that the quantiles meet: refused in either currency
            found.append(None)
            continue
        numbers = NUMBERS | {"large_from": bounds.large_from, "small_below": bounds.small_below}
        found.append(size_classes(table, **numbers)["size_class"].tolist())
    assert found[0] == found[1]


@given(bases)
def test_shares_of_the_summary_sum_to_one(rows):
    facts = facts_of([*rows, (400, 12, 12), (400, 12, 12)])
    facts["revenue"] = facts["revenue"].abs()
    summary = size_summary(size_classes(facts, **NUMBERS))
    assert summary["client_share"].sum() == pytest.approx(1)
    assert summary["revenue_share"].sum() == pytest.approx(1)
    assert summary["n_clients"].sum() == len(facts)
    assert summary["size_class"].tolist() == list(SIZE_CLASSES)


@given(bases, st.lists(st.integers(-60, 500), min_size=1, max_size=5))
def test_counts_by_size_agree_with_counting_one_by_one(rows, cutoffs):
    classes = size_classes(facts_of(rows), **NUMBERS)
    table = clients_by_size(classes, cutoffs=cutoffs)
    expected = [sum(n_deals > 0 and average >= cutoff for average, n_deals, _ in rows) for cutoff in sorted(set(cutoffs))]
    assert table["n_clients"].tolist() == expected
