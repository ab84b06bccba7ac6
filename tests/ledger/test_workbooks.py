"""Workbooks of every kind, whole and damaged."""

import datetime as dt
import zipfile

import openpyxl
import pytest
import xlwt

from clientbase.errors import ClientbaseError, SourceError
from clientbase.ledger.arrow_columns import as_array, as_text, kind_of

HEAD = ["order_id", "date", "client_id", "revenue"]
DAY = dt.datetime(2024, 3, 5)
ORDERS = "[sources.orders]\nfile = '{}'\n{}"


def book(path, rows, *, sheet="Sales", others=()):
    made = openpyxl.Workbook()
    made.active.title = sheet
    for row in rows:
        made.active.append(row)
    for name in others:
        made.create_sheet(name)
    made.save(path)


def test_kinds_of_cells_are_kept(study, tmp_path):
    book(tmp_path / "o.xlsx", [HEAD, [1, DAY, 12345, 100], [2, DAY.date(), 12346.0, 50.5], [3, DAY, "00123", -10]])
    found = study(ORDERS.format("o.xlsx", ""))
    assert found.facts["revenue"].to_dict() == {"12345": 100, "12346": 50.5, "00123": -10}
    assert found.fact("12345", "first_deal_date") == DAY


def test_dates_and_numbers_typed_as_text_among_real_ones(study, tmp_path):
    rows = [[1, DAY, "c1", 100], [2, "06.03.2024", "c1", "1\u00a0234,50"], [3, "soon", "c1", 1], [4, 45356, "c1", 1]]
    book(tmp_path / "o.xlsx", [HEAD, *rows])
    found = study(ORDERS.format("o.xlsx", "date_format = '%d.%m.%Y'\ndecimal = ','"))
    assert found.fact("c1", "revenue", "n_orders") == (1334.5, 2)
    assert found.check("unreadable", "orders")["examples"] == "'45356', 'soon'"


def test_blank_rows_blank_headings_and_merged_cells(study, tmp_path):
    made = openpyxl.Workbook()
    sheet = made.active
    for row in (
        ["Report of sales"],
        [],
        [],
        [],
        [*HEAD, None, "Sum", "Sum"],
        [],
        [1, DAY, "c1", 100, "x", 1, 2],
        [],
        [2, DAY, "c1", 1],
    ):
        sheet.append(row)
    sheet.merge_cells("A1:D1")
    sheet.merge_cells("D5:E5")
    made.save(tmp_path / "o.xlsx")
    found = study(ORDERS.format("o.xlsx", "header_row = 5"))
    assert found.fact("c1", "revenue") == 101
    assert found.check("ignored_columns", "orders")["examples"] == "column 5, Sum (1), Sum (2)"


def test_words_that_mean_missing_elsewhere_stay_words(study, tmp_path):
    book(tmp_path / "o.xlsx", [HEAD, [1, DAY, "NA", 100], [2, DAY, "None", 1], [4, DAY, "null", 1]])
    found = study(ORDERS.format("o.xlsx", ""))
    assert set(found.facts.index) == {"NA", "None", "null"}


def test_failed_formulas_are_missing_and_counted(study, tmp_path):
    made = openpyxl.Workbook()
    for row in (HEAD, [1, DAY, "c1", 100], [2, DAY, "c1", "#REF!"], [3, DAY, "c1", "=1+1"]):
        made.active.append(row)
    made.active["D3"].data_type = "e"
    made.save(tmp_path / "o.xlsx")
    assert study(ORDERS.format("o.xlsx", "")).check("no_revenue")["n"] == 2


def test_old_workbooks_and_wrong_endings(study, tmp_path):
    made = xlwt.Workbook()
    sheet = made.add_sheet("S")
    for place, heading in enumerate(HEAD):
        sheet.write(0, place, heading)
    for place, value in enumerate([1, DAY, 77, 100]):
        sheet.write(1, place, value, xlwt.easyxf(num_format_str="DD.MM.YYYY") if place == 1 else xlwt.Style.default_style)
    made.save(str(tmp_path / "o.xls"))
    (tmp_path / "o.xlsx").write_bytes((tmp_path / "o.xls").read_bytes())
    for name in ("o.xls", "o.xlsx"):
        assert study(ORDERS.format(name, "")).fact("77", "revenue", "first_deal_date") == (100, DAY)


def test_workbooks_of_one_pattern_are_put_together(study, tmp_path):
    book(tmp_path / "a.xlsx", [HEAD, [1, DAY, 5, 100]])
    book(tmp_path / "b.xlsx", [[*HEAD[2:], *HEAD[:2]], ["x", 10, 2, DAY], [5, 1, 3, DAY]])
    found = study(ORDERS.format("?.xlsx", ""))
    assert found.facts["revenue"].to_dict() == {"5": 101, "x": 10}
    book(tmp_path / "c.xlsx", [HEAD[:3], [1, DAY, 5]])
    with pytest.raises(SourceError, match=r"'c\.xlsx' and 'a\.xlsx' have different headings: 'revenue' only in one of them"):
        study(ORDERS.format("?.xlsx", ""))


