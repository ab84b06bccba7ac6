"""The ladder of levels and the heat map of moves."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Rectangle

from clientbase.figures.relationship import ladder, move_heatmap
from clientbase.method.common import LEVELS

from .helpers import assert_keeps_house, close, faults, texts

COUNTS = [40, 30, 12, 60, 70, 80, 40, 18]
REVENUE = [0, 0, 0, 0, 0.04, 0.16, 0.30, 0.50]


def summary(counts=COUNTS, *, is_measured=True):
    return pd.DataFrame(
        {
            "rel_level": pd.Categorical(LEVELS, LEVELS, ordered=True),
            "n_clients": counts,
            "client_share": np.array(counts) / sum(counts),
            "revenue_share": REVENUE,
            "is_measured": [is_measured] * 3 + [True] * 5,
        }
    )


@pytest.fixture
def moves():
    rows = [
        ("L3", "L4", 3, 0.3), ("L3", "L3", 6, 0.6), ("L3", "removed", 1, 0.1), ("L5", "S", 2, np.nan), ("new", "L3", 10, 1.0),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["level_before", "level_after", "n_clients", "row_share"])
    return table.assign(
        level_before=pd.Categorical(table["level_before"], [*LEVELS, "new"], ordered=True),
        level_after=pd.Categorical(table["level_after"], [*LEVELS, "removed"], ordered=True),
    )


def test_bars_are_the_shares_with_partners_on_top(en):
    ax = ladder(summary(), en)
    widths = [bar.get_width() for bar in ax.patches]
    assert close(widths[:8], [count / 350 for count in reversed([40, 30, 12, 60, 70, 80, 40, 18])])
    assert close(widths[8:], REVENUE[::-1])
    labels = [tick.get_text() for tick in ax.get_yticklabels()]
    assert (labels[0], labels[4], labels[-1]) == ("L6 · Partner", "S · Sleeping", "L0 · Unaware")
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first bar is above
    assert {"5.1% (18)", "50%"} <= set(texts(ax))


def test_without_contacts_one_rung_holds_all_that_have_not_bought(ru):
    ax = ladder(summary([82, 0, 0, 60, 70, 80, 40, 18], is_measured=False), ru)
    labels = [tick.get_text() for tick in ax.get_yticklabels()]
    assert labels[-2:] == ["S · Спящий", "Без сделок"]
    assert len(labels) == 6


def test_ladder_texts_do_not_overlap(ru):
    ax = ladder(summary(), ru, title="Партнёры дают половину выручки, хотя их пять процентов клиентов базы")
    assert faults(ax) == []


def test_ladder_with_one_client(en):
    counts = [0, 0, 0, 0, 0, 0, 1, 0]
    ax = ladder(summary(counts).assign(revenue_share=np.nan), en)
    assert "100% (1)" in texts(ax)


def test_cells_hold_counts_and_shares(moves, en):
    ax = move_heatmap(moves, en)
    rows, columns = ["new", "L3", "L5"], ["S", "L3", "L4", "removed"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["New", "L3 · Tried", "L5 · Regular"]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["S", "L3", "L4", "Removed"]
    shares = ax.images[0].get_array()
    assert close(shares[0], [0, 1, 0, 0])
    assert close(shares[1], [0, 0.6, 0.3, 0.1])
    assert shares.mask[2].all()  # a row too small for shares is grey
    cells = np.array([text.get_text() for text in ax.texts]).reshape(len(rows), len(columns))
    assert cells.tolist() == [["", "10\n100%", "", ""], ["", "6\n60%", "3\n30%", "1\n10%"], ["2", "", "", ""]]


def test_clients_that_stayed_are_framed(moves, en):
    frames = [patch for patch in move_heatmap(moves, en).patches if isinstance(patch, Rectangle)]
    assert [(frame.get_x(), frame.get_y()) for frame in frames] == [(0.5, 0.5)]  # row L3, column L3


def test_all_levels_fit_in_russian(ru):
    rng = np.random.default_rng(0)
    pairs = [(before, after) for before in ("new", *LEVELS) for after in (*LEVELS, "removed")]
    table = pd.DataFrame(pairs, columns=["level_before", "level_after"])
    table["n_clients"] = rng.integers(1, 2000, len(table))
    table["row_share"] = table["n_clients"] / table.groupby("level_before")["n_clients"].transform("sum")
    ax = move_heatmap(table, ru, title="База растёт по уровням отношений")
    below = "Уровень теперь чем темнее, тем больше: доля строки, %"
    assert {"Уровень прежде", below, "Новый", "Выбыл", "S · Спящий"} <= set(texts(ax))
    assert faults(ax) == []


def test_house_rules(moves, en):
    assert_keeps_house(ladder, summary(), en)
    assert_keeps_house(move_heatmap, moves, en)
    assert "nothing to draw" in texts(move_heatmap(moves[:0], en))
