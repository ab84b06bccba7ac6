import pytest

from clientbase.draft.dates import ISO, choose_format, is_serial, possible_formats, swapped


def read(*values, day_first=False):
    return choose_format(dict.fromkeys(possible_formats(values), 1.0), values, day_first=day_first)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("2024-01-31", "2024-02-01"), ISO),
        (("2015-10-06T17:31:14.000Z",), ISO),
        (("31.01.2024", "01.02.2024"), "%d.%m.%Y"),
        (("31.01.2024 9:05:00",), "%d.%m.%Y %H:%M:%S"),
        (("2/24/03", "5/7/03"), "%m/%d/%y"),
        (("24/2/2003", "7/5/2003"), "%d/%m/%Y"),
        (("20240131", "20240201"), "%Y%m%d"),
        (("5-Jan-24",), "%d-%b-%y"),
        (("1/13/2024 2:30 PM",), "%m/%d/%Y %I:%M %p"),
    ],
)
def test_format_of_dates(values, expected):
    assert read(*values).format == expected


def test_day_and_month_that_cannot_be_told_apart_are_reported():
    american, russian = read("01/02/2024", "05/06/2024"), read("01/02/2024", "05/06/2024", day_first=True)
    assert (american.format, american.other) == ("%m/%d/%Y", "%d/%m/%Y")
    assert (russian.format, russian.other) == ("%d/%m/%Y", "%m/%d/%Y")


def test_dotted_dates_are_day_first_everywhere_and_not_in_doubt():
    reading = read("01.02.2024", "05.06.2024")
    assert (reading.format, reading.other) == ("%d.%m.%Y", None)


def test_a_part_that_is_always_one_is_the_day():
    assert read("01/01/2024", "02/01/2024", "03/01/2024", day_first=True).format == "%m/%d/%Y"
    assert read("01/01/2024", "01/02/2024", "01/03/2024", day_first=False).format == "%d/%m/%Y"


def test_one_value_over_twelve_decides():
    reading = choose_format({"%d/%m/%Y": 0.99, "%m/%d/%Y": 1.0}, ["01/02/2024"], day_first=True)
    assert (reading.format, reading.other) == ("%m/%d/%Y", None)


def test_what_is_no_date():
    assert possible_formats(["ООО Север", "12"]) == []
    assert possible_formats([]) == []
    assert choose_format({"%d.%m.%Y": 0.5}, ["01.02.2024"], day_first=True) is None


def test_serial_numbers_of_a_spreadsheet():
    assert is_serial(["45292", "45293.5"])
    assert not is_serial(["45292", "12"])
    assert not is_serial([])


def test_swapped():
    assert swapped("%d/%m/%y") == "%m/%d/%y"
    assert swapped("%d-%b-%Y") == "%d-%b-%Y"
