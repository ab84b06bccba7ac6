"""Flow separation (M01): the profit that flows bring against the time they take."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from clientbase.errors import require
from clientbase.figures.house import (
    PALE,
    QUIET,
    close_axes,
    empty,
    flow_colours,
    house_style,
    ink_on,
    open_axes,
    percent_ticks,
    shortened,
)
from clientbase.words import Words

BAR = 0.5
LABEL_FROM = 0.07  # of the picture's width: narrower segments hold no label, the table beside the picture tells them


def profit_and_time(flows: pd.DataFrame, words: Words, *, title: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw profit_share and time_share of flow_table as two bars of 100 %, each flow's segments joined by lines.

    Revenue takes the place of profit when profit is not known; without recorded time there is one bar. A flow that
    makes a loss lies left of zero.
    """
    require(flows, "flow_table", ["flow", "revenue_share", "profit_share", "time_share"])
    with house_style():
        ax = open_axes(ax)
        top = "revenue_share" if flows["profit_share"].isna().all() else "profit_share"
        columns = [column for column in (top, "time_share") if flows[column].notna().any()]
        colours = flow_colours(flows["flow"])
        ends = [_stack(ax, words, flows, column, -place, colours) for place, column in enumerate(columns)]
        if len(ends) == 2:
            _join(ax, *ends, [colours[flow] for flow in flows["flow"]])
        _frame(ax, words, flows, columns, colours)
        return close_axes(ax, title)


def _stack(
    ax: Axes, words: Words, flows: pd.DataFrame, column: str, place: int, colours: dict[str, str]
) -> list[tuple[float, float]]:
    """Draw one bar and return where each flow's segment begins and ends; losses are stacked left of zero."""
    right = left = 0.0
    narrow = LABEL_FROM * max(flows[column].abs().sum(), 1.0)
    ends = []
    for flow, share in zip(flows["flow"], flows[column].fillna(0.0), strict=True):
        start = right if share >= 0 else left
        ax.barh(place, share, BAR, left=start, color=colours[flow], edgecolor="white", linewidth=1.5)
        if abs(share) >= narrow:
            ax.text(
                start + share / 2,
                place,
                words.percent(share),
                ha="center",
                va="center",
                color=ink_on(colours[flow]),
                fontweight="bold",
            )
        right, left = (start + share, left) if share >= 0 else (right, start + share)
        ends.append((start, start + share))
    return ends


def _join(ax: Axes, upper: list[tuple[float, float]], lower: list[tuple[float, float]], colours: list[str]) -> None:
    for above, below, colour in zip(upper, lower, colours, strict=True):
        ax.fill_betweenx(
            [-BAR / 2, BAR / 2 - 1], [above[0], below[0]], [above[1], below[1]], color=colour, alpha=0.12, linewidth=0
        )
        ax.plot([above[1], below[1]], [-BAR / 2, BAR / 2 - 1], color=colour, linewidth=1.5)


def _frame(ax: Axes, words: Words, flows: pd.DataFrame, columns: list[str], colours: dict[str, str]) -> None:
    if not columns:
        empty(ax, words)
        return
    ax.set_yticks([-place for place in range(len(columns))], [words.label(column) for column in columns])
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(0.5 - len(columns), 0.5)
    ax.set_xlim(min(0.0, *(flows[column].clip(upper=0).sum() for column in columns)), None)
    ax.axvline(0, color=QUIET, linewidth=0.8)
    ax.grid(axis="x", color=PALE)
    ax.spines["left"].set_visible(False)
    percent_ticks(ax.xaxis, words)
    ax.set_xlabel(words.label("share_of_total"))
    names = [shortened(words.category("flow", flow), 24) for flow in flows["flow"]]
    handles = [Line2D([], [], color=colours[flow], linewidth=8) for flow in flows["flow"]]
    ax.legend(handles, names, loc="upper left", bbox_to_anchor=(1.0, 1.0))
