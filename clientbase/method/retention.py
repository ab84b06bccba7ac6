"""Retention (M21): how many clients stay from year to year, and what keeping more of them is worth."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clientbase.errors import require
from clientbase.method.common import TOLERANCE, at_least

Numbers = float | np.ndarray

YEAR_MONTHS = 12
SURVIVAL_YEARS = 5  # S2 speaks of five years
CERTAINTY = 0.95
MOST_RETENTION = 0.99  # METHOD section 23: nobody keeps all
GRID_STEP = 0.01


@dataclass(frozen=True)
class Retention:
    """How many of the clients of the window before bought again.

    retention: their part a year, 0..1, low to high its interval of 95 % (Wilson); survival_share: the part left after five
    years at that rate, survival_low to survival_high likewise. NaN without clients in the window before. is_annualised: the
    window is not a year long, so the rate was put on a year.
    """

    n_before: int
    n_kept: int
    retention: float
    low: float
    high: float
    survival_share: float
    survival_low: float
    survival_high: float
    is_annualised: bool


def retention(facts: pd.DataFrame, *, window_months: int) -> Retention:
    """Measure retention: clients with deals in both windows over clients with deals in the first.

    Args:
        facts: one row per client_id; n_deals of the window, previous_n_deals of as long a window before.
        window_months: length of a window.

    Source: METHOD section 23 [S2].
    """
    require(facts, "facts", ["n_deals", "previous_n_deals"])
    before = facts["previous_n_deals"] > 0
    n_before, n_kept = int(before.sum()), int((before & (facts["n_deals"] > 0)).sum())
    years = window_months / YEAR_MONTHS
    kept = n_kept / n_before if n_before else np.nan
    rates = [yearly_retention(kept_share, years=years) for kept_share in (kept, *wilson(n_kept, n_before))]
    lasting = [survival(rate, years=SURVIVAL_YEARS) for rate in rates]
    return Retention(n_before, n_kept, *rates, *lasting, is_annualised=window_months != YEAR_MONTHS)


def wilson(n_kept: int, n_before: int) -> tuple[float, float]:
    """Return the 95 % interval of a share by Wilson's score; NaN without clients."""
    from scipy.stats import binomtest

    if n_before == 0:
        return np.nan, np.nan
    found = binomtest(n_kept, n_before).proportion_ci(confidence_level=CERTAINTY, method="wilson")
    return float(found.low), float(found.high)


def yearly_retention(kept_share: Numbers, *, years: float) -> Numbers:
    """Return the retention a year that leaves kept_share after so many years."""
    return kept_share ** (1 / years)


def survival(retention: Numbers, *, years: float) -> Numbers:
    """Return the part of the clients left after so many years of a retention."""
    return retention**years


