"""The structure of the base and the target client of five studies, every row counted again in plain SQL over the raw files.

The SQL is beside the studies and knows nothing of the package: lines.sql, clients.sql and deliveries.sql read the raw files
of one base, structure.sql and target.sql count for all of them. A few numbers of each report are typed by hand.
"""

import math
from dataclasses import astuple, dataclass
from datetime import date
from functools import cache
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from pandas.api.types import is_numeric_dtype
from test_real_data import BASES, CENT, DATA, LENGTH, STUDIES, needs, raw

from clientbase.study import Run, open_study

DEMO = Path(__file__).parents[1] / "data" / "demo"
CUSTOMERS = {"northwind_csv", "classicmodels"}  # whose client list is a file of its own


@dataclass(frozen=True)
class Span:
    """What of a base is looked at, in the order of the table span."""

    first: date
    last: date
    periods: int
    length: int
    flow: str
    fixed_costs: float


SPANS = {
    name: Span(BASES[name].first, BASES[name].last, BASES[name].periods, LENGTH[BASES[name].grain], "all", 0.0)
    for name in ("superstore", "classicmodels", "online_retail", "northwind_csv")
}
# An hour of a company brings more than one of a private buyer, so the demo analyses companies; its study types fixed costs.
SPANS["demo"] = Span(date(2025, 1, 1), date(2025, 12, 31), 12, 1, "corporate", 2_250_000.0)
WITH_MARGIN = ["superstore", "classicmodels", "demo"]
WITH_TWO_YEARS = ["superstore", "classicmodels", "demo"]  # the other two begin less than 24 months before the window's end
WITH_DELIVERY = ["northwind_csv", "demo"]


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """Read each study once, from its sources and not from an earlier session's facts."""
    known = {}

    def read(name):
        if name != "demo":
            needs(name)
        if name not in known:
            place = DEMO if name == "demo" else STUDIES / name
            known[name] = open_study(place, Run({}, facts=tmp_path_factory.mktemp("facts") / name))
        return known[name]

    return read


@pytest.fixture(params=SPANS)
def name(request):
    if request.param != "demo":
        needs(request.param)
    return request.param


def files(name):
    """Return a DuckDB that holds the raw files as tables."""
    if name == "demo":
        engine = duckdb.connect()
        for path in (DEMO / f"{table}.csv" for table in ("orders", "products", "clients")):
            engine.execute(f"create view {path.stem} as from '{path}'")
        return engine
    engine = raw(name)
    if name in CUSTOMERS:
        engine.execute(f"create view if not exists customers as from '{DATA / BASES[name].folder / 'customers.csv'}'")
    return engine


@cache
def engine(name):
    """Return a DuckDB that holds the tables and views of structure.sql and target.sql over the raw files of a study."""
    source, counted = files(name), duckdb.connect()
    counted.execute(read("tables"))
    for table in ("lines", "clients", "deliveries"):
        if (STUDIES / name / f"{table}.sql").is_file():
            found = source.sql(read(f"{name}/{table}"))
            known = [column for column in found.columns if column in counted.table(table).columns]
            counted.register("found", found.to_arrow_table())
            counted.execute(f"insert into {table} by name select {', '.join(known)} from found")
    counted.execute("insert into span values (?, ?, ?, ?, ?, ?)", astuple(SPANS[name]))
    for query in ("structure", "target"):
        counted.execute(read(query))
    return counted


def read(query):
    return (STUDIES / f"{query}.sql").read_text(encoding="utf-8")


@cache
def counted(name, table):
    """Return a table of the SQL, or a query of it."""
    return engine(name).sql(f"from {table}").df()


def one(name, table):
    (row,) = counted(name, table).to_dict("records")
    return row


def assert_same(ours, theirs, *keys, skip=()):
    """Compare all rows and all columns that the SQL counts, but those that are skipped."""
    ours, theirs = (table.astype(dict.fromkeys(keys, "str")).set_index(list(keys)).sort_index() for table in (ours, theirs))
    assert ours.index.tolist() == theirs.index.tolist()
    for column in theirs.columns.drop(list(skip)):
        pair = (table[column] for table in (ours, theirs))
        if is_numeric_dtype(theirs[column]):
            equal = np.isclose(*(side.astype("float64") for side in pair), rtol=1e-9, atol=1e-6, equal_nan=True)
        else:
            equal = np.equal(*(side.astype("str").fillna("").to_numpy() for side in pair))
        assert equal.all(), f"{column}: {theirs.index[~equal].tolist()[:5]}"


