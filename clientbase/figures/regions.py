"""Regions (M09): which carry sales, and how steady they are."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.transforms import ScaledTranslation, blended_transform_factory

from clientbase.errors import require
from clientbase.figures.beside import POINTS, at_end, at_ends, beside
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
    shortened,
    wrapped,
)
from clientbase.figures.room import RoomForTexts
from clientbase.words import MISSING, Words

MOST_REGIONS = 20
LEAST_PLACES = 3  # a single region does not fill the picture
LABEL_ROOM = (0.36, 0.24)  # parts of the bars' span that labels take, left of negative and right of positive ones
LONGEST = 26  # characters of a name
COLUMN = (0.25, 1.6)  # inches from the axes to the column of steadiness, and its width
LOOKS = {  # marker and colour of a verdict; its name stands beside
    "seasonal": ("D", "#e69f00"), "unsteady": ("X", "#d55e00"), "steady": ("o", "#0072b2"), "not testable": ("s", QUIET),
    "no sales": ("s", QUIET),
}  # fmt: skip
MOST_PANELS, PANEL_COLUMNS = 6, 3
PANEL_NAMES = {1: 60, 2: 32, 3: 20}  # characters of a name above a panel, by panels in a row
YEAR = 12
TITLE_WIDTH = 60  # characters of a line above the panels
PANEL_NAME, LEGEND = 20, 30  # points that a panel's name and the legend over it take
YEARS = {"before": ("#d55e00", (0, (4, 2)), "s"), "now": (NEUTRAL, "-", "o")}  # colour, line and marker


def region_bars(table: pd.DataFrame, words: Words, *, title: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the revenue of each row of region_table as a bar, and beside it cv and verdict, joined from region_steadiness.

    The carrying regions are in full colour, above a line. A bar is labelled with revenue_share and the number of clients; a
    region without cv has a dash. Regions without orders, and those after the first 20, are counted below. Given axes need
    about three inches of room at their right.
    """
    columns = ["region", "n_clients", "revenue", "revenue_share", "cum_share", "is_carrying", "cv", "verdict"]
    require(table, "regions", columns)
    shown = table[table["n_clients"] > 0].head(MOST_REGIONS)
    with house_style():
        ax = open_axes(ax, size=(9.0, max(4.5, 1.9 + 0.34 * len(shown))))
        if shown.empty:
            empty(ax, words)
            return close_axes(ax, title)
        _bars(ax, words, shown)
        _carrying(ax, words, table, len(shown))
        _frame(ax, words, shown, len(table) - len(shown))
        column = _steadiness(ax, words, shown)
        close_axes(column, None)
        return close_axes(ax, title, room=20)


