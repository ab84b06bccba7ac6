"""Portrait of the target client (M13): how much more often a value, and how much more of a number, the best clients have."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from matplotlib.transforms import offset_copy

from clientbase.errors import require
from clientbase.figures.beside import beside
from clientbase.figures.house import (
    INK,
    NEUTRAL,
    PALE,
    QUIET,
    close_axes,
    empty,
    house_style,
    open_axes,
    shortened,
)
from clientbase.method.common import TOLERANCE
from clientbase.words import Words

LOOKS = {  # the line's kind shows by shape and filling too
    "portrait": {"marker": "o", "color": NEUTRAL, "markerfacecolor": NEUTRAL, "markersize": 9},
    "hint": {"marker": "o", "color": NEUTRAL, "markerfacecolor": "white", "markersize": 8, "markeredgewidth": 1.8},
    "no difference": {"marker": "d", "color": QUIET, "markerfacecolor": "#b4bcc6", "markersize": 6},
}
NAME = 40  # characters of a line: an attribute with its value, or each of them where together they are longer
LEAST_ROWS = 3  # a single line does not fill the picture
HEAD = 40  # points between axes and title for the legend and, under it, the heading of the counts
LIFTS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
LEAST_LIFT = 0.4  # the axis shows both sides of 1


def lift_dots(
    lines: pd.DataFrame, words: Words, *, lift_from: float, n: int = 20, title: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the lift (log) of the first n category lines of portrait_lines, with their counts at the right.

    A value that no target client has stands on the left edge, at 0; values without a lift are left out.
    """
    columns = ["attribute", "attribute_kind", "trait", "n_target", "target_size", "n_base", "base_size", "lift", "line_kind"]
    require(lines, "portrait_lines", columns)
    known = lines[(lines["attribute_kind"] == "category") & lines["lift"].notna()]
    drawn = known.head(n)
    names = [_value_label(*pair, words) for pair in zip(drawn["attribute"], drawn["trait"], strict=True)]
    with house_style():
        ax = open_axes(ax, size=_size(names))
        if drawn.empty:
            empty(ax, words)
            return close_axes(ax, title)
        edge = _lift_axis(ax, words, drawn["lift"], lift_from)
        _dots(ax, words, drawn, drawn["lift"].where(drawn["lift"] > TOLERANCE, edge), start=1)
        _rows(ax, names, [_counts(line, words) for line in drawn.to_dict("records")])
        _frame(ax, 1, [lift_from], head=words.text("target clients · all clients"))
        _x_label(ax, words, f"{words.label('lift')} ({words.label('log_scale')})", len(drawn), len(known))
        return close_axes(ax, title, room=HEAD)


