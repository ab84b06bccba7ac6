"""Share classes A, B, C, D: which clients make the result of the period, and which only load the base."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from clientbase.errors import NothingToAnalyseError, SettingError, require
from clientbase.method.common import (
    SHARE_CLASSES,
    TOLERANCE,
    at_least,
    below,
    by_falling,
    n_larger,
    ordered,
    refuse_unknown,
    share,
    slack,
)

DRule = Literal["cum", "own"]
Ties = Literal["share", "order"]

RANKED = ("A", "B", "C", "D")  # the classes that share the total; L and 0 stand outside it


def share_classes(
    facts: pd.DataFrame,
    *,
    value: str,
    a: float,
    b: float,
    c: float,
    d_rule: DRule,
    own_share: float,
    ties: Ties,
) -> pd.DataFrame:
    """Class clients by the share of the total that strictly larger clients make before them.

    A client that crosses a boundary keeps the upper class, so A is never empty. L = orders but nothing positive
    left of them, 0 = no orders; neither enters the total.

    Args:
        facts: one row per client_id, with n_orders of the window and the column named by value.
        value: the basis, "revenue" or "margin" (money).
        a: share of the total, 0..1, before which a client is A.
        b: the same for B, a..1.
        c: the same for C, b..1; D from there on.
        d_rule: "cum" takes D from the boundary c; "own" takes from the zone of C and D the clients under own_share.
        own_share: own share of the total, 0..1, under which a client is D (with d_rule "own").
        ties: "share" gives equal clients equal classes; "order" cuts among equals by client_id.

    Returns:
        facts by falling value, plus value_share (of the positive total; <= 0 for L), before_share and cum_share
        (missing for L and 0), share_class (ordered A..D, L, 0).

    Raises:
        NothingToAnalyseError: no client has a positive value.
        DataError: a client with orders has no value.
        SettingError: d_rule or ties is unknown.

    Source: METHOD section 7 [S5].
    """
    require(facts, "facts", ["client_id", "n_orders", value])
    _check_choice("d_rule", d_rule, DRule)
    _check_choice("ties", ties, Ties)
    ranked = by_falling(facts, value)
    bought = (ranked["n_orders"] > 0).to_numpy()
    amount = _amounts(ranked, value, bought)
    has_value = amount > TOLERANCE
    gains = amount[has_value]
    if not gains.size:
        raise NothingToAnalyseError(
            f"table 'facts': none of {bought.sum()} clients with orders has a positive {value}, "
            "so there is no total to share. Check the window (as_of) and the signs of the amounts."
        )
    reached = np.cumsum(gains)
    before = _before(gains, reached, ties) / reached[-1]
    names = np.select([below(before, a), below(before, b), below(before, c)], ["A", "B", "C"], "D")
    if d_rule == "own":
        small = np.where(below(gains / reached[-1], own_share), "D", "C")
        names = np.where(np.isin(names, ["C", "D"]), small, names)
    classes = np.where(bought, "L", "0")
    classes[has_value] = names
    return ranked.assign(
        value_share=amount / reached[-1],
        before_share=_placed(before, has_value),
        cum_share=_placed(reached / reached[-1], has_value),
        share_class=ordered(classes, SHARE_CLASSES),
    )


def class_summary(classes: pd.DataFrame, value: str) -> pd.DataFrame:
    """Count clients and add up value by share class.

    Args:
        classes: result of share_classes.
        value: the basis it was made with.

    Returns:
        One row per class present, best first: share_class, n_clients, client_share (of clients with orders, missing
        for class 0), value (money, the sum of L included as it is), value_share (of the positive total).
    """
    require(classes, "share_classes", ["client_id", value, "value_share", "share_class"])
    summary = (
        classes.groupby("share_class", observed=True)
        .agg(n_clients=("client_id", "size"), value=(value, "sum"), value_share=("value_share", "sum"))
        .reset_index()
    )
    counted = summary["n_clients"].where(summary["share_class"] != "0")
    summary.insert(2, "client_share", share(counted, counted.sum()))
    return summary


def tied_share(classes: pd.DataFrame, value: str) -> float:
    """Return the share of the positive total (0..1) held by the largest group of equal clients; 0 without equals."""
    gains = _gains(classes, value)
    if not gains.size:
        return 0.0
    place = n_larger(gains)
    held = np.bincount(place, weights=gains)
    return float(np.max(held, where=np.bincount(place) > 1, initial=0.0) / gains.sum())


def class_cross(classes: pd.DataFrame) -> pd.DataFrame:
    """Cross the classes by revenue with the classes by margin.

    Args:
        classes: one row per client with share_class (by revenue) and share_class_margin; revenue and margin if known.

    Returns:
        One row per pair of classes that occurs, best first: share_class, share_class_margin, n_clients and the sums
        of revenue and margin (money) where classes has them.
    """
    require(classes, "share_classes", ["client_id", "share_class", "share_class_margin"])
    sums = {name: (name, "sum") for name in ("revenue", "margin") if name in classes}
    pairs = classes.groupby(["share_class", "share_class_margin"], observed=True)
    return pairs.agg(n_clients=("client_id", "size"), **sums).reset_index()


def profit_flags(facts: pd.DataFrame) -> pd.DataFrame:
    """Mark volume without profit and discounts above the benefit they were given for.

    Args:
        facts: one row per client with share_class and share_class_margin; margin, discount and list_revenue if known.

    Returns:
        facts plus has_volume_without_profit (A or B by revenue, C, D or L by margin). Where facts has margin and
        discount: discount_to_margin (missing without positive margin) and has_discount_above_margin (a discount that
        meets no margin counts). Where it has discount and list_revenue: discount_rate (0..1).
    """
    require(facts, "facts", ["share_class", "share_class_margin"])
    volume = facts["share_class"].isin(["A", "B"]) & facts["share_class_margin"].isin(["C", "D", "L"])
    flags = facts.assign(has_volume_without_profit=volume)
    if {"margin", "discount"} <= set(facts.columns):
        given = facts["discount"] > TOLERANCE
        flags["discount_to_margin"] = facts["discount"] / facts["margin"].where(facts["margin"] > TOLERANCE)
        flags["has_discount_above_margin"] = given & below(facts["margin"], facts["discount"])
    if {"discount", "list_revenue"} <= set(facts.columns):
        flags["discount_rate"] = facts["discount"] / facts["list_revenue"].where(facts["list_revenue"] > TOLERANCE)
    return flags


@dataclass(frozen=True)
class Tail:
    """The smallest clients: how many, their joint share of the positive total, the largest value among them (money)."""

    n_clients: int
    value_share: float
    threshold: float


def small_tail(classes: pd.DataFrame, value: str, *, tail_share: float) -> Tail:
    """Find the largest set of smallest clients whose joint share does not exceed tail_share.

    Equal clients stand together: they are in the tail or out of it.

    Args:
        classes: result of share_classes; L and 0 are outside the tail, as they are outside the total.
        value: the basis it was made with.
        tail_share: joint share of the positive total, 0..1.
    """
    gains = _gains(classes, value)[::-1]
    if not gains.size:
        return Tail(0, 0.0, 0.0)
    joint = np.cumsum(gains) / gains.sum()
    last_equal = np.searchsorted(gains, gains + slack(gains), side="right") - 1
    n_clients = int(np.count_nonzero(at_least(tail_share, joint[last_equal])))
    if n_clients == 0:
        return Tail(0, 0.0, 0.0)
    return Tail(n_clients, float(joint[n_clients - 1]), float(gains[n_clients - 1]))


def is_tail(classes: pd.DataFrame, value: str, *, threshold: float) -> pd.Series:
    """Tell for each row of classes whether the client is in the tail that ends at Tail.threshold (money)."""
    require(classes, "share_classes", [value, "share_class"])
    small = classes[value] <= threshold + slack(threshold)
    return (small & classes["share_class"].isin(RANKED)).rename("is_tail")


def frequent_buyers(facts: pd.DataFrame, n: int) -> pd.DataFrame:
    """Rank the n clients that buy most often: by deals, then by the shorter gap between them, then by client_id.

    Returns:
        At most n rows: client_id, n_deals, median_gap_days (days); clients without deals are not ranked.
    """
    columns = ["client_id", "n_deals", "median_gap_days"]
    require(facts, "facts", columns)
    buyers = facts.loc[facts["n_deals"] > 0, columns]
    keys = ["n_deals", "median_gap_days", "client_id"]
    return buyers.sort_values(keys, ascending=[False, True, True], ignore_index=True).head(n)


def _check_choice(name: str, given: str, choices: object) -> None:
    if given not in get_args(choices):
        raise SettingError(f"setting '{name}' is {given!r}; it must be one of {list(get_args(choices))}.")


def _amounts(ranked: pd.DataFrame, value: str, bought: np.ndarray) -> np.ndarray:
    """Return the value of each client, 0 without orders."""
    refuse_unknown(ranked, value)
    return np.where(bought, ranked[value].to_numpy(dtype=float, na_value=np.nan), 0.0)


def _before(gains: np.ndarray, reached: np.ndarray, ties: Ties) -> np.ndarray:
    """Return the money of the clients before each one."""
    places = n_larger(gains) if ties == "share" else np.arange(gains.size)
    return np.concatenate([[0.0], reached])[places]


def _placed(numbers: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Put numbers into the rows they belong to, missing elsewhere."""
    column = np.full(rows.size, np.nan)
    column[rows] = numbers
    return column


def _gains(classes: pd.DataFrame, value: str) -> np.ndarray:
    """Return the values of the clients that share the total, largest first."""
    require(classes, "share_classes", [value, "share_class"])
    inside = classes["share_class"].isin(RANKED)
    return np.sort(classes.loc[inside, value].to_numpy(dtype=float))[::-1]
