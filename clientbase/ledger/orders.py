"""Order lines made ready for the method (M00): dated, in one currency, with clients, orders and costs settled.

Takes and returns Ibis expressions; only counts and totals come back as numbers. The rules are METHOD section 2.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import ibis

from clientbase.errors import DataError, NothingToAnalyseError
from clientbase.ledger.checks import Check
from clientbase.ledger.costs import with_cost
from clientbase.ledger.currencies import in_one_currency
from clientbase.ledger.engine import numbers, total
from clientbase.ledger.list_prices import with_list_price
from clientbase.ledger.repeats import without_repeats
from clientbase.ledger.weighing import UNASSIGNED, UNKNOWN_GROUP, weigh
from clientbase.method.periods import Window, analysis_window

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from clientbase.sections import Preparation


@dataclass(frozen=True)
class PreparedOrders:
    """The lines fit for the method, the day they are loaded through, the window, what was found on the way.

    revenue: net revenue of the lines of the window, which the facts must sum to.
    """

    lines: ir.Table
    as_of: dt.date
    window: Window
    checks: list[Check]
    revenue: float


def prepare_orders(
    tables: dict[str, ir.Table], *, currency: str, as_of: dt.date | None, preparation: Preparation
) -> PreparedOrders:
    """Apply the rules of preparation to the table orders.

    Args:
        tables: the ledger's tables by name; orders is needed, products, fx and activities are used when there.
        currency: the study's currency.
        as_of: the day data are loaded through; None takes the latest date of orders and activities.
        preparation: the settings of M00.

    Returns:
        lines with client_id (UNASSIGNED when missing), order_id, date, revenue and, as far as the study has them, line_no,
        product_id, product_group, qty, list_revenue, is_unlisted, cost, is_imputed, delivery, delivery_cost, pay_days,
        manager_id.

    Raises DataError for mixed VAT, missing rates, or too much revenue without a client; NothingToAnalyseError without a date.
    """
    seen = _look(tables["orders"], as_of)
    _refuse_mixed_vat(seen)
    last_day, checks = _last_day(seen, tables.get("activities"), as_of)
    lines, found = without_repeats(tables["orders"])
    checks += found
    lines = lines.filter(lines.date.notnull() & lines.revenue.notnull() & (lines.date <= ibis.literal(last_day)))
    lines, converted = in_one_currency(lines, tables.get("fx"), currency.upper())
    if converted:  # sums of several currencies say nothing
        checks = [replace(check, amount=None) for check in checks]
    lines, undated = _with_orders(lines.mutate(client_id=lines.client_id.fill_null(UNASSIGNED)), seen, preparation)
    lines = with_list_price(with_cost(_with_products(lines, tables.get("products"))))
    window = analysis_window(last_day, months=preparation.window_months)
    weighed, revenue = weigh(lines, window, preparation)
    return PreparedOrders(lines, last_day, window, [*checks, *converted, *undated, *weighed], revenue)


def _look(lines: ir.Table, as_of: dt.date | None) -> dict[str, Any]:
    """Return the counts of the lines as they were exported, in one pass."""
    is_late = lines.date > ibis.literal(as_of) if as_of else ibis.literal(False)
    asked = {
        "n_lines": lines.count(),
        "amount": total(lines.revenue),
        "n_no_date": lines.date.isnull().sum(),
        "n_no_revenue": (lines.date.notnull() & lines.revenue.isnull()).sum(),
        "latest": lines.date.max(),
        "n_late": (is_late & lines.revenue.notnull()).sum(),
        "late": total(ibis.ifelse(is_late, lines.revenue, 0)),
    }
    if "order_id" in lines.columns:
        asked["n_no_order"] = lines.order_id.isnull().sum()
    if "vat_included" in lines.columns:
        asked |= {
            "n_with_vat": lines.vat_included.sum(),
            "n_without_vat": (~lines.vat_included).sum(),
            "n_vat_unknown": lines.vat_included.isnull().sum(),
        }
    return numbers(lines, **asked)


def _refuse_mixed_vat(seen: dict[str, Any]) -> None:
    kinds = {"with": "n_with_vat", "without": "n_without_vat", "unknown": "n_vat_unknown"}
    found = {kind: seen[name] for kind, name in kinds.items() if seen.get(name)}
    if len(found) > 1:
        counted = ", ".join(f"{kind} {n}" for kind, n in found.items())
        raise DataError(
            f"table 'orders': vat_included differs between lines ({counted}); revenue with and without VAT cannot be added. "
            "Export all lines alike, or bring them to one side in sql = '...'."
        )


def _last_day(seen: dict[str, Any], activities: ir.Table | None, as_of: dt.date | None) -> tuple[dt.date, list[Check]]:
    """Return the day the data are loaded through, and what the first look found."""
    checks = [Check("lines", "ok", n=seen["n_lines"], amount=seen["amount"])]
    checks += [Check(name, "warning", n=seen[f"n_{name}"]) for name in ("no_date", "no_revenue") if seen[f"n_{name}"]]
    if seen["n_lines"] == seen["n_no_date"] + seen["n_no_revenue"]:
        raise NothingToAnalyseError("table 'orders': no line has both a date and a revenue, so there is nothing to analyse.")
    if as_of is not None:
        if seen["n_late"]:
            checks.append(Check("after_as_of", "note", n=seen["n_late"], amount=seen["late"], date=as_of.isoformat()))
        return as_of, checks
    latest = [seen["latest"], activities.date.max().to_pyarrow().as_py() if activities is not None else None]
    last_day = max(day for day in latest if day is not None)
    return last_day, [*checks, Check("as_of_from_data", "warning", date=last_day.isoformat())]


def _with_orders(lines: ir.Table, seen: dict[str, Any], preparation: Preparation) -> tuple[ir.Table, list[Check]]:
    """Give every line an order, and a return the date that the study wants."""
    one_a_day = ibis.literal("day ") + lines.date.cast("string")
    if "order_id" not in lines.columns:
        return lines.mutate(order_id=one_a_day), [Check("no_order_id", "warning")]
    checks = []
    if seen["n_no_order"]:
        checks.append(Check("missing_order_id", "warning", n=seen["n_no_order"]))
        lines = lines.mutate(order_id=ibis.coalesce(lines.order_id, one_a_day))
    if preparation.returns_at == "origin":
        lines, found = _returned_at_origin(lines)
        checks += found
    return lines, checks


def _returned_at_origin(lines: ir.Table) -> tuple[ir.Table, list[Check]]:
    """Date a return as the order it returns, as far as that order of the client is there."""
    if "return_of" not in lines.columns:
        raise DataError(
            "returns_at = 'origin' needs orders.return_of, the order that a line returns. Map it in study.toml, section "
            "[sources.orders.columns], or set returns_at = 'own'."
        )
    origins = lines.group_by(["client_id", "order_id"]).aggregate(origin_date=lambda t: t.date.min())
    origins = origins.select("client_id", "origin_date", return_of=origins.order_id)
    joined = lines.left_join(origins, ["client_id", "return_of"])
    is_return = joined.revenue < 0
    lost = numbers(joined, n=(is_return & joined.origin_date.isnull()).sum())["n"]
    date = ibis.ifelse(is_return, ibis.coalesce(joined.origin_date, joined.date), joined.date)
    checks = [Check("lost_origin", "warning", n=lost)] if lost else []
    return joined.mutate(date=date).select(*lines.columns), checks


def _with_products(lines: ir.Table, products: ir.Table | None) -> ir.Table:
    """Add each line's product group and unit cost from the product list."""
    if products is None or "product_id" not in lines.columns:
        return lines
    known = products.select("product_id", *(name for name in ("product_group", "unit_cost") if name in products.columns))
    joined = lines.left_join(known, "product_id", rname="{name}_of_product").drop("product_id_of_product")
    return joined.mutate(product_group=joined.product_group.fill_null(UNKNOWN_GROUP))
