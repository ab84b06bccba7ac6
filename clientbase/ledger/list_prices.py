"""Prices before discount: a line without one counts as sold without a discount, and is counted as such."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from clientbase.ledger.engine import numbers

if TYPE_CHECKING:
    import ibis.expr.types as ir


def with_list_price(lines: ir.Table) -> ir.Table:
    """Return lines with list_revenue and is_unlisted, or with neither when no line has a price before discount.

    A price of 0 or less is none for goods that were sold: taken as it stands it would make the sale a surcharge. Discount and
    margin are then sums over the same lines.

    Args:
        lines: revenue and, where the study has it, list_revenue.
    """
    if "list_revenue" not in lines.columns:
        return lines
    is_unlisted = lines.list_revenue.isnull() | ((lines.revenue > 0) & (lines.list_revenue <= 0))
    if not numbers(lines, n_known=(~is_unlisted).sum())["n_known"]:
        return lines.drop("list_revenue")
    return lines.mutate(list_revenue=ibis.ifelse(is_unlisted, lines.revenue, lines.list_revenue), is_unlisted=is_unlisted)
