"""What a bargain with one client says: the growth that pays, the terms that would, and the verdict on the offers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from clientbase.findings.telling import Telling
from clientbase.method.bargaining import DESERVED, IMPOSSIBLE, REFUSED, SHORT
from clientbase.method.common import TOLERANCE

if TYPE_CHECKING:
    import pandas as pd

    from clientbase.negotiation import Negotiation
    from clientbase.words import Words

VOLUME = "volume"
SAVE_TIME = ("orders", "portal")
TAKES = {  # the offer in words, its terms as {x}
    "volume": "{x} more volume",
    "mix": "{x} of revenue to the richest group",
    "payment": "payment after {x} days",
    "orders": "{x} orders a year",
    "pickup": "{x} of deliveries picked up",
    "portal": "{x} of orders by portal",
    "forecast": "{x} less stock",
    "contract": "chance of loss lower by {x} points",
    "referral": "a new client with a chance of {x}",
    "service": "{x} of other service a year",
}
IN_MONEY, IN_POINTS, COUNTED = ("forecast", "service"), ("contract",), ("payment", "orders")  # other terms are shares
WITHOUT_MARGIN = (
    "Margins are not known, so no parity can be told for a client. Type margin_rate, or add orders.cost; the table of parity "
    "holds for any margin rate."
)
LOSES_NOW = "{c} brings no margin at present prices: any discount is refused, prices come first."
HEADROOM = "There is room for {x} more volume at most: {w} of what {c} buys of such goods comes from us."
NO_HEADROOM = "{c} already buys everything from us: only its own growth adds volume, so other terms must carry the discount."
TYPICAL_CAVEAT = "A discount given is a price that others hear of; better a bonus afterwards, or a step on the increment."


class NegotiationFindings(Telling):
    """Titles and sentences on the bargain with one client."""

    def __init__(self, negotiation: Negotiation, words: Words) -> None:
        super().__init__(negotiation.steps, words)
        self.negotiation = negotiation

    # The client at the table

    def client(self) -> list[str]:
        """Say who is at the table, what it buys and brings, and what it asks for."""
        own, words = self.negotiation, self.words
        text = "At the table: {c}, with {r} of revenue a year in {n} {n:order|orders}. Discount asked for: {d}."
        sentences = [
            words.text(
                text,
                c=own.client.name,
                r=words.money(own.client.revenue),
                n=round(own.client.n_orders),
                d=self._rate(own.discount),
            )
        ]
        if math.isnan(own.client.margin_rate):
            return [*sentences, words.text(WITHOUT_MARGIN)]
        if own.client.margin_rate <= TOLERANCE:
            return [*sentences, words.text(LOSES_NOW, c=own.client.name)]
        text = "Its margin is {m} ({s} of revenue); at the present volume the discount gives away {x} of it."
        if own.discount <= 0:
            text = "Its margin is {m} ({s} of revenue); at the present volume the price rise brings {x} more."
        values = {"m": words.money(own.client.margin), "s": self._rate(own.client.margin_rate), "x": words.money(abs(own.need))}
        return [*sentences, words.text(text, **values)]

    def curve_title(self) -> str:
        """Title the line of equal profit."""
        own, words = self.negotiation, self.words
        if math.isnan(own.client.margin_rate):
            return ""
        if math.isnan(own.needed_growth):
            return words.text("No volume pays for this discount")
        if own.discount == 0:
            return words.text("What growth each discount needs")
        if own.discount < 0:
            text = "A price rise of {d} may cost {x} of the volume"
            return words.text(text, d=self._rate(-own.discount), x=words.percent(-own.needed_growth))
        text = "A discount of {d} needs {x} more volume to keep the margin"
        return words.text(text, d=self._rate(own.discount), x=words.percent(own.needed_growth))

    def growth(self) -> list[str]:
        """Conclude on the growth that pays, and whether there is room for it."""
        own, words = self.negotiation, self.words
        if math.isnan(own.client.margin_rate):
            return []
        sentences = []
        if own.client.margin_rate > TOLERANCE and own.discount >= own.client.margin_rate - TOLERANCE:
            sentences.append(words.say("parity.no"))
        if own.discount > 0 and not math.isnan(own.compensation):
            text = "Volume never restores the margin rate: for that, cost, mix or service must give back {x} a year."
            sentences.append(words.text(text, x=words.money(own.compensation)))
        return [*sentences, *self._room()]

    def _room(self) -> list[str]:
        own, words = self.negotiation, self.words
        if math.isnan(own.client.headroom):
            return []
        if own.client.headroom <= TOLERANCE:
            return [words.text(NO_HEADROOM, c=own.client.name)]
        share = words.percent(1 / (1 + own.client.headroom))
        sentences = [words.text(HEADROOM, x=words.percent(own.client.headroom), w=share, c=own.client.name)]
        if own.needed_growth > own.client.headroom + TOLERANCE:
            sentences.append(words.text("The growth needed is more than that: not reachable by volume alone."))
        return sentences

    def terms(self) -> list[str]:
        """Conclude on payment terms."""
        own, words = self.negotiation, self.words
        if math.isnan(own.client.margin_rate) or own.discount <= 0:
            return []
        if math.isnan(own.client.credit_days):
            return [words.text("Credit days are not recorded (orders.pay_days), so payment terms cannot be weighed.")]
        days, rate = own.days_that_pay, words.percent(self.steps.settings.parity.capital_rate)
        if math.isnan(days):
            return []
        if days >= 0:
            text = "At {k} a year for capital, payment after {t} instead of {t0} days alone pays for the discount."
            return [words.text(text, k=rate, t=words.number(days, 0), t0=words.number(own.client.credit_days, 0))]
        text = "At {k} a year for capital, only prepayment by {t} days would pay for it alone; now it is {t0} days of credit."
        return [words.text(text, k=rate, t=words.number(-days, 0), t0=words.number(own.client.credit_days, 0))]

    def lines(self) -> list[str]:
        """Conclude on the product groups."""
        mixed, words = self.negotiation.mixed_growth, self.words
        if mixed is None:
            return []
        sentences = []
        if self.steps.settings.parity.margin_rate:
            sentences.append(words.text("Product groups are taken at their own margin rates, not at the rate that was typed."))
        if self.negotiation.discount <= 0:
            return sentences
        if not math.isnan(mixed.growth):
            text = "With the discount on all groups alike, all of them must grow by {x}."
            sentences.append(words.text(text, x=words.percent(mixed.growth)))
        if mixed.sold_at_loss:
            text = "Sold at a loss with this discount: {list}. Leave {n:it|them} out of it."
            sentences.append(words.text(text, list=words.listing(mixed.sold_at_loss), n=len(mixed.sold_at_loss)))
        return sentences

    # The ledger

    def ledger_title(self) -> str:
        """Title the waterfall of the ledger."""
        bargain, words = self.negotiation.bargain, self.words
        verdict = {
            DESERVED: "The offers pay for the discount",
            SHORT: "The offers fall short of the discount",
            IMPOSSIBLE: "The offers do not carry a discount that takes the whole margin",
            REFUSED: "No discount where nothing is earned",
        }
        return words.text(verdict.get(bargain.verdict, "What the discount costs and what is offered for it"))

    def ledger(self) -> list[str]:
        """Conclude on the ledger."""
        own, words = self.negotiation, self.words
        if math.isnan(own.client.margin_rate):
            return []
        if own.discount <= 0:
            return [words.text("No discount is asked for, so nothing has to come back.")]
        if not own.offers:
            return [
                words.text(
                    "Nothing is offered yet. Type what the client offers as the setting offers, and the ledger weighs it."
                )
            ]
        return [*self._verdict(), *self.caveats()]

    def _verdict(self) -> list[str]:
        """Say whether the offers pay, and what is lacking."""
        found, words = self.negotiation.bargain, self.words
        if found.verdict == DESERVED:
            return [words.say("parity.ok", o=words.money(found.offered), n=words.money(found.need))]
        if found.verdict == REFUSED:
            return [words.text(LOSES_NOW, c=self.negotiation.client.name)]
        if found.verdict not in (SHORT, IMPOSSIBLE):
            return []
        impossible = [words.say("parity.no")] if found.verdict == IMPOSSIBLE else []
        short = words.say("parity.short", x=words.money(-found.gap), list=self.ask_for() or None)
        return [*impossible, short, *self._out_of_reach(-found.gap)]

    def caveats(self) -> list[str]:
        """Say what the ledger counts for less than it looks, or not at all."""
        own, words, sentences = self.negotiation, self.words, []
        if own.bargain.n_unknown:
            text = "The worth of {n} {n:offer|offers} cannot be told from these data and counts as nothing."
            sentences.append(words.text(text, n=own.bargain.n_unknown))
        if own.growth < own.offers.get(VOLUME, 0.0) - TOLERANCE:
            text = "Of the growth offered only {x} is counted: there is no room for more."
            sentences.append(words.text(text, x=words.percent(own.growth)))
        if any(kind in own.offers for kind in SAVE_TIME):
            text = "Saved working time counts at {r} of its cost, since people stay; saved cash counts in full."
            sentences.append(words.text(text, r=words.percent(self.steps.settings.parity.realisation)))
        return sentences

    def _out_of_reach(self, gap: float) -> list[str]:
        """Say when all that could still be asked for would not close the gap."""
        levers, words = self.negotiation.levers, self.words
        more = levers.loc[~levers["offer_kind"].isin(self.negotiation.offers), "realised"].sum()
        if more <= 0 or more >= gap - TOLERANCE:
            return []
        return [words.text("Even with all of that {x} would be lacking.", x=words.money(gap - more))]

    def ask_for(self) -> str:
        """Name the conditions that were not offered and would be worth something, the most first."""
        open_kinds = self.negotiation.levers
        open_kinds = open_kinds[~open_kinds["offer_kind"].isin(self.negotiation.offers)]
        return self.words.listing([self.words.category("offer_kind", kind) for kind in open_kinds["offer_kind"]])

    def offer(self, kind: str, terms: float) -> str:
        """Write an offer with its terms."""
        words = self.words
        if kind == "payment" and terms < 0:
            return words.text("payment {n} {n:day|days} in advance", n=round(-terms))
        if kind == "payment" and terms == 0:
            return words.text("payment on delivery")
        return words.text(TAKES[kind], x=self._terms(kind, terms))

    def _terms(self, kind: str, terms: float) -> str:
        words = self.words
        if kind in IN_MONEY:
            return words.money(terms)
        if kind in IN_POINTS:
            return words.number(100 * terms)
        return words.number(terms, 0) if kind in COUNTED else words.percent(terms)

    def shown_ledger(self) -> pd.DataFrame | None:
        """Return the ledger with its terms in words; None without offers."""
        return self._in_words(self.negotiation.ledger, "offered_terms")

    def shown_levers(self) -> pd.DataFrame | None:
        """Return the conditions that could be asked for, with their best terms in words; None where none is known."""
        return self._in_words(self.negotiation.levers, "best_terms")

    def _in_words(self, table: pd.DataFrame, terms: str) -> pd.DataFrame | None:
        if table.empty:
            return None
        texts = [self.offer(kind, value) for kind, value in zip(table["offer_kind"], table[terms], strict=True)]
        shown = table.assign(terms=texts)
        return shown[["offer_kind", "terms", *[name for name in table.columns if name not in ("offer_kind", terms)]]]

    def levers(self) -> list[str]:
        """Say what the conditions could bring at best."""
        levers, own, words = self.negotiation.levers, self.negotiation, self.words
        levers = levers[levers["offer_kind"] != VOLUME]  # it is set to what pays, so it would always come first
        if levers.empty or math.isnan(own.need) or own.need <= TOLERANCE:
            return []
        first = levers.iloc[0]
        text = "Besides volume, most is in: {offer} ({x} a year, {s} of what the discount gives away)."
        return [
            words.text(text, offer=words.category("offer_kind", first["offer_kind"]), x=words.money(first["realised"]),
                       s=words.percent(first["reached_share"]))
        ]  # fmt: skip

    def refusal(self) -> list[str]:
        """Say how much discount a refusal would justify, and the caveat."""
        own, words = self.negotiation, self.words
        if own.refusals is None or own.discount <= 0:
            return [words.text(TYPICAL_CAVEAT)]
        row = own.refusals.iloc[0]
        if not row["walk_away_share"] > 0:
            return [words.text(TYPICAL_CAVEAT)]
        text = "If a refusal loses the client with a chance of {p} (assumed), up to {d} is worth giving for nothing in return."
        told = [words.text(text, p=words.percent(row["refusal_risk"]), d=self._rate(row["walk_away_share"]))]
        if math.isnan(own.client.cost_to_serve):
            told.append(words.text("What serving the client costs is not known, so its margin stands for what it leaves."))
        return [*told, words.text(TYPICAL_CAVEAT)]

    def _rate(self, share: float) -> str:
        """Write a discount or a margin rate, of which a tenth of a per cent counts."""
        return self.words.percent(share, 1)
