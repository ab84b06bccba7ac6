"""The company's files, brought into the engine as they stand: text files and workbooks as text, the rest with its types.

Every function registers one relation in DuckDB and returns nothing; what cannot be read is one SourceError, and rows a
text file has spoiled are set aside and handed back, so that the good rows are not lost with them.
"""

from __future__ import annotations

import codecs
import csv
import sqlite3
import uuid
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from clientbase.errors import SourceError
from clientbase.ledger.specification import source_paths

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from clientbase.ledger.specification import FileSpec

DELIMITERS = (";", "\t", ",", "|")
CHUNK = 1 << 20
SPOILED_ROWS_KEPT = 100


def load_file(
    engine: duckdb.DuckDBPyConnection, relation: str, spec: FileSpec, folder: Path, *, where: str, typed: bool
) -> pd.DataFrame:
    """Register one file in the engine under the name relation.

    Args:
        engine: the DuckDB connection.
        relation: name of the table or view to make.
        spec: the file and how it is written.
        folder: the folder relative paths start from.
        where: the section of study.toml, for messages.
        typed: let the engine find the types of a text file (for queries); else every value stays text.

    Returns:
        The rows that could not be read at all: line, problem, text. Empty for all kinds but text files.
    """
    import pandas as pd

    paths = _find(spec, folder, where)
    kind = spec.kind
    if kind is None:
        raise SourceError(
            f"{where}: nobody reads files like '{paths[0].name}'; needed: "
            ".csv, .tsv, .txt, .xlsx, .xls, .ods, .parquet, .sqlite or .db."
        )
    if kind == "parquet":
        _load_parquet(engine, relation, paths, where)
    elif kind == "sqlite":
        _load_sqlite(engine, relation, paths[0], spec.table, where)
    elif kind == "excel":
        _load_excel(engine, relation, paths[0], spec, where)
    else:
        return _load_csv(engine, relation, paths, spec, where, typed=typed)
    return pd.DataFrame(columns=["line", "problem", "text"])


