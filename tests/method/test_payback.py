"""Payback: the month in which a client is repaid, what is lost with those that leave before, who costs more than it brings."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientbase.errors import MissingColumnsError
from clientbase.method.payback import (
    Payback,
    Unprofitable,
    acquisition_costs,
    channel_costs,
    contributions,
    cumulative_by_cohort,
    loss_causes,
    payback,
    payback_summary,
    unprofitable,
)

END = 2025 * 12 + 11  # December 2025
WINDOW = {"start": date(2025, 1, 1), "end": date(2025, 12, 31)}


def clients_of(*rows):
    """Return clients of (code, cost, first purchase, bought before the data, gone)."""
    table = pd.DataFrame(rows, columns=["client_id", "acquisition_cost", "first_purchase_date", "is_before_data", "is_gone"])
    return table.astype({"acquisition_cost": float, "first_purchase_date": "datetime64[us]"})


def months_of(flows, start="2024-01-01"):
    """Return the margins of each client, month by month from start."""
    rows = [
        (client, month, margin)
        for client, margins in flows.items()
        for month, margin in zip(pd.date_range(start, periods=len(margins), freq="MS"), margins, strict=True)
    ]
    return pd.DataFrame(rows, columns=["client_id", "month", "margin"]).astype({"margin": float, "month": "datetime64[us]"})


def repaid(flows, cost, *, is_gone=False, start="2024-01-01"):
    clients = clients_of(*[(client, cost, pd.Timestamp(start), False, is_gone) for client in flows])
    return payback(clients, contributions(months_of(flows, start), None), end=END).set_index("client_id")


@pytest.fixture
def base():
    """Of 30 000: one repaid in month 12, one in month 5, one gone after 8 months, one not yet, two not to be computed."""
    first = pd.Timestamp("2024-01-01")
    clients = clients_of(
        ("steady", 30_000, first, False, False),
        ("rising", 30_000, first, False, True),
        ("gone", 30_000, first, False, True),
        ("young", 30_000, pd.Timestamp("2025-11-20"), False, False),
        ("old", 30_000, first, True, False),
        ("prospect", 500, pd.NaT, False, False),
        ("unknown", np.nan, first, False, False),
    )
    flows = {
        "steady": [2500] * 24,
        "rising": [0, 5000, 5000, 10_000, 10_000],
        "gone": [2500] * 8,
        "young": [0] * 22 + [4000, 1000],
        "old": [9000] * 24,
        "unknown": [9000] * 24,
    }
    return clients, contributions(months_of(flows), None)


def test_a_steady_client_is_repaid_in_the_month_its_sum_reaches_the_cost():  # V17.1
    found = repaid({"c1": [2500] * 24}, 30_000).loc["c1"]
    assert (found["payback_month"], found["payback_state"], found["gain"]) == (12, "repaid", 30_000)


def test_a_rising_client_is_repaid_in_its_fifth_month():  # V17.1
    assert repaid({"c1": [0, 5000, 5000, 10_000, 10_000]}, 30_000).loc["c1", "payback_month"] == 5


def test_a_client_gone_before_payback_leaves_a_loss():  # V17.1
    found = repaid({"c1": [2500] * 8}, 30_000, is_gone=True).loc["c1"]
    assert found["payback_state"] == "gone before payback"
    assert (found["cum_contribution"], found["gain"]) == (20_000, -10_000)
    assert pd.isna(found["payback_month"])


def test_every_state_with_its_reason(base):
    found = payback(*base, end=END)
    assert found["client_id"].tolist() == ["steady", "rising", "gone", "young", "old", "prospect"]
    assert found["payback_state"].tolist() == [
        "repaid", "repaid", "gone before payback", "not yet", "not computed", "not computed",
    ]  # fmt: skip
    assert found["payback_reason"].tolist()[4:] == ["history not whole", "no purchase yet"]
    assert found["payback_reason"].isna().tolist() == [True] * 4 + [False] * 2
    assert found["gain"].tolist() == pytest.approx([30_000, 0, -10_000, -25_000, np.nan, np.nan], nan_ok=True)


def test_the_summary_counts_and_the_median_has_the_unrepaid_behind_all_others(base):
    summary = payback_summary(payback(*base, end=END))
    assert summary.median_month != summary.median_month  # of 5, 12 and two open ones half is not below any month
    assert summary.n_clients == 4
    assert (summary.n_repaid, summary.n_open, summary.n_gone_before, summary.n_not_computed) == (2, 1, 1, 2)
    assert (summary.n_gone, summary.lost_before_share, summary.lost_money) == (2, 0.5, 10_000)


def test_the_median_of_those_that_have_repaid_and_one_that_has_not():
    table = repaid({"a": [40], "b": [0, 0, 40], "c": [0] * 5}, 30).reset_index()
    assert payback_summary(table).median_month == 3
    assert payback_summary(table[table["client_id"] != "c"]).median_month == 2


def test_nobody_gone_and_nobody_at_all():
    summary = payback_summary(repaid({"a": [40]}, 30).reset_index())
    assert np.isnan(summary.lost_before_share)
    nobody = payback_summary(repaid({"a": [40]}, np.nan).reset_index())
    assert nobody == Payback(0, nobody.median_month, 0, 0, 0, 0, nobody.lost_before_share, 0.0, 0)
    assert np.isnan(nobody.median_month)
    assert np.isnan(nobody.lost_before_share)


def test_a_missing_cost_is_no_cost_of_nothing():
    assert repaid({"c1": [2500]}, np.nan).empty
    assert repaid({"c1": [2500]}, 0.0).loc["c1", "payback_month"] == 1


def test_what_was_spent_before_the_first_purchase_is_part_of_winning_the_client():
    clients = clients_of(("c1", 100, pd.Timestamp("2024-03-15"), False, False))
    flow = contributions(months_of({"c1": [-500, -500, 60, 60]}), None)
    found = payback(clients, flow, end=END).iloc[0]
    assert (found["payback_month"], found["cum_contribution"]) == (2, 120)


def test_what_comes_after_the_window_is_not_seen():
    clients = clients_of(("c1", 100, pd.Timestamp("2025-12-10"), False, False))
    found = payback(clients, contributions(months_of({"c1": [60, 60]}, start="2025-12-01"), None), end=END).iloc[0]
    assert (found["payback_state"], found["cum_contribution"]) == ("not yet", 60)


def test_a_client_once_repaid_stays_so_and_cents_do_not_matter():
    assert repaid({"c1": [100, -300]}, 100).loc["c1", "payback_month"] == 1
    assert repaid({"c1": [0.1] * 3}, 0.3).loc["c1", "payback_month"] == 3


def test_the_cost_of_service_is_taken_from_the_margin():
    months = months_of({"c1": [100, 80]})
    costs = pd.DataFrame({"client_id": ["c1", "c1"], "month": pd.to_datetime(["2024-02-01", "2024-04-01"]), "cts": [30.0, 5.0]})
    found = contributions(months, costs)
    assert found["month"].dt.month.tolist() == [1, 2, 4]
    assert found["cts"].tolist() == pytest.approx([np.nan, 30, 5], nan_ok=True)
    assert found["contribution"].tolist() == [100, 50, -5]
    assert contributions(months, None)["contribution"].tolist() == [100, 80]


# -- acquisition cost ----------------------------------------------------------------------------------------------------
@pytest.fixture
def won():
    return pd.DataFrame(
        {
            "client_id": ["own", "fair 1", "fair 2", "earlier", "nobody knows", "maybe old"],
            "source": ["fair", "fair", "fair", "fair", None, "fair"],
            "first_purchase_date": pd.to_datetime(
                ["2025-02-01", "2025-03-01", "2025-12-31", "2024-12-31", "2025-05-01", "2025-01-05"]
            ),
            "is_before_data": [False] * 5 + [True],
            "acquisition_cost": [70.0] + [np.nan] * 5,
        }
    )


def test_a_channel_s_spend_is_shared_by_the_clients_it_brought_in_the_window(won):
    table = channel_costs(won, {"fair": 900.0, "radio": 50.0}, **WINDOW)
    assert table["source"].tolist() == ["fair", "radio"]
    assert table["n_new_clients"].tolist() == [3, 0]
    assert table["acquisition_cost"].tolist() == pytest.approx([300, np.nan], nan_ok=True)


def test_the_own_cost_goes_before_the_channel_s(won):
    found = acquisition_costs(won, {"fair": 900.0}, **WINDOW)
    assert found["acquisition_cost"].tolist() == pytest.approx([70, 300, 300, np.nan, np.nan, np.nan], nan_ok=True)
    assert found["cost_origin"].tolist()[:3] == ["own", "channel", "channel"]
    assert found["cost_origin"].isna().tolist() == [False] * 3 + [True] * 3


def test_without_costs_and_sources_nothing_is_known(won):
    bare = won.drop(columns=["source", "acquisition_cost"])
    assert acquisition_costs(bare, {"fair": 900.0}, **WINDOW)["acquisition_cost"].isna().all()
    assert acquisition_costs(won, {}, **WINDOW)["acquisition_cost"].count() == 1


# -- cohorts -------------------------------------------------------------------------------------------------------------
def test_a_cohort_is_followed_as_far_as_its_youngest_client():
    clients = clients_of(
        ("a", 1, pd.Timestamp("2024-10-05"), False, False),
        ("b", 1, pd.Timestamp("2024-12-05"), False, False),
        ("c", 1, pd.Timestamp("2025-11-05"), False, False),
        ("d", 1, pd.Timestamp("2024-01-05"), True, False),
    )
    flow = contributions(months_of({"a": [30] * 15, "b": [0, 0, 10, 20]}, start="2024-10-01"), None)
    table = cumulative_by_cohort(clients, flow, end=END)
    assert table.groupby("cohort")["age_months"].max().to_dict() == {"2024": 13, "2025": 2}
    older = table[table["cohort"] == "2024"]
    assert older["n_clients"].unique().tolist() == [2]
    assert older["contribution_per_client"].tolist()[:3] == [20, 45, 60]
    assert older["contribution_per_client"].iloc[-1] == (13 * 30 + 30) / 2
    assert table.loc[table["cohort"] == "2025", "contribution_per_client"].tolist() == [0, 0]


def test_nobody_with_a_whole_history_gives_no_cohort():
    clients = clients_of(("d", 1, pd.Timestamp("2024-01-05"), True, False))
    table = cumulative_by_cohort(clients, contributions(months_of({"d": [1]}), None), end=END)
    assert table.empty
    assert list(table) == ["cohort", "age_months", "n_clients", "contribution_per_client"]


# -- unprofitable clients ------------------------------------------------------------------------------------------------
def nets(*rows):
    return pd.DataFrame(rows, columns=["client_id", "n_orders", "margin", "net"])


def test_one_of_three_is_unprofitable():  # V17.7
    table = nets(("c1", 1, 900_000.0, 828_125.0), ("c2", 1, 300_000.0, 202_500.0), ("c3", 1, 20_000.0, -30_000.0))
    found = unprofitable(loss_causes(table))
    assert found == Unprofitable(3, 1, pytest.approx(1 / 3), 1, 30_000, 0, 0, 0)


def test_service_and_price_are_kept_apart():
    table = nets(
        ("even", 1, 10.0, 0.0), ("dear", 2, 10.0, -5.0), ("cheap", 1, 0.0, -7.0), ("lost", 1, -3.0, -3.0),
        ("idle", 0, 0.0, -9.0), ("unknown", 1, 4.0, np.nan),
    )  # fmt: skip
    causes = loss_causes(table)
    assert causes["client_id"].tolist() == ["cheap", "dear", "lost", "even", "unknown"]
    assert causes["loss_cause"].tolist()[:3] == ["price", "service", "price"]
    assert causes["loss_cause"].isna().tolist() == [False] * 3 + [True] * 2
    assert unprofitable(causes) == Unprofitable(4, 3, 0.75, 1, 5, 2, 10, 1)


def test_no_client_has_no_share():
    assert np.isnan(unprofitable(loss_causes(nets())).unprofitable_share)


# -- the contract --------------------------------------------------------------------------------------------------------
def test_missing_columns_are_named(base, won):
    clients, flow = base
    with pytest.raises(MissingColumnsError, match=r"'clients' lacks \['is_gone'\]"):
        payback(clients.drop(columns="is_gone"), flow, end=END)
    with pytest.raises(MissingColumnsError, match=r"'contributions' lacks \['contribution'\]"):
        payback(clients, flow.drop(columns="contribution"), end=END)
    with pytest.raises(MissingColumnsError, match=r"'clients' lacks \['is_before_data'\]"):
        cumulative_by_cohort(clients.drop(columns="is_before_data"), flow, end=END)
    with pytest.raises(MissingColumnsError, match=r"'months' lacks \['margin'\]"):
        contributions(months_of({"a": [1]}).drop(columns="margin"), None)
    with pytest.raises(MissingColumnsError, match=r"'costs of service' lacks \['cts'\]"):
        contributions(months_of({"a": [1]}), months_of({"a": [1]}))
    with pytest.raises(MissingColumnsError, match=r"'clients' lacks \['source'\]"):
        channel_costs(won.drop(columns="source"), {"fair": 1.0}, **WINDOW)
    with pytest.raises(MissingColumnsError, match=r"'clients' lacks \['net'\]"):
        loss_causes(nets().drop(columns="net"))
    with pytest.raises(MissingColumnsError, match="'loss_causes' lacks"):
        unprofitable(nets())
    with pytest.raises(MissingColumnsError, match="'payback' lacks"):
        payback_summary(clients)


def test_the_input_stays_as_it_was(base, won):
    tables = [*base, won, nets(("c", 1, 1.0, -1.0))]
    copies = [table.copy(deep=True) for table in tables]
    payback_summary(payback(*base, end=END))
    cumulative_by_cohort(*base, end=END)
    acquisition_costs(won, {"fair": 900.0}, **WINDOW)
    unprofitable(loss_causes(tables[3]))
    for table, copy in zip(tables, copies, strict=True):
        pd.testing.assert_frame_equal(table, copy)


flow = st.lists(st.integers(-50, 100), min_size=1, max_size=24)


@given(st.lists(st.tuples(flow, st.integers(1, 500), st.booleans()), min_size=1, max_size=12))
def test_payback_agrees_with_adding_up_month_by_month(rows):
    first = pd.Timestamp("2024-01-01")
    clients = clients_of(*[(f"c{n:02}", cost, first, False, gone) for n, (_, cost, gone) in enumerate(rows)])
    flows = {f"c{n:02}": margins for n, (margins, _, _) in enumerate(rows)}
    found = payback(clients, contributions(months_of(flows), None), end=END).set_index("client_id")
    for n, (margins, cost, gone) in enumerate(rows):
        sums = np.cumsum(margins)
        expected = next((place for place, reached in enumerate(sums, start=1) if reached >= cost), None)
        row = found.loc[f"c{n:02}"]
        assert (None if pd.isna(row["payback_month"]) else row["payback_month"]) == expected
        assert row["gain"] == sums[-1] - cost
        assert row["payback_state"] == ("repaid" if expected else "gone before payback" if gone else "not yet")
    summary = payback_summary(found.reset_index())
    assert summary.n_repaid + summary.n_open + summary.n_gone_before == summary.n_clients == len(rows)


@given(st.lists(flow, min_size=1, max_size=10), st.randoms())
def test_the_order_of_the_rows_changes_nothing(flows, random):
    months = months_of({f"c{n}": margins for n, margins in enumerate(flows)})
    clients = clients_of(*[(f"c{n}", 60, pd.Timestamp("2024-01-01"), False, False) for n in range(len(flows))])
    expected = payback(clients, contributions(months, None), end=END)
    mixed = [table.sample(frac=1, random_state=random.randrange(1000)) for table in (clients, months)]
    pd.testing.assert_frame_equal(payback(mixed[0], contributions(mixed[1], None), end=END), expected)


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(0, 50)), max_size=30))
def test_service_and_price_make_all_unprofitable_clients(rows):
    table = nets(*[(f"c{n}", 1, float(margin), float(margin - cts)) for n, (margin, cts) in enumerate(rows)])
    found = unprofitable(loss_causes(table))
    assert found.n_unprofitable == found.n_service + found.n_price == int((table["net"] < 0).sum())
    assert found.service_loss + found.price_loss == pytest.approx(-table.loc[table["net"] < 0, "net"].sum())
