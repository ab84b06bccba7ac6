"""Purchase-size classes (M02): how large and how regular the purchases are."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from clientbase.errors import require
from clientbase.figures.beside import beside
from clientbase.figures.house import (
    PALE,
    QUIET,
    SIZE_COLOURS,
    close_axes,
    empty,
    house_style,
    open_axes,
    percent_ticks,
)
from clientbase.figures.paired import LEGEND_ROOM, paired_bars, paired_size
from clientbase.words import Words

MARKERS = {"SA": "o", "SB": "s", "SC": "^"}  # the class shows without colour too
LOOKS = ((60, 55, 0.85), (300, 30, 0.7), (1500, 16, 0.5), (float("inf"), 9, 0.3))  # up to n clients: size, opacity
LEGEND_SIZE = 49  # square points
NOTHING = 0.005  # less than half a cent is what returns have left of a purchase
MOST_SPAN = 300  # over more than this, ticks at 1, 2 and 5 would run into each other
LEAST_SPAN = 30  # a logarithmic axis over less than this has too few ticks to read


def size_map(
    classes: pd.DataFrame,
    words: Words,
    *,
    large_from: float,
    small_below: float,
    regular_from: float,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw each client of size_classes by average purchase (log) and regularity, with the three thresholds.

    Clients whose returns outweigh their deals stand on the left edge, at "≤ 0"; those without deals are counted below.
    """
    require(classes, "size_classes", ["avg_purchase", "regularity", "size_class"])
    with house_style():
        ax = open_axes(ax)
        drawn = classes[classes["avg_purchase"].notna() & classes["regularity"].notna()]
        if drawn.empty:
            empty(ax, words)
            return close_axes(ax, title)
        positive = drawn.loc[drawn["avg_purchase"] >= NOTHING, "avg_purchase"]
        edge = _log_axis(ax, words, [*positive, *(bound for bound in (large_from, small_below) if bound > 0)], drawn)
        _points(ax, words, drawn, edge)
        _thresholds(ax, words, large_from, small_below, regular_from)
        _frame(ax, words, len(classes) - len(drawn), is_top_free=regular_from < 0.7)
        return close_axes(ax, title, room=16)


def size_bars(summary: pd.DataFrame, words: Words, *, title: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw client_share against revenue_share for each row of size_summary."""
    require(summary, "size_summary", ["size_class", "n_clients", "client_share", "revenue_share"])
    with house_style():
        ax = open_axes(ax, size=paired_size(len(summary)))
        paired_bars(
            ax,
            words,
            names=[words.category("size_class", name) for name in summary["size_class"]],
            colours=[SIZE_COLOURS[name] for name in summary["size_class"]],
            clients=summary["client_share"],
            values=summary["revenue_share"],
            counts=summary["n_clients"],
            value_label=words.label("revenue_share"),
        )
        return close_axes(ax, title, room=LEGEND_ROOM)


def _log_axis(ax: Axes, words: Words, amounts: list[float], drawn: pd.DataFrame) -> float:
    """Set the logarithmic axis wide enough for its ticks and return where amounts of zero or less are put."""
    low, high = (min(amounts), max(amounts)) if amounts else (1.0, 1.0)
    widen = max(1.0, (LEAST_SPAN / (high / low)) ** 0.5)
    low, high = low / widen, high * widen
    edge = low / 2.5
    has_edge = bool((drawn["avg_purchase"] < NOTHING).any())
    ax.set_xscale("log")
    ax.set_xlim(edge / 1.6 if has_edge else low / 1.3, high * 1.3)
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0,) if high / low > MOST_SPAN else (1.0, 2.0, 5.0)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: "" if has_edge and x < low else words.compact(float(f"{x:.3g}"))))
    ax.xaxis.set_minor_locator(NullLocator())
    if has_edge:
        ax.axvline(low / 1.5, color=QUIET, linewidth=0.8)
        beside(ax, "≤ 0", (edge, 0), (0, -7), within=ax.get_xaxis_transform(), ha="center", va="top", fontsize=10)
    return edge


def _points(ax: Axes, words: Words, drawn: pd.DataFrame, edge: float) -> None:
    """The more clients, the smaller and clearer the markers, so that crowds show as density.

    One cloud a class: matplotlib stamps points of one look, which is ten times as quick as drawing each.
    """
    size, opacity = next((size, opacity) for most, size, opacity in LOOKS if len(drawn) <= most)
    for name, marker in MARKERS.items():
        points = drawn[drawn["size_class"] == name]
        if points.empty:
            continue
        ax.scatter(
            points["avg_purchase"].where(points["avg_purchase"] >= NOTHING, edge), points["regularity"], s=size, marker=marker,
            color=SIZE_COLOURS[name], alpha=opacity, linewidth=0, clip_on=False,
            label=f"{words.category('size_class', name)}: {words.whole(len(points))}",
        )  # fmt: skip


def _thresholds(ax: Axes, words: Words, large_from: float, small_below: float, regular_from: float) -> None:
    line = {"color": QUIET, "linewidth": 1.2, "linestyle": (0, (5, 3))}
    top = {"transform": ax.get_xaxis_transform(), "va": "bottom", "fontsize": 9.5, "color": QUIET}
    if small_below > 0:
        ax.axvline(small_below, **line)
        ax.text(small_below, 1.01, words.text("small below {x}", x=words.money(small_below)) + " ", ha="right", **top)
    if large_from > 0:
        ax.axvline(large_from, **line)
        ax.text(large_from, 1.01, " " + words.text("large from {x}", x=words.money(large_from)), ha="left", **top)
    ax.axhline(regular_from, **line)
    text = words.text("regular from {x}", x=words.percent(regular_from))
    look = {"va": "center", "fontsize": 9.5, "color": QUIET}
    beside(ax, text, (1, regular_from), (4, 0), within=ax.get_yaxis_transform(), **look)


def _frame(ax: Axes, words: Words, n_without_deals: int, *, is_top_free: bool) -> None:
    ax.set_ylim(-0.04, 1.06)
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1])
    percent_ticks(ax.yaxis, words)
    ax.grid(color=PALE)
    ax.set_ylabel(words.label("regularity"))
    label = f"{words.heading('avg_purchase')} ({words.label('log_scale')})"
    note = words.text("not drawn: {n} {n:client|clients} without deals", n=n_without_deals)
    ax.set_xlabel(f"{label}\n{note}" if n_without_deals else label, labelpad=8)
    place = {"loc": "upper left", "bbox_to_anchor": (1, 1)} if is_top_free else {"loc": "lower left", "bbox_to_anchor": (1, 0)}
    for handle in ax.legend(**place, handletextpad=0.3).legend_handles:
        handle.set(alpha=1, sizes=[LEGEND_SIZE])
