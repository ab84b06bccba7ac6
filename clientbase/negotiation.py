"""The bargain with one client: the discount it asks for, and what would pay for that (M15); money a year."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clientbase.counterparty import PORTAL_WORK
from clientbase.derived import Derives, derived
from clientbase.errors import SettingError
from clientbase.method import bargaining, parity
from clientbase.settings import near

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clientbase.counterparty import Counterparty
    from clientbase.steps import Steps

CURVE_POINTS = 61
FEWER_ORDERS = 0.5  # of the present ones, in the best case that the levers show
CREDIT_CHOICES = (90.0, 60.0, 45.0, 30.0, 15.0, 0.0)  # days
RISKS = (0.10, 0.30, 0.50)  # chances that a refusal loses the client, for whoever has not set one
OFFERS: dict[str, tuple[str, float, float]] = {  # meaning of the terms, least and most
    "volume": ("the growth of volume, a share", -1.0, 5.0),
    "mix": ("the share of revenue that moves to the richest product group", 0.0, 1.0),
    "payment": ("the credit days, negative for prepayment", -365.0, 365.0),
    "orders": ("the number of orders a year", 0.0, math.inf),
    "pickup": ("the share of deliveries that the client picks up", 0.0, 1.0),
    "portal": ("the share of orders that come by portal", 0.0, 1.0),
    "forecast": ("the stock saved by a forecast of purchases, in money", 0.0, math.inf),
    "contract": ("the fall of the chance that the client leaves", 0.0, 1.0),
    "referral": ("the chance that a recommendation brings a client", 0.0, 1.0),
    "service": ("the money a year that other service given up saves", 0.0, math.inf),
}


@dataclass
class Negotiation(Derives):
    """The tables of one bargain, computed when first asked for.

    Args:
        steps: the study's steps, whose settings give the cost of capital and what else a bargain assumes.
        client: the client at the table.
        discount: asked for on the present price, share.
        offers: what the client offers: terms by kind, see OFFERS.

    Raises SettingError for an offer that is not known or cannot be.
    """

    steps: Steps
    client: Counterparty
    discount: float
    offers: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._given = self.steps.settings.parity
        for kind, terms in self.offers.items():
            _check_offer(kind, terms)

    # What the discount costs, and what growth would pay for it

    @property
    def need(self) -> float:
        """Margin given away at the present volume."""
        return float(bargaining.discount_need(self.discount, revenue=self.client.revenue))

    @property
    def _extra_share(self) -> float:
        return self._given.extra_cost / self.client.revenue if self.client.revenue > 0 else math.nan

    @derived
    def needed_growth(self) -> float:
        """Growth of volume that alone keeps the margin in money; NaN where no growth does."""
        return float(
            parity.volume_growth(self.discount, self.client.margin_rate, fixed_cost_share=self._extra_share, saving_share=0.0)
        )

    @property
    def compensation(self) -> float:
        """What cost, mix or service must give back for the margin rate to stay."""
        return float(parity.rate_compensation(self.discount, self.client.margin_rate)) * self.client.revenue

    @derived
    def days_that_pay(self) -> float:
        """Credit days that alone pay for the discount, negative for prepayment; NaN where credit days are not recorded."""
        return float(
            parity.credit_days_for_discount(
                self.discount, capital_rate=self._given.capital_rate, days_before=self.client.credit_days
            )
        )

    @property
    def discount_limit(self) -> float:
        """The discount from which no volume helps, payment left out."""
        return float(parity.discount_limit(self.client.margin_rate, capital_rate=0.0, days_after=0.0))

    @derived
    def curve(self) -> pd.DataFrame | None:
        """One row per discount up to a little beyond the limit: the growth it needs; None without a margin rate."""
        rate = self.client.margin_rate
        if math.isnan(rate) or not self.client.revenue > 0:
            return None
        right = max(self.discount * 1.1, min(max(rate * 1.1, 0.02), 0.95))
        return parity.parity_curve(
            np.linspace(min(self.discount, 0.0), right, CURVE_POINTS),
            margin_rate=rate,
            capital_rate=0.0,
            days_before=0.0,
            days_after=0.0,
            fixed_cost_share=self._extra_share,
            saving_share=0.0,
            headroom=self.client.headroom,
        )

    @property
    def marks(self) -> dict[str, float]:
        """Return the lines and the point that a picture of the curve shows."""
        room = self.client.headroom
        return {"limit": self.discount_limit, "discount": self.discount, "growth": self.growth, "headroom": room}

    @derived
    def terms(self) -> pd.DataFrame | None:
        """One row per choice of credit days: the growth that the discount then still needs; None where days are unknown."""
        now = self.client.credit_days
        if math.isnan(now) or math.isnan(self.client.margin_rate):
            return None
        choices = [now, *(days for days in CREDIT_CHOICES if days < now)]
        growth = parity.growth_with_terms(
            self.discount,
            self.client.margin_rate,
            capital_rate=self._given.capital_rate,
            days_before=now,
            days_after=np.array(choices),
            fixed_cost_share=self._extra_share,
            saving_share=0.0,
        )
        return pd.DataFrame({"credit_days": choices, "needed_growth_share": growth})

    @derived
    def lines(self) -> pd.DataFrame | None:
        """One row per product group that the client buys: what the discount gives away there; None if unknown."""
        groups = self.client.groups
        return None if groups is None else parity.line_parity(groups.assign(discount_share=self.discount))

    @property
    def mixed_growth(self) -> parity.MixedGrowth | None:
        """The growth of all the client's product groups alike that keeps their margin."""
        groups = self.client.groups
        return None if groups is None else parity.mixed_growth(groups.assign(discount_share=self.discount))

    # The ledger

    @property
    def growth(self) -> float:
        """Growth offered, no more than there is room for."""
        return float(bargaining.credible_growth(self.offers.get("volume", 0.0), self.client.headroom))

    def worth(self, kind: str, terms: float, *, growth: float) -> float:
        """Return what an offer is worth, its time counted in full; NaN where a number it needs is not known.

        Args:
            kind: of OFFERS.
            terms: as OFFERS says.
            growth: of volume, share, that the bargain counts with: what is sold in addition is sold on credit too.
        """
        client, given = self.client, self._given
        poorest, richest = client.group_rates
        worths = {
            "volume": lambda: bargaining.volume_offer(
                min(terms, growth), revenue=client.revenue, margin_rate=client.margin_rate, discount=self.discount
            ),
            "mix": lambda: bargaining.mix_offer(terms, revenue=client.revenue, high_rate=richest, low_rate=poorest),
            "payment": lambda: bargaining.payment_offer(
                growth, revenue=client.revenue, discount=self.discount, capital_rate=given.capital_rate,
                days_before=client.credit_days, days_after=terms,
            ),
            "orders": lambda: bargaining.order_offer(client.n_orders, terms, cost_per_order=client.cost_per_order),
            "pickup": lambda: terms * client.delivery_cost,
            "portal": lambda: terms * client.time_cost(PORTAL_WORK),
            "forecast": lambda: bargaining.forecast_offer(terms, unit_cost=1.0, holding_rate=given.holding_rate),
            "contract": lambda: bargaining.contract_offer(terms, 0.0, margin=client.margin),
            "referral": lambda: bargaining.referral_offer(terms, expected_net=self.typical_margin),
            "service": lambda: terms,
        }  # fmt: skip
        return float(worths[kind]())

    @derived
    def typical_margin(self) -> float:
        """The margin of the middle client of class B, or of all that bought where there is none; NaN without margins."""
        if not self.steps.has_margin:
            return math.nan
        classes = self.steps.share_classes
        bought = classes[classes["n_orders"] > 0]
        middle = bought[bought["share_class"] == "B"]
        return float((middle if len(middle) else bought)["margin"].median()) * self.client.year

    @derived
    def ledger(self) -> pd.DataFrame:
        """One row per offer: worth, what counts of it, and how far the need is met; empty without offers."""
        return self._ledger(self.offers, self.growth)

    def _ledger(self, offers: Mapping[str, float], growth: float) -> pd.DataFrame:
        amounts = {kind: self.worth(kind, float(terms), growth=growth) for kind, terms in offers.items()}
        asked = bargaining.asked_offers(amounts, order_cash_share=0.0)
        asked = asked.assign(offered_terms=[float(offers[kind]) for kind in asked["offer_kind"]])
        return bargaining.offers(asked, need=self.need, realisation=self._given.realisation)

    @derived
    def bargain(self) -> bargaining.Bargain:
        """The verdict on the ledger."""
        return bargaining.bargain(self.ledger, need=self.need, margin_rate=self.client.margin_rate, discount=self.discount)

    @derived
    def levers(self) -> pd.DataFrame:
        """One row per condition that could be asked for: what is so now, the best case, and what that is worth.

        Best case: the growth that alone pays, no more than there is room for; payment on delivery; half the orders; all
        deliveries picked up; all orders by portal. Conditions of which nothing is known, or that give nothing, have no row.
        """
        client = self.client
        needed = max(self.needed_growth, 0.0) if math.isfinite(self.needed_growth) else 0.0
        room = float(bargaining.credible_growth(needed, client.headroom))
        cases = {  # present and best terms
            "volume": (0.0, room),
            "payment": (client.credit_days, 0.0),
            "orders": (client.n_orders, float(math.ceil(client.n_orders * FEWER_ORDERS))),
            "pickup": (0.0, 1.0),
            "portal": (0.0, 1.0),
        }
        best = {kind: terms for kind, (_, terms) in cases.items()}
        # each condition by itself: payment is not weighed with a growth that another condition asks for
        parts = [self._ledger({kind: terms}, room if kind == "volume" else 0.0) for kind, terms in best.items()]
        table = pd.concat(parts, ignore_index=True)
        table = table[table["realised"] > 0].sort_values(["realised", "offer_kind"], ascending=[False, True])
        table = table.rename(columns={"offered_terms": "best_terms"})
        table = table.assign(present_terms=[cases[kind][0] for kind in table["offer_kind"]])
        columns = ["offer_kind", "present_terms", "best_terms", "amount", "realised", "reached_share"]
        return table[columns].reset_index(drop=True)

    # What a refusal puts at risk

    @derived
    def refusals(self) -> pd.DataFrame | None:
        """One row per chance that a refusal loses the client: the deepest discount worth giving; None without margins."""
        if math.isnan(self.client.net):
            return None
        risks = np.array([self._given.refusal_risk] if self._given.refusal_risk else RISKS)
        deepest = bargaining.walk_away_discount(loss_probability=risks, net=self.client.net, revenue=self.client.revenue)
        return pd.DataFrame({"refusal_risk": risks, "walk_away_share": deepest})


def _check_offer(kind: str, terms: float) -> None:
    if kind not in OFFERS:
        raise SettingError(f"there is no offer '{kind}'{near(kind, OFFERS)}.")
    meaning, least, most = OFFERS[kind]
    if not least <= terms <= most:
        limits = f"at least {least:g}" + ("" if math.isinf(most) else f" and at most {most:g}")
        raise SettingError(f"offers: {kind} = {terms:g}, {meaning}, needs to be {limits}.")