def test_what_is_looked_at(name, opened):
    engagement, span = opened(name), SPANS[name]
    steps = engagement.steps
    assert (engagement.window.start, engagement.window.end, steps.scope_flow) == (span.first, span.last, span.flow)
    assert (LENGTH[steps.grain], steps.basis) == (span.length, "revenue")
    assert engagement.structure.has_previous == (name in WITH_TWO_YEARS)
    assert steps.has_margin == (name in WITH_MARGIN)
    assert engagement.structure.has_delivery == (name in WITH_DELIVERY)


# M06


def test_every_series_counted_again(name, opened):
    ours = opened(name).structure.series
    bought = ours[ours["n_series"] > 0]
    assert_same(bought, counted(name, "stability"), "client_id")
    assert ours.loc[ours["n_series"] == 0, ["series_mean", "cv"]].isna().all(axis=None)


def test_every_stability_class_follows_from_the_rules(name, opened):
    ours = opened(name).structure.xyz
    theirs = counted(name, "stability_classes join classed using (client_id) where year = 'now'").drop(columns="year")
    assert_same(ours, theirs, "client_id")
    cells, found = theirs.groupby(["share_class", "xyz"]).size().rename("n_clients"), opened(name).structure.abc_xyz
    assert_same(found[found["n_clients"] > 0], cells.reset_index(), "share_class", "xyz")


# M07


def test_measures_of_concentration(name, opened):
    structure = opened(name).structure
    assert_same(structure.concentration_table, counted(name, "concentration"), "flow")
    row = structure.concentration_table.set_index("flow").loc[SPANS[name].flow]
    assert row[["n_loss_makers", "loss_sum"]].to_dict() == pytest.approx(one(name, "loss_makers"))


def test_bands_of_own_share(name, opened):
    ours = opened(name).structure.band_summary
    assert_same(ours[ours["n_clients"] > 0], counted(name, "bands"), "size_band")


@pytest.mark.parametrize("name", WITH_MARGIN, indirect=True)
def test_profit_after_each_loss(name, opened):
    structure, fixed = opened(name).structure, SPANS[name].fixed_costs
    ours = structure.loss_steps
    assert len(ours) == 11  # none to ten
    assert_same(ours, counted(name, "losses where n_lost <= 10 order by n_lost"), "n_lost")
    ruin = one(name, "(select min(n_lost) as n from losses where profit < 0)")["n"]
    assert structure.break_even_loss == (ruin if fixed else None)


@pytest.mark.parametrize("name", WITH_MARGIN, indirect=True)
def test_clients_that_replace_the_three_largest(name, opened):
    found = opened(name).structure.replacement
    assert found.from_class == "B"
    assert {column: getattr(found, column) for column in one(name, "replacement")} == pytest.approx(one(name, "replacement"))


@pytest.mark.parametrize("name", WITH_TWO_YEARS, indirect=True)
def test_classes_of_the_window_before_and_who_left_them(name, opened):
    assert_same(opened(name).structure.loss_rates, counted(name, "loss_rates"), "share_class")


# M08


def test_cohorts_counted_again(name, opened):
    theirs = counted(name, "cohorts")
    margins = [column for column in theirs if column.startswith("margin")]
    assert_same(opened(name).structure.cohort_summary, theirs, "cohort", skip=[] if name in WITH_MARGIN else margins)


def test_retention_counted_again(name, opened):
    assert_same(opened(name).structure.retention, counted(name, "retention"), "cohort", "year")


def test_cohorts_of_the_same_age(name, opened):
    skip = [] if name in WITH_MARGIN else ["margin_per_client"]
    assert_same(opened(name).structure.same_age, counted(name, "same_age"), "cohort", skip=skip)


@pytest.mark.parametrize("name", WITH_TWO_YEARS, indirect=True)
def test_every_move_of_a_client(name, opened):
    structure = opened(name).structure
    assert_same(structure.moves, counted(name, "moves"), "client_id")
    ours = structure.move_summary
    assert_same(ours[ours["n_clients"] > 0], counted(name, "move_summary"), "move")
    rates = structure.retention_rates
    assert {column: getattr(rates, column) for column in one(name, "rates")} == pytest.approx(one(name, "rates"))


