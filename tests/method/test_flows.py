"""Separation of flows: profit against time, the verdict, the what-if, the growth after the change."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientbase.errors import MissingColumnsError, SettingError
from clientbase.method.flows import compare_flows, flow_growth, flow_table, move_time

BOUNDS = {"min_time_share": 0.05, "separate_from": 2.0, "standards_from": 1.25}


def facts_of(**flows: tuple[float, float]) -> pd.DataFrame:
    """Return one client a flow: margin, hours; revenue is ten times the margin."""
    table = pd.DataFrame([(flow, *numbers) for flow, numbers in flows.items()], columns=["flow", "margin", "hours"])
    return table.assign(revenue=table["margin"] * 10, minutes=table["hours"] * 60.0).drop(columns="hours")


@pytest.fixture
def facts() -> pd.DataFrame:
    """Return the proportions of the source: 85 % of profit in 20 % of time. Two clients of each flow."""
    return pd.DataFrame(
        {
            "client_id": ["c1", "c2", "p1", "p2"],
            "flow": ["corporate", "corporate", "private", "private"],
            "revenue": [3000.0, 1000.0, 600.0, 400.0],
            "margin": [600.0, 250.0, 100.0, 50.0],
            "minutes": [700.0, 500.0, 2400.0, 2400.0],
        }
    )


def test_v02_1_return_index_and_contrast(facts):
    """V02.1: E = 4.25 and 0.1875, K = 22.6667."""
    flows = flow_table(facts, time_shares=None)
    assert flows["flow"].tolist() == ["corporate", "private"]
    assert flows["return_index"].tolist() == pytest.approx([4.25, 0.1875])
    contrast = compare_flows(flows, **BOUNDS)
    assert contrast.contrast == pytest.approx(22.6666667)
    assert (contrast.verdict, contrast.high_flow, contrast.low_flow, contrast.reason) == (
        "separate",
        "corporate",
        "private",
        "",
    )


def test_v02_1_typed_time_shares_give_the_same_index(facts):
    """V02.1 without activities: the shares of time are typed, hours stay unknown."""
    flows = flow_table(facts.drop(columns="minutes"), time_shares={"corporate": 0.2, "private": 0.8})
    assert flows["return_index"].tolist() == pytest.approx([4.25, 0.1875])
    assert flows[["hours", "margin_per_hour"]].isna().all(axis=None)


def test_v02_2_moving_half_of_the_low_flows_time(facts):
    """V02.2: 40 h freed, +510 - 37.5 = 472.5."""
    flows = flow_table(facts, time_shares=None)
    moved = move_time(flows, high_flow="corporate", low_flow="private", moved_share=0.5, efficiency=0.3, loss=0.5)
    assert (moved.hours, moved.extra, moved.lost, moved.net) == pytest.approx((40, 510, 37.5, 472.5))


def test_the_table_holds_sums_and_shares_by_flow(facts):
    row = flow_table(facts, time_shares=None).iloc[0]
    numbers = ["n_clients", "revenue", "margin", "hours", "revenue_share", "profit_share", "time_share", "margin_per_hour"]
    assert row[numbers].tolist() == pytest.approx([2, 4000, 850, 20, 0.8, 0.85, 0.2, 42.5])


def test_money_of_moved_time_needs_only_typed_shares(facts):
    flows = flow_table(facts.drop(columns="minutes"), time_shares={"corporate": 0.2, "private": 0.8})
    moved = move_time(flows, high_flow="corporate", low_flow="private", moved_share=0.5, efficiency=0.3, loss=0.5)
    assert np.isnan(moved.hours)
    assert moved.net == pytest.approx(472.5)


@pytest.mark.parametrize(
    ("margins", "verdict"),
    [
        ((200, 100), "separate"),
        ((199, 100), "standards"),
        ((125, 100), "standards"),
        ((124, 100), "keep"),
        ((100, 100), "keep"),
    ],
)
def test_bounds_of_the_contrast_belong_to_the_stronger_verdict(margins, verdict):
    flows = flow_table(facts_of(a=(margins[0], 10), b=(margins[1], 10)), time_shares=None)
    assert compare_flows(flows, **BOUNDS).verdict == verdict


def test_a_contrast_within_the_tolerance_reaches_the_bound():
    flows = flow_table(facts_of(a=(0.3, 10), b=(0.1 + 0.05, 10)), time_shares=None)
    assert compare_flows(flows, **BOUNDS).verdict == "separate"


def test_a_flow_with_little_time_is_shown_but_not_compared():
    flows = flow_table(facts_of(a=(500, 48), b=(450, 48), tiny=(50, 4)), time_shares=None)
    contrast = compare_flows(flows, **BOUNDS)
    assert flows.loc[0, "flow"] == "tiny"
    assert (contrast.high_flow, contrast.low_flow, contrast.verdict) == ("a", "b", "keep")


def test_a_flow_with_exactly_the_least_time_is_compared():
    flows = flow_table(facts_of(a=(500, 95), b=(50, 5)), time_shares=None)
    assert compare_flows(flows, **BOUNDS).low_flow == "a"


@pytest.mark.parametrize(
    ("flows", "reason"),
    [
        ({"a": (100, 10)}, "one flow"),
        ({"a": (100, 10), "b": (-100, 10)}, "total margin not positive"),
        ({"a": (100, 10), "b": (-150, 10)}, "total margin not positive"),
        ({"a": (100, 0), "b": (50, 0)}, "no time recorded"),
        ({"a": (100, 10), "b": (50, 0)}, "no time recorded"),
        ({"a": (100, 97), "b": (50, 3)}, "too little time"),
    ],
)
def test_without_a_basis_the_verdict_is_undefined(flows, reason):
    contrast = compare_flows(flow_table(facts_of(**flows), time_shares=None), **BOUNDS)
    assert (contrast.verdict, contrast.reason, contrast.high_flow) == ("undefined", reason, "")
    assert np.isnan(contrast.contrast)


def test_no_flows_at_all_are_undefined(facts):
    assert compare_flows(flow_table(facts.iloc[:0], time_shares=None), **BOUNDS).reason == "one flow"


@pytest.mark.parametrize("margin", [-50, 0])
def test_a_flow_without_positive_margin_asks_for_prices_first(margin):
    flows = flow_table(facts_of(a=(200, 10), b=(margin, 10)), time_shares=None)
    contrast = compare_flows(flows, **BOUNDS)
    assert (contrast.verdict, contrast.reason) == ("undefined", "flow margin not positive")
    assert contrast.contrast == np.inf
    assert contrast.low_flow == "b"


def test_total_margin_not_positive_leaves_only_margin_per_hour():
    """Edge cases of M01: shares undefined, money per hour shown."""
    flows = flow_table(facts_of(a=(100, 10), b=(-150, 10)), time_shares=None)
    assert flows[["profit_share", "return_index"]].isna().all(axis=None)
    assert flows.set_index("flow")["margin_per_hour"].to_dict() == {"a": 10, "b": -15}


def test_a_flow_without_recorded_time_has_no_index():
    """Edge cases of M01 and 2.1: no activities are unknown load, not zero load."""
    facts = facts_of(a=(100, 10), b=(50, 10), c=(50, 0)).assign(minutes=[600.0, 600.0, np.nan])
    flows = flow_table(facts, time_shares=None).set_index("flow")
    assert flows.loc["c", ["hours", "time_share", "return_index", "margin_per_hour"]].isna().all()
    assert flows.loc[["a", "b"], "time_share"].tolist() == [0.5, 0.5]
    assert compare_flows(flows.reset_index(), **BOUNDS).contrast == pytest.approx(2)


def test_zero_minutes_are_no_recorded_time_either():
    flow = flow_table(facts_of(a=(100, 0.5), b=(50, 0)), time_shares=None).set_index("flow")
    assert flow.loc["b", ["return_index", "margin_per_hour"]].isna().all()
    assert flow.loc["a", "margin_per_hour"] == 200


def test_the_contrast_is_between_the_extremes_of_several_flows():
    flows = flow_table(facts_of(a=(300, 10), b=(200, 10), c=(100, 10)), time_shares=None)
    contrast = compare_flows(flows, **BOUNDS)
    assert (contrast.high_flow, contrast.low_flow) == ("a", "c")
    assert contrast.contrast == pytest.approx(3)


def test_a_flow_of_unknown_margin_forbids_the_comparison():
    facts = facts_of(a=(300, 10), b=(200, 10), c=(100, 10)).assign(margin=[300.0, 200.0, np.nan])
    assert compare_flows(flow_table(facts, time_shares=None), **BOUNDS).reason == "no margin"


def test_closed_gates_leave_unknown_columns(facts):
    flows = flow_table(facts[["client_id", "flow", "revenue"]], time_shares=None)
    unknown = ["margin", "hours", "profit_share", "time_share", "return_index", "margin_per_hour"]
    assert flows[unknown].isna().all(axis=None)
    assert flows["flow"].tolist() == ["corporate", "private"]  # by revenue when there is no index
    assert compare_flows(flows, **BOUNDS).reason == "no margin"


def test_an_unknown_type_is_its_own_flow(facts):
    more = pd.concat([facts, facts.iloc[:1].assign(client_id="u1", flow="(unknown)")], ignore_index=True)
    assert sorted(flow_table(more, time_shares=None)["flow"]) == ["(unknown)", "corporate", "private"]
    typed = flow_table(more, time_shares={"corporate": 0.2, "private": 0.8}).set_index("flow")
    assert np.isnan(typed.loc["(unknown)", "return_index"])


def test_typed_time_shares_replace_measured_minutes(facts):
    flows = flow_table(facts, time_shares={"corporate": 0.5, "private": 0.5})
    assert flows["time_share"].tolist() == [0.5, 0.5]
    assert flows["hours"].isna().all()


def test_a_strange_name_in_the_typed_shares_is_refused(facts):
    with pytest.raises(SettingError, match=r"time_shares names \['corporat'\]; the flows are \['corporate', 'private'\]"):
        flow_table(facts, time_shares={"corporat": 0.2, "private": 0.8})


@pytest.mark.parametrize("shares", [{"corporate": 20, "private": 80}, {"corporate": 1.2, "private": -0.2}, {"corporate": 0.2}])
def test_typed_shares_that_are_no_shares_are_refused(facts, shares):
    with pytest.raises(SettingError, match="need shares from 0 to 1 that sum to 1"):
        flow_table(facts, time_shares=shares)


def test_moving_time_needs_two_flows_of_the_table(facts):
    flows = flow_table(facts, time_shares=None)
    numbers = {"moved_share": 0.5, "efficiency": 0.3, "loss": 0.5}
    with pytest.raises(SettingError, match="there is no flow 'retail'"):
        move_time(flows, high_flow="corporate", low_flow="retail", **numbers)
    with pytest.raises(SettingError, match="are both 'private'"):
        move_time(flows, high_flow="private", low_flow="private", **numbers)


def test_moving_time_to_a_flow_without_recorded_time_has_no_result():
    flows = flow_table(facts_of(a=(100, 0), b=(50, 10)), time_shares=None)
    assert np.isnan(move_time(flows, high_flow="a", low_flow="b", moved_share=0.5, efficiency=0.3, loss=0.5).net)


def test_growth_counts_the_clients_with_deals_in_each_window(facts):
    both = facts.assign(n_deals=[2, 1, 0, 4], revenue=[3000.0, 1000.0, 0.0, 400.0])
    both = both.assign(previous_n_deals=[1, 0, 3, 1], previous_revenue=[1500.0, 0.0, 700.0, 300.0])
    growth = flow_growth(both).set_index("flow")
    assert growth.loc["corporate"].to_dict() == {
        "previous_revenue": 1500, "revenue": 4000, "previous_n_clients": 1, "n_clients": 2,
        "previous_revenue_per_client": 1500, "revenue_per_client": 2000,
    }  # fmt: skip
    assert growth.loc["private", ["previous_revenue_per_client", "revenue_per_client"]].tolist() == [500, 400]


def test_growth_of_a_flow_without_clients_is_unknown(facts):
    both = facts.assign(n_deals=1, previous_n_deals=0, previous_revenue=0.0)
    assert flow_growth(both)["previous_revenue_per_client"].isna().all()


def test_missing_columns_are_named(facts):
    with pytest.raises(MissingColumnsError, match=r"'facts' lacks \['flow'\]"):
        flow_table(facts.drop(columns="flow"), time_shares=None)
    with pytest.raises(MissingColumnsError, match="'flow_table' lacks"):
        compare_flows(facts, **BOUNDS)
    with pytest.raises(MissingColumnsError, match=r"'facts' lacks \['n_deals'"):
        flow_growth(facts)


def test_the_input_stays_as_it_was(facts):
    flows = flow_table(facts, time_shares=None)
    copies = facts.copy(deep=True), flows.copy(deep=True)
    flow_table(facts, time_shares={"corporate": 0.2, "private": 0.8})
    compare_flows(flows, **BOUNDS)
    move_time(flows, high_flow="corporate", low_flow="private", moved_share=0.5, efficiency=0.3, loss=0.5)
    pd.testing.assert_frame_equal(facts, copies[0])
    pd.testing.assert_frame_equal(flows, copies[1])


clients = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(1, 1000), st.integers(1, 1000)), min_size=1, max_size=30
)


def table_of(rows: list[tuple[str, int, int]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["flow", "margin", "minutes"]).astype({"margin": float, "minutes": float})
    return table.assign(revenue=table["margin"] * 4)


@given(clients)
def test_shares_sum_to_one_and_the_mean_index_weighted_by_time_is_one(rows):
    flows = flow_table(table_of(rows), time_shares=None)
    assert flows[["revenue_share", "profit_share", "time_share"]].sum().tolist() == pytest.approx([1, 1, 1])
    assert (flows["return_index"] * flows["time_share"]).sum() == pytest.approx(1)
    assert flows["n_clients"].sum() == len(rows)
    assert flows["return_index"].is_monotonic_decreasing


@given(clients, st.sampled_from([2.0**power for power in (-6, -1, 3, 10)]))
def test_another_currency_changes_no_verdict(rows, rate):
    facts = table_of(rows)
    scaled = facts.assign(margin=facts["margin"] * rate, revenue=facts["revenue"] * rate)
    one, other = (compare_flows(flow_table(table, time_shares=None), **BOUNDS) for table in (facts, scaled))
    assert replace(one, contrast=0.0) == replace(other, contrast=0.0)
    assert one.contrast == pytest.approx(other.contrast, nan_ok=True)


@given(clients)
def test_a_client_with_nothing_changes_no_shares(rows):
    facts = table_of(rows)
    stranger = pd.DataFrame({"flow": [rows[0][0]], "margin": 0.0, "minutes": 0.0, "revenue": 0.0})
    flows = flow_table(facts, time_shares=None)
    again = flow_table(pd.concat([facts, stranger], ignore_index=True), time_shares=None)
    pd.testing.assert_frame_equal(flows.drop(columns="n_clients"), again.drop(columns="n_clients"))
