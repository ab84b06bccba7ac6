"""Robustness of the weighted score: how far other weights can move a client from the cut."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from clientbase.errors import require
from clientbase.figures.house import INK, PALE, close_axes, empty, house_style, number_ticks, open_axes, shortened
from clientbase.words import Words

COLOURS = {"always high": "#0072b2", "depends on weights": "#e69f00", "always low": "#882255"}
HATCHES = {"always high": None, "depends on weights": "///", "always low": "..."}
NAME = 28


def weight_ranges(
    robustness: pd.DataFrame, words: Words, *, n: int = 20, title: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw for the first n rows of score_robustness the range from lowest_gap to highest_gap, with the cut at zero.

    A bar that crosses the line belongs to a client whose side of the cut hangs on the weights.
    """
    require(robustness, "score_robustness", ["client_id", "lowest_gap", "highest_gap", "robustness"])
    drawn = robustness.head(n)
    with house_style():
        ax = open_axes(ax, size=(9.0, max(3.0, 1.8 + 0.34 * len(drawn))))
        if drawn.empty:
            empty(ax, words)
            return close_axes(ax, title)
        kinds = drawn["robustness"].astype(str)
        least = 0.004 * max(drawn["highest_gap"].max(), -drawn["lowest_gap"].min(), 1.0)  # a range of nothing is seen too
        bars = ax.barh(
            range(len(drawn)), (drawn["highest_gap"] - drawn["lowest_gap"]).clip(lower=least), 0.66, left=drawn["lowest_gap"],
            color=[COLOURS[kind] for kind in kinds], edgecolor="white", linewidth=0.6,
        )  # fmt: skip
        for bar, kind in zip(bars, kinds, strict=True):
            bar.set_hatch(HATCHES[kind])
        _frame(ax, words, drawn, kinds, len(robustness))
        return close_axes(ax, title, room=20)


def _frame(ax: Axes, words: Words, drawn: pd.DataFrame, kinds: pd.Series, n_rows: int) -> None:
    names = drawn["client_name"].fillna(drawn["client_id"]) if "client_name" in drawn else drawn["client_id"]
    ax.set_yticks(range(len(drawn)), [shortened(name, NAME) for name in names])
    ax.set_ylim(max(len(drawn), 3) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    least, most = min(drawn["lowest_gap"].min(), 0), max(drawn["highest_gap"].max(), 0)
    room = 0.04 * max(most - least, 0.1)
    ax.set_xlim(least - room, most + room)
    ax.axvline(0, color=INK, linewidth=1.2, linestyle=(0, (5, 3)))
    ax.grid(axis="x", color=PALE)
    number_ticks(ax.xaxis, words)
    cut = words.text("first {shown} of {total}", shown=len(drawn), total=n_rows)
    label = words.label("gap_to_cut")
    ax.set_xlabel(f"{label} ({cut})" if n_rows > len(drawn) else label)
    handles = [
        Patch(facecolor=colour, hatch=HATCHES[kind], edgecolor="white", label=words.category("robustness", kind))
        for kind, colour in COLOURS.items()
        if kind in set(kinds)
    ]
    ax.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0.3)
