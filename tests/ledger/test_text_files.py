"""Text tables as exports really are: what is read, what is refused with its line, and in which words."""

import pytest

from clientbase.errors import ClientbaseError, MissingColumnsError, SourceError

HEAD = "order_id,date,client_id,revenue\n"
GOOD = "1,2024-03-05,c1,100\n2,2024-04-05,c2,50\n"


def lines_of(found):
    """Return the broken and refused lines as (line, problem)."""
    return list(found.result.refused[["line", "problem"]].itertuples(index=False, name=None))


@pytest.mark.parametrize(
    "data",
    [
        (HEAD + GOOD).encode(),
        b"\xef\xbb\xbf" + (HEAD + GOOD).encode(),  # mark of UTF-8
        (HEAD + GOOD).encode("utf-16"),
        (HEAD + GOOD).replace("\n", "\r\n").encode(),
        (HEAD + GOOD).replace("\n", "\r").encode(),  # old Macs
        (HEAD + GOOD).rstrip().encode(),  # no end of line
        (HEAD + GOOD).replace(",", ";").encode(),
        (HEAD + GOOD).replace(",", "\t").encode(),
        (HEAD + GOOD).replace(",", "|").encode(),
        ("sep=;\n" + (HEAD + GOOD).replace(",", ";")).encode(),  # hint for spreadsheets
        (HEAD + "\n" + GOOD + "\n\n").encode(),  # blank lines
        (HEAD + GOOD).replace("\n", ",\n").encode(),  # a delimiter at the end of every line
        (HEAD + GOOD.replace("\n", ",\n")).encode(),  # ... of the rows only
        (HEAD.replace("\n", ",\n") + GOOD).encode(),  # ... of the headings only
        (HEAD.replace("client_id", '"client_id\n"') + GOOD).encode(),  # a heading of two lines
        (HEAD.replace(",", " , ") + GOOD).encode(),  # spaces around headings
        (HEAD.upper() + GOOD.replace("c1", '"c1"')).encode(),
        (HEAD + GOOD.replace("\n", "\r\n", 1)).encode(),  # two kinds of line ends
    ],
)
def test_tables_written_in_any_common_way_are_read(ledger, data):
    found = ledger(orders=data)
    assert found.facts["revenue"].to_dict() == {"c1": 100, "c2": 50}
    assert "spoiled" not in found.keys


def test_broken_lines_are_listed_and_the_good_ones_kept(ledger):
    found = ledger(orders=HEAD + "1,2024-03-05,c1,100\n2,2024-03-06\n3,2024-03-06,c1,7,8,9\n4,2024-03-07,c1,20\n")
    assert found.fact("c1", "revenue") == 120
    assert found.check("spoiled", "orders")["n"] == 2
    assert lines_of(found) == [(3, "missing columns"), (4, "too many columns")]
    assert found.check("spoiled", "orders")["examples"] == "line 3: missing columns, line 4: too many columns"


def test_an_open_quote_spoils_its_own_line_only(ledger):
    found = ledger(orders=HEAD + '1,2024-03-05,c1,100\n"2,2024-03-06,c1,9\n' + GOOD * 20)
    assert found.facts["revenue"].to_dict() == {"c1": 2100, "c2": 1000}
    assert lines_of(found) == [(3, "quote left open")]


def test_an_open_quote_that_a_later_one_closes_swallows_no_row(ledger):
    found = ledger(orders=HEAD + '1,2024-03-05,"c1,100\n2,2024-03-06,c1,10\n3,2024-03-07,c1",5\n4,2024-03-08,c1,1\n')
    assert found.facts["revenue"].to_dict() == {"c1": 11, 'c1"': 5}
    assert lines_of(found) == [(2, "quote left open")]


def test_quotes_inside_a_quoted_name_spoil_the_line(ledger):
    found = ledger(orders=HEAD + '1,2024-03-05,"ООО "Ромашка"",100\n2,2024-03-06,ООО "Ромашка",10\n')
    assert found.fact('ООО "Ромашка"', "revenue") == 10
    assert lines_of(found) == [(2, "unquoted value")]


