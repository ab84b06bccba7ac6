"""Retention, survival, and what keeping more clients is worth."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientbase.errors import MissingColumnsError
from clientbase.method.retention import (
    lifetime_value,
    retention,
    retention_by_year,
    retention_effect,
    retention_needed,
    survival,
    value_by_retention,
    wilson,
    yearly_retention,
)

END = 2025 * 12 + 11  # December 2025
HALF_IN_FIVE_YEARS = 0.8705506  # V17.2


def facts_of(kept, lost, new=0):
    deals = [(2, 1)] * kept + [(0, 3)] * lost + [(1, 0)] * new
    return pd.DataFrame(deals, columns=["n_deals", "previous_n_deals"])


def months_of(rows):
    """Return months of (client, "2024-05", deals)."""
    table = pd.DataFrame(rows, columns=["client_id", "month", "n_deals"])
    return table.assign(month=pd.to_datetime(table["month"] + "-01"))


def effect(rate, step=0.05, kind="points"):
    table = retention_effect(rate, interest=0.10, step=step).set_index("step_kind")
    return table.loc[kind, "effect_share"]


# -- the vectors ---------------------------------------------------------------------------------------------------------
def test_half_of_the_clients_lost_in_five_years():  # V17.2
    assert yearly_retention(0.5, years=5) == pytest.approx(HALF_IN_FIVE_YEARS, abs=1e-7)
    assert 1 - yearly_retention(0.5, years=5) == pytest.approx(0.1294494, abs=1e-7)
    assert survival(HALF_IN_FIVE_YEARS, years=5) == pytest.approx(0.5, abs=1e-6)


def test_lifetime_value_and_what_five_points_more_are_worth():  # V17.3
    assert lifetime_value(100, 0.80, interest=0.10) == pytest.approx(366.6666667)
    assert lifetime_value(100, 0.85, interest=0.10) == pytest.approx(440)
    assert effect(0.80) == pytest.approx(0.2)
    assert effect(0.90) == pytest.approx(0.3333333)


def test_five_percent_of_retention_is_less_than_five_points():  # V17.4
    assert effect(0.80, kind="relative") == pytest.approx(0.1538462)


def test_the_retention_at_which_the_saying_holds():  # V17.5
    needed = retention_needed(np.array([0.25, 0.55]), interest=0.10, step=0.05)
    assert needed.tolist() == pytest.approx([0.85, 0.9590909])


def test_value_where_half_is_lost_in_five_years():  # V17.6
    assert lifetime_value(100, HALF_IN_FIVE_YEARS, interest=0.10) == pytest.approx(479.4084552, abs=1e-4)
    assert effect(HALF_IN_FIVE_YEARS) == pytest.approx(0.2786300, abs=1e-6)


# -- the rate ------------------------------------------------------------------------------------------------------------
def test_retention_is_of_the_clients_of_the_window_before():
    found = retention(facts_of(kept=8, lost=2, new=5), window_months=12)
    assert (found.n_before, found.n_kept, found.retention) == (10, 8, 0.8)
    assert (found.low, found.high) == pytest.approx((0.4901625, 0.9433178))  # Wilson's score by hand
    assert found.survival_share == pytest.approx(0.32768)
    assert not found.is_annualised


def test_wilson_against_its_formula():
    z, n, p = 1.959963984540054, 83, 69 / 83
    middle, half = (p + z * z / (2 * n)), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    assert wilson(69, 83) == pytest.approx(((middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)))
    assert wilson(10, 10)[1] == pytest.approx(1)
    assert wilson(0, 10)[0] == pytest.approx(0)


def test_a_window_of_half_a_year_is_put_on_a_year():
    found = retention(facts_of(kept=8, lost=2), window_months=6)
    assert found.retention == pytest.approx(0.64)
    assert found.survival_share == pytest.approx(0.64**5)
    assert found.is_annualised


def test_nobody_before_gives_no_rate():
    found = retention(facts_of(kept=0, lost=0, new=3), window_months=12)
    assert found.n_before == 0
    assert all(np.isnan([found.retention, found.low, found.high, found.survival_share, found.survival_low]))


def test_retention_goes_back_as_far_as_windows_are_whole():
    months = months_of([
        ("a", "2022-11", 1),  # a window that the data do not hold whole
        ("a", "2023-02", 1), ("b", "2023-05", 2), ("c", "2023-12", 1), ("d", "2023-06", 0),
        ("a", "2024-01", 1), ("a", "2024-02", 1), ("b", "2024-12", 1), ("e", "2024-03", 1),
        ("b", "2025-01", 1), ("c", "2025-02", 1),
        ("e", "2026-01", 1),  # after the window
    ])  # fmt: skip
    table = retention_by_year(months, first=2022 * 12 + 9, end=END, window_months=12)
    assert table["period_end"].dt.strftime("%Y-%m-%d").tolist() == ["2024-12-31", "2025-12-31"]
    assert table["n_before"].tolist() == [3, 3]
    assert table["n_kept"].tolist() == [2, 1]
    assert table["retention"].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert table[["retention_low", "retention_high"]].iloc[1].tolist() == pytest.approx(list(wilson(1, 3)))


def test_one_window_alone_cannot_be_compared():
    table = retention_by_year(months_of([("a", "2025-02", 1)]), first=END - 20, end=END, window_months=12)
    assert table.empty
    assert list(table) == ["period_end", "n_before", "n_kept", "retention", "retention_low", "retention_high"]


def test_a_window_without_clients_has_no_rate():
    months = months_of([("a", "2023-02", 1), ("a", "2025-02", 1)])
    table = retention_by_year(months, first=END - 35, end=END, window_months=12)
    assert table["n_before"].tolist() == [1, 0]
    assert table["retention"].tolist() == pytest.approx([0, np.nan], nan_ok=True)


def test_half_years_are_put_on_a_year():
    months = months_of([("a", "2025-02", 1), ("b", "2025-02", 1), ("a", "2025-09", 1)])
    table = retention_by_year(months, first=END - 11, end=END, window_months=6)
    assert table["retention"].tolist() == [0.25]


# -- the value -----------------------------------------------------------------------------------------------------------
def test_a_step_beyond_the_most_is_capped_and_said_to_be():
    table = retention_effect(0.96, interest=0.10, step=0.05)
    assert table["retention_after"].tolist() == [0.99, 0.99]
    assert table["is_capped"].tolist() == [True, True]
    assert table["effect_share"].tolist() == pytest.approx([0.14 / 0.11 - 1] * 2)


def test_where_nearly_all_stay_there_is_no_room():
    table = retention_effect(0.99, interest=0.10, step=0.05)
    assert table[["retention_after", "effect_share"]].isna().all(axis=None)
    assert table["is_capped"].all()
    assert retention_effect(np.nan, interest=0.10, step=0.05)["effect_share"].isna().all()
    assert not retention_effect(np.nan, interest=0.10, step=0.05)["is_capped"].any()


def test_the_formula_has_no_meaning_where_all_stay():
    assert np.isnan(lifetime_value(100, 1.0, interest=0.10))
    assert np.isnan(lifetime_value(100, np.nan, interest=0.10))
    assert lifetime_value(100, 0.0, interest=0.10) == pytest.approx(100)


def test_the_curve_holds_the_own_retention():
    table = value_by_retention(retention=0.8123, margin=100, interest=0.10, step=0.05)
    (own,) = table[table["is_own"]].to_dict("records")
    assert own["lifetime_value"] == pytest.approx(110 / 0.2877)
    assert own["value_after"] == pytest.approx(110 / 0.2377)
    assert own["effect_share"] == pytest.approx(0.2877 / 0.2377 - 1)
    assert (table["retention"].iloc[0], table["retention"].iloc[-1]) == (0, 0.99)
    assert table["effect_share"].isna().sum() == 1
    assert len(value_by_retention(retention=0.80, margin=100, interest=0.10, step=0.05)) == 100


@pytest.mark.parametrize("own", [np.nan, 1.0])
def test_a_curve_without_own_retention(own):
    table = value_by_retention(retention=own, margin=100, interest=0.10, step=0.05)
    assert not table["is_own"].any()
    assert len(table) == 100


# -- the contract --------------------------------------------------------------------------------------------------------
def test_missing_columns_are_named():
    with pytest.raises(MissingColumnsError, match=r"'facts' lacks \['previous_n_deals'\]"):
        retention(facts_of(1, 1).drop(columns="previous_n_deals"), window_months=12)
    with pytest.raises(MissingColumnsError, match=r"'months' lacks \['n_deals'\]"):
        retention_by_year(months_of([]).drop(columns="n_deals"), first=END - 23, end=END, window_months=12)


def test_the_input_stays_as_it_was():
    facts, months = facts_of(2, 1), months_of([("a", "2024-02", 1), ("a", "2025-02", 1)])
    copies = facts.copy(deep=True), months.copy(deep=True)
    retention(facts, window_months=12)
    retention_by_year(months, first=END - 23, end=END, window_months=12)
    pd.testing.assert_frame_equal(facts, copies[0])
    pd.testing.assert_frame_equal(months, copies[1])


rates = st.floats(0, 0.98)


@given(rates, st.floats(0.001, 0.3), st.floats(0.01, 0.4))
def test_the_retention_needed_has_the_effect(rate, interest, step):
    gained = (1 + interest - rate) / (1 + interest - rate - step) - 1
    if rate + step < 1 and gained > 0:
        assert retention_needed(gained, interest=interest, step=step) == pytest.approx(rate, abs=1e-6)


@given(st.integers(0, 40), st.integers(0, 40))
def test_the_rate_lies_in_its_interval(kept, lost):
    found = retention(facts_of(kept, lost), window_months=12)
    if kept + lost:
        assert -1e-9 <= found.low <= found.retention + 1e-9
        assert found.retention - 1e-9 <= found.high <= 1 + 1e-9
        assert found.survival_low <= found.survival_share + 1e-9 <= found.survival_high + 2e-9


@given(rates, st.floats(0, 0.3), st.floats(0.01, 0.3))
def test_more_retention_is_worth_more_and_never_beyond_the_most(rate, interest, step):
    table = retention_effect(rate, interest=interest, step=step)
    assert (table["effect_share"] >= 0).all()
    assert (table["retention_after"] <= 0.99).all()
    value = value_by_retention(retention=rate, margin=10, interest=interest, step=step)
    assert value["lifetime_value"].is_monotonic_increasing
    assert value["is_own"].sum() == 1


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 35), st.integers(0, 2)), max_size=60))
def test_the_last_pair_is_what_counting_client_by_client_gives(rows):
    months = months_of([(c, f"{2023 + m // 12}-{m % 12 + 1:02}", n) for c, m, n in rows])
    months = months.groupby(["client_id", "month"], as_index=False)["n_deals"].sum()
    last = retention_by_year(months, first=END - 35, end=END, window_months=12).iloc[-1]
    before = {c for c, m, n in rows if n and 12 <= m < 24}
    after = {c for c, m, n in rows if n and m >= 24}
    assert (last["n_before"], last["n_kept"]) == (len(before), len(before & after))
