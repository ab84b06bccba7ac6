"""Public exports read through their studies, and every client counted again in plain SQL over the raw files.

The SQL is beside the studies and knows nothing of the package: lines.sql reads the raw files of one base, recount.sql and
focus.sql count for all of them. Totals are typed from the SOURCE.txt beside the data; single clients by hand.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from pandas.api.types import is_numeric_dtype
from pandas.testing import assert_frame_equal

from clientbase.errors import DataError
from clientbase.study import Run, open_study

STUDIES = Path(__file__).parent / "studies"
DATA = Path(__file__).parents[1].parent / "shared" / "data"
CENT = 0.005
LENGTH = {"month": 1, "quarter": 3, "half-year": 6}
LEVELS = ["L0", "L1", "L2", "S", "L3", "L4", "L5", "L6"]
LEFT_OUT = {"spoiled", "unreadable", "no_date", "no_revenue", "incomplete_rows", "duplicates", "conflicts", "after_as_of"}


@dataclass(frozen=True)
class Base:
    """What is known of a base beforehand: its files, its totals and its rhythm."""

    folder: str
    files: tuple[str, ...]
    n_lines: int
    revenue: float
    first: date
    last: date
    window_revenue: float
    late: tuple[int, float]  # lines of the incomplete last month, left out
    n_clients: int
    n_without_lines: int  # clients of the list without a line up to the window's end
    rhythm: tuple[int, float, float, float]  # clients, quartiles in days
    grain: str
    periods: int  # of the rhythm window
    large_from: float
    small_below: float


NORTHWIND = {
    "n_lines": 2155, "revenue": 1_265_793.04, "first": date(1997, 5, 1), "last": date(1998, 4, 30),
    "window_revenue": 848_053.56, "late": (59, 18_333.63), "n_clients": 91, "n_without_lines": 2,
    "rhythm": (86, 29.0, 43.0, 78.125), "grain": "month", "periods": 12, "large_from": 1670.26, "small_below": 638.27,
}  # fmt: skip
BASES = {
    "northwind_csv": Base(
        "northwind", ("orders.csv", "order_details.csv", "products.csv", "categories.csv"), **NORTHWIND
    ),
    "northwind_sqlite": Base("northwind", ("northwind.sqlite",), **NORTHWIND),
    "superstore": Base(
        "superstore", ("Sample-Superstore.xls",), 9994, 2_297_200.86, date(2014, 1, 1), date(2014, 12, 31), 733_947.02,
        (0, 0.0), 793, 0, (747, 98.0, 143.0, 225.25), "half-year", 8, 667.33, 104.75,
    ),
    "classicmodels": Base(
        "classicmodels", ("orders.csv", "orderdetails.csv", "products.csv"), 2996, 9_604_190.61, date(2004, 6, 1),
        date(2005, 5, 31), 5_051_361.84, (0, 0.0), 122, 24, (67, 144.25, 248.5, 274.25), "half-year", 4, 41_266.42, 20_293.76,
    ),
    "online_retail": Base(
        "online_retail", ("onlineretail.parquet",), 541_909, 9_747_747.93, date(2010, 12, 1), date(2011, 11, 30), 9_314_079.92,
        (25_525, 433_668.01), 4372, 41, (1858, 27.0, 46.0, 73.375), "quarter", 4, 471.72, 174.13,
    ),
    "chinook": Base(
        "chinook", ("Chinook_Sqlite.sqlite",), 2240, 2_328.60, date(2024, 12, 1), date(2025, 11, 30), 449.58, (38, 38.62),
        59, 0, (59, 163.5, 163.5, 168.5), "half-year", 9, 8.91, 2.23,
    ),
    "parch_posey": Base(
        "parch_posey", ("orders.csv",), 17_804, 23_141_511.83, date(2016, 1, 1), date(2016, 12, 31), 12_864_917.92,
        (66, 78_151.43), 351, 6, (281, 29.0, 29.5, 30.0), "month", 12, 4393.62, 2207.51,
    ),
}  # fmt: skip
WITH_GROUPS = [name for name in BASES if name != "online_retail"]
WITHOUT_CRM = [name for name in BASES if name not in ("parch_posey", "online_retail")]  # and with a year before the window

# client, revenue, deals, share class, level, size class
FIVE = {
    "northwind_csv": [
        ("QUICK", 82_741.46, 19, "A", "L6", "SA"),  # the largest and the only partner
        ("SAVEA", 78_043.11, 24, "A", "L5", "SA"),  # the most deals
        ("CHOPS", 8360.46, 5, "B", "L4", "SB"),  # the first one past 80 %; large lots, not regular
        ("LAZYK", 210.00, 1, "D", "L3", "SC"),  # the smallest
        ("CENTC", 0.00, 0, "0", "S", "0"),  # bought once, a year ago
    ],
    "superstore": [
        ("RB-19360", 14_203.28, 3, "A", "L4", "SA"),  # the largest
        ("Dp-13240", 4032.76, 6, "A", "L4", "SA"),  # often, in large lots, at a loss
        ("KM-16375", 887.29, 2, "B", "L4", "SB"),  # the first one past 80 %
        ("TN-21040", 104.75, 1, "C", "L3", "SC"),  # exactly at the bound of small, but one deal only
        ("AB-10015", 0.00, 0, "0", "S", "0"),
    ],
    "classicmodels": [
        ("141", 509_442.19, 15, "A", "L5", "SB"),  # the largest, but not by the size of a purchase
        ("124", 380_674.96, 12, "A", "L5", "SB"),  # has been a partner
        ("486", 45_994.07, 1, "B", "L3", "SA"),  # the first one past 80 %; one deal, in two half-years of four
        ("219", 3452.75, 1, "D", "L3", "SC"),  # the only D
        ("146", 0.00, 0, "0", "S", "0"),
    ],
    "online_retail": [
        ("14646", 267_761.00, 70, "A", "L6", "SA"),  # the largest, 74 orders with its returns
        ("12346", 0.00, 1, "L", "L3", "SC"),  # 74 215 pieces bought and returned under another number
        ("15996", 1044.78, 6, "B", "L5", "SB"),  # exactly at the bound of small
        ("13160", 91.80, 1, "C", "L3", "SC"),  # ties with 13551 over the bound of D
        ("17448", -4287.63, 0, "L", "L0", "0"),  # nothing but a return
    ],
    "chinook": [
        ("6", 27.84, 2, "A", "L4", "SA"),
        ("9", 8.91, 1, "A", "L3", "SA"),  # one of eleven with 8.91, exactly at the bound of large
        ("24", 6.93, 2, "B", "L4", "SB"),
        ("53", 0.99, 1, "C", "L3", "SC"),
        ("13", 0.00, 0, "0", "S", "0"),
    ],
    "parch_posey": [
        ("4251", 255_319.18, 13, "A", "L6", "SA"),
        ("3381", 35_759.70, 7, "B", "L4", "SA"),  # the first one past 80 %
        ("3051", 37_527.67, 17, "A", "L6", "SB"),  # exactly at the bound of small
        ("1901", 390.25, 1, "D", "L3", "SC"),
        ("1111", 0.00, 0, "0", "S", "0"),
    ],
}
# client, lead group, its share, focus
LEADS = {
    "northwind_csv": [("QUICK", "Beverages", 0.389, "broad"), ("LAZYK", "Dairy Products", 1.0, "mono")],
    "superstore": [("RB-19360", "Copiers", 0.986, "mono"), ("Dp-13240", "Tables", 0.690, "core")],
    "classicmodels": [("141", "Classic Cars", 0.427, "broad"), ("486", "Classic Cars", 0.730, "core")],
    "chinook": [("6", "TV Shows", 0.429, "broad"), ("9", "Rock", 0.778, "core")],
    "parch_posey": [("4251", "poster", 0.903, "mono"), ("1901", "poster", 0.520, "core")],
}
GROUPS = {  # revenue of the window, the largest groups
    "northwind_csv": {"Beverages": 173_431.25, "Dairy Products": 162_742.97, "Meat/Poultry": 106_506.06},
    "superstore": {"Phones": 105_642.89, "Chairs": 95_554.35, "Binders": 72_986.19},
    "classicmodels": {"Classic Cars": 1_998_557.36, "Vintage Cars": 957_206.20, "Motorcycles": 606_734.10},
    "chinook": {"Rock": 150.48, "Latin": 98.01, "Metal": 55.44},
    "parch_posey": {"standard": 5_363_007.49, "gloss": 4_148_074.35, "poster": 3_353_836.08},
}


def rows_of(table):
    return [(name, client, rest) for name, rows in table.items() for client, *rest in rows]


def needs(name):
    if not (folder := DATA / BASES[name].folder).is_dir():
        pytest.skip(f"the public data are not beside the repository: no folder ../shared/data/{folder.name}")


@pytest.fixture(scope="session")
def opened(tmp_path_factory):
    """Read each study once a session, from its sources and not from an earlier session's facts."""
    known = {}

    def read(name):
        needs(name)
        if name not in known:
            known[name] = open_study(STUDIES / name, Run({}, facts=tmp_path_factory.mktemp("facts") / name))
        return known[name]

    return read