# M09


def test_regions_counted_again(name, opened):
    skip = [] if name in WITH_MARGIN else ["margin"]
    assert_same(opened(name).structure.regions, counted(name, "region_sales"), "region", skip=skip)


def test_steadiness_of_regions(name, opened):
    ours, theirs = opened(name).structure.regions, counted(name, "region_steadiness")
    known = ours["region"].isin(theirs["region"])
    assert_same(ours[known], theirs, "region")
    assert set(ours.loc[~known, "verdict"]) <= {"no sales"}
    assert theirs["season_correlation"].notna().any() == (name in WITH_TWO_YEARS)


# M10


@pytest.mark.parametrize("name", WITH_DELIVERY, indirect=True)
def test_delivery_of_every_client(name, opened):
    structure, margins = opened(name).structure, [] if name in WITH_MARGIN else ["margin", "after_delivery"]
    assert_same(structure.delivery_use, counted(name, "delivery"), "client_id", skip=["after_delivery", *margins])
    ours = structure.delivery_cross
    assert_same(ours[ours["n_clients"] > 0], counted(name, "delivery_cross"), "part", "is_delivered")
    prices = one(name, "delivery_prices")
    assert structure.cost_per_delivery == pytest.approx(prices["cost_per_delivery"])
    if name in WITH_MARGIN:
        assert structure.free_delivery_order == pytest.approx(prices["free_delivery_order"])


# M13


def fisher(line):
    """Return Fisher's two-sided p by hand: all splits of the value that are no more likely than the one found."""
    size, n, total = line.target_size, line.n_base, line.base_size
    ways = [math.comb(n, hits) * math.comb(total - n, size - hits) for hits in range(min(n, size) + 1)]
    return sum(way for way in ways if way <= ways[line.n_target]) / math.comb(total, size)


def mann_whitney(ours, others):
    """Return the two-sided p of the ranks by hand: normal, corrected for ties and for continuity."""
    n, m = len(ours), len(others)
    wins = sum((a > b) + (a == b) / 2 for a in ours for b in others)
    ties = pd.Series([*ours, *others]).value_counts()
    spread = math.sqrt(n * m / 12 * (n + m + 1 - (ties**3 - ties).sum() / ((n + m) * (n + m - 1))))
    return math.erfc((abs(wins - n * m / 2) - 0.5) / spread / math.sqrt(2))


def q_values(p_values):
    """Return Benjamini and Hochberg's q by hand: the least of p x tests / rank from a rank on."""
    ranked = p_values.sort_values(ascending=False)
    ranks = np.arange(len(ranked), 0, -1)
    return (ranked * len(ranked) / ranks).cummin().clip(upper=1).reindex(p_values.index)


def least_clients(lines):
    """Return how many target clients a line of the portrait needs, METHOD section 15."""
    return 5 if lines["target_size"].max() >= 30 else 3


def test_every_trait_counted_again(name, opened):
    assert_same(opened(name).target.trait_lines, counted(name, "traits"), "attribute", "trait")
    assert opened(name).target.n_target == len(counted(name, "compared where is_target"))


@pytest.mark.parametrize("name", ["demo"], indirect=True)
def test_every_number_counted_again(name, opened):
    assert_same(opened(name).target.number_lines, counted(name, "numbers"), "attribute")


def test_every_p_and_q_by_hand(name, opened):
    """Tested is a value of as many clients as the portrait needs and of not all of them, in one family with the numbers."""
    traits, target = counted(name, "traits"), opened(name).target
    tested = traits[(traits["n_base"] >= least_clients(traits)) & (traits["n_base"] < traits["base_size"])]
    expected = {(line.attribute, line.trait): fisher(line) for line in tested.itertuples()}
    for line in counted(name, "numbers").itertuples():
        known = counted(name, "compared").dropna(subset=line.attribute).groupby("is_target")[line.attribute]
        side = "more" if line.cliffs_delta > 0 else "less"
        expected[line.attribute, side] = mann_whitney(known.get_group(True), known.get_group(False))
    lines = target.lines.set_index(["attribute", "trait"])
    p_values, q = lines["p_value"].dropna().to_dict(), q_values(pd.Series(expected))
    assert p_values == pytest.approx(expected, rel=1e-6)
    assert lines["q_value"].dropna().to_dict() == pytest.approx(q.to_dict(), rel=1e-6)
    enters = (lines["n_target"] >= least_clients(traits)) & (q.reindex(lines.index) <= 0.10)
    kinds = np.select([(lines["lift"] >= 1.5) & enters, lines["lift"] >= 1.5], ["portrait", "hint"], "no difference")
    assert (lines["cliffs_delta"].abs().fillna(0) < 0.33).all()  # no number comes near the portrait
    assert lines["line_kind"].astype("str").tolist() == kinds.tolist()


