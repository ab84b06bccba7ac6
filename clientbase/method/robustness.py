"""Robustness of the weighted score: which clients stay high or low whatever the signs weigh?

A client is high when the weighted mean of its scores reaches the level of the cut, that is when
sum of weight x (score - level) >= 0. With every weight free between two bounds this sum is greatest when the scores above
the level weigh most and those below least, and least the other way round: both ends are known exactly, without trying.
"""

import numpy as np
import pandas as pd

from clientbase.errors import SettingError, require
from clientbase.method.common import TOLERANCE, ordered

VERDICTS = ("always high", "depends on weights", "always low")


def score_robustness(scores: pd.DataFrame, *, level: float, weight_low: float, weight_high: float) -> pd.DataFrame:
    """Tell which clients are above or below the cut for all weights between two bounds, each sign weighed on its own.

    Args:
        scores: one row per client_id and criterion_id with score (missing: not scored, and then outside the mean, as totals
            are scaled up for what is missing). Clients to be left out, such as those without total, are not among them.
        level: the cut as a mean score: the cut over the sum of weights; halfway up the scale for the cut mid_scale.
        weight_low: least weight of a sign, > 0.
        weight_high: greatest weight of a sign.

    Returns:
        One row per client with a score, by client_id: client_id, points_above (sum of what its scores exceed the level by),
        points_below (sum of what they fall short by), lowest_gap and highest_gap (least and greatest weighted sum over the
        level, points), robustness (ordered VERDICTS), safe_ratio (how many times more one sign may weigh than another before
        the client changes side; infinite when no score lies on the other side).

    Source: ours, METHOD section 14 (high = total >= cut). Raises SettingError when the bounds are not 0 < low <= high.
    """
    require(scores, "scores", ["client_id", "criterion_id", "score"])
    if not 0 < weight_low <= weight_high:
        raise SettingError(f"weights go from {weight_low:g} to {weight_high:g}; needed is 0 < weight_low <= weight_high.")
    known = scores[scores["score"].notna()]
    distance = known["score"].astype(float) - level
    parts = pd.DataFrame({"points_above": distance.clip(lower=0), "points_below": -distance.clip(upper=0)})
    found = parts.groupby(known["client_id"]).sum().rename_axis("client_id").reset_index()
    above, below = found["points_above"], found["points_below"]
    lowest, highest = weight_low * above - weight_high * below, weight_high * above - weight_low * below
    names = np.select([lowest >= -TOLERANCE, highest < -TOLERANCE], ["always high", "always low"], "depends on weights")
    return found.assign(
        lowest_gap=lowest, highest_gap=highest, robustness=ordered(names, VERDICTS), safe_ratio=_safe_ratio(above, below)
    )


def robustness_summary(robust: pd.DataFrame) -> pd.DataFrame:
    """Count clients and revenue by what other weights can do to them.

    Args:
        robust: result of score_robustness with revenue (net, money).

    Returns:
        One row per verdict, also where it is empty: robustness, n_clients, client_share, revenue, revenue_share.
    """
    require(robust, "score_robustness", ["robustness", "revenue"])
    groups = robust.groupby("robustness", observed=False)["revenue"]
    summary = pd.DataFrame({"n_clients": groups.size(), "revenue": groups.sum()}).reset_index()
    clients, revenue = summary["n_clients"].sum(), summary["revenue"].sum()
    return summary.assign(
        client_share=summary["n_clients"] / (clients if clients > 0 else np.nan),
        revenue_share=summary["revenue"] / (revenue if revenue > 0 else np.nan),
    )[["robustness", "n_clients", "client_share", "revenue", "revenue_share"]]


def _safe_ratio(above: pd.Series, below: pd.Series) -> np.ndarray:
    more, less = np.maximum(above, below), np.minimum(above, below)
    return np.divide(more, less, out=np.full(len(above), np.inf), where=less > TOLERANCE)
