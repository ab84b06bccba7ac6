"""Values as Python gives them made into columns of one kind each: what workbooks and SQLite, which mix kinds, need."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

import pyarrow as pa

NUMBERS = {int, float}


def kind_of(kinds: Iterable[type]) -> pa.DataType:
    """Return the one kind that holds values of all these types without loss; text when they have nothing in common."""
    found = set(kinds) - {type(None)}
    if not found:
        return pa.null()
    if found == {bool}:
        return pa.bool_()
    if found == {int}:
        return pa.int64()
    if found <= NUMBERS:
        return pa.float64()
    if found == {dt.date}:
        return pa.date32()
    if found <= {dt.date, dt.datetime}:
        return pa.timestamp("us")
    return pa.binary() if found == {bytes} else pa.string()


def as_array(values: Sequence[object], kind: pa.DataType) -> pa.Array:
    """Return values as a column of a kind of kind_of."""
    if pa.types.is_string(kind):
        return pa.array([None if value is None else as_text(value) for value in values], kind)
    if pa.types.is_floating(kind):
        return pa.array([None if value is None else float(value) for value in values], kind)
    if pa.types.is_timestamp(kind):
        return pa.array([value if value is None else _moment(value) for value in values], kind)
    if pa.types.is_null(kind):
        return pa.nulls(len(values), pa.string())
    return pa.array(values, kind)


def _moment(value: dt.date) -> dt.datetime:
    return value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time())


def as_text(value: object) -> str:
    """Return a value of a column of mixed kinds as the export's owner would write it: 12345, not 12345.0."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return str(value.date())
    if isinstance(value, bytes):
        return value.hex()
    return str(value)