# What a reader of the reports can check, typed by hand


def row(table, **values):
    """Return the one row of a table that has these values."""
    has = [table[column].astype("str") == str(value) for column, value in values.items()]
    (found,) = table[np.logical_and.reduce(has)].to_dict("records")
    return found


def test_superstore_has_no_key_client_but_a_season(opened):
    structure = opened("superstore").structure
    assert (structure.concentration.n_for_80_whole, structure.concentration.n_clients) == (260, 693)  # 38 %, not 20 %
    lost = row(structure.move_summary, move="lost")  # one of eight left, with a sixth of what the year before had brought
    assert (lost["n_clients"], lost["change"]) == (80, pytest.approx(-104_203.61, abs=CENT))
    south = row(structure.regions, region="South")  # the steepest season: November sells ten times the weakest month
    assert (round(south["amplitude"], 3), south["peak_month"], south["verdict"]) == (10.545, 11, "seasonal")


def test_classicmodels_has_one_large_client_and_nine_carrying_countries(opened):
    structure = opened("classicmodels").structure
    assert structure.concentration.top_1_share == pytest.approx(509_442.19 / 5_051_361.84, abs=1e-7)  # client 141: a tenth
    # without 141, 124 and 119 a fifth of the margin of 2 006 606.76 is gone
    assert row(structure.loss_steps, n_lost=3)["profit"] == pytest.approx(1_586_394.49, abs=CENT)
    carrying = structure.regions[structure.regions["is_carrying"]]  # Sweden, the ninth, crosses 80 %
    assert (len(carrying), carrying["region"].iloc[-1]) == (9, "Sweden")


def test_online_retail_lives_on_clients_of_before_the_data(opened):
    structure = opened("online_retail").structure
    won = row(structure.cohort_summary, cohort="2011")  # 61 % of the clients and 28 % of the revenue
    assert (won["n_won"], round(won["value_index"], 4)) == (2615, 0.4681)
    assert row(structure.regions, region="United Kingdom")["revenue_share"] == pytest.approx(0.8131, abs=5e-5)
    # 7 of the 9 clients on the Channel Islands are A, of all 1177 of 4331: 7 / 1177 over 9 / 4331
    islands = row(opened("online_retail").target.lines, trait="Channel Islands")
    assert (islands["n_target"], islands["n_base"], round(islands["lift"], 3)) == (7, 9, 2.862)


def test_northwind_delivers_to_everybody_and_keeps_its_clients(opened):
    structure = opened("northwind_csv").structure
    freight, n_orders = 45_309.40, 541  # of the window, from the heads of the orders
    assert structure.cost_per_delivery == pytest.approx(freight / n_orders, abs=CENT)
    core = row(structure.delivery_cross, part="core", is_delivered=True)  # 90 %, and the client that crosses it
    assert (core["n_clients"], core["revenue"]) == (49, pytest.approx(765_214.88, abs=CENT))
    kept = row(structure.retention, cohort="1997", year=1998)  # in the four months of 1998 that the data show
    assert (kept["n_active"], kept["n_won"], kept["is_partial"]) == (19, 21, True)


def test_demo_tells_what_its_source_tells(opened):
    structure = opened("demo").structure
    won = row(structure.cohort_summary, cohort="2025")  # S5: 150 clients of 350 give only 10 %, METHOD V09.1
    assert (won["n_won"], round(won["revenue_share"], 4), round(won["value_index"], 4)) == (150, 0.1, 0.2333)
    # 375 226.04 of profit; the third of the largest clients to leave turns it into a loss
    assert (structure.break_even_loss, round(row(structure.loss_steps, n_lost=3)["profit"], 2)) == (3, -94_542.46)
    rest = row(structure.delivery_cross, part="rest", is_delivered=True)  # S5: 195 clients outside the core bring 6 %
    assert (rest["n_clients"], round(rest["revenue_share"], 4)) == (195, 0.06)
