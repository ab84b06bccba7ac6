"""The negotiation sheet as files: one HTML page that asks nothing of any network, and the same page as PDF."""

from __future__ import annotations

import base64
import hashlib
import math
import re
import secrets
import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from clientbase.report.printing import PrintError, print_pdf
from clientbase.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import jinja2

    from clientbase.report.sheet_model import Line, Sheet

TEMPLATES = Path(__file__).parent / "template"
PALETTE = re.compile(r":root \{.*?\}", re.DOTALL)  # the colours of the reports, so that both change together
# Every word of the page itself, for the catalogue of translations.
LABELS = (
    "What the client buys and brings", "What serving it costs us", "For our side only", "What is asked",
    "What must come back", "What is offered", "Offer", "Terms", "Worth a year", "State", "Nothing is offered yet",
    "Needed", "Offered", "Difference", "Enough", "Not yet enough", "Not possible this way", "Nothing to judge",
    "What to ask for next", "Limits and rules", "Agreed", "By whom and in what role", "Valid until", "Made on",
)  # fmt: skip
# Of type, in points, as in the template; below ROOMY lists stand closer and details go on with their line. What is written
# here of heights was measured in a wide font (DejaVu Sans): in others a page holds more.
SIZES = {"size-1": 10.5, "size-2": 9.75, "size-3": 9.5, "size-4": 8.75, "size-5": 8.0, "size-6": 7.5, "size-7": 7.0}
ROOMY = 9.6
PAGE_WIDTH, PAGE_HEIGHT, HAND_HEIGHT = 516.0, 755.0, 97.0  # A4 between its margins and the place to write, in points
LINE, HEADING = 1.35, 1.75  # in sizes of the type
LETTERS, OTHER_LETTERS = {"en": 0.54}, 0.59  # a letter across in a wide font, in sizes of the type; Cyrillic ones are wider
LONGEST = 50  # characters of a file's name that come from the data
RESERVED = re.compile(r"(?:con|prn|aux|nul|(?:com|lpt)[0-9¹²³])", re.IGNORECASE)  # names of devices on Windows


def render(sheet: Sheet, label: Callable[[str], str]) -> str:
    """Return the sheet as an HTML page of one A4 sheet; whatever the sheet holds is text there, never markup.

    Args:
        sheet: finished words; sheet.without_own_costs() for a page that the client may see.
        label: gives the words of the page itself (LABELS) in the language of the sheet.
    """
    palette = PALETTE.search((TEMPLATES / "style.css").read_text(encoding="utf-8"))[0]
    picture = base64.b64encode(sheet.picture).decode() if sheet.picture else ""
    template = _environment().get_template("negotiation_sheet.html.j2")
    return template.render(sheet=sheet, label=label, palette=palette, picture=picture, size=_size(sheet))


def write_sheet(sheet: Sheet, folder: Path, stem: str, *, pdf: bool) -> list[Path]:
    """Write the sheet into folder, which is made if need be; return the files written.

    Args:
        sheet: finished words, in a language that there are words for.
        folder: where the files go; files of the same stem are replaced, and an older PDF goes with its page.
        stem: names the files, usually a client's code: any text. What a file's name cannot hold is replaced and the name
            then ends in a mark of its own, so that no two stems share a file.
        pdf: print the page too.

    Raises:
        PrintError: the page could not be written; or it is written, but there is no browser to print it, or that failed.
        SettingError: there are no words in the sheet's language.
    """
    page = render(sheet, Words(sheet.language).text)
    try:
        target = _write(page, folder, stem)
    except OSError as error:
        raise PrintError(
            f"the sheet could not be written into '{folder}' ({error}). Close it elsewhere or change the folder."
        ) from error
    return [target, print_pdf(target, target.with_suffix(".pdf"))] if pdf else [target]


