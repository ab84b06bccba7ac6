"""Sheets of workbooks (xlsx, xls, xlsb, ods) read into the engine with the kinds their cells have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from clientbase.errors import SourceError
from clientbase.ledger.arrow_columns import as_array, kind_of
from clientbase.ledger.engine import quoted, short
from clientbase.ledger.headings import names_of, refuse_other_headings

if TYPE_CHECKING:
    import duckdb

    from clientbase.ledger.specification import FileSpec

Cell = object  # a text, number, Boolean, date, time; "" for an empty cell and for a formula without a value
WEB_PAGE = (b"<html", b"<!doctype", b"<table", b"<?xml", b"<head", b"<meta")


def load_workbooks(engine: duckdb.DuckDBPyConnection, relation: str, paths: list[Path], spec: FileSpec, where: str) -> None:
    """Make one table of a sheet of every workbook, the named or the first, which need the same headings."""
    columns: dict[str, list[Cell]] = {}
    for path in paths:
        names, rows = _table(_cells(path, spec.sheet, where), spec.header_row, path, where)
        if columns:
            refuse_other_headings(path.name, names, paths[0].name, list(columns), where)
        for place, name in enumerate(names):
            columns.setdefault(name, []).extend(None if row[place] == "" else row[place] for row in rows)
    arrays = [as_array(values, kind_of(set(map(type, values)))) for values in columns.values()]
    engine.register("_sheet", pa.table(arrays, names=list(columns)))
    engine.execute(f"create or replace temp table {quoted(relation)} as select * from _sheet")
    engine.unregister("_sheet")


def _cells(path: Path, sheet: str | None, where: str) -> list[list[Cell]]:
    """Return the rows of a sheet from the first on, empty ones too, so that rows keep their numbers."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        with path.open("rb") as stream:  # told by its content, as names of workbooks are often wrong
            book = CalamineWorkbook.from_filelike(stream)
        if sheet is not None and sheet not in book.sheet_names:
            raise SourceError(
                f"{where}: '{path.name}' has no sheet '{sheet}'; it has {', '.join(map(repr, book.sheet_names))}."
            )
        return book.get_sheet_by_name(sheet or book.sheet_names[0]).to_python(skip_empty_area=False)
    except PasswordError:
        raise SourceError(f"{where}: '{path.name}' is locked by a password. Save a copy without one.") from None
    except (CalamineError, OSError, IndexError) as error:
        raise SourceError(f"{where}: '{path.name}' {_complaint(path)} ({short(error)}). Save it again as .xlsx.") from None


def _complaint(path: Path) -> str:
    """Say what a file is that only its name calls a workbook."""
    with path.open("rb") as stream:
        start = stream.read(512)
    if start.lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith(WEB_PAGE):
        return "is a web page that only its name calls a workbook"
    if not start.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        return "is no workbook, although its name says so; a text table should be named .csv"
    return "cannot be read as a workbook"


def _table(cells: list[list[Cell]], header_row: int, path: Path, where: str) -> tuple[list[str], list[list[Cell]]]:
    """Return the names of the columns and the rows with anything in them."""
    if len(cells) < header_row or not any(map(_is_filled, cells[header_row - 1])):
        raise SourceError(
            f"{where}: row {header_row} of the sheet in '{path.name}' is empty or does not exist, so it holds no headings; "
            f"the sheet has {len(cells)} rows. Set header_row, or name another sheet."
        )
    return names_of(cells[header_row - 1]), [row for row in cells[header_row:] if any(map(_is_filled, row))]


def _is_filled(cell: Cell) -> bool:
    return not isinstance(cell, str) or cell.strip() != ""
