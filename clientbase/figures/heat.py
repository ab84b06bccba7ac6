"""Heat maps: a matrix of shares with its values written in the cells."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from clientbase.figures.house import HEAT, INK, PALE, ink_on, percent_ticks, wrapped
from clientbase.words import Words

MANY = 8  # columns from which cells get small print
ROW_OF_NAMES = 60  # characters that fit under the matrix side by side


def heat_size(n_rows: int, n_columns: int) -> tuple[float, float]:
    """Return the size in inches at which the cells of a matrix can be read."""
    return max(9.0, 3.5 + 0.55 * n_columns), min(max(3.8, 2.0 + 0.42 * n_rows), 12.0)


def cells(table: pd.DataFrame, row: str, column: str, value: str, rows: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """Lay out the value column of a long table in rows and columns of these names; missing where there is no row."""
    plain = table.astype({row: object, column: object})  # categories would come with those that do not occur
    matrix = plain.pivot_table(index=row, columns=column, values=value, aggfunc="first")
    return matrix.reindex(index=list(rows), columns=list(columns))


def heat_map(
    ax: Axes,
    words: Words,
    shares: pd.DataFrame,
    texts: pd.DataFrame,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    legend: str,
) -> None:
    """Colour each cell by its share (0..1, missing: grey) and write its text into it; rows and columns are their names."""
    matrix = np.ma.masked_invalid(shares.to_numpy(dtype=float))
    colours = HEAT.with_extremes(bad="#e6e6e6")
    image = ax.imshow(matrix, cmap=colours, vmin=0, vmax=1, aspect="auto")
    is_dense = len(columns) >= MANY
    for (row, column), text in np.ndenumerate(texts.to_numpy()):
        share = matrix[row, column]
        ink = INK if np.ma.is_masked(share) else ink_on(colours(float(share))[:3])
        ax.text(column, row, text, ha="center", va="center", color=ink, fontsize=8.5 if is_dense else 10, linespacing=1.05)
    names = [wrapped(name, ROW_OF_NAMES // len(columns)) for name in columns]
    is_slanted = len(columns) * max(len(line) for name in names for line in name.split("\n")) > ROW_OF_NAMES
    slant = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if is_slanted else {}
    ax.set_xticks(range(len(columns)), list(columns) if is_slanted else names, **slant)
    ax.set_yticks(range(len(rows)), list(rows))
    _grid(ax, len(rows), len(columns))
    bar = ax.figure.colorbar(image, cax=ax.inset_axes((1.02, 0, 0.03, 1)))
    bar.set_label(legend)
    bar.outline.set_edgecolor(PALE)
    percent_ticks(bar.ax.yaxis, words)


def _grid(ax: Axes, n_rows: int, n_columns: int) -> None:
    """Part the cells by white lines."""
    ax.set_xticks(np.arange(n_columns - 1) + 0.5, minor=True)
    ax.set_yticks(np.arange(n_rows - 1) + 0.5, minor=True)
    ax.grid(which="minor", color="white", linewidth=1.5)
    ax.tick_params(which="both", length=0)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
