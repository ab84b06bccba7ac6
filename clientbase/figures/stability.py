"""Stability (M06): on whose purchases one can plan."""

import pandas as pd
from matplotlib.axes import Axes

from clientbase.errors import require
from clientbase.figures.heat import cells, heat_map
from clientbase.figures.house import close_axes, empty, house_style, open_axes, wrapped
from clientbase.method.common import SHARE_CLASSES, XYZ_CLASSES
from clientbase.words import Words

ACTION_WIDTH = 20  # characters of a line in a cell


def abc_xyz_matrix(abc_xyz: pd.DataFrame, words: Words, *, title: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw abc_xyz: a row for each share class, a column for each class of stability, coloured by revenue_share.

    A cell holds its clients, its share of revenue and what it calls for; a cell without clients stays pale and says so
    only by its action.
    """
    require(abc_xyz, "abc_xyz", ["share_class", "xyz", "n_clients", "revenue_share", "action"])
    rows = [name for name in SHARE_CLASSES if name in set(abc_xyz["share_class"])]
    columns = [name for name in XYZ_CLASSES if name in set(abc_xyz["xyz"])]
    with house_style():
        ax = open_axes(ax, size=(9.0, max(3.2, 1.7 + 0.85 * len(rows))))
        if not abc_xyz["n_clients"].sum():
            empty(ax, words)
            return close_axes(ax, title)
        shares, counts, actions = (
            cells(abc_xyz, "share_class", "xyz", column, rows, columns) for column in ("revenue_share", "n_clients", "action")
        )
        heat_map(
            ax,
            words,
            shares.clip(lower=0).fillna(0.0),
            _texts(counts.fillna(0), shares, actions, words),
            rows=[words.category("share_class", name) for name in rows],
            columns=[words.category("xyz", name) for name in columns],
            shown=words.label("revenue_share"),
        )
        ax.set(ylabel=words.label("share_class"))
        return close_axes(ax, title)


def _texts(counts: pd.DataFrame, shares: pd.DataFrame, actions: pd.DataFrame, words: Words) -> pd.DataFrame:
    """Write each cell: clients and their share of revenue, then the action in words."""
    texts = counts.astype(object)
    for row in counts.index:
        for column in counts.columns:
            n, action = int(counts.loc[row, column]), actions.loc[row, column]
            lines = [f"{words.text('{n} {n:client|clients}', n=n)}, {words.percent(shares.loc[row, column])}"] if n else ["–"]
            if pd.notna(action):
                lines.append(wrapped(words.category("action", action), ACTION_WIDTH))
            texts.loc[row, column] = "\n".join(lines)
    return texts
