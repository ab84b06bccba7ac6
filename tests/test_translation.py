"""A Russian report is Russian throughout: every text has its translation, and what the pages show holds no English word.

Texts are looked for twice: as they stand in the code, the templates and the notebooks, and as they come out of notebooks
run on three studies. A study keeps its own names, and codes that a user types are as they are in every language.
"""

import ast
import re
from html import unescape
from pathlib import Path
from string import Formatter
from typing import get_args

import nbformat
import pandas as pd
import pytest
from IPython.display import HTML
from matplotlib.text import Text
from small_study import write_study

import clientbase
from clientbase import notebook as notebook_module
from clientbase.findings import check_sentence
from clientbase.labels import HEADINGS, messages
from clientbase.ledger.checks import SENTENCES as CHECK_SENTENCES
from clientbase.ledger.tables import TABLES
from clientbase.report.execution import translated
from clientbase.report.pages import LABELS, Frame, chapter, write_index, write_page
from clientbase.report.sheet import LABELS as SHEET_LABELS
from clientbase.report.summary import compose
from clientbase.sections import SECTION_OF, SECTIONS
from clientbase.settings import describe
from clientbase.study import open_study
from clientbase.study_file import read_study
from clientbase.words import Words
from clientbase.words.catalogue import catalogue
from clientbase.words.templates import fields

ROOT = Path(__file__).parents[1]
CODE = Path(clientbase.__path__[0])
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
TRAINING = sorted((ROOT / "notebooks" / "training").glob("*.ipynb"))
RU = catalogue("ru")

SPEAKING = (
    "findings/",
    "steps.py",
    "structure.py",
    "target.py",
    "load.py",
    "economics.py",
    "report/summary.py",
    "report/negotiation_sheet.py",
)  # code whose constants hold texts for readers
# Left in a visible text when names of the data and codes are taken out: marks of classes, a currency, an index.
KEPT = {"SA", "SB", "SC", "EUR", "HHI", "USD"}
CODE_COLUMNS = ("setting", "effective_value", "table", "column", "export_column", "opened_by", "criterion_id")
NAMES = (
    "client_id",
    "client_name",
    "parent_id",
    "manager_id",
    "region",
    "industry",
    "trade_kind",
    "source",
    "product_group",
    "department",
)
# A table of the ledger with its columns or before a colon; names of files; snake_case and dotted names; values of parameters
CODES = re.compile(rf"\b(?:{'|'.join(TABLES)})(?: \([^()]*\)|(?=[:,]))|\b\w+\.(?:csv|ipynb|json|parquet)\b|\b\w+(?:[_.]\w+)+\b")
FIELDS = [info for section in SECTIONS.values() for info in section.model_fields.values()]
CHOICES = {"all", "median"} | {value for info in FIELDS for value in get_args(info.annotation) if isinstance(value, str)}
IN_PARAMETERS = re.compile(rf"\b(?:{'|'.join(CHOICES)})\b")


# -- what stands in the code --------------------------------------------------------------------------------------------------
def constants(tree):
    """Return the texts of a piece of code."""
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def phrases(tree):
    """Return the texts of several words in a piece of code, without HTML and the keys of dictionaries."""
    keys = {
        text for node in ast.walk(tree) if isinstance(node, ast.Dict) for key in node.keys if key for text in constants(key)
    }
    return {text for text in constants(tree) - keys if re.match(r"[^<]*[A-Za-z]{2,}.* ", text)}


def is_spoken(function):
    """Tell whether a function has words.text() translate what is not written in the call itself."""
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    asked = [call for call in calls if call.func.attr == "text" and "words" in ast.unparse(call.func.value)]
    return any(not isinstance(call.args[0], ast.Constant) for call in asked)


def cells(kind):
    return [
        (path.stem, cell)
        for path in [*NOTEBOOKS, *TRAINING]
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == kind
    ]


MARKDOWN = cells("markdown")


def template_texts():
    return {
        text for path in (CODE / "report" / "template").rglob("*.j2") for text in re.findall(r'"([^"]+)"', path.read_text())
    }


@pytest.mark.parametrize("cell", [cell for _, cell in MARKDOWN], ids=[cell.id for _, cell in MARKDOWN])
def test_narration_has_a_russian_of_the_same_shape(cell):
    assert ("", cell.source) in RU, f"cell {cell.id} has no Russian for its whole text"
    english, russian = cell.source, RU["", cell.source]
    assert [line.count("#") for line in english.split("\n")] == [line.count("#") for line in russian.split("\n")]
    assert [bool(line) for line in english.split("\n")] == [bool(line) for line in russian.split("\n")]
    number = re.match(r"# (\d\d )", english)
    if number:  # the list of pages shows a title up to its colon
        assert russian.startswith(number[0])
        assert ":" in russian.split("\n")[0]


def test_captions_have_a_russian():
    calls = [node for _, cell in cells("code") for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Call)]
    named = [word for call in calls for word in call.keywords if word.arg in ("caption", "title")]
    captions = {word.value.value for word in named if isinstance(word.value, ast.Constant)}
    assert len(captions) > 10
    assert {text for text in captions if ("", text) not in RU} == set()


