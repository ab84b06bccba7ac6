"""What the tests of the draft share: the published bases, and a study drafted and read back by the ledger."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from clientbase.draft import Draft, draft_study
from clientbase.ledger.sources import open_source, relation_of
from clientbase.study_file import read_study

DATA = Path(__file__).parents[2] / "../shared/data"


@pytest.fixture(scope="session")
def shared() -> Callable[..., list[Path]]:
    """Return a function that gives the published data files, or skips the test when they are not there."""

    def find(*names: str) -> list[Path]:
        files = [DATA / name for name in names]
        if missing := [name for name, file in zip(names, files, strict=True) if not file.exists()]:
            pytest.skip(f"the published bases are not beside the repository: {missing}")
        return files

    return find


@pytest.fixture
def ledger_tables() -> Callable[[Path], dict[str, pd.DataFrame]]:
    """Return the function that reads a study's tables, typed by the ledger."""
    return _ledger_tables


@pytest.fixture
def drafted(tmp_path: Path) -> Callable[..., tuple[Draft, dict[str, pd.DataFrame]]]:
    """Return a function that drafts a study from files and reads its tables as the ledger does."""

    def run(*files: Path, name: str = "study") -> tuple[Draft, dict[str, pd.DataFrame]]:
        draft = draft_study(name, list(files), tmp_path / "out")
        return draft, _ledger_tables(draft.path)

    return run


def _ledger_tables(path: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of a study, typed by the ledger."""
    study, engine = read_study(path), duckdb.connect()
    engine.execute("set temp_directory = $1", [str(path.parent)])
    for name, spec in study.sources.items():
        open_source(engine, name, spec, study.folder)
    tables = {name: engine.execute(f"from {relation_of(name)}").df() for name in study.sources}
    engine.close()
    return tables
