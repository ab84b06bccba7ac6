"""Every expression of the ledger on every engine: the same facts, client by client, as in process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import product
from pathlib import Path

import pandas as pd
import pytest
from conftest import Read, read
from engine_bases import END, base, fill_duckdb, fill_postgres, without_numbers, write_parquet
from pandas.testing import assert_frame_equal
from servers import Cluster
from spark_log import applications

from clientbase.ledger.reading import BY_CLIENT, LedgerResult

PASSWORD = "pass%40word"
ENGINES = ("duckdb", "postgres", "spark")
BASES = {
    "whole": (lambda: base(1), END),
    "another": (lambda: base(2), END.replace('"origin"', '"own"').replace('"group"', '"client"')),
    "lines without numbers": (lambda: without_numbers(base(3)), END.split("client_level")[0]),
}
Opened = Callable[[str], "tuple[str, Callable[[str], str]]"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> dict[str, Path]:
    """A folder for each base, with its tables as Parquet."""
    made = {name: tmp_path_factory.mktemp("base") for name in BASES}
    for name, (tables, _) in BASES.items():
        write_parquet(tables(), made[name])
    return made


def study_of(folder: Path, top: str, source: Callable[[str], str], tables: list[str], end: str) -> Read:
    """Write and read a study whose tables are told by source."""
    lines = ['name = "small"', 'currency = "EUR"', "as_of = 2024-10-10", top]
    lines += [f"[sources.{name}]\n{source(name)}" for name in tables]
    (folder / "study.toml").write_text("\n".join([*lines, end]), encoding="utf-8")
    return read(folder)


@pytest.fixture(scope="module")
def expected(folders) -> dict[str, LedgerResult]:
    """What the engine in process makes of each base."""
    return {
        name: study_of(folders[name], "", lambda table: f"file = '{table}.parquet'", list(tables()), end).result
        for name, (tables, end) in BASES.items()
    }


@pytest.fixture
def engine(request, name, folders, monkeypatch) -> Iterator[tuple[str, Callable[[str], str]]]:
    """The section [engine] of a study and what its sources say, for an engine that holds the base called name."""
    kind, folder, tables = request.param, folders[name], BASES[name][0]()
    if kind == "duckdb":
        if not (folder / "base.duckdb").exists():
            fill_duckdb(tables, folder / "base.duckdb")
        yield "[engine]\nurl = 'duckdb://base.duckdb'", lambda table: f"table = 'sales.{table}'"
        return
    if kind in ("spark", "connect"):
        cluster = request.getfixturevalue("cluster")
        n_before = len(applications(cluster.events))
        asked = {"crm_facts": _as_query(tables["crm_facts"])} if name == "lines without numbers" else {}
        with monkeypatch.context() as patch, ExitStack() as servers:
            for variable, value in cluster.environment.items():
                patch.setenv(variable, value)
            url = servers.enter_context(cluster.connect_server()) if kind == "connect" else cluster.url
            yield f"[engine]\nurl = '{url}'", lambda table: asked.get(table, f"file = '{table}.parquet'")
        _assert_workers_did_it(cluster, n_before, "connect" if kind == "connect" else "clientbase")
        return
    url, schema = request.getfixturevalue("postgres"), f"sales_{list(BASES).index(name)}"
    monkeypatch.setenv("PGPASSWORD", "pass@word")
    fill_postgres(tables, url.format(PASSWORD), schema)
    yield f"[engine]\nurl = '{url.replace(':{}', '')}'", lambda table: f"table = '{schema}.{table}'"


def _as_query(facts: pd.DataFrame) -> str:
    """Return facts as a query, for an engine whose catalogue is empty."""
    rows = ", ".join(f"('{row.client_id}', date '{row.date}', '{row.fact}')" for row in facts.itertuples())
    return f'sql = "select * from values {rows} as t(client_id, date, fact)"'


def _assert_workers_did_it(cluster: Cluster, n_before: int, name: str) -> None:
    """Read in the cluster's own log that one application ran there, and that each worker had tasks of it, none failed."""
    done = applications(cluster.events)[n_before:]
    assert [(application.name, application.master) for application in done] == [(name, cluster.url)]
    assert len(done[0].executors) == 2
    assert set(done[0].tasks) == set(done[0].executors)
    assert done[0].failed == 0


def assert_equal(found: LedgerResult, expected: LedgerResult) -> None:
    """Compare all that the ledger gives; only the text of refused rows is each engine's own."""
    for name in BY_CLIENT:
        one, other = getattr(found, name), getattr(expected, name)
        assert (one is None) == (other is None), name
        if one is not None:
            assert_frame_equal(one, other, rtol=1e-9, obj=name)
    assert set(found.tables) == set(expected.tables)
    for name, table in found.tables.items():
        keys = list(table.columns)
        assert_frame_equal(
            *(its.sort_values(keys, ignore_index=True) for its in (table, expected.tables[name])), rtol=1e-9, obj=name
        )
    assert_frame_equal(*(_as_any_engine_writes(its.checks) for its in (found, expected)), rtol=1e-9)
    assert_frame_equal(*(its.refused.value_counts(["table", "problem"]).sort_index().to_frame() for its in (found, expected)))
    for key, value in expected.state.items():
        if key == "engine":
            continue
        assert found.state[key] == (pytest.approx(value) if isinstance(value, float) else value), key


def _as_any_engine_writes(checks: pd.DataFrame) -> pd.DataFrame:
    """Return checks without the values that could not be read: 25.0 is 25.0000 where it is an exact decimal."""
    return checks.assign(examples=checks["examples"].mask(checks["key"] == "unreadable", ""))


@pytest.mark.parametrize(
    ("engine", "name"),
    [*product(ENGINES, BASES), ("connect", "whole")],  # the last: the same Spark by another door
    indirect=["engine"],
)
def test_the_same_facts_client_by_client(engine, name, folders, expected):
    tables, end = BASES[name]
    top, source = engine
    found = study_of(folders[name], top, source, list(tables()), end).result
    assert_equal(found, expected[name])
