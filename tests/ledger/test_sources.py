"""Queries of a study over its files: what they see, and what they may not reach."""

import pytest

from clientbase.errors import ClientbaseError, SourceError, StudyError
from clientbase.ledger.value_kinds import give_kinds

SQL = """[sources.orders]
files = {{ heads = "heads.csv", lines = {{ file = "lines.txt", delimiter = "|" }} }}
sql = '''{}'''
"""
JOINED = "select order_id, day as date, client_id, qty * price as revenue from lines join heads using (order_id)"


@pytest.fixture(autouse=True)
def base(tmp_path):
    (tmp_path / "heads.csv").write_text("order_id,day,client_id\n01,2024-03-05,007\n02,2024-04-05,008\n03,soon,008\n")
    (tmp_path / "lines.txt").write_text("order_id|qty|price\n01|2|50\n01|1|0.5\n02|3|10\n03|1|1\n02|3\n")
    (tmp_path / "secret.csv").write_text("word\nsesame\n")
    return tmp_path


def test_files_are_joined_and_codes_keep_their_zeros(study):
    found = study(SQL.format(JOINED))
    assert found.facts["revenue"].to_dict() == {"007": 100.5, "008": 30}
    assert found.check("spoiled", "orders")["examples"] == "line 6: missing columns"
    assert found.check("no_date")["n"] == 1
    assert '"date":"soon"' in found.result.refused.query("problem == 'no date'")["text"].item()
    assert "ignored_columns" not in found.keys


def test_one_file_goes_by_the_name_file(study, tmp_path):
    (tmp_path / "o.csv").write_text("date,client_id,revenue,n\n2024-03-05,c1,5,2\n")
    found = study("[sources.orders]\nfile = 'o.csv'\nsql = 'select date, client_id, revenue * n as revenue from file'")
    assert found.fact("c1", "revenue") == 10


def test_what_one_source_names_another_does_not_see(study):
    lines = SQL.format(JOINED) + "[sources.clients]\nfiles = { one = 'heads.csv' }\nsql = 'select client_id from lines'"
    with pytest.raises(SourceError, match=r"\[sources\.clients\]: sql cannot be run: .*Table with name lines does not exist"):
        study(lines)


FORBIDDEN = "sql may read only the files this source names, and nothing else"
ONE = "sql must be one select, which only reads"
RUDE = {
    "syntax": ("selec * from lines", "sql cannot be read: Parser Error: syntax error at or near"),
    "nothing": ("-- nothing", ONE),
    "two statements": (f"{JOINED}; drop table lines", ONE),
    "drop": ("drop table lines", ONE),
    "insert": ("insert into lines values (1, 2, 3)", ONE),
    "copy": ("copy (select 1) to 'out.csv'", ONE),
    "attach": ("attach 'new.db' as n", ONE),
    "pragma": ("pragma database_list; select 1", ONE),
    "install": ("install httpfs", ONE),
    "load": ("load icu", ONE),
    "set": ("set enable_external_access = true", ONE),
    "export": ("export database 'out'", ONE),
    "explain": ("explain select 1", ONE),
    "call": ("call pragma_version()", ONE),
    "missing table": ("select * from line", r"sql cannot be run: Catalog Error: Table with name line does not exist"),
    "missing column": ("select price, kosts from lines", 'sql cannot be run: Binder Error: .*"kosts"'),
    "parameter": ("select $1 as date", "sql cannot be run: Invalid Input Error"),
    "text times number": ("select day * 2 as date from heads", "sql cannot be run: (Binder|Conversion) Error"),
    "columns of nothing": (
        "select count(*) from lines",
        r"lacks \['date', 'client_id', 'revenue'\]; the export has \['count_star\(\)'\]",
    ),
    "no rows": (f"{JOINED} where false", "'orders' has headings but no rows"),
    "other file": ("select * from read_csv('secret.csv')", FORBIDDEN),
    "other file by path": ("select * from read_text('/etc/passwd')", FORBIDDEN),
    "file as a table": ("select * from '/etc/passwd'", "sql cannot be run: Catalog Error"),
    "listing": ("select * from glob('/etc/*')", FORBIDDEN),
    "sniffing": ("select * from sniff_csv('/etc/passwd')", FORBIDDEN),
    "web": ("select * from read_json('https://example.com/x.json')", "sql (cannot be run|may read only)"),
    "variable of ours": ("select * from spec", "sql cannot be run: Catalog Error: Table with name spec"),
    "environment": ("select getenv('HOME') as date", "sql cannot be run: Catalog Error"),
}  # fmt: skip


