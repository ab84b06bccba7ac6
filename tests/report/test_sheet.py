"""The negotiation sheet: what stands on it, what a client never sees, one page whatever it holds, files of any name."""

import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_printing import pdf_pages, pdf_text

from clientbase.errors import SettingError
from clientbase.report import sheet as sheet_module
from clientbase.report.printing import PrintError, find_browser
from clientbase.report.sheet import LABELS, SIZES, render, write_sheet
from clientbase.report.sheet_model import Ledger, LedgerRow, Line, Sheet, VerdictKind

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000" "1f15c4890000000a49444154789c6300010000050001"
    "0d0a2db40000000049454e44ae426082"
)  # fmt: skip
OWN = ("250000", "18400", "31007", "178408", "Restwert", "Tiefste", "+25.1", "20011", "51222", "1222", "Curve")
OPEN = ("1000000", "48orders", "5.03", "50321", "8444", "Self-pickup", "+10%ayear", "Forecast")
OFFERS = (
    LedgerRow("More volume", "+10 % a year", "20 011 EUR", "offered", is_internal=True),
    LedgerRow("Self-pickup", "from our warehouse", "8 444 EUR", "agreed"),
)
LONG = "Общество с ограниченной ответственностью «Торговый дом Уралстройкомплектация-Екатеринбург»"
RUSSIAN_OFFERS = (
    ("Рост объёма", "+10 % за год, весь ассортимент"), ("Сокращение отсрочки платежа", "15 дней вместо 45"),
    ("Заказы через портал самообслуживания", "все стандартные позиции"), ("Самовывоз", "со склада в Екатеринбурге"),
    ("Прогноз закупок", "ежеквартально, с надёжностью не ниже 80 %"), ("Возвраты", "только при наличии дефекта"),
)  # fmt: skip


@pytest.fixture
def sheet():
    """A sheet with everything; each number on it stands once."""
    return Sheet(
        title="Negotiation sheet",
        client="Vento & Co",
        ledger=Ledger(list(OFFERS), "50 321 EUR", "51 222 EUR", "+1 222 EUR", "It carries 51 222 EUR.", "good"),
        language="en",
        subtitle="12 months to 30 September 2026",
        note="All names were made up.",
        facts=[Line("Revenue", "1 000 000 EUR", "48 orders"), Line("Margin", "250 000 EUR", "a quarter", is_internal=True)],
        own_costs=[Line("Handling", "18 400 EUR", "Restwert"), Line("Delivery", "31 007 EUR"), Line("Left", "178 408 EUR")],
        own_notes=["Tiefste discount: 6 %."],
        asked=[Line("Discount", "5.03 %")],
        needed=[Line("More volume", "+25.1 %", is_internal=True), Line("Shorter payment", "not possible")],
        ask_next=["Forecast of purchases."],
        limits=["Twelve months only."],
        picture=PIXEL,
        picture_alt="Curve of offers",
        made_on="3 December 2026",
        confidential="For both parties",
    )


@pytest.fixture
def large():
    """A Russian sheet of twelve offers with long names and all its parts."""
    rows = [LedgerRow(offer, terms, "14 462 €", "запрошено") for offer, terms in RUSSIAN_OFFERS * 2]
    lines = [Line("Выручка", "1 000 000 €", "7,4 % всей выручки"), Line("Группы товаров", "4 из 9", "плиты, клеи, инструмент")]
    return Sheet(
        title="Лист переговоров",
        client=LONG,
        ledger=Ledger(rows, "50 000 €", "49 462 €", "−538 €", "Предложения покрывают 98,9 % скидки.", "short"),
        language="ru",
        note="Все названия и суммы вымышлены.",
        facts=lines * 3,
        own_costs=lines * 2,
        own_notes=["Наибольшая скидка, которую стоит дать, чтобы не потерять клиента: 6,0 %."],
        asked=lines,
        needed=lines,
        ask_next=["Самовывоз со склада: машина два раза в неделю останется в гараже.", "Прогноз закупок на каждый квартал."],
        limits=["Суммы описывают последние 12 месяцев и не являются прогнозом.", "Сбережённое время засчитывается наполовину."],
        picture=PIXEL,
    )


