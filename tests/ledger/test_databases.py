"""Databases by address: what they give, what they may not do, and errors that keep the password."""

import duckdb
import pytest
from servers import closed_port

from clientbase.errors import ClientbaseError, SourceError
from clientbase.ledger.addresses import without_secrets
from clientbase.ledger.databases import refuse_all_but_one_select

URL = "[sources.orders]\nurl = 'duckdb://o.duckdb'\n"


@pytest.fixture
def base(tmp_path):
    with duckdb.connect(str(tmp_path / "o.duckdb")) as database:
        database.execute(
            "create schema sales;"
            "create table orders as select * from (values (1, date '2024-03-05', 12345::bigint, 100.50::decimal(10, 2)),"
            "(2, date '2024-04-05', 12346, 50), (3, null, 12346, 1)) as o(order_id, date, client_id, revenue);"
            "create table sales.lines as select * from orders"
        )
    return tmp_path


@pytest.mark.parametrize("asked", ["table = 'orders'", "table = 'sales.lines'", "sql = 'select * from orders; -- all'"])
@pytest.mark.usefixtures("base")
def test_tables_and_queries_are_read(study, asked):
    found = study(URL + asked)
    assert found.facts["revenue"].to_dict() == {"12345": 100.5, "12346": 50}
    assert found.check("no_date")["n"] == 1


@pytest.mark.usefixtures("base")
def test_several_sources_share_a_database(study):
    lines = (
        URL
        + "table = 'orders'\n[sources.clients]\nurl = 'duckdb://o.duckdb'\n"
        + "sql = \"select distinct client_id, 'North' as region from orders\""
    )
    assert study(lines).fact("12345", "region") == "North"


@pytest.mark.usefixtures("base")
def test_the_address_may_name_variables_of_the_environment(study, monkeypatch):
    monkeypatch.setenv("BASE", "o.duckdb")
    lines = "[sources.orders]\nurl = 'duckdb://${BASE}'\ntable = 'orders'"
    assert study(lines).facts["revenue"].sum() == 150.5
    monkeypatch.delenv("BASE")
    with pytest.raises(SourceError, match="url needs the variable BASE, which is not set"):
        study(lines)


RUDE = {
    "no file": (URL.replace("o.duckdb", "p.duckdb") + "table = 'orders'", r"names no file: there is no 'p\.duckdb' in"),
    "no table": (URL + "table = 'order'", r"'o\.duckdb' has no table 'order'; it holds orders, sales\.lines"),
    "no schema": (URL + "table = 'nowhere.orders'", r"has no table 'nowhere\.orders'"),
    "text": (URL.replace("o.duckdb", "text.duckdb") + "table = 'orders'", "does not answer as asked .*not a valid DuckDB"),
    "no address": ("[sources.orders]\nurl = 'o.duckdb'\ntable = 'orders'", "url is no address such as postgres://"),
    "no scheme": ("[sources.orders]\nurl = 'ann:secret@host/base'\ntable = 'orders'", "url is no address such as postgres://"),
    "unknown kind": ("[sources.orders]\nurl = 'abacus://u:secret@h/b'\ntable = 'orders'", "does not answer as asked .*abacus"),
    "broken address": ("[sources.orders]\nurl = 'postgres://u:secret@[h/b'\ntable = 'orders'", "does not answer as asked"),
    "refused": (
        f"[sources.orders]\nurl = 'postgres://u:secret@127.0.0.1:{closed_port()}/b?connect_timeout=2'\ntable = 'orders'",
        "does not answer as asked .*refused",
    ),
    "syntax": (URL + "sql = 'selec 1'", "sql (cannot be read|must be one select)"),
    "two statements": (URL + "sql = 'select 1; drop table orders'", "sql must be one select, which only reads"),
    "drop": (URL + "sql = 'drop table orders'", "sql must be one select"),
    "delete inside": (
        URL + "sql = 'with x as (delete from orders returning *) select * from x'",
        "sql cannot be read: Parser Error: A CTE needs a SELECT",
    ),
    "copy": (URL + "sql = \"copy orders to 'x.csv'\"", "sql must be one select"),
    "attach": (URL + "sql = \"attach 'new.db'\"", "sql (cannot be read|must be one select)"),
    "other file": (URL + "sql = \"select * from read_text('study.toml')\"", "does not answer as asked .*Permission Error"),
    "no column": (URL + "sql = 'select nothing_such from orders'", "does not answer as asked .*nothing_such"),
    "table and query": (URL + "table = 'orders'\nsql = 'select 1'", "needs either the table to read .* or a query"),
    "neither": (URL, "needs either the table to read"),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "message"), RUDE.values(), ids=RUDE)
