"""Write the invented training base: python data/demo/generate.py [folder]. The same files come out every time.

This part invents the work of the departments, its costs, the facts of the relationship and the scores of the experts;
invented_clients.py and invented_orders.py invent the rest.
"""

import sys
from pathlib import Path
from typing import NamedTuple

import invented_clients
import invented_orders
import numpy as np
import pandas as pd

SEED = 2004
FIRST_DAY, LAST_DAY = pd.Timestamp("2024-01-01"), pd.Timestamp("2025-12-31")  # of the recorded work


class Habit(NamedTuple):
    """A kind of work: how often it comes and how long it takes for a private buyer and for a company."""

    department: str
    activity_type: str
    basis: str  # what it comes with: each order, a month with orders, or the year
    times_private: float
    times_company: float
    minutes_private: float
    minutes_company: float


HABITS = (
    Habit("sales", "order_processing", "order", 1.0, 1.0, 75, 8),
    Habit("warehouse", "shipment", "month", 1.0, 1.0, 65, 10),
    Habit("accounting", "invoice", "month", 1.0, 1.0, 28, 4),
    Habit("warehouse", "storage", "order", 0.0, 0.06, 0, 30),
    Habit("service", "order_change", "order", 0.45, 0.08, 45, 15),
    Habit("service", "urgent_order", "order", 0.22, 0.04, 45, 20),
    Habit("service", "complaint", "order", 0.07, 0.02, 90, 60),
    Habit("service", "call", "year", 2.5, 0.5, 30, 15),
    Habit("sales", "call", "year", 9.0, 5.0, 55, 8),
    Habit("sales", "meeting", "year", 0.0, 0.9, 0, 45),
    Habit("sales", "other", "year", 0.6, 0.2, 20, 15),
)
STANDARDS = {
    ("sales", "order_processing"): 20, ("sales", "call"): 20, ("sales", "meeting"): 50, ("warehouse", "shipment"): 22,
    ("warehouse", "storage"): 30, ("accounting", "invoice"): 10, ("service", "order_change"): 25,
    ("service", "urgent_order"): 35, ("service", "complaint"): 80, ("service", "call"): 25,
}  # fmt: skip
DEPARTMENTS = {  # heads, paid hours of a head in a month, cost of a head in a month in EUR
    "sales": (5, 140, 4600), "warehouse": (2, 150, 3300), "accounting": (1, 140, 3900), "service": (1, 112, 3200),
}  # fmt: skip
INTERNAL = {"sales": 0.4, "warehouse": 0.2, "accounting": 0.25, "service": 0.15}  # share of the internal rows
TIMES_OF_TIER = {"key": 2.2, "middle": 1.4, "small": 0.7, "dust": 0.3}  # contacts with companies, by their size
CONTACTS, INTEREST = ("mailed", "called", "visited"), ("inquiry", "quote", "sample", "negotiation")
CLIENT_COLUMNS = [
    "client_id", "client_name", "parent_id", "client_type", "region", "industry", "trade_kind", "business_size", "has_retail",
    "serves_target_consumer", "tech_level", "delivery_mode", "manager_id", "source", "first_contact_date",
    "first_purchase_date", "acquisition_cost", "wallet_share", "brand_exclusive", "overdue_share", "strategic",
    "client_consent", "last_transfer_date", "dealer_available",
]  # fmt: skip
CRITERIA = [
    ("business_size", "Size of the business", "Величина бизнеса", None, "objective", "volume", 1.4, "business_size"),
    ("own_retail", "Retail outlets of its own", "Работа с розницей", None, "objective", "other", 1.4, "own_retail"),
    ("breadth", "Breadth of assortment", "Широта ассортимента", None, "objective", "other", 1.3, "breadth"),
    ("technology", "Technology of sales", "Система продаж (технологичность)", None, "subjective", "other", 1.2, None),
    ("delivery", "Delivery", "Доставка", None, "objective", "other", 1.4, "delivery"),
]
MANAGERS = [
    ("M1", 3500, "senior", None),
    ("M2", 5600, "middle", None),
    ("M3", 5600, "middle", "Colours;Flavours;Preservatives;Thickeners;Premixes"),
    ("M4", 5600, "junior", None),
    ("M5", 5600, "junior", "Flavours;Sweeteners;Thickeners;Premixes"),
]


def table(rows: list[tuple], columns: str) -> pd.DataFrame:
    """Return rows as a table with the named columns."""
    return pd.DataFrame(rows, columns=columns.split())


