"""The tables beside the orders, checked: rows without a required value and repeats left out, conflicting rows refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clientbase.errors import DataError
from clientbase.ledger.checks import Check
from clientbase.ledger.engine import numbers, without_repeats
from clientbase.ledger.tables import TABLES

if TYPE_CHECKING:
    import ibis.expr.types as ir

SHOWN = 5


def checked_table(table: ir.Table, name: str) -> tuple[ir.Table, list[Check]]:
    """Leave out rows without a required value and exact repeats; stop when two rows claim one key."""
    required = [column for column, spec in TABLES[name].columns.items() if spec.required]
    lacking = numbers(table, **{f"n_{column}": table[column].isnull().sum() for column in required})
    checks = [
        Check("incomplete_rows", "warning", n=lacking[f"n_{column}"], table=name, column=column)
        for column in required
        if lacking[f"n_{column}"]
    ]
    if checks:
        table = table.drop_null(required)
    key = [column for column in TABLES[name].key if column in table.columns]
    if not key:
        return table, checks
    once = without_repeats(table)
    repeated = numbers(table, n=table.count())["n"] - numbers(once, n=once.count())["n"]
    if repeated:
        checks.append(Check("repeated_rows", "note", n=repeated, table=name))
    _refuse_conflicts(once, name, key)
    return once, checks


def _refuse_conflicts(table: ir.Table, name: str, key: list[str]) -> None:
    counts = table.group_by(key).aggregate(copies=lambda t: t.count())
    twice = counts.filter(counts.copies > 1).order_by(key).limit(SHOWN).to_pyarrow().to_pylist()
    if twice:
        examples = "; ".join(", ".join(str(row[column]) for column in key) for row in twice)
        raise DataError(
            f"table '{name}': several rows with different content share {' + '.join(key)} ({examples}). "
            "One row each is needed: correct the export, or choose the row in sql = '...'."
        )
