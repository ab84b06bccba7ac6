"""study.toml as text: the sources, with comments that say what was taken for what and what a person must decide."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import tomlkit
from tomlkit.items import InlineTable, Table

from clientbase.draft.inspection import Export
from clientbase.draft.places import Place
from clientbase.draft.plan import Source

WIDTH = 116


@dataclass(frozen=True)
class Heading:
    """The first lines of a study: names, language, currency, the last day of the data, and what is said about them."""

    name: str
    title: str
    language: str
    currency: str
    currency_remark: str = ""
    currency_decision: str = ""
    as_of: date | None = None
    notes: list[str] = field(default_factory=list)


def study_text(
    heading: Heading, sources: Sequence[Source], *, private: Iterable[str], unused: Iterable[str], folder: Path
) -> str:
    """Return the text of study.toml; paths are relative to folder."""
    document = tomlkit.document()
    for line in (
        "Drafted by `clientbase new` from the headers and values of the files; lines marked DECIDE wait for a person.",
        "A line that says nothing of its certainty was recognised exactly.",
    ):
        document.add(tomlkit.comment(line))
    document.add("name", tomlkit.item(heading.name))
    document.add("title", tomlkit.item(heading.title))
    document.add("language", tomlkit.item(heading.language))
    _say(document, [heading.currency_decision] if heading.currency_decision else [], mark="DECIDE: ")
    document.add("currency", _with_comment(heading.currency, heading.currency_remark))
    if heading.as_of:
        document.add(
            "as_of",
            _with_comment(heading.as_of, "the latest day in the data; a later day if they were loaded through a later one"),
        )
    _say(document, heading.notes)
    sections = tomlkit.table(is_super_table=True)
    for source in sources:
        sections.add(source.table, _section(source, folder))
    document.add(tomlkit.nl())
    document.add("sources", sections)
    text = tomlkit.dumps(document).rstrip() + "\n"
    return text + _closing(private, unused)


def _with_comment(value: object, comment: str) -> object:
    item = tomlkit.item(value)
    if comment:
        item.comment(comment)
        item.trivia.comment_ws = "  "
    return item


def _say(table: object, sentences: Iterable[str], *, mark: str = "") -> None:
    """Add sentences as comments, wrapped."""
    for sentence in sentences:
        lines = textwrap.wrap(mark + sentence, WIDTH, break_long_words=False, break_on_hyphens=False)
        for n, line in enumerate(lines):
            table.add(tomlkit.comment(line if n == 0 else f"  {line}"))


def _section(source: Source, folder: Path) -> Table:
    """Return one [sources.X] section."""
    section = tomlkit.table()
    _say(section, source.notes)
    _say(section, source.decisions, mark="DECIDE: ")
    if not source.is_plain:
        section.add("files", _files(source, folder))
        section.add("sql", _block(source.sql(for_reading=True)))
        section.add(tomlkit.nl())
        return section
    for key, value in (_place(source.files[source.base].place, folder) | source.reading()).items():
        section.add(key, tomlkit.item(value))
    columns = tomlkit.table()
    for item in source.items:
        columns.add(item.target, _with_comment(item.header, item.said))
    section.add("columns", columns)
    return section


def _block(text: str) -> object:
    """Return text as a TOML string of several lines that begins on a line of its own."""
    escaped = text.replace("\\", "\\\\").replace('"""', '""\\"')
    return tomlkit.parse(f'text = """\n{escaped}\n"""\n')["text"]


def _place(place: Place, folder: Path) -> dict[str, object]:
    """Return the keys that tell a reader where a table of rows lies; defaults are left out."""
    keys: dict[str, object] = {"file": relative(place.path, folder)}
    if place.sheet:
        keys["sheet"] = place.sheet
    if place.table:
        keys["table"] = place.table
    if place.header_row != 1:
        keys["header_row"] = place.header_row
    if place.encoding not in ("utf-8", "utf-8-sig"):
        keys["encoding"] = place.encoding
    if place.kind == "csv" and place.delimiter != ",":
        keys["delimiter"] = place.delimiter
    return keys


def _files(source: Source, folder: Path) -> InlineTable:
    """Return the `files` of a source: alias = path, or a table when the path is not enough."""
    files = tomlkit.inline_table()
    for alias, export in source.files.items():
        for n, place in enumerate(export.places, 1):
            keys = _place(place, folder)
            value: object = keys["file"]
            if len(keys) > 1:
                value = tomlkit.inline_table()
                value.update(keys)
            files.add(alias if len(export.places) == 1 else f"{alias}_{n}", value)
    return files


def relative(path: Path, folder: Path) -> str:
    """Return path as seen from folder, with forward slashes; absolute when they lie on different drives."""
    try:
        return Path(os.path.relpath(path.absolute(), folder.absolute())).as_posix()
    except ValueError:
        return path.absolute().as_posix()


def _closing(private: Iterable[str], unused: Iterable[str]) -> str:
    """Return the comments at the end: what was not read, and why."""
    private, unused = list(private), list(unused)
    sentences = []
    if private:
        sentences.append(f"Not read, for privacy (people, telephones, e-mails, addresses): {'; '.join(private)}.")
    if unused:
        sentences.append(f"Not used: {'; '.join(unused)}.")
    lines = [
        line
        for sentence in sentences
        for line in textwrap.wrap(sentence, WIDTH, break_long_words=False, break_on_hyphens=False)
    ]
    return "\n" + "\n".join(f"# {line}" for line in lines) + "\n" if lines else ""


def label_columns(export: Export, columns: Iterable[str]) -> str:
    """Return columns of an export as a phrase."""
    return f"{', '.join(columns)} ({export.label})"
