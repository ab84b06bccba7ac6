"""The dots of lift and of Cliff's delta."""

import numpy as np
import pandas as pd
import pytest

from clientbase.figures.portrait import delta_dots, lift_dots

from .helpers import assert_keeps_house, close, faults, texts

KINDS = ["portrait", "hint", "no difference"]


@pytest.fixture
def lines():  # portrait_lines: four values and two numbers
    return pd.DataFrame(
        {
            "attribute": ["industry", "region", "has_retail", "region", "credit_days", "wallet_share"],
            "attribute_kind": [*["category"] * 4, *["number"] * 2],
            "trait": ["retail", "$ale$", "yes", "(unknown)", "more", "less"],
            "n_target": [4, 2, 3, 0, 5, 5],
            "target_size": [5, 5, 5, 5, 5, 5],
            "n_base": [7, 4, 11, 3, 20, 19],
            "base_size": [20, 20, 20, 20, 20, 20],
            "lift": [16 / 7, 2.0, 12 / 11, 0.0, np.nan, np.nan],
            "median_target": [*[np.nan] * 4, 45.0, 0.4],
            "median_rest": [*[np.nan] * 4, 14.0, 0.55],
            "cliffs_delta": [*[np.nan] * 4, 0.8, -0.2],
            "line_kind": ["portrait", "hint", "no difference", "no difference", "portrait", "no difference"],
        }
    )


