"""Order lines made ready for the method (M00): dated, in one currency, with clients, orders and costs settled.

Takes and returns Ibis expressions; only counts and totals come back as numbers. The rules are METHOD section 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis

from clientbase.errors import DataError, NothingToAnalyseError
from clientbase.ledger.checks import Check
from clientbase.ledger.engine import computed

if TYPE_CHECKING:
    import datetime as dt

    import ibis.expr.types as ir

    from clientbase.settings import Preparation

UNASSIGNED = "(unassigned)"
UNKNOWN_GROUP = "(unknown)"
MONEY = ("revenue", "list_revenue", "cost", "delivery_cost")


@dataclass(frozen=True)
class PreparedOrders:
    """The lines fit for the method, the day they are loaded through, what was found on the way."""

    lines: ir.Table
    as_of: dt.date
    checks: list[Check]


def prepare_orders(
    tables: dict[str, ir.Table], *, currency: str, as_of: dt.date | None, preparation: Preparation
) -> PreparedOrders:
    """Apply the rules of preparation to the table orders.

    Args:
        tables: the ledger's tables by name; orders is needed, clients, products, fx and activities are used when there.
        currency: the study's currency.
        as_of: the day data are loaded through; None takes the latest date of orders and activities.
        preparation: the settings of M00.

    Returns:
        lines with client_id (UNASSIGNED when missing), order_id, date, revenue and, as far as the study has them, line_no,
        product_id, product_group, qty, list_revenue, cost, is_imputed, delivery, delivery_cost, pay_days, manager_id.

    Raises DataError for mixed VAT, missing rates, too much revenue without a client, or circular groups.
    """
    checks: list[Check] = []
    lines, found = _without_repeats(tables["orders"])
    checks += found
    lines, as_of, found = _dated(lines, tables, as_of)
    checks += found
    _refuse_mixed_vat(lines)
    lines, found = _in_one_currency(lines, tables.get("fx"), currency)
    checks += found
    lines, found = _with_clients(lines, tables.get("clients"), preparation)
    checks += found
    lines, found = _with_orders(lines, preparation)
    checks += found
    lines, found = _with_products(lines, tables.get("products"))
    checks += found
    lines, found = _with_cost(lines, preparation)
    return PreparedOrders(lines, as_of, checks + found)


def _numbers(table: ir.Table, **expressions: ir.Value) -> dict:
    """Return the single row of an aggregate as a dictionary."""
    row = table.aggregate(**expressions).to_pyarrow().to_pylist()[0]
    return {name: 0 if value is None and name.startswith("n_") else value for name, value in row.items()}


def _total(value: ir.Value) -> ir.Value:
    return value.sum().fill_null(0)


def _without_repeats(lines: ir.Table) -> tuple[ir.Table, list[Check]]:
    """Drop lines that repeat another exactly; keep and report those that only share its number, or have no number."""
    if not {"order_id", "line_no"} <= set(lines.columns):
        return lines, _equal_lines(lines)
    key = ["order_id", "line_no"]
    numbered = lines.filter(lines.order_id.notnull() & lines.line_no.notnull())
    repeated = computed(numbered.group_by(key).aggregate(n=lambda t: t.count()).filter(ibis._.n > 1).drop("n"))
    if not _numbers(repeated, n_keys=repeated.count())["n_keys"]:
        return lines, []
    among = lines.semi_join(repeated, key)
    once = among.distinct()
    before = _numbers(among, n_rows=among.count(), amount=_total(among.revenue))
    after = _numbers(once, n_rows=once.count(), amount=_total(once.revenue))
    conflicts = once.group_by(key).aggregate(n=lambda t: t.count()).filter(ibis._.n > 1)
    left = conflicts.aggregate(n_rows=conflicts.n.sum(), examples=conflicts.order_id.min()).to_pyarrow().to_pylist()[0]
    checks = []
    if dropped := before["n_rows"] - after["n_rows"]:
        checks.append(Check("duplicates", "note", n=dropped, amount=before["amount"] - after["amount"]))
    if left["n_rows"]:
        checks.append(Check("conflicts", "warning", n=left["n_rows"], examples=str(left["examples"])))
    return lines.anti_join(repeated, key).union(once), checks


def _equal_lines(lines: ir.Table) -> list[Check]:
    if "order_id" not in lines.columns:
        return []
    equal = lines.group_by(lines.columns).aggregate(copies=lambda t: t.count()).filter(ibis._.copies > 1)
    found = _numbers(equal, n_rows=(equal.copies - 1).sum(), amount=_total((equal.copies - 1) * equal.revenue))
    return [Check("equal_lines", "note", n=found["n_rows"], amount=found["amount"])] if found["n_rows"] else []


def _dated(lines: ir.Table, tables: dict[str, ir.Table], as_of: dt.date | None) -> tuple[ir.Table, dt.date, list[Check]]:
    """Refuse lines without date or revenue and leave out those after the day the data are loaded through."""
    found = _numbers(
        lines,
        n_lines=lines.count(),
        n_no_date=lines.date.isnull().sum(),
        n_no_revenue=(lines.date.notnull() & lines.revenue.isnull()).sum(),
        amount=_total(lines.revenue),
        latest=lines.date.max(),
    )
    checks = [Check("lines", "ok", n=found["n_lines"], amount=found["amount"])]
    if found["n_no_date"]:
        checks.append(Check("no_date", "warning", n=found["n_no_date"]))
    if found["n_no_revenue"]:
        checks.append(Check("no_revenue", "warning", n=found["n_no_revenue"]))
    if found["latest"] is None:
        raise NothingToAnalyseError("table 'orders': no line has both a date and a revenue, so there is nothing to analyse.")
    lines = lines.filter(lines.date.notnull() & lines.revenue.notnull())
    if as_of is None:
        activities = tables.get("activities")
        latest = [found["latest"], activities.date.max().to_pyarrow().as_py() if activities is not None else None]
        as_of = max(day for day in latest if day is not None)
        return lines, as_of, [*checks, Check("as_of_from_data", "warning", date=as_of.isoformat())]
    late = lines.filter(lines.date > ibis.literal(as_of))
    after = _numbers(late, n_rows=late.count(), amount=_total(late.revenue))
    if after["n_rows"]:
        checks.append(Check("after_as_of", "note", n=after["n_rows"], amount=after["amount"], date=as_of.isoformat()))
    return lines.filter(lines.date <= ibis.literal(as_of)), as_of, checks


def _refuse_mixed_vat(lines: ir.Table) -> None:
    if "vat_included" not in lines.columns:
        return
    kinds = {str(row["vat_included"]) for row in lines.select("vat_included").distinct().to_pyarrow().to_pylist()}
    if len(kinds) > 1:
        raise DataError(
            f"table 'orders': vat_included holds {', '.join(sorted(kinds))}; revenue with and without VAT cannot be added. "
            "Export all lines alike, or bring them to one side in sql = '...'."
        )


def _in_one_currency(lines: ir.Table, fx: ir.Table | None, currency: str) -> tuple[ir.Table, list[Check]]:
    """Convert money by the rate of the line's month; no rate is assumed to be 1 but that of the study's currency."""
    if "currency" not in lines.columns:
        return lines, []
    code = lines.currency.upper().fill_null("(empty)")
    lines = lines.mutate(currency=code, month=lines.date.truncate("M").cast("date"))
    foreign = lines.filter(lines.currency != currency.upper())
    n_foreign = _numbers(foreign, n_rows=foreign.count())["n_rows"]
    if not n_foreign:
        return lines.drop("currency", "month"), []
    pairs = foreign.select("currency", "month").distinct()
    if fx is not None:
        fx = fx.select(currency=fx.currency.upper(), month=fx.month, rate=fx.rate).filter(ibis._.rate > 0)
        pairs = pairs.anti_join(fx, ["currency", "month"])
    missing = [
        f"{row['currency']} {row['month']:%Y-%m}" for row in pairs.order_by(["currency", "month"]).to_pyarrow().to_pylist()
    ]
    if missing:
        raise DataError(
            f"table 'orders': no rate to {currency} for {', '.join(missing[:12])}{' and more' * (len(missing) > 12)}. "
            "Add them to the table fx (currency, month, rate)."
        )
    joined = lines.left_join(fx, ["currency", "month"], rname="{name}_of_rate")
    rate = ibis.ifelse(joined.currency == currency.upper(), 1.0, joined.rate)
    converted = joined.mutate(**{name: joined[name] * rate for name in MONEY if name in lines.columns})
    return converted.select(*(name for name in lines.columns if name not in ("currency", "month"))), [
        Check("converted", "note", n=n_foreign)
    ]


def _with_clients(lines: ir.Table, clients: ir.Table | None, preparation: Preparation) -> tuple[ir.Table, list[Check]]:
    """Name the lines without a client, join legal entities into groups if asked, and weigh what stays unassigned."""
    checks = []
    if preparation.client_level == "group":
        heads = _heads_of_groups(clients)
        joined = lines.left_join(ibis.memtable(heads, schema={"client_id": "string", "head_id": "string"}), "client_id")
        lines = joined.mutate(client_id=ibis.coalesce(joined.head_id, joined.client_id)).select(*lines.columns)
        checks.append(Check("grouped", "note", n=len(heads)))
    found = _numbers(
        lines,
        n_rows=lines.client_id.isnull().sum(),
        amount=_total(ibis.ifelse(lines.client_id.isnull(), lines.revenue, 0)),
        total=_total(lines.revenue),
    )
    lines = lines.mutate(client_id=lines.client_id.fill_null(UNASSIGNED))
    if not found["n_rows"]:
        return lines, checks
    share = abs(found["amount"]) / abs(found["total"]) if found["total"] else 1.0
    if share > preparation.max_unassigned_share:
        raise DataError(
            f"table 'orders': {found['n_rows']} lines with {share:.1%} of revenue have no client; at most "
            f"{preparation.max_unassigned_share:.1%} is allowed. Complete client_id in the export, or, knowing what is left "
            "out, raise max_unassigned_share in study.toml, section [preparation]; the report then says so on its first page."
        )
    level = "warning" if share > preparation.unassigned_warning else "note"
    return lines, [*checks, Check("unassigned", level, n=found["n_rows"], amount=found["amount"], share=share)]


def _heads_of_groups(clients: ir.Table | None) -> list[dict[str, str]]:
    """Return client_id -> head_id for the clients that belong to another one, following chains to their end."""
    if clients is None or "parent_id" not in clients.columns:
        raise DataError(
            "client_level = 'group' needs clients.parent_id. Map it in study.toml, section [sources.clients.columns]."
        )
    rows = clients.filter(clients.parent_id.notnull()).select("client_id", "parent_id").to_pyarrow().to_pylist()
    parent = {row["client_id"]: row["parent_id"] for row in rows if row["client_id"] != row["parent_id"]}
    heads = []
    for client in sorted(parent):
        seen, head = {client}, parent[client]
        while head in parent:
            if head in seen:
                raise DataError(
                    f"table 'clients': parent_id runs in a circle through {', '.join(sorted(seen))}. Correct one of them."
                )
            seen.add(head)
            head = parent[head]
        heads.append({"client_id": client, "head_id": head})
    return heads


def _with_orders(lines: ir.Table, preparation: Preparation) -> tuple[ir.Table, list[Check]]:
    """Give every line an order, and a return the date that the study wants."""
    one_a_day = ibis.literal("day ") + lines.date.cast("string")
    if "order_id" not in lines.columns:
        return lines.mutate(order_id=one_a_day), [Check("no_order_id", "warning")]
    checks = []
    if missing := _numbers(lines, n_rows=lines.order_id.isnull().sum())["n_rows"]:
        checks.append(Check("missing_order_id", "warning", n=missing))
        lines = lines.mutate(order_id=ibis.coalesce(lines.order_id, one_a_day))
    if preparation.returns_at == "origin" and "return_of" in lines.columns:
        origins = lines.group_by(return_of=lines.order_id).aggregate(origin_date=lambda t: t.date.min())
        joined = lines.left_join(origins, "return_of")
        lines = joined.mutate(date=ibis.coalesce(joined.origin_date, joined.date)).select(*lines.columns)
    returns = _numbers(lines, n_rows=(lines.revenue < 0).sum(), amount=_total(ibis.ifelse(lines.revenue < 0, lines.revenue, 0)))
    if returns["n_rows"]:
        checks.append(Check("returns", "note", n=returns["n_rows"], amount=returns["amount"], where=preparation.returns_at))
    return lines, checks


def _with_products(lines: ir.Table, products: ir.Table | None) -> tuple[ir.Table, list[Check]]:
    """Add each line's product group and unit cost from the product list."""
    if products is None or "product_id" not in lines.columns:
        return lines, []
    known = products.select("product_id", *(name for name in ("product_group", "unit_cost") if name in products.columns))
    joined = lines.left_join(known, "product_id", rname="{name}_of_product").drop("product_id_of_product")
    unknown = _numbers(joined, n_rows=joined.product_group.isnull().sum())["n_rows"]
    checks = [Check("unknown_products", "warning", n=unknown)] if unknown else []
    return joined.mutate(product_group=joined.product_group.fill_null(UNKNOWN_GROUP)), checks


