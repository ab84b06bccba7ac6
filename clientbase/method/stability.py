"""Stability of purchases (M06): on whose purchases can we plan?

The series of a client is summed from its sparse months, never laid out as a matrix of clients and months: what is not
there is a zero that only the number of periods counts.
"""

import numpy as np
import pandas as pd

from clientbase.errors import SettingError, require
from clientbase.method.common import SHARE_CLASSES, TOLERANCE, XYZ_CLASSES, at_least, ordered

YEAR = 12
CLASS_BY_REASON = {
    "returns only": "n", "short history": "n", "no net revenue": "Z", "steady": "X", "swings": "Y", "unsteady": "Z",
}  # fmt: skip
ACTIONS = {  # METHOD section 8; a class without row takes no action here
    ("A", "X"): "partner terms",
    ("A", "Y"): "plan by quarter",
    ("A", "Z"): "personal control",
    ("B", "X"): "automatic orders",
    ("B", "Y"): "order calendar",
    ("B", "Z"): "event offers",
    ("C", "X"): "standing order",
    ("C", "Y"): "self-service",
    ("C", "Z"): "catalogue only",
    ("D", "X"): "portal or dealer",
    ("D", "Y"): "portal or dealer",
    ("D", "Z"): "clean-up list",
}
PLANNED = (("A", "X"), ("A", "Y"), ("B", "X"), ("B", "Y"))  # the cells with which purchases can be planned


