"""Weighted scoring (M12): what clients could be against what they are."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.offsetbox import AnnotationBbox, DrawingArea, HPacker, TextArea
from matplotlib.patches import Circle

from clientbase.errors import require
from clientbase.figures.bars import many_bars
from clientbase.figures.beside import beside
from clientbase.figures.heat import cells
from clientbase.figures.house import (
    CRITERION_COLOURS,
    INK,
    PALE,
    QUADRANT_COLOURS,
    QUIET,
    close_axes,
    empty,
    house_style,
    number_ticks,
    open_axes,
    shortened,
)
from clientbase.words import Words

# The bands of the map from above: classes, and the quadrants under and over the cut
BANDS = (
    (("A", "B"), ("excelled",), ("in place",)),
    (("C", "D"), ("economical", "ballast"), ("underserved",)),
    (("L",), ("price review",), ("price review with plan",)),
    (("0",), ("archive",), ("reactivation",)),
)
BAND_HEAD = 0.62  # height left over a band for its names
LARGEST, SMALLEST = 500.0, 22.0  # areas of the bubbles, in square points
NAMED_IN_ROW = 3  # rows with more clients carry no names: these would lie on each other
NAME = 22
GOLDEN = (5**0.5 - 1) / 2


def quadrant_map(
    quadrants: pd.DataFrame, words: Words, *, cut: float, title: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw each client of quadrants by total and share class, its revenue as the area of a bubble, with the cut line.

    Within a class clients are spread by their place in the table, so that bubbles lie beside each other. Clients
    without a total are counted below; a few clients bear their names.
    """
    require(quadrants, "quadrants", ["client_id", "total", "share_class", "revenue", "quadrant"])
    drawn = quadrants[quadrants["total"].notna()]
    with house_style():
        ax = open_axes(ax, size=(9.0, max(4.5, 2.6 + 0.75 * drawn["share_class"].nunique())))
        if drawn.empty:
            empty(ax, words)
            return close_axes(ax, title)
        rows = _rows(ax, words, drawn)
        _bubbles(ax, drawn, rows)
        _frame(ax, words, drawn, cut, rows, len(quadrants) - len(drawn))
        return close_axes(ax, title, room=14)


