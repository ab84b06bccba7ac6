"""Assortment focus (M03): what the segments buy, and what similar clients buy besides."""

import pandas as pd
from matplotlib.axes import Axes

from clientbase.errors import require
from clientbase.figures.beside import at_ends
from clientbase.figures.heat import cells, heat_map, heat_size
from clientbase.figures.house import (
    NEUTRAL,
    PALE,
    QUIET,
    close_axes,
    empty,
    house_style,
    number_ticks,
    open_axes,
    shortened,
    wrapped,
)
from clientbase.words import Words

LONG_NAME = 30


def group_heatmap(profile: pd.DataFrame, words: Words, *, title: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw revenue_share of group_profile: a row for each lead group, a column for each product group.

    Groups stand in the table's order, lead groups first, so that what segments buy most lies on the diagonal.
    """
    require(profile, "group_profile", ["lead_group", "product_group", "revenue_share"])
    rows = list(dict.fromkeys(profile["lead_group"]))
    columns = list(dict.fromkeys([*(row for row in rows if row in set(profile["product_group"])), *profile["product_group"]]))
    with house_style():
        ax = open_axes(ax, size=heat_size(len(rows), len(columns)))
        if not rows:
            empty(ax, words)
            return close_axes(ax, title)
        shares = cells(profile, "lead_group", "product_group", "revenue_share", rows, columns).fillna(0.0)
        heat_map(
            ax,
            words,
            shares,
            shares.map(lambda share: _percent_points(share, words)),
            rows=[wrapped(shortened(words.category("lead_group", name), 40), 22) for name in rows],
            columns=[shortened(words.category("product_group", name), 26) for name in columns],
            shown=words.label("segment_percent"),
            below=words.label("product_group"),
        )
        ax.set(ylabel=words.label("lead_group"))
        return close_axes(ax, title)


def gap_bars(gap_summary: pd.DataFrame, words: Words, *, n: int = 20, title: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the potential of the first n rows of gap_summary, with the number of clients that do not buy the group.

    A group without a potential (its clients buy everything from us) has a dash for a bar.
    """
    require(gap_summary, "gap_summary", ["product_group", "n_clients", "potential"])
    with house_style():
        first = gap_summary.head(n)
        ax = open_axes(ax, size=(9.0, max(2.6, 1.6 + 0.36 * len(first))))
        if first.empty:
            empty(ax, words)
            return close_axes(ax, title)
        ax.barh(range(len(first)), first["potential"].fillna(0), 0.7, color=NEUTRAL)
        at_ends(
            ax,
            first["potential"].fillna(0),
            [
                f"{words.money(potential)}, {words.text('{n} {n:client|clients}', n=int(n_clients))}"
                for potential, n_clients in zip(first["potential"], first["n_clients"], strict=True)
            ],
        )
        _frame_gaps(ax, words, first, len(gap_summary))
        return close_axes(ax, title)


def _percent_points(share: float, words: Words) -> str:
    """Return a share as bare percent points; what rounds to nothing is told from nothing."""
    if share == 0:
        return ""
    return "<1" if 0 < share < 0.005 else words.number(100 * share, 0)


def _frame_gaps(ax: Axes, words: Words, first: pd.DataFrame, n_rows: int) -> None:
    ax.set_yticks(
        range(len(first)), [shortened(words.category("product_group", name), LONG_NAME) for name in first["product_group"]]
    )
    ax.set_ylim(max(len(first), 3) - 0.4, -0.6)
    most = first["potential"].max()
    ax.set_xlim(0, 1.35 * most if most > 0 else 1)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.axvline(0, color=QUIET, linewidth=0.8)
    ax.grid(axis="x", color=PALE)
    number_ticks(ax.xaxis, words)
    if not most > 0:
        ax.set_xticks([])
    label = words.heading("potential")
    cut = words.text("first {shown} of {total}", shown=len(first), total=n_rows)
    ax.set_xlabel(f"{label} ({cut})" if n_rows > len(first) else label)