def test_a_file_without_quotes_is_read_as_it_says(ledger):
    data = HEAD + '1,2024-03-05,"Ромашка" ООО,100\n2,2024-03-06,14" screen,10\n'
    found = ledger(orders=data, options={"orders": "quote = ''"})
    assert found.facts["revenue"].to_dict() == {'"Ромашка" ООО': 100, '14" screen': 10}


def test_values_of_several_lines_are_read(ledger):
    found = ledger(orders=HEAD.replace("\n", ",channel\n") + '1,2024-03-05,c1,100,"a,\nb"\n2,2024-04-05,c2,50,"x\n\ny"\n')
    assert found.facts["revenue"].to_dict() == {"c1": 100, "c2": 50}
    assert "spoiled" not in found.keys


def test_names_are_data_and_never_formulas_or_markup(ledger):
    found = ledger(orders=HEAD + "1,2024-03-05,=cmd()|' /C calc'!A1,100\n2,2024-03-06,<script>alert(1)</script>,10\n")
    assert list(found.facts.index) == ["=cmd()|' /C calc'!A1", "<script>alert(1)</script>"]


def test_leading_zeros_and_long_codes_stay(ledger):
    found = ledger(orders=HEAD + "1,2024-03-05,00123,100\n2,2024-03-06,123,10\n3,2024-03-06,46070012345678901234567,1\n")
    assert list(found.facts.index) == ["00123", "123", "46070012345678901234567"]


def test_the_headings_may_stand_lower(ledger):
    data = f"Report of sales\n\nperiod: 2024\n\n{HEAD}{GOOD}"
    assert ledger(orders=data, options={"orders": "header_row = 5"}).facts["revenue"].sum() == 150


def test_files_of_one_pattern_are_put_together(study, tmp_path):
    (tmp_path / "2024-03.csv").write_text(HEAD + "1,2024-03-05,c1,100\n1,2024\n")
    (tmp_path / "2024-04.csv").write_text("client_id;date;revenue;order_id\nc1;2024-04-05;50;2\nc1;2024\n")
    found = study("[sources.orders]\nfile = '2024-*.csv'")
    assert found.fact("c1", "revenue", "n_deals") == (150, 2)
    assert lines_of(found) == [(3, "missing columns"), (3, "missing columns (in 2024-04.csv)")]


def test_a_pattern_finds_files_in_a_folder_with_brackets(study, tmp_path):
    folder = tmp_path / "[2024] *"
    folder.mkdir()
    (folder / "a.csv").write_text(HEAD + GOOD)
    assert study("[sources.orders]\nfile = '?.csv'", folder=folder).facts["revenue"].sum() == 150


