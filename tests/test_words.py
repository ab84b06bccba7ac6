"""The words of the package: number formats, sentences with gaps, and a Russian for every English."""

import ast
import datetime as dt
import re
from dataclasses import asdict
from pathlib import Path
from string import Formatter

import numpy as np
import pandas as pd
import pytest

import clientbase
from clientbase.errors import ClientbaseError, SettingError
from clientbase.labels import ANY_VALUE, HEADINGS, KINDS, MONEY, PHRASES, VALUES, kind_of, messages
from clientbase.ledger.checks import GATE_TEXTS
from clientbase.ledger.checks import SENTENCES as CHECK_SENTENCES
from clientbase.ledger.tables import TABLES
from clientbase.method import common
from clientbase.sections import SECTION_OF, SECTIONS
from clientbase.sentences import SENTENCES
from clientbase.settings import describe
from clientbase.words import Words
from clientbase.words.catalogue import catalogue, languages
from clientbase.words.templates import fields, needed

NBSP = "\N{NO-BREAK SPACE}"
CODE = Path(clientbase.__path__[0])


@pytest.fixture
def en():
    return Words("en", "EUR")


@pytest.fixture
def ru():
    return Words("ru", "RUB")


# -- numbers ------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("x", "english", "russian"),
    [
        (1234.5, "1,234", "1 234"),
        (99.5, "99.50", "99,50"),
        (99.999, "100", "100"),  # no "100.00" beside "101"
        (-1234567, "-1,234,567", "-1 234 567"),
        (0, "0", "0"),
        (-0.001, "0", "0"),  # never "-0"
    ],
)
def test_money_has_cents_only_below_a_hundred(en, ru, x, english, russian):
    assert en.money(x) == f"{english}{NBSP}EUR"
    assert ru.money(x) == f"{russian.replace(' ', NBSP)}{NBSP}RUB"


@pytest.mark.parametrize(
    ("x", "digits", "english"),
    [
        (0.25, None, "25%"),
        (0.039, None, "3.9%"),
        (0.05, None, "5%"),
        (0.0005, None, "0.05%"),
        (0.9996, None, "99.96%"),  # not all, so not 100 %
        (1, None, "100%"),
        (-0.02, None, "-2%"),
        (1.2, None, "120%"),
        (0.25, 1, "25.0%"),
    ],
)
def test_percent_tells_a_share_from_nothing_and_from_all(en, ru, x, digits, english):
    assert en.percent(x, digits) == english
    assert ru.percent(x, digits) == english.replace(".", ",").replace("%", f"{NBSP}%")


@pytest.mark.parametrize(
    ("x", "english"),
    [
        (22.6667, "22.7"),
        (4.25, "4.25"),
        (0.665, "0.665"),
        (1234.5, "1,234"),
        (0.00012, "0.00012"),
        (np.inf, "∞"),
        (-np.inf, "-∞"),
    ],
)
def test_number_keeps_about_three_figures(en, x, english):
    assert en.number(x) == english


def test_russian_numbers_have_a_comma_and_spaces(ru):
    assert ru.number(1234.5, 1) == f"1{NBSP}234,5"


@pytest.mark.parametrize(
    ("x", "english", "russian"),
    [
        (12000, "12k", "12 тыс."),
        (1_250_000, "1.25M", "1,25 млн"),
        (-2.5e9, "-2.5bn", "-2,5 млрд"),
        (999, "999", "999"),
        (0, "0", "0"),
    ],
)
def test_compact_is_short_and_exact(en, ru, x, english, russian):
    assert (en.compact(x), ru.compact(x).replace(NBSP, " ")) == (english, russian)


@pytest.mark.parametrize("day", ["2024-03-05", dt.date(2024, 3, 5), pd.Timestamp("2024-03-05"), np.datetime64("2024-03-05")])
def test_dates(en, ru, day):
    assert (en.date(day), en.month(day)) == ("Mar 5, 2024", "Mar 2024")
    assert ru.date(day).startswith("5 мар. 2024")
    assert ru.month(day) == "март 2024"


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT])
def test_a_missing_value_is_a_dash(en, missing):
    writers = (en.money, en.percent, en.number, en.whole, en.compact, en.date, en.month)
    assert [write(missing) for write in writers] == ["–"] * len(writers)
    assert en.value("share_class", missing) == "–"


