"""Order lines reduced to clients, months and groups: the method's vectors, the edges, and a recount by plain pandas."""

import datetime as dt
import itertools

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal, assert_series_equal

from clientbase.method.rhythm import base_rhythm, rhythm_periods

HEAD = "order_id,date,client_id,revenue\n"


def test_vector_15_9(ledger):
    orders = (
        HEAD
        + "1,2024-02-05,a,300\n2,2024-03-05,a,500\n3,2024-04-05,a,100\n4,2024-05-05,a,100\n"
        + ("5,2024-02-05,b,900\n6,2024-03-05,b,100\n7,2024-04-05,b,-200\n")
    )
    found = ledger(orders=orders)
    assert found.fact("a", "avg_purchase", "n_deals") == (250, 4)
    assert found.fact("b", "avg_purchase", "n_deals") == (400, 2)


def days(client, first, gaps):
    """Return lines of one order on each day that follows the gaps."""
    dates = pd.Timestamp(first) + pd.to_timedelta(np.cumsum([0, *gaps]), unit="D")
    return "".join(f"{client}{place},{day:%Y-%m-%d},{client},10\n" for place, day in enumerate(dates))


def test_vector_01_4(ledger):
    orders = HEAD + days("a", "2024-02-01", [10, 20, 40]) + "x,2024-02-01,a,5\ny,2024-02-15,a,0\nz,2024-02-16,a,-1\n"
    assert ledger(orders=orders).fact("a", "median_gap_days", "n_deal_days") == (20, 4)  # one deal day a day, deals only


@pytest.mark.parametrize(
    ("rhythms", "expected", "grain"),
    [((20, 40, 100), 40, "month"), ((40, 60, 100), 60, "quarter"), ((100, 200, 300), 200, "half-year")],
)
def test_vector_01_5(ledger, rhythms, expected, grain):
    orders = HEAD + "".join(days(f"c{n}", "2022-01-03", [rhythms[n % 3]] * 3) for n in range(12)) + "last,2024-12-30,c0,1\n"
    rhythm = base_rhythm(ledger(orders=orders).result.facts, min_clients=10)
    assert (rhythm.n_clients, rhythm.days, rhythm.grain) == (12, expected, grain)


def test_a_deal_counts_on_the_first_day_of_its_order(ledger):
    found = ledger(
        orders=HEAD + "1,2023-12-31,c,10\n1,2024-01-02,c,90\n2,2024-02-01,c,5\n2,2024-03-01,c,-5\n3,2024-03-02,c,4\n"
    )
    assert found.fact("c", "revenue", "n_orders", "n_deals", "previous_revenue", "previous_n_deals") == (94, 2, 1, 10, 1)
    assert found.fact("c", "largest_order", "n_lines") == (4, 4)
    months = found.result.months.set_index("month")
    assert months["revenue"].tolist() == [10, 90, 5, -1]
    assert months["n_deals"].tolist() == [1, 0, 0, 1]
    assert months["n_orders"].tolist() == [1, 0, 1, 1]


def test_the_data_of_a_short_history_are_not_stretched(ledger):
    found = ledger(orders=HEAD + "1,2024-10-05,c,10\n2,2024-12-05,d,10\n")
    assert found.check("short_history")[["n", "date"]].tolist() == [12, "2024-10-05"]
    assert found.result.state["history_months"] == 3
    assert found.fact("c", "exposure_months", "exposure_periods_1", "exposure_periods_3", "exposure_periods_6") == (3, 3, 1, 1)
    assert found.fact("d", "exposure_months", "exposure_periods_3", "n_active_periods_3") == (1, 1, 1)


def test_periods_of_every_grain(ledger):
    dates = ["2021-01-15", "2022-06-15", "2024-01-15", "2024-03-15", "2024-04-15", "2024-12-15"]
    found = ledger(orders=HEAD + "".join(f"{n},{day},c,1\n" for n, day in enumerate(dates)))
    assert found.fact("c", "n_active_months", "n_active_periods_1") == (4, 4)
    assert found.fact("c", "n_active_periods_3", "exposure_periods_3") == (
        4,
        12,
    )  # of three years: Jun 22, Jan-Mar, Apr, Dec 24
    assert found.fact("c", "n_active_periods_6", "exposure_periods_6") == (4, 8)
    assert found.fact("c", "n_active_periods_12", "exposure_periods_12") == (3, 4)


@pytest.mark.parametrize(
    ("months", "length", "expected"), [(48, 3, 12), (7, 3, 2), (2, 3, 1), (0, 1, 1), (11, 1, 11), (40, 12, 3)]
)
def test_the_rhythm_window_has_what_history_has(months, length, expected):
    assert rhythm_periods(months, length) == expected