def zipped(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "x")


RUDE = {
    "no such sheet": ("o.xlsx", "sheet = 'Лист1'", r"'o\.xlsx' has no sheet 'Лист1'; it has 'Sales', 'Notes'"),
    "empty sheet": ("o.xlsx", "sheet = 'Notes'", r"row 1 of the sheet in 'o\.xlsx' is empty or does not exist, .* has 0 rows"),
    "headings too low": ("o.xlsx", "header_row = 9", r"row 9 of the sheet .* so it holds no headings; the sheet has 2 rows"),
    "title first": (
        "title.xlsx",
        "",
        r"the export has \['Report', 'column 2', .*if row 1 of the file does not hold the headings, set header_row",
    ),
    "headings only": ("head.xlsx", "", "'orders' has headings but no rows"),
    "encoding of a sheet": ("o.xlsx", "encoding = 'cp1251'", r"encoding = 'cp1251' says nothing to 'o\.xlsx'"),
    "cut off": ("cut.xlsx", "", r"'cut\.xlsx' cannot be read as a workbook \(.*\)\. Save it again as \.xlsx"),
    "other archive": ("zip.xlsx", "", r"'zip\.xlsx' cannot be read as a workbook"),
    "garbage": ("bad.xlsx", "", r"'bad\.xlsx' is no workbook, although its name says so; a text table should be named \.csv"),
    "web page": ("page.xls", "", r"'page\.xls' is a web page that only its name calls a workbook .*\. Save it again as \.xlsx"),
    "damaged old one": ("bad.xls", "", r"'bad\.xls' cannot be read as a workbook"),
    "no table name": ("o.xlsx", "table = 'x'", r"table = 'x' says nothing to 'o\.xlsx'\. Remove it"),
}


@pytest.mark.parametrize(("name", "options", "message"), RUDE.values(), ids=RUDE)
def test_workbooks_that_are_none(study, tmp_path, name, options, message):
    book(tmp_path / "o.xlsx", [HEAD, [1, DAY, "c1", 100]], others=["Notes"])
    book(tmp_path / "title.xlsx", [["Report"], [], HEAD, [1, DAY, "c1", 100]])
    book(tmp_path / "head.xlsx", [HEAD])
    (tmp_path / "cut.xlsx").write_bytes((tmp_path / "o.xlsx").read_bytes()[:2000])
    (tmp_path / "bad.xlsx").write_bytes(b"correct horse battery staple" * 30)
    (tmp_path / "bad.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    (tmp_path / "page.xls").write_text("<html><table><tr><td>order_id</td></tr></table></html>")
    zipped(tmp_path / "zip.xlsx")
    with pytest.raises(ClientbaseError, match=message) as caught:
        study(ORDERS.format(name, options))
    assert str(caught.value).startswith("study.toml, section [sources.orders]")


def test_a_password_is_asked_for_nowhere(study, tmp_path, monkeypatch):
    import python_calamine

    def locked(_):
        raise python_calamine.PasswordError("password protected")

    book(tmp_path / "o.xlsx", [HEAD])
    monkeypatch.setattr(python_calamine, "CalamineWorkbook", type("Book", (), {"from_filelike": staticmethod(locked)}))
    with pytest.raises(SourceError, match=r"'o\.xlsx' is locked by a password\. Save a copy without one"):
        study(ORDERS.format("o.xlsx", ""))


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([1, None, 3], "int64", [1, None, 3]),
        ([1, 2.5], "double", [1.0, 2.5]),
        ([True, None], "bool", [True, None]),
        ([None], "null", [None]),
        ([1, "a", 2.0], "string", ["1", "a", "2"]),
        ([True, 1], "string", ["True", "1"]),
        ([DAY.date()], "date32[day]", [DAY.date()]),
        ([DAY.date(), DAY], "timestamp[us]", [DAY, DAY]),
        ([DAY, "soon"], "string", ["2024-03-05", "soon"]),
        ([b"\x01", None], "binary", [b"\x01", None]),
        ([b"\x01", 1], "string", ["01", "1"]),
        ([dt.time(1, 2), None], "string", ["01:02:00", None]),
    ],
)
def test_columns_get_one_kind_without_loss(values, kind, expected):
    found = kind_of(map(type, values))
    assert str(found) == kind
    assert as_array(values, found).to_pylist() == expected


def test_whole_numbers_are_written_as_such():
    assert [as_text(value) for value in (5.0, 5.5, 5, "5.0")] == ["5", "5.5", "5", "5.0"]
