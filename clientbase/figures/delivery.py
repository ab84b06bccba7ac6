"""Delivery (M10): who uses it, in the core and outside."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from clientbase.errors import require
from clientbase.figures.beside import beside
from clientbase.figures.house import NEUTRAL, close_axes, empty, house_style, ink_on, open_axes, wrapped
from clientbase.words import Words

PARTS = ("core", "rest")  # from left to right
LOOKS = {True: (NEUTRAL, NEUTRAL, ""), False: ("#edf1f5", "#a9b3bf", "///")}  # delivered or not: colour, edge, hatch
GAP = 0.012  # between the parts, in shares of the clients
LETTER, LINE = 6.2, 15.0  # points that a letter and a line of a label take
LEAST_AXES = 0.85  # what the layout leaves of the axes' width at least
NOTE_WIDTH = 95  # characters of a line below


def delivery_mosaic(cross: pd.DataFrame, words: Words, *, title: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw delivery_cross as areas: the width of a part is its clients, the height within it those delivered or not.

    An area is labelled with its clients, their share of the part, and their share of all revenue; one too small for that has
    its label beside it. Clients whose delivery is not known are counted below.
    """
    columns = ["part", "is_delivered", "n_clients", "client_share", "part_client_share", "revenue_share"]
    require(cross, "delivery_cross", columns)
    is_known = cross["is_delivered"].notna()
    known = cross[is_known & (cross["n_clients"] > 0)]
    with house_style():
        ax = open_axes(ax)
        notes = []
        if known.empty:
            empty(ax, words)
        else:
            _areas(ax, words, known)
            _legend(ax, words)
            notes = [words.text("width: share of clients; height, in brackets: share of the part's clients")]
        if n_unknown := int(cross.loc[~is_known, "n_clients"].sum()):
            notes.append(words.text("not drawn: {n} {n:client|clients} whose delivery is not known", n=n_unknown))
        ax.set_xlabel("\n".join(wrapped(note, NOTE_WIDTH) for note in notes), labelpad=8)
        return close_axes(ax, title, room=0 if known.empty else 20)


def _areas(ax: Axes, words: Words, known: pd.DataFrame) -> None:
    """Set the parts side by side, what is delivered at the bottom."""
    start, middles, names, beside = 0.0, [], [], {}
    for part in (part for part in PARTS if part in set(known["part"])):
        rows = known[known["part"] == part].sort_values("is_delivered", ascending=False)
        width, bottom = rows["client_share"].sum(), 0.0
        for row in rows.itertuples():
            colour, edge, hatch = LOOKS[bool(row.is_delivered)]
            height = row.part_client_share
            ax.bar(start, height, width, bottom, align="edge", color=colour, edgecolor=edge, hatch=hatch, linewidth=1)
            beside |= _label(ax, words, row, (start, bottom, width, height))
            bottom += height
        middles.append(start + width / 2)
        names.append(words.category("part", part))
        start += width + GAP
    ax.set_xticks(middles, names)
    ax.set_yticks(list(beside), list(beside.values()))
    ax.set(xlim=(0, start - GAP), ylim=(0, 1))
    ax.tick_params(length=0)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)


def _label(ax: Axes, words: Words, row: tuple, area: tuple[float, float, float, float]) -> dict[float, str]:
    """Write the numbers of an area into it, or at its right where it is too small; return what belongs at its left.

    The core has nothing at its left, the rest nothing at its right. The middles of two areas of a part are half the height
    from each other, so labels beside them never meet.
    """
    start, bottom, width, height = area
    count = words.text("{n} {n:client|clients}", n=int(row.n_clients))
    lines = [
        f"{count} ({words.percent(row.part_client_share)})",
        words.text("{share} of revenue", share=words.percent(row.revenue_share)),
    ]
    text, middle = "\n".join(lines), bottom + height / 2
    across, up = (length * 72 / ax.figure.dpi for length in (ax.bbox.width * LEAST_AXES, ax.bbox.height))
    if max(map(len, lines)) * LETTER < width * across and height * up > 2.5 * LINE:
        plate = None if row.is_delivered else {"boxstyle": "round,pad=0.25", "facecolor": "white", "edgecolor": "none"}
        colour = ink_on(LOOKS[bool(row.is_delivered)][0])
        ax.text(start + width / 2, middle, text, ha="center", va="center", fontsize=10, color=colour, bbox=plate)
        return {}
    if row.part == PARTS[0]:
        return {middle: text}
    beside(ax, text, (start + width, middle), (6, 0), va="center", fontsize=10)
    return {}


def _legend(ax: Axes, words: Words) -> None:
    names = {True: words.label("is_delivered"), False: words.category("delivery_verdict", "not delivered")}
    handles = [
        Patch(facecolor=colour, edgecolor=edge, hatch=hatch, label=names[answer])
        for answer, (colour, edge, hatch) in LOOKS.items()
    ]
    ax.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.3)
