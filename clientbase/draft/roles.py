"""Which column of an export is which column of ours: likeness of the header, checked against the values, one to one."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from clientbase.draft.assignment import assign
from clientbase.draft.headers import SURE, candidates, is_private, read_header
from clientbase.draft.inspection import ColumnFacts, Export
from clientbase.draft.vocabulary import ROLES
from clientbase.ledger.tables import TABLES

FEW_GROUPS = 5
ESSENTIAL = frozenset({"date", "client_id", "client_name", "revenue"})  # of several alike the first is taken, and it is said
_YES_NO = frozenset(["0", "1", "да", "нет", "yes", "no", "true", "false", "y", "n", "истина", "ложь", "+", "-"])
_VALUES = {name: column.values for table in TABLES.values() for name, column in table.columns.items() if column.values}
_OF_CHOICE = ("region", "product_group")  # finer and coarser columns serve as well
_TELLING = ("region", "client_type", "client_name", "product_group", "channel", "manager_id")  # one value for all says nothing


@dataclass(frozen=True)
class Match:
    """A column taken for a role, with the certainty 0..1 (1 is shown as "exact")."""

    column: ColumnFacts
    certainty: float


@dataclass(frozen=True)
class Reading:
    """What was recognised in one export: roles, columns left out for privacy, others with the reason, remarks."""

    export: Export
    roles: dict[str, Match]
    private: tuple[str, ...] = ()
    unused: dict[str, str] = field(default_factory=dict)  # column -> why ("" when the header says nothing to us)
    remarks: dict[str, str] = field(default_factory=dict)  # role -> what a person should know of the choice

    def has(self, *names: str) -> bool:
        """Tell whether every named role was recognised."""
        return all(name in self.roles for name in names)

    def is_key(self, role: str) -> bool:
        """Tell whether the column of a role has a different value in every row."""
        return role in self.roles and self.roles[role].column.n_distinct >= self.export.n_rows > 1


def read_roles(export: Export) -> Reading:
    """Return the best one-to-one assignment of an export's columns to our columns."""
    private = tuple(column.name for column in export.columns if is_private(column.name))
    open_columns = [column for column in export.columns if column.name not in private and column.n_filled]
    scores, reasons = (
        {},
        {column.name: "empty" for column in export.columns if not column.n_filled and column.name not in private},
    )
    for column in open_columns:
        for role, score in candidates(column.name, export.subject).items():
            fit, reason = _fit(role, column, export)
            if fit * score >= SURE - 0.03:
                scores[column.name, role] = fit * score
            elif reason and score > 0.8:
                reasons[column.name] = f"header like {role}, but {reason}"
    taken = assign(scores)
    remarks = {role: remark for role in list(taken) if (remark := _resolve_tie(role, taken, scores))}
    roles = {role: Match(export.column(name), scores[name, role]) for role, name in taken.items()}
    used = set(taken.values())
    unused = {c.name: reasons.get(c.name, "") for c in export.columns if c.name not in used and c.name not in private}
    return Reading(export, roles, private, unused, remarks)


def _resolve_tie(role: str, taken: dict[str, str], scores: dict[tuple[str, str], float]) -> str:
    """Say that several free columns fit a role; drop the role when they fit alike and it is neither exact nor essential."""
    best = scores[taken[role], role]
    free = {name: score for (name, r), score in scores.items() if r == role and name not in taken.values()}
    alike = [name for name, score in free.items() if score >= best - 0.02]
    if not alike:
        return f"{role} is {taken[role]}; {', '.join(free)} would do too" if free and role in _OF_CHOICE and best < 0.97 else ""
    shown = ", ".join([taken[role], *alike])
    if best >= 0.9 or role in ESSENTIAL:
        return f"{role}: {shown} fit alike; {taken[role]} was taken"
    del taken[role]
    return f"{role}: {shown} fit alike; none was taken"