def contribution_bars(
    contributions: pd.DataFrame,
    words: Words,
    *,
    clients: Sequence[str] | None = None,
    names: Mapping[str, str] | None = None,
    n: int = 15,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw what each sign adds to the totals of the first n clients, as stacked bars.

    Args:
        contributions: one row per client_id and criterion_id; contribution (missing: no part), perhaps client_name.
        words: language.
        clients: client_ids from above, for example those of score_totals; the table's order when left out.
        names: criterion_id -> name in the reader's language; taken from label_en or label_ru when the table has it.
        n: most clients drawn.
        title: the finding.
        ax: axes to draw on.
    """
    require(contributions, "contributions", ["client_id", "criterion_id", "contribution"])
    clients = list(dict.fromkeys(contributions["client_id"] if clients is None else clients))
    criteria = list(dict.fromkeys(contributions["criterion_id"]))
    with house_style():
        ax = open_axes(ax, size=(9.0, max(3.0, 1.8 + 0.34 * min(len(clients), n))))
        if not clients:
            empty(ax, words)
            return close_axes(ax, title)
        parts = cells(contributions, "client_id", "criterion_id", "contribution", clients[:n], criteria)
        _stack(ax, parts.fillna(0.0), names or _sign_names(contributions, words))
        _frame_bars(ax, words, _client_names(contributions, clients[:n]), len(clients))
        return close_axes(ax, title)


# -- the map ------------------------------------------------------------------------------------------------------------------
def _rows(ax: Axes, words: Words, drawn: pd.DataFrame) -> dict[str, float]:
    """Place the classes that occur, name the quadrants of each band over it, and return the height of each class."""
    counts = drawn["quadrant"].astype(str).value_counts()
    place, rows = 0.0, {}
    for classes, low, high in BANDS:
        if not (present := [name for name in classes if name in set(drawn["share_class"])]):
            continue
        if place:
            ax.axhline(-place, color=QUIET, linewidth=0.8)
        for side, names in ((0, low), (1, high)):
            ax.add_artist(_band_head(ax, words, names, counts, side, -place - BAND_HEAD / 2))
        place += BAND_HEAD
        for name in present:
            rows[name] = -place - 0.5
            place += 1
    ax.set_ylim(-place, 0)
    return rows


def _band_head(ax: Axes, words: Words, names: Sequence[str], counts: pd.Series, side: int, height: float) -> AnnotationBbox:
    """Return the names of quadrants with their colours and numbers, at the left (0) or right (1) end of a band."""
    parts = []
    for name in names:
        dot = DrawingArea(11, 11)
        dot.add_artist(Circle((5.5, 4.5), 4.5, facecolor=QUADRANT_COLOURS[name], edgecolor=INK, linewidth=0.6))
        text = f"{words.category('quadrant', name)}: {words.whole(int(counts.get(name, 0)))}  "
        parts += [dot, TextArea(text, textprops={"fontsize": 10, "color": QUIET})]
    place = {"xycoords": ax.get_yaxis_transform(), "box_alignment": (side, 0.5), "frameon": False, "pad": 0.2}
    return AnnotationBbox(HPacker(children=parts, pad=0, sep=3, align="center"), (side, height), **place)


def _bubbles(ax: Axes, drawn: pd.DataFrame, rows: dict[str, float]) -> None:
    largest = max(drawn["revenue"].max(), 0)
    for name, height in rows.items():
        own = drawn[drawn["share_class"] == name]
        heights = height + _spread(len(own))
        areas = _areas(own["revenue"], largest, is_crowd=len(drawn) > 100)
        colours = [QUADRANT_COLOURS[quadrant] for quadrant in own["quadrant"]]
        ax.scatter(own["total"], heights, s=areas, c=colours, alpha=0.7, edgecolors=INK, linewidths=0.6, zorder=3)
        if len(own) <= NAMED_IN_ROW:
            _name(ax, own, heights, areas)


def _spread(n: int) -> np.ndarray:
    """Return n places across a row: even for a few; else steps of the golden ratio, which part neighbours of the table."""
    if n <= NAMED_IN_ROW:
        return np.linspace(0.3, -0.3, n) if n > 1 else np.zeros(n)
    return 0.72 * ((np.arange(n) * GOLDEN) % 1 - 0.5)


def _areas(revenue: pd.Series, largest: float, *, is_crowd: bool) -> np.ndarray:
    if not largest > 0:
        return np.full(len(revenue), SMALLEST)
    scale = LARGEST / 2 if is_crowd else LARGEST
    return np.maximum(revenue.clip(lower=0).fillna(0) / largest * scale, SMALLEST)


def _name(ax: Axes, own: pd.DataFrame, heights: np.ndarray, areas: np.ndarray) -> None:
    names = own["client_name"].fillna(own["client_id"]) if "client_name" in own else own["client_id"]
    for name, total, height, area in zip(names, own["total"], heights, areas, strict=True):
        beside(ax, shortened(name, NAME), (total, height), (np.sqrt(area / np.pi) + 3, 0), va="center", fontsize=9, zorder=4)


def _frame(ax: Axes, words: Words, drawn: pd.DataFrame, cut: float, rows: dict[str, float], n_not_scored: int) -> None:
    least, most = min(drawn["total"].min(), cut), max(drawn["total"].max(), cut)
    room = max(0.12 * (most - least), 0.03 * abs(cut), 0.01)
    ax.set_xlim(least - room, most + 2 * room)  # names stand right of the bubbles
    ax.axvline(cut, color=INK, linewidth=1.2, linestyle=(0, (5, 3)))
    above = ax.get_xaxis_transform()
    text = words.text("cut {x}", x=words.number(cut))
    beside(ax, text, (cut, 1), (0, 3), within=above, ha="center", va="bottom", fontsize=9.5)
    ax.set_yticks(list(rows.values()), list(rows))
    ax.tick_params(axis="y", length=0, labelsize=12)
    ax.grid(axis="x", color=PALE)
    number_ticks(ax.xaxis, words)
    bubble = words.text("bubble: {label}", label=f"{words.label('revenue').lower()}, {words.currency}")
    note = words.text("not drawn: {n} {n:client|clients} not scored", n=n_not_scored)
    ax.set_xlabel("\n".join([f"{words.label('total')} ({bubble})", *([note] if n_not_scored else [])]))
    ax.set_ylabel(words.label("share_class"))


# -- the bars -----------------------------------------------------------------------------------------------------------------
def _stack(ax: Axes, parts: pd.DataFrame, names: Mapping[str, str]) -> None:
    """Stack the signs client by client, what is negative left of zero; from the ninth sign on colours come back hatched."""
    right, left = np.zeros(len(parts)), np.zeros(len(parts))
    for place, criterion in enumerate(parts.columns):
        width = parts[criterion].to_numpy(dtype=float)
        start = np.where(width >= 0, right, left)
        turn, colour = divmod(place, len(CRITERION_COLOURS))
        many_bars(
            ax, np.arange(len(parts)), width, 0.72, starts=start, is_upright=False, facecolor=CRITERION_COLOURS[colour],
            hatch="//" * turn or None, edgecolor="white", linewidth=0.8, label=shortened(names.get(criterion, criterion), NAME),
        )  # fmt: skip
        right, left = np.where(width >= 0, right + width, right), np.where(width < 0, left + width, left)


def _frame_bars(ax: Axes, words: Words, names: list[str], n_clients: int) -> None:
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(max(len(names), 3) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.axvline(0, color=QUIET, linewidth=0.8)
    ax.grid(axis="x", color=PALE)
    number_ticks(ax.xaxis, words)
    cut = words.text("first {shown} of {total}", shown=len(names), total=n_clients)
    label = words.label("known_total")  # a total is scaled up for missing scores, the bars are not
    ax.set_xlabel(f"{label} ({cut})" if n_clients > len(names) else label)
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), title=words.label("criterion_id"), alignment="left")


def _sign_names(contributions: pd.DataFrame, words: Words) -> dict[str, str]:
    label = f"label_{words.language}"
    if label not in contributions:
        return {}
    known = contributions.drop_duplicates("criterion_id").dropna(subset=label)
    return dict(zip(known["criterion_id"], known[label], strict=True))


def _client_names(contributions: pd.DataFrame, clients: list[str]) -> list[str]:
    if "client_name" not in contributions:
        return [shortened(client, NAME) for client in clients]
    known = contributions.drop_duplicates("client_id").set_index("client_id")["client_name"].dropna()
    return [shortened(known.get(client, client), NAME) for client in clients]