@pytest.fixture(params=BASES)
def name(request):
    needs(request.param)
    return request.param


@cache
def raw(name):
    """Return a DuckDB that holds the raw files as tables, and the table `lines` made of them."""
    needs(name)
    engine = duckdb.connect()
    for path in (DATA / BASES[name].folder / file for file in BASES[name].files):
        if path.suffix == ".xls":
            engine.register("Orders", pd.read_excel(path, sheet_name="Orders", engine="calamine"))
        elif path.suffix == ".sqlite":
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
                for (table,) in database.execute("select name from sqlite_master where type = 'table'").fetchall():
                    engine.register(table, pd.read_sql(f'select * from "{table}"', database))
        else:
            engine.execute(f"create view {path.stem} as from '{path}'")
    query = (STUDIES / ("northwind_csv" if name.startswith("northwind") else name) / "lines.sql").read_text(encoding="utf-8")
    engine.execute(f"create table lines as {query}")
    return engine


@cache
def recount(name, last=None):
    """Return one row per client with lines up to the last day, the window's end when not given."""
    base = BASES[name]
    values = {"first": base.first, "last": last or base.last, "periods": base.periods, "length": LENGTH[base.grain]}
    found = raw(name).execute((STUDIES / "recount.sql").read_text(encoding="utf-8"), values).df()
    return found.set_index("client_id").sort_index()