def _fit(role: str, column: ColumnFacts, export: Export) -> tuple[float, str]:
    """Return a factor 0..1 by which the values of a column support a role, with the reason when they do not."""
    kind = ROLES[role].kind
    if kind in ("date", "month"):
        return _fit_date(column)
    if kind in ("money", "number", "share", "whole"):
        return _fit_number(role, column, export)
    if kind == "flag":
        values = {value.strip().lower() for value in column.samples}
        return (1.0, "") if values <= _YES_NO else (0.0, f"its values ({column.sample!r}) are not yes or no")
    if role in _VALUES:
        values = {value.strip().lower() for value in column.samples}
        allowed = ", ".join(_VALUES[role])
        return (1.0, "") if values <= set(_VALUES[role]) else (0.0, f"its values ({column.sample!r}) are not among {allowed}")
    if (column.date and column.date.is_text) or column.type.startswith(("DATE", "TIMESTAMP")):
        return 0.0, "its values are dates"
    if kind == "code":
        return _fit_code(role, column, export)
    return _fit_text(role, column, export)


def _fit_date(column: ColumnFacts) -> tuple[float, str]:
    if column.date is None:
        return 0.0, f"its values ({column.sample!r}) are no dates"
    return (1.0, "") if column.date.share >= 0.98 else (0.95, "")


def _fit_number(role: str, column: ColumnFacts, export: Export) -> tuple[float, str]:
    number = column.number
    if number is None or (not number.is_native and number.share < 0.8):
        return 0.0, f"its values ({column.sample!r}) are no numbers"
    if role == "profit" and number.has_percent:
        return 0.0, "its values are per cent"
    if role == "line_no" and export.n_rows > 20 and column.n_distinct > 0.5 * export.n_rows:
        return 0.0, "it counts the rows of the file, not of an order"
    if ROLES[role].kind == "share" and not all(0 <= (to_number(value, column) or 0) <= 1 for value in column.samples):
        return 0.0, "its values are not between 0 and 1"
    return (1.0, "") if number.is_native or number.share >= 0.95 else (0.9, "")


def _fit_code(role: str, column: ColumnFacts, export: Export) -> tuple[float, str]:
    if column.is_numeric and any("." in value and not value.endswith(".0") for value in column.samples):
        return 0.0, "its values are numbers with decimals"
    is_code = all(re.search(r"\d", value) and not re.search(r"\s", value.strip()) for value in column.samples)
    words = read_header(column.name).words
    if role in ("client_id", "product_id") and words <= {"client", "product"} and not is_code:
        return 0.0, ""  # a bare `Client` holds names, unless all its values look like codes
    if column.n_distinct <= 1 and export.n_rows > 20:
        return 0.5, "all its values are the same"
    return 1.0, ""


def _fit_text(role: str, column: ColumnFacts, export: Export) -> tuple[float, str]:
    names = role in ("client_name", "product_name")
    if names and (column.is_numeric or (column.number and column.number.share > 0.9)):
        return 0.5, "its values are numbers"
    if role == "product_group" and column.n_distinct < FEW_GROUPS and export.n_rows > 20:
        return 0.85, "it has few values"  # a finer group says more about a client's assortment, if there is one
    if role in _TELLING and column.n_distinct <= 1 and export.n_rows > 20:
        return 0.7 if role in ("client_type", "manager_id") else 0.5, "all its values are the same"
    if ROLES[role].kind == "status" and column.n_distinct > 30:
        return 0.0, "it has too many values"
    if ROLES[role].kind == "currency" and any(len(value.strip()) > 5 for value in column.samples):
        return 0.0, "its values are no codes of currencies"
    return _filled(column, export, weight=0.5 if role == "region" else 0.15), ""


def _filled(column: ColumnFacts, export: Export, *, weight: float) -> float:
    """Return a factor that falls with the share of empty cells, above a tenth of them."""
    empty = 1 - column.n_filled / export.n_rows
    return 1.0 if empty <= 0.1 else 1 - weight * empty


def to_number(value: str, column: ColumnFacts) -> float | None:
    """Return a sample of a numeric column as a number."""
    number = column.number
    text = value.strip()
    for mark in number.remove if number and not number.is_native else ():
        text = text.replace(mark, "")
    if number and number.decimal == "," and not number.is_native:
        text = text.replace(",", ".")
    try:
        read = float(text.strip("()").replace("\u2212", "-"))
    except ValueError:
        return None
    return None if math.isnan(read) else read
