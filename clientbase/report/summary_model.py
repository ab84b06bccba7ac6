"""What the first page of a report shows: finished words and links, composed elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Level = Literal["ok", "note", "warning", "closed"]


@dataclass(frozen=True)
class KeyFigure:
    """A number for the eye: what it is, its value, and a line that puts it in proportion."""

    label: str
    value: str
    detail: str = ""


@dataclass(frozen=True)
class Decision:
    """What one step of the method comes to; href is the page that shows how."""

    step: str
    title: str
    headline: str
    sentences: list[str] = field(default_factory=list)
    href: str = ""


@dataclass(frozen=True)
class Answer:
    """A general question with its answer; href is the page that shows how."""

    question: str
    sentences: list[str] = field(default_factory=list)
    href: str = ""


@dataclass(frozen=True)
class Remark:
    """One finding on the data; "closed" says that something could not be done with them."""

    level: Level
    text: str


@dataclass(frozen=True)
class Summary:
    """The first page. note is the warning that data are invented, shown on every page; assumptions are label, value, origin."""

    title: str
    subtitle: str = ""
    note: str = ""
    key_figures: list[KeyFigure] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    quality: list[Remark] = field(default_factory=list)
    assumptions: list[tuple[str, str, str]] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)
    files: list[tuple[str, str]] = field(default_factory=list)
