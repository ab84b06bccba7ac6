"""The columns of a table of the study's engine made ours, as Ibis expressions.

What `columns` and `readers` do for exports. An engine's columns have kinds of their own, which are trusted: text is not read
as dates or numbers here, but refused with the way to convert it there.
"""

from __future__ import annotations

import datetime as dt
import sys
from typing import TYPE_CHECKING

import ibis

from clientbase.errors import SourceError
from clientbase.ledger.columns import CODES, NEEDED, PICKY, Unreadable
from clientbase.ledger.engine import numbers
from clientbase.ledger.readers import FIRST_YEAR, LAST_YEAR, NO, SPACE_MARKS, YES, hint

if TYPE_CHECKING:
    import ibis.expr.datatypes as idt
    import ibis.expr.types as ir

    from clientbase.ledger.specification import SourceSpec
    from clientbase.ledger.tables import Column, Table

KINDS = {"text": "string", "date": "date", "month": "date", "flag": "boolean", "whole": "int64"}  # others: float64
CODE_SAMPLE = 1000  # rows that mostly tell whether a column is written as 12345.0
LONGEST_WHOLE = 1e18
SHOWN = 3


@ibis.udf.scalar.builtin
def btrim(text: str, marks: str) -> str:
    """Return text without any of these marks around it; PostgreSQL and Spark call it so."""


def read_columns(raw: ir.Table, table: Table, mapping: dict[str, str], where: str) -> dict[str, ir.Value]:
    """Return the expression that reads each of our columns; a value that cannot be read is missing.

    Raises SourceError for a column of a kind that ours cannot be read from.
    """
    return {ours: _read(raw, table.columns[ours], ours, theirs, where) for ours, theirs in mapping.items()}


def _read(raw: ir.Table, column: Column, ours: str, theirs: str, where: str) -> ir.Value:
    value = raw[theirs]
    kind = KINDS.get(column.kind, "float64")
    if not _fits(value.type(), column):
        if not numbers(raw, n=_is_given(value).sum())["n"]:
            return ibis.literal(None, type=kind)  # an empty column fits everything
        needed = NEEDED.get(column.kind, "numbers")
        raise SourceError(
            f"{where}: column '{theirs}' ({ours}) holds values of the kind {_name(value.type())}, needed {needed}. Convert it "
            "in a query, sql = 'select ...': the engine knows how its texts are written."
        )
    if column.kind == "text":
        read = _vocabulary(_text(raw, value, is_code=ours.endswith(CODES)), column)
    elif column.kind in ("date", "month"):
        read = _day(value, is_month=column.kind == "month")
    else:
        read = _flag(value) if column.kind == "flag" else _number(value, column)
    return read.cast(kind)


def _fits(kind: idt.DataType, column: Column) -> bool:
    if column.kind == "text":
        return True
    if column.kind in ("date", "month"):
        return kind.is_date() or kind.is_timestamp()
    return kind.is_numeric() if column.kind != "flag" else kind.is_boolean() or kind.is_numeric() or kind.is_string()


def _name(kind: idt.DataType) -> str:
    return "text" if kind.is_string() else str(kind)


def _trimmed(value: ir.Value) -> ir.StringValue:
    return btrim(value.cast("string"), SPACE_MARKS).nullif("")


def _is_given(value: ir.Value) -> ir.BooleanValue:
    """Tell whether there is a value at all; NaN is how data frames write "none"."""
    if value.type().is_string():
        return _trimmed(value).notnull()
    if value.type().is_floating() or value.type().is_decimal():
        return value.notnull() & ~value.cast("float64").isnan()
    return value.notnull()


def _finite(value: ir.Value) -> ir.FloatingValue:
    """Return a value as a number; engines sort NaN above all numbers, so that one bound keeps it out beside infinity."""
    number = value.cast("float64")
    return ibis.ifelse(number.abs() <= sys.float_info.max, number, None)


