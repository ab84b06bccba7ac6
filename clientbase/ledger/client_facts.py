"""The facts table: one row per client of the list or the orders, with all that the method asks of a client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import pandas as pd

from clientbase.ledger.checks import Check
from clientbase.ledger.facts import INQUIRIES, Reductions, rhythm_periods
from clientbase.ledger.orders import UNASSIGNED
from clientbase.method.periods import month_number
from clientbase.method.rhythm import GRAIN_MONTHS

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from clientbase.method.periods import Window

CENSORED_MONTHS = 3  # METHOD 2, point 11: who buys this soon after the data begin may have bought before
DATES = ("first_order_date", "first_deal_date", "last_deal_date", "first_purchase_date", "first_fact_date", "last_inquiry_date")


@dataclass(frozen=True)
class BuiltFacts:
    """The facts, the findings, and the two totals they reconcile to (both of the window)."""

    facts: pd.DataFrame
    checks: list[Check]
    unassigned_revenue: float
    total_revenue: float


def reduce_activities(tables: dict[str, ir.Table], window: Window) -> tuple[pd.DataFrame | None, list[Check]]:
    """Return the minutes of the window per client_id, or None without activities; rows without any time are counted."""
    if "activities" not in tables:
        return None, []
    work = tables["activities"]
    work = work.filter(work.date.between(ibis.literal(window.start), ibis.literal(window.end)))
    minutes = work.minutes if "minutes" in work.columns else ibis.literal(None, type="float64")
    if "activity_standards" in tables:
        standards = tables["activity_standards"].select("department", "activity_type", "standard_minutes")
        work = work.left_join(standards, ["department", "activity_type"], rname="{name}_of_standard")
        quantity = work.quantity.fill_null(1.0) if "quantity" in work.columns else ibis.literal(1.0)
        minutes = ibis.coalesce(work.minutes if "minutes" in work.columns else None, quantity * work.standard_minutes)
    work = work.mutate(spent=minutes)
    counts = work.aggregate(n_rows=work.count(), n_unpriced=work.spent.isnull().sum()).to_pyarrow().to_pylist()[0]
    clients = work.filter(work.client_id.notnull()) if "client_id" in work.columns else work.filter(ibis.literal(False))
    by_client = clients.group_by("client_id").aggregate(minutes=clients.spent.fill_null(0.0).sum()).to_pandas()
    if not counts["n_unpriced"]:
        return by_client, []
    share = counts["n_unpriced"] / counts["n_rows"]
    return by_client, [Check("unpriced_work", "warning" if share > 0.05 else "note", n=counts["n_unpriced"], share=share)]


def reduce_crm_facts(tables: dict[str, ir.Table], window: Window) -> pd.DataFrame | None:
    """Return the first fact and the last inquiry per client_id up to the window's end, or None without crm_facts."""
    if "crm_facts" not in tables:
        return None
    crm = tables["crm_facts"]
    crm = crm.filter(crm.date <= ibis.literal(window.end))
    return (
        crm.group_by("client_id")
        .aggregate(first_fact_date=crm.date.min(), last_inquiry_date=crm.date.max(where=crm.fact.isin(INQUIRIES)))
        .to_pandas()
    )