def test_texts_that_a_variable_passes_have_a_russian():
    found = set()
    for path in CODE.rglob("*.py"):
        tree = ast.parse(path.read_text())
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and is_spoken(node)]
        found |= {text for node in functions for text in phrases(node) - {ast.get_docstring(node, clean=False)}}
        if path.relative_to(CODE).as_posix().startswith(SPEAKING):
            found |= {text for node in tree.body if isinstance(node, ast.Assign) for text in phrases(node)}
    assert len(found) > 20
    assert {text for text in found if ("", text) not in RU} == set()


def test_words_of_the_pages_have_a_russian():
    labels = {text for text in template_texts() if re.fullmatch(r"[A-Z][a-z ]+", text)} | {*LABELS, *SHEET_LABELS}
    assert {text for text in labels if ("", text) not in RU} == set()


def test_columns_that_pages_show_have_headings():
    views = {column for columns in notebook_module.VIEWS.values() for column in columns}
    assert views - set(HEADINGS) == set()


def test_no_translation_is_left_over():
    trees = [ast.parse(path.read_text()) for path in CODE.rglob("*.py")]
    trees += [ast.parse(cell.source) for _, cell in cells("code")]
    asked = {text for tree in trees for text in constants(tree)} | template_texts() | {cell.source for _, cell in MARKDOWN}
    asked |= {text for name in SECTION_OF for text in describe(name)} | {section.title for section in SECTIONS.values()}
    known = set(messages()) | {("", text) for text in asked}
    assert [message for message in RU if message not in known] == []


# -- how it is written --------------------------------------------------------------------------------------------------------
def test_translations_take_the_same_values_and_russian_word_forms():
    for (_, english), russian in RU.items():
        assert fields(english) == fields(russian), english
        forms = [spec.count("|") + 1 for _, _, spec, _ in Formatter().parse(russian) if spec]
        assert set(forms) <= {3, 4}, russian


def test_no_word_mixes_the_alphabets():
    """A Latin letter among Cyrillic ones looks right and is not found by a search."""
    mixed = [
        word
        for text in RU.values()
        for word in re.findall(r"\w+", text)
        if re.search(r"[A-Za-z]", word) and re.search("[а-яё]", word, re.IGNORECASE)
    ]
    assert mixed == []


def test_punctuation_is_russian():
    for russian in RU.values():
        assert '"' not in russian, russian
        assert not re.search(r" - |  |\s[,.;:!?]", re.sub(r"\n+", "\n", russian)), russian


def test_sentences_end_as_in_english():
    for (_, english), russian in RU.items():
        ends = re.search(r"(?<!мес)(?<!тыс)[.?]$", russian)
        assert bool(ends) == english.endswith((".", "?")), russian


@pytest.mark.parametrize(
    ("n", "start"),
    [
        (1, "«Хвост»: 1 самый мелкий клиент (20 % клиентов с покупками) вместе даёт"),
        (3, "«Хвост»: 3 самых мелких клиента (20 % клиентов с покупками) вместе дают"),
        (11, "«Хвост»: 11 самых мелких клиентов (20 % клиентов с покупками) вместе дают"),
    ],
)
def test_word_forms_of_a_sentence_agree(n, start):
    text = "The tail: {n} smallest {n:client|clients} ({s} of those with purchases) together bring {v}; each at most {x}."
    assert Words("ru").text(text, n=n, s="20 %", v="4 %", x="5 EUR").startswith(start)


@pytest.mark.parametrize("key", CHECK_SENTENCES)
def test_a_finding_on_the_data_reads_in_russian(key):
    check = {
        "key": key,
        "n": 5,
        "amount": 1234.5,
        "share": 0.02,
        "table": "orders",
        "column": "order_id",
        "examples": "",
        "hint": "",
        "date": "2025-12-31",
        "where": "origin",
    }
    said = check_sentence(check, Words("ru"))
    assert foreign(said) == []
    assert ".." not in said  # a date ends with a full stop of its own


# -- what comes out -----------------------------------------------------------------------------------------------------------
def foreign(text, names=()):
    """Return the English words of a text, names of the data and codes taken out."""
    text = " ".join(text.split())
    for name in names:
        if name in text:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", text)
    if "…" in text:  # a name that a picture had to cut
        before, _, after = text.partition("…")
        start = re.sub(r"^\d+\. ", "", before)
        text = after if any(name.startswith(start) for name in names) else text
    return [word for word in re.findall(r"[A-Za-z]{2,}", CODES.sub(" ", text)) if word not in KEPT]


def in_english(texts, names):
    """Return the texts that hold English words, with these words."""
    found = [(text, foreign(text, names)) for text in texts]
    return [(text, words) for text, words in found if words]


def plain(html):
    """Return the visible text of HTML; columns that hold codes by design are left out, and their headings kept."""
    html = re.sub(r"<(style|pre)\b.*?</\1>|<title>.*?</title>", " ", html, flags=re.DOTALL)
    html = re.sub(r"<table.*?</table>", lambda table: without_codes(table[0]), html, flags=re.DOTALL)
    return [unescape(text) for text in re.split(r"<[^>]+>", html) if text.strip()]


