"""Order lines that an export holds more than once: dropped, kept or reported as METHOD section 2, point 5 says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clientbase.ledger.checks import Check
from clientbase.ledger.engine import computed, numbers, row_mark, total

if TYPE_CHECKING:
    import ibis.expr.types as ir

KEY = ["order_id", "line_no"]
EXAMPLES = 5


def without_repeats(lines: ir.Table) -> tuple[ir.Table, list[Check]]:
    """Drop lines that repeat another exactly, by number and content; keep and report the others that look like repeats."""
    if not set(KEY) <= set(lines.columns):
        return lines, _equal_lines(lines)
    numbered = lines.order_id.notnull() & lines.line_no.notnull()
    checks = _equal_lines(lines.filter(~numbered)) if numbers(lines, n=(~numbered).sum())["n"] else []
    counts = lines.filter(numbered).group_by(KEY).aggregate(n=lambda t: t.count())
    repeated = computed(counts.filter(counts.n > 1).drop("n"))
    if not numbers(repeated, n=repeated.count())["n"]:
        return lines, checks
    among = computed(lines.semi_join(repeated, KEY))
    once = computed(among.distinct())
    rest = lines.anti_join(repeated, KEY)
    return computed(rest.union(once)), [*checks, *_dropped(among, once), *_conflicts(once)]


def _dropped(among: ir.Table, once: ir.Table) -> list[Check]:
    before = numbers(among, n=among.count(), amount=total(among.revenue))
    after = numbers(once, n=once.count(), amount=total(once.revenue))
    if before["n"] == after["n"]:
        return []
    return [Check("duplicates", "note", n=before["n"] - after["n"], amount=before["amount"] - after["amount"])]


def _conflicts(once: ir.Table) -> list[Check]:
    counts = once.group_by(KEY).aggregate(n=lambda t: t.count())
    left = computed(counts.filter(counts.n > 1))
    if not (n := numbers(left, n=left.n.sum())["n"]):
        return []
    first = left.order_by(KEY).limit(EXAMPLES).to_pyarrow().to_pylist()
    examples = ", ".join(f"{row['order_id']} / {row['line_no']}" for row in first)
    return [Check("conflicts", "warning", n=n, examples=examples)]


def _equal_lines(lines: ir.Table) -> list[Check]:
    """Report lines equal in all columns; grouped by a short mark first, as few lines share one."""
    among = _with_equal_mark(lines)
    if among is None:
        return []
    equal = among.group_by(lines.columns).aggregate(copies=lambda t: t.count())
    equal = equal.filter(equal.copies > 1)
    found = numbers(equal, n=(equal.copies - 1).sum(), amount=total((equal.copies - 1) * equal.revenue))
    return [Check("equal_lines", "note", n=found["n"], amount=found["amount"])] if found["n"] else []


def _with_equal_mark(lines: ir.Table) -> ir.Table | None:
    """Return the lines whose mark another has, among which the equal ones are; None without any."""
    mark = row_mark(lines)
    if mark is None:
        return lines
    marked = lines.mutate(mark=mark)
    counts = marked.group_by("mark").aggregate(n=lambda t: t.count())
    repeated = computed(counts.filter(counts.n > 1).drop("n"))
    return marked.semi_join(repeated, "mark") if numbers(repeated, n=repeated.count())["n"] else None