@cache
def focus_recount(name):
    values = {"first": BASES[name].first, "last": BASES[name].last}
    found = raw(name).execute((STUDIES / "focus.sql").read_text(encoding="utf-8"), values).df()
    return found.set_index("client_id").sort_index()


def ask(name, query):
    return raw(name).execute(query).fetchone()


def check(engagement, key):
    found = engagement.ledger.checks.set_index("key")
    return found.loc[key]


def card(engagement):
    """Return the client card with the periods regularity was counted in."""
    periods = engagement.steps.facts[["client_id", "n_active_periods", "exposure_periods"]]
    table = engagement.steps.client_card.drop(columns=["n_active_periods", "exposure_periods"]).merge(periods, on="client_id")
    return table.set_index("client_id").sort_index()


def quantile(values, part):
    """Return the quantile of type 7, by hand."""
    ranked = sorted(values)
    place = (len(ranked) - 1) * part
    low = int(place)
    return ranked[low] + (place - low) * (ranked[min(low + 1, len(ranked) - 1)] - ranked[low])


def size_class(client, large_from, small_below):
    """Return the size class by METHOD section 4, rule by rule."""
    if not client.n_deals:
        return "0"
    is_regular = client.n_active_periods / client.exposure_periods >= 0.5
    is_long = client.exposure_months >= 3 and client.exposure_periods >= 3
    if client.avg_purchase >= large_from - 1e-9:
        return "SA" if is_regular and is_long else "SB"
    return "SC" if client.avg_purchase < small_below - 1e-9 or client.n_deals == 1 else "SB"


