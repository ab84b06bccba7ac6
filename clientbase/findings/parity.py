"""What profit parity says of a plan that is short, and of the discounts already given."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from clientbase.findings.negotiation import WITHOUT_MARGIN
from clientbase.findings.telling import Telling
from clientbase.method.discount_audit import CAME, DID_NOT_COME, IMPOSSIBLE

if TYPE_CHECKING:
    from clientbase.parity import Parity
    from clientbase.words import Words


class ParityFindings(Telling):
    """Titles and sentences on profit parity of one study."""

    def __init__(self, parity: Parity, words: Words) -> None:
        super().__init__(parity.steps, words)
        self.parity = parity

    # A plan that is short

    def plan(self) -> list[str]:
        """Conclude on the plan."""
        plan, words = self.parity.plan, self.words
        if math.isnan(self.parity.margin_rate):
            return [words.text(WITHOUT_MARGIN)]
        given = self.steps.settings.parity
        text = "Assumed: {s} of the plan is missing, the margin rate is {m}, the discount reaches {q} of existing sales."
        sentences = [
            words.text(text, s=words.percent(given.shortfall), m=words.percent(self.parity.margin_rate),
                       q=words.percent(given.discounted_share))
        ]  # fmt: skip
        first = plan.iloc[0]
        if first["plan_reason"] == "":
            sentences.append(
                words.say(
                    "parity.plan",
                    d=words.percent(first["max_discount_share"], 1),
                    x=words.percent(first["needed_growth_share"]),
                )
            )
            text = "Each point of discount must bring {x} points of volume, only to earn what is earned now."
            sentences.append(words.text(text, x=words.number(first["price_response"], 1)))
            if given.discounted_share == 1 and given.commission_rate == 0:
                text = "With the discount on all sales and no commission, three of the meanings come to the same."
                sentences.append(words.text(text))
        return sentences

    # The discounts given

    def audit_title(self) -> str:
        """Title the picture of discounts against margins."""
        totals, words = self.parity.audit_totals, self.words
        if totals is None:
            return ""
        if self._is_small():
            return words.text("Discounts against margins")
        if math.isnan(totals.margin):
            return words.text("Discounts take {s} of the list price", s=words.percent(totals.discount_rate))
        text = "Discounts {x}, margin kept {m}"
        return words.text(text, x=words.money(totals.discount), m=words.money(totals.margin))

    def audit(self) -> list[str]:
        """Conclude on the discounts given."""
        totals, words = self.parity.audit_totals, self.words
        if totals is None or self._is_small():
            return []
        sentences = []
        if totals.n_loss:
            text = "{n} {n:client is|clients are} sold to at a loss because of the discount; {x} was lost so in the window."
            sentences.append(words.text(text, n=totals.n_loss, x=words.money(-totals.loss_money)))
        if totals.margin > 0 and totals.discount > 0:
            text = "The discounts pay only if at least {s} of the volume is there because of them."
            sentences.append(words.text(text, s=words.percent(totals.discount / (totals.discount + totals.margin))))
        return sentences

    def bands_title(self) -> str:
        """Title the bars of the bands."""
        bands, words = self.parity.bands, self.words
        if bands is None or "margin" not in bands or not bands["is_loss"].any():
            return words.text("Margin by the discount on the line")
        lost = bands.loc[bands["is_loss"], "margin"].sum()
        return words.text("Lines with deep discounts lose {x}", x=words.money(-lost))

    def changes_title(self) -> str:
        """Title the picture of growth needed and growth that came."""
        counts, words = self._outcomes(), self.words
        if counts is None:
            return words.text("Did the volume come?")
        came, asked = counts.get(CAME, 0), counts.get(CAME, 0) + counts.get(DID_NOT_COME, 0) + counts.get(IMPOSSIBLE, 0)
        text = "Deeper discounts for {n} {n:client|clients}: the volume that pays came from {m}"
        return words.text(text, n=int(asked), m=int(came))

    def changes(self) -> list[str]:
        """Conclude on discounts that changed."""
        counts, words = self._outcomes(), self.words
        if counts is None:
            return []
        sentences = [words.text("Volume is measured at list prices, which are taken as unchanged between the windows.")]
        if n := self.parity.n_not_compared:
            text = "{n} more {n:client was|clients were} sold to in one of the windows only, so there is nothing to compare."
            sentences.append(words.text(text, n=n))
        if counts.get(IMPOSSIBLE, 0):
            text = "For {n} {n:client|clients} the deeper discount took the whole margin, so that no volume could pay."
            sentences.append(words.text(text, n=int(counts[IMPOSSIBLE])))
        text = "Before and after for the same client is an association: the client may have grown or shrunk for other reasons."
        return [*sentences, words.text(text)]

    def _outcomes(self) -> dict[str, int] | None:
        changes = self.parity.changes
        if changes is None or changes.empty or self._is_small():
            return None
        return changes["outcome"].astype("str").value_counts().to_dict()
