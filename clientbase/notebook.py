"""A notebook's hand: opens the study, shows tables, pictures and sentences, and keeps the tables of a report run.

Notebooks hold narrative and calls; whatever needs a condition, a loop or a format is here, so that a closed gate or an
empty table reads well in each of them.
"""

from __future__ import annotations

from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import HTML, display

from clientbase.errors import ClientbaseError
from clientbase.figures.house import close_axes, drawn_on_blanks, house_style, make_blanks, open_axes
from clientbase.figures.rendering import png
from clientbase.findings import (
    EconomicsFindings,
    Findings,
    LoadFindings,
    ManualFindings,
    NegotiationFindings,
    ParityFindings,
    StructureFindings,
    TargetFindings,
    check_sentence,
    setting_text,
)
from clientbase.kept import keep_table
from clientbase.sections import SECTIONS
from clientbase.settings import DEFAULT, RUN, STUDY, describe
from clientbase.show import STYLE, NoteKind, html_note, html_table
from clientbase.study import Engagement, open_study
from clientbase.views import VIEWS
from clientbase.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable

    from ipywidgets import Widget
    from matplotlib.axes import Axes

    from clientbase.panels.override_panel import OverridePanel
    from clientbase.panels.panel import Panel

TABLE_ROWS = 20
MOST_FIGURES = 10  # of a notebook; one with more draws the others on axes of their own
BY_HAND = "_manual"  # how the column of classes set by hand ends
LANGUAGES = ("en", "ru")


def open_page(study: str, **values: Any) -> Page:
    """Open a study for a notebook, with the values of its parameters cell.

    Args:
        study: the study.toml, its folder, or `demo`.
        values: the notebook's parameters by setting; a value at its default means: as the study says.
    """
    _short_errors()
    return Page(open_study(study).apply(**values))


def warm_up() -> None:
    """Do once what every notebook pays for at its first picture and its first number: fonts, words, number patterns.

    A report's kernels are forked from a process that has done it.
    """
    for language in LANGUAGES:
        words = Words(language, "EUR")
        for value in (
            words.money(1234.5),
            words.percent(0.25),
            words.number(1.5),
            words.date("2025-12-31"),
            words.label("revenue"),
        ):
            words.text(value)
    make_blanks(MOST_FIGURES + 1)
    with house_style(), drawn_on_blanks():
        axes = open_axes(None)
        axes.set(xlabel="0", ylabel="0")
        axes.plot([0, 1], [0, 1], label="0")
        axes.legend()
        png(close_axes(axes, "0").figure)


