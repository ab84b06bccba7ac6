"""The client card in JupyterLab: a client is searched by code or name, and read with all that the steps say of it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from ipywidgets import HTML, Layout, Select, Text, VBox

from clientbase.client_profile import client_index, client_profile, matches
from clientbase.panels.keys import OwnKeys

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from clientbase.client_profile import Line, Section
    from clientbase.study import Engagement
    from clientbase.words import Words

SHOWN = 20  # clients in the list
LINES = 6  # of them seen at once, so that the card below is seen as well
# The class doubled outweighs JupyterLab's own rules for lists.
STYLE = """<style>
.cb-card { columns: 22em auto; column-gap: 1.8em; padding: 0.4em 0.6em; line-height: 1.35; color: #1c2430; background: #fff;
  overflow-wrap: break-word; }
.cb-card h3, .cb-card h4 { margin: 0 0 0.4em; font-size: 1em; font-weight: 600; color: inherit; }
.cb-card h3 { column-span: all; font-size: 1.2em; }
.cb-card h4 { border-bottom: 2px solid #1c2430; }
.cb-card section { break-inside: avoid; padding-bottom: 0.9em; }
.cb-card.cb-card dl { display: grid; grid-template-columns: minmax(7em, 2fr) 3fr; gap: 0.2em 0.8em; margin: 0; }
.cb-card.cb-card dt, .cb-card.cb-card dd { float: none; width: auto; min-width: 0; margin: 0; padding: 0; font-weight: normal; }
.cb-card.cb-card dt, .cb-card small { color: #4a5463; }
.cb-card small { display: block; font-size: 0.88em; }
</style>"""


def client_card_panel(engagement: Engagement) -> VBox:
    """Return a panel with a search box, the clients that fit, and the card of the chosen one.

    Typing searches, Tab leads to the list, and the arrow keys choose there; the first that fits is shown at once. While nothing
    is typed, the largest clients by revenue are listed.
    """
    words, index = engagement.words, client_index(engagement)
    look = {"style": {"description_width": "8em"}, "layout": Layout(width="min(46em, 98%)")}
    box = Text(description=words.text("Code or name"), **look)
    chosen = Select(description=words.text("Clients"), rows=LINES, **look)
    told, card = HTML(), HTML()

    def search(_: dict[str, Any] | None = None) -> None:
        found = matches(index, box.value, SHOWN + 1)
        told.value = f'<div role="status">{escape(_found(len(found), words))}</div>'
        chosen.options = _choices(found.head(SHOWN))
        chosen.index = 0 if len(found) else None

    def show(_: dict[str, Any] | None = None) -> None:
        card.value = "" if chosen.value is None else card_html(chosen.label, client_profile(engagement, chosen.value))

    chosen.observe(show, names="value")
    box.observe(search, names="value")
    search()
    return VBox([OwnKeys(), HTML(STYLE), box, told, chosen, card])


def card_html(title: str, sections: Sequence[Section]) -> str:
    """Return a card as HTML: every section a list of what is told and what it is, side by side where there is room."""
    parts = "".join(f"<section><h4>{escape(head)}</h4><dl>{_lines(lines)}</dl></section>" for head, lines in sections)
    return f'<div class="cb-card" role="region" aria-live="polite"><h3>{escape(title)}</h3>{parts}</div>'


def _lines(lines: Sequence[Line]) -> str:
    return "".join(
        f"<dt>{escape(line.label)}</dt><dd>{escape(line.value)}"
        f"{f'<small>{escape(line.detail)}</small>' if line.detail else ''}</dd>"
        for line in lines
    )


def _choices(clients: pd.DataFrame) -> list[tuple[str, str]]:
    """Return what the list shows of each client, and its code."""
    pairs = zip(clients["client_id"], clients["name"], strict=True)
    return [(code if name == code else f"{code} · {name}", code) for code, name in pairs]


def _found(n: int, words: Words) -> str:
    """Say how many clients fit, of which no more than one above those shown were looked for."""
    if n == 0:
        return words.text("No client has this in its code or name.")
    if n > SHOWN:
        return words.text("The first {n} are listed; type more to narrow them down.", n=SHOWN)
    return words.text("{n} {n:client|clients}", n=n)
