"""One source of a study opened in the study's engine: its table or query, our columns of it, the rows refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import ibis
import pandas as pd

from clientbase.errors import SourceError
from clientbase.ledger.columns import refuse_unreadable
from clientbase.ledger.databases import asked_table
from clientbase.ledger.engine import computed, numbers
from clientbase.ledger.engine_columns import count_unreadable, read_columns
from clientbase.ledger.mapping import match_columns
from clientbase.ledger.opening import Source
from clientbase.ledger.refusals import COLUMNS, EXCUSED, KEPT
from clientbase.ledger.tables import TABLES
from clientbase.ledger.text_files import BROKEN

if TYPE_CHECKING:
    from pathlib import Path

    import ibis.expr.types as ir
    from ibis.backends import BaseBackend

    from clientbase.ledger.specification import SourceSpec

LONGEST_TEXT = 400
OF_TEXTS = ("decimal", "thousands", "date_format")  # options that say how an export writes what an engine knows


def is_read_by(warehouse: BaseBackend, spec: SourceSpec) -> bool:
    """Tell whether an engine reads a source itself: its own tables and, where it can, Parquet files."""
    is_parquet = spec.is_remote or (spec.kind == "parquet" and not spec.sql)
    return spec.is_in_engine or (hasattr(warehouse, "files") and bool(spec.file) and is_parquet)


def open_in_engine(warehouse: BaseBackend, name: str, spec: SourceSpec, folder: Path) -> Source:
    """Return a source with our columns, kept for the session of the engine: what is read is the same in every pass."""
    where = f"study.toml, section [sources.{name}]"
    table = TABLES[name]
    _refuse_options(spec, where)
    raw = warehouse.files(spec, folder, where) if spec.file else asked_table(warehouse, spec, where)
    mapping = match_columns(table, spec, list(raw.columns), where=where)
    unused = [] if spec.sql else [column for column in raw.columns if column not in mapping.values()]
    if spec.sql:  # asked once, as it may be a join of everything
        raw = computed(raw.select(list(dict.fromkeys(mapping.values()))))
    if not len(raw.limit(1).to_pyarrow()):
        raise SourceError(f"{where}: the table '{name}' has no rows. Name another, or wait until it is filled.")
    read = read_columns(raw, table, mapping, where)
    unreadable = count_unreadable(raw, table, mapping, read, spec)
    refuse_unreadable(unreadable, table, mapping, where)
    return Source(
        table=computed(raw.select(**read)),
        columns=mapping,
        unreadable=unreadable,
        broken=pd.DataFrame(columns=BROKEN),
        refused=_refused(raw, name, read),
        unused=unused,
    )


def _refuse_options(spec: SourceSpec, where: str) -> None:
    for option in OF_TEXTS:
        if getattr(spec, option) != type(spec).model_fields[option].default:
            raise SourceError(f"{where}: {option} says nothing to a table of the engine, which has kinds. Remove it.")


def _refused(raw: ir.Table, name: str, read: dict[str, ir.Value]) -> pd.DataFrame:
    """Return the rows without a required value, as refused_rows does; a table has no line numbers."""
    required = [column for column in read if TABLES[name].columns[column].required and (name, column) not in EXCUSED]
    lacking = numbers(raw, **{f"n_{column}": read[column].isnull().sum() for column in required})
    listed, rest = [], ibis.literal(True)
    for column in required:
        if lacking[f"n_{column}"]:
            rows = raw.filter(rest & read[column].isnull()).limit(KEPT).to_pandas()
            listed += [(name, None, f"no {column}", _as_text(row)) for row in rows.to_dict("records")]
        rest &= read[column].notnull()
    return pd.DataFrame(listed[:KEPT], columns=COLUMNS)


def _as_text(row: dict) -> str:
    given = {name: None if pd.isna(value) else str(value) for name, value in row.items()}
    return json.dumps(given, ensure_ascii=False)[:LONGEST_TEXT]