@pytest.mark.parametrize(
    ("column", "x", "text"),
    [
        ("revenue_share", 0.8, "80%"),
        ("regularity", 0.5, "50%"),
        ("n_deals", np.int64(1234), "1,234"),
        ("n_eff", 1.5038, "1.5"),
        ("revenue", 1234.5, f"1,234{NBSP}EUR"),
        ("last_deal_date", pd.Timestamp("2024-03-05"), "Mar 5, 2024"),
        ("month", pd.Timestamp("2024-03-01"), "Mar 2024"),
        ("median_gap_days", 10.5, "10.5"),
        ("is_cooling", np.True_, "yes"),
        ("has_retail", False, "no"),
        ("client_id", 7, "7"),
        ("client_id", "0", "0"),  # a code, not the class 0
        ("share_class", "0", "0 · no purchases"),
        ("size_class", "0", "0 · no deals"),
        ("flow", "(unknown)", "(unknown)"),
        ("region", "North {n} [x]", "North {n} [x]"),
    ],
)
def test_value_follows_the_name_of_the_column(en, column, x, text):
    assert en.value(column, x) == text


def test_value_without_unit_leaves_the_currency_to_the_heading(en):
    assert en.value("revenue", 1234.5, unit=False) == "1,234"
    assert en.heading("revenue") == "Revenue, EUR"
    assert en.heading("revenue_share") == "Share of revenue"


def test_a_column_of_the_study_keeps_its_name(en, ru):
    assert en.label("loyalty_programme") == ru.label("loyalty_programme") == "Loyalty programme"


# -- sentences ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("n", "english", "russian"),
    [
        (1, "1 client does not buy", "1 клиент при"),
        (2, "2 clients do not buy", "2 клиента при"),
        (5, "5 clients do not buy", "5 клиентов при"),
        (21, "21 clients do not buy", "21 клиент при"),
        (1234, "1,234 clients do not buy", f"1{NBSP}234 клиента при"),
    ],
)
def test_word_forms_follow_the_number(en, ru, n, english, russian):
    assert english in en.say("focus.gap", n=n, g="Salt", q="75%")
    assert russian in ru.say("focus.gap", n=ru.whole(n), g="Соль", q="75 %")  # also when formatted by the caller


def test_word_forms_of_a_broken_number(ru):
    assert "в 4,25 раза:" in ru.say("flow.std", K="4,25")
    assert "в 5 раз:" in ru.say("flow.std", K="5")
    assert "в ∞ раза:" in ru.say("flow.std", K="∞")


def test_the_method_s_example_of_the_flows(en):
    text = en.say("flow.split", hi="Corporate", p="85%", t="20%", K="22.7")
    assert text == "Corporate brings 85% of profit for 20% of time; an hour there yields 22.7 times more. Separate the flows."


def test_a_missing_value_drops_its_part(en, ru):
    values = {"y": "2025", "c": "43%", "v": "10%", "a": None}
    assert en.say("cohort.weak", **values) == "Clients of 2025: 43% of the base, 10% of revenue."
    assert ru.say("cohort.weak", **values) == "Клиенты 2025 года: 43% базы и 10% выручки."


def test_a_sentence_without_a_value_it_needs_is_not_said(en):
    assert en.say("size.nomid", s=None) == ""


def test_values_are_never_templates(en):
    name = "{n} [Ltd] {0}"
    assert en.say("quad.inplace", c=name) == f"{name} is in its place: high class, high score."
    assert en.text("{names} and {n} more", names=name, n=2) == f"{name} and 2 more"


def test_an_unknown_sentence_names_its_neighbours(en):
    with pytest.raises(ClientbaseError, match=r"no sentence 'focus\.gaps'; near it are focus\.gap"):
        en.say("focus.gaps", n=1)


def test_wrong_values_are_named(en):
    with pytest.raises(ClientbaseError, match=r"takes the values \['g', 'n', 'q'\], got \['n'\]"):
        en.say("focus.gap", n=1)
    with pytest.raises(ClientbaseError, match=r"n = 0\.5: give it formatted"):
        en.say("focus.gap", n=0.5, g="Salt", q="75%")


def test_listing_counts_what_it_leaves_out(en, ru):
    assert en.listing(["a", "b"]) == "a, b"
    assert en.listing("abcdefg", limit=3) == "a, b, c and 4 more"
    assert ru.listing("abcdefg", limit=3) == "a, b, c и ещё 4"


def test_languages_and_currency_are_checked():
    assert languages() == ("en", "ru")
    with pytest.raises(SettingError, match=r"language = 'de': .* Choose one of en, ru\."):
        Words("de")
    with pytest.raises(SettingError, match="currency is empty"):
        Words("en", " ")


