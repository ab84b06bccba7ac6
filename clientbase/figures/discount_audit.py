"""Discount audit (M15): discounts against the margin they left, by client and by depth, and needed growth against what came."""

from math import ceil

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from clientbase.errors import require
from clientbase.figures.beside import at_ends
from clientbase.figures.house import (
    INK,
    MUTED,
    NEUTRAL,
    PALE,
    QUIET,
    close_axes,
    empty,
    house_style,
    number_ticks,
    open_axes,
    percent_ticks,
    shortened,
    wrapped,
)
from clientbase.words import Words

LOSS = "#d55e00"  # a band that loses money
VERDICT_LOOKS = {  # colour and marker: what a verdict is shows without colour too
    "leaves more than it takes": (NEUTRAL, "o"),
    "takes more than it leaves": ("#e69f00", "s"),
    "sold at a loss": ("#d55e00", "v"),
    "loss at list too": ("#882255", "D"),
    "no discount": (MUTED, "o"),
}
OUTCOME_LOOKS = {
    "came": (NEUTRAL, "o"),
    "did not come": ("#d55e00", "v"),
    "price rise held": ("#56b4e9", "^"),
    "price rise cost volume": ("#e69f00", "s"),
    "impossible by volume": (INK, "X"),
}
LINE = {"color": INK, "linewidth": 1.4, "linestyle": (0, (5, 3))}

AREAS = ((30, 420.0), (200, 180.0), (float("inf"), 90.0))  # up to n clients: area of the largest, square points
SMALLEST = 16.0
LEAST_RATE, MOST_RATE = -1.0, 1.0  # margin rates beyond are drawn on the edge
LEAST_DISCOUNT, MOST_DISCOUNT = -0.5, 1.0
MOST_NAMED, NAME, GAP = 5, 22, 0.075  # losers named; characters of a name; distance of two names, part of the axes

MARKERS = ((60, 55.0, 0.9), (300, 34.0, 0.75), (float("inf"), 20.0, 0.6))  # up to n clients: size, opacity
MOST_FACTOR = 20.0  # volume that grew or fell by more is drawn on the edge
FACTORS = (1, 2, 0.5, 5, 0.2, 10, 0.1, 20, 0.05, 1.5, 0.75, 1.25, 0.9, 1.1)  # ticks, the first ones rather
LEAST_SPAN = 1.5  # from the least to the most factor
TICK_GAP = 0.12  # part of the axis that a tick's text needs
GOLDEN = (5**0.5 - 1) / 2
NOTE_WIDTH = 90  # characters of a line below
CHARACTER, ROW = 6.2, 300.0  # points: width of a character of a bar's number, of the axes beside names


