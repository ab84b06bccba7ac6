"""Estimated load (M14): a firm that records no work types costs and standard minutes, and the orders are counted."""

from collections.abc import Collection, Mapping
from datetime import date
from math import isfinite

import pandas as pd

from clientbase.errors import SettingError, require

DRIVERS = ("order", "line", "return", "delivery", "contact", "complaint")
COUNT_BY_DRIVER = {  # column of facts; contacts have a table of their own
    "order": "n_orders",
    "line": "n_lines",
    "return": "n_returns",
    "delivery": "n_delivered",
    "complaint": "n_complaints",
}
DRIVER_BY_ACTIVITY = {
    "order_processing": "order",
    "invoice": "order",
    "shipment": "delivery",
    "call": "contact",
    "meeting": "contact",
    "complaint": "complaint",
}
TYPED_NUMBERS = ("cost", "heads", "hours")
YEAR_MONTHS = 12


def driver_counts(facts: pd.DataFrame, contacts: pd.DataFrame | None) -> pd.DataFrame:
    """Count in the orders what causes work.

    Args:
        facts: one row per client_id, of the window; any of n_orders, n_lines, n_returns, n_delivered, n_complaints.
        contacts: one row per client_id, of the window; n_contacts. None where contacts are not recorded.

    Returns:
        One row per client_id of facts x driver that can be counted, by client_id, then driver in the order of DRIVERS:
        quantity (0 where there was none; missing counts are left out).

    Source: METHOD section 16, gates of section 1.
    """
    require(facts, "facts", ["client_id"])
    counts = {driver: facts[name].astype(float) for driver, name in COUNT_BY_DRIVER.items() if name in facts}
    if contacts is not None:
        require(contacts, "contacts", ["client_id", "n_contacts"])
        sums = contacts["n_contacts"].astype(float).groupby(contacts["client_id"]).sum()
        counts["contact"] = facts["client_id"].map(sums).astype(float).fillna(0.0)
    known = [driver for driver in DRIVERS if driver in counts]
    wide = facts[["client_id"]].assign(**{driver: counts[driver] for driver in known})
    long = wide.melt("client_id", var_name="driver", value_name="quantity").dropna(subset="quantity")
    long = long.astype({"driver": "str", "quantity": "float64"})
    return long.sort_values("client_id", kind="stable", ignore_index=True)


def default_driver(activity_type: str) -> str | None:
    """Return what is counted in the orders for a kind of work; None where they do not show it."""
    return DRIVER_BY_ACTIVITY.get(activity_type)


def estimated_work(counts: pd.DataFrame, standards: pd.DataFrame) -> pd.DataFrame:
    """Estimate the work for each client from counts and standard minutes.

    Args:
        counts: result of driver_counts.
        standards: one row per department x activity_type; standard_minutes (for one of the driver), driver. Where driver is
            absent or missing, default_driver stands for it; standards without any are in uncounted.

    Returns:
        One row per client_id x department x activity_type with something to count, in this order: minutes, quantity, n_rows
        (whole quantity), n_unpriced (0): the form in which recorded work comes. A client with nothing to count has no row.

    Source: METHOD section 16.
    """
    require(counts, "driver_counts", ["client_id", "driver", "quantity"])
    work = counts[counts["quantity"] > 0].merge(_driven(standards).dropna(subset="driver"), on="driver")
    work = work.assign(minutes=work["quantity"] * work["standard_minutes"])
    keys = ["client_id", "department", "activity_type"]
    work = work.groupby(keys)[["minutes", "quantity"]].sum().reset_index()
    return work.assign(n_rows=work["quantity"].round().astype("int64"), n_unpriced=0)