# -- completeness -------------------------------------------------------------------------------------------------------------
def all_messages():
    plain = [*SENTENCES.values(), *CHECK_SENTENCES.values(), *(text for texts in GATE_TEXTS.values() for text in texts)]
    return [*messages(), *(("", text) for text in plain)]


def test_everything_has_a_russian():
    assert [message for message in all_messages() if message not in catalogue("ru")] == []


def test_translations_take_the_same_values():
    pairs = [(english, catalogue("ru")[context, english]) for context, english in all_messages()]
    differing = [pair for pair in pairs if fields(pair[0]) != fields(pair[1])]
    assert differing == []


def test_translated_sentences_can_stand_without_the_same_values():
    pairs = [(english, catalogue("ru")["", english]) for english in SENTENCES.values()]
    assert [pair for pair in pairs if needed(pair[0]) != needed(pair[1])] == []


def test_word_forms_are_two_in_english_and_three_or_four_in_russian():
    def numbers_of_forms(template):
        return {spec.count("|") + 1 for _, _, spec, _ in Formatter().parse(template) if spec}

    for context, english in all_messages():
        assert numbers_of_forms(english) <= {2}, english
        assert numbers_of_forms(catalogue("ru")[context, english]) <= {3, 4}, english


def test_brackets_pair_and_do_not_nest():
    for template in [*SENTENCES.values(), *(catalogue("ru")["", text] for text in SENTENCES.values())]:
        assert re.fullmatch(r"[^\[\]]*(\[[^\[\]]+\][^\[\]]*)*", template), template


def test_russian_is_written_in_cyrillic():
    texts = {
        message: russian for message, russian in catalogue("ru").items() if len(message[1]) > 3 and message in set(messages())
    }
    same = {message for message, russian in texts.items() if not re.search("[а-яё]", russian, re.IGNORECASE)}
    assert same == set()


def test_every_column_and_value_of_the_ledger_has_words():
    columns = [(name, asdict(column)) for table in TABLES.values() for name, column in table.columns.items()]
    assert {name for name, _ in columns} - set(HEADINGS) == set()
    asked = {(name, value) for name, column in columns for value in column["values"]}
    assert {(name, value) for name, value in asked if value not in VALUES.get(name, ())} == set()


def test_every_class_of_the_method_has_words():
    for column, order in {
        "size_class": common.SIZE_CLASSES,
        "share_class": common.SHARE_CLASSES,
        "rel_level": common.LEVELS,
        "focus_type": common.FOCUS_TYPES,
    }.items():
        assert set(order) <= set(VALUES[column])


def test_the_kinds_of_the_ledger_s_columns():
    differing = {
        (name, column.kind)
        for table in TABLES.values()
        for name, column in table.columns.items()
        if column.kind in ("money", "share") and kind_of(name) != column.kind
    }
    assert differing == set()
    assert set(MONEY) | set(KINDS) <= set(HEADINGS)


def calls_in_the_code(*methods):
    """Yield the literal of each call such as words.text("...") or self.words.text("..."), so that none goes untranslated."""
    for path in CODE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
                continue
            owner, literal = node.func.value, node.args[0]
            is_words = "words" in (getattr(owner, "id", ""), getattr(owner, "attr", ""))
            if is_words and node.func.attr in methods and isinstance(getattr(literal, "value", None), str):
                yield literal.value


def test_texts_named_in_the_code_are_translated():
    asked = set(calls_in_the_code("text"))
    assert {text for text in asked if ("", text) not in catalogue("ru")} == set()
    own = {"no", "{names} and {n} more", "{x}k", "{x}M", "{x}bn"}  # asked for by Words itself
    assert set(PHRASES) - asked == own


def test_labels_and_sentences_named_in_the_code_exist():
    assert set(calls_in_the_code("label", "heading")) - set(HEADINGS) == set()
    assert set(calls_in_the_code("say")) - set(SENTENCES) == set()


def test_settings_are_explained_in_russian():
    texts = {text for name in SECTION_OF for text in describe(name)} | {section.title for section in SECTIONS.values()}
    assert {text for text in texts if ("", text) not in catalogue("ru")} == set()


def test_report_pages_are_labelled_in_russian():
    templates = "".join(path.read_text(encoding="utf-8") for path in (CODE / "report" / "template").rglob("*.j2"))
    labels = set(re.findall(r"""\blabel\(["']([^"']+)["']\)""", templates))
    assert {label for label in labels if ("", label) not in catalogue("ru")} == set()


def test_any_value_is_translated_in_every_column(ru):
    assert [ru.category("region", value) for value in ANY_VALUE] == ["(не указано)", "(не распределено)", "(прочее)"]
