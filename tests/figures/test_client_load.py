"""The pictures of client load: the map, the whale curve, the departments, the groups and the causes."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import same_color

from clientbase.errors import MissingColumnsError
from clientbase.figures.client_load import (
    GROUP_COLOURS,
    LOSS,
    OVER,
    REST,
    department_use,
    group_bars,
    load_against_return,
    over_use_bars,
    whale,
)
from clientbase.figures.house import CRITERION_COLOURS, MUTED, NEUTRAL, SHARE_COLOURS

from .helpers import assert_keeps_house, close, faults, joined_bars, texts

TITLE = "A tenth of the clients takes half of the work of all departments and brings less than a twentieth of the margin"
NAMES = ["ООО «Северный торговый дом и партнёры»", "Müller & Söhne Großhandel", "Cash $ Carry $", "Delta"]


@pytest.fixture
def shares():  # V13.3 and V13.4, and four clients that do not fit the axes
    return pd.DataFrame(
        {
            "client_id": ["K1", "K2", "K3", "lost", "quiet", "idle", "odd"],
            "client_name": ["First $ale$", "Second", None, "Loss maker", "Nobody knows", "Idle", "Odd"],
            "share_class": ["A", "B", "C", "L", "D", "D", "0"],
            "load_share": [0.3433, 0.2269, 0.4299, 0.01, 0.0, 0.0, 0.02],
            "return_share": [0.7438, 0.2066, 0.0496, -0.02, 0.01, 0.01, np.nan],
            "load_ratio": [0.4615, 1.0980, 8.6687, np.inf, 0.0, 0.0, np.nan],
            "revenue": [5_000_000.0, 1_000_000, 400_000, 10_000, 1000, 1000, np.nan],
            "is_load_known": [True, True, True, True, False, True, True],
        }
    )


def many_shares(n, *, language="en"):
    rng = np.random.default_rng(0)
    revenue = rng.lognormal(9, 1.8, n)
    margin = revenue * np.where(np.arange(n) % 17 == 16, -0.1, 0.25)
    cost = np.where(np.arange(n) % 23 == 22, 0, revenue**0.75 * rng.lognormal(1, 0.8, n))
    load_share, return_share = cost / cost.sum(), margin / margin.sum()
    return pd.DataFrame(
        {
            "client_id": [f"c{i}" for i in range(n)],
            "client_name": [f"{NAMES[i % 4]} {language} {i}" for i in range(n)],
            "share_class": np.where(margin < 0, "L", np.array(list("ABCD"))[np.arange(n) % 4]),
            "load_share": load_share,
            "return_share": return_share,
            "load_ratio": np.where(return_share > 0, load_share / return_share, np.inf),
            "revenue": revenue,
            "is_load_known": cost > 0,
        }
    )


def curve_of(*nets):
    net = np.sort(np.asarray(nets, dtype=float))[::-1]
    sums = net.cumsum()
    part = sums / sums[-1] if sums[-1] > 0 else sums * np.nan
    ids = [f"c{i}" for i in range(len(net))]
    return pd.DataFrame({"rank": range(1, len(net) + 1), "client_id": ids, "net": net, "cum_net": sums, "cum_share": part})


@pytest.fixture
def vector():  # V13.5 and V13.9
    return curve_of(828_125, 202_500, -30_000)


def rates_of(*rows):
    """Return a table of (department, capacity, client minutes, internal minutes); no capacity: no cost."""
    columns = ["department", "capacity_minutes", "client_minutes", "internal_minutes"]
    table = pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[1:], float))
    used = table["client_minutes"] + table["internal_minutes"]
    use = used / table["capacity_minutes"]
    basis = np.where(table["capacity_minutes"].isna(), "no cost", "recorded")
    return table.assign(used_minutes=used, use_share=use, is_overloaded=use > 1, rate_basis=basis)


@pytest.fixture
def rates():  # V13.6, V13.7 and a department without costs
    return rates_of(
        ("Sales", 30_720, 10_200, 0), ("Warehouse", 38_400, 6000, 2000), ("Claims", 30_720, 39_000, 1000), ("IT", None, 600, 0)
    )


@pytest.fixture
def summary():
    return pd.DataFrame(
        {
            "load_group": ["right", "heavy middle", "price-only small", "loss-making", "load not known"],
            "n_clients": [12, 40, 300, 9, 21],
            "load_share": [0.30, 0.25, 0.40, 0.05, 0.0],
            "return_share": [0.60, 0.20, 0.15, -0.02, 0.07],
            "net": [500_000.0, 10_000.0, -90_000.0, -20_000.0, np.nan],
        }
    )


@pytest.fixture
def causes():  # minutes: departments add up to 1800 (Sales), 960 (Stock), 600 (Claims)
    rows = [
        ("k1", "Cash $ Carry $", "Stock", 600), ("k1", "Cash $ Carry $", "Sales", 600), ("k2", None, "Sales", 1200),
        ("k2", None, "Stock", 360), ("k3", "Third", "Claims", 600), ("k3", "Third", "Sales", 0), ("k4", "Fourth", "Sales", -90),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["client_id", "client_name", "department", "over_minutes"])


def bubbles(ax):
    """Return x, y, area and colour of each bubble."""
    return [
        (float(x), float(y), float(area), cloud.get_facecolor()[0])
        for cloud in ax.collections
        if len(cloud.get_offsets()) == len(cloud.get_sizes())
        for (x, y), area in zip(cloud.get_offsets(), cloud.get_sizes(), strict=True)
    ]


def bars(ax):
    return [(bar.get_x(), bar.get_width(), bar.get_y() + bar.get_height() / 2) for bar in ax.patches]


def rows_of(ax):
    return [tick.get_text() for tick in ax.get_yticklabels()]


# -- load against return -------------------------------------------------------------------------------------------------
def test_each_client_stands_at_its_shares_in_the_colour_of_its_class(shares, en):
    ax = load_against_return(shares, en)
    assert ax.get_xscale() == ax.get_yscale() == "log"
    found = {round(y, 4): (x, colour) for x, y, _, colour in bubbles(ax)}
    assert set(found) == {0.3433, 0.2269, 0.4299, 0.01}
    assert close([found[y][0] for y in (0.3433, 0.2269, 0.4299)], [0.7438, 0.2066, 0.0496])
    for load, name in ((0.3433, "A"), (0.2269, "B"), (0.4299, "C"), (0.01, "L")):
        assert same_color(found[load][1][:3], SHARE_COLOURS[name])


def test_classes_differ_in_shape_and_are_counted_in_the_legend(shares, en):
    ax = load_against_return(shares, en)
    assert len({tuple(cloud.get_paths()[0].vertices.ravel().round(3)) for cloud in ax.collections}) == 4
    shown = [text.get_text() for text in ax.get_legend().get_texts()]
    assert shown == ["A: 1", "B: 1", "C: 1", "L · loss or returns: 1", "load equals return"]


def test_areas_are_in_proportion_to_revenue(shares, en):
    area = {round(y, 4): area for _, y, area, _ in bubbles(load_against_return(shares, en))}
    assert area[0.3433] / area[0.2269] == pytest.approx(5)
    assert area[0.01] == min(area.values()) > 0  # too small to see is drawn at the least size


def test_the_diagonal_parts_two_named_sides(shares, en):
    ax = load_against_return(shares, en)
    assert any(close(line.get_xdata(), line.get_ydata()) for line in ax.lines)
    (above,) = [text for text in ax.texts if text.get_text() == "takes more than it brings"]
    (under,) = [text for text in ax.texts if text.get_text() == "brings more than it takes"]
    assert above.get_position()[0] < above.get_position()[1]
    assert under.get_position()[0] > under.get_position()[1]


def test_clients_without_return_stand_in_a_strip_at_the_left_edge(shares, en):
    ax = load_against_return(shares, en)
    (place,) = [x for x, y, _, _ in bubbles(ax) if round(y, 4) == 0.01]
    low = ax.get_ylim()[0]
    assert ax.get_xlim()[0] < place < low < 0.0496
    assert "no return 1 client" in texts(ax)
    plain = load_against_return(shares.head(3), en)
    assert not any(text.startswith("no return") for text in texts(plain))
    assert close(plain.get_xlim(), plain.get_ylim())


def test_clients_that_cannot_be_drawn_are_counted_by_reason(shares, en):
    ax = load_against_return(shares, en)
    notes = ax.get_xlabel().split("\n")
    assert notes[0].endswith("(log scale; bubble: revenue, EUR)")
    assert notes[1:] == [
        "not drawn: 1 client whose load is not known",
        "not drawn: 1 client without load",
        "not drawn: 1 client whose return is not known",
    ]
    assert "not drawn" not in load_against_return(shares.head(4), en).get_xlabel()


def test_the_five_largest_by_load_bear_names_and_ratios(shares, en):
    shown = texts(load_against_return(shares, en))
    assert {"K3 ratio 8.67", "First $ale$ ratio 0.462", "Second ratio 1.1", "Loss maker ratio ∞"} <= set(shown)
    shown = texts(load_against_return(many_shares(40).drop(columns="client_name"), en))
    largest = many_shares(40).nlargest(5, "load_share")["client_id"]
    assert [text.split()[0] for text in shown if " ratio " in text] == largest.tolist()


def test_equal_loads_are_named_by_key_whatever_the_order(en):
    table = many_shares(30).assign(load_share=1 / 30, is_load_known=True)
    one, other = (load_against_return(rows, en) for rows in (table, table.iloc[::-1]))
    assert texts(one) == texts(other)
    assert close([item[:3] for item in bubbles(one)], [item[:3] for item in bubbles(other)])


def test_ticks_tell_small_shares_apart(en):
    ax = load_against_return(many_shares(4000), en)
    ticks = [tick.get_text() for tick in ax.get_yticklabels() if tick.get_text()]
    assert {"0.001%", "0.01%", "0.1%"} <= set(ticks)
    assert len(set(ticks)) == len(ticks)


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("n", [1, 2, 3, 40, 350, 5000])
def test_the_map_reads_with_few_and_with_many(n, language, request):
    table = many_shares(n, language=language)
    ax = load_against_return(table, request.getfixturevalue(language), title=TITLE)
    assert len(bubbles(ax)) == table["is_load_known"].sum()
    assert faults(ax) == []


def test_nobody_has_a_return(ru):
    ax = load_against_return(many_shares(40).assign(return_share=-0.1, load_ratio=np.inf, revenue=0.0), ru, title=TITLE)
    assert max(x for x, *_ in bubbles(ax)) < ax.get_ylim()[0]
    assert len({area for _, _, area, _ in bubbles(ax)}) == 1
    assert faults(ax) == []


def test_an_unfamiliar_class_is_not_left_out_in_silence(shares, en):
    with pytest.raises(ValueError, match="'E' is not in list"):
        load_against_return(shares.assign(share_class="E"), en)


def test_no_load_known_and_missing_columns(shares, en):
    ax = load_against_return(shares.assign(is_load_known=False), en)
    assert {"nothing to draw", "not drawn: 7 clients whose load is not known"} <= set(texts(ax))
    assert "nothing to draw" in texts(load_against_return(shares.head(0), en))
    with pytest.raises(MissingColumnsError, match=r"'load_shares' lacks \['load_ratio'\]"):
        load_against_return(shares.drop(columns="load_ratio"), en)


def test_the_map_keeps_house(shares, en):
    assert_keeps_house(load_against_return, shares, en)


# -- the whale curve -----------------------------------------------------------------------------------------------------
def line_of(ax, colour):
    return next(line for line in ax.lines if same_color(line.get_color(), colour) and len(line.get_xdata()))


def test_the_curve_rises_to_its_peak_and_falls_from_there(vector, en):  # V13.9
    ax = whale(vector, en)
    up, down = line_of(ax, NEUTRAL), line_of(ax, LOSS)
    assert close([*up.get_xdata(), *up.get_ydata()], [0, 1, 2, 0, 828_125, 1_030_625])
    assert close([*down.get_xdata(), *down.get_ydata()], [2, 3, 1_030_625, 1_000_625])
    assert up.get_linestyle() != down.get_linestyle()


def test_peak_and_erosion_bear_their_money(vector, en):
    ax = whale(vector, en)
    assert {
        "peak: 1,030,625 EUR from 2 clients, 103% of the total",
        "erosion: 30,000 EUR by 1 client; left: 1,000,625 EUR",
    } <= set(texts(ax))
    (bracket,) = [text for text in ax.texts if text.get_text() == ""]
    assert close([bracket.xy[1], bracket.xyann[1]], [1_000_625, 1_030_625])
    assert ax.get_ylim()[0] == 0


@pytest.mark.parametrize("nets", [(500,), (300, 200, 0), range(1, 60)])
def test_without_erosion_the_picture_says_so(nets, en):
    shown = texts(whale(curve_of(*nets), en, title=TITLE))
    assert "no erosion: no client takes more than it brings" in shown
    assert not any(text.startswith("erosion") for text in shown)


def test_clients_that_bring_nothing_do_not_move_the_peak(en):
    assert "peak: 500 EUR from 2 clients, 100% of the total" in texts(whale(curve_of(300, 200, 0, 0), en))


def test_a_sum_below_zero_has_a_zero_line_and_no_share(en):
    ax = whale(curve_of(900, 100, -700, -900), en)
    shown = texts(ax)
    assert "peak: 1,000 EUR from 2 clients" in shown
    assert "erosion: 1,600 EUR by 2 clients; left: -600 EUR" in shown
    assert any(set(line.get_ydata()) == {0} for line in ax.lines)
    assert ax.get_ylim()[0] < -600


def test_nobody_brings_more_than_it_takes(en):
    ax = whale(curve_of(-200, -300), en)
    assert {"no client brings more than it takes", "erosion: 500 EUR by 2 clients; left: -500 EUR"} <= set(texts(ax))
    assert close(line_of(ax, LOSS).get_ydata(), [0, -200, -500])


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize(
    "nets",
    [
        (500,), (-500,), (0,), (828_125, 202_500, -30_000), (9e9, -1.0), (5.0, -9e8),
        np.arange(1, 30) * 1e3, -np.arange(1, 30) * 1e3, np.random.default_rng(0).normal(50, 500, 350),
        np.random.default_rng(0).lognormal(9, 2, 4000) - 9000, np.linspace(-1, 0.5, 4000) * 1e6,
    ],
)  # fmt: skip
def test_the_curve_reads_whatever_the_clients(nets, language, request):
    assert faults(whale(curve_of(*nets), request.getfixturevalue(language), title=TITLE)) == []


def test_no_curve_and_missing_columns(vector, en):
    assert "nothing to draw" in texts(whale(vector.head(0), en))
    assert "nothing to draw" in texts(whale(vector.assign(cum_net=np.nan), en))
    with pytest.raises(MissingColumnsError, match=r"'whale_curve' lacks \['cum_share'\]"):
        whale(vector.drop(columns="cum_share"), en)


def test_the_curve_keeps_house(vector, en):
    assert_keeps_house(whale, vector, en)


# -- departments ---------------------------------------------------------------------------------------------------------
def test_bars_are_hours_of_work_and_of_the_unused_rest(rates, en):
    found = bars(department_use(rates, en))
    assert close(found[:4], [(0, 170, 0), (0, 100, 1), (0, 650, 2), (0, 10, 3)])
    assert close(found[4:8], [(170, 0, 0), (100, 33.3333, 1), (650, 16.6667, 2), (10, 0, 3)])
    assert close(found[8:10], [(170, 342, 0), (133.3333, 506.6667, 1)])


def test_work_over_the_capacity_is_hatched_and_named(rates, en):
    ax = department_use(rates, en)
    over = ax.patches[10]
    assert close(bars(ax)[10], (512, 154.6667, 2))
    assert over.get_hatch() == OVER["hatch"]
    assert same_color(over.get_facecolor(), OVER["facecolor"])
    assert ax.patches[8].get_hatch() == REST["hatch"]
    assert {"130%, 155 h over the capacity", "over the capacity", "unused capacity"} <= set(texts(ax))


def test_capacity_is_a_line_where_it_is_known_and_use_stands_at_the_end(rates, en):
    ax = department_use(rates, en)
    assert [line[0][0] for line in ax.collections[0].get_segments()] == [512, 640, 512]
    shown = texts(ax)
    assert {"33%", "21%", "–", "Sales", "IT"} <= set(shown)
    assert ax.get_xlabel() == "Hours"


def test_a_department_without_costs_has_no_capacity_whatever_stands_there(rates, en):
    odd = rates.assign(
        capacity_minutes=[30_720, 38_400, 30_720, 0.0], use_share=[0.332, 0.208, 1.302, np.inf], is_overloaded=True
    )
    ax = department_use(odd.tail(1), en)
    assert close(bars(ax), [(0, 10, 0), (10, 0, 0)])
    shown = texts(ax)
    assert "–" in shown
    assert not {"capacity", "unused capacity", "over the capacity"} & set(shown)


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("n", [1, 2, 7, 30])
def test_departments_read_whatever_their_number(n, language, request):
    name = "Отдел логистики и доставки по регионам $ и городам"
    rows = [(f"{i} {name}", None if i == 3 else 40_000.0 * (i + 1), 30_000.0 * (i + 1), 9000.0 * (2 * i + 2)) for i in range(n)]
    ax = department_use(rates_of(*rows, ("(unknown)", 600, 0, 0)), request.getfixturevalue(language), title=TITLE)
    assert faults(ax) == []


def test_no_departments_and_missing_columns(rates, en):
    assert "nothing to draw" in texts(department_use(rates.head(0), en))
    with pytest.raises(MissingColumnsError, match=r"'department_rates' lacks \['rate_basis'\]"):
        department_use(rates.drop(columns="rate_basis"), en)


def test_departments_keep_house(rates, en):
    assert_keeps_house(department_use, rates.assign(department=["$a$", "b", "c", "d"]), en)


# -- groups --------------------------------------------------------------------------------------------------------------
def test_pairs_are_load_and_return(summary, en):
    ax = group_bars(summary, en)
    assert close([width for _, width, _ in bars(ax)], [0.30, 0.25, 0.40, 0.05, 0, 0.60, 0.20, 0.15, -0.02, 0.07])
    assert {"30% (12)", "60%", "-2%", "40% (300)"} <= set(texts(ax))
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == [f"{en.label('load_share')} ({en.label('n_clients').lower()})", en.label("return_share")]


def test_a_load_that_is_not_known_has_a_dash(summary, en):
    assert "– (21)" in texts(group_bars(summary, en))
    assert "1% (21)" in texts(group_bars(summary.assign(load_share=[0.3, 0.25, 0.4, 0.04, 0.01]), en))  # direct costs


def test_groups_bear_their_net_where_it_is_known(summary, en):
    names = [en.category("load_group", group) for group in summary["load_group"]]
    nets = ["net 500,000 EUR", "net 10,000 EUR", "net -90,000 EUR", "net -20,000 EUR", "net –"]
    ax = group_bars(summary, en)
    assert [" ".join(row.split()) for row in rows_of(ax)] == [f"{a} {b}" for a, b in zip(names, nets, strict=True)]
    assert rows_of(group_bars(summary.drop(columns="net"), en)) == names


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("n", [1, 2, 11])
def test_groups_read_in_both_languages(n, language, request):
    groups = pd.Categorical([*GROUP_COLOURS][:n], categories=[*GROUP_COLOURS], ordered=True)
    table = pd.DataFrame({"load_group": groups, "n_clients": 1234, "load_share": 1 / n, "return_share": 1 / n, "net": -1e7 / 3})
    assert faults(group_bars(table, request.getfixturevalue(language), title=TITLE)) == []


def test_no_groups_and_house_rules(summary, en):
    assert "nothing to draw" in texts(group_bars(summary.head(0), en))
    assert_keeps_house(group_bars, summary, en)
    with pytest.raises(MissingColumnsError, match=r"'group_summary' lacks \['return_share'\]"):
        group_bars(summary.drop(columns="return_share"), en)


# -- causes --------------------------------------------------------------------------------------------------------------
def spans(ax):
    return [(bar.x, bar.width, bar.y + bar.height / 2) for bar in joined_bars(ax)]


def test_parts_are_stacked_in_the_order_of_the_departments_totals(causes, en):
    ax = over_use_bars(causes, en)
    assert rows_of(ax) == ["k2", "Cash $ Carry $", "Third"]  # who takes less than it earned is not there
    assert close(spans(ax)[:6], [(0, 20, 0), (0, 10, 1), (0, 0, 2), (20, 6, 0), (10, 10, 1), (0, 0, 2)])
    assert close(spans(ax)[6:], [(26, 0, 0), (20, 0, 1), (0, 10, 2)])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["Sales", "Stock", "Claims"]
    assert same_color(joined_bars(ax)[0].colour, CRITERION_COLOURS[0])
    assert same_color(joined_bars(ax)[3].colour, CRITERION_COLOURS[1])
    assert {"26 h", "20 h", "10 h", "Hours above the earned ones"} <= set(texts(ax))


def test_the_largest_over_use_comes_first_where_it_is_known(causes, en):
    money = {"k1": 100.0, "k2": 50.0, "k3": 900.0, "k4": -10.0}
    ax = over_use_bars(causes.assign(over_use=causes["client_id"].map(money)), en, n=2)
    assert rows_of(ax) == ["Third", "Cash $ Carry $"]
    assert {"10 h · 900 EUR", "20 h · 100 EUR", "Hours above the earned ones (first 2 of 3)"} <= set(texts(ax))


def test_equal_clients_stand_by_key_whatever_the_order(en):
    table = pd.DataFrame({"client_id": ["b", "c", "a"], "department": "Sales", "over_minutes": 60.0})
    assert rows_of(over_use_bars(table, en)) == rows_of(over_use_bars(table.iloc[::-1], en)) == ["a", "b", "c"]


def test_departments_past_the_seventh_share_one_part(en):
    table = pd.DataFrame(
        {"client_id": "k", "department": [f"d{i}" for i in range(9)], "over_minutes": [60.0 * (9 - i) for i in range(9)]}
    )
    ax = over_use_bars(table, en)
    assert [text.get_text() for text in ax.get_legend().get_texts()][6:] == ["d6", "other departments"]
    assert close(spans(ax)[-1], (42, 3, 0))
    assert joined_bars(ax)[-1].hatch
    assert same_color(joined_bars(ax)[-1].colour, MUTED)
    assert "other departments" not in texts(over_use_bars(table.head(7), en))


def test_work_of_no_named_department_is_drawn_as_well(causes, en):
    ax = over_use_bars(causes.assign(department=[*causes["department"][:4], None, None, None]), en)
    assert "(unknown)" in texts(ax)
    assert rows_of(ax) == ["k2", "Cash $ Carry $", "Third"]


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 3), (12, 7), (400, 12)])
def test_causes_read_whatever_their_number(n, m, language, request):
    name = "отдел логистики и доставки по $ регионам"
    rows = [
        (f"c{i}", f"{NAMES[i % 4]} {i}", f"{j} {name}", 60.0 * ((7 * i + 3 * j) % 11 + 1), 1e6 / (i + 1))
        for i in range(n)
        for j in range(m)
    ]
    table = pd.DataFrame(rows, columns=["client_id", "client_name", "department", "over_minutes", "over_use"])
    ax = over_use_bars(table, request.getfixturevalue(language), title=TITLE)
    assert len(rows_of(ax)) == min(n, 12)
    assert faults(ax) == []


def test_nobody_takes_more_than_it_earned_and_house_rules(causes, en):
    assert "nothing to draw" in texts(over_use_bars(causes.tail(1), en))
    assert "nothing to draw" in texts(over_use_bars(causes.head(0), en))
    assert_keeps_house(over_use_bars, causes, en)
    with pytest.raises(MissingColumnsError, match=r"'load_causes' lacks \['over_minutes'\]"):
        over_use_bars(causes.drop(columns="over_minutes"), en)
