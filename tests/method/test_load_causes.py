"""Causes of load and the whale curve of net."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientbase.errors import MissingColumnsError
from clientbase.method.load_causes import Whale, cost_causes, department_causes, load_causes, whale, whale_curve


@pytest.fixture
def work() -> pd.DataFrame:
    """Return the work of vectors V13, that of the third client in sales in two kinds; a stranger's and internal work."""
    rows = [
        ("K1", "sales", "call", 3000), ("K1", "warehouse", "shipment", 4000), ("K2", "sales", "call", 2400),
        ("K2", "warehouse", "shipment", 1600), ("K3", "sales", "call", 800), ("K3", "sales", "urgent_order", 4000),
        ("K3", "warehouse", "shipment", 2400), ("K9", "sales", "call", 500), (None, "sales", "other", 700),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["client_id", "department", "activity_type", "minutes"])


@pytest.fixture
def shares() -> pd.DataFrame:
    """Return the returns and the net of vectors V13."""
    return pd.DataFrame(
        {
            "client_id": ["K3", "K1", "K2"],
            "client_name": ["Third", "First", "Second"],
            "return_share": [6 / 121, 90 / 121, 25 / 121],
            "net": [-30_000.0, 828_125.0, 202_500.0],
        }
    )


def curve_of(nets: list[float]) -> pd.DataFrame:
    """Return the whale curve of clients with these nets."""
    table = pd.DataFrame({"net": np.array(nets, dtype=float)})
    return whale_curve(table.assign(client_id=[f"c{number:02}" for number in range(len(nets))]))


def test_v13_13_minutes_above_the_earned_ones(work, shares):
    """V13.13: sales +4294.2, warehouse +2003.3 min of the third client."""
    causes = department_causes(work, shares)
    third = causes[causes["client_id"] == "K3"]
    assert third["department"].tolist() == ["sales", "warehouse"]
    assert third["over_minutes"].tolist() == pytest.approx([4294.2148760, 2003.3057851])
    assert third["earned_minutes"].tolist() == pytest.approx([505.7851240, 396.6942149])
    assert third["minutes"].tolist() == [4800, 2400]


def test_causes_name_the_activity_and_what_a_client_left(work, shares):
    causes = load_causes(work, shares)
    assert len(causes) == 9
    third = causes[causes["client_id"] == "K3"]
    assert third["activity_type"].tolist() == ["urgent_order", "shipment", "call"]
    assert third["over_minutes"].tolist() == pytest.approx([4000 * 115 / 121, 2003.3057851, 800 - 6200 * 6 / 121])
    unused = causes[(causes["client_id"] == "K1") & (causes["activity_type"] == "urgent_order")]
    assert unused[["minutes", "earned_minutes", "over_minutes"]].to_numpy().tolist() == [
        pytest.approx([0, 4000 * 90 / 121, -4000 * 90 / 121])
    ]


def test_causes_stand_by_client_then_by_what_is_above(work, shares):
    causes = load_causes(work, shares)
    assert causes["client_id"].is_monotonic_increasing
    assert all(rows["over_minutes"].is_monotonic_decreasing for _, rows in causes.groupby("client_id"))


def test_a_client_at_a_loss_earns_negative_minutes(work):
    shares = pd.DataFrame({"client_id": ["K1", "K3"], "return_share": [1.5, -0.5]})
    third = department_causes(work, shares).iloc[-2:]
    assert third["earned_minutes"].tolist() == pytest.approx([-3900, -3200])
    assert third["over_minutes"].tolist() == pytest.approx([8700, 5600])


def test_without_work_or_clients_there_are_no_causes(work, shares):
    for causes in (load_causes(work.iloc[:0], shares), load_causes(work, shares.iloc[:0]), department_causes(work[:0], shares)):
        assert causes.empty
        assert causes["minutes"].dtype == "float64"


def test_v13_9_the_whale_curve_peaks_above_its_end(shares):
    """V13.9: 1 030 625 of 1 000 625 = 103.0 %."""
    curve = whale_curve(shares)
    assert curve.columns.tolist() == ["rank", "client_id", "client_name", "net", "cum_net", "cum_share"]
    assert curve["client_id"].tolist() == ["K1", "K2", "K3"]
    assert curve["cum_net"].tolist() == pytest.approx([828_125, 1_030_625, 1_000_625])
    assert curve["cum_share"].tolist() == pytest.approx([0.8276077, 1.0299813, 1], abs=1e-7)
    found = whale(curve)
    assert (found.peak, found.total, found.erosion) == pytest.approx((1_030_625, 1_000_625, 30_000))
    assert found.peak_share == pytest.approx(1.0299813, abs=1e-7)
    assert (found.n_peak, found.n_below) == (2, 1)


def test_nothing_erodes_where_nobody_loses():
    assert whale(curve_of([3, 2, 0])) == Whale(5, 5, 1, 2, 0, 0)


