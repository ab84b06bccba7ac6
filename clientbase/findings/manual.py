"""What the classes set by hand say: which stand beside the computed ones, and which to look at again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from clientbase.findings.telling import Telling
from clientbase.overrides import APPLIES

if TYPE_CHECKING:
    from clientbase.manual import Manual
    from clientbase.words import Words


class ManualFindings(Telling):
    """Sentences and the table of the classes that an analyst has set by hand."""

    def __init__(self, manual: Manual, words: Words, *, hide_reasons: bool) -> None:
        super().__init__(manual.steps, words)
        self.manual = manual
        self._hides_reasons = hide_reasons  # a reason may hold a client's name

    def overrides(self) -> list[str]:
        """Count the classes set by hand, and those that no longer apply."""
        status, words = self.manual.status, self.words
        if status is None:
            return []
        applies = status["override_state"] == APPLIES
        sentences = []
        if applies.any():
            text = "{n} {n:class is|classes are} set by hand and {n:stands|stand} beside the computed {n:one|ones}."
            sentences.append(words.text(text, n=int(applies.sum())))
        if not applies.all():
            text = "{n} {n:class|classes} set by hand no longer {n:applies|apply} as {n:it was|they were} set: look again."
            sentences.append(words.text(text, n=int((~applies).sum())))
        return sentences

    def table(self) -> pd.DataFrame:
        """Return one row per class set by hand as a reader sees it."""
        words, status = self.words, self.manual.steps.named(self.manual.status)
        pairs = {
            name: [
                words.category(column, str(value)) if pd.notna(value) else ""
                for column, value in zip(status["column"], status[name], strict=True)
            ]
            for name in ("computed", "manual", "computed_now")
        }
        client = [name for name in ("client_id", "client_name") if name in status]
        shown = status[client].assign(
            class_name=[words.label(column) for column in status["column"]],
            **pairs,
            override_state=status["override_state"].astype("str"),
            role=status["role"],
            date=status["date"],
        )
        return shown if self._hides_reasons else shown.assign(reason=status["reason"])
