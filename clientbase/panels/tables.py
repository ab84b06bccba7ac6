"""A table to look through in JupyterLab: sorted, filtered and searched in the browser, copied, or saved as a workbook.

The grid is DataTables as itables brings it along: it works offline and has real table cells, which a keyboard and a screen
reader can walk. Its own spreadsheet export would write texts for numbers, so the workbook is written here. Every cell is data:
itables escapes it for the page, and neither the clipboard nor the workbook makes a formula of it.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from dataclasses import dataclass
from html import escape
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from ipywidgets import HTML, Button, HBox, Layout, VBox
from itables.typing import JavascriptFunction
from itables.widget import ITable
from pandas.api.types import is_bool_dtype, is_datetime64_any_dtype, is_numeric_dtype

from clientbase.errors import ReportError
from clientbase.formula_signs import FORMULA_SIGNS
from clientbase.labels import kind_of
from clientbase.panels.keys import OwnKeys
from clientbase.views import CLIENT, VIEWS
from clientbase.words import MISSING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from xlsxwriter import Workbook

    from clientbase.words import Words

GRID_CLASSES = "display compact"
PAGE_ROWS = [10, 25, 100]  # ten fit a projector of 720 lines
LISTED = 30  # different texts up to which a column is filtered by ticking them
SHEET_ROWS, CELL_TEXT = 1_048_576, 32_767  # what a sheet and a cell of a workbook can hold
NARROW, WIDE = 9, 48  # columns of the workbook, characters
SHEET_FORMATS = {"money": "#,##0.00", "share": "0.0%", "whole": "#,##0", "date": "yyyy-mm-dd", "month": "yyyy-mm"}
NUMBERS = ("number", "date")  # filters of columns that hold what they sort by; the others hold their text
BREAKS = re.compile(r"[\t\r\n]+")  # in a cell they would shift what is copied
# The grid holds every column twice, {n} apart: number cells sort and filter by what they hold and show the other one; text
# cells show what they hold and sort by the other one. What is missing is neither above nor below what is asked for.
NUMBER_CELL = """function (data, type, row, meta) {{
  return type === 'display' || type === 'export' ? row[meta.col + {n}] : data; }}"""
TEXT_CELL = """function (data, type, row, meta) {{
  if (type === 'sort') return row[meta.col + {n}];
  return type === 'export' ? data.replace(/^[=+\\-@]/, "'$&") : data; }}"""
# All parts of what is asked for have to be in the named columns, whatever the accents and capitals. It is set at every drawing,
# since itables 2.9.1 does not pass initComplete on from its widget.
SEARCH_BOX = """function () {{
  const api = this.api(), box = api.table().container().querySelector('.cb-search input');
  const folded = (text) => text.normalize('NFKD').replace(/\\p{{M}}/gu, '').toLowerCase();
  const cells = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  box.oninput = () => {{
    const parts = cells(folded(box.value)).split(/\\s+/).filter(Boolean);
    const isFound = (all, row) => {{
      const text = folded({columns}.map((column) => row[column]).join(' '));
      return parts.every((part) => text.includes(part)); }};
    api.search.fixed('client', parts.length ? isFound : null).draw(); }}; }}"""
STYLE = """<style>
.cb-explore .dt-layout-table { overflow-x: auto; }
.cb-explore table.dataTable { margin: 0 !important; font-variant-numeric: tabular-nums; }
.cb-explore table.dataTable th, .cb-explore table.dataTable td { max-width: 22em; overflow-wrap: break-word; }
.cb-explore table.dataTable td.dt-type-numeric, .cb-explore table.dataTable td.dt-type-date { white-space: nowrap; }
.cb-explore .cb-search input { margin-left: 0.5em; width: 16em; }
.cb-explore div.dt-button-collection > div, .cb-explore .dtcc-list { max-height: 16em; overflow-y: auto; }
.cb-explore .dt-container { min-height: 26em; } /* room for a filter that opens above few rows */
.cb-explore :focus-visible { outline: 2px solid #0072b2; outline-offset: 1px; }
</style>"""


@dataclass(frozen=True)
class _Column:
    """A column as a reader sees it: its heading, a text per cell, and keys in the order of its values, missing as None."""

    name: str
    heading: str
    texts: list[str]
    keys: list[Any]
    control: str  # how it is filtered: number, date, list or text


def explore_table(table: pd.DataFrame, words: Words, *, name: str, folder: Path) -> VBox:
    """Return a table that can be sorted, filtered, searched by client, copied and saved as name.xlsx.

    Args:
        table: any table of the package; headings and cells follow from the names of its columns.
        words: language and currency.
        name: file name of the workbook, and the table's name in VIEWS: of the columns those shown first, the others can be
            chosen; a table not named there shows all.
        folder: where the workbook is saved, beside the study; an existing file is never overwritten.
    """
    columns = [_column(name_, table[name_], words) for name_ in table.columns]
    grid = ITable(_cells(columns), **_options(columns, VIEWS.get(name, table.columns), words))
    label = words.text("Save all {n} {n:row|rows} as xlsx", n=len(table))
    save, told = Button(description=label, layout=Layout(width="auto")), HTML()

    def write(_: Button) -> None:
        try:
            place = save_workbook(table, words, name=name, folder=folder)
            told.value = _status(words.text("Saved: {file}", file=str(place)))
        except ReportError as error:
            told.value = _status(str(error))

    save.on_click(write)
    box = VBox([OwnKeys(), HTML(STYLE), grid, HBox([save, told], layout=Layout(flex_flow="row wrap"))])
    return box.add_class("cb-explore")


def save_workbook(table: pd.DataFrame, words: Words, *, name: str, folder: Path) -> Path:
    """Write a table into folder as name.xlsx, or name_2.xlsx where that is taken, and return the file.

    Numbers stay numbers and dates dates, with a format by their column; texts and headings are the reader's, never formulas.
    Raises ReportError where the table is too long for a sheet or the folder cannot be written.
    """
    import xlsxwriter

    if len(table) >= SHEET_ROWS:
        raise ReportError(f"table '{name}' has {len(table)} rows; a sheet holds {SHEET_ROWS - 1}. Narrow the study's scope.")
    place, written = _free(folder, name), io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        _write_sheet(book, table, words)
    try:
        with place.open("xb") as file:
            file.write(written.getbuffer())
    except OSError as error:
        raise ReportError(f"'{place}' cannot be written ({error.strerror}). Check the folder.") from None
    return place


def _column(name: str, values: pd.Series, words: Words) -> _Column:
    """Write the different values of a column once each: most repeat, and a long table waits for little else."""
    codes, known = pd.factorize(values)
    shown = [BREAKS.sub(" ", words.value(name, x, unit=False)) for x in known]
    texts = [MISSING if code < 0 else shown[code] for code in codes]
    if is_datetime64_any_dtype(values):
        days = values.dt.strftime("%Y-%m-%d").astype(object).fillna(MISSING)
        return _Column(name, words.heading(name), texts, days, "date")
    if is_numeric_dtype(values) and not is_bool_dtype(values) and kind_of(name) not in ("text", "calendar"):
        size = 100 if kind_of(name) == "share" else 1  # a reader asks for 25 where 25 % is shown
        return _Column(name, words.heading(name), texts, values.astype(float) * size, "number")
    is_listed = len(set(shown)) <= LISTED and name not in CLIENT
    return _Column(name, words.heading(name), texts, _ranks(values, texts), "list" if is_listed else "text")


def _ranks(values: pd.Series, texts: list[str]) -> pd.Series:
    """Return a rank per cell that sorts as text: in the order of classes and numbers, else of the shown words, missing last."""
    is_ordered = isinstance(values.dtype, pd.CategoricalDtype) and values.cat.ordered
    order = values.cat.codes if is_ordered else values
    if not is_numeric_dtype(order) or is_bool_dtype(order):
        order = pd.Series(texts, dtype=object, index=values.index).str.casefold()
    ranks = order.where(values.notna()).rank(method="dense").fillna(len(values) + 1)
    return ranks.astype("int64").astype("str").str.zfill(8)


def _cells(columns: Sequence[_Column]) -> pd.DataFrame:
    """Return what the grid holds: what each column shows or sorts by, and then the other of the two."""
    held = [column.keys if column.control in NUMBERS else column.texts for column in columns]
    other = [column.texts if column.control in NUMBERS else column.keys for column in columns]
    cells = pd.DataFrame({place: np.asarray(values) for place, values in enumerate([*held, *other])})
    return cells.set_axis([*(column.heading for column in columns), *(MISSING for _ in columns)], axis="columns")


def _options(columns: Sequence[_Column], shown: Sequence[str], words: Words) -> dict[str, Any]:
    """Return how the grid is set up: as it is given, first those columns that are shown, the others to choose."""
    n = len(columns)
    names = [column.name for column in columns]
    found = [names.index(name) for name in CLIENT if name in names]
    searched = found or [place for place, column in enumerate(columns) if column.control not in NUMBERS]
    asked = words.text("Search by code or name" if found else "Search")
    box = f'<label>{escape(asked)}<input type="search" autocomplete="off"></label>'
    choose = {"extend": "colvis", "columns": list(range(n)), "align": "button-right", "background": False}
    copy = {"extend": "copy", "title": None, "exportOptions": {"columns": ":visible", "orthogonal": "export"}}
    return {
        "maxBytes": 0, "maxRows": 0, "maxColumns": 0, "showIndex": False, "classes": GRID_CLASSES, "style": "width:100%",
        "text_in_header_can_be_selected": False, "pageLength": PAGE_ROWS[0], "lengthMenu": PAGE_ROWS, "autoWidth": False,
        "layout": {
            "topStart": {"div": {"className": "cb-search", "html": box}}, "topEnd": {"buttons": [choose, copy]},
            "bottomStart": "info", "bottomEnd": "paging", "bottom2Start": "pageLength",
        },
        "columnDefs": [
            *(_definition(place, column, n, is_shown=column.name in shown) for place, column in enumerate(columns)),
            {"targets": list(range(n, 2 * n)), "visible": False, "searchable": False, "orderable": False},
        ],
        "drawCallback": JavascriptFunction(SEARCH_BOX.format(columns=searched)),
        "language": _language(words),
    }  # fmt: skip


def _definition(place: int, column: _Column, n: int, *, is_shown: bool) -> dict[str, Any]:
    """Return how one column is shown, sorted and filtered."""
    kept = {"number": ["greaterOrEqual", "lessOrEqual"], "date": ["greater", "less"], "text": ["contains", "notContains"]}
    logic = ("equal", "notEqual", "greater", "greaterOrEqual", "less", "lessOrEqual", "contains", "notContains", "starts",
             "ends", "empty", "notEmpty")  # fmt: skip
    if column.control == "list":
        texts = dict(sorted(zip(column.keys, column.texts, strict=True)))
        listed = [{"label": escape(text, quote=False), "value": text} for text in texts.values()]
        control = {"extend": "searchList", "options": listed, "search": False, "ajaxOnly": False}
    else:
        control = {"extend": "search", "excludeLogic": [name for name in logic if name not in kept[column.control]]}
    return {
        "targets": [place],
        "visible": is_shown,
        "orderSequence": ["desc", "asc", ""] if column.control in NUMBERS else ["asc", "desc", ""],
        "type": {"number": "num", "date": "date"}.get(column.control, "string"),
        "render": JavascriptFunction((NUMBER_CELL if column.control in NUMBERS else TEXT_CELL).format(n=n)),
        "columnControl": [{"extend": "dropdown", "icon": "search", "content": [control]}],
    }


def _language(words: Words) -> dict[str, Any]:
    """Return what the grid itself says, by its own names for it."""
    return {
        "thousands": words.whole(11_111)[2:-3],
        "info": words.text("rows _START_ to _END_ of _TOTAL_"),
        "infoEmpty": words.text("no rows"),
        "infoFiltered": words.text("(of _MAX_ in all)"),
        "lengthMenu": words.text("_MENU_ rows a page"),
        "zeroRecords": words.text("nothing found"),
        "emptyTable": words.text("no rows"),
        "aria": {
            "orderable": words.text(": sort"),
            "orderableReverse": words.text(": sort the other way"),
            "orderableRemove": words.text(": leave unsorted"),
            "paginate": {
                "first": words.text("first page"),
                "previous": words.text("previous page"),
                "next": words.text("next page"),
                "last": words.text("last page"),
                "number": words.text("page "),
            },
        },
        "buttons": {
            "colvis": words.text("Columns"),
            "copy": words.text("Copy"),
            "copyTitle": words.text("Copied"),
            "copySuccess": {"_": words.text("rows: %d"), "1": words.text("rows: %d").replace("%d", "1")},
        },
        "columnControl": _filter_language(words),
    }


def _filter_language(words: Words) -> dict[str, Any]:
    """Return what the filters under the headings say."""
    return {
        "dropdown": words.text("Filter"),
        "searchClear": words.text("Clear"),
        "list": {"all": words.text("All"), "none": words.text("None"), "empty": words.text("(empty)")},
        "search": {
            "number": {"greaterOrEqual": words.text("at least"), "lessOrEqual": words.text("at most")},
            "datetime": {"greater": words.text("after"), "less": words.text("before")},
            "text": {"contains": words.text("contains"), "notContains": words.text("does not contain")},
        },
    }


def _status(text: str) -> str:
    return f'<div role="status" style="overflow-wrap: anywhere">{escape(text)}</div>'


def _free(folder: Path, name: str) -> Path:
    """Return the first of name.xlsx, name_2.xlsx and so on that is not there yet."""
    places = (folder / f"{name}{'' if number == 1 else f'_{number}'}.xlsx" for number in count(1))
    return next(place for place in places if not place.exists())


def _write_sheet(book: Workbook, table: pd.DataFrame, words: Words) -> None:
    """Write headings and columns, the headings fixed above the rows, with the spreadsheet's own filter."""
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    plain = book.add_format({"quote_prefix": True})  # a text that begins like a formula stays one when its cell is edited
    for place, name in enumerate(table.columns):
        number = book.add_format({"num_format": SHEET_FORMATS.get(kind_of(name), "General")})
        heading, cells = words.heading(name), _sheet_cells(name, table[name], words)
        sheet.write_string(0, place, heading, bold)
        longest = max([len(heading) // 2, *(len(str(cell)) for cell in cells[:1000] if cell is not None)])
        sheet.set_column(place, place, min(max(longest + 2, NARROW), WIDE))
        for row, cell in enumerate(cells, start=1):
            if isinstance(cell, str):
                sheet.write_string(row, place, cell[:CELL_TEXT], plain if cell.startswith(FORMULA_SIGNS) else None)
            elif cell is not None:
                (sheet.write_datetime if isinstance(cell, dt.datetime) else sheet.write_number)(row, place, cell, number)
    sheet.freeze_panes(1, 0)
    if len(table.columns):
        sheet.autofilter(0, 0, len(table), len(table.columns) - 1)


def _sheet_cells(name: str, values: pd.Series, words: Words) -> list[str | float | dt.datetime | None]:
    """Return numbers and dates as they are and everything else as the reader's text; missing is an empty cell."""
    if is_datetime64_any_dtype(values):
        return [None if pd.isna(x) else x.to_pydatetime() for x in values]
    if is_numeric_dtype(values) and not is_bool_dtype(values) and kind_of(name) != "calendar":
        return [None if pd.isna(x) else float(x) if np.isfinite(x) else words.number(x) for x in values]
    codes, known = pd.factorize(values)
    shown = [words.value(name, x) for x in known]
    return [None if code < 0 else shown[code] for code in codes]
