"""What the portrait of the target client says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clientbase.findings.telling import Telling
from clientbase.method.look_alikes import CONFIRMED, NEUTRAL, NOBODY, REFUTED, UNDECLARED

if TYPE_CHECKING:
    import pandas as pd

    from clientbase.target import TargetClient
    from clientbase.words import Words

NOBODY_ELSE = "All {n} {n:client|clients} of the window are target clients, so there is nobody to compare them with."
MOST_LINES = 5  # of the portrait told in sentences
TARGETS = {
    "A": "Target clients: the {n} of class A, compared with the other {m} of the window.",
    "A+B": "Target clients: the {n} of classes A and B, compared with the other {m} of the window.",
    "top_quarter": "Target clients: the {n} with totals in the top quarter, compared with the other {m} of the window.",
    "A_high": "Target clients: the {n} of class A with a high total, compared with the other {m} of the window.",
}


class TargetFindings(Telling):
    """Titles and sentences on the target client of one study."""

    def __init__(self, target: TargetClient, words: Words) -> None:
        super().__init__(target.steps, words)
        self.portrayed = target

    def target(self) -> list[str]:
        """Say who the target clients are, and when there are too few for more than hints."""
        found, words, given = self.portrayed, self.words, self.steps.settings.portrait
        if found.is_target is None:
            return [words.text(found.reason())]
        if found.n_target == len(found.clients):
            return [words.text(NOBODY_ELSE, n=found.n_target)]
        sentences = [words.text(TARGETS[given.target], n=found.n_target, m=len(found.clients) - found.n_target)]
        if found.n_target < given.hints_below:
            sentences.append(words.text("With fewer than {n} target clients everything here is a hint.", n=given.hints_below))
        return sentences

    def portrait_title(self) -> str:
        """Title the dots of lift."""
        lines = self.portrayed.trait_lines
        if lines is None or lines.empty:
            return ""
        first = lines.iloc[0]
        if first["line_kind"] != "portrait" or self._is_small():
            return self.words.text("What target clients have more often than others")
        return self.words.text(
            "Target clients are {l} times more often {a}", l=self.words.number(first["lift"], 1), a=self._trait(first)
        )

    def portrait(self) -> list[str]:
        """Conclude on the portrait."""
        found, words = self.portrayed, self.words
        if found.lines is None:
            return [words.text(found.reason())] if found.is_target is not None else []
        if self._is_small():
            return self._withheld()
        lines = found.lines[found.lines["line_kind"] == "portrait"]
        if lines.empty:
            return [words.say("portrait.none")]
        categories = lines[lines["attribute_kind"] == "category"]
        sentences = [
            words.say(
                "portrait.line",
                l=words.number(row["lift"], 1),
                a=self._trait(row),
                n=int(row["n_target"]),
                T=int(row["target_size"]),
            )
            for _, row in categories.head(MOST_LINES).iterrows()
        ]
        sentences += [self._number(row) for _, row in lines[lines["attribute_kind"] == "number"].iterrows()]
        n_hints = int((found.lines["line_kind"] == "hint").sum())
        if n_hints:
            sentences.append(
                words.text(
                    "{n} more {n:trait is a hint|traits are hints}: strong, but of too few clients or perhaps chance.",
                    n=n_hints,
                )
            )
        return sentences

    def _trait(self, line: pd.Series) -> str:
        """Name a trait as it stands in a sentence: attribute and value."""
        value = self.words.category(line["attribute"], line["trait"])
        return f"«{self.words.label(line['attribute']).lower()}: {value}»"

    def _number(self, line: pd.Series) -> str:
        words = self.words
        name, values = words.label(line["attribute"]), (line["median_target"], line["median_rest"])
        x, y = (words.value(line["attribute"], value) for value in values)
        return words.text("{name}: {x} in the middle of the target clients, {y} in that of the others.", name=name, x=x, y=y)

    def numbers_title(self) -> str:
        """Title the dots of delta."""
        lines = self.portrayed.number_lines
        if lines is None or lines.empty:
            return ""
        return self.words.text("Numbers in which target clients have more or less")

    def segments(self) -> list[str]:
        """Conclude on the declared segments."""
        found, words = self.portrayed, self.words
        if found.lines is None:
            return []
        if found.segments is None:
            return [
                words.text(
                    "No segments are declared. List them in study.toml as declared_segments of portrait, and they are tested."
                )
            ]
        counts = found.segments["segment_verdict"].value_counts()
        text = "Declared segments confirmed: {c}, not confirmed: {r}, between: {b}; found and not declared: {f}."
        values = {"c": CONFIRMED, "r": REFUTED, "b": NEUTRAL, "f": UNDECLARED}
        sentences = [words.text(text, **{name: int(counts[verdict]) for name, verdict in values.items()})]
        empty = found.segments[found.segments["segment_verdict"] == NOBODY]
        if len(empty):
            names = words.listing([self._trait(row) for _, row in empty.iterrows()])
            sentences.append(words.text("Nobody of those compared has: {list}. Check how it is written.", list=names))
        return sentences

    def look_alikes(self) -> list[str]:
        """Conclude on the look-alikes."""
        found, words = self.portrayed, self.words
        if found.lines is None or self._is_small():
            return []
        if found.look_alikes is None:
            return [words.text("Without a proven portrait nobody can be like it.")]
        share = words.percent(self.steps.settings.portrait.match_from)
        text = "{n} {n:client|clients} of classes C, D and without purchases {n:has|have} at least {s} of the portrait."
        return [words.text(text, n=len(found.look_alikes), s=share)]

    def both_sides(self) -> list[str]:
        """Say what is not recorded of the clients' side."""
        table, words = self.portrayed.both_sides, self.words
        if table is None:
            return []
        if table.empty:
            return [words.text("Nothing of the clients' side is recorded: complaints, credit days, overdue payments.")]
        return [words.text("Whether deliveries come on time is not recorded, so it cannot be set beside.")]
