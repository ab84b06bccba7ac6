"""Room for the texts around a picture, found by looking once."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import LayoutEngine

EDGE = 0.1  # inches left free around everything
BETWEEN = 0.15  # inches left free between the texts of neighbours


class RoomForTexts(LayoutEngine):
    """Gives the axes of a figure, one or a grid of them, all the room that their labels, titles and legends leave.

    Constrained layout does the same, and takes twice as long, since it measures everything twice. What reaches beyond the axes
    must therefore keep its size in points, not in parts of the axes.
    """

    _adjust_compatible = True
    _colorbar_gridspec = False

    def execute(self, fig: Figure) -> None:
        """Set the margins; a figure with no room left for its axes keeps those it has."""
        panels = [ax for ax in fig.axes if ax.get_visible()]
        grid = panels[0].get_subplotspec().get_gridspec()
        left, right = np.zeros((2, grid.ncols))
        top, bottom = np.zeros((2, grid.nrows))
        for ax in panels:
            inner, whole = ax.get_window_extent(), ax.get_tightbbox(for_layout_only=True)
            row, column = ax.get_subplotspec().rowspan.start, ax.get_subplotspec().colspan.start
            left[column], right[column] = max(left[column], inner.x0 - whole.x0), max(right[column], whole.x1 - inner.x1)
            bottom[row], top[row] = max(bottom[row], inner.y0 - whole.y0), max(top[row], whole.y1 - inner.y1)
        across = _shares(left, right, fig.bbox.width, fig.dpi)
        upwards = _shares(bottom[::-1], top[::-1], fig.bbox.height, fig.dpi)
        if across and upwards:
            fig.subplots_adjust(across[0], upwards[0], across[1], upwards[1], across[2], upwards[2])


def _shares(before: np.ndarray, after: np.ndarray, length: float, dpi: float) -> tuple[float, float, float] | None:
    """Return where the first of a row of axes begins and the last ends, as shares of length, and the gap as a share of one.

    before, after: dots that texts take before and after each axes, from the left or from below. None where no axes are left.
    """
    start, end = before[0] + EDGE * dpi, length - after[-1] - EDGE * dpi
    gaps = after[:-1] + before[1:] + BETWEEN * dpi
    gap = max(gaps, default=0.0)
    size = (end - start - gap * len(gaps)) / len(before)
    return (start / length, end / length, gap / size) if size > 0 else None
