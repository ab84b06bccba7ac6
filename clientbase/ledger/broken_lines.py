"""Text tables whose quotes do not close or whose lines end in several ways: good rows told from broken ones, line by line.

The engine reads a text table fast, but an open quote makes it swallow every line up to the next quote. This reader is slow
and sees each line: a value may run over several lines, unless one of them is a whole row of its own; then the quote was
left open by mistake, only its line is broken, and the rows after it are kept.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clientbase.ledger.text_shape import Shape, dialect

LONGEST = 100  # lines a single row may run over
TELLING_WIDTH = 3  # values; a line of narrower text looks like a row too easily
OPEN = "quote left open"


@dataclass(frozen=True)
class BrokenLine:
    """A line that cannot be read, with its number in the file, 1 first."""

    line: int
    problem: str
    text: str


class _Lines:
    """The numbered lines of a file, with a look at those to come."""

    def __init__(self, lines: Iterator[tuple[int, str]]) -> None:
        self._rest, self._ahead = lines, deque()

    def __iter__(self) -> Iterator[tuple[int, str]]:
        while self._ahead or self._fetch():
            yield self._ahead.popleft()

    def ahead(self) -> Iterator[str]:
        """Yield the lines to come without taking them, as many as one row may run over."""
        for place in range(LONGEST):
            if place == len(self._ahead) and not self._fetch():
                return
            yield self._ahead[place][1]

    def take(self, number: int) -> None:
        for _ in range(number):
            self._ahead.popleft()

    def _fetch(self) -> bool:
        line = next(self._rest, None)
        if line is not None:
            self._ahead.append(line)
        return line is not None


def separate(shape: Shape, target: Path) -> list[BrokenLine]:
    """Write the good rows of a table to target, in UTF-8 without headings, and return the broken lines."""
    broken = []
    with (
        shape.path.open(encoding="utf-8-sig", newline=None) as source,
        target.open("w", encoding="utf-8", newline="") as good,
    ):
        writer = csv.writer(good, delimiter=shape.delimiter, lineterminator="\n")
        numbered = (line for line in enumerate(source, start=1) if line[0] > shape.n_skipped)
        for found in _rows(_Lines(numbered), shape):
            if isinstance(found, BrokenLine):
                broken.append(found)
            else:
                writer.writerow(found)
    return broken


def _rows(lines: _Lines, shape: Shape) -> Iterator[list[str] | BrokenLine]:
    """Yield the rows and the broken lines in their order."""
    width = len(shape.names)
    for number, line in lines:
        if not line.strip():
            continue
        row, problem = _parsed([line], shape)
        if problem == OPEN:
            row, problem = _continued(line, lines, shape)
        if not problem and len(row) != width:
            problem = "missing columns" if len(row) < width else "too many columns"
        yield BrokenLine(number, problem, line.strip()[:200]) if problem else row


def _continued(first: str, lines: _Lines, shape: Shape) -> tuple[list[str], str]:
    """Return the row that begins with a line whose quote is open, and take its other lines."""
    together = [first]
    for line in lines.ahead():
        alone, _ = _parsed([line], shape)
        if len(alone) == len(shape.names) >= TELLING_WIDTH:
            break
        together.append(line)
        row, problem = _parsed(together, shape)
        if problem == OPEN:
            continue
        if not problem and len(row) == len(shape.names):
            lines.take(len(together) - 1)
            return row, ""
        break
    return [], OPEN


def _parsed(lines: list[str], shape: Shape) -> tuple[list[str], str]:
    """Return the values of one record and no problem, or none and the problem."""
    try:
        return next(csv.reader(lines, **dialect(shape.delimiter, shape.quote), strict=True), []), ""
    except csv.Error as error:
        return [], OPEN if "end of data" in str(error) else "text after a closing quote"
