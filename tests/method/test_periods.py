"""Periods: which months are complete, which window follows, which one it is compared with."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientbase.errors import SettingError
from clientbase.method.periods import (
    Window,
    analysis_window,
    last_complete_month,
    month_end,
    month_number,
    month_start,
    previous_window,
)

days = st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 12, 31))


def test_v01_1_a_month_is_complete_on_its_last_working_day():
    """V01.1: Friday 28 June 2024; the weekend that ends the month brings nothing."""
    assert analysis_window(date(2024, 6, 28), months=12) == Window(date(2023, 7, 1), date(2024, 6, 30), 12)


def test_v01_2_a_day_earlier_the_month_is_left_out():
    """V01.2."""
    assert analysis_window(date(2024, 6, 27), months=12) == Window(date(2023, 6, 1), date(2024, 5, 31), 12)


@pytest.mark.parametrize(
    ("as_of", "last"),
    [
        (date(2024, 6, 29), date(2024, 6, 1)),  # the Saturday after the last working day
        (date(2024, 6, 30), date(2024, 6, 1)),
        (date(2024, 7, 1), date(2024, 6, 1)),
        (date(2024, 2, 28), date(2024, 1, 1)),  # leap year: Thursday the 29th is still to come
        (date(2024, 2, 29), date(2024, 2, 1)),
        (date(2023, 12, 28), date(2023, 11, 1)),  # Friday the 29th is the last working day
        (date(2023, 12, 29), date(2023, 12, 1)),
        (date(2024, 1, 1), date(2023, 12, 1)),
        (date(2024, 9, 29), date(2024, 8, 1)),  # a Sunday, Monday the 30th is still to come
    ],
)
def test_an_incomplete_last_month_is_left_out(as_of, last):
    """Edge cases 2.1: incomplete last month."""
    assert last_complete_month(as_of) == month_number(last)


def test_a_timestamp_serves_as_a_date():
    assert analysis_window(pd.Timestamp("2024-06-28 17:30"), months=1) == Window(date(2024, 6, 1), date(2024, 6, 30), 1)


def test_the_previous_window_ends_the_day_before():
    window = analysis_window(date(2024, 6, 28), months=12)
    assert previous_window(window) == Window(date(2022, 7, 1), date(2023, 6, 30), 12)


def test_a_short_window_crosses_a_year_and_so_does_its_previous_one():
    window = analysis_window(date(2024, 1, 31), months=2)
    assert window == Window(date(2023, 12, 1), date(2024, 1, 31), 2)
    assert previous_window(window) == Window(date(2023, 10, 1), date(2023, 11, 30), 2)


@pytest.mark.parametrize("months", [0, -1])
def test_a_window_without_months_is_refused(months):
    with pytest.raises(SettingError, match=f"window_months is {months}, need at least 1"):
        analysis_window(date(2024, 6, 28), months=months)


def test_month_numbers_of_neighbours_differ_by_one():
    assert month_number(date(2024, 1, 1)) == 24288
    assert month_number(date(2024, 1, 31)) - month_number(date(2023, 12, 31)) == 1


@given(days)
def test_a_day_lies_within_the_month_of_its_number(day):
    number = month_number(day)
    assert month_start(number) <= day <= month_end(number)
    assert (month_end(number) - month_start(number)).days in {27, 28, 29, 30}


@given(days, st.integers(1, 36))
def test_windows_hold_whole_months_and_touch(day, months):
    window = analysis_window(day, months=months)
    previous = previous_window(window)
    assert (window.start.day, previous.start.day) == (1, 1)
    assert (window.start - previous.end).days == 1
    assert month_number(window.end) - month_number(window.start) + 1 == months
    assert 0 <= month_number(day) - month_number(window.end) <= 1


@given(days, days)
def test_more_data_never_moves_the_window_back(one, other):
    early, late = sorted([one, other])
    assert last_complete_month(early) <= last_complete_month(late)
