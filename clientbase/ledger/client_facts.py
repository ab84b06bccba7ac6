"""The facts table: one row per client of the list or the orders, with all that the method asks of a client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from clientbase.ledger.checks import Check
from clientbase.ledger.weighing import UNASSIGNED
from clientbase.method.common import TOLERANCE
from clientbase.method.periods import month_number
from clientbase.method.rhythm import GRAIN_MONTHS, rhythm_periods

if TYPE_CHECKING:
    from clientbase.ledger.facts import Reductions
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
        activities: what reduce_activities found per client_id, or None.
        crm_facts: what reduce_crm_facts found per client_id, or None.
        window: the analysed window.
    """
    bought = reductions.clients
    is_assigned = bought["client_id"] != UNASSIGNED
    unassigned = float(bought.loc[~is_assigned, "revenue"].sum())
    facts, checks = _with_list(bought[is_assigned], clients)
    for name, known in (("activities", activities), ("crm_facts", crm_facts)):
        if known is not None:
            checks += strangers(name, known, facts)
            facts = facts.merge(known.drop(columns="n_rows"), on="client_id", how="left")
    facts = _filled(facts, has_activities=activities is not None)
    facts = _dated(facts, window)
    facts = _exposed(facts, window, reductions.history_months)
    facts = facts.assign(
        avg_purchase=(facts["revenue"] / facts["n_deals"]).where(facts["n_deals"] > 0),
        is_one_order=(facts["revenue"] > 0) & (facts["largest_order"] > 0.5 * facts["revenue"] + TOLERANCE),
    )
    if "sold_on_terms" in facts:
        sold = facts["sold_on_terms"]
        credit_days = facts["days_on_terms"] / sold.where(sold > 0)
        facts = facts.assign(credit_days=credit_days).drop(columns=["sold_on_terms", "days_on_terms"])
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


def strangers(name: str, known: pd.DataFrame, facts: pd.DataFrame) -> list[Check]:
    """Count the rows of a table whose clients nobody else knows."""
    strange = known[~known["client_id"].isin(facts["client_id"])]
    if strange.empty:
        return []
    examples = ", ".join(sorted(strange["client_id"])[:3])
    return [Check("strangers", "warning", n=int(strange["n_rows"].sum()), table=name, examples=examples)]


def _filled(facts: pd.DataFrame, *, has_activities: bool) -> pd.DataFrame:
    """Give clients without orders zeros, and every column one type."""
    counts = [name for name in facts.columns if name.startswith("n_") or name == "previous_n_deals"]
    money = [
        name
        for name in (
            "revenue", "returned", "qty", "list_revenue", "discount", "cost", "margin", "imputed_revenue", "delivery_cost",
            "previous_revenue", "previous_margin", "previous_list_revenue", "previous_discount", "largest_order",
            "sold_on_terms", "days_on_terms",
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
