"""Cohorts: METHOD section 10, vectors V09.1 and V09.2 with their numbers typed by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientbase.errors import MissingColumnsError
from clientbase.method.cohorts import cohort_summary, cohorts, retention, same_age
from clientbase.method.periods import month_number

NUMBERS = {"last_year": 2024, "is_last_year_partial": False, "min_clients": 5}


def number(month: str) -> int:
    """Return the number of a month given as "2024-12"."""
    return month_number(pd.Timestamp(month).date())


SPAN = {"first": number("2022-01"), "end": number("2024-12"), "min_clients": 5}
AGE = {"end": number("2024-12"), "age_months": 12}


def facts_of(*rows: tuple, end: str = "2024-12") -> pd.DataFrame:
    """Return one client a row: client_id, day of the first purchase (None: never), deals, revenue; then what is known more."""
    table = pd.DataFrame([row[:4] for row in rows], columns=["client_id", "first_purchase_date", "n_deals", "revenue"])
    first = pd.to_datetime(table["first_purchase_date"])
    age = number(end) - (first.dt.year * 12 + first.dt.month - 1) + 1
    return table.assign(
        first_purchase_date=first,
        exposure_months=age.clip(0, 12).fillna(0).astype(int),
        revenue=table["revenue"].astype(float),
        is_before_data=[len(row) > 4 for row in rows],
    )


def months_of(*rows: tuple[str, str, float, int]) -> pd.DataFrame:
    """Return lines of a month a row: client_id, month, revenue, deals; margin is a tenth."""
    table = pd.DataFrame(rows, columns=["client_id", "month", "revenue", "n_deals"])
    return table.assign(
        month=pd.to_datetime(table["month"]), revenue=table["revenue"].astype(float), margin=table["revenue"] / 10
    )


def test_the_cohort_is_the_year_of_the_first_purchase():
    facts = facts_of(
        ("a", "2023-12-31", 1, 1), ("b", "2024-01-01", 1, 1), ("c", None, 0, 0), ("d", "2022-02-01", 1, 1, "censored"),
        ("e", "1999-05-05", 0, 0),
    )  # fmt: skip
    found = cohorts(facts)
    assert found["client_id"].tolist() == ["a", "b", "d", "e"]
    assert found["cohort"].tolist() == ["2023", "2024", "before data", "1999"]
    assert found["cohort"].cat.categories.tolist() == ["before data", "1999", "2023", "2024"]
    assert found["cohort"].cat.ordered


def test_a_first_purchase_after_the_window_makes_no_cohort_yet():
    facts = facts_of(("a", "2024-06-30", 1, 1), ("b", "2024-07-01", 0, 0), end="2024-06")
    assert cohorts(facts)["client_id"].tolist() == ["a"]


def test_v09_1_many_new_clients_bring_little():
    """V09.1: 150 of 350 clients are 42.86 %, they bring 10 % of revenue: index 0.2333."""
    old = [(f"o{place}", "2023-05-01", 2, 900 / 200) for place in range(200)]
    new = [(f"n{place}", "2024-05-01", 1, 100 / 150) for place in range(150)]
    summary = cohort_summary(cohorts(facts_of(*old, *new)), **NUMBERS)
    assert summary["cohort"].tolist() == ["2023", "2024"]
    assert summary["n_clients"].tolist() == [200, 150]
    assert summary["client_share"].tolist() == pytest.approx([0.5714, 0.4286], abs=5e-5)
    assert summary["revenue_share"].tolist() == pytest.approx([0.9, 0.1])
    assert summary["value_index"].tolist() == pytest.approx([1.575, 0.2333], abs=5e-5)


def test_the_summary_tells_the_won_from_those_that_still_buy():
    facts = facts_of(
        ("a", "2022-05-01", 2, 60), ("b", "2022-06-01", 0, -10), ("c", "2022-07-01", 0, 0), ("d", "2024-02-01", 1, 50)
    ).assign(margin=[12.0, -2.0, 0.0, 30.0])
    summary = cohort_summary(cohorts(facts), **NUMBERS | {"min_clients": 3})
    assert summary.columns.tolist() == [
        "cohort", "n_won", "n_clients", "client_share", "revenue", "revenue_share", "value_index", "margin", "margin_share",
        "revenue_per_client", "margin_per_client", "is_small", "is_partial",
    ]  # fmt: skip
    assert summary["n_won"].tolist() == [3, 1]
    assert summary["n_clients"].tolist() == [1, 1]
    assert summary["revenue"].tolist() == [50, 50]
    assert summary["value_index"].tolist() == pytest.approx([1, 1])
    assert summary["margin_share"].tolist() == pytest.approx([0.25, 0.75])
    assert summary["revenue_per_client"].tolist() == [50, 50]
    assert summary["margin_per_client"].tolist() == [10, 30]
    assert summary["is_small"].tolist() == [False, True]


def test_without_margin_the_summary_has_no_margin():
    summary = cohort_summary(cohorts(facts_of(("a", "2022-05-01", 2, 60))), **NUMBERS)
    assert not [name for name in summary if "margin" in name]


def test_a_cohort_that_is_gone_has_no_index_and_nothing_per_client():
    summary = cohort_summary(cohorts(facts_of(("a", "2022-05-01", 0, 0), ("b", "2023-05-01", 1, 10))), **NUMBERS)
    assert summary["client_share"].tolist() == [0, 1]
    assert summary["value_index"].tolist() == pytest.approx([np.nan, 1], nan_ok=True)
    assert summary["revenue_per_client"].tolist() == pytest.approx([np.nan, 10], nan_ok=True)


def test_a_total_that_is_not_positive_cannot_be_shared():
    summary = cohort_summary(cohorts(facts_of(("a", "2022-05-01", 1, 10), ("b", "2023-05-01", 0, -10))), **NUMBERS)
    assert summary[["revenue_share", "value_index"]].isna().all(axis=None)


@pytest.mark.parametrize(("is_cut", "expected"), [(True, [False, False, True]), (False, [False, False, False])])
def test_only_the_last_year_can_be_partial(is_cut, expected):
    clients = cohorts(facts_of(("a", "2022-02-01", 1, 1, "censored"), ("b", "2023-05-01", 1, 1), ("c", "2024-05-01", 1, 1)))
    summary = cohort_summary(clients, **NUMBERS | {"is_last_year_partial": is_cut})
    assert summary["cohort"].tolist() == ["before data", "2023", "2024"]
    assert summary["is_partial"].tolist() == expected


def test_same_age_counts_the_first_twelve_months_only():
    clients = cohorts(facts_of(("a", "2022-03-15", 0, 0), ("b", "2022-06-01", 0, 0), ("c", "2023-05-20", 1, 1)))
    months = months_of(
        ("a", "2022-03-01", 100, 1), ("a", "2023-02-01", 40, 1), ("a", "2023-03-01", 999, 1), ("b", "2022-06-01", 60, 1),
        ("c", "2023-05-01", 70, 1), ("c", "2024-04-01", -20, 0), ("c", "2024-05-01", 999, 1),
        ("(unassigned)", "2022-01-01", 999, 1),
    )  # fmt: skip
    table = same_age(clients, months, **AGE)
    assert table.columns.tolist() == ["cohort", "n_clients", "revenue_per_client", "margin_per_client", "to_older"]
    assert table["cohort"].tolist() == ["2022", "2023"]
    assert table["n_clients"].tolist() == [2, 1]
    assert table["revenue_per_client"].tolist() == [100, 50]
    assert table["margin_per_client"].tolist() == pytest.approx([10, 5])
    assert table["to_older"].tolist() == pytest.approx([np.nan, 0.5], nan_ok=True)
    assert "margin_per_client" not in same_age(clients, months.drop(columns="margin"), **AGE)


def test_older_cohorts_are_pooled_client_by_client():
    """Three clients of 2021 with 10 each and one of 2022 with 50 brought 20 a client, not 30."""
    rows = [("a", "2021-05-01", 1, 1), ("b", "2021-05-01", 1, 1), ("c", "2021-05-01", 1, 1)]
    clients = cohorts(facts_of(*rows, ("d", "2022-05-01", 1, 1), ("e", "2023-05-01", 1, 1)))
    months = months_of(
        *[(client, "2021-05-01", 10, 1) for client in "abc"], ("d", "2022-05-01", 50, 1), ("e", "2023-05-01", 30, 1)
    )
    table = same_age(clients, months, **AGE)
    assert table["to_older"].tolist() == pytest.approx([np.nan, 5, 1.5], nan_ok=True)


@pytest.mark.parametrize(
    ("day", "is_seen"),
    [("2022-01-01", True), ("2021-12-31", False), ("2024-01-31", True), ("2024-02-01", False), ("1999-05-05", False)],
)
def test_only_clients_whose_first_months_all_lie_in_the_data_are_compared(day, is_seen):
    months = months_of(("x", "2022-01-01", 5, 1), ("a", "2024-01-01", 5, 1))
    table = same_age(cohorts(facts_of(("a", day, 1, 1))), months, **AGE)
    assert len(table) == is_seen


def test_clients_from_before_the_data_have_no_age():
    clients = cohorts(facts_of(("a", "2022-01-10", 1, 1, "censored"), ("b", "2022-02-10", 1, 1)))
    months = months_of(("a", "2022-01-01", 5, 1), ("b", "2022-02-01", 7, 1))
    table = same_age(clients, months, **AGE)
    assert table["cohort"].tolist() == ["2022"]
    assert table["revenue_per_client"].tolist() == [7]


def test_a_client_without_lines_in_its_first_months_counts_with_nothing():
    """Its first purchase is in the client list, the data of those months hold none."""
    clients = cohorts(facts_of(("a", "2022-02-10", 1, 1), ("b", "2023-02-10", 1, 1), ("c", "2023-03-10", 1, 1)))
    months = months_of(("x", "2022-01-01", 5, 1), ("b", "2023-02-01", 8, 1))
    table = same_age(clients, months, **AGE)
    assert table["revenue_per_client"].tolist() == [0, 4]
    assert table["to_older"].isna().all()  # nothing can be measured against nothing


def test_v09_2_retention_of_four_clients():
    """V09.2: active 4, 3, 2 of 4."""
    clients = cohorts(facts_of(*[(client, "2022-05-01", 1, 1) for client in "abcd"]))
    months = months_of(
        *[(client, "2022-05-01", 1, 1) for client in "abcd"], *[(client, "2023-01-01", 1, 1) for client in "abc"],
        *[(client, "2024-12-01", 1, 1) for client in "ab"], ("a", "2024-11-01", 1, 1), ("c", "2024-11-01", -1, 0),
        ("(unassigned)", "2024-01-01", 1, 1),
    )  # fmt: skip
    table = retention(clients, months, **SPAN)
    assert table.columns.tolist() == ["cohort", "year", "n_won", "n_active", "retention_share", "is_small", "is_partial"]
    assert table["year"].tolist() == [2022, 2023, 2024]
    assert table["n_won"].tolist() == [4, 4, 4]
    assert table["n_active"].tolist() == [4, 3, 2]
    assert table["retention_share"].tolist() == [1, 0.75, 0.5]
    assert table["is_small"].all()
    assert not table["is_partial"].any()


def test_years_that_cannot_be_observed_have_no_row_and_years_without_a_deal_have():
    clients = cohorts(facts_of(("a", "2022-02-01", 1, 1, "censored"), ("b", "2020-05-01", 1, 1), ("c", "2023-05-01", 1, 1)))
    months = months_of(("a", "2022-02-01", 1, 1), ("b", "2024-02-01", 1, 1), ("c", "2023-05-01", 1, 1))
    table = retention(clients, months, **SPAN)
    assert table[["cohort", "year", "n_active"]].to_numpy().tolist() == [
        ["before data", 2022, 1], ["before data", 2023, 0], ["before data", 2024, 0],
        ["2020", 2022, 0], ["2020", 2023, 0], ["2020", 2024, 1],
        ["2023", 2023, 1], ["2023", 2024, 0],
    ]  # fmt: skip


def test_years_cut_by_the_data_are_partial():
    clients = cohorts(facts_of(("a", "2022-06-01", 1, 1), end="2024-11"))
    months = months_of(("a", "2022-06-01", 1, 1), ("a", "2024-12-01", 1, 1))
    table = retention(clients, months, first=number("2022-02"), end=number("2024-11"), min_clients=1)
    assert table["is_partial"].tolist() == [True, False, True]
    assert table["n_active"].tolist() == [1, 0, 0]  # the deal after the window does not count
    assert not table["is_small"].any()


def test_nobody_ever_purchased():
    clients = cohorts(facts_of(("a", None, 0, 0)))
    months = months_of(("(unassigned)", "2022-01-01", 1, 1))
    assert clients.empty
    for table in (cohort_summary(clients, **NUMBERS), same_age(clients, months, **AGE), retention(clients, months, **SPAN)):
        assert table.empty
        assert "cohort" in table


def test_missing_columns_are_named():
    facts = facts_of(("a", "2022-05-01", 1, 1))
    clients, months = cohorts(facts), months_of(("a", "2022-05-01", 1, 1))
    with pytest.raises(MissingColumnsError, match=r"'facts' lacks \['is_before_data'\]"):
        cohorts(facts.drop(columns="is_before_data"))
    with pytest.raises(MissingColumnsError, match=r"'cohorts' lacks \['cohort'\]"):
        cohort_summary(facts, **NUMBERS)
    with pytest.raises(MissingColumnsError, match=r"'cohorts' lacks \['cohort'\]"):
        same_age(facts, months, **AGE)
    with pytest.raises(MissingColumnsError, match=r"'months' lacks \['revenue'\]"):
        same_age(clients, months.drop(columns="revenue"), **AGE)
    with pytest.raises(MissingColumnsError, match=r"'months' lacks \['n_deals'\]"):
        retention(clients, months.drop(columns="n_deals"), **SPAN)


def test_the_input_stays_as_it_was():
    facts = facts_of(("b", "2022-05-01", 1, 1), ("a", "2023-05-01", 1, 1)).assign(margin=1.0)
    clients, months = cohorts(facts), months_of(("b", "2022-05-01", 1, 1), ("a", "2023-05-01", 1, 1))
    tables = facts, clients, months
    copies = [table.copy(deep=True) for table in tables]
    cohorts(facts)
    cohort_summary(clients, **NUMBERS)
    same_age(clients, months, **AGE)
    retention(clients, months, **SPAN)
    for table, copy in zip(tables, copies, strict=True):
        pd.testing.assert_frame_equal(table, copy)


histories = st.lists(
    st.lists(st.tuples(st.integers(0, 35), st.integers(-50, 400), st.integers(0, 2)), min_size=1, max_size=6),
    min_size=1,
    max_size=20,
)


def base_of(history: list[list[tuple[int, int, int]]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return clients and months of clients given by their months: place from 2022-01, revenue, deals; the first is a deal."""
    rows, lines = [], []
    for place, found in enumerate(history):
        by_month = {month: (revenue, n_deals) for month, revenue, n_deals in found}
        start = min(by_month)
        by_month[start] = (by_month[start][0], 1)
        days = {month: pd.Timestamp(2022 + month // 12, month % 12 + 1, 1) for month in by_month}
        lines += [(f"c{place:02d}", days[month], revenue, n_deals) for month, (revenue, n_deals) in by_month.items()]
        inside = [values for month, values in by_month.items() if month >= 24]
        rows.append((f"c{place:02d}", days[start], sum(n for _, n in inside), sum(revenue for revenue, _ in inside)))
        if start < 3:
            rows[-1] = (*rows[-1], "censored")
    return cohorts(facts_of(*rows)), months_of(*lines)


@given(histories)
def test_the_triangle_agrees_with_counting_one_by_one(history):
    clients, months = base_of(history)
    table = retention(clients, months, **SPAN)
    deals = months[months["n_deals"] > 0]
    for row in table.itertuples():
        members = set(clients.loc[clients["cohort"] == row.cohort, "client_id"])
        active = set(deals.loc[deals["month"].dt.year == row.year, "client_id"]) & members
        assert (row.n_won, row.n_active) == (len(members), len(active))
    first = table[table["cohort"].astype(str) == table["year"].astype(str)]
    assert (first["retention_share"] == 1).all()  # who was won in a year had a deal in it


@given(histories)
def test_the_summary_adds_up_to_the_base(history):
    clients, _ = base_of(history)
    summary = cohort_summary(clients, **NUMBERS)
    assert summary["n_won"].sum() == len(clients)
    assert summary["n_clients"].sum() == (clients["n_deals"] > 0).sum()
    assert summary["revenue"].sum() == clients["revenue"].sum()
    last = summary.set_index("cohort")
    in_last = retention(clients, base_of(history)[1], **SPAN).query("year == 2024").set_index("cohort")
    assert last["n_clients"].to_dict() == in_last["n_active"].to_dict()  # the window is the year 2024


@given(histories, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(history, random):
    clients, months = base_of(history)
    mixed = [table.sample(frac=1, random_state=random.randrange(1000), ignore_index=True) for table in (clients, months)]
    pd.testing.assert_frame_equal(cohort_summary(clients, **NUMBERS), cohort_summary(mixed[0], **NUMBERS))
    pd.testing.assert_frame_equal(same_age(clients, months, **AGE), same_age(*mixed, **AGE))
    pd.testing.assert_frame_equal(retention(clients, months, **SPAN), retention(*mixed, **SPAN))


@given(histories)
def test_what_clients_do_after_their_first_year_leaves_the_same_age_comparison_alone(history):
    clients, months = base_of(history)
    age = months["month"].dt.year * 12 + months["month"].dt.month
    start = months["client_id"].map(age.groupby(months["client_id"]).min())
    changed = months.assign(revenue=months["revenue"].where(age - start < 12, 1e6))
    pd.testing.assert_frame_equal(same_age(clients, months, **AGE), same_age(clients, changed, **AGE))
