"""The orders source: what each of its columns is made of, and what a person must know about its rows."""

from __future__ import annotations

from collections.abc import Sequence

from clientbase.draft.amounts import Lines, amounts
from clientbase.draft.base import Base, client_ref
from clientbase.draft.bench import Bench
from clientbase.draft.expressions import Ref, number_sql
from clientbase.draft.headers import read_header
from clientbase.draft.keys import JOINED, found_share, join_sql, percent, ref
from clientbase.draft.lexicon import CANCELLED
from clientbase.draft.plan import Item, Source, item
from clientbase.draft.roles import Reading
from clientbase.ledger.files import literal
from clientbase.ledger.tables import ORDERS

_STRAIGHT = ("line_no", "return_of", "channel", "pay_days", "paid_date", "manager_id", "vat_included", "delivery")
SAME_TOTAL = 0.005  # difference between the heads' totals and the lines' that is not worth a question
MANY_WITHOUT_CLIENT = 0.05  # METHOD 2.6: above this share of revenue the study stops


def draft_orders(bench: Bench, base: Base, readings: Sequence[Reading], product: Ref | None) -> Source:
    """Return the orders source with its remarks and decisions."""
    _join_list_price(bench, base, readings, product)
    source = Source("orders", {"lines": base.lines.export}, [])
    if base.heads:
        source.files["heads"] = base.heads.export
        source.joins += join_sql(ref(base.lines, "order_id", "lines"), ref(base.heads, "order_id", "heads"))
        if base.joined < JOINED:
            source.decisions.append(
                f"only {percent(base.joined)} of the lines find their order in {base.heads.export.label}; "
                "check that the two files belong together"
            )
    if base.products and product:
        source.files["products"] = base.products.export
        source.joins += join_sql(product, ref(base.products, "product_id", "products"))
    source.name_relations(bench)
    _fill(bench, base, source, product)
    _remark_rows(bench, base, source)
    return source


def _join_list_price(bench: Bench, base: Base, readings: Sequence[Reading], product: Ref | None) -> None:
    """Take the list price from the list of products when the lines say nothing of a discount."""
    if (
        product is None
        or "qty" not in base.refs
        or {"discount", "discount_money", "list_revenue", "list_price"} & set(base.refs)
    ):
        return
    for reading in readings:
        key = reading.is_key("product_id") and ref(reading, "product_id", "products")
        if (
            key
            and reading.has("list_price")
            and reading.roles["list_price"].certainty > 0.98
            and found_share(bench, product, key) >= JOINED
        ):
            base.products = reading
            base.refs["list_price"] = ref(reading, "list_price", "products")


def _fill(bench: Bench, base: Base, source: Source, product: Ref | None) -> None:
    """Add the items in the order of the ledger's table."""
    money = amounts(Lines(bench, base.refs, source.base + source.joins))
    client, remark = client_ref(base)
    source.notes += [*([remark] if remark else []), *money.notes]
    source.decisions += money.decisions
    items: dict[str, Item] = {"client_id": item("client_id", client), **money.items}
    items |= {role: item(role, base.refs[role]) for role in ("order_id", "date", "qty", *_STRAIGHT) if role in base.refs}
    if product:
        items["product_id"] = item("product_id", product)
    if currency := _currency(base):
        items["currency"] = currency
    if "delivery_cost" in base.refs:
        items["delivery_cost"] = _delivery_cost(bench, base, source)
    if "manager_id" in items and _are_names(base.refs["manager_id"]):
        source.notes.append(
            f"{items['manager_id'].origin} holds names of people; put codes there if reports must not show them"
        )
    if "order_id" not in items:
        source.notes.append("no column of order numbers was found: one client and one day make one order")
    source.items = [items[name] for name in ORDERS.columns if name in items]
    if any(
        read_header(ref.column.name).is_thousands
        for role, ref in base.refs.items()
        if role in ("revenue", "list_revenue", "cost")
    ):
        source.decisions.append("amounts are in thousands; multiply them by 1000 in sql, or read every sum as thousands")
    if not source.is_plain and (misread := source.misread()):
        source.decisions.append(
            f"{', '.join(misread)} cannot be read rightly in sql: points between thousands look like decimal points, or dates "
            "have an order of their own; save the file with plain numbers and dates such as 2024-12-31"
        )


