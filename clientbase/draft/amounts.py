"""Money of a line: revenue, revenue before discount and cost, taken from a column or computed from others.

What a column means (does `Sales` include the discount?) is asked of the numbers first and of the person last.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from clientbase.draft.bench import Bench
from clientbase.draft.expressions import Ref, number_sql
from clientbase.draft.plan import Item, item

AGREE = 0.95  # share of lines in which an identity must hold to be believed
ENOUGH = 5  # lines an identity must be tested on


@dataclass
class Amounts:
    """The money items of the order lines and what is said about them."""

    items: dict[str, Item] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    decisions: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Lines:
    """The order lines on the bench: the columns recognised in them, and what follows `from`."""

    bench: Bench
    refs: dict[str, Ref]
    rows: str

    def has(self, *roles: str) -> bool:
        """Tell whether all roles were recognised."""
        return all(role in self.refs for role in roles)

    def sql(self, role: str) -> str:
        """Return a role's number."""
        return number_sql(self.refs[role])

    def name(self, role: str) -> str:
        """Return a role's header."""
        return self.refs[role].column.name

    def agree(self, a: str, b: str, where: str = "true") -> float:
        """Return the share of lines, among those that meet a condition, in which a equals b to a cent or a thousandth."""
        test = f"abs(({a}) - ({b})) <= greatest(0.011, 0.001 * abs({a}))"
        n_lines, n_equal = self.bench.row(f"select count(*), count(*) filter (where {test}) from {self.rows} where {where}")
        return n_equal / n_lines if n_lines >= ENOUGH else 0.0

    def total(self, sql: str) -> float:
        """Return the sum of an expression over all lines."""
        return float(self.bench.row(f"select coalesce(sum({sql}), 0) from {self.rows}")[0])

    def largest(self, sql: str) -> float:
        """Return the largest absolute value of an expression."""
        return float(self.bench.row(f"select coalesce(max(abs({sql})), 0) from {self.rows}")[0])


def has_money(roles: set[str] | dict) -> bool:
    """Tell whether revenue can be had from these roles."""
    priced = {"unit_price", "net_price", "list_price"} & set(roles)
    return bool({"revenue", "list_revenue"} & set(roles)) or bool(priced and "qty" in roles)


def amounts(lines: Lines) -> Amounts:
    """Return the items revenue, list_revenue and cost, as far as the recognised columns give them."""
    result = Amounts()
    off = _discount(lines, result)
    _revenue(lines, off, result)
    _list_revenue(lines, off, result)
    _cost(lines, result)
    return result


def _discount(lines: Lines, result: Amounts) -> str:
    """Return the SQL factor or deduction of the discount, such as ` * (1 - discount)`; empty when there is none."""
    if lines.has("discount"):
        share, largest = lines.sql("discount"), lines.largest(lines.sql("discount"))
        if largest <= 1:
            return f" * (1 - {share})"
        if largest <= 100:
            result.notes.append(f"{lines.name('discount')} holds per cent")
            return f" * (1 - {share} / 100)"
        return f" - {share}"
    return f" - {lines.sql('discount_money')}" if lines.has("discount_money") else ""


def _made(lines: Lines, target: str, sql: str, origin: str, *roles: str) -> Item:
    """Return a computed item, as certain as the weakest column in it."""
    return Item(target, sql, origin, min(lines.refs[role].certainty for role in roles), remark=origin)


def _gross(lines: Lines) -> str:
    """Return price times quantity, empty when it is not to be had."""
    return f"{lines.sql('unit_price')} * {lines.sql('qty')}" if lines.has("unit_price", "qty") else ""


def _discount_name(lines: Lines) -> str:
    return next((lines.name(role) for role in ("discount", "discount_money") if lines.has(role)), "")


def _revenue(lines: Lines, off: str, result: Amounts) -> None:
    """Add revenue, net of discount."""
    if lines.has("revenue"):
        result.items["revenue"] = _given_revenue(lines, off, result)
    elif lines.has("net_price", "qty"):
        sql = f"{lines.sql('net_price')} * {lines.sql('qty')}"
        result.items["revenue"] = _made(
            lines, "revenue", sql, f"{lines.name('net_price')} x {lines.name('qty')}", "net_price", "qty"
        )
    elif gross := _gross(lines):
        origin = f"{lines.name('unit_price')} x {lines.name('qty')}" + (f", less {_discount_name(lines)}" if off else "")
        result.items["revenue"] = _made(lines, "revenue", gross + off, origin, "unit_price", "qty")
    elif lines.has("list_revenue"):
        origin = lines.name("list_revenue") + (f" less {_discount_name(lines)}" if off else "")
        result.items["revenue"] = _made(lines, "revenue", lines.sql("list_revenue") + off, origin, "list_revenue")
        if not off:
            result.decisions.append(f"revenue is {origin}: no column of revenue after discount was found")
    else:
        origin = f"{lines.name('list_price')} x {lines.name('qty')}" + (f", less {_discount_name(lines)}" if off else "")
        sql = f"{lines.sql('list_price')} * {lines.sql('qty')}{off}"
        result.items["revenue"] = _made(lines, "revenue", sql, origin, "list_price", "qty")
        result.decisions.append(f"revenue is {origin}: no price really charged was found")


