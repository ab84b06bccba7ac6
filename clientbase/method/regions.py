"""Regions (M09): which regions carry sales, and is effort steady?"""

import numpy as np
import pandas as pd

from clientbase.errors import require
from clientbase.method.common import TOLERANCE, at_least, below, n_larger, places

YEAR = 12
EPOCH = 1970 * YEAR  # the month from which NumPy counts
UNKNOWN = "(unknown)"  # the region of clients without one
NOT_TESTABLE = "not testable"


def region_table(facts: pd.DataFrame, *, share_to: float) -> pd.DataFrame:
    """Add up clients, revenue, margin and time by region, and mark the regions that carry sales.

    Regions without net revenue stay outside the total, as clients without it do in the share classes.

    Args:
        facts: one row per client_id of the company; region, n_orders, revenue (net, money) of the window; margin (money)
            and minutes where known.
        share_to: share of revenue, 0..1, that the carrying regions reach together.

    Returns:
        One row per region by falling revenue, regions without orders in the window last; clients without region form
        "(unknown)": region, n_clients (with orders in the window), revenue, revenue_share (of the sum of positive revenue),
        cum_share (missing for regions that are not positive), margin and margin_share, minutes and minutes_share (where facts
        has them; missing where no client of the region has), is_carrying. The carrying regions are the fewest largest that
        reach share_to; a region equal to the last of them carries too.

    Source: METHOD section 11 [S5].
    """
    regions = _ranked(facts)
    revenue = regions["revenue"].to_numpy()
    is_gain = revenue > TOLERANCE  # the first rows: they fall, and regions without orders sell nothing
    gains = revenue[is_gain]
    reached = np.cumsum(gains)
    total = gains.sum() or np.nan
    cumulated, before = np.full(len(regions), np.nan), np.full(len(regions), np.nan)
    cumulated[is_gain], before[is_gain] = reached / total, np.append(0.0, reached)[n_larger(gains)] / total
    regions.insert(3, "revenue_share", revenue / total)
    regions.insert(4, "cum_share", cumulated)
    for place, name in ((6, "margin"), (8, "minutes")):
        regions.insert(place, f"{name}_share", regions[name] / (regions[name].clip(lower=0).sum() or np.nan))
    unknown = [column for name in ("margin", "minutes") if name not in facts for column in (name, f"{name}_share")]
    return regions.drop(columns=unknown).assign(is_carrying=below(before, share_to))


def region_months(facts: pd.DataFrame, months: pd.DataFrame, *, end: int, n_months: int) -> pd.DataFrame:
    """Lay out the revenue of each region month by month.

    Args:
        facts: one row per client_id of the company; region, n_orders, revenue.
        months: one row per client_id x month (its first day) with order lines; revenue (net, money). Ids that facts lacks are
            no clients and left out.
        end: month number (year * 12 + month - 1) of the window's last month.
        n_months: months to lay out, counted back from end.

    Returns:
        One row per region, as region_table sorts them, and month, oldest first: region, month, month_number, revenue (zero
        where nothing was sold, missing before the first month of the data).

    Source: METHOD section 11.
    """
    require(months, "months", ["client_id", "month", "revenue"])
    regions = _ranked(facts)["region"]
    totals = _monthly(facts, regions, months, "revenue", end=end, n_months=n_months)
    number = np.tile(np.arange(end - n_months + 1, end + 1), len(regions))
    revenue = np.where(number >= _first_month(months, end), totals.ravel(), np.nan)
    stamps = (number - EPOCH).astype("datetime64[M]").astype("datetime64[us]")
    names = regions.repeat(n_months).reset_index(drop=True)
    return pd.DataFrame({"region": names, "month": stamps, "month_number": number, "revenue": revenue})


