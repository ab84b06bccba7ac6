"""The vocabulary of the ledger: which tables a study may have and how their columns are spelled.

A company's names are changed into these once, on reading; from then on a column has one name and one meaning.
A later model adds its table or column here and nowhere else.
"""

import math
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["text", "date", "month", "number", "money", "share", "whole", "flag"]


@dataclass(frozen=True)
class Column:
    """One column of a table: its kind, whether the table is useless without it, and its meaning."""

    kind: Kind
    meaning: str
    required: bool = False
    values: tuple[str, ...] = ()  # the only values allowed, when the method knows them all
    least: float = -math.inf
    most: float = math.inf

    @property
    def is_bounded(self) -> bool:
        """Tell whether not every number is allowed."""
        return self.least > -math.inf or self.most < math.inf


@dataclass(frozen=True)
class Table:
    """One table of a study: its columns by name and the columns that identify a row (none: any row may stand)."""

    name: str
    meaning: str
    columns: dict[str, Column] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    required: bool = False


def _table(name: str, meaning: str, columns: dict[str, Column], key: tuple[str, ...] = (), *, required: bool = False) -> Table:
    return Table(name, meaning, columns, key, required)


CLIENT_ID = Column("text", "code of the client", required=True)
FACTS_OF_CRM = (
    "mailed", "called", "visited", "inquiry", "quote", "sample", "negotiation", "contract", "referral_given", "complaint",
    "lost_reason",
)  # fmt: skip
DRIVERS = ("order", "line", "return", "delivery", "contact", "complaint")  # what orders and contacts can be counted by
ACTIVITY_TYPES = (
    "call", "meeting", "order_processing", "order_change", "urgent_order", "shipment", "storage", "invoice", "complaint",
    "other",
)  # fmt: skip

