"""Paired bars: for each class its share of clients against its share of value, the form most models share.

The share of clients is hatched and pale, the share of value full, both in the colour of the class.
"""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.patches import Patch

from clientbase.figures.beside import at_end
from clientbase.figures.house import INK, PALE, QUIET, empty, percent_ticks
from clientbase.words import Words

LEGEND_ROOM = 20  # points between axes and title that the legend takes
LEAST_PLACES = 3  # a single class does not fill the picture
WIDTH = 0.38
PALENESS = 0.35


def paired_size(n_names: int) -> tuple[float, float]:
    """Return the size in inches at which so many pairs can be read."""
    return 9.0, max(4.5, 1.9 + 0.56 * n_names)


def paired_bars(
    ax: Axes,
    words: Words,
    *,
    names: Sequence[str],
    colours: Sequence[str],
    clients: pd.Series,
    values: pd.Series,
    counts: pd.Series,
    value_label: str,
) -> None:
    """Draw two bars for each name, from above: share of clients (with their number) and share of value.

    A share that is not known has no bar and a dash for a label.
    """
    if not len(names):
        empty(ax, words)
        return
    places = range(len(names))
    fill = [to_rgba(colour, PALENESS) for colour in colours]
    above, below = [place - WIDTH / 2 for place in places], [place + WIDTH / 2 for place in places]
    ax.barh(above, clients.fillna(0), WIDTH, color=fill, edgecolor=colours, hatch="///", linewidth=1)
    ax.barh(below, values.fillna(0), WIDTH, color=colours, edgecolor=colours, linewidth=1)
    _label(ax, above, clients, [f"{words.percent(x)} ({words.whole(n)})" for x, n in zip(clients, counts, strict=True)])
    _label(ax, below, values, [words.percent(x) for x in values])
    ax.set_yticks(places, list(names))
    ax.set_ylim(max(len(names), LEAST_PLACES) - 0.5, -0.5)
    _frame(ax, words, clients, values, value_label)


def _label(ax: Axes, places: list[float], shares: pd.Series, texts: list[str]) -> None:
    for place, share, text in zip(places, shares.fillna(0), texts, strict=True):
        at_end(ax, (share, place), text, fontsize=9)


def _frame(ax: Axes, words: Words, clients: pd.Series, values: pd.Series, value_label: str) -> None:
    """Leave room for the labels beyond the longest bars, mark zero, and explain the two fillings."""
    shares = pd.concat([clients, values, pd.Series([0.0, 0.05])])  # the axis shows zero and is never empty
    most, least = shares.max(), shares.min()
    room = 0.16 * (most - least)
    ax.set_xlim(least - (room if least < 0 else 0), most + room)
    ax.axvline(0, color=QUIET, linewidth=0.8)
    ax.grid(axis="x", color=PALE)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    percent_ticks(ax.xaxis, words)
    labels = f"{words.label('client_share')} ({words.label('n_clients').lower()})", value_label
    ax.set_xlabel(words.label("share_of_total"))
    patches = [
        Patch(facecolor=to_rgba(INK, 0.15), edgecolor=INK, hatch="///", label=labels[0]),
        Patch(facecolor=INK, label=labels[1]),
    ]
    ax.legend(handles=patches, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.3)
