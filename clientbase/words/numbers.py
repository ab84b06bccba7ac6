"""Numbers and dates as a language writes them; how many decimals follows the size of the number."""

from datetime import date
from math import floor, log10

from babel import Locale
from babel.dates import format_date, get_month_names
from babel.numbers import format_decimal, format_percent

LARGE_MONEY = 100  # from here cents say nothing
MOST_DIGITS = 6


def decimal(x: float, digits: int | None, locale: Locale) -> str:
    """Write a number; without digits, about three figures that matter, closing zeros dropped."""
    if abs(x) == float("inf"):
        return "∞" if x > 0 else "-∞"
    digits_of = _digits(abs(x)) if digits is None else digits
    shown = x if round(x, digits_of) else 0.0  # what rounds to nothing has no sign
    return format_decimal(shown, _pattern("#,##0", digits_of, is_fixed=digits is not None), locale=locale)


def percent(x: float, digits: int | None, locale: Locale) -> str:
    """Write a share as a percentage; without digits, decimals appear only near 0 % and just under 100 %."""
    if abs(x) == float("inf"):
        return f"{decimal(x, 0, locale)}{locale.percent_formats[None].pattern.removeprefix('#,##0')}"
    digits_of = _percent_digits(abs(x)) if digits is None else digits
    pattern = locale.percent_formats[None].pattern  # holds the language's space before the sign
    return format_percent(x, _pattern(pattern, digits_of, is_fixed=digits is not None), locale=locale)


def money(x: float, locale: Locale) -> str:
    """Write an amount: with cents below a hundred, without from there up; nothing is plain 0."""
    is_small = 0 < round(abs(x), 2) < LARGE_MONEY
    return decimal(x if is_small else _whole_or_inf(x), 2 if is_small else 0, locale)


def day(d: date, locale: Locale) -> str:
    """Write a day."""
    return format_date(d, "medium", locale=locale)


def month(d: date, locale: Locale) -> str:
    """Write a month with its year."""
    return format_date(d, "LLL y", locale=locale)


def calendar_month(number: int, locale: Locale) -> str:
    """Return the name of a month of the year by itself."""
    return get_month_names("wide", context="stand-alone", locale=locale)[number]


def _whole_or_inf(x: float) -> float:
    """Round away what would print as -0."""
    return x if abs(x) == float("inf") else round(x) + 0


def _pattern(base: str, digits: int, *, is_fixed: bool) -> str:
    return base.replace("0", "0." + ("0" if is_fixed else "#") * digits, 1) if digits else base


def _digits(size: float) -> int:
    return 0 if size == 0 else min(max(2 - floor(log10(size)), 0), MOST_DIGITS)


def _percent_digits(size: float) -> int:
    rest = 1 - size if size < 1 else 1.0  # 99.96 % must not read as 100 %
    if 0 < size < 0.001 or rest < 0.001:
        return 2
    return 1 if size < 0.1 or rest < 0.005 else 0
