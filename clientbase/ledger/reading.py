"""A study's tables read once, checked and reduced: what the notebooks work on, and what was found on the way."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from clientbase.errors import ClientbaseError, DataError, LimitError, NothingToAnalyseError
from clientbase.ledger.checks import Check
from clientbase.method.periods import Window, previous_window

if TYPE_CHECKING:
    import datetime as dt

    import ibis.expr.types as ir
    from ibis.backends import BaseBackend

    from clientbase.ledger.client_facts import BuiltFacts
    from clientbase.ledger.opening import Opened
    from clientbase.ledger.specification import EngineSpec, SourceSpec
    from clientbase.sections import Preparation

BY_CLIENT = ("facts", "months", "groups", "group_money", "discount_bands", "work", "work_months", "contacts")
REDUCED = ("orders", "activities", "crm_facts", "clients")  # reach the notebooks only as facts


@dataclass(frozen=True)
class LedgerResult:
    """Everything a study's tables give.

    facts: one row per client, see CONTRIBUTING.md "The facts table".
    months: one row per client_id x month, groups: one row per client_id x product_group, or None; both with the lines
        that have no client, as UNASSIGNED.
    group_money: one row per client_id x product_group with the money of the window and of the one before, or None.
    discount_bands: one row per client_id x discount_band of the window's lines, or None without list prices.
    work: one row per client_id (missing: internal) x department x activity_type of the window, work_months: one row per
        client_id x month x department, or None without activities.
    contacts: one row per client_id x month with contacts, or None where none are recorded.
    tables: the small tables of the study (products, criteria, scores ...) by name, as checked.
    checks: one row per finding. refused: the rows left out, with the reason (the first thousand of each kind).
    state: as_of, window (start, end, months), history_months, n_active_products, unassigned_revenue, total_revenue,
        columns (our name -> name in the export, by table) and engine (name and version of what reduced the lines).
    """

    facts: pd.DataFrame
    months: pd.DataFrame
    groups: pd.DataFrame | None
    group_money: pd.DataFrame | None
    discount_bands: pd.DataFrame | None
    work: pd.DataFrame | None
    work_months: pd.DataFrame | None
    contacts: pd.DataFrame | None
    tables: dict[str, pd.DataFrame]
    checks: pd.DataFrame
    refused: pd.DataFrame
    state: dict[str, Any] = field(default_factory=dict)


def read_ledger(
    sources: dict[str, SourceSpec],
    folder: Path,
    *,
    currency: str,
    as_of: dt.date | None,
    preparation: Preparation,
    engine: EngineSpec | None = None,
) -> LedgerResult:
    """Open all sources of a study, apply METHOD section 2 and reduce to facts, in a DuckDB of its own or in its engine."""
    import duckdb

    from clientbase.ledger.engine import open_engine, short
    from clientbase.ledger.engines import attached_file, open_warehouse
    from clientbase.ledger.opening import open_tables
    from clientbase.ledger.specification import source_paths
    from clientbase.limits import engine_refusal, told

    folder = folder.resolve()
    files = [path for spec in sources.values() for part in spec.parts.values() for path in source_paths(part, folder)]
    with (
        told(tempfile.gettempdir()),
        tempfile.TemporaryDirectory(prefix="clientbase-") as scratch,
        open_engine(Path(scratch), files, attached_file(engine, folder)) as local,
        open_warehouse(engine) as warehouse,
    ):
        limit = local.execute("select current_setting('memory_limit')").fetchone()[0]
        try:
            opened = open_tables(local, warehouse, sources, folder)
            return _reduced(opened, warehouse, currency=currency, as_of=as_of, preparation=preparation)
        except (duckdb.Error, ClientbaseError) as error:
            if refusal := engine_refusal(error, limit, Path(scratch).parent):
                raise LimitError(refusal) from None
            if not isinstance(error, duckdb.Error):
                raise
            raise DataError(
                f"the tables cannot be read to their end ({short(error)}). Check that the files are whole."
            ) from None


def _reduced(
    opened: Opened, warehouse: BaseBackend | None, *, currency: str, as_of: dt.date | None, preparation: Preparation
) -> LedgerResult:
    from clientbase.ledger.checked_tables import checked_table
    from clientbase.ledger.client_facts import build_facts
    from clientbase.ledger.contacts import reduce_activities, reduce_contacts, reduce_crm_facts
    from clientbase.ledger.engine import engine_name, frame
    from clientbase.ledger.facts import reduce_orders
    from clientbase.ledger.groups_of_clients import join_groups
    from clientbase.ledger.opening import beside
    from clientbase.ledger.orders import prepare_orders

    tables, checks = dict(opened.tables), list(opened.checks)
    for name in tables:
        if name != "orders":
            tables[name], found = checked_table(tables[name], name)
            checks += found
    checked, tables = tables, beside(warehouse, tables)
    sent = tables
    if preparation.client_level == "group":
        tables, found = join_groups(tables)
        checks += found
    prepared = prepare_orders(tables, currency=currency, as_of=as_of, preparation=preparation)
    window = prepared.window
    reductions = reduce_orders(prepared.lines, window=window, previous=previous_window(window))
    done = reduce_activities(tables, window)
    clients = frame(tables["clients"]) if "clients" in tables else None
    _refuse_nothing(reductions.clients, window)
    by_client = None if done is None else done.by_client
    built = build_facts(reductions, clients, by_client, reduce_crm_facts(tables, window), window=window)
    found = [*([] if done is None else done.checks), *_strange_costs(tables, built.facts)]
    checks += [*prepared.checks, *found, *built.checks, _reconciled(built, prepared.revenue)]
    return LedgerResult(
        facts=built.facts,
        months=reductions.months,
        groups=reductions.groups,
        group_money=reductions.group_money,
        discount_bands=reductions.discount_bands,
        work=None if done is None else done.work,
        work_months=None if done is None else done.client_months,
        contacts=reduce_contacts(tables, window),
        # As they were read, unless clients were joined to groups: an engine forgets the order of rows.
        tables={
            name: frame(_in_order(checked[name] if table is sent[name] else table, warehouse))
            for name, table in tables.items()
            if name not in REDUCED
        },
        checks=_listed(checks),
        refused=opened.refused,
        state={
            "as_of": prepared.as_of.isoformat(),
            "window": [window.start.isoformat(), window.end.isoformat(), window.months],
            "history_months": reductions.history_months,
            "n_active_products": reductions.n_active_products,
            **_steady_totals(unassigned_revenue=built.unassigned_revenue, total_revenue=built.total_revenue),
            "columns": opened.columns,
            "engine": engine_name(prepared.lines.get_backend()),
        },
    )


def _in_order(table: ir.Table, warehouse: BaseBackend | None) -> ir.Table:
    """Return a table sorted where its engine has no order of its own."""
    return table.order_by(table.columns) if table.get_backend() is warehouse else table


def _listed(checks: list[Check]) -> pd.DataFrame:
    from clientbase.ledger.engine import steady

    listed = pd.DataFrame([asdict(check) for check in checks])
    return listed.assign(amount=steady(listed["amount"].astype("float64")))


def _steady_totals(**totals: float) -> dict[str, float]:
    from clientbase.ledger.engine import steady

    return {name: float(value) for name, value in steady(pd.Series(totals, dtype="float64")).items()}


def _strange_costs(tables: dict[str, ir.Table], facts: pd.DataFrame) -> list[Check]:
    """Count the direct costs of clients that nobody else knows."""
    from clientbase.ledger.client_facts import strangers
    from clientbase.ledger.engine import frame

    if "direct_costs" not in tables:
        return []
    costs = tables["direct_costs"]
    return strangers("direct_costs", frame(costs.group_by("client_id").aggregate(n_rows=costs.count())), facts)


def _refuse_nothing(bought: pd.DataFrame, window: Window) -> None:
    """Stop when no client has a deal, at all or in the window: METHOD section 2, point 13."""
    from clientbase.ledger.weighing import UNASSIGNED

    bought = bought[bought["client_id"] != UNASSIGNED]
    if bought["n_deals_total"].sum() == 0:
        raise NothingToAnalyseError(
            f"table 'orders': no order brings a positive net revenue from a client up to {window.end}, so there are no "
            "deals to analyse. Check the columns revenue and client_id, and as_of."
        )
    if bought["n_deals"].sum() == 0:
        latest = pd.to_datetime(bought["last_deal_date"]).max().date()
        raise NothingToAnalyseError(
            f"table 'orders': no deal lies in the window {window.start} to {window.end}; the latest is of {latest}. "
            "Set as_of in study.toml to the day the data are loaded through."
        )


def _reconciled(built: BuiltFacts, revenue: float) -> Check:
    """Compare the facts with the lines they come from: METHOD section 2, point 12."""
    facts = float(built.facts["revenue"].sum()) + built.unassigned_revenue
    if abs(facts - revenue) > 0.01:
        raise DataError(
            f"clients and unassigned lines sum to {facts:.2f}, the lines to {revenue:.2f}: "
            "the ledger does not reconcile. This is a defect of clientbase; please report it with the study."
        )
    return Check("reconciled", "ok", amount=built.total_revenue)
