"""The cumulative curve and the bars by share class."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import same_color

from clientbase.figures.house import SHARE_COLOURS
from clientbase.figures.share_classes import class_bars, cumulative_curve
from clientbase.method.share_classes import share_classes

from .helpers import assert_keeps_house, close, faults, texts

RULE = {"value": "revenue", "a": 0.8, "b": 0.96, "c": 0.999, "d_rule": "cum", "own_share": 0.001, "ties": "share"}


def classes(values, n_orders=None):
    facts = pd.DataFrame({"client_id": [f"c{i}" for i in range(len(values))], "revenue": values, "n_orders": n_orders or 1})
    return share_classes(facts, **RULE)


@pytest.fixture
def vector():  # V06.1: A A B B B C C D D
    return classes([50, 30, 10, 5, 3, 1.5, 0.4, 0.07, 0.03])


@pytest.fixture
def summary():
    return pd.DataFrame(
        {
            "share_class": ["A", "B", "C", "D", "L", "0"],
            "n_clients": [35, 60, 120, 100, 4, 31],
            "client_share": [0.11, 0.19, 0.38, 0.31, 0.01, np.nan],
            "value_share": [0.8, 0.16, 0.039, 0.001, -0.02, 0.0],
        }
    )


def dots(ax):
    return [(float(line.get_xdata()[0]), float(line.get_ydata()[0])) for line in ax.lines if len(line.get_xdata()) == 1]


def test_the_curve_is_the_cumulative_share(vector, en):
    curve = cumulative_curve(vector, en).lines[0]
    assert close(curve.get_xdata(), range(10))
    assert close(curve.get_ydata(), [0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.995, 0.999, 0.9997, 1])


def test_band_ends_are_marked(vector, en):
    ax = cumulative_curve(vector, en)
    assert close(dots(ax), [(2, 0.8), (5, 0.98), (7, 0.999), (9, 1)])
    shown = texts(ax)
    assert {
        "A: 2 clients, up to 80%",
        "B: 3 clients, up to 98%",
        "C: 2 clients, up to 99.9%",
        "D: 2 clients, up to 100%",
    } <= set(shown)
    assert {"80%", "98%"} <= set(shown)
    fills = [band.get_facecolor()[0][:3] for band in ax.collections]
    assert [same_color(fill, SHARE_COLOURS[name]) for fill, name in zip(fills, "ABCD", strict=True)] == [True] * 4


def test_classes_without_value_are_counted_not_drawn(ru):
    table = classes([100, 50, -20, 0, 0], [1, 1, 1, 1, 0])  # V06.5: A A L L 0
    ax = cumulative_curve(table, ru)
    assert close(dots(ax), [(2, 1)])
    assert ax.get_xlabel() == "Клиенты, от крупных к мелким\nне показано без положительной величины: 3 клиента"
    assert ax.get_ylabel() == "Накопленная доля"


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("values", [[5], [97, 2, 1], np.exp(np.linspace(12, 2, 350)), np.exp(np.linspace(14, 0, 4000))])
def test_texts_do_not_overlap(values, language, request):
    ax = cumulative_curve(
        classes(values), request.getfixturevalue(language), title="Few clients make most of the revenue of the base"
    )
    assert faults(ax) == []


@pytest.mark.parametrize("sigma", [0.3, 0.7, 1.0, 1.4, 1.8, 2.5])
def test_band_ends_near_each_other_are_not_written_over(sigma, ru):
    values = np.random.default_rng(3).lognormal(8, sigma, 160)
    assert faults(cumulative_curve(classes(values), ru)) == []


def test_nothing_positive(vector, en):
    assert "nothing to draw" in texts(cumulative_curve(vector.assign(cum_share=np.nan), en))


def test_bars_are_the_shares(summary, en):
    ax = class_bars(summary, en)
    assert close([bar.get_width() for bar in ax.patches], [0.11, 0.19, 0.38, 0.31, 0.01, 0, 0.8, 0.16, 0.039, 0.001, -0.02, 0])
    assert {"11% (35)", "80%", "0.1%", "-2%", "– (31)"} <= set(texts(ax))


def test_the_basis_names_the_value(summary, en):
    assert "Share of margin" in texts(class_bars(summary, en, basis="margin"))


def test_bars_in_russian(summary, ru):
    ax = class_bars(summary, ru, title="Вывод")
    assert {"L · убыток или возвраты", "0 · без покупок", "Доля величины"} <= set(texts(ax))
    assert faults(ax) == []


def test_house_rules(vector, summary, en):
    assert_keeps_house(cumulative_curve, vector, en)
    assert_keeps_house(class_bars, summary, en)
    assert_keeps_house(class_bars, summary[:1], en)