def _with_cost(lines: ir.Table, preparation: Preparation) -> tuple[ir.Table, list[Check]]:
    """Settle the variable cost of every line: its own, its product's, or by the margin rate of its group."""
    own = [lines.cost] if "cost" in lines.columns else []
    by_product = [lines.qty * lines.unit_cost] if {"qty", "unit_cost"} <= set(lines.columns) else []
    if not own + by_product:
        return lines.drop(*({"cost", "unit_cost"} & set(lines.columns))), []
    lines = lines.mutate(cost=ibis.coalesce(*own, *by_product))
    found = _numbers(
        lines,
        n_missing=lines.cost.isnull().sum(),
        n_known=lines.cost.notnull().sum(),
        missing=_total(ibis.ifelse(lines.cost.isnull(), lines.revenue, 0)),
        total=_total(lines.revenue),
    )
    if not found["n_known"]:
        return lines.drop(*({"cost", "unit_cost"} & set(lines.columns))), []
    if not found["n_missing"]:
        return lines.mutate(is_imputed=ibis.literal(False)), []
    share = found["missing"] / found["total"] if found["total"] else 1.0
    checks = [Check("imputed_cost", "note", n=found["n_missing"], share=share)]
    if share > preparation.max_imputed_share:
        checks.append(Check("indicative_margin", "warning", share=share))
    return _imputed(lines), checks


def _imputed(lines: ir.Table) -> ir.Table:
    """Fill missing costs with revenue x (1 - margin rate), the rate of the line's group or, without one, of all lines."""
    group = lines.product_group if "product_group" in lines.columns else ibis.literal(UNKNOWN_GROUP)
    lines = lines.mutate(rate_group=group)
    known = lines.filter(lines.cost.notnull())
    cost_share = lambda t: ibis.ifelse(t.revenue.sum() > 0, t.cost.sum() / t.revenue.sum().nullif(0), None)  # noqa: E731
    by_group = known.group_by("rate_group").aggregate(group_cost_share=cost_share)
    overall = known.aggregate(overall_cost_share=cost_share(known))
    joined = lines.left_join(by_group, "rate_group").cross_join(overall)
    estimate = joined.revenue * ibis.coalesce(joined.group_cost_share, joined.overall_cost_share)
    filled = joined.mutate(cost=ibis.coalesce(joined.cost, estimate), is_imputed=joined.cost.isnull())
    return filled.select(*(name for name in lines.columns if name != "rate_group"), "is_imputed")
