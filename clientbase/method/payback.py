"""Payback (M21): what a client brings, month by month, against what winning and serving it costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from clientbase.errors import require
from clientbase.method.common import TOLERANCE, below, by_falling, ordered, share, slack

PAYBACK_STATES = ("repaid", "not yet", "gone before payback", "not computed")
HISTORY_NOT_WHOLE, NO_PURCHASE = "history not whole", "no purchase yet"
SERVICE, PRICE = "service", "price"


@dataclass(frozen=True)
class Payback:
    """How the clients with a known acquisition cost repaid it.

    n_clients: those whose payback could be computed: n_repaid, n_open (not yet) and n_gone_before (left before it) together;
    n_not_computed: others with a known cost. median_month: by when half of n_clients had repaid, those that have not standing
    behind all others; NaN when half have not. n_gone: of n_clients, those that left; lost_before_share: the part of them that
    left before payback, NaN when nobody left; lost_money: acquisition cost they did not bring back (money, >= 0).
    """

    n_clients: int
    median_month: float
    n_repaid: int
    n_open: int
    n_gone_before: int
    n_gone: int
    lost_before_share: float
    lost_money: float
    n_not_computed: int


@dataclass(frozen=True)
class Unprofitable:
    """The clients that cost more than they bring, of n_clients with purchases and a known net.

    n_service of them bring a margin, which serving them uses up; n_price bring none. The losses are money, >= 0.
    n_unknown: clients with purchases whose net is not known. unprofitable_share: NaN without clients.
    """

    n_clients: int
    n_unprofitable: int
    unprofitable_share: float
    n_service: int
    service_loss: float
    n_price: int
    price_loss: float
    n_unknown: int


# -- what winning a client cost ------------------------------------------------------------------------------------------
def channel_costs(clients: pd.DataFrame, channel_spend: Mapping[str, float], *, start: date, end: date) -> pd.DataFrame:
    """Share the spend on each source of clients out over the clients that it brought in the window.

    Args:
        clients: one row per client_id of the company; source (missing where not known), first_purchase_date, is_before_data.
        channel_spend: money spent in the window on each source.
        start: first day of the window.
        end: its last day.

    Returns:
        One row per source with spend, largest first: source, spend, n_new_clients, acquisition_cost (of one of them, missing
        when there are none). A client that may have bought before the data is not new.

    Source: METHOD section 23 [S2].
    """
    require(clients, "clients", ["source", "first_purchase_date", "is_before_data"])
    n_new = clients.loc[_is_new(clients, start, end), "source"].value_counts()
    table = pd.DataFrame({"source": list(channel_spend), "spend": list(channel_spend.values())})
    table = table.astype({"source": "str", "spend": "float64"})
    table["n_new_clients"] = table["source"].map(n_new).fillna(0).astype("int64")
    table["acquisition_cost"] = table["spend"] / table["n_new_clients"].where(table["n_new_clients"] > 0)
    return table.sort_values(["spend", "source"], ascending=[False, True], ignore_index=True)


def acquisition_costs(clients: pd.DataFrame, channel_spend: Mapping[str, float], *, start: date, end: date) -> pd.DataFrame:
    """Give each client what winning it cost: its own cost, else its part of the spend on its source.

    Args:
        clients: one row per client_id of the company; first_purchase_date, is_before_data; acquisition_cost (money) and source
            where known. The spend is of the window, so it tells the cost of clients won in it and of no others.
        channel_spend: money spent in the window on each source.
        start: first day of the window.
        end: its last day.

    Returns:
        clients in their order, with acquisition_cost (missing where not known, never 0 for that) and cost_origin: "own",
        "channel", missing.

    Source: METHOD section 23 [S2].
    """
    require(clients, "clients", ["client_id", "first_purchase_date", "is_before_data"])
    own = clients.reindex(columns=["acquisition_cost"])["acquisition_cost"].astype("float64")
    spent = pd.Series(np.nan, index=clients.index)
    if channel_spend and "source" in clients:
        by_source = channel_costs(clients, channel_spend, start=start, end=end).set_index("source")["acquisition_cost"]
        spent = clients["source"].map(by_source).astype("float64").where(_is_new(clients, start, end))
    origin = pd.Series(np.select([own.notna(), spent.notna()], ["own", "channel"], "none"), index=clients.index, dtype="str")
    return clients.assign(acquisition_cost=own.fillna(spent), cost_origin=origin.where(origin != "none"))


# -- payback -------------------------------------------------------------------------------------------------------------
def contributions(months: pd.DataFrame, costs: pd.DataFrame | None) -> pd.DataFrame:
    """Take the cost of service from the margin of each client and month.

    Args:
        months: one row per client_id x month (its first day), whole history; margin (money).
        costs: one row per client_id x month with cts, the cost to serve (money); None where no load is known.

    Returns:
        One row per client_id x month of either table, by client_id and month: client_id, month, margin, cts (if costs are
        given; missing where none stand for that month), contribution (margin less what costs are known, money).

    Source: METHOD section 23.
    """
    keys = ["client_id", "month"]
    require(months, "months", [*keys, "margin"])
    found = months[[*keys, "margin"]]
    if costs is not None:
        require(costs, "costs of service", [*keys, "cts"])
        found = found.merge(costs[[*keys, "cts"]], on=keys, how="outer", validate="1:1")
    spent = found["cts"].fillna(0) if "cts" in found else 0.0
    return found.assign(contribution=found["margin"].fillna(0) - spent).sort_values(keys, ignore_index=True)


def payback(clients: pd.DataFrame, contributions: pd.DataFrame, *, end: int) -> pd.DataFrame:
    """Find the month in which each client has brought back what winning it cost.

    Month 1 is that of the first purchase. What was earned or spent before it is left out: work on a prospect is part of
    winning it, so the acquisition cost stands for it already.

    Args:
        clients: one row per client_id; acquisition_cost (money, missing where not known), first_purchase_date, is_before_data
            (bought, or may have bought, before the data begin), is_gone (asleep at the window's end).
        contributions: result of contributions; ids that clients lacks are ignored.
        end: month number (year * 12 + month - 1) of the window's last month.

    Returns:
        One row per client with a known cost by falling gain, then client_id, those not computed last: client_id,
        acquisition_cost, cum_contribution (up to end), gain (cum_contribution - acquisition_cost; what is lost with a client
        that left), payback_month (missing when not reached), is_gone, payback_state (ordered as PAYBACK_STATES),
        payback_reason (why not computed: "history not whole", "no purchase yet").

    Source: METHOD section 23 [S2].
    """
    require(clients, "clients", ["client_id", "acquisition_cost", "first_purchase_date", "is_before_data", "is_gone"])
    rows = clients.loc[clients["acquisition_cost"].notna(), ["client_id", "acquisition_cost", "is_gone"]]
    bought, is_censored = _has_bought(clients, end)[rows.index], clients.loc[rows.index, "is_before_data"]
    computed = rows.index[bought & ~is_censored]
    flow = _by_age(clients.loc[computed], contributions, end).merge(rows, on="client_id")
    flow["cum"] = flow.groupby("client_id")["contribution"].cumsum()
    reached = flow[flow["cum"] >= flow["acquisition_cost"] - slack(flow["acquisition_cost"])]
    month = rows["client_id"].map(reached.groupby("client_id")["age_months"].min()).astype("Int64")
    total = rows["client_id"].map(flow.groupby("client_id")["contribution"].sum()).astype("float64").fillna(0.0)
    is_computed = rows.index.isin(computed)
    state = np.select(
        [~is_computed, month.notna(), rows["is_gone"]], ["not computed", "repaid", "gone before payback"], "not yet"
    )
    reason = pd.Series(np.where(bought, HISTORY_NOT_WHOLE, NO_PURCHASE), index=rows.index, dtype="str")
    found = rows.assign(
        cum_contribution=total.where(is_computed),
        gain=(total - rows["acquisition_cost"]).where(is_computed),
        payback_month=month,
        payback_state=ordered(state, PAYBACK_STATES),
        payback_reason=reason.where(~is_computed),
    )
    found = by_falling(found, "gain")
    columns = ["client_id", "acquisition_cost", "cum_contribution", "gain", "payback_month", "is_gone"]
    return found[[*columns, "payback_state", "payback_reason"]]


def payback_summary(table: pd.DataFrame) -> Payback:
    """Count who repaid, and what was lost with those that left before.

    Args:
        table: result of payback.

    Source: METHOD section 23.
    """
    require(table, "payback", ["payback_state", "payback_month", "gain", "is_gone"])
    counts = table["payback_state"].value_counts()
    computed = table[table["payback_state"] != "not computed"]
    months = computed["payback_month"].astype("float64").fillna(np.inf)
    median = float(np.median(months)) if len(months) else np.inf
    n_gone, n_before = int(computed["is_gone"].sum()), int(counts["gone before payback"])
    lost = computed.loc[computed["payback_state"] == "gone before payback", "gain"]
    return Payback(
        n_clients=len(computed),
        median_month=median if np.isfinite(median) else np.nan,
        n_repaid=int(counts["repaid"]),
        n_open=int(counts["not yet"]),
        n_gone_before=n_before,
        n_gone=n_gone,
        lost_before_share=float(share(n_before, n_gone)),
        lost_money=float(-lost.sum()) if len(lost) else 0.0,
        n_not_computed=int(counts["not computed"]),
    )


def cumulative_by_cohort(clients: pd.DataFrame, contributions: pd.DataFrame, *, end: int) -> pd.DataFrame:
    """Follow what an average client of each cohort has brought by each month of its age.

    Args:
        clients: one row per client_id; first_purchase_date, is_before_data. Only clients whose history is whole are followed.
        contributions: result of contributions; ids that clients lacks are ignored.
        end: month number of the window's last month.

    Returns:
        One row per cohort (calendar year of the first purchase, text) and month of age that all its clients have reached
        (1 = month of the first purchase), oldest cohort first: cohort, age_months, n_clients, contribution_per_client
        (cumulative, money).

    Source: METHOD section 23, figure.
    """
    require(clients, "clients", ["client_id", "first_purchase_date", "is_before_data"])
    whole = clients[_has_bought(clients, end) & ~clients["is_before_data"]]
    whole = whole.assign(cohort=whole["first_purchase_date"].dt.year.astype("str"), age_months=end - _first_months(whole) + 1)
    cohorts = whole.groupby("cohort").agg(n_clients=("client_id", "size"), reached=("age_months", "min")).reset_index()
    rows = cohorts.loc[cohorts.index.repeat(cohorts["reached"])].reset_index(drop=True)
    rows["age_months"] = rows.groupby("cohort").cumcount() + 1
    flow = _by_age(whole, contributions, end).merge(whole[["client_id", "cohort"]], on="client_id")
    sums = flow.groupby(["cohort", "age_months"], as_index=False)["contribution"].sum()
    rows = rows.merge(sums, on=["cohort", "age_months"], how="left")
    brought = rows["contribution"].fillna(0.0).groupby(rows["cohort"]).cumsum()
    return rows[["cohort", "age_months", "n_clients"]].assign(contribution_per_client=brought / rows["n_clients"])


# -- clients that cost more than they bring ------------------------------------------------------------------------------
def loss_causes(clients: pd.DataFrame) -> pd.DataFrame:
    """Tell for each client that costs more than it brings whether service or price is the cause.

    Args:
        clients: one row per client_id; n_orders of the window, margin and net (margin less cost to serve, missing where not
            known), money.

    Returns:
        The clients with orders by rising net, unknown ones last, then client_id, plus loss_cause: "service" (it brings a
        margin, serving it costs more), "price" (it brings none); missing for the others.

    Source: METHOD section 23.
    """
    require(clients, "clients", ["client_id", "n_orders", "margin", "net"])
    bought = clients[clients["n_orders"] > 0].sort_values(["net", "client_id"], ignore_index=True)
    cause = pd.Series(np.where(bought["margin"] > TOLERANCE, SERVICE, PRICE), index=bought.index, dtype="str")
    return bought.assign(loss_cause=cause.where(below(bought["net"], 0)))


def unprofitable(causes: pd.DataFrame) -> Unprofitable:
    """Count the clients that cost more than they bring, by cause.

    Args:
        causes: result of loss_causes.

    Source: METHOD section 23 [S2].
    """
    require(causes, "loss_causes", ["net", "loss_cause"])
    known = causes[causes["net"].notna()]
    losses = -known["net"]
    service, price = (known["loss_cause"] == cause for cause in (SERVICE, PRICE))
    n_unprofitable = int(service.sum() + price.sum())
    return Unprofitable(
        n_clients=len(known),
        n_unprofitable=n_unprofitable,
        unprofitable_share=float(share(n_unprofitable, len(known))),
        n_service=int(service.sum()),
        service_loss=float(losses[service].sum()),
        n_price=int(price.sum()),
        price_loss=float(losses[price].sum()),
        n_unknown=len(causes) - len(known),
    )


# -- within --------------------------------------------------------------------------------------------------------------
def _is_new(clients: pd.DataFrame, start: date, end: date) -> pd.Series:
    """Tell which clients bought for the first time in the window."""
    inside = clients["first_purchase_date"].between(pd.Timestamp(start), pd.Timestamp(end))
    return inside & ~clients["is_before_data"]


def _first_months(clients: pd.DataFrame) -> pd.Series:
    """Return the number of the month of each client's first purchase, missing without one."""
    return _month_numbers(clients["first_purchase_date"])


def _month_numbers(days: pd.Series) -> pd.Series:
    return days.dt.year * 12 + days.dt.month - 1


def _has_bought(clients: pd.DataFrame, end: int) -> pd.Series:
    """Tell which clients made their first purchase by the window's end."""
    return _first_months(clients) <= end


def _by_age(clients: pd.DataFrame, contributions: pd.DataFrame, end: int) -> pd.DataFrame:
    """Return client_id, age_months (1 = month of the first purchase) and contribution up to end, by client and age."""
    require(contributions, "contributions", ["client_id", "month", "contribution"])
    firsts = clients[["client_id"]].assign(first=_first_months(clients))
    flow = contributions[["client_id", "month", "contribution"]].merge(firsts, on="client_id")
    month = _month_numbers(flow["month"])
    flow = flow.assign(age_months=(month - flow["first"] + 1).astype("int64"))[(month <= end) & (month >= flow["first"])]
    return flow.sort_values(["client_id", "age_months"], ignore_index=True)[["client_id", "age_months", "contribution"]]
