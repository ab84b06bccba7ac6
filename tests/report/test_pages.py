"""Pages: what a reader sees, that it opens without a network, and that data stay data."""

import base64
import re

import pytest
from nbformat.v4 import new_output

from clientbase.report import pages
from clientbase.report.pages import Chapter, Frame, chapter, write_index, write_page
from clientbase.report.reading import heading, readable
from clientbase.report.summary_model import Answer, Decision, KeyFigure, Remark, Summary

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
ATTACK = "<script>document.title = 'hacked'</script><img src=x onerror=\"document.title = 'hacked'\">"


@pytest.fixture
def notebook():
    """Return a function that makes a notebook of cells."""
    from nbformat.v4 import new_notebook

    return lambda *cells: new_notebook(cells=list(cells))


@pytest.fixture
def page(tmp_path, notebook):
    """Return a function that writes cells as the second of three pages and gives its file."""

    def write(*cells, note="All names were made up.", label=str):
        chapters = [Chapter("00_data.html", "00 Data: read"), Chapter("01_a.html", "01 A"), Chapter("02_b.html", "02 <B>")]
        frame = Frame("Vento & Co", note, "en", label, chapters)
        write_page(tmp_path, notebook(*cells), chapters[1], frame)
        return tmp_path / "01_a.html"

    return write


def shown(output_type="display_data", metadata=None, **data):
    names = {
        "html": "text/html",
        "png": "image/png",
        "svg": "image/svg+xml",
        "markdown": "text/markdown",
        "plain": "text/plain",
    }
    return new_output(output_type, {names.get(key, key): value for key, value in data.items()}, metadata=metadata or {})


def stream(name, words):
    return new_output("stream", name=name, text=words)


WIDGET = new_output(
    "display_data", {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "IntSlider(0)"}
)


def test_cells_for_the_machine_and_for_exploring_are_not_read(notebook, code):
    hidden = [code("x", tag) for tag in ("parameters", "injected-parameters", "interactive", "remove-cell")]
    assert [cell.source for cell in readable(notebook(*hidden, code("seen"))).cells] == ["seen"]


def test_only_results_are_read(notebook, code):
    outputs = [WIDGET, stream("stderr", "careful"), stream("stdout", " \n"), shown(plain="<Axes: xlabel='a'>"), shown(odd="1")]
    seen = [stream("stdout", "10 EUR"), shown(plain="12"), shown(html="<p>", plain="<Table at 0x1>")]
    given = notebook(code("x", outputs=[*outputs, *seen]))
    assert readable(given).cells[0].outputs == seen
    assert len(given.cells[0].outputs) == 8


def test_code_goes_with_the_next_result_of_its_section(notebook, text, code):
    result = [stream("stdout", "1")]
    cells = [code("a"), code(" "), code("b\n"), code("c", outputs=result), text("words"), code("d", outputs=result), code("e")]
    found = [cell.metadata.get("calculation") for cell in readable(notebook(*cells)).cells]
    assert found == [None, None, None, "a\n\nb\n\nc", None, "d", "e"]


def test_an_image_without_words_has_those_of_its_heading(notebook, text, code):
    described = shown(png=PIXEL, metadata={"image/png": {"alt": "A curve"}})
    cells = readable(notebook(text("# A\n\n## Curve"), code("x", outputs=[shown(png=PIXEL), described]))).cells
    assert [output.metadata["image/png"]["alt"] for output in cells[1].outputs] == ["Curve", "A curve"]


def test_a_chapter_has_the_title_of_its_notebook(notebook, text, code):
    found = chapter(notebook(code("x"), text("words"), text("# 01 Flows: two in one?\n\n## More")), "01_flows")
    assert (found.href, found.title, found.short) == ("01_flows.html", "01 Flows: two in one?", "01 Flows")
    assert heading(notebook(code("# x"))) == ""
    assert chapter(notebook(), "01_flows").title == "01_flows"