def region_steadiness(
    facts: pd.DataFrame,
    months: pd.DataFrame,
    contacts: pd.DataFrame | None,
    *,
    end: int,
    n_months: int,
    min_periods: int,
    season_from: float,
    amplitude_from: float,
    unsteady_from: float,
) -> pd.DataFrame:
    """Measure how steady the sales of each region are, and whether a season explains their swings.

    A region's series begins with its first month of positive revenue: what lies before is absent, not zero.

    Args:
        facts: one row per client_id of the company; region, n_orders, revenue of the window.
        months: one row per client_id x month (its first day) of the whole history; revenue (net, money). Ids that facts
            lacks are left out.
        contacts: one row per client_id x month with n_contacts, or None. Before its first month none were recorded.
        end: month number (year * 12 + month - 1) of the window's last month.
        n_months: months of the window.
        min_periods: fewest months for a coefficient of variation or an effort_correlation, and fewest months with sales of
            two years for a season: one sale in the same month of both years would otherwise be a perfect season.
        season_from: correlation of two years from which there is a season.
        amplitude_from: highest over lowest seasonal index from which there is one.
        unsteady_from: coefficient of variation above which sales without season are unsteady.

    Returns:
        One row per region, as region_table sorts them: region, n_months (of the series within the window), cv (population
        standard deviation / mean of the window; missing for a short series or a mean that is not positive),
        season_correlation, amplitude (see season_profile; missing with less than 24 months of history), peak_month (1..12),
        verdict ("seasonal", "unsteady", "steady", "not testable" with less than 24 months or too few with sales, "no sales"
        without orders in the window), reason (what could not be computed: "no orders", "short history", "few sales", "no net
        revenue" in the window or one of the years, "flat year"; missing when nothing lacks). With contacts:
        effort_correlation of monthly contacts and revenue over the last 24 months (missing with too few months or without
        variance).

    Source: METHOD sections 11 and 8 [S5; the bounds are ours].
    """
    require(months, "months", ["client_id", "month", "revenue"])
    ranked = _ranked(facts)
    length = max(2 * YEAR, n_months, end - _first_month(months, end) + 1)
    totals = _monthly(facts, ranked["region"], months, "revenue", end=end, n_months=length)
    sold = totals > TOLERANCE
    history = np.where(sold.any(axis=1), length - sold.argmax(axis=1), 0)
    table = ranked[["region"]].assign(
        n_months=np.minimum(history, n_months), **_season(totals, history, end), cv=_variation(totals, history, n_months)
    )
    has_mean = table["cv"].notna()
    is_long = history >= 2 * YEAR
    is_testable = is_long & (sold[:, -2 * YEAR :].sum(axis=1) >= min_periods)
    table["cv"] = table["cv"].where(table["n_months"] >= min_periods)
    table["verdict"] = _verdicts(
        table, ranked["n_clients"] > 0, is_testable, has_mean, (season_from, amplitude_from, unsteady_from)
    )
    table["reason"] = _reasons(table, is_long, is_testable, has_mean)
    columns = ["region", "n_months", "cv", "season_correlation", "amplitude", "peak_month", "verdict", "reason"]
    if contacts is None:
        return table[columns]
    effort = _effort(facts, ranked["region"], totals, history, contacts, end=end, min_periods=min_periods)
    return table[columns].assign(effort_correlation=effort)


def season_profile(years: np.ndarray) -> pd.DataFrame:
    """Compare the profiles of two successive years.

    Args:
        years: totals of the periods, money; one row per series, then the two years, then the periods of a year.

    Returns:
        One row per series: season_correlation (Pearson, of the two years; missing when one has no variance), amplitude
        (highest over lowest mean index, the index being total / mean of its year; infinite when the lowest is not
        positive), peak_period (1.. of the highest mean index, the first of equals). All are missing when a year's mean is not
        positive.

    Source: METHOD section 11.
    """
    means = years.mean(axis=2, keepdims=True)
    index = (years / np.where(means > TOLERANCE, means, np.nan)).mean(axis=1)
    low, high = index.min(axis=1), index.max(axis=1)
    is_known = ~np.isnan(high)
    amplitude = np.divide(high, low, out=np.full_like(high, np.inf), where=low > TOLERANCE)
    peak = (index >= high[:, None] - TOLERANCE).argmax(axis=1) + 1
    correlation = _correlation(years[:, 0], years[:, 1], np.ones_like(index, dtype=bool))
    return pd.DataFrame(
        {
            "season_correlation": np.where(is_known, correlation, np.nan),
            "amplitude": np.where(is_known, amplitude, np.nan),
            "peak_period": pd.Series(peak, dtype="Int64").where(is_known),
        }
    )


def _ranked(facts: pd.DataFrame) -> pd.DataFrame:
    """Return one row per region with its sums, by falling revenue, regions without orders last."""
    require(facts, "facts", ["client_id", "region", "n_orders", "revenue"])
    known = facts.reindex(columns=["revenue", "margin", "minutes"]).astype("float64")
    known.insert(0, "n_clients", (facts["n_orders"] > 0).astype("int64"))
    sums = known.groupby(_regions(facts)).sum(min_count=1).reset_index()
    sums["has_orders"] = sums["n_clients"] > 0
    order = ["has_orders", "revenue", "region"]
    return sums.sort_values(order, ascending=[False, False, True], ignore_index=True).drop(columns="has_orders")


def _regions(facts: pd.DataFrame) -> pd.Series:
    return facts["region"].astype("str").fillna(UNKNOWN).rename("region")


def _month_numbers(table: pd.DataFrame) -> np.ndarray:
    return table["month"].to_numpy().astype("datetime64[M]").astype("int64") + EPOCH


def _first_month(table: pd.DataFrame, end: int) -> int:
    """Return the number of the first month in a table; the one after end when there is none."""
    return int(_month_numbers(table).min(initial=end + 1))


