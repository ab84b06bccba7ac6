"""A panel: controls of one decision, the picture and sentences they give, who changes class, and saving the decision."""

from __future__ import annotations

import datetime as dt
from base64 import b64encode
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import matplotlib.pyplot as plt
import pandas as pd

from clientbase.decisions import save_decision
from clientbase.errors import ClientbaseError
from clientbase.figures.house import house_style
from clientbase.figures.rendering import png
from clientbase.method.common import by_falling
from clientbase.panels.controls import control
from clientbase.panels.keys import OwnKeys
from clientbase.settings import STUDY
from clientbase.show import STYLE, html_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from matplotlib.axes import Axes

    from clientbase.notebook import Page

MOST_NAMED = 10
DPI = 80
LOOK = """
.cb-panel { border: 1px solid #b4bcc6; border-left: 4px solid #0072b2; padding: 0.6em 0.8em; max-width: 1100px; }
.cb-panel .widget-inline-hbox { width: calc(100% - 4px) !important; height: auto; }
.cb-panel .widget-label-basic { white-space: normal; height: auto; }
.cb-panel .widget-label { white-space: normal; height: auto; line-height: 1.25; text-align: left; }
.cb-panel img { max-width: 100%; height: auto; }
.cb-panel .cb-message { color: #8a3b00; }
"""


@dataclass(frozen=True)
class Picture:
    """What a panel shows: the figure's function, its table, title and options, the sentences that read it, perhaps a table."""

    draw: Callable[..., Axes] | None
    table: pd.DataFrame | None
    title: str
    sentences: list[str]
    options: Mapping[str, Any]
    shown: pd.DataFrame | None = None


@dataclass(frozen=True)
class Part:
    """One entry of a setting that has several, with a control of its own: the weight of a sign, the growth a client offers."""

    setting: str
    key: str
    value: float
    control: widgets.Widget


@dataclass(frozen=True)
class PanelSpec:
    """One decision.

    step: the notebook's name, as it stands in decisions.csv. title: of the panel. settings: what may be moved, in order.
    picture: from a page with the settings moved. column: the class that clients may change, or empty. classes: from a page, the
    table with that column, one row per client_id, or None. choices: for settings whose values only the study knows, name ->
    (page -> shown text -> value). parts: entries of settings that have several. overruled: settings that move nothing where
    the data or another setting say it, name -> (page -> whether they do): their controls rest.
    """

    step: str
    title: str
    settings: tuple[str, ...]
    picture: Callable[[Page], Picture]
    column: str = ""
    classes: Callable[[Page], pd.DataFrame | None] = lambda page: None  # noqa: ARG005
    choices: Mapping[str, Callable[[Page], dict[str, Any]]] = field(default_factory=dict)
    parts: Callable[[Page], list[Part]] = lambda page: []  # noqa: ARG005
    overruled: Mapping[str, Callable[[Page], bool]] = field(default_factory=dict)