@pytest.fixture
def printer(monkeypatch):
    """Skip where there is nothing to print with."""
    monkeypatch.delenv("CLIENTBASE_BROWSER", raising=False)
    if find_browser() is None:
        pytest.skip("no browser that prints on this system")


def bare(html):
    """Return everything in a page without its style, blanks taken out."""
    return "".join(re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL).split())


# -- what stands on it --------------------------------------------------------------------------------------------------------
def test_the_sheet_shows_all_it_is_given(sheet):
    html = render(sheet, str)
    assert [piece for piece in OWN + OPEN if piece not in bare(html)] == []
    for piece in ("<h1>Vento &amp; Co</h1>", "Twelve months only.", "Made on 3 December 2026", 'alt="Curve of offers"'):
        assert piece in html
    assert "<title>Negotiation sheet – Vento &amp; Co</title>" in html
    assert '<html lang="en">' in html
    assert html.startswith("<!DOCTYPE html>")


def test_headings_come_in_order_and_table_headers_say_what_they_head(sheet):
    html = render(sheet, str)
    assert re.findall(r"<h(\d)", html) == ["1", *"22222222"]
    assert re.findall(r"<h2>(.*?)</h2>", html) == [
        "What the client buys and brings",
        "What serving it costs us",
        "What is asked",
        "What must come back",
        "What is offered",
        "What to ask for next",
        "Limits and rules",
        "Agreed",
    ]
    assert re.findall(r'<th scope="col"[^>]*>(.*?)</th>', html) == ["Offer", "Terms", "Worth a year", "State"]
    assert re.findall(r'<th scope="row">(.*?)</th>', html) == ["More volume", "Self-pickup"]
    assert html.count("<th") == html.count("<th scope") + html.count("<thead")


def test_there_is_a_place_to_write_what_was_agreed(sheet):
    hand = render(sheet, str).partition('<section class="hand">')[2]
    assert re.findall(r"<(?:h2|p)>(.*?)</(?:h2|p)>", hand) == [
        "Agreed",
        "By whom and in what role",
        "By whom and in what role",
        "Valid until",
    ]


@pytest.mark.parametrize(
    ("kind", "mark", "said"),
    [("good", "✓", "Enough"), ("short", "!", "Not yet enough"), ("impossible", "✕", "Not possible this way")],
)
def test_a_verdict_is_told_by_mark_and_words_and_a_border_of_its_own(sheet, kind, mark, said):
    html = render(replace(sheet, ledger=replace(sheet.ledger, verdict_kind=kind)), str)
    assert f'<span class="mark" aria-hidden="true">{mark}</span><p><strong>{said}</strong> It carries 51 222 EUR.</p>' in html
    assert f'<div class="verdict {kind}">' in html
    assert ("border-style: dashed" in html, "border-style: double" in html) == (True, True)


def test_a_sheet_of_nothing_says_so_and_has_no_empty_parts():
    html = render(Sheet("Sheet", "K1", Ledger([], "", "", "", "", "short"), "en"), str)
    assert re.findall(r"<h2>(.*?)</h2>", html) == ["What is offered", "Agreed"]
    assert "Nothing is offered yet" in html
    assert "<table" not in html
    assert "Made on" not in html
    assert "<img" not in html


def test_data_are_text_and_the_page_asks_for_nothing():
    attack = "<script>alert(1)</script>=1+1\"'><img src=x>{{ 7 * 7 }}"
    lines = [Line(attack, attack, attack)]
    ledger = Ledger([LedgerRow(attack, attack, attack, attack)], attack, attack, attack, attack, "short")
    attacked = Sheet(attack, attack, ledger, "en", attack, attack, lines, lines, [attack], lines, lines, [attack], [attack])
    html = render(replace(attacked, picture=PIXEL, picture_alt=attack, made_on=attack, confidential=attack), str)
    assert "<script" not in html
    assert html.count("<img ") == 1
    assert "&lt;script&gt;alert(1)&lt;/script&gt;=1+1&#34;&#39;&gt;" in html
    assert "49" not in bare(html).replace("base64", "")
    assert re.findall(r"(?:src|href|url)\W{1,3}(?!data:)\w+:", html) == []
    assert "default-src 'none'" in html


