"""Tables and call-outs as HTML that reads alike in a notebook and in a report page.

Everything that comes from the data is escaped here and nowhere else: a client named `<b>` is shown as such.
"""

from collections.abc import Sequence
from html import escape
from typing import Literal

import pandas as pd
from pandas.api.types import is_bool_dtype, is_datetime64_any_dtype, is_numeric_dtype

from clientbase.errors import SettingError, require
from clientbase.words import Words

NoteKind = Literal["note", "warning", "closed"]
NOTE_CLASSES: dict[str, str] = {"note": "cb-note", "warning": "cb-note cb-warning", "closed": "cb-note cb-closed"}
SHORT_TEXT = 20  # characters up to which a text stays on its line: a code broken in two is hard to find
MANY_COLUMNS = 9  # from which a table is set closer, so that it fits a page
LONG_TEXT = 24  # characters from which a text needs room to wrap
# Each selector holds two classes or more, so that it outweighs JupyterLab's own rules for tables.
STYLE = """
.cb-frame { overflow-x: auto; margin: 0.8em 0; }
.cb-frame table.cb-table { border-collapse: collapse; table-layout: auto; margin: 0; font-size: 0.95em; line-height: 1.35;
  font-variant-numeric: tabular-nums; color: #1c2430; background: #fff; }
.cb-frame table.cb-table caption { caption-side: top; text-align: left; font-weight: 600; padding: 0 0 0.4em; color: #1c2430; }
.cb-frame table.cb-table th, .cb-frame table.cb-table td { padding: 0.3em 0.7em; border: 0; border-bottom: 1px solid #d9dee5;
  text-align: left; vertical-align: top; font-weight: normal; white-space: normal; overflow-wrap: break-word;
  max-width: 24em; background: none; }
.cb-frame table.cb-table thead th { box-sizing: content-box; border-bottom: 2px solid #1c2430; vertical-align: bottom;
  font-weight: 600; max-width: 10em; }
.cb-frame table.cb-table th.cb-number, .cb-frame table.cb-table td.cb-number { text-align: right; }
.cb-frame table.cb-table tbody .cb-number, .cb-frame table.cb-table tbody .cb-date,
.cb-frame table.cb-table tbody .cb-short { white-space: nowrap; }
.cb-frame table.cb-table tbody .cb-long { min-width: 14em; }
.cb-frame table.cb-wide th, .cb-frame table.cb-wide td { padding: 0.25em 0.4em; font-size: 0.92em; }
.cb-frame table.cb-table tbody tr:hover { background: #f1f5fa; }
.cb-frame p.cb-more { margin: 0.3em 0 0; font-size: 0.85em; color: #5b6675; }
div.cb-note { margin: 0.8em 0; padding: 0.5em 0.9em; max-width: 46em; color: #1c2430; background: #eef4fb;
  border-left: 4px solid #0072b2; overflow-wrap: break-word; white-space: pre-line; }
div.cb-note.cb-warning { background: #fff3e0; border-left: 4px double #d55e00; border-left-width: 8px; }
div.cb-note.cb-closed { background: #f3f3f3; border-left: 4px dashed #5a5a5a; }
p.cb-finding { margin: 0.5em 0; max-width: 46em; font-size: 1.05em; line-height: 1.45; overflow-wrap: break-word; }
details.cb-details { margin: 0.8em 0; }
details.cb-details summary { cursor: pointer; color: #5b6675; font-size: 0.9em; }
@media print { .cb-frame { overflow: visible; } .cb-frame table.cb-table tr, div.cb-note { break-inside: avoid; }
  .cb-frame table.cb-table tbody .cb-long { min-width: 0; } }
"""


def html_table(
    table: pd.DataFrame,
    words: Words,
    *,
    columns: Sequence[str] | None = None,
    rows: int = 20,
    caption: str | None = None,
) -> str:
    """Return the first rows of a table as an accessible HTML table in the reader's language.

    Args:
        table: any table of the package; headings and cells follow from the names of its columns.
        words: language and currency; money stands without currency under a heading that names it.
        columns: which columns, in this order; all when left out.
        rows: most rows shown; a line below tells how many there are when some are cut.
        caption: heading of the table.
    """
    columns = list(table.columns if columns is None else columns)
    require(table, "table to show", columns)
    first = table.head(rows)
    shown = [first[column] for column in columns]
    cells = [[words.value(values.name, x, unit=False) for x in values] for values in shown]
    marks = [_mark(values, texts) for values, texts in zip(shown, cells, strict=True)]
    head = "".join(
        f'<th scope="col"{mark}>{escape(words.heading(column))}</th>' for column, mark in zip(columns, marks, strict=True)
    )
    body = "".join(_row(texts, marks) for texts in zip(*cells, strict=True))
    wide = " cb-wide" if len(columns) >= MANY_COLUMNS else ""
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return (
        f'<div class="cb-frame" tabindex="0"><table class="cb-table{wide}">{title}<thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>{_rest(len(table), rows, words)}</div>"
    )


def html_note(text: str, kind: NoteKind = "note") -> str:
    """Return a call-out: a note, a warning, or an analysis that is closed for lack of data. Line breaks are kept."""
    if kind not in NOTE_CLASSES:
        raise SettingError(f"kind of note = {kind!r}: choose one of {', '.join(NOTE_CLASSES)}.")
    return f'<div class="{NOTE_CLASSES[kind]}" role="note">{escape(text)}</div>'


def _row(texts: tuple[str, ...], marks: list[str]) -> str:
    """The first column names the row, so that a screen reader reads it with every cell."""
    first, *others = zip(texts, marks, strict=True)
    cells = "".join(f"<td{mark}>{escape(text)}</td>" for text, mark in others)
    return f'<tr><th scope="row"{first[1]}>{escape(first[0])}</th>{cells}</tr>'


def _mark(values: pd.Series, texts: list[str]) -> str:
    """Return the class of a column's cells: numbers stand right, dates and short texts stay whole, long ones get room."""
    if is_numeric_dtype(values) and not is_bool_dtype(values):
        return ' class="cb-number"'
    if is_datetime64_any_dtype(values):
        return ' class="cb-date"'
    longest = max(map(len, texts), default=0)
    if longest > LONG_TEXT:
        return ' class="cb-long"'
    return ' class="cb-short"' if longest <= SHORT_TEXT else ""


def _rest(n_rows: int, shown: int, words: Words) -> str:
    if n_rows == 0:
        return f'<p class="cb-more">{escape(words.text("no rows"))}</p>'
    if n_rows <= shown:
        return ""
    line = words.text("{shown} of {total} {total:row|rows}", shown=shown, total=n_rows)
    return f'<p class="cb-more">{escape(line)}</p>'
