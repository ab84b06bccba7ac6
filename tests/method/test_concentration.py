"""Concentration: the measures, bands of own share, the gap."""

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientbase.errors import DataError, MissingColumnsError, NothingToAnalyseError, SettingError
from clientbase.method.concentration import band_summary, concentration, has_missing_middle, rank_sizes, size_bands
from clientbase.method.share_classes import share_classes

BANDS = {"large_from": 0.05, "middle_from": 0.01, "dust_below": 0.0001}
MIDDLE = {"top_from": 0.70, "middle_below": 0.15}
NO_MIDDLE = [18.0] * 4 + [0.5] * 56  # V08.3
CONSTRUCTED = [75.5 / 30] * 30 + [0.9] * 5 + [10 / 35] * 35 + [9.65 / 210] * 210 + [0.005] * 70  # V08.7


def facts_of(values, margins=None, **columns) -> pd.DataFrame:
    """Return one client a row with revenue and margin, equal unless margins are given."""
    ids = [f"c{number:04}" for number in range(len(values))]
    facts = pd.DataFrame({"client_id": ids, "n_orders": 1, "revenue": np.asarray(values, dtype=float)})
    return facts.assign(margin=facts["revenue"] if margins is None else np.asarray(margins, dtype=float), **columns)


def bands_of(values):
    return size_bands(facts_of(values), "revenue", **BANDS)


@pytest.fixture
def no_middle() -> pd.DataFrame:
    """Return V08.3's base at V08.4's margin of 30 %."""
    return facts_of(NO_MIDDLE, [0.3 * value for value in NO_MIDDLE])


# -- the measures ---------------------------------------------------------------------------------------------------------
def test_v08_1_the_measures_of_four_clients():
    """V08.1."""
    found = concentration(facts_of([20, 40, 10, 30]), "revenue")
    assert (found.n_clients, found.total) == (4, 100)
    assert found.hhi == pytest.approx(0.30)
    assert found.effective_number == pytest.approx(3.3333333)
    assert found.gini == pytest.approx(0.25)
    assert [found.top_1_share, found.top_3_share, found.top_5_share, found.top_10_share] == pytest.approx([0.4, 0.9, 1, 1])
    assert found.hhi_band == "high"


def test_v08_2_the_largest_fifth_and_the_clients_for_eighty_percent():
    """V08.2: 0.8 of a client gives 0.32; 80 % needs 2.5 clients, 3 whole."""
    found = concentration(facts_of([40, 30, 20, 10]), "revenue")
    assert found.top_fifth_share == pytest.approx(0.32)
    assert found.n_for_80 == pytest.approx(2.5)
    assert found.n_for_80_whole == 3


def test_v08_3_four_large_and_dwarfs_have_no_middle(no_middle):
    """V08.3: top-5 0.725, middle 0, gap 36 behind the fourth."""
    found = concentration(no_middle, "revenue")
    summary = band_summary(size_bands(no_middle, "revenue", **BANDS), "revenue")
    assert found.total == pytest.approx(100)
    assert found.top_5_share == pytest.approx(0.725)
    assert summary.set_index("size_band").loc["middle", "value_share"] == 0
    assert (found.gap_ratio, found.gap_rank) == (pytest.approx(36), 4)
    assert has_missing_middle(found, summary, **MIDDLE) is True


def test_v08_6_and_7_the_constructed_base_meets_every_printed_figure():
    """V08.6, V08.7: 350 clients, 80 at 35, 90 at 70, 320 each under 1 %, 70 each under 0.01 %."""
    found = concentration(facts_of(CONSTRUCTED), "revenue")
    assert (found.n_clients, found.total) == (350, pytest.approx(100))
    assert found.n_for_80 == pytest.approx(35)
    assert found.n_for_80_whole == 35
    assert found.top_fifth_share == pytest.approx(0.90)  # 70 of 350
    bands = bands_of(CONSTRUCTED)
    summary = band_summary(bands, "revenue").set_index("size_band")
    assert summary["n_clients"].to_dict() == {"large": 0, "middle": 30, "small": 250, "dust": 70}
    each_below_one_percent = summary.loc[["small", "dust"]]
    assert each_below_one_percent["n_clients"].sum() == 320
    assert each_below_one_percent["client_share"].sum() == pytest.approx(0.9142857)  # not S5's 99 %
    assert each_below_one_percent["value_share"].sum() == pytest.approx(0.245)
    assert summary.loc["dust", "client_share"] == pytest.approx(0.2)


