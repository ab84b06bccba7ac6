"""Printing: a real browser makes the PDF; without one, or with one that fails, the message says where the page stands."""

import re
import socket
import sys
import tempfile
import threading
import time
import unicodedata
import zlib

import psutil
import pytest

from clientbase.errors import ClientbaseError
from clientbase.report import printing
from clientbase.report.printing import PrintError, find_browser, print_pdf

PAGE = "<!DOCTYPE html><html lang='ru'><meta charset='utf-8'><title>A page</title><body>{}</body></html>"
TARGET = "open(next(a for a in sys.argv if a.startswith('--print-to-pdf=')).partition('=')[2], 'w')"  # in a stand-in
STREAM = re.compile(rb"^<<.*?>>\s*stream\n(.*)\nendstream", re.DOTALL)


@pytest.fixture
def page(tmp_path):
    """Return a function that writes a small page."""

    def write(body="<p>Скидка 5 %, offered</p>", name="page.html"):
        (tmp_path / name).write_text(PAGE.format(body), encoding="utf-8")
        return tmp_path / name

    return write


@pytest.fixture
def chromium(monkeypatch):
    """Skip where there is nothing to print with."""
    monkeypatch.delenv("CLIENTBASE_BROWSER", raising=False)
    if find_browser() is None:
        pytest.skip("no browser that prints on this system")


@pytest.fixture
def browser_of(tmp_path, monkeypatch):
    """Return a function that makes a script the browser that the environment names."""
    if sys.platform == "win32":
        pytest.skip("the stand-in is a script with its interpreter in the first line")

    def make(code):
        script = tmp_path / "browser"
        script.write_text(f"#!{sys.executable}\nimport sys\n{code}\n", encoding="utf-8")
        script.chmod(0o755)
        monkeypatch.setenv("CLIENTBASE_BROWSER", str(script))

    return make


def pdf_pages(path):
    """Return the number of pages of a PDF of Chromium's."""
    return int(re.search(rb"/Type /Pages\n/Count (\d+)", path.read_bytes())[1])


def pdf_text(path):
    """Return the text of a PDF of Chromium's without blanks: it sets letters apart by their places."""
    objects = {int(number): body for number, body in re.findall(rb"\n(\d+) 0 obj\n(.*?)\nendobj", path.read_bytes(), re.DOTALL)}
    streams = {number: zlib.decompress(found[1]) for number, found in _compressed(objects)}
    letters = {font: _letters(streams[int(table)]) for font, table in _fonts(objects)}
    names = {name: int(font) for body in objects.values() for name, font in re.findall(rb"/(F\d+) (\d+) 0 R", body)}
    pieces, font = [], None
    for content in streams.values():
        for chosen, shown in re.findall(rb"/(F\d+) [\d.]+ Tf|<([0-9A-F]+)> Tj", content):
            font = letters[names[chosen]] if chosen else font
            pieces.append("".join(font[shown[place : place + 4]] for place in range(0, len(shown), 4)))
    return "".join(unicodedata.normalize("NFKC", "".join(pieces)).split())


def _compressed(objects):
    found = (
        (number, STREAM.match(body)) for number, body in objects.items() if b"/FlateDecode" in body and b"/Image" not in body
    )
    return ((number, match) for number, match in found if match)


def _fonts(objects):
    found = ((number, re.search(rb"/ToUnicode (\d+) 0 R", body)) for number, body in objects.items())
    return ((number, match[1]) for number, match in found if match)


def _letters(table):
    """Read a font's table from glyphs to letters."""
    ranges = re.findall(rb"<(\w{4})> <(\w{4})> <(\w{4})>", table)
    spans = [(int(first, 16), int(last, 16), int(letter, 16)) for first, last, letter in ranges]
    found = {b"%04X" % (first + step): chr(letter + step) for first, last, letter in spans for step in range(last - first + 1)}
    singles = re.findall(rb"^<(\w{4})> <(\w+)>$", table, re.MULTILINE)
    return found | {glyph: bytes.fromhex(letter.decode()).decode("utf-16-be") for glyph, letter in singles}


