"""Money of several currencies brought to the study's own by the rate of each line's month: METHOD section 2, point 3."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from clientbase.errors import DataError
from clientbase.ledger.checks import Check
from clientbase.ledger.engine import computed, numbers

if TYPE_CHECKING:
    import ibis.expr.types as ir

MONEY = ("revenue", "list_revenue", "cost", "delivery_cost")
SHOWN = 12


def in_one_currency(lines: ir.Table, fx: ir.Table | None, currency: str) -> tuple[ir.Table, list[Check]]:
    """Convert money by the rate of the line's month; no rate is assumed to be 1 but that of the study's currency.

    Raises DataError for missing rates, with the pairs of currency and month, and for two rates of one pair.
    """
    if "currency" not in lines.columns:
        return lines, []
    lines = lines.mutate(currency=lines.currency.upper().fill_null("(empty)"), month=lines.date.truncate("M").cast("date"))
    foreign = lines.filter(lines.currency != currency)
    pairs = computed(foreign.group_by(["currency", "month"]).aggregate(n=lambda t: t.count()))
    if not (n_foreign := numbers(pairs, n=pairs.n.sum())["n"]):
        return lines.drop("currency", "month"), []
    rates = _rates(fx)
    _refuse_missing(pairs if rates is None else pairs.anti_join(rates, ["currency", "month"]), currency)
    joined = lines.left_join(rates, ["currency", "month"], rname="{name}_of_rate")
    rate = ibis.ifelse(joined.currency == currency, 1.0, joined.rate)
    converted = joined.mutate(**{name: joined[name] * rate for name in MONEY if name in lines.columns})
    kept = [name for name in lines.columns if name not in ("currency", "month")]
    return converted.select(kept), [Check("converted", "note", n=n_foreign)]


def _rates(fx: ir.Table | None) -> ir.Table | None:
    """Return one positive rate per currency, in capital letters, and month."""
    if fx is None:
        return None
    fx = fx.select(currency=fx.currency.upper(), month=fx.month, rate=fx.rate)
    rates = (
        fx.filter(fx.rate > 0)
        .group_by(["currency", "month"])
        .aggregate(rate=lambda t: t.rate.max(), n=lambda t: t.rate.nunique())
    )
    if twice := rates.filter(rates.n > 1).order_by(["currency", "month"]).limit(SHOWN).to_pyarrow().to_pylist():
        raise DataError(f"table 'fx': several rates for {_listed(twice)}. Keep one rate per currency and month.")
    return rates.drop("n")


def _refuse_missing(pairs: ir.Table, currency: str) -> None:
    missing = pairs.order_by(["currency", "month"]).to_pyarrow().to_pylist()
    if missing:
        raise DataError(
            f"table 'orders': no rate to {currency} for {_listed(missing[:SHOWN])}{' and more' * (len(missing) > SHOWN)}. "
            "Add them to the table fx (currency, month, rate)."
        )


def _listed(pairs: list[dict]) -> str:
    return ", ".join(f"{row['currency']} {row['month']:%Y-%m}" for row in pairs)