def test_v08_8_its_class_a_has_35_clients():
    """V08.8."""
    rule = {"a": 0.8, "b": 0.96, "c": 0.999, "d_rule": "cum", "own_share": 0.001, "ties": "share"}
    classes = share_classes(facts_of(CONSTRUCTED), value="revenue", **rule)
    assert (classes["share_class"] == "A").sum() == 35


def test_one_client_is_everything_and_has_no_gap():
    """METHOD section 9: n = 1: HHI 1, Gini 0, gap none."""
    found = concentration(facts_of([7]), "revenue")
    assert (found.hhi, found.effective_number, found.gini, found.hhi_band) == (1, 1, 0, "high")
    assert np.isnan(found.gap_ratio)
    assert found.gap_rank is None
    assert (found.top_fifth_share, found.n_for_80, found.n_for_80_whole) == (pytest.approx(0.2), pytest.approx(0.8), 1)


def test_equal_clients_are_not_concentrated():
    found = concentration(facts_of([0.1] * 20), "revenue")
    assert found.hhi == pytest.approx(0.05)
    assert found.hhi_band == "low"
    assert found.gini == pytest.approx(0)
    assert (found.top_fifth_share, found.n_for_80_whole) == (pytest.approx(0.2), 16)
    assert (found.gap_ratio, found.gap_rank) == (1, 1)


@pytest.mark.parametrize(("n", "band"), [(11, "low"), (10, "moderate"), (6, "moderate"), (5, "high")])
def test_the_bounds_of_hhi_belong_to_the_middle_band(n, band):
    assert concentration(facts_of([3] * n), "revenue").hhi_band == band


def test_an_hhi_of_exactly_18_percent_is_moderate():
    assert concentration(facts_of([0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1]), "revenue").hhi == pytest.approx(0.18)
    assert concentration(facts_of([0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1]), "revenue").hhi_band == "moderate"


def test_loss_makers_stand_beside_the_shares():
    facts = facts_of([60, 40, -30, 0, -5, 0]).assign(n_orders=[1, 1, 1, 1, 1, 0])
    found = concentration(facts, "revenue")
    assert (found.n_clients, found.total, found.top_1_share) == (2, 100, pytest.approx(0.6))
    assert (found.n_loss_makers, found.loss_sum) == (3, -35)


def test_value_without_orders_of_the_window_is_in_no_share():
    facts = facts_of([60, 40, 1000]).assign(n_orders=[1, 1, 0])
    assert concentration(facts, "revenue").total == 100
    assert rank_sizes(facts, "revenue")["client_id"].tolist() == ["c0000", "c0001"]


def test_the_gap_lies_within_the_first_ten():
    falling = [2.0**-place for place in range(10)]
    behind_tenth = concentration(facts_of([*falling, falling[-1] / 3]), "revenue")
    behind_eleventh = concentration(facts_of([*falling, falling[-1] / 1.5, falling[-1] / 90]), "revenue")
    assert (behind_tenth.gap_ratio, behind_tenth.gap_rank) == (pytest.approx(3), 10)
    assert (behind_eleventh.gap_ratio, behind_eleventh.gap_rank) == (2, 1)  # equal gaps: the first


def test_the_basis_is_the_named_column(no_middle):
    assert concentration(no_middle, "margin").total == pytest.approx(30)


@pytest.mark.parametrize("values", [[], [0, 0], [-5, -1]])
def test_nothing_positive_is_refused(values):
    with pytest.raises(NothingToAnalyseError, match=f"none of {len(values)} clients with orders has a positive revenue"):
        concentration(facts_of(values), "revenue")


def test_an_unknown_amount_is_not_nothing():
    facts = facts_of([5, np.nan, 3])
    for step in (concentration, rank_sizes):
        with pytest.raises(DataError, match=r"1 clients with orders have no revenue, for example \['c0001'\]"):
            step(facts, "revenue")
    assert concentration(facts.assign(n_orders=[1, 0, 1]), "revenue").n_clients == 2


# -- bands ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("own", "band"),
    [(0.05, "large"), (0.0499, "middle"), (0.01, "middle"), (0.0099, "small"), (0.0001, "small"), (0.000099, "dust")],
)
def test_bounds_of_the_bands_belong_to_the_upper_one(own, band):
    bands = bands_of([own, 1 - own]).set_index("client_id")
    assert bands.loc["c0000", "own_share"] == pytest.approx(own)
    assert bands.loc["c0000", "size_band"] == band