@pytest.mark.usefixtures("chromium")
def test_a_page_is_printed_with_its_letters_and_leaves_nothing_else(page, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    target = tmp_path / "Лист 1.pdf"
    assert print_pdf(page(), target) == target
    assert pdf_pages(target) == 1
    assert pdf_text(target) == "Скидка5%,offered"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["page.html", "temporary", "Лист 1.pdf"]
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.usefixtures("chromium")
def test_names_that_mean_something_in_an_address_are_files(page, tmp_path):
    target = tmp_path / "50%.pdf"
    print_pdf(page("<p>Here</p>", name="a #1? 50%25.html"), target)
    assert pdf_text(target) == "Here"


@pytest.mark.usefixtures("chromium")
def test_a_page_gets_nothing_from_any_network(page, tmp_path):
    """The page asks this very machine, by number and by name; nobody comes."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port, visitors, printed = server.getsockname()[1], [], threading.Event()

        def listen():
            while not printed.is_set():
                try:
                    visitors.append(server.accept())
                except TimeoutError:
                    continue

        listener = threading.Thread(target=listen)
        listener.start()
        hosts = ("127.0.0.1", "localhost", "[::1]", "example.org")
        try:
            print_pdf(page("".join(f"<img src='http://{host}:{port}/a.png'>" for host in hosts) + "still"), tmp_path / "a.pdf")
        finally:
            printed.set()
            listener.join()
    assert visitors == []
    assert pdf_text(tmp_path / "a.pdf") == "still"


def test_without_a_browser_the_message_says_where_the_page_stands(page, tmp_path, monkeypatch):
    monkeypatch.delenv("CLIENTBASE_BROWSER", raising=False)
    monkeypatch.setattr(printing, "PLACES", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    there = page()
    with pytest.raises(
        PrintError, match=r"no browser was found that prints \(looked for chromium, .*install chromium"
    ) as raised:
        print_pdf(there, tmp_path / "a.pdf")
    assert str(there) in str(raised.value)
    assert isinstance(raised.value, ClientbaseError)
    assert not (tmp_path / "a.pdf").exists()


def test_the_browser_that_the_environment_names_wins_and_is_not_replaced_by_another(page, browser_of, tmp_path, monkeypatch):
    browser_of(f"{TARGET}.write('%PDF-1.4 mine')")
    assert print_pdf(page(), tmp_path / "a.pdf").read_text() == "%PDF-1.4 mine"
    monkeypatch.setenv("CLIENTBASE_BROWSER", "no-such-browser")
    with pytest.raises(PrintError, match="the browser 'no-such-browser', which CLIENTBASE_BROWSER names, was not found"):
        print_pdf(page(), tmp_path / "a.pdf")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("print('no display', file=sys.stderr); sys.exit(3)", "no display"),
        ("pass", "it did not say why"),
        (f"{TARGET}.write('<html>')", "did not print"),
    ],
    ids=["it fails", "it does nothing", "what it writes is no PDF"],
)
def test_a_browser_that_fails_leaves_the_older_pdf(page, browser_of, tmp_path, code, reason):
    browser_of(code)
    older = tmp_path / "a.pdf"
    older.write_bytes(b"%PDF-older")
    with pytest.raises(PrintError, match=reason):
        print_pdf(page(), older)
    assert older.read_bytes() == b"%PDF-older"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pdf", "browser", "page.html"]


def test_a_browser_that_hangs_is_stopped_with_its_children(page, browser_of, tmp_path, offspring):
    browser_of(
        "import subprocess, time\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\ntime.sleep(60)"
    )
    start = time.monotonic()
    with pytest.raises(PrintError, match=r"stopped after 0\.7 seconds"):
        print_pdf(page(), tmp_path / "a.pdf", seconds=0.7)
    assert time.monotonic() - start < 20
    _, alive = psutil.wait_procs(offspring(), timeout=10)
    assert alive == []


def test_only_root_goes_without_the_sandbox(monkeypatch):
    monkeypatch.setattr(printing.os, "geteuid", lambda: 0, raising=False)
    assert printing._unboxed() == ["--no-sandbox"]
    monkeypatch.setattr(printing.os, "geteuid", lambda: 1000, raising=False)
    assert printing._unboxed() == []
    monkeypatch.delattr(printing.os, "geteuid", raising=False)
    assert printing._unboxed() == []
    assert "--no-sandbox" not in printing.OPTIONS


def test_there_is_no_page_to_print(tmp_path):
    with pytest.raises(PrintError, match=r"there is no page '.*missing\.html' to print"):
        print_pdf(tmp_path / "missing.html", tmp_path / "a.pdf")


@pytest.mark.usefixtures("chromium")
def test_a_pdf_that_cannot_be_put_in_place_is_told(page, tmp_path):
    (tmp_path / "a.pdf").mkdir()
    with pytest.raises(PrintError, match=r"a\.pdf' could not be written"):
        print_pdf(page(), tmp_path / "a.pdf")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pdf", "page.html"]
