"""Share classes (M05): how few clients make the result."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from clientbase.errors import require
from clientbase.figures.beside import beside
from clientbase.figures.house import INK, PALE, SHARE_COLOURS, close_axes, empty, house_style, open_axes, percent_ticks
from clientbase.figures.paired import LEGEND_ROOM, paired_bars, paired_size
from clientbase.words import Words

MOST_PLACES = 2000  # of a curve, more than a screen has dots across
LABEL_WIDTH = 0.14  # of the picture's width; a label that would lie on another is left to the legend


def cumulative_curve(classes: pd.DataFrame, words: Words, *, title: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw cum_share of share_classes client by client, largest first, with a band for each class.

    The ends of the bands are marked with the share reached. Clients of the classes L and 0 have no place on the curve
    and are counted below.
    """
    require(classes, "share_classes", ["cum_share", "share_class"])
    ranked = classes[classes["cum_share"].notna()]
    with house_style():
        ax = open_axes(ax)
        if ranked.empty:
            empty(ax, words)
            return close_axes(ax, title)
        reached = np.concatenate([[0.0], ranked["cum_share"]])
        places = _places(0, len(ranked))
        ax.plot(places, reached[places], color=INK, linewidth=2, zorder=3)
        _bands(ax, words, ranked["share_class"], reached)
        _frame(ax, words, len(ranked), len(classes) - len(ranked))
        return close_axes(ax, title)


def class_bars(
    summary: pd.DataFrame, words: Words, *, basis: str = "value", title: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw client_share against value_share for each row of class_summary; basis (revenue, margin) names the value."""
    require(summary, "class_summary", ["share_class", "n_clients", "client_share", "value_share"])
    with house_style():
        ax = open_axes(ax, size=paired_size(len(summary)))
        paired_bars(
            ax,
            words,
            names=[words.category("share_class", name) for name in summary["share_class"]],
            colours=[SHARE_COLOURS[name] for name in summary["share_class"]],
            clients=summary["client_share"],
            values=summary["value_share"],
            counts=summary["n_clients"],
            value_label=words.label(f"{basis}_share"),
        )
        return close_axes(ax, title, room=LEGEND_ROOM)


def _places(first: int, end: int) -> np.ndarray:
    """Return the places from first to end that are drawn: all, or so many that no more could be told apart."""
    return np.unique(np.linspace(first, end, min(end - first + 1, MOST_PLACES)).round().astype(int))


def _bands(ax: Axes, words: Words, names: pd.Series, reached: np.ndarray) -> None:
    """Fill the area under the curve class by class and mark where each ends."""
    handles, taken = [], 0.0
    names = names.astype("str").to_numpy()
    for name in pd.unique(names):
        own = np.flatnonzero(names == name)
        first, end = own[0], own[-1] + 1
        places = _places(first, end)
        ax.fill_between(places, reached[places], color=SHARE_COLOURS[name], alpha=0.55, linewidth=0)
        ax.plot(end, reached[end], "o", color=SHARE_COLOURS[name], markeredgecolor=INK, markersize=8, zorder=4, clip_on=False)
        share = words.percent(reached[end])
        handles.append(Patch(color=SHARE_COLOURS[name], alpha=0.75, label=_band_name(words, name, end - first, share)))
        taken = _mark_end(ax, end, len(names), reached[end], share, taken)
    ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.02, 1.0))


def _mark_end(ax: Axes, end: int, n: int, reached: float, share: str, taken: float) -> float:
    """Write the share under the curve at the end of a band, where that place is free; return how far places are taken."""
    is_left = end / n > 0.5
    start = end / n - LABEL_WIDTH if is_left else end / n
    if start < taken:
        return taken
    away, side = ((-8, -12), "right") if is_left else ((4, -14), "left")
    beside(ax, share, (end, reached), away, ha=side, va="center", fontsize=10, zorder=5)
    return start + LABEL_WIDTH


def _band_name(words: Words, name: str, n_clients: int, share: str) -> str:
    count = words.text("{n} {n:client|clients}", n=n_clients)
    return words.text("{name}: {count}, up to {share}", name=name, count=count, share=share)


def _frame(ax: Axes, words: Words, n_ranked: int, n_left_out: int) -> None:
    ax.set(xlim=(0, n_ranked), ylim=(0, 1.03), ylabel=words.label("cum_share"))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    percent_ticks(ax.yaxis, words)
    ax.grid(axis="y", color=PALE)
    label = words.label("clients_by_value")
    note = words.text("not drawn: {n} {n:client|clients} without positive value", n=n_left_out)
    ax.set_xlabel(f"{label}\n{note}" if n_left_out else label)
