"""The variable cost of every order line: its own, its product's, or an estimate that is marked: METHOD section 2, point 8."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from clientbase.ledger.engine import numbers

if TYPE_CHECKING:
    import ibis.expr.types as ir


def with_cost(lines: ir.Table) -> ir.Table:
    """Return lines with cost and is_imputed, or with neither when no cost is known and the margin gate stays closed.

    Args:
        lines: revenue and, as far as they are known, cost, qty, unit_cost (of the product), product_group.
    """
    own = [lines.cost] if "cost" in lines.columns else []
    by_product = [lines.qty * lines.unit_cost] if {"qty", "unit_cost"} <= set(lines.columns) else []
    bare = lines.drop(*({"cost", "unit_cost"} & set(lines.columns)))
    if not own + by_product:
        return bare
    lines = lines.mutate(cost=ibis.coalesce(*own, *by_product)).drop(*({"unit_cost"} & set(lines.columns)))
    is_known = lines.cost.notnull()
    found = numbers(
        lines, n_known=is_known.sum(), n_missing=(~is_known).sum(), known=ibis.ifelse(is_known, lines.revenue, 0).sum()
    )
    if not found["n_known"] or (found["n_missing"] and not found["known"] > 0):
        return bare  # no rate can be had from lines that bring nothing
    if not found["n_missing"]:
        return lines.mutate(is_imputed=ibis.literal(False))
    return _imputed(lines)


def _imputed(lines: ir.Table) -> ir.Table:
    """Fill missing costs with revenue x (1 - margin rate), the rate of the line's group or, without one, of all lines."""
    group = lines.product_group if "product_group" in lines.columns else ibis.literal("")
    lines = lines.mutate(rate_group=group)
    known = lines.filter(lines.cost.notnull())
    by_group = known.group_by("rate_group").aggregate(group_cost_share=_cost_share(known))
    overall = known.aggregate(overall_cost_share=_cost_share(known))
    joined = lines.left_join(by_group, "rate_group").cross_join(overall)
    estimate = joined.revenue * ibis.coalesce(joined.group_cost_share, joined.overall_cost_share)
    filled = joined.mutate(cost=ibis.coalesce(joined.cost, estimate), is_imputed=joined.cost.isnull())
    return filled.select(*(name for name in lines.columns if name != "rate_group"), "is_imputed")


def _cost_share(lines: ir.Table) -> ir.FloatingScalar:
    revenue = lines.revenue.sum()
    return ibis.ifelse(revenue > 0, lines.cost.sum() / revenue.nullif(0), None)
