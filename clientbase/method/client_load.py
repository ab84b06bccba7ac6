"""Client load (M14): what each client costs the departments, and what it returns for that."""

import numpy as np
import pandas as pd

from clientbase.errors import require
from clientbase.method.common import TOLERANCE, by_falling, looked_up, places, refuse_unknown, share

COST_COLUMNS = ["minutes", "time_cost", "direct_cost", "cts", "n_work_rows", "is_load_known"]  # what client_costs adds


def time_costs(work: pd.DataFrame, rates: pd.DataFrame, clients: pd.Series, *, at: np.ndarray | None = None) -> pd.DataFrame:
    """Cost the minutes of each client.

    Args:
        work: one row per client_id (missing: internal) x department x activity_type of the window; minutes, n_rows,
            n_unpriced (rows with neither minutes nor a standard).
        rates: result of department_rates.
        clients: client_id of those to cost, each once; internal work and that of others is left aside.
        at: place of each row of work among clients, -1 outside; None finds it. It stands while only rates change.

    Returns:
        One row per client, on the index of clients: minutes, time_cost (money), unpriced_minutes (in departments without cost;
        they add nothing), n_work_rows (rows of work), n_costed_rows (those of them that have a time and a department with a
        cost); all 0 without work.

    Source: METHOD section 16.
    """
    require(work, "work", ["client_id", "department", "minutes", "n_rows", "n_unpriced"])
    require(rates, "department_rates", ["department", "minute_rate"])
    at = places(work["client_id"], clients) if at is None else at
    is_ours = at >= 0
    rate = looked_up(work["department"], rates, ["minute_rate"], by="department")["minute_rate"].to_numpy()
    has_rate = ~np.isnan(rate)
    minutes, n_rows, n_unpriced = (_known(work[name]) for name in ("minutes", "n_rows", "n_unpriced"))

    def summed(values: np.ndarray) -> np.ndarray:
        return np.bincount(at[is_ours], weights=values[is_ours], minlength=len(clients)).astype(float)  # whole without work

    parts = {
        "minutes": summed(minutes),
        "time_cost": summed(np.where(has_rate, minutes * rate, 0.0)),
        "unpriced_minutes": summed(np.where(has_rate, 0.0, minutes)),
        "n_work_rows": summed(n_rows).astype("int64"),
        "n_costed_rows": summed(np.where(has_rate, n_rows - n_unpriced, 0.0)).astype("int64"),
    }
    return pd.DataFrame(parts, index=clients.index)


def direct_costs(direct: pd.DataFrame, clients: pd.Series) -> pd.Series:
    """Sum up the direct costs of each client.

    Args:
        direct: one row per client_id x cost_type with amount (money); those of other clients are left aside.
        clients: client_id of each, once.

    Returns:
        Money by client, on the index of clients; 0 without any.

    Source: METHOD section 16.
    """
    require(direct, "direct_costs", ["client_id", "amount"])
    at = places(direct["client_id"], clients)
    amounts = np.bincount(at[at >= 0], weights=_known(direct["amount"])[at >= 0], minlength=len(clients))
    return pd.Series(amounts.astype(float), index=clients.index)


def _known(amounts: pd.Series) -> np.ndarray:
    """Return amounts with nothing where one is missing, as sums take them."""
    return np.nan_to_num(amounts.to_numpy(dtype=float, na_value=np.nan))


def client_costs(facts: pd.DataFrame, times: pd.DataFrame | None, direct_cost: pd.Series | None) -> pd.DataFrame:
    """Add to each client what it costs to serve.

    Args:
        facts: one row per client_id of the flow analysed.
        times: result of time_costs for these clients; None where no work is known.
        direct_cost: result of direct_costs for these clients; None where no such cost is known.

    Returns:
        facts plus minutes and time_cost (0 without work), direct_cost, cts (cost to serve: both, money), n_work_rows,
        is_load_known (there is a row of work with a time, in a department with a cost): no work on record is a load that is
        not known, not a load of nothing.

    Source: METHOD section 16.
    """
    require(facts, "facts", ["client_id"])
    names = ["minutes", "time_cost", "n_work_rows", "n_costed_rows"]
    if times is None:
        times = pd.DataFrame({name: np.zeros(len(facts)) for name in names}, index=facts.index)
    require(times, "time_costs", names)
    direct = 0.0 if direct_cost is None else direct_cost
    return facts.assign(
        minutes=times["minutes"],
        time_cost=times["time_cost"],
        direct_cost=direct,
        cts=times["time_cost"] + direct,
        n_work_rows=times["n_work_rows"].astype("int64"),
        is_load_known=times["n_costed_rows"] > 0,
    )