def test_a_page_leads_to_its_sections_and_neighbours(page, text):
    written = page(text("# 01 A\n\n## Same & more\n\nWords."), text("## Same & more\n\n### Below")).read_text()
    assert re.findall(r'<h2 id="([^"]+)">([^<]+)</h2>', written) == [
        ("section-1", "Same &amp; more"),
        ("section-2", "Same &amp; more"),
    ]
    assert written.count('<a href="#section-2">Same &amp; more</a>') == 2  # beside the page, and in the menu of a phone
    assert '<a href="00_data.html" rel="prev"><span>Previous</span> 00 Data</a>' in written
    assert '<a href="02_b.html" rel="next"><span>Next</span> 02 &lt;B&gt;</a>' in written
    assert '<a href="01_a.html" aria-current="page">01 A</a>' in written


def test_words_before_results_that_are_not_there_are_left_out(notebook, text, code):
    result = [shown(png=PIXEL)]
    cells = [
        text("# A\n\nWords."), code("silent"),
        text("## Without"), code("a"), text("Of the same."), code("b"),
        text("## Goes on\n\nOf the first."), code("c"), text("Of the second."), code("d", outputs=result),
        text("## With\n\nOf it."), code("e"), code("f", outputs=result), text("After it."), code("g"),
        text("## Limits\n\nWords alone."),
    ]  # fmt: skip
    seen = readable(notebook(*cells)).cells
    assert [cell.source for cell in seen if cell.cell_type == "markdown"] == [
        "# A\n\nWords.", "## Goes on", "Of the second.", "## With\n\nOf it.", "## Limits\n\nWords alone.",
    ]  # fmt: skip
    assert [cell.source for cell in seen if cell.cell_type == "code"] == ["silent", "d", "e", "f"]


def test_a_page_has_its_results_and_hides_its_calculation(page, code):
    svg = '<svg xmlns="http://www.w3.org/2000/svg"/>'
    outputs = [
        shown(html="<table><tr><td>1 EUR</td></tr></table>", plain="no"),
        shown(png=PIXEL, metadata={"image/png": {"alt": 'A "curve" & more'}}),
        shown(svg=svg),
        shown(markdown="**firm** <b>not bold</b>"),
        shown("execute_result", plain="a < b"),
        stream("stdout", "10 < 20"),
    ]
    written = page(
        code("if a < b: pass", outputs=outputs), label=lambda word: {"Calculation": "Расчёт"}.get(word, word)
    ).read_text()
    assert "<td>1 EUR</td>" in written
    assert f'<img alt="A &#34;curve&#34; &amp; more" src="data:image/png;base64,{PIXEL}">' in written
    assert f'src="data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"' in written
    assert "<strong>firm</strong> &lt;b&gt;not bold&lt;/b&gt;" in written
    assert "<pre>a &lt; b</pre>" in written
    assert "<pre>10 &lt; 20</pre>" in written
    assert (
        '<details class="calculation"><summary>Расчёт</summary><pre><code>if a &lt; b: pass</code></pre></details>' in written
    )


def test_invented_data_are_declared_on_every_page(page, text, tmp_path):
    for written in (
        page(text("# A")),
        write_index(tmp_path, Summary("T", note="n"), Frame("T", "All <made> up.", "ru", str, [])),
    ):
        assert re.search(
            r'class="invented" role="note">All (names were made|&lt;made&gt;) up',
            written.read_text(),
        )
    assert 'class="invented"' not in page(text("# A"), note="").read_text()


@pytest.fixture
def full_summary():
    return Summary(
        title="Vento & Co: clients <2024>",
        subtitle="12 months to 30 September 2024",
        note="Made up.",
        key_figures=[KeyFigure("Net revenue", "4 812 300 EUR", "+6 %"), KeyFigure("Clients", "412")],
        decisions=[
            Decision("1", "Flow separation", "Separate the two", ["It pays 2.3 times.", "And more."], "01_a.html"),
            Decision("2", "Purchase size", "Three classes", [], "not_there.html"),
        ],
        answers=[
            Answer("Who buys <most>?", ["Vento & Co.", "Others less."], "01_a.html"),
            Answer("Who else?", [], "not_there.html"),
        ],
        quality=[Remark("ok", "reconciles"), Remark("note", "n"), Remark("warning", "w"), Remark("closed", "no activities")],
        assumptions=[("Class A ends at", "0.80", "default")],
        limits=["Twelve months only."],
        files=[("Record & more", "run.json"), ("A table", "tables/a b.csv")],
    )


