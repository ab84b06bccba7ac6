"""Economics of clients (M21): what cohorts have brought by age, how many clients stay, what keeping more is worth."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.ticker import MaxNLocator

from clientbase.errors import require
from clientbase.figures.beside import beside
from clientbase.figures.house import (
    HEAT,
    INK,
    NEUTRAL,
    PALE,
    QUIET,
    close_axes,
    empty,
    house_style,
    number_ticks,
    open_axes,
    percent_ticks,
)
from clientbase.words import Words

GAINED = "#d55e00"  # the step that is asked about
MARKERS = "os^DvPX*"  # a cohort shows without colour too
MOST_COHORTS = 10
MARKS = 8  # markers on a long curve
LEAST_MONTHS = 6  # of the axis of age
PALEST = 0.32  # of the colours of the cohorts, oldest first
MOST_LABELS, MOST_NAMES = 12, 8  # windows whose numbers, and whose months, find room


def payback_curves(table: pd.DataFrame, words: Words, *, cost: float, title: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw contribution_per_client of cumulative_by_cohort against age, a curve for each cohort.

    The dashed line is cost, the mean cost of winning a client (money; NaN draws none): where a curve crosses it, an average
    client of that cohort has repaid. Of many cohorts the latest are drawn, the others counted.
    """
    require(table, "cohort_curves", ["cohort", "age_months", "n_clients", "contribution_per_client"])
    with house_style():
        ax = open_axes(ax)
        if table.empty:
            empty(ax, words)
            return close_axes(ax, title)
        cohorts = sorted(table["cohort"].unique())
        shown = cohorts[-MOST_COHORTS:]
        for place, (cohort, colour) in enumerate(zip(shown, _colours(len(shown)), strict=True)):
            _curve(ax, words, table[table["cohort"] == cohort], colour, MARKERS[place % len(MARKERS)])
        if not np.isnan(cost):
            label = words.text("winning a client: {x}", x=words.money(cost))
            ax.axhline(cost, color=INK, linewidth=1.4, linestyle=(0, (5, 3)), label=label, zorder=2)
        _payback_frame(ax, words, n_left_out=len(cohorts) - len(shown))
        return close_axes(ax, title)


