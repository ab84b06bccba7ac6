"""Cohorts (M08): are the clients won lately as good as those won before?"""

import numpy as np
import pandas as pd

from clientbase.errors import require
from clientbase.method.common import TOLERANCE, ordered, share

BEFORE_DATA = "before data"  # the cohort of clients whose first purchase the data cannot show
YEAR = 12


def cohorts(facts: pd.DataFrame) -> pd.DataFrame:
    """Sort the clients that ever purchased into cohorts: the calendar year of their first purchase.

    Args:
        facts: one row per client_id, all clients of the company; first_purchase_date, is_before_data, exposure_months
            (0 without a purchase up to the window's end, so a first purchase after it makes no cohort yet).

    Returns:
        The rows of facts with a purchase, in their order, plus cohort: "before data", then the years as text ("2023"),
        ordered.

    Source: METHOD sections 10 and 2, point 11.
    """
    require(facts, "facts", ["client_id", "first_purchase_date", "is_before_data", "exposure_months"])
    bought = facts[facts["exposure_months"] > 0].reset_index(drop=True)
    names = bought["first_purchase_date"].dt.year.astype("str").mask(bought["is_before_data"], BEFORE_DATA)
    return bought.assign(cohort=ordered(names, (BEFORE_DATA, *sorted(set(names) - {BEFORE_DATA}))))


def cohort_summary(clients: pd.DataFrame, *, last_year: int, is_last_year_partial: bool, min_clients: int) -> pd.DataFrame:
    """Set each cohort's share of the clients against its share of the revenue of the window.

    Args:
        clients: the result of cohorts; n_deals, revenue and, where known, margin of the window (net, money).
        last_year: calendar year in which the window ends.
        is_last_year_partial: whether the window ends before that year does, so that its cohort still grows.
        min_clients: with fewer clients a cohort is small: too few cases for statistics.

    Returns:
        One row per cohort, oldest first: n_won (clients ever), n_clients (with a deal in the window), client_share (of
        these), revenue, revenue_share, value_index (revenue_share / client_share); margin and margin_share where known;
        revenue_per_client and margin_per_client (per client with a deal); is_small, is_partial. Shares of a total that is
        not positive and what needs clients with a deal are missing.

    Source: METHOD section 10 [S5].
    """
    require(clients, "cohorts", ["cohort", "n_deals", "revenue"])
    money = [name for name in ("revenue", "margin") if name in clients]
    groups = clients.assign(n_clients=clients["n_deals"] > 0).groupby("cohort", observed=True)
    table = groups[["n_clients", *money]].sum().assign(n_won=groups.size()).reset_index()
    table["client_share"] = share(table["n_clients"], table["n_clients"].sum())
    n_buyers = table["n_clients"].where(table["n_clients"] > 0)
    for name in money:
        table[f"{name}_share"] = share(table[name], table[name].sum())
        table[f"{name}_per_client"] = table[name] / n_buyers
    table["value_index"] = table["revenue_share"] / table["client_share"].where(table["client_share"] > 0)
    table["is_small"] = table["n_won"] < min_clients
    table["is_partial"] = is_last_year_partial & (_years(table["cohort"]) == last_year)
    columns = [
        "cohort", "n_won", "n_clients", "client_share", "revenue", "revenue_share", "value_index", "margin", "margin_share",
        "revenue_per_client", "margin_per_client", "is_small", "is_partial",
    ]  # fmt: skip
    return table[[name for name in columns if name in table]]