def discount_against_margin(audit: pd.DataFrame, words: Words, *, title: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw each client of discount_audit by discount_rate and the margin_rate it left, its revenue as the area.

    On the dashed line the discount is as large as the margin that was kept. The largest losers are named; clients beyond the
    picture stand on its edge and are counted below, as are those that cannot be drawn.
    """
    columns = ["client_id", "discount_rate", "margin_rate", "margin", "revenue", "audit_verdict"]
    require(audit, "discount_audit", columns)
    is_drawn = audit["audit_verdict"].isin(list(VERDICT_LOOKS)) & audit[["discount_rate", "margin_rate"]].notna().all(axis=1)
    drawn = audit[is_drawn]
    with house_style():
        ax = open_axes(ax, size=(9.0, 5.4))
        if drawn.empty:
            empty(ax, words)
            ax.set_xlabel(_audit_notes(words, len(audit), 0))
            return close_axes(ax, title)
        x = drawn["discount_rate"].clip(LEAST_DISCOUNT, MOST_DISCOUNT)
        y = drawn["margin_rate"].clip(LEAST_RATE, MOST_RATE)
        _audit_limits(ax, x, y)
        points = drawn.assign(x=x, y=y, area=_areas(drawn["revenue"]), kind=drawn["audit_verdict"].astype("str"))
        _clouds(ax, points, VERDICT_LOOKS, 0.75)
        _equal_line(ax)
        _losers(ax, words, points)
        n_beyond = int(((x != drawn["discount_rate"]) | (y != drawn["margin_rate"])).sum())
        _audit_frame(ax, words, _audit_notes(words, len(audit) - len(drawn), n_beyond))
        line = Line2D([], [], label=words.text("discount as large as the margin kept"), **LINE)
        room = _legend(ax, words, "audit_verdict", drawn["audit_verdict"], VERDICT_LOOKS, [line])
        return close_axes(ax, title, room=room)


def band_bars(table: pd.DataFrame, words: Words, *, title: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the margin of each row of band_table from above; beside it stand the lines and the share of revenue.

    A band that loses money has another colour and a hatch; one whose margin is not known has a dash for a bar.
    """
    require(table, "band_table", ["discount_band", "n_lines", "revenue_share", "margin", "is_loss"])
    with house_style():
        ax = open_axes(ax, size=(9.0, max(3.0, 1.7 + 0.42 * len(table))))
        if table.empty:
            empty(ax, words)
            return close_axes(ax, title)
        margin, is_loss = table["margin"].fillna(0).to_numpy(dtype=float), table["is_loss"].fillna(False).to_numpy(dtype=bool)
        places = np.arange(len(table))
        for rows, colour, hatch in ((~is_loss, NEUTRAL, None), (is_loss, LOSS, "///")):
            ax.barh(places[rows], margin[rows], 0.7, color=colour, hatch=hatch, edgecolor="white", linewidth=0.6)
        _band_texts(ax, words, table, margin)
        _band_frame(ax, words, table)
        return close_axes(ax, title)


def growth_needed_against_come(
    changes: pd.DataFrame, words: Words, *, title: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw each client of discount_change by the growth of volume it needs and the growth that came; on the line they agree.

    Axes are logarithmic in volume, so that halving and doubling are as far. Changes that no volume pays stand in the hatched
    strip at the right. Points beyond the picture stand on its edge and are counted below, as are the clients not drawn.
    """
    require(changes, "discount_change", ["needed_growth_share", "actual_growth_share", "outcome"])
    drawn = changes[changes["outcome"].isin(list(OUTCOME_LOOKS))]
    with house_style():
        ax = open_axes(ax, size=(9.0, 5.4))
        if drawn.empty:
            empty(ax, words)
            ax.set_xlabel(_change_notes(words, len(changes), 0))
            return close_axes(ax, title)
        needed, actual = 1 + drawn["needed_growth_share"], 1 + drawn["actual_growth_share"]
        x, y = needed.clip(1 / MOST_FACTOR, MOST_FACTOR), actual.clip(1 / MOST_FACTOR, MOST_FACTOR)
        n_beyond = int(((x != needed) & needed.notna() | (y != actual)).sum())
        middle, step = _change_axes(ax, words, x, y)
        spread = middle * step ** (0.7 * ((np.arange(len(x)) * GOLDEN) % 1 - 0.5))
        _, size, opacity = next(look for look in MARKERS if len(drawn) <= look[0])
        x = x.where(x.notna(), spread)
        points = pd.DataFrame({"x": x, "y": y, "area": size, "kind": drawn["outcome"].astype("str")})
        _clouds(ax, points, OUTCOME_LOOKS, opacity)
        notes = _change_notes(words, len(changes) - len(drawn), n_beyond)
        label = f"{words.label('needed_growth_share')} ({words.label('log_scale')})"
        ax.set(xlabel=f"{label}\n{notes}".rstrip(), ylabel=words.label("actual_growth_share"))
        line = Line2D([], [], label=words.text("as much as needed"), **LINE)
        room = _legend(ax, words, "outcome", drawn["outcome"], OUTCOME_LOOKS, [line])
        return close_axes(ax, title, room=room)


# -- points and their legend ---------------------------------------------------------------------------------------------
def _clouds(ax: Axes, points: pd.DataFrame, looks: dict[str, tuple[str, str]], opacity: float) -> None:
    """Draw the points (x, y, area, kind) of each kind, small ones over large ones."""
    points = points.sort_values("area", ascending=False, kind="stable")
    for kind, (colour, marker) in looks.items():
        own = points[points["kind"] == kind]
        if len(own):
            ax.scatter(
                own["x"], own["y"], s=own["area"], c=colour, marker=marker, alpha=opacity, edgecolors="white", linewidths=0.5,
                zorder=3, clip_on=False,
            )  # fmt: skip


def _legend(
    ax: Axes, words: Words, column: str, kinds: pd.Series, looks: dict[str, tuple[str, str]], lines: list[Line2D]
) -> float:
    """Explain the kinds that occur, with their numbers, above the axes; return the room that takes, in points."""
    counts = kinds.astype("str").value_counts()
    handles = [
        Line2D(
            [], [], linestyle="", marker=marker, color=colour, markersize=8,
            label=f"{words.category(column, kind)}: {words.whole(counts[kind])}",
        )
        for kind, (colour, marker) in looks.items()
        if kind in counts.index
    ] + lines  # fmt: skip
    ax.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.3, handletextpad=0.5)
    return 6 + 16.5 * ceil(len(handles) / 2)


# -- discount and margin -------------------------------------------------------------------------------------------------
def _audit_limits(ax: Axes, x: pd.Series, y: pd.Series) -> None:
    """Set axes that show zero and every point, with room around."""
    for set_limits, values in ((ax.set_xlim, x), (ax.set_ylim, y)):
        least, most = min(values.min(), 0.0), max(values.max(), 0.05)
        room = 0.05 * (most - least)
        set_limits(least - room, most + room)


def _areas(revenue: pd.Series) -> pd.Series:
    largest = next(area for most, area in AREAS if len(revenue) <= most)
    return (revenue.clip(lower=0) / max(revenue.max(), 1e-9) * largest).clip(lower=SMALLEST).fillna(SMALLEST)


def _equal_line(ax: Axes) -> None:
    """Mark zero, and where the discount is as large as the margin: d of the list price against d / (1 - d) of what was paid."""
    ax.axhline(0, color=INK, linewidth=1.2, zorder=2)
    discount = np.linspace(0, min(ax.get_xlim()[1], 0.999), 200)
    rate = discount / (1 - discount)
    inside = rate <= ax.get_ylim()[1]
    ax.plot(discount[inside], rate[inside], zorder=2, **LINE)


def _losers(ax: Axes, words: Words, drawn: pd.DataFrame) -> None:
    """Name the largest losers at the right, in the order of their height, each tied to its point."""
    losers = drawn[drawn["margin"] < 0].nsmallest(MOST_NAMED, "margin").sort_values("y", ascending=False)
    if losers.empty:
        return
    names = losers["client_name"].fillna(losers["client_id"]) if "client_name" in losers else losers["client_id"]
    low, high = ax.get_ylim()
    heights = _apart((losers["y"].to_numpy(dtype=float) - low) / (high - low))
    for name, margin, x, y, height in zip(names, losers["margin"], losers["x"], losers["y"], heights, strict=True):
        tie = {"arrowstyle": "-", "color": QUIET, "linewidth": 0.7, "shrinkA": 0, "shrinkB": 3}
        ax.annotate("", (x, y), (1.015, height), textcoords="axes fraction", annotation_clip=False, arrowprops=tie)
        text = f"{shortened(name, NAME)}: {words.money(margin)}"
        ax.text(1.02, height, text, transform=ax.transAxes, ha="left", va="center", fontsize=9.5)


def _apart(heights: np.ndarray) -> np.ndarray:
    """Return falling heights moved no further than names need to lie apart, none under the axes."""
    places = np.arange(len(heights)) * GAP
    down = np.minimum.accumulate(heights + places) - places
    return np.maximum(down, places[::-1])


def _audit_frame(ax: Axes, words: Words, notes: str) -> None:
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 2.5, 5, 10]))
        percent_ticks(axis, words)
    ax.grid(color=PALE)
    area = words.text("bubble: {label}", label=f"{words.label('revenue').lower()}, {words.currency}")
    ax.set(xlabel=f"{words.label('discount_rate')} ({area})\n{notes}".rstrip(), ylabel=words.label("margin_rate"))


def _audit_notes(words: Words, n_left_out: int, n_beyond: int) -> str:
    notes = [_beyond(words, n_beyond)] if n_beyond else []
    if n_left_out:
        notes.append(words.text("not drawn: {n} {n:client|clients} without revenue or a known margin", n=n_left_out))
    return "\n".join(wrapped(note, NOTE_WIDTH) for note in notes)


def _beyond(words: Words, n: int) -> str:
    return words.text("drawn on the edge, since beyond it: {n} {n:client|clients}", n=n)


# -- bands ---------------------------------------------------------------------------------------------------------------
def _band_texts(ax: Axes, words: Words, table: pd.DataFrame, margin: np.ndarray) -> None:
    """Write the money at the end of each bar and, in a column at the right, how much is sold there."""
    texts = [words.money(money) for money in table["margin"]]
    at_ends(ax, margin, texts)
    for place, (n, part) in enumerate(zip(table["n_lines"], table["revenue_share"], strict=True)):
        sold = words.text("{n} {n:line|lines}, {share} of revenue", n=int(n), share=words.percent(part))
        ax.text(1.02, place, sold, transform=ax.get_yaxis_transform(), fontsize=9.5, va="center", color=QUIET)
    least, most = min(margin.min(), 0.0), max(margin.max(), 0.0)
    is_left, is_right = bool((margin < 0).any()), bool((margin >= 0).any())
    part = min((CHARACTER * max(map(len, texts)) + 8) / ROW, 0.3)
    room = (most - least or 1.0) * part / (1 - part * (is_left + is_right))
    ax.set_xlim(least - room * is_left, most + room * is_right)


def _band_frame(ax: Axes, words: Words, table: pd.DataFrame) -> None:
    ax.set_yticks(range(len(table)), [words.category("discount_band", str(band)) for band in table["discount_band"]])
    ax.set_ylim(max(len(table), 3) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.axvline(0, color=INK, linewidth=1.2)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=5))
    number_ticks(ax.xaxis, words)
    ax.grid(axis="x", color=PALE)
    ax.set(xlabel=words.heading("margin"), ylabel=words.label("discount_band"))


# -- growth --------------------------------------------------------------------------------------------------------------
def _change_axes(ax: Axes, words: Words, x: pd.Series, y: pd.Series) -> tuple[float, float]:
    """Set both axes, the line of equal growth and the strip; return the middle of the strip and its width as a factor."""
    (left, right), (low, high) = _span(x.dropna()), _span(y)
    step = (right / left) ** 0.14 if x.isna().any() else 1.0
    ax.set_xscale("log")
    ax.set_yscale("log")
    _growth_ticks(ax.xaxis, words, left, right)
    _growth_ticks(ax.yaxis, words, low, high)
    ends = max(left, low), min(right, high)
    ax.plot(ends, ends, zorder=2, **LINE)
    if step > 1:
        ax.axvspan(right, right * step, facecolor="#eef0f3", edgecolor=MUTED, hatch="///", linewidth=0, zorder=1)
    for line in (ax.axhline, ax.axvline):
        line(1, color=QUIET, linewidth=0.8, zorder=1)
    ax.grid(color=PALE)
    ax.set(xlim=(left, right * step), ylim=(low, high))
    return right * step**0.5, step


def _span(factors: pd.Series) -> tuple[float, float]:
    """Return ends around 1 and all factors, far enough from each other to have ticks."""
    least, most = (min(factors.min(), 1.0), max(factors.max(), 1.0)) if len(factors) else (1.0, 1.0)
    widen = max(1.0, LEAST_SPAN / (most / least)) ** 0.5 * (most / least) ** 0.05
    return least / widen, most * widen


def _growth_ticks(axis: Axis, words: Words, least: float, most: float) -> None:
    """Write factors of volume as growth: 2 is 100 %."""
    chosen: list[float] = []
    for factor in FACTORS:
        if least <= factor <= most and all(abs(np.log(factor / other)) > TICK_GAP * np.log(most / least) for other in chosen):
            chosen.append(factor)
    axis.set_major_locator(FixedLocator(sorted(chosen)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda factor, _: words.percent(round(factor - 1, 9))))


def _change_notes(words: Words, n_left_out: int, n_beyond: int) -> str:
    notes = [_beyond(words, n_beyond)] if n_beyond else []
    if n_left_out:
        notes.append(
            words.text("not drawn: {n} {n:client|clients} with the discount as before or no margin before", n=n_left_out)
        )
    return "\n".join(wrapped(note, NOTE_WIDTH) for note in notes)
