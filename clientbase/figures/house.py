"""The look all figures share: one fixed colour per class, one style, and the small helpers of drawing.

The palettes are built on Okabe and Ito's colours and hold their distance for the three kinds of colour blindness
(tests/figures/test_house.py measures it). No colour stands alone: a label, a place or a marker says the same.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from textwrap import wrap

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from matplotlib.ticker import FuncFormatter

from clientbase.figures.room import RoomForTexts
from clientbase.words import Words

FIGURE_SIZE = (9.0, 4.5)  # inches
TICKS_AHEAD = 8  # of each axis that is made ahead: what most need
INK, QUIET, PALE = "#1c2430", "#5b6675", "#d9dee5"
NEUTRAL, MUTED = "#0072b2", "#b4bcc6"  # what is looked at, and what it is seen against

SHARE_COLOURS = {"A": "#0072b2", "B": "#56b4e9", "C": "#e69f00", "D": "#d55e00", "L": "#882255", "0": "#aaaaaa"}
SIZE_COLOURS = {"SA": "#00694f", "SB": "#d9a400", "SC": "#aa4499", "0": "#bbbbbb"}
LEVEL_COLOURS = {
    "L0": "#fce236", "L1": "#cebc63", "L2": "#a29975", "L3": "#7a7a78", "L4": "#555c6d", "L5": "#293f6e", "L6": "#00224e",
    "S": "#d55e00",
}  # fmt: skip
FOCUS_COLOURS = {"mono": "#882255", "core": "#e69f00", "broad": "#0072b2"}
QUADRANT_COLOURS = {
    "in place": "#0072b2", "excelled": "#56b4e9", "underserved": "#e69f00", "economical": "#009e73", "ballast": "#d55e00",
    "price review with plan": "#cc79a7", "price review": "#882255", "reactivation": "#f0e442", "archive": "#1a1a1a",
    "not scored": "#d0d0d0",
}  # fmt: skip
FLOW_COLOURS = {"corporate": "#0072b2", "private": "#e69f00", "(unknown)": "#c4c4c4"}
SERIES = ("#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#882255")  # for names that the data bring
CRITERION_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#882255", "#f0e442")
HEAT = LinearSegmentedColormap.from_list("cb-heat", ["#f7fafd", "#9cc9e6", "#0072b2", "#00224e"])

STYLE = {
    "font.family": ["DejaVu Sans"],  # comes with matplotlib and knows Cyrillic
    "font.size": 11,
    "axes.titlesize": 13,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.labelsize": 11,
    "axes.labelcolor": INK,
    "axes.edgecolor": QUIET,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.prop_cycle": plt.cycler(color=CRITERION_COLOURS),
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "grid.color": PALE,
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "legend.fontsize": 10,
    "text.color": INK,
    "text.parse_math": False,  # a client named "$ale$" keeps its name
    "text.hinting": "no_hinting",  # fitting letters to dots takes longer than drawing them
    "figure.dpi": 110,
    "savefig.dpi": 110,
    "figure.facecolor": "white",
}


_blanks: list[Axes] = []
_may_take_blank: ContextVar[bool] = ContextVar("whether a figure may be drawn on axes made ahead", default=False)


def make_blanks(n: int) -> None:
    """Make axes ahead, each of a figure of its own, with ticks: a fourth of what a picture takes.

    For a process whose forks draw: each of them finds all.
    """
    with house_style():
        for _ in range(n):
            # not by pyplot: it would bring up the kernel's way to show figures
            ax = Figure(layout=RoomForTexts()).add_subplot()
            for axis in (ax.xaxis, ax.yaxis):
                axis.get_major_ticks(TICKS_AHEAD)
            _blanks.append(ax)


@contextmanager
def drawn_on_blanks() -> Iterator[None]:
    """Let figures of this block be drawn on axes made ahead, while there are any; pyplot does not know of these figures."""
    token = _may_take_blank.set(True)
    try:
        yield
    finally:
        _may_take_blank.reset(token)


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in the house style within this block; matplotlib's own settings are as before after it."""
    with plt.rc_context(STYLE):
        yield


def open_axes(ax: Axes | None, *, size: tuple[float, float] = FIGURE_SIZE) -> Axes:
    """Return the given axes, or those of a new figure whose texts have room; no name in them is read as a formula."""
    if ax is None:
        if not (_may_take_blank.get() and _blanks):
            return plt.subplots(figsize=size, layout=RoomForTexts())[1]
        blank = _blanks.pop()
        blank.figure.set_size_inches(size)
        return blank
    for text in ax.findobj(Text):  # of before the house style
        text.set_parse_math(False)
    return ax


def close_axes(ax: Axes, title: str | None, *, room: float = 0) -> Axes:
    """Finish a figure: the finding as its title, wrapped, room points above the axes."""
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    if title:
        lines = _fitted(title, _points_across(ax), ax.title.get_fontproperties())
        ax.set_title(lines, loc="left", y=1, pad=STYLE["axes.titlepad"] + room)  # a place told need not be searched
    return ax


def flow_colours(flows: Iterable[str]) -> dict[str, str]:
    """Return a colour for each flow: the known flows have theirs, others take the next by name."""
    others = sorted(set(flows) - set(FLOW_COLOURS))
    return FLOW_COLOURS | {flow: SERIES[place % len(SERIES)] for place, flow in enumerate(others)}


def shortened(name: object, n: int) -> str:
    """Return a name on one line, of at most n characters, its loss marked by an ellipsis."""
    name = " ".join(str(name).split())
    return name if len(name) <= n else name[: n - 1].rstrip() + "…"


def wrapped(text: str, n: int) -> str:
    """Return a text in lines of about n characters, breaking no word."""
    return "\n".join(wrap(text, max(n, 8), break_long_words=False, break_on_hyphens=False))


def number_ticks(axis: Axis, words: Words) -> None:
    """Write the ticks of an axis short but exact (12k, 1.25M, 13.45); for money the axis label carries the currency."""
    axis.set_major_formatter(FuncFormatter(lambda x, _: words.compact(round(x, 9))))


def percent_ticks(axis: Axis, words: Words) -> None:
    """Write the ticks of an axis as percentages."""
    axis.set_major_formatter(FuncFormatter(lambda x, _: words.percent(round(x, 9))))


def ink_on(colour: str | tuple) -> str:
    """Return the text colour that reads on a filled colour."""
    red, green, blue = to_rgb(colour)
    return "white" if 0.299 * red + 0.587 * green + 0.114 * blue < 0.55 else INK


def empty(ax: Axes, words: Words) -> None:
    """Say in the picture that there is nothing to draw."""
    ax.text(0.5, 0.5, words.text("nothing to draw"), transform=ax.transAxes, ha="center", va="center", color=QUIET)
    ax.set(xticks=[], yticks=[])


def _points_across(ax: Axes) -> float:
    """Estimate the length in points between the left end of the axes and the picture's edge."""
    spec = ax.get_subplotspec()
    inches = ax.figure.bbox.width / ax.figure.dpi / (spec.get_gridspec().ncols if spec else 1)
    ticks = [line for label in ax.get_yticklabels() for line in label.get_text().split("\n")]
    return 72 * (inches - 0.8) - max(map(len, ticks), default=0) * 0.6 * STYLE["ytick.labelsize"]


def _fitted(text: str, points: float, font: FontProperties) -> str:
    """Return a text in lines no longer than so many points, breaking no word."""
    if _width(text, font) <= points:
        return text
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and _width(longer, font) > points:
            lines.append(word)
        else:
            lines[-1] = longer
    return "\n".join(lines)


def _width(text: str, font: FontProperties) -> float:
    return text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]