def test_databases_that_do_not_answer(study, base, lines, message):
    (base / "text.duckdb").write_text("date,client_id\n" * 500)
    before = (base / "o.duckdb").read_bytes()
    with pytest.raises(ClientbaseError, match=message) as caught:
        study(lines)
    assert str(caught.value).startswith("study.toml, section [sources.orders]")
    assert "secret" not in str(caught.value)
    assert (base / "o.duckdb").read_bytes() == before
    assert sorted(path.name for path in base.iterdir()) == ["o.duckdb", "study.toml", "text.duckdb"]


@pytest.mark.parametrize(
    ("message", "url"),
    [
        ("bad postgres://u:p%40ss@h/b", "postgres://u:p%40ss@h/b"),
        ("login p@ss failed", "postgres://u:p%40ss@h/b"),
        ("bad postgres://u:a@b@h/b", "postgres://u:a@b@h/b"),
        ("password=hidden is wrong", "postgres://h/b?user=u&password=hidden"),
        ("no host in mysql://u:word@h", "not an address"),
    ],
)
def test_passwords_stay_out_of_messages(message, url):
    said = without_secrets(message, url)
    assert not {"p%40ss", "p@ss", "a@b", "hidden", "word@"} & {
        part for part in ("p%40ss", "p@ss", "a@b", "hidden", "word@") if part in said
    }


@pytest.mark.parametrize(
    "sql",
    [
        "select 1",
        "(select 1)",
        "with a as (select 1 as b) select * from a",
        "select 1 union all select 2",
        "select drop_date from a;",
    ],
)
def test_one_select_is_let_through(sql):
    refuse_all_but_one_select(sql, "postgres", "here")


@pytest.mark.parametrize(
    "sql",
    ["", "-- nothing", "select 1; select 2", "select * into b from a", "update a set b = 1", "truncate a",
     "grant all on a to b", "insert into a select 1", "call f()",
     "explain analyze delete from a", "set role x", "vacuum", "begin", "select 'a"],
)  # fmt: skip
def test_anything_else_is_refused(sql):
    with pytest.raises(SourceError, match=r"sql (must be one select|cannot be read)"):
        refuse_all_but_one_select(sql, "postgres", "here")


@pytest.fixture(scope="module")
def filled(postgres):
    import psycopg

    with psycopg.connect(postgres.format("pass%40word"), autocommit=True) as connection:
        connection.execute("create schema sales")
        connection.execute(
            "create table sales.orders (id serial, at timestamptz, client numeric, amount numeric(12, 2), note jsonb)"
        )
        connection.execute(
            "insert into sales.orders (at, client, amount) "
            "values ('2024-03-05 23:30+00', 12345, 100.5), ('2024-04-05', 12346, 50)"
        )
        connection.execute("create table kept (a int)")
    return postgres


ASKED = "sql = 'select id as order_id, at as date, client as client_id, amount as revenue from sales.orders'"
MAPPED = "table = 'sales.orders'\ncolumns = { order_id = 'id', date = 'at', client_id = 'client', revenue = 'amount' }"


@pytest.mark.parametrize("asked", [ASKED, MAPPED], ids=["query", "table"])
def test_postgres_is_read(study, filled, asked):
    found = study(f"[sources.orders]\nurl = '{filled.format('pass%40word')}'\n{asked}")
    assert found.facts["revenue"].to_dict() == {"12345": 100.5, "12346": 50}
    assert str(found.fact("12345", "first_deal_date").date()) == "2024-03-05"


POSTGRES = {
    "wrong password": ("wr%40ng", ASKED, "does not answer as asked .*password authentication failed"),
    "no table": ("pass%40word", "table = 'sales.lines'", r"the database has no table 'sales\.lines'; it has orders"),
    "two statements": ("pass%40word", "sql = 'select 1; drop table kept'", "sql must be one select"),
    "write inside": (
        "pass%40word",
        "sql = 'with x as (delete from kept returning *) select * from x'",
        "sql must be one select",
    ),
    "no column": ("pass%40word", "sql = 'select nothing_such from kept'", "does not answer as asked .*nothing_such"),
}


@pytest.mark.parametrize(("password", "asked", "message"), POSTGRES.values(), ids=POSTGRES)
def test_postgres_that_does_not_answer(study, filled, password, asked, message):
    with pytest.raises(SourceError, match=message) as caught:
        study(f"[sources.orders]\nurl = '{filled.format(password)}'\n{asked}")
    assert not any(word in str(caught.value) for word in ("pass%40word", "pass@word", "wr%40ng", "wr@ng"))
