"""Texts some points away from a place of the data; matplotlib's annotations say the same in twice the time."""

from collections.abc import Iterable
from typing import Any

from matplotlib.axes import Axes
from matplotlib.text import Text
from matplotlib.transforms import ScaledTranslation, Transform

AWAY = 4  # points from the end of a bar to its text
POINTS = 72  # of an inch


def beside(
    ax: Axes, text: str, place: tuple[float, float], away: tuple[float, float], *, within: Transform | None = None, **look: Any
) -> Text:
    """Write a text.

    Args:
        ax: axes to write on; the text may reach beyond them.
        text: what to write.
        place: x and y, of the data or of within.
        away: points to the right of place and above it.
        within: what place is counted in, such as ax.transAxes; None for the data.
        look: further properties of the text.
    """
    x, y = away
    shift = ScaledTranslation(x / POINTS, y / POINTS, ax.figure.dpi_scale_trans)
    return ax.text(*place, text, transform=(within or ax.transData) + shift, **look)


def at_ends(ax: Axes, ends: Iterable[float], texts: Iterable[str], *, away: float = AWAY, fontsize: float = 9.5) -> None:
    """Write a text at the end of each bar from 0, the bars at heights 0, 1, 2 ...: at the left of negative ends."""
    for height, (end, text) in enumerate(zip(ends, texts, strict=True)):
        at_end(ax, (end, height), text, away=away, fontsize=fontsize)


def at_end(ax: Axes, end: tuple[float, float], text: str, *, away: float = AWAY, fontsize: float = 9.5) -> None:
    """Write a text at the end of one bar from 0."""
    is_left = end[0] < 0
    side = "right" if is_left else "left"
    beside(ax, text, end, (-away if is_left else away, 0), ha=side, va="center", fontsize=fontsize)
