"""Relationship levels (M04): how far each client has come from "knows nothing" to partner."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clientbase.errors import DataError, SettingError, require
from clientbase.method.common import LEVELS, TOLERANCE, ordered, places, share, written

HORIZON_MONTHS = 12  # deals older than this only tell a sleeping client from a stranger
BLOCK_PERIODS = 3  # a regular client (L5) buys in each of the last blocks of so many periods,
MIN_BLOCKS, MAX_BLOCKS = 2, 4  # as many blocks as the exposure fills, between these
MIN_DEALS_FOR_GAP = 3  # the client's own gap says something from here on
PERIOD_MONTHS = (1, 3, 6, 12)  # the grains of METHOD section 2.2
NEVER = 10**9  # a month number no study reaches

LEVEL_0, LEVEL_1, LEVEL_2, SLEEPING, LEVEL_3, LEVEL_4, LEVEL_5, LEVEL_6 = range(len(LEVELS))  # ranks in the order of LEVELS
NEXT_STEPS = {
    "L0": "make known",
    "L1": "find the need",
    "L2": "first deal",
    "S": "reactivate",
    "L3": "second deal",
    "L4": "steady rhythm",
    "L5": "monthly rhythm",
    "L6": "joint planning",
}


@dataclass(frozen=True)
class Moves:
    """Shares of the clients in both periods that rose and fell, their difference, and how many clients that is."""

    promoted_share: float
    demoted_share: float
    net: float
    n_clients: int


@dataclass(frozen=True)
class DealMonths:
    """The deals of each client month by month, as every rule of the ladder reads them."""

    counts: np.ndarray  # month x client, at most 2 a cell: no rule asks for more, and so a million clients fit
    first_month: int  # number (year * 12 + month - 1) of the first row

    def between(self, first: int, end: int) -> np.ndarray:
        """Return the rows of the months from first to before end; months beyond the rows have no deals."""
        start, stop = (min(max(month - self.first_month, 0), len(self.counts)) for month in (first, end))
        found = self.counts[start:stop]
        if stop - start == end - first:
            return found
        padded = np.zeros((end - first, self.counts.shape[1]), dtype=self.counts.dtype)
        above = self.first_month + start - first
        if len(found):
            padded[above : above + len(found)] = found
        return padded


@dataclass(frozen=True)
class _Ladder:
    """The rules of the levels over what a client bought month by month."""

    deals: DealMonths
    first_purchase: np.ndarray  # month number by client, NEVER without purchase
    partner_months: int
    max_missed: int
    every_months: int

    def recent(self, at: int, *, periods: int, months: int) -> np.ndarray:
        """Return periods x months x clients: the deals of so many periods up to at, oldest first."""
        return self.deals.between(at + 1 - periods * months, at + 1).reshape(periods, months, -1)

    def exposure(self, at: int) -> np.ndarray:
        """Return by client the periods from the one of the first purchase to at; 0 or less before any purchase."""
        return (at - self.first_purchase) // self.every_months + 1

    def n_active(self, at: int) -> np.ndarray:
        """Return by client how many of the periods asked of a partner hold a deal."""
        return (self.recent(at, periods=self.partner_months, months=self.every_months).max(axis=1) > 0).sum(axis=0)

    def n_blocks(self, at: int) -> np.ndarray:
        """Return by client how many blocks up to at hold a deal without a break."""
        blocks = self.recent(at, periods=MAX_BLOCKS, months=BLOCK_PERIODS * self.every_months).max(axis=1) > 0
        is_unbroken, n_blocks = np.ones(blocks.shape[1], dtype=bool), np.zeros(blocks.shape[1], dtype=np.int8)
        for block in blocks[::-1]:
            is_unbroken &= block
            n_blocks += is_unbroken
        return n_blocks

    def ranks(self, at: int) -> np.ndarray:
        """Return the rank of each client's level by its deals alone; 0 for a client that has not bought by at."""
        exposure = self.exposure(at)
        n_deals = self.recent(at, periods=1, months=HORIZON_MONTHS)[0].sum(axis=0, dtype=np.uint8)  # right up to 1
        n_blocks_needed = np.minimum(MAX_BLOCKS, exposure // BLOCK_PERIODS)
        rules = [
            exposure <= 0,
            n_deals == 0,
            (exposure >= self.partner_months) & (self.n_active(at) >= self.partner_months - self.max_missed),
            (n_blocks_needed >= MIN_BLOCKS) & (self.n_blocks(at) >= n_blocks_needed),
            n_deals >= 2,
        ]
        return np.select(rules, [LEVEL_0, SLEEPING, LEVEL_6, LEVEL_5, LEVEL_4], default=LEVEL_3).astype(np.int8)

    def peak_ranks(self, at: int) -> np.ndarray:
        """Return the highest rank by deals at the end of any month up to at."""
        peak = self.ranks(at)
        for month in range(self.deals.first_month, at):  # months, not clients: each step judges all of them at once
            np.maximum(peak, self.ranks(month), out=peak)
        return peak


def deal_months(facts: pd.DataFrame, months: pd.DataFrame) -> DealMonths:
    """Lay out the deals of the clients of facts month by month.

    Args:
        facts: one row per client_id.
        months: one row per client_id and month of the whole history; n_deals. Other clients' rows are left aside.
    """
    require(facts, "facts", ["client_id"])
    require(months, "months", ["client_id", "month", "n_deals"])
    client = places(months["client_id"], facts["client_id"])
    n_deals = months["n_deals"].to_numpy()
    is_deal = (n_deals > 0) & (client >= 0)
    if not is_deal.any():
        return DealMonths(np.zeros((0, len(facts)), dtype=np.uint8), NEVER)
    number = _month_numbers(months["month"])[is_deal]
    first_month = int(number.min())
    counts = np.zeros((int(number.max()) - first_month + 1, len(facts)), dtype=np.uint8)
    counts[number - first_month, client[is_deal]] = np.minimum(n_deals[is_deal], 2)
    return DealMonths(counts, first_month)


def relationship_levels(
    facts: pd.DataFrame,
    deals: DealMonths,
    *,
    at: int,
    partner_months: int,
    max_missed: int,
    partner_every_months: int,
    cooling_factor: float,
    cooling_days: float,
    has_crm: bool,
) -> pd.DataFrame:
    """Give each client the level of its relationship at the window's end, the highest it ever had, and warnings.

    Args:
        facts: one row per client_id; first_purchase_date, n_deals_total, median_gap_days, days_since_deal; with has_crm
            also first_fact_date and last_inquiry_date.
        deals: result of deal_months for these facts.
        at: number of the window's last month (year * 12 + month - 1).
        partner_months: M, periods in which a partner has a deal, without gap.
        max_missed: how many of them may lack one.
        partner_every_months: length of such a period: 1, 3, 6 or 12 months; a block of L5 is three periods.
        cooling_factor: a client cools when silent for longer than so many of its own median gaps,
        cooling_days: or for longer than so many days.
        has_crm: whether contacts are recorded; without them clients that never bought are L0, not measured.

    Returns:
        One row per client_id in the order of facts: rel_level, peak_level (both ordered L0 < L1 < L2 < S < L3 ... < L6),
        n_missed_periods (of the last M), is_falling (below its peak), is_cooling, is_on_track (a deal in every period of
        an exposure shorter than M), is_level_measured, next_step (a value of NEXT_STEPS).

    Source: METHOD sections 6 and 2.2. Raises SettingError for another period or no periods at all.
    """
    require(facts, "facts", ["n_deals_total", "median_gap_days", "days_since_deal"])
    ladder = _ladder(facts, deals, partner_months, max_missed, partner_every_months)
    rank = np.maximum(ladder.ranks(at), _contact_ranks(facts, at, has_crm, HORIZON_MONTHS))
    peak = np.maximum(ladder.peak_ranks(at), _contact_ranks(facts, at, has_crm, NEVER))
    n_active, exposure = ladder.n_active(at), ladder.exposure(at)
    is_measured = has_crm | (exposure > 0)
    steps = np.where(is_measured, rank, LEVEL_2)
    return facts[["client_id"]].assign(
        rel_level=_as_levels(rank),
        peak_level=_as_levels(peak),
        n_missed_periods=partner_months - n_active,
        is_falling=rank < peak,
        is_cooling=_is_cooling(facts, cooling_factor, cooling_days),
        is_on_track=(exposure > 0) & (exposure < partner_months) & (n_active == exposure),
        is_level_measured=is_measured,
        next_step=written([NEXT_STEPS[level] for level in LEVELS], steps),
    )


def level_at(
    facts: pd.DataFrame,
    deals: DealMonths,
    *,
    at: int,
    partner_months: int,
    max_missed: int,
    partner_every_months: int,
    has_crm: bool,
) -> pd.DataFrame:
    """Give each client its level at the end of any month of the history, for the comparison of two periods.

    Arguments as in relationship_levels. Facts keep only the last inquiry: one after `at` hides an earlier one.

    Returns:
        One row per client_id in the order of facts: rel_level, is_level_measured.

    Source: METHOD section 6.
    """
    ladder = _ladder(facts, deals, partner_months, max_missed, partner_every_months)
    rank = np.maximum(ladder.ranks(at), _contact_ranks(facts, at, has_crm, HORIZON_MONTHS))
    return facts[["client_id"]].assign(rel_level=_as_levels(rank), is_level_measured=has_crm | (ladder.exposure(at) > 0))


def partner_count(facts: pd.DataFrame, deals: DealMonths, *, at: int, partner_months: int, every_months: int) -> int:
    """Count the partners there are when a deal is asked for in each of the last partner_months periods, none missed.

    Arguments as in relationship_levels, every_months being the length of a period.

    Source: METHOD section 2.2.
    """
    return int((_ladder(facts, deals, partner_months, 0, every_months).ranks(at) == LEVEL_6).sum())


def level_summary(levels: pd.DataFrame, *, has_crm: bool) -> pd.DataFrame:
    """Sum up the levels.

    Args:
        levels: the result of relationship_levels with revenue (net, money).
        has_crm: whether contacts are recorded; without them nothing below a purchase is measured.

    Returns:
        One row per rel_level, L0 to L6, also where it is empty: n_clients, client_share, revenue, revenue_share (NaN when
        revenue is not positive), is_measured (False for L0 to L2 without contacts recorded, and for an L0 without clients:
        then the list holds known organisations only).

    Source: METHOD section 6.
    """
    require(levels, "relationship_levels", ["rel_level", "revenue"])
    groups = levels[["revenue"]].groupby(_checked(levels["rel_level"]), observed=False)
    summary = groups.sum().assign(n_clients=groups.size()).rename_axis("rel_level").reset_index()
    summary["client_share"] = share(summary["n_clients"], summary["n_clients"].sum())
    summary["revenue_share"] = share(summary["revenue"], summary["revenue"].sum())
    is_early = summary["rel_level"] < "S"
    is_unseen = (summary["rel_level"] == "L0") & (summary["n_clients"] == 0)
    summary["is_measured"] = ~is_unseen & (~is_early | has_crm)
    return summary[["rel_level", "n_clients", "client_share", "revenue", "revenue_share", "is_measured"]]


def level_moves(before: pd.DataFrame, after: pd.DataFrame, *, min_row: int) -> pd.DataFrame:
    """Count the moves between levels from one period's end to another's.

    Args:
        before: one row per client_id; rel_level.
        after: the same, later.
        min_row: a row of the matrix with fewer clients shows no shares.

    Returns:
        One row per pair that occurs, in the order of levels: level_before (also "new"), level_after (also "removed"),
        n_clients, row_share (of the clients with this level_before).

    Source: METHOD section 6, transitions. Raises DataError for a level the method does not know.
    """
    both = _joined(before, after)
    pairs = both.groupby(["level_before", "level_after"], observed=True).size().rename("n_clients").reset_index()
    row = pairs.groupby("level_before", observed=True)["n_clients"].transform("sum")
    return pairs.assign(row_share=(pairs["n_clients"] / row).where(row >= min_row))


def move_rates(before: pd.DataFrame, after: pd.DataFrame) -> Moves:
    """Measure promotion and demotion among the clients of both periods; shares are NaN when there are none.

    Source: METHOD section 6, transitions: S ranks between L2 and L3.
    """
    was, became = _codes(before, "levels before"), _codes(after, "levels after")
    place = places(before["client_id"], after["client_id"])
    is_both = place >= 0
    steps = became[place[is_both]] - was[is_both]
    n_clients = len(steps)
    promoted, demoted = (share(float(count), n_clients) for count in ((steps > 0).sum(), (steps < 0).sum()))
    return Moves(promoted_share=promoted, demoted_share=demoted, net=promoted - demoted, n_clients=n_clients)


def _ladder(facts: pd.DataFrame, deals: DealMonths, partner_months: int, max_missed: int, every: int) -> _Ladder:
    """Return the rules for the clients of facts."""
    require(facts, "facts", ["client_id", "first_purchase_date"])
    if every not in PERIOD_MONTHS:
        raise SettingError(f"partner_every_months is {every}, need one of {list(PERIOD_MONTHS)}. Take the rhythm's period.")
    if partner_months < 1:
        raise SettingError(f"partner_months is {partner_months}, need at least 1. Usual values are 6, or 12 to be strict.")
    return _Ladder(deals, _month_numbers(facts["first_purchase_date"]), partner_months, max_missed, every)


def _month_numbers(days: pd.Series) -> np.ndarray:
    stamps = pd.to_datetime(days).to_numpy().astype("datetime64[M]")
    return np.where(np.isnat(stamps), NEVER, stamps.astype(np.int64) + 1970 * 12)


def _contact_ranks(facts: pd.DataFrame, at: int, has_crm: bool, horizon: int) -> np.ndarray:
    """Return the rank of each client's level by recorded contacts alone; 0 where none are recorded."""
    if not has_crm:
        return np.zeros(len(facts), dtype=np.int8)
    require(facts, "facts", ["first_fact_date", "last_inquiry_date"])
    fact, inquiry = _month_numbers(facts["first_fact_date"]), _month_numbers(facts["last_inquiry_date"])
    is_inquiring = (inquiry <= at) & (inquiry > at - horizon)
    return np.select([is_inquiring, fact <= at], [LEVEL_2, LEVEL_1], default=LEVEL_0).astype(np.int8)


def _is_cooling(facts: pd.DataFrame, factor: float, days: float) -> pd.Series:
    gap = facts["median_gap_days"].where(facts["n_deals_total"] >= MIN_DEALS_FOR_GAP)
    silent = facts["days_since_deal"]
    return (silent > factor * gap + TOLERANCE) | (silent > days + TOLERANCE)


def _as_levels(ranks: np.ndarray) -> pd.Categorical:
    return pd.Categorical.from_codes(ranks, categories=list(LEVELS), ordered=True)


def _joined(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return one row per client: level_before and level_after; "new" and "removed" stand where a client is missing."""
    left = before.assign(level=_codes(before, "levels before"))[["client_id", "level"]]
    right = after.assign(level=_codes(after, "levels after"))[["client_id", "level"]]
    both = left.merge(right, on="client_id", how="outer", suffixes=("_before", "_after"), validate="one_to_one")
    columns = {"level_before": "new", "level_after": "removed"}
    codes = {name: both[name].fillna(len(LEVELS)).astype("int8") for name in columns}
    order = {name: [*LEVELS, missing] for name, missing in columns.items()}
    return both.assign(**{name: pd.Categorical.from_codes(codes[name], order[name], ordered=True) for name in columns})


def _codes(table: pd.DataFrame, name: str) -> np.ndarray:
    """Return the rank of each client's level."""
    require(table, name, ["client_id", "rel_level"])
    return _checked(table["rel_level"]).cat.codes.to_numpy()


def _checked(levels: pd.Series) -> pd.Series:
    """Return levels in the method's order, also when a saved result holds them as text."""
    if strange := sorted({str(level) for level in levels.unique()} - set(LEVELS)):
        raise DataError(f"column 'rel_level' holds {strange}; need {list(LEVELS)}. Compute the levels again.")
    return pd.Series(ordered(levels, LEVELS), index=levels.index)
