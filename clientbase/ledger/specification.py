"""What study.toml says of one source: where it is, how it is written, which of its columns are ours."""

from __future__ import annotations

import glob
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from clientbase.ledger.addresses import has_typed_secret

KINDS = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv",
    ".xlsx": "excel", ".xls": "excel", ".xlsm": "excel", ".xlsb": "excel", ".ods": "excel",
    ".parquet": "parquet", ".pq": "parquet",
    ".sqlite": "sqlite", ".sqlite3": "sqlite", ".db": "sqlite",
}  # fmt: skip
ENGINES = {
    "postgres": "postgres", "postgresql": "postgres", "duckdb": "duckdb", "spark": "spark", "sc": "spark",
}  # fmt: skip
ADDRESSES = "duckdb://base.duckdb, postgres://user@host/base, spark://host:7077 or sc://host:15002"
WRITTEN = ("sheet", "header_row", "encoding", "delimiter", "quote")  # options that describe one file


class EngineSpec(BaseModel):
    """The engine that holds the order lines and reduces them, where it is not the one in process."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    url: str = Field(min_length=1, description=f"address of the engine: {ADDRESSES}")

    @model_validator(mode="after")
    def _keeps_no_secret(self) -> EngineSpec:  # after all else and of no field, so that no message repeats the address
        if has_typed_secret(self.url):
            raise ValueError(
                "needs a url without a password: anybody may read study.toml. Leave it to PGPASSWORD or ~/.pgpass, or name a "
                "variable of the environment, ${NAME}, in its place"
            )
        if self.url.partition("://")[0].lower() not in ENGINES:
            raise ValueError(
                f"needs a url such as {ADDRESSES}. Tables of other databases, SQLite among them, are read into the engine in "
                "process: url = '...' in the section of the source"
            )
        return self

    @property
    def kind(self) -> str:
        """Return duckdb, postgres or spark."""
        return ENGINES[self.url.partition("://")[0].lower()]


class FileSpec(BaseModel):
    """One file of a source and how it is written."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    file: str | None = Field(None, min_length=1, description="path relative to study.toml, or a pattern such as sales/*.csv")
    sheet: str | None = Field(None, description="sheet of a workbook; the first when absent")
    header_row: int = Field(1, ge=1, description="row that holds the headings, 1 first")
    encoding: str | None = Field(None, description="encoding of a text file; UTF-8 when absent")
    delimiter: str | None = Field(None, min_length=1, max_length=1, description="character between the values of a text file")
    quote: str = Field('"', max_length=1, description="character around values of a text file; empty when there is none")
    table: str | None = Field(None, description="table of a database")

    @property
    def kind(self) -> str | None:
        """Return csv, excel, parquet, sqlite, or None for an ending nobody reads."""
        return KINDS.get(Path(self.file or "").suffix.lower())


class SourceSpec(FileSpec):
    """One table of the study: a file, a database by URL, a query over several files, or a table of the study's engine."""

    url: str | None = Field(None, description="address of a database, as Ibis takes it")
    files: dict[str, FileSpec] = Field(default_factory=dict, description="files a query reads, by the name it calls them")
    sql: str | None = Field(None, description="query over the files or the database")
    decimal: str = Field(".", pattern="^[.,]$", description="decimal mark of numbers written as text")
    thousands: str | None = Field(
        None, min_length=1, max_length=1, description="mark between thousands in numbers written as text"
    )
    date_format: str | None = Field(
        None, min_length=1, description="how dates written as text are spelled, for example %d.%m.%Y"
    )
    columns: dict[str, str] = Field(default_factory=dict, description="our name = name in the export")

    @field_validator("files", mode="before")
    @classmethod
    def _path_is_a_file(cls, files: object) -> object:
        if not isinstance(files, dict):
            return files
        return {alias: {"file": given} if isinstance(given, str) else given for alias, given in files.items()}

    @field_validator("files")
    @classmethod
    def _names_fit_a_query(cls, files: dict[str, FileSpec]) -> dict[str, FileSpec]:
        for alias, part in files.items():
            if not part.file:
                raise ValueError(f"give no file for '{alias}': write {alias} = '...' or {alias} = {{ file = '...' }}")
            if not alias.isidentifier() or alias.casefold().startswith(("raw_", "ledger_")):
                raise ValueError(f"cannot be called '{alias}' in a query; use letters, digits and _, not raw_ or ledger_ first")
        if len({alias.casefold() for alias in files}) < len(files):
            raise ValueError("have names that differ only by capital letters, which a query takes for one")
        return files

    @model_validator(mode="after")
    def _one_origin(self) -> SourceSpec:
        given = [name for name in ("file", "url", "files") if getattr(self, name)]
        if len(given) > 1:
            raise ValueError(f"needs one of file, files or url; it has {' and '.join(given)}")
        if not given:
            return self._of_the_engine()
        if self.files and not self.sql:
            raise ValueError("files need a query over them: sql = '...'")
        if self.url and bool(self.table) == bool(self.sql):
            raise ValueError("a url needs either the table to read (table = '...') or a query (sql = '...')")
        if self.thousands == self.decimal:
            raise ValueError("thousands and decimal cannot be the same mark")
        return self

    def _of_the_engine(self) -> SourceSpec:
        if not self.table and not self.sql:
            raise ValueError("needs one of file, files or url; it has none")
        if self.table and self.sql:
            raise ValueError("has both table and sql; one of them is enough")
        return self

    @model_validator(mode="after")
    def _options_have_a_file(self) -> SourceSpec:
        options = [*WRITTEN, "table"] if self.files else WRITTEN
        given = [name for name in options if getattr(self, name) != type(self).model_fields[name].default]
        if not self.file and given:
            raise ValueError(f"{given[0]} belongs to a file: files = {{ name = {{ file = '...', {given[0]} = ... }} }}")
        return self

    @property
    def is_in_engine(self) -> bool:
        """Tell whether the source is a table or query of the study's engine, and no file or database of its own."""
        return not (self.file or self.files or self.url)

    @property
    def is_remote(self) -> bool:
        """Tell whether the file has an address, such as s3a://bucket/orders, which only a cluster can open."""
        return "://" in (self.file or "")

    @property
    def parts(self) -> dict[str, FileSpec]:
        """Return the files of the source by name; one file without a query goes by the name 'file'."""
        return self.files or ({"file": self} if self.file else {})


def source_paths(spec: FileSpec, folder: Path) -> list[Path]:
    """Return the files a specification names, those of a pattern in order of name; empty when there are none."""
    if not spec.file:
        return []
    path = folder / spec.file
    if any(mark in spec.file for mark in "*?") and not path.exists():
        found = sorted(glob.glob(spec.file, root_dir=folder, recursive=True))  # noqa: PTH207  Path.glob refuses absolute patterns
        return [path for name in found if (path := folder / name).is_file()]
    return [path] if path.is_file() else []
