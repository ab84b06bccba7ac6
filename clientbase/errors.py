"""Every error a user can meet: one class a kind, one message that says what to do.

A message names the table or setting, what it holds, what is needed and the next step. The command line
prints it alone; nothing of ours reaches an analyst as a stack trace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # this module is imported by `clientbase --help`, which must answer at once
    from collections.abc import Iterable

    import pandas as pd


class ClientbaseError(Exception):
    """Something a user can put right: a file, a column, a value, a name."""


class MissingColumnsError(ClientbaseError):
    """A table lacks columns that a step needs."""


class StudyError(ClientbaseError):
    """study.toml cannot be read or says something impossible."""


class SourceError(ClientbaseError):
    """A source file, sheet or database cannot be read."""


class DataError(ClientbaseError):
    """The tables were read, but the method must not go on with what they hold."""


class SettingError(ClientbaseError):
    """A setting or parameter is unknown or has an illegal value."""


class GateClosedError(ClientbaseError):
    """A step needs a table or column that this study does not have."""


class NothingToAnalyseError(ClientbaseError):
    """There are no deals, or no positive value, to analyse."""


class ReportError(ClientbaseError):
    """A report could not be made; the last good one was left as it was."""


class LimitError(ClientbaseError):
    """The machine has no more room on a disk or no more memory."""


def require(table: pd.DataFrame, name: str, columns: Iterable[str]) -> None:
    """Raise MissingColumnsError unless table, called name by its readers, has all columns."""
    if missing := sorted(set(columns) - set(table.columns)):
        raise MissingColumnsError(
            f"table '{name}' lacks {missing}; it has {sorted(table.columns)}. "
            f"Map them in study.toml, section [sources.{name}.columns]."
        )
