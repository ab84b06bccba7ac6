"""Concentration (M07): the sizes of clients by rank, and the profit left as the largest of them leave."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from clientbase.errors import require
from clientbase.figures.beside import at_ends
from clientbase.figures.house import (
    INK,
    NEUTRAL,
    PALE,
    QUIET,
    close_axes,
    empty,
    house_style,
    number_ticks,
    open_axes,
    shortened,
)
from clientbase.words import Words

LOOKS = ((60, 7, 1.0), (500, 5, 0.7), (float("inf"), 4, 0.4))  # up to n clients: size of a marker in points, opacity
MANY_RANKS = 30  # from here the first ranks need the room of a logarithmic axis
WIDE_SPAN = 30  # a logarithmic axis over less than this has too few ticks to read
MOST_SPAN = 300  # over more than this, ticks at 1, 2 and 5 would run into each other
LEAST = 1e-6  # smaller amounts are drawn here: no tick could name them
NAMED = 10  # clients that the list of names holds
NAME = 24

MARK, LOSS = "#d55e00", "#d55e00"  # the gap; what lies below zero
STEPS_NAMED = 60  # more steps than this are drawn without names
CHARACTER, ROW = 6.0, 440.0  # points: width of a character of a bar's number, of the axes beside names


def rank_size(ranked: pd.DataFrame, words: Words, *, title: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the clients of rank_sizes by rank and value, with the gap and its ratio.

    Axes are logarithmic where many ranks or a wide span of values ask for it. The clients before the gap, or all of a few,
    are named beside the picture by their ranks.
    """
    require(ranked, "rank_sizes", ["client_id", "rank", "value", "own_share", "step_ratio", "is_before_gap"])
    with house_style():
        ax = open_axes(ax)
        if ranked.empty:
            empty(ax, words)
            return close_axes(ax, title)
        values = ranked["value"].clip(lower=LEAST)
        gap = ranked.loc[ranked["is_before_gap"]]
        gap_rank = int(gap["rank"].iloc[0]) if len(gap) else 0
        _rank_axis(ax, words, len(ranked))
        _value_axis(ax, words, values, next((name for name in ("revenue", "margin") if name in ranked), "value"))
        _sizes(ax, ranked["rank"], values, gap_rank)
        if gap_rank:
            _gap(ax, words, values, gap_rank, gap["step_ratio"].iloc[0])
        _names(ax, words, ranked.head(NAMED if len(ranked) <= NAMED else gap_rank))
        return close_axes(ax, title, room=16)


