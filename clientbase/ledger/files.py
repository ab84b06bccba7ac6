"""The company's files, brought into the engine as they stand: text as text, the rest with the kinds it has."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from clientbase.errors import SourceError
from clientbase.ledger.engine import literal, quoted, short
from clientbase.ledger.headings import refuse_other_headings
from clientbase.ledger.specification import source_paths
from clientbase.ledger.sqlite_files import load_sqlite
from clientbase.ledger.text_files import BROKEN, load_text
from clientbase.ledger.value_kinds import give_kinds
from clientbase.ledger.workbooks import load_workbooks

if TYPE_CHECKING:
    from clientbase.ledger.specification import FileSpec

APPLIES_TO = {  # options of one kind of file; elsewhere they would be ignored in silence
    "sheet": ("excel",),
    "table": ("sqlite",),
    "encoding": ("csv",),
    "delimiter": ("csv",),
}


def load_file(
    engine: duckdb.DuckDBPyConnection, relation: str, spec: FileSpec, folder: Path, *, where: str, typed: bool
) -> pd.DataFrame:
    """Register one file, or the files of a pattern, in the engine under the name relation.

    Args:
        engine: the DuckDB connection.
        relation: name of the table or view to make.
        spec: the file and how it is written.
        folder: the folder relative paths start from.
        where: the section of study.toml, for messages.
        typed: give the columns of a text file the kinds their values have (for queries); else every value stays text.

    Returns:
        The lines of text files that could not be read at all: line, problem, text.
    """
    paths = _find(spec, folder, where)
    try:
        return _load(engine, relation, spec, paths, where, typed=typed)
    except OSError as error:
        raise SourceError(
            f"{where}: '{spec.file}' cannot be opened ({error.strerror or error}). Check who may read it."
        ) from None


def _load(
    engine: duckdb.DuckDBPyConnection, relation: str, spec: FileSpec, paths: list[Path], where: str, *, typed: bool
) -> pd.DataFrame:
    kind = _kind(spec, paths[0], where)
    if kind == "csv":
        broken = load_text(engine, relation, paths, spec, where)
        if typed:
            give_kinds(engine, relation)
        return broken
    if kind == "parquet":
        _load_parquet(engine, relation, paths, where)
    elif kind == "sqlite":
        _refuse_several(paths, spec, where)
        load_sqlite(engine, relation, paths[0], where, table=spec.table)
    else:
        load_workbooks(engine, relation, paths, spec, where)
    return pd.DataFrame(columns=BROKEN)


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


def _kind(spec: FileSpec, path: Path, where: str) -> str:
    """Return csv, excel, parquet or sqlite; refuse other endings and options that say nothing to such a file."""
    if spec.kind is None:
        raise SourceError(
            f"{where}: nobody reads files like '{path.name}'; needed: "
            ".csv, .tsv, .txt, .xlsx, .xls, .ods, .parquet, .sqlite or .db."
        )
    for option, kinds in APPLIES_TO.items():
        if getattr(spec, option) is not None and spec.kind not in kinds:
            raise SourceError(f"{where}: {option} = '{getattr(spec, option)}' says nothing to '{path.name}'. Remove it.")
    return spec.kind


def _refuse_several(paths: list[Path], spec: FileSpec, where: str) -> None:
    if len(paths) > 1:
        raise SourceError(f"{where}: '{spec.file}' names {len(paths)} databases; name one, or several by a query over files.")


def _load_parquet(engine: duckdb.DuckDBPyConnection, relation: str, paths: list[Path], where: str) -> None:
    expected = _parquet_names(engine, paths[0], where)
    for path in paths[1:]:
        refuse_other_headings(path.name, _parquet_names(engine, path, where), paths[0].name, expected, where)
    files = ", ".join(literal(str(path)) for path in paths)
    engine.execute(
        f"create or replace temp view {quoted(relation)} as select * from read_parquet([{files}], union_by_name=true)"
    )


def _parquet_names(engine: duckdb.DuckDBPyConnection, path: Path, where: str) -> list[str]:
    try:
        return [name for name, *_ in engine.execute(f"describe from read_parquet({literal(str(path))})").fetchall()]
    except duckdb.Error as error:
        raise SourceError(f"{where}: '{path.name}' cannot be read as Parquet ({short(error)}). Export it again.") from None
