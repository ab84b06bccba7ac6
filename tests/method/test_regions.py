"""Regions: who carries the sales, revenue by month, steadiness, season and effort."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientbase.errors import MissingColumnsError
from clientbase.method.regions import region_months, region_steadiness, region_table, season_profile

END = 2024 * 12 + 11  # December 2024
BOUNDS = {"n_months": 12, "min_periods": 6, "season_from": 0.5, "amplitude_from": 1.5, "unsteady_from": 0.5}


def facts_of(revenues: dict[str, float | list[float]]) -> pd.DataFrame:
    """Return clients with one order each, by region."""
    rows = [(region, float(amount)) for region, amounts in revenues.items() for amount in np.atleast_1d(amounts)]
    table = pd.DataFrame(rows, columns=["region", "revenue"])
    return table.assign(client_id=[f"c{place}" for place in range(len(rows))], n_orders=1, n_deals=1)


def months_of(series: dict[str, list[float]], *, end: int = END) -> pd.DataFrame:
    """Return the months of clients, oldest first and the last at end; None for a month without lines."""
    rows = [
        (client, np.datetime64(end - len(amounts) + 1 + place - 1970 * 12, "M"), amount)
        for client, amounts in series.items()
        for place, amount in enumerate(amounts)
        if amount is not None
    ]
    table = pd.DataFrame(rows, columns=["client_id", "month", "revenue"])
    return table.assign(month=pd.to_datetime(table["month"]), revenue=table["revenue"].astype(float), n_deals=1)


def one_region(series: list[float], contacts: pd.DataFrame | None = None, **bounds: float) -> pd.Series:
    """Return the steadiness of a region with one client."""
    facts = facts_of({"North": sum(amount or 0 for amount in series[-12:])})
    return region_steadiness(facts, months_of({"c0": series}), contacts, end=END, **BOUNDS | bounds).loc[0]


# -- the table -----------------------------------------------------------------------------------------------------------
def test_v09_3_three_regions_reach_eighty_percent():
    """V09.3: 50 + 25 = 75 %, with 10 it is 85 %."""
    table = region_table(facts_of({"a": 50, "b": 25, "c": 10, "d": 8, "e": 4, "f": 3}), share_to=0.8)
    assert table["is_carrying"].tolist() == [True, True, True, False, False, False]
    assert table["revenue_share"].tolist() == pytest.approx([0.5, 0.25, 0.1, 0.08, 0.04, 0.03])
    assert table["cum_share"].tolist() == pytest.approx([0.5, 0.75, 0.85, 0.93, 0.97, 1])


def test_exactly_reached_is_enough_whatever_the_rounding():
    """0.1 + 0.7 is less than 0.8 in floating point."""
    assert region_table(facts_of({"a": 0.7, "b": 0.1, "c": 0.2}), share_to=0.9)["is_carrying"].tolist() == [True, True, False]
    assert region_table(facts_of({"a": 60, "b": 20, "c": 20.0000001}), share_to=0.6)["is_carrying"].sum() == 1


def test_equal_regions_carry_alike():
    assert region_table(facts_of({"a": 40, "b": 20, "c": 20, "d": 20}), share_to=0.8)["is_carrying"].all()
    parts = {"a": 40, "b": [0.1] * 200, "c": [20.0], "d": [0.2] * 100}  # equal but for the error of their sums
    assert region_table(facts_of(parts), share_to=0.8)["is_carrying"].all()


def test_clients_without_region_are_a_row_like_any_other():
    """METHOD 11: missing region = own row."""
    facts = facts_of({"North": [30, 10], "South": 25}).assign(region=[None, "North", "South"])
    table = region_table(facts, share_to=0.5)
    assert table["region"].tolist() == ["(unknown)", "South", "North"]
    assert table["revenue"].tolist() == [30, 25, 10]
    assert table["is_carrying"].tolist() == [True, True, False]


@pytest.mark.parametrize("kind", ["category", "object", "str"])
def test_regions_may_come_as_any_kind_of_text(kind):
    facts = facts_of({"North": [30, 10]})
    facts["region"] = pd.Series(["North", None], dtype=kind)
    assert region_table(facts, share_to=0.8)["region"].tolist() == ["North", "(unknown)"]


def test_clients_margin_and_time_are_added_up_where_known():
    facts = facts_of({"North": [60, 20, 0], "South": 20}).assign(
        n_orders=[2, 1, 0, 1], margin=[20.0, 10.0, 0.0, -5.0], minutes=[30.0, np.nan, 10.0, np.nan]
    )
    table = region_table(facts, share_to=0.8)
    assert table.columns.tolist() == [
        "region", "n_clients", "revenue", "revenue_share", "cum_share", "margin", "margin_share", "minutes", "minutes_share",
        "is_carrying",
    ]  # fmt: skip
    assert table["n_clients"].tolist() == [2, 1]
    assert table["margin"].tolist() == [30, -5]
    assert table["margin_share"].tolist() == pytest.approx([1, -5 / 30])
    assert table["minutes"].tolist() == pytest.approx([40, np.nan], nan_ok=True)
    assert table["minutes_share"].tolist() == pytest.approx([1, np.nan], nan_ok=True)
    assert "margin" not in region_table(facts.drop(columns="margin"), share_to=0.8)
    assert "minutes_share" not in region_table(facts.drop(columns="minutes"), share_to=0.8)


def test_returns_alone_stay_outside_the_total_and_regions_without_orders_come_last():
    facts = facts_of({"Empty": 0, "Returns": -50, "South": 25, "North": 75}).assign(n_orders=[0, 1, 1, 1])
    table = region_table(facts, share_to=0.8)
    assert table["region"].tolist() == ["North", "South", "Returns", "Empty"]
    assert table["revenue_share"].tolist() == pytest.approx([0.75, 0.25, -0.5, 0])
    assert table["cum_share"].tolist() == pytest.approx([0.75, 1, np.nan, np.nan], nan_ok=True)
    assert table["is_carrying"].tolist() == [True, True, False, False]
    assert table["n_clients"].tolist() == [1, 1, 1, 0]


def test_one_region_carries_all_and_nothing_carries_nothing():
    assert region_table(facts_of({"North": 5}), share_to=0.8)["is_carrying"].tolist() == [True]
    nothing = region_table(facts_of({"North": 0, "South": -1}), share_to=0.8)
    assert nothing["is_carrying"].tolist() == [False, False]
    assert nothing[["revenue_share", "cum_share"]].isna().all(axis=None)
    assert region_table(facts_of({}), share_to=0.8).empty


# -- month by month ------------------------------------------------------------------------------------------------------
def test_months_are_dense_and_what_is_no_client_belongs_to_no_region():
    facts = facts_of({"North": [100, 5], "South": 20})
    months = months_of({"c0": [60, None, 40], "c1": [None, None, 5], "c2": [20, None, None], "(unassigned)": [9, 9, 9]})
    table = region_months(facts, months, end=END, n_months=3)
    assert table["region"].tolist() == ["North"] * 3 + ["South"] * 3
    assert table["month"].dt.strftime("%Y-%m-%d").tolist() == ["2024-10-01", "2024-11-01", "2024-12-01"] * 2
    assert table["month_number"].tolist() == [END - 2, END - 1, END] * 2
    assert table["revenue"].tolist() == [60, 0, 45, 20, 0, 0]


def test_months_before_the_data_are_missing_and_those_after_the_window_left_out():
    facts = facts_of({"North": 100, "South": 0})
    table = region_months(facts, months_of({"c0": [60, 40, 7]}, end=END + 1), end=END, n_months=3)
    assert table["revenue"].tolist() == pytest.approx([np.nan, 60, 40, np.nan, 0, 0], nan_ok=True)


def test_without_months_or_regions_there_is_nothing():
    assert region_months(facts_of({"North": 0}), months_of({}), end=END, n_months=2)["revenue"].isna().all()
    assert region_months(facts_of({}), months_of({}), end=END, n_months=2).empty
    assert region_steadiness(facts_of({}), months_of({}), months_of({}).assign(n_contacts=1), end=END, **BOUNDS).empty


# -- steadiness ----------------------------------------------------------------------------------------------------------
def test_v09_4_two_alike_years_with_a_peak():
    """V09.4: r 0.9878, A 2.9130, in years of four periods."""
    found = season_profile(np.array([[[10.0, 20, 30, 20], [12, 22, 34, 20]]])).loc[0]
    assert found["season_correlation"] == pytest.approx(0.9878292)
    assert found["amplitude"] == pytest.approx(2.9130435)
    assert found["peak_period"] == 3


def test_v09_4_as_a_region_is_seasonal():
    """V09.4: each period of the vector lasts three months, which changes neither r nor A."""
    years = [10, 20, 30, 20], [12, 22, 34, 20]
    found = one_region([amount for year in years for amount in np.repeat(year, 3)])
    assert found["season_correlation"] == pytest.approx(0.9878292)
    assert found["amplitude"] == pytest.approx(2.9130435)
    assert found["peak_month"] == 7  # the first of July, August, September
    assert found["verdict"] == "seasonal"
    assert pd.isna(found["reason"])


def test_the_peak_is_a_calendar_month_whatever_month_ends_the_window():
    series = [10] * 24
    series[4] = series[16] = 40
    facts, months = facts_of({"North": 150}), months_of({"c0": series}, end=2024 * 12 + 4)  # May
    found = region_steadiness(facts, months, None, end=2024 * 12 + 4, **BOUNDS).loc[0]
    assert found["peak_month"] == 10  # June, July, August, September, October


@pytest.mark.parametrize(
    ("series", "cv"),
    [
        ([100] * 12, 0),
        ([50, 150] * 6, 0.5),
        ([200, 0] * 6, 1),
        ([0, 200] * 6, (5 / 6) ** 0.5),
        ([1200] + [0] * 11, 3.3166),
        ([100] * 6 + [0] * 6, 1),
    ],
)
def test_v07_variation_of_the_window(series, cv):
    """V07.1, V07.2, V07.5; 0, 200 x 6 begins with its first month of revenue: six of 200, five zeros."""
    assert one_region(series)["cv"] == pytest.approx(cv, abs=1e-4)


def test_v07_3_months_before_the_first_are_absent_not_zero():
    """V07.3: first in month 5; eight months."""
    found = one_region([None] * 4 + [100, 110, 90] + [100] * 5)
    assert found["n_months"] == 8
    assert found["cv"] == pytest.approx(0.05)


def test_a_short_series_has_no_variation():
    """V07.4."""
    found = one_region([100] * 5)
    assert found["n_months"] == 5
    assert np.isnan(found["cv"])
    assert (found["verdict"], found["reason"]) == ("not testable", "short history")
    assert one_region([100] * 6)["cv"] == 0


def test_less_than_24_months_cannot_show_a_season():
    """METHOD 11, edge cases."""
    year = [10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 60, 60]
    assert one_region([*year, *year])["verdict"] == "seasonal"
    found = one_region([*year, *year][1:])
    assert (found["verdict"], found["reason"]) == ("not testable", "short history")
    assert found[["season_correlation", "amplitude", "peak_month"]].isna().all()
    assert found["cv"] > 0.5


def test_a_young_region_of_an_old_company_is_not_testable():
    facts = facts_of({"North": 120, "South": 60})
    found = region_steadiness(facts, months_of({"c0": [10] * 30, "c1": [5] * 23}), None, end=END, **BOUNDS)
    assert found["verdict"].tolist() == ["steady", "not testable"]


def test_a_flat_year_leaves_the_correlation_undefined():
    """METHOD 11, edge cases: zero-variance year. 0.1 + 0.2 is no variance."""
    flat = one_region([0.3, 0.1 + 0.2] * 12)
    assert np.isnan(flat["season_correlation"])
    assert flat["amplitude"] == pytest.approx(1)
    assert (flat["verdict"], flat["reason"]) == ("steady", "flat year")
    swings = one_region([10] * 12 + [1, 50] * 6)
    assert (swings["verdict"], swings["reason"]) == ("unsteady", "flat year")


def test_an_index_of_zero_makes_the_amplitude_infinite():
    """METHOD 11, edge cases: index minimum 0."""
    found = one_region([10, 0, *[20] * 10] * 2)
    assert found["amplitude"] == np.inf
    assert found["verdict"] == "seasonal"
    assert one_region([10, -1, *[20] * 10] * 2)["amplitude"] == np.inf


def test_swings_without_season_are_unsteady():
    found = one_region([1, 40] * 6 + [40, 1] * 6)
    assert found["season_correlation"] == pytest.approx(-1)
    assert (found["verdict"], found["cv"] > 0.5) == ("unsteady", True)


def test_the_bounds_themselves_seasonal_from_unsteady_only_above():
    series = [10, 30] * 12  # r 1, A 3, CV 0.5
    assert one_region(series, season_from=1.0, amplitude_from=3.0)["verdict"] == "seasonal"
    assert one_region(series, season_from=1.0, amplitude_from=3.01)["verdict"] == "steady"
    swings = [10, 30] * 6 + [30, 10] * 6  # r -1, CV 0.5
    assert one_region(swings)["verdict"] == "steady"
    assert one_region(swings, unsteady_from=0.499)["verdict"] == "unsteady"


def test_a_window_without_net_revenue_is_unsteady_with_its_reason():
    """METHOD 2.1: mean of the series <= 0."""
    found = one_region([100] * 12 + [50, -50] * 6)
    assert np.isnan(found["cv"])
    assert (found["verdict"], found["reason"]) == ("unsteady", "no net revenue")


def test_a_region_without_orders_has_no_sales_to_judge():
    facts = facts_of({"North": 120, "Lost": 0, "Never": 0}).assign(n_orders=[12, 0, 0])
    found = region_steadiness(facts, months_of({"c0": [10] * 24, "c1": [10] * 8 + [None] * 16}), None, end=END, **BOUNDS)
    assert found["region"].tolist() == ["North", "Lost", "Never"]
    assert found["verdict"].tolist() == ["steady", "no sales", "no sales"]
    assert found["reason"].tolist()[1:] == ["no orders", "no orders"]
    assert found["n_months"].tolist() == [12, 12, 0]
    assert found["cv"].isna().tolist() == [False, True, True]


# -- effort --------------------------------------------------------------------------------------------------------------
def contacts_of(series: list[float]) -> pd.DataFrame:
    return months_of({"c0": series}).rename(columns={"revenue": "n_contacts"})


def test_effort_that_goes_with_sales_correlates():
    sales = [10, 20, 30, 20] * 6
    assert one_region(sales, contacts_of([amount / 10 for amount in sales]))["effort_correlation"] == pytest.approx(1)
    assert one_region(sales, contacts_of([4 - amount / 10 for amount in sales]))["effort_correlation"] == pytest.approx(-1)
    assert "effort_correlation" not in one_region(sales)


def test_effort_is_compared_only_since_contacts_are_recorded_and_the_region_buys():
    sales = [99, *[10, 20, 30, 20] * 6]
    recorded = contacts_of([1, 2, 3, 2] * 2)
    assert one_region(sales, recorded)["effort_correlation"] == pytest.approx(1)
    assert one_region([10, 20, 30, 20] * 2, contacts_of([50, *[1, 2, 3, 2] * 2]))["effort_correlation"] == pytest.approx(1)


def test_effort_of_few_months_or_without_variance_is_missing():
    sales = [10, 20, 30, 20] * 6
    assert np.isnan(one_region(sales, contacts_of([1, 2, 3, 2, 1]))["effort_correlation"])
    assert np.isnan(one_region(sales, contacts_of([2] * 24))["effort_correlation"])
    assert np.isnan(one_region([10] * 24, contacts_of([1, 2] * 12))["effort_correlation"])
    assert np.isnan(one_region(sales, contacts_of([]))["effort_correlation"])


# -- border and invariants -----------------------------------------------------------------------------------------------
def test_missing_columns_are_named():
    facts, months = facts_of({"North": 1}), months_of({"c0": [1]})
    with pytest.raises(MissingColumnsError, match=r"'facts' lacks \['region'\]"):
        region_table(facts.drop(columns="region"), share_to=0.8)
    with pytest.raises(MissingColumnsError, match=r"'months' lacks \['revenue'\]"):
        region_months(facts, months.drop(columns="revenue"), end=END, n_months=12)
    with pytest.raises(MissingColumnsError, match=r"'months' lacks \['month'\]"):
        region_steadiness(facts, months.drop(columns="month"), None, end=END, **BOUNDS)
    with pytest.raises(MissingColumnsError, match=r"'contacts' lacks \['n_contacts'\]"):
        region_steadiness(facts, months, months, end=END, **BOUNDS)


def test_the_input_stays_as_it_was():
    tables = facts_of({"North": 1, "South": 2}), months_of({"c0": [1] * 24}), contacts_of([1, 2])
    copies = [table.copy(deep=True) for table in tables]
    region_table(tables[0], share_to=0.8)
    region_months(*tables[:2], end=END, n_months=24)
    region_steadiness(*tables, end=END, **BOUNDS)
    for table, copy in zip(tables, copies, strict=True):
        pd.testing.assert_frame_equal(table, copy)


amounts = st.integers(-50, 500)
bases = st.lists(st.tuples(st.sampled_from(["a", "b", "c", "d", None]), amounts), min_size=1, max_size=30)


def base_of(rows: list[tuple[str | None, int]]) -> pd.DataFrame:
    table = pd.DataFrame({"region": [row[0] for row in rows], "revenue": [float(row[1]) for row in rows]})
    return table.assign(client_id=[f"c{place}" for place in range(len(rows))], n_orders=1)


@given(bases, st.randoms(use_true_random=False))
def test_the_order_of_clients_changes_nothing(rows, chance):
    mixed = rows.copy()
    chance.shuffle(mixed)
    pd.testing.assert_frame_equal(*(region_table(base_of(table), share_to=0.8) for table in (rows, mixed)))


@given(bases, st.sampled_from([0.5, 0.8, 0.95]))
def test_the_carrying_regions_are_the_fewest_that_reach_the_share(rows, share_to):
    table = region_table(base_of(rows), share_to=share_to)
    assert table["revenue"].sum() == pytest.approx(sum(amount for _, amount in rows))
    carrying = table[table["is_carrying"]]
    if carrying.empty:
        assert (table["revenue"] <= 0).all()
        return
    assert table["revenue_share"].clip(lower=0).sum() == pytest.approx(1)
    assert carrying["revenue_share"].sum() >= share_to - 1e-9
    above = carrying[carrying["revenue"] > carrying["revenue"].min()]
    assert above["revenue_share"].sum() < share_to
    assert set(table.loc[~table["is_carrying"], "revenue"]).isdisjoint(carrying["revenue"])


@given(st.lists(st.lists(st.integers(-20, 300), min_size=24, max_size=30), min_size=1, max_size=5), st.integers(1, 1000))
def test_another_currency_changes_no_verdict_and_a_region_stands_alone(series, rate):
    facts = facts_of({f"r{place}": sum(amounts[-12:]) for place, amounts in enumerate(series)})
    tables = [
        months_of({f"c{place}": [amount * times for amount in amounts] for place, amounts in enumerate(series)})
        for times in (1, rate)
    ]
    found, scaled = (region_steadiness(facts, months, None, end=END, **BOUNDS) for months in tables)
    pd.testing.assert_frame_equal(found, scaled)
    first = region_steadiness(facts.iloc[:1], tables[0], None, end=END, **BOUNDS)
    same = found[found["region"] == "r0"].reset_index(drop=True)
    pd.testing.assert_frame_equal(first, same)
    assert found["season_correlation"].dropna().between(-1, 1).all()
    assert (found["amplitude"].dropna() >= 1).all()
