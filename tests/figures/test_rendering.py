"""Our pictures are matplotlib's: texts measure and stand as they do there."""

import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties
from PIL import Image

from clientbase.figures.house import close_axes, house_style, open_axes
from clientbase.figures.rendering import TextOnce, png

TEXTS = ["Revenue, EUR", "40%", "Ågjy pq (x)", "Январь 2025", "1", " . ", "Ærø · «B»"]
SIZE = 300


def dots(renderer):
    return np.asarray(renderer.buffer_rgba())[..., 3].astype(float)


def drawn(kind, text, angle, *, at=(120, 200), weight="normal", dpi=110):
    renderer = kind(SIZE, SIZE, dpi)
    ink = renderer.new_gc()
    renderer.draw_text(ink, *at, text, FontProperties(family="DejaVu Sans", size=11, weight=weight), angle)
    return dots(renderer)


@pytest.mark.parametrize("weight", ["normal", "bold"])
@pytest.mark.parametrize("dpi", [80, 110])
@pytest.mark.parametrize("text", TEXTS)
def test_a_line_measures_what_matplotlib_measures(text, dpi, weight):
    font = FontProperties(family="DejaVu Sans", size=10.5, weight=weight)
    ours, theirs = (kind(SIZE, SIZE, dpi) for kind in (TextOnce, RendererAgg))
    with house_style():
        for words, is_formula in ((text, False), (text, False), ("$a^2$", True)):  # the second time from what is kept
            measured = ours.get_text_width_height_descent(words, font, is_formula)
            assert measured == theirs.get_text_width_height_descent(words, font, is_formula)


@pytest.mark.parametrize("angle", [0, 40, 90])
@pytest.mark.parametrize("text", ["One line", "Two lines\nof text, gjp"])
def test_a_text_takes_the_same_room(text, angle):
    with house_style():
        figure = plt.figure(dpi=110)
        boxes = [
            figure.text(0.5, 0.5, text, rotation=angle, fontsize=11).get_window_extent(kind(SIZE, SIZE, 110)).bounds
            for kind in (TextOnce, RendererAgg)
        ]
    assert boxes[0] == pytest.approx(boxes[1], abs=1e-9)


def test_heights_are_asked_for_only_once_a_font(monkeypatch):
    with house_style():
        figure = plt.figure(dpi=110)
        shown = figure.text(0.5, 0.5, "words")
        shown.get_window_extent(TextOnce(SIZE, SIZE, 110))
        monkeypatch.setattr("clientbase.figures.rendering.get_font", None)  # would fail if it were asked again
        figure.text(0.1, 0.1, "words").get_window_extent(TextOnce(SIZE, SIZE, 110))


@pytest.mark.parametrize("angle", [0, 90])
@pytest.mark.parametrize("at", [(120, 200), (120.3, 200.7)])
@pytest.mark.parametrize("text", TEXTS)
def test_a_line_stands_where_matplotlib_draws_it(text, at, angle):
    with house_style():
        ours, theirs = (drawn(kind, text, angle, at=at) for kind in (TextOnce, RendererAgg))
    assert ours.sum() == pytest.approx(theirs.sum(), rel=0.01)
    for axis in (0, 1):
        centres = [(dots.sum(axis=1 - axis) @ np.arange(SIZE)) / dots.sum() for dots in (ours, theirs)]
        assert centres[0] == pytest.approx(centres[1], abs=0.8)  # a line begins at a whole dot


@pytest.mark.parametrize("text", ["slanted", "$x$"])
def test_what_is_slanted_is_left_to_matplotlib(text):
    with house_style():
        assert (drawn(TextOnce, text, 40) == drawn(RendererAgg, text, 40)).all()


def test_colour_and_transparency_are_kept():
    renderer = TextOnce(SIZE, SIZE, 110)
    ink = renderer.new_gc()
    ink.set_foreground("#0072b2")
    ink.set_alpha(0.5)
    renderer.draw_text(ink, 120, 200, "MMMM", FontProperties(family="DejaVu Sans", size=30, weight="bold"), 0)
    seen = np.asarray(renderer.buffer_rgba())
    assert seen[..., 3].max() == pytest.approx(127, abs=1)
    assert seen[seen[..., 3] == seen[..., 3].max()][0][:3] == pytest.approx([0, 0x72, 0xB2], abs=2)


def test_a_picture_is_what_saving_gives():
    with house_style():
        ax = open_axes(None)
        ax.bar(["one", "two"], [1, 2])
        ax.set_ylabel("Clients")
        figure = close_axes(ax, "A finding").figure
        ours = np.asarray(Image.open(io.BytesIO(png(figure))).convert("RGB"), dtype=float)
        stream = io.BytesIO()
        figure.savefig(stream)
        theirs = np.asarray(Image.open(stream).convert("RGB"), dtype=float)
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).mean() < 1  # of 255: letters stand a part of a dot aside


def test_a_picture_has_the_dots_that_are_asked_for():
    with house_style():
        figure = open_axes(None, size=(9.0, 4.5)).figure
        assert Image.open(io.BytesIO(png(figure))).size == (990, 495)
        assert Image.open(io.BytesIO(png(figure, dpi=80))).size == (720, 360)