def without_codes(table):
    words = Words("ru", "EUR")
    headings = {words.heading(name) for name in CODE_COLUMNS}
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)]
    codes = {place for place, heading in enumerate(rows[0]) if unescape(heading) in headings}
    caption = re.findall(r"<caption>(.*?)</caption>", table)
    shown = [text for row in rows[1:] for place, text in enumerate(row) if place not in codes]
    if words.heading("setting") in rows[0]:  # meanings name the values of parameters
        shown = [IN_PARAMETERS.sub("", text) for text in shown]
    return "<br>".join([*caption, *rows[0], *shown])


def small(folder):
    return write_study(folder, language="ru")


def bare(folder):
    """Write a study of two clients without names, products, costs or contacts: gates closed, advice withheld."""
    folder.mkdir()
    rows = [
        (f"2025-{month:02}-05", client, 100.0 * place) for month in range(1, 13) for place, client in enumerate(("K1", "K2"), 1)
    ]
    pd.DataFrame(rows, columns=["date", "client_id", "revenue"]).to_csv(folder / "orders.csv", index=False)
    heading = 'name = "bare"\nlanguage = "ru"\ncurrency = "EUR"\nas_of = 2025-12-31\n[sources.orders]\nfile = "orders.csv"\n'
    (folder / "study.toml").write_text(heading, encoding="utf-8")
    return folder


def demo(folder):
    """Write the training base's study in Russian, on the same files."""
    folder.mkdir()
    place = ROOT / "data" / "demo"
    text = re.sub(r'(?m)^file = "(.+)"$', lambda file: f"file = '{place / file[1]}'", (place / "study.toml").read_text())
    (folder / "study.toml").write_text(text.replace('language = "en"', 'language = "ru"'), encoding="utf-8")
    return folder


@pytest.fixture(scope="module", params=[small, bare, demo], ids=lambda make: make.__name__)
def engagement(request, tmp_path_factory):
    return open_study(request.param(tmp_path_factory.mktemp("ru") / request.param.__name__))


@pytest.fixture(scope="module")
def names(engagement):
    """Return the names a study brings, the longest first."""
    ledger = engagement.ledger
    tables = [table for table in (engagement.facts, ledger.groups, ledger.work, *ledger.tables.values()) if table is not None]
    found = {str(name) for table in tables for column in NAMES if column in table for name in table[column].dropna().unique()}
    heading = read_study(engagement.file.path).heading
    return sorted(
        {" ".join(name.split()) for name in {*found, heading.name, heading.title, heading.note} if name}, key=len, reverse=True
    )


@pytest.fixture
def missed(monkeypatch):
    """Collect the English texts that were asked for in Russian and had none."""
    asked, ask = [], Words._translated

    def listening(words, msgid, *, context=""):
        if (context, msgid) not in RU and re.search("[A-Za-z]{2}", msgid):
            asked.append((context, msgid))
        return ask(words, msgid, context=context)

    monkeypatch.setattr(Words, "_translated", listening)
    return asked


@pytest.fixture
def shown(monkeypatch):
    """Collect what a notebook displays as texts, pictures with all that is written in them."""
    texts = []

    def png(figure):
        figure.draw_without_rendering()  # ticks get their words on drawing
        texts.extend(text.get_text() for text in figure.findobj(Text) if text.get_visible())
        return b""

    def display(thing, metadata=None, raw=False):
        if raw:
            assert set(thing) == {"image/png"}
            texts.append(metadata["image/png"]["alt"])
        else:
            assert isinstance(thing, HTML)
            texts.extend(plain(thing.data))

    monkeypatch.setattr(notebook_module, "png", png)
    monkeypatch.setattr(notebook_module, "display", display)
    return texts


@pytest.mark.parametrize("path", [*NOTEBOOKS, *TRAINING], ids=lambda path: path.stem)
def test_a_notebook_shows_no_english(path, engagement, names, shown, missed):
    scope = {}
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            exec(compile(cell.source, cell.id, "exec"), scope)
            scope["study"] = str(engagement.file.path)  # after the parameters, as papermill puts it
    assert len(shown) > 5
    assert in_english(shown, names) == []
    assert missed == []


def test_the_pages_show_no_english(engagement, names, missed, tmp_path):
    words = engagement.words
    notebooks = {path.stem: translated(path, words.text) for path in NOTEBOOKS}
    chapters = {stem: chapter(notebook, stem) for stem, notebook in notebooks.items()}
    frame = Frame(engagement.title, engagement.file.heading.note, "ru", words.text, list(chapters.values()))
    for stem, notebook in notebooks.items():
        write_page(tmp_path, notebook, chapters[stem], frame)
    write_index(tmp_path, compose(engagement, set(notebooks)), frame)
    pages = sorted(tmp_path.glob("*.html"))
    assert len(pages) == len(NOTEBOOKS) + 1
    for page in pages:
        html = page.read_text(encoding="utf-8")
        assert '<html lang="ru">' in html
        assert in_english(plain(html), names) == [], page.name
    assert missed == []
