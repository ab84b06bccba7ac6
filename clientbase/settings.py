"""The settings of one study: all sections, and where every value comes from: the default, the study's file or this run."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field, replace
from typing import Any

import pydantic

from clientbase.derived import note_reading
from clientbase.errors import SettingError
from clientbase.sections import (
    SECTION_OF,
    SECTIONS,
    Assortment,
    Cohorts,
    Concentration,
    Delivery,
    Economics,
    Flows,
    Load,
    Parity,
    Portrait,
    Preparation,
    PurchaseSize,
    Regions,
    Relationship,
    Scoring,
    Section,
    ShareClasses,
    Stability,
)

DEFAULT, STUDY, RUN = "default", "study", "this run"


@dataclass(frozen=True)
class Settings:
    """All sections with, for each value that is not the default, where it comes from."""

    preparation: Preparation = field(default_factory=Preparation)
    flows: Flows = field(default_factory=Flows)
    purchase_size: PurchaseSize = field(default_factory=PurchaseSize)
    assortment: Assortment = field(default_factory=Assortment)
    relationship: Relationship = field(default_factory=Relationship)
    share_classes: ShareClasses = field(default_factory=ShareClasses)
    scoring: Scoring = field(default_factory=Scoring)
    stability: Stability = field(default_factory=Stability)
    concentration: Concentration = field(default_factory=Concentration)
    cohorts: Cohorts = field(default_factory=Cohorts)
    regions: Regions = field(default_factory=Regions)
    delivery: Delivery = field(default_factory=Delivery)
    portrait: Portrait = field(default_factory=Portrait)
    load: Load = field(default_factory=Load)
    parity: Parity = field(default_factory=Parity)
    economics: Economics = field(default_factory=Economics)
    origins: dict[str, str] = field(default_factory=dict)

    def with_values(self, values: dict[str, Any], origin: str) -> Settings:
        """Return settings with values (name -> value) put in and marked with origin; refuse what is unknown or illegal."""
        changed: dict[str, dict[str, Any]] = {}
        for name, value in values.items():
            if name not in SECTION_OF:
                raise SettingError(f"there is no setting '{name}'{near(name, SECTION_OF)}.")
            changed.setdefault(SECTION_OF[name], {})[name] = value
        sections = {
            section: _checked(SECTIONS[section], {**self.given(section), **new}, where=f"section [{section}]")
            for section, new in changed.items()
        }
        return replace(self, **sections, origins={**self.origins, **dict.fromkeys(values, origin)})

    def with_changes(self, values: dict[str, Any]) -> Settings:
        """Return settings with the values that differ from the defaults put in as this run's own.

        A notebook's parameter left at its default means "as the study says", so it changes nothing here.
        """
        for name in values:
            if name not in SECTION_OF:
                raise SettingError(f"there is no setting '{name}'{near(name, SECTION_OF)}.")
        asked = {name: value for name, value in values.items() if value != default_of(name) and value != self.value(name)}
        return self.with_values(asked, RUN) if asked else self

    def given(self, section: str) -> dict[str, Any]:
        """Return the values of one section by name."""
        note_reading(SECTIONS[section].model_fields)
        return getattr(self, section).model_dump()

    def value(self, name: str) -> Any:
        """Return the effective value of one setting."""
        return getattr(getattr(self, SECTION_OF[name]), name)

    def origin(self, name: str) -> str:
        """Return where a value comes from: default, study, or this run."""
        note_reading((name,))
        return self.origins.get(name, DEFAULT)

    def record(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Return section -> name -> value, default and origin, fit for JSON."""
        return {
            section: {
                name: {"value": self.value(name), "default": default_of(name), "origin": self.origin(name)}
                for name in model.model_fields
            }
            for section, model in SECTIONS.items()
        }


def default_of(name: str) -> Any:
    """Return the default of one setting."""
    return SECTIONS[SECTION_OF[name]].model_fields[name].default


def describe(name: str) -> tuple[str, str, str]:
    """Return what a setting means, its unit and who set its default."""
    info = SECTIONS[SECTION_OF[name]].model_fields[name]
    return str(info.description), info.json_schema_extra["unit"], info.json_schema_extra["source"]


def read_settings(sections: dict[str, dict[str, Any]], *, where: str) -> Settings:
    """Read the setting sections of a study's file, called where in messages."""
    settings = Settings()
    for section, values in sections.items():
        model = SECTIONS[section]
        for name in values:
            if name not in model.model_fields:
                raise SettingError(f"{where}, section [{section}]: there is no setting '{name}'{near(name, SECTION_OF)}.")
        _checked(model, values, where=f"{where}, section [{section}]")
        settings = settings.with_values(values, STUDY)
    return settings


def near(name: str, known: Any) -> str:
    """Return ' (did you mean ...?)' with the nearest known names, or what there is when none is near."""
    close = difflib.get_close_matches(str(name), [str(item) for item in known], n=3, cutoff=0.6)
    if close:
        return f" (did you mean {' or '.join(repr(item) for item in close)}?)"
    return f"; there are {', '.join(sorted(str(item) for item in known))}"


def _checked(model: type[Section], values: dict[str, Any], *, where: str) -> Section:
    try:
        return model.model_validate(values)
    except pydantic.ValidationError as error:
        raise SettingError("\n".join(_problem(model, item, where) for item in error.errors())) from None


def _problem(model: type[Section], item: dict[str, Any], where: str) -> str:
    """Write one of pydantic's complaints as a sentence for the person who edits the study."""
    asked = item["msg"].removeprefix("Value error, ").replace("Input should be", "needs to be")
    if item["type"] == "dict_type":
        asked = "needs to be entries in braces, { name = value }"
    if not item["loc"] or (name := str(item["loc"][0])) not in model.model_fields:
        return f"{where}: {asked}."
    info = model.model_fields[name]
    name = ".".join(str(part) for part in item["loc"])
    return f"{where}: {name} = {item['input']!r} {asked}. It is the {info.description}; the default is {info.default!r}."
