"""Small studies written as a company would export them, and read back by the ledger without the cache."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from inspect import cleandoc
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from clientbase.ledger.engine import open_engine
from clientbase.ledger.reading import LedgerResult, read_ledger
from clientbase.study_file import read_study


@dataclass(frozen=True)
class Read:
    """What the ledger found, with short ways to ask for it."""

    result: LedgerResult

    @property
    def facts(self) -> pd.DataFrame:
        return self.result.facts.set_index("client_id")

    def fact(self, client: str, *columns: str) -> object:
        found = [self.facts.loc[client, column] for column in columns]
        return found[0] if len(found) == 1 else tuple(found)

    @property
    def keys(self) -> set[str]:
        return set(self.result.checks["key"])

    def check(self, key: str, table: str = "") -> pd.Series:
        found = self.result.checks[(self.result.checks["key"] == key) & (self.result.checks["table"] == table)]
        assert len(found) == 1, f"{len(found)} checks '{key}' among {sorted(self.keys)}"
        return found.iloc[0]


def write(
    folder: Path,
    tables: dict[str, str | bytes],
    *,
    top: str = "",
    currency: str = "EUR",
    options: dict[str, str] | None = None,
    end: str = "",
) -> Path:
    """Write tables as CSV files with a study.toml; options has lines for the section of a table, end the settings."""
    lines = ['name = "small"', f'currency = "{currency}"', top or "as_of = 2024-12-31"]
    for name, text in tables.items():
        data = text if isinstance(text, bytes) else f"{cleandoc(text)}\n".encode()
        (folder / f"{name}.csv").write_bytes(data)
        lines += [f"[sources.{name}]", f'file = "{name}.csv"', (options or {}).get(name, "")]
    (folder / "study.toml").write_text("\n".join([*lines, end]), encoding="utf-8")
    return folder


def read(folder: Path) -> Read:
    """Read the study of a folder."""
    study = read_study(folder)
    heading, preparation = study.heading, study.settings.preparation
    asked = {"currency": heading.currency, "as_of": heading.as_of, "preparation": preparation, "engine": study.engine}
    return Read(read_ledger(study.sources, study.folder, **asked))


@pytest.fixture
def ledger(tmp_path: Path) -> Callable[..., Read]:
    """Return a function that writes tables as a study and reads it: ledger(orders="...", clients="...")."""

    def make(
        *, top: str = "", currency: str = "EUR", options: dict[str, str] | None = None, end: str = "", **tables: str | bytes
    ) -> Read:
        return read(write(tmp_path, tables, top=top, currency=currency, options=options, end=end))

    return make


@pytest.fixture
def study(tmp_path: Path) -> Callable[[str], Read]:
    """Return a function that reads a study.toml of tmp_path, given the lines below its heading."""

    def make(lines: str, *, as_of: str = "as_of = 2024-12-31", folder: Path = tmp_path) -> Read:
        text = f'name = "small"\ncurrency = "EUR"\n{as_of}\n{lines}'
        (folder / "study.toml").write_text(text, encoding="utf-8")
        return read(folder)

    return make


@pytest.fixture
def engine(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    """An engine as the ledger opens it, allowed to read what lies in tmp_path."""
    (tmp_path / "scratch").mkdir()
    with open_engine(tmp_path, []) as engine:
        yield engine