def test_groups_and_active_products(ledger):
    orders = """
        order_id,date,client_id,product_id,revenue
        1,2024-03-05,c,p1,10
        1,2024-03-05,c,p2,5
        2,2024-03-06,c,p2,-5
        2,2024-03-06,c,,3
        2,2024-03-06,c,p9,2
        3,2023-03-06,c,p3,2
        3,2024-03-07,d,p2,1
    """
    found = ledger(orders=orders, products="product_id,product_group\np1,A\np2,B\np3,C\n")
    groups = found.result.groups.set_index(["client_id", "product_group"])
    assert groups.loc[("c", "A")].tolist() == [10, 1, 1]
    assert groups.loc[("c", "B")].tolist() == [0, 2, 0]
    assert groups.loc[("c", "(unknown)")].tolist() == [5, 2, 1]
    assert groups.loc[("d", "B")].tolist() == [1, 1, 1]
    assert len(groups) == 4  # C was sold before the window
    assert found.fact("c", "n_products") == 2
    assert found.result.state["n_active_products"] == 3
    assert found.check("unknown_products")["n"] == 2


def test_products_without_groups(ledger):
    found = ledger(orders="date,client_id,product_id,revenue\n2024-03-05,c,p1,10\n2024-03-05,c,,1\n")
    assert found.result.groups is None
    assert found.fact("c", "n_products") == 1
    assert found.result.state["n_active_products"] == 1


def test_equal_purchases_give_equal_facts_in_any_order(ledger):
    amounts = ["0.1", "0.2", "0.3", "1e6", "0.7", "33.33"]
    lines = [
        f"{client}{n},2024-03-05,{client},{amount}\n"
        for client, order in (("a", amounts), ("b", amounts[::-1]))
        for n, amount in enumerate(order)
    ]
    found = ledger(orders=HEAD + "".join(lines))
    assert found.fact("a", "revenue") == found.fact("b", "revenue") == 1000034.63


# a recount by plain pandas of a base without any order in it

FIRST, LAST, BEFORE = pd.Timestamp("2023-10-01"), pd.Timestamp("2024-09-30"), pd.Timestamp("2022-10-01")


def invented(seed):
    """Return lines of 25 clients over three years: returns, orders of several days, missing values, idle and new clients."""
    rng = np.random.default_rng(seed)
    n = 900
    lines = pd.DataFrame(
        {
            "order_id": rng.integers(1, 400, n),
            "line_no": np.arange(n),
            "date": pd.Timestamp("2021-11-10") + pd.to_timedelta(rng.integers(0, 1080, n), unit="D"),
            "product_id": rng.choice(["p1", "p2", "p3", "p4", None], n),
            "qty": rng.integers(1, 9, n),
            "revenue": rng.integers(1, 100_000, n) / 100,
            "delivery": rng.choice([True, False], n),
        }
    )
    lines["client_id"] = "c" + (lines["order_id"] % 25).astype(str)
    lines.loc[lines["client_id"] == "c7", "date"] = pd.Timestamp("2022-01-05")
    lines.loc[lines["client_id"] == "c8", "date"] += pd.to_timedelta(2000, unit="D")
    sign = rng.choice([1, -1], n, p=[0.85, 0.15])
    lines[["qty", "revenue"]] = lines[["qty", "revenue"]].mul(sign, axis="index")
    lines["list_revenue"] = (lines["revenue"] * rng.choice([0, 1, 1.1, np.nan], n)).round(2)
    lines["cost"] = (lines["revenue"] * 0.6).round(2)
    lines.loc[rng.random(n) < 0.02, "client_id"] = None
    return lines


def recount(lines):
    """Count the facts again, by other means than the ledger's: one client at a time, one order at a time."""
    lines = lines[lines["date"] <= LAST]
    return pd.DataFrame([recount_client(client, its) for client, its in lines.groupby("client_id")]).set_index("client_id")


