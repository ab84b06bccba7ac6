"""Pages of a report: an executed notebook or the summary becomes one HTML file that asks nothing of any network.

nbconvert renders the cells (template/cells), our own shell goes around them (template/shell.html.j2). Pages run no
script: their security policy forbids it, and what could get round the policy is shown as text.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from clientbase.report.reading import heading, readable, shown_type

if TYPE_CHECKING:
    from collections.abc import Callable

    import jinja2
    from nbconvert.exporters import TemplateExporter
    from nbformat import NotebookNode

    from clientbase.report.summary_model import Summary

TEMPLATES = Path(__file__).parent / "template"
INDEX = "index.html"
# Tags that act without a script: they leave the page or load from elsewhere, which a policy in the page cannot stop.
ACTIVE_TAG = re.compile(r"<(?=/?\s*(?:script|meta|base|link|iframe|frame|object|embed|form)\b)", re.IGNORECASE)
SECTION = re.compile(r"<h2[^>]*>(.*?)</h2>", re.DOTALL)
TAG = re.compile(r"<[^>]+>")
# Every word of the pages themselves, for the catalogue of translations.
LABELS = (
    "Contents", "Summary", "Previous", "Next", "Calculation", "Key figures", "Decisions", "Five questions", "Details",
    "Data quality", "In order", "Note", "Warning", "Not possible", "Assumptions", "Assumption", "Value", "Origin",
    "Limits", "Files", "Record of the run",
)  # fmt: skip


@dataclass(frozen=True)
class Chapter:
    """One page of a report, as others link to it."""

    href: str
    title: str

    @property
    def short(self) -> str:
        """Return the title up to its colon, which is enough in a list."""
        return self.title.partition(":")[0]


@dataclass(frozen=True)
class Frame:
    """What all pages of a report share."""

    title: str
    note: str
    language: str
    label: Callable[[str], str]
    chapters: list[Chapter]


def chapter(notebook: NotebookNode, stem: str) -> Chapter:
    """Return the page that a notebook becomes."""
    return Chapter(f"{stem}.html", heading(notebook) or stem)


def write_page(folder: Path, notebook: NotebookNode, place: Chapter, frame: Frame) -> None:
    """Write an executed notebook as a page of the report in folder."""
    body, sections = _numbered(_cells(notebook, frame.label))
    pages = [Chapter(INDEX, frame.label("Summary")), *frame.chapters]
    position = pages.index(place)
    following = pages[position + 1] if position + 1 < len(pages) else None
    values = {"body": body, "sections": sections, "previous": pages[position - 1], "following": following}
    _write(folder / place.href, "page.html.j2", frame, here=place, **values)


def write_index(folder: Path, summary: Summary, frame: Frame) -> Path:
    """Write the first page of the report in folder; a link to a page that this report does not have becomes text."""
    decisions, answers = (
        [item if (folder / item.href).is_file() else replace(item, href="") for item in items]
        for items in (summary.decisions, summary.answers)
    )
    here = Chapter(INDEX, frame.label("Summary"))
    shown = replace(summary, decisions=decisions, answers=answers)
    _write(folder / INDEX, "index.html.j2", frame, here=here, summary=shown)
    return folder / INDEX


def get_ready() -> None:
    """Import what pages need, which takes a second, while the kernels get ready themselves."""
    _exporter()
    _environment()


def _write(target: Path, template: str, frame: Frame, **values: object) -> None:
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    page = _environment().get_template(template).render(frame=frame, label=frame.label, style=style, **values)
    target.write_text(page, encoding="utf-8")


def _cells(notebook: NotebookNode, label: Callable[[str], str]) -> str:
    """Return the cells of a notebook as HTML.

    Nbconvert's template is filled here: its own way to it copies the notebook two more times, and checks it against the
    format's schema after each preprocessor, of which only the one that joins printed lines finds work in our notebooks.
    """
    from nbconvert.preprocessors import CoalesceStreamsPreprocessor

    shown, printed = readable(notebook), CoalesceStreamsPreprocessor()
    for place, cell in enumerate(shown.cells):
        printed.preprocess_cell(cell, {}, place)
    return _exporter().template.render(nb=shown, resources={"label": label}).lstrip("\r\n")


def _numbered(body: str) -> tuple[str, list[tuple[str, str]]]:
    """Give the sections of body ids that no two share; return it and the sections: id, words."""
    sections: list[tuple[str, str]] = []

    def numbered(match: re.Match) -> str:
        words = html.unescape(TAG.sub("", match[1])).strip()
        sections.append((f"section-{len(sections) + 1}", words))
        return f'<h2 id="{sections[-1][0]}">{match[1]}</h2>'

    return SECTION.sub(numbered, body), sections


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    loader = jinja2.FileSystemLoader(TEMPLATES)
    return jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)


@cache
def _exporter() -> TemplateExporter:
    """Return nbconvert with our template, without the second parse that its own HTML exporter makes of every page."""
    from nbconvert.exporters import TemplateExporter

    filters = {"markdown": _markdown, "data_markdown": _data_markdown, "inert": _inert, "shown_type": shown_type}
    return TemplateExporter(
        template_name="cells",
        template_file="index.html.j2",
        extra_template_basedirs=[str(TEMPLATES)],
        filters=filters,
        file_extension=".html",
    )


def _markdown(source: str, attachments: dict | None = None) -> str:
    """Render a markdown cell."""
    return _inert(_render(source, escape=False, attachments=attachments or {}))


def _data_markdown(source: str) -> str:
    """Render markdown that a cell put out: it may hold names from the data, so tags in it are text."""
    return _render(source, escape=True, attachments={})


def _render(source: str, *, escape: bool, attachments: dict) -> str:
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    renderer = IPythonRenderer(escape=escape, attachments=attachments, exclude_anchor_links=True)
    return MarkdownWithMath(renderer=renderer).render(source)


def _inert(markup: str) -> str:
    """Return markup with its active tags shown as text."""
    return ACTIVE_TAG.sub("&lt;", markup)