def return_basis(clients: pd.DataFrame) -> str:
    """Return what clients return: "margin" where it is known and its sum is positive, else "revenue"."""
    return "margin" if "margin" in clients and clients["margin"].sum() > TOLERANCE else "revenue"


def earned_rate(clients: pd.DataFrame, *, basis: str) -> float:
    """Return kappa: money of service that these clients take for one of what they return; NaN without a positive return.

    Args:
        clients: result of client_costs.
        basis: "revenue" or "margin", see return_basis.

    Source: METHOD section 16, entitlement.
    """
    require(clients, "client_costs", ["cts", basis])
    return float(share(float(clients["cts"].sum()), float(clients[basis].sum())))


def flow_load(clients: pd.DataFrame, *, basis: str) -> pd.DataFrame:
    """Set the load of each flow against its return.

    Args:
        clients: result of client_costs for the whole company, with flow and revenue; margin where it is known.
        basis: "revenue" or "margin", see return_basis.

    Returns:
        One row per flow, by falling cts, then flow: n_clients (with work or orders), minutes, cts, load_share, revenue, margin
        (if known), return_share, load_ratio (infinite for cost without return, missing without either), net (margin - cts,
        if known).

    Source: METHOD sections 3 and 16.
    """
    money = [name for name in ("minutes", "cts", "revenue", "margin") if name in clients]
    require(clients, "client_costs", ["flow", "n_orders", "is_load_known", "cts", basis])
    is_there = clients["is_load_known"].astype(bool) | (clients["n_orders"] > 0)
    table = clients.assign(n_clients=is_there.astype("int64")).groupby("flow")[["n_clients", *money]].sum().reset_index()
    load_share, return_share = share(table["cts"], table["cts"].sum()), share(table[basis], table[basis].sum())
    has_gain = return_share > TOLERANCE
    table.insert(table.columns.get_loc("cts") + 1, "load_share", load_share)
    ratio = (load_share / return_share.where(has_gain)).mask(~has_gain & (table["cts"] > TOLERANCE), np.inf)
    table = table.assign(return_share=return_share, load_ratio=ratio)
    if "margin" in table:
        table["net"] = table["margin"] - table["cts"]
    return table.sort_values(["cts", "flow"], ascending=[False, True], ignore_index=True)


def load_shares(clients: pd.DataFrame, *, basis: str, target_rate: float) -> pd.DataFrame:
    """Compare what each client takes with what it returns.

    Args:
        clients: result of client_costs; n_orders of the window, revenue, margin where it is known.
        basis: "revenue" or "margin", see return_basis.
        target_rate: kappa, money of service that one of return earns; NaN takes the actual one, and over_use sums to 0.

    Returns:
        clients by falling cts, then client_id, plus load_share (of all cts), return_share (of all return; negative for a
        client that makes a loss), load_ratio (the one over the other; infinite for cost without return, 0 where the load is
        not known: that is no praise), entitled (service earned, money; negative at a loss), over_use (cts above it, money),
        cts_to_revenue (missing without revenue or a known load), net (margin - cts, money; only where margin is known; of a
        client without known load it is what is left before its time). Shares are missing where their total is not positive.

    Source: METHOD section 16 [S3]. Raises DataError when a client with orders has no return.
    """
    require(clients, "client_costs", ["client_id", "n_orders", "revenue", "cts", "is_load_known", basis])
    refuse_unknown(clients, basis)
    ranked = by_falling(clients, "cts")
    cts, gain = ranked["cts"], ranked[basis].astype(float).fillna(0.0)
    load_share, return_share = share(cts, cts.sum()), share(gain, gain.sum())
    rate = earned_rate(clients, basis=basis) if np.isnan(target_rate) else target_rate
    is_known = ranked["is_load_known"].to_numpy(dtype=bool)
    has_gain = gain > TOLERANCE
    rules = [~is_known, ~has_gain & (cts > TOLERANCE), ~has_gain]
    revenue = ranked["revenue"]
    net = {"net": ranked["margin"] - cts} if "margin" in ranked else {}
    return ranked.assign(
        load_share=load_share,
        return_share=return_share,
        load_ratio=np.select(rules, [0.0, np.inf, 0.0], load_share / return_share.where(has_gain)),
        entitled=rate * gain,
        over_use=cts - rate * gain,
        cts_to_revenue=cts / revenue.where((revenue > TOLERANCE) & is_known),
        **net,
    )