@pytest.mark.parametrize(("sql", "message"), RUDE.values(), ids=RUDE)
def test_queries_that_are_refused(study, base, sql, message):
    before = {path: path.read_bytes() for path in base.iterdir() if path.is_file()}
    with pytest.raises(ClientbaseError, match=message) as caught:
        study(SQL.format(sql))
    assert "sesame" not in str(caught.value)
    assert str(caught.value).startswith("study.toml, section [sources.orders]")
    assert {path: path.read_bytes() for path in base.iterdir() if path.name != "study.toml"} == before


def test_a_file_that_a_source_names_may_be_read_again(study, base):
    sql = f"select *, (select count(*) from read_text('{base}/heads.csv')) as line_no from ({JOINED})"
    assert study(SQL.format(sql)).facts["revenue"].sum() == 130.5


NAMES = {
    "reserved": ({"raw_orders": "heads.csv"}, "cannot be called 'raw_orders' in a query; use letters, digits and _"),
    "no word": ({"my lines": "heads.csv"}, "cannot be called 'my lines' in a query"),
    "twice": ({"Lines": "heads.csv", "lines": "lines.txt"}, "have names that differ only by capital letters"),
    "no file": ({"lines": {"delimiter": ";"}}, r"give no file for 'lines': write lines = '\.\.\.'"),
}


@pytest.mark.parametrize(("files", "message"), NAMES.values(), ids=NAMES)
def test_names_of_files_fit_a_query(study, files, message):
    import tomlkit

    listed = tomlkit.dumps({"files": files}).replace("[files", "[sources.orders.files")
    with pytest.raises(StudyError, match=message):
        study("[sources.orders]\nsql = 'select 1'\n" + (listed if "[sources" in listed else f"{listed}"))


KINDS = [
    (["1", "-20", None], "BIGINT"),
    (["0", "123456789012345678"], "BIGINT"),
    (["1", "2.5", "-.5"], "DOUBLE"),
    (["1.5e-3", "2"], "DOUBLE"),
    (["01", "2"], "VARCHAR"),
    (["1234567890123456789"], "VARCHAR"),  # too long for a whole number, a code
    (["12E5", "13"], "VARCHAR"),
    (["2024-03-05", None], "DATE"),
    (["2024-03-05", "2024-03-05 10:11"], "TIMESTAMP"),
    (["2024-03-05T10:11:12.000Z"], "TIMESTAMP WITH TIME ZONE"),
    (["2024-03-05T10:11:12+03"], "TIMESTAMP WITH TIME ZONE"),
    (["2024-02-30"], "VARCHAR"),
    (["05.03.2024"], "VARCHAR"),
    (["03/05/2024"], "VARCHAR"),
    (["true", "False"], "BOOLEAN"),
    (["t", "f"], "VARCHAR"),
    (["1 000"], "VARCHAR"),
    (["1,5"], "VARCHAR"),
    (["nan", "1"], "VARCHAR"),
    (["N/A", "1"], "VARCHAR"),
    ([None, None], "VARCHAR"),
    ([None] * 1200 + ["1"], "BIGINT"),
    (["1"] * 1200 + ["x"], "VARCHAR"),
    (["1"] * 1200 + ["1.5"], "DOUBLE"),
]


@pytest.mark.parametrize(("values", "kind"), KINDS, ids=[f"{values[-1]}-{kind}" for values, kind in KINDS])
def test_kinds_of_text_are_found_strictly(engine, values, kind):
    engine.execute('create temp table "odd ""t""" ("odd ""c""" varchar, other varchar)')
    engine.executemany('insert into "odd ""t""" values (?, null)', [[value] for value in values])
    give_kinds(engine, 'odd "t"')
    assert [found for _, found, *_ in engine.execute('describe "odd ""t"""').fetchall()] == [kind, "VARCHAR"]
    assert engine.execute('select count(*), count("odd ""c""") from "odd ""t"""').fetchone() == (
        len(values), len(values) - values.count(None),
    )  # fmt: skip
