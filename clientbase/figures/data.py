"""The data (M00): what was read, month by month."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from clientbase.errors import require
from clientbase.figures.bars import many_bars
from clientbase.figures.house import MUTED, NEUTRAL, PALE, QUIET, close_axes, empty, house_style, number_ticks, open_axes
from clientbase.words import Words

MOST_TICKS = 10


def monthly_revenue(months: pd.DataFrame, words: Words, *, title: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the revenue of each month, those of the analysed window in full colour; a month without a row stays a gap.

    Args:
        months: one row per month (its first day): revenue (money), is_window.
        words: language and currency.
        title: the finding.
        ax: axes to draw on.
    """
    require(months, "monthly revenue", ["month", "revenue", "is_window"])
    with house_style():
        ax = open_axes(ax)
        if months.empty:
            empty(ax, words)
            return close_axes(ax, title)
        stamps = pd.to_datetime(months["month"])
        places = stamps.dt.year * 12 + stamps.dt.month - 1
        colours = months["is_window"].map({True: NEUTRAL, False: MUTED})
        revenue = months["revenue"].fillna(0).to_numpy(dtype=float)
        many_bars(ax, places.to_numpy(), revenue, 0.8, is_upright=True, facecolors=colours.tolist())
        _month_ticks(ax, words, int(places.min()), int(places.max()))
        ax.axhline(0, color=QUIET, linewidth=0.8)
        ax.grid(axis="y", color=PALE)
        number_ticks(ax.yaxis, words)
        ax.set_ylabel(words.heading("revenue"))
        kinds = [(NEUTRAL, "window"), (MUTED, "other_months")]
        handles = [Patch(color=colour, label=words.label(name)) for colour, name in kinds if colour in set(colours)]
        ax.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.3)
        return close_axes(ax, title, room=20)


def _month_ticks(ax: Axes, words: Words, first: int, last: int) -> None:
    """Name at most ten months, counted back from the last, where the reader looks first."""
    step = next(step for step in (1, 2, 3, 6, 12, 24, 60, 120, 1200) if (last - first) / step < MOST_TICKS)
    places = list(range(last, first - 1, -step))
    names = [words.month(pd.Timestamp(place // 12, place % 12 + 1, 1)).replace(" ", "\n", 1) for place in places]
    ax.set_xticks(places, names)
    ax.set_xlim(first - 0.6, max(last, first + 3) + 0.6)
