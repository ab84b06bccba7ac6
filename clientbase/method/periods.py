"""The months an analysis looks at: the last complete ones, compared with as many before them."""

import calendar
from dataclasses import dataclass
from datetime import date

from clientbase.errors import SettingError

FRIDAY = 4


@dataclass(frozen=True)
class Window:
    """Whole months from start to end, both days included."""

    start: date
    end: date
    months: int


def month_number(day: date) -> int:
    """Return the number of the month of day: year * 12 + month - 1, so that neighbours differ by one."""
    return day.year * 12 + day.month - 1


def month_start(number: int) -> date:
    """Return the first day of the month with this number."""
    return date(number // 12, number % 12 + 1, 1)


def month_end(number: int) -> date:
    """Return the last day of the month with this number."""
    first = month_start(number)
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def last_complete_month(as_of: date) -> int:
    """Return the number of the last month that is complete in data loaded through as_of.

    A month is complete once its last Monday-Friday day is loaded; public holidays are ignored, because a study
    may span countries and a missed holiday only moves the window by a day or two.

    Source: METHOD section 2, point 1.
    """
    this_month = month_number(as_of)
    last = month_end(this_month)
    last_working_day = last.day - max(0, last.weekday() - FRIDAY)
    return this_month if as_of.day >= last_working_day else this_month - 1


def analysis_window(as_of: date, *, months: int) -> Window:
    """Return the last complete months before as_of; an incomplete last month is left out.

    Source: METHOD section 2, point 1. Raises SettingError when months is under 1.
    """
    return _window(last_complete_month(as_of), months)


def previous_window(window: Window) -> Window:
    """Return the comparison window: as many months, ending the day before window starts.

    Source: METHOD section 2, point 2.
    """
    return _window(month_number(window.start) - 1, window.months)


def _window(last: int, months: int) -> Window:
    if months < 1:
        raise SettingError(f"window_months is {months}, need at least 1. Set it to 12, or as many as the data hold.")
    return Window(start=month_start(last - months + 1), end=month_end(last), months=months)
