"""Purchase-size classes (M02): who regularly buys large lots, who is the middle, who is small."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clientbase.errors import SettingError, require
from clientbase.method.common import SHARE_CLASSES, SIZE_CLASSES, TOLERANCE, at_least, below, ordered, share

CLASS_BY_REASON = {  # in the order of the rules: the first that holds decides
    "no deals": "0",
    "large and regular": "SA",
    "small": "SC",
    "one deal": "SC",
    "large, short history": "SB",
    "large, not regular": "SB",
    "middle": "SB",
}


@dataclass(frozen=True)
class Thresholds:
    """Money bounds of the average single purchase: large from the one, small below the other."""

    large_from: float
    small_below: float


@dataclass(frozen=True)
class Launch:
    """Volume a product could sell to the clients counted, and whether it reaches the threshold."""

    volume: float
    is_enough: bool


def size_thresholds(
    facts: pd.DataFrame,
    *,
    large_from: float,
    small_below: float,
    large_quantile: float,
    small_quantile: float,
    min_clients: int,
) -> Thresholds:
    """Return the money thresholds: as given, or as quantiles of the average purchase of clients with deals.

    Args:
        facts: one row per client_id; n_deals, avg_purchase (money).
        large_from: money from which a purchase is large; 0 takes the quantile.
        small_below: money under which it is small; 0 takes the quantile.
        large_quantile: quantile of large_from, 0..1 (linear interpolation, type 7).
        small_quantile: quantile of small_below, 0..1.
        min_clients: with fewer clients with deals both thresholds must be given.

    Source: METHOD section 4. Raises SettingError when thresholds are needed, or large_from is not above small_below.
    """
    require(facts, "facts", ["n_deals", "avg_purchase"])
    purchases = facts.loc[facts["n_deals"] > 0, "avg_purchase"]
    if len(purchases) < min_clients and not (large_from > 0 and small_below > 0):
        raise SettingError(
            f"only {len(purchases)} clients have deals, quantiles need {min_clients}. Type both large_from and small_below."
        )
    large = large_from if large_from > 0 else float(purchases.quantile(large_quantile))
    small = small_below if small_below > 0 else float(purchases.quantile(small_quantile))
    _refuse_crossed(large, small)
    return Thresholds(large_from=large, small_below=small)


def size_classes(
    facts: pd.DataFrame, *, large_from: float, small_below: float, regular_from: float, min_exposure_months: int
) -> pd.DataFrame:
    """Class clients by the size of one purchase and its regularity.

    Args:
        facts: one row per client_id; n_deals, avg_purchase (money), n_active_periods, exposure_periods, exposure_months.
        large_from: average purchase from which it is large, money (inclusive).
        small_below: average purchase under which it is small, money.
        regular_from: share of periods with a deal from which a client is regular, 0..1 (inclusive).
        min_exposure_months: shortest exposure in months that can show regularity; with a longer grain it must last as
            many periods too, or one purchase would fill the only quarter there is.

    Returns:
        facts in their order, plus regularity (periods with a deal / periods of exposure, NaN without exposure),
        size_class (SA, SB, SC, 0), is_sa_candidate (large but not regular), size_reason (a key of CLASS_BY_REASON).

    Source: METHOD sections 4 and 2.2. Raises SettingError when large_from is not above small_below.
    """
    columns = ["client_id", "n_deals", "avg_purchase", "n_active_periods", "exposure_periods", "exposure_months"]
    require(facts, "facts", columns)
    _refuse_crossed(large_from, small_below)
    regularity = facts["n_active_periods"] / facts["exposure_periods"].where(facts["exposure_periods"] > 0)
    is_long = facts[["exposure_months", "exposure_periods"]].min(axis=1) >= min_exposure_months
    is_large = at_least(facts["avg_purchase"], large_from)
    rules = [
        facts["n_deals"] == 0,
        is_large & is_long & at_least(regularity, regular_from),
        below(facts["avg_purchase"], small_below),
        (facts["n_deals"] == 1) & ~is_large,
        is_large & ~is_long,
        is_large,
    ]
    *reasons, otherwise = CLASS_BY_REASON
    reason = pd.Series(np.select(rules, reasons, default=otherwise), index=facts.index, dtype="str")
    return facts.assign(
        regularity=regularity,
        size_class=ordered(reason.map(CLASS_BY_REASON), SIZE_CLASSES),
        is_sa_candidate=reason.isin(["large, short history", "large, not regular"]),
        size_reason=reason,
    )


def size_summary(classes: pd.DataFrame) -> pd.DataFrame:
    """Sum up the size classes.

    Args:
        classes: the result of size_classes, with revenue (net, money).

    Returns:
        One row per size_class, SA to 0, also where it is empty: n_clients, client_share (of the clients with deals; NaN
        in class 0), n_deals, revenue, revenue_share, avg_purchase (revenue per deal, NaN without deals).

    Source: METHOD section 4.
    """
    require(classes, "size_classes", ["size_class", "n_deals", "revenue"])
    size_class = ordered(classes["size_class"], SIZE_CLASSES)
    groups = classes[["n_deals", "revenue"]].groupby(size_class, observed=False)
    summary = groups.sum().assign(n_clients=groups.size()).rename_axis("size_class").reset_index()
    buyers = summary["n_clients"].where(summary["size_class"] != "0")
    summary["client_share"] = share(buyers, buyers.sum())
    summary["revenue_share"] = share(summary["revenue"], summary["revenue"].sum())
    summary["avg_purchase"] = summary["revenue"] / summary["n_deals"].where(summary["n_deals"] > 0)
    return summary[["size_class", "n_clients", "client_share", "n_deals", "revenue", "revenue_share", "avg_purchase"]]


def has_solid_middle(classes: pd.DataFrame) -> bool:
    """Tell whether class SB is more than half of the clients with deals, as the method expects of sound thresholds.

    Source: METHOD section 4, check.
    """
    require(classes, "size_classes", ["size_class"])
    n_buyers = (classes["size_class"] != "0").sum()
    return bool(2 * (classes["size_class"] == "SB").sum() > n_buyers)


def clients_by_size(classes: pd.DataFrame, *, cutoffs: Iterable[float]) -> pd.DataFrame:
    """Count the clients whose average purchase reaches each cut-off.

    Args:
        classes: one row per client_id; avg_purchase (money, NaN without deals), revenue (net, money).
        cutoffs: money.

    Returns:
        One row per cutoff, rising: n_clients, revenue_share (of all revenue; NaN when that is not positive).

    Source: METHOD section 4, count by size.
    """
    require(classes, "size_classes", ["avg_purchase", "revenue"])
    cuts = np.unique(np.asarray(list(cutoffs), dtype=float))
    buyers = classes[classes["avg_purchase"].notna()].sort_values("avg_purchase")
    first = np.searchsorted(buyers["avg_purchase"].to_numpy(), cuts - TOLERANCE)
    revenue_from = np.append(buyers["revenue"].to_numpy()[::-1].cumsum()[::-1], 0.0)
    revenue = pd.Series(revenue_from[first])
    return pd.DataFrame(
        {"cutoff": cuts, "n_clients": len(buyers) - first, "revenue_share": share(revenue, classes["revenue"].sum())}
    )


def launch_test(n_clients: int, *, penetration: float, purchase: float, threshold: float) -> Launch:
    """Test whether so many clients are enough to launch a product.

    Args:
        n_clients: clients large enough for the product.
        penetration: share of them expected to buy, 0..1.
        purchase: expected purchase of one buyer, money.
        threshold: volume from which the launch pays, money.

    Source: METHOD section 4, launch test.
    """
    volume = n_clients * penetration * purchase
    return Launch(volume=volume, is_enough=bool(at_least(volume, threshold)))


def size_by_share(classes: pd.DataFrame) -> pd.DataFrame:
    """Cross the size classes with the share classes: who is large but rare, who orders often and tiny.

    Args:
        classes: the result of size_classes with share_class and revenue (net, money).

    Returns:
        One row per pair that occurs, in the order of the classes: size_class, share_class, n_clients, n_sa_candidates,
        revenue.

    Source: METHOD section 4, output.
    """
    require(classes, "size_classes", ["size_class", "share_class", "is_sa_candidate", "revenue"])
    keys = {
        "size_class": ordered(classes["size_class"], SIZE_CLASSES),
        "share_class": ordered(classes["share_class"], SHARE_CLASSES),
    }
    pairs = classes[["revenue", "is_sa_candidate"]].assign(**keys).groupby(list(keys), observed=True)
    return pairs.agg(
        n_clients=("revenue", "size"), n_sa_candidates=("is_sa_candidate", "sum"), revenue=("revenue", "sum")
    ).reset_index()


def _refuse_crossed(large_from: float, small_below: float) -> None:
    if not below(small_below, large_from):
        raise SettingError(
            f"large_from is {large_from:g}, small_below {small_below:g}: large must start above small. "
            f"Type both thresholds of purchase size."
        )
