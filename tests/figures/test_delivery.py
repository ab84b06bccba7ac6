"""The mosaic of delivery in the core and outside."""

import pandas as pd
import pytest
from matplotlib.colors import same_color

from clientbase.errors import MissingColumnsError
from clientbase.figures.delivery import delivery_mosaic
from clientbase.figures.house import NEUTRAL

from .helpers import assert_keeps_house, close, faults, texts


def cross_of(core_yes, core_no, rest_yes, rest_no, *, unknown=0):
    """Return a cross of so many clients; revenue shares 54, 36, 6 and 4 %."""
    n = pd.Series([core_yes, core_no, rest_yes, rest_no])
    part = pd.Series(["core", "core", "rest", "rest"])
    whole = n.groupby(part).transform("sum")
    cross = pd.DataFrame(
        {
            "part": part,
            "is_delivered": pd.array([True, False, True, False], dtype="boolean"),
            "n_clients": n,
            "client_share": n / max(n.sum(), 1),
            "part_client_share": n / whole.where(whole > 0),
            "revenue_share": [0.54, 0.36, 0.06, 0.04],
        }
    )
    if unknown:
        row = {"part": ["rest"], "is_delivered": pd.array([None], dtype="boolean"), "n_clients": [unknown]}
        cross = pd.concat([cross, pd.DataFrame(row)], ignore_index=True)
    return cross


@pytest.fixture
def vector():  # V09.5 in round numbers: 70 core clients, 32 of them delivered; 195 delivered outside
    return cross_of(32, 38, 195, 85)


def areas(ax):
    return [(bar.get_x(), bar.get_y(), bar.get_width(), bar.get_height()) for bar in ax.patches]


def test_width_is_clients_of_the_part_and_height_those_delivered(vector, en):
    ax = delivery_mosaic(vector, en)
    core_yes, core_no, rest_yes, rest_no = areas(ax)
    assert close(core_yes, (0, 0, 0.2, 32 / 70))
    assert close(core_no, (0, 32 / 70, 0.2, 38 / 70))
    assert close(rest_yes[1:], (0, 0.8, 195 / 280))
    assert close(rest_no[1:], (195 / 280, 0.8, 85 / 280))
    assert rest_yes[0] > 0.2
    assert [tick.get_text() for tick in ax.get_xticklabels()] == [en.category("part", name) for name in ("core", "rest")]


def test_what_is_not_delivered_is_hatched_and_the_legend_says_so(vector, en):
    ax = delivery_mosaic(vector, en)
    assert [bool(bar.get_hatch()) for bar in ax.patches] == [False, True, False, True]
    assert same_color(ax.patches[0].get_facecolor(), NEUTRAL)
    handles = ax.get_legend().get_patches()
    assert [bool(handle.get_hatch()) for handle in handles] == [False, True]
    assert ax.get_legend().get_texts()[1].get_text() == en.category("delivery_verdict", "not delivered")


def test_areas_are_labelled_with_clients_and_revenue(vector, en):
    shown = set(texts(delivery_mosaic(vector, en)))
    assert {"195 clients (70%) 6% of revenue", "32 clients (46%) 54% of revenue"} <= shown
    assert {"38 clients (54%) 36% of revenue", "85 clients (30%) 4% of revenue"} <= shown


def test_a_small_area_has_its_label_beside_it(en):
    ax = delivery_mosaic(cross_of(1, 2, 3000, 997), en)
    ax.figure.canvas.draw()
    beside = [tick for tick in ax.get_yticklabels() if tick.get_window_extent().x1 < ax.get_window_extent().x0]
    assert [tick.get_text() for tick in beside] == ["1 client (33%)\n54% of revenue", "2 clients (67%)\n36% of revenue"]
    ax = delivery_mosaic(cross_of(900, 90, 3, 7), en)
    ax.figure.canvas.draw()
    beside = [text for text in ax.texts if text.get_window_extent().x0 > ax.get_window_extent().x1]
    assert sorted(text.get_text() for text in beside) == ["3 clients (30%)\n6% of revenue", "7 clients (70%)\n4% of revenue"]


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize(
    "counts",
    [(32, 38, 195, 85), (1, 2, 3000, 997), (5, 995, 20, 1000), (900, 90, 3, 7), (1, 0, 0, 0), (3, 4, 0, 0), (0, 0, 5, 6),
     (0, 1, 1, 0), (400, 1, 1, 400), (49, 0, 39, 0)],
)  # fmt: skip
def test_readable_whatever_the_areas(counts, language, request):
    ax = delivery_mosaic(
        cross_of(*counts, unknown=7),
        request.getfixturevalue(language),
        title="Delivered clients outside the core bring little revenue, and somebody pays for their delivery",
    )
    assert len(ax.patches) == sum(count > 0 for count in counts)
    assert faults(ax) == []


def test_unknown_delivery_is_counted_below(vector, en):
    assert "not drawn" not in delivery_mosaic(vector, en).get_xlabel()
    label = delivery_mosaic(cross_of(1, 2, 3, 4, unknown=36), en).get_xlabel()
    assert label.endswith("\nnot drawn: 36 clients whose delivery is not known")


def test_nobody_whose_delivery_is_known(en):
    ax = delivery_mosaic(cross_of(0, 0, 0, 0, unknown=5), en)
    assert {"nothing to draw", "not drawn: 5 clients whose delivery is not known"} <= set(texts(ax))
    assert "nothing to draw" in texts(delivery_mosaic(cross_of(0, 0, 0, 0), en))


def test_house_rules(vector, en):
    assert_keeps_house(delivery_mosaic, vector, en)
    with pytest.raises(MissingColumnsError, match=r"'delivery_cross' lacks \['part_client_share'\]"):
        delivery_mosaic(vector.drop(columns="part_client_share"), en)
