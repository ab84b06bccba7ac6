import pytest

from clientbase.draft.numbers import decimal_mark, read_numbers


@pytest.mark.parametrize(
    ("values", "mark"),
    [
        (["1,5", "2,25"], ","),
        (["1 234,56"], ","),
        (["1\u00a0234,56"], ","),
        (["1.234,56"], ","),
        (["1.5", "1,234.56"], "."),
        (["1,234"], "."),  # readable both ways: no vote
        (["05.01.2024", "abc", ""], "."),
    ],
)
def test_decimal_mark(values, mark):
    assert decimal_mark(values) == mark


def test_no_break_spaces_between_thousands_are_spaces():
    reading = read_numbers(["1\u00a0234\u00a0567,80", "12,50"], ",")
    assert (reading.share, reading.thousands, reading.is_simple) == (1.0, " ", True)


def test_points_between_thousands():
    reading = read_numbers(["1.234,50", "12,00"], ",")
    assert (reading.thousands, reading.is_simple) == (".", True)


def test_marks_the_ledger_does_not_know_are_not_simple():
    assert not read_numbers(["1 234,56 руб."], ",").is_simple
    assert not read_numbers(["12 %"], ".").is_simple
    assert not read_numbers(["15.00-"], ".").is_simple
    assert read_numbers(["(15.00)", "\u221215.00"], ".").is_simple


def test_share_of_what_can_be_read():
    assert read_numbers(["1", "2", "н/д", "x1"], ".").share == 0.5
    assert read_numbers(["", "abc"], ".").share == 0.0
    assert read_numbers(["12,34,5"], ",").share == 0.0