def _are_names(found: Ref) -> bool:
    """Tell whether values read as names of people: words, no digits."""
    named = [value for value in found.column.samples if " " in value.strip() and not any(letter.isdigit() for letter in value)]
    return len(named) > 0.5 * len(found.column.samples)


def _currency(base: Base) -> Item | None:
    """Return the currency column when it holds codes the ledger can use."""
    found = base.refs.get("currency")
    is_code = found and all(
        len(value.strip()) == 3 and value.strip().isascii() and value.strip().isupper() for value in found.column.samples
    )
    return item("currency", found) if found and is_code else None


def _delivery_cost(bench: Bench, base: Base, source: Source) -> Item:
    """Return the delivery cost of the line; an amount per order is shared equally among its lines."""
    cost, order = base.refs["delivery_cost"], base.refs.get("order_id")
    if order is None:
        return item("delivery_cost", cost)
    value, key = number_sql(cost), order.sql
    rows = f"{source.base}{source.joins} where {value} <> 0"
    repeated = f"select count(*) n, count(distinct {value}) v from {rows} group by {key} having count(*) > 1"
    n_orders, n_same = bench.row(f"select count(*), count(*) filter (where v = 1) from ({repeated})")
    if cost.alias != "heads" and not (n_orders > 20 and n_same > 0.95 * n_orders):
        return item("delivery_cost", cost)
    sql = f"{value} / count(*) over (partition by {key})"
    return Item("delivery_cost", sql, f"{cost.column.name} of the order, shared among its lines", cost.certainty,
                cost.column.sample, remark="an amount per order, shared equally among its lines")  # fmt: skip


def _remark_rows(bench: Bench, base: Base, source: Source) -> None:
    """Look for cancelled orders and lines without a client, and offer the condition that leaves them out."""
    rows, revenue = source.base + source.joins, next(i.sql for i in source.items if i.target == "revenue")
    if "status" in base.refs:
        status = base.refs["status"].sql
        counts = bench.rows(
            f"select trim({status}::varchar), count(*), sum({revenue}) from {rows} where {status} is not null "
            "group by 1 order by 2 desc, 1"
        )
        cancelled = [(s, n, total or 0) for s, n, total in counts if any(word in s.lower() for word in CANCELLED)]
        if cancelled:
            shown = ", ".join(f"{s} {n}" for s, n, _ in counts)
            money = sum(float(total) for _, _, total in cancelled)
            source.switches.append(f"coalesce({status}, '') not in ({', '.join(literal(s) for s, _, _ in cancelled)})")
            source.decisions.append(
                f"lines by {base.refs['status'].column.name}: {shown}. Cancelled ones (revenue {money:,.2f}) are kept; "
                "to leave them out, take the dashes from the line of sql that names them"
            )
    if base.heads and base.heads.has("revenue"):
        _compare_totals(bench, base, source, revenue)
    client = next(i.sql for i in source.items if i.target == "client_id")
    empty = f"nullif(trim({client}::varchar), '') is null"
    total, without = bench.row(f"select sum({revenue}), sum({revenue}) filter (where {empty} {_has_date(source)}) from {rows}")
    if total and without and float(without) / float(total) > MANY_WITHOUT_CLIENT:
        source.switches.append(f"{client} is not null")
        source.decisions.append(
            f"{percent(float(without) / float(total))} of revenue has no client, and the study stops above "
            f"{percent(MANY_WITHOUT_CLIENT)}: raise "
            "max_unassigned_share, or leave those lines out by taking the dashes from the line 'is not null' of sql"
        )


def _compare_totals(bench: Bench, base: Base, source: Source, revenue: str) -> None:
    """Say when the totals the heads state differ from the sum of their lines."""
    stated = ref(base.heads, "revenue", "heads")
    lines = float(bench.row(f"select coalesce(sum({revenue}), 0) from {source.base}{source.joins}")[0])
    heads = float(bench.row(f"select coalesce(sum({number_sql(stated)}), 0) from heads")[0])
    if abs(heads - lines) > SAME_TOTAL * abs(heads):
        source.decisions.append(
            f"the lines add up to {lines:,.2f}, but {stated.column.name} of {base.heads.export.label} to {heads:,.2f}; "
            "find out whether delivery, taxes or a discount make the difference"
        )


def _has_date(source: Source) -> str:
    return f"and {next(i.sql for i in source.items if i.target == 'date')} is not null"
