"""Load estimated from orders: what is counted, the standards typed, the work they come to."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientbase.errors import MissingColumnsError, SettingError
from clientbase.ledger.tables import ACTIVITY_STANDARDS, ACTIVITY_TYPES
from clientbase.method.load_estimates import (
    DRIVER_BY_ACTIVITY,
    DRIVERS,
    default_driver,
    driver_counts,
    estimated_work,
    load_form,
    typed_departments,
    typed_standards,
    uncounted,
)

WINDOW = {"start": pd.Timestamp("2024-01-01"), "months": 12}


@pytest.fixture
def facts() -> pd.DataFrame:
    return pd.DataFrame({"client_id": ["K2", "K1"], "n_orders": [3, 0], "n_lines": [12, 0], "n_delivered": [2, 0]})


@pytest.fixture
def counts(facts) -> pd.DataFrame:
    return driver_counts(facts, None)


@pytest.fixture
def standards() -> pd.DataFrame:
    """Return the standards of V13.14 (12 minutes), a second kind of work by order, and three that cannot be counted."""
    rows = [
        ("sales", "order_processing", 12.0, None), ("sales", "invoice", 3.0, "order"), ("warehouse", "shipment", 20.0, None),
        ("warehouse", "storage", 5.0, None), ("sales", "call", 10.0, None), ("warehouse", "other", 2.0, "line"),
        ("warehouse", "order_change", 7.0, "return"),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["department", "activity_type", "standard_minutes", "driver"])


def test_drivers_are_those_of_the_tables():
    assert set(DRIVERS) == set(ACTIVITY_STANDARDS.columns["driver"].values)
    assert set(DRIVER_BY_ACTIVITY) <= set(ACTIVITY_TYPES)


def test_orders_are_counted_by_driver(counts):
    assert counts.to_numpy().tolist() == [
        ["K1", "order", 0], ["K1", "line", 0], ["K1", "delivery", 0],
        ["K2", "order", 3], ["K2", "line", 12], ["K2", "delivery", 2],
    ]  # fmt: skip


def test_contacts_returns_and_complaints_are_counted_where_they_are_known(facts):
    contacts = pd.DataFrame({"client_id": ["K2", "K9"], "n_contacts": [4, 1]})
    counts = driver_counts(facts.assign(n_returns=1, n_complaints=[2, np.nan]), contacts)
    assert counts.loc[counts["client_id"] == "K2", "driver"].tolist() == list(DRIVERS)
    assert counts.loc[counts["driver"] == "contact", "quantity"].tolist() == [0, 4]
    assert counts.loc[counts["driver"] == "complaint", "client_id"].tolist() == ["K2"]
    assert driver_counts(facts[["client_id"]], None).empty


@pytest.mark.parametrize(
    ("activity_type", "driver"),
    [
        ("order_processing", "order"), ("invoice", "order"), ("shipment", "delivery"), ("call", "contact"),
        ("meeting", "contact"), ("complaint", "complaint"), ("storage", None), ("order_change", None), ("urgent_order", None),
        ("other", None),
    ],
)  # fmt: skip
def test_what_stands_for_an_activity_in_the_orders(activity_type, driver):
    assert default_driver(activity_type) == driver


def test_v13_14_quantity_times_standard(counts, standards):
    """V13.14: 3 x 12 = 36 min."""
    work = estimated_work(counts, standards)
    assert work.to_numpy().tolist() == [
        ["K2", "sales", "invoice", 9, 3, 3, 0],
        ["K2", "sales", "order_processing", 36, 3, 3, 0],
        ["K2", "warehouse", "other", 24, 12, 12, 0],
        ["K2", "warehouse", "shipment", 40, 2, 2, 0],
    ]
    assert work.columns.tolist() == [
        "client_id", "department", "activity_type", "minutes", "quantity", "n_rows", "n_unpriced",
    ]  # fmt: skip


def test_standards_without_a_column_of_drivers_take_the_usual_ones(counts, standards):
    work = estimated_work(counts, standards.drop(columns="driver"))
    assert work["activity_type"].tolist() == ["invoice", "order_processing", "shipment"]


def test_what_is_left_out_is_named_with_the_reason(counts, standards):
    left = uncounted(standards, counts)
    assert left["activity_type"].tolist() == ["call", "order_change", "storage"]
    assert left["driver"].tolist() == ["contact", "return", pytest.approx(np.nan, nan_ok=True)]
    assert left["uncounted_reason"].tolist() == ["no count", "no count", "no driver"]
    assert uncounted(standards.iloc[:3], counts).empty


def test_an_unknown_driver_is_refused(counts, standards):
    with pytest.raises(SettingError, match=r"'activity_standards' has the drivers \['parcel'\]; the drivers are"):
        estimated_work(counts, standards.assign(driver="parcel"))


def test_a_typed_year_is_spread_over_the_months():
    typed = {"warehouse": {"cost": 1200, "heads": 2, "hours": 1800}, "sales": {"cost": 2400.0, "heads": 1.5, "hours": 1200}}
    table = typed_departments(typed, **WINDOW)
    assert table.columns.tolist() == ["department", "period", "cost", "headcount", "hours_per_head"]
    assert len(table) == 24
    assert table.loc[0].tolist() == ["sales", pd.Timestamp("2024-01-01"), 200, 1.5, 100]
    assert table.loc[23].tolist() == ["warehouse", pd.Timestamp("2024-12-01"), 100, 2, 150]
    assert table.groupby("department")["cost"].sum().tolist() == [2400, 1200]


def test_typed_minutes_become_standards():
    table = typed_standards({"warehouse": {"line": 2}, "sales": {"contact": 15, "order": 12.5}})
    assert table[["department", "driver", "standard_minutes"]].to_numpy().tolist() == [
        ["sales", "order", 12.5],
        ["sales", "contact", 15],
        ["warehouse", "line", 2],
    ]
    assert table["activity_type"].tolist() == table["driver"].tolist()


def test_nothing_typed_gives_empty_tables(counts):
    assert typed_departments({}, **WINDOW).empty
    assert typed_standards({}).empty
    assert estimated_work(counts, typed_standards({})).empty
    assert uncounted(typed_standards({}), counts).empty


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"cost": 1, "heads": 1}, r"\[load\] typed_departments in study.toml, 'sales' lacks \['hours'\]; need"),
        ({"cost": 1, "heads": 1, "hours": 1, "days": 1}, r"'sales' names \['days'\]; the names are \['cost'"),
        ({"cost": -1, "heads": 1, "hours": 1}, "'sales': cost is -1; it must be a number from 0 up"),
        ({"cost": 1, "heads": "two", "hours": 1}, "'sales': heads is 'two'; it must be"),
        ({"cost": 1, "heads": True, "hours": 1}, "'sales': heads is True; it must be"),
        ({"cost": float("inf"), "heads": 1, "hours": 1}, "'sales': cost is inf; it must be"),
        (5, "'sales' is 5; need numbers with names out of"),
    ],
)
def test_wrong_numbers_of_a_department_are_refused(row, message):
    with pytest.raises(SettingError, match=message):
        typed_departments({"sales": row}, **WINDOW)


def test_wrong_minutes_are_refused():
    with pytest.raises(SettingError, match=r"\[load\] typed_minutes in study.toml, 'sales' names \['parcel'\]; the names are"):
        typed_standards({"sales": {"parcel": 3}})
    with pytest.raises(SettingError, match="'sales': order is -2; it must be a number from 0 up"):
        typed_standards({"sales": {"order": -2}})


def test_the_form_shows_counts_and_the_time_they_take(counts, standards):
    rates = pd.DataFrame({"department": ["sales", "warehouse"], "capacity_minutes": [900.0, 0.0]})
    form = load_form(rates, standards, counts)
    assert form[["department", "driver"]].to_numpy().tolist() == [
        ["sales", "order"], ["sales", "contact"], ["warehouse", "line"], ["warehouse", "return"], ["warehouse", "delivery"],
    ]  # fmt: skip
    assert form["standard_minutes"].tolist() == [15, 10, 2, 7, 20]
    assert form["quantity"].tolist() == pytest.approx([3, np.nan, 12, np.nan, 2], nan_ok=True)
    assert form["minutes"].tolist() == pytest.approx([45, np.nan, 24, np.nan, 40], nan_ok=True)
    assert form["capacity_share"].tolist() == pytest.approx([0.05, *[np.nan] * 4], nan_ok=True)
    assert load_form(rates, standards.iloc[:0], counts).empty


def test_missing_columns_are_named(facts, counts, standards):
    with pytest.raises(MissingColumnsError, match=r"'facts' lacks \['client_id'\]"):
        driver_counts(facts.drop(columns="client_id"), None)
    with pytest.raises(MissingColumnsError, match=r"'contacts' lacks \['n_contacts'\]"):
        driver_counts(facts, facts)
    with pytest.raises(MissingColumnsError, match=r"'activity_standards' lacks \['standard_minutes'\]"):
        estimated_work(counts, standards.drop(columns="standard_minutes"))
    with pytest.raises(MissingColumnsError, match="'department_rates' lacks"):
        load_form(standards, standards, counts)


def test_the_input_stays_as_it_was(facts, counts, standards):
    given_tables = (facts, counts, standards)
    copies = [table.copy(deep=True) for table in given_tables]
    driver_counts(facts, None)
    estimated_work(counts, standards)
    uncounted(standards, counts)
    load_form(pd.DataFrame({"department": ["sales"], "capacity_minutes": [9.0]}), standards, counts)
    for table, copy in zip(given_tables, copies, strict=True):
        pd.testing.assert_frame_equal(table, copy)


minutes = st.dictionaries(
    st.sampled_from(["sales", "warehouse"]), st.dictionaries(st.sampled_from(DRIVERS), st.integers(0, 60))
)


@given(minutes, st.lists(st.tuples(st.integers(0, 30), st.integers(0, 90)), max_size=12))
def test_the_form_and_the_work_of_all_clients_come_to_the_same_minutes(typed, rows):
    facts = pd.DataFrame(rows, columns=["n_orders", "n_lines"]).assign(client_id=[f"c{number}" for number in range(len(rows))])
    counts, table = driver_counts(facts, None), typed_standards(typed)
    work = estimated_work(counts, table)
    form = load_form(pd.DataFrame({"department": ["sales"], "capacity_minutes": [900.0]}), table, counts)
    assert work["minutes"].sum() == pytest.approx(form["minutes"].sum())
    assert len(uncounted(table, counts)) == form["quantity"].isna().sum()
