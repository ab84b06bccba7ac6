"""Profit parity (M15): the line of equal profit, and the offers of a client against what its discount costs."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from clientbase.errors import require
from clientbase.figures.beside import beside
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
)
from clientbase.words import Words

POINT, LOSS = "#d55e00", "#d55e00"  # the client on the line of profit; what an offer costs and what is lacking
LEAST_TOP, MOST_TOP = 1.0, 3.0  # growth up to which the line is followed; a wider headroom is only named
NAME = 34
CHARACTER, ROW = 6.0, 440.0  # points: width of a character of a bar's number, of the axes beside names
MOST_LABELS = 0.45  # part of the axes that the numbers may take


def iso_profit_curve(
    curve: pd.DataFrame,
    words: Words,
    *,
    limit: float,
    discount: float,
    growth: float,
    headroom: float,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw parity_curve: the growth that each discount needs; above the line profit rises, below it falls.

    limit is the result of discount_limit: from there no volume helps, and the picture is hatched. discount and growth are what
    the client asks and offers, headroom what it has room for; those that are missing are not drawn.
    """
    require(curve, "parity_curve", ["discount_share", "needed_growth_share", "volume_verdict"])
    with house_style():
        ax = open_axes(ax)
        if curve.empty:
            empty(ax, words)
            return close_axes(ax, title)
        drawn = curve[curve["needed_growth_share"].notna()]
        left, right, top = _extent(ax, curve, drawn, limit, discount, growth, headroom)
        if len(drawn):
            ax.plot(
                drawn["discount_share"], drawn["needed_growth_share"], color=NEUTRAL, linewidth=2.4, zorder=3,
                label=words.text("line of equal profit"), marker="o" if len(drawn) == 1 else None,
            )  # fmt: skip
            _sides(ax, words, min(limit, right))
        _headroom(ax, words, headroom, top)
        _client(ax, words, discount, growth)
        _impossible(ax, words, curve, limit if len(drawn) else left, right)
        _curve_frame(ax, words)
        return close_axes(ax, title, room=38)


