"""Order lines reduced to what the method needs: one row per client, client x month, client x product group.

Everything here is an Ibis expression; the lines are read twice (by order and day, by product) and all else follows from
those two reductions. A deal is an order whose net revenue, returns under its number included, is positive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis

from clientbase.ledger.engine import computed, days_between, steady_frame
from clientbase.method.discount_audit import BEYOND_LIST, DISCOUNT_BANDS, SURCHARGE
from clientbase.method.periods import month_number
from clientbase.method.rhythm import GRAIN_MONTHS, rhythm_periods

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

    from clientbase.method.periods import Window

DECIMALS = 6  # of the net revenue of an order; what a return leaves of it beyond them is such noise, no deal


@dataclass(frozen=True)
class Reductions:
    """The results on which the whole method runs.

    clients: one row per client_id with order lines (the unassigned lines too).
    months: one row per client_id x month with order lines, whole history.
    groups: one row per client_id x product_group with lines in the window; None without product groups.
    group_money: one row per client_id x product_group with lines in either window: the money of both; None as for groups.
    discount_bands: one row per client_id x discount_band with lines in the window; None without list prices.
    n_active_products: distinct products with positive net revenue in the window; None without products.
    history_months: months from the first order to the window's end.
    """

    clients: pd.DataFrame
    months: pd.DataFrame
    groups: pd.DataFrame | None
    group_money: pd.DataFrame | None
    discount_bands: pd.DataFrame | None
    n_active_products: int | None
    history_months: int


def reduce_orders(lines: ir.Table, *, window: Window, previous: Window) -> Reductions:
    """Reduce prepared order lines, see `ledger.orders`, to facts.

    Args:
        lines: prepared order lines.
        window: the analysed window P1; lines after its end are left out everywhere.
        previous: the comparison window P0.
    """
    lines = lines.filter(lines.date <= ibis.literal(window.end))
    order_days = computed(_order_days(lines))
    orders = computed(_orders(order_days))
    months = computed(_months(order_days, orders))
    history_months = _history_months(orders, window)
    products = _client_products(lines, window, previous)
    sums = [
        _sums_of_lines(order_days, window, previous),
        _sums_of_orders(orders, window, previous),
        _gaps(orders),
        _active_periods(months, window, history_months),
    ]
    if products is not None:
        products = computed(products)
        sums.append(
            products.filter(_is_positive(products.revenue)).group_by("client_id").aggregate(n_products=_count("product_id"))
        )
    return Reductions(
        clients=steady_frame(_joined(sums)),
        months=steady_frame(months.order_by(["client_id", "month"])),
        groups=_groups(products),
        group_money=_group_money(products),
        discount_bands=_discount_bands(lines, window),
        n_active_products=_active_products(products),
        history_months=history_months,
    )


def _count(column: str) -> ibis.Deferred:
    return ibis._[column].count()


def _is_positive(sum_of_money: ir.FloatingColumn) -> ir.BooleanColumn:
    return sum_of_money.round(DECIMALS) > 0


def _within(date: ir.DateValue, window: Window) -> ir.BooleanValue:
    return date.between(ibis.literal(window.start), ibis.literal(window.end))


def _order_days(lines: ir.Table) -> ir.Table:
    """One row per client_id x order_id x date: the money of that day."""
    there = set(lines.columns)
    sums = {
        "revenue": lines.revenue.sum(),
        "returned": ibis.least(lines.revenue, 0.0).sum(),
        "n_lines": lines.count(),
        "n_returns": (lines.revenue < 0).sum(),
    }
    if "qty" in there:
        sums["qty"] = lines.qty.sum()
    if "list_revenue" in there:
        sums["list_revenue"] = lines.list_revenue.sum()
        sums["discount"] = (lines.list_revenue - lines.revenue).sum()
    if "cost" in there:
        sums["cost"] = lines.cost.sum()
        sums["imputed_revenue"] = ibis.ifelse(lines.is_imputed, lines.revenue, 0.0).sum()
    if "delivery" in there:
        sums["is_delivered"] = lines.delivery.any()
    if "delivery_cost" in there:
        sums["delivery_cost"] = lines.delivery_cost.sum()
    if "pay_days" in there:
        sold = ibis.ifelse(lines.pay_days.notnull(), ibis.greatest(lines.revenue, 0.0), 0.0)
        sums |= {"sold_on_terms": sold.sum(), "days_on_terms": (sold * lines.pay_days).sum()}
    return lines.group_by(["client_id", "order_id", "date"]).aggregate(**sums)


def _orders(order_days: ir.Table) -> ir.Table:
    """One row per client_id x order_id: its first day, net revenue, and whether it is a deal."""
    sums = {"date": order_days.date.min(), "net": order_days.revenue.sum()}
    if "is_delivered" in order_days.columns:
        sums["is_delivered"] = order_days.is_delivered.any()
    orders = order_days.group_by(["client_id", "order_id"]).aggregate(**sums)
    return orders.mutate(is_deal=_is_positive(orders.net))


def _months(order_days: ir.Table, orders: ir.Table) -> ir.Table:
    """One row per client_id x month: revenue on its own dates, deals by the month of their first day."""
    money = {"margin": order_days.revenue - order_days.cost} if "cost" in order_days.columns else {}
    if "delivery_cost" in order_days.columns:
        money["delivery_cost"] = order_days.delivery_cost.fill_null(0.0)
    none = {name: ibis.literal(0.0) for name in money}
    first = lambda date: date.truncate("M").cast("date")  # noqa: E731
    sold = order_days.select(
        "client_id",
        month=first(order_days.date),
        revenue=order_days.revenue,
        **money,
        deal=ibis.literal(0),
        order=ibis.literal(0),
    )
    counts = orders.select(
        "client_id",
        month=first(orders.date),
        revenue=ibis.literal(0.0),
        **none,
        deal=ibis.ifelse(orders.is_deal, 1, 0),
        order=ibis.literal(1),
    )
    both = sold.union(counts.cast(dict(sold.schema().items())))
    return both.group_by(["client_id", "month"]).aggregate(
        revenue=both.revenue.sum(),
        **{name: both[name].sum() for name in money},
        n_deals=both.deal.sum().cast("int64"),
        n_orders=both.order.sum().cast("int64"),
    )


def _gaps(orders: ir.Table) -> ir.Table:
    """One row per client_id with deals: days with a deal and the median number of days between successive ones."""
    days = orders.filter(orders.is_deal).select("client_id", "date").distinct()
    before = days.date.lag().over(group_by="client_id", order_by="date")
    gaps = days.mutate(gap=days_between(days.date, before))
    return gaps.group_by("client_id").aggregate(n_deal_days=gaps.count(), median_gap_days=gaps.gap.cast("float64").median())


def _sums_of_lines(order_days: ir.Table, window: Window, previous: Window) -> ir.Table:
    """One row per client_id: the money of the window and of the one before."""
    now, before = _within(order_days.date, window), _within(order_days.date, previous)
    summed = [name for name in order_days.columns if name not in ("client_id", "order_id", "date", "is_delivered")]
    sums = {name: ibis.ifelse(now, order_days[name], 0).sum() for name in summed}
    sums["previous_revenue"] = ibis.ifelse(before, order_days.revenue, 0.0).sum()
    if "list_revenue" in summed:
        sums["previous_list_revenue"] = ibis.ifelse(before, order_days.list_revenue, 0.0).sum()
        sums["previous_discount"] = ibis.ifelse(before, order_days.discount, 0.0).sum()
    if "cost" in summed:
        margin = order_days.revenue - order_days.cost
        sums["margin"] = ibis.ifelse(now, margin, 0.0).sum()
        sums["previous_margin"] = ibis.ifelse(before, margin, 0.0).sum()
    return order_days.group_by("client_id").aggregate(**sums)


def _sums_of_orders(orders: ir.Table, window: Window, previous: Window) -> ir.Table:
    """One row per client_id: orders and deals of the window, the one before, and the whole history."""
    now, before = _within(orders.date, window), _within(orders.date, previous)
    deal_now = now & orders.is_deal
    sums = {
        "n_orders": now.sum(),
        "n_deals": deal_now.sum(),
        "largest_order": ibis.ifelse(now, orders.net, None).max(),
        "previous_n_deals": (before & orders.is_deal).sum(),
        "n_deals_total": orders.is_deal.sum(),
        "first_order_date": orders.date.min(),
        "first_deal_date": ibis.ifelse(orders.is_deal, orders.date, None).min(),
        "last_deal_date": ibis.ifelse(orders.is_deal, orders.date, None).max(),
    }
    if "is_delivered" in orders.columns:
        sums["n_delivered"] = (deal_now & orders.is_delivered).sum()
    return orders.group_by("client_id").aggregate(**sums)


def _history_months(orders: ir.Table, window: Window) -> int:
    first = orders.date.min().to_pyarrow().as_py()
    return 0 if first is None else month_number(window.end) - month_number(first) + 1


def _active_periods(months: ir.Table, window: Window, history_months: int) -> ir.Table:
    """One row per client_id with deals: window months with a deal, and periods of each grain's rhythm window with one.

    Which grain counts is known only once the flow to analyse is chosen, so all are counted: n_active_periods_1 (months),
    _3 (quarters), _6, _12, each over the last 12 complete periods, or as many as history has, that end with the window.
    """
    end = month_number(window.end)
    dealt = months.filter(months.n_deals > 0)
    dealt = dealt.mutate(back=end - (dealt.month.year() * 12 + dealt.month.month() - 1))
    return dealt.group_by("client_id").aggregate(
        n_active_months=dealt.back.nunique(where=dealt.back < window.months),
        **{
            f"n_active_periods_{length}": (dealt.back / length)
            .floor()
            .nunique(where=dealt.back < length * rhythm_periods(history_months, length))
            for length in GRAIN_MONTHS.values()
        },
    )


def _client_products(lines: ir.Table, window: Window, previous: Window) -> ir.Table | None:
    """One row per client_id x product_id with lines in the window or the one before: lines of the window, money of both."""
    if "product_id" not in lines.columns:
        return None
    keys = [name for name in ("client_id", "product_group", "product_id") if name in lines.columns]
    now, before = _within(lines.date, window), _within(lines.date, previous)
    sums = {}
    for name, money in _money(lines).items():
        sums |= {name: ibis.ifelse(now, money, 0.0).sum(), f"previous_{name}": ibis.ifelse(before, money, 0.0).sum()}
    return lines.filter(now | before).group_by(keys).aggregate(n_lines=now.sum(), **sums)


def _money(lines: ir.Table) -> dict[str, ir.FloatingValue]:
    """Return the amounts of a line that a price has to answer for."""
    money = {"revenue": lines.revenue}
    if "list_revenue" in lines.columns:
        money |= {"list_revenue": lines.list_revenue, "discount": lines.list_revenue - lines.revenue}
    if "cost" in lines.columns:
        money["margin"] = lines.revenue - lines.cost
    return money


def _groups(products: ir.Table | None) -> pd.DataFrame | None:
    if products is None or "product_group" not in products.columns:
        return None
    products = products.filter(products.n_lines > 0)
    positive = _is_positive(products.revenue) & products.product_id.notnull()
    groups = products.group_by(["client_id", "product_group"]).aggregate(
        revenue=products.revenue.sum(), n_lines=products.n_lines.sum(), n_products=positive.sum()
    )
    return steady_frame(groups.order_by(["client_id", "product_group"]))


def _group_money(products: ir.Table | None) -> pd.DataFrame | None:
    if products is None or "product_group" not in products.columns:
        return None
    names = [name for name in products.columns if name not in ("client_id", "product_group", "product_id", "n_lines")]
    groups = products.group_by(["client_id", "product_group"]).aggregate(**{name: products[name].sum() for name in names})
    return steady_frame(groups.order_by(["client_id", "product_group"]))


def _discount_bands(lines: ir.Table, window: Window) -> pd.DataFrame | None:
    """One row per client_id x discount_band: the money of the lines whose own discount lies in the band."""
    if "list_revenue" not in lines.columns:
        return None
    lines = lines.filter(_within(lines.date, window) & (lines.list_revenue != 0))
    part = ((lines.list_revenue - lines.revenue) / lines.list_revenue.nullif(0)).round(DECIMALS)
    cases = [(part < 0, SURCHARGE), *((part <= edge, name) for name, edge in DISCOUNT_BANDS.items())]
    lines = lines.mutate(discount_band=ibis.cases(*cases, else_=BEYOND_LIST))
    sums = {name: money.sum() for name, money in _money(lines).items()}
    bands = lines.group_by(["client_id", "discount_band"]).aggregate(n_lines=lines.count(), **sums)
    return steady_frame(bands.order_by(["client_id", "discount_band"]))


def _active_products(products: ir.Table | None) -> int | None:
    if products is None:
        return None
    sold = products.group_by("product_id").aggregate(revenue=products.revenue.sum())
    return int(sold.filter(_is_positive(sold.revenue)).product_id.nunique().to_pyarrow().as_py())


def _joined(sums: list[ir.Table]) -> ir.Table:
    """Put the columns of all tables into one row per client; the first table has every client."""
    table, *others = sums
    for other in others:
        table = table.left_join(other, "client_id", rname="{name}_again").drop("client_id_again")
    return table
