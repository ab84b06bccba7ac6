"""A figure as a picture of dots."""

import io

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

COMPRESSION = 3  # of 9: pictures of few colours get hardly smaller beyond it


def png(figure: Figure) -> bytes:
    """Return a figure as PNG, laid out and drawn once; saving it lays it out once and draws it twice."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    stream = io.BytesIO()
    Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB").save(stream, format="png", compress_level=COMPRESSION)
    return stream.getvalue()
