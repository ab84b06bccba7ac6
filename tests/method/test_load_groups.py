"""Groups of clients by load: loyalty, growth, the rules, their summary."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientbase.errors import DataError, MissingColumnsError
from clientbase.method.load_groups import GROUP_BY_RULE, LOAD_GROUPS, group_summary, growth, load_groups, loyalty

LOYALTY = {"full_years": 3.0, "full_discount": 0.15, "end": pd.Timestamp("2024-06-30")}
BOUNDS = {"loyal_from": 0.6, "growth_from": 0.10}
PARTS = ["loyalty_regularity", "loyalty_wallet", "loyalty_exclusive", "loyalty_tenure", "loyalty_price"]


def clients_of(rows: list[tuple]) -> pd.DataFrame:
    """Return one client a row: share class, loyalty, load ratio, growth; all loads known."""
    table = pd.DataFrame(rows, columns=["share_class", "loyalty_score", "load_ratio", "growth_share"])
    numbers = table[["loyalty_score", "load_ratio", "growth_share"]].astype(float)
    return table.assign(**numbers, client_id=[f"c{number:02}" for number in range(len(rows))], is_load_known=True)


def groups_of(rows: list[tuple], **columns: list) -> list[tuple[str, str]]:
    """Return the group and the rule of each client."""
    table = load_groups(clients_of(rows).assign(**columns), **BOUNDS)
    return list(zip(table["load_group"], table["group_rule"], strict=True))


def test_v13_11_groups_of_the_six_clients():
    """V13.11."""
    rows = [("A", 0.9, 0.46, 0.02), ("B", 0.1, 1.098, 0.15), ("C", 0.1, 8.67, -0.1)]
    assert groups_of([*rows, ("A", 0.9, 1.4, 0), ("B", 0.9, 1.2, None), ("D", 0.1, 0.3, 0)]) == [
        ("right", "A, loyal, ratio <= 1"),
        ("growing middle", "B, growing"),
        ("price-only small", "C or D, ratio > 1"),
        ("heavy large", "A, ratio > 1"),
        ("heavy middle", "B, ratio > 1"),
        ("light small", "C or D, ratio <= 1"),
    ]


def test_the_other_rules():
    rows = [("A", 0.5, 0.5, 0), ("A", None, 0.5, 0), ("B", 0, 1, 0.09), ("B", 0, 0.2, None), ("0", 1, 0, 1), ("L", 1, 0, 1)]
    assert groups_of(rows) == [
        ("large at risk", "A, not loyal, ratio <= 1"),
        ("large at risk", "A, loyalty not known, ratio <= 1"),
        ("steady middle", "B, not growing, ratio <= 1"),
        ("steady middle", "B, growth not known, ratio <= 1"),
        ("without purchases", "no purchases"),
        ("loss-making", "L by revenue"),
    ]


def test_a_loss_by_margin_decides_before_the_class_by_revenue():
    rows = [("A", 0.9, np.inf, 0), ("B", 0.9, 0.5, 0.5), ("L", 0.9, 0.5, 0), ("0", 0, 0, 0)]
    found = groups_of(rows, share_class_margin=["L", "D", "C", "L"])
    assert [rule for _, rule in found] == ["L by margin", "B, growing", "L by revenue", "no purchases"]
    assert groups_of(rows[:1], share_class_margin=[None])[0][0] == "heavy large"


def test_a_load_not_known_is_no_praise():
    """METHOD 16: ratio 0 and "load unknown", no praise; a loss-maker stays one."""
    rows = [("A", 0.9, 0, 0), ("B", 0, 0, 0.5), ("L", 0, 0, 0), ("0", 0, 0, 0), ("A", 0.9, None, 0)]
    found = groups_of(rows, is_load_known=[False, False, False, False, True])
    groups = [group for group, _ in found]
    assert groups == ["load not known", "load not known", "loss-making", "without purchases", "load not known"]
    assert found[0][1] == "no work known"


@pytest.mark.parametrize(
    ("row", "group"),
    [
        (("A", 0.6, 1, 0), "right"), (("A", 0.6 - 1e-10, 1 + 1e-10, 0), "right"), (("A", 0.59, 1, 0), "large at risk"),
        (("A", 0.6, 1.001, 0), "heavy large"), (("B", 0, 9, 0.10), "growing middle"),
        (("B", 0, 9, 0.1 - 1e-10), "growing middle"),
        (("B", 0, 1, 0.099), "steady middle"), (("D", 0, 1, 0), "light small"), (("D", 0, np.inf, 0), "price-only small"),
    ],
)  # fmt: skip
def test_bounds_are_inclusive(row, group):
    assert groups_of([row])[0][0] == group


def test_groups_are_ordered_and_clients_keep_their_order():
    clients = clients_of([("D", 0, 2, 0), ("A", 1, 0.5, 0)])
    groups = load_groups(clients, **BOUNDS)
    assert groups["client_id"].tolist() == ["c00", "c01"]
    assert tuple(groups["load_group"].cat.categories) == LOAD_GROUPS
    assert set(GROUP_BY_RULE.values()) == set(LOAD_GROUPS)


def test_an_unknown_class_is_refused():
    with pytest.raises(DataError, match=r"column 'share_class' holds \['E'\]; need"):
        groups_of([("E", 0, 0, 0)])
    with pytest.raises(DataError, match=r"column 'share_class' holds \[nan\]"):
        groups_of([("A", 0, 0, 0), (None, 0, 0, 0)])


def test_v13_12_loyalty_is_the_mean_of_what_is_known():
    """V13.12: (.9, .8, 1 - .03 / .15) = 0.8333."""
    clients = pd.DataFrame(
        {"client_id": ["K1"], "regularity": [0.9], "wallet_share": [0.8], "discount": [3.0], "list_revenue": [100.0]}
    )
    loyal = loyalty(clients, **LOYALTY).loc[0]
    assert loyal["loyalty_score"] == pytest.approx(0.8333333)
    assert loyal["loyalty_price"] == pytest.approx(0.8)
    assert loyal["n_loyalty_parts"] == 3
    assert loyal[["loyalty_exclusive", "loyalty_tenure"]].isna().all()


def test_all_parts_of_loyalty():
    clients = pd.DataFrame(
        {
            "client_id": ["old", "new", "none"],
            "regularity": [0.5, 1.0, np.nan],
            "brand_exclusive": pd.array([True, False, None], dtype="boolean"),
            "first_purchase_date": pd.to_datetime(["2010-01-01", "2022-12-30", None]),
            "discount": [30.0, -5.0, 0.0],
            "list_revenue": [100.0, 100.0, 0.0],
        }
    )
    loyal = loyalty(clients, **LOYALTY)
    assert loyal.loc[0, PARTS].tolist() == pytest.approx([0.5, np.nan, 1, 1, 0], nan_ok=True)
    assert loyal.loc[1, PARTS].tolist() == pytest.approx([1, np.nan, 0, 0.5, 1], nan_ok=True, abs=1e-3)
    assert loyal["n_loyalty_parts"].tolist() == [4, 4, 0]
    assert loyal["loyalty_score"].tolist() == pytest.approx([0.625, 0.625, np.nan], nan_ok=True, abs=1e-3)


def test_one_part_alone_tells_nothing():
    loyal = loyalty(pd.DataFrame({"client_id": ["K1"], "regularity": [0.9]}), **LOYALTY)
    assert loyal["n_loyalty_parts"].tolist() == [1]
    assert loyal["loyalty_score"].isna().all()


def test_growth_needs_revenue_before():
    """METHOD 16: no revenue before is growth unknown, not growing."""
    clients = pd.DataFrame({"revenue": [110.0, 50.0, 50.0, 50.0], "previous_revenue": [100.0, 100.0, 0.0, -10.0]})
    assert growth(clients)["growth_share"].tolist() == pytest.approx([0.1, -0.5, np.nan, np.nan], nan_ok=True)


@pytest.fixture
def grouped() -> pd.DataFrame:
    """Return four clients in three groups."""
    rows = [("D", 0, 2, 0), ("A", 1, 0.5, 0), ("D", 0, 3, 0), ("B", 0, 0, 0)]
    clients = clients_of(rows).assign(
        is_load_known=[True, True, True, False],
        revenue=[10.0, 100.0, 20.0, 30.0],
        margin=[1.0, 20.0, 2.0, 7.0],
        minutes=[5.0, 10.0, 7.0, 0.0],
        cts=[2.0, 6.0, 2.0, 0.0],
        load_share=[0.2, 0.6, 0.2, 0.0],
        return_share=[1 / 30, 20 / 30, 2 / 30, 7 / 30],
        net=[-1.0, 14.0, 0.0, 7.0],
    )
    return load_groups(clients, **BOUNDS)


def test_the_summary_adds_up_each_group(grouped):
    summary = group_summary(grouped)
    assert summary["load_group"].tolist() == ["right", "price-only small", "load not known"]
    assert summary["n_clients"].tolist() == [1, 2, 1]
    assert summary["client_share"].tolist() == [0.25, 0.5, 0.25]
    assert summary["revenue"].tolist() == [100, 30, 30]
    assert summary["net"].tolist() == [14, -1, 7]
    assert summary["load_share"].tolist() == pytest.approx([0.6, 0.4, 0])
    assert summary["load_ratio"].tolist() == pytest.approx([0.9, 4, np.nan], nan_ok=True)
    assert summary.columns.tolist() == [
        "load_group", "n_clients", "client_share", "revenue", "margin", "minutes", "cts", "load_share", "return_share",
        "load_ratio", "net",
    ]  # fmt: skip


def test_the_summary_without_margin_has_no_net(grouped):
    summary = group_summary(grouped.drop(columns=["margin", "net"]))
    assert {"margin", "net"}.isdisjoint(summary.columns)


def test_a_group_with_cost_and_without_return_is_infinitely_heavy(grouped):
    summary = group_summary(grouped.iloc[:1].assign(return_share=-0.1))
    assert summary["load_ratio"].tolist() == [np.inf]
    free = group_summary(grouped.iloc[:1].assign(return_share=0.0, cts=0.0, load_share=np.nan))
    assert free["load_ratio"].tolist() == [0]


def test_no_clients_have_no_groups(grouped):
    empty = load_groups(growth(loyalty(grouped.iloc[:0].assign(previous_revenue=0.0), **LOYALTY)), **BOUNDS)
    assert group_summary(empty).empty


def test_missing_columns_are_named(grouped):
    with pytest.raises(MissingColumnsError, match=r"'clients' lacks \['client_id'\]"):
        loyalty(grouped.drop(columns="client_id"), **LOYALTY)
    with pytest.raises(MissingColumnsError, match=r"'clients' lacks \['previous_revenue'\]"):
        growth(grouped)
    with pytest.raises(MissingColumnsError, match=r"'clients' lacks \['growth_share'\]"):
        load_groups(grouped.drop(columns="growth_share"), **BOUNDS)
    with pytest.raises(MissingColumnsError, match=r"'load_groups' lacks \['minutes'\]"):
        group_summary(grouped.drop(columns="minutes"))


def test_the_input_stays_as_it_was(grouped):
    facts = grouped.assign(previous_revenue=1.0, regularity=0.5)
    copy = facts.copy(deep=True)
    loyalty(facts, **LOYALTY)
    growth(facts)
    load_groups(facts, **BOUNDS)
    group_summary(facts)
    pd.testing.assert_frame_equal(facts, copy)


part = st.one_of(st.none(), st.floats(-0.5, 1.5))
rows = st.tuples(part, part, st.one_of(st.none(), st.booleans()), st.integers(-100, 9000), part)


@given(st.lists(rows, min_size=1, max_size=15))
def test_loyalty_stays_between_its_lowest_and_highest_part(clients):
    table = pd.DataFrame(clients, columns=["regularity", "wallet_share", "brand_exclusive", "days", "discount"])
    table = table.assign(
        client_id=range(len(table)),
        brand_exclusive=table["brand_exclusive"].astype("boolean"),
        first_purchase_date=LOYALTY["end"] - pd.to_timedelta(table["days"], unit="D"),
        list_revenue=1.0,
    )
    loyal = loyalty(table, **LOYALTY)
    assert loyal[PARTS].fillna(0).clip(0, 1).equals(loyal[PARTS].fillna(0))
    known = loyal["n_loyalty_parts"] >= 2
    assert (loyal["loyalty_score"].notna() == known).all()
    low, high = loyal.loc[known, PARTS].min(axis=1), loyal.loc[known, PARTS].max(axis=1)
    assert loyal.loc[known, "loyalty_score"].between(low - 1e-9, high + 1e-9).all()


number = st.one_of(st.none(), st.floats(0, 3))
client = st.tuples(st.sampled_from(["A", "B", "C", "D", "L", "0"]), number, number, number)


@given(st.lists(client, min_size=1, max_size=20))
def test_the_group_of_a_client_does_not_depend_on_the_others(clients):
    found = groups_of(clients)
    assert found == [groups_of([one])[0] for one in clients]
    assert all(GROUP_BY_RULE[rule] == group for group, rule in found)
