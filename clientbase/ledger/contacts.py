"""What was done for each client: minutes of work in the window, facts of the relationship up to its end, contacts by month."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import pandas as pd

from clientbase.ledger.checks import Check
from clientbase.ledger.engine import frame, numbers

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from clientbase.method.periods import Window

INQUIRIES = ("inquiry", "quote", "sample", "negotiation")
CONTACTS_AT_WORK, CONTACTS_OF_CRM = ("call", "meeting"), ("called", "visited")  # METHOD 22; mass mail is counted apart
UNPRICED_WARNING = 0.05  # METHOD 16: above this share of rows without any time the load is doubtful


def reduce_activities(tables: dict[str, ir.Table], window: Window) -> tuple[pd.DataFrame | None, list[Check]]:
    """Return minutes and n_rows of the window per client_id, or None without activities; rows without time are counted.

    Where no CRM records complaints, n_complaints counts the rows of work on them.
    """
    if "activities" not in tables:
        return None, []
    work = tables["activities"]
    work = work.filter(work.date.between(ibis.literal(window.start), ibis.literal(window.end)))
    work = _timed(work, tables.get("activity_standards"))
    found = numbers(work, n_rows=work.count(), n_unpriced=work.spent.isnull().sum())
    checks = []
    if found["n_unpriced"]:
        share = found["n_unpriced"] / found["n_rows"]
        level = "warning" if share > UNPRICED_WARNING else "note"
        checks.append(Check("unpriced_work", level, n=found["n_unpriced"], share=share))
    if "client_id" not in work.columns:
        return pd.DataFrame({"client_id": pd.Series(dtype="str"), "minutes": 0.0, "n_rows": 0}), checks
    work = work.filter(work.client_id.notnull())
    complaints = {} if "crm_facts" in tables else {"n_complaints": (work.activity_type == "complaint").sum()}
    by_client = work.group_by("client_id").aggregate(minutes=work.spent.fill_null(0.0).sum(), **complaints, n_rows=work.count())
    return frame(by_client), checks


def _timed(work: ir.Table, standards: ir.Table | None) -> ir.Table:
    """Add the minutes spent: those recorded, else the standard of the work times its quantity."""
    recorded = [work.minutes] if "minutes" in work.columns else []
    if standards is None:
        return work.mutate(spent=ibis.coalesce(*recorded, ibis.literal(None, type="float64")))
    quantity = work.quantity.fill_null(1.0) if "quantity" in work.columns else ibis.literal(1.0)
    work = work.mutate(quantity=quantity)
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