def loss_staircase(
    steps: pd.DataFrame, words: Words, *, label: str = "profit", title: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw loss_steps from above: the profit left with all clients, then without one more at each step, and the zero line.

    label names what is left: profit, or margin where no fixed costs are known. A step below zero has another colour and a
    hatch. Up to sixty steps bear the name of the client lost and the amount; more are drawn as an area by number.
    """
    require(steps, "loss_steps", ["n_lost", "client_id", "profit"])
    is_named = len(steps) <= STEPS_NAMED
    with house_style():
        ax = open_axes(ax, size=(9.0, max(3.0, 1.6 + 0.32 * len(steps)) if is_named else 9.0))
        if steps.empty:
            empty(ax, words)
            return close_axes(ax, title)
        _stairs(ax, steps, is_named=is_named)
        _stairs_frame(ax, words, steps, label, is_named=is_named)
        return close_axes(ax, title)


# -- rank and size ------------------------------------------------------------------------------------------------------------
def _rank_axis(ax: Axes, words: Words, n: int) -> None:
    label = words.label("clients_by_value")
    if n > MANY_RANKS:
        ax.set_xscale("log")
        ax.set_xlim(0.85, n * 1.18)
        ax.xaxis.set_major_locator(LogLocator(subs=(1.0,) if n > MOST_SPAN else (1.0, 2.0, 5.0)))
        ax.xaxis.set_minor_locator(NullLocator())
        label = f"{label} ({words.label('log_scale')})"
    else:
        ax.set_xlim(0.4, n + 0.6)
        ax.xaxis.set_major_locator(FixedLocator(range(1, n + 1)) if n <= NAMED else MaxNLocator(integer=True, nbins=10))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: words.whole(x) if 1 <= x <= n else ""))
    ax.set_xlabel(label)


def _value_axis(ax: Axes, words: Words, values: pd.Series, basis: str) -> None:
    low, high = values.min(), values.max()
    label = words.heading(basis)
    if high / low >= WIDE_SPAN:
        ax.set_yscale("log")
        ax.set_ylim(low / 1.6, high * 1.6)
        ax.yaxis.set_major_locator(LogLocator(subs=(1.0,) if high / low > MOST_SPAN else (1.0, 2.0, 5.0)))
        ax.yaxis.set_minor_locator(NullLocator())
        ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: words.compact(y) if y >= 0.01 else words.number(y)))
        label = f"{label} ({words.label('log_scale')})"
    else:
        ax.set_ylim(0, high * 1.08)
        number_ticks(ax.yaxis, words)
    ax.grid(axis="y", color=PALE)
    ax.set_ylabel(label)


def _sizes(ax: Axes, ranks: pd.Series, values: pd.Series, gap_rank: int) -> None:
    """The clients before the gap are full dots, the others hollow; the more clients, the smaller and clearer."""
    size, opacity = next((size, opacity) for most, size, opacity in LOOKS if len(ranks) <= most)
    is_before = ranks <= gap_rank
    ax.plot(
        ranks[~is_before], values[~is_before], "o", markersize=size, markerfacecolor="white", markeredgecolor=NEUTRAL,
        alpha=opacity, zorder=3,
    )  # fmt: skip
    ax.plot(ranks[is_before], values[is_before], "o", markersize=max(size, 6) + 1, color=NEUTRAL, zorder=4)


def _gap(ax: Axes, words: Words, values: pd.Series, gap_rank: int, ratio: float) -> None:
    """Mark the place between two ranks, the drop from one value to the other there, and write the ratio above it."""
    is_log = ax.get_xscale() == "log"
    place = (gap_rank * (gap_rank + 1)) ** 0.5 if is_log else gap_rank + 0.5
    ax.axvline(place, color=QUIET, linewidth=1.2, linestyle=(0, (5, 3)))
    ends = values.iloc[gap_rank - 1], values.iloc[gap_rank]
    ax.plot([place, place], ends, color=MARK, linewidth=3, marker="_", markersize=11, markeredgewidth=2, zorder=5)
    is_left = ax.transAxes.inverted().transform(ax.transData.transform((place, ends[0])))[0] < 0.6
    ax.text(
        place, 1.01, words.text("gap: {x} times the next", x=words.number(ratio)), transform=ax.get_xaxis_transform(),
        ha="left" if is_left else "right", va="bottom", fontsize=9.5, color=QUIET,
    )  # fmt: skip


def _names(ax: Axes, words: Words, named: pd.DataFrame) -> None:
    lines = [
        f"{words.whole(rank)}. {shortened(name, NAME)}: {words.percent(own)}"
        for rank, name, own in zip(named["rank"], _client_names(named), named["own_share"], strict=True)
    ]
    if lines:
        ax.text(
            1.02, 1.0, "\n".join(lines), transform=ax.transAxes, ha="left", va="top", fontsize=9.5, linespacing=1.5,
        )  # fmt: skip


# -- the stairs ---------------------------------------------------------------------------------------------------------------
def _stairs(ax: Axes, steps: pd.DataFrame, *, is_named: bool) -> None:
    """Draw a bar for each step; steps without names close up to one area."""
    profit, places = steps["profit"].to_numpy(dtype=float), np.arange(len(steps))
    for rows, colour, hatch in ((profit >= 0, NEUTRAL, None), (profit < 0, LOSS, "///")):
        look = {"facecolor": colour, "edgecolor": "white", "hatch": hatch}
        if is_named:
            ax.barh(places[rows], profit[rows], 0.92, linewidth=0.6, **look)
        elif rows.any():
            edges = np.arange(len(steps) + 1) - 0.5
            ax.stairs(np.where(rows, profit, np.nan), edges, orientation="horizontal", fill=True, linewidth=0, **look)
    ax.axvline(0, color=INK, linewidth=1.2)


def _stairs_frame(ax: Axes, words: Words, steps: pd.DataFrame, label: str, *, is_named: bool) -> None:
    texts = [words.money(profit) for profit in steps["profit"]] if is_named else []
    ax.set_xlim(_stairs_limits(steps["profit"], max(map(len, texts), default=2)))
    ax.set_ylim(max(len(steps), 3) - 0.4, -0.6)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=7))
    number_ticks(ax.xaxis, words)
    ax.grid(axis="x", color=PALE)
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.set(xlabel=words.heading(label), ylabel=words.label("n_lost"))
    if not is_named:
        ax.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=10))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: words.whole(y) if 0 <= y < len(steps) else ""))
        return
    at_ends(ax, steps["profit"], texts, fontsize=9)
    ax.set_yticks(range(len(steps)), _step_names(words, steps))


def _stairs_limits(profit: pd.Series, longest: int) -> tuple[float, float]:
    """Return the ends of the axis: zero and every bar, and beyond bars the room for so many characters."""
    least, most = min(profit.min(), 0.0), max(profit.max(), 0.0)
    is_left, is_right = bool((profit < 0).any()), bool((profit >= 0).any())
    part = min((CHARACTER * longest + 8) / ROW, 0.3)
    room = (most - least or 1.0) * part / (1 - part * (is_left + is_right))
    return least - room * is_left, most + room * is_right


def _step_names(words: Words, steps: pd.DataFrame) -> list[str]:
    names = zip(steps["n_lost"], _client_names(steps), strict=True)
    return [f"{words.whole(n)}. {shortened(name, NAME)}" if n else words.text("With all clients") for n, name in names]


def _client_names(table: pd.DataFrame) -> pd.Series:
    return table["client_name"].fillna(table["client_id"]) if "client_name" in table else table["client_id"]
