"""One engagement: a study's file, its facts and the steps of the method on them."""

from __future__ import annotations

import datetime as dt
import json
import os
import pickle
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from clientbase.codes import codes_of, without_names, write_key
from clientbase.decisions import read_decisions
from clientbase.economics import Economics
from clientbase.ledger import cache
from clientbase.ledger.checks import GATE_TEXTS, Gate
from clientbase.load import Load
from clientbase.manual import Manual
from clientbase.method.periods import Window, previous_window
from clientbase.parity import Parity
from clientbase.settings import RUN, Settings
from clientbase.steps import Steps
from clientbase.structure import Structure
from clientbase.study_file import StudyFile, read_study
from clientbase.target import TargetClient
from clientbase.words import Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clientbase.derived import Kept
    from clientbase.ledger.reading import LedgerResult

RUN_VARIABLE = "CLIENTBASE_RUN"
PARTS = ("steps", "structure", "target", "load", "parity", "economics")  # of an engagement, each with its tables
READING = {"window_months", "client_level", "returns_at", "max_unassigned_share"}  # settings that change what is read


@dataclass(frozen=True)
class Run:
    """What a report run asks of its notebooks.

    parameters: values given for this run, by setting. tables: the folder that tables are saved in, or None.
    hide_names: clients appear by code only. facts: the folder the facts of this run are in, or None for the cache.
    opened: the file of what the run has read and computed before its notebooks, see Engagement.keep_open, or None.
    study: the study as the notebooks of this run name it.
    """

    parameters: dict[str, Any]
    tables: Path | None = None
    hide_names: bool = False
    facts: Path | None = None
    opened: Path | None = None
    study: str = ""

    @staticmethod
    def of_environment(environment: Mapping[str, str] = os.environ) -> Run:
        """Return the run that started the process of this environment, or one without demands."""
        if not (place := environment.get(RUN_VARIABLE)):
            return Run({})
        given = json.loads(Path(place).read_text(encoding="utf-8"))
        folders = {name: Path(given[name]) if given.get(name) else None for name in ("tables", "facts", "opened")}
        return Run(given["parameters"], hide_names=given["hide_names"], study=given.get("study", ""), **folders)


@dataclass(frozen=True)
class Engagement:
    """A study with its facts read: what notebooks, reports and panels work on."""

    file: StudyFile
    settings: Settings
    ledger: LedgerResult
    run: Run
    fingerprint: cache.Fingerprint | None
    codes: dict[str, str] | None = None

    @property
    def name(self) -> str:
        """Return the study's short name."""
        return self.file.heading.name

    @property
    def title(self) -> str:
        """Return the study's title, or its name."""
        return self.file.heading.title or self.name

    @cached_property
    def words(self) -> Words:
        """Labels, sentences and number formats in the study's language and currency."""
        return Words(self.file.heading.language, self.file.heading.currency)

    @cached_property
    def window(self) -> Window:
        """The analysed window."""
        start, end, months = self.ledger.state["window"]
        return Window(dt.date.fromisoformat(start), dt.date.fromisoformat(end), months)

    @property
    def as_of(self) -> dt.date:
        """The day the data are loaded through."""
        return dt.date.fromisoformat(self.ledger.state["as_of"])

    @property
    def facts(self) -> pd.DataFrame:
        """One row per client of the company."""
        return self.ledger.facts

    @cached_property
    def steps(self) -> Steps:
        """The five steps with the effective settings."""
        return Steps(
            all_facts=self.facts,
            months=self.ledger.months,
            groups=self.ledger.groups,
            tables=self.ledger.tables,
            settings=self.settings,
            window=self.window,
            previous=previous_window(self.window),
            n_active_products=self.ledger.state["n_active_products"],
            history_months=self.ledger.state["history_months"],
        )

    @cached_property
    def structure(self) -> Structure:
        """The structure of the base with the effective settings."""
        return Structure(self.steps, self.ledger.contacts)

    @cached_property
    def target(self) -> TargetClient:
        """The portrait of the target client with the effective settings."""
        return TargetClient(self.steps)

    @cached_property
    def load(self) -> Load:
        """The client load with the effective settings."""
        return Load(self.steps, self.ledger)

    @cached_property
    def parity(self) -> Parity:
        """Profit parity with the effective settings."""
        return Parity(self.steps, self.load, self.ledger)

    @cached_property
    def economics(self) -> Economics:
        """The economics of the clients with the effective settings."""
        return Economics(self.steps, self.load, self.ledger.contacts)

    @cached_property
    def manual(self) -> Manual:
        """The classes set by hand."""
        return Manual(self.file.folder, self.steps, self.structure, self.load, self.codes)

    @cached_property
    def decisions(self) -> pd.DataFrame:
        """One row per decision saved into the study, oldest first."""
        return read_decisions(self.file.folder)

    @cached_property
    def gates(self) -> dict[str, Gate]:
        """The parts of the method this study opens or leaves closed."""
        facts = self.facts
        is_open = {
            "margin": "margin" in facts,
            "time": "minutes" in facts or bool(self.settings.flows.time_shares),
            "flows": self.steps.has_flows,
            "products": self.ledger.groups is not None,
            "crm": "first_fact_date" in facts,
            "discounts": "list_revenue" in facts,
            "criteria": self.steps.criteria is not None,
            "regions": self.structure.has_regions,
            "delivery": self.structure.has_delivery,
            "portrait": bool(self.target.categories or self.target.numbers),
            "load": self.load.is_open,
        }
        return {name: Gate(name, is_open[name], opened_by, effect) for name, (opened_by, effect) in GATE_TEXTS.items()}

    def reason(self, part: str) -> str:
        """Return why a part of the method has no result although its columns are there; empty when it has one."""
        return self.load.reason() if part == "load" else self.steps.reason(part)

    def apply(self, **values: Any) -> Engagement:
        """Return the engagement with settings changed for this run; a value at its default means: as the study says."""
        settings = self.settings.with_changes(values)
        return self if settings is self.settings else replace(self, settings=settings)

    def with_values(self, values: dict[str, Any], origin: str = RUN) -> Engagement:
        """Return the engagement with these values in force, whatever the study says.

        What changes the reading is read again; of the tables those that rest on none of the values are taken over.
        """
        if READING & set(values):
            run = replace(self.run, parameters={**self.run.parameters, **values}, opened=None)
            again = open_study(self.file.path, run)
            return replace(again, settings=self.settings.with_values(values, origin))
        other = replace(self, settings=self.settings.with_values(values, origin))
        for part in PARTS:
            getattr(other, part).take_over(getattr(self, part).hand_over(), changed=values)
        return other

    def get_ready(self) -> None:
        """Find what every notebook asks for: the files beside the study and the open gates."""
        for part, name in ((self, "decisions"), (self, "gates"), (self.manual, "overrides")):
            getattr(part, name)

    def keep_open(self, place: Path) -> None:
        """Write the facts and the tables computed so far, for the notebooks of the same run.

        place lies in a folder of the run alone: whoever writes there could have the notebooks do anything.
        """
        derived = {part: getattr(self, part).hand_over() for part in PARTS}
        kept = Opened(self.ledger, self.fingerprint, self.codes, derived)
        place.write_bytes(pickle.dumps(kept, protocol=pickle.HIGHEST_PROTOCOL))

    def run_record(self) -> dict[str, Any]:
        """Return what made the results: settings with origins, sources with fingerprints, window, findings."""
        heading = self.file.heading
        return {
            "study": {
                "name": self.name, "title": self.title, "language": heading.language, "currency": heading.currency,
                "note": heading.note,
            },
            "as_of": self.as_of.isoformat(),
            "window": self.ledger.state["window"],
            "scope_flow": self.steps.scope_flow,
            "grain": self.steps.grain,
            "hide_names": self.run.hide_names,
            "settings": self.settings.record(),
            "sources": self.fingerprint.sources if self.fingerprint else cache.origins(self.file.sources, self.file.folder),
            "engine": self.ledger.state["engine"],
            "columns": self.ledger.state["columns"],
            "totals": {name: self.ledger.state[name] for name in ("total_revenue", "unassigned_revenue")},
            "checks": json.loads(self.ledger.checks.to_json(orient="records")),
        }  # fmt: skip


