"""Where tables of rows lie: a text or Parquet file, the sheets of a workbook, the tables of a SQLite file."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from clientbase.draft.textfiles import ROWS, delimiter_of, encoding_of, first_lines, header_row, raw_rows
from clientbase.errors import SourceError
from clientbase.ledger.files import quoted
from clientbase.ledger.specification import KINDS


@dataclass(frozen=True)
class Place:
    """Where a table of rows lies: a file and, within it, a sheet or a table; how its text is read."""

    path: Path
    kind: str  # "csv", "excel", "parquet", "sqlite"
    sheet: str | None = None
    table: str | None = None
    header_row: int = 1
    encoding: str = "utf-8"
    delimiter: str = ","

    @property
    def label(self) -> str:
        """How messages name the place."""
        inner = f", sheet '{self.sheet}'" if self.sheet else f", table '{self.table}'" if self.table else ""
        return f"{self.path.name}{inner}"


def find_places(path: Path) -> list[Place]:
    """Return the tables of rows of a file: one of a text or Parquet file, every sheet or table with rows of the others."""
    if not path.is_file():
        raise SourceError(f"there is no file '{path}'. Give the names of exported files: CSV, Excel, Parquet or SQLite.")
    with path.open("rb") as file:
        start = file.read(512)
    if not start:
        raise SourceError(f"{path.name} is empty. Export it again.")
    kind = _kind(start, path.name)
    if KINDS.get(path.suffix.lower()) != kind:
        wanted = {"csv": "text table; rename it to end in .csv", "excel": "workbook; rename it to end in .xlsx (or .xls)"}
        said = wanted.get(kind, f"{kind} file; rename it to end in .{kind}")
        raise SourceError(f"{path.name} is in truth a {said}, so that it is read as what it is.")
    find = {"csv": _text_place, "excel": _workbook_places, "sqlite": _database_places}.get(kind)
    return find(path) if find else [Place(path, kind)]


def _kind(start: bytes, name: str) -> str:
    """Return what a file is by its first bytes, whatever its name says."""
    signs = {b"SQLite format 3": "sqlite", b"PAR1": "parquet", b"PK\x03\x04": "excel", b"\xd0\xcf\x11\xe0": "excel"}
    if found := next((kind for sign, kind in signs.items() if start.startswith(sign)), None):
        return found
    if (
        start.lstrip(b"\xef\xbb\xbf \r\n\t")
        .lower()
        .startswith((b"<html", b"<!doctype", b"<table", b"<?xml", b"<head", b"<meta"))
    ):
        raise SourceError(f"{name} is a web page, not a table. Open it in a spreadsheet and save it as xlsx or CSV.")
    return "csv"


def _text_place(path: Path) -> list[Place]:
    encoding = encoding_of(path)
    text = first_lines(path, encoding)
    if "\x00" in text:
        raise SourceError(
            f"{path.name} is neither text nor a workbook, Parquet or SQLite file. Export it again as CSV or xlsx."
        )
    delimiter = delimiter_of(text)
    row = header_row(raw_rows(text, delimiter), path.name)
    return [Place(path, "csv", header_row=row, encoding=encoding, delimiter=delimiter)]


def _workbook_places(path: Path) -> list[Place]:
    try:
        sheets = pd.read_excel(path, sheet_name=None, header=None, nrows=ROWS, dtype=object, engine="calamine")
    except Exception as error:  # calamine has its own exceptions, none of them public; the message names the file
        raise SourceError(f"{path.name} cannot be read as a workbook: {error}. Save it again as xlsx.") from error
    places, refusals = [], []
    for name, rows in sheets.items():
        if rows.dropna(how="all").shape[0] < 2:
            continue
        cells = [["" if pd.isna(cell) else str(cell) for cell in row] for row in rows.itertuples(index=False)]
        try:
            places.append(Place(path, "excel", sheet=name, header_row=header_row(cells, f"{path.name}, sheet '{name}'")))
        except SourceError as error:
            refusals.append(error)
    if not places:
        raise refusals[0] if refusals else SourceError(f"{path.name} has no sheet with rows. Export it again.")
    return places


def _database_places(path: Path) -> list[Place]:
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        names = [
            name
            for (name,) in connection.execute("select name from sqlite_master where type in ('table', 'view') order by rowid")
        ]
        filled = [name for name in names if connection.execute(f"select 1 from {quoted(name)} limit 1").fetchone()]
    except sqlite3.Error as error:
        raise SourceError(f"{path.name} cannot be read as a SQLite file: {error}. Export it again.") from error
    finally:
        connection.close()
    if not filled:
        raise SourceError(f"{path.name} has no table with rows; it has {names}.")
    return [Place(path, "sqlite", table=name) for name in filled]
