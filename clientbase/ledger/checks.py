"""What reading the tables showed: one finding a check, so that nothing is dropped or filled in silence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "note", "warning"]

# One sentence a check; {n} counts rows or clients, {amount} is money, {share} a share of revenue, {examples} are values.
SENTENCES = {
    "lines": "{n} order lines read, revenue {amount}.",
    "spoiled": "{table}: {n} lines of the file are broken and were left out ({examples}).",
    "unreadable": "{table}, column {column}: {n} values cannot be read and are taken as missing ({examples}). {hint}",
    "no_date": "{n} lines without a readable date were refused.",
    "no_revenue": "{n} lines without a readable revenue were refused.",
    "incomplete_rows": "{table}: {n} rows lack {column} and were left out.",
    "duplicates": "{n} lines repeated exactly (same order, line and content) were dropped, revenue {amount}.",
    "conflicts": "{n} lines share order and line number with another line but differ in content; all were kept ({examples}).",
    "equal_lines": "{n} lines equal another line in every column; without line numbers they cannot be told from real repeats "
    "and were kept, revenue {amount}.",
    "repeated_rows": "{table}: {n} repeated rows were dropped.",
    "unassigned": "{n} lines without a client, revenue {amount} ({share}), stand apart as (unassigned): in totals, "
    "not in rankings.",
    "no_order_id": "Lines have no order number: one client and one date make one order.",
    "missing_order_id": "{n} lines lack an order number: one client and one date make one order.",
    "after_as_of": "{n} lines after {date}, revenue {amount}, were left out.",
    "incomplete_month": "{n} lines of the month that is not complete, revenue {amount}, were left out.",
    "as_of_from_data": "No as_of is given: {date}, the latest date in the data, was taken. An export that stops early then "
    "looks like silence.",
    "returns": "{n} return lines, {amount}, reduce revenue on {where}.",
    "lost_origin": "{n} return lines name no order that is there, or none at all; they stay on their own date.",
    "converted": "{n} lines in other currencies were converted by the rate of their month.",
    "imputed_cost": "{n} lines lack a cost of their own or their product's; it was estimated by the margin rate of their "
    "group, for {share} of revenue.",
    "indicative_margin": "Cost is estimated for {share} of revenue: all margins are indicative.",
    "no_list_price": "{n} lines have no price before discount, or one of 0 or less; they count as sold without a discount "
    "({share} of revenue).",
    "unlisted_clients": "{n} clients of the orders are not in the client list; they take part without attributes.",
    "idle_clients": "{n} clients of the list have no order lines up to the end of the window.",
    "strangers": "{table}: {n} rows belong to clients that are neither in the client list nor in the orders, and were left out "
    "({examples}).",
    "grouped": "{n} legal entities were joined into their groups.",
    "unknown_products": "{n} lines have products that are not in the product list; they form the group (unknown).",
    "unpriced_work": "{n} rows of work have neither minutes nor a standard and carry no time ({share} of the rows).",
    "one_order": "{n} clients owe more than half of their revenue to one order.",
    "reconciled": "Clients and lines without a client sum to {amount}, the revenue of all lines in the window.",
    "ignored_columns": "{table}: columns not used by the method: {examples}.",
    "short_history": "The data begin {date}: fewer than the {n} months of the window.",
}


@dataclass(frozen=True)
class Check:
    """One finding: the key of its sentence, how serious it is, and what the sentence needs."""

    key: str
    level: Level
    n: int | None = None
    amount: float | None = None
    share: float | None = None
    table: str = ""
    column: str = ""
    examples: str = ""
    date: str = ""
    hint: str = ""
    where: str = ""


@dataclass(frozen=True)
class Gate:
    """A part of the method that a study opens by having certain columns."""

    name: str
    is_open: bool
    opened_by: str
    effect: str


GATE_TEXTS = {
    "margin": (
        "orders.cost, or products.unit_cost with orders.qty",
        "Margins, profit shares and classes by margin are left out.",
    ),
    "time": (
        "activities (date, client_id, department, activity_type, minutes)",
        "Working time is unknown; flows use typed time shares, if any.",
    ),
    "flows": ("clients.client_type", "All clients form one flow."),
    "products": ("orders.product_id with products.product_group", "The assortment cannot be analysed."),
    "crm": ("crm_facts (client_id, date, fact)", "Levels L0 to L2 merge into: no deals yet."),
    "discounts": ("orders.list_revenue", "Discounts cannot be compared with margin."),
    "criteria": ("criteria (and scores, or columns that a rule can score)", "Clients cannot be scored; classes stand alone."),
    "regions": ("clients.region", "Regions are left out."),
    "delivery": ("clients.delivery_mode or orders.delivery", "Delivery is left out."),
    "load": (
        "activities and departments; or typed costs of the departments and typed minutes",
        "What it costs to serve a client is not known; only what the orders show can be compared.",
    ),
    "portrait": (
        "attributes in the client list, such as region, industry, trade_kind, business_size, has_retail or source",
        "Nothing is known that could distinguish the best clients.",
    ),
}
