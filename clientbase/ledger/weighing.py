"""What the prepared order lines show about themselves, weighed in one pass: returns, gaps in clients, products and costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis

from clientbase.errors import DataError
from clientbase.ledger.checks import Check
from clientbase.ledger.engine import numbers, total
from clientbase.method.common import TOLERANCE

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from clientbase.method.periods import Window
    from clientbase.sections import Preparation

UNASSIGNED = "(unassigned)"
UNKNOWN_GROUP = "(unknown)"
UNLISTED_WARNING = 0.05  # share of revenue above which what is said of discounts is doubtful


def weigh(lines: ir.Table, window: Window, preparation: Preparation) -> tuple[list[Check], float]:
    """Return the findings of prepared lines, and the net revenue of the window.

    A share of revenue is that of the window or of the whole history, whichever is larger: an old gap spoils levels and
    rhythm, a new one the classes.

    Raises DataError when more revenue has no client than the study allows.
    """
    now = lines.date.between(ibis.literal(window.start), ibis.literal(window.end))
    late = lines.date > ibis.literal(window.end)
    parts = {
        "all": lines.revenue.notnull(),
        "unassigned": lines.client_id == UNASSIGNED,
        "returns": lines.revenue < 0,
        "incomplete_month": late,
    }
    if "product_group" in lines.columns:
        parts["unknown_products"] = lines.product_group == UNKNOWN_GROUP
    if "is_imputed" in lines.columns:
        parts["imputed_cost"] = lines.is_imputed
    if "is_unlisted" in lines.columns:
        parts["unlisted"] = lines.is_unlisted
    asked: dict[str, ir.Value] = {}
    for name, part in parts.items():
        asked |= {
            f"n_{name}": part.sum(),
            name: total(ibis.ifelse(part, lines.revenue, 0.0)),
            f"{name}_now": total(ibis.ifelse(part & now, lines.revenue, 0.0)),
        }
    found = numbers(lines, **asked)
    return [*_unassigned(found, preparation), *_plain(found, preparation), *_imputed(found, preparation)], found["all_now"]


def _share(found: dict[str, Any], part: str) -> float:
    """Return the larger share of a part in the revenue of the window and of the history; 1 where revenue is 0."""
    shares = [
        abs(found[f"{part}{when}"]) / abs(found[f"all{when}"]) if found[f"all{when}"] else 1.0
        for when in ("", "_now")
        if found[f"{part}{when}"]
    ]
    return max(shares, default=0.0)


def _unassigned(found: dict[str, Any], preparation: Preparation) -> list[Check]:
    if not found["n_unassigned"]:
        return []
    share = _share(found, "unassigned")
    if share > preparation.max_unassigned_share + TOLERANCE:
        raise DataError(
            f"table 'orders': {found['n_unassigned']} lines with {share:.1%} of revenue have no client; at most "
            f"{preparation.max_unassigned_share:.1%} is allowed. Complete client_id in the export, or, knowing what is left "
            "out, raise max_unassigned_share in study.toml, section [preparation]; the report then says so on its first page."
        )
    level = "warning" if share > preparation.unassigned_warning + TOLERANCE else "note"
    return [Check("unassigned", level, n=found["n_unassigned"], amount=found["unassigned"], share=share)]


def _plain(found: dict[str, Any], preparation: Preparation) -> list[Check]:
    checks = []
    if found["n_returns"]:
        checks.append(Check("returns", "note", n=found["n_returns"], amount=found["returns"], where=preparation.returns_at))
    if found.get("n_unknown_products"):
        checks.append(Check("unknown_products", "warning", n=found["n_unknown_products"]))
    if found.get("n_unlisted"):
        share = _share(found, "unlisted")
        level = "warning" if share > UNLISTED_WARNING + TOLERANCE else "note"
        checks.append(Check("no_list_price", level, n=found["n_unlisted"], share=share))
    if found["n_incomplete_month"]:
        checks.append(Check("incomplete_month", "note", n=found["n_incomplete_month"], amount=found["incomplete_month"]))
    return checks


def _imputed(found: dict[str, Any], preparation: Preparation) -> list[Check]:
    if not found.get("n_imputed_cost"):
        return []
    share = _share(found, "imputed_cost")
    checks = [Check("imputed_cost", "note", n=found["n_imputed_cost"], share=share)]
    if share > preparation.max_imputed_share + TOLERANCE:
        checks.append(Check("indicative_margin", "warning", share=share))
    return checks
