"""The ledger of a bargain (M15): what a client offers for a discount, against the margin that the discount gives away.

Amounts are money a year. Functions of numbers take numbers or arrays and return the same shape, missing (NaN) where a number
that they need is.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clientbase.errors import SettingError, require
from clientbase.method.common import TOLERANCE, at_least, slack

Numbers = float | np.ndarray

YEAR_DAYS = 365
CASH_SHARES = {  # of what an offer saves, the part that is money at once; the rest is the time of our people
    "volume": 1.0,
    "mix": 1.0,
    "payment": 1.0,
    "orders": None,  # handling is time and delivery is money: the study tells
    "pickup": 1.0,
    "portal": 0.0,
    "forecast": 1.0,
    "contract": 1.0,
    "referral": 1.0,
    "service": 1.0,
}
VERDICTS = DESERVED, SHORT, IMPOSSIBLE, REFUSED, NOT_KNOWN = "deserved", "short", "impossible by volume", "refused", "not known"


@dataclass(frozen=True)
class Bargain:
    """What a ledger comes to; need, offered and gap in money a year.

    verdict: deserved, short, impossible by volume (the discount takes the margin and the other offers do not carry it), refused
    (the client brings no margin) or not known. gap: offered less need, negative for what is lacking. reached_share: offered
    of need, missing where nothing is needed. n_unknown: offers whose amount is not known, left out of offered. open_offers:
    the kinds that could still be asked for, in the order of CASH_SHARES.
    """

    verdict: str
    need: float
    offered: float
    gap: float
    reached_share: float
    n_unknown: int
    open_offers: tuple[str, ...]


# -- what is at stake ----------------------------------------------------------------------------------------------------
def discount_need(discount: Numbers, *, revenue: Numbers) -> Numbers:
    """Return the margin given away at the present volume: dR.

    Source: METHOD section 17.5.
    """
    return discount * revenue


def headroom(wallet_share: Numbers) -> Numbers:
    """Return the growth there is room for when a client buys everything from us: (1 - w) / w.

    None is left where it already does. Missing for a share of its wallet that is not above 0 or is above 1.

    Source: METHOD section 17.5.
    """
    is_share = (wallet_share > TOLERANCE) & at_least(1, wallet_share)
    return np.maximum((1 - wallet_share) / np.where(is_share, wallet_share, np.nan), 0.0)


def credible_growth(growth: Numbers, room: Numbers) -> Numbers:
    """Return the growth offered, no more than there is room for; as offered where the room is not known.

    Source: METHOD section 17.5 (headroom limits x).
    """
    return np.where(growth > room, room, growth)[()]


def walk_away_discount(*, loss_probability: Numbers, net: Numbers, revenue: Numbers) -> Numbers:
    """Return the deepest discount worth giving if a refusal loses the client with some probability: p x net / R.

    Nothing is worth giving for a client that brings nothing. Missing without revenue or with a probability outside 0..1.

    Args:
        loss_probability: 0..1.
        net: margin less the cost of serving the client, money a year.
        revenue: present, money a year.

    Source: METHOD section 17.5.
    """
    is_possible = (revenue > TOLERANCE) & at_least(loss_probability, 0) & at_least(1, loss_probability)
    return loss_probability * np.maximum(net, 0.0) / np.where(is_possible, revenue, np.nan)


# -- what an offer is worth ----------------------------------------------------------------------------------------------
def volume_offer(growth: Numbers, *, revenue: Numbers, margin_rate: Numbers, discount: Numbers) -> Numbers:
    """Return the margin of more volume at the new price: (m - d)xR; negative where each unit more loses money.

    Source: METHOD section 17.5.
    """
    return (margin_rate - discount) * growth * revenue


def payment_offer(
    growth: Numbers,
    *,
    revenue: Numbers,
    discount: Numbers,
    capital_rate: Numbers,
    days_before: Numbers,
    days_after: Numbers,
) -> Numbers:
    """Return what other credit days save: f(t0)R - (1 - d)(1 + x)f(t1)R with f(t) = kt / 365; negative if they cost more.

    Args:
        growth: x, of volume, as in volume_offer: what is sold in addition is sold on credit too.
        revenue: present, money a year.
        discount: on the present price, share.
        capital_rate: cost of capital a year, share.
        days_before: credit days now.
        days_after: credit days under the new terms; negative for prepayment.

    Source: METHOD section 17.5.
    """
    daily = capital_rate * revenue / YEAR_DAYS
    return daily * (days_before - (1 - discount) * (1 + growth) * days_after)


def order_offer(orders_before: Numbers, orders_after: Numbers, *, cost_per_order: Numbers) -> Numbers:
    """Return what fewer, larger orders save, their time counted in full.

    Source: METHOD section 17.5.
    """
    return (orders_before - orders_after) * cost_per_order


def portal_offer(minutes: Numbers, *, minute_rate: Numbers) -> Numbers:
    """Return what orders by portal save: minutes a year at the rate of our people, counted in full.

    Source: METHOD section 17.5.
    """
    return minutes * minute_rate


def forecast_offer(stock_fall: Numbers, *, unit_cost: Numbers, holding_rate: Numbers) -> Numbers:
    """Return what a forecast of purchases saves: units less in stock, their cost, and the yearly rate of holding them.

    Source: METHOD section 17.5.
    """
    return stock_fall * unit_cost * holding_rate


def contract_offer(probability_before: Numbers, probability_after: Numbers, *, margin: Numbers) -> Numbers:
    """Return what a contract for volume is worth: the fall of the probability of loss times the client's margin.

    Source: METHOD section 17.5.
    """
    return (probability_before - probability_after) * margin


def referral_offer(probability: Numbers, *, expected_net: Numbers) -> Numbers:
    """Return what a recommendation is worth: the probability of a new client times what it is expected to bring.

    Source: METHOD section 17.5.
    """
    return probability * expected_net


def mix_offer(shift: Numbers, *, revenue: Numbers, high_rate: Numbers, low_rate: Numbers) -> Numbers:
    """Return what a richer mix brings: the share of revenue that moves times the distance of the margin rates.

    Source: METHOD section 17.4.
    """
    return shift * (high_rate - low_rate) * revenue


# -- the ledger ----------------------------------------------------------------------------------------------------------
def asked_offers(amounts: Mapping[str, float], *, order_cash_share: float) -> pd.DataFrame:
    """Set up the offers of a bargain.

    Args:
        amounts: money a year by kind of offer (a key of CASH_SHARES), time counted in full; NaN for an offer whose worth is
            not known. "pickup" is the delivery cost saved, "service" what other service the client gives up saves in money.
        order_cash_share: part of the cost of an order, 0..1, that is money and not time.

    Returns:
        One row per offer in the order of CASH_SHARES: offer_kind, amount (money), cash_share (0..1).

    Source: METHOD section 17.5. Raises SettingError for another kind of offer.
    """
    if unknown := sorted(set(amounts) - set(CASH_SHARES)):
        raise SettingError(f"offers {unknown} are not known; known are {list(CASH_SHARES)}. Put others under 'service'.")
    kinds = [kind for kind in CASH_SHARES if kind in amounts]
    shares = CASH_SHARES | {"orders": order_cash_share}
    return pd.DataFrame(
        {
            "offer_kind": pd.Series(kinds, dtype="str"),
            "amount": pd.Series([amounts[kind] for kind in kinds], dtype=float),
            "cash_share": pd.Series([shares[kind] for kind in kinds], dtype=float),
        }
    )


def offers(asked: pd.DataFrame, *, need: float, realisation: float) -> pd.DataFrame:
    """Add up the offers against the need.

    Args:
        asked: one row per offer_kind; amount (money a year, time counted in full), cash_share (0..1).
        need: margin given away, money a year.
        realisation: part of saved time, 0..1, that becomes money.

    Returns:
        asked by falling realised, then offer_kind, those not known last, plus realised (amount of which the time is worth
        only realisation; a negative amount is a cost and counts in full), cumulative (realised so far), need, reached_share
        (cumulative of need; missing where nothing is needed) and ledger_gap (cumulative less need; negative while short). In
        money; what is not known adds nothing, and its row has no cumulative.

    Source: METHOD section 17.5.
    """
    require(asked, "asked_offers", ["offer_kind", "amount", "cash_share"])
    time_share = 1 - asked["cash_share"].astype(float)
    is_full = (time_share == 0) | (asked["amount"] < 0)
    worth = (asked["cash_share"] + time_share * realisation).mask(is_full, 1.0)
    table = asked.assign(realised=(asked["amount"] * worth).astype(float))
    table = table.sort_values(["realised", "offer_kind"], ascending=[False, True], ignore_index=True)
    cumulative = table["realised"].cumsum()
    reached = cumulative / (need if need > TOLERANCE else np.nan)
    return table.assign(cumulative=cumulative, need=float(need), reached_share=reached, ledger_gap=cumulative - need)


def bargain(ledger: pd.DataFrame, *, need: float, margin_rate: float, discount: float) -> Bargain:
    """Judge a ledger: is the discount deserved, and if not, what is lacking?

    Args:
        ledger: result of offers.
        need: margin given away, money a year.
        margin_rate: present variable margin rate, share.
        discount: on the present price, share.

    Source: METHOD section 17.5, edge cases.
    """
    require(ledger, "offers", ["offer_kind", "realised"])
    offered = float(ledger["realised"].sum())
    # the sum of the amounts is as exact as the largest of them
    is_reached = offered >= need - slack(max(abs(need), ledger["realised"].abs().sum()))
    rules = {
        "not known": np.isnan(need + margin_rate + discount),
        "refused": margin_rate <= TOLERANCE and discount > TOLERANCE,
        "deserved": is_reached,
        "impossible by volume": at_least(discount, margin_rate),
    }
    return Bargain(
        verdict=next((verdict for verdict, holds in rules.items() if holds), "short"),
        need=float(need),
        offered=offered,
        gap=0.0 if is_reached and offered < need else offered - need,
        reached_share=offered / need if need > TOLERANCE else float("nan"),
        n_unknown=int(ledger["realised"].isna().sum()),
        open_offers=tuple(kind for kind in CASH_SHARES if kind not in set(ledger["offer_kind"])),
    )
