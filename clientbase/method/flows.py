"""Separation of flows (M01): do kinds of clients compete for the same time?"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clientbase.errors import SettingError, require
from clientbase.method.common import TOLERANCE, at_least, share

FLOW_COLUMNS = (
    "flow", "n_clients", "revenue", "margin", "hours", "revenue_share", "profit_share", "time_share", "return_index",
    "margin_per_hour",
)  # fmt: skip


@dataclass(frozen=True)
class Contrast:
    """How many times an hour in high_flow returns what one in low_flow does, and the verdict.

    verdict: separate, standards (separate service standards only), keep, or undefined for the given reason.
    """

    verdict: str
    contrast: float
    high_flow: str
    low_flow: str
    reason: str


@dataclass(frozen=True)
class MovedTime:
    """Result of moving time between flows: hours moved; margin gained, lost and their difference, in money."""

    hours: float
    extra: float
    lost: float
    net: float


def flow_table(facts: pd.DataFrame, *, time_shares: Mapping[str, float] | None) -> pd.DataFrame:
    """Set each flow's share of profit against its share of time.

    Args:
        facts: one row per client_id; flow, revenue, and where known margin (money) and minutes.
        time_shares: share of working time by flow, 0..1, typed where no activities are recorded; they replace the
            measured minutes, and hours stay unknown. None or empty: the minutes are used.

    Returns:
        One row per flow, by falling return_index, then revenue: n_clients, revenue, margin, hours, revenue_share,
        profit_share, time_share, return_index (profit_share / time_share), margin_per_hour. What is unknown is NaN:
        shares of a total that is not positive, the index of a flow without recorded time.

    Source: METHOD section 3. Raises SettingError when the typed shares do not fit the flows or do not sum to 1.
    """
    require(facts, "facts", ["flow", "revenue"])
    known = facts.reindex(columns=["flow", "revenue", "margin", "minutes"])
    flows = known.groupby("flow", dropna=False, observed=True).sum(min_count=1).reset_index()
    flows["n_clients"] = known.groupby("flow", dropna=False, observed=True).size().to_numpy()
    flows["hours"] = np.nan if time_shares else flows["minutes"] / 60
    flows["time_share"] = _typed(flows, time_shares) if time_shares else share(flows["hours"], flows["hours"].sum())
    flows["revenue_share"] = share(flows["revenue"], flows["revenue"].sum())
    flows["profit_share"] = share(flows["margin"], flows["margin"].sum())
    flows["return_index"] = flows["profit_share"] / flows["time_share"].where(flows["time_share"] > 0)
    flows["margin_per_hour"] = flows["margin"] / flows["hours"].where(flows["hours"] > 0)
    order = ["return_index", "revenue", "flow"]
    return flows.sort_values(order, ascending=[False, False, True], ignore_index=True)[list(FLOW_COLUMNS)]


def compare_flows(flows: pd.DataFrame, *, min_time_share: float, separate_from: float, standards_from: float) -> Contrast:
    """Judge the contrast: the largest return index over the smallest, among flows that take enough time.

    Args:
        flows: the result of flow_table.
        min_time_share: share of time, 0..1, under which a flow is not compared.
        separate_from: contrast from which the flows are separated.
        standards_from: contrast from which separate service standards suffice.

    A compared flow without positive margin makes the contrast infinite and the verdict undefined: prices come first.

    Source: METHOD section 3.
    """
    require(flows, "flow_table", FLOW_COLUMNS)
    if reason := _obstacle(flows, min_time_share):
        return Contrast("undefined", np.nan, "", "", reason)
    rated = flows[_takes_time(flows, min_time_share)].sort_values("return_index", ascending=False, kind="stable")
    high, low = rated.iloc[0], rated.iloc[-1]
    if low["return_index"] <= TOLERANCE:
        return Contrast("undefined", np.inf, high["flow"], low["flow"], "flow margin not positive")
    contrast = float(high["return_index"] / low["return_index"])
    steps = (("separate", separate_from), ("standards", standards_from))
    verdict = next((name for name, bound in steps if at_least(contrast, bound)), "keep")
    return Contrast(verdict, contrast, high["flow"], low["flow"], "")


def move_time(
    flows: pd.DataFrame, *, high_flow: str, low_flow: str, moved_share: float, efficiency: float, loss: float
) -> MovedTime:
    """Estimate what moving a share of one flow's time to another would bring.

    Args:
        flows: the result of flow_table.
        high_flow: the flow that receives the time.
        low_flow: the flow that gives it.
        moved_share: share of low_flow's time that moves, 0..1.
        efficiency: margin of a moved hour as a share of high_flow's present margin per hour (assumed).
        loss: share of low_flow's margin lost per share of its time withdrawn (assumed).

    Only the proportion of the two flows' time matters for money, so typed time shares serve as well as hours;
    hours are NaN then. Everything is NaN when high_flow has no recorded time.

    Source: METHOD section 3, what-if. Raises SettingError when a flow is not in the table or both are the same.
    """
    require(flows, "flow_table", FLOW_COLUMNS)
    if high_flow == low_flow:
        raise SettingError(f"high_flow and low_flow are both '{high_flow}'; time moves between two flows. Choose another.")
    high, low = _flow(flows, high_flow), _flow(flows, low_flow)
    time_ratio = low["time_share"] / high["time_share"] if high["time_share"] > 0 else np.nan
    extra = float(moved_share * time_ratio * high["margin"] * efficiency)
    lost = float(moved_share * loss * low["margin"])
    return MovedTime(hours=float(moved_share * low["hours"]), extra=extra, lost=lost, net=extra - lost)


def flow_growth(facts: pd.DataFrame) -> pd.DataFrame:
    """Compare each flow with the previous window: revenue per client should grow first, their number later.

    Args:
        facts: one row per client_id; flow, n_deals, revenue, previous_n_deals, previous_revenue.

    Returns:
        One row per flow, by falling revenue: previous_n_clients, n_clients (both: with a deal in the window),
        previous_revenue, revenue, previous_revenue_per_client, revenue_per_client (NaN without clients).

    Source: METHOD section 3, comparison after the change.
    """
    require(facts, "facts", ["flow", "n_deals", "revenue", "previous_n_deals", "previous_revenue"])
    table = facts[["flow", "previous_revenue", "revenue"]].assign(
        previous_n_clients=facts["previous_n_deals"] > 0, n_clients=facts["n_deals"] > 0
    )
    flows = table.groupby("flow", dropna=False, observed=True).sum().reset_index()
    for period in ("previous_", ""):
        n_clients = flows[f"{period}n_clients"]
        flows[f"{period}revenue_per_client"] = flows[f"{period}revenue"] / n_clients.where(n_clients > 0)
    return flows.sort_values(["revenue", "flow"], ascending=[False, True], ignore_index=True)


def _typed(flows: pd.DataFrame, time_shares: Mapping[str, float]) -> pd.Series:
    """Return the typed share of time of each flow; one that was left out has no recorded time."""
    if strange := sorted(set(time_shares) - set(flows["flow"])):
        raise SettingError(f"time_shares names {strange}; the flows are {sorted(map(str, flows['flow']))}. Use these names.")
    if min(time_shares.values()) < 0 or abs(sum(time_shares.values()) - 1) > TOLERANCE:
        raise SettingError(f"time_shares are {dict(time_shares)}; need shares from 0 to 1 that sum to 1.")
    return flows["flow"].map(dict(time_shares)).astype(float)


def _obstacle(flows: pd.DataFrame, min_time_share: float) -> str:
    """Return why the flows cannot be compared, "" when they can."""
    reasons = {
        "one flow": len(flows) < 2,
        "no margin": flows["margin"].isna().any(),
        "total margin not positive": flows["margin"].sum() <= 0,
        "no time recorded": (flows["time_share"] > 0).sum() < 2,
        "too little time": _takes_time(flows, min_time_share).sum() < 2,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _takes_time(flows: pd.DataFrame, min_time_share: float) -> pd.Series:
    return (flows["time_share"] > 0) & at_least(flows["time_share"], min_time_share)


def _flow(flows: pd.DataFrame, name: str) -> pd.Series:
    rows = flows[flows["flow"] == name]
    if rows.empty:
        raise SettingError(f"there is no flow '{name}'; the flows are {sorted(map(str, flows['flow']))}. Use one of these.")
    return rows.iloc[0]