class Page:
    """One notebook on one study."""

    def __init__(self, engagement: Engagement) -> None:
        self.engagement = engagement
        self.steps = engagement.steps
        self.words = engagement.words
        self.structure = engagement.structure
        self.target = engagement.target
        self.findings = Findings(engagement.steps, engagement.words)
        self.structure_findings = StructureFindings(engagement.structure, engagement.words)
        self.target_findings = TargetFindings(engagement.target, engagement.words)
        self.load = engagement.load
        self.load_findings = LoadFindings(engagement.load, engagement.words)
        self.parity = engagement.parity
        self.parity_findings = ParityFindings(engagement.parity, engagement.words)
        self.economics = engagement.economics
        self.economics_findings = EconomicsFindings(engagement.economics, engagement.words)
        self._is_styled = False

    def apply(self, **values: Any) -> Page:
        """Return the page with further parameters applied; a value at its default means: as the study says."""
        return Page(self.engagement.apply(**values))

    def with_values(self, values: dict[str, Any], origin: str = RUN) -> Page:
        """Return the page with these values in force, whatever the study says: what a panel shows."""
        return Page(self.engagement.with_values(values, origin))

    def panel(self, name: str) -> Panel:
        """Return the panel of a decision; in a report it is left out.

        Args:
            name: see clientbase.panels.catalogue.
        """
        from clientbase.panels.catalogue import panel

        return panel(self, name)

    @cached_property
    def negotiation_findings(self) -> NegotiationFindings:
        """What the bargain that the settings describe says."""
        return NegotiationFindings(self.parity.negotiation, self.words)

    @property
    def _other_labels(self) -> set[str]:
        """The columns that name a sign in the languages of others."""
        return {"label_en", "label_ru"} - {f"label_{self.words.language}"}

    def settings(self, *sections: str) -> None:
        """Show the effective values of the sections, with meaning and origin, folded so that findings come first."""
        names = [name for section in sections for name in SECTIONS[section].model_fields]
        rows = [self._setting_row(name) for name in names]
        n_changed = sum(self.engagement.settings.origin(name) != DEFAULT for name in names)
        head = self.words.text("Settings of this page ({n} of {total} differ from the defaults)", n=n_changed, total=len(names))
        columns = [column for column in rows[0] if column != "decided" or any(row["decided"] for row in rows)]
        table = html_table(
            pd.DataFrame({column: [row[column] for row in rows] for column in columns}), self.words, rows=len(rows)
        )
        self._show(f'<details class="cb-details"><summary>{escape(head)}</summary>{table}</details>')

    def _setting_row(self, name: str) -> dict[str, str]:
        meaning, unit, source = describe(name)
        value = self.engagement.settings.value(name)
        origin = self.engagement.settings.origin(name)
        return {
            "setting": name,
            "effective_value": setting_text(name, value, self.words),
            "unit": self.words.text(unit),
            "origin": self.words.text(origin) + (f" ({self.words.text(source)})" if origin == DEFAULT else ""),
            "meaning": self.words.text(meaning),
            "decided": self._decided(name),
        }

    def _decided(self, name: str) -> str:
        """Say when, in which role and why a setting of the study was decided; empty for one that no panel saved."""
        if self.engagement.settings.origin(name) != STUDY:
            return ""
        found = self.engagement.decisions
        found = found[found["parameter"] == name]
        if found.empty:
            return ""
        last = found.iloc[-1]
        told = f"{self.words.date(last['date'])}, {last['role']}"
        return told if self.engagement.run.hide_names else f"{told}: {last['reason']}"

    def say(self, *sentences: str | list[str]) -> None:
        """Show sentences, one paragraph each; empty ones are left out."""
        flat = [one for item in sentences for one in ([item] if isinstance(item, str) else item) if one]
        if flat:
            self._show("".join(f'<p class="cb-finding">{escape(sentence)}</p>' for sentence in flat))

    def note(self, text: str, kind: NoteKind = "note") -> None:
        """Show a call-out; an empty text shows nothing."""
        if text:
            self._show(html_note(text, kind))

    def gate(self, *names: str) -> None:
        """Explain what these data leave closed: the columns that would open it, or why there is no result with them.

        Args:
            names: gates of the study, see `gates`, or parts that can be without a result, see `Engagement.reason`.
        """
        for name in names:
            gate = self.engagement.gates.get(name)
            if gate is None or gate.is_open:
                reason = self.engagement.reason(name)
                self.note(self.words.text(reason) if reason else "", "closed")
            else:
                effect, opener = self.words.text(gate.effect), self.words.text(gate.opened_by)
                self.note(self.words.text("{effect} This needs: {columns}.", effect=effect, columns=opener), "closed")

    def table(
        self,
        name: str,
        table: pd.DataFrame | None,
        *,
        caption: str = "",
        rows: int = TABLE_ROWS,
    ) -> None:
        """Show a table, and keep it whole among the tables of a report. None, for a step without result, shows nothing.

        Args:
            name: file name of the kept table.
            table: any table of the package.
            caption: heading, translated.
            rows: rows to show; of the columns those that VIEWS names, the kept table has all.
        """
        if table is None:
            return
        table = self.engagement.manual.beside(table)
        self.keep(name, table)
        wanted = [column for name_of in VIEWS.get(name, table.columns) for column in (name_of, f"{name_of}{BY_HAND}")]
        shown = [column for column in dict.fromkeys(wanted) if column in table and column not in self._other_labels]
        table = self._in_words(table)
        self._show(
            html_table(table, self.words, columns=shown, rows=rows, caption=self.words.text(caption) if caption else None)
        )

    def _in_words(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return table with the classes set by hand in words, which their column's name alone would not give."""
        manual = [name for name in table if name.endswith(BY_HAND)]
        words = {
            name: [self.words.category(name.removesuffix(BY_HAND), str(x)) if pd.notna(x) else "" for x in table[name]]
            for name in manual
        }
        return table.assign(**words) if words else table

    def overrides(self) -> None:
        """Show the classes set by hand, and which of them no longer apply."""
        status = self.engagement.manual.status
        if status is None:
            return
        self.say(self.findings_by_hand.overrides())
        self.keep("overrides", status)
        self._show(html_table(self.findings_by_hand.table(), self.words, caption=self.words.text("Classes set by hand")))

    @cached_property
    def findings_by_hand(self) -> ManualFindings:
        """What the classes set by hand say."""
        return ManualFindings(self.engagement.manual, self.words, hide_reasons=self.engagement.run.hide_names)

    def explore(self, name: str, table: pd.DataFrame | None) -> Widget | None:
        """Return a table to sort, filter, search, copy and save; None for a step without result. In a report it is left out.

        Args:
            name: as for `table`; its workbook is saved beside the study under this name.
            table: any table of the package.
        """
        if table is None:
            return None
        from clientbase.panels.tables import explore_table

        shown = self._in_words(self.engagement.manual.beside(table))
        return explore_table(shown, self.words, name=name, folder=self.engagement.file.folder)

    def client_card(self) -> Widget:
        """Return the card of one client over all steps, with a search; in a report it is left out."""
        from clientbase.panels.client_card import client_card_panel

        return client_card_panel(self.engagement)

    def override_panel(self, column: str) -> OverridePanel:
        """Return the panel that sets a class by hand; in a report it is left out.

        Args:
            column: the class, see clientbase.overrides.
        """
        from clientbase.panels.override_panel import OverridePanel

        return OverridePanel(self, column)

    def keep(self, name: str, table: pd.DataFrame | None) -> None:
        """Keep a table among the tables of a report, as Parquet and CSV; does nothing outside a report run."""
        if table is None or self.engagement.run.tables is None:
            return
        keep_table(table, self.engagement.run.tables, name)

    def figure(self, draw: Callable[..., Axes], table: pd.DataFrame | None, *, title: str, **options: Any) -> None:
        """Draw a finished table in the house style; the title, which states the finding, is the text for the blind as well.

        None or an empty table draws nothing.
        """
        if table is None or len(table) == 0:
            return
        with house_style(), drawn_on_blanks():
            picture = draw(table, self.words, title=title, **options).figure
            display({"image/png": png(picture)}, metadata={"image/png": {"alt": title}}, raw=True)
            plt.close(picture)

    # The data page

    def checks(self) -> None:
        """Show what reading the tables found, the serious first."""
        found = self.engagement.ledger.checks
        order = found["level"].map({"warning": 0, "note": 1, "ok": 2})
        rows = [
            self._check_row(check) for check in found.assign(order=order).sort_values("order", kind="stable").to_dict("records")
        ]
        self.table("checks", pd.DataFrame(rows), rows=len(rows))
        self.keep("refused_rows", self.engagement.ledger.refused)

    def _check_row(self, check: dict[str, Any]) -> dict[str, str]:
        return {"severity": self.words.category("severity", check["level"]), "finding": check_sentence(check, self.words)}

    def gates(self) -> None:
        """Show which parts of the method the study opens."""
        rows = [
            {
                "gate": self.words.category("gate", gate.name),
                "is_open": gate.is_open,
                "opened_by": self.words.text(gate.opened_by),
                "effect": "" if gate.is_open else self.words.text(gate.effect),
            }
            for gate in self.engagement.gates.values()
        ]
        self.table("gates", pd.DataFrame(rows), rows=len(rows))

    def sources(self) -> None:
        """Show where each of our columns came from."""
        mapping = self.engagement.ledger.state["columns"]
        rows = [
            {"table": table, "column": ours, "export_column": theirs}
            for table, columns in mapping.items()
            for ours, theirs in columns.items()
        ]
        self.table("columns", pd.DataFrame(rows), rows=len(rows))

    def monthly_revenue(self) -> pd.DataFrame:
        """Return one row per month of the history: revenue of all clients, and whether the window holds it."""
        months = self.engagement.ledger.months.groupby("month", as_index=False)["revenue"].sum()
        window = self.engagement.window
        return months.assign(is_window=months["month"].between(np.datetime64(window.start), np.datetime64(window.end)))

    def _show(self, html: str) -> None:
        """Show HTML; the first of a page brings the style along, so that the cell that opens the page stays silent."""
        style = "" if self._is_styled else f"<style>{STYLE}</style>"
        self._is_styled = True
        display(HTML(style + html))


def _short_errors() -> None:
    """Let JupyterLab show an error of ours as its sentence alone, without the way through the library."""
    from IPython import get_ipython

    if (shell := get_ipython()) is not None:
        shell.set_custom_exc((ClientbaseError,), _show_sentence)


def _show_sentence(shell: Any, kind: type, error: ClientbaseError, trace: Any, tb_offset: Any = None) -> list[str]:  # noqa: ARG001
    lines = [f"{kind.__name__}: {error}"]
    shell._showtraceback(kind, error, lines)
    return lines
