"""Sentences with gaps: parts that can be left out and word forms that follow a number.

The marks are explained in `clientbase/sentences.py`. Values are data: braces or brackets inside them mean nothing.
"""

import re
from collections.abc import Mapping
from string import Formatter

from babel import Locale
from babel.numbers import NumberFormatError, parse_decimal

PART = re.compile(r"\[([^\]]*)\]")
PLURALS = ("one", "few", "many")  # the order of forms in a template; the last form is for all other numbers


def fields(template: str) -> set[str]:
    """Return the names of the values a template takes, needed or not."""
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def needed(template: str) -> set[str]:
    """Return the names of the values without which a template cannot be said."""
    return fields(PART.sub("", template))


def keep_parts(template: str, missing: set[str]) -> str:
    """Return the template without its marks and without the parts that need a missing value."""
    return PART.sub(lambda part: "" if fields(part[1]) & missing else part[1], template)


def fill(template: str, values: Mapping[str, str], locale: Locale) -> str:
    """Put the formatted values into a template, choosing the word forms that fit them."""
    return _Forms(locale).vformat(template, (), values)


class _Forms(Formatter):
    """Python's formatter with {n:form|form} read as word forms."""

    def __init__(self, locale: Locale) -> None:
        self.locale = locale

    def format_field(self, value: str, format_spec: str) -> str:
        return value if not format_spec else _form(value, format_spec.split("|"), self.locale)


def _form(value: str, forms: list[str], locale: Locale) -> str:
    try:
        tag = locale.plural_form(parse_decimal(value, locale=locale))
    except NumberFormatError:
        return forms[-1]  # not a number ("∞", "–"): the form of all other numbers
    tags = [name for name in PLURALS if name in locale.plural_form.tags]
    return forms[min(tags.index(tag), len(forms) - 1)] if tag in tags else forms[-1]