def thresholds(name):
    purchases = recount(name).query("n_deals > 0")["avg_purchase"]
    return quantile(purchases, 0.80), quantile(purchases, 0.25)


# Totals


def test_all_lines_are_read_to_the_cent(name, opened):
    engagement, base = opened(name), BASES[name]
    lines = check(engagement, "lines")
    assert lines["n"] == base.n_lines
    assert lines["amount"] == pytest.approx(base.revenue, abs=CENT)
    assert ask(name, "select count(*), sum(revenue) from lines") == (base.n_lines, pytest.approx(base.revenue, abs=CENT))


def test_no_line_of_these_exports_is_refused(name, opened):
    engagement = opened(name)
    assert engagement.ledger.refused.empty
    assert not LEFT_OUT & set(engagement.ledger.checks["key"])


def test_clients_and_unassigned_make_the_window(name, opened):
    engagement, base = opened(name), BASES[name]
    state = engagement.ledger.state
    assert (engagement.window.start, engagement.window.end, engagement.window.months) == (base.first, base.last, 12)
    assert state["total_revenue"] == pytest.approx(base.window_revenue, abs=CENT)
    assert engagement.facts["revenue"].sum() + state["unassigned_revenue"] == pytest.approx(base.window_revenue, abs=0.01)
    counted = ask(name, f"select sum(revenue) from lines where day between '{base.first}' and '{base.last}'")
    assert counted == (pytest.approx(base.window_revenue, abs=CENT),)


def test_the_incomplete_month_is_left_out_and_counted(name, opened):
    engagement, (n_late, amount) = opened(name), BASES[name].late
    if n_late:
        found = check(engagement, "incomplete_month")
        assert (found["n"], found["amount"]) == (n_late, pytest.approx(amount, abs=CENT))
    else:
        assert "incomplete_month" not in set(engagement.ledger.checks["key"])
    known = ask(name, f"select sum(revenue) from lines where day <= '{BASES[name].last}'")
    assert engagement.ledger.months["revenue"].sum() == pytest.approx(known[0], abs=CENT)


# Every client


def test_every_client_counted_again(name, opened):
    ours, theirs = card(opened(name)), recount(name)
    assert len(ours) == BASES[name].n_clients
    ours = ours.loc[theirs.index]
    compared = [column for column in theirs if column in ours]
    assert set(theirs) - set(compared) <= {"margin", "discount"}
    for column in compared:
        if is_numeric_dtype(theirs[column]):
            pair = (table[column].astype(float) for table in (ours, theirs))
            is_equal = np.isclose(*pair, rtol=1e-12, atol=1e-6, equal_nan=True)
        else:
            is_equal = ours[column].astype("str") == theirs[column].astype("str")
        assert is_equal.all(), f"{column}: {theirs.index[~is_equal].tolist()[:5]}"


def test_clients_without_lines_have_zeros(name, opened):
    idle = card(opened(name)).drop(recount(name).index)
    assert len(idle) == BASES[name].n_without_lines
    counts = [column for column in idle if column.startswith("n_") and column != "n_eff"]
    assert not idle[[*counts, "revenue", "returned", "previous_revenue", "exposure_months"]].any(axis=None)
    assert (idle[["share_class", "size_class"]].astype("str") == "0").all(axis=None)
    unknown = ["first_deal_date", "last_deal_date", "avg_purchase", "days_since_deal", "median_gap_days"]
    assert idle[unknown].isna().all(axis=None)


