"""The format of text dates, with the day and the month told apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

ISO = "ISO"  # what every reader knows: 2024-01-31, with or without a time
SERIAL = "serial"  # days since 1899-12-30, as Excel counts them
UNKNOWN = "unknown"  # DuckDB read the dates in a way of its own that no format undoes
MISREAD = (
    "%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y", "%m/%d/%y", "%y/%m/%d", "%d-%m-%Y", "%m-%d-%Y", "%d-%m-%y", "%m-%d-%y", "%y-%m-%d",
)  # fmt: skip
ENOUGH = 0.9  # share of values that must be dates
_DAYS = (
    "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%Y", "%m-%d-%Y", "%d-%m-%y", "%m-%d-%y",
    "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y",
)  # fmt: skip
_TIMES = ("", " %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p")
_ISO = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)?\s*(Z|[+-]\d{2}(:?\d{2})?)?")


@dataclass(frozen=True)
class DateReading:
    """How a column is read as dates: the format (ISO, SERIAL, or of strptime), the share read, the other possible order."""

    format: str
    share: float = 1.0
    other: str | None = None  # the same with day and month exchanged, when the values allow both
    sql_format: str | None = None  # the format DuckDB takes by itself when it reads the column with another one

    @property
    def is_text(self) -> bool:
        """Tell whether a reader needs the format."""
        return self.format != ISO


def _parses(value: str, pattern: str) -> bool:
    try:
        return 1900 <= datetime.strptime(value, pattern).year <= 2100
    except ValueError:
        return False


def swapped(pattern: str) -> str:
    """Return the format with day and month exchanged."""
    return pattern.translate(str.maketrans({"d": "m", "m": "d"})) if re.search(r"%m", pattern) else pattern


def time_of(pattern: str) -> str:
    """Return the part of a format that reads the time of day, "" when it has none."""
    return next((time for time in _TIMES if time and pattern.endswith(time)), "")


def possible_formats(samples: Sequence[str]) -> list[str]:
    """Return the formats that read at least ENOUGH of the samples, best first; ISO alone when it does."""
    values = [value.strip() for value in samples if value.strip()]
    if not values:
        return []
    if sum(bool(_ISO.fullmatch(value)) for value in values) >= ENOUGH * len(values):
        return [ISO]
    shares = {}
    for pattern in (day + time for day in _DAYS for time in _TIMES):
        if _parses(values[0], pattern) or _parses(values[-1], pattern) or _parses(values[len(values) // 2], pattern):
            shares[pattern] = sum(_parses(value, pattern) for value in values) / len(values)
    good = [pattern for pattern, share in shares.items() if share >= ENOUGH]
    return sorted(good, key=lambda pattern: -shares[pattern])


def is_serial(samples: Sequence[str]) -> bool:
    """Tell whether all samples are whole numbers that Excel would show as dates of 1982 to 2064."""
    return bool(samples) and all(
        re.fullmatch(r"\d{5}(\.\d+)?", value.strip()) and 30_000 <= float(value) < 60_000 for value in samples
    )


def _first_of_month(samples: Sequence[str], pattern: str) -> bool:
    """Tell whether pattern makes every sample the first day of a month, in more than one month."""
    days = {datetime.strptime(value.strip(), pattern) for value in samples if _parses(value.strip(), pattern)}
    return len(days) > 1 and {day.day for day in days} == {1}


def choose_format(shares: dict[str, float], samples: Sequence[str], *, day_first: bool) -> DateReading | None:
    """Choose among formats by the share of all values each of them reads.

    Args:
        shares: format -> share of the column's values it reads, 0..1.
        samples: some values of the column.
        day_first: the order to take when day and month cannot be told apart.

    Returns:
        The reading, with the other order when the values allow both; None when too few values are dates.
        Dates with dots are always day, month, year; a column where one part is always 1 holds first days of months.
    """
    best = max(shares.values(), default=0.0)
    if best < ENOUGH:
        return None
    equal = [pattern for pattern, share in shares.items() if share >= best - 1e-9]
    if len(equal) == 1 or "." in equal[0] or swapped(equal[0]) not in equal[1:]:
        return DateReading(equal[0], best)
    month_first = [pattern for pattern in equal if pattern.find("%m") < pattern.find("%d")]
    ordered = sorted(equal, key=lambda pattern: (pattern in month_first) == day_first)
    chosen = next((pattern for pattern in equal if _first_of_month(samples, pattern)), ordered[0])
    return DateReading(chosen, best, swapped(chosen))
