"""The revenue of each month."""

from itertools import pairwise

import pandas as pd
import pytest
from matplotlib.colors import same_color

from clientbase.figures.data import monthly_revenue
from clientbase.figures.house import MUTED, NEUTRAL

from .helpers import assert_keeps_house, close, faults, joined_bars, texts


def months(n):
    table = pd.DataFrame(
        {"month": pd.date_range("2022-03-01", periods=n, freq="MS"), "revenue": [1e5 * (i % 7 + 1) for i in range(n)]}
    )
    return table.assign(is_window=[n - 13 <= i < n - 1 for i in range(n)])


def test_bars_are_the_revenue_and_the_window_stands_out(en):
    table = months(20)
    ax = monthly_revenue(table, en)
    assert close([bar.height for bar in joined_bars(ax)], table["revenue"])
    colours = [bar.colour for bar in joined_bars(ax)]
    assert [same_color(colour, NEUTRAL) for colour in colours] == table["is_window"].tolist()
    assert same_color(colours[0], MUTED)


def test_a_month_without_a_row_stays_a_gap(en):
    ax = monthly_revenue(months(20).drop(index=[5]), en)
    centres = [bar.x + bar.width / 2 for bar in joined_bars(ax)]
    steps = {round(b - a) for a, b in pairwise(centres)}
    assert steps == {1, 2}


def test_returns_may_outweigh_a_month(en):
    table = months(3).assign(revenue=[100.0, -50.0, 0.0])
    ax = monthly_revenue(table, en)
    assert close([bar.height for bar in joined_bars(ax)], [100, -50, 0])
    assert ax.get_ylim()[0] < -50


@pytest.mark.parametrize("n", [1, 2, 12, 13, 36, 120])
def test_ticks_name_the_last_month_and_do_not_overlap(n, ru):
    ax = monthly_revenue(months(n), ru, title="Выручка анализируемого периода выросла")
    last = ax.get_xticks().max()
    assert last == pytest.approx(joined_bars(ax)[-1].x + 0.4)
    assert len(ax.get_xticks()) <= 10
    assert faults(ax) == []


def test_labels_in_russian(ru):
    shown = texts(monthly_revenue(months(20), ru))
    assert {"Выручка, RUB", "Анализируемый период", "Прочие месяцы", "окт. 2023", "200 тыс."} <= set(shown)


def test_house_rules(en):
    assert_keeps_house(monthly_revenue, months(20), en)
    assert "nothing to draw" in texts(monthly_revenue(months(3)[:0], en))
