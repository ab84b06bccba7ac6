"""What the tests of the report share: small notebooks, one warm pool of kernels, an engagement, pages."""

import os
import uuid
from contextlib import contextmanager

import psutil
import pytest

from clientbase.report.kernels import kernel_pool
from clientbase.report.summary_model import Summary


@pytest.fixture
def write_notebook(tmp_path):
    """Return a function that writes cells as a notebook of the test's folder."""
    import nbformat  # not earlier: clientbase.report makes it quick to import

    def write(name, *cells, folder=tmp_path):
        folder.mkdir(parents=True, exist_ok=True)
        nbformat.write(nbformat.v4.new_notebook(cells=list(cells)), folder / name)
        return folder / name

    return write


@pytest.fixture(scope="session")
def forked():
    """One warm pool for all tests that do not close it."""
    with kernel_pool(kind="forked") as pool:
        yield pool


@pytest.fixture(scope="session")
def ordinary():
    """The fallback: kernels started one by one."""
    with kernel_pool(kind="ordinary") as pool:
        yield pool


class FakeEngagement:
    """The part of an engagement that a run asks for."""

    def __init__(self, name="demo"):
        self.name = name

    def run_record(self):
        return {"study": self.name, "data": {"orders": "hash-1"}}


@pytest.fixture
def engagement():
    return FakeEngagement


@pytest.fixture
def summary():
    return lambda: Summary(title="Vento Stone Trade", note="All names and amounts were made up.")


@pytest.fixture
def text():
    """Return a function that makes a markdown cell."""
    from nbformat.v4 import new_markdown_cell

    return new_markdown_cell


@pytest.fixture
def code():
    """Return a function that makes a code cell with tags and outputs."""
    from nbformat.v4 import new_code_cell

    return lambda source, *tags, outputs=(): new_code_cell(source, metadata={"tags": list(tags)}, outputs=list(outputs))


@pytest.fixture
def offspring(monkeypatch):
    """Return a function that lists what this test started, however remote, and what it left unreaped."""
    mark = uuid.uuid4().hex
    monkeypatch.setenv("CLIENTBASE_TEST_MARK", mark)

    def is_ours(process):
        try:
            return process.environ().get("CLIENTBASE_TEST_MARK") == mark
        except psutil.NoSuchProcess:
            return False
        except (psutil.ZombieProcess, psutil.AccessDenied):
            return process.ppid() == os.getpid()

    return lambda: [process for process in psutil.process_iter() if process.pid != os.getpid() and is_ours(process)]


@pytest.fixture
def visit(browser):
    """Return a context that opens a file and gives the page, what it asked for and got, what its console said."""

    @contextmanager
    def opened(path, **options):
        page = browser.new_page(**options)
        page.asked, page.got, page.said = [], [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("response", lambda response: page.got.append(response.url))
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.goto(path.as_uri())
        yield page
        page.close()

    return opened
