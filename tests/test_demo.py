"""The training base meets the figures it was invented for, read with plain pandas; every number is typed by hand.

The figures are those of source S5 on the reading of METHOD.md V08.7, with the years 1999 to 2001 moved to 2023 to 2025.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clientbase.ledger.tables import TABLES

DEMO = Path(__file__).parents[1] / "data" / "demo"
NAMES = (
    "clients", "orders", "products", "managers", "activities", "activity_standards", "departments", "direct_costs", "crm_facts",
    "criteria", "scores",
)  # fmt: skip
DATES = {
    "clients": ["first_contact_date", "first_purchase_date", "last_transfer_date"], "orders": ["date", "paid_date"],
    "activities": ["date"], "departments": ["period"], "direct_costs": ["date"], "crm_facts": ["date"], "scores": ["date"],
}  # fmt: skip
END = 12 * 2025 + 11  # December 2025 as a month number


def month_number(dates: pd.Series) -> pd.Series:
    """Return year * 12 + month - 1 of each date."""
    return dates.dt.year * 12 + dates.dt.month - 1


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    """Every table as it lies in the folder."""
    return {name: pd.read_csv(DEMO / f"{name}.csv", parse_dates=DATES.get(name, [])) for name in NAMES}


@pytest.fixture(scope="module")
def clients(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The client list by client_id."""
    return tables["clients"].set_index("client_id")