def test_clients_outside_the_total_have_no_band():
    facts = facts_of([50, -10, 50, 0, 0]).assign(n_orders=[1, 1, 1, 1, 0])
    bands = size_bands(facts, "revenue", **BANDS)
    assert bands["client_id"].tolist() == ["c0000", "c0002", "c0003", "c0004", "c0001"]
    assert bands["own_share"].tolist() == pytest.approx([0.5, 0.5, np.nan, np.nan, np.nan], nan_ok=True)
    assert bands["size_band"].isna().tolist() == [False, False, True, True, True]
    assert bands["size_band"].cat.categories.tolist() == ["large", "middle", "small", "dust"]
    assert band_summary(bands, "revenue")["n_clients"].tolist() == [2, 0, 0, 0]


def test_empty_bands_are_shown_with_nothing_in_them():
    summary = band_summary(bands_of([98, 2]), "revenue")
    assert summary.columns.tolist() == ["size_band", "n_clients", "client_share", "value", "value_share"]
    assert summary["size_band"].tolist() == ["large", "middle", "small", "dust"]
    assert summary["client_share"].tolist() == [0.5, 0.5, 0, 0]
    assert summary["value"].tolist() == [98, 2, 0, 0]
    assert summary["value_share"].tolist() == pytest.approx([0.98, 0.02, 0, 0])


@pytest.mark.parametrize("values", [[], [-5, 0]])
def test_without_a_total_no_client_has_a_band(values):
    bands = bands_of(values)
    assert bands["size_band"].isna().all()
    summary = band_summary(bands, "revenue")
    assert summary["n_clients"].tolist() == [0, 0, 0, 0]
    assert summary[["client_share", "value_share"]].isna().all(axis=None)
    assert rank_sizes(facts_of(values), "revenue").empty


@pytest.mark.parametrize("wrong", [{"large_from": 0.01}, {"middle_from": 0.06}, {"dust_below": 0.01}])
def test_bounds_that_do_not_rise_are_refused(wrong):
    with pytest.raises(SettingError, match="the bounds must rise"):
        size_bands(facts_of([1]), "revenue", **BANDS | wrong)


@pytest.mark.parametrize(
    ("values", "is_missing"),
    [
        ([14.0] * 5 + [0.3] * 100, False),  # exactly 70 % is not above
        ([14.2] * 5 + [0.29] * 100, True),
        ([14.2] * 5 + [3.0] * 5 + [0.14] * 100, False),  # a middle of 15 % is not below
        ([14.2] * 5 + [2.9] * 5 + [0.145] * 100, True),
    ],
)
def test_both_bounds_of_the_missing_middle_are_strict(values, is_missing):
    facts = facts_of(values)
    summary = band_summary(size_bands(facts, "revenue", **BANDS), "revenue")
    assert has_missing_middle(concentration(facts, "revenue"), summary, **MIDDLE) is is_missing


# -- rank and size --------------------------------------------------------------------------------------------------------
def test_ranks_go_by_size_and_the_gap_is_marked(no_middle):
    ranked = rank_sizes(no_middle[::-1].assign(client_name="Same"), "revenue")
    assert ranked.columns.tolist() == [
        "client_id", "client_name", "rank", "revenue", "value", "own_share", "step_ratio", "is_before_gap",
    ]  # fmt: skip
    assert ranked["rank"].tolist() == list(range(1, 61))
    assert ranked["client_id"].tolist()[:5] == ["c0000", "c0001", "c0002", "c0003", "c0004"]
    assert ranked.loc[ranked["is_before_gap"], "rank"].tolist() == [4]
    assert ranked.loc[2:4, "step_ratio"].tolist() == pytest.approx([1, 36, 1])
    assert ranked["own_share"].iloc[[0, -1]].tolist() == pytest.approx([0.18, 0.005])
    assert np.isnan(ranked["step_ratio"].iloc[-1])


@pytest.mark.parametrize("values", [[5], [5, 5, 5], [0.1 + 0.2, 0.3]])
def test_without_a_step_there_is_no_gap_to_mark(values):
    assert not rank_sizes(facts_of(values), "revenue")["is_before_gap"].any()


