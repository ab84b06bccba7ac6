"""The columns of ours a header can name: the kind of their values and the phrases of plain words that mean them.

The words of a phrase may come in any order; a number is how sure the phrase makes it. lexicon.py turns the words of a
header, English or Russian, into the plain ones used here.
"""

from __future__ import annotations

from dataclasses import dataclass

from clientbase.ledger.tables import TABLES

Kind = str  # "code", "text", "date", "money", "number", "share", "whole", "flag", "status", "currency", "values"


@dataclass(frozen=True)
class Role:
    """What a column of an export can be: kind of its values, phrases with their strength, words that do not matter."""

    name: str
    kind: Kind
    phrases: dict[frozenset[str], float]
    neutral: frozenset[str]


MONEY_NEUTRAL = "sales order total product line amount"


def _role(name: str, kind: Kind, neutral: str, strengths: dict[float, str]) -> Role:
    """Return the role whose phrases are written as {strength: "phrase; phrase"}."""
    phrases = {frozenset(text.split()): value for value, texts in strengths.items() for text in texts.split(";")}
    return Role(name, kind, phrases, frozenset(neutral.split()))


_CURATED = (
    # the order and its lines
    _role(
        "order_id",
        "code",
        "sales purchase",
        {
            1.0: "order; order id; sales id",
            0.75: "id",
        },
    ),
    _role(
        "line_no",
        "whole",
        "order product",
        {
            1.0: "line id; order line id",
            0.9: "line",
        },
    ),
    _role(
        "date",
        "date",
        "order sales time",
        {
            1.0: "order date; sales date",
            0.98: "date",
            0.9: "occurred; posting date",
            0.85: "shipment date; purchase date; period",
            0.75: "create date; create",
            0.72: "delivery date",
        },
    ),
    _role(
        "qty",
        "number",
        "sales order product total line delivery",
        {
            1.0: "quantity; order quantity; sales quantity",
            0.8: "volume; count",
        },
    ),
    _role(
        "revenue",
        "money",
        MONEY_NEUTRAL,
        {
            1.0: "revenue; sales; net sales; net revenue; net amount; net total; amount with discount; revenue with discount",
            0.98: "total sales; extended price; extended amount; "
            "line total; line amount; amount without tax; revenue without tax; "
            "sales without tax; net worth; worth with discount; sales amount",
            0.96: "total amount; order amount",
            0.95: "amount; sales worth; total price; order worth",
            0.9: "amount with tax; revenue with tax; sales with tax; worth without tax; payment amount",
            0.85: "total; total with tax; volume sales; order total",
            0.75: "worth; worth with tax",
        },
    ),
    _role(
        "list_revenue",
        "money",
        "sales order total product line",
        {
            1.0: "amount without discount; list amount; list revenue; list price amount; worth without discount; "
            "revenue without discount; sales without discount; total without discount; list price worth",
            0.8: "gross sales; gross amount; gross revenue; gross total",
        },
    ),
    _role(
        "cost",
        "money",
        MONEY_NEUTRAL,
        {
            1.0: "cost; cost product",
            0.9: "purchase amount; purchase worth",
        },
    ),
    _role(
        "currency",
        "currency",
        "order",
        {
            1.0: "currency; currency id",
        },
    ),
    _role(
        "vat_included",
        "flag",
        "",
        {
            1.0: "price with tax; amount with tax flag",
            0.9: "tax with",
        },
    ),
    _role(
        "return_of",
        "code",
        "",
        {
            1.0: "return order; return order id; original order id; original order",
        },
    ),
    _role(
        "channel",
        "text",
        "sales order name",
        {
            1.0: "channel; sales channel",
        },
    ),
    _role(
        "delivery_cost",
        "money",
        "order total",
        {
            1.0: "delivery cost; delivery amount; delivery price",
            0.9: "delivery worth",
        },
    ),
    _role(
        "pay_days",
        "number",
        "",
        {
            1.0: "payment term; credit term",
        },
    ),
    _role(
        "paid_date",
        "date",
        "order",
        {
            1.0: "payment date",
        },
    ),
    # amounts that others are computed from
    _role(
        "profit",
        "money",
        "sales order total amount gross",
        {
            1.0: "profit; gross profit; revenue gross profit",
            0.8: "net profit",
        },
    ),
    _role(
        "unit_price",
        "money",
        "sales order product line",
        {
            1.0: "price; unit price",
        },
    ),
    _role(
        "net_price",
        "money",
        "sales order product unit",
        {
            1.0: "price with discount; net price; final price; discount price",
        },
    ),
    _role(
        "list_price",
        "money",
        "product unit",
        {
            1.0: "list price; price without discount",
            0.9: "base price; price recommended",
            0.85: "retail price",
        },
    ),
    _role(
        "unit_cost",
        "money",
        "product",
        {
            1.0: "unit cost; cost price; purchase price; standard cost",
            0.9: "purchase cost",
        },
    ),
    _role(
        "discount",
        "number",
        "order sales product",
        {
            1.0: "discount; discount percent",
        },
    ),
    _role(
        "discount_money",
        "money",
        "order sales product total",
        {
            1.0: "discount amount; discount worth",
        },
    ),
    _role(
        "status",
        "status",
        "order sales delivery",
        {
            1.0: "status; order status",
        },
    ),
    # the client
    _role(
        "client_id",
        "code",
        "company",
        {
            1.0: "client id",
            0.95: "taxpayer; client taxpayer",
            0.9: "company id; taxpayer kpp; client taxpayer kpp",
            0.8: "client",
        },
    ),
    _role(
        "client_name",
        "text",
        "company full short name",
        {
            1.0: "client; client name",
            0.9: "company; company name; client fullname",
            0.8: "payer; consignee",
            0.75: "organization; organization name",
            0.72: "name",
        },
    ),
    _role(
        "parent_id",
        "code",
        "name",
        {
            1.0: "parent client; parent client id; parent company; parent id",
            0.9: "parent",
        },
    ),
    _role(
        "client_type",
        "text",
        "name",
        {
            1.0: "segment; client segment; client kind; client group",
        },
    ),
    _role(
        "region",
        "text",
        "client delivery order sales name",
        {
            1.0: "region",
            0.84: "country",
            0.82: "state",
            0.8: "territory",
            0.78: "district",
            0.74: "city",
        },
    ),
    _role(
        "industry",
        "text",
        "client name",
        {
            1.0: "industry",
            0.9: "industry kind",
        },
    ),
    _role(
        "trade_kind",
        "text",
        "client",
        {
            1.0: "trade kind",
        },
    ),
    _role(
        "business_size",
        "values",
        "",
        {
            1.0: "business size; company size; client size",
        },
    ),
    _role(
        "has_retail",
        "flag",
        "",
        {
            1.0: "has retail; own retail",
        },
    ),
    _role(
        "delivery_mode",
        "values",
        "",
        {
            1.0: "delivery method; delivery kind",
        },
    ),
    _role(
        "manager_id",
        "text",
        "sales client order name id fullname",
        {
            1.0: "manager; manager id; manager name",
            0.8: "owner; agent",
        },
    ),
    _role(
        "source",
        "text",
        "client",
        {
            1.0: "source; lead source; acquisition source",
            0.9: "acquisition channel",
        },
    ),
    _role(
        "first_contact_date",
        "date",
        "client",
        {
            1.0: "first contact date",
            0.8: "create date; create",
        },
    ),
    _role(
        "first_purchase_date",
        "date",
        "client",
        {
            1.0: "first purchase date; first order date; first sales date",
        },
    ),
    _role(
        "acquisition_cost",
        "money",
        "client",
        {
            1.0: "acquisition cost",
        },
    ),
    # the product
    _role(
        "product_id",
        "code",
        "line",
        {
            1.0: "product id",
            0.8: "product",
        },
    ),
    _role(
        "product_name",
        "text",
        "full short name line",
        {
            1.0: "product; product name",
            0.85: "description; product description",
            0.71: "name",
        },
    ),
    _role(
        "product_group",
        "text",
        "name",
        {
            1.0: "product group; product kind",
            0.95: "group",
            0.86: "sub group; product sub group",
            0.8: "genre; brand; collection",
            0.76: "group id; product group id",
        },
    ),
)


DRAFTED = ("orders", "clients", "products")  # the tables a draft fills; the others are written by hand
# a column of ours without phrases is recognised by our own name only
ROLES: dict[str, Role] = {
    name: Role(name, column.kind, {}, frozenset()) for table in DRAFTED for name, column in TABLES[table].columns.items()
} | {role.name: role for role in _CURATED}