def values(n, name="Сельскохозяйственный кооператив «Рассвет» № {}"):
    """Return n category lines of a large base, the last a value without target clients."""
    lifts = np.append(np.geomspace(30, 0.1, n - 1), 0.0) if n > 1 else np.array([2.0])
    return pd.DataFrame(
        {
            "attribute": "region",
            "attribute_kind": "category",
            "trait": [name.format(number) for number in range(n)],
            "n_target": np.arange(n, 0, -1) * 5,
            "target_size": 1200,
            "n_base": np.arange(n, 0, -1) * 40,
            "base_size": 100_000,
            "lift": lifts,
            "line_kind": np.resize(np.repeat(KINDS, -(-n // 3)), n),
        }
    )


def numbers(n):
    return pd.DataFrame(
        {
            "attribute": [f"средний_срок_договора_по_всем_точкам_{number}" for number in range(n)],
            "attribute_kind": "number",
            "median_target": 1_234_567.0,
            "median_rest": 0.25,
            "cliffs_delta": np.linspace(1, -1, n),
            "line_kind": np.resize(np.repeat(KINDS, -(-n // 3)), n),
        }
    )


def dots(ax):
    """Return the dots as (place, row), by row, with whether each is filled by its own colour."""
    marks = [line for line in ax.lines if line.get_linestyle() == "None"]
    found = [
        (float(x), int(y), line.get_marker(), line.get_markerfacecolor())
        for line in marks
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
    ]
    return sorted(found, key=lambda dot: dot[1])


def upright(ax):
    return {line.get_xdata()[0] for line in ax.lines if len(line.get_xdata()) == 2 and len({*line.get_xdata()}) == 1}


def test_each_value_is_a_dot_at_its_lift(lines, en):
    ax = lift_dots(lines, en, lift_from=1.5)
    assert [y for _, y, *_ in dots(ax)] == [0, 1, 2, 3]
    assert close([x for x, *_ in dots(ax)][:3], [16 / 7, 2, 12 / 11])
    assert ax.get_xscale() == "log"
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first line is on top
    assert {1, 1.5} <= upright(ax)


def test_no_target_client_stands_at_the_left_edge(lines, en):
    ax = lift_dots(lines, en, lift_from=1.5)
    at_edge = dots(ax)[3][0]
    assert ax.get_xlim()[0] < at_edge < 0.4
    assert "0" in texts(ax)
    assert "0" not in texts(lift_dots(lines.head(3), en, lift_from=1.5))


def test_portrait_is_filled_a_hint_hollow_the_rest_another_shape(lines, en):
    looks = [(marker, face) for *_, marker, face in dots(lift_dots(lines, en, lift_from=1.5))]
    assert looks[0][0] == looks[1][0] == "o"
    assert (looks[0][1], looks[1][1]) == ("#0072b2", "white")
    assert {marker for marker, _ in looks[2:]} == {"d"}


def test_lines_carry_names_and_counts(lines, en):
    shown = texts(lift_dots(lines, en, lift_from=1.5))
    assert {"Industry: retail", "Region: $ale$", "Own retail: yes", "Region: (unknown)"} <= set(shown)
    assert {"4 of 5 · 7 of 20", "2 of 5 · 4 of 20", "0 of 5 · 3 of 20"} <= set(shown)
    assert "target clients · all clients" in shown


def test_flags_and_known_categories_speak_russian(lines, ru):
    table = pd.concat([lines, lines.head(1).assign(attribute="business_size", trait="large")])
    assert {"Своя розница: да", "Величина бизнеса: крупный"} <= set(texts(lift_dots(table, ru, lift_from=1.5)))


def test_only_kinds_that_occur_are_explained(lines, en):
    assert [text.get_text() for text in lift_dots(lines, en, lift_from=1.5).get_legend().get_texts()] == [
        en.category("line_kind", kind) for kind in KINDS
    ]
    one = lift_dots(lines.head(1), en, lift_from=1.5)
    assert [text.get_text() for text in one.get_legend().get_texts()] == [en.category("line_kind", "portrait")]


def test_what_is_left_out_is_counted(lines, en):
    ax = lift_dots(lines, en, lift_from=1.5, n=3)
    assert len(dots(ax)) == 3
    assert ax.get_xlabel().endswith("\nfirst 3 of 4")
    assert "first" not in lift_dots(lines, en, lift_from=1.5).get_xlabel()


def test_numbers_are_dots_at_their_delta_with_medians(lines, en):
    ax = delta_dots(lines, en, delta_from=0.33)
    assert close([x for x, *_ in dots(ax)], [0.8, -0.2])
    assert {0, -0.33, 0.33} <= upright(ax)
    assert ax.get_xlim()[0] < -1 < 1 < ax.get_xlim()[1]
    assert {"Share of wallet", "45 · 14", "40% · 55%", "medians: target clients · the rest"} <= set(texts(ax))
    assert ax.get_xlabel().endswith("← target clients have less · more →")


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("n", [1, 2, 20, 200])
def test_readable_with_few_and_with_many(n, language, request):
    words = request.getfixturevalue(language)
    title = "A finding of some length about what distinguishes the target clients from all the others"
    for ax in (
        lift_dots(values(n), words, lift_from=1.5, title=title),
        lift_dots(values(n, "Север {}"), words, lift_from=1.5, title=title),
        lift_dots(values(n), words, lift_from=1.5, n=200, title=title),
        delta_dots(numbers(n), words, delta_from=0.33, title=title),
    ):
        assert faults(ax) == []
        assert len([tick for tick in ax.get_xticklabels() if tick.get_text()]) >= 3


def test_long_names_take_two_lines(ru):
    ax = lift_dots(values(2), ru, lift_from=1.5)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == [
        "Регион:\nСельскохозяйственный кооператив «Рассве…"
    ] * 2  # fmt: skip


@pytest.mark.parametrize(("draw", "bound"), [(lift_dots, "lift_from"), (delta_dots, "delta_from")])
def test_nothing_to_draw(lines, en, draw, bound):
    other = lines.assign(lift=np.nan, cliffs_delta=np.nan)
    assert "nothing to draw" in texts(draw(lines.iloc[:0], en, **{bound: 0.5}))
    assert "nothing to draw" in texts(draw(other, en, **{bound: 0.5}))


def test_house_rules(lines, en):
    assert_keeps_house(lift_dots, lines, en, lift_from=1.5)
    assert_keeps_house(delta_dots, lines, en, delta_from=0.33)