def season_panels(region_months: pd.DataFrame, words: Words, *, regions: Sequence[str], title: str | None = None) -> Axes:
    """Draw up to six regions of region_months in panels of their own scale: the last 12 months over the 12 before.

    Months before the data begin have no point. The figure is complete; its first axes are returned.
    """
    require(region_months, "region_months", ["region", "month_number", "month", "revenue"])
    known = set(region_months["region"])
    names = [name for name in regions if name in known][:MOST_PANELS]
    with house_style():
        if not names:
            ax = open_axes(None)
            empty(ax, words)
            return close_axes(ax, title)
        n_columns = min(len(names), PANEL_COLUMNS)
        n_rows = -(-len(names) // n_columns)
        size = (9.0, 1.2 + 2.5 * n_rows)
        _, grid = plt.subplots(n_rows, n_columns, figsize=size, layout=RoomForTexts(), sharex=True, squeeze=False)
        end = int(region_months["month_number"].max())
        for place, panel in enumerate(grid.flat):
            if place < len(names):
                _panel(panel, words, region_months[region_months["region"] == names[place]], end)
                name = shortened(words.category("region", names[place]), PANEL_NAMES[n_columns])
                panel.set_title(name, fontsize=10.5, pad=4)
            else:
                panel.set_visible(False)
        for panel in grid[:, 0]:
            panel.set_ylabel(words.heading("revenue"))
        for column in range(n_columns):
            grid[(len(names) - 1 - column) // n_columns, column].tick_params(labelbottom=True)
        known_from = region_months.loc[region_months["revenue"].notna(), "month_number"].min()
        _entitle(grid[0, 0], words, title, end, is_before_known=known_from <= end - YEAR)
        return grid[0, 0]


def _bars(ax: Axes, words: Words, shown: pd.DataFrame) -> None:
    places = np.arange(len(shown))
    colours = np.where(shown["is_carrying"], NEUTRAL, MUTED)
    ax.barh(places, shown["revenue"], 0.72, color=colours)
    parts = zip(shown["revenue_share"], shown["n_clients"], strict=True)
    at_ends(ax, shown["revenue"], [f"{words.percent(share)} ({words.whole(n)})" for share, n in parts], fontsize=9)
    ax.set_yticks(places, [shortened(words.category("region", name), LONGEST) for name in shown["region"]])
    ax.set_ylim(max(len(shown), LEAST_PLACES) - 0.5, -0.5)


def _carrying(ax: Axes, words: Words, table: pd.DataFrame, n_shown: int) -> None:
    """Say how many regions carry what, and part them from the others."""
    is_carrying = table["is_carrying"].to_numpy(dtype=bool)
    n_carrying, n_others = int(is_carrying.sum()), int((table["n_clients"] > 0).sum()) - int(is_carrying.sum())
    handles = []
    if n_carrying:
        reached = words.percent(table.loc[is_carrying, "cum_share"].iloc[-1])
        label = words.text("carrying {share} of revenue: {n} {n:region|regions}", share=reached, n=n_carrying)
        handles.append(Patch(color=NEUTRAL, label=label))
    if n_others:
        handles.append(Patch(color=MUTED, label=words.text("other: {n} {n:region|regions}", n=n_others)))
    if 0 < n_carrying < n_shown:
        ax.axhline(n_carrying - 0.5, color=QUIET, linewidth=1, linestyle=(0, (5, 3)))
    ax.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.3, columnspacing=1.2)


def _frame(ax: Axes, words: Words, shown: pd.DataFrame, n_left_out: int) -> None:
    most, least = max(shown["revenue"].max(), 0), min(shown["revenue"].min(), 0)
    span = (most - least) or 1
    ax.set_xlim(least - (LABEL_ROOM[0] * span if least < 0 else 0), most + LABEL_ROOM[1] * span)
    ax.axvline(0, color=QUIET, linewidth=0.8)
    ax.grid(axis="x", color=PALE)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.locator_params(axis="x", nbins=5)
    number_ticks(ax.xaxis, words)
    note = words.text("not drawn: {n} {n:region|regions}", n=n_left_out)
    label = f"{words.heading('revenue')}, {words.label('revenue_share').lower()} ({words.label('n_clients').lower()})"
    ax.set_xlabel(f"{label}\n{note}" if n_left_out else label)


def _steadiness(ax: Axes, words: Words, shown: pd.DataFrame) -> Axes:
    """Draw the column at the right: a marker at each cv, the verdict beside."""
    # inches: the layout then needs no second look
    rightwards = ax.figure.dpi_scale_trans + ScaledTranslation(1, 0, ax.transAxes)
    column = ax.inset_axes((COLUMN[0], 0, COLUMN[1], 1), transform=blended_transform_factory(rightwards, ax.transAxes))
    column.set_ylim(ax.get_ylim())
    column.set_xlim(0, max(1.0, 1.08 * shown["cv"].max(skipna=True)) if shown["cv"].notna().any() else 1.0)
    for place, (cv, verdict) in enumerate(zip(shown["cv"], shown["verdict"], strict=True)):
        marker, colour = LOOKS.get(verdict, LOOKS["not testable"])
        if pd.notna(cv):
            column.plot(cv, place, marker, color=colour, markersize=6.5, clip_on=False, zorder=3)
        else:
            at_end(column, (0, place), MISSING, fontsize=9)
        name = words.category("verdict", verdict) if pd.notna(verdict) else MISSING
        away = (POINTS * sum(COLUMN) + 8, 0)
        beside(ax, name, (1, place), away, within=ax.get_yaxis_transform(), va="center", fontsize=9)
    column.hlines(range(len(shown)), 0, column.get_xlim()[1], color=PALE, linewidth=0.8, zorder=1)
    column.set(yticks=[], xlabel=wrapped(words.label("cv"), 16))
    column.locator_params(axis="x", nbins=3)
    number_ticks(column.xaxis, words)
    return column


def _panel(panel: Axes, words: Words, rows: pd.DataFrame, end: int) -> None:
    rows = rows.sort_values("month_number")
    for year, first in (("before", end - 2 * YEAR + 1), ("now", end - YEAR + 1)):
        colour, line, marker = YEARS[year]
        part = rows[rows["month_number"].between(first, first + YEAR - 1)]
        panel.plot(
            part["month_number"] - first, part["revenue"], color=colour, linestyle=line, marker=marker, markersize=3.5,
            linewidth=1.6,
        )  # fmt: skip
    places = range(0, YEAR, 3)
    panel.set_xticks(places, [_month_name(words, end - YEAR + 1 + place) for place in places])
    panel.set_xlim(-0.5, YEAR - 0.5)
    panel.set_ylim(*_limits(rows["revenue"]))
    panel.axhline(0, color=QUIET, linewidth=0.8)
    panel.grid(color=PALE)
    panel.locator_params(axis="y", nbins=4)
    number_ticks(panel.yaxis, words)
    close_axes(panel, None)


def _limits(revenue: pd.Series) -> tuple[float, float]:
    """Return limits that show zero, so that swings are seen against the whole."""
    known = [0.0, *revenue.dropna()]
    low, high = min(known), max(known)
    room = 0.08 * ((high - low) or 1)
    return low - (room if low < 0 else 0), high + room


def _stamp(number: int) -> pd.Timestamp:
    return pd.Timestamp(number // YEAR, number % YEAR + 1, 1)


def _month_name(words: Words, number: int) -> str:
    return words.month(_stamp(number)).split()[0]


def _entitle(first: Axes, words: Words, title: str | None, end: int, *, is_before_known: bool) -> None:
    """Put the finding and the two years above the panels; they are wider than the first, and the layout needs their height."""
    handles = []
    for year, last in (("now", end), ("before", end - YEAR))[: 1 + is_before_known]:
        colour, line, marker = YEARS[year]
        label = f"{words.month(_stamp(last - YEAR + 1))} – {words.month(_stamp(last))}"
        handles.append(Line2D([], [], color=colour, linestyle=line, marker=marker, markersize=4, label=label))
    above = first.transAxes + ScaledTranslation(0, PANEL_NAME / POINTS, first.figure.dpi_scale_trans)
    legend = first.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0, 1), bbox_transform=above, ncols=2, borderaxespad=0.3
    )
    lines = wrapped(title or " ", TITLE_WIDTH).split("\n")
    place = {"place": (0, 1), "away": (0, PANEL_NAME + LEGEND), "within": first.transAxes, "fontsize": 13, "fontweight": "bold"}
    finding = beside(first, "\n".join(lines), **place)
    beside(first, "\n".join(" " for _ in lines), **place)
    for wider in (legend, finding):
        wider.set_in_layout(False)