CLIENTS = _table(
    "clients",
    "one row per client",
    {
        "client_id": CLIENT_ID,
        "client_name": Column("text", "name of the organisation"),
        "parent_id": Column("text", "client_id of the head of the group of legal entities"),
        "client_type": Column("text", "kind of client: corporate, private ..."),
        "region": Column("text", "region"),
        "industry": Column("text", "line of activity"),
        "trade_kind": Column("text", "wholesale, retail, producer ..."),
        "business_size": Column("text", "size of the client's business", values=("large", "medium", "small")),
        "has_retail": Column("flag", "has retail outlets of its own"),
        "serves_target_consumer": Column("flag", "works with our target consumer"),
        "tech_level": Column("whole", "technology of sales, 1 to 3", least=1, most=3),
        "delivery_mode": Column("text", "who carries the goods", values=("pickup", "shared", "company")),
        "manager_id": Column("text", "code of the manager"),
        "source": Column("text", "acquisition channel"),
        "first_contact_date": Column("date", "first contact"),
        "first_purchase_date": Column("date", "first purchase, also before the data begin"),
        "acquisition_cost": Column("money", "cost of winning the client"),
        "wallet_share": Column("share", "our share in the client's purchases, 0 to 1"),
        "brand_exclusive": Column("flag", "buys only our brand"),
        "overdue_share": Column("share", "share of payments overdue, 0 to 1"),
        "strategic": Column("flag", "kept for its image or another reason"),
        "client_consent": Column("flag", "agrees to a new manager"),
        "last_transfer_date": Column("date", "last change of manager"),
        "dealer_available": Column("flag", "a dealer in the region would take the client"),
    },
    key=("client_id",),
)
ORDERS = _table(
    "orders",
    "one row per order line",
    {
        "order_id": Column("text", "number of the order"),
        "line_no": Column("whole", "number of the line within the order"),
        "date": Column("date", "date of the line", required=True),
        "client_id": CLIENT_ID,
        "product_id": Column("text", "code of the product"),
        "qty": Column("number", "quantity, negative for a return"),
        "revenue": Column("money", "net of discount, negative for a return", required=True),
        "list_revenue": Column("money", "before discount"),
        "cost": Column("money", "variable cost of the line"),
        "currency": Column("text", "currency code"),
        "vat_included": Column("flag", "whether revenue holds VAT"),
        "return_of": Column("text", "order_id of the order that is returned"),
        "channel": Column("text", "channel of the order"),
        "delivery": Column("flag", "delivered by us"),
        "delivery_cost": Column("money", "cost of the delivery"),
        "pay_days": Column("number", "credit days, negative for prepayment", least=-366, most=1000),
        "paid_date": Column("date", "date of payment"),
        "manager_id": Column("text", "code of the manager"),
    },
    required=True,
)
ACTIVITIES = _table(
    "activities",
    "one row per piece of work, for a client or internal",
    {
        "date": Column("date", "day of the work", required=True),
        "client_id": Column("text", "code of the client; empty means internal work"),
        "department": Column("text", "department", required=True),
        "activity_type": Column("text", "kind of work", required=True, values=ACTIVITY_TYPES),
        "minutes": Column("number", "minutes spent", least=0),
        "quantity": Column("number", "how many times; 1 when empty", least=0),
        "order_id": Column("text", "number of the order"),
        "manager_id": Column("text", "code of the manager"),
        "direction": Column("text", "who called whom", values=("in", "out")),
    },
)
ACTIVITY_STANDARDS = _table(
    "activity_standards",
    "one row per department and activity",
    {
        "department": Column("text", "department", required=True),
        "activity_type": Column("text", "kind of work", required=True, values=ACTIVITY_TYPES),
        "standard_minutes": Column("number", "minutes for one unit of quantity", required=True, least=0),
        "driver": Column(
            "text",
            "what to count in the orders where no work is recorded",
            values=DRIVERS,
        ),
    },
    key=("department", "activity_type"),
)
DEPARTMENTS = _table(
    "departments",
    "one row per department and period",
    {
        "department": Column("text", "department", required=True),
        "period": Column("month", "month", required=True),
        "cost": Column("money", "payroll and own overhead", required=True),
        "headcount": Column("number", "heads", required=True, least=0),
        "hours_per_head": Column("number", "paid hours of one head", required=True, least=0),
        "practical_share": Column("share", "share of the hours fit for work, 0 to 1"),
    },
    key=("department", "period"),
)
DIRECT_COSTS = _table(
    "direct_costs",
    "one row per cost that belongs to one client",
    {
        "client_id": CLIENT_ID,
        "date": Column("date", "day of the cost", required=True),
        "cost_type": Column("text", "delivery, storage, claims, bonus ...", required=True),
        "amount": Column("money", "amount", required=True),
    },
)
PRODUCTS = _table(
    "products",
    "one row per product",
    {
        "product_id": Column("text", "code of the product", required=True),
        "product_name": Column("text", "name of the product"),
        "product_group": Column("text", "product group", required=True),
        "unit_cost": Column("money", "variable cost of one unit"),
    },
    key=("product_id",),
)
MANAGERS = _table(
    "managers",
    "one row per manager, by code",
    {
        "manager_id": Column("text", "code of the manager", required=True),
        "capacity_minutes": Column("number", "minutes a month for work with clients", required=True, least=0),
        "seniority": Column("text", "seniority", values=("junior", "middle", "senior")),
        "region": Column("text", "region"),
        "product_groups": Column("text", "product groups, separated by ;"),
    },
    key=("manager_id",),
)
CRM_FACTS = _table(
    "crm_facts",
    "one row per fact of the relationship",
    {
        "client_id": CLIENT_ID,
        "date": Column("date", "day of the fact", required=True),
        "fact": Column("text", "what happened", required=True, values=FACTS_OF_CRM),
    },
)
CRITERIA = _table(
    "criteria",
    "one row per sign of a priority client",
    {
        "criterion_id": Column("text", "code of the sign", required=True),
        "label_en": Column("text", "name of the sign in English", required=True),
        "label_ru": Column("text", "name of the sign in Russian", required=True),
        "product_group": Column("text", "product group the sign is for; empty means all"),
        "kind": Column("text", "who judges", required=True, values=("objective", "subjective")),
        "topic": Column("text", "volume or another topic", required=True, values=("volume", "other")),
        "weight": Column("number", "weight", required=True, least=0),
        "rule": Column(
            "text", "the computed rule that scores it", values=("business_size", "breadth", "delivery", "own_retail")
        ),
    },
    key=("criterion_id", "product_group"),
)
SCORES = _table(
    "scores",
    "one row per client and sign",
    {
        "client_id": CLIENT_ID,
        "criterion_id": Column("text", "code of the sign", required=True),
        "score": Column("number", "score on the scale of the study", required=True),
        "source": Column("text", "who gave it", values=("rule", "expert")),
        "date": Column("date", "day of the judgement"),
    },
    key=("client_id", "criterion_id"),
)
FX = _table(
    "fx",
    "one row per currency and month",
    {
        "currency": Column("text", "currency code", required=True),
        "month": Column("month", "month", required=True),
        "rate": Column("number", "units of the study's currency for one unit", required=True),
    },
    key=("currency", "month"),
)
WORKSHOP_LISTS = _table(
    "workshop_lists",
    "one row per sign named by a participant",
    {
        "participant_id": Column("text", "code of the participant", required=True),
        "role": Column("text", "role of the participant", required=True),
        "product_group": Column("text", "product group"),
        "position": Column("whole", "place in the list, 1 first", required=True),
        "text": Column("text", "the sign in the participant's words", required=True),
        "criterion_id": Column("text", "code given by the facilitator"),
    },
    key=("participant_id", "product_group", "position"),
)
WORKSHOP_RANKS = _table(
    "workshop_ranks",
    "one row per participant and sign",
    {
        "participant_id": Column("text", "code of the participant", required=True),
        "criterion_id": Column("text", "code of the sign", required=True),
        "rank": Column("number", "rank, 1 most important", required=True),
    },
    key=("participant_id", "criterion_id"),
)
WORKSHOP_PAIRS = _table(
    "workshop_pairs",
    "one row per participant and pair of signs",
    {
        "participant_id": Column("text", "code of the participant", required=True),
        "a": Column("text", "first sign", required=True),
        "b": Column("text", "second sign", required=True),
        "value": Column("number", "how much more a weighs than b, 1/9 to 9", required=True),
    },
    key=("participant_id", "a", "b"),
)
TARGETS = _table(
    "targets",
    "one row per target",
    {
        "level": Column(
            "text", "what the target is for", required=True, values=("company", "class", "segment", "manager", "client")
        ),
        "key": Column("text", "which one; empty for the company"),
        "period": Column("text", "period", required=True),
        "metric": Column("text", "what is measured", required=True),
        "value": Column("number", "value to reach", required=True),
    },
    key=("level", "key", "period", "metric"),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        CLIENTS, ORDERS, PRODUCTS, MANAGERS, ACTIVITIES, ACTIVITY_STANDARDS, DEPARTMENTS, DIRECT_COSTS, CRM_FACTS, CRITERIA,
        SCORES, FX, WORKSHOP_LISTS, WORKSHOP_RANKS, WORKSHOP_PAIRS, TARGETS,
    )
}  # fmt: skip
