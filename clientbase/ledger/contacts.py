"""What was done for each client: minutes of work in the window, facts of the relationship up to its end, contacts by month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis

from clientbase.ledger.checks import Check
from clientbase.ledger.engine import computed, frame, numbers, steady_frame

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

    from clientbase.method.periods import Window

INQUIRIES = ("inquiry", "quote", "sample", "negotiation")
CONTACTS_AT_WORK, CONTACTS_OF_CRM = ("call", "meeting"), ("called", "visited")  # METHOD 22; mass mail is counted apart
UNPRICED_WARNING = 0.05  # METHOD 16: above this share of rows without any time the load is doubtful


@dataclass(frozen=True)
class Work:
    """What the activities come to.

    by_client: one row per client_id with work in the window: minutes, n_rows and, where no CRM records them, n_complaints.
    work: one row per client_id (missing: internal) x department x activity_type of the window: minutes, quantity, n_rows,
        n_unpriced (rows with neither minutes nor a standard).
    client_months: one row per client_id x month x department up to the window's end: minutes.
    """

    by_client: pd.DataFrame
    work: pd.DataFrame
    client_months: pd.DataFrame
    checks: list[Check]


def reduce_activities(tables: dict[str, ir.Table], window: Window) -> Work | None:
    """Reduce the activities, or return None without them; rows without time are counted."""
    if "activities" not in tables:
        return None
    work = tables["activities"]
    if "client_id" not in work.columns:
        work = work.mutate(client_id=ibis.literal(None, type="string"))
    work = _timed(work.filter(work.date <= ibis.literal(window.end)), tables.get("activity_standards"))
    keys = ["client_id", "month", "department", "activity_type"]
    work = work.mutate(month=work.date.truncate("M").cast("date"))
    sums = computed(
        work.group_by(keys).aggregate(
            minutes=work.spent.fill_null(0.0).sum(),
            quantity=work.quantity.sum(),
            n_rows=work.count(),
            n_unpriced=work.spent.isnull().sum(),
        )
    )
    inside = sums.filter(sums.month >= ibis.literal(window.start))
    return Work(
        by_client=_work_by_client(inside, has_crm="crm_facts" in tables),
        work=_work_by_kind(inside),
        client_months=_work_by_month(sums),
        checks=_unpriced(inside),
    )


def _work_by_client(sums: ir.Table, *, has_crm: bool) -> pd.DataFrame:
    sums = sums.filter(sums.client_id.notnull())
    of_complaints = sums.n_rows.sum(where=sums.activity_type == "complaint").fill_null(0)
    complaints = {} if has_crm else {"n_complaints": of_complaints}
    return steady_frame(
        sums.group_by("client_id").aggregate(minutes=sums.minutes.sum(), **complaints, n_rows=sums.n_rows.sum())
    )


def _work_by_kind(sums: ir.Table) -> pd.DataFrame:
    keys = ["client_id", "department", "activity_type"]
    names = ("minutes", "quantity", "n_rows", "n_unpriced")
    return steady_frame(sums.group_by(keys).aggregate(**{name: sums[name].sum() for name in names}).order_by(keys))


def _work_by_month(sums: ir.Table) -> pd.DataFrame:
    sums = sums.filter(sums.client_id.notnull())
    keys = ["client_id", "month", "department"]
    return steady_frame(sums.group_by(keys).aggregate(minutes=sums.minutes.sum()).order_by(keys))


def _unpriced(sums: ir.Table) -> list[Check]:
    found = numbers(sums, n_rows=sums.n_rows.sum(), n_unpriced=sums.n_unpriced.sum())
    if not found["n_unpriced"]:
        return []
    share = found["n_unpriced"] / found["n_rows"]
    return [Check("unpriced_work", "warning" if share > UNPRICED_WARNING else "note", n=found["n_unpriced"], share=share)]


def _timed(work: ir.Table, standards: ir.Table | None) -> ir.Table:
    """Add the minutes spent: those recorded, else the standard of the work times its quantity, which is 1 when empty."""
    quantity = work.quantity.fill_null(1.0) if "quantity" in work.columns else ibis.literal(1.0)
    work = work.mutate(quantity=quantity)
    recorded = [work.minutes] if "minutes" in work.columns else []
    if standards is None:
        return work.mutate(spent=ibis.coalesce(*recorded, ibis.literal(None, type="float64")))
    standards = standards.select("department", "activity_type", "standard_minutes")
    joined = work.left_join(standards, ["department", "activity_type"], rname="{name}_of_standard")
    recorded = [joined.minutes] if "minutes" in joined.columns else []
    return joined.mutate(spent=ibis.coalesce(*recorded, joined.quantity * joined.standard_minutes))


def reduce_crm_facts(tables: dict[str, ir.Table], window: Window) -> pd.DataFrame | None:
    """Return what the facts of the relationship tell of a client up to the window's end; None without crm_facts.

    One row per client_id: first_fact_date, last_inquiry_date, n_complaints (of the window), n_rows.
    """
    if "crm_facts" not in tables:
        return None
    crm = tables["crm_facts"]
    crm = crm.filter(crm.date <= ibis.literal(window.end))
    by_client = crm.group_by("client_id").aggregate(
        first_fact_date=crm.date.min(),
        last_inquiry_date=crm.date.max(where=crm.fact.isin(INQUIRIES)),
        n_complaints=((crm.fact == "complaint") & (crm.date >= ibis.literal(window.start))).sum(),
        n_rows=crm.count(),
    )
    return frame(by_client)


def reduce_contacts(tables: dict[str, ir.Table], window: Window) -> pd.DataFrame | None:
    """Return one row per client_id x month with contacts up to the window's end: n_contacts; None where none are recorded.

    Contacts are the calls and meetings among the activities or, in a study without them, the calls and visits of the CRM:
    both together would count many twice.
    """
    work, crm = tables.get("activities"), tables.get("crm_facts")
    if work is not None and "client_id" in work.columns:
        rows = work.filter(work.activity_type.isin(CONTACTS_AT_WORK) & work.client_id.notnull())
    elif crm is not None:
        rows = crm.filter(crm.fact.isin(CONTACTS_OF_CRM))
    else:
        return None
    rows = rows.filter(rows.date <= ibis.literal(window.end))
    rows = rows.select("client_id", month=rows.date.truncate("M").cast("date"))
    found = rows.group_by(["client_id", "month"]).aggregate(n_contacts=rows.count())
    return frame(found.order_by(["client_id", "month"]))
