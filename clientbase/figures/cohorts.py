"""Cohorts (M08): how long the clients of each year stay, what they bring, and which moves changed the revenue."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from clientbase.errors import require
from clientbase.figures.beside import at_ends
from clientbase.figures.heat import cells, heat_map, heat_size
from clientbase.figures.house import (
    MUTED,
    NEUTRAL,
    PALE,
    QUIET,
    close_axes,
    empty,
    house_style,
    number_ticks,
    open_axes,
    wrapped,
)
from clientbase.figures.paired import LEGEND_ROOM, paired_bars, paired_size
from clientbase.words import Words

GAIN, LOSS = NEUTRAL, "#d55e00"
YEAR_WIDTH = 8  # characters of a line under a column
NAME_WIDTH = 30  # characters of a line beside the bars
ROOM = 0.022  # of the span of the bars, for each character of the labels beyond them


def retention_triangle(retention: pd.DataFrame, words: Words, *, title: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw retention: a row for each cohort, a column for each year, coloured by retention_share.

    A cell holds the share and the number of clients with a deal. Years that the data do not show are blank; a small cohort
    is grey and shows its numbers only; a year that is not whole in the data says so under its column.
    """
    columns = ["cohort", "year", "n_won", "n_active", "retention_share", "is_small", "is_partial"]
    require(retention, "retention", columns)
    rows, years = list(dict.fromkeys(retention["cohort"])), sorted(set(retention["year"]))
    with house_style():
        ax = open_axes(ax, size=(heat_size(len(rows), len(years))[0], max(3.2, 1.9 + 0.46 * len(rows))))
        if retention.empty:
            empty(ax, words)
            return close_axes(ax, title)
        told = retention.assign(share=retention["retention_share"].mask(retention["is_small"]))
        shares, counts = (cells(told, "cohort", "year", column, rows, years) for column in ("share", "n_active"))
        partial = set(retention.loc[retention["is_partial"], "year"])
        names = [words.text("{name} (part)", name=str(year)) if year in partial else str(year) for year in years]
        heat_map(
            ax,
            words,
            shares,
            _texts(counts, shares, words),
            rows=_row_names(retention, words),
            columns=names,
            shown=words.label("retention_share"),
            below=words.label("year"),
        )
        upright = {"rotation": 0, "ha": "center", "rotation_mode": "default"}  # a year is narrower than any cell
        ax.set_xticks(range(len(years)), [wrapped(name, YEAR_WIDTH) for name in names], **upright)
        for row, column in zip(*counts.isna().to_numpy().nonzero(), strict=True):
            ax.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor="white", edgecolor="white"))
        ax.set(ylabel=words.label("cohort"))
        return close_axes(ax, title)


def cohort_bars(summary: pd.DataFrame, words: Words, *, title: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw client_share against revenue_share for each row of cohort_summary, oldest on top.

    A small cohort is grey; beside its name stands that it is small, or that its year is not over.
    """
    columns = ["cohort", "n_clients", "client_share", "revenue_share", "is_small", "is_partial"]
    require(summary, "cohort_summary", columns)
    with house_style():
        ax = open_axes(ax, size=paired_size(len(summary)))
        paired_bars(
            ax,
            words,
            names=_marked_names(summary, words),
            colours=[MUTED if is_small else NEUTRAL for is_small in summary["is_small"]],
            clients=summary["client_share"],
            values=summary["revenue_share"],
            counts=summary["n_clients"],
            value_label=words.label("revenue_share"),
        )
        return close_axes(ax, title, room=LEGEND_ROOM)


def move_bars(summary: pd.DataFrame, words: Words, *, title: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the change of revenue by move of move_summary: gains to the right of zero, losses to the left."""
    require(summary, "move_summary", ["move", "n_clients", "change"])
    with house_style():
        ax = open_axes(ax, size=(9.0, max(3.2, 1.6 + 0.5 * len(summary))))
        if not summary["n_clients"].sum():
            empty(ax, words)
            return close_axes(ax, title)
        change = summary["change"].to_numpy(dtype=float)
        ax.barh(range(len(change)), change, 0.6, color=[LOSS if x < 0 else GAIN for x in change])
        texts = [f"+{words.money(x)}" if x > 0 else words.money(x) for x in change]
        at_ends(ax, change, texts)
        _frame_moves(ax, words, summary, n_characters=max(map(len, texts)))
        return close_axes(ax, title)


def _row_names(retention: pd.DataFrame, words: Words) -> list[str]:
    """Name each cohort with the clients it has, on which its shares rest."""
    won = retention.drop_duplicates("cohort")
    return [
        f"{words.category('cohort', cohort)} · {words.text('{n} {n:client|clients}', n=n)}"
        for cohort, n in zip(won["cohort"], won["n_won"], strict=True)
    ]


def _texts(counts: pd.DataFrame, shares: pd.DataFrame, words: Words) -> pd.DataFrame:
    """Write each cell: the share over the number of clients; the number alone without a share; nothing without either."""
    numbers = counts.map(lambda n: "" if pd.isna(n) else words.whole(n))
    return numbers.where(shares.isna(), shares.map(lambda x: f"{words.percent(x, 0)}\n") + numbers)


def _marked_names(summary: pd.DataFrame, words: Words) -> list[str]:
    """Name each cohort, and what limits its reading."""
    names = []
    for cohort, is_small, is_partial in zip(summary["cohort"], summary["is_small"], summary["is_partial"], strict=True):
        name = words.category("cohort", cohort)
        name = words.text("{name} (part)", name=name) if is_partial else name
        names.append(f"{name}\n{words.text('few clients')}" if is_small else name)
    return names


def _frame_moves(ax: Axes, words: Words, summary: pd.DataFrame, *, n_characters: int) -> None:
    """Name the moves with their clients, and leave room for the labels beyond the bars."""
    names = [
        f"{wrapped(words.category('move', move), NAME_WIDTH)}\n{words.text('{n} {n:client|clients}', n=n)}"
        for move, n in zip(summary["move"], summary["n_clients"], strict=True)
    ]
    most, least = max(0.0, summary["change"].max()), min(0.0, summary["change"].min())
    room = ROOM * n_characters * ((most - least) or 1.0)
    ax.set_xlim(least - (room if least < 0 else 0), most + room)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_yticks(range(len(names)), names)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.axvline(0, color=QUIET, linewidth=0.8)
    ax.grid(axis="x", color=PALE)
    number_ticks(ax.xaxis, words)
    ax.set_xlabel(words.heading("change"))