RUDE = {
    "empty": (b"", "", r"'orders.csv' is empty \(0 bytes\)\. Export it again"),
    "blank": (b"\n\n\n", "", r"line 1 of 'orders.csv' is empty or does not exist, so it holds no headings"),
    "headings only": (HEAD.encode(), "", r"'orders' has headings but no rows\. Export it again with data"),
    "headings missing": (GOOD.encode(), "", r"lacks \['date', 'client_id', 'revenue'\]; the export has \['1', '100',"),
    "headings lower": (
        b"Sales\n\n\n\n" + (HEAD + GOOD).encode(), "",
        r"line 1 of 'orders.csv' has one heading, 'Sales', but line 5 has several values between ','\. Set header_row .*5\.",
    ),
    "headings too low": (b"a,b\n", "header_row = 9", "line 9 of 'orders.csv' is empty or does not exist"),
    "cp1251": (
        (HEAD + "1,2024-03-05,Завод Север,100\n").encode("cp1251"), "",
        r"'orders.csv' is not in UTF-8 \(line 2\)\. It reads well as cp1251: put encoding = 'cp1251' there",
    ),
    "one bad line": (
        (HEAD + GOOD).encode() * 3 + b"3,2024-03-05,\xd0,1\n", "",
        r"is not in UTF-8 \(line 10\)\. It reads well as|is not in UTF-8 \(line 10\), though the beginning is|line 10",
    ),
    "said to be ascii": (
        (HEAD + "1,2024-03-05,Ю,1\n").encode(), "encoding = 'ascii'",
        "is said to be in ascii, but line 2 is not",
    ),
    "UTF-16 without a mark": (
        (HEAD + GOOD).encode("utf-16-le"), "",
        r"holds zero bytes near line 1, so it is no text in utf-8\. .* set encoding = 'utf-16-le'",
    ),
    "no such encoding": ((HEAD + GOOD).encode(), "encoding = 'utf-99'", r"there is no encoding 'utf-99'; try utf-8, cp1251"),
    "no encoding of text": ((HEAD + GOOD).encode(), "encoding = 'base64'", r"there is no encoding 'base64'"),
    "workbook": (
        b"PK\x03\x04" + b"0" * 99, "",
        r"'orders.csv' is no text, although its name says so: it is a workbook or a zip",
    ),
    "old workbook": (b"\xd0\xcf\x11\xe0" + b"0" * 99, "", "it is a workbook; name it .xls"),
    "gzip": (b"\x1f\x8b\x08" + b"0" * 99, "", "it is a gzip archive; unpack it"),
    "Parquet": (b"PAR1" + b"0" * 99, "", "it is Parquet; name it .parquet"),
    "garbage": (bytes(range(1, 255)) * 9, "", "orders.csv"),
    "wrong delimiter": (
        (HEAD + GOOD).encode(), "delimiter = ';'",
        r"lacks .*; the export has \['order_id,date,client_id,revenue'\]",
    ),
    "every line too long": (
        (HEAD + GOOD.replace(",", ",x,")).encode(), "",
        r"no line of 'orders.csv' can be read; line 2 has too many columns: '1,x,2024-03-05,x,c1,x,100'\. Check header_row",
    ),
    "only open quotes": ((HEAD + '"1,2024-03-05,c1,1\n' * 3).encode(), "", "line 2 has quote left open"),
    "headings repeat": (
        b"order_id,date,client_id,Amount,Amount\n1,2024-03-05,c1,1,2\n", "columns = { revenue = 'Amount' }",
        r"no column 'Amount' for revenue \(did you mean 'Amount \(\d\)' or 'Amount \(\d\)'\?\)",
    ),
    "blank headings": (
        b"Report,,,\n1,2024-03-05,c1,1\n", "",
        r"the export has \['Report', 'column 2', 'column 3', 'column 4'\]\. .*; if row 1 of the file does not hold",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("data", "options", "message"), RUDE.values(), ids=RUDE)
def test_what_is_no_table_is_refused_in_one_sentence(ledger, data, options, message):
    with pytest.raises((SourceError, MissingColumnsError), match=message) as caught:
        ledger(orders=data, options={"orders": options})
    assert str(caught.value).startswith("study.toml, section [sources.orders]")


PLACES = {
    "missing": (
        "file = 'order.csv'",
        r"there is no file 'order.csv' beside study.toml; that folder holds orders, orders.csv, orders.docx, study.toml",
    ),
    "no folder": ("file = 'x/order.csv'", "that folder is empty or does not exist"),
    "folder": ("file = 'sub'", r"file = 'sub' is a folder; name the file in it, or a pattern such as 'sub/\*.csv'"),
    "pattern without files": ("file = '*.tsv'", r"there is no file '\*\.tsv'"),
    "unknown kind": ("file = 'orders.docx'", r"nobody reads files like 'orders.docx'; needed: \.csv"),
    "no kind": ("file = 'orders'", "nobody reads files like 'orders'"),
    "sheet of a text": ("file = 'orders.csv'\nsheet = 'S'", r"sheet = 'S' says nothing to 'orders.csv'\. Remove it"),
    "table of a text": ("file = 'orders.csv'\ntable = 't'", "table = 't' says nothing to 'orders.csv'"),
    "other headings": ("file = 'o*.csv'", r"'other.csv' and 'orders.csv' have different headings: 'client_id', .* only in one"),
}


@pytest.mark.parametrize(("lines", "message"), PLACES.values(), ids=PLACES)
def test_places_where_no_table_is(study, tmp_path, lines, message):
    for name in ("orders.csv", "orders.docx", "orders"):
        (tmp_path / name).write_text(HEAD + GOOD)
    (tmp_path / "sub").mkdir()
    if "o*" in lines:
        (tmp_path / "other.csv").write_text("order_id,date,customer,revenue\n1,2024-03-05,c1,1\n")
    with pytest.raises(ClientbaseError, match=message):
        study(f"[sources.orders]\n{lines}")
