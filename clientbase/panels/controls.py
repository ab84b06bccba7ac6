"""Controls for settings: the widget that fits a setting's kind and limits, with what it means as its label."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

import annotated_types as limits
import ipywidgets as widgets

from clientbase.sections import SECTION_OF, SECTIONS
from clientbase.settings import default_of, describe

if TYPE_CHECKING:
    from clientbase.words import Words

FULL = "100%"
WIDE = {"description_width": "55%"}
MANY = 4  # times the value in force that a slider reaches where the setting has no limit
FINE = 100  # steps of a slider
SHARE_STEP = 0.01


def control(name: str, value: Any, words: Words, *, choices: dict[str, Any] | None = None, meaning: str = "") -> widgets.Widget:
    """Return the control of a setting, at value.

    Args:
        name: of the setting.
        value: in force.
        words: language of the label.
        choices: shown text -> value, for a setting whose values the study knows; None takes those of the setting's type.
        meaning: a label other than what the setting means.

    Slides answer when let go, so that a picture is drawn once a move.
    """
    asked = {"description": words.text(meaning or describe(name)[0]), "style": WIDE, "layout": {"width": FULL}}
    kind = get_type_hints(SECTIONS[SECTION_OF[name]])[name]
    if choices is None and get_origin(kind) is Literal:
        choices = {words.category(name, option): option for option in get_args(kind)}
    if choices is not None:
        return widgets.Dropdown(options=list(choices.items()), value=value, **asked)
    if kind is bool:
        return widgets.Checkbox(value=value, indent=False, **asked)
    if kind in (int, float):
        return _slider(name, value, whole=kind is int, **asked)
    return widgets.Text(value=str(value), continuous_update=False, **asked)


def share_slider(value: float, label: str, *, low: float, high: float) -> widgets.FloatSlider:
    """Return a slider of a share that is no setting of its own, such as the growth that a client offers."""
    return widgets.FloatSlider(
        value=value, min=low, max=high, step=SHARE_STEP, readout_format=".0%", continuous_update=False, description=label,
        style=WIDE, layout={"width": FULL},
    )  # fmt: skip


def whole_slider(value: float, label: str, *, low: int, high: int) -> widgets.IntSlider:
    """Return a slider of a count that is no setting of its own, such as the credit days that a client offers."""
    return widgets.IntSlider(
        value=round(value), min=low, max=high, continuous_update=False, description=label, style=WIDE, layout={"width": FULL}
    )


def _slider(name: str, value: float, *, whole: bool, **asked: Any) -> widgets.Widget:
    """Return a slider between the setting's limits; where one is lacking, up to several times the value."""
    low, high = _bounds(name, value)
    if whole:
        return widgets.IntSlider(value=value, min=math.ceil(low), max=math.floor(high), continuous_update=False, **asked)
    unit = describe(name)[1]
    if unit == "money":
        return widgets.FloatText(value=value, continuous_update=False, **asked)
    step = SHARE_STEP if unit == "share" else _round_step((high - low) / FINE)
    form = ".1%" if unit == "share" else ".2f"
    return widgets.FloatSlider(value=value, min=low, max=high, step=step, readout_format=form, continuous_update=False, **asked)


def _bounds(name: str, value: float) -> tuple[float, float]:
    low, high = 0.0, math.inf
    kind = get_type_hints(SECTIONS[SECTION_OF[name]])[name]
    least = 1 if kind is int else SHARE_STEP
    for limit in SECTIONS[SECTION_OF[name]].model_fields[name].metadata:
        if isinstance(limit, limits.Ge):
            low = float(limit.ge)
        elif isinstance(limit, limits.Gt):
            low = float(limit.gt) + least
        elif isinstance(limit, limits.Le):
            high = float(limit.le)
        elif isinstance(limit, limits.Lt):
            high = float(limit.lt) - least
    if math.isinf(high):
        high = max(MANY * abs(value), MANY * abs(float(default_of(name))), low + 1)
    return min(low, value), max(high, value)


def _round_step(step: float) -> float:
    """Return a step that people would name: 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(round(times * power, 12) for times in (1, 2, 5, 10) if times * power >= step - 1e-12)