@pytest.fixture(scope="module")
def lines(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Order lines of known clients without the lines written twice, with their margin."""
    lines = tables["orders"].drop_duplicates().dropna(subset="client_id")
    products = tables["products"].set_index("product_id")
    cost = lines["cost"].fillna(lines["qty"] * lines["product_id"].map(products["unit_cost"]))
    group = lines["product_id"].map(products["product_group"])
    return lines.assign(year=lines["date"].dt.year, margin=lines["revenue"] - cost, product_group=group)


@pytest.fixture(scope="module")
def sold(lines: pd.DataFrame) -> pd.DataFrame:
    """Order lines of 2025."""
    return lines[lines["year"] == 2025]


@pytest.fixture(scope="module")
def revenue(sold: pd.DataFrame) -> pd.Series:
    """Net revenue of 2025 by client, largest first."""
    return sold.groupby("client_id")["revenue"].sum().round(2).sort_values(ascending=False)


@pytest.fixture(scope="module")
def deals(lines: pd.DataFrame) -> pd.DataFrame:
    """Orders with net revenue > 0: one row per client_id and order_id with date and year."""
    orders = lines.groupby(["client_id", "order_id"], as_index=False).agg(date=("date", "min"), revenue=("revenue", "sum"))
    orders = orders[orders["revenue"] > 0.005]
    return orders.assign(year=orders["date"].dt.year, month=month_number(orders["date"]))


@pytest.fixture(scope="module")
def first_purchase(clients: pd.DataFrame, deals: pd.DataFrame) -> pd.Series:
    """The earlier of the date given and the first deal."""
    first = deals.groupby("client_id")["date"].min().reindex(clients.index)
    return pd.concat([clients["first_purchase_date"], first], axis=1).min(axis=1)


@pytest.fixture(scope="module")
def minutes(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Activities with their priced minutes: recorded, else quantity x standard, else missing."""
    rows = tables["activities"].merge(tables["activity_standards"], how="left", on=["department", "activity_type"])
    standard = rows["quantity"].fillna(1) * rows["standard_minutes"]
    return rows.assign(priced=rows["minutes"].fillna(standard), year=rows["date"].dt.year)


@pytest.fixture(scope="module")
def corporate(clients: pd.DataFrame) -> pd.Index:
    """The client_id of all companies: buyers, sleepers and prospects."""
    return clients.index[clients["client_type"] == "corporate"]


def share_class(values: pd.Series) -> pd.Series:
    """Class falling positive values by the share of strictly larger ones, METHOD M05."""
    before = values.map(lambda value: values[values > value].sum()) / values.sum()
    bounds = [before < 0.80 - 1e-9, before < 0.96 - 1e-9, before < 0.999 - 1e-9]
    return pd.Series(np.select(bounds, list("ABC"), "D"), index=values.index)


# ---------------------------------------------------------------- the files


def test_the_generator_writes_the_same_bytes_again(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-B", DEMO / "generate.py", tmp_path], check=True)
    assert sorted(path.stem for path in tmp_path.iterdir()) == sorted(NAMES)
    assert [name for name in NAMES if (tmp_path / f"{name}.csv").read_bytes() != (DEMO / f"{name}.csv").read_bytes()] == []


def test_every_file_is_small() -> None:
    assert [path.name for path in DEMO.iterdir() if path.is_file() and path.stat().st_size >= 1024 * 1024] == []


def test_the_study_names_every_table_and_maps_nothing() -> None:
    study = tomllib.loads((DEMO / "study.toml").read_text(encoding="utf-8"))
    assert study.pop("sources") == {name: {"file": f"{name}.csv"} for name in NAMES}
    assert study.pop("as_of").isoformat() == "2025-12-31"
    assert study == {
        "name": "demo",
        "title": "Demo: invented food-additive maker",
        "language": "en",
        "currency": "EUR",
        "note": "Invented training data: no real company, client or person.",
        "concentration": {"fixed_costs": 2_250_000},
        "portrait": {"declared_segments": {"industry": ["bakery", "dairy", "food retail"], "business_size": ["large"]}},
        "parity": {
            "asked_discount": 0.03,
            "offers": {"volume": 0.10, "payment": 30, "orders": 12, "pickup": 1.0, "contract": 0.05},
        },
    }


@pytest.mark.parametrize("name", NAMES)
def test_columns_keys_and_values_are_those_of_the_vocabulary(name: str, tables: dict[str, pd.DataFrame]) -> None:
    table, known = tables[name], TABLES[name]
    assert set(table.columns) <= set(known.columns)
    required = {column for column, rule in known.columns.items() if rule.required}
    assert required <= set(table.columns)
    for column, rule in known.columns.items():
        allowed = {True, False} if rule.kind == "flag" else set(rule.values)
        if allowed and column in table.columns:
            assert set(table[column].dropna()) <= allowed
    if known.key:
        assert not table.duplicated(list(known.key)).any()


def test_references_between_tables_hold(tables: dict[str, pd.DataFrame]) -> None:
    clients = set(tables["clients"]["client_id"])
    for name in ("orders", "activities", "direct_costs", "crm_facts", "scores"):
        assert set(tables[name]["client_id"].dropna()) <= clients
    assert set(tables["clients"]["parent_id"].dropna()) <= clients
    assert set(tables["orders"]["product_id"]) <= set(tables["products"]["product_id"])
    assert list(tables["managers"]["manager_id"]) == ["M1", "M2", "M3", "M4", "M5"]
    assert set(tables["orders"]["manager_id"].dropna()) == set(tables["managers"]["manager_id"])
    assert set(tables["orders"]["return_of"].dropna()) <= set(tables["orders"]["order_id"])


def test_nobody_has_a_persons_name(tables: dict[str, pd.DataFrame]) -> None:
    kinds = "Bakery|Confectionery|Dairy|Meat works|Drinks works|Canteen|Food shop|Wholesale house"
    invented = re.compile(rf"Private buyer \d{{4}}|({kinds}) \d{{3}} [A-Z][a-z]+")
    assert all(invented.fullmatch(name) for name in tables["clients"]["client_name"])


# ---------------------------------------------------------------- sizes, METHOD V08.7 and V08.8


def test_350_clients_buy_and_their_sizes_are_those_of_the_example(revenue: pd.Series) -> None:
    total = revenue.sum()
    share = revenue / total
    assert len(revenue) == (revenue > 0).sum() == 350
    assert total == pytest.approx(10_000_000, abs=0.01)
    assert [share.iloc[:35].sum(), share.iloc[:70].sum()] == pytest.approx([0.80, 0.90], abs=1e-6)
    assert [(share < 0.01).sum(), (share < 0.0001).sum()] == [320, 70]
    assert share.iloc[-320:].sum() == pytest.approx(0.245, abs=1e-6)
    groups = [share.iloc[a:b].sum() for a, b in ((0, 30), (30, 35), (35, 70), (70, 280), (280, 350))]
    assert groups == pytest.approx([0.755, 0.045, 0.10, 0.0965, 0.0035], abs=1e-6)
    assert share.is_unique


def test_class_a_has_35_clients_and_all_classes_are_there(revenue: pd.Series) -> None:
    counts = share_class(revenue).value_counts()
    assert counts["A"] == 35
    assert (counts[["B", "C", "D"]] >= [80, 100, 20]).all()


def test_companies_have_all_share_classes_too(revenue: pd.Series, corporate: pd.Index) -> None:
    assert (share_class(revenue[revenue.index.isin(corporate)]).value_counts()[list("ABCD")] >= [25, 30, 50, 10]).all()


# ---------------------------------------------------------------- structure of the base, S5


def test_twelve_regions_bring_four_fifths(revenue: pd.Series, clients: pd.DataFrame) -> None:
    region = clients["region"].reindex(revenue.index)
    share = revenue.groupby(region.fillna("(unknown)")).sum().sort_values(ascending=False) / revenue.sum()
    assert region.nunique() == 20
    assert 1 <= region.isna().sum() <= 5
    assert (share.cumsum() < 0.80).sum() + 1 == 12


def test_delivery_goes_to_65_percent_of_clients_with_60_percent_of_revenue(
    revenue: pd.Series, clients: pd.DataFrame, sold: pd.DataFrame
) -> None:
    by_orders = sold.groupby(["client_id", "order_id"])["delivery"].any().groupby("client_id").mean() >= 0.5
    mode = clients["delivery_mode"].reindex(revenue.index)
    is_delivered = by_orders.reindex(revenue.index) | (mode == "company")
    assert (is_delivered == (mode == "company"))[mode.notna()].all()  # the list and the orders agree
    assert is_delivered.mean() == pytest.approx(0.65, abs=0.005)
    assert revenue[is_delivered].sum() / revenue.sum() == pytest.approx(0.60, abs=0.005)
    core, is_core_delivered = revenue.iloc[:70], is_delivered.iloc[:70]
    assert is_core_delivered.mean() == pytest.approx(0.46, abs=0.02)
    assert core[is_core_delivered].sum() / core.sum() == pytest.approx(0.60, abs=0.02)


def test_150_clients_of_2025_bring_a_tenth_and_the_best_came_before(revenue: pd.Series, first_purchase: pd.Series) -> None:
    cohort = first_purchase.reindex(revenue.index).dt.year
    count, share = cohort.value_counts(), revenue.groupby(cohort).sum() / revenue.sum()
    assert count[2025] == 150
    assert share[2025] == pytest.approx(0.10, abs=0.002)
    assert share[2025] / (count[2025] / 350) == pytest.approx(0.2333, abs=0.005)  # METHOD V09.1
    assert count[[2023, 2024]].min() >= 80
    assert (share / (count / 350))[[2023, 2024]].min() > 1.2
    assert count[count.index < 2023].sum() == 12


def test_the_bridge_from_2024_has_all_its_parts(revenue: pd.Series, lines: pd.DataFrame) -> None:
    by_year = lines.pivot_table(index="client_id", columns="year", values="revenue", aggfunc="sum", fill_value=0.0)
    before, now, earlier = by_year[2024], by_year[2025], by_year[2023] > 0
    change = (now - before)[(before > 0) & (now > 0)]
    new, returned = now[(before == 0) & ~earlier], now[(before == 0) & earlier & (now > 0)]
    parts = [new.sum(), returned.sum(), -before[now == 0].sum(), change[change > 0].sum(), change[change < 0].sum()]
    assert sum(parts) == pytest.approx(now.sum() - before.sum(), abs=0.01)
    assert (np.abs(parts) > 20_000).all()
    assert len(returned) == 8
    assert 7_000_000 < before.sum() < revenue.sum()


def test_45_clients_sleep_and_75_never_bought(
    deals: pd.DataFrame, clients: pd.DataFrame, tables: dict[str, pd.DataFrame]
) -> None:
    bought, recent = set(deals["client_id"]), set(deals.loc[deals["year"] == 2025, "client_id"])
    assert [len(clients), len(recent), len(bought - recent)] == [470, 350, 45]
    facts = tables["crm_facts"]
    asked = facts[facts["fact"].isin(["inquiry", "quote", "sample", "negotiation"]) & (facts["date"] >= "2025-01-01")]
    never = set(clients.index) - bought
    known, interested = never & set(facts["client_id"]), never & set(asked["client_id"])
    assert [len(never - known), len(known - interested), len(interested)] == [15, 35, 25]


# ---------------------------------------------------------------- flows and behaviour


def test_companies_bring_the_margin_and_private_buyers_take_the_time(
    sold: pd.DataFrame, clients: pd.DataFrame, revenue: pd.Series, minutes: pd.DataFrame
) -> None:
    kind = clients["client_type"]
    margin = sold.groupby(sold["client_id"].map(kind))["margin"].sum()
    year = minutes[minutes["year"] == 2025]
    time = year.groupby(year["client_id"].map(kind))["priced"].sum()
    profit_share, time_share = margin["corporate"] / margin.sum(), time["corporate"] / time.sum()
    assert (kind.reindex(revenue.index) == "private").sum() == 190
    assert 0.85 <= profit_share <= 0.92
    assert 0.20 <= time_share <= 0.30
    assert profit_share / time_share / ((1 - profit_share) / (1 - time_share)) > 10  # METHOD M01 asks for 2


def test_companies_buy_in_a_monthly_rhythm(deals: pd.DataFrame, corporate: pd.Index) -> None:
    days = deals[deals["client_id"].isin(corporate)].drop_duplicates(["client_id", "date"]).sort_values(["client_id", "date"])
    days = days[days.groupby("client_id")["date"].transform("size") >= 3]
    gaps = days.assign(gap=days.groupby("client_id")["date"].diff().dt.days).groupby("client_id")["gap"].median()
    assert len(gaps) >= 100
    assert 20 <= gaps.median() <= 44


def test_the_middle_is_more_than_half_of_the_companies(
    deals: pd.DataFrame, revenue: pd.Series, corporate: pd.Index, first_purchase: pd.Series
) -> None:
    bought = deals[(deals["year"] == 2025) & deals["client_id"].isin(corporate)]
    facts = bought.groupby("client_id").agg(n_deals=("order_id", "size"), n_months=("month", "nunique"))
    facts["purchase"] = revenue / facts["n_deals"]
    facts["exposure"] = (END + 1 - month_number(first_purchase).clip(lower=END - 11)).reindex(facts.index)
    is_large = facts["purchase"] >= facts["purchase"].quantile(0.80)
    is_regular = (facts["n_months"] / facts["exposure"] >= 0.5) & (facts["exposure"] >= 3)
    is_small = (facts["purchase"] < facts["purchase"].quantile(0.25)) | (~is_large & (facts["n_deals"] == 1))
    size = pd.Series(np.select([is_large & is_regular, is_small], ["SA", "SC"], "SB"), index=facts.index)
    assert (size == "SB").mean() > 0.5
    assert (size == "SA").sum() >= 10
    assert (is_large & ~is_regular).sum() >= 3


def level(months: set[int], first: int) -> str:
    """Return the level at the end of 2025 of a client who bought in 2025 in these months, METHOD M04."""
    exposure = min(12, END - first + 1)
    blocks = min(4, exposure // 3)
    if exposure >= 6 and all(END - k in months for k in range(6)):
        return "L6"
    if blocks >= 2 and all(any(END - 3 * b - k in months for k in range(3)) for b in range(blocks)):
        return "L5"
    return "many"


def test_every_rung_of_the_ladder_is_peopled(deals: pd.DataFrame, first_purchase: pd.Series, clients: pd.DataFrame) -> None:
    bought = deals[deals["year"] == 2025].groupby("client_id").agg(months=("month", set), n_deals=("order_id", "size"))
    first = month_number(first_purchase)
    levels = pd.Series({client: level(row["months"], int(first[client])) for client, row in bought.iterrows()})
    levels = levels.where(levels != "many", bought["n_deals"].map(lambda n: "L3" if n == 1 else "L4"))
    counts = pd.crosstab(levels, clients["client_type"].reindex(levels.index))
    assert (counts["corporate"][["L3", "L4", "L5", "L6"]] >= [8, 25, 25, 25]).all()
    assert (counts["private"][["L3", "L4", "L5", "L6"]] >= [30, 30, 10, 3]).all()


def test_purchases_are_steady_to_different_degrees(sold: pd.DataFrame, corporate: pd.Index, first_purchase: pd.Series) -> None:
    months = sold.pivot_table(index="client_id", columns=sold["date"].dt.month, values="revenue", aggfunc="sum", fill_value=0.0)
    whole_year = months[months.index.isin(corporate) & (first_purchase.reindex(months.index) < "2025-01-01")]
    variation = whole_year.std(axis=1, ddof=0) / whole_year.mean(axis=1)
    assert ((variation <= 0.5).sum() >= 25) & (variation.between(0.5, 1.0).sum() >= 15) & ((variation > 1.0).sum() >= 15)
    every_month = (whole_year > 0).all(axis=1)
    assert every_month.sum() >= 30


def test_one_region_is_seasonal_and_one_is_unsteady_without_season(lines: pd.DataFrame, clients: pd.DataFrame) -> None:
    recent = lines[lines["year"] >= 2024]
    rows = [recent["client_id"].map(clients["region"]), "year"]
    months = recent["date"].dt.month
    series = recent.pivot_table(index=rows, columns=months, values="revenue", aggfunc="sum", fill_value=0.0)
    verdicts = {}
    for region, years in series.groupby(level=0):
        last, now = years.to_numpy()
        profile = (last / last.mean() + now / now.mean()) / 2
        is_alike = np.corrcoef(last, now)[0, 1] >= 0.5
        is_uneven = max(now.std() / now.mean(), years.to_numpy().std() / years.to_numpy().mean()) > 0.5
        if is_alike and profile.max() / profile.min() >= 1.5:
            verdicts[region] = "seasonal"
        elif is_uneven and not is_alike:
            verdicts[region] = "unsteady"
    assert verdicts == {"Birchmoor": "seasonal", "Highbarrow": "unsteady"}


# ---------------------------------------------------------------- lines that the data notebook must meet


def test_lines_are_consistent(tables: dict[str, pd.DataFrame]) -> None:
    orders = tables["orders"]
    assert 10_000 <= len(orders) <= 13_000
    assert [orders["date"].min().year, orders["date"].max().year] == [2023, 2025]
    assert set(orders["currency"]) == {"EUR"}
    discount = 1 - orders["revenue"] / orders["list_revenue"]
    assert discount.between(-1e-9, 0.20).all()
    assert (np.sign(orders["qty"]) == np.sign(orders["revenue"])).all()
    for money in ("revenue", "list_revenue", "cost", "delivery_cost"):
        assert (orders[money] * 100 - (orders[money] * 100).round()).abs().max() < 1e-4
    assert 0.005 < orders["cost"].isna().mean() < 0.02
    assert orders["paid_date"].max() <= pd.Timestamp("2025-12-31")
    assert len(tables["products"]) == 50
    assert tables["products"]["product_group"].nunique() == 6


def test_three_lines_are_written_twice(tables: dict[str, pd.DataFrame]) -> None:
    orders = tables["orders"]
    assert orders.duplicated().sum() == orders.duplicated(["order_id", "line_no"]).sum() == 3


def test_few_lines_have_no_client(tables: dict[str, pd.DataFrame]) -> None:
    orders = tables["orders"]
    lost = orders[orders["client_id"].isna()]
    assert 5 <= len(lost) <= 15
    assert 0 < lost["revenue"].sum() / orders["revenue"].sum() < 0.005


def test_some_goods_come_back(tables: dict[str, pd.DataFrame]) -> None:
    orders = tables["orders"].drop_duplicates()
    back = orders[orders["revenue"] < 0]
    assert 20 <= len(back) <= 40
    assert 5 <= back["return_of"].notna().sum() < len(back)
    assert (orders.groupby("order_id")["revenue"].sum().abs() < 0.005).sum() == 2  # orders that are no deals


def test_a_few_clients_lose_money_or_get_more_discount_than_they_bring(
    sold: pd.DataFrame, revenue: pd.Series, corporate: pd.Index
) -> None:
    by_client = sold.assign(discount=sold["list_revenue"] - sold["revenue"]).groupby("client_id")[["margin", "discount"]].sum()
    is_losing = by_client["margin"] <= 0
    assert 4 <= is_losing.sum() <= 8
    assert "A" in set(share_class(revenue)[is_losing[is_losing].index])  # volume without profit
    assert 4 <= (~is_losing & (by_client["discount"] > by_client["margin"])).sum() <= 15
    companies = by_client[by_client.index.isin(corporate)]
    assert 0.20 < companies["margin"].sum() / revenue[companies.index].sum() < 0.30


# ---------------------------------------------------------------- work of the departments


def test_activities_are_recorded_as_people_record_them(minutes: pd.DataFrame) -> None:
    years = minutes["year"].value_counts()
    assert 0 < years[2024] < years[2025] / 2
    assert set(minutes["department"]) == {"sales", "warehouse", "accounting", "service"}
    assert minutes["client_id"].isna().mean() == pytest.approx(0.12, abs=0.015)
    assert 0.05 < minutes["minutes"].isna().mean() < 0.25
    assert 0 < minutes["priced"].isna().mean() < 0.05


def test_one_department_is_near_its_capacity(tables: dict[str, pd.DataFrame], minutes: pd.DataFrame) -> None:
    departments = tables["departments"]
    assert (departments.groupby("department").size() == 24).all()
    assert set(departments["practical_share"]) == {0.8}
    year = departments[departments["period"].dt.year == 2025]
    capacity = (year["headcount"] * year["hours_per_head"] * 60 * year["practical_share"]).groupby(year["department"]).sum()
    use = minutes[minutes["year"] == 2025].groupby("department")["priced"].sum() / capacity
    assert 0.90 < use["service"] < 1.0
    assert use.drop("service").between(0.3, 0.7).all()


def test_direct_costs_hold_the_deliveries_of_the_orders(tables: dict[str, pd.DataFrame], lines: pd.DataFrame) -> None:
    costs = tables["direct_costs"]
    assert set(costs["cost_type"]) == {"delivery", "storage", "claims"}
    delivery = costs.loc[costs["cost_type"] == "delivery", "amount"].sum()
    assert delivery == pytest.approx(lines.loc[lines["year"] >= 2024, "delivery_cost"].sum(), abs=0.01)


def test_the_strong_manager_holds_most_strong_clients_and_has_no_time(
    tables: dict[str, pd.DataFrame], minutes: pd.DataFrame, revenue: pd.Series, clients: pd.DataFrame
) -> None:
    best = revenue.index[:35]
    assert (clients.loc[best, "manager_id"] == "M1").mean() > 0.5
    capacity = 12 * tables["managers"].set_index("manager_id")["capacity_minutes"]
    use = minutes[minutes["year"] == 2025].groupby("manager_id")["priced"].sum() / capacity
    assert use["M1"] > 1 > use.drop("M1").max()


# ---------------------------------------------------------------- scores and portrait


@pytest.fixture(scope="module")
def scored(
    tables: dict[str, pd.DataFrame], clients: pd.DataFrame, sold: pd.DataFrame, revenue: pd.Series, corporate: pd.Index
) -> pd.DataFrame:
    """Companies with share_class and total score, METHOD M12: rules for four signs, experts for technology."""
    breadth = sold[sold["revenue"] > 0].groupby("client_id")["product_id"].nunique().reindex(corporate)
    company = clients.loc[corporate]
    signs = pd.DataFrame(
        {
            "business_size": company["business_size"].map({"large": 3, "medium": 2, "small": 1}),
            "own_retail": company["has_retail"].map({True: 3, False: 1}),
            "breadth": pd.Series(np.select([breadth >= 20, breadth >= 10, breadth > 0], [3, 2, 1], np.nan), corporate),
            "technology": tables["scores"].set_index("client_id")["score"].reindex(corporate),
            "delivery": company["delivery_mode"].map({"pickup": 3, "shared": 2, "company": 1}),
        }
    )
    weight = pd.Series({"business_size": 1.4, "own_retail": 1.4, "breadth": 1.3, "technology": 1.2, "delivery": 1.4})
    known = (signs.notna() * weight).sum(axis=1) / 6.7
    total = ((signs * weight).sum(axis=1) / known).where(known >= 0.70)
    classes = share_class(revenue[revenue.index.isin(corporate)]).reindex(corporate).fillna("0")
    return pd.DataFrame({"share_class": classes, "total": total, "known": known})


def test_the_five_signs_are_those_of_the_source(tables: dict[str, pd.DataFrame]) -> None:
    criteria = tables["criteria"].set_index("criterion_id")
    weights = {"business_size": 1.4, "own_retail": 1.4, "breadth": 1.3, "technology": 1.2, "delivery": 1.4}
    assert criteria["weight"].to_dict() == weights
    assert criteria["rule"].dropna().to_dict() == {sign: sign for sign in weights if sign != "technology"}
    assert criteria["kind"].eq("subjective").to_dict()["technology"]
    scores = tables["scores"]
    assert set(scores["criterion_id"]) == {"technology"}
    assert set(scores["score"]) == {1, 2, 3}
    assert len(scores) / len(tables["clients"]) == pytest.approx(0.85, abs=0.05)


def test_every_quadrant_is_peopled(scored: pd.DataFrame) -> None:
    verdict = np.select([scored["total"].isna(), scored["total"] >= 13.4 - 1e-9], ["not scored", "high"], "low")
    counts = pd.crosstab(scored["share_class"], verdict)
    assert (counts.loc[["A", "B"]].sum()[["high", "low"]] >= 10).all()  # in place, excelled
    assert counts.loc[["C", "D"], "high"].sum() >= 8  # underserved potential
    assert counts.loc["C", "low"] >= 20  # economical service
    assert counts.loc["D", "low"] >= 5  # ballast
    assert (counts.loc["0", ["high", "low"]] >= 5).all()  # reactivation, archive
    assert counts.loc[["A", "B", "C", "D"], "not scored"].sum() >= 2
    assert ((scored["known"] < 1) & scored["total"].notna()).sum() >= 10  # totals that were rescaled


def test_losing_clients_are_found_with_high_and_low_scores(scored: pd.DataFrame, sold: pd.DataFrame) -> None:
    margin = sold.groupby("client_id")["margin"].sum()
    totals = scored["total"].reindex(margin.index[margin <= 0]).dropna()
    assert (totals >= 13.4 - 1e-9).any()
    assert (totals < 13.4 - 1e-9).any()


def test_class_and_score_agree_but_not_fully(scored: pd.DataFrame) -> None:
    both = scored[scored["share_class"].isin(list("ABCD"))].dropna(subset="total")
    rank = both["share_class"].map({"A": 4, "B": 3, "C": 2, "D": 1})
    assert 0.3 < rank.rank().corr(both["total"].rank()) < 0.8


def test_class_a_has_a_portrait(scored: pd.DataFrame, clients: pd.DataFrame) -> None:
    bought = scored[scored["share_class"] != "0"]
    company, is_target = clients.loc[bought.index], bought["share_class"] == "A"
    for attribute, value in (("business_size", "large"), ("trade_kind", "producer")):
        has_it = company[attribute] == value
        assert has_it[is_target].mean() / has_it.mean() >= 1.5
        assert has_it[is_target].sum() >= 5


def test_attributes_are_filled_with_a_few_gaps(clients: pd.DataFrame) -> None:
    expected = (
        "business_size", "has_retail", "tech_level", "delivery_mode", "wallet_share", "overdue_share", "brand_exclusive",
        "source", "acquisition_cost", "industry",
    )  # fmt: skip
    missing = clients.loc[clients["acquisition_cost"].notna() | clients["wallet_share"].notna(), list(expected)].isna().mean()
    assert ((missing > 0) & (missing < 0.25)).all()
    assert 0 < clients["strategic"].mean() < 0.2
    assert 0.1 < clients["dealer_available"].mean() < 0.6
