"""Single values as exports write them: read as their kind, or missing."""

import datetime as dt

import pyarrow as pa
import pytest

from clientbase.ledger.readers import given, hint, reader
from clientbase.ledger.specification import SourceSpec
from clientbase.ledger.tables import Column


def value(engine, written, kind, *, column=None, whole=False, **how):
    """Return what one exported value becomes."""
    engine.register("one", pa.table({"v": [written]}))
    sql_type = engine.execute("select typeof(v) from one").fetchone()[0]
    spec = SourceSpec(file="x.csv", **how)
    sql = reader('"v"', sql_type, column or Column(kind, ""), spec, has_whole_codes=whole)
    return engine.execute(f"select {sql} from one").fetchone()[0]


NUMBERS = [
    ("100", ".", None, 100.0),
    (" 12.50 ", ".", None, 12.5),
    ("1,5", ".", None, None),
    ("1,5", ",", None, 1.5),
    ("1.5", ",", None, None),
    ("1 234 567,89", ",", None, 1234567.89),
    ("1\u00a0234,5", ",", None, 1234.5),
    ("1\u202f234", ",", None, 1234.0),
    ("1\u2009234.5", ".", None, 1234.5),
    ("12 34", ".", None, None),  # no thousands
    ("1 2 3", ".", None, None),
    ("1.234.567,89", ",", ".", 1234567.89),
    ("1.23", ",", ".", None),  # no group of thousands, so perhaps a decimal point
    ("1,234.5", ".", ",", 1234.5),
    ("12,34,567.8", ".", ",", 1234567.8),  # Indian groups
    ("1'234.5", ".", "'", 1234.5),
    ("1,5", ".", ",", None),
    ("-5", ".", None, -5.0),
    ("\u22125", ".", None, -5.0),  # minus of typesetters
    ("\u20135", ".", None, -5.0),  # dash
    ("- 5", ".", None, -5.0),
    ("+5", ".", None, 5.0),
    ("(1 234,50)", ",", None, -1234.5),
    ("5-", ".", None, -5.0),
    ("(-5)", ".", None, None),
    (".5", ".", None, 0.5),
    ("5.", ".", None, 5.0),
    ("1e3", ".", None, 1000.0),
    ("1e400", ".", None, None),
    ("1_000", ".", None, None),
    ("0x10", ".", None, None),
    ("-", ".", None, None),
    ("", ".", None, None),
    (".", ".", None, None),
    ("nan", ".", None, None),
    ("inf", ".", None, None),
    ("100 EUR", ".", None, None),
    ("12 %", ".", None, None),
    ("\u0661\u0662", ".", None, None),  # Arabic digits
    ("5;drop", ".", None, None),
]


@pytest.mark.parametrize(("written", "decimal", "thousands", "expected"), NUMBERS)
def test_numbers(engine, written, decimal, thousands, expected):
    assert value(engine, written, "number", decimal=decimal, thousands=thousands) == expected


