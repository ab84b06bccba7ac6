"""The translations of one language, read from its .po file the first time they are needed."""

from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

from clientbase.errors import SettingError

LOCALE = Path(__file__).parents[1] / "locale"
SOURCE = "en"  # the language the package is written in; it has no catalogue


@cache
def languages() -> tuple[str, ...]:
    """Return the codes of the languages there are, the source language first."""
    return (SOURCE, *sorted(path.parts[-3] for path in LOCALE.glob("*/LC_MESSAGES/clientbase.po")))


def check_language(language: str) -> None:
    """Raise SettingError unless there are words in language."""
    if language not in languages():
        raise SettingError(f"language = {language!r}: there are no words in it. Choose one of {', '.join(languages())}.")


@cache
def catalogue(language: str) -> dict[tuple[str, str], str]:
    """Return (context, English text) -> translation; empty for the source language."""
    if language == SOURCE:
        return {}
    with (LOCALE / language / "LC_MESSAGES" / "clientbase.po").open("rb") as file:
        messages = read_po(file, locale=language)
    return {(str(m.context or ""), str(m.id)): str(m.string) for m in messages if m.id and m.string and not m.fuzzy}
