"""The shape of a text table: the mark between its values, its headings, and where its rows begin."""

from __future__ import annotations

import csv
import itertools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clientbase.errors import SourceError
from clientbase.ledger.headings import names_of

if TYPE_CHECKING:
    from clientbase.ledger.specification import FileSpec

DELIMITERS = (";", "\t", ",", "|")
LOOKED_AT = 60  # lines read to find the shape


@dataclass(frozen=True)
class Shape:
    """How a text table is written: a file in UTF-8, its delimiter, quote and names, and the lines before its rows.

    is_plain: every line before the rows is one record, so that the engine may skip them by number.
    """

    path: Path
    delimiter: str
    quote: str
    names: list[str]
    n_skipped: int
    is_plain: bool


def read_shape(path: Path, spec: FileSpec, name: str, where: str) -> Shape:
    """Return the shape of a file in UTF-8, called name in messages."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines = [line for line, _ in zip(stream, range(spec.header_row + LOOKED_AT), strict=False)]
    skipped, said = spec.header_row - 1, re.fullmatch(r'"?sep=(.)"?\s*', lines[0]) if lines else None
    if said and skipped == 0:  # a hint some programs write for spreadsheets
        skipped = 1
    if len(lines) <= skipped or not lines[skipped].strip():
        raise SourceError(f"{where}: line {skipped + 1} of '{name}' is empty or does not exist, so it holds no headings.")
    delimiter = spec.delimiter or (said and said[1]) or max(DELIMITERS, key=lines[skipped].count)
    records = _records(lines[skipped:], delimiter, spec.quote, name, where)
    (headings, n_lines), (body, _) = records
    if len(headings) == 1 and not spec.delimiter:
        _refuse_a_title(lines, skipped, headings[0], name, where)
    is_plain = n_lines == 1 and not (spec.quote and any(line.count(spec.quote) % 2 for line in lines[:skipped]))
    return Shape(path, delimiter, spec.quote, names_of(_as_wide_as(body, headings)), skipped + n_lines, is_plain)


def _records(lines: list[str], delimiter: str, quote: str, name: str, where: str) -> list[tuple[list[str], int]]:
    """Return the headings and the first row after them with cells, each with the number of lines read so far."""
    reader = csv.reader(lines, **dialect(delimiter, quote))
    try:
        found = [(row, reader.line_num) for row in itertools.islice((row for row in reader if row), 2)]
    except csv.Error as error:
        raise SourceError(f"{where}: the headings of '{name}' cannot be told apart ({error}). Export it again.") from None
    return [*found, ([], 0)][:2]


def dialect(delimiter: str, quote: str) -> dict:
    """Return what Python's reader and writer of text tables must know of a file."""
    return {"delimiter": delimiter} | ({"quotechar": quote} if quote else {"quoting": csv.QUOTE_NONE})


def _as_wide_as(body: list[str], headings: list[str]) -> list[str]:
    """Return headings for a table whose lines end with a delimiter while its headings do not, or the other way round."""
    if len(body) == len(headings) + 1 and not body[-1].strip():
        return [*headings, ""]
    if len(body) == len(headings) - 1 and body and not headings[-1].strip():
        return headings[:-1]
    return headings


def _refuse_a_title(lines: list[str], at: int, heading: str, name: str, where: str) -> None:
    """Stop when the one heading is a title, and a line below it looks like the headings."""
    for number, line in enumerate(lines[at + 1 :], start=at + 2):
        if wide := [mark for mark in DELIMITERS if line.count(mark) > 1]:
            raise SourceError(
                f"{where}: line {at + 1} of '{name}' has one heading, {heading.strip()[:60]!r}, but line {number} has several "
                f"values between {wide[0]!r}. Set header_row to the line that holds the headings, perhaps {number}."
            )
