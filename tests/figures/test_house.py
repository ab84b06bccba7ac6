"""The palettes hold for colour-blind readers; importing or drawing changes nothing outside."""

import subprocess
import sys
from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from clientbase.figures import house
from clientbase.figures.rendering import png
from clientbase.labels import VALUES
from clientbase.method import common

# Machado, Oliveira and Fernandes (2009), severity 1.0: what linear RGB becomes for each kind of colour blindness
SEEN_AS = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
PALETTES = {
    "share": house.SHARE_COLOURS,
    "size": house.SIZE_COLOURS,
    "level": house.LEVEL_COLOURS,
    "focus": house.FOCUS_COLOURS,
    "quadrant": house.QUADRANT_COLOURS,
    "flow": house.flow_colours([*house.FLOW_COLOURS, "export", "dealers", "shops", "state", "web"]),
    "criterion": dict(enumerate(house.CRITERION_COLOURS)),
}
JUST_CLEAR = 11  # distance in CIELAB; about 2 is what an eye can just tell, side by side


def lab(colour, matrix):
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.asarray(matrix) @ linear, 0, 1)
    xyz = np.asarray(TO_XYZ) @ seen / [0.95047, 1.0, 1.08883]
    x, y, z = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_lab_of_a_known_colour():
    assert np.allclose(lab("#ff0000", SEEN_AS["normal"]), [53.24, 80.09, 67.20], atol=0.05)


@pytest.mark.parametrize("eye", SEEN_AS)
@pytest.mark.parametrize("palette", PALETTES)
def test_colours_of_a_palette_differ_for_every_eye(palette, eye):
    places = {name: lab(colour, SEEN_AS[eye]) for name, colour in PALETTES[palette].items()}
    near = {
        (one, other): round(float(np.linalg.norm(places[one] - places[other])), 1)
        for one, other in combinations(places, 2)
        if np.linalg.norm(places[one] - places[other]) < JUST_CLEAR
    }
    assert near == {}


def test_levels_grow_darker_up_the_ladder():
    lightness = [lab(house.LEVEL_COLOURS[level], SEEN_AS["normal"])[0] for level in common.LEVELS if level != "S"]
    assert lightness == sorted(lightness, reverse=True)


def test_the_heat_map_grows_darker_evenly_for_every_eye():
    for matrix in SEEN_AS.values():
        lightness = [lab(house.HEAT(share)[:3], matrix)[0] for share in np.linspace(0, 1, 11)]
        assert (np.diff(lightness) < -2).all()


def test_every_class_has_a_colour():
    assert set(house.SHARE_COLOURS) == set(common.SHARE_CLASSES)
    assert set(house.SIZE_COLOURS) == set(common.SIZE_CLASSES)
    assert set(house.LEVEL_COLOURS) == set(common.LEVELS)
    assert set(house.FOCUS_COLOURS) == set(common.FOCUS_TYPES)
    assert set(house.QUADRANT_COLOURS) == set(VALUES["quadrant"])


@pytest.mark.parametrize("palette", PALETTES)
def test_text_reads_on_every_fill(palette):
    def luminance(colour):
        rgb = np.array(to_rgb(colour))
        return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]

    for colour in PALETTES[palette].values():
        low, high = sorted([luminance(colour), luminance(house.ink_on(colour))])
        assert (high + 0.05) / (low + 0.05) >= 3, colour  # WCAG for large or bold text


def test_a_flow_keeps_its_colour_whatever_the_others():
    assert house.flow_colours(["private", "zeta"])["corporate"] == house.flow_colours([])["corporate"]
    assert house.flow_colours(["b", "a"]) == house.flow_colours(["a", "b"])
    assert house.flow_colours(["a", "b"])["a"] != house.flow_colours(["a", "b"])["b"]


def test_the_style_ends_with_its_block():
    before = dict(plt.rcParams)
    with house.house_style():
        assert plt.rcParams["font.family"] == ["DejaVu Sans"]
        assert plt.rcParams["axes.spines.top"] is False
    assert dict(plt.rcParams) == before


