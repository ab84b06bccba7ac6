"""A figure as a picture of dots, each line of text shaped once.

Matplotlib shapes a line of text anew each time it measures it, four times a picture, and once more to draw it letter by
letter; that takes most of a picture's time. Here what a line measures and how it looks is kept by its words, font and size.
"""

import io
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg, get_hinting_flag
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ft2font import LoadFlags

from clientbase.figures.palette import with_palette

COMPRESSION = 1  # of 9: pictures of few colours get hardly smaller beyond it
SUBDOTS = 64  # of a dot: FreeType's unit
LINES = 4096  # kept, of some kB each
UPRIGHT = 90  # degrees


@dataclass(frozen=True)
class Line:
    """A shaped line of text, in dots.

    ink: how much of each dot is covered, 0..255, from the top. right: of the ink's left edge from where the line begins. above:
    rows of ink above the line that letters stand on.
    """

    width: float
    height: float
    descent: float
    ink: np.ndarray
    right: int
    above: int


class TextOnce(RendererAgg):
    """Measures and draws texts by their kept lines."""

    def get_text_width_height_descent(self, s: str, prop: FontProperties, ismath: Any) -> tuple[float, float, float]:
        """Return what a line measures, in dots."""
        if ismath:
            return super().get_text_width_height_descent(s, prop, ismath)
        line = self._line(s, prop)
        return line.width, line.height, line.descent

    def draw_text(
        self, gc: Any, x: float, y: float, s: str, prop: FontProperties, angle: float, ismath: Any = False, mtext: Any = None
    ) -> None:
        """Draw a line that begins at x from the left and y from the top; one that is slanted, as matplotlib does."""
        if ismath or angle not in (0, UPRIGHT):
            super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)
            return
        line = self._line(s, prop)
        if not line.ink.size:
            return
        if angle == UPRIGHT:
            ink, left, top = np.rot90(line.ink), round(x) - line.above, round(y) - line.right - line.ink.shape[1]
        else:
            ink, left, top = line.ink, round(x) + line.right, round(y) - line.above
        red, green, blue, *_ = gc.get_rgb()
        dots = np.empty((*ink.shape, 4), dtype=np.uint8)
        dots[..., :3] = [round(255 * part) for part in (red, green, blue)]
        dots[..., 3] = ink * (gc.get_alpha() or 1.0)
        self.draw_image(gc, left, self.height - top - ink.shape[0], dots[::-1])  # from the bottom

    def _line(self, text: str, prop: FontProperties) -> Line:
        return _shaped(text, _font_file(prop), prop.get_size_in_points(), self.dpi, get_hinting_flag())

    def _get_font_height_metrics(self, prop: FontProperties) -> tuple[float, float, float] | tuple[None, None, None]:
        """Return ascent, descent and the gap between lines of a font; asked by texts that find this method, and only then."""
        return _heights(_font_file(prop), prop.get_size_in_points(), self.dpi)


class Canvas(FigureCanvasAgg):
    """A canvas of one picture, whose size does not change."""

    def get_renderer(self) -> RendererAgg:
        """Return our renderer."""
        if not hasattr(self, "renderer"):
            self.renderer = TextOnce(*self.get_width_height(physical=True), self.figure.dpi)
        return self.renderer


def png(figure: Figure, *, dpi: float | None = None) -> bytes:
    """Return a figure as PNG, laid out and drawn once; saving it lays it out once and draws it twice.

    dpi: dots per inch; None takes the figure's own.
    """
    canvas = Canvas(figure)
    if dpi:
        figure.set_dpi(dpi)  # after the canvas is made, which puts back the dots that the figure began with
    for axis in (axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)):
        if not axis.get_label_text():
            axis.set_label_coords(0, 0)  # or matplotlib measures all ticks twice more to find a place for no words
    canvas.draw()
    stream = io.BytesIO()
    with_palette(np.asarray(canvas.buffer_rgba())).save(stream, format="png", compress_level=COMPRESSION)
    return stream.getvalue()


@lru_cache
def _font_file(prop: FontProperties) -> str:
    """Return the file of a font; matplotlib looks at all its settings of fonts before it remembers what it found."""
    return findfont(prop)


@lru_cache(maxsize=LINES)
def _shaped(text: str, font_file: str, points: float, dpi: float, flags: LoadFlags) -> Line:
    font = get_font(font_file)
    font.set_size(points, dpi)
    font.set_text(text, 0.0, flags=flags)
    font.draw_glyphs_to_bitmap(antialiased=True)
    width, height = (size / SUBDOTS for size in font.get_width_height())
    descent, edge = font.get_descent() / SUBDOTS, font.get_bitmap_offset()[0] / SUBDOTS
    right = floor(edge) if len(text) == 1 else ceil(edge)  # FreeType rounds the first letter down and the others up
    return Line(width, height, descent, np.array(font.get_image()), right, above=int(height - descent) + 1)


@lru_cache
def _heights(font_file: str, points: float, dpi: float) -> tuple[float, float, float] | tuple[None, None, None]:
    font = get_font(font_file)
    if (table := font.get_sfnt_table("OS/2")) is None:
        return None, None, None  # then a text measures letters
    scale = points * dpi / 72 / font.get_sfnt_table("head")["unitsPerEm"]
    return table["sTypoAscender"] * scale, -table["sTypoDescender"] * scale, table["sTypoLineGap"] * scale
