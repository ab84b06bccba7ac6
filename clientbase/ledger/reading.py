"""A study's tables read once, checked and reduced: what the notebooks work on, and what was found on the way."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from clientbase.errors import DataError, NothingToAnalyseError, StudyError
from clientbase.ledger.checks import Check
from clientbase.ledger.tables import TABLES
from clientbase.method.periods import analysis_window, previous_window

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    import duckdb
    import ibis.expr.types as ir

    from clientbase.ledger.columns import Unreadable
    from clientbase.ledger.specification import SourceSpec
    from clientbase.settings import Preparation

REFUSED_ROWS_KEPT = 1000
REDUCED = ("orders", "activities", "crm_facts", "clients")  # reach the notebooks only as facts


@dataclass(frozen=True)
class LedgerResult:
    """Everything a study's tables give.

    facts: one row per client, see CONTRIBUTING.md "The facts table".
    months: one row per client_id x month, groups: one row per client_id x product_group, or None; both with the lines
        that have no client, as UNASSIGNED.
    tables: the small tables of the study (products, criteria, scores ...) by name, as checked.
    checks: one row per finding. refused: the lines left out, with the reason (the first thousand of each kind).
    state: as_of, window and previous (start, end, months), history_months, n_active_products, unassigned_revenue,
        total_revenue, and columns: our name -> name in the export, by table.
    """

    facts: pd.DataFrame
    months: pd.DataFrame
    groups: pd.DataFrame | None
    tables: dict[str, pd.DataFrame]
    checks: pd.DataFrame
    refused: pd.DataFrame
    state: dict[str, Any] = field(default_factory=dict)


def read_ledger(
    sources: dict[str, SourceSpec], folder: Path, *, currency: str, as_of: dt.date | None, preparation: Preparation
) -> LedgerResult:
    """Open all sources of a study in a DuckDB of its own, apply METHOD section 2 and reduce to facts."""
    import duckdb

    with tempfile.TemporaryDirectory(prefix="clientbase-") as scratch, duckdb.connect() as engine:
        engine.execute("set temp_directory = $1", [scratch])
        engine.execute("set enable_progress_bar = false")
        engine.execute("set TimeZone = 'UTC'")  # a moment written with a zone is the same day on every machine
        return _read(engine, sources, folder, currency=currency, as_of=as_of, preparation=preparation)


def _read(
    engine: duckdb.DuckDBPyConnection,
    sources: dict[str, SourceSpec],
    folder: Path,
    *,
    currency: str,
    as_of: dt.date | None,
    preparation: Preparation,
) -> LedgerResult:
    import ibis

    from clientbase.ledger.client_facts import build_facts, reduce_activities, reduce_crm_facts
    from clientbase.ledger.facts import reduce_orders
    from clientbase.ledger.orders import prepare_orders
    from clientbase.ledger.sources import relation_of

    columns, checks, refused = _open_sources(engine, sources, folder)
    backend = ibis.duckdb.from_connection(engine)
    tables = {name: backend.table(relation_of(name)) for name in columns}
    for name in tables:
        if name != "orders":
            tables[name], found = _checked_table(tables[name], name)
            checks += found
    prepared = prepare_orders(tables, currency=currency, as_of=as_of, preparation=preparation)
    window = analysis_window(prepared.as_of, months=preparation.window_months)
    previous = previous_window(window)
    reductions = reduce_orders(prepared.lines, window=window, previous=previous)
    activities, found = reduce_activities(tables, window)
    clients = tables["clients"].to_pandas() if "clients" in tables else None
    built = build_facts(reductions, clients, activities, reduce_crm_facts(tables, window), window=window)
    checks += prepared.checks + found + built.checks + _tail_of_the_data(prepared.lines, window, built)
    return LedgerResult(
        facts=built.facts,
        months=reductions.months,
        groups=reductions.groups,
        tables={name: table.to_pandas() for name, table in tables.items() if name not in REDUCED},
        checks=pd.DataFrame([asdict(check) for check in checks]),
        refused=refused,
        state={
            "as_of": prepared.as_of.isoformat(),
            "window": [window.start.isoformat(), window.end.isoformat(), window.months],
            "history_months": reductions.history_months,
            "n_active_products": reductions.n_active_products,
            "unassigned_revenue": built.unassigned_revenue,
            "total_revenue": built.total_revenue,
            "columns": columns,
        },
    )


def _open_sources(
    engine: duckdb.DuckDBPyConnection, sources: dict[str, SourceSpec], folder: Path
) -> tuple[dict[str, dict[str, str]], list[Check], pd.DataFrame]:
    """Read every source; return the columns found, the findings, and the rows refused."""
    from clientbase.ledger.sources import open_source

    if "orders" not in sources:
        raise StudyError("study.toml has no section [sources.orders]; the order lines are the one table nobody can do without.")
    columns, checks, refused = {}, [], []
    for name, spec in sources.items():
        columns[name], unreadable, spoiled = open_source(engine, name, spec, folder)
        checks += [_unreadable(found) for found in unreadable]
        if len(spoiled):
            lines = ", ".join(
                f"line {line}: {problem}" for line, problem in zip(spoiled["line"][:3], spoiled["problem"][:3], strict=True)
            )
            checks.append(Check("spoiled", "warning", n=spoiled["line"].nunique(), table=name, examples=lines))
        refused.append(spoiled.head(REFUSED_ROWS_KEPT).assign(table=name))
        if name == "orders":
            refused.append(_refused_lines(engine))
        if extra := _ignored(engine, name, spec, columns[name]):
            checks.append(Check("ignored_columns", "note", table=name, examples=", ".join(extra)))
    frames = [frame for frame in refused if len(frame)]
    everything = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["line", "problem", "text", "table"])
    return columns, checks, everything[["table", "line", "problem", "text"]]


def _unreadable(found: Unreadable) -> Check:
    examples = ", ".join(map(repr, found.examples))
    return Check(
        "unreadable", "warning", n=found.n_values, table=found.table, column=found.column, examples=examples, hint=found.hint
    )


def _refused_lines(engine: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Return the order lines whose date or revenue could not be read, as the export wrote them."""
    return (
        engine.execute(
            f"""
        select row_number() over () as line, problem, "text" from (
            select case when ours.date is null then 'no date' else 'no revenue' end as problem,
                   left(to_json(theirs)::varchar, 400) as "text"
            from (select row_number() over () as n, date, revenue from ledger_orders) ours
            join (select row_number() over () as n, * from raw_orders) theirs using (n)
            where ours.date is null or ours.revenue is null limit {REFUSED_ROWS_KEPT})
        """
        )
        .df()
        .assign(table="orders")
        if _has_refused(engine)
        else pd.DataFrame()
    )


