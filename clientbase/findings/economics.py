"""What the economics of clients says: payback, unprofitable clients, retention and its value, sayings tested."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from clientbase.findings.telling import Telling
from clientbase.method.payback import Payback, Unprofitable
from clientbase.method.retention import MOST_RETENTION
from clientbase.method.sayings import RETENTION_PAYS

if TYPE_CHECKING:
    from clientbase.economics import Economics
    from clientbase.words import Words


class EconomicsFindings(Telling):
    """Titles and sentences on the economics of one study's clients."""

    def __init__(self, economics: Economics, words: Words) -> None:
        super().__init__(economics.steps, words)
        self.economics = economics

    # Payback

    def contribution(self) -> list[str]:
        """Say what a client's contribution is counted from."""
        economics, words = self.economics, self.words
        if economics.contributions is None:
            return []
        first = economics.first_cost
        if first is None:
            return [
                words.text("A client's contribution is its margin alone, since what serving it costs is not known by month.")
            ]
        sentences = [
            words.text("A client's contribution is its margin less what serving it costs, at the rates of the window.")
        ]
        if first > economics.contributions["month"].min():
            text = "Costs of service are known from {month} on; before that the margin stands alone."
            sentences.append(words.text(text, month=words.month(first)))
        return sentences

    def payback_title(self) -> str:
        """Title the curves of contribution."""
        words, summary = self.words, self.economics.payback_summary
        if summary is None or not summary.n_clients or self._is_small():
            return words.text("What an average client brings, by age and year of its first purchase")
        if math.isnan(summary.median_month):
            return words.text("Fewer than half of the clients have repaid what winning them cost")
        return words.text(
            "Half of the clients repay what winning them cost within {t} {t:month|months}", t=words.number(summary.median_month)
        )

    def payback(self) -> list[str]:
        """Conclude on payback."""
        if reason := self.economics.payback_reason():
            return [self.words.text(reason)] if self.steps.has_margin else []  # the gate of the margin says why
        if self._is_small():
            return self._withheld()
        summary = self.economics.payback_summary
        return [*self._median(summary), self._counts(summary), *self._lost(summary), *self._left_out(summary)]

    def _median(self, summary: Payback) -> list[str]:
        """Say by when half have repaid, and how many of those lost had not."""
        words = self.words
        few = (
            summary.n_gone < self.steps.settings.economics.min_retention
        )  # a rate of so few says nothing; they are counted below
        lost = None if few or math.isnan(summary.lost_before_share) else words.percent(summary.lost_before_share)
        if not math.isnan(summary.median_month):
            return [words.say("econ.pay", t=words.number(summary.median_month), s=lost)]
        if lost is None:
            return []
        return [words.text("{s} of the lost clients left before they had repaid what winning them cost.", s=lost)]

    def _counts(self, summary: Payback) -> str:
        text = "Of {n} {n:client|clients} followed from the first purchase repaid: {a}, not yet: {b}, gone before: {c}."
        values = {"n": summary.n_clients, "a": summary.n_repaid, "b": summary.n_open, "c": summary.n_gone_before}
        return self.words.text(text, **values)

    def _lost(self, summary: Payback) -> list[str]:
        if not summary.n_gone_before:
            return []
        text = "Those gone before had brought {x} less than winning them cost."
        return [self.words.text(text, x=self.words.money(summary.lost_money))]

    def _left_out(self, summary: Payback) -> list[str]:
        """Count the clients of whom payback cannot be told."""
        words, sentences = self.words, []
        if summary.n_not_computed:
            text = "{n} more {n:client is|clients are} left out: no purchase yet, or a first one from before the data."
            sentences.append(words.text(text, n=summary.n_not_computed))
        if n := self.economics.n_cost_unknown:
            text = "What winning {n} further {n:client|clients} cost is not known."
            sentences.append(words.text(text, n=n))
        return sentences

    # Unprofitable clients

    def unprofitable(self) -> list[str]:
        """Conclude on the clients that cost more than they bring."""
        found, words = self.economics.unprofitable, self.words
        if found is None:
            return []  # the gate of the margin says why
        if self._is_small():
            return self._withheld()
        if not self.economics.has_load:
            return self._by_margin_alone(found)
        if not found.n_clients:
            return [words.text("Of no client with purchases the cost to serve is known.")]
        sentences = self._split(found) if found.n_unprofitable else [words.text("No client costs more than it brings.")]
        if found.n_unknown:
            text = "{n} more {n:client|clients} with purchases {n:has|have} no recorded work, so the cost is not known."
            sentences.append(words.text(text, n=found.n_unknown))
        if self.economics.load.is_indicative:
            sentences.append(words.text("Costs of service are estimated here, so what hangs on them is indicative."))
        return sentences

    def _split(self, found: Unprofitable) -> list[str]:
        """Say how many clients cost more than they bring, and whether service or price is the cause."""
        words = self.words
        share = words.percent(found.unprofitable_share)
        text = "{n} of {m} {m:client costs|clients cost} more than {m:it brings|they bring} ({s})."
        sentences = [words.text(text, n=found.n_unprofitable, m=found.n_clients, s=share)]
        if found.n_service:
            text = "{n} of them {n:brings|bring} a margin, and service takes more than that: a loss of {x}."
            sentences.append(words.text(text, n=found.n_service, x=words.money(found.service_loss)))
        if found.n_price:
            text = "{n} of them {n:brings|bring} no margin before any service: a loss of {x}."
            sentences.append(words.text(text, n=found.n_price, x=words.money(found.price_loss)))
        return sentences

    def _by_margin_alone(self, found: Unprofitable) -> list[str]:
        words = self.words
        text = "{n} of {m} {m:client brings|clients bring} a negative margin ({s})."
        share = words.percent(found.unprofitable_share)
        return [
            words.text(text, n=found.n_unprofitable, m=found.n_clients, s=share),
            words.text(
                "How many more cost more than they bring is open, since what serving them costs is not known. "
                "This needs activities and departments."
            ),
        ]

    # Retention

    def retention_title(self) -> str:
        """Title the points of retention."""
        economics, words = self.economics, self.words
        if not economics.is_rate_told or self._is_small():
            return words.text("How many clients bought again in the window after")
        return words.text("{r} of the clients stay from year to year", r=words.percent(economics.retention.retention))

    def retention(self) -> list[str]:
        """Conclude on how many clients stay."""
        economics, words = self.economics, self.words
        if reason := economics.retention_reason():
            return [words.text(reason)]
        if self._is_small():
            return self._withheld()
        found = economics.retention
        text = "Of {n} {n:client|clients} of the window before, {k} bought again."
        sentences = [words.text(text, n=found.n_before, k=found.n_kept)]
        values = {"low": words.percent(found.low), "high": words.percent(found.high)}
        if economics.is_rate_told:
            text = "That is {r} a year; with so many clients chance alone moves it between {low} and {high}."
            if found.is_annualised:
                text = "Brought to a year that is {r}; with so many clients chance alone moves it between {low} and {high}."
            sentences.append(words.text(text, r=words.percent(found.retention), **values))
            text = "At this rate {s} of them are left after five years ({low} to {high})."
            lasting = {"s": found.survival_share, "low": found.survival_low, "high": found.survival_high}
            return [*sentences, words.text(text, **{name: words.percent(x) for name, x in lasting.items()}), *self._trend()]
        text = "With so few clients only this can be said: retention a year lies between {low} and {high}."
        return [*sentences, words.text(text, **values)]

    def _trend(self) -> list[str]:
        """Set the rate against the one of the windows before, where there is one."""
        table, words = self.economics.retention_years, self.words
        if table is None or len(table) < 2:
            return []
        before, last = table.iloc[-2], table.iloc[-1]
        values = {"r": words.percent(before["retention"]), "month": words.month(before["period_end"])}
        is_apart = last["retention_low"] > before["retention_high"] or last["retention_high"] < before["retention_low"]
        if is_apart:
            return [words.text("In the window to {month} it was {r}: more of a difference than chance makes.", **values)]
        return [words.text("In the window to {month} it was {r}: chance may make this difference.", **values)]

    # The value of retention

    def value_title(self) -> str:
        """Title the curve of value."""
        words, step = self.words, self.economics.steps.settings.economics.retention_step
        effect = self._effects().get("points", math.nan)
        if math.isnan(effect) or self._is_small():
            return words.text("What a client is worth at each rate of retention")
        text = "{d} points more retention make a client worth {u} more"
        return words.text(text, d=words.number(100 * step), u=words.percent(effect))

    def value(self) -> list[str]:
        """Conclude on what a client is worth, and what keeping more of them would add."""
        economics, words = self.economics, self.words
        if reason := economics.value_reason():
            return [words.text(reason)] if self.steps.has_margin else []  # the gate of the margin says why
        if self._is_small():
            return []  # the sentences on retention say so
        how = words.text("after the cost of serving it" if economics.has_load else "before the cost of serving it")
        values = {"m": words.money(economics.margin_a_year), "i": words.percent(economics.interest), "how": how}
        if math.isnan(economics.lifetime_value):
            text = "An average client brings {m} a year {how}; without a rate of retention its value stays open."
            return [words.text(text, **values)]
        text = (
            "An average client brings {m} a year {how} and is worth {v} today, at present retention and interest of {i} "
            "(assumed)."
        )
        return [words.text(text, v=words.money(economics.lifetime_value), **values), *self._steps(), self._needed()]

    def _effects(self) -> dict[str, float]:
        table = self.economics.retention_effect
        return {} if table is None else dict(zip(table["step_kind"], table["effect_share"], strict=True))

    def _steps(self) -> list[str]:
        """Say what a step of retention is worth, and where it was cut short."""
        words, step = self.words, self.steps.settings.economics.retention_step
        effects = self._effects()
        if math.isnan(effects["points"]):
            text = "Retention is at or above {x}, which is the most that is counted, so there is nothing to gain."
            return [words.text(text, x=words.percent(MOST_RETENTION))]
        text = "Retention {d} points higher makes a client worth {u} more; higher by {s} of itself, {w} more."
        shown = {"u": words.percent(effects["points"]), "w": words.percent(effects["relative"])}
        sentences = [words.text(text, d=words.number(100 * step), s=words.percent(step), **shown)]
        if self.economics.retention_effect["is_capped"].any():
            text = "Retention is counted up to {x} only: nobody keeps all clients."
            sentences.append(words.text(text, x=words.percent(MOST_RETENTION)))
        return sentences

    def _needed(self) -> str:
        low, high = self.economics.retention_needed
        text = "Five points are worth what is commonly said of them where retention is between {a} and {b}."
        return self.words.text(text, a=self.words.percent(low), b=self.words.percent(high))

    # Sayings

    def sayings(self) -> list[str]:
        """Set each saying that can be tested against the base's own number."""
        if self._is_small():
            return self._withheld()
        told = self.economics.sayings[self.economics.sayings["saying_verdict"] != "no data"]
        sentences = [self._saying(row) for _, row in told.iterrows()]
        tolerance = self.words.percent(self.steps.settings.economics.saying_tolerance)
        sentences.append(self.words.text("Confirmed means no further than {t} from what is said.", t=tolerance))
        if RETENTION_PAYS in set(told["saying"]):
            sentences.append(self.words.text("What retention brings is a formula at the base's own rate, not an observation."))
        if n_open := len(self.economics.sayings) - len(told):
            text = "{n} {n:saying|sayings} cannot be tested on these data; the table says what would open {n:it|them}."
            sentences.append(self.words.text(text, n=n_open))
        return sentences

    def _saying(self, row: pd.Series) -> str:
        words = self.words
        return words.say(
            "econ.saying",
            a=words.category("saying", row["saying"]),
            b=self._measure(row["own_value"], row["saying_unit"]),
            verdict=words.category("saying_verdict", row["saying_verdict"]),
        )

    def _measure(self, x: float, unit: str) -> str:
        """Write a measure of a saying in its unit."""
        words = self.words
        if unit == "share":
            return words.percent(x)
        texts = {
            "times": "{x} times",
            "months": "{x} {x:month|months}",
            "contacts": "{x} {x:contact|contacts} a year",
        }
        return words.text(texts[unit], x=words.number(x))

    def sayings_table(self) -> pd.DataFrame:
        """Return one row per saying as a reader sees it: saying, own measure, verdict, what would open it."""
        table, words = self.economics.sayings, self.words
        is_open = table["saying_verdict"] == "no data"
        pairs = zip(table["own_value"], table["saying_unit"], is_open, strict=True)
        return pd.DataFrame(
            {
                "saying": table["saying"],
                "own_measure": ["" if is_missing else self._measure(x, unit) for x, unit, is_missing in pairs],
                "saying_verdict": table["saying_verdict"].astype("str"),
                "saying_reason": [words.text(reason) if isinstance(reason, str) else "" for reason in table["saying_reason"]],
            }
        )

    # The first page

    def card_title(self) -> str:
        """Return the headline of the first page: retention, else payback, else nothing."""
        if self.economics.is_rate_told and not self._is_small():
            return self.retention_title()
        summary = self.economics.payback_summary
        return self.payback_title() if summary is not None and summary.n_clients and not self._is_small() else ""

    def card(self) -> list[str]:
        """Return up to three sentences of the first page: payback, clients at a loss, what retention is worth."""
        if self._is_small():
            return self._withheld()
        payback = [] if self.economics.payback_reason() else self.payback()[:1]
        value = self.value()
        return [*payback, *self.unprofitable()[:1], *(value[1:2] or value[:1])] or self.retention()[:1]
