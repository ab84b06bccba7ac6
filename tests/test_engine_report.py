"""The whole report from a warehouse: the demo's orders in PostgreSQL give the pages that its files give."""

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from typer.testing import CliRunner

from clientbase.cli import app
from clientbase.errors import StudyError
from clientbase.study import open_study
from clientbase.study_file import read_study

DEMO = Path(__file__).parents[1] / "data" / "demo"
STEPS = ("00", "02", "05")
SECRET = "reader@secret"
COLUMNS = """
order_id varchar, line_no smallint, date date, client_id varchar, product_id char(4), qty numeric(12, 2),
revenue numeric(14, 2), list_revenue numeric(14, 2), cost numeric(14, 2), currency char(3), return_of varchar, channel varchar,
delivery boolean, delivery_cost numeric(12, 2), pay_days integer, paid_date date, manager_id varchar
"""
OF_THE_RUN = ("created", "notebooks", "engine", "sources", "seal", "files")  # what may differ between run.json of two engines


@pytest.fixture(scope="module")
def warehouse(postgres):
    """The address of a PostgreSQL that holds the demo's orders, for a user who may read this one table."""
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(postgres.format("pass%40word"), autocommit=True) as connection:
        connection.execute(f"create role reader login password '{SECRET}'")
        connection.execute("create schema demo")
        connection.execute(f"create table demo.orders ({COLUMNS})")
        with connection.cursor().copy("copy demo.orders from stdin with (format csv, header)") as copy:
            copy.write((DEMO / "orders.csv").read_bytes())
        connection.execute("grant usage on schema demo to reader")
        connection.execute("grant select on demo.orders to reader")
        before = _objects(connection)
        yield postgres.replace("ann:{}", "reader")
        assert _objects(connection) == before, "a warehouse is only read"


def _objects(connection) -> list[tuple]:
    """Return all that the base holds beyond the system's own: tables, views, functions, types; and the rows of the orders."""
    schemas = "(select oid from pg_namespace where nspname !~ '^(pg_|information_schema)')"
    asked = (
        f"select relname, relkind::text from pg_class where relnamespace in {schemas} order by 1",
        f"select proname from pg_proc where pronamespace in {schemas} order by 1",
        f"select typname from pg_type where typnamespace in {schemas} order by 1",
        "select md5(string_agg(o::text, '' order by o::text)) from demo.orders o",
    )
    return [connection.execute(query).fetchall() for query in asked]


@pytest.fixture(scope="module")
def studies(warehouse, tmp_path_factory):
    """The demo twice: all of it in files, and its orders in PostgreSQL."""
    folders = [tmp_path_factory.mktemp(name) / "demo" for name in ("files", "warehouse")]
    for folder in folders:
        shutil.copytree(DEMO, folder, ignore=shutil.ignore_patterns(".clientbase"))
    path = folders[1] / "study.toml"
    text = path.read_text(encoding="utf-8").replace('file = "orders.csv"', "table = 'demo.orders'")
    path.write_text(text.replace("[sources.clients]", f"[engine]\nurl = '{warehouse}'\n\n[sources.clients]"), encoding="utf-8")
    (folders[1] / "orders.csv").unlink()
    return folders


@pytest.fixture(scope="module")
def reports(studies, tmp_path_factory):
    """The reports of both studies; the password is where psql looks for it."""
    passwords = tmp_path_factory.mktemp("home") / "pgpass"
    passwords.write_text(f"*:*:*:reader:{SECRET}\n")
    passwords.chmod(0o600)
    made = []
    for folder in studies:
        out = tmp_path_factory.mktemp("reports")
        asked = [
            "report",
            str(folder),
            "--out",
            str(out),
            "--jobs",
            "1",
            *(part for step in STEPS for part in ("--step", step)),
        ]
        answer = CliRunner().invoke(app, asked, env={"COLUMNS": "200", "PGPASSFILE": str(passwords)})
        assert answer.exit_code == 0, answer.output
        made.append(out / "demo")
    return made


def test_the_engagement_is_the_same(studies, monkeypatch):
    monkeypatch.setenv("PGPASSWORD", SECRET)
    files, warehouse = (open_study(folder) for folder in studies)
    assert warehouse.ledger.state["engine"]["name"] == "PostgreSQL"
    assert_frame_equal(warehouse.facts, files.facts, rtol=1e-9)
    for name in ("months", "groups", "group_money", "discount_bands", "work", "work_months", "contacts"):
        assert_frame_equal(getattr(warehouse.ledger, name), getattr(files.ledger, name), rtol=1e-9, obj=name)
    assert set(warehouse.ledger.tables) == set(files.ledger.tables)
    for name, table in files.ledger.tables.items():
        found, keys = warehouse.ledger.tables[name], list(table.columns)
        assert_frame_equal(*(its.sort_values(keys, ignore_index=True) for its in (found, table)), rtol=1e-9, obj=name)


def words(page: Path) -> str:
    """Return what a page says, without pictures, code and the time of making."""
    text = re.sub(r"(?s)<(script|style|svg)\b.*?</\1>", " ", page.read_text(encoding="utf-8"))
    text = re.sub(r"(?s)<[^>]+>", " ", text)
    return re.sub(r"\s+", " ", re.sub(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}\S*", "TIME", text))


def test_the_pages_say_the_same(reports):
    files, warehouse = reports
    pages = sorted(page.name for page in files.glob("*.html"))
    assert len(pages) == len(STEPS) + 1
    for page in pages:
        assert words(warehouse / page) == words(files / page), page


def test_the_tables_are_the_same(reports):
    files, warehouse = reports
    tables = sorted(path.name for path in (files / "tables").glob("*.parquet"))
    assert tables == sorted(path.name for path in (warehouse / "tables").glob("*.parquet"))
    for name in tables:
        found, expected = (pd.read_parquet(folder / "tables" / name) for folder in (warehouse, files))
        assert_frame_equal(found, expected, rtol=1e-9, obj=name)


def test_the_records_differ_in_the_engine_alone(reports):
    files, warehouse = (json.loads((folder / "run.json").read_text(encoding="utf-8")) for folder in reports)
    assert (files["engine"]["name"], warehouse["engine"]["name"]) == ("DuckDB", "PostgreSQL")
    moved = {"source": "orders", "read_from": "engine", "table": "demo.orders"}
    assert [source for source in warehouse["sources"] if source["source"] == "orders"] == [moved]
    assert [source for source in files["sources"] if source["source"] != "orders"] == [
        source for source in warehouse["sources"] if source["source"] != "orders"
    ]
    for name in OF_THE_RUN:
        files.pop(name, None), warehouse.pop(name, None)
    assert warehouse == files


def test_no_credentials_are_in_anything_made(reports, studies, warehouse):
    port = re.search(r":(\d+)/", warehouse)[1]
    for folder in (reports[1], studies[1] / ".clientbase"):
        for path in folder.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                assert SECRET.encode() not in content, path.name
                assert f":{port}/".encode() not in content, path.name


def test_a_password_in_the_study_is_refused_and_not_repeated(studies, tmp_path):
    text = (studies[1] / "study.toml").read_text(encoding="utf-8")
    (tmp_path / "study.toml").write_text(text.replace("://reader@", f"://reader:{SECRET}@"), encoding="utf-8")
    with pytest.raises(StudyError, match=r"section \[engine\] needs a url without a password") as caught:
        read_study(tmp_path)
    assert SECRET not in str(caught.value)
