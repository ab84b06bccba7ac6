"""Tables kept beside a report: as Parquet, with their types, and as CSV that a spreadsheet reads without doing anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

from clientbase.formula_signs import ANY_SIGN

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

FORMULA = f"^({ANY_SIGN})"
LARGE = 1e10  # from which Arrow writes a number with an exponent
MOST_WHOLE = 2.0**63
PLACES = 6  # of a large number's column: shares and ratios in it keep their digits
UTF8_MARK = b"\xef\xbb\xbf"  # without it Excel takes the text for the system's old encoding


def keep_table(table: pd.DataFrame, folder: Path, name: str) -> None:
    """Write a table as name.parquet and name.csv; the folder is made when it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = pa.Table.from_pandas(table, preserve_index=False)
    parquet.write_table(columns, folder / f"{name}.parquet")
    with (folder / f"{name}.csv").open("wb") as file:
        file.write(UTF8_MARK)
        csv.write_csv(for_spreadsheet(columns), file)


def for_spreadsheet(columns: pa.Table) -> pa.Table:
    """Return the columns as a spreadsheet should read them: classes as texts, dates without hours, no text a formula."""
    return pa.table([_plain(column) for column in columns.columns], names=columns.column_names)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_nested(column.type) or pa.types.is_duration(column.type) or isinstance(column.type, pa.BaseExtensionType):
        column = pa.chunked_array([[None if value is None else str(value) for value in column.to_pylist()]], pa.string())
    if pa.types.is_timestamp(column.type) and column.type.tz is None:
        return _short(column, pa.date32(), pa.timestamp("s"))
    if pa.types.is_float64(column.type):
        return _in_digits(column)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return pc.replace_substring_regex(column, FORMULA, r"'\1")
    return column


def _short(column: pa.ChunkedArray, *kinds: pa.DataType) -> pa.ChunkedArray:
    """Return the column as the first of the kinds that loses nothing of it."""
    for kind in kinds:
        found = column.cast(kind, safe=False)
        if found.cast(column.type).equals(column):
            return found
    return column


def _in_digits(numbers: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return large numbers as what is written digit by digit: whole ones as they are, others with six places."""
    size = pc.max(pc.abs(numbers)).as_py()
    if size is None or not LARGE <= size < MOST_WHOLE:
        return numbers
    if pc.all(pc.equal(numbers, pc.trunc(numbers))).as_py():
        return numbers.cast(pa.int64())
    return pc.round(numbers, PLACES).cast(pa.decimal128(38, PLACES), safe=False)