def build_facts(
    reductions: Reductions,
    clients: pd.DataFrame | None,
    activities: pd.DataFrame | None,
    crm_facts: pd.DataFrame | None,
    *,
    window: Window,
) -> BuiltFacts:
    """Join all that is known of a client into one row.

    Args:
        reductions: the reduced order lines.
        clients: the client list; None takes the clients of the orders without attributes.
        activities: minutes per client_id, or None.
        crm_facts: first_fact_date and last_inquiry_date per client_id, or None.
        window: the analysed window.
    """
    bought = reductions.clients
    is_assigned = bought["client_id"] != UNASSIGNED
    unassigned = float(bought.loc[~is_assigned, "revenue"].sum())
    facts, checks = _with_list(bought[is_assigned], clients)
    for known in (activities, crm_facts):
        if known is not None:
            facts = facts.merge(known, on="client_id", how="left")
    facts = _filled(facts, has_activities=activities is not None)
    facts = _dated(facts, window)
    facts = _exposed(facts, window, reductions.history_months)
    facts = facts.assign(
        avg_purchase=(facts["revenue"] / facts["n_deals"]).where(facts["n_deals"] > 0),
        is_one_order=(facts["revenue"] > 0) & (facts["largest_order"] > 0.5 * facts["revenue"]),
    )
    if one_order := int(facts["is_one_order"].sum()):
        checks.append(Check("one_order", "note", n=one_order))
    if reductions.history_months < window.months:
        checks.append(Check("short_history", "warning", n=window.months, date=str(facts["first_order_date"].min().date())))
    facts = facts.sort_values(["revenue", "client_id"], ascending=[False, True], ignore_index=True)
    return BuiltFacts(facts, checks, unassigned, float(bought["revenue"].sum()))


def _with_list(bought: pd.DataFrame, clients: pd.DataFrame | None) -> tuple[pd.DataFrame, list[Check]]:
    if clients is None:
        return bought.reset_index(drop=True), []
    facts = clients.merge(bought, on="client_id", how="outer", indicator="_found")
    idle, unlisted = int((facts["_found"] == "left_only").sum()), int((facts["_found"] == "right_only").sum())
    checks = [Check("idle_clients", "note", n=idle)] if idle else []
    if unlisted:
        checks.append(Check("unlisted_clients", "warning", n=unlisted))
    return facts.drop(columns="_found"), checks


def _filled(facts: pd.DataFrame, *, has_activities: bool) -> pd.DataFrame:
    """Give clients without orders zeros, and every column one type."""
    counts = [name for name in facts.columns if name.startswith("n_") or name == "previous_n_deals"]
    money = [
        name
        for name in (
            "revenue", "returned", "qty", "list_revenue", "discount", "cost", "margin", "imputed_revenue", "delivery_cost",
            "previous_revenue", "previous_margin", "largest_order",
        )
        if name in facts.columns
    ]  # fmt: skip
    filled = {name: facts[name].fillna(0).astype("int64") for name in counts}
    filled |= {name: facts[name].astype("float64").fillna(0.0) for name in money}
    if has_activities:
        filled |= {"is_minutes_known": facts["minutes"].notna(), "minutes": facts["minutes"].astype("float64").fillna(0.0)}
    return facts.assign(**filled)


def _dated(facts: pd.DataFrame, window: Window) -> pd.DataFrame:
    """Settle first purchase and silence: METHOD section 2, point 11."""
    dates = {name: pd.to_datetime(facts[name]) for name in DATES if name in facts.columns}
    given = dates.get("first_purchase_date", pd.Series(pd.NaT, index=facts.index))
    first = pd.concat([given, dates["first_deal_date"]], axis="columns").min(axis="columns")
    start = dates["first_order_date"].min()
    soon = dates["first_deal_date"] < start + pd.DateOffset(months=CENSORED_MONTHS)
    return facts.assign(
        **dates | {"first_purchase_date": first},
        is_before_data=given.isna() & soon,
        days_since_deal=(pd.Timestamp(window.end) - dates["last_deal_date"]).dt.days.astype("float64"),
    )


def _exposed(facts: pd.DataFrame, window: Window, history_months: int) -> pd.DataFrame:
    """Count the months and periods in which a client could have bought, from its first purchase on."""
    first = facts["first_purchase_date"]
    months = (month_number(window.end) - (first.dt.year * 12 + first.dt.month - 1) + 1).clip(lower=0).fillna(0)
    exposure = {"exposure_months": months.clip(upper=min(window.months, history_months)).astype("int64")}
    for length in GRAIN_MONTHS.values():
        periods = ((months + length - 1) // length).clip(upper=rhythm_periods(history_months, length))
        exposure[f"exposure_periods_{length}"] = periods.astype("int64")
    return facts.assign(**exposure)
