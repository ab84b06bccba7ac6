"""How a run tells what it is doing, without knowing who listens."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called with an event's name and its facts, never by two threads at once.

    Events: study_opened (study: its place), run_started (study, n_notebooks), notebook_started (study, notebook),
    cell_started (study, notebook, cell, n_cells), notebook_finished (study, notebook, seconds), notebook_failed
    (study, notebook), pages_started (study), run_finished (study, index).
    """

    def __call__(self, event: str, **fields: object) -> None:
        """Take note of an event."""


def no_progress(event: str, **fields: object) -> None:
    """Take no note."""
