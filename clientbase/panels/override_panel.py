"""The panel that sets a class by hand, beside the computed one, with reason and role."""

from __future__ import annotations

import datetime as dt
from html import escape
from typing import TYPE_CHECKING

import ipywidgets as widgets
import pandas as pd

from clientbase.client_profile import find_clients
from clientbase.errors import ClientbaseError, SettingError
from clientbase.overrides import OVERRULED, read_overrides, remove_override, save_override
from clientbase.panels.keys import OwnKeys
from clientbase.panels.panel import LOOK
from clientbase.show import STYLE, html_table

if TYPE_CHECKING:
    from clientbase.notebook import Page

MOST_NAMED = 5
LABELS = {"description_width": "40%"}
FULL = {"width": "100%"}


class OverridePanel:
    """The widgets that overrule one class, client by client.

    Args:
        page: the page it stands on; its tables show the new class when they are run again.
        column: the class, a key of OVERRULED.
    """

    def __init__(self, page: Page, column: str) -> None:
        if column not in OVERRULED:
            raise SettingError(f"'{column}' cannot be set by hand; these can: {', '.join(OVERRULED)}.")
        self.page, self.column, self.words = page, column, page.words
        classes = [(self.words.category(column, name), name) for name in OVERRULED[column]]
        label = self.words.text
        self.client = widgets.Text(description=label("Code or name of the client"), style=LABELS, layout=FULL)
        self.manual = widgets.Dropdown(options=classes, description=self.words.label(column), style=LABELS, layout=FULL)
        self.reason = widgets.Text(description=label("Reason of the decision"), style=LABELS, layout=FULL)
        self.role = widgets.Text(description=label("Role of whoever decides, no name"), style=LABELS, layout=FULL)
        self.save_button = widgets.Button(description=label("Set this class"), button_style="primary")
        self.remove_button = widgets.Button(description=label("Take back"))
        self.save_button.on_click(lambda _: self.save())
        self.remove_button.on_click(lambda _: self.remove())
        self.message, self.listed = widgets.HTML(), widgets.HTML()
        self.widget = self._laid_out()
        self._show_listed()

    def _laid_out(self) -> widgets.VBox:
        text = self.words.text("Set by hand: {label}", label=self.words.label(self.column))
        look = widgets.HTML(f"<style>{STYLE}{LOOK}</style><strong>{escape(text)}</strong>")
        buttons = widgets.HBox([self.save_button, self.remove_button])
        box = widgets.VBox(
            [OwnKeys(), look, self.client, self.manual, self.reason, self.role, buttons, self.message, self.listed]
        )
        box.add_class("cb-panel")
        return box

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.widget)

    @property
    def _folder(self):  # noqa: ANN202  a path of the study
        return self.page.engagement.file.folder

    def _client_id(self) -> str:
        """Return the one client that is meant; with several the nearest are named."""
        asked = self.client.value.strip().casefold()
        found = (
            find_clients(self.page.engagement, asked, n=MOST_NAMED) if asked else pd.DataFrame(columns=["client_id", "name"])
        )
        is_exact = (found["client_id"].str.casefold() == asked) | (found["name"].str.casefold() == asked)
        meant = found[is_exact] if is_exact.sum() == 1 else found
        if len(meant) != 1:
            near = ", ".join(f"{row.client_id} {row.name_}" for row in found.rename(columns={"name": "name_"}).itertuples())
            raise SettingError(self.words.text("Which client? {list}", list=near or self.words.text("nobody is called so")))
        return str(meant["client_id"].iloc[0])

    def _computed(self, client_id: str) -> str | None:
        manual = self.page.engagement.manual
        current = manual.current_of(self.column).set_index("client_id")[self.column]
        value = current.get(client_id)
        return None if value is None or pd.isna(value) else str(value)

    def save(self) -> None:
        """Keep the class by hand; say what happened."""
        try:
            client_id = self._client_id()
            save_override(
                self._folder, client_id=client_id, column=self.column, computed=self._computed(client_id),
                manual=self.manual.value, reason=self.reason.value, role=self.role.value, today=dt.date.today(),
            )  # fmt: skip
        except ClientbaseError as error:
            self._tell(str(error))
            return
        self._tell(self.words.text("Set by hand; tables show it when their cells are run again."))
        self._show_listed()

    def remove(self) -> None:
        """Take the class set by hand back; say what happened."""
        try:
            remove_override(self._folder, client_id=self._client_id(), column=self.column)
        except ClientbaseError as error:
            self._tell(str(error))
            return
        self._tell(self.words.text("Taken back."))
        self._show_listed()

    def _tell(self, text: str) -> None:
        self.message.value = f'<p class="cb-message">{escape(text)}</p>'

    def _show_listed(self) -> None:
        found = read_overrides(self._folder)
        found = found[found["column"] == self.column]
        if found.empty:
            self.listed.value = ""
            return
        named = self.page.steps.named(found.drop(columns="column"))
        shown = {
            name: [self.words.category(self.column, str(x)) if pd.notna(x) else "" for x in named[name]]
            for name in ("computed", "manual")
        }
        self.listed.value = html_table(named.assign(**shown), self.words)
