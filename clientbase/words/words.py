"""One reader's language and currency, and everything that is written for that reader."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from numbers import Integral, Real

import numpy as np
import pandas as pd
from babel import Locale

from clientbase.errors import ClientbaseError, SettingError
from clientbase.labels import ANY_VALUE, HEADINGS, VALUES, kind_of
from clientbase.sentences import SENTENCES
from clientbase.words import numbers, templates
from clientbase.words.catalogue import catalogue, check_language

MISSING = "–"
THOUSANDS = ((1e9, "{x}bn"), (1e6, "{x}M"), (1e3, "{x}k"))


@dataclass(frozen=True)
class Words:
    """The words of one language (code, "en" or "ru") for money in one currency (code, as "EUR").

    Every method returns plain text: what comes from the data may hold any character, and whoever writes it into a page
    escapes it. A missing value is "–". Raises SettingError for a language without words or an empty currency.
    """

    language: str = "en"
    currency: str = "EUR"

    def __post_init__(self) -> None:
        check_language(self.language)
        if not self.currency.strip():
            raise SettingError("currency is empty: give its code, for example EUR.")

    # -- words ---------------------------------------------------------------------------------------------------------
    def text(self, msgid: str, **values: str | int | None) -> str:
        """Return an English text in the reader's language, its {gaps} filled with values if any are given.

        A whole number may be given as it is; other values are formatted before. Without a translation the text stays.
        """
        template = self._translated(msgid)
        return templates.fill(template, self._written(values), self._locale) if values else template

    def say(self, key: str, **values: str | int | None) -> str:
        """Return a sentence of conclusion (METHOD section 27), from values that are formatted already.

        A value that is None leaves out the part of the sentence that needs it; when the sentence cannot stand without
        it, the answer is empty. A whole number may be given as it is: {n} clients. Raises ClientbaseError for an unknown
        key and for values that do not fit the sentence.
        """
        template = self._translated(_sentence(key, set(values)))
        missing = {name for name, value in values.items() if value is None}
        if templates.needed(template) & missing:
            return ""
        return templates.fill(templates.keep_parts(template, missing), self._written(values), self._locale)

    def label(self, name: str) -> str:
        """Return the heading of a column or term; a column of the study's own keeps its name, with spaces."""
        if name in HEADINGS:
            return self._translated(HEADINGS[name])
        return name.replace("_", " ").strip().capitalize() or name

    def heading(self, name: str) -> str:
        """Return the label of a column with its unit, where the cells or ticks below it do not show one."""
        return f"{self.label(name)}, {self.currency}" if kind_of(name) == "money" else self.label(name)

    def category(self, column: str, value: str) -> str:
        """Return the name of a category value of a column; names that come from the data stay as they are."""
        if value in ANY_VALUE:
            return self._translated(ANY_VALUE[value])
        english = VALUES.get(column, {}).get(value)
        return value if english is None else self._translated(english, context=column)

    def listing(self, names: Iterable[str], *, limit: int = 5) -> str:
        """Return names as one text, "a, b and 3 more" when there are more than limit."""
        names = list(names)
        shown, n_more = ", ".join(names[:limit]), len(names) - limit
        return self.text("{names} and {n} more", names=shown, n=n_more) if n_more > 0 else shown

    # -- numbers and dates -----------------------------------------------------------------------------------------------
    def money(self, x: float | None) -> str:
        """Return an amount with the currency; cents only below a hundred."""
        return MISSING if _is_missing(x) else f"{numbers.money(x, self._locale)}\N{NO-BREAK SPACE}{self.currency}"

    def money_change(self, x: float | None) -> str:
        """Return an amount by which something changed, its sign always shown."""
        return f"+{self.money(x)}" if not _is_missing(x) and x > 0 else self.money(x)

    def percent(self, x: float | None, digits: int | None = None) -> str:
        """Return a share (0.25) as a percentage; without digits, as many decimals as tell it from 0 and from all."""
        return MISSING if _is_missing(x) else numbers.percent(x, digits, self._locale)

    def number(self, x: float | None, digits: int | None = None) -> str:
        """Return a number; without digits, about three figures."""
        return MISSING if _is_missing(x) else numbers.decimal(x, digits, self._locale)

    def whole(self, n: float | None) -> str:
        """Return a count."""
        return self.number(n, 0)

    def compact(self, x: float | None) -> str:
        """Return a large number short, exact to three decimals of its unit, for an axis: 12k, 1.25M."""
        if _is_missing(x):
            return MISSING
        for size, pattern in THOUSANDS:
            if abs(x) >= size:
                return self.text(pattern, x=self._short(x / size))
        return self._short(x)

    def date(self, d: dt.date | str | None) -> str:
        """Return a day; d is anything pandas reads as one."""
        return MISSING if _is_missing(d) else numbers.day(pd.Timestamp(d), self._locale)

    def month(self, d: dt.date | str | None) -> str:
        """Return the month and year of a day."""
        return MISSING if _is_missing(d) else numbers.month(pd.Timestamp(d), self._locale)

    def calendar_month(self, number: int) -> str:
        """Return the name of a month of the year, 1 to 12."""
        return numbers.calendar_month(number, self._locale)

    def value(self, column: str, x: object, *, unit: bool = True) -> str:
        """Return one value of a column as its name asks: _share percent, n_ whole, money, _date, category names, yes/no.

        With unit=False money comes without its currency, for a table whose heading() tells it.
        """
        if _is_missing(x):
            return MISSING
        if isinstance(x, bool | np.bool_):
            return self.text("yes" if x else "no")
        kind = kind_of(column)
        if isinstance(x, dt.date | np.datetime64):
            return self.month(x) if kind == "month" else self.date(x)
        if isinstance(x, Real):
            return self._number_writers(unit)[kind](x)
        return self.category(column, str(x))

    # -- within -------------------------------------------------------------------------------------------------------------
    @cached_property
    def _locale(self) -> Locale:
        return Locale.parse(self.language)

    def _translated(self, msgid: str, *, context: str = "") -> str:
        return catalogue(self.language).get((context, msgid), msgid)

    def _written(self, values: dict[str, str | int | None]) -> dict[str, str]:
        for name, value in values.items():
            if not isinstance(value, str | Integral | None):
                raise ClientbaseError(f"value {name} = {value!r}: give it formatted, for example words.percent({value!r}).")
        return {name: self.whole(value) if isinstance(value, Integral) else str(value) for name, value in values.items()}

    def _short(self, x: float) -> str:
        return numbers.format_decimal(x, "#,##0.###", locale=self._locale)

    def _number_writers(self, unit: bool) -> dict[str, Callable[[float], str]]:
        return {
            "share": self.percent,
            "money": self.money if unit else lambda x: numbers.money(x, self._locale),
            "whole": self.whole,
            "number": self.number,
            "calendar": lambda x: self.calendar_month(int(x)),
            "text": str,
            "date": str,
            "month": str,
        }


def _sentence(key: str, given: set[str]) -> str:
    """Return the English template of a key that takes exactly the given values."""
    if key not in SENTENCES:
        near = get_close_matches(key, SENTENCES, n=3, cutoff=0.4) or sorted(SENTENCES)
        raise ClientbaseError(f"there is no sentence '{key}'; near it are {', '.join(near)}.")
    taken = templates.fields(SENTENCES[key])
    if given != taken:
        raise ClientbaseError(
            f"sentence '{key}' takes the values {sorted(taken)}, got {sorted(given)}. Give None for a value that is not known."
        )
    return SENTENCES[key]


def _is_missing(x: object) -> bool:
    return x is None or (pd.api.types.is_scalar(x) and bool(pd.isna(x)))