def test_every_word_of_the_page_is_in_the_list_for_translators(sheet):
    words = set()
    label = lambda word: words.add(word) or word  # noqa: E731 - a name for what all pages share
    for kind in get_args(VerdictKind):
        render(replace(sheet, ledger=replace(sheet.ledger, verdict_kind=kind)), label)
    render(replace(sheet, ledger=replace(sheet.ledger, rows=[])), label)
    assert words == set(LABELS)


# -- what the client never sees ------------------------------------------------------------------------------------------------
def test_without_own_costs_nothing_of_them_is_in_the_page(sheet):
    html = render(sheet.without_own_costs(), str)
    assert [piece for piece in OWN if piece in bare(html)] == []
    assert [piece for piece in OPEN if piece not in bare(html)] == []
    for piece in ("costs us", "our side", "Margin", "<img", "<!--", "base64"):
        assert piece not in html


@pytest.mark.usefixtures("printer")
def test_without_own_costs_nothing_of_them_is_in_the_pdf(sheet, tmp_path):
    full, shown = (
        write_sheet(given, tmp_path, stem, pdf=True)[1]
        for given, stem in ((sheet, "own"), (sheet.without_own_costs(), "table"))
    )
    in_text = [piece for piece in OWN if piece != "Curve"]  # the words of a picture are not printed
    assert [piece for piece in in_text if piece not in pdf_text(full)] == []
    assert [piece for piece in OWN if piece in pdf_text(shown)] == []
    assert [piece for piece in OPEN if piece not in pdf_text(shown)] == []
    raw = shown.read_bytes()
    assert b"/Subtype /Image" not in raw
    assert [piece for piece in OWN if piece.encode() in raw or piece.encode("utf-16-be").hex().upper().encode() in raw] == []


def test_the_sum_of_what_was_taken_out_cannot_be_worked_out(sheet):
    """50 321 needed, 8 444 shown: with the total or the gap the rest would be told."""
    ledger = sheet.without_own_costs().ledger
    assert [(row.offer, row.terms, row.worth, row.state) for row in ledger.rows] == [
        ("More volume", "+10 % a year", "", "offered"),
        ("Self-pickup", "from our warehouse", "8 444 EUR", "agreed"),
    ]
    assert (ledger.need, ledger.offered, ledger.gap, ledger.verdict, ledger.verdict_kind) == ("50 321 EUR", "", "", "", "good")
    html = render(sheet.without_own_costs(), str)
    assert re.findall(r'<td class="worth">(.*?)</td>', html) == ["–", "8 444 EUR"]


def test_a_ledger_without_own_numbers_stays_whole(sheet):
    ledger = replace(sheet.ledger, rows=[OFFERS[1]])
    assert replace(sheet, ledger=ledger).without_own_costs().ledger == ledger


def test_worth_has_no_column_when_every_row_is_our_own(sheet):
    html = render(replace(sheet, ledger=replace(sheet.ledger, rows=[OFFERS[0]])).without_own_costs(), str)
    assert re.findall(r'<th scope="col"[^>]*>(.*?)</th>', html) == ["Offer", "Terms", "State"]


def test_states_have_no_column_when_none_is_told(sheet):
    rows = [replace(row, state="") for row in OFFERS]
    html = render(replace(sheet, ledger=replace(sheet.ledger, rows=rows)), str)
    assert re.findall(r'<th scope="col"[^>]*>(.*?)</th>', html) == ["Offer", "Terms", "Worth a year"]