@pytest.mark.parametrize("written", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_are_none(engine, written):
    assert value(engine, written, "money") is None


DATES = [
    ("2024-03-05", None, dt.date(2024, 3, 5)),
    ("2024-3-5", None, dt.date(2024, 3, 5)),
    ("2024/03/05", None, dt.date(2024, 3, 5)),
    ("2024-03-05 23:59:59", None, dt.date(2024, 3, 5)),
    ("2024-03-05T23:59:59.000Z", None, dt.date(2024, 3, 5)),
    (" 2024-03-05\u00a0", None, dt.date(2024, 3, 5)),
    ("05.03.2024", None, None),  # not guessed
    ("03/05/2024", None, None),
    ("20240305", None, None),
    ("2024-02-30", None, None),
    ("0001-01-01", None, None),  # what some programs write for "none"
    ("9999-12-31", None, None),
    ("20240-03-05", None, None),
    ("infinity", None, None),
    ("05.03.2024", "%d.%m.%Y", dt.date(2024, 3, 5)),
    ("5.3.2024", "%d.%m.%Y", dt.date(2024, 3, 5)),
    ("05.03.24", "%d.%m.%Y", None),  # the year 24
    ("05.03.24", "%d.%m.%y", dt.date(2024, 3, 5)),
    ("05.13.2024", "%d.%m.%Y", None),
    ("05.03.2024 10:11", "%d.%m.%Y", None),
    ("05.03.2024 10:11:12", "%d.%m.%Y %H:%M:%S", dt.date(2024, 3, 5)),
    ("2024-03-05 00:00:00", "%d.%m.%Y", dt.date(2024, 3, 5)),  # a real date among texts in a sheet
    ("2024-13-05", "%Y-%d-%m", dt.date(2024, 5, 13)),
    ("2024-05-13", "%Y-%d-%m", None),  # and no guess beside a year first
    ("45356", None, None),
]


@pytest.mark.parametrize(("written", "date_format", "expected"), DATES)
def test_dates(engine, written, date_format, expected):
    assert value(engine, written, "date", date_format=date_format) == expected


@pytest.mark.parametrize("written", [dt.date(1, 1, 1), dt.date(9999, 12, 31), dt.datetime(1899, 12, 31, 23)])
def test_dates_that_are_none(engine, written):
    assert value(engine, written, "date") is None


@pytest.mark.parametrize(
    ("written", "expected"), [("2024-03", 1), ("2024-03-17", 1), ("2024-13", None), ("03.2024", None), (dt.date(2024, 3, 9), 1)]
)
def test_months_begin_on_their_first(engine, written, expected):
    assert value(engine, written, "month") == (expected and dt.date(2024, 3, 1))


@pytest.mark.parametrize(
    ("written", "expected"),
    [("да", True), ("НЕТ", False), (" Истина ", True), ("ложь", False), ("yes", True), ("N", False), ("+", True), ("-", False),
     ("1", True), ("0", False), (1, True), (0, False), (1.0, True), (2, None), ("", None), ("возможно", None), (True, True)],
)  # fmt: skip
def test_flags(engine, written, expected):
    assert value(engine, written, "flag") is expected


@pytest.mark.parametrize(
    ("kind", "written", "expected"),
    [("share", "0.25", 0.25), ("share", 25, None), ("share", "25%", None), ("share", -0.1, None), ("share", 1, 1.0),
     ("whole", "3", 3), ("whole", "3.5", None), ("whole", "3.0", 3), ("whole", 1e300, None)],
)  # fmt: skip
def test_shares_and_whole_numbers(engine, kind, written, expected):
    assert value(engine, written, kind) == expected


@pytest.mark.parametrize(("written", "expected"), [("Large", "large"), (" SMALL", "small"), ("huge", None), ("", None)])
def test_words_of_a_vocabulary(engine, written, expected):
    assert value(engine, written, "text", column=Column("text", "", values=("large", "small"))) == expected


@pytest.mark.parametrize(("written", "expected"), [("-1", None), ("0", 0.0), ("3", 3.0), ("4", None)])
def test_numbers_within_bounds(engine, written, expected):
    assert value(engine, written, "number", column=Column("number", "", least=0, most=3)) == expected


@pytest.mark.parametrize(
    ("written", "whole", "expected"),
    [(12345.0, True, "12345"), (1e15, True, "1000000000000000"), (12345.5, False, "12345.5"), (float("nan"), True, None),
     ("12345.0", True, "12345"), ("12345.0", False, "12345.0"), ("  a\u00a0", False, "a"), ("\u00a0", False, None),
     ("00123", False, "00123"), (7, False, "7")],
)  # fmt: skip
def test_codes(engine, written, whole, expected):
    assert value(engine, written, "text", whole=whole) == expected


@pytest.mark.parametrize(("written", "expected"), [("\u00a0", False), ("x", True), (float("nan"), False), (0.0, True)])
def test_what_counts_as_given(engine, written, expected):
    engine.register("one", pa.table({"v": [written]}))
    sql_type = engine.execute("select typeof(v) from one").fetchone()[0]
    assert engine.execute(f"select {given('v', sql_type)} from one").fetchone()[0] is expected


@pytest.mark.parametrize(
    ("column", "how", "examples", "expected"),
    [
        (Column("money", ""), {}, ["1,5"], "The numbers seem to use ',': set decimal."),
        (
            Column("money", ""),
            {},
            ["1,234.5"],
            "Needed: a number with the decimal mark '.'; set thousands when thousands are marked.",
        ),
        (Column("money", ""), {"decimal": ","}, ["12 EUR"], "Needed: a number with the decimal mark ','."),
        (Column("date", ""), {"date_format": "%d.%m.%Y"}, [], "They are said to be '%d.%m.%Y', of the years 1900 to 2199; set"),
        (Column("share", ""), {}, [], "Needed: a share from 0 to 1 (0.25 for 25 %)."),
        (Column("flag", ""), {}, [], "Needed: yes or no, true or false, 1 or 0, да or нет."),
        (Column("whole", "", least=1, most=3), {}, [], "Needed: a number, 1 to 3."),
        (Column("number", "", least=0), {}, [], "Needed: a number, 0 or more."),
        (Column("text", "", values=("in", "out")), {}, [], "Needed: in, out."),
    ],
)
def test_hints_say_what_would_help(column, how, examples, expected):
    assert hint(column, SourceSpec(file="x.csv", **how), examples).startswith(expected)
