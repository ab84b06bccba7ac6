"""Habits of clients: of work and orders, or of orders alone, and what is far above the average."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientbase.errors import MissingColumnsError
from clientbase.method.habits import habits, order_habits

YEAR = {"months": 12, "flag_from": 2.0}


def facts_of(rows: list[tuple]) -> pd.DataFrame:
    """Return one client a row: orders, revenue."""
    table = pd.DataFrame(rows, columns=["n_orders", "revenue"])
    return table.assign(client_id=[f"K{number + 1}" for number in range(len(rows))], revenue=table["revenue"].astype(float))


def work_of(rows: list[tuple]) -> pd.DataFrame:
    """Return one kind of work for a client a row."""
    return pd.DataFrame(rows, columns=["client_id", "activity_type", "quantity"]).assign(department="sales", minutes=1.0)


@pytest.fixture
def facts() -> pd.DataFrame:
    """Return the clients of vectors V13; 300 orders and a revenue of 6 400 000 in all."""
    return facts_of([(100, 5_000_000), (80, 1_000_000), (120, 400_000)])


@pytest.fixture
def work() -> pd.DataFrame:
    rows = [
        ("K1", "order_change", 10), ("K1", "storage", 30), ("K2", "call", 5), ("K3", "order_change", 110),
        ("K3", "urgent_order", 60), ("K3", "storage", 60), (None, "complaint", 3), ("K9", "complaint", 2),
    ]  # fmt: skip
    return work_of(rows)


@pytest.fixture
def orders() -> pd.DataFrame:
    """Return three clients with all that orders show."""
    return facts_of([(10, 800), (10, 80), (30, 120)]).assign(
        n_lines=[10, 10, 180],
        n_deals=[10, 8, 20],
        returned=[-0.0, -20.0, -30.0],
        delivery_cost=[0.0, 30.0, 20.0],
        n_delivered=[0, 8, 2],
    )


def test_v13_14_fragmentation_against_all_clients(facts):
    """V13.14: (120 / 400 000) / (300 / 6 400 000) = 6.4."""
    found = habits(facts, None, **YEAR).set_index("client_id")
    assert found.loc["K3", "fragmentation"] == pytest.approx(6.4)
    assert found["is_high_fragmentation"].to_dict() == {"K3": True, "K1": False, "K2": False}
    assert found["n_high"].to_dict() == {"K3": 1, "K1": 0, "K2": 0}


def test_habits_of_work_and_orders(facts, work):
    found = habits(facts, work, **YEAR).set_index("client_id").sort_index()
    assert found["orders_month"].tolist() == pytest.approx([100 / 12, 80 / 12, 10])
    assert found["changes_per_order"].tolist() == pytest.approx([0.1, 0, 110 / 120])
    assert found["urgent_share"].tolist() == pytest.approx([0, 0, 0.5])
    assert found["storage_days"].tolist() == [30, 0, 60]
    assert found["n_complaints"].isna().all()
    assert found["is_high_n_complaints"].isna().all()
    assert found["is_high_changes_per_order"].tolist() == [False, False, True]
    assert found["is_high_storage_days"].tolist() == [False, False, True]
    assert found["n_high"].tolist() == [0, 0, 4]


def test_exactly_twice_the_average_is_flagged(facts, work):
    """Storage: 60 days against 90 / 3 = 30 on average."""
    assert habits(facts, work, months=12, flag_from=2.0).loc[0, "is_high_storage_days"]
    assert not habits(facts, work, months=12, flag_from=2.01).loc[0, "is_high_storage_days"]


def test_a_client_without_work_on_record_has_no_habits_of_work(facts, work):
    found = habits(facts, work[work["client_id"] != "K2"], **YEAR).set_index("client_id")
    assert found.loc["K2", ["changes_per_order", "urgent_share", "storage_days"]].isna().all()
    assert found.loc["K2", "is_high_storage_days"] is pd.NA
    assert found.loc["K3", "storage_days"] == 60
    assert not found.loc["K3", "is_high_storage_days"]  # the average is 45 days now


def test_complaints_of_the_work_go_before_those_of_the_facts(facts, work):
    known = facts.assign(n_complaints=[0, 9, 0])
    assert habits(known, work, **YEAR).set_index("client_id")["n_complaints"].to_dict() == {"K1": 0, "K2": 9, "K3": 0}
    more = pd.concat([work, work_of([("K1", "complaint", 4)])])
    assert habits(known, more, **YEAR).set_index("client_id")["n_complaints"].to_dict() == {"K1": 4, "K2": 0, "K3": 0}


def test_without_revenue_there_is_no_fragmentation():
    found = habits(facts_of([(5, 0), (5, -10), (5, 110)]), None, **YEAR).set_index("client_id")
    assert found["fragmentation"].tolist() == pytest.approx([np.nan, np.nan, 5 / 110 / (15 / 100)], nan_ok=True)
    assert found["is_high_fragmentation"].isna().tolist() == [True, True, False]
    assert habits(facts_of([(5, 0)]), None, **YEAR)["fragmentation"].isna().all()


def test_nothing_is_high_where_there_is_none(facts):
    found = habits(facts.assign(n_complaints=0), None, **YEAR)
    assert found["is_high_n_complaints"].tolist() == [False, False, False]


def test_clients_without_orders_have_no_habits():
    assert habits(facts_of([(0, 0), (1, 5)]), None, **YEAR)["client_id"].tolist() == ["K2"]
    assert habits(facts_of([(0, 0)]), work_of([]), **YEAR).empty
    assert order_habits(facts_of([]).assign(n_lines=0, n_deals=0, returned=0.0), flag_from=2.0).empty


def test_one_client_is_its_own_average():
    found = habits(facts_of([(7, 70)]), work_of([("K1", "storage", 9)]), **YEAR)
    assert found["fragmentation"].tolist() == [1]
    assert found["n_high"].tolist() == [0]


def test_habits_from_orders_alone(orders):
    found = order_habits(orders, flag_from=2.0).set_index("client_id").sort_index()
    assert found["fragmentation"].tolist() == pytest.approx([0.25, 2.5, 5])
    assert found["lines_per_order"].tolist() == [1, 1, 6]
    assert found["avg_purchase"].tolist() == [80, 10, 6]
    assert found["returned_share"].tolist() == pytest.approx([0, 0.2, 0.2])
    assert found["delivery_to_revenue"].tolist() == pytest.approx([0, 0.375, 1 / 6])
    assert found["delivered_share"].tolist() == pytest.approx([0, 1, 0.1])
    flags = found[[name for name in found if name.startswith("is_high_")]]
    assert flags.loc["K1"].tolist() == [False] * 5
    assert flags.loc["K2"].tolist() == [True, False, True, True, True]
    assert flags.loc["K3"].tolist() == [True, False, True, True, False]
    assert found["n_high"].tolist() == [0, 4, 3]


def test_heavy_orderers_stand_first(orders):
    assert order_habits(orders, flag_from=2.0)["client_id"].tolist() == ["K2", "K3", "K1"]
    equal = orders.assign(n_orders=1, revenue=5.0, returned=0.0, n_lines=1, delivery_cost=0.0, n_delivered=0)
    assert order_habits(equal.iloc[::-1], flag_from=2.0)["client_id"].tolist() == ["K1", "K2", "K3"]


def test_what_is_not_known_has_no_column_and_no_deals_no_average(orders):
    found = order_habits(orders.drop(columns=["delivery_cost", "n_delivered"]).assign(n_deals=0), flag_from=2.0)
    assert {"delivery_to_revenue", "delivered_share"}.isdisjoint(found.columns)
    assert found["avg_purchase"].isna().all()


def test_missing_columns_are_named(facts, work):
    with pytest.raises(MissingColumnsError, match=r"'facts' lacks \['revenue'\]"):
        habits(facts.drop(columns="revenue"), work, **YEAR)
    with pytest.raises(MissingColumnsError, match=r"'work' lacks \['quantity'\]"):
        habits(facts, work.drop(columns="quantity"), **YEAR)
    with pytest.raises(MissingColumnsError, match=r"'facts' lacks \['n_deals', 'n_lines', 'returned'\]"):
        order_habits(facts, flag_from=2.0)


def test_the_input_stays_as_it_was(facts, work, orders):
    tables = (facts, work, orders)
    copies = [table.copy(deep=True) for table in tables]
    habits(facts, work, **YEAR)
    order_habits(orders, flag_from=2.0)
    for table, copy in zip(tables, copies, strict=True):
        pd.testing.assert_frame_equal(table, copy)


clients = st.lists(st.tuples(st.integers(1, 50), st.integers(1, 10_000)), min_size=1, max_size=20)


@given(clients, st.sampled_from([2.0**power for power in (-10, 5, 20)]))
def test_the_currency_changes_no_habit(rows, rate):
    facts = facts_of(rows)
    found, other = (habits(table, None, **YEAR) for table in (facts, facts.assign(revenue=facts["revenue"] * rate)))
    pd.testing.assert_frame_equal(found, other)


@given(clients)
def test_fragmentation_weighed_by_revenue_is_one(rows):
    """The average is that of all together, so not everybody can be above it."""
    facts = facts_of(rows)
    found = habits(facts, None, **YEAR).merge(facts[["client_id", "revenue"]], on="client_id")
    assert np.average(found["fragmentation"], weights=found["revenue"]) == pytest.approx(1)
    assert not found["is_high_fragmentation"].all()