def same_age(clients: pd.DataFrame, months: pd.DataFrame, *, end: int, age_months: int) -> pd.DataFrame:
    """Compare the cohorts at the same age: what a client brought in its first months, since a younger one had less time.

    Args:
        clients: the result of cohorts.
        months: one row per client_id x month (its first day) with order lines, the whole history; revenue and, where
            known, margin (net, money). Lines of ids that clients lacks count for nobody.
        end: month number (year * 12 + month - 1) of the window's last month.
        age_months: months that count, the calendar month of the first purchase being the first.

    Returns:
        One row per cohort with clients all of whose first months lie in the data, oldest first: n_clients (these),
        revenue_per_client and, where known, margin_per_client (of these months), to_older (revenue_per_client over that
        of the clients of all older cohorts together; missing for the first, and where theirs is not positive). Younger
        clients and those of "before data" are left out.

    Source: METHOD section 10, same-age comparison.
    """
    require(clients, "cohorts", ["client_id", "first_purchase_date", "cohort"])
    require(months, "months", ["client_id", "month", "revenue"])
    money = [name for name in ("revenue", "margin") if name in months]
    month = _month_numbers(months["month"])
    started = _month_numbers(clients["first_purchase_date"])
    is_seen = (clients["cohort"] != BEFORE_DATA) & (started >= month.min()) & (started + age_months - 1 <= end)
    seen = clients.loc[is_seen, ["client_id", "cohort"]].assign(started=started[is_seen])
    lines = months[["client_id", *money]].assign(month=month).merge(seen, on="client_id")
    lines = lines[(lines["month"] - lines["started"]).between(0, age_months - 1)]
    counts = seen.groupby("cohort", observed=True).size().rename("n_clients")
    sums = lines.groupby("cohort", observed=True)[money].sum().reindex(counts.index, fill_value=0.0)
    older = sums["revenue"].cumsum().shift() / counts.cumsum().shift()
    per_client = sums.div(counts, axis=0)
    to_older = per_client["revenue"] / older.where(older > TOLERANCE)
    return pd.concat([counts, per_client.add_suffix("_per_client"), to_older.rename("to_older")], axis=1).reset_index()


def retention(clients: pd.DataFrame, months: pd.DataFrame, *, first: int, end: int, min_clients: int) -> pd.DataFrame:
    """Follow each cohort through the calendar years: the share of its clients with a deal in each.

    Args:
        clients: the result of cohorts.
        months: one row per client_id x month (its first day) with order lines; n_deals. Ids that clients lacks are ignored.
        first: month number (year * 12 + month - 1) of the first month of the data.
        end: month number of the window's last month.
        min_clients: with fewer clients a cohort is small: its shares are computed but say little.

    Returns:
        One row per cohort and calendar year from the cohort's own on, as far as the data reach; a year they do not show
        has no row. Oldest first: cohort, year (whole number), n_won (clients of the cohort), n_active (with a deal in that
        year), retention_share, is_small, is_partial (the year is not whole in the data).

    Source: METHOD section 10, retention triangle.
    """
    require(clients, "cohorts", ["client_id", "cohort"])
    require(months, "months", ["client_id", "month", "n_deals"])
    won = clients.groupby("cohort", observed=True).size().rename("n_won").reset_index()
    years = pd.DataFrame({"year": np.arange(first // YEAR, end // YEAR + 1)})
    table = won.merge(years, how="cross")
    table = table[~(table["year"] < _years(table["cohort"]))]  # "before data" has no year and is followed from the first
    table = table.merge(_active(clients, months, first=first, end=end), on=["cohort", "year"], how="left")
    table["n_active"] = table["n_active"].fillna(0).astype("int64")
    table["retention_share"] = table["n_active"] / table["n_won"]
    table["is_small"] = table["n_won"] < min_clients
    table["is_partial"] = (table["year"] * YEAR < first) | (table["year"] * YEAR + YEAR - 1 > end)
    columns = ["cohort", "year", "n_won", "n_active", "retention_share", "is_small", "is_partial"]
    return table.sort_values(["cohort", "year"], ignore_index=True)[columns]


def _active(clients: pd.DataFrame, months: pd.DataFrame, *, first: int, end: int) -> pd.DataFrame:
    """Count for each cohort and year the clients with a deal (n_active); pairs without one have no row."""
    month = _month_numbers(months["month"])
    is_deal = (months["n_deals"] > 0) & month.between(first, end)
    deals = months.loc[is_deal, ["client_id"]].assign(year=month[is_deal] // YEAR).drop_duplicates()
    pairs = deals.merge(clients[["client_id", "cohort"]], on="client_id").groupby(["cohort", "year"], observed=True)
    return pairs.size().rename("n_active").reset_index()


def _month_numbers(dates: pd.Series) -> pd.Series:
    """Return the number of each date's month: year * 12 + month - 1."""
    return dates.dt.year * YEAR + dates.dt.month - 1


def _years(cohort: pd.Series) -> pd.Series:
    """Return the calendar year of each cohort, missing for "before data"."""
    return pd.to_numeric(cohort.astype("str"), errors="coerce")
