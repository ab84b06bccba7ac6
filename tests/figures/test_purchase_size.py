"""The map of purchase size and the bars by size class."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import same_color

from clientbase.figures.house import SIZE_COLOURS
from clientbase.figures.purchase_size import size_bars, size_map

from .helpers import assert_keeps_house, close, faults, texts

BOUNDS = {"large_from": 100.0, "small_below": 20.0, "regular_from": 0.5}


@pytest.fixture
def vector():  # V03.1: average purchase and regularity of eight clients, and one without deals
    return pd.DataFrame(
        {
            "avg_purchase": [150, 150, 60, 10, 60, 100, 20, 150, np.nan],
            "regularity": np.array([10, 3, 7, 12, 1, 6, 2, 1, np.nan]) / 12,
            "size_class": ["SA", "SB", "SB", "SC", "SC", "SA", "SB", "SB", "0"],
        }
    )


@pytest.fixture
def summary():
    return pd.DataFrame(
        {
            "size_class": ["SA", "SB", "SC", "0"],
            "n_clients": [40, 180, 120, 35],
            "client_share": [0.12, 0.53, 0.35, np.nan],
            "revenue_share": [0.68, 0.34, -0.02, 0.0],
        }
    )


def points(ax):
    return {(round(float(x), 6), round(float(y), 6)) for cloud in ax.collections for x, y in cloud.get_offsets()}


def test_every_client_with_deals_is_a_point_at_its_numbers(vector, en):
    ax = size_map(vector, en, **BOUNDS)
    known = vector.dropna()
    assert points(ax) == set(zip(known["avg_purchase"].round(6), known["regularity"].round(6), strict=True))
    assert sum(len(cloud.get_offsets()) for cloud in ax.collections) == 8
    assert ax.get_xscale() == "log"


def test_classes_have_their_colours_and_counts(vector, en):
    ax = size_map(vector, en, **BOUNDS)
    for cloud, name, n in zip(ax.collections, ("SA", "SB", "SC"), (2, 4, 2), strict=True):
        assert len(cloud.get_offsets()) == n
        assert [same_color(colour[:3], SIZE_COLOURS[name]) for colour in cloud.get_facecolor()] == [True]  # all of one look
    assert {"SA · regular large: 2", "SB · solid middle: 4", "SC · small: 2"} <= set(texts(ax))


def test_thresholds_are_lines_with_their_values(vector, ru):
    ax = size_map(vector, ru, **BOUNDS)
    lines = [line for line in ax.lines if len(line.get_xdata())]  # the legend's own lines are empty
    upright = {line.get_xdata()[0] for line in lines if line.get_xdata()[0] == line.get_xdata()[1]}
    level = {line.get_ydata()[0] for line in lines if line.get_ydata()[0] == line.get_ydata()[1]}
    assert {100.0, 20.0} <= upright
    assert 0.5 in level
    assert {"крупные от 100 RUB", "мелкие ниже 20,00 RUB", "регулярные от 50 %"} <= set(texts(ax))


def test_axes_carry_units_and_what_is_not_drawn_is_counted(vector, ru):
    ax = size_map(vector, ru, **BOUNDS)
    assert ax.get_xlabel() == "Средняя закупка, RUB (логарифмическая шкала)\nне показано без сделок: 1 клиент"
    assert ax.get_ylabel() == "Регулярность"
    assert "not drawn" not in size_map(vector.dropna(), ru, **BOUNDS).get_xlabel()


def test_returns_beyond_deals_stand_at_the_left_edge(en):
    table = pd.DataFrame(
        {"avg_purchase": [-50.0, 1e-12, 200.0], "regularity": [0.1, 0.2, 0.9], "size_class": ["SC", "SC", "SA"]}
    )
    ax = size_map(table, en, **BOUNDS)
    at_edge = sorted(x for x, _ in points(ax))[:2]
    assert at_edge[0] == at_edge[1] < 20
    assert ax.get_xlim()[0] < at_edge[0]
    assert "≤ 0" in texts(ax)


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("n", [1, 2, 60, 4000])
def test_readable_with_few_and_with_many(n, language, request):
    rng = np.random.default_rng(0)
    purchase, regularity = rng.lognormal(4, 1.5, n), rng.integers(1, 13, n) / 12
    classes = np.select([(purchase >= 100) & (regularity >= 0.5), purchase < 20], ["SA", "SC"], "SB")
    table = pd.DataFrame({"avg_purchase": purchase, "regularity": regularity, "size_class": classes})
    ax = size_map(
        table, request.getfixturevalue(language), title="A finding of some length about the size of purchases", **BOUNDS
    )
    assert sum(len(cloud.get_offsets()) for cloud in ax.collections) == n
    assert len([tick for tick in ax.get_xticklabels() if tick.get_text()]) >= 3
    assert faults(ax) == []


def test_the_legend_makes_way_for_a_high_threshold(vector, en):
    assert faults(size_map(vector, en, large_from=100, small_below=20, regular_from=0.95)) == []


def test_nobody_with_deals(vector, en):
    ax = size_map(vector[vector["size_class"] == "0"], en, **BOUNDS)
    assert "nothing to draw" in texts(ax)


def test_bars_are_the_shares(summary, en):
    ax = size_bars(summary, en)
    widths = [bar.get_width() for bar in ax.patches]
    assert close(widths, [0.12, 0.53, 0.35, 0, 0.68, 0.34, -0.02, 0])
    assert {"12% (40)", "68%", "-2%", "– (35)"} <= set(texts(ax))


def test_bars_in_russian_do_not_overlap(summary, ru):
    ax = size_bars(summary, ru, title="Середняки составляют больше половины клиентов")
    assert {"SA · регулярные крупные", "0 · без сделок", "Доля выручки", "Доля итога"} <= set(texts(ax))
    assert faults(ax) == []


def test_house_rules(vector, summary, en):
    assert_keeps_house(size_map, vector, en, **BOUNDS)
    assert_keeps_house(size_bars, summary, en)
