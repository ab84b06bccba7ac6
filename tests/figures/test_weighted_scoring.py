"""The quadrant map and the bars of contributions."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import same_color

from clientbase.figures.house import QUADRANT_COLOURS
from clientbase.figures.weighted_scoring import contribution_bars, quadrant_map
from clientbase.method.weighted_scoring import quadrants

from .helpers import assert_keeps_house, close, faults, joined_bars, texts


@pytest.fixture
def s5():  # the reconstructed example of the method: in place, excelled, ballast, in place, underserved
    table = pd.DataFrame(
        {
            "client_id": ["1", "2", "3", "4", "5"],
            "client_name": [
                "One Ltd",
                "Two & Sons",
                "Three $mall$ shops",
                "Four",
                "A name that is much too long for a picture",
            ],
            "total": [13.6, 9.5, 10.8, 16.1, 13.4],
            "share_class": ["B", "B", "D", "A", "C"],
            "revenue": [120.0, 180, 2, 600, 20],
        }
    )
    return quadrants(table, cut=13.4)


@pytest.fixture
def parts():
    return pd.DataFrame(
        {
            "client_id": ["c1", "c1", "c2", "c2", "c3", "c3"],
            "criterion_id": ["size", "retail"] * 3,
            "contribution": [4.2, 1.4, 2.8, np.nan, -1.0, 3.9],
        }
    )


def many(n):
    rng = np.random.default_rng(0)
    classes = rng.choice(list("ABCDL0"), n, p=[0.1, 0.2, 0.3, 0.2, 0.05, 0.15])
    revenue = np.where(classes == "L", -10.0, rng.lognormal(8, 2, n))
    table = pd.DataFrame(
        {
            "client_id": [f"c{i}" for i in range(n)],
            "total": rng.uniform(6.7, 20.1, n),
            "share_class": classes,
            "revenue": revenue,
        }
    )
    return quadrants(table, cut=13.4)


def bubbles(ax):
    return [
        (*offset, area) for cloud in ax.collections for offset, area in zip(cloud.get_offsets(), cloud.get_sizes(), strict=True)
    ]


def test_every_scored_client_is_a_bubble_at_its_total(s5, en):
    ax = quadrant_map(s5, en, cut=13.4)
    assert close(sorted(x for x, _, _ in bubbles(ax)), sorted(s5["total"]))
    rows = {tick.get_text(): height for tick, height in zip(ax.get_yticklabels(), ax.get_yticks(), strict=True)}
    assert list(rows) == ["A", "B", "C", "D"]
    assert rows["A"] > rows["B"] > rows["C"] > rows["D"]
    heights = {round(float(x), 1): y for x, y, _ in bubbles(ax)}
    for total, name in zip(s5["total"], s5["share_class"], strict=True):
        assert abs(heights[total] - rows[name]) < 0.5  # within the row of its class


def test_areas_are_in_proportion_to_revenue(s5, en):
    area = {round(float(x), 1): float(size) for x, _, size in bubbles(quadrant_map(s5, en, cut=13.4))}
    assert area[16.1] / area[9.5] == pytest.approx(600 / 180)
    assert area[10.8] == min(area.values())  # too small to see is drawn at the least size


def test_colours_are_those_of_the_quadrants(s5, en):
    cloud = quadrant_map(s5, en, cut=13.4).collections[0]  # class A
    assert same_color(cloud.get_facecolor()[0][:3], QUADRANT_COLOURS["in place"])


def test_quadrants_are_named_and_counted_and_the_cut_is_drawn(s5, ru):
    ax = quadrant_map(s5, ru, cut=13.4)
    shown = set(texts(ax))
    assert {
        "На своём месте: 2",
        "Превзошли себя: 1",
        "Недоработанный потенциал: 1",
        "Балласт: 1",
        "Экономичное обслуживание: 0",
    } <= shown
    assert {"граница 13,4", "Класс по доле", "Three $mall$ shops", "A name that is much t…"} <= shown
    assert any(close(line.get_xdata(), [13.4, 13.4]) for line in ax.lines if len(line.get_xdata()) == 2)
    assert ax.get_xlabel() == "Итоговый балл (площадь круга: выручка, RUB)"


def test_clients_without_total_are_counted_not_drawn(s5, en):
    table = quadrants(s5.assign(total=[13.6, np.nan, 10.8, 16.1, 13.4]), cut=13.4)
    ax = quadrant_map(table, en, cut=13.4)
    assert len(bubbles(ax)) == 4
    assert ax.get_xlabel().endswith("not drawn: 1 client not scored")


def test_the_same_table_gives_the_same_picture(en):
    assert close(bubbles(quadrant_map(many(200), en, cut=13.4)), bubbles(quadrant_map(many(200), en, cut=13.4)))


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("n", [1, 2, 12, 400])
def test_texts_do_not_overlap(n, language, request):
    ax = quadrant_map(
        many(n), request.getfixturevalue(language), cut=13.4, title="Some clients score high but buy little so far"
    )
    assert len(bubbles(ax)) == n
    assert faults(ax) == []


def test_no_revenue_and_nobody_scored(s5, en):
    assert len({size for _, _, size in bubbles(quadrant_map(s5.assign(revenue=0.0), en, cut=13.4))}) == 1
    assert "nothing to draw" in texts(quadrant_map(s5.assign(total=np.nan), en, cut=13.4))


def test_stacks_are_the_contributions(parts, en):
    ax = contribution_bars(parts, en)
    found = [(round(bar.x, 6), round(bar.width, 6)) for bar in joined_bars(ax)]
    assert found == [(0, 4.2), (0, 2.8), (0, -1.0), (4.2, 1.4), (2.8, 0), (0, 3.9)]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["c1", "c2", "c3"]


def test_the_first_clients_in_the_order_asked_for(parts, ru):
    ax = contribution_bars(parts, ru, clients=["c3", "c1", "c2"], n=2, names={"size": "Величина бизнеса"})
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["c3", "c1"]
    assert ax.get_xlabel() == "Итог по известным баллам (первые 2 из 3)"
    assert {"Величина бизнеса", "retail", "Признак"} <= set(texts(ax))


def test_signs_bear_the_names_of_the_reader(parts, en, ru):
    table = parts.assign(label_en=parts["criterion_id"].str.title(), label_ru="Признак " + parts["criterion_id"])
    assert {"Size", "Retail"} <= set(texts(contribution_bars(table, en)))
    assert {"Признак size", "Признак retail"} <= set(texts(contribution_bars(table, ru)))


def test_many_signs_and_long_names_do_not_overlap(ru):
    rows = [(f"c{i}", f"Клиент с очень длинным названием {i}", f"sign {j}", 1.0 + j) for i in range(30) for j in range(10)]
    table = pd.DataFrame(rows, columns=["client_id", "client_name", "criterion_id", "contribution"])
    ax = contribution_bars(table, ru, title="Из чего сложились самые высокие итоги")
    looks = {(bar.colour, bar.hatch) for bar in joined_bars(ax)}
    assert len(looks) == 10
    assert len(ax.get_yticklabels()) == 15
    assert faults(ax) == []


def test_house_rules(s5, parts, en):
    assert_keeps_house(quadrant_map, s5, en, cut=13.4)
    assert_keeps_house(contribution_bars, parts, en)
    assert "nothing to draw" in texts(contribution_bars(parts[:0], en))
