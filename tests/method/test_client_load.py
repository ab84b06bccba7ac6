"""Client load: the time clients cost, cost to serve, what they return, the service they earned."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientbase.errors import DataError, MissingColumnsError
from clientbase.method.client_load import (
    client_costs,
    direct_costs,
    earned_rate,
    flow_load,
    load_shares,
    return_basis,
    time_costs,
)

ACTUAL = {"basis": "margin", "target_rate": np.nan}


def work_of(rows: list[tuple]) -> pd.DataFrame:
    """Return the minutes of one client in one department a row."""
    table = pd.DataFrame(rows, columns=["client_id", "department", "minutes"])
    return table.assign(activity_type="order_processing", quantity=1.0, n_rows=2, n_unpriced=0)


def costs_of(facts: pd.DataFrame, work: pd.DataFrame, rates: pd.DataFrame) -> pd.DataFrame:
    """Return the clients with what their work costs, without direct costs."""
    return client_costs(facts, time_costs(work, rates, facts["client_id"]), None)


@pytest.fixture
def rates() -> pd.DataFrame:
    """Return the rates of vector V13.1 and a department without cost."""
    return pd.DataFrame({"department": ["sales", "warehouse", "design"], "minute_rate": [15.625, 6.25, np.nan]})


@pytest.fixture
def work() -> pd.DataFrame:
    """Return the work of vectors V13, with some internal work."""
    rows = [("K1", "sales", 3000), ("K1", "warehouse", 4000), ("K2", "sales", 2400), ("K2", "warehouse", 1600)]
    return work_of([*rows, ("K3", "sales", 4800), ("K3", "warehouse", 2400), (None, "sales", 9000)])


@pytest.fixture
def facts() -> pd.DataFrame:
    """Return the clients of vectors V13."""
    return pd.DataFrame(
        {
            "client_id": ["K1", "K2", "K3"],
            "n_orders": [100, 80, 120],
            "revenue": [5_000_000.0, 1_000_000.0, 400_000.0],
            "margin": [900_000.0, 250_000.0, 60_000.0],
        }
    )


@pytest.fixture
def clients(facts, work, rates) -> pd.DataFrame:
    return costs_of(facts, work, rates)


@pytest.fixture
def shares(clients) -> pd.DataFrame:
    """Return the load shares of vectors V13, in the order of the clients."""
    return load_shares(clients, **ACTUAL).sort_values("client_id", ignore_index=True)


def test_v13_2_cost_to_serve(clients):
    """V13.2: 71 875, 47 500, 90 000; internal work reaches no client."""
    assert clients["cts"].tolist() == pytest.approx([71_875, 47_500, 90_000])
    assert clients["minutes"].tolist() == [7000, 4000, 7200]
    assert clients["n_work_rows"].tolist() == [4, 4, 4]
    assert clients["is_load_known"].all()


def test_v13_3_load_shares(shares):
    """V13.3."""
    assert shares["load_share"].tolist() == pytest.approx([0.3432836, 0.2268657, 0.4298507], abs=1e-7)


def test_v13_4_load_ratios(shares):
    """V13.4."""
    assert shares["load_ratio"].tolist() == pytest.approx([0.4615257, 1.0980299, 8.6686567], abs=1e-7)


def test_v13_5_net_of_the_cost_to_serve(shares):
    """V13.5: the third client costs more than its margin."""
    assert shares["net"].tolist() == pytest.approx([828_125, 202_500, -30_000])


def test_v13_8_entitlement_and_over_use(shares, clients):
    """V13.8: kappa 0.17304; over-use -83 858, +4 241, +79 618."""
    assert earned_rate(clients, basis="margin") == pytest.approx(0.1730372, abs=1e-7)
    assert shares["over_use"].tolist() == pytest.approx([-83_858.4710744, 4_240.7024793, 79_617.7685950])
    assert (shares["entitled"] + shares["over_use"]).tolist() == pytest.approx(shares["cts"].tolist())


def test_v13_10_cost_to_revenue(shares):
    """V13.10: 1.4 %, 4.75 %, 22.5 %."""
    assert shares["cts_to_revenue"].tolist() == pytest.approx([0.014375, 0.0475, 0.225])


def test_a_target_rate_takes_the_place_of_the_actual_one(clients):
    shares = load_shares(clients, basis="margin", target_rate=0.1).sort_values("client_id")
    assert shares["entitled"].tolist() == pytest.approx([90_000, 25_000, 6_000])
    assert shares["over_use"].tolist() == pytest.approx([-18_125, 22_500, 84_000])


def test_clients_stand_by_falling_cost_then_by_code(clients):
    assert load_shares(clients, **ACTUAL)["client_id"].tolist() == ["K3", "K1", "K2"]
    equal = load_shares(clients.assign(cts=5.0).iloc[::-1], **ACTUAL)
    assert equal["client_id"].tolist() == ["K1", "K2", "K3"]


def test_time_costs_stand_as_the_clients_do(work, rates):
    clients = pd.Series(["K3", "K9", "K1"], index=[7, 8, 9])
    costs = time_costs(work, rates, clients)
    assert costs.index.tolist() == [7, 8, 9]
    assert costs["time_cost"].tolist() == pytest.approx([90_000, 0, 71_875])
    assert costs["unpriced_minutes"].tolist() == [0, 0, 0]
    kept = time_costs(work, rates, clients, at=np.array([2, 2, -1, -1, 0, 0, -1]))
    pd.testing.assert_frame_equal(kept, costs)


def test_minutes_of_a_department_without_cost_are_counted_and_add_nothing(rates):
    work = work_of([("K1", "design", 30), ("K1", "sales", 10), ("K2", "design", 5)])
    costs = time_costs(work, rates, pd.Series(["K1", "K2"]))
    assert costs.loc[0].tolist() == pytest.approx([40, 156.25, 30, 4, 2])
    assert costs.loc[1].tolist() == [5, 0, 5, 2, 0]


def test_no_work_on_record_is_a_load_not_known(facts, rates):
    """METHOD 2.1: load unknown, not zero load."""
    clients = costs_of(facts, work_of([("K1", "sales", 100)]), rates)
    assert clients["is_load_known"].tolist() == [True, False, False]
    assert clients["minutes"].tolist() == [100, 0, 0]
    shares = load_shares(clients, **ACTUAL).sort_values("client_id")
    assert shares["load_ratio"].tolist() == pytest.approx([1.21 / 0.9, 0, 0])
    assert shares["cts_to_revenue"].tolist() == pytest.approx([1562.5 / 5e6, np.nan, np.nan], nan_ok=True)


def test_rows_without_any_time_do_not_make_a_load_known(facts, rates):
    """Rows with neither minutes nor a standard say that there was work, not how much."""
    work = work_of([("K1", "sales", 0), ("K2", "sales", 0), ("K3", "design", 9)]).assign(n_unpriced=[2, 1, 0])
    clients = costs_of(facts, work, rates)
    assert clients["n_work_rows"].tolist() == [2, 2, 2]
    assert clients["is_load_known"].tolist() == [False, True, False]


def test_direct_costs_join_the_cost_to_serve(facts, work, rates):
    direct = pd.DataFrame(
        {"client_id": ["K2", "K2", "K9"], "cost_type": ["delivery", "claims", "bonus"], "amount": [500.0, 300.0, 999.0]}
    )
    direct = direct_costs(direct, facts["client_id"])
    clients = client_costs(facts, time_costs(work, rates, facts["client_id"]), direct)
    assert clients["direct_cost"].tolist() == [0, 800, 0]
    assert clients["cts"].tolist() == pytest.approx([71_875, 48_300, 90_000])
    alone = client_costs(facts, None, direct)
    assert alone["cts"].tolist() == [0, 800, 0]
    assert not alone["is_load_known"].any()


def test_a_missing_amount_adds_nothing(facts, rates):
    direct = pd.DataFrame({"client_id": ["K1", "K1", "K2"], "cost_type": "claims", "amount": [5.0, np.nan, np.nan]})
    assert direct_costs(direct, facts["client_id"]).tolist() == [5, 0, 0]
    assert direct_costs(direct.iloc[:0], facts["client_id"]).tolist() == [0, 0, 0]
    work = work_of([("K1", "sales", 10), ("K1", "sales", np.nan), ("K2", "sales", np.nan)])
    assert costs_of(facts, work, rates)["time_cost"].tolist() == [156.25, 0, 0]
    assert costs_of(facts, work_of([(None, "sales", 10)]), rates)["minutes"].dtype == float  # with internal work alone too


def test_recorded_minutes_of_facts_give_way_to_those_costed(facts, work, rates):
    clients = costs_of(facts.assign(minutes=-1.0), work, rates)
    assert clients["minutes"].tolist() == [7000, 4000, 7200]


def test_the_return_is_margin_where_it_is_known_and_positive(facts):
    assert return_basis(facts) == "margin"
    assert return_basis(facts.drop(columns="margin")) == "revenue"
    assert return_basis(facts.assign(margin=[10.0, -10.0, 0.0])) == "revenue"
    assert return_basis(facts.assign(margin=np.nan)) == "revenue"


def test_without_margin_the_ratio_is_by_revenue_and_there_is_no_net(clients):
    shares = load_shares(clients.drop(columns="margin"), basis="revenue", target_rate=np.nan).sort_values("client_id")
    assert shares["return_share"].tolist() == pytest.approx([50 / 64, 10 / 64, 4 / 64])
    assert "net" not in shares


def test_a_client_without_return_has_an_infinite_ratio(clients):
    """METHOD 16, edge cases: margin <= 0; without a cost there is nothing to compare."""
    shares = load_shares(clients.assign(margin=[100.0, -50.0, 0.0], cts=[10.0, 5.0, 0.0]), **ACTUAL)
    assert shares["load_ratio"].tolist() == pytest.approx([1 / 3, np.inf, 0])
    assert shares["return_share"].tolist() == pytest.approx([2, -1, 0])
    assert shares.loc[1, "entitled"] < 0


def test_without_any_return_there_are_no_shares_of_it(clients):
    shares = load_shares(clients.assign(revenue=-1.0), basis="revenue", target_rate=np.nan)
    assert shares[["return_share", "entitled", "over_use", "cts_to_revenue"]].isna().all(axis=None)
    assert np.isinf(shares["load_ratio"]).all()


def test_without_any_cost_there_are_no_shares_of_load(facts):
    shares = load_shares(client_costs(facts, None, None), **ACTUAL)
    assert shares["load_share"].isna().all()
    assert shares["over_use"].tolist() == [0, 0, 0]


def test_flows_are_set_side_by_side(clients):
    flows = flow_load(clients.assign(flow=["private", "corporate", "private"]), basis="margin")
    assert flows["flow"].tolist() == ["private", "corporate"]
    assert flows["n_clients"].tolist() == [2, 1]
    assert flows["cts"].tolist() == pytest.approx([161_875, 47_500])
    assert flows["load_ratio"].tolist() == pytest.approx([161_875 / 209_375 / (96 / 121), 47_500 / 209_375 / (25 / 121)])
    assert flows["net"].tolist() == pytest.approx([798_125, 202_500])


def test_a_flow_without_return_is_infinitely_heavy_unless_it_costs_nothing(clients):
    parts = clients.assign(flow=["private", "corporate", "none"], revenue=[9.0, 0.0, 0.0], cts=[1.0, 1.0, 0.0])
    flows = flow_load(parts.drop(columns="margin"), basis="revenue").set_index("flow")
    assert flows["load_ratio"].to_dict() == pytest.approx({"corporate": np.inf, "private": 0.5, "none": np.nan}, nan_ok=True)
    assert "net" not in flows


def test_one_client_takes_and_returns_all(clients):
    shares = load_shares(clients.iloc[:1], **ACTUAL)
    assert shares[["load_share", "return_share", "load_ratio"]].to_numpy().tolist() == [[1, 1, 1]]


def test_an_unknown_margin_of_a_buyer_is_refused(clients):
    with pytest.raises(DataError, match="1 clients with orders have no margin"):
        load_shares(clients.assign(margin=[np.nan, 1.0, 1.0]), **ACTUAL)
    idle = clients.assign(margin=[np.nan, 1.0, 1.0], n_orders=[0, 1, 1])
    assert load_shares(idle, **ACTUAL).set_index("client_id").loc["K1", "return_share"] == 0


def test_empty_tables_give_no_rows(facts, work, rates):
    assert time_costs(work, rates, facts["client_id"].iloc[:0]).empty
    assert load_shares(client_costs(facts.iloc[:0], None, None), **ACTUAL).empty
    assert not costs_of(facts, work.iloc[:0], rates)["is_load_known"].any()


def test_missing_columns_are_named(facts, work, rates, clients):
    with pytest.raises(MissingColumnsError, match=r"'work' lacks \['n_rows'\]"):
        costs_of(facts, work.drop(columns="n_rows"), rates)
    with pytest.raises(MissingColumnsError, match=r"'department_rates' lacks \['minute_rate'\]"):
        costs_of(facts, work, rates.drop(columns="minute_rate"))
    with pytest.raises(MissingColumnsError, match=r"'direct_costs' lacks \['amount'\]"):
        direct_costs(facts, facts["client_id"])
    with pytest.raises(MissingColumnsError, match=r"'client_costs' lacks \['is_load_known'\]"):
        load_shares(clients.drop(columns="is_load_known"), **ACTUAL)
    with pytest.raises(MissingColumnsError, match=r"'client_costs' lacks \['margin'\]"):
        earned_rate(clients.drop(columns="margin"), basis="margin")


def test_the_input_stays_as_it_was(facts, work, rates, clients):
    tables = (facts, work, rates, clients)
    copies = [table.copy(deep=True) for table in tables]
    costs_of(facts, work, rates)
    load_shares(clients, **ACTUAL)
    for table, copy in zip(tables, copies, strict=True):
        pd.testing.assert_frame_equal(table, copy)


row = st.tuples(st.integers(0, 1000), st.integers(-500, 1000), st.booleans())


def clients_of(rows: list[tuple[int, int, bool]]) -> pd.DataFrame:
    """Return a client with cost, margin and a known load or not a row, and one that brings a margin."""
    table = pd.DataFrame([*rows, (100, 20_000, True)], columns=["cts", "margin", "is_load_known"])
    return table.assign(
        client_id=[f"c{number:02}" for number in range(len(table))],
        n_orders=1,
        cts=table["cts"].where(table["is_load_known"], 0).astype(float),
        margin=table["margin"].astype(float),
        revenue=table["margin"] * 4.0,
    )


@given(st.lists(row, max_size=20))
def test_over_use_sums_to_nothing_and_shares_to_one(rows):
    shares = load_shares(clients_of(rows), **ACTUAL)
    assert shares["over_use"].sum() == pytest.approx(0, abs=1e-6)
    assert shares[["load_share", "return_share"]].sum().tolist() == pytest.approx([1, 1])


@given(st.lists(row, max_size=20), st.sampled_from([2.0**power for power in (-6, 3, 10)]))
def test_neither_the_order_nor_the_currency_changes_a_ratio(rows, rate):
    clients = clients_of(rows)
    money = clients[["cts", "margin", "revenue"]] * rate
    shares, other = (load_shares(table, **ACTUAL) for table in (clients, clients.assign(**money).iloc[::-1]))
    assert shares["client_id"].tolist() == other["client_id"].tolist()
    assert shares["load_ratio"].tolist() == pytest.approx(other["load_ratio"].tolist())


@given(st.lists(row, max_size=20))
def test_who_takes_more_than_it_earned_has_a_ratio_above_one(rows):
    shares = load_shares(clients_of(rows), **ACTUAL)
    known = shares[shares["is_load_known"] & (shares["margin"] > 0)]
    assert ((known["over_use"] > 1e-6) <= (known["load_ratio"] > 1)).all()
