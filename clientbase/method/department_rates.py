"""Client load (M14): what a minute of each department costs."""

from datetime import date

import numpy as np
import pandas as pd

from clientbase.errors import DataError, require
from clientbase.method.common import TOLERANCE

HOUR_MINUTES = 60
RECORDED, NO_COST = "recorded", "no cost"  # the bases of a rate that need no word of caution, and that have none


def department_totals(departments: pd.DataFrame, work: pd.DataFrame, *, start: date, end: date) -> pd.DataFrame:
    """Sum up what the departments cost, were paid for and worked in the window.

    Args:
        departments: one row per department x period (first day of a month): cost (money), headcount, hours_per_head (paid,
            of that month); practical_share (0..1) where it is known. Months without one of the numbers are no record.
        work: one row per client_id (missing: internal) x department x activity_type of the window; minutes.
        start: first day of the window.
        end: last day of the window; both in whole months.

    Returns:
        One row per department of either table, by name: n_months (of the window, recorded), cost (of the window, money),
        stated_minutes (fit for work where departments says what part is), paid_minutes (of the months where it does not),
        client_minutes, internal_minutes, rate_basis: "recorded" (all months of the window), "some months" (their mean
        stands for the others), "other months" (none lies in the window, the mean of those there stands for it), "no cost"
        (the department works and has no record: cost and minutes paid for are missing).

    Source: METHOD section 16 [S3].
    """
    require(departments, "departments", ["department", "period", "cost", "headcount", "hours_per_head"])
    require(work, "work", ["client_id", "department", "minutes"])
    totals = _window_totals(departments, pd.Timestamp(start), pd.Timestamp(end))
    totals = totals.join(_worked_minutes(work), how="outer").rename_axis("department").reset_index()
    names = ["n_months", "client_minutes", "internal_minutes"]
    filled = totals[names].fillna(0).astype({"n_months": "int64", "client_minutes": float, "internal_minutes": float})
    return totals.assign(rate_basis=totals["rate_basis"].fillna(NO_COST), **filled)


def department_rates(totals: pd.DataFrame, *, practical_share: float) -> pd.DataFrame:
    """Price a minute of each department: its cost over what it could work, or over what it worked where that is more.

    Unused capacity is charged to nobody, an overloaded department charges no more than it costs, and the minutes of internal
    work use capacity without reaching a client.

    Args:
        totals: result of department_totals.
        practical_share: part of the paid hours that is fit for work, 0..1, where the department does not say.

    Returns:
        One row per department, by falling cost, then department: n_months, cost (of the window, money), capacity_minutes,
        client_minutes, internal_minutes, used_minutes, use_share (of capacity, above 1 in overload), minute_rate (money),
        client_cost, internal_cost and unused_cost (which sum to cost), is_overloaded, rate_basis. Without a record cost,
        capacity and rate are missing.

    Source: METHOD section 16 [S3]. Raises DataError for work in a department without capacity.
    """
    columns = ["department", "cost", "stated_minutes", "paid_minutes", "client_minutes", "internal_minutes", "rate_basis"]
    require(totals, "department_totals", columns)
    capacity = totals["stated_minutes"] + totals["paid_minutes"] * practical_share
    used = totals["client_minutes"] + totals["internal_minutes"]
    _refuse_no_capacity(totals["department"], capacity, used)
    largest = np.maximum(capacity, used)
    rates = totals.assign(
        capacity_minutes=capacity,
        used_minutes=used,
        use_share=used / capacity.where(capacity > 0),
        minute_rate=totals["cost"] / largest.where(largest > 0),
        is_overloaded=used > capacity + TOLERANCE,
    )
    return _shared_out(rates).sort_values(["cost", "department"], ascending=[False, True], ignore_index=True)


def _window_totals(departments: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Return cost and the minutes paid for of the whole window by department (the index), n_months and rate_basis."""
    n_window = (end.year - start.year) * 12 + end.month - start.month + 1
    months = departments.dropna(subset=["cost", "headcount", "hours_per_head"])
    stated = months.reindex(columns=["practical_share"])["practical_share"].astype(float)
    paid = months["headcount"].astype(float) * months["hours_per_head"].astype(float) * HOUR_MINUTES
    is_inside = pd.to_datetime(months["period"]).between(start, end)
    n_months = is_inside.groupby(months["department"]).sum()
    counts = is_inside | (months["department"].map(n_months) == 0)
    amounts = {
        "cost": months["cost"].astype(float),
        "stated_minutes": (paid * stated).fillna(0.0),
        "paid_minutes": paid.where(stated.isna(), 0.0),
    }
    totals = pd.DataFrame(amounts)[counts].groupby(months.loc[counts, "department"]).mean() * n_window
    basis = np.select([n_months >= n_window, n_months > 0], [RECORDED, "some months"], "other months")
    return totals.assign(n_months=n_months, rate_basis=pd.Series(basis, index=n_months.index, dtype="str"))


def _worked_minutes(work: pd.DataFrame) -> pd.DataFrame:
    """Return client_minutes and internal_minutes by department, the index."""
    minutes, is_internal = work["minutes"].astype(float), work["client_id"].isna()
    parts = {"client_minutes": minutes.where(~is_internal, 0.0), "internal_minutes": minutes.where(is_internal, 0.0)}
    return pd.DataFrame(parts).groupby(work["department"]).sum()


def _refuse_no_capacity(departments: pd.Series, capacity: pd.Series, used: pd.Series) -> None:
    """Refuse work that nobody could have done."""
    if (empty := (capacity <= TOLERANCE) & (used > TOLERANCE)).any():
        raise DataError(
            f"table 'departments': {departments[empty].tolist()} worked {used[empty].sum():.0f} minutes in the "
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