def retention_by_year(months: pd.DataFrame, *, first: int, end: int, window_months: int) -> pd.DataFrame:
    """Measure retention between successive windows, back from the last one as far as the data hold them whole.

    Args:
        months: one row per client_id x month (its first day); n_deals.
        first: month number (year * 12 + month - 1) of the first month of the data.
        end: month number of the window's last month.
        window_months: length of a window.

    Returns:
        One row per pair of successive windows, earliest first: period_end (last day of the later one), n_before, n_kept,
        retention (a year, 0..1), retention_low, retention_high (95 %, Wilson). Rates are missing where nobody bought in the
        earlier window. No row when the data hold fewer than two windows.

    Source: METHOD section 23.
    """
    require(months, "months", ["client_id", "month", "n_deals"])
    n_windows = (end - first + 1) // window_months
    back = end - (months["month"].dt.year * 12 + months["month"].dt.month - 1)
    is_inside = (months["n_deals"] > 0) & back.between(0, n_windows * window_months - 1)
    active = months.loc[is_inside, ["client_id"]].assign(place=back[is_inside] // window_months).drop_duplicates()
    again = active.assign(place=active["place"] + 1)  # a client active in a window was kept from the one before it
    places = range(n_windows - 1, 0, -1)
    n_before = active["place"].value_counts().reindex(places, fill_value=0)
    n_kept = active.merge(again, on=["client_id", "place"])["place"].value_counts().reindex(places, fill_value=0)
    bounds = [wilson(kept, before) for kept, before in zip(n_kept, n_before, strict=True)]
    rates = np.column_stack([n_kept / n_before.where(n_before > 0), np.array(bounds).reshape(-1, 2)]).astype("float64")
    ends = [
        pd.Period(year=last // 12, month=last % 12 + 1, freq="M").end_time.normalize()
        for last in _ends(places, end, window_months)
    ]
    rates = yearly_retention(rates, years=window_months / YEAR_MONTHS)
    return pd.DataFrame(
        {
            "period_end": pd.Series(ends, dtype="datetime64[us]"),
            "n_before": n_before.to_numpy(dtype="int64"),
            "n_kept": n_kept.to_numpy(dtype="int64"),
            "retention": rates[:, 0],
            "retention_low": rates[:, 1],
            "retention_high": rates[:, 2],
        }
    )


def lifetime_value(margin: Numbers, retention: Numbers, *, interest: float) -> Numbers:
    """Return m(1 + i) / (1 + i - r): the worth today of a client's margins, the first one now and all alike.

    Args:
        margin: of a year, money.
        retention: a year, 0..1; from 1 on the formula has no meaning, so the value is missing.
        interest: a year, share.

    Source: METHOD section 23.
    """
    is_lasting = at_least(retention, 1)
    return margin * (1 + interest) / np.where(is_lasting, np.nan, 1 + interest - retention)


def retention_effect(retention: float, *, interest: float, step: float) -> pd.DataFrame:
    """Tell by how much the value of a client rises when retention does.

    Args:
        retention: a year, 0..1; NaN when not known.
        interest: a year, share.
        step: the gain of retention, 0..1, taken once as points (r + step) and once as a part of it (r * (1 + step)).

    Returns:
        Two rows: step_kind ("points", "relative"), retention, retention_after (0.99 at most), effect_share (value after over
        value before, less 1; missing from a retention of 0.99 on, where there is no room), is_capped (the step would have led
        beyond 0.99).

    Source: METHOD section 23 [S2].
    """
    asked = np.array([retention + step, retention * (1 + step)])
    after, effect = _effect(np.array([retention, retention]), asked, interest)
    return pd.DataFrame(
        {
            "step_kind": pd.Series(["points", "relative"], dtype="str"),
            "retention": [retention, retention],
            "retention_after": after,
            "effect_share": effect,
            "is_capped": asked > MOST_RETENTION + TOLERANCE,
        }
    )


def retention_needed(effect: Numbers, *, interest: float, step: float) -> Numbers:
    """Return the retention at which step points more would raise the value of a client by effect.

    From (1 + i - r) / (1 + i - r - step) = 1 + u. Below 0 or above 1 no retention does.

    Args:
        effect: u, share, above 0.
        interest: a year, share.
        step: points of retention gained, share.

    Source: METHOD section 23.
    """
    return 1 + interest - step * (1 + effect) / effect


def value_by_retention(*, retention: float, margin: float, interest: float, step: float) -> pd.DataFrame:
    """Follow the value of a client over all rates of retention, the base's own among them.

    Args:
        retention: the base's own rate a year, 0..1; NaN when not known.
        margin: an average client's margin of a year, money.
        interest: a year, share.
        step: points of retention gained.

    Returns:
        One row per retention from 0 to 0.99, and of the own: retention, lifetime_value (money), retention_after, value_after
        (money, at that), effect_share (missing from 0.99 on), is_capped, is_own.

    Source: METHOD section 23, figure.
    """
    grid = np.round(np.arange(0, MOST_RETENTION + GRID_STEP / 2, GRID_STEP), 2)
    has_own = 0 <= retention < 1
    rates = np.unique(np.append(grid, retention)) if has_own else grid
    after, effect = _effect(rates, rates + step, interest)
    return pd.DataFrame(
        {
            "retention": rates,
            "lifetime_value": lifetime_value(margin, rates, interest=interest),
            "retention_after": after,
            "value_after": lifetime_value(margin, after, interest=interest),
            "effect_share": effect,
            "is_capped": rates + step > MOST_RETENTION + TOLERANCE,
            "is_own": rates == retention,
        }
    )


def _effect(before: np.ndarray, asked: np.ndarray, interest: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the retention reached and the relative gain of value; missing where there is no room for a gain."""
    after = np.where(at_least(before, MOST_RETENTION), np.nan, np.minimum(asked, MOST_RETENTION))
    return after, (1 + interest - before) / (1 + interest - after) - 1


def _ends(places: range, end: int, window_months: int) -> list[int]:
    """Return the number of the last month of the window that follows each place."""
    return [end - (place - 1) * window_months for place in places]
