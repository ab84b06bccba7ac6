"""Causes of load (M14): which work goes beyond what a client earned, and which clients take back what others bring."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clientbase.errors import require
from clientbase.method.common import TOLERANCE, by_falling, is_among, places, share

DIRECT_COSTS = "(direct costs)"  # what stands for the department of a cost that is no work


@dataclass(frozen=True)
class Whale:
    """The curve of cumulative net in a few numbers; money unless said otherwise.

    peak: sum of the positive nets. total: of all clients. peak_share: peak over total, missing unless total is positive.
    n_peak: clients up to the peak, 0 where none has a positive net. erosion: peak - total. n_below: clients with net below 0.
    """

    peak: float
    total: float
    peak_share: float
    n_peak: int
    erosion: float
    n_below: int


def load_causes(work: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """Tell by department and activity what a client takes above what it earned.

    Args:
        work: one row per client_id (missing: internal) x department x activity_type; minutes.
        shares: result of load_shares with the clients compared, all of them: a part would earn a part of the minutes.

    Returns:
        One row per client_id of shares x department and activity_type that any of them used, by client_id, then falling
        over_minutes, then department and activity_type: minutes, earned_minutes (total of these clients x return_share,
        negative for a client that makes a loss), over_minutes (minutes less those earned; negative where a client takes
        less, or nothing, of what it earned). over_minutes of all clients sum to 0 in each department and activity.

    Source: METHOD section 16, causes.
    """
    return _causes(work, shares, ["department", "activity_type"])


def department_causes(work: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """Tell by department alone what a client takes above what it earned.

    Args:
        work: as for load_causes.
        shares: as for load_causes.

    Returns:
        One row per client_id x department: minutes, earned_minutes, over_minutes; all as in load_causes.

    Source: METHOD section 16, causes.
    """
    return _causes(work, shares, ["department"])


def cost_causes(costs: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """Tell in money what each client takes above what it earned, work and direct costs alike.

    Args:
        costs: one row per client_id x department x cost_item (an activity, or a kind of direct cost); amount (money). Costs of
            clients that shares lacks are left aside.
        shares: as for load_causes.

    Returns:
        One row per client_id, department and cost_item with more than was earned, by client_id, then falling over_cost, then
        department and cost_item: amount, over_cost (amount less the client's return_share of all amounts of that kind).

    Source: METHOD section 16, causes; in money so that hours and payments compare.
    """
    kind = ["department", "cost_item"]
    require(costs, "costs", ["client_id", *kind, "amount"])
    require(shares, "load_shares", ["client_id", "return_share"])
    ours = (
        costs[is_among(costs["client_id"], shares["client_id"])].groupby(["client_id", *kind], as_index=False)["amount"].sum()
    )
    total = ours.groupby(kind)["amount"].transform("sum")
    earned = total * ours["client_id"].map(shares.set_index("client_id")["return_share"]).astype(float)
    table = ours.assign(over_cost=ours["amount"] - earned)
    table = table[table["over_cost"] > TOLERANCE]
    return table.sort_values(["client_id", "over_cost", *kind], ascending=[True, False, True, True], ignore_index=True)


def whale_curve(shares: pd.DataFrame) -> pd.DataFrame:
    """Add up the net of clients from the best to the worst.

    Args:
        shares: result of load_shares with net; client_name where it is known. Clients without net are left out.

    Returns:
        One row per client, by falling net, then client_id: rank, client_id, client_name (if there), net and cum_net (money),
        cum_share (of the total net, above 1 on the way; missing unless the total is positive).

    Source: METHOD section 16, figure.
    """
    require(shares, "load_shares", ["client_id", "net"])
    names = [name for name in ("client_id", "client_name", "net") if name in shares]
    curve = shares.loc[shares["net"].notna(), names]
    curve = by_falling(curve, "net")
    curve.insert(0, "rank", np.arange(1, len(curve) + 1))
    cum_net = curve["net"].astype(float).cumsum()
    return curve.assign(cum_net=cum_net, cum_share=share(cum_net, curve["net"].sum()))


def whale(curve: pd.DataFrame) -> Whale:
    """Return the peak of a whale curve and what is lost behind it.

    Args:
        curve: result of whale_curve.

    Source: METHOD section 16, figure.
    """
    require(curve, "whale_curve", ["net"])
    net = curve["net"].to_numpy(dtype=float)
    is_positive = net > TOLERANCE
    peak, total = float(net[is_positive].sum()), float(net.sum())
    n_below = int(np.count_nonzero(net < -TOLERANCE))
    erosion = peak - total if n_below else 0.0
    return Whale(peak, total, float(share(peak, total)), int(np.count_nonzero(is_positive)), erosion, n_below)


def _causes(work: pd.DataFrame, shares: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Set the minutes of each client and kind of work against the client's share of all the minutes of that kind."""
    require(work, "work", ["client_id", "minutes", *keys])
    require(shares, "load_shares", ["client_id", "return_share"])
    clients = shares[["client_id", "return_share"]].sort_values("client_id", ignore_index=True)
    row = places(work["client_id"], clients["client_id"])
    ours, row = work[row >= 0], row[row >= 0]
    kinds = ours.groupby(keys)
    names = kinds.size().reset_index()[keys]
    size = len(clients), len(names)
    cell = row * size[1] + kinds.ngroup().to_numpy()
    minutes = np.bincount(cell, weights=ours["minutes"].to_numpy(dtype=float), minlength=size[0] * size[1])
    minutes = minutes.astype(float).reshape(size)  # without work bincount returns whole numbers
    earned = clients["return_share"].to_numpy(dtype=float)[:, np.newaxis] * minutes.sum(axis=0)
    of_client, of_kind = np.divmod(np.arange(minutes.size), max(size[1], 1))
    causes = pd.DataFrame({"client_id": clients["client_id"].take(of_client).array})
    causes = causes.assign(**{key: names[key].take(of_kind).array for key in keys})
    causes = causes.assign(minutes=minutes.ravel(), earned_minutes=earned.ravel(), over_minutes=(minutes - earned).ravel())
    order = ["client_id", "over_minutes", *keys]
    return causes.sort_values(order, ascending=[True, False, *[True] * len(keys)], ignore_index=True)