def _text(raw: ir.Table, value: ir.Value, *, is_code: bool) -> ir.StringValue:
    """Codes kept as decimals (12345.0) are whole numbers in the eyes of their owners."""
    kind = value.type()
    if kind.is_floating() or kind.is_decimal():
        number = _finite(value)
        if _holds_for_all(raw, value, (number == number.floor()) & (number.abs() < LONGEST_WHOLE)):
            return number.cast("int64").cast("string")
        return ibis.ifelse(_is_given(value), value.cast("string"), None)
    text = _trimmed(value)
    if kind.is_string() and is_code and _holds_for_all(raw, value, text.re_search(r"^-?[0-9]+\.0+$")):
        return text.re_replace(r"\.0+$", "")
    return text


def _holds_for_all(raw: ir.Table, value: ir.Value, test: ir.BooleanValue) -> bool:
    """Tell whether a test holds for every value given, and that there is one; a sample mostly says no at once."""
    asked = raw.select(given=_is_given(value), passed=_is_given(value) & test.fill_null(False))
    for rows in (asked.limit(CODE_SAMPLE), asked):
        found = numbers(rows, n_given=rows.given.sum(), n_passed=rows.passed.sum())
        if not found["n_given"] == found["n_passed"] > 0:
            return False
    return True


def _vocabulary(text: ir.StringValue, column: Column) -> ir.StringValue:
    return ibis.ifelse(text.lower().isin(column.values), text.lower(), None) if column.values else text


def _day(value: ir.Value, *, is_month: bool) -> ir.DateValue:
    day = value.cast("date")
    is_plausible = day.between(ibis.literal(dt.date(FIRST_YEAR, 1, 1)), ibis.literal(dt.date(LAST_YEAR, 12, 31)))
    day = ibis.ifelse(is_plausible, day, None)
    return day.truncate("M").cast("date") if is_month else day


def _flag(value: ir.Value) -> ir.BooleanValue:
    if value.type().is_boolean():
        return value
    if value.type().is_numeric():
        return ibis.cases((value == 1, True), (value == 0, False), else_=None)
    text = _trimmed(value)  # spelled out, as not every engine knows the small letters of every alphabet
    yes, no = ([spelled(word) for word in words for spelled in (str.lower, str.upper, str.capitalize)] for words in (YES, NO))
    return ibis.cases((text.isin(yes), True), (text.isin(no), False), else_=None)


def _number(value: ir.Value, column: Column) -> ir.NumericValue:
    number = _finite(value)
    if column.kind == "share":
        return ibis.ifelse(number.between(0, 1), number, None)
    if column.kind == "whole":
        number = ibis.ifelse((number == number.floor()) & (number.abs() < LONGEST_WHOLE), number, None)
    if column.is_bounded:
        return ibis.ifelse((number >= column.least) & (number <= min(column.most, sys.float_info.max)), number, None)
    return number


def count_unreadable(
    raw: ir.Table, table: Table, mapping: dict[str, str], read: dict[str, ir.Value], spec: SourceSpec
) -> list[Unreadable]:
    """Count, in one pass, the values given but not readable; columns that cannot fail are not looked at."""
    doubtful = [ours for ours, theirs in mapping.items() if _may_fail(table.columns[ours], raw[theirs].type())]
    if not doubtful:
        return []
    given = {ours: _is_given(raw[mapping[ours]]) for ours in doubtful}
    spoiled = {ours: given[ours] & read[ours].isnull() for ours in doubtful}
    asked = {f"n_given_{ours}": given[ours].sum() for ours in doubtful}
    found = numbers(raw, **asked, **{f"n_{ours}": spoiled[ours].sum() for ours in doubtful})
    unreadable = []
    for ours in doubtful:
        if found[f"n_{ours}"]:
            examples = _examples(raw, raw[mapping[ours]], spoiled[ours])
            counts = found[f"n_{ours}"], found[f"n_given_{ours}"]
            unreadable.append(Unreadable(table.name, ours, *counts, tuple(examples), hint(table.columns[ours], spec, examples)))
    return unreadable


def _examples(raw: ir.Table, value: ir.Value, spoiled: ir.BooleanValue) -> list[str]:
    values = raw.filter(spoiled).select(example=value.cast("string")).distinct()
    return values.order_by("example").limit(SHOWN).to_pyarrow()["example"].to_pylist()


def _may_fail(column: Column, kind: idt.DataType) -> bool:
    if column.kind == "text":
        return bool(column.values)
    return column.is_bounded or column.kind in PICKY or not (kind.is_boolean() or kind.is_integer())