@pytest.mark.parametrize(("name", "client", "expected"), rows_of(FIVE))
def test_five_clients_by_hand(name, client, expected, opened):
    row = card(opened(name)).loc[client]
    revenue, *others = expected
    assert row["revenue"] == pytest.approx(revenue, abs=CENT)
    assert [row["n_deals"], *map(str, row[["share_class", "rel_level", "size_class"]])] == others
    again = recount(name).loc[client]
    assert size_class(again, *thresholds(name)) == others[-1]
    assert (again["share_class"], again["rel_level"]) == tuple(others[1:3])


# Step 2


def test_the_rhythm_of_the_base(name, opened):
    gaps = recount(name).query("n_deal_days >= 3")["median_gap_days"]
    rhythm, (n_clients, low, middle, high) = opened(name).steps.rhythm, BASES[name].rhythm
    assert (rhythm.n_clients, rhythm.low_quartile, rhythm.days, rhythm.high_quartile) == (n_clients, low, middle, high)
    assert len(gaps) == n_clients
    assert [quantile(gaps, part) for part in (0.25, 0.50, 0.75)] == pytest.approx([low, middle, high])
    assert opened(name).steps.grain == BASES[name].grain


def test_the_bounds_of_size_are_quantiles_of_the_average_purchase(name, opened):
    large, small = thresholds(name)
    found = opened(name).steps.size_thresholds
    assert (found.large_from, found.small_below) == (pytest.approx(large, rel=1e-12), pytest.approx(small, rel=1e-12))
    assert (large, small) == (pytest.approx(BASES[name].large_from, abs=CENT), pytest.approx(BASES[name].small_below, abs=CENT))


def test_every_size_class_follows_from_the_rules(name, opened):
    bounds, theirs = thresholds(name), recount(name)
    ours = card(opened(name)).loc[theirs.index, "size_class"].astype("str")
    expected = pd.Series({client.Index: size_class(client, *bounds) for client in theirs.itertuples()})
    assert ours[ours != expected].empty


# Step 3


@pytest.mark.parametrize("name", WITH_GROUPS)
def test_every_focus_counted_again(name, opened):
    ours, theirs = opened(name).steps.focus.set_index("client_id").sort_index(), focus_recount(name)
    assert ours.index.tolist() == theirs.index.tolist()
    assert ours["lead_group"].tolist() == theirs["lead_group"].tolist()
    assert ours["n_groups"].tolist() == theirs["n_groups"].tolist()
    assert ours["lead_share"].to_numpy() == pytest.approx(theirs["lead_share"].to_numpy())
    assert ours["n_eff"].to_numpy() == pytest.approx(theirs["n_eff"].to_numpy())
    kinds = np.select([theirs["lead_share"] >= 0.8 - 1e-9, theirs["lead_share"] >= 0.5 - 1e-9], ["mono", "core"], "broad")
    assert ours["focus_type"].astype("str").tolist() == kinds.tolist()


@pytest.mark.parametrize(("name", "client", "lead"), rows_of(LEADS))
def test_two_leads_by_hand(name, client, lead, opened):
    row = opened(name).steps.focus.set_index("client_id").loc[client]
    assert (row["lead_group"], row["lead_share"], row["focus_type"]) == (lead[0], pytest.approx(lead[1], abs=0.0005), lead[2])


@pytest.mark.parametrize(("name", "revenue"), GROUPS.items())
def test_the_largest_groups(name, revenue, opened):
    found = opened(name).ledger.groups.groupby("product_group")["revenue"].sum()
    assert found[list(revenue)].to_dict() == pytest.approx(revenue, abs=CENT)
    assert (found.drop(list(revenue)) <= min(revenue.values()) + CENT).all()


@pytest.mark.parametrize("name", WITH_GROUPS)
def test_what_the_clients_of_a_lead_group_buy(name, opened):
    pairs = ["lead_group", "product_group"]
    expected = parts(name).merge(focus_recount(name)["lead_group"], on="client_id")
    expected = expected.groupby(pairs)["revenue"].agg(["sum", "size"])
    found = opened(name).steps.group_profile.set_index(pairs).sort_index()
    assert found.index.tolist() == expected.index.tolist()
    assert found["revenue"].to_numpy() == pytest.approx(expected["sum"].to_numpy(), abs=CENT)
    assert found["n_clients"].tolist() == expected["size"].tolist()


