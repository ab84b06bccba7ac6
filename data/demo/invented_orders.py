"""Invent the products and the order lines of the demo company, 2023 to 2025.

A client's net revenue of a year is fixed first and then divided over its deals and lines, so it holds to the cent.
"""

import numpy as np
import pandas as pd
from invented_clients import GROUPS, LAST_MONTH, MONTHS_BEFORE_2025

PRODUCTS = {  # name: unit cost, EUR for a kg
    "Colours": {"Beet red": 9.4, "Carrot orange": 8.7, "Caramel brown": 3.9, "Spirulina blue": 27.5, "Leaf green": 14.2,
                "Saffron yellow": 21.8, "Grape violet": 16.4, "Cocoa dark": 6.1, "Pearl white": 11.3},
    "Flavours": {"Vanilla cream": 18.6, "Rum and raisin": 13.9, "Wild strawberry": 15.7, "Lemon zest": 9.8, "Smoked oak": 12.4,
                 "Butter": 10.6, "Almond": 14.8, "Forest mushroom": 17.1, "Cold mint": 11.9},
    "Preservatives": {"Sorbate fine": 5.2, "Benzoate clear": 3.4, "Propionate bake": 4.1, "Nitrite cure": 2.9,
                      "Ascorbic acid": 7.6, "Rosemary extract": 23.5, "Natural culture": 19.2, "Acetate dry": 3.7},
    "Sweeteners": {"Stevia 60": 24.9, "Erythritol": 6.8, "Isomalt": 5.9, "Sucralose mix": 28.7, "Xylitol": 7.4,
                   "Glucose syrup dry": 2.2, "Fructose": 3.1, "Maltitol": 5.5},
    "Thickeners": {"Pectin slow": 12.7, "Guar gum": 4.6, "Xanthan": 8.3, "Agar 900": 22.6, "Carrageen": 13.5,
                   "Starch instant": 2.6, "Gelatine leaf": 11.1, "Locust bean": 15.9},
    "Premixes": {"Bread improver": 3.3, "Sponge base": 4.4, "Sausage mix": 5.7, "Ice cream base": 6.3, "Custard mix": 4.9,
                 "Glaze base": 5.1, "Marinade dry": 6.6, "Dough relaxer": 7.2},
}  # fmt: skip
COST_SHARE = {  # unit cost in the list price for a company; a private buyer pays a quarter more
    "Colours": 0.62, "Flavours": 0.60, "Preservatives": 0.70, "Sweeteners": 0.74, "Thickeners": 0.67, "Premixes": 0.78,
}  # fmt: skip
PRIVATE_PRICE = 1.25
COST_OF_YEAR = {2023: 0.96, 2024: 0.98, 2025: 1.0}
EXTRA_DEALS = {"key": 0.6, "middle": 0.2}  # beyond the one of the month, for partners
LINES = {"key": (2, 5), "middle": (1, 4), "small": (1, 3), "dust": (1, 2)}
DELIVERY_COST = {"key": (70, 190), "middle": (40, 90), "small": (18, 40), "dust": (10, 18)}  # EUR for one delivery
PAY_DAYS = {"key": (30, 45, 60), "middle": (14, 30, 45), "small": (0, 14, 30), "dust": (0, 0, 14)}
PORTAL = {1: 0.15, 2: 0.40, 3: 0.70}  # share of orders through the portal by technology of the client
SEASONAL_REGION, UNSTEADY_REGION = "Birchmoor", "Highbarrow"
SEASON = 1 + 0.6 * np.cos(2 * np.pi * (np.arange(12) - 6) / 12)  # peak in July
UNSTEADY = np.ones(LAST_MONTH + 1)
UNSTEADY[[12, 13, 16, 17, 18, 21, 22]] = 0.15  # pauses in 2024 and, in other months, in 2025
UNSTEADY[[14, 19, 24, 29, 33]] = 3.2  # campaigns
UNSTEADY[[25, 26, 27, 31, 32, 35]] = 0.15
COLUMNS = [
    "order_id", "line_no", "date", "client_id", "product_id", "qty", "revenue", "list_revenue", "cost", "currency", "return_of",
    "channel", "delivery", "delivery_cost", "pay_days", "paid_date", "manager_id",
]  # fmt: skip
AS_OF = pd.Timestamp("2025-12-31")


def products() -> pd.DataFrame:
    """Return one row per product: product_id, name, group, unit_cost."""
    rows = [(name, group, cost) for group, names in PRODUCTS.items() for name, cost in names.items()]
    table = pd.DataFrame(rows, columns=["product_name", "product_group", "unit_cost"])
    table.insert(0, "product_id", [f"P{n:02d}" for n in range(1, len(table) + 1)])
    return table


