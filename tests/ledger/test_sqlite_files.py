"""SQLite files: read without being changed, mixed kinds made one, damage told in a sentence."""

import sqlite3
from contextlib import closing

import pytest

from clientbase.errors import ClientbaseError

TABLE = "[sources.orders]\nfile = 'o.sqlite'\ntable = 'orders'"
URL = "[sources.orders]\nurl = 'sqlite://o.sqlite'\n"


@pytest.fixture
def base(tmp_path):
    path = tmp_path / "o.sqlite"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("create table orders (order_id, date text, client_id, revenue, note blob)")
        rows = [
            (1, "2024-03-05", 12345, 100, b"\x01"),
            (2.0, "2024-04-05", "00123", 50.5, None),
            ("3", "2024-04-06", 12345, "1,5", "x"),
        ]
        database.executemany("insert into orders values (?, ?, ?, ?, ?)", rows)
        database.execute("create view sums as select client_id, sum(revenue) as revenue from orders group by 1")
        database.execute('create table "odd ""name""" (date, client_id, revenue)')
        database.execute('insert into "odd ""name""" values (\'2024-03-05\', \'c1\', 7)')
        database.execute("create table vacant (date, client_id, revenue)")
    return path


@pytest.mark.usefixtures("base")
def test_columns_that_mix_kinds_become_text(study):
    found = study(TABLE)
    assert found.facts["revenue"].to_dict() == {"12345": 100, "00123": 50.5}
    assert found.check("unreadable", "orders")["examples"] == "'1,5'"


def test_an_address_reads_tables_and_queries(study, base, tmp_path):
    for lines in ("table = 'orders'", "sql = 'select * from orders -- all'", "sql = 'select * from orders;'"):
        assert study(URL + lines).facts["revenue"].sum() == 150.5
    absolute = f"[sources.orders]\nurl = 'sqlite://{base}'\ntable = '''odd \"name\"'''"
    assert study(absolute).fact("c1", "revenue") == 7
    assert sorted(path.name for path in tmp_path.iterdir()) == ["o.sqlite", "study.toml"]


@pytest.mark.usefixtures("base")
def test_more_rows_than_one_batch(study, monkeypatch):
    monkeypatch.setattr("clientbase.ledger.sqlite_files.BATCH", 2)
    assert study(TABLE).result.facts["n_lines"].sum() == 2


RUDE = {
    "no table": (
        "[sources.orders]\nfile = 'o.sqlite'",
        r"'o\.sqlite' needs table = '\.\.\.'; it holds odd \"name\", orders, sums",
    ),
    "other table": (TABLE.replace("'orders'", "'Orders2'"), r"'o\.sqlite' has no table 'Orders2'; it holds odd"),
    "empty table": (TABLE.replace("'orders'", "'vacant'"), "'orders' has headings but no rows"),
    "text": (
        "[sources.orders]\nfile = 'text.db'\ntable = 'orders'",
        r"'text\.db' cannot be read as an SQLite database \(file is not",
    ),
    "cut off": (
        "[sources.orders]\nfile = 'cut.db'\ntable = 'orders'",
        r"'cut\.db' cannot be read as an SQLite database \(database disk",
    ),
    "not UTF-8": (
        "[sources.orders]\nfile = 'cp1251.db'\ntable = 'orders'",
        r"'cp1251\.db' cannot be read .*Could not decode to UTF-8",
    ),
    "several": ("[sources.orders]\nfile = '*.db'\ntable = 'orders'", r"'\*\.db' names 3 databases; name one"),
    "no file": (URL.replace("o.sqlite", "p.sqlite") + "table = 'orders'", r"names no file: there is no 'p\.sqlite' in"),
    "address of a text": (URL.replace("o.sqlite", "text.db") + "table = 'orders'", r"'text\.db' cannot be read as an SQLite"),
    "address, other table": (URL + "table = 'x'", r"has no table 'x'; it holds odd"),
    "drop": (URL + "sql = 'drop table orders'", r"cannot be read as an SQLite database \(near \"drop\": syntax error\)"),
    "two statements": (URL + "sql = 'select 1; drop table orders'", 'near ";": syntax error'),
    "write inside": (URL + "sql = 'select * from (insert into orders values (1))'", "syntax error"),
    "attach": (URL + "sql = \"attach 'new.db' as n\"", "syntax error"),
    "pragma": (URL + "sql = \"select * from pragma_database_list\"", "not authorized|prohibited"),
    "no column": (URL + "sql = 'select nothing_such from orders'", "no such column: nothing_such"),
    "columns of nothing": (URL + "sql = 'select 1 as a'", r"lacks \['date', 'client_id', 'revenue'\]; the export has \['a'\]"),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "message"), RUDE.values(), ids=RUDE)
def test_what_is_no_such_table(study, base, tmp_path, lines, message):
    (tmp_path / "text.db").write_text("order_id,date\n" * 90)
    (tmp_path / "cut.db").write_bytes(base.read_bytes()[:5000])
    with closing(sqlite3.connect(tmp_path / "cp1251.db")) as database, database:
        database.execute("create table orders (date, client_id, revenue)")
        database.execute("insert into orders values ('2024-03-05', cast(x'c7e0e2eee4' as text), 7)")
    before = base.read_bytes()
    with pytest.raises(ClientbaseError, match=message) as caught:
        study(lines)
    assert str(caught.value).startswith("study.toml, section [sources.orders]")
    assert base.read_bytes() == before
    assert not (tmp_path / "new.db").exists()