@pytest.mark.parametrize("name", ["northwind_csv", "classicmodels", "superstore"])
def test_every_gap_found_again(name, opened):
    """METHOD section 5 client by client: peers by lead group and size class, else by lead group, else all."""
    bounds, bought = thresholds(name), parts(name).pivot_table(values="revenue", index="client_id", columns="product_group")
    sizes = pd.Series({row.Index: size_class(row, *bounds) for row in recount(name).loc[bought.index].itertuples()})
    leads, shares = focus_recount(name)["lead_group"], bought.div(bought.sum(axis="columns"), axis="index")
    expected = {}
    for client in bought.index:
        others = bought.index != client
        near = others & (leads == leads[client]).to_numpy()
        nearest = near & (sizes == sizes[client]).to_numpy()
        peers = next(chosen for chosen in (nearest, near, others) if chosen is others or chosen.sum() >= 5)
        penetration = shares[peers].notna().mean()
        for group in penetration.index[(penetration >= 0.5 - 1e-9) & bought.loc[client].isna()]:
            expected[client, group] = shares.loc[peers, group].median() * bought.loc[client].sum()
    found = opened(name).steps.gaps.set_index(["client_id", "product_group"])["potential"]
    assert len(found) == len(expected) > 0
    assert found.to_dict() == pytest.approx(expected, abs=CENT)


def parts(name):
    base = BASES[name]
    return (
        raw(name)
        .execute(
            "select client_id, product_group, sum(revenue) as revenue from lines where client_id is not null "
            f"and day between '{base.first}' and '{base.last}' group by all having sum(revenue) > 1e-9 order by all"
        )
        .df()
    )


# Step 4


@pytest.mark.parametrize("name", WITHOUT_CRM)
def test_levels_of_a_year_before(name, opened):
    before = opened(name).steps.previous
    theirs = recount(name, before.end)["rel_level"]
    ours = opened(name).steps.previous_levels.set_index("client_id").sort_index()["rel_level"].astype("str")
    assert ours.to_dict() == theirs.to_dict()


@pytest.mark.parametrize("name", ["northwind_csv", "classicmodels", "chinook"])
def test_the_peak_is_the_best_level_of_any_month(name, opened):
    months = pd.date_range(ask(name, "select min(day) from lines")[0], BASES[name].last, freq="ME").date
    ranks = pd.concat([recount(name, month)["rel_level"].map(LEVELS.index) for month in months], axis="columns")
    expected = ranks.max(axis="columns").map(lambda rank: LEVELS[int(rank)])
    ours = card(opened(name)).loc[expected.index]
    assert ours["peak_level"].astype("str").to_dict() == expected.to_dict()
    now = recount(name).loc[expected.index, "rel_level"]
    assert ours["is_falling"].tolist() == (expected.map(LEVELS.index) > now.map(LEVELS.index)).tolist()


def test_moves_count_every_client_once(name, opened):
    steps = opened(name).steps
    if steps.level_moves is None:
        assert name == "online_retail"  # its history is the window itself
        return
    assert steps.level_moves["n_clients"].sum() == len(steps.facts)
    both = steps.level_moves[steps.level_moves["level_before"] != "new"]
    before, after = (both[column].astype("str").map(LEVELS.index) for column in ("level_before", "level_after"))
    ups = both[before < after]
    assert steps.move_rates.promoted_share == pytest.approx(ups["n_clients"].sum() / both["n_clients"].sum())


# Step 5