def test_a_total_that_is_not_positive_has_no_shares():
    curve = curve_of([3, -5])
    assert curve["cum_share"].isna().all()
    assert whale(curve) == Whale(3, -2, pytest.approx(np.nan, nan_ok=True), 1, 5, 1)


def test_without_a_positive_net_the_peak_is_before_the_first_client():
    assert whale(curve_of([-3, -5])) == Whale(0, -8, pytest.approx(np.nan, nan_ok=True), 0, 8, 2)


def test_equal_nets_stand_by_code_and_no_clients_give_no_curve():
    curve = curve_of([1, 1, 1])
    assert curve["client_id"].tolist() == ["c00", "c01", "c02"]
    assert curve["rank"].tolist() == [1, 2, 3]
    assert curve_of([]).empty
    assert whale(curve_of([])) == Whale(0, 0, pytest.approx(np.nan, nan_ok=True), 0, 0, 0)


def test_a_client_without_net_is_not_on_the_curve(shares):
    assert whale_curve(shares.assign(net=[np.nan, 2.0, 1.0]))["client_id"].tolist() == ["K1", "K2"]


def test_missing_columns_are_named(work, shares):
    with pytest.raises(MissingColumnsError, match=r"'work' lacks \['activity_type'\]"):
        load_causes(work.drop(columns="activity_type"), shares)
    with pytest.raises(MissingColumnsError, match=r"'load_shares' lacks \['return_share'\]"):
        department_causes(work, shares.drop(columns="return_share"))
    with pytest.raises(MissingColumnsError, match=r"'load_shares' lacks \['net'\]"):
        whale_curve(shares.drop(columns="net"))
    with pytest.raises(MissingColumnsError, match="'whale_curve' lacks"):
        whale(work)


def test_the_input_stays_as_it_was(work, shares):
    copies = work.copy(deep=True), shares.copy(deep=True)
    load_causes(work, shares)
    department_causes(work, shares)
    whale(whale_curve(shares))
    pd.testing.assert_frame_equal(work, copies[0])
    pd.testing.assert_frame_equal(shares, copies[1])


piece = st.tuples(st.sampled_from("abcd"), st.sampled_from(["sales", "warehouse"]), st.sampled_from(["call", "other"]))


@given(st.lists(st.tuples(piece, st.integers(0, 500)), max_size=25), st.lists(st.integers(-5, 50), min_size=4, max_size=4))
def test_what_is_above_sums_to_nothing_in_each_kind_of_work(pieces, returns):
    table = pd.DataFrame([(*kind, minutes) for kind, minutes in pieces])
    table = table.reindex(columns=range(4)).set_axis(["client_id", "department", "activity_type", "minutes"], axis=1)
    gains = np.array([*returns[:3], returns[3] + 100.0])
    shares = pd.DataFrame({"client_id": list("abcd"), "return_share": gains / gains.sum()})
    causes, by_department = load_causes(table, shares), department_causes(table, shares)
    sums = causes.groupby(["department", "activity_type"])["over_minutes"].sum()
    assert sums.tolist() == pytest.approx([0] * len(sums), abs=1e-6)
    joined = causes.groupby(["client_id", "department"])["over_minutes"].sum()
    alone = by_department.set_index(["client_id", "department"])["over_minutes"].sort_index()
    assert joined.tolist() == pytest.approx(alone.tolist(), abs=1e-6)


@given(st.lists(st.integers(-100, 100), max_size=30))
def test_the_peak_is_the_highest_point_of_the_curve(nets):
    curve = curve_of(nets)
    found = whale(curve)
    assert found.peak == max([0, *curve["cum_net"]])
    assert found.erosion == found.peak - sum(nets) == -sum(net for net in nets if net < 0)
    assert found.n_peak == sum(net > 0 for net in nets)


def test_costs_beyond_the_earned_ones_in_money_direct_costs_among_them():
    costs = pd.DataFrame(
        {
            "client_id": ["K1", "K2", "K1", "K2", "K9"],
            "department": ["sales", "sales", "(direct costs)", "(direct costs)", "sales"],
            "cost_item": ["call", "call", "delivery", "delivery", "call"],
            "amount": [60.0, 40.0, 0.0, 50.0, 1000.0],
        }
    )
    shares = pd.DataFrame({"client_id": ["K1", "K2"], "return_share": [0.75, 0.25]})
    found = cost_causes(costs, shares)
    assert found["client_id"].tolist() == ["K2", "K2"]  # K1 earned 75 and 37.5; costs of a client not compared count for nobody
    assert found[["department", "cost_item", "amount", "over_cost"]].to_numpy().tolist() == [
        ["(direct costs)", "delivery", 50.0, 37.5],
        ["sales", "call", 40.0, 15.0],
    ]
