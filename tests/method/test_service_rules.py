"""Service rules per group, and who uses more than is free."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientbase.errors import MissingColumnsError, SettingError
from clientbase.method.load_groups import LOAD_GROUPS
from clientbase.method.service_rules import CHOICES, RULES, SERVICE_RULES, over_service, service_rules


def clients_of(rows: list[tuple]) -> pd.DataFrame:
    """Return one client a row: group, orders, orders a month, changes per order, urgent per order, days of storage."""
    names = ["load_group", "n_orders", "orders_month", "changes_per_order", "urgent_share", "storage_days"]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(client_id=[f"c{number:02}" for number in range(len(rows))])


def test_the_rules_are_the_table_of_the_method():
    rules = service_rules({}).set_index("load_group")
    assert rules.loc["right", ["channel", "contacts_year"]].tolist() == ["key account and portal", 24]
    free = rules[["contacts_year", "free_changes", "free_urgent_month", "free_storage_days"]]
    assert {group: row.tolist() for group, row in free.iterrows()} == {
        "right": [24, 2, 2, 10],
        "heavy large": [24, 1, 1, 3],
        "large at risk": [24, 2, 2, 10],
        "growing middle": [18, 1, 1, 5],
        "heavy middle": [12, 1, 0, 3],
        "steady middle": [12, 1, 0, 3],
        "light small": [4, 0, 0, 0],
        "price-only small": [1, 0, 0, 0],
        "loss-making": [12, 1, 0, 3],
        "load not known": [12, 1, 0, 3],
        "without purchases": [4, 0, 0, 0],
    }
    assert rules.loc["price-only small", ["channel", "order_condition"]].tolist() == ["internet shop", "minimum order"]
    assert rules.loc["loss-making", "discount_condition"] == "no discount"
    assert not rules["is_changed"].any()


def test_every_group_has_rules_in_the_order_of_the_groups():
    assert tuple(SERVICE_RULES) == LOAD_GROUPS
    rules = service_rules({})
    assert tuple(rules["load_group"]) == LOAD_GROUPS
    assert all(rules[rule].isin(choices).all() for rule, choices in CHOICES.items())


def test_a_change_is_taken_and_marked():
    rules = service_rules({"right": {"free_changes": 3, "channel": "manager"}, "light small": {"contacts_year": 4}})
    right = rules.loc[0]
    assert (right["free_changes"], right["channel"], right["contacts_year"]) == (3, "manager", 24)
    assert rules.loc[rules["is_changed"], "load_group"].tolist() == ["right"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vip": {}}, r"names the groups \['vip'\]; the groups are \['right'"),
        ({"right": {"visits": 2}}, r"'right' names \['visits'\]; the rules are \['channel'"),
        ({"right": 3}, "'right' is 3; need rules with values"),
        ({"right": {"channel": "fax"}}, "channel is 'fax'; it must be one of"),
        ({"right": {"channel": 3}}, "channel is 3; it must be one of"),
        ({"right": {"free_changes": "two"}}, "free_changes is 'two'; it must be a number from 0 up"),
        ({"right": {"free_changes": -1}}, "free_changes is -1; it must be"),
        ({"right": {"free_changes": True}}, "free_changes is True; it must be"),
        ({"right": {"contacts_year": float("nan")}}, "contacts_year is nan; it must be"),
    ],
)
def test_what_the_rules_cannot_hold_is_refused(changes, message):
    with pytest.raises(SettingError, match=message):
        service_rules(changes)


def test_use_beyond_the_free_service_of_the_group():
    """Changes per order, urgent orders a month, days of storage per order."""
    rows = [("right", 10, 1, 2, 0.5, 100), ("light small", 10, 2, 0.5, 0.5, 20), ("growing middle", 10, 4, 3, 0.5, 20)]
    over = over_service(clients_of(rows), service_rules({}))
    assert over["client_id"].tolist() == ["c01", "c02", "c00"]
    assert over["n_over"].tolist() == [3, 2, 0]
    assert over["over_changes"].tolist() == pytest.approx([0.5, 2, 0])
    assert over["over_urgent_month"].tolist() == pytest.approx([1, 1, 0])
    assert over["over_storage_days"].tolist() == pytest.approx([2, 0, 0])


def test_a_habit_not_known_is_not_held_against_a_client():
    over = over_service(clients_of([("light small", 10, 1, None, None, None)]), service_rules({}))
    assert over[["over_changes", "over_urgent_month", "over_storage_days"]].isna().all(axis=None)
    assert over["n_over"].tolist() == [0]


def test_no_clients_use_nothing():
    assert over_service(clients_of([]), service_rules({})).empty


def test_missing_columns_are_named():
    with pytest.raises(MissingColumnsError, match=r"'clients' lacks \['n_orders'\]"):
        over_service(clients_of([]).drop(columns="n_orders"), service_rules({}))
    with pytest.raises(MissingColumnsError, match=r"'service_rules' lacks \['free_changes'\]"):
        over_service(clients_of([]), service_rules({}).drop(columns="free_changes"))


def test_the_input_stays_as_it_was():
    clients, rules, changes = clients_of([("right", 10, 1, 3, 0.5, 100)]), service_rules({}), {"right": {"free_changes": 1}}
    copies = clients.copy(deep=True), rules.copy(deep=True)
    over_service(clients, rules)
    service_rules(changes)
    pd.testing.assert_frame_equal(clients, copies[0])
    pd.testing.assert_frame_equal(rules, copies[1])
    assert changes == {"right": {"free_changes": 1}}
    assert SERVICE_RULES["right"][2] == 2


@given(st.sampled_from(LOAD_GROUPS), st.sampled_from([rule for rule in RULES if rule not in CHOICES]), st.integers(0, 99))
def test_a_change_touches_one_rule_of_one_group(group, rule, value):
    base, changed = (service_rules(changes).set_index("load_group") for changes in ({}, {group: {rule: value}}))
    assert changed.loc[group, rule] == value
    differs = (base[list(RULES)] != changed[list(RULES)]).to_numpy()
    assert differs.sum() == np.count_nonzero(changed["is_changed"]) == int(base.loc[group, rule] != value)
