"""New, lost and returned clients: which moves of clients make the change of revenue between two windows."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from clientbase.errors import require
from clientbase.method.common import at_least, by_falling, ordered, share

MOVES = ("new", "returned", "lost", "grown", "declined", "returns only")  # in the order of the bridge, METHOD section 25
KEPT = ("grown", "declined")


@dataclass(frozen=True)
class RetentionRates:
    """How much of the window before was kept; NaN when there was nothing to keep.

    client_retention: clients kept / clients of the window before (0..1). nrr: their revenue now / their revenue then (net
    revenue retention). grr: the same with no client counted above its revenue then (gross revenue retention).
    """

    client_retention: float
    nrr: float
    grr: float


def client_moves(facts: pd.DataFrame, *, previous_start: date) -> pd.DataFrame:
    """Name what each client did between the window before and this one.

    new = deals now, never before; returned = deals now, none in the window before, some earlier; lost = deals in the window
    before, none now; grown and declined = deals in both, by the sign of the change (an unchanged client is kept, and stands
    with the grown); returns only = no deal in either, but returns or an order taken back. Where the data begin with the
    window before, a client that returns looks new unless its first_purchase_date is given.

    Args:
        facts: one row per client_id, all clients of the company; revenue, n_deals of the window, previous_revenue,
            previous_n_deals of the window before, n_deals_total and first_purchase_date over the history; client_name if
            known.
        previous_start: first day of the window before.

    Returns:
        One row per client with a deal or revenue in either window, by falling absolute change: client_id, client_name (if
        known), move (ordered as MOVES), previous_revenue, revenue, change (all net, money).

    Source: METHOD section 25, bridge.
    """
    counts = ["n_deals", "previous_n_deals", "n_deals_total"]
    require(facts, "facts", ["client_id", "revenue", "previous_revenue", "first_purchase_date", *counts])
    now, before = facts["n_deals"] > 0, facts["previous_n_deals"] > 0
    dealt_earlier = facts["n_deals_total"] > facts["n_deals"] + facts["previous_n_deals"]
    was_client = dealt_earlier | (facts["first_purchase_date"] < pd.Timestamp(previous_start))
    change = facts["revenue"] - facts["previous_revenue"]
    rules = [now & before & at_least(change, 0), now & before, before, now & was_client, now]
    move = np.select(rules, ["grown", "declined", "lost", "returned", "new"], "returns only")
    moves = facts.assign(move=ordered(move, MOVES), change=change, _size=change.abs())
    moves = moves[now | before | (facts["revenue"] != 0) | (facts["previous_revenue"] != 0)]
    moves = by_falling(moves, "_size")
    columns = ["client_id", "client_name", "move", "previous_revenue", "revenue", "change"]
    return moves[[name for name in columns if name in moves]]


def move_summary(moves: pd.DataFrame) -> pd.DataFrame:
    """Add up the moves: together they are the company's change of revenue, unassigned lines apart.

    Args:
        moves: the result of client_moves.

    Returns:
        One row per move, in the order of MOVES, also where nobody made it: move, n_clients, previous_revenue, revenue,
        change (net, money).

    Source: METHOD section 25, bridge.
    """
    require(moves, "client_moves", ["move", "previous_revenue", "revenue"])
    groups = moves.groupby(ordered(moves["move"], MOVES), observed=False)
    table = groups[["previous_revenue", "revenue"]].sum().assign(n_clients=groups.size()).rename_axis("move").reset_index()
    table["change"] = table["revenue"] - table["previous_revenue"]
    return table[["move", "n_clients", "previous_revenue", "revenue", "change"]]


def retention_rates(moves: pd.DataFrame) -> RetentionRates:
    """Measure how much of the window before was kept, over the clients with a deal in it.

    Args:
        moves: the result of client_moves.

    Source: METHOD section 25, rates.
    """
    require(moves, "client_moves", ["move", "previous_revenue", "revenue"])
    before = moves[moves["move"].isin([*KEPT, "lost"])]
    then, now = before["previous_revenue"], before["revenue"]
    return RetentionRates(
        client_retention=float(share(float(before["move"].isin(KEPT).sum()), len(before))),
        nrr=float(share(now.sum(), then.sum())),
        grr=float(share(np.minimum(then, now).sum(), then.sum())),
    )