def uncounted(standards: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """List the standards that the estimate leaves out.

    Args:
        standards: as for estimated_work.
        counts: result of driver_counts.

    Returns:
        One row per department x activity_type left out, in this order: driver (missing if none), standard_minutes,
        uncounted_reason: "no driver" (nothing in the orders shows this work), "no count" (the study does not have it).
    """
    require(counts, "driver_counts", ["driver"])
    table = _driven(standards)
    table = table[~table["driver"].isin(counts["driver"].unique())]
    reason = table["driver"].map(lambda _: "no count", na_action="ignore").astype("str").fillna("no driver")
    table = table.assign(uncounted_reason=reason.astype("str"))
    return table.sort_values(["department", "activity_type"], ignore_index=True)


def typed_departments(typed: Mapping[str, Mapping[str, float]], *, start: date, months: int) -> pd.DataFrame:
    """Spread the typed numbers of a year over the months of the window.

    Args:
        typed: by department, cost (money a year), heads, hours (paid, of one head a year).
        start: first day of the window.
        months: of the window.

    Returns:
        One row per department x period (first day of each month of the window), in this order: cost, headcount,
        hours_per_head; a twelfth of the year each month.

    Source: METHOD section 16. Raises SettingError for numbers that are missing, unknown or below 0.
    """
    _check_typed(typed, "typed_departments", TYPED_NUMBERS)
    for department, row in typed.items():
        if missing := [name for name in TYPED_NUMBERS if name not in row]:
            raise SettingError(
                f"[load] typed_departments in study.toml, '{department}' lacks {missing}; need {list(TYPED_NUMBERS)}: "
                "cost a year, heads, paid hours of one head a year."
            )
        if not row["heads"] > 0 or not row["hours"] > 0:
            raise SettingError(
                f"[load] typed_departments in study.toml, '{department}': heads and hours must be above 0, or nobody could do "
                "the work."
            )
    periods = pd.DataFrame({"period": pd.date_range(pd.Timestamp(start).replace(day=1), periods=months, freq="MS")})
    rows = [(name, row["cost"] / YEAR_MONTHS, row["heads"], row["hours"] / YEAR_MONTHS) for name, row in sorted(typed.items())]
    numbers = ["cost", "headcount", "hours_per_head"]
    table = pd.DataFrame(rows, columns=["department", *numbers])
    table = table.astype({"department": "str"} | dict.fromkeys(numbers, "float64")).merge(periods, how="cross")
    return table[["department", "period", *numbers]]


def typed_standards(typed: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    """Return the typed minutes as standards.

    Args:
        typed: by department, minutes for one of each driver.

    Returns:
        One row per department x driver, by department, then driver in the order of DRIVERS: activity_type (the driver
        itself, which says more of the work than a kind guessed for it), driver, standard_minutes.

    Source: METHOD section 16. Raises SettingError for an unknown driver or minutes below 0.
    """
    _check_typed(typed, "typed_minutes", DRIVERS)
    rows = [(name, driver, driver, row[driver]) for name, row in sorted(typed.items()) for driver in DRIVERS if driver in row]
    table = pd.DataFrame(rows, columns=["department", "activity_type", "driver", "standard_minutes"])
    return table.astype({"department": "str", "activity_type": "str", "driver": "str", "standard_minutes": "float64"})


def load_form(rates: pd.DataFrame, standards: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Show the estimate as people see it: how many minutes each count makes of a department's time.

    Args:
        rates: result of department_rates.
        standards: as for estimated_work; those without a driver are in uncounted alone.
        counts: result of driver_counts.

    Returns:
        One row per department x driver with a standard, by department, then driver in the order of DRIVERS: standard_minutes
        (of all its activities together), quantity (of all clients; missing where the study does not count it), minutes,
        capacity_share (of capacity_minutes; missing without capacity).

    Source: METHOD section 16.
    """
    require(rates, "department_rates", ["department", "capacity_minutes"])
    require(counts, "driver_counts", ["driver", "quantity"])
    form = _driven(standards).dropna(subset="driver").groupby(["department", "driver"])["standard_minutes"].sum().reset_index()
    form = form.assign(quantity=form["driver"].map(counts.groupby("driver")["quantity"].sum()).astype(float))
    minutes = form["standard_minutes"] * form["quantity"]
    capacity = form["department"].map(rates.set_index("department")["capacity_minutes"]).astype(float)
    form = form.assign(minutes=minutes, capacity_share=minutes / capacity.where(capacity > 0))
    place = form["driver"].map(DRIVERS.index)
    return form.assign(place=place).sort_values(["department", "place"], ignore_index=True).drop(columns="place")


def _driven(standards: pd.DataFrame) -> pd.DataFrame:
    """Return department, activity_type, driver, standard_minutes, with the default driver where none is given."""
    require(standards, "activity_standards", ["department", "activity_type", "standard_minutes"])
    given = standards.reindex(columns=["driver"])["driver"].astype("str")
    if unknown := sorted(set(given.dropna()) - set(DRIVERS)):
        raise SettingError(f"table 'activity_standards' has the drivers {unknown}; the drivers are {list(DRIVERS)}.")
    table = standards[["department", "activity_type", "standard_minutes"]]
    driver = given.fillna(standards["activity_type"].map(DRIVER_BY_ACTIVITY).astype("str"))
    return table.assign(driver=driver)[["department", "activity_type", "driver", "standard_minutes"]]


def _check_typed(typed: Mapping[str, Mapping[str, float]], setting: str, names: Collection[str]) -> None:
    """Refuse names nobody reads and values that are no amounts."""
    for department, row in typed.items():
        where = f"[load] {setting} in study.toml, '{department}'"
        if not isinstance(row, Mapping):
            raise SettingError(f"{where} is {row!r}; need numbers with names out of {list(names)}.")
        if unknown := sorted(set(row) - set(names)):
            raise SettingError(f"{where} names {unknown}; the names are {list(names)}.")
        for name, value in row.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or value < 0:
                raise SettingError(f"{where}: {name} is {value!r}; it must be a number from 0 up.")