@dataclass(frozen=True)
class Opened:
    """An engagement as a run hands it to its notebooks: without what they read from the study's file themselves."""

    ledger: LedgerResult
    fingerprint: cache.Fingerprint | None
    codes: dict[str, str] | None
    derived: dict[str, dict[str, Kept]]


_ahead: dict[str, Engagement] = {}  # of the runs whose kernels this process forks, by the place of their demands


def open_ahead(environment: Mapping[str, str]) -> None:
    """Open the study of a run in the process that forks its kernels, so that each of them finds it open.

    Only what the run has kept open: reading files of Parquet starts threads, which a fork would lose.
    """
    for place in [place for place in _ahead if not Path(place).exists()]:  # that run is over
        del _ahead[place]
    place = environment.get(RUN_VARIABLE, "")
    if place and place not in _ahead:
        run = Run.of_environment(environment)
        if run.opened:
            _ahead[place] = open_study(run.study, run)
            _ahead[place].get_ready()


def open_study(place: str | Path, run: Run | None = None) -> Engagement:
    """Open a study: read its file, and its facts from the cache or, the first time, from its sources.

    Args:
        place: the study.toml, its folder, or `demo`.
        run: demands of a report run; None takes those of the process that started this one.

    Raises StudyError, SourceError, DataError or SettingError with one sentence each for whatever is wrong.
    """
    if not run and (found := _ahead.get(os.environ.get(RUN_VARIABLE, ""))) and found.run.study == str(place):
        return found
    run = run or Run.of_environment()
    file = read_study(place)
    settings = file.settings.with_values(run.parameters, RUN) if run.parameters else file.settings
    if run.opened and run.study == str(place):
        return _taken_over(run, file, settings)
    asked = {
        "currency": file.heading.currency,
        "as_of": file.heading.as_of,
        "preparation": settings.preparation.model_copy(update={"grain": "auto", "min_clients": 3, "rhythm_clients": 10}),
    }
    fingerprint = cache.fingerprint(file.sources, file.folder, engine=file.engine, **asked)
    kept = run.facts or (cache.cache_folder(file.folder) / f"facts-{fingerprint.key}" if fingerprint else None)
    ledger = cache.load(kept) if kept else None
    if ledger is None:
        from clientbase.ledger.reading import read_ledger

        ledger = read_ledger(file.sources, file.folder, engine=file.engine, **asked)
        if kept:
            kept.parent.mkdir(parents=True, exist_ok=True)
            cache.save(ledger, kept)
    codes = codes_of(ledger) if run.hide_names else None
    if run.hide_names:
        if run.tables is None:  # the run itself, and not one of its kernels
            write_key(ledger, cache.cache_folder(file.folder))
        ledger = without_names(ledger)
    return Engagement(file, settings, ledger, run, fingerprint, codes)


def _taken_over(run: Run, file: StudyFile, settings: Settings) -> Engagement:
    """Return the engagement that the run has kept open, with the tables that it has computed."""
    kept: Opened = pickle.loads(run.opened.read_bytes())  # noqa: S301 - written by this very run
    engagement = Engagement(file, settings, kept.ledger, run, kept.fingerprint, kept.codes)
    for part, tables in kept.derived.items():
        getattr(engagement, part).take_over(tables)
    return engagement
