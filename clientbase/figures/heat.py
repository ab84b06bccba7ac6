"""Heat maps: a matrix of shares with its values written in the cells."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from clientbase.figures.house import HEAT, INK, ink_on, wrapped
from clientbase.words import Words

MANY = 8  # columns from which cells get small print
ROW_OF_NAMES = 60  # characters that fit under the matrix side by side


def heat_size(n_rows: int, n_columns: int) -> tuple[float, float]:
    """Return the size in inches at which the cells of a matrix can be read."""
    return max(9.0, 3.5 + 0.55 * n_columns), min(max(3.8, 2.0 + 0.42 * n_rows), 12.0)


def cells(table: pd.DataFrame, row: str, column: str, value: str, rows: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """Lay out the value column of a long table in rows and columns of these names; missing where there is no row."""
    plain = table.astype({row: object, column: object})  # categories would come with those that do not occur
    alone = plain.drop_duplicates([row, column]).set_index([row, column])[value]
    matrix = alone.unstack()  # noqa: PD010 - a pivot_table takes four times as long
    return matrix.reindex(index=list(rows), columns=list(columns))


def heat_map(
    ax: Axes,
    words: Words,
    shares: pd.DataFrame,
    texts: pd.DataFrame,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    shown: str,
    below: str = "",
) -> None:
    """Colour each cell by its share (0..1, missing: grey) and write its text into it; rows and columns are their names.

    A line under the axis, below the label given, says what the colour shows; each cell has its number, so there is no scale.
    """
    matrix = np.ma.masked_invalid(shares.to_numpy(dtype=float))
    colours = HEAT.with_extremes(bad="#e6e6e6")
    ax.imshow(matrix, cmap=colours, vmin=0, vmax=1, aspect="auto")
    is_dense = len(columns) >= MANY
    for (row, column), text in np.ndenumerate(texts.to_numpy()):
        share = matrix[row, column]
        ink = INK if np.ma.is_masked(share) else ink_on(colours(float(share))[:3])
        look = {"color": ink, "fontsize": 8.5 if is_dense else 10, "linespacing": 1.05}
        written = ax.text(column, row, text, ha="center", va="center", **look)
        written.set_in_layout(False)  # it lies in the picture, and needs no room beside it
    names = [wrapped(name, ROW_OF_NAMES // len(columns)) for name in columns]
    is_slanted = len(columns) * max(len(line) for name in names for line in name.split("\n")) > ROW_OF_NAMES
    slant = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if is_slanted else {}
    ax.set_xticks(range(len(columns)), list(columns) if is_slanted else names, **slant)
    ax.set_yticks(range(len(rows)), list(rows))
    _grid(ax, len(rows), len(columns))
    told = words.text("the darker, the larger: {what}", what=shown[:1].lower() + shown[1:])
    ax.set_xlabel(f"{below}\n{told}" if below else told)


def _grid(ax: Axes, n_rows: int, n_columns: int) -> None:
    """Part the cells by white lines."""
    across, down = (-0.5, n_columns - 0.5), (-0.5, n_rows - 0.5)
    lines = [[(x, down[0]), (x, down[1])] for x in np.arange(n_columns - 1) + 0.5]
    lines += [[(across[0], y), (across[1], y)] for y in np.arange(n_rows - 1) + 0.5]
    ax.add_collection(LineCollection(lines, colors="white", linewidths=1.5, zorder=0.5), autolim=False)
    ax.tick_params(length=0)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
