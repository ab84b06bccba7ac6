"""The SQL that reads one column as DuckDB gives it: text, date or number; and whether a plain mapping would do."""

from __future__ import annotations

from dataclasses import dataclass

from clientbase.draft.dates import ISO, SERIAL, UNKNOWN
from clientbase.draft.inspection import ColumnFacts, Export
from clientbase.draft.numbers import SPACES
from clientbase.ledger.files import literal, quoted


@dataclass(frozen=True)
class Ref:
    """A column of one of the files of a source: the file's alias there, its export, the column, the certainty."""

    alias: str
    export: Export
    column: ColumnFacts
    certainty: float

    @property
    def sql(self) -> str:
        """The column as it is."""
        return f"{self.alias}.{quoted(self.column.name)}"


def key_sql(ref: Ref) -> str:
    """Return a code as text, so that 17850.0 of one file meets 17850 of another."""
    whole = f"{ref.sql}::bigint" if ref.column.type in ("DOUBLE", "FLOAT") else ref.sql
    return f"{whole}::varchar"


def date_sql(ref: Ref) -> str:
    """Return a day; a value that is no date becomes NULL, which the ledger counts as refused."""
    column, reading = ref.column, ref.column.date
    own_format = reading.sql_format if reading and reading.sql_format != UNKNOWN else None
    if reading is None or (column.type == "DATE" and own_format is None):
        return ref.sql
    if column.type == "TIMESTAMP WITH TIME ZONE":
        return f"({ref.sql} at time zone 'UTC')::date"
    if column.type.startswith(("DATE", "TIMESTAMP")):
        if own_format is None:
            return f"{ref.sql}::date"
        return f"strptime(strftime({ref.sql}, {literal(own_format)}), {literal(reading.format)})::date"
    if reading.format == SERIAL:
        return f"date '1899-12-30' + try_cast({ref.sql} as double)::integer"
    if reading.format == ISO:
        return f"try_cast({ref.sql} as timestamp)::date"
    return f"try_strptime({_varchar(ref)}, {literal(reading.format)})::date"


def number_sql(ref: Ref) -> str:
    """Return a number; a value that is none becomes NULL, which the ledger counts."""
    number = ref.column.number
    if number is None or number.is_native:
        return ref.sql
    text = _varchar(ref)
    for mark in sorted((mark for mark in number.remove if mark != "%"), key=len, reverse=True):
        text = f"replace({text}, {_mark(mark)}, '')"
    if number.has_percent:
        text = f"replace({text}, '%', '')"
    if number.decimal == ",":
        text = f"replace({text}, ',', '.')"
    if number.has_long_minus:
        text = f"replace({text}, chr(8722), '-')"
    if number.has_minus_behind:
        text = f"if(ends_with({text}, '-'), '-' || rtrim({text}, '-'), {text})"
    if number.has_brackets:
        text = f"replace(replace({text}, '(', '-'), ')', '')"
    value = f"try_cast({text} as double)"
    return f"{value} / 100" if number.has_percent else value


def _mark(mark: str) -> str:
    """Return a mark as SQL; spaces that look like a common one are written by number."""
    return f"chr({ord(mark)})" if mark in SPACES and mark != " " else literal(mark)


def _varchar(ref: Ref) -> str:
    """Return the column as text without spaces around it."""
    text = ref.sql if ref.column.type == "VARCHAR" else f"{ref.sql}::varchar"
    return f"trim({text})" if any(value != value.strip() for value in ref.column.samples) else text


def is_plain_text(ref: Ref) -> bool:
    """Tell whether a plain mapping gives the code or name; a code written 1370.0 in a text file keeps its point there."""
    return not (ref.export.place.kind == "csv" and ref.column.type in ("DOUBLE", "FLOAT"))


def is_plain_date(ref: Ref) -> bool:
    """Tell whether a plain mapping, with a date_format or without, reads the date."""
    reading = ref.column.date
    return reading is not None and reading.format != SERIAL and not (reading.is_text and ref.column.is_numeric)


def is_plain_number(ref: Ref) -> bool:
    """Tell whether a plain mapping, with the file's decimal mark, reads the number."""
    return ref.column.number is not None and ref.column.number.is_simple


def is_misread(ref: Ref) -> bool:
    """Tell whether DuckDB, typing a text file, took values for others and no SQL mends it.

    Points between thousands become decimal points, and dates may be read in an order that cannot be found out.
    """
    number, date = ref.column.number, ref.column.date
    is_number = ref.column.is_numeric and number is not None and not number.is_native
    return is_number or (date is not None and date.sql_format == UNKNOWN)
