"""The headings of a text table or a sheet made into names, one name a column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from clientbase.errors import SourceError


def names_of(headings: Iterable[object]) -> list[str]:
    """Return a name for every heading: its own; numbered where headings are empty or repeat.

    Of repeated headings none keeps the plain name, so that a mapping cannot take one of them unawares.
    """
    plain = [" ".join(str(heading).split()) or f"column {place}" for place, heading in enumerate(headings, start=1)]
    repeated = Counter(name.casefold() for name in plain)
    taken = {name.casefold() for name in plain if repeated[name.casefold()] == 1}
    return [name if repeated[name.casefold()] == 1 else _numbered(name, taken) for name in plain]


def _numbered(name: str, taken: set[str]) -> str:
    number = 1
    while (numbered := f"{name} ({number})").casefold() in taken:
        number += 1
    taken.add(numbered.casefold())
    return numbered


def refuse_other_headings(file: str, names: Sequence[str], first: str, expected: Sequence[str], where: str) -> None:
    """Stop when a file of a pattern has other columns than the first one."""
    if different := sorted(set(names) ^ set(expected)):
        raise SourceError(
            f"{where}: '{file}' and '{first}' have different headings: {', '.join(map(repr, different[:6]))} only in one of "
            "them. The files of one pattern need the same headings; name the others apart and join them by sql."
        )
