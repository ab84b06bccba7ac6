"""study.toml: one company's sources and the settings that differ from the defaults, read and checked."""

from __future__ import annotations

import datetime as dt
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydantic
from pydantic import BaseModel, ConfigDict, Field, field_validator

from clientbase.errors import StudyError
from clientbase.ledger.addresses import without_secrets
from clientbase.ledger.specification import EngineSpec, SourceSpec
from clientbase.ledger.tables import TABLES
from clientbase.sections import SECTIONS
from clientbase.settings import Settings, near, read_settings

PACKAGE = Path(__file__).parent
LONGEST_SHOWN = 80  # characters of a refused value


class Heading(BaseModel):
    """The lines at the top of study.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str = Field(
        pattern=r"^[\w-]{1,60}$", description="short name of letters, digits, - and _; the report's folder is called so"
    )
    title: str = Field("", max_length=120, description="title of the report")
    language: str = Field("en", pattern="^(en|ru)$", description="language of the report: en or ru")
    currency: str = Field(
        pattern="^[A-Z]{3}$", description="code of the currency of the report, three capital letters such as EUR"
    )
    as_of: dt.date | None = Field(None, description="day through which data are loaded, such as 2025-12-31")
    note: str = Field("", description="sentence printed on every page, for example that the data are invented")

    @field_validator("as_of", mode="before")
    @classmethod
    def _is_a_day(cls, day: object) -> object:
        if isinstance(day, int | float):  # pydantic would take 20251231 for seconds since 1970
            raise ValueError("needs to be a day")
        return day


@dataclass(frozen=True)
class StudyFile:
    """A study as its file tells it."""

    path: Path
    heading: Heading
    sources: dict[str, SourceSpec]
    settings: Settings
    engine: EngineSpec | None = None

    @property
    def folder(self) -> Path:
        """Return the folder that relative paths start from."""
        return self.path.parent


def find_study(place: str | Path) -> Path:
    """Return the study.toml that place means: the file, its folder, or `demo` for the base that comes with the package.

    Notebooks say ../data/demo and reports data/demo for the same study, and an installed package has neither beside it:
    a path that ends in data/demo therefore falls back to the demo of the package.
    """
    path = Path(place)
    if str(place).startswith("~"):
        path = Path(os.path.expanduser(place))  # noqa: PTH111  Path.expanduser raises for users that do not exist
    for found in (path / "study.toml", path):
        if found.is_file():
            if found.suffix != ".toml":
                raise StudyError(
                    f"'{place}' is no study; a study is a file study.toml. Draft one: clientbase new NAME {path.name}"
                )
            return found.resolve()
    if path.name == "demo" and path.parent.name in ("data", ""):
        for folder in (PACKAGE / "demo", PACKAGE.parent / "data" / "demo"):
            if (folder / "study.toml").is_file():
                return folder / "study.toml"
    if path.is_dir():
        raise StudyError(f"the folder '{place}' holds no study.toml. Draft one: clientbase new NAME FILE...")
    raise StudyError(
        f"there is no study '{place}'. Name a study.toml or the folder it is in, or demo for the invented training base."
    )


def read_study(place: str | Path) -> StudyFile:
    """Read a study's file; every problem in it is one sentence of a StudyError or SettingError."""
    path = find_study(place)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise StudyError(
            f"{path.name} is not valid TOML: {error}. Texts need quotes; a path with backslashes needs single ones."
        ) from None
    except UnicodeDecodeError:
        raise StudyError(f"{path.name} is not in UTF-8. Save it as UTF-8.") from None
    except OSError as error:
        raise StudyError(f"{path.name} cannot be opened ({error.strerror}). Check who may read it.") from None
    sources, engine = document.pop("sources", {}), _engine(document.pop("engine", None), path.name)
    sections = {name: document.pop(name) for name in list(document) if name in SECTIONS}
    _refuse_unknown(document, path.name)
    if not_tables := [name for name, values in sections.items() if not isinstance(values, dict)]:
        raise StudyError(f"{path.name}: {not_tables[0]} is a section; write [{not_tables[0]}] and its values below.")
    return StudyFile(
        path=path,
        heading=_checked(Heading, document, path.name),
        sources=_sources(sources, engine, path.name),
        settings=read_settings(sections, where=path.name),
        engine=engine,
    )


def _refuse_unknown(document: dict[str, Any], where: str) -> None:
    known = [*Heading.model_fields, "sources", "engine", *SECTIONS]
    for name in document:
        if name not in Heading.model_fields:
            raise StudyError(f"{where}: there is no '{name}'{near(name, known)}.")


def _engine(section: object, where: str) -> EngineSpec | None:
    if section is None:
        return None
    if not isinstance(section, dict):
        raise StudyError(f"{where}: engine is a section; write [engine] and url = '...' below.")
    return _checked(EngineSpec, section, f"{where}, section [engine]")


def _sources(sources: dict[str, Any], engine: EngineSpec | None, where: str) -> dict[str, SourceSpec]:
    if not isinstance(sources, dict) or not sources:
        raise StudyError(f"{where}: there are no sources. Add a section [sources.orders] with file = '...'.")
    for name, spec in sources.items():
        if name not in TABLES:
            raise StudyError(f"{where}: there is no table '{name}'{near(name, TABLES)}.")
        if not isinstance(spec, dict):
            raise StudyError(f"{where}: sources.{name} is a section; write [sources.{name}] and file = '...' below.")
    specs = {name: _checked(SourceSpec, spec, f"{where}, section [sources.{name}]") for name, spec in sources.items()}
    if engine is None and (without := [name for name, spec in specs.items() if spec.is_in_engine]):
        raise StudyError(
            f"{where}, section [sources.{without[0]}] needs one of file, files or url; it has none. A table alone belongs to "
            "an engine: name that in a section [engine] with url = '...'."
        )
    return specs


def _checked(model: type[BaseModel], values: dict[str, Any], where: str) -> Any:
    try:
        return model.model_validate(values)
    except pydantic.ValidationError as error:
        raise StudyError("\n".join(_problem(model, item, where) for item in error.errors())) from None


def _problem(model: type[BaseModel], item: dict[str, Any], where: str) -> str:
    """Write one of pydantic's complaints as a sentence for the person who edits the study."""
    name = ".".join(str(part) for part in item["loc"])
    asked = item["msg"].removeprefix("Value error, ").replace("Input should be", "needs to be")
    if item["type"] == "extra_forbidden":
        return f"{where}: there is no '{name}'{near(name, model.model_fields)}.{_misplaced(model, name)}"
    if not name:
        return f"{where} {asked}."
    first = str(item["loc"][0])
    meaning = f" It is the {model.model_fields[first].description}." if first in model.model_fields else ""
    if item["type"] == "missing":
        return f"{where}: {name} is missing.{meaning}"
    if item["type"] in ("dict_type", "model_type"):
        asked = "needs to be a section, or { name = value } on one line"
    given = without_secrets(repr(item["input"]), str(item["input"]))
    shown = given if len(given) <= LONGEST_SHOWN else f"{given[:LONGEST_SHOWN]}..."
    return f"{where}: {name} = {shown} is not accepted ({asked[0].lower()}{asked[1:]}).{meaning}"


def _misplaced(model: type[BaseModel], name: str) -> str:
    """Say where a line belongs that stands below a section by mistake, as TOML then takes it for a part of that."""
    if model is SourceSpec and name in Heading.model_fields:
        return f" Move it to the top of the file, above the first line in brackets: {name} belongs to the study."
    return ""
