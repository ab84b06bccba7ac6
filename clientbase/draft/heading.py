"""The heading of a drafted study: title, language and currency, from the name, the headers and the values."""

from __future__ import annotations

import re
from collections.abc import Iterable

from clientbase.draft.base import Base
from clientbase.draft.bench import Bench
from clientbase.draft.headers import read_header
from clientbase.draft.keys import percent
from clientbase.draft.lexicon import COUNTRY_CURRENCIES, CURRENCIES

_DEFAULTS = {"ru": "RUB", "en": "USD"}  # only to fill the line the person is asked about
MAIN = 0.9  # share of the lines in one country from which its currency is proposed
_MONEY = ("revenue", "list_revenue", "unit_price", "net_price", "cost", "profit", "list_price")
_ASK = "the currency of the amounts was not found{why}; put its code: USD, EUR, GBP, RUB ..."


def title_of(name: str) -> str:
    """Return a title made from the name."""
    words = re.sub(r"[_-]+", " ", name).strip()
    return words[:1].upper() + words[1:] if words else name


def language_of(headers: Iterable[str]) -> str:
    """Return "ru" when most headers in use are Cyrillic, else "en"."""
    flags = [bool(re.search("[а-яё]", header.lower())) for header in headers]
    return "ru" if sum(flags) * 2 > len(flags) else "en"


def currency_of(bench: Bench, base: Base, language: str) -> tuple[str, str, str]:
    """Return the currency, the remark on where it was read, and the question when it is only a guess."""
    refs = [base.refs[role] for role in _MONEY if role in base.refs]
    named = {read_header(ref.column.name).currency for ref in refs} - {None}
    if len(named) == 1:
        return named.pop(), "as the headers say", ""
    marks = {
        CURRENCIES.get(mark.rstrip(".").lower()) for ref in refs if ref.column.number for mark in ref.column.number.remove
    } - {None}
    if len(marks) == 1:
        return marks.pop(), "as the amounts are marked", ""
    if column := base.refs.get("currency"):
        return _from_column({value.strip() for value in column.column.samples}, column.column.name, language)
    return _from_country(bench, base, language)


def _from_column(values: set[str], name: str, language: str) -> tuple[str, str, str]:
    """Return the one currency a column names, or the question which of several (or of unknown ones) the study is in."""
    codes = {CURRENCIES.get(value.rstrip(".").lower(), value.upper()) for value in values}
    known = sorted(code for code in codes if re.fullmatch("[A-Z]{3}", code))
    if len(codes) == len(known) == 1:
        return known[0], f"the only value of {name}", ""
    question = f"{name} holds {', '.join(sorted(codes))}: choose the currency of the study"
    fx = " and add a source fx with the monthly rates of the others" if len(codes) > 1 else ""
    return (known[0] if known else _DEFAULTS[language]), "", question + fx


def _from_country(bench: Bench, base: Base, language: str) -> tuple[str, str, str]:
    """Guess from the country most lines are sold in; Russian headers suggest roubles."""
    for column in base.lines.export.columns:
        if "country" not in read_header(column.name).words or column.type != "VARCHAR":
            continue
        name = '"' + column.name.replace('"', '""') + '"'
        country, share = bench.row(
            f"select {name}, count(*) / sum(count(*)) over () from {base.lines.export.typed} group by 1 order by 2 desc limit 1"
        )
        code = COUNTRY_CURRENCIES.get((country or "").strip().lower())
        if code and share == 1:
            return code, f"assumed: {column.name} is always {country}", ""
        if code and share >= MAIN:
            return code, "", _ASK.format(why=f" ({percent(share)} of the lines are sold in {country})")
    return _DEFAULTS[language], "", _ASK.format(why="")
