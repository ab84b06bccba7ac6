"""Text tables read into the engine, every value as the text it is; rows that break the shape are set aside and listed."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from clientbase.errors import SourceError
from clientbase.ledger.broken_lines import separate
from clientbase.ledger.encodings import as_utf8
from clientbase.ledger.engine import literal, quoted, short
from clientbase.ledger.headings import refuse_other_headings
from clientbase.ledger.text_shape import Shape, read_shape

if TYPE_CHECKING:
    from clientbase.ledger.specification import FileSpec

BROKEN = ["line", "problem", "text"]


def load_text(engine: duckdb.DuckDBPyConnection, relation: str, paths: list[Path], spec: FileSpec, where: str) -> pd.DataFrame:
    """Make one table of text of all files, which need the same headings in any order.

    Returns:
        One row per broken line: line (number in its file), problem, text.

    Raises SourceError for a file that is no text table, for other headings, or when no row can be read.
    """
    names: list[str] = []
    broken = []
    for path in paths:
        shape = read_shape(as_utf8(path, spec.encoding, scratch_of(engine), where), spec, path.name, where)
        names = names or shape.names
        refuse_other_headings(path.name, shape.names, paths[0].name, names, where)
        part = relation if path is paths[0] else f"{relation}_{uuid.uuid4().hex}"
        found = _load_one(engine, part, shape, path, where)
        if part != relation:
            engine.execute(f"insert into {quoted(relation)} by name from {quoted(part)}")
            engine.execute(f"drop table {quoted(part)}")
            found["problem"] += f" (in {path.name})"
        broken.append(found)
    return pd.concat(broken, ignore_index=True)


def scratch_of(engine: duckdb.DuckDBPyConnection) -> Path:
    """Return the folder of the engine's temporary files."""
    return Path(engine.execute("select current_setting('temp_directory')").fetchone()[0])


def _load_one(engine: duckdb.DuckDBPyConnection, relation: str, shape: Shape, path: Path, where: str) -> pd.DataFrame:
    """Read one file; with quotes or line ends that mislead the engine, by way of a copy of its good rows."""
    broken = _read_plainly(engine, relation, shape)
    if broken is None:
        copy = scratch_of(engine) / f"{uuid.uuid4().hex}.utf8"
        broken = pd.DataFrame(separate(shape, copy), columns=BROKEN)
        try:
            _read(engine, relation, Shape(copy, shape.delimiter, '"', shape.names, n_skipped=0, is_plain=True))
        except duckdb.Error as error:
            raise SourceError(f"{where}: '{path.name}' cannot be read as a text table ({short(error)}).") from None
    if len(broken) and not engine.execute(f"select 1 from {quoted(relation)} limit 1").fetchone():
        first = broken.iloc[0]
        raise SourceError(
            f"{where}: no line of '{path.name}' can be read; line {first['line']} has {first['problem']}: "
            f"{first['text'][:80]!r}. Check header_row, delimiter and quote."
        )
    return broken.assign(text=broken["text"].str.slice(0, 200))


def _read_plainly(engine: duckdb.DuckDBPyConnection, relation: str, shape: Shape) -> pd.DataFrame | None:
    """Return the lines the engine rejects, or None when it cannot be trusted with the file."""
    if not shape.is_plain:
        return None
    try:
        broken = _read(engine, relation, shape)
    except duckdb.Error:  # a mixture of line ends, for one; the slow reader tells what is wrong where
        return None
    return None if _has_open_quotes(broken) or _has_swallowed_rows(engine, relation, shape) else broken


def _read(engine: duckdb.DuckDBPyConnection, relation: str, shape: Shape) -> pd.DataFrame:
    """Let the engine read a file and return the lines it rejects, each with its first problem."""
    engine.execute("drop table if exists reject_errors")
    engine.execute("drop table if exists reject_scans")
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in shape.names)
    engine.execute(
        f"create or replace temp table {quoted(relation)} as select * from read_csv({literal(str(shape.path))}, "
        f"auto_detect=false, columns={{{columns}}}, delim={literal(shape.delimiter)}, quote={literal(shape.quote)}, "
        f"escape={literal(shape.quote)}, header=false, skip={shape.n_skipped}, nullstr='', store_rejects=true, rejects_limit=0)"
    )
    return engine.execute(
        'select line::bigint as line, lower(min(error_type::varchar)) as problem, any_value(csv_line) as "text" '
        "from reject_errors group by line order by line"
    ).df()


def _has_open_quotes(broken: pd.DataFrame) -> bool:
    return bool(broken["text"].str.contains("\n").any() or (broken["problem"] == "line size over maximum").any())


def _has_swallowed_rows(engine: duckdb.DuckDBPyConnection, relation: str, shape: Shape) -> bool:
    """Tell whether a value holds line ends and as many delimiters as whole rows between two quotes would bring."""
    tests = []
    for name in shape.names:
        value, mark = quoted(name), literal(shape.delimiter)
        n_ends = f"(length({value}) - length(replace({value}, chr(10), '')))"
        n_marks = f"(length({value}) - length(replace({value}, {mark}, '')))"
        tests.append(f"contains({value}, chr(10)) and {n_marks} = {n_ends} * {len(shape.names) - 1}")
    found = engine.execute(f"select count(*) from {quoted(relation)} where {' or '.join(f'({test})' for test in tests)}")
    return len(shape.names) > 1 and found.fetchone()[0] > 0