def test_leaving_out_changes_no_sheet_and_is_done_once(sheet):
    before = repr(sheet)
    shown = sheet.without_own_costs()
    assert repr(sheet) == before
    assert shown.without_own_costs() == shown


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=30)
PLAIN = st.builds(Line, TEXTS, TEXTS, TEXTS)
SECRET = st.builds(Line, *[st.just("SECRET 7431")] * 3, is_internal=st.just(True))
ROWS = st.builds(LedgerRow, TEXTS, TEXTS, TEXTS, TEXTS)
SECRET_ROWS = st.builds(LedgerRow, TEXTS, TEXTS, st.just("SECRET 7431"), TEXTS, is_internal=st.just(True))


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(
    facts=st.lists(PLAIN | SECRET, max_size=4),
    needed=st.lists(PLAIN | SECRET, max_size=4),
    own_costs=st.lists(SECRET, max_size=3),
    rows=st.lists(ROWS | SECRET_ROWS, max_size=5),
)
def test_whatever_is_marked_is_left_out_and_nothing_else(facts, needed, own_costs, rows):
    total = "SECRET 7431" if any(row.is_internal for row in rows) else "sum"
    ledger = Ledger(rows, "n", total, total, total, "short")
    shown = Sheet("S", "C", ledger, "en", facts=facts, needed=needed, own_costs=own_costs, picture=PIXEL).without_own_costs()
    assert "SECRET" not in render(shown, str)
    assert shown.facts == [line for line in facts if not line.is_internal]
    assert [row.offer for row in shown.ledger.rows] == [row.offer for row in rows]
    assert render(shown, str).startswith("<!DOCTYPE html>")


# -- one page ------------------------------------------------------------------------------------------------------------------
def test_type_gets_smaller_with_the_rows_and_never_larger(sheet):
    def size(n_rows):
        html = render(replace(sheet, ledger=replace(sheet.ledger, rows=[OFFERS[0]] * n_rows)), str)
        return re.search(r'<main class="page (size-\d)">', html)[1]

    sizes = [size(n) for n in range(1, 40)]
    assert sizes == sorted(sizes)
    assert (sizes[0], sizes[-1]) == ("size-1", "size-7")


def test_the_type_sizes_of_the_template_are_those_reckoned_with(sheet):
    found = dict(re.findall(r"\.(size-\d) \{ font-size: ([\d.]+)pt; \}", render(sheet, str)))
    assert {name: float(points) for name, points in found.items()} == SIZES


@pytest.mark.usefixtures("printer")
def test_twelve_offers_with_long_names_are_one_page_in_russian(large, tmp_path):
    for page, stem in ((large, "own"), (large.without_own_costs(), "table")):
        _, pdf = write_sheet(page, tmp_path, stem, pdf=True)
        assert pdf_pages(pdf) == 1
        assert "Уралстройкомплектация-Екатеринбург" in pdf_text(pdf)
        assert pdf_text(pdf).count("ежеквартально,снадёжностьюнениже80%") == 2


@pytest.mark.parametrize("n_rows", [0, 3, 7, 12])
def test_a_sheet_of_few_offers_is_one_page_of_a4(sheet, visit, tmp_path, n_rows):
    rows = list(OFFERS * 6)[:n_rows]
    (file,) = write_sheet(replace(sheet, ledger=replace(sheet.ledger, rows=rows)), tmp_path, "K1", pdf=False)
    with visit(file, viewport={"width": 688, "height": 1009}) as page:  # 182 x 267 mm, the paper without its margins
        page.emulate_media(media="print")
        box = page.evaluate("(r => [r.width, r.height])(document.querySelector('main').getBoundingClientRect())")
        assert box[0] == 688
        assert box[1] < 1017
        assert page.evaluate("document.documentElement.scrollWidth") == 688


def test_long_words_wrap_and_the_page_says_nothing_on_the_console(large, visit, tmp_path):
    word = "Уралстрой" * 20
    rows = [LedgerRow(word, word, "14 462 €", word)]
    wide = replace(large, client=word, facts=[Line(word, word, word)], ledger=replace(large.ledger, rows=rows), ask_next=[word])
    (file,) = write_sheet(wide, tmp_path, "K1", pdf=False)
    for viewport in ({"width": 1280, "height": 800}, {"width": 390, "height": 844}):
        with visit(file, viewport=viewport) as page:
            assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
            assert [url for url in page.asked if not url.startswith("data:")] == [file.as_uri()]
            assert page.said == []


CONTRAST = """() => {
  const linear = x => x / 255 <= .03928 ? x / 255 / 12.92 : ((x / 255 + .055) / 1.055) ** 2.4;
  const light = c => { const [r, g, b] = c.match(/[\\d.]+/g).map(linear); return .2126 * r + .7152 * g + .0722 * b };
  const ground = e => { const c = getComputedStyle(e).backgroundColor;
                        return c.endsWith(', 0)') ? ground(e.parentElement) : c };
  const speaks = e => [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim());
  return [...document.querySelectorAll('main *')].filter(speaks).map(e => {
    const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
    return [e.outerHTML.slice(0, 60), (a + .05) / (b + .05)] }) }"""


