"""Concentration (M07): how few clients hold the result, and whether there is a middle."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clientbase.errors import NothingToAnalyseError, SettingError, require
from clientbase.method.common import TOLERANCE, at_least, below, by_falling, is_sharing, ordered, share, sharing

SIZE_BANDS = ("large", "middle", "small", "dust")
HHI_MODERATE_FROM, HHI_HIGH_ABOVE = 0.10, 0.18  # METHOD section 9
PARETO_CLIENTS, PARETO_VALUE = 0.2, 0.8  # S2: 20 % of clients give 80 %
GAP_PLACES = 10  # the gap is looked for behind each of so many largest clients


@dataclass(frozen=True)
class Concentration:
    """The measures of one base, over its clients with orders and positive value.

    total: their value (money). top_n_share: of the n largest, or of all where there are fewer. effective_number: so many
    equal clients would give the same hhi. top_fifth_share: of the largest 20 % of clients. n_for_80: clients that make 80 %,
    the last one in part; n_for_80_whole: that one whole. hhi_band: low, moderate, high. gap_ratio: largest v(k) / v(k+1) over
    the first ten k, gap_rank: the first such k; NaN and None for one client. n_loss_makers, loss_sum (money, <= 0): clients
    with orders of whom nothing positive is left (class L); they are in no share.
    """

    n_clients: int
    total: float
    top_1_share: float
    top_3_share: float
    top_5_share: float
    top_10_share: float
    hhi: float
    effective_number: float
    gini: float
    top_fifth_share: float
    n_for_80: float
    n_for_80_whole: int
    hhi_band: str
    gap_ratio: float
    gap_rank: int | None
    n_loss_makers: int
    loss_sum: float


def concentration(facts: pd.DataFrame, value: str) -> Concentration:
    """Measure how unevenly the value is spread over the clients.

    Args:
        facts: one row per client_id, with n_orders of the window and the column named by value.
        value: the basis, "revenue" or "margin" (money).

    Raises:
        NothingToAnalyseError: no client has a positive value.
        DataError: a client with orders has no value.

    Source: METHOD section 9 [S5, S2].
    """
    gains = sharing(facts, value)[value].to_numpy(dtype=float)
    bought = facts["n_orders"] > 0
    if not gains.size:
        raise NothingToAnalyseError(
            f"table 'facts': none of {bought.sum()} clients with orders has a positive {value}, "
            "so there is nothing to concentrate. Check the window (as_of) and the signs of the amounts."
        )
    losses = facts.loc[bought & ~(facts[value] > TOLERANCE), value]
    shares = gains / gains.sum()
    hhi = float((shares**2).sum())
    gap_ratio, gap_rank = _gap(gains)
    return Concentration(
        n_clients=gains.size,
        total=float(gains.sum()),
        **_curve_measures(shares),
        hhi=hhi,
        effective_number=1 / hhi,
        gini=_gini(gains),
        hhi_band="low" if below(hhi, HHI_MODERATE_FROM) else "high" if hhi > HHI_HIGH_ABOVE + TOLERANCE else "moderate",
        gap_ratio=gap_ratio,
        gap_rank=gap_rank,
        n_loss_makers=len(losses),
        loss_sum=float(losses.sum()),
    )


def size_bands(facts: pd.DataFrame, value: str, *, large_from: float, middle_from: float, dust_below: float) -> pd.DataFrame:
    """Put each client into a band by its own share of the total.

    The bands do not overlap: S5's "each less than 1 %" is small and dust together.

    Args:
        facts: one row per client_id, with n_orders of the window and the column named by value.
        value: the basis, "revenue" or "margin" (money).
        large_from: own share from which a client is large, 0..1.
        middle_from: own share from which it is of the middle, below large_from; small under that.
        dust_below: own share under which it is dust, below middle_from.

    Returns:
        facts by falling value, plus own_share (of the positive total) and size_band (ordered SIZE_BANDS); both missing for
        clients without orders or positive value.

    Source: METHOD section 9 [S5]. Raises SettingError when the bounds do not rise, DataError as concentration does.
    """
    if not dust_below < middle_from < large_from:
        raise SettingError(
            f"dust_below is {dust_below:g}, middle_from {middle_from:g}, large_from {large_from:g}: the bounds must rise."
        )
    inside = is_sharing(facts, value)
    amount = facts[value].where(inside).astype(float)
    own = share(amount, amount.sum())
    names = np.select(
        [at_least(own, large_from), at_least(own, middle_from), below(own, dust_below)], ["large", "middle", "dust"], "small"
    )
    banded = facts.assign(own_share=own, size_band=ordered(np.where(inside, names, None), SIZE_BANDS))
    return by_falling(banded, value)


def band_summary(bands: pd.DataFrame, value: str) -> pd.DataFrame:
    """Count clients and add up value by band.

    Args:
        bands: result of size_bands.
        value: the basis it was made with.

    Returns:
        One row per band, large to dust, also where it is empty: size_band, n_clients, client_share (of the clients in the
        total), value (money), value_share (of the total). Shares are missing when no client is in the total.
    """
    require(bands, "size_bands", [value, "size_band"])
    groups = bands.groupby(ordered(bands["size_band"], SIZE_BANDS), observed=False)[value]
    summary = groups.agg(n_clients="size", value="sum").rename_axis("size_band").reset_index()
    summary.insert(2, "client_share", share(summary["n_clients"], summary["n_clients"].sum()))
    return summary.assign(value_share=share(summary["value"], summary["value"].sum()))


def has_missing_middle(concentration: Concentration, summary: pd.DataFrame, *, top_from: float, middle_below: float) -> bool:
    """Tell whether five clients hold the base and hardly any stand behind them.

    Args:
        concentration: the measures of the base.
        summary: result of band_summary on the same base and value.
        top_from: share of the five largest, 0..1, that must be exceeded.
        middle_below: joint share of the band middle, 0..1, under which it is missing.

    Source: METHOD section 9 [S5].
    """
    require(summary, "band_summary", ["size_band", "value_share"])
    middle = summary.loc[summary["size_band"] == "middle", "value_share"].sum()
    return bool(concentration.top_5_share > top_from + TOLERANCE and below(middle, middle_below))


def rank_sizes(facts: pd.DataFrame, value: str) -> pd.DataFrame:
    """Rank the clients that share the total by their size.

    Args:
        facts: one row per client_id, with n_orders of the window and the column named by value; client_name if known.
        value: the basis, "revenue" or "margin" (money).

    Returns:
        One row per client with orders and positive value, largest first, equal clients by client_id: client_id, client_name
        (if known), rank (1, 2, ...), the basis under its own name and as value (money), own_share (of the total), step_ratio
        (times the value of the next client, missing for the last), is_before_gap (the client behind whom the gap of
        concentration lies; nobody where the first ten and the next are equal).

    Source: METHOD section 9. Raises DataError as concentration does.
    """
    ranked = sharing(facts, value)
    gains = ranked[value].astype(float)
    gap_ratio, gap_rank = _gap(gains.to_numpy())
    rank = np.arange(1, len(ranked) + 1)
    ranked = ranked.assign(
        rank=rank,
        value=gains,
        own_share=share(gains, gains.sum()),
        step_ratio=gains / gains.shift(-1),
        is_before_gap=(rank == gap_rank) & (gap_ratio > 1 + TOLERANCE),
    )
    columns = ["client_id", "client_name", "rank", value, "value", "own_share", "step_ratio", "is_before_gap"]
    return ranked[[name for name in dict.fromkeys(columns) if name in ranked]]


def _curve_measures(shares: np.ndarray) -> dict[str, float]:
    """Read the Lorenz curve, largest clients first: what some clients hold, how many hold 80 %."""
    n = shares.size
    reached = np.concatenate([[0.0], np.cumsum(shares)])
    whole = int(np.count_nonzero(below(reached, PARETO_VALUE)))
    return {
        **{f"top_{k}_share": float(min(reached[min(k, n)], 1.0)) for k in (1, 3, 5, 10)},
        "top_fifth_share": float(np.interp(PARETO_CLIENTS * n, np.arange(n + 1), reached)),
        "n_for_80": min(float(np.interp(PARETO_VALUE, reached, np.arange(n + 1))), float(whole)),
        "n_for_80_whole": whole,
    }


def _gini(gains: np.ndarray) -> float:
    """Return Gini's coefficient of gains, which fall."""
    n = gains.size
    return max(float(np.dot(n + 1 - 2 * np.arange(1, n + 1), gains) / (n * gains.sum())), 0.0)


def _gap(gains: np.ndarray) -> tuple[float, int | None]:
    """Return the largest ratio of one of the first ten gains, which fall, to the next, and its place."""
    first = gains[: GAP_PLACES + 1]
    if first.size < 2:
        return np.nan, None
    ratios = first[:-1] / first[1:]
    return float(ratios.max()), int(np.argmax(at_least(ratios, ratios.max()))) + 1
