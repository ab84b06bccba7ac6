"""Habits of clients (M14): the ways of ordering that make a client heavy."""

import numpy as np
import pandas as pd

from clientbase.errors import require
from clientbase.method.common import TOLERANCE, at_least, places

ACTIVITIES = ("order_change", "urgent_order", "storage", "complaint")  # work that tells of a habit


def habits(facts: pd.DataFrame, work: pd.DataFrame | None, *, months: int, flag_from: float) -> pd.DataFrame:
    """Tell how each client orders, and flag what is far above the average.

    Args:
        facts: one row per client_id; n_orders and revenue (money) of the window; n_complaints where it is known.
        work: one row per client_id (missing: internal) x department x activity_type of the window; quantity. None where no
            work is recorded.
        months: of the window.
        flag_from: times the average from which a habit is flagged (inclusive).

    Returns:
        One row per client with orders, by falling n_high, then falling orders_month, then client_id: orders_month,
        fragmentation (orders per money against those of all clients, 1 is average; missing without revenue),
        changes_per_order, urgent_share (urgent orders per order), storage_days, n_complaints (of facts where none is among the
        work), and for each an is_high_ flag (missing with the habit), n_high. A habit that shows in work is missing where no
        such activity is recorded, and for a client without any work on record. The average is that of all clients together:
        sum over sum, a client where nothing divides.

    Source: METHOD section 16, habits.
    """
    require(facts, "facts", ["client_id", "n_orders", "revenue"])
    buyers = facts[facts["n_orders"] > 0].reset_index(drop=True)
    orders, ones = buyers["n_orders"].astype(float), pd.Series(1.0, index=buyers.index)
    found = _quantities(buyers, work)
    complaints = found["complaint"]
    if complaints.isna().all() and "n_complaints" in buyers:
        complaints = buyers["n_complaints"].astype(float)
    parts = {
        "orders_month": (orders / months, ones),
        "fragmentation": (orders, buyers["revenue"].astype(float)),
        "changes_per_order": (found["order_change"], orders),
        "urgent_share": (found["urgent_order"], orders),
        "storage_days": (found["storage"], ones),
        "n_complaints": (complaints, ones),
    }
    table = _flagged(buyers[["client_id"]], parts, flag_from)
    return table.sort_values(["n_high", "orders_month", "client_id"], ascending=[False, False, True], ignore_index=True)


def order_habits(facts: pd.DataFrame, *, flag_from: float) -> pd.DataFrame:
    """Tell how each client orders from its orders alone, where no work is recorded.

    Args:
        facts: one row per client_id, of the window; n_orders, n_lines, n_deals, revenue (net, money), returned (negative
            money); delivery_cost (money) and n_delivered (deals) where they are known.
        flag_from: as for habits.

    Returns:
        One row per client with orders, by falling n_high, then falling revenue, then client_id: revenue, n_orders,
        fragmentation (as in habits), lines_per_order, avg_purchase (money a deal, missing without deals), returned_share (of
        revenue before returns), delivery_to_revenue and delivered_share (of deals) where known, and for each but avg_purchase
        an is_high_ flag (missing with the habit), n_high. A low average purchase shows as fragmentation.

    Source: METHOD section 16, habits.
    """
    require(facts, "facts", ["client_id", "n_orders", "n_lines", "n_deals", "revenue", "returned"])
    buyers = facts[facts["n_orders"] > 0].reset_index(drop=True)
    revenue, orders, deals = (buyers[name].astype(float) for name in ("revenue", "n_orders", "n_deals"))
    returned = 0.0 - buyers["returned"].astype(float)
    parts = {
        "fragmentation": (orders, revenue),
        "lines_per_order": (buyers["n_lines"].astype(float), orders),
        "returned_share": (returned, revenue + returned),
    }
    if "delivery_cost" in buyers:
        parts["delivery_to_revenue"] = (buyers["delivery_cost"].astype(float), revenue)
    if "n_delivered" in buyers:
        parts["delivered_share"] = (buyers["n_delivered"].astype(float), deals)
    table = _flagged(buyers[["client_id", "revenue", "n_orders"]], parts, flag_from)
    place = table.columns.get_loc("lines_per_order") + 1
    table.insert(place, "avg_purchase", revenue / deals.where(deals > 0))
    return table.sort_values(["n_high", "revenue", "client_id"], ascending=[False, False, True], ignore_index=True)


def _quantities(buyers: pd.DataFrame, work: pd.DataFrame | None) -> pd.DataFrame:
    """Return the quantity of each of ACTIVITIES by client: 0 for one with other work only, missing for one without any.

    An activity that is recorded of no client is missing for all.
    """
    quantities = pd.DataFrame(np.nan, index=buyers.index, columns=list(ACTIVITIES))
    if work is None:
        return quantities
    require(work, "work", ["client_id", "activity_type", "quantity"])
    row = places(work["client_id"], buyers["client_id"])
    has_work = np.isin(np.arange(len(buyers)), row)
    for activity in ACTIVITIES:
        found = (row >= 0) & (work["activity_type"] == activity).to_numpy(dtype=bool)
        if found.any():
            sums = np.bincount(row[found], weights=work["quantity"].to_numpy(dtype=float)[found], minlength=len(buyers))
            quantities[activity] = np.where(has_work, sums, np.nan)
    return quantities


def _flagged(table: pd.DataFrame, parts: dict[str, tuple[pd.Series, pd.Series]], flag_from: float) -> pd.DataFrame:
    """Add to table part / whole of each habit, whether it is high and how many are.

    fragmentation is put as times the average itself, since orders per money would be too small a number to read.
    """
    values, flags = {}, {}
    for name, (part, whole) in parts.items():
        value = part / whole.where(whole > TOLERANCE)
        total = whole[part.notna()].sum()
        average = part.sum() / total if total > TOLERANCE else np.nan
        times = value / average if average > 0 else value * np.nan
        values[name] = times if name == "fragmentation" else value
        is_known = values[name].notna() & ~np.isnan(average)
        flags[f"is_high_{name}"] = at_least(times, flag_from).astype("boolean").where(is_known)
    n_high = pd.DataFrame(flags).fillna(False).sum(axis="columns").astype("int64")
    return table.assign(**values, **flags, n_high=n_high)