def quoted(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _find(spec: FileSpec, folder: Path, where: str) -> list[Path]:
    if paths := source_paths(spec, folder):
        for path in paths:
            if path.stat().st_size == 0:
                raise SourceError(f"{where}: the file '{path.name}' is empty (0 bytes). Export it again.")
        return paths
    path = folder / (spec.file or "")
    if path.is_dir():
        raise SourceError(
            f"{where}: file = '{spec.file}' is a folder; name the file in it, or a pattern such as '{spec.file}/*.csv'."
        )
    there = sorted(item.name for item in path.parent.glob("*") if item.is_file())[:10] if path.parent.is_dir() else []
    beside = f"that folder holds {', '.join(there)}" if there else "that folder is empty or does not exist"
    raise SourceError(f"{where}: there is no file '{spec.file}' beside study.toml; {beside}. Correct file = '...'.")


def _load_parquet(engine: duckdb.DuckDBPyConnection, relation: str, paths: list[Path], where: str) -> None:
    files = ", ".join(literal(str(path)) for path in paths)
    try:
        engine.execute(f"create or replace temp view {quoted(relation)} as select * from read_parquet([{files}])")
    except duckdb.Error as error:
        raise SourceError(
            f"{where}: '{paths[0].name}' cannot be read as Parquet ({_first_line(error)}). Export it again."
        ) from None


def _load_sqlite(engine: duckdb.DuckDBPyConnection, relation: str, path: Path, table: str | None, where: str) -> None:
    """Copy one SQLite table; a column that mixes kinds of values becomes text."""
    import pandas as pd

    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        try:
            tables = [
                name
                for (name,) in database.execute("select name from sqlite_master where type in ('table', 'view') order by name")
            ]
        except sqlite3.DatabaseError as error:
            raise SourceError(f"{where}: '{path.name}' is not an SQLite database ({error}).") from None
        if table not in tables:
            asked = f"has no table '{table}'" if table else "needs table = '...'"
            raise SourceError(f"{where}: '{path.name}' {asked}; it holds {', '.join(tables) or 'no tables'}.")
        engine.execute(f"drop table if exists {quoted(relation)}")
        frame = pd.read_sql(f"select * from {quoted(table)}", database)
    _register(engine, relation, frame)


def _load_excel(engine: duckdb.DuckDBPyConnection, relation: str, path: Path, spec: FileSpec, where: str) -> None:
    import pandas as pd

    try:
        with pd.ExcelFile(path, engine="calamine") as book:
            sheet = spec.sheet or book.sheet_names[0]
            if sheet not in book.sheet_names:
                raise SourceError(
                    f"{where}: '{path.name}' has no sheet '{sheet}'; it has {', '.join(map(repr, book.sheet_names))}."
                )
            frame = pd.read_excel(book, sheet_name=sheet, header=None, dtype=object)
    except SourceError:
        raise
    except Exception as error:  # noqa: BLE001  calamine raises its own kinds for every damage; all mean the same to the reader
        raise SourceError(
            f"{where}: '{path.name}' cannot be read as a workbook ({_first_line(error)}). Save it again as .xlsx."
        ) from None
    if len(frame) < spec.header_row:
        raise SourceError(
            f"{where}: sheet '{sheet}' of '{path.name}' has {len(frame)} rows, so no headings in row {spec.header_row}."
        )
    names = _headings([None if pd.isna(value) else str(value) for value in frame.iloc[spec.header_row - 1]])
    frame = frame.iloc[spec.header_row :].reset_index(drop=True).set_axis(names, axis="columns")
    _register(engine, relation, frame.dropna(how="all").infer_objects())


def _register(engine: duckdb.DuckDBPyConnection, relation: str, frame: pd.DataFrame) -> None:
    """Make a table of a frame whose object columns may mix kinds of values."""
    import pandas as pd

    def one_kind(column: pd.Series) -> pd.Series:
        if column.dtype != object:
            return column
        kinds = {type(value) for value in column.dropna()}
        if kinds <= {int, float, bool} and bool not in kinds:
            return pd.to_numeric(column)
        if len(kinds) <= 1:
            return column
        return column.map(_as_text, na_action="ignore").astype("str")

    engine.register("_frame", frame.apply(one_kind) if len(frame.columns) else frame)
    engine.execute(f"create or replace temp table {quoted(relation)} as select * from _frame")
    engine.unregister("_frame")


def _as_text(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _load_csv(
    engine: duckdb.DuckDBPyConnection, relation: str, paths: list[Path], spec: FileSpec, where: str, *, typed: bool
) -> pd.DataFrame:
    """Read text files with the headings of the first one; rows that break its shape are returned."""
    paths = [_as_utf8(engine, path, spec.encoding, where) for path in paths]
    delimiter, names = _shape(paths[0], spec, where)
    files = ", ".join(literal(str(path)) for path in paths)
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    types = (
        f"names=[{', '.join(map(literal, names))}], sample_size=-1" if typed else f"auto_detect=false, columns={{{columns}}}"
    )
    reading = (
        f"read_csv([{files}], delim={literal(delimiter)}, quote='\"', escape='\"', header=false, skip={spec.header_row}, "
        f"nullstr='', store_rejects=true, rejects_limit={SPOILED_ROWS_KEPT * 100}, {types})"
    )
    try:
        engine.execute("drop table if exists reject_errors")
        engine.execute("drop table if exists reject_scans")
        engine.execute(f"create or replace temp table {quoted(relation)} as select * from {reading}")
    except duckdb.Error as error:
        raise SourceError(f"{where}: '{spec.file}' cannot be read as a text table ({_first_line(error)}).") from None
    return engine.execute(
        'select line::bigint as line, lower(error_type::varchar) as problem, left(csv_line, 200) as "text" '
        "from reject_errors order by line"
    ).df()


def _shape(path: Path, spec: FileSpec, where: str) -> tuple[str, list[str]]:
    """Return the delimiter and the headings of a text file."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines = [line for line, _ in zip(stream, range(spec.header_row + 1), strict=False)]
    if len(lines) < spec.header_row:
        raise SourceError(f"{where}: '{spec.file}' has {len(lines)} lines, so no headings in line {spec.header_row}.")
    header = lines[spec.header_row - 1]
    delimiter = spec.delimiter or max(DELIMITERS, key=header.count)
    names = _headings(next(csv.reader([header], delimiter=delimiter), []))
    if len(names) == 1 and not spec.delimiter and len(lines) > spec.header_row:
        body = lines[spec.header_row]
        if wide := [mark for mark in DELIMITERS if body.count(mark) > 1]:
            raise SourceError(
                f"{where}: line {spec.header_row} of '{spec.file}' has one heading, {names[0]!r}, but the next line has "
                f"several values between {wide[0]!r}. Set header_row to the line that holds the headings."
            )
    return delimiter, names


def _headings(raw: list[str | None]) -> list[str]:
    """Give every column a name of its own: empty headings get a number, repeated ones a suffix."""
    seen: dict[str, int] = {}
    names = []
    for position, heading in enumerate(raw, start=1):
        name = " ".join((heading or "").split()) or f"column {position}"
        seen[name.lower()] = count = seen.get(name.lower(), 0) + 1
        names.append(name if count == 1 else f"{name} ({count})")
    return names


def _as_utf8(engine: duckdb.DuckDBPyConnection, path: Path, encoding: str | None, where: str) -> Path:
    """Return the path itself when it is in UTF-8, else that of a copy in UTF-8 among the engine's temporary files."""
    named = encoding or _encoding_by_mark(path) or "utf-8"
    try:
        codecs.lookup(named)
    except LookupError:
        raise SourceError(f"{where}: there is no encoding '{named}'; try utf-8, cp1251, latin-1 or utf-16.") from None
    _check_encoding(path, named, where, given=encoding is not None)
    if codecs.lookup(named).name in ("utf-8", "utf-8-sig", "ascii"):
        return path
    scratch = Path(engine.execute("select current_setting('temp_directory')").fetchone()[0])
    copy = scratch / f"{uuid.uuid4().hex}.utf8"
    with path.open(encoding=named, newline="") as source, copy.open("w", encoding="utf-8", newline="") as target:
        while part := source.read(CHUNK):
            target.write(part)
    return copy


def _encoding_by_mark(path: Path) -> str | None:
    with path.open("rb") as stream:
        start = stream.read(4)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8-sig" if start.startswith(codecs.BOM_UTF8) else None


def _check_encoding(path: Path, encoding: str, where: str, *, given: bool) -> None:
    """Read the file once through its encoding and refuse what is no text in it."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    for part in _parts(path):
        if line == 1 and part.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
            raise SourceError(f"{where}: '{path.name}' is a workbook with the ending of a text file. Name it .xlsx or .xls.")
        try:
            text = decoder.decode(part)
        except UnicodeDecodeError as error:
            raise SourceError(
                _wrong_encoding(path, encoding, line + part[: error.start].count(b"\n"), where, given=given)
            ) from None
        if "\x00" in text:
            raise SourceError(f"{where}: '{path.name}' holds zero bytes near line {line}, so it is no text file in {encoding}.")
        line += text.count("\n")


def _parts(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while part := stream.read(CHUNK):
            yield part


def _wrong_encoding(path: Path, encoding: str, line: int, where: str, *, given: bool) -> str:
    from charset_normalizer import from_bytes

    with path.open("rb") as stream:
        sample = stream.read(CHUNK)
    found = from_bytes(sample).best()
    advice = f"It reads well as {found.encoding}: put encoding = '{found.encoding}' there" if found else "Save it as UTF-8"
    said = f"is said to be {encoding} but line {line} is not" if given else f"is not in UTF-8 (line {line})"
    return f"{where}: '{path.name}' {said}. {advice}."


def _first_line(error: BaseException) -> str:
    return " ".join(str(error).splitlines()[0].split())[:200]
