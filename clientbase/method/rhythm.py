"""Rhythm of the base: how often its clients buy, hence the period by which they are judged."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clientbase.errors import require
from clientbase.method.common import at_least

GRAIN_MONTHS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
GRAIN_DAYS = {"month": 45, "quarter": 135, "half-year": 270}  # the longest rhythm a grain is natural for; beyond: year
RHYTHM_PERIODS = 12  # METHOD 2.2: the rhythm window is the last 12 complete periods of the grain
MIN_DEAL_DAYS = 3  # two gaps; a single gap says nothing of a rhythm


def rhythm_periods(history_months: int, length: int) -> int:
    """Return how many complete periods of so many months the rhythm window has: 12, or as far as history goes."""
    return max(1, min(RHYTHM_PERIODS, history_months // length))


@dataclass(frozen=True)
class Rhythm:
    """Median and quartiles of the clients' rhythms in days (NaN when unknown), clients it rests on, natural grain."""

    days: float
    low_quartile: float
    high_quartile: float
    n_clients: int
    grain: str


def client_rhythms(deals: pd.DataFrame) -> pd.DataFrame:
    """Measure each client's rhythm: the median gap between successive deal days.

    Args:
        deals: one row per deal (net revenue > 0) of the whole history, with client_id and date. Several deals on
            one day are one deal day.

    Returns:
        One row per client_id: n_deal_days, median_gap_days (days, NaN with one deal day).

    Source: METHOD section 2.2. The ledger computes the same columns of facts inside the engine; this is their definition.
    """
    require(deals, "deals", ["client_id", "date"])
    days = deals[["client_id"]].assign(day=deals["date"].dt.normalize()).drop_duplicates()
    days = days.sort_values(["client_id", "day"], ignore_index=True)
    days["gap"] = days.groupby("client_id")["day"].diff().dt.days
    return days.groupby("client_id", as_index=False).agg(n_deal_days=("day", "size"), median_gap_days=("gap", "median"))


def base_rhythm(facts: pd.DataFrame, *, min_clients: int) -> Rhythm:
    """Measure the rhythm of the base: the median of the rhythms of clients with at least three deal days.

    Args:
        facts: one row per client_id of the scope; median_gap_days (days), n_deal_days.
        min_clients: with fewer such clients the rhythm is unknown, and the grain is the month.

    Source: METHOD section 2.2.
    """
    require(facts, "facts", ["median_gap_days", "n_deal_days"])
    rhythms = facts.loc[facts["n_deal_days"] >= MIN_DEAL_DAYS, "median_gap_days"]
    if len(rhythms) < max(min_clients, 1):
        return Rhythm(np.nan, np.nan, np.nan, len(rhythms), natural_grain(np.nan))
    low, middle, high = (float(rhythms.quantile(level)) for level in (0.25, 0.5, 0.75))
    return Rhythm(middle, low, high, len(rhythms), natural_grain(middle))


def natural_grain(days: float) -> str:
    """Return the period, a key of GRAIN_MONTHS, natural for a rhythm of so many days; the month when NaN (unknown).

    Source: METHOD section 2.2.
    """
    if np.isnan(days):
        return "month"
    return next((grain for grain, longest in GRAIN_DAYS.items() if at_least(longest, days)), "year")
