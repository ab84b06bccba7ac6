"""Sayings of the trade (M21): what is commonly said of client bases, tested on this one and never assumed."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clientbase.errors import DataError, require
from clientbase.method.common import TOLERANCE, ordered

VERDICTS = ("confirmed", "higher", "lower", "no data")
RETENTION_PAYS = "retention pays"
CLAIMED_STEP = 0.05  # the saying of retention speaks of five points


@dataclass(frozen=True)
class Claim:
    """What a saying claims: between low and high, in its unit (share, times, months, contacts a year)."""

    unit: str
    low: float
    high: float


CLAIMS = {  # METHOD section 23 [S2]
    "few bring most": Claim("share", 0.80, 0.80),
    "new costs more": Claim("times", 5.0, 10.0),
    "half are lost": Claim("share", 0.50, 0.50),
    "repaid in a year": Claim("months", 12.0, 12.0),
    "half unprofitable": Claim("share", 0.50, 0.50),
    RETENTION_PAYS: Claim("share", 0.25, 0.55),
    "contacts with prospects": Claim("contacts", 6.0, 6.0),
    "contacts with clients": Claim("contacts", 4.0, 4.0),
}


def sayings(measures: pd.DataFrame, *, tolerance: float) -> pd.DataFrame:
    """Judge each saying by the base's own measure.

    Args:
        measures: one row per saying that was looked at (a key of CLAIMS): saying, own_value (in the saying's unit, missing
            without data), reason (why it is missing).
        tolerance: relative distance, 0..1, within which a saying is confirmed: own_value from low * (1 - tolerance) to
            high * (1 + tolerance).

    Returns:
        One row per saying of CLAIMS, in their order: saying, saying_unit, claim_low, claim_high, own_value, saying_verdict
        (confirmed, higher, lower, no data), saying_reason (where there is no data, as given).

    Source: METHOD section 23 [S2]. Raises DataError for a saying that is not among CLAIMS.
    """
    require(measures, "measures", ["saying", "own_value", "reason"])
    if unknown := sorted(set(measures["saying"]) - set(CLAIMS)):
        raise DataError(f"table 'measures': there is no saying {unknown[0]!r}; there are {', '.join(CLAIMS)}.")
    rows = [(saying, claim.unit, claim.low, claim.high) for saying, claim in CLAIMS.items()]
    table = pd.DataFrame(rows, columns=["saying", "saying_unit", "claim_low", "claim_high"])
    table = table.merge(measures[["saying", "own_value", "reason"]], on="saying", how="left", validate="1:1")
    own = table["own_value"].astype("float64")
    is_lower = own < table["claim_low"] * (1 - tolerance) - TOLERANCE
    is_higher = own > table["claim_high"] * (1 + tolerance) + TOLERANCE
    verdict = np.select([own.isna(), is_lower, is_higher], ["no data", "lower", "higher"], "confirmed")
    return table.drop(columns=["own_value", "reason"]).assign(
        own_value=own, saying_verdict=ordered(verdict, VERDICTS), saying_reason=table["reason"].where(own.isna())
    )


def contact_rates(facts: pd.DataFrame, contacts: pd.DataFrame, *, first: int, end: int) -> pd.DataFrame:
    """Count the contacts a year with those that never bought and with clients, each while it was the one or the other.

    A client is looked at from the month of its first purchase, a prospect from that of the first contact (the whole window
    where it is not known). Contacts with a client before it bought belong to neither.

    Args:
        facts: one row per client_id; first_purchase_date, first_contact_date if known.
        contacts: one row per client_id x month (its first day): n_contacts.
        first: month number (year * 12 + month - 1) of the window's first month.
        end: month number of its last.

    Returns:
        Two rows: contact_kind ("prospects", "clients"), n_clients, n_contacts, client_months (months of the window they were
        known), contact_rate (contacts a year of one of them, missing without any).

    Source: METHOD sections 22 and 23 [S2].
    """
    require(facts, "facts", ["client_id", "first_purchase_date"])
    require(contacts, "contacts", ["client_id", "month", "n_contacts"])
    dates = facts.reindex(columns=["first_purchase_date", "first_contact_date"]).apply(pd.to_datetime)
    bought, known = (_month_numbers(dates[name]) for name in dates)
    is_client = bought <= end
    start = bought.where(is_client, known).fillna(first).clip(lower=first)
    span = facts[["client_id"]].assign(kind=np.where(is_client, "clients", "prospects"), start=start, span=end - start + 1)
    span = span[span["span"] > 0]
    inside = contacts.merge(span[["client_id", "kind", "start"]], on="client_id")
    month = _month_numbers(inside["month"])
    inside = inside[(month >= inside["start"]) & (month <= end)]
    kinds = ["prospects", "clients"]
    there = span.groupby("kind")["span"].agg(["size", "sum"]).reindex(kinds, fill_value=0)
    n_contacts = inside.groupby("kind")["n_contacts"].sum().reindex(kinds, fill_value=0).to_numpy(dtype="int64")
    client_months = there["sum"].to_numpy(dtype="float64")
    return pd.DataFrame(
        {
            "contact_kind": pd.Series(kinds, dtype="str"),
            "n_clients": there["size"].to_numpy(dtype="int64"),
            "n_contacts": n_contacts,
            "client_months": client_months.astype("int64"),
            "contact_rate": n_contacts * 12 / np.where(client_months > 0, client_months, np.nan),
        }
    )


def _month_numbers(days: pd.Series) -> pd.Series:
    """Return the number of each day's month, missing without a day."""
    return days.dt.year * 12 + days.dt.month - 1