def working_days(start: pd.Series, end: pd.Series, rng: np.random.Generator) -> np.ndarray:
    """Return a chance working day from start to end for each row."""
    days = (end - start).dt.days.to_numpy() + 1
    day = start.to_numpy("datetime64[D]") + (rng.random(len(days)) * days).astype(int)
    return np.busday_offset(day, 0, roll="backward").astype("datetime64[s]")


def occasions(clients: pd.DataFrame, orders: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return what work comes with: one row per order, per client and month with orders, per client with its time known."""
    sold = orders[(orders["date"] >= FIRST_DAY) & (orders["revenue"] > 0) & orders["client_id"].notna()]
    of_order = sold.groupby(["client_id", "order_id"], as_index=False).agg(date=("date", "min")).assign(quantity=1)
    month = of_order["date"].dt.to_period("M").rename("month")
    of_month = of_order.groupby(["client_id", month]).agg(date=("date", "max"), quantity=("order_id", "size")).reset_index()
    last = orders.groupby("client_id")["date"].max()
    people = clients[clients["cohort"] != "unaware"]
    start = people["first_purchase"].clip(lower=FIRST_DAY).fillna(FIRST_DAY)
    end = people["client_id"].map(last).where(people["cohort"] == "sleeping").fillna(LAST_DAY).clip(lower=FIRST_DAY)
    of_year = pd.DataFrame({"client_id": people["client_id"], "start": start.clip(upper=end), "end": end, "quantity": 1})
    return {"order": of_order, "month": of_month, "year": of_year}


def work(habit: Habit, occasion: pd.DataFrame, clients: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the rows of one kind of work; a client that asks for much is above the usual in each."""
    client = clients.set_index("client_id").loc[occasion["client_id"]]
    is_private = (client["client_type"] == "private").to_numpy()
    times = np.where(is_private, habit.times_private, habit.times_company)
    if habit.basis == "year":
        years = ((occasion["end"] - occasion["start"]).dt.days.to_numpy() + 1) / 365
        tier = np.where(is_private, 1.0, client["tier"].map(TIMES_OF_TIER))
        times = rng.poisson(times * years * tier * client["effort"].clip(upper=2).to_numpy())
    else:
        times = (rng.random(len(times)) < times * (1 if habit.times_private == 1 else client["effort"].to_numpy())).astype(int)
    rows = occasion.loc[np.repeat(occasion.index, times)].reset_index(drop=True)
    who, private = client.iloc[np.repeat(np.arange(len(client)), times)], np.repeat(is_private, times)
    usual = np.where(private, habit.minutes_private, habit.minutes_company)
    minutes = usual * rows["quantity"] * who["effort"].to_numpy() ** 0.7 * rng.lognormal(0, 0.3, len(rows))
    rows["minutes"] = minutes.round().clip(lower=2)
    if habit.basis == "year":
        rows["date"] = working_days(rows["start"], rows["end"], rng)
    rows["manager_id"] = who["manager_id"].to_numpy() if habit.department == "sales" else None
    incoming = rng.random(len(rows)) < np.where(private, 0.7, 0.35)
    rows["direction"] = np.where(incoming, "in", "out") if habit.activity_type == "call" else None
    return rows.assign(department=habit.department, activity_type=habit.activity_type)


def internal_work(count: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return work for no client: meetings, order in the papers, stocktaking."""
    departments = [invented_clients.draw(list(INTERNAL), list(INTERNAL.values()), rng) for _ in range(count)]
    days = pd.Series([FIRST_DAY] * count), pd.Series([LAST_DAY] * count)
    rows = pd.DataFrame({"date": working_days(*days, rng), "department": departments})
    rows["activity_type"] = np.where(rng.random(count) < 0.35, "meeting", "other")
    rows["minutes"] = rng.lognormal(3.4, 0.4, count).round()
    managers = rng.permutation(np.resize([code for code, *_ in MANAGERS], count))
    rows["manager_id"] = np.where(rows["department"] == "sales", managers, None)
    return rows


def activities(clients: pd.DataFrame, orders: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the recorded work of 2024, when only a part was written down, and of 2025."""
    basis = occasions(clients, orders)
    rows = pd.concat([work(habit, basis[habit.basis], clients, rng) for habit in HABITS], ignore_index=True)
    rows = pd.concat([rows, internal_work(round(len(rows) * 0.13 / 0.87), rng)], ignore_index=True)
    rows = rows[(rows["date"] >= "2025-01-01") | (rng.random(len(rows)) < 0.35)].reset_index(drop=True)
    has_standard = pd.Series(list(zip(rows["department"], rows["activity_type"], strict=True))).isin(list(STANDARDS))
    is_counted = rng.random(len(rows)) < np.where(has_standard, 0.14, np.where(rows["client_id"].notna(), 0.5, 0.0))
    rows["minutes"] = rows["minutes"].mask(is_counted)  # only counted: the standard prices it, or nothing does
    rows["quantity"] = rows["quantity"].where(is_counted | (rows["quantity"] > 1))
    rows = rows.astype({"minutes": "Int64", "quantity": "Int64"})
    columns = ["date", "client_id", "department", "activity_type", "minutes", "quantity", "order_id", "manager_id", "direction"]
    return rows[columns].sort_values(["date", "department", "activity_type", "client_id", "order_id"], ignore_index=True)


def departments() -> pd.DataFrame:
    """Return one row per department and month; pay rose by 3 % in 2025."""
    rows = [
        (name, month, heads * pay * (1.03 if month.year == 2025 else 1.0), heads, hours, 0.8)
        for name, (heads, hours, pay) in DEPARTMENTS.items()
        for month in pd.date_range(FIRST_DAY, LAST_DAY, freq="MS")
    ]
    return table(rows, "department period cost headcount hours_per_head practical_share")


def direct_costs(clients: pd.DataFrame, orders: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return costs of single clients: the deliveries of each month, storage for some key clients, claims."""
    orders = orders[(orders["date"] >= FIRST_DAY) & orders["client_id"].notna()].drop_duplicates(["order_id", "line_no"])
    month_end = orders["date"] + pd.offsets.MonthEnd(0)
    delivery = orders.groupby(["client_id", month_end])["delivery_cost"].sum().round(2).rename("amount").reset_index()
    keepers = clients.loc[(clients["tier"] == "key") & (clients["cohort"].isin(["old", "2023"])), "client_id"].iloc[::2]
    months = pd.date_range(FIRST_DAY, LAST_DAY, freq="ME")
    storage = pd.MultiIndex.from_product([keepers, months], names=["client_id", "date"]).to_frame(index=False)
    storage["amount"] = rng.uniform(40, 260, len(storage)).round(2)
    claims = orders.iloc[np.sort(rng.permutation(len(orders))[:40])]
    claims = claims[["client_id", "date"]].assign(amount=rng.uniform(15, 300, 40).round(2), cost_type="claims")
    parts = [delivery[delivery["amount"] > 0].assign(cost_type="delivery"), storage.assign(cost_type="storage"), claims]
    costs = pd.concat(parts, ignore_index=True)[["client_id", "date", "cost_type", "amount"]]
    return costs.sort_values(["date", "client_id", "cost_type"], ignore_index=True)


def facts(people: pd.DataFrame, kinds: tuple[str, ...], times: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Return so many facts of chance kinds for each of the people, between its own start and end."""
    rows = people.loc[np.repeat(people.index, times), ["client_id", "start", "end"]].reset_index(drop=True)
    rows["date"] = working_days(rows["start"], rows["end"].clip(lower=rows["start"]), rng)
    rows["fact"] = [kinds[i] for i in rng.integers(0, len(kinds), len(rows))]
    return rows[["client_id", "date", "fact"]]


def facts_of_buyers(clients: pd.DataFrame, rng: np.random.Generator) -> list[pd.DataFrame]:
    """Return what happened with those who ever bought: before the first purchase, then year by year."""
    bought = clients[clients["cents"].notna()]
    seen = bought[bought["cohort"] != "old"].assign(start=lambda c: c["first_contact_date"], end=lambda c: c["first_purchase"])
    later = bought.assign(start=bought["first_purchase"].clip(lower=FIRST_DAY), end=LAST_DAY)
    lost = later[later["cohort"] == "sleeping"].assign(start=pd.Timestamp("2025-01-02"))
    contracts = np.where(later["pattern"] == "partner", 0.6, 0.05)
    return [
        facts(seen, INTEREST[:3], rng.poisson(1.0, len(seen)), rng),
        facts(later, CONTACTS, rng.poisson(2.0, len(later)), rng),
        facts(later, ("contract",), (rng.random(len(later)) < contracts).astype(int), rng),
        facts(later, ("referral_given",), (rng.random(len(later)) < 0.08).astype(int), rng),
        facts(later, ("complaint",), (rng.random(len(later)) < 0.06).astype(int), rng),
        facts(lost, ("lost_reason",), (rng.random(len(lost)) < 0.55).astype(int), rng),
    ]


def facts_of_prospects(clients: pd.DataFrame, rng: np.random.Generator) -> list[pd.DataFrame]:
    """Return what happened with those who never bought; the interested asked for something within the year."""
    known = clients[clients["cohort"].isin(["interested", "aware"])].assign(start=pd.Timestamp("2024-04-01"), end=LAST_DAY)
    asked = known[known["cohort"] == "interested"].assign(start=pd.Timestamp("2025-02-03"))
    long_ago = known[known["cohort"] == "aware"].iloc[:9].assign(end=pd.Timestamp("2024-11-29"))
    return [
        facts(known, CONTACTS, 1 + rng.poisson(7.0, len(known)), rng),
        facts(asked, INTEREST, 1 + rng.poisson(0.8, len(asked)), rng),
        facts(long_ago, INTEREST, np.ones(len(long_ago), dtype=int), rng),
    ]


def scores(clients: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return what the experts think of the technology of most clients: mostly what the client list says, not always."""
    known = clients[rng.random(len(clients)) < np.where(clients["cents"].notna(), 0.87, 0.75)]
    usual = known["tech_level"].fillna(2).astype(int) + rng.choice([-1, 0, 0, 0, 0, 1], len(known))
    days = pd.to_datetime("2025-11-10") + pd.to_timedelta(rng.integers(0, 12, len(known)), unit="D")
    columns = {"client_id": known["client_id"], "criterion_id": "technology", "score": usual.clip(1, 3)}
    return pd.DataFrame({**columns, "source": "expert", "date": days.to_numpy()})


def add_dates(clients: pd.DataFrame, orders: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Add first_purchase (the truth), first_purchase_date (as the client list has it) and first_contact_date."""
    first = clients["client_id"].map(orders[orders["revenue"] > 0].groupby("client_id")["date"].min())
    before, ago, met = (pd.Series(rng.integers(*span, len(clients))) for span in ((40, 690), (10, 150), (0, 85)))
    first = first.mask(clients["cohort"] == "old", pd.Timestamp("2023-01-01") - pd.to_timedelta(before, unit="D"))
    known = first - pd.to_timedelta(ago, unit="D")
    is_prospect = clients["cohort"].isin(["interested", "aware"])
    known = known.mask(is_prospect, FIRST_DAY + pd.to_timedelta(met, unit="D"))
    written = first.mask(clients["cohort"].isin(["2024", "2025"]) & (rng.random(len(clients)) < 0.04))
    return clients.assign(first_purchase=first, first_purchase_date=written, first_contact_date=known)


def invent() -> dict[str, pd.DataFrame]:
    """Return every table of the demo study by name; each part has its own stream of chance."""
    chance = [np.random.default_rng([SEED, part]) for part in range(8)]
    clients = invented_clients.invent(chance[0])
    orders = invented_orders.order_lines(clients, chance[1])
    clients = add_dates(clients, orders, chance[2])
    clients["effort"] = chance[3].lognormal(0, 0.45, len(clients)) * np.where(clients["margin_rate"].notna(), 3.0, 1.0)
    crm = pd.concat(facts_of_buyers(clients, chance[4]) + facts_of_prospects(clients, chance[4]))
    return {
        "clients": clients[CLIENT_COLUMNS],
        "orders": orders,
        "products": invented_orders.products(),
        "managers": table(MANAGERS, "manager_id capacity_minutes seniority product_groups"),
        "activities": activities(clients, orders, chance[5]),
        "activity_standards": table([(*k, v) for k, v in STANDARDS.items()], "department activity_type standard_minutes"),
        "departments": departments(),
        "direct_costs": direct_costs(clients, orders, chance[6]),
        "crm_facts": crm.sort_values(["date", "client_id", "fact"], ignore_index=True),
        "criteria": table(CRITERIA, "criterion_id label_en label_ru product_group kind topic weight rule"),
        "scores": scores(clients, chance[7]),
    }


def write(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    """Write each table as CSV: dates as 2025-12-31, flags as true and false, missing cells empty."""
    for name, content in tables.items():
        flags = content.select_dtypes(["bool", "boolean"]).columns
        words = {flag: content[flag].astype("boolean").map({True: "true", False: "false"}) for flag in flags}
        style = {"date_format": "%Y-%m-%d", "float_format": "%.10g", "lineterminator": "\n"}
        content.assign(**words).to_csv(folder / f"{name}.csv", index=False, **style)


if __name__ == "__main__":
    write(invent(), Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
