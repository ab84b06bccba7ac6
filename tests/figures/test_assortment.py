"""The heat map of lead groups and the bars of gaps."""

import numpy as np
import pandas as pd
import pytest

from clientbase.figures.assortment import gap_bars, group_heatmap

from .helpers import assert_keeps_house, close, faults, texts


def profile(n):
    """Return a profile of n groups: a big share of the own group, small ones of the next two."""
    rows = []
    for lead in range(n):
        shares = {lead: 0.7, (lead + 1) % n: 0.297, (lead + 2) % n: 0.003} if n > 2 else {lead: 1.0}
        rows += [(f"Product group number {lead}", f"Product group number {group}", share) for group, share in shares.items()]
    return pd.DataFrame(rows, columns=["lead_group", "product_group", "revenue_share"])


@pytest.fixture
def gaps():
    return pd.DataFrame(
        {
            "product_group": ["Salt & $pice$", "Sugar", "Oil"],
            "n_clients": [21, 5, 1],
            "penetration_share": [0.8, 0.6, 0.5],
            "potential": [12000.0, 800.0, np.nan],
        }
    )


def test_cells_are_the_shares_and_the_rest_is_empty(en):
    ax = group_heatmap(profile(3), en)
    assert close(ax.images[0].get_array(), [[0.7, 0.297, 0.003], [0.003, 0.7, 0.297], [0.297, 0.003, 0.7]])
    assert [text.get_text() for text in ax.texts] == ["70", "30", "<1", "<1", "70", "30", "30", "<1", "70"]
    blank = group_heatmap(profile(5), en)
    assert [text.get_text() for text in blank.texts][:5] == ["70", "30", "<1", "", ""]


def test_lead_groups_come_first_in_the_columns(en):
    table = pd.DataFrame(
        {"lead_group": ["B", "B", "A", "A"], "product_group": ["C", "B", "B", "A"], "revenue_share": [0.4, 0.6, 0.1, 0.9]}
    )
    ax = group_heatmap(table, en)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["B", "A"]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["B", "A", "C"]
    assert close(ax.images[0].get_array(), [[0.6, 0, 0.4], [0.1, 0.9, 0]])


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("n", [1, 2, 3, 6, 17])
def test_readable_with_few_and_with_many_groups(n, language, request):
    ax = group_heatmap(profile(n), request.getfixturevalue(language), title="A finding about what the segments buy besides")
    assert ax.images[0].get_array().shape == (n, n)
    slanted = {tick.get_text() for tick in ax.get_xticklabels() if tick.get_rotation()}
    assert faults(ax, ignore={" ".join(name.split()) for name in slanted}) == []  # slanted names overlap only as boxes
    assert all(text.get_fontsize() >= 8 for text in ax.texts)


def test_heat_map_in_russian(ru):
    below = "Товарная группа чем темнее, тем больше: доля выручки сегмента, %"
    assert {below, "Ведущая товарная группа"} <= set(texts(group_heatmap(profile(3), ru)))


def test_bars_are_the_potentials_with_their_clients(gaps, en, ru):
    ax = gap_bars(gaps, en)
    assert close([bar.get_width() for bar in ax.patches], [12000, 800, 0])
    assert [text.get_text().replace("\N{NO-BREAK SPACE}", " ") for text in ax.texts] == [
        "12,000 EUR, 21 clients",
        "800 EUR, 5 clients",
        "–, 1 client",
    ]
    assert ax.get_xlabel() == "Potential, EUR"
    assert {"12 000 RUB, 21 клиент", "Потенциал, RUB", "Salt & $pice$"} <= set(texts(gap_bars(gaps, ru)))


def test_bars_tell_how_many_are_left_out(gaps, ru):
    many = pd.concat([gaps.assign(product_group=gaps["product_group"] + str(i)) for i in range(10)], ignore_index=True)
    ax = gap_bars(many, ru, n=20, title="Вывод о незакрытых потребностях клиентов")
    assert len(ax.patches) == 20
    assert ax.get_xlabel() == "Потенциал, RUB (первые 20 из 30)"
    assert faults(ax) == []


def test_no_potential_and_no_gap(gaps, en):
    assert "–, 21 clients" in texts(gap_bars(gaps.assign(potential=np.nan), en))
    assert "nothing to draw" in texts(gap_bars(gaps[:0], en))
    assert "nothing to draw" in texts(group_heatmap(profile(3)[:0], en))


def test_house_rules(gaps, en):
    assert_keeps_house(group_heatmap, profile(4).astype({"lead_group": "category"}), en)
    assert_keeps_house(gap_bars, gaps, en)