def delta_dots(
    lines: pd.DataFrame, words: Words, *, delta_from: float, n: int = 20, title: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw Cliff's delta of the first n number lines of portrait_lines, with the medians of both sides at the right.

    Numbers that one side lacks have no delta and are left out.
    """
    columns = ["attribute", "attribute_kind", "median_target", "median_rest", "cliffs_delta", "line_kind"]
    require(lines, "portrait_lines", columns)
    known = lines[(lines["attribute_kind"] == "number") & lines["cliffs_delta"].notna()]
    drawn = known.head(n)
    names = [shortened(words.label(attribute), NAME) for attribute in drawn["attribute"]]
    with house_style():
        ax = open_axes(ax, size=_size(names))
        if drawn.empty:
            empty(ax, words)
            return close_axes(ax, title)
        ax.set_xlim(-1.05, 1.05)
        ax.set_xticks([-1, -0.5, 0, 0.5, 1])
        ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: words.number(x, 1)))
        _dots(ax, words, drawn, drawn["cliffs_delta"], start=0)
        _rows(ax, names, [_medians(line, words) for line in drawn.to_dict("records")])
        _frame(ax, 0, [-delta_from, delta_from], head=words.text("medians: target clients · the rest"))
        sides = words.text("← target clients have less · more →")
        _x_label(ax, words, f"{words.label('cliffs_delta')}\n{sides}", len(drawn), len(known))
        return close_axes(ax, title, room=HEAD)


def _size(names: Sequence[str]) -> tuple[float, float]:
    row = 0.46 if any("\n" in name for name in names) else 0.36
    return 9.0, 2.1 + row * max(len(names), LEAST_ROWS)


def _lift_axis(ax: Axes, words: Words, lifts: pd.Series, lift_from: float) -> float:
    """Set the logarithmic axis and return where a lift of 0 is put."""
    positive = lifts[lifts > TOLERANCE]
    low, high = min([LEAST_LIFT, *positive]), max([1.5 * lift_from, *positive])
    has_zero = len(positive) < len(lifts)
    edge = low / 1.8
    ax.set_xscale("log")
    ax.set_xlim(edge / 1.25 if has_zero else low / 1.15, high * 1.15)
    ticks = [x for x in LIFTS if low / 1.1 <= x <= high * 1.1]
    ax.xaxis.set_major_locator(FixedLocator([edge, *ticks] if has_zero else ticks))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: words.compact(0.0 if x < low / 1.5 else float(f"{x:.3g}"))))
    return edge


def _dots(ax: Axes, words: Words, drawn: pd.DataFrame, places: pd.Series, *, start: float) -> None:
    """Draw a dot and its stem from start for each line, from above, and explain the kinds that occur."""
    kinds = drawn["line_kind"].astype(str).to_numpy()
    for kind, look in LOOKS.items():
        rows = [row for row, name in enumerate(kinds) if name == kind]
        if rows:
            ends = places.iloc[rows]
            ax.hlines(rows, start, ends, color=look["color"], linewidth=1.4, alpha=0.5)
            ax.plot(ends, rows, linestyle="none", zorder=3, clip_on=False, **look)
    handles = [
        Line2D([], [], linestyle="none", label=words.category("line_kind", kind), **LOOKS[kind])
        for kind in LOOKS
        if kind in set(kinds)
    ]
    above = offset_copy(ax.transAxes, ax.figure, y=16, units="points")
    ax.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        bbox_transform=above,
        ncols=3,
        borderaxespad=0.3,
        handletextpad=0.2,
    )


def _rows(ax: Axes, names: Sequence[str], notes: Sequence[str]) -> None:
    """Name the rows at the left and write their numbers at the right."""
    ax.set_ylim(max(len(names), LEAST_ROWS) - 0.5, -0.6)
    ax.set_yticks(range(len(names)), names)
    ax.tick_params(axis="y", length=0)
    for row, note in enumerate(notes):
        beside(ax, note, (1, row), (10, 0), within=ax.get_yaxis_transform(), va="center", fontsize=9.5)


def _frame(ax: Axes, equal: float, bounds: Sequence[float], *, head: str) -> None:
    """Mark where there is no difference and from where it is strong, and head the numbers at the right."""
    ax.axvline(equal, color=INK, linewidth=1)
    for x in bounds:
        ax.axvline(x, color=QUIET, linewidth=1.2, linestyle=(0, (5, 3)))
    ax.grid(axis="y", color=PALE)
    ax.spines["left"].set_visible(False)
    beside(ax, head, (1, 1), (10, 4), within=ax.transAxes, va="bottom", fontsize=9.5, color=QUIET)


def _x_label(ax: Axes, words: Words, label: str, n_drawn: int, n_lines: int) -> None:
    note = words.text("first {shown} of {total}", shown=n_drawn, total=n_lines)
    ax.set_xlabel(f"{label}\n{note}" if n_drawn < n_lines else label, labelpad=8)


def _value_label(attribute: str, value: str, words: Words) -> str:
    """Return an attribute with its value, on one line or, when that is too long, on two."""
    label = words.label(attribute)
    name = words.text(value) if value in ("yes", "no") else words.category(attribute, value)
    whole = f"{label}: {name}"
    return whole if len(whole) <= NAME else f"{shortened(label, NAME - 1)}:\n{shortened(name, NAME)}"


def _counts(line: dict, words: Words) -> str:
    ours = words.text("{n} of {total}", n=line["n_target"], total=line["target_size"])
    return f"{ours} · {words.text('{n} of {total}', n=line['n_base'], total=line['base_size'])}"


def _medians(line: dict, words: Words) -> str:
    return " · ".join(words.value(line["attribute"], line[side], unit=False) for side in ("median_target", "median_rest"))
