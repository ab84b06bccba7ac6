"""The SQL that reads one column of an export as a kind of ours; a value that cannot be read becomes missing."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from clientbase.ledger.engine import literal

if TYPE_CHECKING:
    from clientbase.ledger.specification import SourceSpec
    from clientbase.ledger.tables import Column

SPACE_MARKS = " \t\r\n\u00a0\u202f\u2007\u2009\ufeff"  # with the no-break, narrow and thin ones that exports put into numbers
YES = ("yes", "true", "y", "t", "1", "1.0", "да", "истина", "+")
NO = ("no", "false", "n", "f", "0", "0.0", "нет", "ложь", "-")
FIRST_YEAR, LAST_YEAR = 1900, 2199  # outside lie misread years, and the 0001 and 9999 that programs write for "none"
WHOLE_NUMBERS = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
)


def is_number(kind: str) -> bool:
    """Tell whether the engine holds a column as numbers."""
    return kind in WHOLE_NUMBERS or kind in ("FLOAT", "DOUBLE") or kind.startswith("DECIMAL")


def is_moment(kind: str) -> bool:
    """Tell whether the engine holds a column as days or moments."""
    return kind == "DATE" or kind.startswith("TIMESTAMP")


def is_text(kind: str) -> bool:
    """Tell whether the engine holds a column as text."""
    return kind == "VARCHAR" or kind.startswith("ENUM")


def given(name: str, kind: str) -> str:
    """Return the SQL that tells whether there is a value at all; NaN is how data frames write "none"."""
    if kind in ("FLOAT", "DOUBLE"):
        return f"({name} is not null and not isnan({name}))"
    return f"(nullif({trimmed(name)}, '') is not null)" if is_text(kind) else f"({name} is not null)"


def trimmed(name: str) -> str:
    """Return the SQL of a value as text without the spaces around it."""
    return f"trim(cast({name} as varchar), {literal(SPACE_MARKS)})"


def reader(name: str, kind: str, column: Column, spec: SourceSpec, *, has_whole_codes: bool) -> str:
    """Return the SQL that reads a column.

    Args:
        name: the column as an SQL identifier.
        kind: the engine's type of it.
        column: our column.
        spec: how texts are written.
        has_whole_codes: every value is a whole number, whatever its type says (12345.0).
    """
    if column.kind == "text":
        return _vocabulary(_text(name, kind, has_whole_codes=has_whole_codes), column)
    if column.kind in ("date", "month"):
        return _day(name, kind, spec.date_format, is_month=column.kind == "month")
    if column.kind == "flag":
        return _flag(name, kind)
    number = _number(name, kind, spec)
    if column.kind == "share":
        return f"case when {number} between 0 and 1 then {number} end"
    if column.kind == "whole":
        number = f"case when {number} = floor({number}) then try_cast({number} as bigint) end"
    if column.is_bounded:
        return f"case when {number} between '{column.least}'::double and '{column.most}'::double then {number} end"
    return number


def _text(name: str, kind: str, *, has_whole_codes: bool) -> str:
    """Codes read as decimals (12345.0) are whole numbers in the eyes of their owners."""
    if has_whole_codes and is_text(kind):
        return f"nullif(regexp_replace({trimmed(name)}, '\\.0+$', ''), '')"
    if has_whole_codes:
        return f"case when {given(name, kind)} then cast(cast({name} as hugeint) as varchar) end"
    return f"case when {given(name, kind)} then nullif({trimmed(name)}, '') end"


def _vocabulary(text: str, column: Column) -> str:
    if not column.values:
        return text
    return f"case when lower({text}) in ({', '.join(map(literal, column.values))}) then lower({text}) end"


def _day(name: str, kind: str, date_format: str | None, *, is_month: bool) -> str:
    text = trimmed(name)
    if is_moment(kind):
        day = name
    elif date_format and date_format.lower().startswith("%y"):
        day = f"try_strptime({text}, {literal(date_format)})"
    elif date_format:  # beside texts of that format a sheet may hold real dates, which arrive as 2024-12-31
        day = f"coalesce(try_strptime({text}, {literal(date_format)}), try_cast({text} as timestamp))"
    elif is_month:
        day = f"coalesce(try_cast({text} as timestamp), try_cast(concat({text}, '-01') as timestamp))"
    else:
        day = f"try_cast({text} as timestamp)"
    plausible = f"case when year({day}) between {FIRST_YEAR} and {LAST_YEAR} then cast({day} as date) end"
    return f"cast(date_trunc('month', {plausible}) as date)" if is_month else plausible


def _flag(name: str, kind: str) -> str:
    if kind == "BOOLEAN":
        return name
    if is_number(kind):
        return f"case {name} when 1 then true when 0 then false end"
    text = f"lower({trimmed(name)})"
    return f"case when {text} in ({_list(YES)}) then true when {text} in ({_list(NO)}) then false end"


def _number(name: str, kind: str, spec: SourceSpec) -> str:
    """Return the SQL of a finite number; texts are read strictly, so that 1,5 never becomes 15."""
    if is_number(kind):
        return f"case when isfinite(cast({name} as double)) then cast({name} as double) end"
    marks = SPACE_MARKS + (spec.thousands or "")
    mark, point = "[" + "".join(map(re.escape, marks)) + "]", re.escape(spec.decimal)
    written = f"[-+]?{mark}*(\\d+|\\d{{1,3}}({mark}\\d{{2,3}})*{mark}\\d{{3}})?({point}\\d*)?([eE][-+]?\\d{{1,2}})?"
    dashes = f"translate({trimmed(name)}, '\u2212\u2013', '--')"  # the minus and the dash of typesetters
    text = f"regexp_replace({dashes}, '^\\((.*)\\)$|^(.*)-$', '-\\1\\2')"  # accountants write losses in brackets, others 5-
    plain = f"translate({text}, {literal(spec.decimal + marks)}, '.')"
    return f"case when regexp_full_match({text}, {literal(written)}) then try_cast({plain} as double) end"


def _list(values: tuple[str, ...]) -> str:
    return ", ".join(map(literal, values))


def hint(column: Column, spec: SourceSpec, examples: list[str]) -> str:
    """Say what in study.toml would make values readable that were not."""
    if column.values:
        return f"Needed: {', '.join(column.values)}."
    if column.kind in ("date", "month"):
        written = f"They are said to be {spec.date_format!r}" if spec.date_format else "Needed: 2024-12-31"
        return (
            f'{written}, of the years {FIRST_YEAR} to {LAST_YEAR}; set date_format, for example "%d.%m.%Y" for 31.12.2024, '
            '"%m/%d/%Y" for 12/31/2024, "%d.%m.%Y %H:%M:%S" with a time.'
        )
    if column.kind == "flag":
        return "Needed: yes or no, true or false, 1 or 0, да or нет."
    if column.kind == "share":
        return "Needed: a share from 0 to 1 (0.25 for 25 %)."
    if column.is_bounded:
        upto = f" to {column.most:g}" if column.most < math.inf else " or more"
        return f"Needed: a number, {column.least:g}{upto}."
    return _hint_of_numbers(spec, examples)


def _hint_of_numbers(spec: SourceSpec, examples: list[str]) -> str:
    marks = {mark for example in examples for mark in example if mark in ",."}
    if marks and spec.decimal not in marks:
        return f"The numbers seem to use {marks.pop()!r}: set decimal."
    needed = f"Needed: a number with the decimal mark {spec.decimal!r}"
    return f"{needed}; set thousands when thousands are marked." if marks else f"{needed}."
