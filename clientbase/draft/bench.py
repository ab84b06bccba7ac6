"""The files side by side in DuckDB, opened by the ledger's own reader, so that a draft sees what the ledger will see."""

from __future__ import annotations

import tempfile

import duckdb

from clientbase.draft.places import Place
from clientbase.ledger.files import load_file
from clientbase.ledger.specification import FileSpec


class Bench:
    """An in-memory DuckDB with two relations for every table of rows: `typed` as queries see it, `raw` as it is written."""

    def __init__(self) -> None:
        self.connection = duckdb.connect(":memory:")
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.connection.execute("set temp_directory = $1", [self._folder.name])
        self._n_opened = 0

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()
        self._folder.cleanup()

    def rows(self, sql: str) -> list[tuple]:
        """Return the rows of a query."""
        return self.connection.execute(sql).fetchall()

    def row(self, sql: str) -> tuple:
        """Return the first row of a query."""
        return self.rows(sql)[0]

    def columns(self, relation: str) -> list[tuple[str, str]]:
        """Return the names and types of a relation's columns, in its order."""
        return [(name, kind) for name, kind, *_ in self.rows(f"describe {relation}")]

    def open(self, place: Place) -> tuple[str, str]:
        """Open a place and return the names of its typed and its raw relation; only text files have two."""
        self._n_opened += 1
        typed, raw = f"typed_{self._n_opened}", f"raw_{self._n_opened}"
        spec = FileSpec(
            file=place.path.name,
            sheet=place.sheet,
            table=place.table,
            header_row=place.header_row,
            encoding=place.encoding if place.kind == "csv" else None,
            delimiter=place.delimiter if place.kind == "csv" else None,
        )
        load_file(self.connection, typed, spec, place.path.parent, where=place.label, typed=True)
        if place.kind != "csv":
            return typed, typed
        load_file(self.connection, raw, spec, place.path.parent, where=place.label, typed=False)
        return typed, raw

    def merge(self, relations: list[tuple[str, str]]) -> tuple[str, str]:
        """Return relations of the rows of several with the same columns."""
        self._n_opened += 1
        names = f"typed_{self._n_opened}", f"raw_{self._n_opened}"
        for name, parts in zip(names, zip(*relations, strict=True), strict=True):
            union = " union all by name ".join(f"from {part}" for part in parts)
            self.connection.execute(f"create temp view {name} as {union}")
        return names

    def name_relations(self, relations: dict[str, str]) -> None:
        """Let queries call relations by the given aliases."""
        for alias, relation in relations.items():
            self.connection.execute(f"create or replace temp view {alias} as from {relation}")
