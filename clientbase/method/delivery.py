"""Delivery (M10): who uses our delivery, and is it earned?"""

import numpy as np
import pandas as pd

from clientbase.errors import require
from clientbase.method.common import TOLERANCE, at_least, below, by_falling, n_larger, refuse_unknown, share

PARTS = ("core", "rest")
WITHDRAW = "withdraw or charge"


def delivery_use(facts: pd.DataFrame, value: str, *, core_share: float, delivered_from: float) -> pd.DataFrame:
    """Tell which clients we deliver to, and which are the core that makes the result.

    Args:
        facts: one row per client_id of the company, with n_orders and n_deals of the window and the column named by value;
            delivery_mode (pickup, shared, company) and n_delivered (deals of the window that were delivered) where known.
        value: the basis of the core, "revenue" or "margin" (money).
        core_share: share of the positive total, 0..1, that the core makes. A client is core while strictly larger clients
            make less, so equal clients stand alike; clients without positive value are the rest.
        delivered_from: share of a client's deals, 0..1, from which it is a delivered client.

    Returns:
        The clients with orders in the window by falling value, plus is_delivered (the mode is company, or enough deals were
        delivered; missing where neither is known), is_core.

    Source: METHOD section 12 [S5]. Raises DataError when a client with orders has no value.
    """
    require(facts, "facts", ["client_id", "n_orders", "n_deals", value])
    refuse_unknown(facts, value)
    use = by_falling(facts[facts["n_orders"] > 0], value)
    return use.assign(is_delivered=_is_delivered(use, delivered_from), is_core=below(_larger_share(use[value]), core_share))


def delivery_cross(use: pd.DataFrame) -> pd.DataFrame:
    """Cross the core and the rest with delivery.

    Args:
        use: result of delivery_use with revenue (net, money).

    Returns:
        One row per part (core, rest) and is_delivered (yes, no), also where it is empty, then a row for each part that has
        clients whose delivery is not known (is_delivered missing; no shares): part, is_delivered, n_clients, client_share and
        revenue_share (of all whose delivery is known), part_client_share and part_revenue_share (of those in the same part),
        revenue.

    Source: METHOD section 12 [S5].
    """
    require(use, "delivery_use", ["is_core", "is_delivered", "revenue"])
    answer = use["is_delivered"].map({True: "yes", False: "no"}).astype("str").fillna("unknown")
    keys = [np.where(use["is_core"], *PARTS), answer]
    sums = use["revenue"].groupby(keys).agg(["size", "sum"])
    known = [(part, answer) for answer in ("yes", "no") for part in PARTS]
    rows = sorted(known, key=lambda row: PARTS.index(row[0])) + [row for row in sums.index if row[1] == "unknown"]
    sums = sums.reindex(pd.MultiIndex.from_tuples(rows, names=["part", "answer"])).fillna(0).reset_index()
    cross = pd.DataFrame(
        {
            "part": sums["part"].astype("str"),
            "is_delivered": sums["answer"].map({"yes": True, "no": False}).astype("boolean"),
            "n_clients": sums["size"].astype("int64"),
            "revenue": sums["sum"].astype("float64"),
        }
    )
    for name, column in (("client", "n_clients"), ("revenue", "revenue")):
        amounts = cross[column].where(cross["is_delivered"].notna())
        cross[f"{name}_share"] = share(amounts, amounts.sum())
        part = amounts.groupby(cross["part"]).transform("sum")
        cross[f"part_{name}_share"] = amounts / part.where(part > 0)
    columns = ["part", "is_delivered", "n_clients", "client_share", "part_client_share"]
    return cross[[*columns, "revenue", "revenue_share", "part_revenue_share"]]


def free_delivery_order(*, cost_per_delivery: float, margin_rate: float, allowed_share: float) -> float:
    """Return the order from which delivery may be free, money; NaN without a positive margin or when a number is unknown.

    Args:
        cost_per_delivery: cost of one delivery, money.
        margin_rate: margin of revenue, 0..1.
        allowed_share: part of an order's margin, 0..1, that its delivery may take.

    Source: METHOD section 12.
    """
    if not (cost_per_delivery >= 0 and margin_rate > 0 and allowed_share > 0):
        return float("nan")
    return cost_per_delivery / (margin_rate * allowed_share)


def delivery_verdicts(use: pd.DataFrame, *, free_from: float) -> pd.DataFrame:
    """Say for each client whether its delivery is earned.

    Args:
        use: result of delivery_use with avg_purchase (money, missing without deals); margin and delivery_cost (money) where
            known.
        free_from: order from which delivery may be free, money; NaN when unknown.

    Returns:
        use plus after_delivery (margin less delivery_cost; missing where one of them is) and delivery_verdict: "not
        delivered"; "withdraw or charge" where nothing is left after delivery; "keep" for the core; of the rest "charge" for
        an average purchase under free_from, "keep" from there on, "not testable" where either is unknown. Missing where
        is_delivered is.

    Source: METHOD section 12 [S5].
    """
    require(use, "delivery_use", ["is_delivered", "is_core", "avg_purchase"])
    known = use.reindex(columns=["margin", "delivery_cost"]).astype("float64")
    after = known["margin"] - known["delivery_cost"]
    purchase = use["avg_purchase"].astype("float64")
    rules = {
        "not delivered": ~use["is_delivered"].fillna(True).astype(bool),
        WITHDRAW: below(after, 0),
        "keep": use["is_core"] | at_least(purchase, free_from),
        "charge": below(purchase, free_from),
    }
    verdict = pd.Series(np.select(list(rules.values()), list(rules), "not testable"), index=use.index, dtype="str")
    return use.assign(after_delivery=after, delivery_verdict=verdict.where(use["is_delivered"].notna()))


def _is_delivered(use: pd.DataFrame, delivered_from: float) -> pd.Series:
    """Tell who is delivered: one source that says yes suffices, and one that says no where the other is silent."""
    known = use.reindex(columns=["delivery_mode", "n_delivered"])
    rate = known["n_delivered"].astype("float64") / use["n_deals"].where(use["n_deals"] > 0)
    is_delivered = known["delivery_mode"].eq("company") | at_least(rate, delivered_from)
    return is_delivered.astype("boolean").where(known["delivery_mode"].notna() | rate.notna())


def _larger_share(amounts: pd.Series) -> np.ndarray:
    """Return the share of the positive total that strictly larger amounts make; missing where an amount is not positive.

    The amounts fall.
    """
    gains = amounts[amounts > TOLERANCE].to_numpy(dtype=float)
    reached = np.append(0.0, np.cumsum(gains))
    shares = np.full(len(amounts), np.nan)
    shares[: len(gains)] = reached[n_larger(gains)] / (reached[-1] or np.nan)
    return shares