def recount_client(client, lines):
    now = lines[lines["date"].between(FIRST, LAST)]
    orders = [(its["date"].min(), round(its["revenue"].sum(), 6)) for _, its in lines.groupby("order_id")]
    deals = [day for day, net in orders if net > 0]
    nets = [net for day, net in orders if day >= FIRST]
    deal_days = sorted(set(deals))
    gaps = [(after - before).days for before, after in itertools.pairwise(deal_days)]
    back = {(LAST.year - day.year) * 12 + LAST.month - day.month for day in deals}
    is_unlisted = now["list_revenue"].isna() | ((now["revenue"] > 0) & (now["list_revenue"] <= 0))
    listed = now["list_revenue"].mask(is_unlisted, now["revenue"])
    products = now.groupby("product_id")["revenue"].sum().round(6)
    first_month = min((back and [max(back)]) or [-1])
    n_deals = sum(day >= FIRST for day in deals)
    exposed = first_month + 1
    return {
        "client_id": client,
        "n_orders": len(nets),
        "n_deals": n_deals,
        "n_lines": len(now),
        "revenue": now["revenue"].sum(),
        "returned": now.loc[now["revenue"] < 0, "revenue"].sum(),
        "qty": float(now["qty"].sum()),
        "list_revenue": listed.sum(),
        "discount": (listed - now["revenue"]).sum(),
        "cost": now["cost"].sum(),
        "margin": now["revenue"].sum() - now["cost"].sum(),
        "avg_purchase": now["revenue"].sum() / n_deals if n_deals else np.nan,
        "n_products": int((products > 0).sum()),
        "largest_order": max(nets, default=0.0),
        "is_one_order": bool(now["revenue"].sum() > 0 and max(nets, default=0) > now["revenue"].sum() / 2 + 1e-9),
        "previous_revenue": lines.loc[lines["date"].between(BEFORE, FIRST, inclusive="left"), "revenue"].sum(),
        "previous_n_deals": sum(BEFORE <= day < FIRST for day in deals),
        "first_deal_date": min(deals, default=pd.NaT),
        "last_deal_date": max(deals, default=pd.NaT),
        "n_deals_total": len(deals),
        "n_deal_days": len(deal_days),
        "median_gap_days": float(np.median(gaps)) if gaps else np.nan,
        "days_since_deal": float((LAST - max(deals)).days) if deals else np.nan,
        "exposure_months": min(12, exposed),
        "n_active_months": len({month for month in back if month < 12}),
        "n_active_periods_3": len({month // 3 for month in back if month < 33}),
        "exposure_periods_3": min(11, -(-exposed // 3)),
        "n_active_periods_12": len({month // 12 for month in back if month < 24}),
        "n_delivered": sum(
            day >= FIRST and net > 0 and bool(lines.loc[lines["order_id"] == order, "delivery"].any())
            for (day, net), order in zip(orders, sorted(set(lines["order_id"])), strict=True)
        ),
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_recount_client_by_client(study, tmp_path, seed):
    lines = invented(seed)
    lines.sample(frac=1, random_state=seed).to_parquet(tmp_path / "orders.parquet", index=False)
    found = study(
        "[sources.orders]\nfile = 'orders.parquet'\n[preparation]\nmax_unassigned_share = 0.2", as_of="as_of = 2024-10-10"
    )
    again = recount(lines)
    facts = found.facts.sort_index()
    assert found.result.state["history_months"] == 35
    assert list(facts.index) == sorted(again.index)
    for column in again:
        assert_series_equal(
            facts[column], again[column].sort_index(), rtol=1e-9, check_dtype=False, check_names=False, obj=column
        )
    unassigned = lines[lines["client_id"].isna() & lines["date"].between(FIRST, LAST)]
    assert found.result.state["unassigned_revenue"] == pytest.approx(unassigned["revenue"].sum())
    assert found.check("incomplete_month")["n"] == lines["date"].between("2024-10-01", "2024-10-10").sum()


def test_a_recount_of_months(study, tmp_path):
    lines = invented(4)
    lines.to_parquet(tmp_path / "orders.parquet", index=False)
    end = "[sources.orders]\nfile = 'orders.parquet'\n[preparation]\nmax_unassigned_share = 0.2"
    months = study(end, as_of="as_of = 2024-10-10").result.months
    lines = lines[lines["date"] <= LAST].assign(client_id=lines["client_id"].fillna("(unassigned)"))
    lines["margin"] = lines["revenue"] - lines["cost"]
    again = lines.groupby(["client_id", lines["date"].dt.to_period("M").dt.to_timestamp().rename("month")])[
        ["revenue", "margin"]
    ].sum()
    orders = lines.groupby(["client_id", "order_id"]).agg(month=("date", "min"), net=("revenue", "sum")).reset_index()
    orders["month"] = orders["month"].dt.to_period("M").dt.to_timestamp()
    counts = orders.groupby(["client_id", "month"]).agg(
        n_deals=("net", lambda net: int((net > 1e-6).sum())), n_orders=("net", "size")
    )
    again = again.join(counts).fillna({"n_deals": 0, "n_orders": 0}).reset_index()
    assert_frame_equal(months, again[list(months)], check_dtype=False, rtol=1e-9)


def test_facts_have_the_types_the_steps_expect(ledger):
    clients = "client_id,has_retail,tech_level,first_contact_date,wallet_share\nc,да,2,2024-01-01,0.5\nd,,,,\n"
    facts = ledger(orders=HEAD + "1,2024-03-05,c,5\n", clients=clients).result.facts
    counts = [name for name in facts if name.startswith("n_")]
    assert {str(facts[name].dtype) for name in counts} == {"int64"}
    assert str(facts["revenue"].dtype) == "float64"
    assert str(facts["first_deal_date"].dtype).startswith("datetime64")
    assert facts.loc[facts["client_id"] == "d", counts].eq(0).all(axis=None)
    assert facts["is_one_order"].dtype == bool
    assert facts["is_before_data"].dtype == bool
    assert dt.date(2024, 3, 5) == facts.loc[0, "first_purchase_date"].date()
