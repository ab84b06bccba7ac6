"""Engines that do not answer: one sentence that says where, what was found, what is needed, and never a password."""

import socket
import sys

import pytest
from engine_bases import base, fill_postgres
from servers import closed_port

from clientbase.errors import ClientbaseError, SourceError, StudyError

SECRET = "s3cret@word"
LINES = "[engine]\nurl = '{}'\n[sources.orders]\n{}"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (
            "mysql://h/b",
            r"needs a url such as duckdb://base\.duckdb, postgres://user@host/base, spark://host:7077 or sc://host:15002",
        ),
        (
            "sqlite://o.db",
            r"SQLite among them, are read into the engine in process: url = '\.\.\.' in the section of the source",
        ),
        ("orders.duckdb", r"needs a url such as duckdb://base\.duckdb"),
        ("sc://h:15002/;token=s3cret", "needs a url without a password"),
        ("postgres://u:s3cret@h/b", r"needs a url without a password: .*PGPASSWORD or ~/\.pgpass"),
        ("postgres://h/b?user=u&password=s3cret", "needs a url without a password"),
    ],
)
def test_addresses_that_are_no_engine(study, url, message):
    with pytest.raises(StudyError, match=message) as caught:
        study(LINES.format(url, "table = 'orders'"))
    assert str(caught.value).startswith("study.toml, section [engine]")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("section", ["engine = 'postgres://h/b'", "[engine]\nadress = 'postgres://h/b'"])
def test_sections_that_name_no_address(study, section):
    with pytest.raises(StudyError, match=r"study\.toml.*engine"):
        study(f"{section}\n[sources.orders]\ntable = 'orders'")


def test_a_table_without_an_engine_is_told_where_to_look(study):
    with pytest.raises(StudyError, match=r"name that in a section \[engine\] with url = '\.\.\.'"):
        study("[sources.orders]\ntable = 'orders'")


@pytest.mark.parametrize("scheme", ["postgres", "spark", "sc"])
def test_a_server_that_is_down(study, scheme, monkeypatch):
    monkeypatch.setenv("PGPASSWORD", SECRET)
    with pytest.raises(SourceError, match=r"\[engine\]: the engine does not answer as asked \(.*refused.*Check that it runs"):
        study(LINES.format(f"{scheme}://127.0.0.1:{closed_port()}", "table = 'orders'"))


def test_a_server_that_is_no_spark_connect(study):
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(SourceError, match="no Spark Connect server answers"):
        study(LINES.format(f"sc://127.0.0.1:{silent.getsockname()[1]}", "table = 'orders'"))


def test_spark_connect_without_what_it_needs(study, monkeypatch):
    monkeypatch.setitem(sys.modules, "grpc", None)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(SourceError, match=r"grpc.*clientbase\[spark\]"):
        study(LINES.format(f"SC://127.0.0.1:{silent.getsockname()[1]}", "table = 'orders'"))


@pytest.mark.parametrize(("kind", "scheme"), [("postgres", "postgresql"), ("spark", "spark")])
def test_a_driver_that_is_not_installed(study, kind, scheme, monkeypatch):
    monkeypatch.setitem(sys.modules, f"clientbase.ledger.{kind}_engine", None)
    monkeypatch.delattr(f"clientbase.ledger.{kind}_engine", raising=False)
    with pytest.raises(SourceError, match=rf'\[engine\]: the driver .* not installed\. Install it: .*"clientbase\[{kind}\]"'):
        study(LINES.format(f"{scheme}://127.0.0.1", "table = 'orders'"))


@pytest.fixture(scope="module")
def filled(postgres):
    """A base with orders in the schema shop, and ben, who may read nothing but an empty table."""
    psycopg = pytest.importorskip("psycopg")
    url = postgres.format("pass%40word")
    fill_postgres({"orders": base(1)["orders"]}, url, "shop")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"create role ben login password '{SECRET}'")
        connection.execute("grant usage on schema shop to ben")
        connection.execute("create table shop.empty (date date, client_id text, revenue numeric)")
        connection.execute("create table shop.texts as select '1.2.24' as date, 'c' as client_id, 1 as revenue")
        connection.execute("create sequence shop.counter")
        connection.execute("grant usage on shop.counter to ben")
        connection.execute("grant select on shop.empty, shop.texts to ben")
    return postgres.replace(":{}", "")


BEN = {
    "wrong table": ("table = 'shop.order'", r"the database has no table 'shop\.order'; it has empty, texts"),
    "wrong schema": ("table = 'sale.orders'", "has no table 'sale.orders'; it has none that you may see"),
    "table without rights": ("table = 'shop.orders'", "has no table 'shop.orders'; it has empty, texts"),
    "query without rights": ("sql = 'select * from shop.orders'", r"does not answer as asked \(permission denied for table orders"),
    "query that writes": ("sql = 'delete from shop.empty'", "sql must be one select, which only reads"),
    "query that makes": ("sql = 'select 1 as a into shop.made'", "sql must be one select, which only reads"),
    "function that writes": (
        "sql = \"select nextval('shop.counter')::text as client_id, current_date as date, 1 as revenue\"",
        r"does not answer as asked \(cannot execute nextval\(\) in a read-only transaction",
    ),
    "no rows": ("table = 'shop.empty'", "the table 'orders' has no rows"),
    "text for a date": ("table = 'shop.texts'", r"column 'date' \(date\) holds values of the kind text, needed .*Convert it"),
    "option of a file": ("table = 'shop.texts'\ndecimal = ','", "decimal says nothing to a table of the engine"),
}  # fmt: skip


@pytest.mark.parametrize(("asked", "message"), BEN.values(), ids=BEN)
def test_what_an_engine_refuses(study, filled, asked, message, monkeypatch):
    monkeypatch.setenv("PGPASSWORD", SECRET)
    with pytest.raises(ClientbaseError, match=message) as caught:
        study(LINES.format(filled.replace("ann@", "ben@"), asked))
    assert str(caught.value).startswith("study.toml, section [")
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("password", ["PGPASSWORD", "a variable in the address"])
def test_a_wrong_password_is_not_repeated(study, filled, password, monkeypatch):
    wrong = "another%40secret"
    monkeypatch.setenv("PGPASSWORD" if password == "PGPASSWORD" else "OURS", wrong)
    url = filled if password == "PGPASSWORD" else filled.replace("ann@", "ann:${OURS}@")
    with pytest.raises(SourceError, match=r"\[engine\]: .*password authentication failed for user .?ann") as caught:
        study(LINES.format(url, "table = 'shop.orders'"))
    assert wrong not in str(caught.value)
    assert "another@secret" not in str(caught.value)


def test_a_variable_that_is_not_set(study, monkeypatch):
    monkeypatch.delenv("NOWHERE", raising=False)
    with pytest.raises(SourceError, match=r"section \[engine\]: url needs the variable NOWHERE, which is not set"):
        study(LINES.format("postgres://ann:${NOWHERE}@h/b", "table = 'orders'"))