def test_classes_and_tail_sum_up(name, opened):
    steps, theirs = opened(name).steps, recount(name)
    gains = theirs[theirs["before_share"].notna()]
    classes = theirs.groupby("share_class")["revenue"].agg(["size", "sum"])
    found = steps.share_summary.set_index("share_class")
    for share_class in [known for known in classes.index if known != "0"]:
        assert found.loc[share_class, "n_clients"] == classes.loc[share_class, "size"]
        assert found.loc[share_class, "value"] == pytest.approx(classes.loc[share_class, "sum"], abs=CENT)
    assert gains.query("share_class == 'A'")["revenue"].sum() >= 0.80 * gains["revenue"].sum()
    in_tail = gains["before_share"] >= 0.80 - 1e-9  # what is left behind the larger ones is at most 20 %
    assert steps.tail.n_clients == in_tail.sum()
    assert steps.tail.value_share == pytest.approx(gains.loc[in_tail, "revenue"].sum() / gains["revenue"].sum())


# One base each


def test_northwind_is_the_same_from_csv_and_from_sqlite(opened):
    text, database = opened("northwind_csv").ledger, opened("northwind_sqlite").ledger
    for table in ("facts", "months", "groups"):
        assert_frame_equal(getattr(text, table), getattr(database, table), rtol=1e-12)
    assert_frame_equal(text.tables["products"].sort_values("product_id", ignore_index=True),
                       database.tables["products"].sort_values("product_id", ignore_index=True))  # fmt: skip
    columns = ["key", "level", "n", "amount", "share"]
    assert_frame_equal(text.checks[columns], database.checks[columns], rtol=1e-12)


def test_northwind_gross_discount_and_freight(opened):
    assert ask("northwind_csv", "select sum(list_revenue) from lines") == (pytest.approx(1_354_458.59, abs=CENT),)
    assert ask("northwind_csv", "select sum(freight) from orders") == (pytest.approx(64_942.69, abs=CENT),)
    facts = opened("northwind_csv").facts
    assert facts["list_revenue"].sum() == pytest.approx(904_682.14, abs=CENT)
    assert facts["discount"].sum() == pytest.approx(904_682.14 - 848_053.56, abs=2 * CENT)
    freight = ask("northwind_csv", "select sum(freight) from orders where order_date between '1997-05-01' and '1998-04-30'")
    assert facts["delivery_cost"].sum() == pytest.approx(freight[0], abs=CENT)
    assert facts["n_delivered"].tolist() == facts["n_deals"].tolist()


def test_superstore_profit_by_segment(opened):
    engagement = opened("superstore")
    assert engagement.ledger.months["margin"].sum() == pytest.approx(286_397.02, abs=CENT)
    segments = engagement.ledger.months.merge(engagement.facts[["client_id", "client_type"]]).groupby("client_type")
    assert segments[["revenue", "margin"]].sum().round().T.to_dict() == {
        "Consumer": {"revenue": 1_161_401, "margin": 134_119},
        "Corporate": {"revenue": 706_146, "margin": 91_979},
        "Home Office": {"revenue": 429_653, "margin": 60_299},
    }
    assert not engagement.facts["returned"].any()  # the sheet Returns is not of the lines


def test_superstore_flows_with_typed_time_shares(opened):
    """Profit 45 581, 26 838 and 21 089 of 93 508 over 60, 30 and 10 % of the time: 0.8124, 0.9567, 2.2553."""
    steps = opened("superstore").apply(time_shares={"Consumer": 0.6, "Corporate": 0.3, "Home Office": 0.1}).steps
    assert steps.flows.set_index("flow")["return_index"].round(4).to_dict() == {
        "Home Office": 2.2553, "Corporate": 0.9567, "Consumer": 0.8124,
    }  # fmt: skip
    assert (steps.contrast.verdict, round(steps.contrast.contrast, 3)) == ("separate", 2.776)
    assert steps.scope_flow == "Home Office"
    assert (len(steps.facts), steps.facts["revenue"].sum()) == (148, pytest.approx(159_462.73, abs=CENT))


