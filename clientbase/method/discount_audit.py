"""Discount audit (M15) on real lines: what discounts took, what margin they left, and whether the volume they need came.

Money is of the window, "previous_" of the one before; rates are shares (0.05 is 5 %). A negative discount is a surcharge and
stays one. Who buys more after a deeper discount has not shown that the discount brought it: the tables tell what came together.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clientbase.errors import DataError, require
from clientbase.method.common import TOLERANCE, at_least, below, ordered, share

AUDIT_VERDICTS = (
    "leaves more than it takes", "takes more than it leaves", "sold at a loss", "loss at list too", "no discount", "not known",
)  # fmt: skip
OUTCOMES = (
    "came", "did not come", "impossible by volume", "price rise held", "price rise cost volume", "no deeper discount",
    "no margin before", "not known",
)  # fmt: skip

CAME, DID_NOT_COME, IMPOSSIBLE = OUTCOMES[:3]  # what became of deeper discounts

# Bands of a line's own discount rate: the first whose upper edge it does not pass
SURCHARGE = "surcharge"  # under 0
DISCOUNT_BANDS = {
    "none": 0.0, "to 5": 0.05, "to 10": 0.10, "to 15": 0.15, "to 20": 0.20, "to 30": 0.30, "to 50": 0.50, "to 100": 1.0,
}  # fmt: skip
BEYOND_LIST = "beyond list"  # over 1: money and list price have different signs
BAND_ORDER = (SURCHARGE, *DISCOUNT_BANDS, BEYOND_LIST)

PRICES = ["revenue", "list_revenue", "discount"]
BOTH_WINDOWS = [*PRICES, *(f"previous_{name}" for name in PRICES)]


@dataclass(frozen=True)
class AuditTotals:
    """All discounts together; money, and counts of the keys (clients, groups) with list revenue.

    discount: less surcharge, which is the negative discounts among it. discount_rate: of list_revenue, NaN without any.
    margin: NaN when that of a key is not known. n_loss, loss_money: the keys sold at a loss because of the discount, and their
    negative margin; None and NaN without margins. n_unknown: keys with a discount and without a verdict. n_left_out: keys with
    revenue and no list revenue above 0.
    """

    discount: float
    list_revenue: float
    discount_rate: float
    margin: float
    surcharge: float
    n_keys: int
    n_surcharge: int
    n_loss: int | None
    loss_money: float
    n_unknown: int
    n_left_out: int


# -- what was given and what was kept ------------------------------------------------------------------------------------
def discount_audit(sums: pd.DataFrame, *, key: list[str]) -> pd.DataFrame:
    """Set the discount that each key was given against the margin that was kept.

    Args:
        sums: one row per key; revenue, list_revenue, discount (list_revenue - revenue) and, where known, margin (money).
        key: client_id, product_group, or both.

    Returns:
        One row per key with list_revenue above 0, by falling discount, then key: the key, revenue, list_revenue, discount,
        discount_rate (of list_revenue). With margin also:
        margin, margin_rate (of revenue), list_margin_rate ((margin + discount) / list_revenue: what the same sales would
        leave at list prices), discount_to_margin (missing unless the margin is positive), owed_volume_share (growth over
        sales at list prices that pays for the discount: rate / (list_margin_rate - rate), which is discount / margin;
        missing where no volume pays, negative for a surcharge), owed_share (the part of today's volume that the discount
        must have brought: growth / (1 + growth) = discount / (discount + margin)), has_discount_above_margin (a discount that
        meets no margin counts), audit_verdict (ordered AUDIT_VERDICTS; without a discount, or with a surcharge, "no
        discount" whatever the margin).

    Source: METHOD sections 2.9, 7 and 17.1 [S3, S5].
    """
    require(sums, "sums", [*key, *PRICES])
    money = [*PRICES, "margin"] if "margin" in sums else PRICES
    table = sums.loc[sums["list_revenue"] > TOLERANCE, [*key, *money]].astype(dict.fromkeys(money, "float64"))
    table = table.sort_values(["discount", *key], ascending=[False, *(True for _ in key)], ignore_index=True)
    table["discount_rate"] = table["discount"] / table["list_revenue"]
    return _with_margin(table) if "margin" in table else table


def audit_totals(sums: pd.DataFrame) -> AuditTotals:
    """Sum up the discounts of all keys.

    Args:
        sums: as for discount_audit.

    Source: METHOD section 2.9.
    """
    audit = discount_audit(sums, key=[])
    discount, list_revenue = float(audit["discount"].sum()), float(audit["list_revenue"].sum())
    surcharge = audit.loc[audit["discount_rate"] < -TOLERANCE, "discount"]
    has_margin = "margin" in audit
    verdict = audit["audit_verdict"] if has_margin else pd.Series("not known", index=audit.index)
    margin = audit["margin"] if has_margin else pd.Series(np.nan, index=audit.index)
    is_loss = verdict == "sold at a loss"
    is_unlisted = ~(sums["list_revenue"] > TOLERANCE) & (sums["revenue"].abs() > TOLERANCE)
    return AuditTotals(
        discount=discount,
        list_revenue=list_revenue,
        discount_rate=share(discount, list_revenue),
        margin=float(margin.sum(skipna=False)) if has_margin else np.nan,
        surcharge=float(surcharge.sum()),
        n_keys=len(audit),
        n_surcharge=len(surcharge),
        n_loss=int(is_loss.sum()) if has_margin else None,
        loss_money=float(margin[is_loss].sum()) if has_margin else np.nan,
        n_unknown=int(((verdict == "not known") & (audit["discount_rate"] > TOLERANCE)).sum()),
        n_left_out=int(is_unlisted.sum()),
    )


def band_table(bands: pd.DataFrame) -> pd.DataFrame:
    """Tell what is sold at each depth of discount and what margin that leaves.

    Args:
        bands: one row per client_id and discount_band (of BAND_ORDER, by the discount of the line); n_lines, revenue,
            list_revenue, discount and, where known, margin (money).

    Returns:
        One row per band that has lines, least discount first: discount_band (ordered BAND_ORDER), n_clients, n_lines,
        revenue, revenue_share, list_revenue, discount, discount_rate (missing unless list_revenue is positive). With margin
        also: margin (missing when a part is), margin_rate (of revenue, missing unless that is positive), is_loss (the band
        lost money).

    Raises:
        DataError: a band is not of BAND_ORDER.

    Source: METHOD section 2.9.
    """
    require(bands, "bands", ["client_id", "discount_band", "n_lines", *PRICES])
    if unknown := sorted(set(bands["discount_band"].astype("str")) - set(BAND_ORDER)):
        raise DataError(f"table 'bands': discount bands {unknown} are not known. Use {list(BAND_ORDER)}.")
    groups = bands.groupby(ordered(bands["discount_band"], BAND_ORDER), observed=True)
    money = [name for name in (*PRICES, "margin") if name in bands]
    sums = groups[money].sum(skipna=False).astype("float64")
    table = groups.agg(n_clients=("client_id", "nunique"), n_lines=("n_lines", "sum")).join(sums)
    table = table.rename_axis("discount_band").reset_index()
    table.insert(4, "revenue_share", share(table["revenue"], table["revenue"].sum()))
    table.insert(7, "discount_rate", table["discount"] / table["list_revenue"].where(table["list_revenue"] > TOLERANCE))
    if "margin" not in table:
        return table
    margin, rate = table["margin"], table["margin"] / table["revenue"].where(table["revenue"] > TOLERANCE)
    is_loss = below(margin / table["list_revenue"].abs(), 0).astype("boolean")
    return table.assign(margin_rate=rate, is_loss=is_loss.where(margin.notna()))


# -- before and after ----------------------------------------------------------------------------------------------------
def discount_change(sums: pd.DataFrame, *, key: list[str], min_change: float) -> pd.DataFrame:
    """Compare the volume that a changed discount needs with the volume that came, for the same key in two windows.

    List prices are taken as unchanged, so that revenue at list prices measures volume, and so is the cost of a unit.

    Args:
        sums: one row per key; revenue, list_revenue, discount and the same of the window before (previous_...), margin and
            previous_margin where known (money).
        key: client_id, product_group, or both.
        min_change: change of the discount, on the former price, share, under which nothing changed.

    Returns:
        One row per key with revenue and list_revenue above 0 in both windows, largest loss of margin first, then by falling
        list_revenue and key: the key, previous_list_revenue, list_revenue, discount_rate_before, discount_rate,
        discount_change (money), deeper_share (the change as a discount on the former price, (b - a) / (1 - a); negative for a
        price rise), margin_rate_before, needed_growth_share (of volume; missing where no volume pays, negative: what may be
        lost), actual_growth_share (of list_revenue), margin_change (money), outcome (ordered OUTCOMES): "came" and "did not
        come" for a deeper discount, "price rise held" and "price rise cost volume" for a smaller one; "impossible by volume"
        where the change takes the whole margin; "not known" where a change meets a margin that is missing.

    Source: METHOD sections 17 (notation) and 17.1 [S3].
    """
    require(sums, "sums", [*key, *BOTH_WINDOWS])
    is_compared = _is_compared(sums)
    table = sums.loc[is_compared].reindex(columns=[*key, *BOTH_WINDOWS, "margin", "previous_margin"])
    table = table.astype(dict.fromkeys(table.columns.drop(key), "float64"))
    before, after = (table[f"{name}discount"] / table[f"{name}list_revenue"] for name in ("previous_", ""))
    deeper = (after - before) / (1 - before).where(1 - before > TOLERANCE)
    rate = table["previous_margin"] / table["previous_revenue"]
    needed, actual = _needed_growth(deeper, rate), table["list_revenue"] / table["previous_list_revenue"] - 1
    changes = table[[*key, "previous_list_revenue", "list_revenue"]].assign(
        discount_rate_before=before,
        discount_rate=after,
        discount_change=table["discount"] - table["previous_discount"],
        deeper_share=deeper,
        margin_rate_before=rate,
        needed_growth_share=needed,
        actual_growth_share=actual,
        margin_change=table["margin"] - table["previous_margin"],
        outcome=_outcomes(deeper, rate, needed, actual, min_change),
    )
    directions = [True, False, *(True for _ in key)]
    return changes.sort_values(["margin_change", "list_revenue", *key], ascending=directions, ignore_index=True)


def n_not_compared(sums: pd.DataFrame) -> int:
    """Count the keys that discount_change leaves out although they have list revenue in one of the windows.

    Args:
        sums: as for discount_change.
    """
    require(sums, "sums", BOTH_WINDOWS)
    has_any = (sums["list_revenue"].abs() > TOLERANCE) | (sums["previous_list_revenue"].abs() > TOLERANCE)
    return int((has_any & ~_is_compared(sums)).sum())


def change_summary(changes: pd.DataFrame) -> pd.DataFrame:
    """Sum up the changes by outcome.

    Args:
        changes: result of discount_change with the key client_id.

    Returns:
        One row per outcome that occurs, in the order of OUTCOMES: outcome, n_clients, previous_list_revenue, list_revenue,
        discount_change and margin_change (money, more than in the window before; missing when a part is).

    Source: METHOD section 17.1.
    """
    money = ["previous_list_revenue", "list_revenue", "discount_change", "margin_change"]
    require(changes, "discount_change", ["outcome", *money])
    groups = changes.groupby(ordered(changes["outcome"], OUTCOMES), observed=True)[money]
    summary = groups.sum(skipna=False)
    summary.insert(0, "n_clients", groups.size())
    return summary.rename_axis("outcome").reset_index()


# -- within --------------------------------------------------------------------------------------------------------------
def _with_margin(table: pd.DataFrame) -> pd.DataFrame:
    """Add what was kept; what is positive is decided on rates of list_revenue, so that small and large sums are alike."""
    given, kept = table["discount_rate"], table["margin"] / table["list_revenue"]
    at_list = (table["margin"] + table["discount"]) / table["list_revenue"]
    growth = _needed_growth(given, at_list)
    exceeds = ((given > TOLERANCE) & below(kept, given)).astype("boolean")
    rules = {
        "no discount": given <= TOLERANCE,
        "not known": kept.isna() | given.isna(),
        "loss at list too": at_list <= TOLERANCE,
        "sold at a loss": kept <= TOLERANCE,
        "takes more than it leaves": exceeds,
    }
    verdict = np.select([np.asarray(rule, dtype=bool) for rule in rules.values()], list(rules), AUDIT_VERDICTS[0])
    return table.assign(
        margin_rate=table["margin"] / table["revenue"].where(table["revenue"] > TOLERANCE),
        list_margin_rate=at_list,
        discount_to_margin=table["discount"] / table["margin"].where(kept > TOLERANCE),
        owed_volume_share=growth,
        owed_share=growth / (1 + growth).where(1 + growth > TOLERANCE),
        has_discount_above_margin=exceeds.where(kept.notna() & given.notna()),
        audit_verdict=ordered(verdict, AUDIT_VERDICTS),
    )


def _needed_growth(discount: pd.Series, margin_rate: pd.Series) -> pd.Series:
    """Return d / (m - d), no less than -1; missing unless both the margin before and what is kept of it are positive."""
    kept = margin_rate - discount
    return (discount / kept.where((margin_rate > TOLERANCE) & (kept > TOLERANCE))).clip(lower=-1.0)


def _is_compared(sums: pd.DataFrame) -> pd.Series:
    """Tell which keys have revenue and list revenue above 0 in both windows."""
    amounts = ["revenue", "list_revenue", "previous_revenue", "previous_list_revenue"]
    return (sums[amounts] > TOLERANCE).all(axis=1)


def _outcomes(deeper: pd.Series, rate: pd.Series, needed: pd.Series, actual: pd.Series, min_change: float) -> pd.Categorical:
    """Say what became of each change; the first rule that holds decides."""
    is_unchanged = below(deeper.abs(), min_change) | (deeper.abs() <= TOLERANCE)
    is_deeper, is_enough = deeper > 0, at_least(actual, needed)
    rules = {
        "no deeper discount": is_unchanged,
        "not known": deeper.isna() | rate.isna(),
        "no margin before": rate <= TOLERANCE,
        "impossible by volume": rate - deeper <= TOLERANCE,
        "came": is_deeper & is_enough,
        "did not come": is_deeper,
        "price rise held": is_enough,
    }
    return ordered(np.select(list(rules.values()), list(rules), "price rise cost volume"), OUTCOMES)
