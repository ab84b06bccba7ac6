"""Checks of the data and values of settings as a reader's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clientbase.ledger.checks import SENTENCES
from clientbase.settings import describe
from clientbase.words import MISSING

if TYPE_CHECKING:
    from typing import Any

    from clientbase.words import Words

KEYS = {  # what the keys of a setting with several entries name
    "time_shares": "flow",
    "loss_probabilities": "share_class",
    "declared_segments": "attribute",
    "offers": "offer_kind",
    "service_rules": "load_group",
    "typed_departments": "department",
    "typed_minutes": "department",
    "channel_spend": "source",
}


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


def setting_text(name: str, value: object, words: Words) -> str:
    """Return the value of the setting of this name as a reader writes it."""
    if isinstance(value, bool):
        return words.text("yes" if value else "no")
    if isinstance(value, int | float):
        return words.number(value)
    if isinstance(value, dict):
        return "; ".join(_part(name, key, part, words) for key, part in value.items()) or MISSING
    if isinstance(value, list):
        return "; ".join(_number(name, part, words) for part in value)
    return str(value) or MISSING


def _part(name: str, key: str, part: float | str | list[str] | dict[str, float], words: Words) -> str:
    """Write one entry of a setting that has several: its key, and a number, values of an attribute, or entries of its own."""
    shown = words.category(KEYS.get(name, name), key)
    if isinstance(part, list):
        return f"{shown}: {', '.join(words.category(key, value) for value in part)}"
    if isinstance(part, dict):
        return f"{shown}: {', '.join(f'{words.label(one)} {_number(name, value, words)}' for one, value in part.items())}"
    return f"{shown} {_number(name, part, words)}"


def _number(name: str, value: float | str, words: Words) -> str:
    if isinstance(value, str):
        return value
    return words.percent(value) if describe(name)[1] == "shares" else words.number(value)