def test_classicmodels_cost(opened):
    margin = 9_604_190.61 - 5_778_310.36
    assert opened("classicmodels").ledger.months["margin"].sum() == pytest.approx(margin, abs=CENT)
    assert opened("classicmodels").facts["margin"].sum() == pytest.approx(2_006_606.76, abs=CENT)
    assert opened("classicmodels").facts["discount"].sum() == pytest.approx(5_627_084.17 - 5_051_361.84, abs=2 * CENT)


def test_online_retail_lines_without_a_client(opened):
    engagement = opened("online_retail")
    found = check(engagement, "unassigned")
    assert (found["level"], found["n"], round(found["share"], 4)) == ("warning", 135_080, 0.1485)
    assert found["amount"] == pytest.approx(1_447_682.12, abs=CENT)
    assert engagement.ledger.state["unassigned_revenue"] == pytest.approx(1_356_520.49, abs=CENT)
    assert engagement.facts["revenue"].sum() == pytest.approx(9_314_079.92 - 1_356_520.49, abs=2 * CENT)


def test_online_retail_stops_unless_the_study_raises_the_limit(tmp_path):
    needs("online_retail")
    with pytest.raises(DataError, match=r"135080 lines with 14\.9% of revenue have no client; at most 5\.0% is allowed"):
        open_study(STUDIES / "online_retail", Run({"max_unassigned_share": 0.05}, facts=tmp_path / "facts"))


def test_online_retail_returns(opened):
    """9288 cancellations and two corrections of bad debt; negative pieces at no price are no return of money."""
    found = check(opened("online_retail"), "returns")
    assert (found["n"], found["amount"]) == (9288 + 2, pytest.approx(-896_812.49 - 22_124.12, abs=CENT))
    returned = ask(
        "online_retail", "select sum(revenue) from lines where revenue < 0 and client_id is not null and day <= '2011-11-30'"
    )
    assert opened("online_retail").facts["returned"].sum() == pytest.approx(returned[0], abs=CENT)


def test_parch_posey_orders_of_nothing_are_no_deals(opened):
    months = opened("parch_posey").ledger.months
    assert ask("parch_posey", "select count(*) from orders where total_amt_usd = 0") == (20,)
    assert (months["n_orders"] - months["n_deals"]).sum() == 20


def test_parch_posey_contacts_tell_who_is_interested(opened):
    """One account asked in the last year and never bought; five came in January 2017 only."""
    levels = card(opened("parch_posey")).drop(recount("parch_posey").index)["rel_level"].astype("str")
    assert levels.value_counts().to_dict() == {"L0": 5, "L2": 1}
    assert levels["1731"] == "L2"


def test_chinook_equal_clients_hardly_differ(opened):
    steps = opened("chinook").steps
    assert steps.flows.set_index("flow")["n_clients"].to_dict() == {"private": 49, "corporate": 10}
    assert (steps.contrast.verdict, steps.contrast.reason) == ("undefined", "no margin")
    tied = recount("chinook").query("revenue > 0")["revenue"].round(2).value_counts()
    largest = max(amount * count for amount, count in tied.items() if count > 1)
    assert steps.tied_share == pytest.approx(largest / 449.58)
    assert steps.share_classes.groupby(steps.share_classes["revenue"].round(2))["share_class"].nunique().max() == 1


# Found while auditing; each becomes an error here when it is mended


@pytest.mark.parametrize(("name", "n_idle"), [("northwind_csv", 2), ("classicmodels", 24)])
def test_clients_without_any_line_are_counted(name, n_idle, opened):
    assert check(opened(name), "idle_clients")["n"] == n_idle


@pytest.mark.parametrize(("name", "n_idle"), [("parch_posey", 6), ("online_retail", 41)])
def test_clients_that_first_bought_after_the_window_are_counted_with_those_that_never_did(name, n_idle, opened):
    found = opened(name).ledger.checks.query("key == 'idle_clients'")["n"].sum()
    assert found == n_idle


def test_levels_below_a_purchase_are_not_measured_without_contacts(opened):
    summary = opened("superstore").steps.level_summary.set_index("rel_level")
    assert not summary.loc[["L0", "L1", "L2"], "is_measured"].any()