# -- tables ---------------------------------------------------------------------------------------------------------------
def test_missing_columns_are_named(no_middle):
    found, bands = concentration(no_middle, "revenue"), size_bands(no_middle, "revenue", **BANDS)
    for step in (concentration, rank_sizes):
        with pytest.raises(MissingColumnsError, match=r"'facts' lacks \['revenue'\]"):
            step(no_middle.drop(columns="revenue"), "revenue")
    with pytest.raises(MissingColumnsError, match=r"'facts' lacks \['n_orders'\]"):
        size_bands(no_middle.drop(columns="n_orders"), "revenue", **BANDS)
    with pytest.raises(MissingColumnsError, match=r"'size_bands' lacks \['size_band'\]"):
        band_summary(bands.drop(columns="size_band"), "revenue")
    with pytest.raises(MissingColumnsError, match="'band_summary' lacks"):
        has_missing_middle(found, bands[["client_id"]], **MIDDLE)


def test_the_input_stays_as_it_was(no_middle):
    facts = no_middle
    before = facts.copy(deep=True)
    bands = size_bands(facts, "revenue", **BANDS)
    banded = bands.copy(deep=True)
    summary = band_summary(bands, "revenue")
    has_missing_middle(concentration(facts, "revenue"), summary, **MIDDLE)
    rank_sizes(facts, "revenue")
    pd.testing.assert_frame_equal(facts, before)
    pd.testing.assert_frame_equal(bands, banded)


# -- what holds for every base --------------------------------------------------------------------------------------------
gains = st.lists(st.integers(1, 10_000), min_size=1, max_size=60)
amounts = st.lists(st.integers(-500, 5000), min_size=1, max_size=60)


@given(gains)
def test_measures_stay_within_their_bounds(values):
    found = concentration(facts_of(values), "revenue")
    n = len(values)
    tops = [found.top_1_share, found.top_3_share, found.top_5_share, found.top_10_share]
    assert tops == sorted(tops)
    assert 1 / n - 1e-9 <= found.hhi <= found.top_1_share + 1e-9
    assert 0 <= found.gini < 1
    assert found.top_fifth_share >= min(0.2, found.top_1_share) - 1e-9
    assert 0 <= found.n_for_80_whole - found.n_for_80 < 1
    assert found.gap_rank is None if n == 1 else 1 <= found.gap_rank <= min(10, n - 1)


@given(gains, st.randoms())
def test_the_order_of_rows_and_the_currency_change_no_measure(values, random):
    facts = facts_of(values)
    shuffled = facts.iloc[random.sample(range(len(values)), len(values))]
    scaled = shuffled.assign(revenue=shuffled["revenue"] * 4)
    plain, other = (asdict(concentration(table, "revenue")) for table in (facts, scaled))
    assert other.pop("total") == pytest.approx(4 * plain.pop("total"))
    assert other == pytest.approx(plain, nan_ok=True)
    pd.testing.assert_frame_equal(rank_sizes(facts, "revenue"), rank_sizes(shuffled, "revenue"))


@given(gains, st.integers(2, 4))
def test_a_base_several_times_over_is_as_unequal_and_less_concentrated(values, times):
    once, several = (concentration(facts_of(table), "revenue") for table in (values, values * times))
    assert several.gini == pytest.approx(once.gini, abs=1e-9)
    assert several.hhi == pytest.approx(once.hhi / times)
    assert several.top_fifth_share == pytest.approx(once.top_fifth_share)
    assert several.n_for_80 == pytest.approx(once.n_for_80 * times)


@given(gains)
def test_measures_agree_with_their_formulas_spelled_out(values):
    found, total, n = concentration(facts_of(values), "revenue"), sum(values), len(values)
    rising = sorted(values)
    assert found.gini == pytest.approx(
        sum((2 * place - n - 1) * value for place, value in enumerate(rising, 1)) / (n * total), abs=1e-12
    )
    reached = [sum(rising[::-1][:k]) for k in range(n + 1)]
    assert found.n_for_80_whole == next(k for k in range(n + 1) if 10 * reached[k] >= 8 * total)


@given(amounts)
def test_bands_share_out_the_total_and_equal_clients_stand_together(values):
    bands = size_bands(facts_of(values), "revenue", **BANDS)
    summary = band_summary(bands, "revenue")
    assert summary["n_clients"].sum() == sum(value > 0 for value in values)
    assert summary["value"].sum() == sum(value for value in values if value > 0)
    kinds = bands.dropna(subset="size_band").drop_duplicates(["revenue", "size_band"])
    assert kinds["revenue"].is_unique
    inside = bands[bands["size_band"].notna()]
    assert inside["size_band"].is_monotonic_increasing  # by falling value, best band first
