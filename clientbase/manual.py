"""Classes set by hand on one study: which still apply, and what an analyst may overrule."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from clientbase import overrides

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from clientbase.load import Load
    from clientbase.steps import Steps
    from clientbase.structure import Structure


class Manual:
    """The overrides of a study, read when first asked for.

    Args:
        folder: of the study.
        steps, structure, load: what computes the classes.
        codes: client_id -> code where clients appear by code; None where they appear as the study has them.
    """

    def __init__(self, folder: Path, steps: Steps, structure: Structure, load: Load, codes: Mapping[str, str] | None) -> None:
        self.folder = folder
        self.steps = steps
        self._structure = structure
        self._load = load
        self.codes = codes

    @cached_property
    def overrides(self) -> pd.DataFrame:
        """One row per client and class set by hand."""
        return overrides.read_overrides(self.folder)

    @cached_property
    def current(self) -> pd.DataFrame:
        """One row per client in scope with the classes as they are computed now."""
        table = self.steps.client_card
        for column in sorted(set(self.overrides["column"]) - set(table)):
            table = table.merge(self.current_of(column), on="client_id", how="left")
        return table

    def current_of(self, column: str) -> pd.DataFrame:
        """Return client_id and a class of the clients in scope as it is computed now, missing where it is not."""
        sources = {
            "xyz": lambda: self._structure.xyz,
            "load_group": lambda: self._load.groups,
            "size_class": lambda: self.steps.size_classes,
        }
        table = sources.get(column, lambda: self.steps.client_card)()
        if table is None or column not in table:
            return self.steps.facts[["client_id"]].assign(**{column: pd.NA})
        return table[["client_id", column]]

    @cached_property
    def status(self) -> pd.DataFrame | None:
        """The overrides with what is computed now and whether they still apply; None without any."""
        if self.overrides.empty:
            return None
        return overrides.override_status(self.overrides, self.current, codes=self.codes)

    def beside(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return table with the manual classes after the computed ones, where it has any."""
        if self.overrides.empty:
            return table
        return overrides.with_manual(table, self.overrides, codes=self.codes)
