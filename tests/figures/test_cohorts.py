"""The retention triangle, the bars of cohorts and the bars of moves."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import same_color, to_rgba
from matplotlib.patches import Rectangle

from clientbase.errors import MissingColumnsError
from clientbase.figures.cohorts import GAIN, LOSS, cohort_bars, move_bars, retention_triangle
from clientbase.figures.house import MUTED, NEUTRAL
from clientbase.method.new_lost import MOVES

from .helpers import assert_keeps_house, close, faults, texts, words_of

TITLE = "A finding of some length about the clients that were won in the last of the years"


@pytest.fixture
def retention():  # V09.2 in 2022, a cohort before the data, a small one in the year that is not over
    rows = [
        ("before data", 2022, 10, 9, False), ("before data", 2023, 10, 6, False), ("before data", 2024, 10, 0, False),
        ("2022", 2022, 4, 4, False), ("2022", 2023, 4, 3, False), ("2022", 2024, 4, 2, False),
        ("2024", 2024, 1, 1, True),
    ]  # fmt: skip
    return triangle(rows)


def triangle(rows):
    table = pd.DataFrame(rows, columns=["cohort", "year", "n_won", "n_active", "is_small"])
    names = list(dict.fromkeys(table["cohort"]))
    return table.assign(
        cohort=pd.Categorical(table["cohort"], names, ordered=True),
        retention_share=table["n_active"] / table["n_won"],
        is_partial=table["year"] == 2024,
    )


def many(n, n_clients=150, n_years=None):
    """Return the triangle of so many yearly cohorts, the data holding the last n_years of them."""
    years = range(2025 - n, 2025)
    seen = years[-(n_years or n) :]
    rows = [
        (str(cohort), year, n_clients, max(1, n_clients - 9 * (year - cohort)), False)
        for cohort in years
        for year in seen
        if year >= cohort
    ]
    return triangle(rows)


@pytest.fixture
def summary():
    return pd.DataFrame(
        {
            "cohort": pd.Categorical(
                ["before data", "2023", "2024", "2025"], ["before data", "2023", "2024", "2025"], ordered=True
            ),
            "n_clients": [80, 117, 3, 150],
            "client_share": [0.2286, 0.3343, 0.0086, 0.4286],
            "revenue_share": [0.5, 0.39, 0.01, 0.1],
            "is_small": [False, False, True, False],
            "is_partial": [False, False, False, True],
        }
    )


def moves(change, counts=(150, 8, 30, 124, 68, 2)):
    return pd.DataFrame({"move": pd.Categorical(MOVES, MOVES, ordered=True), "n_clients": counts, "change": change})


def names(axis):
    return [words_of(tick) for tick in axis.get_ticklabels()]


def test_cells_hold_the_share_and_the_clients(retention, en):
    ax = retention_triangle(retention, en)
    cells = np.array([text.get_text() for text in ax.texts]).reshape(3, 3)
    assert cells.tolist() == [["90%\n9", "60%\n6", "0%\n0"], ["100%\n4", "75%\n3", "50%\n2"], ["", "", "1"]]
    shares = ax.images[0].get_array()
    assert close(shares[0], [0.9, 0.6, 0])
    assert close(shares[1], [1, 0.75, 0.5])
    assert shares.mask[2].all()


def test_years_not_seen_are_blank_and_a_small_cohort_is_grey(retention, en):
    ax = retention_triangle(retention, en)
    blanks = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    assert [(blank.get_x(), blank.get_y()) for blank in blanks] == [(-0.5, 1.5), (0.5, 1.5)]  # 2024 before 2024
    assert all(same_color(blank.get_facecolor(), "white") for blank in blanks)
    assert not same_color(ax.images[0].cmap.get_bad(), "white")
    assert all(blank.get_zorder() > ax.images[0].get_zorder() for blank in blanks)


def test_rows_tell_their_clients_and_columns_whether_they_are_whole(retention, en):
    ax = retention_triangle(retention, en)
    before = en.category("cohort", "before data")
    assert names(ax.yaxis) == [f"{before} · 10 clients", "2022 · 4 clients", "2024 · 1 client"]
    assert names(ax.xaxis) == ["2022", "2023", "2024 (part)"]
    assert ax.get_xlabel() == f"{en.label('year')}\nthe darker, the larger: share with a deal"
    assert ax.get_ylabel() == en.label("cohort")


def test_triangle_in_russian(retention, ru):
    shown = texts(retention_triangle(retention, ru))
    assert {"2022 · 4 клиента", "2024 · 1 клиент", "75 % 3"} <= set(shown)


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("table", [many(1), many(2), many(4), many(15), many(12, 12_345), many(40, n_years=3)])
def test_the_triangle_is_readable_with_few_and_with_many_cohorts(table, language, request):
    ax = retention_triangle(table, request.getfixturevalue(language), title=TITLE)
    assert sum(bool(text.get_text()) for text in ax.texts) == len(table)
    assert faults(ax) == []


def test_cohorts_of_which_all_are_small(ru):
    ax = retention_triangle(triangle([("2023", 2023, 2, 2, True), ("2023", 2024, 2, 0, True)]), ru)
    assert [text.get_text() for text in ax.texts] == ["2", "0"]
    assert faults(ax) == []


def test_bars_of_cohorts_are_the_shares(summary, en):
    ax = cohort_bars(summary, en)
    assert close([bar.get_width() for bar in ax.patches], [0.2286, 0.3343, 0.0086, 0.4286, 0.5, 0.39, 0.01, 0.1])
    assert {"43% (150)", "10%", "23% (80)", "50%"} <= set(texts(ax))
    assert names(ax.yaxis) == [en.category("cohort", "before data"), "2023", "2024 few clients", "2025 (part)"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the oldest is above


def test_a_small_cohort_has_grey_bars(summary, en):
    colours = [bar.get_facecolor() for bar in cohort_bars(summary, en).patches[4:]]
    assert [same_color(colour, to_rgba(MUTED)) for colour in colours] == [False, False, True, False]
    assert same_color(colours[3], to_rgba(NEUTRAL))


@pytest.mark.parametrize("n", [1, 2, 15])
def test_bars_of_cohorts_do_not_overlap(n, ru):
    share = np.arange(1, n + 1) / sum(range(1, n + 1))
    table = pd.DataFrame(
        {
            "cohort": [str(2025 - n + place) for place in range(n)],
            "n_clients": 1234,
            "client_share": share,
            "revenue_share": share[::-1],
            "is_small": [place % 2 == 0 for place in range(n)],
            "is_partial": [place == n - 1 for place in range(n)],
        }
    )
    ax = cohort_bars(table, ru, title=TITLE)
    assert len(ax.patches) == 2 * n
    assert faults(ax) == []


def test_moves_go_right_with_gains_and_left_with_losses(en):
    change = [25.0, 0.0, -20.0, 20.0, -10.0, -1.5]
    ax = move_bars(moves(change), en)
    assert close([bar.get_width() for bar in ax.patches], change)
    gains = [same_color(bar.get_facecolor(), GAIN) for bar in ax.patches]
    losses = [same_color(bar.get_facecolor(), LOSS) for bar in ax.patches]
    assert gains == [True, True, False, True, False, False]
    assert losses == [not gain for gain in gains]
    assert [words_of(text) for text in ax.texts] == [
        "+25.00 EUR",
        "0 EUR",
        "-20.00 EUR",
        "+20.00 EUR",
        "-10.00 EUR",
        "-1.50 EUR",
    ]
    assert [text.get_ha() for text in ax.texts] == ["left", "left", "right", "left", "right", "right"]


def test_moves_are_counted_beside_their_names_with_the_first_on_top(en):
    ax = move_bars(moves([25, 0, -20, 20, -10, -1], counts=(1, 0, 30, 1240, 68, 2)), en)
    counts = ["1 client", "0 clients", "30 clients", "1,240 clients", "68 clients", "2 clients"]
    assert names(ax.yaxis) == [f"{en.category('move', move)} {count}" for move, count in zip(MOVES, counts, strict=True)]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    assert ax.get_xlabel() == en.heading("change")


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize(
    "change",
    [
        [12_345_678.9, 345_678, -23_456_789, 45_678_901, -3_456_789, -120],
        [123_456_789, 0, -123_456_789, 123_456_789, -123_456_789, 0],
        [0, 0, -5.5, 0, 0, 0],
        [1000, 0, 0, 2000, 0, 0],
        [0, 0, 0, 0, 0, 0],
    ],
)
def test_bars_of_moves_do_not_overlap(change, language, request):
    ax = move_bars(moves(change), request.getfixturevalue(language), title=TITLE)
    assert len(ax.patches) == 6
    assert faults(ax) == []


def test_nothing_to_draw(retention, summary, en):
    assert "nothing to draw" in texts(retention_triangle(retention[:0], en))
    assert "nothing to draw" in texts(cohort_bars(summary[:0], en))
    for table in (moves([0] * 6, counts=[0] * 6), moves([0] * 6)[:0]):
        assert "nothing to draw" in texts(move_bars(table, en))


def test_house_rules(retention, summary, en):
    assert_keeps_house(retention_triangle, retention, en)
    assert_keeps_house(cohort_bars, summary, en)
    assert_keeps_house(move_bars, moves([25, 0, -20, 20, -10, -1]), en)
    with pytest.raises(MissingColumnsError, match=r"'retention' lacks \['is_small'\]"):
        retention_triangle(retention.drop(columns="is_small"), en)
    with pytest.raises(MissingColumnsError, match=r"'cohort_summary' lacks \['is_partial'\]"):
        cohort_bars(summary.drop(columns="is_partial"), en)
    with pytest.raises(MissingColumnsError, match=r"'move_summary' lacks \['change'\]"):
        move_bars(moves([0] * 6).drop(columns="change"), en)