def offers_waterfall(ledger: pd.DataFrame, words: Words, *, title: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw offers from above: what the discount costs, each offer on top of those before, and what they come to.

    What is lacking is hatched. An offer that counts only in part shows what it would be in full; one that is not known has a
    dash for a bar.
    """
    require(ledger, "offers", ["offer_kind", "amount", "realised", "cumulative", "need", "ledger_gap"])
    with house_style():
        ax = open_axes(ax, size=(9.0, max(3.2, 2.2 + 0.42 * len(ledger))))
        if ledger.empty:
            empty(ax, words)
            return close_axes(ax, title)
        need = float(ledger["need"].iloc[0])
        known = ledger[ledger["cumulative"].notna()]
        texts = [words.money(need), *_offer_texts(words, ledger), _total_text(words, known)]
        ends = _steps(ax, ledger, known, need)
        for place, (end, text) in enumerate(zip(ends, texts, strict=True)):
            plate = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
            beside(ax, text, (end, place), (5, 0), fontsize=9.5, va="center", bbox=plate)
        _ledger_frame(ax, words, ledger, need, ends, texts)
        return close_axes(ax, title)


# -- the line of equal profit --------------------------------------------------------------------------------------------
def _extent(
    ax: Axes, curve: pd.DataFrame, drawn: pd.DataFrame, limit: float, discount: float, growth: float, headroom: float
) -> tuple[float, float, float]:
    """Set the ends of the axes, wide enough for the client and a little of what is impossible; return left, right, top."""
    left = min(curve["discount_share"].min(), 0.0)
    ends = np.array([curve["discount_share"].max(), limit * 1.12, discount * 1.1])
    right = max(float(np.nanmin(ends[:2])), float(np.nan_to_num(ends[2])), left + 0.01)
    heights = np.array([LEAST_TOP, growth * 1.25, headroom * 1.15 if headroom * 1.15 <= MOST_TOP else np.nan])
    top = float(np.nanmax(heights))
    bottom = min(drawn["needed_growth_share"].min() if len(drawn) else 0.0, np.nan_to_num(growth), 0.0)
    ax.set_xlim(left, right)
    ax.set_ylim(bottom * 1.1 if bottom < 0 else 0, top)
    return left, right, top


def _impossible(ax: Axes, words: Words, curve: pd.DataFrame, start: float, right: float) -> None:
    """Hatch the discounts that no growth earns; the last row of the curve says why."""
    if start < right:
        ax.axvspan(
            start, right, facecolor="#eef0f3", edgecolor=MUTED, hatch="///", linewidth=0, zorder=1,
            label=words.category("volume_verdict", str(curve["volume_verdict"].iloc[-1])),
        )  # fmt: skip


def _sides(ax: Axes, words: Words, right: float) -> None:
    """Say on which side of the line the profit rises."""
    plate = {"boxstyle": "round,pad=0.25", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
    look = {"fontsize": 10, "color": QUIET, "bbox": plate, "zorder": 4, "within": ax.get_xaxis_transform()}
    left = ax.get_xlim()[0]
    beside(ax, words.text("profit rises"), (left, 1), (8, -8), ha="left", va="top", **look)
    beside(ax, words.text("profit falls"), (right, 0), (-8, 8), ha="right", va="bottom", **look)


def _headroom(ax: Axes, words: Words, headroom: float, top: float) -> None:
    if np.isnan(headroom):
        return
    is_inside, x = headroom <= top, words.percent(headroom)
    label = words.text("headroom {x}", x=x) if is_inside else words.text("headroom {x}, above the picture", x=x)
    ax.axhline(
        headroom if is_inside else np.nan, color=INK, linewidth=1.4, linestyle=(0, (5, 3)), zorder=3, label=label,
    )  # fmt: skip


def _client(ax: Axes, words: Words, discount: float, growth: float) -> None:
    if np.isnan(discount + growth):
        return
    label = words.text("client: discount {d}, growth {x}", d=words.percent(discount), x=words.percent(growth))
    ax.plot(
        [discount], [growth], "D", markersize=10, color=POINT, markeredgecolor="white", zorder=6, clip_on=False, label=label
    )


def _curve_frame(ax: Axes, words: Words) -> None:
    percent_ticks(ax.xaxis, words)
    percent_ticks(ax.yaxis, words)
    ax.grid(color=PALE)
    ax.axhline(0, color=QUIET, linewidth=0.8)
    ax.set(xlabel=words.label("discount_share"), ylabel=words.text("Growth of volume"))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.3)


# -- the ledger ----------------------------------------------------------------------------------------------------------
def _offer_texts(words: Words, ledger: pd.DataFrame) -> list[str]:
    """Return the numbers beside the bars."""
    pairs = list(zip(ledger["realised"], ledger["amount"], strict=True))
    return [
        words.text("{x} of {total}", x=words.money(realised), total=words.money(amount))
        if abs(amount - realised) >= 0.005
        else words.money(realised)
        for realised, amount in pairs
    ]


def _total_text(words: Words, known: pd.DataFrame) -> str:
    """Return what the offers come to and, below it, what is lacking or left over."""
    if known.empty:
        return words.money(None)
    total, gap = known["cumulative"].iloc[-1], known["ledger_gap"].iloc[-1]
    x = words.money(abs(gap))
    rest = words.text("short by {x}", x=x) if gap < 0 else words.text("{x} more than needed", x=x)
    return words.money(total) if abs(gap) < 0.005 else f"{words.money(total)}\n{rest}"


def _steps(ax: Axes, ledger: pd.DataFrame, known: pd.DataFrame, need: float) -> list[float]:
    """Draw the need, the offers and their total; return where the number of each row stands."""
    total = known["cumulative"].iloc[-1] if len(known) else 0.0
    ends = ledger["cumulative"].fillna(total).to_numpy(dtype=float)
    starts = ends - ledger["realised"].fillna(0).to_numpy(dtype=float)
    last = len(ledger) + 1
    ax.barh(0, need, 0.66, color=INK)
    for rows, colour, hatch in ((ends >= starts, NEUTRAL, None), (ends < starts, LOSS, "///")):
        places = np.arange(1, last)[rows]
        ax.barh(places, (ends - starts)[rows], 0.66, left=starts[rows], color=colour, hatch=hatch, edgecolor="white")
    ax.barh(last, total, 0.66, color=NEUTRAL, edgecolor="white")
    if total < need and len(known):
        ax.barh(last, need - total, 0.66, left=total, facecolor="white", edgecolor=LOSS, hatch="///")
    for place, end in enumerate(ends, start=1):  # each step begins where the one before ended
        ax.plot([end, end], [place, place + 1], color=QUIET, linewidth=0.8, zorder=1)
    return [max(need, 0.0), *np.maximum(ends, starts), max(total, need, 0.0)]


def _ledger_frame(ax: Axes, words: Words, ledger: pd.DataFrame, need: float, ends: list[float], texts: list[str]) -> None:
    names = [shortened(words.category("offer_kind", kind), NAME) for kind in ledger["offer_kind"]]
    names = [words.label("need"), *names, words.text("offers together")]
    least = min(0.0, need, ledger["cumulative"].min() if ledger["cumulative"].notna().any() else 0.0)
    parts = [min((CHARACTER * max(map(len, text.split("\n"))) + 10) / ROW, MOST_LABELS) for text in texts]
    width = max((end - least) / (1 - part) for end, part in zip(ends, parts, strict=True))
    ax.set_xlim(least, least + (1.02 * width or 1.0))
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.axvline(need, color=INK, linewidth=1.2, linestyle=(0, (5, 3)), zorder=0.5)
    ax.axvline(0, color=QUIET, linewidth=0.8)
    ax.set_yticks(range(len(names)), names)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=6))
    number_ticks(ax.xaxis, words)
    ax.grid(axis="x", color=PALE)
    ax.set_xlabel(words.heading("realised"))
