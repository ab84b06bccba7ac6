"""What a minute of each department costs: rates, use, overload, months without a record."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientbase.errors import DataError, MissingColumnsError
from clientbase.method.department_rates import department_rates, department_totals

JANUARY = {"start": pd.Timestamp("2024-01-01"), "end": pd.Timestamp("2024-01-31"), "practical_share": 0.8}
QUARTER = JANUARY | {"end": pd.Timestamp("2024-03-31")}


def departments_of(rows: list[tuple]) -> pd.DataFrame:
    """Return one month of a department a row."""
    table = pd.DataFrame(rows, columns=["department", "period", "cost", "headcount", "hours_per_head"])
    return table.assign(period=pd.to_datetime(table["period"]))


def work_of(rows: list[tuple]) -> pd.DataFrame:
    """Return the minutes of one client in one department a row."""
    table = pd.DataFrame(rows, columns=["client_id", "department", "minutes"])
    return table.assign(activity_type="order_processing", quantity=1.0, n_rows=1, n_unpriced=0)


def rates_of(departments: pd.DataFrame, work: pd.DataFrame, *, practical_share: float, **window: pd.Timestamp) -> pd.DataFrame:
    """Return the rates of these departments with this work."""
    return department_rates(department_totals(departments, work, **window), practical_share=practical_share)


@pytest.fixture
def departments() -> pd.DataFrame:
    """Return the departments of vectors V13."""
    return departments_of([("warehouse", "2024-01-01", 240_000, 5, 160), ("sales", "2024-01-01", 480_000, 4, 160)])


@pytest.fixture
def work() -> pd.DataFrame:
    """Return the work of vectors V13."""
    rows = [("K1", "sales", 3000), ("K1", "warehouse", 4000), ("K2", "sales", 2400), ("K2", "warehouse", 1600)]
    return work_of([*rows, ("K3", "sales", 4800), ("K3", "warehouse", 2400)])


def test_v13_1_practical_capacity_and_rates(departments, work):
    """V13.1: K 30 720 and 38 400; rates 15.625 and 6.25."""
    rates = rates_of(departments, work, **JANUARY)
    assert rates["department"].tolist() == ["sales", "warehouse"]
    assert rates["capacity_minutes"].tolist() == pytest.approx([30_720, 38_400])
    assert rates["minute_rate"].tolist() == pytest.approx([15.625, 6.25])
    assert rates["rate_basis"].tolist() == ["recorded", "recorded"]
    assert rates["n_months"].tolist() == [1, 1]


def test_v13_6_use_of_capacity(departments, work):
    """V13.6: 33.2 % and 20.8 %."""
    rates = rates_of(departments, work, **JANUARY)
    assert rates["use_share"].tolist() == pytest.approx([0.3320313, 0.2083333], abs=1e-7)
    assert rates["unused_cost"].tolist() == pytest.approx([320_625, 190_000])
    assert rates["is_overloaded"].tolist() == [False, False]


def test_v13_7_in_overload_no_more_than_the_cost_is_charged(departments):
    """V13.7: 40 000 minutes used cost 12.0 each, use 130.2 %."""
    sales = rates_of(departments, work_of([("K1", "sales", 40_000)]), **JANUARY).loc[0]
    assert sales["minute_rate"] == pytest.approx(12)
    assert sales["use_share"] == pytest.approx(1.3020833)
    assert sales["is_overloaded"]
    assert (sales["client_cost"], sales["unused_cost"]) == (pytest.approx(480_000), 0)


def test_use_of_exactly_the_capacity_is_no_overload(departments):
    sales = rates_of(departments, work_of([("K1", "sales", 30_720)]), **JANUARY).loc[0]
    assert not sales["is_overloaded"]
    assert sales["use_share"] == pytest.approx(1)


def test_internal_minutes_use_capacity_and_reach_no_client(departments):
    rates = rates_of(departments, work_of([("K1", "sales", 3072), (None, "sales", 6144)]), **JANUARY)
    sales = rates.loc[0, ["client_minutes", "internal_minutes", "used_minutes", "use_share"]]
    assert sales.tolist() == pytest.approx([3072, 6144, 9216, 0.3])
    assert rates.loc[0, ["client_cost", "internal_cost", "unused_cost"]].tolist() == pytest.approx([48_000, 96_000, 336_000])
    assert rates.loc[1, ["client_cost", "internal_cost", "unused_cost"]].tolist() == [0, 0, 240_000]


def test_months_without_a_record_are_like_the_mean_of_the_others():
    months = [("some", "2024-01-01", 100, 1, 100), ("some", "2024-03-01", 200, 1, 100), ("other", "2023-12-01", 50, 2, 100)]
    all_of = [("all", f"2024-0{month}-01", 10, 1, 100) for month in (1, 2, 3)]
    rates = rates_of(departments_of([*months, *all_of]), work_of([("K1", "none", 5)]), **QUARTER)
    assert rates["department"].tolist() == ["some", "other", "all", "none"]
    assert rates["rate_basis"].tolist() == ["some months", "other months", "recorded", "no cost"]
    assert rates["n_months"].tolist() == [2, 0, 3, 0]
    assert rates["cost"].tolist() == pytest.approx([450, 150, 30, np.nan], nan_ok=True)
    assert rates["capacity_minutes"].tolist() == pytest.approx([14_400, 28_800, 14_400, np.nan], nan_ok=True)


def test_months_outside_the_window_do_not_count_where_there_are_some_inside():
    rows = [("sales", "2024-01-01", 100, 1, 100), ("sales", "2023-12-01", 900, 9, 100), ("sales", "2024-02-01", 900, 9, 100)]
    rates = rates_of(departments_of(rows), work_of([]), **JANUARY)
    assert rates["cost"].tolist() == [100]


def test_a_month_with_a_missing_number_is_no_record():
    rows = [("sales", "2024-01-01", 100, 1, 100), ("sales", "2024-02-01", np.nan, 1, 100)]
    rates = rates_of(departments_of(rows), work_of([]), **QUARTER)
    assert rates.loc[0, ["n_months", "cost", "rate_basis"]].tolist() == [1, pytest.approx(300), "some months"]


def test_a_department_without_cost_has_minutes_and_no_rate(departments):
    rates = rates_of(departments, work_of([("K1", "design", 30), (None, "archive", 5)]), **JANUARY)
    lost = rates[rates["rate_basis"] == "no cost"]
    assert lost["department"].tolist() == ["archive", "design"]
    assert lost["used_minutes"].tolist() == [5, 30]
    money = ["cost", "capacity_minutes", "use_share", "minute_rate", "client_cost", "internal_cost", "unused_cost"]
    assert lost[money].isna().all(axis=None)
    assert not lost["is_overloaded"].any()


def test_the_share_fit_for_work_of_the_table_goes_before_the_setting(departments, work):
    rates = rates_of(departments.assign(practical_share=[np.nan, 0.5]), work, **JANUARY)
    assert rates["capacity_minutes"].tolist() == pytest.approx([19_200, 38_400])


def test_work_without_capacity_is_refused(work):
    idle = departments_of([("sales", "2024-01-01", 480_000, 0, 160), ("warehouse", "2024-01-01", 240_000, 5, 160)])
    with pytest.raises(DataError, match=r"\['sales'\] worked 10200 minutes in the window and have no capacity. Give headcount"):
        rates_of(idle, work, **JANUARY)


def test_a_department_without_capacity_and_work_leaves_its_cost_unused():
    rates = rates_of(departments_of([("sales", "2024-01-01", 500, 0, 160)]), work_of([]), **JANUARY)
    assert rates["minute_rate"].isna().all()
    assert rates["unused_cost"].tolist() == [500]


def test_equal_costs_stand_by_name():
    rows = [("b", "2024-01-01", 10, 1, 1), ("a", "2024-01-01", 10, 1, 1)]
    assert rates_of(departments_of(rows), work_of([]), **JANUARY)["department"].tolist() == ["a", "b"]


def test_empty_tables_give_no_rows(departments):
    assert rates_of(departments.iloc[:0], work_of([]), **JANUARY).empty


def test_missing_columns_are_named(departments, work):
    with pytest.raises(MissingColumnsError, match=r"'departments' lacks \['cost'\]"):
        rates_of(departments.drop(columns="cost"), work, **JANUARY)
    with pytest.raises(MissingColumnsError, match=r"'work' lacks \['minutes'\]"):
        rates_of(departments, work.drop(columns="minutes"), **JANUARY)


def test_the_input_stays_as_it_was(departments, work):
    copies = departments.copy(deep=True), work.copy(deep=True)
    rates_of(departments, work, **JANUARY)
    pd.testing.assert_frame_equal(departments, copies[0])
    pd.testing.assert_frame_equal(work, copies[1])


row = st.tuples(st.sampled_from(["K1", "K2", None]), st.sampled_from(["sales", "warehouse"]), st.integers(0, 60_000))


@given(st.lists(row, max_size=12))
def test_the_parts_of_the_cost_sum_to_it_and_no_part_is_negative(rows):
    table = departments_of([("warehouse", "2024-01-01", 240_000, 5, 160), ("sales", "2024-01-01", 480_000, 4, 160)])
    rates = rates_of(table, work_of(rows), **JANUARY)
    parts = rates[["client_cost", "internal_cost", "unused_cost"]]
    assert parts.sum(axis=1).tolist() == pytest.approx([480_000, 240_000])
    assert (parts >= -1e-6).all(axis=None)
    assert (rates["is_overloaded"] == (rates["use_share"] > 1 + 1e-9)).all()
