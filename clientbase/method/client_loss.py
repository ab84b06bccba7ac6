"""Loss of clients (M07): what is left when the largest leave, who could replace them, what a year is likely to cost."""

from dataclasses import dataclass
from math import ceil

import numpy as np
import pandas as pd

from clientbase.errors import DataError, require
from clientbase.method.common import NOISE, SHARE_CLASSES, TOLERANCE, below, ordered, refuse_unknown, sharing


@dataclass(frozen=True)
class Replacement:
    """How many median clients of a class make up for a lost margin; margins in money."""

    n_clients: int
    from_class: str
    median_margin: float
    lost_margin: float


@dataclass(frozen=True)
class ExpectedLoss:
    """Margin expected to be lost in a year (money) and the chance, 0..1, of at least one loss, over n_clients.

    n_unknown: clients with positive margin left out because their probability is not known.
    """

    expected: float
    chance_of_any: float
    n_clients: int
    n_unknown: int


def loss_steps(facts: pd.DataFrame, value: str, *, fixed_costs: float, n: int) -> pd.DataFrame:
    """Follow the profit while the largest clients leave one after another and fixed costs stay.

    Args:
        facts: one row per client_id, all clients; n_orders of the window, margin (money) and the column named by value.
        value: clients are lost in the order of this column, equal ones by client_id; those without orders or positive value
            are never lost.
        fixed_costs: of the window, money.
        n: most clients lost.

    Returns:
        One row per number of lost clients, from none: n_lost, client_id (the one lost at this step, missing at 0),
        lost_margin (of all lost so far) and profit (margin of all clients - lost_margin - fixed_costs), in money.

    Source: METHOD section 9 [S5]. Raises DataError when a client with orders has no value or margin.
    """
    lost = sharing(facts, value)
    lost_margin, profit = _profits(facts, lost, fixed_costs)
    last = min(n, len(lost))
    return pd.DataFrame(
        {
            "n_lost": np.arange(last + 1),
            "client_id": lost["client_id"].reindex(range(-1, last)).to_numpy(),
            "lost_margin": lost_margin[: last + 1],
            "profit": profit[: last + 1],
        }
    )


def clients_to_loss(facts: pd.DataFrame, value: str, *, fixed_costs: float) -> int | None:
    """Return the least number of largest clients whose leaving makes a loss: 0 where there is one, None where none comes.

    Args:
        facts: as for loss_steps.
        value: the order in which clients are lost.
        fixed_costs: of the window, money.

    Source: METHOD section 9 [S5].
    """
    _, profit = _profits(facts, sharing(facts, value), fixed_costs)
    return int(np.argmax(profit < 0)) if (profit < 0).any() else None


def replacement_clients(facts: pd.DataFrame, value: str, *, n_lost: int) -> Replacement | None:
    """Tell how many median clients of class B, or of C where B gives no margin, replace the largest clients.

    Args:
        facts: one row per client_id; n_orders of the window, margin (money), share_class and the column named by value.
        value: the n_lost largest by this column are lost, equal ones by client_id.
        n_lost: clients lost.

    None when neither class has a client with orders or a positive median margin. A lost margin that is not positive needs
    no one in its place.

    Source: METHOD section 9. Raises DataError when a client with orders has no value or margin.
    """
    require(facts, "facts", ["share_class"])
    lost = sharing(facts, value).head(n_lost)
    refuse_unknown(facts, "margin")
    lost_margin = float(lost["margin"].sum())
    medians = facts[facts["n_orders"] > 0].groupby(facts["share_class"].astype("str"))["margin"].median()
    for name in ("B", "C"):
        if (median := float(medians.get(name, np.nan))) > TOLERANCE:
            return Replacement(max(ceil(lost_margin / median - TOLERANCE), 0), name, median, lost_margin)
    return None


def past_loss_rates(before: pd.DataFrame) -> pd.DataFrame:
    """Tell which part of each class of the window before made no deal in this one.

    Args:
        before: one row per client; share_class of the window before, is_lost. Clients of class 0 had nothing to lose and
            are left out.

    Returns:
        One row per class present, best first: share_class, n_clients, n_lost, loss_rate (0..1).

    Source: METHOD section 9.
    """
    require(before, "classes of the window before", ["share_class", "is_lost"])
    there = before[before["share_class"] != "0"]
    groups = there.groupby(ordered(there["share_class"], SHARE_CLASSES), observed=True)["is_lost"]
    rates = groups.agg(n_clients="size", n_lost="sum").rename_axis("share_class").reset_index()
    return rates.assign(loss_rate=rates["n_lost"] / rates["n_clients"])


def expected_loss(facts: pd.DataFrame) -> ExpectedLoss:
    """Weigh the margin of each client by the chance to lose it, each client's chance standing for itself.

    Args:
        facts: one row per client; margin (money), loss_probability (0..1, missing: not known). Who brings no margin cannot
            be a loss.

    Returns:
        The sums over the clients with positive margin and known probability; NaN where there are such margins and not one
        probability.

    Source: METHOD section 9. Raises DataError for probabilities outside 0..1.
    """
    require(facts, "facts", ["margin", "loss_probability"])
    chance = facts["loss_probability"].astype(float)
    if (wrong := below(chance, 0) | (chance > 1 + TOLERANCE)).any():
        raise DataError(
            f"table 'facts': {wrong.sum()} loss probabilities lie outside 0..1, the first is {chance[wrong].iloc[0]:g}. "
            "Give them as shares (5 % is 0.05)."
        )
    can_lose = facts["margin"] > TOLERANCE
    known = can_lose & chance.notna()
    n_known, n_unknown = int(known.sum()), int((can_lose & chance.isna()).sum())
    if n_unknown and not n_known:
        return ExpectedLoss(np.nan, np.nan, 0, n_unknown)
    chance = chance[known].clip(0, 1)
    expected = float((chance * facts.loc[known, "margin"]).sum())
    return ExpectedLoss(expected, float(1 - (1 - chance).prod()), n_known, n_unknown)


def _profits(facts: pd.DataFrame, lost: pd.DataFrame, fixed_costs: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the lost margin and the profit left after each number of lost clients, from none."""
    refuse_unknown(facts, "margin")
    lost_margin = np.concatenate([[0.0], lost["margin"].to_numpy(dtype=float).cumsum()])
    profit = facts["margin"].sum() - lost_margin - fixed_costs
    slack = max(TOLERANCE, NOISE * (facts["margin"].abs().sum() + abs(fixed_costs)))
    return lost_margin, np.where(np.abs(profit) <= slack, 0.0, profit)
