"""Service rules (M14): what service each group of clients has free, and who uses more of it."""

from collections.abc import Mapping
from math import isfinite

import pandas as pd

from clientbase.errors import SettingError, require
from clientbase.method.common import TOLERANCE, by_falling, ordered

CHOICES = {  # the values of the rules that are no numbers
    "channel": ("key account and portal", "manager", "manager, orders by portal", "portal", "internet shop"),
    "order_condition": ("any order", "order windows", "order calendar", "minimum order"),
    "discount_condition": ("by class", "by order size", "no discount"),
    "payment_condition": ("credit", "part in advance", "in advance"),
}
RULES = (
    "channel", "contacts_year", "free_changes", "free_urgent_month", "free_storage_days", "reply_hours", "order_condition",
    "discount_condition", "payment_condition",
)  # fmt: skip
_RIGHT = ("key account and portal", 24, 2, 2, 10, 2, "any order", "by class", "credit")
_STEADY = ("manager, orders by portal", 12, 1, 0, 3, 8, "any order", "by class", "credit")
SERVICE_RULES = {  # in the order of the groups; values in the order of RULES
    "right": _RIGHT,
    "heavy large": ("key account and portal", 24, 1, 1, 3, 2, "order windows", "by class", "credit"),
    "large at risk": _RIGHT,
    "growing middle": ("manager", 18, 1, 1, 5, 4, "any order", "by class", "credit"),
    "heavy middle": ("manager, orders by portal", 12, 1, 0, 3, 8, "order calendar", "by class", "credit"),
    "steady middle": _STEADY,
    "light small": ("portal", 4, 0, 0, 0, 16, "any order", "by order size", "part in advance"),
    "price-only small": ("internet shop", 1, 0, 0, 0, 24, "minimum order", "by order size", "in advance"),
    "loss-making": ("manager, orders by portal", 12, 1, 0, 3, 8, "any order", "no discount", "credit"),
    "load not known": _STEADY,
    "without purchases": ("portal", 4, 0, 0, 0, 16, "any order", "by order size", "in advance"),
}
FREE_BY_USE = {
    "over_changes": ("changes_per_order", "free_changes"),
    "over_urgent_month": ("urgent_month", "free_urgent_month"),
    "over_storage_days": ("storage_order", "free_storage_days"),
}


def service_rules(changes: Mapping[str, Mapping[str, float | str]]) -> pd.DataFrame:
    """Lay out the rules of service that every group knows.

    Channels, contacts and free service are METHOD's table; a heavy large client has fewer changes, urgent orders and days of
    storage until its ratio is down, a loss-making one no discount until repriced, and one whose load is not known is served
    as the steady middle. Hours and the conditions of order, discount and payment are ours.

    Args:
        changes: by load_group, the rules that are other than the table's.

    Returns:
        One row per load_group, in their order: channel, contacts_year, free_changes (per order), free_urgent_month (urgent
        orders a month), free_storage_days (per order), reply_hours (working hours), order_condition, discount_condition,
        payment_condition, is_changed (a rule differs from the table).

    Source: METHOD section 16, service rules per group. Raises SettingError for an unknown group, rule or value.
    """
    _check_changes(changes)
    base = {group: dict(zip(RULES, rules, strict=True)) for group, rules in SERVICE_RULES.items()}
    rules = {group: row | dict(changes.get(group, {})) for group, row in base.items()}
    table = pd.DataFrame(rules.values(), columns=list(RULES))
    table = table.astype({rule: "str" if rule in CHOICES else "float64" for rule in RULES})
    table.insert(0, "load_group", ordered(list(rules), tuple(SERVICE_RULES)))
    return table.assign(is_changed=[rules[group] != base[group] for group in base])


def over_service(clients: pd.DataFrame, rules: pd.DataFrame) -> pd.DataFrame:
    """Tell what clients use beyond the free service of their group.

    Args:
        clients: one row per client_id with orders; load_group, n_orders of the window and from habits: orders_month,
            changes_per_order, urgent_share (urgent orders per order), storage_days (of the window).
        rules: result of service_rules.

    Returns:
        One row per client, by falling n_over, then client_id: load_group, over_changes (changes per order above the free
        ones), over_urgent_month (urgent orders a month above), over_storage_days (days of storage per order above), each 0
        within the rule and missing where the habit is not known, n_over (how many of the three are above).

    Source: METHOD section 16, habits and service rules.
    """
    names = ["client_id", "load_group", "n_orders", "orders_month", "changes_per_order", "urgent_share", "storage_days"]
    require(clients, "clients", names)
    free_columns = [free for _, free in FREE_BY_USE.values()]
    require(rules, "service_rules", ["load_group", *free_columns])
    free = rules.set_index(rules["load_group"].astype("str"))[free_columns]
    group = clients["load_group"].astype("str")
    used = clients.assign(
        urgent_month=clients["urgent_share"] * clients["orders_month"],
        storage_order=clients["storage_days"] / clients["n_orders"].where(clients["n_orders"] > 0),
    )
    over = {
        name: (used[use].astype(float) - group.map(free[rule]).astype(float)).clip(lower=0)
        for name, (use, rule) in FREE_BY_USE.items()
    }
    table = clients[["client_id", "load_group"]].assign(**over)
    n_over = (table[list(over)] > TOLERANCE).sum(axis="columns")
    return by_falling(table.assign(n_over=n_over), "n_over")


def _check_changes(changes: Mapping[str, Mapping[str, float | str]]) -> None:
    """Refuse what the table of rules cannot hold."""
    where = "[load] service_rules in study.toml"
    if unknown := sorted(set(changes) - set(SERVICE_RULES)):
        raise SettingError(f"{where} names the groups {unknown}; the groups are {list(SERVICE_RULES)}.")
    for group, rules in changes.items():
        if not isinstance(rules, Mapping):
            raise SettingError(f"{where}, '{group}' is {rules!r}; need rules with values, for example free_changes = 1.")
        if unknown := sorted(set(rules) - set(RULES)):
            raise SettingError(f"{where}, '{group}' names {unknown}; the rules are {list(RULES)}.")
        for rule, value in rules.items():
            _check_value(f"{where}, '{group}': {rule}", rule, value)


def _check_value(where: str, rule: str, value: float | str) -> None:
    if rule in CHOICES:
        if value not in CHOICES[rule]:
            raise SettingError(f"{where} is {value!r}; it must be one of {list(CHOICES[rule])}.")
    elif isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or value < 0:
        raise SettingError(f"{where} is {value!r}; it must be a number from 0 up.")
