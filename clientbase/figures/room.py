"""Room for the texts around a picture, found by looking once."""

from matplotlib.figure import Figure
from matplotlib.layout_engine import LayoutEngine

EDGE = 0.1  # inches left free around everything


class RoomForTexts(LayoutEngine):
    """Gives the one axes of a figure all the room that their labels, titles and legends leave.

    Constrained layout does the same for any number of axes, and takes twice as long, since it measures everything twice. What
    reaches beyond the axes must therefore keep its size in points, not in parts of the axes.
    """

    _adjust_compatible = True
    _colorbar_gridspec = False

    def execute(self, fig: Figure) -> None:
        """Set the margins; a figure with no room left for its axes keeps those it has."""
        (ax,) = fig.axes
        inner, whole = ax.get_window_extent(), ax.get_tightbbox(for_layout_only=True)
        edge = EDGE * fig.dpi
        left, bottom = inner.x0 - whole.x0 + edge, inner.y0 - whole.y0 + edge
        right, top = fig.bbox.x1 - (whole.x1 - inner.x1) - edge, fig.bbox.y1 - (whole.y1 - inner.y1) - edge
        if left < right and bottom < top:
            width, height = fig.bbox.size
            fig.subplots_adjust(left / width, bottom / height, right / width, top / height)