class Panel:
    """The widgets of one panel on one page.

    Every move works on the facts that the page has read; nothing is read again. What cannot be is said in a sentence, and the
    last picture stays.
    """

    def __init__(self, page: Page, spec: PanelSpec) -> None:
        self.page = page
        self.spec = spec
        self.words = page.words
        self.parts = spec.parts(page)
        self.present = self._values(page)
        self.controls = {name: self._control(name) for name in spec.settings}
        self.picture, self.sentences, self.moved, self.message = (widgets.HTML() for _ in range(4))
        self.reason = self._text("Reason of the decision")
        self.role = self._text("Role of whoever decides, no name")
        self.reset_button = widgets.Button(description=self.words.text("Reset"))
        self.save_button = widgets.Button(description=self.words.text("Save"), button_style="primary")
        self.reset_button.on_click(lambda _: self.reset())
        self.save_button.on_click(lambda _: self.save())
        self._is_quiet, self._n_answers = False, 0
        self.state = widgets.HTML(layout={"display": "none"})  # tells whoever watches the page that a move is answered
        for widget in self._all_controls:
            widget.observe(lambda _: self.refresh(), names="value")
        self.widget = self._laid_out()
        self.refresh()

    @property
    def _all_controls(self) -> list[widgets.Widget]:
        return [*self.controls.values(), *(part.control for part in self.parts)]

    def _values(self, page: Page) -> dict[str, Any]:
        names = dict.fromkeys([*self.spec.settings, *(part.setting for part in self.parts)])
        return {name: page.engagement.settings.value(name) for name in names}

    def _control(self, name: str) -> widgets.Widget:
        choices = self.spec.choices[name](self.page) if name in self.spec.choices else None
        return control(name, self.present[name], self.words, choices=choices)

    def _text(self, label: str) -> widgets.Text:
        return widgets.Text(description=self.words.text(label), style={"description_width": "40%"}, layout={"width": "100%"})

    def _laid_out(self) -> widgets.VBox:
        look = widgets.HTML(f"<style>{STYLE}{LOOK}</style><strong>{escape(self.words.text(self.spec.title))}</strong>")
        buttons = widgets.HBox([self.reset_button, self.save_button])
        parts = [
            OwnKeys(), look, *self._all_controls, self.message, self.picture, self.sentences, self.moved, self.reason,
            self.role, buttons, self.state,
        ]  # fmt: skip
        box = widgets.VBox(parts)
        box.add_class("cb-panel")
        return box

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.widget)

    # What a move does

    @property
    def moved_values(self) -> dict[str, Any]:
        """The values that differ from the study's present ones."""
        asked = {name: widget.value for name, widget in self.controls.items()}
        for part in self.parts:
            if part.control.value != part.value:
                asked[part.setting] = {**asked.get(part.setting, self.present[part.setting]), part.key: part.control.value}
        return {name: value for name, value in asked.items() if value != self.present[name]}

    def refresh(self) -> None:
        """Redraw picture, sentences and the count of moved clients; say what cannot be."""
        if self._is_quiet:
            return
        try:
            page = self.page.with_values(self.moved_values) if self.moved_values else self.page
            picture = self.spec.picture(page)
            self.picture.value = self._drawn(picture) if picture.table is not None and len(picture.table) else ""
            said = "".join(f'<p class="cb-finding">{escape(one)}</p>' for one in picture.sentences if one)
            self.sentences.value = said + ("" if picture.shown is None else html_table(picture.shown, self.words))
            self.moved.value = self._moved_clients(page)
            for name, is_overruled in self.spec.overruled.items():
                self.controls[name].disabled = is_overruled(page)
            self._tell("")
        except ClientbaseError as error:
            self._tell(str(error))
        self._n_answers += 1
        self.state.value = f'<span class="cb-state" data-answers="{self._n_answers}"></span>'

    def _drawn(self, picture: Picture) -> str:
        """Return the picture as the page shows it; the finding is the text for those who cannot see it, as in a report."""
        with house_style():
            figure = picture.draw(picture.table, self.words, title=picture.title, **picture.options).figure
            plt.close(figure)
            dots = b64encode(png(figure, dpi=DPI)).decode("ascii")
        return f'<img src="data:image/png;base64,{dots}" alt="{escape(picture.title)}">'

    def _moved_clients(self, page: Page) -> str:
        """Say how many clients change class against the study's present value, and which are the largest of them."""
        before, after = self.spec.classes(self.page), self.spec.classes(page)
        if before is None or after is None:
            return ""
        moved = _moved(*(table.set_index("client_id")[self.spec.column] for table in (before, after)))
        named = {name: [self.words.category(self.spec.column, value) for value in moved[name].fillna("")] for name in moved}
        moved = moved.assign(**named)
        text = self.words.text("{n} {n:client changes|clients change} class against the study's present value.", n=len(moved))
        told = f'<p class="cb-finding cb-count">{escape(text)}</p>'
        if moved.empty:
            return told
        revenue = self.page.steps.company.set_index("client_id")["revenue"]
        listed = moved.assign(revenue=moved.index.map(revenue)).rename_axis("client_id").reset_index()
        listed = by_falling(listed, "revenue", n=MOST_NAMED)
        return told + html_table(self.page.steps.named(listed), self.words, rows=MOST_NAMED)

    def _tell(self, text: str) -> None:
        self.message.value = f'<p class="cb-message">{escape(text)}</p>' if text else ""

    # Reset and save

    def reset(self) -> None:
        """Put every control back to the study's present value."""
        self._is_quiet = True
        for name, widget in self.controls.items():
            widget.value = self.present[name]
        for part in self.parts:
            part.control.value = part.value
        self._is_quiet = False
        self.refresh()

    def save(self) -> None:
        """Write what was moved into the study with reason and role; say what happened."""
        changes = self.moved_values
        if not changes:
            self._tell(self.words.text("Nothing was moved, so there is nothing to save."))
            return
        try:
            save_decision(
                self.page.engagement.file, changes, seen=self.present, step=self.spec.step, reason=self.reason.value,
                role=self.role.value, today=dt.date.today(),
            )  # fmt: skip
        except ClientbaseError as error:
            self._tell(str(error))
            return
        self.page = self.page.with_values(changes, origin=STUDY)
        self.present = self._values(self.page)
        self.parts = [replace(part, value=part.control.value) for part in self.parts]
        self.reason.value = ""
        self.refresh()
        self._tell(self.words.text("Saved into study.toml and decisions.csv: {list}.", list=", ".join(changes)))


def _moved(before: pd.Series, after: pd.Series) -> pd.DataFrame:
    """Return one row per client_id whose class is another or that is in one of the two only: class_before, class_after."""
    if before.dtype == after.dtype and isinstance(before.dtype, pd.CategoricalDtype) and before.index.equals(after.index):
        is_moved = before.cat.codes.to_numpy() != after.cat.codes.to_numpy()
        before, after = before[is_moved], after[is_moved]  # texts are made of few clients, not of all
    both = pd.DataFrame({"class_before": before.astype("str"), "class_after": after.astype("str")})
    return both[both["class_before"].fillna("") != both["class_after"].fillna("")]