def _write(page: str, folder: Path, stem: str) -> Path:
    """Write the page aside, then rename it: a file of this name is always whole."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{_file_stem(stem, folder)}.html"
    # Never another page's PDF beside this one, with costs that this one leaves out.
    target.with_suffix(".pdf").unlink(missing_ok=True)
    aside = target.with_name(f".{secrets.token_hex(8)}.html")
    try:
        aside.write_text(page, encoding="utf-8")
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)
    return target


def _file_stem(stem: str, folder: Path) -> str:
    """Return a stem that every system takes as a file's name in folder.

    A dot comes only before the mark, so that no cleaned name equals a marked one.
    """
    cleaned = re.sub(r"[^\w-]+", "_", unicodedata.normalize("NFC", stem)).strip("_-")[:LONGEST] or "sheet"
    if RESERVED.fullmatch(cleaned):
        cleaned = f"_{cleaned}"
    if cleaned == stem and not _has_other_case(folder, cleaned):
        return cleaned
    return f"{cleaned}.{hashlib.sha256(stem.encode('utf-8', 'surrogatepass')).hexdigest()[:10]}"


def _has_other_case(folder: Path, stem: str) -> bool:
    """Tell whether folder has this name in other capitals, which on some systems is the same file."""
    return any(path.stem != stem and path.stem.casefold() == stem.casefold() for path in folder.glob("*.html"))


def _size(sheet: Sheet) -> str:
    """Return the class of the largest type that holds the sheet on one page; the smallest where none does."""
    return next((name for name, points in SIZES.items() if _height(sheet, points) <= PAGE_HEIGHT), list(SIZES)[-1])


def _height(sheet: Sheet, points: float) -> float:
    """Return about how high the page gets in type of this size, both in points, the place to write by hand included."""
    gap, pad, picture = (1.1, 0.28, 14.0) if points > ROOMY else (0.8, 0.16, 11.0)
    wide = PAGE_WIDTH / (points * LETTERS.get(sheet.language, OTHER_LETTERS))  # characters of a line
    half, ledger = wide * 0.47, sheet.ledger
    facts, asked, needed = (_pairs(lines, half, pad, points) for lines in (sheet.facts, sheet.asked, sheet.needed))
    own = _pairs(sheet.own_costs, half * 0.93, pad, points) + _wrapped(sheet.own_notes, half * 0.93, 0.35)
    cells = [((row.offer, 0.26), (row.terms, 0.36), (row.state, 0.16)) for row in ledger.rows]
    rows = sum(max(_wrapped([text], wide * part) for text, part in row) for row in cells)
    ask_next, limits = (_list(sentences, half, pad) for sentences in (sheet.ask_next, sheet.limits))
    blocks = [
        2 * LINE + _wrapped([sheet.client], wide * (0.69 if len(sheet.client) > 40 else 0.52), 0.4, 2.0),
        _wrapped([sheet.note], wide, 0.9),
        *([max(facts, own + 1.5), max(asked, needed)] if own else [max(facts, asked + needed + gap)]),
        HEADING + 1.3 + rows + len(ledger.rows) * (2 * pad + 0.1) + 3.4 + 4 * pad + _wrapped([ledger.verdict], half),
        max(ask_next + limits, picture) if sheet.picture else max(ask_next, limits),
    ]
    return points * sum(block + gap for block in blocks if block) + HAND_HEIGHT


def _pairs(lines: list[Line], letters: float, pad: float, points: float) -> float:
    """Return the height of a list of lines with its heading, in sizes of the type; the value stands beside the rest."""
    heights = []
    for line in lines:
        beside = max(letters - 1.1 * len(line.value) - 2, 0.4 * letters)
        texts = [line.label, line.detail] if points > ROOMY else [f"{line.label} {line.detail}"]
        heights.append(_wrapped(texts, beside) + 2 * pad + 0.1)
    return HEADING + sum(heights) if lines else 0.0


def _list(sentences: list[str], letters: float, pad: float) -> float:
    """Return the height of a list of sentences with its heading, in sizes of the type."""
    return HEADING + _wrapped(sentences, letters, pad) if sentences else 0.0


def _wrapped(texts: Iterable[str], letters: float, space: float = 0.0, line: float = LINE) -> float:
    """Return the height of texts wrapped after so many letters, each with some space; whole words leave the ends empty."""
    counts = (1 if len(text) <= letters else math.ceil(len(text) / (0.93 * letters)) for text in texts if text)
    return sum(n_lines * line + space for n_lines in counts)


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    loader = jinja2.FileSystemLoader(TEMPLATES)
    return jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
