"""The sizes of clients by rank, and the stairs of profit as the largest leave."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import same_color

from clientbase.figures.concentration import LOSS, loss_staircase, rank_size
from clientbase.figures.house import NEUTRAL
from clientbase.method.client_loss import loss_steps
from clientbase.method.concentration import rank_sizes

from .helpers import assert_keeps_house, close, faults, texts

NO_MIDDLE = [18e6] * 4 + [0.5e6] * 56  # V08.3, in money
NAMES = ["ООО «Торговый дом Северо-Западная Мануфактура»", "$ale$ & Sons Incorporated Holding", "Möbel Ä", "АО Ромашка", None]


def facts(values):
    table = pd.DataFrame({"client_id": [f"c{i:04}" for i in range(len(values))], "n_orders": 1, "revenue": values})
    return table.assign(margin=0.3 * table["revenue"], client_name=[NAMES[i % 5] for i in range(len(values))])


def ranked(values):
    return rank_sizes(facts(np.asarray(values, dtype=float)), "revenue")


def stairs(values, fixed_costs, n=10):
    base = facts(np.asarray(values, dtype=float))
    steps = loss_steps(base, "revenue", fixed_costs=fixed_costs, n=n)
    return steps.assign(client_name=steps["client_id"].map(base.set_index("client_id")["client_name"]))


def dots(ax):
    """Return the places of full and of hollow dots."""
    full, hollow = [], []
    for line in ax.lines:
        if line.get_marker() == "o":
            kind = hollow if line.get_markerfacecolor() == "white" else full
            kind += zip(line.get_xdata(), line.get_ydata(), strict=True)
    return full, hollow


# -- rank and size --------------------------------------------------------------------------------------------------------
def test_every_client_is_a_dot_at_its_rank_and_value(en):
    full, hollow = dots(rank_size(ranked(NO_MIDDLE), en))
    assert full == [(1, 18e6), (2, 18e6), (3, 18e6), (4, 18e6)]
    assert hollow == [(rank, 0.5e6) for rank in range(5, 61)]


def test_the_gap_is_a_line_between_two_ranks_with_its_ratio(en):
    ax = rank_size(ranked(NO_MIDDLE), en)
    assert "gap: 36 times the next" in texts(ax)
    upright = [line for line in ax.lines if len(line.get_xdata()) == 2 and line.get_xdata()[0] == line.get_xdata()[1]]
    assert all(4 < line.get_xdata()[0] < 5 for line in upright)
    assert [18e6, 0.5e6] in [list(line.get_ydata()) for line in upright]


def test_clients_before_the_gap_are_named(en):
    shown = " ".join(texts(rank_size(ranked(NO_MIDDLE), en)))
    assert "1. ООО «Торговый дом Север…: 18% 2. $ale$ & Sons Incorporat…: 18% 3. Möbel Ä: 18% 4. АО Ромашка: 18%" in shown
    assert "c0004" not in shown


def test_of_a_few_all_are_named_a_missing_name_by_its_code(en):
    shown = " ".join(texts(rank_size(ranked([50, 20, 15, 10, 5]), en)))
    assert "1. ООО «Торговый дом Север…: 50%" in shown
    assert "5. c0004: 5%" in shown
    nameless = rank_size(ranked([50, 20]).drop(columns="client_name"), en)
    assert "1. c0000: 71% 2. c0001: 29%" in " ".join(texts(nameless))


@pytest.mark.parametrize(
    ("values", "scales"),
    [
        ([9, 2], ("linear", "linear")),
        ([900, 2], ("linear", "log")),
        ([5] * 40, ("log", "linear")),
        (NO_MIDDLE, ("log", "log")),
    ],
)
def test_axes_are_logarithmic_where_it_helps_and_say_so(values, scales, ru):
    ax = rank_size(ranked(values), ru)
    assert (ax.get_xscale(), ax.get_yscale()) == scales
    note = " (логарифмическая шкала)"
    assert ax.get_xlabel() == "Клиенты, от крупных к мелким" + note * (scales[0] == "log")
    assert ax.get_ylabel() == "Выручка, RUB" + note * (scales[1] == "log")


def test_the_basis_names_the_axis(en):
    by_margin = rank_sizes(facts([50.0, 20.0]), "margin")
    assert rank_size(by_margin, en).get_ylabel() == "Margin, EUR"


@pytest.mark.parametrize("values", [[5], [5] * 40])
def test_without_a_gap_none_is_marked(values, en):
    ax = rank_size(ranked(values), en)
    assert dots(ax)[0] == []
    assert not any("gap" in text for text in texts(ax))


def test_next_to_nothing_is_drawn_at_the_edge(en):
    ax = rank_size(ranked([1e6, 1e3, 1e-8]), en)
    assert dots(ax)[1][-1] == (3, 1e-6)
    assert faults(ax) == []


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize(
    "values",
    [
        [5e5],
        [9e5, 2e5],
        np.exp(np.linspace(12, 8, 10)),
        np.exp(np.linspace(14, 9, 35)),
        np.exp(np.linspace(15, 2, 350)),
        np.exp(np.linspace(16, 0, 4000)),
        np.linspace(9e3, 1e3, 4000),
        [2.0**-place * 1e6 for place in range(10)] + [10.0] * 30,
        [75.5 / 30] * 30 + [0.9] * 5 + [10 / 35] * 35 + [9.65 / 210] * 210 + [0.005] * 70,
    ],
)
def test_readable_with_few_and_with_many(values, language, request):
    table = ranked(values)
    ax = rank_size(table, request.getfixturevalue(language), title="The five largest clients bring most of the revenue of all")
    full, hollow = dots(ax)
    assert len(full) + len(hollow) == len(table)
    assert faults(ax) == []


def test_nobody_to_rank(en):
    assert "nothing to draw" in texts(rank_size(ranked([]), en))


# -- the stairs -----------------------------------------------------------------------------------------------------------
def test_bars_are_the_profits_from_above(en):
    ax = loss_staircase(stairs(NO_MIDDLE, 20e6, n=2), en)  # V08.4
    bars = sorted(ax.patches, key=lambda bar: bar.get_y())
    assert close([bar.get_width() for bar in bars], [10e6, 4.6e6, -0.8e6])
    assert ax.yaxis_inverted()
    assert {"10,000,000 EUR", "4,600,000 EUR", "-800,000 EUR"} <= set(texts(ax))


def test_a_loss_has_another_colour_and_a_hatch(en):
    ax = loss_staircase(stairs(NO_MIDDLE, 20e6, n=3), en)
    for bar in ax.patches:
        is_loss = bool(bar.get_width() < 0)
        assert same_color(bar.get_facecolor(), LOSS if is_loss else NEUTRAL)
        assert bool(bar.get_hatch()) is is_loss
    assert [0, 0] in [list(line.get_xdata()) for line in ax.lines]


def test_a_profit_of_nothing_is_no_loss(en):
    ax = loss_staircase(stairs([10, 5], 4.5), en)
    assert [bar.get_hatch() for bar in sorted(ax.patches, key=lambda bar: bar.get_y())] == [None, "///", "///"]
    level = loss_staircase(stairs([10], 3), en)
    assert [bar.get_hatch() for bar in sorted(level.patches, key=lambda bar: bar.get_y())] == [None, "///"]


def test_steps_bear_the_names_of_the_lost(ru):
    ax = loss_staircase(stairs([50, 20, 15, 10, 5], 1), ru)
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        ru.text("With all clients"), "1. ООО «Торговый дом Север…", "2. $ale$ & Sons Incorporat…", "3. Möbel Ä",
        "4. АО Ромашка", "5. c0004",
    ]  # fmt: skip
    assert ax.get_xlabel() == ru.heading("profit")
    assert ax.get_ylabel() == ru.label("n_lost")


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize(
    ("values", "fixed_costs", "n"),
    [
        (NO_MIDDLE, 20e6, 10),
        ([5e5], 0, 3),
        ([9e5, 2e5], 1e5, 3),
        ([9e5, 2e5, 1e5], 1e6, 3),
        ([3e6, 2e6], 2e7, 0),
        ([30.0, 20.0, 10.0], 18, 3),
        (np.exp(np.linspace(16, 8, 300)), 3e7, 50),
        (np.exp(np.linspace(16, 0, 4000)), 3e7, 4000),
    ],
)
def test_stairs_readable_with_few_and_with_many(values, fixed_costs, n, language, request):
    steps = stairs(values, fixed_costs, n)
    ax = loss_staircase(
        steps, request.getfixturevalue(language), title="Without the three largest clients hardly a profit would be left"
    )
    assert len(ax.patches) == (len(steps) if len(steps) <= 60 else 2)
    assert faults(ax) == []


def test_hundreds_of_steps_are_counted_not_named(en):
    steps = stairs(np.linspace(9e3, 1e3, 400), 1e5, 400)
    ax = loss_staircase(steps, en)
    gain, loss = (np.nan_to_num(area.get_data().values) for area in ax.patches)
    assert close(gain + loss, steps["profit"])
    assert (gain >= 0).all()
    assert (loss <= 0).all()
    shown = texts(ax)
    assert not any("Möbel" in text for text in shown)
    assert {"0", "100", "400"} <= set(shown)


def test_nobody_to_lose(en):
    assert "nothing to draw" in texts(loss_staircase(stairs([9, 2], 1)[:0], en))
    only_start = loss_staircase(stairs([], 0), en)
    assert "0 EUR" in texts(only_start)
    assert faults(only_start) == []


def test_house_rules(en):
    assert_keeps_house(rank_size, ranked(NO_MIDDLE), en)
    assert_keeps_house(rank_size, ranked([5]), en)
    assert_keeps_house(rank_size, ranked([]), en)
    assert_keeps_house(loss_staircase, stairs(NO_MIDDLE, 20e6), en)
    assert_keeps_house(loss_staircase, stairs(NO_MIDDLE, 20e6, n=0), en)
