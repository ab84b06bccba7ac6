"""Tests of the assortment focus. Ids like V04.1 name the vector of the method."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientbase.errors import DataError, GateClosedError, MissingColumnsError, NothingToAnalyseError
from clientbase.method.assortment import assortment_focus, assortment_gaps, gap_summary, group_profile, purchase_spread

FOCUS = {"mono_from": 0.8, "core_from": 0.5, "breadth_bounds": (10, 20), "few_lines": 3, "n_active_products": 40}
GAPS = {"gap_from": 0.5, "min_peers": 5, "full_wallet": 0.95}


def groups_of(baskets):
    """Product groups of the baskets {client: {group: revenue}}."""
    rows = [(client, group, float(revenue), 2, 1) for client, basket in baskets.items() for group, revenue in basket.items()]
    return pd.DataFrame(rows, columns=["client_id", "product_group", "revenue", "n_lines", "n_products"])


def facts_of(clients, **columns):
    facts = pd.DataFrame({"client_id": list(clients), "n_products": 12, "n_lines": 8, "size_class": "SB"})
    return facts.assign(**columns)


def focus_of(baskets, **columns):
    return focus_from(groups_of(baskets), facts_of(baskets, **columns))


def focus_from(groups, facts):
    return assortment_focus(purchase_spread(groups, facts), facts, **FOCUS)


def gaps_of(baskets, changes=None, **columns):
    return assortment_gaps(groups_of(baskets), focus_of(baskets, **columns), **(GAPS | (changes or {})))


@pytest.mark.parametrize(
    ("basket", "lead_share", "focus_type", "hhi", "n_eff"),
    [
        pytest.param({"a": 800, "b": 150, "c": 50}, 0.8, "mono", 0.665, 1.5038, id="V04.1"),
        pytest.param({"a": 400, "b": 300, "c": 300}, 0.4, "broad", 0.34, 2.9412, id="V04.2"),
        pytest.param({"a": 500, "b": 500, "c": -80}, 0.5, "core", 0.5, 2.0, id="V04.3"),
        pytest.param({"a": 7, "b": 0}, 1.0, "mono", 1.0, 1.0, id="one group bought"),
        pytest.param({"a": 0.1 + 0.7, "b": 0.1, "c": 0.1}, 0.8, "mono", 0.66, 1.5152, id="the bound within the tolerance"),
    ],
)
def test_focus_of_one_client(basket, lead_share, focus_type, hhi, n_eff):
    focus = focus_of({"x": basket}).iloc[0]
    assert focus["focus_type"] == focus_type
    assert [focus["lead_share"], focus["hhi"]] == pytest.approx([lead_share, hhi])
    assert focus["n_eff"] == pytest.approx(n_eff, abs=5e-5)


def test_a_group_with_net_returns_is_not_bought():
    focus = focus_of({"x": {"a": 500, "b": 500, "c": -80}}).iloc[0]
    assert (focus["n_groups"], focus["revenue"]) == (2, 1000)


@pytest.mark.parametrize(("n_products", "score"), [(9, 1), (10, 2), (19, 2), (20, 3), (0, 1)])
def test_v04_4_breadth_score(n_products, score):
    focus = focus_of({"x": {"a": 1, "b": 1}}, n_products=n_products).iloc[0]
    assert (focus["breadth"], focus["breadth_score"]) == (n_products, score)
    assert focus["coverage_share"] == n_products / 40


@pytest.mark.parametrize(("n_lines", "expected"), [(2, True), (3, False)])
def test_few_lines_are_marked(n_lines, expected):
    assert focus_of({"x": {"a": 1, "b": 1}}, n_lines=n_lines)["has_few_lines"].tolist() == [expected]


def test_a_tie_of_lead_groups_goes_to_the_larger_for_the_company_then_by_name():
    focus = focus_of({"x": {"a": 5, "b": 5, "z": 1}, "y": {"b": 3, "c": 4}, "w": {"y": 2, "z": 2}}).set_index("client_id")
    assert focus["lead_group"].to_dict() == {"x": "b", "y": "c", "w": "z"}
    assert focus_of({"x": {"b": 5, "a": 5}})["lead_group"].tolist() == ["a"]


def test_a_tie_holds_within_the_tolerance():
    baskets = {"x": {"a": 0.3, "b": 0.1 + 0.2}, "y": {"a": 1}}
    assert focus_of(baskets).set_index("client_id").loc["x", "lead_group"] == "a"
    company = {"x": {"a": 0.3, "b": 0.3}, "y": {"b": 0.1}, "z": {"b": 0.2, "c": 9}, "w": {"a": 0.3}}
    assert groups_of(company).groupby("product_group")["revenue"].sum().loc[["a", "b"]].is_monotonic_increasing
    assert focus_of(company).set_index("client_id").loc["x", "lead_group"] == "a"


def test_focus_has_a_row_per_client_that_buys_by_falling_revenue():
    focus = focus_of({"x": {"a": 5}, "none": {"a": -1}, "y": {"b": 7, "a": 2}, "v": {"b": 5}})
    assert list(focus["client_id"]) == ["y", "v", "x"]
    assert list(focus["focus_type"].cat.categories) == ["mono", "core", "broad"]
    assert "wallet_share" not in focus


def test_clients_of_another_flow_count_only_for_the_company():
    groups = groups_of({"x": {"a": 5, "b": 5}, "private": {"b": 1}})
    focus = focus_from(groups, facts_of(["x"]))
    assert focus[["client_id", "lead_group"]].to_numpy().tolist() == [["x", "b"]]


def test_one_product_group_closes_the_step():
    with pytest.raises(GateClosedError, match=r"product groups \['a'\]; a focus needs at least two"):
        focus_of({"x": {"a": 5}, "y": {"a": 7}})


def test_a_line_without_group_is_named():
    groups = groups_of({"x": {"a": 5, "b": 2}}).assign(product_group=["a", None])
    with pytest.raises(DataError, match="1 rows have no product_group"):
        focus_from(groups, facts_of(["x"]))


def test_nobody_buys():
    with pytest.raises(NothingToAnalyseError, match="no client of 'facts' has positive revenue"):
        focus_of({"x": {"a": -5, "b": 0}})


def test_a_missing_column_is_named():
    with pytest.raises(MissingColumnsError, match=r"'facts' lacks \['n_products'\]"):
        focus_from(groups_of({"x": {"a": 1, "b": 1}}), facts_of(["x"]).drop(columns="n_products"))


def test_group_profile_adds_up_within_the_lead_group():
    baskets = {"x": {"a": 6, "b": 2}, "y": {"a": 10, "c": 2}, "z": {"b": 5, "a": -1}}
    profile = group_profile(groups_of(baskets), focus_of(baskets))
    assert profile[["lead_group", "product_group"]].to_numpy().tolist() == [["a", "a"], ["a", "b"], ["a", "c"], ["b", "b"]]
    assert profile["revenue"].tolist() == [16, 2, 2, 5]
    assert profile["revenue_share"].tolist() == pytest.approx([0.8, 0.1, 0.1, 1])
    assert profile["n_clients"].tolist() == [2, 1, 1, 1]


# V04.5: four peers give 0.2, 0.1, 0.3 and nothing of their baskets to g; the client spends 1000 and buys no g.
V04_5 = {
    "x": {"a": 1000},
    "p1": {"a": 80, "g": 20},
    "p2": {"a": 90, "g": 10},
    "p3": {"a": 70, "g": 30},
    "p4": {"a": 100},
}


def test_v04_5_a_gap_and_its_potential():
    gaps = gaps_of(V04_5, {"min_peers": 4})
    row = gaps.set_index("client_id").loc["x"]
    assert (row["product_group"], row["n_peers"], row["peers"]) == ("g", 4, "lead group and size")
    assert [row["penetration_share"], row["typical_share"], row["potential"]] == pytest.approx([0.75, 0.2, 200])
    assert list(gaps["client_id"]) == ["x", "p4"]


def test_a_gap_begins_at_the_penetration_itself():
    assert len(gaps_of(V04_5, {"min_peers": 4, "gap_from": 0.75})) == 2
    assert len(gaps_of(V04_5, {"min_peers": 4, "gap_from": 0.76})) == 0


def test_a_full_wallet_leaves_the_gap_without_potential():
    gaps = gaps_of(V04_5, {"min_peers": 4}, wallet_share=[0.95, 0.5, 0.5, 0.5, None])
    assert list(gaps["client_id"]) == ["p4", "x"]
    np.testing.assert_allclose(gaps["potential"], [20, np.nan])


def test_the_wallet_may_be_a_nullable_column():
    wallet = pd.array([0.96, None, 0.5, 0.5, None], dtype="Float64")
    assert gaps_of(V04_5, {"min_peers": 4}, wallet_share=wallet)["potential"].isna().tolist() == [False, True]


def test_peers_widen_when_they_are_too_few():
    sizes = ["SA", "SA", "SA", "SB", "SB"]
    near = gaps_of(V04_5, {"min_peers": 2}, size_class=sizes).set_index("client_id").loc["x"]
    assert (near["peers"], near["n_peers"], near["penetration_share"]) == ("lead group and size", 2, 1)
    assert near["potential"] == pytest.approx(150)
    lead = gaps_of(V04_5, {"min_peers": 3}, size_class=sizes).set_index("client_id").loc["x"]
    assert (lead["peers"], lead["n_peers"]) == ("lead group", 4)
    assert lead["potential"] == pytest.approx(200)
    every = gaps_of(V04_5, {"min_peers": 5}, size_class=sizes).set_index("client_id").loc["x"]
    assert (every["peers"], every["n_peers"]) == ("all", 4)


def test_all_clients_are_peers_across_lead_groups():
    baskets = {"x": {"a": 100}, "p1": {"g": 60, "h": 40}, "p2": {"g": 80, "h": 20}}
    gaps = gaps_of(baskets).set_index(["client_id", "product_group"])
    assert gaps.loc[("x", "g"), "potential"] == pytest.approx(70)
    assert gaps.loc[("x", "h"), "potential"] == pytest.approx(30)
    assert ("p1", "a") in gaps.index  # one of its two peers buys it, and one half is enough
    assert gaps.loc[("p1", "a"), "penetration_share"] == 0.5


def test_a_client_alone_has_no_peers_and_no_gaps():
    assert gaps_of({"x": {"a": 3, "b": -1}}, {"gap_from": 0.0}).empty


def test_net_returns_leave_a_gap_open():
    baskets = V04_5 | {"x": {"a": 1000, "g": -10}}
    assert gaps_of(baskets, {"min_peers": 4}).set_index("client_id").loc["x", "potential"] == pytest.approx(200)


def test_gap_summary_adds_up_by_group():
    gaps = pd.DataFrame(
        {
            "client_id": ["x", "y", "z", "x"],
            "product_group": ["g", "g", "h", "i"],
            "penetration_share": [0.6, 0.8, 0.5, 0.9],
            "potential": [10.0, np.nan, 30.0, np.nan],
        }
    )
    summary = gap_summary(gaps)
    assert summary["product_group"].tolist() == ["h", "g", "i"]
    assert summary["n_clients"].tolist() == [1, 2, 1]
    assert summary["penetration_share"].tolist() == pytest.approx([0.5, 0.7, 0.9])
    np.testing.assert_allclose(summary["potential"], [30, 10, np.nan])


def test_gap_summary_of_no_gaps_is_empty():
    summary = gap_summary(gaps_of(V04_5, {"min_peers": 4, "gap_from": 0.9}))
    assert summary.columns.tolist() == ["product_group", "n_clients", "penetration_share", "potential"]
    assert summary.empty


def test_inputs_are_left_alone():
    groups, facts = groups_of(V04_5), facts_of(V04_5, wallet_share=0.5)
    kept = groups.copy(), facts.copy()
    focus = focus_from(groups, facts)
    focus_before = focus.copy()
    gaps = assortment_gaps(groups, focus, **GAPS)
    gaps_before = gaps.copy()
    group_profile(groups, focus)
    gap_summary(gaps)
    for table, before in ((groups, kept[0]), (facts, kept[1]), (focus, focus_before), (gaps, gaps_before)):
        pd.testing.assert_frame_equal(table, before)


@st.composite
def bases(draw):
    """Baskets of up to 14 clients over 5 groups in whole cents, someone buying and at least two groups known."""
    cents = st.integers(-5_000, 100_000).map(lambda number: number / 100)
    clients = draw(st.integers(1, 14))
    baskets = {f"c{i:02}": draw(st.dictionaries(st.sampled_from("abcde"), cents, max_size=5)) for i in range(clients)}
    return baskets | {"zz": {"a": 7.0, "b": 3.0}}


@settings(max_examples=30)
@given(bases())
def test_the_parts_agree_with_each_other(baskets):
    focus = focus_of(baskets)
    assert ((focus["lead_share"] > 0) & (focus["lead_share"] <= 1 + 1e-12)).all()
    assert (focus["n_eff"] <= focus["n_groups"] + 1e-9).all()
    assert (focus["lead_share"] >= 1 / focus["n_groups"] - 1e-12).all()
    assert (np.diff(focus.sort_values("lead_share")["focus_type"].cat.codes) <= 0).all()
    profile = group_profile(groups_of(baskets), focus)
    assert profile["revenue"].sum() == pytest.approx(focus["revenue"].sum())
    assert profile.groupby("lead_group")["revenue_share"].sum().to_numpy() == pytest.approx(1)


@settings(max_examples=30)
@given(bases(), st.integers(0, 6))
def test_a_client_with_nothing_changes_nothing_for_the_others(baskets, min_peers):
    facts = facts_of([*baskets, "nobody"])
    focus = focus_from(groups_of(baskets), facts)
    pd.testing.assert_frame_equal(focus, focus_of(baskets))
    gaps = assortment_gaps(groups_of(baskets), focus, **(GAPS | {"min_peers": min_peers}))
    assert "nobody" not in set(gaps["client_id"])


@settings(max_examples=30)
@given(bases(), st.integers(-3, 20))
def test_scaling_money_scales_the_potential_alone(baskets, power):
    scaled = {client: {group: cents * 2.0**power for group, cents in basket.items()} for client, basket in baskets.items()}
    pd.testing.assert_frame_equal(focus_of(scaled).drop(columns="revenue"), focus_of(baskets).drop(columns="revenue"))
    gaps, large = gaps_of(baskets), gaps_of(scaled)
    pd.testing.assert_frame_equal(large.drop(columns="potential"), gaps.drop(columns="potential"))
    np.testing.assert_allclose(large["potential"], gaps["potential"] * 2.0**power)


@settings(max_examples=30)
@given(bases(), st.integers(1, 6), st.sampled_from([0.0, 0.25, 0.5, 1.0]))
def test_gaps_agree_with_a_count_client_by_client(baskets, min_peers, gap_from):
    sizes = ["SA" if number % 3 else "SB" for number in range(len(baskets))]
    focus = focus_of(baskets, size_class=sizes)
    bought = {client: {g: v for g, v in basket.items() if v > 0} for client, basket in baskets.items()}
    clients = focus.set_index("client_id")
    expected = {}
    for client, row in clients.iterrows():
        others = clients.drop(index=client)
        lead = others[others["lead_group"] == row["lead_group"]]
        near = lead[lead["size_class"] == row["size_class"]]
        peers = next((table for table in (near, lead) if len(table) >= min_peers), others)
        for group in "abcde":
            shares = [bought[p][group] / sum(bought[p].values()) for p in peers.index if group in bought[p]]
            if group not in bought[client] and shares and len(shares) / len(peers) >= gap_from - 1e-9:
                expected[client, group] = (len(peers), np.median(shares) * sum(bought[client].values()))
    gaps = gaps_of(baskets, {"min_peers": min_peers, "gap_from": gap_from}, size_class=sizes)
    found = {
        (row.client_id, row.product_group): (row.n_peers, pytest.approx(row.potential)) for row in gaps.itertuples(index=False)
    }
    assert found == expected
    assert gaps["potential"].is_monotonic_decreasing