def _monthly(
    facts: pd.DataFrame, regions: pd.Series, table: pd.DataFrame, column: str, *, end: int, n_months: int
) -> np.ndarray:
    """Add up a column by region (rows, in the order of regions) and month (columns, end last)."""
    region = pd.Index(regions).get_indexer(_regions(facts))
    client = places(table["client_id"], facts["client_id"])
    back = end - _month_numbers(table)
    inside = (client >= 0) & (back >= 0) & (back < n_months)
    place = region[client[inside]] * n_months + n_months - 1 - back[inside]
    amounts = table[column].to_numpy(dtype=float)[inside]
    return np.bincount(place, weights=amounts, minlength=len(regions) * n_months).reshape(len(regions), n_months)


def _variation(totals: np.ndarray, history: np.ndarray, n_months: int) -> np.ndarray:
    """Return the coefficient of variation of the window, from each region's first month; missing without positive mean."""
    window = totals[:, -n_months:]
    n = np.minimum(history, n_months)
    counted = np.arange(n_months) >= n_months - n[:, None]
    n = np.where(n > 0, n, np.nan)
    mean = (window * counted).sum(axis=1) / n
    squares = (((window - mean[:, None]) * counted) ** 2).sum(axis=1)
    return np.sqrt(squares / n) / np.where(mean > TOLERANCE, mean, np.nan)


def _season(totals: np.ndarray, history: np.ndarray, end: int) -> dict[str, pd.Series]:
    """Compare the last two years of each region that has them, January first."""
    years = np.roll(totals[:, -2 * YEAR :].reshape(-1, 2, YEAR), (end + 1) % YEAR, axis=2)
    profile = season_profile(years).where(pd.Series(history) >= 2 * YEAR)
    return {name.replace("peak_period", "peak_month"): profile[name] for name in profile}


def _verdicts(
    table: pd.DataFrame,
    has_orders: pd.Series,
    is_testable: np.ndarray,
    has_mean: pd.Series,
    bounds: tuple[float, float, float],
) -> pd.Series:
    """Judge each region; a window without net revenue is as unsteady as sales can be."""
    season_from, amplitude_from, unsteady_from = bounds
    is_alike = at_least(table["season_correlation"], season_from)
    rules = {
        "no sales": ~has_orders,
        NOT_TESTABLE: pd.Series(~is_testable),
        "seasonal": is_alike & at_least(table["amplitude"], amplitude_from),
        "unsteady": ~has_mean | (below(unsteady_from, table["cv"]) & ~is_alike),
    }
    return pd.Series(np.select(list(rules.values()), list(rules), default="steady"), dtype="str")


def _reasons(table: pd.DataFrame, is_long: np.ndarray, is_testable: np.ndarray, has_mean: pd.Series) -> pd.Series:
    """Tell why a number of the table is missing."""
    rules = {
        "no orders": table["verdict"] == "no sales",
        "short history": pd.Series(~is_long),
        "few sales": pd.Series(~is_testable),
        "no net revenue": ~has_mean | table["amplitude"].isna(),
        "flat year": table["season_correlation"].isna(),
    }
    found = pd.Series(np.select(list(rules.values()), list(rules), default=""), dtype="str")
    return found.where(found != "")


def _effort(
    facts: pd.DataFrame,
    regions: pd.Series,
    totals: np.ndarray,
    history: np.ndarray,
    contacts: pd.DataFrame,
    *,
    end: int,
    min_periods: int,
) -> np.ndarray:
    """Correlate contacts with revenue month by month, from where both the region's sales and the records begin."""
    require(contacts, "contacts", ["client_id", "month", "n_contacts"])
    made = _monthly(facts, regions, contacts, "n_contacts", end=end, n_months=2 * YEAR)
    recorded = end - _first_month(contacts, end) + 1
    n = np.minimum(np.minimum(history, recorded), 2 * YEAR)
    counted = np.arange(2 * YEAR) >= 2 * YEAR - n[:, None]
    return np.where(n >= min_periods, _correlation(made, totals[:, -2 * YEAR :], counted), np.nan)


def _correlation(left: np.ndarray, right: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """Return Pearson's correlation row by row over the counted columns; missing where a side has no variance."""
    n = np.maximum(counted.sum(axis=1, keepdims=True), 1)
    sides, varied = [], np.ones(len(left), dtype=bool)
    for side in (left, right):
        spread = (side - (side * counted).sum(axis=1, keepdims=True) / n) * counted
        varied &= np.abs(spread).max(axis=1, initial=0) > TOLERANCE * np.abs(side).max(axis=1, initial=1)
        sides.append(spread)
    product = np.sqrt((sides[0] ** 2).sum(axis=1) * (sides[1] ** 2).sum(axis=1))
    return np.clip((sides[0] * sides[1]).sum(axis=1) / np.where(varied, product, np.nan), -1, 1)
