"""New, lost and returned clients: METHOD section 25, vectors V20.1 and V20.2 with their numbers typed by hand."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientbase.errors import MissingColumnsError
from clientbase.method.new_lost import MOVES, RetentionRates, client_moves, move_summary, retention_rates

START = date(2023, 1, 1)


def facts_of(**clients: tuple) -> pd.DataFrame:
    """Return a client a row: revenue before and now, deals before, now and (0) earlier, day of the first purchase (None)."""
    names = ["previous_revenue", "revenue", "previous_n_deals", "n_deals", "n_deals_earlier", "first_purchase_date"]
    rows = [(*row, *(0, None)[len(row) - 4 :]) for row in clients.values()]
    table = pd.DataFrame(rows, columns=names, index=pd.Index(clients, name="client_id")).reset_index()
    return table.assign(
        first_purchase_date=pd.to_datetime(table["first_purchase_date"]),
        n_deals_total=table["n_deals"] + table["previous_n_deals"] + table["n_deals_earlier"],
        **{name: table[name].astype(float) for name in ("previous_revenue", "revenue")},
    )


@pytest.fixture
def facts() -> pd.DataFrame:
    """Return the five clients of vector V20.1: a grows, b declines, c stays, d is lost, e is new."""
    return facts_of(a=(100, 120, 1, 1), b=(50, 40, 1, 1), c=(30, 30, 1, 1), d=(20, 0, 1, 0), e=(0, 25, 0, 1))


def moved(table: pd.DataFrame) -> dict[str, str]:
    moves = client_moves(table, previous_start=START)
    return dict(zip(moves["client_id"], moves["move"], strict=True))


def test_v20_1_moves_make_the_change(facts):
    """V20.1: +25 new, -20 lost, +20 grown, -10 declined: +15."""
    moves = client_moves(facts, previous_start=START)
    assert moves.columns.tolist() == ["client_id", "move", "previous_revenue", "revenue", "change"]
    assert moves["client_id"].tolist() == ["e", "a", "d", "b", "c"]  # by size of the change, equal ones by name
    assert moves["move"].tolist() == ["new", "grown", "lost", "declined", "grown"]
    assert moves["change"].tolist() == [25, 20, -20, -10, 0]
    summary = move_summary(moves)
    assert summary.columns.tolist() == ["move", "n_clients", "previous_revenue", "revenue", "change"]
    assert summary["move"].tolist() == ["new", "returned", "lost", "grown", "declined", "returns only"]
    assert summary["n_clients"].tolist() == [1, 0, 1, 2, 1, 0]
    assert summary["previous_revenue"].tolist() == [0, 0, 20, 130, 50, 0]
    assert summary["revenue"].tolist() == [25, 0, 0, 150, 40, 0]
    assert summary["change"].tolist() == [25, 0, -20, 20, -10, 0]
    assert summary["change"].sum() == 15


def test_v20_2_rates(facts):
    """V20.2: 3 of 4 clients kept; 190 of 200 with growth, 170 without."""
    rates = retention_rates(client_moves(facts, previous_start=START))
    assert rates == RetentionRates(client_retention=pytest.approx(0.75), nrr=pytest.approx(0.95), grr=pytest.approx(0.85))


def test_an_earlier_deal_or_first_purchase_tells_the_returned_from_the_new():
    found = moved(
        facts_of(
            known=(0, 10, 0, 1, 1),
            listed=(0, 10, 0, 1, 0, "2022-12-31"),
            late=(0, 10, 0, 1, 0, "2023-01-01"),
            fresh=(0, 10, 0, 1, 0, "2024-05-05"),
            undated=(0, 10, 0, 1),
        )
    )
    assert found == {"known": "returned", "listed": "returned", "late": "new", "fresh": "new", "undated": "new"}


def test_who_was_a_client_earlier_and_in_the_window_before_is_kept_or_lost():
    assert moved(facts_of(a=(5, 9, 1, 1, 3), b=(5, 0, 1, 0, 3))) == {"a": "grown", "b": "lost"}


def test_returns_are_no_deal():
    """METHOD 2, point 4: returns of earlier deals stay in the sums of the window they fall into."""
    found = moved(facts_of(a=(-5, 0, 0, 0, 1), b=(0, -7, 0, 0, 1), c=(20, -3, 1, 0), d=(-4, 30, 0, 1, 1)))
    assert found == {"a": "returns only", "b": "returns only", "c": "lost", "d": "returned"}


def test_clients_without_deal_and_revenue_in_both_windows_have_no_row():
    assert moved(facts_of(gone=(0, 0, 0, 0, 4), idle=(0, 0, 0, 0), zero=(0, 0, 1, 0))) == {"zero": "lost"}


def test_a_change_within_the_tolerance_is_no_decline():
    assert moved(facts_of(a=(0.3, 0.1 + 0.2 - 1e-10, 1, 1), b=(0.3, 0.29, 1, 1))) == {"a": "grown", "b": "declined"}


def test_names_come_along(facts):
    moves = client_moves(facts.assign(client_name=list("ABCDE"), region="north"), previous_start=START)
    assert moves.columns.tolist()[:3] == ["client_id", "client_name", "move"]
    assert moves["client_name"].tolist() == ["E", "A", "D", "B", "C"]
    assert moves["move"].cat.categories.tolist() == list(MOVES)


def test_without_a_window_before_there_are_no_rates():
    rates = retention_rates(client_moves(facts_of(a=(0, 10, 0, 1)), previous_start=START))
    assert np.isnan([rates.client_retention, rates.nrr, rates.grr]).all()


def test_revenue_before_that_is_not_positive_leaves_the_clients_only():
    rates = retention_rates(client_moves(facts_of(a=(0, 10, 1, 1), b=(0, 0, 1, 0)), previous_start=START))
    assert rates.client_retention == 0.5
    assert np.isnan([rates.nrr, rates.grr]).all()


def test_returns_of_clients_that_had_no_deal_before_leave_the_rates_alone(facts):
    more = pd.concat([facts, facts_of(r=(-50, 0, 0, 0, 1), s=(-50, 90, 0, 2, 1))], ignore_index=True)
    rates = [retention_rates(client_moves(table, previous_start=START)) for table in (facts, more)]
    assert rates[0] == rates[1]


def test_one_client_and_none():
    one = move_summary(client_moves(facts_of(a=(4, 3, 1, 1)), previous_start=START))
    assert one["change"].tolist() == [0, 0, 0, 0, -1, 0]
    none = client_moves(facts_of(a=(0, 0, 0, 0)), previous_start=START)
    assert none.empty
    assert move_summary(none)["n_clients"].tolist() == [0] * 6
    assert move_summary(none)["change"].tolist() == [0] * 6


def test_missing_columns_are_named(facts):
    with pytest.raises(MissingColumnsError, match=r"'facts' lacks \['n_deals_total'\]"):
        client_moves(facts.drop(columns="n_deals_total"), previous_start=START)
    for step in (move_summary, retention_rates):
        with pytest.raises(MissingColumnsError, match=r"'client_moves' lacks \['move'\]"):
            step(facts)


def test_the_input_stays_as_it_was(facts):
    moves = client_moves(facts, previous_start=START)
    copies = facts.copy(deep=True), moves.copy(deep=True)
    client_moves(facts, previous_start=START)
    move_summary(moves)
    retention_rates(moves)
    pd.testing.assert_frame_equal(facts, copies[0])
    pd.testing.assert_frame_equal(moves, copies[1])


days = st.sampled_from([None, "2020-05-05", "2023-05-05", "2024-05-05"])
counts = st.integers(0, 2)
money = st.integers(-500, 5000)
bases = st.lists(st.tuples(money, money, counts, counts, counts, days), min_size=1, max_size=30).map(
    lambda rows: facts_of(**{f"c{place:02d}": row for place, row in enumerate(rows)})
)


@given(bases)
def test_the_moves_add_up_exactly_to_the_change_of_the_company(facts):
    moves = client_moves(facts, previous_start=START)
    summary = move_summary(moves)
    assert summary["change"].sum() == facts["revenue"].sum() - facts["previous_revenue"].sum() == moves["change"].sum()
    for name in ("revenue", "previous_revenue"):
        assert summary[name].sum() == facts[name].sum()
    assert summary["n_clients"].sum() == len(moves) == moves["client_id"].nunique()
    assert moves["change"].abs().is_monotonic_decreasing


@given(bases)
def test_every_move_is_what_its_name_says(facts):
    moves = client_moves(facts, previous_start=START).merge(facts.drop(columns=["revenue", "previous_revenue"]))
    now, before = moves["n_deals"] > 0, moves["previous_n_deals"] > 0
    move = moves["move"].astype(str)
    assert (move.isin(["grown", "declined"]) == (now & before)).all()
    assert ((move == "lost") == (before & ~now)).all()
    assert (move.isin(["new", "returned"]) == (now & ~before)).all()
    assert ((move == "returns only") == (~now & ~before)).all()
    assert (moves.loc[move == "new", "n_deals_earlier"] == 0).all()
    assert (moves.loc[move == "declined", "change"] < 0).all()


@given(bases)
def test_gross_retention_never_exceeds_net_or_one(facts):
    rates = retention_rates(client_moves(facts, previous_start=START))
    if not np.isnan(rates.grr):
        assert rates.grr <= min(rates.nrr, 1) + 1e-12


@given(bases, st.randoms(use_true_random=False))
def test_the_order_of_clients_changes_nothing(facts, random):
    mixed = facts.sample(frac=1, random_state=random.randrange(1000))
    found = [client_moves(table, previous_start=START) for table in (facts, mixed)]
    pd.testing.assert_frame_equal(*found)
