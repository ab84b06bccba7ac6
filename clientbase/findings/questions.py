"""The five general questions of the source (S5), answered by what the steps have found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clientbase.findings.telling import Telling
from clientbase.method.common import by_falling
from clientbase.method.share_classes import is_tail

if TYPE_CHECKING:
    import pandas as pd

    from clientbase.load import Load
    from clientbase.steps import Steps
    from clientbase.words import Words

NAMED = 5
SCORING, TARGET, LOAD = "05_weighted_scoring", "07_target_client", "08_client_load"


@dataclass(frozen=True)
class Question:
    """One question with its answer; stem is the notebook that shows how."""

    text: str
    answer: list[str]
    stem: str


class Questions(Telling):
    """The questions of one study, in its language."""

    def __init__(self, steps: Steps, load: Load, words: Words) -> None:
        super().__init__(steps, words)
        self.load = load

    def all(self) -> list[Question]:
        """Return the five questions with their answers."""
        words = self.words
        return [
            Question(words.text("Which clients bring the largest sales?"), self._largest(), SCORING),
            Question(words.text("Whose income is significant after discounts?"), self._after_discounts(), self._by_load()),
            Question(words.text("Who buys most often?"), self._most_often(), SCORING),
            Question(words.text("Who eats up the result: the tail of small clients?"), self._tail(), self._by_load()),
            Question(words.text("Which clients work with our target consumer?"), self._target_consumer(), TARGET),
        ]

    def _by_load(self) -> str:
        """Return the notebook of the load where that has a result, else that of the classes."""
        return SCORING if self.load.shares is None else LOAD

    def _buyers(self) -> pd.DataFrame:
        return self.steps.facts[self.steps.facts["n_orders"] > 0]

    def _top(self, column: str) -> list[str]:
        """Name the largest clients by a column of money, with their joint share of what is positive."""
        buyers, words = self._buyers(), self.words
        gains = by_falling(buyers[buyers[column] > 0], column)
        if gains.empty:
            return []
        first = gains.head(NAMED)
        text = "{list}: {v} of the {value} of the analysed clients."
        share = words.percent(first[column].sum() / gains[column].sum())
        value = words.text("margin") if column == "margin" else words.text("revenue")
        return [words.text(text, list=words.listing(self._names(first)), v=share, value=value)]

    def _largest(self) -> list[str]:
        return self._top("revenue")

    def _after_discounts(self) -> list[str]:
        steps, words = self.steps, self.words
        if not steps.has_margin:
            return [words.text("Margins are not known, so income after discounts cannot be told. This needs orders.cost.")]
        classes = steps.share_classes
        sentences = self._top("margin") or [words.text("No client brings a positive margin.")]
        if "has_discount_above_margin" in classes:
            text = "{n} {n:client receives|clients receive} more discount than {n:it brings|they bring} margin."
            sentences.append(words.text(text, n=int(classes["has_discount_above_margin"].sum())))
        if self.load.whale is not None:
            text = "After the cost of serving them {n} {n:client brings|clients bring} nothing or less."
            sentences.append(words.text(text, n=len(self.load.whale_curve) - self.load.whale.n_peak))
        if "has_volume_without_profit" in classes and steps.basis == "revenue":
            text = "{n} {n:client is|clients are} large by revenue and small by margin."
            sentences.append(words.text(text, n=int(classes["has_volume_without_profit"].sum())))
        return sentences

    def _most_often(self) -> list[str]:
        found, words = self.steps.frequent_buyers.head(NAMED), self.words
        if found.empty:
            return []
        text = "{list}: from {most} to {least} deals each in the window."
        most, least = int(found["n_deals"].max()), int(found["n_deals"].min())
        return [words.text(text, list=words.listing(self._names(found)), most=most, least=least)]

    def _tail(self) -> list[str]:
        steps, words = self.steps, self.words
        if not steps.tail.n_clients:
            return [words.text("No clients are small enough to form a tail.")]
        n = steps.tail.n_clients
        sentences = [words.text("{n} smallest {n:client|clients} together {n:brings|bring} {v} of {value}.",
                                n=n, v=words.percent(steps.tail.value_share), value=self._basis())]  # fmt: skip
        tail = steps.share_classes[is_tail(steps.share_classes, steps.basis, threshold=steps.tail.threshold)]
        if self.load.shares is None:
            return [*sentences, *self._tail_minutes(tail)]
        own = self.load.shares[self.load.shares["client_id"].isin(tail["client_id"])]
        text = "Serving them takes {l} of the load, {x} in the window."
        sentences.append(words.text(text, l=words.percent(own["load_share"].sum()), x=words.money(own["cts"].sum())))
        if "net" in own:
            sentences.append(words.text("{x} of their margin is left after that.", x=words.money(own["net"].sum())))
        return sentences

    def _tail_minutes(self, tail: pd.DataFrame) -> list[str]:
        """Say what time the tail takes, where its cost is not known."""
        facts, words = self.steps.facts, self.words
        total = facts["minutes"].sum() if "minutes" in facts else 0
        if not total > 0:
            return [words.text("What they cost is not known: no working time is recorded.")]
        text = "They take {t} of the recorded time; what that costs is not known."
        return [words.text(text, t=words.percent(tail["minutes"].sum() / total))]

    def _target_consumer(self) -> list[str]:
        buyers, words = self._buyers(), self.words
        if "serves_target_consumer" not in buyers or buyers["serves_target_consumer"].isna().all():
            return [words.text("Not recorded. This needs clients.serves_target_consumer.")]
        flag = buyers["serves_target_consumer"].astype("boolean").fillna(value=False).astype(bool)
        classes = self.steps.share_classes.set_index("client_id")["share_class"]
        serving = buyers[flag]
        text = "{n} {n:client|clients} ({s}) with {v} of revenue; {a} of them {a:is|are} of class A."
        total = buyers["revenue"].sum()
        return [
            words.text(
                text, n=len(serving), s=words.percent(len(serving) / len(buyers)),
                v=words.percent(serving["revenue"].sum() / total if total > 0 else None),
                a=int((classes.loc[serving["client_id"]] == "A").sum()),
            )
        ]  # fmt: skip