def retention_years(table: pd.DataFrame, words: Words, *, title: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw retention of retention_by_year as points over its pairs of windows, with the bars of their intervals."""
    columns = ["period_end", "n_before", "n_kept", "retention", "retention_low", "retention_high"]
    require(table, "retention_years", columns)
    with house_style():
        ax = open_axes(ax, size=(9.0, 4.2))
        drawn = table[table["retention"].notna()]
        if drawn.empty:
            empty(ax, words)
            return close_axes(ax, title)
        rates, places = drawn["retention"].to_numpy(dtype=float), np.arange(len(drawn))
        bars = np.abs([rates - drawn["retention_low"], drawn["retention_high"] - rates])
        ax.errorbar(
            places, rates, bars, fmt="o", color=NEUTRAL, ecolor=QUIET, markersize=9, capsize=6, elinewidth=1.6, clip_on=False
        )
        if len(drawn) <= MOST_LABELS:
            _rates(ax, words, drawn)
        _years_frame(ax, words, drawn)
        return close_axes(ax, title)


def value_of_retention(
    table: pd.DataFrame, words: Words, *, own: float, title: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw lifetime_value of value_by_retention; own (0..1, NaN marks nothing) is the base's rate, with the step beside it."""
    columns = ["retention", "lifetime_value", "retention_after", "value_after", "effect_share", "is_own"]
    require(table, "values", columns)
    with house_style():
        ax = open_axes(ax)
        if table.empty:
            empty(ax, words)
            return close_axes(ax, title)
        ax.plot(table["retention"], table["lifetime_value"], color=NEUTRAL, linewidth=2.4, zorder=3)
        marked = table[table["is_own"]]
        if len(marked) and not np.isnan(own):
            _own(ax, words, marked.iloc[0], own)
        ax.set_xlim(0, 1.02)
        ax.set_ylim(0, table["lifetime_value"].max() * 1.08)
        percent_ticks(ax.xaxis, words)
        number_ticks(ax.yaxis, words)
        ax.grid(color=PALE)
        ax.set(xlabel=words.label("retention"), ylabel=words.heading("lifetime_value"))
        return close_axes(ax, title)


# -- payback -------------------------------------------------------------------------------------------------------------
def _colours(n: int) -> list[str]:
    """Return n colours from pale to dark, for cohorts from old to young."""
    return [to_hex(HEAT(place)) for place in np.linspace(PALEST, 1, n)] if n > 1 else [NEUTRAL]


def _curve(ax: Axes, words: Words, cohort: pd.DataFrame, colour: str, marker: str) -> None:
    """Draw one cohort; a long curve has few markers, its end among them."""
    n = len(cohort)
    marks = sorted({round(place) for place in np.linspace(0, n - 1, min(n, MARKS))})
    clients = words.text("{n} {n:client|clients}", n=int(cohort["n_clients"].iloc[0]))
    ax.plot(
        cohort["age_months"], cohort["contribution_per_client"], color=colour, marker=marker, markevery=marks, markersize=6,
        linewidth=2, label=f"{words.category('cohort', cohort['cohort'].iloc[0])} · {clients}", zorder=3,
    )  # fmt: skip


def _payback_frame(ax: Axes, words: Words, *, n_left_out: int) -> None:
    ax.axhline(0, color=QUIET, linewidth=0.8)
    if ax.dataLim.y0 >= 0:
        ax.set_ylim(bottom=0)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True))
    ax.set_xlim(0, 1.03 * max(LEAST_MONTHS, ax.dataLim.x1))
    number_ticks(ax.yaxis, words)
    ax.grid(color=PALE)
    label = words.label("age_months")
    note = words.text("not drawn: {n} earlier {n:cohort|cohorts}", n=n_left_out)
    ax.set_xlabel(f"{label}\n{note}" if n_left_out else label)
    ax.set_ylabel(words.heading("contribution_per_client"))
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1), borderaxespad=0.2)


# -- retention -----------------------------------------------------------------------------------------------------------
def _rates(ax: Axes, words: Words, drawn: pd.DataFrame) -> None:
    """Write each rate and the clients behind it above its bar."""
    for place, row in enumerate(drawn.itertuples()):
        counts = words.text("{n} of {total}", n=words.whole(row.n_kept), total=words.whole(row.n_before))
        text = f"{words.percent(row.retention)}\n{counts}"
        beside(ax, text, (place, row.retention_high), (0, 6), ha="center", va="bottom", fontsize=9.5)


def _years_frame(ax: Axes, words: Words, drawn: pd.DataFrame) -> None:
    """Name the windows by their last month, every so many of them when they are many."""
    every = -(-len(drawn) // MOST_NAMES)
    places = range(len(drawn) - 1, -1, -every)
    ax.set_xticks(list(places), [words.month(drawn["period_end"].iloc[place]) for place in places])
    ax.set_xlim(-0.6, len(drawn) - 0.4)
    ax.set_ylim(0, 1.2)
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1])
    percent_ticks(ax.yaxis, words)
    ax.grid(axis="y", color=PALE)
    ax.set(xlabel=words.label("period_end"), ylabel=words.label("retention"))


def _own(ax: Axes, words: Words, row: pd.Series, own: float) -> None:
    """Mark the base's own rate and, where there is room for it, the step; the curve leaves the upper left corner free."""
    label = words.text("now: {r}, {v}", r=words.percent(own), v=words.money(row["lifetime_value"]))
    look = {"linestyle": "none", "markeredgecolor": "white", "zorder": 5, "clip_on": False}
    ax.plot([own], [row["lifetime_value"]], marker="o", markersize=10, color=INK, label=label, **look)
    if not np.isnan(row["effect_share"]):
        after, gain = words.percent(row["retention_after"]), words.percent(row["effect_share"])
        label = words.text("at {r}: {u} more", r=after, u=gain)
        ax.plot([row["retention_after"]], [row["value_after"]], marker="D", markersize=9, color=GAINED, label=label, **look)
    ax.legend(loc="upper left")
