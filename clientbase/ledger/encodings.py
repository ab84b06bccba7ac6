"""Text files in any encoding brought to UTF-8, the one the engine reads."""

from __future__ import annotations

import codecs
import re
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from clientbase.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 1 << 20
RUSSIAN = ("cp1251", "cp866", "koi8_r")
WESTERN = ["cp1252", "latin_1", "cp1250"]
ENOUGH = 0.8  # share of words that make an encoding probable
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
NO_TEXT = {
    b"PK\x03\x04": "a workbook or a zip archive; name it .xlsx, or unpack it",
    b"\xd0\xcf\x11\xe0": "a workbook; name it .xls",
    b"\x1f\x8b": "a gzip archive; unpack it",
    b"PAR1": "Parquet; name it .parquet",
    b"SQLite format 3": "an SQLite database; name it .sqlite",
}


def as_utf8(path: Path, encoding: str | None, scratch: Path, where: str) -> Path:
    """Return the path itself when it is in UTF-8, else that of a copy in UTF-8 made in scratch.

    Args:
        path: a text file.
        encoding: its encoding as the study says; None means UTF-8, or UTF-16 when the file begins with its mark.
        scratch: folder for the copy.
        where: the section of study.toml, for messages.
    """
    with path.open("rb") as stream:
        start = stream.read(16)
    if found := next((what for sign, what in NO_TEXT.items() if start.startswith(sign)), None):
        raise SourceError(f"{where}: '{path.name}' is no text, although its name says so: it is {found}.")
    named = encoding or next((name for mark, name in MARKS.items() if start.startswith(mark)), "utf-8")
    _check(path, named, where, is_given=encoding is not None)
    return path if codecs.lookup(named).name in ("utf-8", "utf-8-sig", "ascii") else _copy(path, named, scratch)


def _check(path: Path, encoding: str, where: str, *, is_given: bool) -> None:
    """Read the file once through its encoding and refuse what is no text in it."""
    try:
        "a".encode(encoding)  # refuses codecs that are no encodings of text, such as base64
        decoder = codecs.getincrementaldecoder(encoding)()
    except (LookupError, UnicodeError):
        raise SourceError(f"{where}: there is no encoding '{encoding}'; try utf-8, cp1251, cp1252 or utf-16.") from None
    line = 1
    for part in _parts(path):
        try:
            text = decoder.decode(part, final=not part)
        except UnicodeError as error:
            spoiled_line = line + part[: getattr(error, "start", 0)].count(b"\n")
            raise SourceError(_wrong(path, encoding, spoiled_line, where, is_given=is_given)) from None
        if "\x00" in text:
            raise SourceError(
                f"{where}: '{path.name}' holds zero bytes near line {line + text[: text.index(chr(0))].count(chr(10))}, so it "
                f"is no text in {encoding}. If a spreadsheet saved it as Unicode text, set encoding = 'utf-16-le'."
            )
        line += text.count("\n")


def _parts(path: Path) -> Iterator[bytes]:
    """Yield the file in pieces, and an empty one at its end."""
    with path.open("rb") as stream:
        while part := stream.read(CHUNK):
            yield part
    yield b""


def _wrong(path: Path, encoding: str, line: int, where: str, *, is_given: bool) -> str:
    said = f"is said to be in {encoding}, but line {line} is not" if is_given else f"is not in UTF-8 (line {line})"
    better = _guess(path)
    if better is None:
        return f"{where}: '{path.name}' {said}. Save it as UTF-8, or name its encoding there: encoding = '...'."
    if better.startswith("utf_8"):
        return f"{where}: '{path.name}' {said}, though the beginning is. Correct that line, or export the file again."
    return f"{where}: '{path.name}' {said}. It reads well as {better}: put encoding = '{better}' there."


def _guess(path: Path) -> str | None:
    """Return the encoding that a file which is not UTF-8 throughout is probably in, None when none fits."""
    with path.open("rb") as stream:
        sample = stream.read(CHUNK)
    try:
        sample[: sample.rfind(b"\n")].decode("utf-8")
    except UnicodeDecodeError:
        fits = {encoding: _share_of_russian(sample, encoding) for encoding in RUSSIAN}
        best = max(fits, key=fits.get)
        return best if fits[best] >= ENOUGH else _western(sample)
    return "utf_8"


def _share_of_russian(sample: bytes, encoding: str) -> float:
    """Return the share of Russian words, written as words are, among those with letters beyond English."""
    words = re.findall(r"[^\W\d_]+", sample.decode(encoding, errors="replace"))
    foreign = [word for word in words if not word.isascii()]
    return sum(re.fullmatch(r"[А-ЯЁ]?[а-яё]+|[А-ЯЁ]+", word) is not None for word in foreign) / max(len(foreign), 1)


def _western(sample: bytes) -> str | None:
    from charset_normalizer import from_bytes

    found = from_bytes(sample, cp_isolation=WESTERN).best()
    return found.encoding if found else None


def _copy(path: Path, encoding: str, scratch: Path) -> Path:
    copy = scratch / f"{uuid.uuid4().hex}.utf8"
    with path.open(encoding=encoding, newline="") as source, copy.open("w", encoding="utf-8", newline="") as target:
        while part := source.read(CHUNK):
            target.write(part)
    return copy
