"""Tables computed when first asked for, and kept when settings change that they do not rest on.

A move of a panel changes one setting of a hundred. Every table notes which settings were read on its way, those of the tables
it rests on among them; the same study under other settings then takes over what none of the changed ones touches.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Self, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

T = TypeVar("T")
STORE = "_derived"

_read: ContextVar[set[str] | None] = ContextVar("settings read by the table that is being computed", default=None)


class Kept(NamedTuple):
    """A computed value and the settings it rests on."""

    value: Any
    settings: frozenset[str]


def note_reading(names: Iterable[str]) -> None:
    """Note that the table which is being computed, if any, rests on these settings."""
    if (names_read := _read.get()) is not None:
        names_read.update(names)


class derived(Generic[T]):  # noqa: N801 - reads as `property` and `cached_property` do
    """A method as an attribute that is computed once, with the settings it read."""

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self.compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, part: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, part: None, kind: type) -> Self: ...
    @overload
    def __get__(self, part: Any, kind: type) -> T: ...
    def __get__(self, part: Any, kind: type | None = None) -> Any:
        if part is None:
            return self
        store = part.__dict__.setdefault(STORE, {})
        if self.name not in store:
            store[self.name] = self._computed(part)
        note_reading(store[self.name].settings)
        return store[self.name].value

    def __set__(self, part: Any, value: T) -> None:
        raise AttributeError(f"{self.name} is computed and cannot be set.")

    def _computed(self, part: Any) -> Kept:
        names_read: set[str] = set()
        token = _read.set(names_read)
        try:
            value = self.compute(part)
        finally:
            _read.reset(token)
            note_reading(names_read)  # also where it failed: whoever catches the error rests on them
        return Kept(value, frozenset(names_read))


class Derives:
    """What has derived attributes."""

    def hand_over(self) -> dict[str, Kept]:
        """Return what was computed so far, by name, as the same part may take it over.

        Values that themselves derive are left out: they hold the settings they were made with.
        """
        return {name: kept for name, kept in self.__dict__.get(STORE, {}).items() if not isinstance(kept.value, Derives)}

    def take_over(self, kept: Mapping[str, Kept], *, changed: Iterable[str] = ()) -> None:
        """Keep what the same part computed under earlier settings, unless it rests on a changed one."""
        names = set(changed)
        own = self.__dict__.setdefault(STORE, {})
        for name, value in kept.items():
            if names.isdisjoint(value.settings):
                own.setdefault(name, value)
