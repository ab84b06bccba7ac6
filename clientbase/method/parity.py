"""Profit parity (M15): what growth or other terms must come back for a discount, and how deep it may be.

A discount d on the present price leaves the margin m - d of each unit of old revenue, since the cost of a unit stays.
Rates, discounts and growth are shares (0.05 is 5 %); a negative discount is a price rise. Functions of numbers take numbers
or arrays and return the same shape, missing (NaN) where no number exists: nothing is left to multiply once the discount
takes the margin, and a client that earns nothing now has no profit to keep.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from clientbase.errors import require
from clientbase.method.common import TOLERANCE, at_least, ordered

Numbers = float | np.ndarray

YEAR_DAYS = 365
VOLUME_VERDICTS = (
    "reachable", "headroom not known", "not reachable by volume", "impossible by volume", "discount refused", "not known",
)  # fmt: skip
KEPT_BY_VARIANT = {  # METHOD section 17.6, (a) to (f)
    "volume": "margin",
    "revenue": "margin",
    "plan profit": "profit of the plan",
    "margin rate": "margin rate",
    "part of sales": "margin",
    "commission": "margin after commission",
}


@dataclass(frozen=True)
class MixedGrowth:
    """What discounts on several lines ask for.

    need: margin given away at the present volume, money. growth: of all lines alike, share, that gives it back; NaN where no
    growth does. sold_at_loss: the lines whose discount takes their whole margin, largest revenue first.
    """

    need: float
    growth: float
    sold_at_loss: tuple[str, ...]


# -- one client and one price --------------------------------------------------------------------------------------------
def volume_growth(discount: Numbers, margin_rate: Numbers, *, fixed_cost_share: Numbers, saving_share: Numbers) -> Numbers:
    """Return the growth of physical volume at which a discount leaves the profit in money as it was.

    From R(1 + x)(m - d) - F + S = Rm. A negative growth is the volume that may be lost, at most all of it (-1). Missing where
    the discount reaches the margin rate or the margin rate is not positive.

    Args:
        discount: d on the present price, share; negative for a price rise.
        margin_rate: m, variable margin of present revenue, share.
        fixed_cost_share: F, extra fixed cost a year, as a share of present revenue.
        saving_share: S, saving a year, as a share of present revenue.

    Source: METHOD section 17.1 [S3].
    """
    return _growth(margin_rate, margin_rate - discount, fixed_cost_share - saving_share)


def rate_compensation(discount: Numbers, margin_rate: Numbers) -> Numbers:
    """Return what cost, mix or service must give back for the margin rate to stay, as a share of old revenue.

    From (m - d + c) / (1 - d) = m, so c = d(1 - m); volume alone never restores the rate. Missing without a positive margin
    rate or for a discount of the whole price.

    Source: METHOD section 17.2 [S3].
    """
    is_possible = (margin_rate > TOLERANCE) & (1 - discount > TOLERANCE)
    return discount * (1 - margin_rate) * np.where(is_possible, 1.0, np.nan)


def growth_with_terms(
    discount: Numbers,
    margin_rate: Numbers,
    *,
    capital_rate: Numbers,
    days_before: Numbers,
    days_after: Numbers,
    fixed_cost_share: Numbers,
    saving_share: Numbers,
) -> Numbers:
    """Return the growth of volume at which a discount with other payment terms leaves the profit in money as it was.

    From R(m - f0) = R(1 + x)(m - d - (1 - d)f1) - F + S, where credit of t days costs f = kt / 365 of revenue.

    Args:
        discount: as for volume_growth.
        margin_rate: as for volume_growth.
        capital_rate: k, cost of capital a year, share.
        days_before: t0, credit days now.
        days_after: t1, credit days under the new terms; negative for prepayment.
        fixed_cost_share: as for volume_growth.
        saving_share: as for volume_growth.

    Source: METHOD section 17.3.
    """
    earned, kept = _margins(discount, margin_rate, capital_rate, days_before, days_after)
    return _growth(earned, kept, fixed_cost_share - saving_share)


def credit_days_for_discount(discount: Numbers, *, capital_rate: Numbers, days_before: Numbers) -> Numbers:
    """Return the credit days that pay for a discount alone; negative days are prepayment.

    From f0 = d + (1 - d)f1 at the same volume. Missing without a cost of capital or for a discount of the whole price.

    Source: METHOD section 17.3.
    """
    is_possible = (capital_rate > TOLERANCE) & (1 - discount > TOLERANCE)
    worth_days = YEAR_DAYS * discount / np.where(is_possible, capital_rate, np.nan)
    return (days_before - worth_days) / np.where(is_possible, 1 - discount, np.nan)


def discount_limit(margin_rate: Numbers, *, capital_rate: Numbers, days_after: Numbers) -> Numbers:
    """Return the discount from which no volume helps: m - d - (1 - d)f1 = 0.

    It is the margin rate itself without credit, and negative where the credit alone takes the margin. Missing without a
    positive margin rate.

    Source: METHOD section 17.3, edge cases.
    """
    credit = capital_rate * days_after / YEAR_DAYS
    is_possible = (margin_rate > TOLERANCE) & (1 - credit > TOLERANCE)
    return (margin_rate - credit) / np.where(is_possible, 1 - credit, np.nan)


def discount_from_list(from_list: Numbers, to_list: Numbers) -> Numbers:
    """Return the discount on the present price when the discount on the list price goes from one share to another.

    From (1 - a)(1 - d) = 1 - b. Missing when nothing is paid now.

    Source: METHOD section 17, notation.
    """
    return (to_list - from_list) / np.where(1 - from_list > TOLERANCE, 1 - from_list, np.nan)


# -- tables for a negotiation --------------------------------------------------------------------------------------------
def parity_table(margin_rates: Iterable[float], discounts: Iterable[float], *, headroom: float) -> pd.DataFrame:
    """Lay out parity in money and in per cent for every margin rate and discount.

    Args:
        margin_rates: shares.
        discounts: on the present price, shares.
        headroom: most growth of volume the client has room for, share; NaN when it is not known.

    Returns:
        One row per pair, by rising margin_rate, then discount_share: margin_rate, discount_share, needed_growth_share (of
        volume, keeps the margin in money), revenue_change_share (at that growth), margin_rate_after, compensation_share (of
        old revenue, keeps the margin rate), volume_verdict (ordered VOLUME_VERDICTS; the reason where growth is missing).

    Source: METHOD sections 17.1 and 17.2 [S3].
    """
    pairs = sorted(product(set(map(float, margin_rates)), set(map(float, discounts))))
    margin_rate, discount = np.array(pairs, dtype=float).reshape(-1, 2).T
    growth = volume_growth(discount, margin_rate, fixed_cost_share=0.0, saving_share=0.0)
    is_priced = 1 - discount > TOLERANCE
    return pd.DataFrame(
        {
            "margin_rate": margin_rate,
            "discount_share": discount,
            "needed_growth_share": growth,
            "revenue_change_share": (1 + growth) * (1 - discount) - 1,
            "margin_rate_after": (margin_rate - discount) / np.where(is_priced, 1 - discount, np.nan),
            "compensation_share": rate_compensation(discount, margin_rate),
            "volume_verdict": _verdicts(margin_rate, margin_rate - discount, growth, headroom),
        }
    )


def parity_curve(
    discounts: Iterable[float],
    *,
    margin_rate: float,
    capital_rate: float,
    days_before: float,
    days_after: float,
    fixed_cost_share: float,
    saving_share: float,
    headroom: float,
) -> pd.DataFrame:
    """Follow the growth a client must bring as the discount deepens: the line of equal profit.

    Args:
        discounts: on the present price, shares.
        margin_rate: as for growth_with_terms, and so are the terms, extra cost and saving.
        capital_rate: cost of capital a year, share; 0 leaves payment out.
        days_before: credit days now.
        days_after: credit days under the new terms.
        fixed_cost_share: share of present revenue.
        saving_share: share of present revenue.
        headroom: as for parity_table.

    Returns:
        One row per discount, rising: discount_share, needed_growth_share, volume_verdict (as in parity_table).

    Source: METHOD section 17.3.
    """
    discount = np.unique(np.array(list(discounts), dtype=float))
    earned, kept = _margins(discount, margin_rate, capital_rate, days_before, days_after)
    growth = _growth(earned, kept, fixed_cost_share - saving_share)
    verdicts = _verdicts(earned, kept, growth, headroom)
    return pd.DataFrame({"discount_share": discount, "needed_growth_share": growth, "volume_verdict": verdicts})


# -- a mixed assortment --------------------------------------------------------------------------------------------------
def line_parity(lines: pd.DataFrame) -> pd.DataFrame:
    """Tell for each line of an assortment what it gives away and how it could alone pay for all the discounts.

    Args:
        lines: one row per product_group; revenue (present, money), margin_rate and discount_share (on the present price).

    Returns:
        lines by falling revenue, then product_group, plus given_margin (money), growth_alone_share (growth of this line
        that pays for all while the others stay; from the sum of R(m - d) staying at the sum of Rm), cross_sale (undiscounted
        revenue at this margin rate that pays for all, money), is_sold_at_loss (the discount reaches the margin rate; missing
        where one of them is). The two ways are missing where the line keeps no margin, the assortment has none, or a number
        of any line is missing.

    Source: METHOD section 17.4.
    """
    require(lines, "lines", ["product_group", "revenue", "margin_rate", "discount_share"])
    table = lines.sort_values(["revenue", "product_group"], ascending=[False, True], ignore_index=True)
    revenue, rate, discount = (table[name].astype(float) for name in ("revenue", "margin_rate", "discount_share"))
    given, kept = revenue * discount, revenue * (rate - discount)
    need = given.sum(skipna=False) if (revenue * rate).sum(skipna=False) > TOLERANCE else np.nan
    return table.assign(
        given_margin=given,
        growth_alone_share=(need / kept.where((kept > TOLERANCE) & (revenue > 0))).clip(lower=-1),
        cross_sale=need / rate.where(rate > TOLERANCE),
        is_sold_at_loss=at_least(discount, rate).astype("boolean").where(rate.notna() & discount.notna()),
    )


def mixed_growth(lines: pd.DataFrame) -> MixedGrowth:
    """Return the growth of all lines alike that keeps the margin of an assortment: (sum of Rm) / (sum of R(m - d)) - 1.

    Args:
        lines: as for line_parity. A line of which a number is missing makes the answer missing.

    Source: METHOD section 17.4.
    """
    table = line_parity(lines)
    need = float(table["given_margin"].sum(skipna=False))
    earned = (table["revenue"] * table["margin_rate"]).astype(float).sum(skipna=False)
    names = tuple(table.loc[table["is_sold_at_loss"], "product_group"])
    return MixedGrowth(need=need, growth=float(_growth(earned, earned - need, 0.0)), sold_at_loss=names)


def mix_shift(discount: Numbers, *, high_rate: Numbers, low_rate: Numbers) -> Numbers:
    """Return the share of revenue that must move from a poorer to a richer line to pay for a discount: s(mh - ml) = d.

    Missing where the one line is not richer than the other or all the revenue would not suffice.

    Args:
        discount: on the present price of all revenue, share.
        high_rate: margin rate of the richer line, share.
        low_rate: margin rate of the poorer line, share.

    Source: METHOD section 17.4.
    """
    distance = high_rate - low_rate
    shift = discount / np.where(distance > TOLERANCE, distance, np.nan)
    return shift * np.where(at_least(1, shift), 1.0, np.nan)


def cross_sale(discount: Numbers, *, revenue: Numbers, margin_rate: Numbers) -> Numbers:
    """Return the new revenue without discount that pays for a discount on the present one: dR / m; money.

    Missing where what is sold in addition earns nothing.

    Args:
        discount: on the present price, share.
        revenue: present, money a year.
        margin_rate: of what is sold in addition, share.

    Source: METHOD section 17.4.
    """
    return discount * revenue / np.where(margin_rate > TOLERANCE, margin_rate, np.nan)


# -- a plan that is short ------------------------------------------------------------------------------------------------
def plan_discounts(*, margin_rate: float, shortfall: float, discounted_share: float, commission_rate: float) -> pd.DataFrame:
    """Tell how deep a discount may be that reaches the plan, for each meaning of "without losing profit".

    Args:
        margin_rate: m, present variable margin rate, share; above 1 it is none.
        shortfall: s, share of the plan that is missing: sales are (1 - s) of it.
        discounted_share: q, share of existing sales that the discount reaches besides all new ones, 0..1.
        commission_rate: c, commission on revenue, share.

    Returns:
        One row per plan_variant in the order of METHOD: "volume" (the plan in physical volume: d = ms), "revenue" (the plan
        in money at the new prices: (m - d) / (1 - d) = m(1 - s)), "plan profit" and "margin rate" (both allow none), "part of
        sales" (d(q + x) = mx) and "commission" ((1 + x)(m - d - c(1 - d)) = m - c); kept (what stays as it is),
        max_discount_share, needed_growth_share (x, of physical volume, at the greatest discount), price_response (growth per
        point of discount; missing where the discount is 0), plan_reason (why there is no discount, or what the number
        hides; empty otherwise): "not known", "no margin" (the discount is refused), "plan met", "no sales", "goal moves away",
        "only with compensation", "no limit" (all revenue is margin), "no gain on new sales", "commission takes margin".
        At the greatest discount profit is only what it was, so a working discount is less.

    Source: METHOD section 17.6 [S3].
    """
    table = pd.DataFrame({"plan_variant": list(KEPT_BY_VARIANT), "kept": list(KEPT_BY_VARIANT.values())})
    if obstacle := _plan_obstacle(margin_rate, shortfall):
        nothing = 0.0 if obstacle == "plan met" else np.nan
        return table.assign(
            max_discount_share=nothing, needed_growth_share=nothing, price_response=np.nan, plan_reason=obstacle
        )
    discount, reason = _plan_discounts(margin_rate, shortfall, discounted_share, commission_rate)
    growth = np.full(len(table), shortfall / (1 - shortfall))
    growth[1] = 1 / ((1 - shortfall) * (1 - discount[1])) - 1
    growth = np.where(np.isnan(discount), np.nan, growth)
    response = growth / np.where(discount > TOLERANCE, discount, np.nan)
    return table.assign(max_discount_share=discount, needed_growth_share=growth, price_response=response, plan_reason=reason)


def plan_profit_growth(discount: Numbers, *, margin_rate: Numbers, shortfall: Numbers) -> Numbers:
    """Return the growth of volume over present sales that brings the profit of the plan at a discount.

    From (1 - s)(1 + x)(m - d) = m. Missing where the discount reaches the margin rate, the margin rate is not positive or
    there are no sales.

    Source: METHOD section 17.6 (c).
    """
    return _growth(margin_rate, (1 - shortfall) * (margin_rate - discount), 0.0)


# -- within --------------------------------------------------------------------------------------------------------------
def _growth(earned: Numbers, kept: Numbers, extra: Numbers) -> Numbers:
    """Return (earned + extra) / kept - 1, no less than -1; missing where one of the margins is not positive."""
    is_possible = (earned > TOLERANCE) & (kept > TOLERANCE)
    return np.maximum((earned - kept + extra) / np.where(is_possible, kept, np.nan), -1.0)


def _margins(
    discount: Numbers, margin_rate: Numbers, capital_rate: Numbers, days_before: Numbers, days_after: Numbers
) -> tuple[Numbers, Numbers]:
    """Return the margin of a unit of old revenue after the cost of credit, now and under the new terms."""
    before, after = (capital_rate * days / YEAR_DAYS for days in (days_before, days_after))
    return margin_rate - before, margin_rate - discount - (1 - discount) * after


def _verdicts(earned: Numbers, kept: np.ndarray, growth: np.ndarray, headroom: float) -> pd.Categorical:
    """Say what stands behind a growth; the first rule that holds decides."""
    is_earning, is_kept = np.broadcast_to(earned > TOLERANCE, kept.shape), kept > TOLERANCE
    rules = {
        "not known": np.isnan(earned + kept) | (is_earning & is_kept & np.isnan(growth)),
        "discount refused": ~is_earning,
        "impossible by volume": ~is_kept,
        "reachable": at_least(np.maximum(np.nan_to_num(headroom), 0), growth),
        "headroom not known": np.broadcast_to(np.isnan(headroom), kept.shape),
    }
    return ordered(np.select(list(rules.values()), list(rules), "not reachable by volume"), VOLUME_VERDICTS)


def _plan_obstacle(margin_rate: float, shortfall: float) -> str:
    """Say why no variant can give a discount; empty when nothing stands in the way."""
    reasons = {
        "not known": np.isnan(margin_rate + shortfall) or margin_rate > 1 + TOLERANCE,
        "no margin": margin_rate <= TOLERANCE,
        "plan met": shortfall <= TOLERANCE,
        "no sales": at_least(shortfall, 1),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _plan_discounts(rate: float, short: float, part: float, commission: float) -> tuple[np.ndarray, list[str]]:
    """Return the greatest discount of each variant and the reason beside it."""
    growth = short / (1 - short)
    is_taken = at_least(commission, rate)
    after_commission = np.nan if is_taken else (rate - commission) / (1 - commission) * short
    is_pure = at_least(rate, 1)
    in_money = np.nan if is_pure else rate * short / (1 - rate * (1 - short))
    discounts = np.array([rate * short, in_money, 0.0, 0.0, rate * growth / (part + growth), after_commission])
    of_part = "not known" if np.isnan(part) else "no gain on new sales" if part <= TOLERANCE else ""
    of_commission = "not known" if np.isnan(commission) else "commission takes margin" if is_taken else ""
    return discounts, ["", "no limit" if is_pure else "", "goal moves away", "only with compensation", of_part, of_commission]