def test_the_summary_shows_all_it_is_given(full_summary, tmp_path, page, text):
    page(text("# 01 A"))
    words = []
    frame = Frame(full_summary.title, full_summary.note, "ru", lambda word: words.append(word) or f"<{word}>", [])
    written = write_index(tmp_path, full_summary, frame).read_text()
    assert '<html lang="ru">' in written
    assert "<h1>Vento &amp; Co: clients &lt;2024&gt;</h1>" in written
    for piece in (
        "4 812 300 EUR",
        "And more.",
        "reconciles",
        "Twelve months only.",
        "<td>0.80</td>",
        'href="tables/a%20b.csv"',
    ):
        assert piece in written
    assert "<dt>Who buys &lt;most&gt;?</dt>" in written
    assert "<p>Vento &amp; Co.</p>" in written
    assert written.count('href="01_a.html"') == 2
    assert "not_there.html" not in written
    assert [word for word in words if word not in pages.LABELS] == []
    assert "<Details>" not in written


def test_every_word_of_the_pages_is_in_the_list_for_translators(page, text, code, full_summary, tmp_path):
    words = set()
    label = lambda word: words.add(word) or word  # noqa: E731 - a name for what both pages share
    page(text("# A"), code("x"), label=label)
    write_index(tmp_path, full_summary, Frame("T", "n", "en", label, []))
    assert words | {"Record of the run"} == set(pages.LABELS)


def test_pages_open_without_a_network_and_run_nothing_from_the_data(visit, page, text, code):
    outputs = [
        shown(html=f"<table><tr><td>{ATTACK}</td></tr></table>"),
        shown(html='<meta http-equiv="refresh" content="0;url=https://example.org/">'),
        shown(html='<img src="https://example.org/a.png"><iframe src="https://example.org"></iframe>'),
        shown(markdown=ATTACK),
        shown("execute_result", plain=ATTACK),
        shown(png=PIXEL),
    ]
    attacked = page(text(f"# A {ATTACK}\n\n## B {ATTACK}\n\n{ATTACK}"), code(ATTACK, outputs=outputs))
    with visit(attacked) as opened:
        opened.wait_for_timeout(200)
        assert opened.title() == "01 A – Vento & Co"
        assert opened.url == attacked.as_uri()
        assert [url for url in opened.got if not url.startswith("data:")] == [attacked.as_uri()]  # all else is forbidden
        assert opened.locator("script, iframe, meta[http-equiv=refresh]").count() == 0


def test_a_clean_report_says_nothing_on_the_console_and_fits_a_phone(visit, page, text, code, full_summary, tmp_path):
    table = "<table><tr>" + "<td>a long enough cell</td>" * 20 + "</tr></table>"
    chapter_page = page(text("# 01 A\n\n## Section\n\nWords."), code("x = 1", outputs=[shown(png=PIXEL), shown(html=table)]))
    index = write_index(tmp_path, full_summary, Frame("T", "n", "en", str, [Chapter("01_a.html", "01 A")]))
    for file in (chapter_page, index):
        with visit(file, viewport={"width": 390, "height": 844}) as opened:
            assert [url for url in opened.asked if not url.startswith("data:")] == [file.as_uri()]
            assert opened.said == []
            assert opened.evaluate("document.documentElement.scrollWidth") == 390
            opened.get_by_text("Contents").first.click()
            assert opened.get_by_role("link", name="01 A").first.is_visible()
    with visit(index, viewport={"width": 1366, "height": 800}) as opened:
        opened.get_by_role("link", name="Details: Flow separation").click()
        assert opened.url == chapter_page.as_uri()
        assert not opened.get_by_text("x = 1").is_visible()
        opened.get_by_text("Calculation").click()
        assert opened.get_by_text("x = 1").is_visible()
