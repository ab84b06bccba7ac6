"""Relationship levels (M04): the ladder from unaware to partner, and the moves on it."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from clientbase.errors import require
from clientbase.figures.heat import cells, heat_map, heat_size
from clientbase.figures.house import INK, LEVEL_COLOURS, close_axes, empty, house_style, open_axes
from clientbase.figures.paired import LEGEND_ROOM, paired_bars, paired_size
from clientbase.method.common import LEVELS
from clientbase.words import Words


def ladder(level_summary: pd.DataFrame, words: Words, *, title: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw client_share against revenue_share for each level of level_summary, partners on top.

    Levels that are not measured (is_measured) are left out when empty; without recorded contacts all clients that have
    not bought yet stand on one rung.
    """
    require(level_summary, "level_summary", ["rel_level", "n_clients", "client_share", "revenue_share", "is_measured"])
    rungs = level_summary[level_summary["is_measured"] | (level_summary["n_clients"] > 0)]
    rungs = rungs.assign(rung=rungs["rel_level"].astype(str).map(LEVELS.index)).sort_values("rung", ascending=False)
    with house_style():
        ax = open_axes(ax, size=paired_size(len(rungs)))
        paired_bars(
            ax,
            words,
            names=[
                words.category("rel_level", level if is_measured else "no deals")
                for level, is_measured in zip(rungs["rel_level"], rungs["is_measured"], strict=True)
            ],
            colours=[LEVEL_COLOURS[level] for level in rungs["rel_level"]],
            clients=rungs["client_share"],
            values=rungs["revenue_share"],
            counts=rungs["n_clients"],
            value_label=words.label("revenue_share"),
        )
        return close_axes(ax, title, room=LEGEND_ROOM)


def move_heatmap(moves: pd.DataFrame, words: Words, *, title: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw level_moves: a row for each level before, a column for each level now, clients that stayed framed.

    A cell holds the number of clients and its share of the row; a row too small for shares is grey.
    """
    require(moves, "level_moves", ["level_before", "level_after", "n_clients", "row_share"])
    rows = [level for level in ("new", *LEVELS) if level in set(moves["level_before"])]
    columns = [level for level in (*LEVELS, "removed") if level in set(moves["level_after"])]
    with house_style():
        ax = open_axes(ax, size=(heat_size(len(rows), len(columns))[0], max(3.2, 2.0 + 0.5 * len(rows))))
        if moves.empty:
            empty(ax, words)
            return close_axes(ax, title)
        counts, shares = (
            cells(moves, "level_before", "level_after", column, rows, columns) for column in ("n_clients", "row_share")
        )
        heat_map(
            ax,
            words,
            shares.apply(lambda row: row.fillna(0.0) if row.notna().any() else row, axis=1),
            _texts(counts, shares, words),
            rows=[words.category("level_before", level) for level in rows],
            columns=[level if level in LEVELS else words.category("level_after", level) for level in columns],
            shown=words.label("row_percent"),
            below=words.label("level_after"),
        )
        for level in set(rows) & set(columns):
            corner = (columns.index(level) - 0.5, rows.index(level) - 0.5)
            ax.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor=INK, linewidth=1.8))
        ax.set(ylabel=words.label("level_before"))
        return close_axes(ax, title)


def _texts(counts: pd.DataFrame, shares: pd.DataFrame, words: Words) -> pd.DataFrame:
    texts = counts.map(lambda n: words.whole(n) if n > 0 else "")
    return texts.where(~((counts > 0) & shares.notna()), texts + shares.map(lambda x: f"\n{words.percent(x, 0)}"))
