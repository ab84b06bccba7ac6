"""Checks of the data and values of settings as a reader's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clientbase.ledger.checks import SENTENCES
from clientbase.words import MISSING

if TYPE_CHECKING:
    from typing import Any

    from clientbase.words import Words


def check_sentence(check: dict[str, Any], words: Words) -> str:
    """Return what one check found as a sentence in the reader's language."""
    known = {name: value for name, value in check.items() if value is not None and value == value}  # NaN is not itself
    values = {name: str(known.get(name, "")) for name in ("table", "column", "examples", "hint", "date")}
    values |= {
        "n": words.whole(known.get("n")),
        "amount": words.money(known.get("amount")),
        "share": words.percent(known.get("share")),
    }
    values["where"] = words.text("the date of their order" if known.get("where") == "origin" else "their own date")
    if values["date"]:
        values["date"] = words.date(values["date"])
    return words.text(SENTENCES[check["key"]], **values)


def setting_text(value: object, words: Words) -> str:
    """Return the value of a setting as a reader writes it."""
    if isinstance(value, bool):
        return words.text("yes" if value else "no")
    if isinstance(value, int | float):
        return words.number(value)
    if isinstance(value, dict):
        return "; ".join(_part(key, part, words) for key, part in value.items()) or MISSING
    return str(value)


def _part(key: str, part: float | list[str], words: Words) -> str:
    """Write one entry of a setting that has several: the share of a flow or class, or the values of an attribute."""
    if isinstance(part, list):
        return f"{words.category('attribute', key)}: {', '.join(words.category(key, value) for value in part)}"
    return f"{words.category('flow', key)} {words.percent(part)}"