@pytest.mark.parametrize("kind", ["good", "short", "impossible"])
def test_every_text_stands_out_from_its_ground(sheet, visit, tmp_path, kind):
    (file,) = write_sheet(replace(sheet, ledger=replace(sheet.ledger, verdict_kind=kind)), tmp_path, "K1", pdf=False)
    with visit(file) as page:
        found = page.evaluate(CONTRAST)
    assert len(found) > 30
    assert [(text, ratio) for text, ratio in found if ratio < 4.5] == []


# -- files ---------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("K-17", r"K-17"),
        ("negotiation_K17", r"negotiation_K17"),
        ("Ромашка", r"Ромашка"),
        ("../x", r"x\.\w{10}"),
        ("a/b", r"a_b\.\w{10}"),
        ("a\\b:c*?", r"a_b_c\.\w{10}"),
        ("CON", r"_CON\.\w{10}"),
        ("lpt1", r"_lpt1\.\w{10}"),
        ("x" * 300, r"x{50}\.\w{10}"),
        ("", r"sheet\.\w{10}"),
        (".hidden ", r"hidden\.\w{10}"),
        ("/etc/passwd", r"etc_passwd\.\w{10}"),
        ("a\x00b\n", r"a_b\.\w{10}"),
        ("x.html", r"x_html\.\w{10}"),
        ("и\u0306", r"й\.\w{10}"),
    ],
)
def test_a_stem_is_data_and_never_a_path(sheet, tmp_path, stem, name):
    folder = tmp_path / "out"
    (file,) = write_sheet(sheet, folder, stem, pdf=False)
    assert re.fullmatch(name + r"\.html", file.name)
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")] == [f"out/{file.name}"]
    assert write_sheet(sheet, folder, stem, pdf=False) == [file]


def test_stems_that_clean_to_the_same_do_not_share_a_file(sheet, tmp_path):
    stems = ["a_b", "a/b", "a\\b", "a b", " a b", "A_B", "a_B", "й", "и\u0306", "", "/", "CON", "con", "x" * 60, "x" * 61]
    for _ in range(2):  # a second run replaces each its own
        files = [write_sheet(replace(sheet, client=stem), tmp_path, stem, pdf=False)[0] for stem in stems]
        assert len({file.name.casefold() for file in files}) == len(stems)
        assert len(list(tmp_path.iterdir())) == len(stems)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stem=st.text(max_size=80))
def test_any_stem_makes_a_name_that_every_system_takes(stem, tmp_path):
    name = sheet_module._file_stem(stem, tmp_path)
    assert re.fullmatch(r"[\w-]+(\.[0-9a-f]{10})?", name)
    assert Path(name).name == name
    assert len(name) <= 62
    assert not sheet_module.RESERVED.fullmatch(name.partition(".")[0])


def test_an_older_pdf_goes_with_its_page(sheet, tmp_path):
    """A page without our costs must not lie beside a PDF that still has them."""
    (tmp_path / "K1.pdf").write_bytes(b"%PDF-older")
    (file,) = write_sheet(sheet.without_own_costs(), tmp_path, "K1", pdf=False)
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_without_a_browser_the_page_stands(sheet, tmp_path, monkeypatch):
    monkeypatch.setenv("CLIENTBASE_BROWSER", "no-such-browser")
    with pytest.raises(PrintError, match=r"The page stands in '.*K1\.html'; print it from any browser"):
        write_sheet(sheet, tmp_path, "K1", pdf=True)
    assert [path.name for path in tmp_path.iterdir()] == ["K1.html"]


def test_a_folder_that_cannot_be_written_to_is_told(sheet, tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(PrintError, match=r"the sheet could not be written into '.*out'"):
        write_sheet(sheet, tmp_path / "out", "K1", pdf=False)


def test_a_language_without_words_writes_nothing(sheet, tmp_path):
    with pytest.raises(SettingError, match="language = 'fr'"):
        write_sheet(replace(sheet, language="fr"), tmp_path / "out", "K1", pdf=False)
    assert not (tmp_path / "out").exists()
