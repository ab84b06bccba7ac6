"""The base of source S5 as a worked case: what it prints, what arithmetic makes of that, and what a study's base has.

Nothing but the printed figures is data (data/worked_examples/s5_base); all else is computed from them or measured.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clientbase.errors import ClientbaseError, require
from clientbase.method import concentration
from clientbase.method.common import TOLERANCE, at_least, below

if TYPE_CHECKING:
    from clientbase.structure import Structure

PACKAGE = Path(__file__).parent
PLACES = (PACKAGE / "examples", PACKAGE.parent / "data" / "worked_examples")
LARGEST = ("largest_tenth", "largest_fifth")  # claims on the largest clients
LOWEST = ("small_revenue", "dust_revenue")  # claims that clients bring "less than" a share
ROUND_NUMBER, ROUND_SHARE = 10, 0.05  # [ours] the printed figures are round: whole tens of clients, steps of five percent
COLUMNS = ("n_printed", "n_base_printed", "printed_client_share", "printed_revenue_share")
REVENUE = "revenue"  # what the source's shares are of

Figures = tuple[float, float, float]  # number, share of clients, share of revenue; NaN where a claim names none


def printed_claims() -> pd.DataFrame:
    """Return what the source prints.

    Returns:
        One row per claim, in the source's order: claim (key), n_printed and n_base_printed (so many out of how many),
        printed_client_share, printed_revenue_share (0..1; of the core's revenue in delivered_core, else of all; under which
        in LOWEST), text_en, text_ru. What a claim does not name is missing.

    Raises ClientbaseError where the file is not installed.
    """
    for place in PLACES:
        if (path := place / "s5_base" / "printed.csv").is_file():
            return pd.read_csv(path).astype(dict.fromkeys(COLUMNS, "float64"))
    raise ClientbaseError("the worked examples are not installed. Install clientbase again.")


def lowest_share(printed: pd.DataFrame, n: float, n_base: float) -> float:
    """Return the share of revenue, 0..1, that the lowest n clients bring at least, by what the largest bring together.

    Those above the lowest are no more than the fewest largest clients printed that hold them all, so they bring no more.

    Args:
        printed: result of printed_claims.
        n: how many clients are the lowest.
        n_base: clients of the base.
    """
    largest = printed[printed["claim"].isin(LARGEST) & at_least(printed["n_printed"], n_base - n)]
    return float(1 - largest["printed_revenue_share"].min()) if len(largest) else 0.0


def arithmetic(printed: pd.DataFrame) -> pd.DataFrame:
    """Set beside each claim what follows from the other printed figures.

    Args:
        printed: result of printed_claims.

    Returns:
        printed plus computed_number (clients that the printed share is of its base; not whole), computed_client_share (that
        the printed number is) and computed_revenue_share (in LOWEST: at least so much together); missing where nothing
        printed tells it.

    Source: METHOD sections 9 and 12 [S5].
    """
    require(printed, "printed_claims", ["claim", *COLUMNS])
    table = printed.assign(
        computed_number=printed["printed_client_share"] * printed["n_base_printed"],
        computed_client_share=printed["n_printed"] / printed["n_base_printed"],
        computed_revenue_share=np.nan,
    ).set_index("claim")
    revenue, number = table["printed_revenue_share"], table["computed_number"]
    for claim in LOWEST:
        floor = lowest_share(printed, *table.loc[claim, ["n_printed", "n_base_printed"]])
        table.loc[claim, "computed_revenue_share"] = floor if floor > TOLERANCE else np.nan
    core = revenue["delivered_core"] * revenue["largest_fifth"]
    table.loc["delivered_core_revenue", "computed_revenue_share"] = core
    table.loc["delivered_rest", "computed_revenue_share"] = revenue["delivered"] - core
    table.loc["delivered_rest", "computed_number"] = number["delivered"] - number["delivered_core"]
    return table.reset_index()


def verdicts(computed: pd.DataFrame) -> pd.DataFrame:
    """Judge each claim by arithmetic alone.

    Args:
        computed: result of arithmetic.

    Returns:
        computed plus verdict. For claims of "less than": "cannot be meant jointly" where the clients bring more together
        by the other figures, else "meant each", as the same words must be read alike. For the others: "right" where the
        figures agree; "rounded" where they differ by less than ROUND_NUMBER clients and ROUND_SHARE; "wrong" where by
        more; "nothing against it" where nothing else printed tells them.

    Source: METHOD sections 9 and 12 [S5]; the bounds of rounding are ours.
    """
    number = (computed["n_printed"] - computed["computed_number"]).abs()
    share = (computed["printed_revenue_share"] - computed["computed_revenue_share"]).abs()
    is_lowest = computed["claim"].isin(LOWEST)
    rules = {
        "cannot be meant jointly": is_lowest & at_least(computed["computed_revenue_share"], computed["printed_revenue_share"]),
        "meant each": is_lowest,
        "nothing against it": number.isna() & share.isna(),
        "right": ~(number > TOLERANCE) & ~(share > TOLERANCE),
        "rounded": ~at_least(number, ROUND_NUMBER) & ~at_least(share, ROUND_SHARE),
    }
    return computed.assign(verdict=np.select(list(rules.values()), list(rules), "wrong"))


class SourceExample:
    """The claims of the source beside one study's company, measured when first asked for."""

    def __init__(self, structure: Structure) -> None:
        self.structure = structure

    @cached_property
    def claims(self) -> pd.DataFrame:
        """One row per claim: printed, computed, verdict; n_found, found_client_share, found_revenue_share in the company.

        Of clients that each bring less than a share, found_revenue_share is what they bring together. Cohorts, regions and
        delivery are counted with the study's settings. Missing is what a claim does not name or the data do not show.
        """
        found = {**self._sizes(), **self._last_year(), **self._regions(), **self._delivery()}
        columns = ["n_found", "found_client_share", "found_revenue_share"]
        measured = pd.DataFrame.from_dict(found, orient="index", columns=columns, dtype="float64").rename_axis("claim")
        return verdicts(arithmetic(printed_claims())).merge(measured.reset_index(), how="left", on="claim", validate="1:1")

    @cached_property
    def ranked(self) -> pd.DataFrame:
        """One row per client of the company with positive revenue, largest first."""
        return self.structure.steps.named(concentration.rank_sizes(self.structure.steps.company, REVENUE))

    @property
    def has_its_sizes(self) -> bool:
        """Whether the company meets all that the source prints on sizes, "less than" meant of each client."""
        table = self.claims.set_index("claim")
        counts = table.loc[[*LARGEST, "small_clients", *LOWEST]]
        shares = table.loc[list(LARGEST)]
        gaps = (shares["found_revenue_share"] - shares["printed_revenue_share"]).abs()
        return bool((counts["n_found"] == counts["n_printed"]).all() and below(gaps, 0.005).all())  # in whole percent

    def _sizes(self) -> dict[str, Figures]:
        """Measure the largest of the printed shares of clients, and those that each bring less than the printed ones."""
        own, printed = self.ranked["own_share"], printed_claims().set_index("claim")
        if own.empty:
            return {}
        found: dict[str, Figures] = {}
        for claim in LARGEST:
            n = max(1, round(printed.loc[claim, "printed_client_share"] * len(own)))
            found[claim] = (n, n / len(own), own.head(n).sum())
        for claim in LOWEST:
            low = own[below(own, printed.loc[claim, "printed_revenue_share"])]
            found[claim] = (len(low), len(low) / len(own), low.sum())
        return {**found, "small_clients": (*found["small_revenue"][:2], np.nan)}

    def _last_year(self) -> dict[str, Figures]:
        """Measure the clients won in the calendar year in which the window ends."""
        summary = self.structure.cohort_summary
        last = summary[summary["cohort"].astype("str") == str(self.structure.steps.window.end.year)]
        return {} if last.empty else {"last_year": tuple(last[["n_clients", "client_share", "revenue_share"]].iloc[0])}

    def _regions(self) -> dict[str, Figures]:
        table = self.structure.regions
        if table is None:
            return {}
        carrying = table[table["is_carrying"]]
        return {"regions": (len(carrying), np.nan, carrying["revenue_share"].sum())}

    def _delivery(self) -> dict[str, Figures]:
        cross = self.structure.delivery_cross
        if cross is None:
            return {}
        served = cross[cross["is_delivered"].fillna(value=False)].set_index("part")
        core, rest = served.loc["core"], served.loc["rest"]
        names = ["n_clients", "client_share", "revenue_share"]
        return {
            "delivered": tuple(core[name] + rest[name] for name in names),
            "delivered_core": (core["n_clients"], core["part_client_share"], core["part_revenue_share"]),
            "delivered_core_revenue": (np.nan, np.nan, core["revenue_share"]),
            "delivered_rest": (rest["n_clients"], np.nan, rest["revenue_share"]),
        }