def _has_refused(engine: duckdb.DuckDBPyConnection) -> bool:
    return engine.execute("select count(*) from ledger_orders where date is null or revenue is null").fetchone()[0] > 0


def _ignored(engine: duckdb.DuckDBPyConnection, name: str, spec: SourceSpec, used: dict[str, str]) -> list[str]:
    if spec.sql:
        return []  # a query chooses its columns itself
    there = [row[0] for row in engine.execute(f'describe "raw_{name}"').fetchall()]
    return [column for column in there if column not in used.values()]


def _checked_table(table: ir.Table, name: str) -> tuple[ir.Table, list[Check]]:
    """Leave out rows without a required value and exact repeats; stop when two rows claim one key."""
    schema = TABLES[name]
    checks = []
    for column in [c for c, spec in schema.columns.items() if spec.required]:
        if lacking := int(table[column].isnull().sum().to_pyarrow().as_py() or 0):
            checks.append(Check("incomplete_rows", "warning", n=lacking, table=name, column=column))
            table = table.filter(table[column].notnull())
    key = [column for column in schema.key if column in table.columns]
    if key:
        before, table = int(table.count().to_pyarrow().as_py()), table.distinct()
        if repeated := before - int(table.count().to_pyarrow().as_py()):
            checks.append(Check("repeated_rows", "note", n=repeated, table=name))
        _refuse_conflicts(table, name, key)
    return table, checks


def _refuse_conflicts(table: ir.Table, name: str, key: list[str]) -> None:
    counts = table.group_by(key).aggregate(copies=lambda t: t.count())
    twice = counts.filter(counts.copies > 1).order_by(key).limit(5).to_pyarrow().to_pylist()
    if twice:
        examples = "; ".join(", ".join(str(row[column]) for column in key) for row in twice)
        raise DataError(
            f"table '{name}': several rows with different content share {' + '.join(key)} ({examples}). "
            "One row each is needed: correct the export, or choose the row in sql = '...'."
        )


def _tail_of_the_data(lines: ir.Table, window: Any, built: Any) -> list[Check]:
    """Reconcile clients with lines, and say what lies after the last complete month."""
    import ibis

    late = lines.date > ibis.literal(window.end)
    inside = lines.date.between(ibis.literal(window.start), ibis.literal(window.end))
    row = (
        lines.aggregate(
            n_late=late.sum(),
            late=ibis.ifelse(late, lines.revenue, 0.0).sum(),
            inside=ibis.ifelse(inside, lines.revenue, 0.0).sum(),
        )
        .to_pyarrow()
        .to_pylist()[0]
    )
    if built.facts["n_deals_total"].sum() == 0:
        raise NothingToAnalyseError("table 'orders': no order brings a positive net revenue, so there are no deals to analyse.")
    if built.facts["n_deals"].sum() == 0:
        latest = built.facts["last_deal_date"].max().date()
        raise NothingToAnalyseError(
            f"table 'orders': no deal lies in the window {window.start} to {window.end}; the latest is of {latest}. "
            "Set as_of in study.toml to the day the data are loaded through."
        )
    if abs(row["inside"] - built.total_revenue) > 0.01:
        raise DataError(
            f"clients and unassigned lines sum to {built.total_revenue:.2f}, the lines to {row['inside']:.2f}: "
            "the ledger does not reconcile. This is a defect of clientbase; please report it with the study."
        )
    checks = [Check("reconciled", "ok", amount=built.total_revenue)]
    if row["n_late"]:
        checks.append(Check("incomplete_month", "note", n=row["n_late"], amount=row["late"]))
    return checks