def deal_months(client: pd.Series, rng: np.random.Generator) -> list[int]:
    """Return the month of each deal of the client, by its pattern of buying; the first month always has one."""
    first, last, pattern = int(client["first_month"]), int(client["last_month"]), client["pattern"]
    months = [first]
    if pattern in ("partner", "fading"):
        end = int(rng.integers(MONTHS_BEFORE_2025 + 4, MONTHS_BEFORE_2025 + 8)) if pattern == "fading" else last
        extra = EXTRA_DEALS.get(client["tier"], 0.0)
        months = [month for month in range(first, end + 1) for _ in range(1 + rng.poisson(extra))]
    elif pattern == "regular":
        sure = rng.integers(3)  # one month in three is certain, the others are likely
        months += [month for month in range(first + 1, last + 1) if rng.random() < 0.66 or month % 3 == sure]
    else:
        for year in range(first // 12, last // 12 + 1):
            months += some_months(max(first, 12 * year), min(last, 12 * year + 11), pattern, year == first // 12, rng)
    if last < LAST_MONTH:
        months.append(last)  # the last deal of a sleeping client
    return sorted(m for m in months if not (client["is_away_2024"] and 12 <= m < MONTHS_BEFORE_2025))


def some_months(start: int, end: int, pattern: str, is_first_year: bool, rng: np.random.Generator) -> list[int]:
    """Return months of one year for a client who repeats now and then, or who tried once in 2025."""
    wanted = int(rng.integers(2, 6)) if pattern == "repeat" else 1
    if is_first_year:  # the first month has its deal already
        start, wanted = start + 1, wanted - 1
    if wanted and start > end:
        return [end]
    return sorted(rng.integers(start, end + 1, wanted).tolist()) if wanted else []


def deal_days(months: list[int], rng: np.random.Generator) -> list[pd.Timestamp]:
    """Return a working day for each deal; several deals of a month fall on different days."""
    days = []
    for month in sorted(set(months)):
        start = pd.Timestamp(2023 + month // 12, month % 12 + 1, 1)
        open_days = pd.bdate_range(start + pd.Timedelta(days=int(month % 12 == 0)), start + pd.offsets.MonthEnd(0))
        count = months.count(month)
        middle = len(open_days) * (np.arange(count) + 0.5) / count  # evenly over the month, give or take a few days
        places = (middle + rng.uniform(-4, 4, count)).clip(0, len(open_days) - 1).astype(int)
        days += [open_days[place] for place in sorted(places)]
    return days


def year_cents(client: pd.Series, year: int, rng: np.random.Generator) -> int:
    """Return the client's net revenue of a year: given for 2025, before it near that, by the months it was a client."""
    if year == 2025:
        return int(client["cents"])
    start = 12 * (year - 2023)
    n_months = min(start + 11, client["last_month"]) - max(start, client["first_month"]) + 1
    growth = rng.lognormal(0.0, 0.28) * (0.88 if year == 2023 else 0.98) * (1.25 if client["pattern"] == "fading" else 1.0)
    return max(int(client["cents"] * growth * n_months / 12), 3000)


def month_weights(client: pd.Series, months: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the weight of each deal in its year; partners are steady by month, others by deal."""
    sigma = {"partner": 0.15, "fading": 0.20, "regular": 0.30}.get(client["pattern"], 0.5)
    of_month = rng.lognormal(0.0, sigma, LAST_MONTH + 1)
    if client["region"] == SEASONAL_REGION:
        of_month *= np.tile(SEASON, 3)
    if client["region"] == UNSTEADY_REGION:
        of_month *= UNSTEADY
    weights = of_month[months]
    if client["pattern"] in ("partner", "fading"):
        weights = weights / np.bincount(months, minlength=LAST_MONTH + 1)[months]
    return weights * rng.lognormal(0.0, 0.08, len(months))


def preference(client: pd.Series, rng: np.random.Generator) -> np.ndarray:
    """Return the chance of each product group: nearly all in one, a core with others, or broad."""
    lead = {"key": (0.1, 0.4, 0.5), "middle": (0.2, 0.4, 0.4)}.get(client["tier"], (0.35, 0.4, 0.25))
    share = (0.93, 0.62, 0.30)[int(np.searchsorted(np.cumsum(lead), rng.random()).clip(max=2))]
    rest = rng.dirichlet(np.full(len(GROUPS), 1.2))
    place = GROUPS.index(client["lead_group"])
    rest[place] = 0.0
    chances = (1 - share) * rest / rest.sum()
    chances[place] = share
    return chances


def basket(client: pd.Series, taste: np.ndarray, rng: np.random.Generator) -> list[int]:
    """Return the places of the different products of one order."""
    low, high = LINES[client["tier"]] if client["client_type"] == "corporate" else (1, 2)
    chances = np.concatenate([np.full(len(PRODUCTS[g]), c / len(PRODUCTS[g])) for g, c in zip(GROUPS, taste, strict=True)])
    chances = chances / np.sqrt(np.arange(1, len(chances) + 1))  # some products are asked for more often
    count = min(int(rng.integers(low, high + 1)), int((chances > 0).sum()))
    order = np.argsort(-np.log(1 - rng.random(len(chances))) / np.maximum(chances, 1e-12), kind="stable")
    return order[:count].tolist()  # drawing without replacement by exponential clocks


def client_lines(client: pd.Series, rng: np.random.Generator) -> pd.DataFrame:
    """Return the lines of one client: deal, date, line_no, product, cents; each year sums to its net revenue to the cent."""
    months = deal_months(client, rng)
    weights, taste = month_weights(client, np.array(months), rng), preference(client, rng)
    rows = []
    for deal, (day, weight) in enumerate(zip(deal_days(months, rng), weights, strict=True)):
        places = basket(client, taste, rng)
        parts = weight * rng.dirichlet(np.full(len(places), 4.0))
        rows += [(deal, day, line, place, part) for line, (place, part) in enumerate(zip(places, parts, strict=True), start=1)]
    lines = pd.DataFrame(rows, columns=["deal", "date", "line_no", "product", "weight"])
    for year, part in lines.groupby(lines["date"].dt.year):
        reached = np.rint(part["weight"].cumsum() / part["weight"].sum() * year_cents(client, int(year), rng))
        lines.loc[part.index, "revenue"] = np.diff(reached, prepend=0) / 100
    return lines.assign(client_id=client["client_id"]).drop(columns="weight")


def add_prices(lines: pd.DataFrame, clients: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Add product_id, list_revenue, qty and cost to lines whose net revenue is known."""
    client = clients.set_index("client_id").loc[lines["client_id"]].reset_index()
    product = products().loc[lines["product"]].reset_index(drop=True)
    of_deal = pd.Series(rng.normal(0, 0.012, len(lines))).groupby([lines["client_id"], lines["deal"]]).transform("first")
    discount = (client["discount"] + of_deal.where(client["discount"] > 0, 0)).clip(0, 0.199)
    lines = lines.assign(product_id=product["product_id"], list_revenue=(lines["revenue"] / (1 - discount)).round(2))
    price = product["unit_cost"] / product["product_group"].map(COST_SHARE)
    price *= np.where(client["client_type"] == "private", PRIVATE_PRICE, 1.0)
    qty = lines["list_revenue"] / price
    lines["qty"] = np.where(qty >= 20, qty.round(), qty.round(1).clip(lower=0.1))
    cost = lines["qty"] * product["unit_cost"] * lines["date"].dt.year.map(COST_OF_YEAR)
    fixed = lines["revenue"] * (1 - client["margin_rate"]) * rng.uniform(0.98, 1.02, len(lines))
    lines["cost"] = fixed.fillna(cost).round(2)
    return lines


def add_returns(lines: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Sell some lines larger and take the surplus back later in the year: nothing changes in a client's net revenue."""
    n_deals = lines.groupby(["client_id", lines["date"].dt.year])["deal"].transform("nunique")
    able = lines.index[(n_deals >= 3) & (lines["date"].dt.month <= 10) & (lines["revenue"] > 60)]
    sold = rng.permutation(able)[:26]
    amounts = ["revenue", "list_revenue", "cost", "qty"]
    back = lines.loc[sold].copy()
    back[amounts] = (back[amounts].mul(rng.uniform(0.1, 0.5, len(sold)), axis=0)).round(2)
    back["qty"] = back["qty"].round(1).clip(lower=0.1)
    lines = lines.assign(back_of=pd.NA)
    lines.loc[sold, amounts] = (lines.loc[sold, amounts] + back[amounts]).round(2)
    back[amounts] = -back[amounts]
    back["date"] = np.busday_offset(back["date"].to_numpy("datetime64[D]"), rng.integers(4, 20, len(sold)), roll="forward")
    kind = np.arange(len(sold)) % 4  # 0: booked in the order itself; 1: a document that names no order; 2, 3: one that does
    back["back_of"] = back["deal"].astype(object).where(kind >= 2, pd.NA)
    back["line_no"] = np.where(kind == 0, 9, 1)
    back["deal"] = np.where(kind == 0, back["deal"], 1000 + np.arange(len(sold)))
    return pd.concat([lines, back, *cancelled(lines)], ignore_index=True)


def cancelled(lines: pd.DataFrame) -> list[pd.DataFrame]:
    """Return two orders that were taken back whole under the same number: orders, but no deals."""
    in_may = lines[(lines["revenue"] > 200) & (lines["date"].dt.month == 5)]
    whole = pd.concat([in_may[in_may["date"].dt.year == year].iloc[[place]] for year, place in ((2024, 5), (2025, 20))])
    whole = whole.assign(deal=2000, line_no=1, date=whole["date"] + pd.Timedelta(days=7))
    amounts = ["revenue", "list_revenue", "cost", "qty"]
    return [whole, whole.assign(line_no=2, date=whole["date"] + pd.Timedelta(days=3), **{a: -whole[a] for a in amounts})]


def deals(lines: pd.DataFrame, clients: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return one row per order: number, delivery, terms of payment, manager and channel."""
    orders = lines.groupby(["client_id", "deal"], as_index=False).agg(start=("date", "min"), net=("revenue", "sum"))
    orders = orders.sort_values(["start", "client_id", "deal"], ignore_index=True)
    orders["order_id"] = [f"O{n:05d}" for n in range(1, len(orders) + 1)]
    client = clients.set_index("client_id").loc[orders["client_id"]].reset_index()
    is_return, n = orders["net"] < 0, len(orders)
    place = orders.groupby(["client_id", orders["start"].dt.year, is_return]).cumcount()
    is_shared = (client["delivery_mode"] == "shared") & (place % 4 == 3)
    orders["delivery"] = np.where(client["is_delivered"], place % 8 != 7, is_shared) & ~is_return
    low, high = (client["tier"].map(lambda tier, end=end: DELIVERY_COST[tier][end]) for end in (0, 1))
    orders["delivery_cost"] = (low + (high - low) * rng.random(n)).round(2).where(orders["delivery"], 0.0)
    orders["pay_days"] = client["pay_days"].astype(int)
    is_late = rng.random(n) < client["overdue_share"].fillna(0.05).astype(float)
    wait = orders["pay_days"] + np.where(is_late, rng.integers(6, 40, n), -rng.integers(0, 3, n)).clip(-orders["pay_days"])
    paid = orders["start"] + pd.to_timedelta(wait, unit="D")
    orders["paid_date"] = paid.where((paid <= AS_OF) & ~is_return)
    orders["manager_id"] = client["manager_id"]
    other = np.where(rng.random(n) < 0.7, "phone", "email")
    orders["channel"] = np.where(rng.random(n) < client["tech_level"].fillna(1).astype(int).map(PORTAL), "portal", other)
    return orders


def till_sales(orders: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return ten lines booked without a client, modelled on lines of middling size."""
    like = orders[orders["revenue"].between(300, 2500) & orders["date"].dt.year.gt(2023)]
    like = like.iloc[np.sort(rng.permutation(len(like))[:10])]
    like = like.assign(order_id=[f"K{n:04d}" for n in range(1, 11)], line_no=1, paid_date=like["date"], channel="phone")
    return like.assign(client_id=pd.NA, manager_id=pd.NA, delivery=False, delivery_cost=0.0, pay_days=0)


def order_lines(clients: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the table of orders, with some lines without client or cost and three lines written twice."""
    bought = clients[clients["cents"].notna()]
    terms = [int(rng.choice(PAY_DAYS[tier])) for tier in bought["tier"]]
    bought = bought.assign(pay_days=np.where(bought["client_type"] == "corporate", terms, 0))
    lines = pd.concat([client_lines(client, rng) for _, client in bought.iterrows()], ignore_index=True)
    lines = add_returns(add_prices(lines, bought, rng), rng)
    of_order = deals(lines, bought, rng)
    numbers = of_order.set_index(["client_id", "deal"])["order_id"]
    source = pd.MultiIndex.from_frame(lines[["client_id", "back_of"]])
    orders = lines.assign(return_of=numbers.reindex(source).to_numpy()).merge(of_order, on=["client_id", "deal"])
    orders.loc[orders["line_no"] > 1, "delivery_cost"] = 0.0
    orders.loc[rng.permutation(len(orders))[: len(orders) // 100], "cost"] = np.nan
    twice = orders[orders["revenue"] > 100].iloc[[700, 4100, 7000]]
    orders = pd.concat([orders, twice, till_sales(orders, rng)], ignore_index=True).assign(currency="EUR")
    return orders.sort_values(["date", "order_id", "line_no"], ignore_index=True)[COLUMNS]
