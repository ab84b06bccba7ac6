"""What figure tests ask of every figure."""

from dataclasses import dataclass
from itertools import combinations
from unittest.mock import patch

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.collections import PolyCollection
from matplotlib.text import Text


def drawn(ax):
    """Return the texts of a picture that its drawing really shows, ticks beyond the edge left out."""
    seen = {}
    plain = Text.draw

    def noted(text, renderer, *more, **options):
        if text.get_visible() and text.get_text().strip():
            seen[id(text)] = text
        return plain(text, renderer, *more, **options)

    with patch.object(Text, "draw", noted):
        ax.figure.canvas.draw()
    return list(seen.values())


@dataclass(frozen=True)
class Bar:
    """A bar: where it begins (the corner at its start), its signed extents, and its look."""

    x: float
    y: float
    width: float
    height: float
    colour: tuple
    hatch: str | None


def joined_bars(ax):
    """Return the bars that are drawn as collections, in the order they were given."""
    found = []
    for collection in (one for one in ax.collections if isinstance(one, PolyCollection)):
        colours = collection.get_facecolor()
        for place, path in enumerate(collection.get_paths()):
            (x, y), (right, top) = path.vertices[0], path.vertices[2]
            colour = tuple(colours[place % len(colours)])
            found.append(Bar(x, y, right - x, top - y, colour, collection.get_hatch()))
    return found


def words_of(text):
    """Return a text without line breaks and special spaces."""
    return " ".join(text.get_text().split())


def texts(ax):
    """Return every text that shows in a picture."""
    return [words_of(text) for text in drawn(ax)]


def faults(ax, *, ignore=()):
    """Return the pairs of texts that lie on each other by more than two pixels, and texts over the picture's edge."""
    shown = [(words_of(text), text.get_window_extent()) for text in drawn(ax)]
    found = []
    for (one, a), (other, b) in combinations([item for item in shown if item[0] not in ignore], 2):
        width, height = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        if width > 2 and height > 2:
            found.append((one, other))
    frame = ax.figure.bbox
    return found + [
        (words, "edge") for words, box in shown if box.x0 < -1 or box.y0 < -1 or box.x1 > frame.x1 + 1 or box.y1 > frame.y1 + 1
    ]


def assert_keeps_house(draw, table, words, **options):
    """Draw into given axes and into new ones: the axes come back, the table stays, matplotlib's settings stay."""
    before, settings = table.copy(deep=True), dict(plt.rcParams)
    given = plt.subplots()[1]
    assert draw(table, words, ax=given, **options) is given
    ax = draw(table, words, title="Finding about $a$ and $b$", **options)
    pd.testing.assert_frame_equal(table, before)
    assert dict(plt.rcParams) == settings
    assert ax.get_title(loc="left").replace("\n", " ") == "Finding about $a$ and $b$"
    ax.figure.canvas.draw()  # a name read as a formula would raise or warn here
    return ax


def close(left, right):
    """Tell whether two lists of numbers agree."""
    return np.allclose(np.asarray(left, dtype=float), np.asarray(right, dtype=float))