def test_importing_the_figures_changes_no_settings():
    code = (
        "import matplotlib as mpl; before = dict(mpl.rcParams); "
        "from clientbase.figures import assortment, data, flows, purchase_size, relationship, share_classes, weighted_scoring; "
        "assert dict(mpl.rcParams) == before"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("name", "n", "short"),
    [
        ("Short", 10, "Short"),
        ("Exactly ten", 11, "Exactly ten"),
        ("A very long name", 8, "A very…"),
        ("Two\nlines\tof it", 20, "Two lines of it"),
        (42, 5, "42"),
    ],
)
def test_names_are_shortened_on_one_line(name, n, short):
    assert house.shortened(name, n) == short
    assert len(house.shortened(name, n)) <= n


def test_ticks_are_short_and_exact(en, ru):
    ax = plt.subplots()[1]
    ax.set_xlim(0, 500_000)
    house.number_ticks(ax.xaxis, ru)
    ax.set_xticks([0, 250_000, 500_000])
    ax.figure.canvas.draw()
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["0", "250\N{NO-BREAK SPACE}тыс.", "500\N{NO-BREAK SPACE}тыс."]
    house.percent_ticks(ax.xaxis, en)
    ax.set_xticks([0, 0.1 + 0.2])  # floating dust is not printed
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["0%", "30%"]


def test_a_long_title_is_wrapped_within_the_picture():
    with house.house_style():
        ax = house.open_axes(None)
        house.close_axes(ax, "Очень длинный вывод о клиентской базе, " * 4 + "конец")
    ax.figure.canvas.draw()
    box = ax._left_title.get_window_extent()
    assert ax.get_title(loc="left").count("\n") >= 1
    assert box.x1 <= ax.figure.bbox.x1
    assert box.y1 <= ax.figure.bbox.y1


def test_titles_and_names_are_never_formulas():
    for given in (None, plt.subplots()[1]):
        with house.house_style():
            ax = house.close_axes(house.open_axes(given), r"$\frac{1}$ of $ale$")
            ax.set_yticks([0], [r"$\frac{1}$ of $ale$"])
            ax.figure.canvas.draw()
        assert ax.get_title(loc="left") == r"$\frac{1}$ of $ale$"


def test_a_picture_leaves_its_texts_exactly_the_room_they_need():
    with house.house_style():
        ax = house.open_axes(None)
        ax.set(xlabel="Below", ylabel="Beside")
        ax.annotate("Right of the axes", (1, 0.5), (20, 0), xycoords="axes fraction", textcoords="offset points")
        figure = house.close_axes(ax, "Above").figure
        figure.canvas.draw()
        whole, edge = ax.get_tightbbox(for_layout_only=True), 0.1 * figure.dpi
    assert whole.extents == pytest.approx([edge, edge, figure.bbox.x1 - edge, figure.bbox.y1 - edge], abs=1)


def test_a_picture_too_small_for_its_texts_is_drawn_all_the_same():
    with house.house_style():
        ax = house.open_axes(None, size=(1.0, 1.0))
        ax.set_yticks([0], ["a name far longer than an inch"])
        ax.figure.canvas.draw()
    assert ax.get_position().width > 0


def test_axes_made_ahead_give_the_same_picture_and_are_taken_only_where_asked():
    def picture(size):
        with house.house_style():
            ax = house.open_axes(None, size=size)
            ax.bar(["one", "two", "three"], [1, 2, 4])
            ax.set_yscale("log")
            ax.grid(axis="y")
            ax.tick_params(axis="x", length=0)
            figure = house.close_axes(ax, "A finding").figure
            plt.close(figure)
            return png(figure)

    expected = [picture((9.0, 4.5)), picture((6.0, 7.0))]
    before = plt.get_fignums()
    house.make_blanks(2)
    assert plt.get_fignums() == before
    assert picture((6.0, 7.0)) == expected[1]
    assert len(house._blanks) == 2  # a figure outside of a page is pyplot's, which shows it
    with house.drawn_on_blanks():
        assert [picture((9.0, 4.5)), picture((6.0, 7.0))] == expected
        assert house._blanks == []
        assert picture((9.0, 4.5)) == expected[0]  # none is left
