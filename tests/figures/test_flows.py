"""The two bars of the flows: lengths are the shares, lines join the segments."""

import numpy as np
import pandas as pd
import pytest

from clientbase.errors import MissingColumnsError
from clientbase.figures.flows import profit_and_time
from clientbase.figures.house import FLOW_COLOURS

from .helpers import assert_keeps_house, close, faults, texts


def flow_table(names, profit, time, revenue=None):
    return pd.DataFrame({"flow": names, "revenue_share": revenue or profit, "profit_share": profit, "time_share": time})


@pytest.fixture
def s1():  # the numbers of the method's source: 85 % of profit for 20 % of time
    return flow_table(["corporate", "private"], [0.85, 0.15], [0.2, 0.8])


def lengths(ax):
    return [bar.get_width() for bar in ax.patches]


def test_bars_are_the_shares_and_lines_join_them(s1, en):
    ax = profit_and_time(s1, en)
    assert close(lengths(ax), [0.85, 0.15, 0.2, 0.8])
    assert close([bar.get_x() for bar in ax.patches], [0, 0.85, 0, 0.2])
    joints = [
        line.get_xdata() for line in ax.lines if len(set(np.asarray(line.get_ydata()))) == 2 and len(line.get_xdata()) == 2
    ]
    assert any(close(joint, [0.85, 0.2]) for joint in joints)


def test_the_flow_keeps_its_colour_in_both_bars(s1, en):
    colours = [bar.get_facecolor() for bar in profit_and_time(s1, en).patches]
    assert colours[0] == colours[2]
    assert colours[1] == colours[3]
    assert colours[0] != colours[1]


def test_labels_in_russian(s1, ru):
    shown = texts(profit_and_time(s1, ru))
    assert {"Доля прибыли", "Доля времени", "Корпоративные", "Частные", "85 %", "80 %"} <= set(shown)


def test_revenue_stands_for_unknown_profit_and_unknown_time_has_no_bar(en):
    unknown = [np.nan, np.nan]
    ax = profit_and_time(flow_table(["corporate", "private"], unknown, unknown, [0.7, 0.3]), en)
    assert close(lengths(ax), [0.7, 0.3])
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["Share of revenue"]


def test_a_loss_lies_left_of_zero(en):
    ax = profit_and_time(flow_table(["corporate", "private"], [1.3, -0.3], [0.2, 0.8]), en)
    assert close([(bar.get_x(), bar.get_width()) for bar in ax.patches[:2]], [(0, 1.3), (0, -0.3)])
    assert ax.get_xlim()[0] <= -0.3
    assert "-30%" in texts(ax)


def test_many_flows_with_long_names_do_not_overlap(ru):
    names = ["corporate", "private", "(unknown)", "Экспорт в дальние страны и на острова", "Dealers", "Web"]
    table = flow_table(names, [0.5, 0.2, 0.02, 0.08, 0.15, 0.05], [0.1, 0.4, 0.05, 0.15, 0.2, 0.1])
    ax = profit_and_time(table, ru, title="Вывод")
    assert faults(ax) == []
    assert "(не указано)" in texts(ax)


def test_one_flow_and_no_flow(en):
    assert close(lengths(profit_and_time(flow_table(["all"], [1.0], [1.0]), en)), [1, 1])
    nothing = profit_and_time(flow_table(["all"], [np.nan], [np.nan], [np.nan]), en)
    assert "nothing to draw" in texts(nothing)


def test_house_rules(s1, en):
    assert_keeps_house(profit_and_time, s1, en)
    assert FLOW_COLOURS["corporate"] == "#0072b2"
    with pytest.raises(MissingColumnsError, match=r"'flow_table' lacks \['time_share'\]"):
        profit_and_time(s1.drop(columns="time_share"), en)
