"""How numbers are written as text: the decimal mark, the mark of thousands, signs of currency and per cent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SPACES = " \u00a0\u202f\u2009\u2007"
MARKS = ("руб.", "руб", "RUB", "USD", "EUR", "GBP", "$", "€", "£", "₽", "%", "шт.", "шт")
_SIGN = "[-+\u2212]"
_PATTERNS = {
    ",": re.compile(rf"{_SIGN}?(\d+|\d{{1,3}}(?:([ .'\u00a0\u202f\u2009\u2007])\d{{3}})+)?(,\d+)?{_SIGN}?"),
    ".": re.compile(rf"{_SIGN}?(\d+|\d{{1,3}}(?:([ ,'\u00a0\u202f\u2009\u2007])\d{{3}})+)?(\.\d+)?(?:[eE][-+]?\d+)?{_SIGN}?"),
}


@dataclass(frozen=True)
class NumberReading:
    """How a text column is read as numbers; native columns have decimal "." and nothing to remove."""

    decimal: str = "."
    thousands: str = ""
    remove: tuple[str, ...] = ()  # spaces and marks to take out before reading
    has_brackets: bool = False  # (12.50) means -12.50
    has_percent: bool = False
    has_long_minus: bool = False  # the typographic one
    has_minus_behind: bool = False
    share: float = 1.0
    is_native: bool = False

    @property
    def is_simple(self) -> bool:
        """Tell whether the ledger reads such numbers once it knows the marks; spaces, brackets and long minus it knows."""
        foreign = [mark for mark in self.remove if mark not in SPACES and mark != self.thousands]
        return not (foreign or self.has_percent or self.has_minus_behind)


def _bare(value: str) -> str:
    """Return value without marks of currency, brackets and spaces at its ends."""
    text = value.strip(SPACES + "\t")
    for mark in MARKS:
        text = text.removeprefix(mark).removesuffix(mark).strip(SPACES)
    return text[1:-1] if text.startswith("(") and text.endswith(")") else text


def _matches(text: str, decimal: str) -> re.Match[str] | None:
    return _PATTERNS[decimal].fullmatch(text) if any(letter.isdigit() for letter in text) else None


def decimal_mark(values: Iterable[str]) -> str:
    """Return the decimal mark of a file: the one that the values which can be read in one way only vote for."""
    votes = {",": 0, ".": 0}
    for value in values:
        text = _bare(value)
        readable = [decimal for decimal in votes if _matches(text, decimal)]
        if len(readable) == 1:
            votes[readable[0]] += 1
    return "," if votes[","] > votes["."] else "."


def read_numbers(samples: Sequence[str], decimal: str) -> NumberReading:
    """Return how samples are read as numbers with this decimal mark, and the share of them that can be."""
    values = [value for value in samples if value.strip(SPACES)]
    bare = [(value, _bare(value), _matches(_bare(value), decimal)) for value in values]
    read = [(value, text, match) for value, text, match in bare if match]
    if not read:
        return NumberReading(decimal, share=0.0)
    separators = [match.group(2) for _, _, match in read if match.group(2)]
    joined = "".join(value for value, _, _ in read)
    spaces = [space for space in SPACES if space in joined]
    used = [mark for mark in MARKS if mark in joined]
    remove = dict.fromkeys([*spaces, *used, *(mark for mark in separators if mark not in SPACES)])
    thousands = max(set(separators), key=separators.count) if separators else ""
    return NumberReading(
        decimal,
        " " if thousands and thousands in SPACES else thousands,
        tuple(remove),
        has_brackets=any(value.strip().startswith("(") for value, _, _ in read),
        has_percent="%" in used,
        has_long_minus="\u2212" in joined,
        has_minus_behind=any(text.endswith(("-", "\u2212")) for _, text, _ in read),
        share=len(read) / len(values),
    )
