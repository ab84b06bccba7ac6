"""Client load (M14): what a minute of each department costs."""

from datetime import date

import numpy as np
import pandas as pd

from clientbase.errors import DataError, require
from clientbase.method.common import TOLERANCE

HOUR_MINUTES = 60
RECORDED, NO_COST = "recorded", "no cost"  # the bases of a rate that need no word of caution, and that have none


def department_rates(
    departments: pd.DataFrame, work: pd.DataFrame, *, start: date, end: date, practical_share: float
) -> pd.DataFrame:
    """Price a minute of each department: its cost over what it could work, or over what it worked where that is more.

    Unused capacity is charged to nobody, an overloaded department charges no more than it costs, and the minutes of internal
    work use capacity without reaching a client.

    Args:
        departments: one row per department x period (first day of a month): cost (money), headcount, hours_per_head (paid,
            of that month); practical_share (0..1) where it is known. Months without one of the numbers are no record.
        work: one row per client_id (missing: internal) x department x activity_type of the window; minutes.
        start: first day of the window.
        end: last day of the window; both in whole months.
        practical_share: part of the paid hours that is fit for work, 0..1, where departments does not say.

    Returns:
        One row per department of either table, by falling cost, then department: n_months (of the window, recorded), cost (of
        the window, money), capacity_minutes, client_minutes, internal_minutes, used_minutes, use_share (of capacity, above 1
        in overload), minute_rate (money), client_cost, internal_cost and unused_cost (which sum to cost), is_overloaded,
        rate_basis: "recorded" (all months of the window), "some months" (their mean stands for the others), "other months"
        (none lies in the window, the mean of those there stands for it), "no cost" (the department works and has no record:
        cost, capacity and rate are missing).

    Source: METHOD section 16 [S3]. Raises DataError for work in a department without capacity.
    """
    require(departments, "departments", ["department", "period", "cost", "headcount", "hours_per_head"])
    require(work, "work", ["client_id", "department", "minutes"])
    totals = _window_totals(departments, pd.Timestamp(start), pd.Timestamp(end), practical_share)
    rates = totals.join(_worked_minutes(work), how="outer").rename_axis("department").reset_index()
    names = ["n_months", "client_minutes", "internal_minutes"]
    rates = rates.assign(rate_basis=rates["rate_basis"].fillna(NO_COST), **rates[names].fillna(0).astype(float))
    used = rates["client_minutes"] + rates["internal_minutes"]
    _refuse_no_capacity(rates, used)
    capacity = rates["capacity_minutes"]
    is_overloaded = used > capacity + TOLERANCE
    largest = np.maximum(capacity, used)
    rates = rates.assign(
        n_months=rates["n_months"].astype("int64"),
        used_minutes=used,
        use_share=used / capacity.where(capacity > 0),
        minute_rate=rates["cost"] / largest.where(largest > 0),
        is_overloaded=is_overloaded,
    )
    return _shared_out(rates).sort_values(["cost", "department"], ascending=[False, True], ignore_index=True)


def _window_totals(departments: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp, practical_share: float) -> pd.DataFrame:
    """Return cost and capacity_minutes of the whole window by department (the index), n_months and rate_basis."""
    n_window = (end.year - start.year) * 12 + end.month - start.month + 1
    months = departments.dropna(subset=["cost", "headcount", "hours_per_head"])
    fit = months.reindex(columns=["practical_share"])["practical_share"].astype(float).fillna(practical_share)
    paid = months["headcount"].astype(float) * months["hours_per_head"].astype(float) * HOUR_MINUTES
    is_inside = pd.to_datetime(months["period"]).between(start, end)
    n_months = is_inside.groupby(months["department"]).sum()
    counts = is_inside | (months["department"].map(n_months) == 0)
    amounts = pd.DataFrame({"cost": months["cost"].astype(float), "capacity_minutes": paid * fit})[counts]
    totals = amounts.groupby(months.loc[counts, "department"]).mean() * n_window
    basis = np.select([n_months >= n_window, n_months > 0], [RECORDED, "some months"], "other months")
    return totals.assign(n_months=n_months, rate_basis=pd.Series(basis, index=n_months.index, dtype="str"))


def _worked_minutes(work: pd.DataFrame) -> pd.DataFrame:
    """Return client_minutes and internal_minutes by department, the index."""
    minutes, is_internal = work["minutes"].astype(float), work["client_id"].isna()
    parts = {"client_minutes": minutes.where(~is_internal, 0.0), "internal_minutes": minutes.where(is_internal, 0.0)}
    return pd.DataFrame(parts).groupby(work["department"]).sum()


def _refuse_no_capacity(rates: pd.DataFrame, used: pd.Series) -> None:
    """Refuse work that nobody could have done."""
    if (empty := (rates["capacity_minutes"] <= TOLERANCE) & (used > TOLERANCE)).any():
        raise DataError(
            f"table 'departments': {rates.loc[empty, 'department'].tolist()} worked {used[empty].sum():.0f} minutes in the "
            "window and have no capacity. Give headcount, hours_per_head and practical_share above 0, or correct the "
            "department of the work."
        )


def _shared_out(rates: pd.DataFrame) -> pd.DataFrame:
    """Divide the cost of each department among clients, internal work and capacity that was not used."""
    rate = rates["minute_rate"].fillna(0.0).where(rates["cost"].notna())
    client_cost, internal_cost = rate * rates["client_minutes"], rate * rates["internal_minutes"]
    unused_cost = (rates["cost"] - client_cost - internal_cost).mask(rates["is_overloaded"], 0.0)
    shared = rates.assign(client_cost=client_cost, internal_cost=internal_cost, unused_cost=unused_cost)
    return shared[
        [
            "department", "n_months", "cost", "capacity_minutes", "client_minutes", "internal_minutes", "used_minutes",
            "use_share", "minute_rate", "client_cost", "internal_cost", "unused_cost", "is_overloaded", "rate_basis",
        ]
    ]  # fmt: skip
