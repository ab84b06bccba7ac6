"""What all findings share: the study's tables and words, the names of clients, and when advice is withheld."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clientbase.steps import WHOLE_BASE

if TYPE_CHECKING:
    import pandas as pd

    from clientbase.steps import Steps
    from clientbase.words import Words


class Telling:
    """Titles and sentences of one study, in its language."""

    def __init__(self, steps: Steps, words: Words) -> None:
        self.steps = steps
        self.words = words

    def window(self) -> str:
        """Say which months are analysed, of which flow."""
        steps, words = self.steps, self.words
        flow = words.text("all clients") if steps.scope_flow == WHOLE_BASE else self._flow(steps.scope_flow)
        return words.text(
            "Analysed: {start} to {end}, {flow}.",
            start=words.date(steps.window.start),
            end=words.date(steps.window.end),
            flow=flow,
        )

    def _is_small(self) -> bool:
        return not self.steps.has_enough

    def _withheld(self) -> list[str]:
        text = "Fewer than {n} clients have positive revenue: the figures stand without advice."
        return [self.words.text(text, n=self.steps.settings.preparation.min_clients)]

    def _basis(self) -> str:
        return self.words.text("margin") if self.steps.basis == "margin" else self.words.text("revenue")

    def _flow(self, name: str) -> str:
        shown = self.words.category("flow", name)
        return shown[:1].upper() + shown[1:]

    def _names(self, clients: pd.DataFrame) -> list[str]:
        named = clients if "client_name" in clients else self.steps.named(clients)
        if "client_name" not in named:
            return list(named["client_id"])
        return list(named["client_name"].fillna(named["client_id"]))