def stability(
    facts: pd.DataFrame,
    months: pd.DataFrame,
    *,
    end: int,
    length: int,
    n_periods: int,
    trailing: str,
    index: np.ndarray | None,
) -> pd.DataFrame:
    """Measure how steady the net revenue of each client is from period to period.

    A series begins with the period of the first purchase, or with the rhythm window if that is later: what lies before
    is absent, not zero. Periods without lines in between are zeros.

    Args:
        facts: one row per client_id; first_purchase_date, last_deal_date (missing without deals).
        months: one row per client_id x month (its first day) with order lines; revenue (net, money). Clients that facts
            lacks are left out.
        end: month number (year * 12 + month - 1) of the window's last month.
        length: months of one period, counted back from end.
        n_periods: complete periods of the rhythm window.
        trailing: "zeros" counts the periods after the last purchase as they are, mostly zeros; "cut" ends the series with
            the period of the last purchase.
        index: seasonal index of the twelve calendar months, January first, by which revenue is divided; None for none.

    Returns:
        facts plus n_series (periods of the series; 0 without purchase), n_nonzero (periods with lines), series_mean (money a
        period), series_sd (population standard deviation, money), cv (series_sd / series_mean; missing when the mean is not
        positive or there is no series).

    Source: METHOD sections 8 and 2.2. Raises SettingError when trailing is another word.
    """
    require(facts, "facts", ["client_id", "first_purchase_date", "last_deal_date"])
    require(months, "months", ["client_id", "month", "revenue"])
    if trailing not in ("zeros", "cut"):
        raise SettingError(f"setting 'trailing' is {trailing!r}; it must be 'zeros' or 'cut'.")
    oldest = np.minimum(_back(facts["first_purchase_date"], end) // length, n_periods - 1)
    latest = _back(facts["last_deal_date"], end) // length if trailing == "cut" else np.zeros(len(facts))
    latest = np.clip(latest, 0, oldest)
    row, period, revenue = _period_sums(facts["client_id"], months, end=end, length=length, n_periods=n_periods, index=index)
    inside = (period <= oldest[row]) & (period >= latest[row])
    row, revenue = row[inside], revenue[inside]
    n_series = np.where(np.isnan(oldest), 0, oldest - latest + 1).astype("int64")
    return facts.assign(**_moments(row, revenue, n_series))


def xyz_classes(
    series: pd.DataFrame, *, x_to: float, y_to: float, min_periods: int, end: int, silent_months: int
) -> pd.DataFrame:
    """Class the clients with orders in the window by the stability of their purchases.

    Args:
        series: result of stability, with n_orders of the window.
        x_to: coefficient of variation up to which purchases are steady (X, inclusive).
        y_to: coefficient up to which they swing (Y, inclusive); above it Z.
        min_periods: shorter series are "n", new; so are clients of whom the data hold returns but no purchase.
        end: month number of the window's last month.
        silent_months: last months without a deal from which a client is silent.

    Returns:
        series plus xyz (ordered X, Y, Z, n; missing without orders in the window), xyz_reason ("steady", "swings",
        "unsteady", "no net revenue", "short history", "returns only"; missing with xyz), is_silent.

    Source: METHOD section 8 [S2 names the classes, the bounds are ours]. Raises SettingError when y_to is not above x_to.
    """
    require(series, "stability", ["client_id", "n_orders", "n_series", "series_mean", "cv", "last_deal_date"])
    if x_to >= y_to:
        raise SettingError(f"x_to is {x_to:g}, y_to {y_to:g}: the bounds must rise. Set y_to above x_to.")
    rules = [
        series["n_orders"] == 0,
        series["n_series"] == 0,
        series["n_series"] < min_periods,
        ~(series["series_mean"] > TOLERANCE),
        at_least(x_to, series["cv"]),
        at_least(y_to, series["cv"]),
    ]
    bought = (series["n_orders"] > 0).to_numpy()
    reasons = np.select(rules, ["", "returns only", "short history", "no net revenue", "steady", "swings"], "unsteady")
    reason = pd.Series(reasons, index=series.index, dtype="str").where(bought)
    silent = _back(series["last_deal_date"], end) >= silent_months
    return series.assign(xyz=ordered(reason.map(CLASS_BY_REASON), XYZ_CLASSES), xyz_reason=reason, is_silent=silent & bought)


def xyz_summary(classes: pd.DataFrame) -> pd.DataFrame:
    """Count clients and revenue by stability.

    Args:
        classes: result of xyz_classes with revenue (net, money).

    Returns:
        One row per class, X to n, also where it is empty: xyz, n_clients, client_share, revenue, revenue_share (of the
        clients with a class).
    """
    require(classes, "xyz_classes", ["xyz", "revenue"])
    groups = classes.groupby("xyz", observed=False)["revenue"]
    summary = pd.DataFrame({"n_clients": groups.size(), "revenue": groups.sum()}).rename_axis("xyz").reset_index()
    for part, column in (("client_share", "n_clients"), ("revenue_share", "revenue")):
        total = summary[column].sum()
        summary[part] = summary[column] / (total if total > 0 else np.nan)
    return summary[["xyz", "n_clients", "client_share", "revenue", "revenue_share"]]


def abc_xyz(classes: pd.DataFrame) -> pd.DataFrame:
    """Cross share classes with stability, and name what each cell calls for.

    Args:
        classes: result of xyz_classes with share_class and revenue (net, money).

    Returns:
        One row per cell of A to D x X, Y, Z, n, also where it is empty, then the cells of class L that occur: share_class,
        xyz, n_clients, n_silent, revenue, revenue_share (of all clients with a class), action (a value of ACTIONS; missing
        for n and L), is_planned.

    Source: METHOD section 8.
    """
    require(classes, "xyz_classes", ["share_class", "xyz", "is_silent", "revenue"])
    known = classes[classes["xyz"].notna()]
    keys = {"share_class": ordered(known["share_class"], SHARE_CLASSES), "xyz": ordered(known["xyz"], XYZ_CLASSES)}
    groups = known[["revenue", "is_silent"]].assign(**keys).groupby(list(keys), observed=False)
    cells = groups.sum().assign(n_clients=groups.size()).reset_index().rename(columns={"is_silent": "n_silent"})
    cells = cells[cells["share_class"].isin(list("ABCD")) | (cells["n_clients"] > 0)].reset_index(drop=True)
    pairs = list(zip(cells["share_class"].astype(str), cells["xyz"].astype(str), strict=True))
    total = cells["revenue"].sum()
    return cells.assign(
        revenue_share=cells["revenue"] / (total if total > 0 else np.nan),
        action=pd.Series([ACTIONS.get(pair) for pair in pairs], dtype="str"),
        is_planned=[pair in PLANNED for pair in pairs],
    )[["share_class", "xyz", "n_clients", "n_silent", "revenue", "revenue_share", "action", "is_planned"]]


def seasonal_index(months: pd.DataFrame, *, end: int) -> np.ndarray | None:
    """Return the company's index of the twelve calendar months, January first: month over the mean of its year.

    It is the mean of the last two years of twelve months. None when these are not both in the data, or a month's index is
    not positive, for then nothing can be divided by it.

    Args:
        months: one row per client_id x month (its first day); revenue (net, money).
        end: month number of the last month.

    Source: METHOD sections 8 and 11.
    """
    require(months, "months", ["month", "revenue"])
    back = _back(months["month"], end)
    if not (back >= 2 * YEAR - 1).any():
        return None
    inside = (back >= 0) & (back < 2 * YEAR)
    totals = np.bincount(back[inside].astype("int64"), weights=months["revenue"][inside], minlength=2 * YEAR)
    years = totals[::-1].reshape(2, YEAR)
    if not (years.sum(axis=1) > TOLERANCE).all():
        return None
    mean = (years / years.mean(axis=1, keepdims=True)).mean(axis=0)
    by_month = np.roll(mean, (end + 1) % YEAR)  # the first column is the month after end
    return by_month if (by_month > TOLERANCE).all() else None


def _back(dates: pd.Series, end: int) -> np.ndarray:
    """Return how many months each date lies before the month with number end; missing for a missing date."""
    dates = pd.to_datetime(dates)
    return end - (dates.dt.year * 12 + dates.dt.month - 1).to_numpy(dtype=float)


def _period_sums(
    clients: pd.Series, months: pd.DataFrame, *, end: int, length: int, n_periods: int, index: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the net revenue of each client and period that has lines: row of the client, period back from end, sum."""
    number = end + 1 - length * n_periods
    first = np.datetime64(f"{number // YEAR:04}-{number % YEAR + 1:02}", "M")
    inside = months["month"].between(pd.Timestamp(first), pd.Timestamp(first + length * n_periods - 1)).to_numpy()
    stamps = months["month"].to_numpy()[inside].astype("datetime64[M]")
    revenue = months["revenue"].to_numpy(dtype=float)[inside]
    if index is not None:
        revenue = revenue / index[stamps.astype("int64") % YEAR]
    place = (stamps - first).astype("int64") // length  # of the period, the oldest first
    client, ids = _runs(months["client_id"][inside])
    key, sums = _summed(client * n_periods + place, revenue)
    row, period = _rows_of(ids, clients)[key // n_periods], n_periods - 1 - key % n_periods
    known = row >= 0
    return row[known], period[known], sums[known]


def _rows_of(ids: pd.Series, clients: pd.Series) -> np.ndarray:
    """Return the row of each id among the clients, -1 for none; factorizing is twice as quick as an index of texts."""
    codes, _ = pd.factorize(pd.concat([clients, ids], ignore_index=True))
    row = np.full(codes.max(initial=-1) + 1, -1)
    row[codes[: len(clients)]] = np.arange(len(clients))
    return row[codes[len(clients) :]]


def _runs(ids: pd.Series) -> tuple[np.ndarray, pd.Series]:
    """Return the number of each row's client, and the clients by number; quick where a client's rows stand together."""
    starts = ids.ne(ids.shift()).to_numpy(dtype=bool)
    first = ids[starts]
    if first.is_unique:
        return np.cumsum(starts) - 1, first
    codes, unique = pd.factorize(ids)
    return codes, pd.Series(unique)


def _summed(key: np.ndarray, amount: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Add up the amounts of equal keys; rows in the order of client and month, as the ledger keeps them, need no sorting."""
    if (key[1:] < key[:-1]).any():
        order = np.argsort(key, kind="stable")
        key, amount = key[order], amount[order]
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    return key[starts], np.add.reduceat(amount, starts) if len(starts) else amount


def _moments(row: np.ndarray, sums: np.ndarray, n_series: np.ndarray) -> dict[str, np.ndarray]:
    """Return mean and spread of each client's series; the periods without lines are its zeros."""
    size = len(n_series)
    n_nonzero = np.bincount(row, minlength=size)
    n = np.where(n_series > 0, n_series, np.nan)
    mean = np.bincount(row, weights=sums, minlength=size) / n
    squares = np.bincount(row, weights=(sums - mean[row]) ** 2, minlength=size) + (n_series - n_nonzero) * mean**2
    sd = np.sqrt(squares / n)
    return {
        "n_series": n_series,
        "n_nonzero": n_nonzero,
        "series_mean": mean,
        "series_sd": sd,
        "cv": sd / np.where(mean > TOLERANCE, mean, np.nan),
    }