def _given_revenue(lines: Lines, off: str, result: Amounts) -> Item:
    """Return the column of revenue; when price x quantity shows that it is before discount, the discount is taken off."""
    gross = _gross(lines)
    if off and gross:
        discounted = f"abs(({gross}{off}) - ({gross})) > 0.01"
        if lines.agree(lines.sql("revenue"), gross, discounted) >= AGREE:
            name, discount = lines.name("revenue"), _discount_name(lines)
            result.notes.append(f"{name} equals price x quantity also where {discount} is given, so it is before discount")
            return _made(lines, "revenue", lines.sql("revenue") + off, f"{name} less {discount}", "revenue")
    return item("revenue", lines.refs["revenue"])


def _list_revenue(lines: Lines, off: str, result: Amounts) -> None:
    """Add revenue before discount, from the surest of the columns that tell it."""
    revenue, gross, name = result.items["revenue"], _gross(lines), _discount_name(lines)
    given = lines.has("revenue")
    if lines.has("list_revenue") and lines.name("list_revenue") != revenue.origin:
        result.items["list_revenue"] = item("list_revenue", lines.refs["list_revenue"])
    elif given and revenue.header is None and off and revenue.ref is None:
        result.items["list_revenue"] = item("list_revenue", lines.refs["revenue"])
    elif gross and (off or lines.has("net_price")) and (not given or _is_net(lines, gross, off)):
        origin = f"{lines.name('unit_price')} x {lines.name('qty')}"
        result.items["list_revenue"] = _made(lines, "list_revenue", gross, origin, "unit_price", "qty")
    elif given and off:
        _before_discount(lines, off, name, result)
    elif lines.has("list_price", "qty") and revenue.origin != f"{lines.name('list_price')} x {lines.name('qty')}":
        sql = f"{lines.sql('list_price')} * {lines.sql('qty')}"
        origin = f"{lines.name('list_price')} x {lines.name('qty')}"
        result.items["list_revenue"] = _made(lines, "list_revenue", sql, origin, "list_price", "qty")


def _is_net(lines: Lines, gross: str, off: str) -> bool:
    discounted = f"abs(({gross}{off}) - ({gross})) > 0.01"
    return lines.agree(lines.sql("revenue"), gross + off, discounted) >= AGREE


def _before_discount(lines: Lines, off: str, name: str, result: Amounts) -> None:
    """Add list_revenue worked back from revenue and discount; that revenue is net cannot be seen, so it is asked."""
    revenue, header = lines.sql("revenue"), lines.name("revenue")
    share = off.removeprefix(" * (").removesuffix(")")
    is_share = off.startswith(" * ")
    sql = f"{revenue} / nullif({share}, 0)" if is_share else f"{revenue} + {off.removeprefix(' - ')}"
    origin = f"{header} before {name}"
    result.items["list_revenue"] = _made(lines, "list_revenue", sql, origin, "revenue")
    other = f"revenue = {revenue}{off} and list_revenue = {revenue}"
    result.decisions.append(f"{header} is read as net of {name}; if it is before the discount, write {other}")


def _cost(lines: Lines, result: Amounts) -> None:
    """Add the variable cost of the line."""
    revenue = result.items["revenue"]
    if lines.has("cost"):
        result.items["cost"] = _given_cost(lines, revenue, result)
    elif lines.has("unit_cost", "qty"):
        origin = f"{lines.name('unit_cost')} x {lines.name('qty')}"
        sql = f"{lines.sql('unit_cost')} * {lines.sql('qty')}"
        result.items["cost"] = _made(lines, "cost", sql, origin, "unit_cost", "qty")
    elif lines.has("profit"):
        profit, name = lines.sql("profit"), lines.name("profit")
        if lines.largest(profit) <= 1 and lines.largest(revenue.sql) > 10:
            result.notes.append(
                f"{name} holds rates, not money, and was left out; cost = revenue x (1 - rate) could be written"
            )
            return
        origin = f"{revenue.origin} less {name}"
        sql = f"{revenue.sql} - {profit}"
        result.items["cost"] = _made(lines, "cost", sql, origin, "profit")


def _given_cost(lines: Lines, revenue: Item, result: Amounts) -> Item:
    """Return the column of cost; a cost far too small beside revenue, and right times quantity, is a cost per unit."""
    cost, name = lines.sql("cost"), lines.name("cost")
    total = lines.total(revenue.sql)
    if lines.has("qty") and total > 0:
        quantity = lines.sql("qty")
        if lines.total(cost) < 0.15 * total and 0.2 * total <= lines.total(f"{cost} * {quantity}") <= 1.2 * total:
            result.decisions.append(
                f"{name} is read as the cost of one unit (in sum it is under 15 % of revenue); else write {cost}"
            )
            return _made(lines, "cost", f"{cost} * {quantity}", f"{name} x {lines.name('qty')}", "cost", "qty")
    return item("cost", lines.refs["cost"])
