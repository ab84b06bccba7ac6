"""The dialect of a text file: encoding, delimiter and the row of headers."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Sequence
from pathlib import Path

from charset_normalizer import from_bytes

from clientbase.draft.headers import is_familiar
from clientbase.draft.numbers import decimal_mark, read_numbers
from clientbase.errors import SourceError

BYTES = 4_000_000  # looked at for the encoding
ROWS = 40  # looked at for the delimiter and the headers
DELIMITERS = (";", "\t", ",", "|")
_CYRILLIC = ("cp1251", "cp866", "koi8_r", "mac_cyrillic")


def encoding_of(path: Path) -> str:
    """Return Python's name of the encoding of a text file; utf-8 with a byte order mark is "utf-8-sig"."""
    with path.open("rb") as file:
        head = file.read(BYTES)
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if _is_utf8(path):
        return "utf-8"
    return _eight_bit(head)


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while piece := file.read(BYTES):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _eight_bit(head: bytes) -> str:
    """Tell Cyrillic code pages from Western ones: a word that mixes both alphabets was decoded wrongly."""
    words = re.findall(r"[^\W\d_]{2,}", head.decode("cp1251", errors="replace"))
    foreign = [word for word in words if re.search(r"[^\x00-\x7f]", word)]
    whole = [word for word in foreign if re.fullmatch(r"[А-Яа-яЁё]+", word)]
    if len(whole) >= 0.8 * len(foreign) and foreign:
        best = from_bytes(head, cp_isolation=list(_CYRILLIC)).best()
        return best.encoding if best and best.encoding in _CYRILLIC else "cp1251"
    best = from_bytes(head, cp_isolation=["cp866", "koi8_r", "cp1252"]).best()
    if best and best.encoding in _CYRILLIC and best.alphabets and "Cyrillic" in best.alphabets:
        return best.encoding
    return "cp1252" if re.search(rb"[\x80-\x9f]", head) else "latin-1"


def first_lines(path: Path, encoding: str) -> str:
    """Return the beginning of a text file, whole lines, enough for ROWS rows."""
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        return "".join(line for _, line in zip(range(4 * ROWS), file, strict=False))


def delimiter_of(text: str) -> str:
    """Return the delimiter that cuts most rows into the same number of cells, more than one."""

    def regularity(delimiter: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(text.splitlines()[:ROWS], delimiter=delimiter) if row]
        usual = max((width for width in set(widths) if width > 1), key=widths.count, default=1)
        return (widths.count(usual), usual) if usual > 1 else (0, 0)

    return max(DELIMITERS, key=regularity)


def raw_rows(text: str, delimiter: str) -> list[list[str]]:
    """Return the first rows of a text as cells; a blank line is a row without cells."""
    return [row for _, row in zip(range(ROWS), csv.reader(text.splitlines(), delimiter=delimiter), strict=False)]


def _looks_like_data(cell: str) -> bool:
    mark = decimal_mark([cell])
    return bool(re.match(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}", cell)) or read_numbers([cell], mark).share == 1.0


def header_row(rows: Sequence[Sequence[str]], label: str) -> int:
    """Return the number, from 1, of the row of headers: the one with most headers we know, all of them words.

    A report often begins with its title and period; such rows are narrower than the table and name no columns.
    """
    filled = [[cell.strip() for cell in row if cell and cell.strip()] for row in rows]
    width = max((len(row) for row in filled), default=0)
    if width == 0:
        raise SourceError(f"{label} has no rows. Export it again, with a row of headers and the rows under it.")
    scores = []
    for place, row in enumerate(filled):
        is_words = row and sum(_looks_like_data(cell) for cell in row) <= 0.2 * len(row) and len(row) >= min(2, width)
        known = sum(is_familiar(cell) for cell in row) if is_words else -1
        scores.append((known, len(row) if is_words else 0, -place))
    known, found, place = max(scores)
    if known < 0 or found < 0.5 * width:
        shown = ", ".join(repr(cell) for cell in next(row for row in filled if row)[:4])
        raise SourceError(
            f"{label} has no header row: it begins with {shown}. Add a row with the names of the columns above the data."
        )
    return 1 - place
