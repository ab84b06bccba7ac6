"""What the tests in a real browser share: `clientbase lab` on a copy of the demo, Chromium, and a hand on a notebook.

Every wait is for a state that the page or the kernel reaches, never for a time. A failed test leaves a picture of the page
and what was wrong in artefacts/.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[2]
ARTEFACTS = Path(__file__).parent / "artefacts"
PATIENCE = 90_000  # milliseconds; a loaded machine took 21 s to start a kernel
SCREEN = {"width": 1280, "height": 720}  # a projector
OUR_HOST = "127.0.0.1"
# anywidget tells it of every model that is not there two seconds after it was asked for, which the machine may need when a
# Spark cluster runs beside; a model that never comes fails the test by what it should have done.
TOO_SLOW = "[anywidget] Failed to initialize model."
failed_phase = pytest.StashKey[str]()

# JupyterLab calls a kernel idle before it is connected, and drops what it is asked for until then.
IS_READY = """() => {
    const panel = window.jupyterapp?.shell.currentWidget;
    const kernel = panel?.sessionContext?.session?.kernel;
    return Boolean(
        panel?.context?.isReady && panel.sessionContext.isReady
        && kernel?.connectionStatus === 'connected' && kernel.status === 'idle'
    );
}"""
RUN_ALL = """() => {
    window.isRunOver = false;
    window.jupyterapp.commands.execute('notebook:run-all-cells').finally(() => { window.isRunOver = true; });
}"""
CELLS = "() => window.jupyterapp.shell.currentWidget.context.model.toJSON().cells"
# One string for all that a reader sees in a cell's results: its texts and its pictures, these by what they hold, since a
# picture that is drawn again has another address.
SEEN = """async index => {
    const cell = window.jupyterapp.shell.currentWidget.content.widgets[index].node;
    const results = cell.querySelector('.jp-Cell-outputWrapper');
    const fingerprint = async picture => {
        const bytes = await fetch(picture.src).then(answer => answer.arrayBuffer());
        return [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].join('-');
    };
    const all = [...results.querySelectorAll('img')];
    await Promise.all(all.map(picture => picture.decode().catch(() => {})));  // until each is loaded, or cannot be
    const shown = all.filter(picture => picture.naturalWidth > 0);
    return JSON.stringify([results.innerText, await Promise.all(shown.map(fingerprint))]);
}"""
# What scrolls sideways, or would be cut: pairs of a place and how far it reaches out. Tables may.
TOO_WIDE = """() => {
    const widest = [];
    const says = node => `${node.tagName.toLowerCase()}.${node.className} ${node.scrollWidth} > ${node.clientWidth}`;
    const page = document.scrollingElement;
    if (page.scrollWidth > page.clientWidth) widest.push(says(page));
    const panel = window.jupyterapp.shell.currentWidget.node;
    for (const node of panel.querySelectorAll('.jp-Notebook, .jp-WindowedPanel-outer, .jp-Cell, .jp-Cell *')) {
        if (['visible', 'clip'].includes(getComputedStyle(node).overflowX)) continue;
        if (node.closest('.jp-OutputArea') && node.querySelector('table')) continue;
        if (node.clientWidth > 0 && node.scrollWidth > node.clientWidth + 1) widest.push(says(node));
    }
    for (const picture of panel.querySelectorAll('.jp-OutputArea img')) {
        const room = picture.closest('.jp-OutputArea').getBoundingClientRect();
        if (picture.getBoundingClientRect().right > room.right + 1) widest.push(`picture ${picture.width} > ${room.width}`);
    }
    return widest;
}"""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Let fixtures know, as they end, that their test has failed."""
    report = yield
    if report.failed:
        item.stash[failed_phase] = report.when
    return report


@dataclass(frozen=True)
class Lab:
    """A running `clientbase lab`."""

    study: Path  # a copy of the demo; tests may save decisions into it
    address: str  # without the page
    token: str
    said: list[str]  # what the command printed until it was open

    @property
    def notebooks(self) -> Path:
        return self.study / "notebooks"

    def page(self, notebook: str) -> str:
        return f"{self.address}/lab/tree/{notebook}?reset&token={self.token}"


@pytest.fixture(scope="module")
def lab(browser, tmp_path_factory):  # noqa: ARG001 - without a browser there is no reason to start it
    """JupyterLab as a user starts it: a process of its own, in a home where nobody has ever used Jupyter."""
    shutil.rmtree(ARTEFACTS, ignore_errors=True)  # of an earlier run
    folder = tmp_path_factory.mktemp("lab")
    study = shutil.copytree(ROOT / "data" / "demo", folder / "demo", ignore=shutil.ignore_patterns("notebooks", ".clientbase"))
    command = [sys.executable, "-m", "clientbase", "lab", str(study), "--no-browser"]
    process = subprocess.Popen(
        command, env=home(folder / "home"), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        said = []
        for line in process.stdout:  # ends when the command does
            said.append(line)
            if found := re.search(r"(http://127\.0\.0\.1:\d+)/lab/tree/\S+\?token=(\w+)", line):
                break
        else:
            pytest.fail("clientbase lab did not open:\n" + "".join(said))
        yield Lab(study, found[1], found[2], said)
    finally:
        process.send_signal(signal.SIGTERM)
        said.append(process.communicate(timeout=60)[0])


def home(folder: Path) -> dict[str, str]:
    """Return an environment with a new home, whose one setting lets a test ask JupyterLab for its state."""
    config = folder / "config"
    config.mkdir(parents=True)
    setting = {"LabApp": {"expose_app_in_browser": True}}
    (config / "jupyter_lab_config.json").write_text(json.dumps(setting), encoding="utf-8")
    places = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime"}
    settings = {"JUPYTERLAB_SETTINGS_DIR": "settings", "XDG_CACHE_HOME": "cache", "IPYTHONDIR": "ipython"}
    own = {name: str(folder / place) for name, place in (places | settings).items()}
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "COV_", "PYTEST"))}
    return ours | own | {"HOME": str(folder), "COLUMNS": "200"}


class Notebook:
    """One notebook, open in JupyterLab, and the hand of its reader.

    A panel is the id of the cell that shows it; a control is found by its label, in that panel or in the whole notebook.
    """

    def __init__(self, page, lab: Lab) -> None:
        self.page, self.lab = page, lab
        self.wrong: list[str] = []  # console errors, and requests to anything but our own server
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda message: self._note(message.type == "error", f"console: {message.text}"))
        page.on("pageerror", lambda error: self._note(TOO_SLOW not in str(error), f"page: {error}"))
        page.on("request", lambda request: self._note(is_outside(request.url), f"request: {request.url[:200]}"))
        page.on("websocket", lambda line: self._note(is_outside(line.url), f"websocket: {line.url[:200]}"))

    def _note(self, is_wrong: bool, what: str) -> None:
        if is_wrong:
            self.wrong.append(what)

    # Opening and running

    def open_notebook(self, name: str) -> None:
        """Open a notebook of the study and wait for its kernel."""
        self.page.goto(self.lab.page(name))
        self.page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook")
        self.wait_until_idle()

    def wait_until_idle(self) -> None:
        """Wait until the kernel is connected and has nothing to do."""
        self.page.wait_for_function(IS_READY)

    def run_all(self) -> None:
        """Run every cell, as the menu does, and wait for the last one or for an error."""
        self.page.evaluate(RUN_ALL)
        self.page.wait_for_function("() => window.isRunOver")
        self.wait_until_idle()

    @property
    def cells(self) -> list[dict]:
        """The cells with their results, as JupyterLab would save them."""
        return self.page.evaluate(CELLS)

    def save(self) -> None:
        """Save the notebook, and wait until it is."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save').then(() => true)")

    def too_wide(self) -> list[str]:
        """Return what scrolls sideways or is cut, tables left out."""
        return self.page.evaluate(TOO_WIDE)

    # A panel

    def panel(self, panel: str):
        """Return the results of a cell, brought into view: what is out of it need not be drawn."""
        index = self._index(panel)
        self.page.evaluate("index => window.jupyterapp.shell.currentWidget.content.scrollToItem(index)", index)
        found = self.page.locator(f'.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell[data-windowed-list-index="{index}"]')
        return found.locator(".jp-Cell-outputWrapper")

    def _index(self, panel: str) -> int:
        return [cell["id"] for cell in self.cells].index(panel)

    def text_of(self, panel: str) -> str:
        """Return the texts a panel shows."""
        shown = self.panel(panel)
        shown.filter(has_text=re.compile(r"\S")).wait_for()  # what was out of view is drawn a moment after
        return shown.inner_text()

    def seen_in(self, panel: str) -> str:
        """Return all a reader sees in a panel, pictures included, as one value to compare with."""
        self.panel(panel)
        return self.page.evaluate(SEEN, self._index(panel))

    def pictures_of(self, panel: str) -> list[str]:
        """Return the pictures a panel shows, each as a fingerprint of what it holds."""
        return json.loads(self.seen_in(panel))[1]

    def wait_for_change(self, panel: str, before: str) -> str:
        """Wait until a panel shows something else than before, with the kernel at rest again; return that."""
        is_other = f"async ([index, before]) => ({IS_READY})() && (await ({SEEN})(index).catch(() => before)) !== before"
        self.page.wait_for_function(is_other, arg=[self._index(panel), before])
        return self.seen_in(panel)

    def wait_for_text(self, panel: str, text: str) -> None:
        """Wait until a panel shows a text."""
        self.panel(panel).get_by_text(text).first.wait_for()

    # Its controls

    def _control(self, kind: str, label: str, panel: str | None):
        place = self.panel(panel) if panel else self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
        named = self.page.locator("label, .widget-label", has_text=re.compile(rf"^\s*{re.escape(label)}\s*$"))
        return place.locator(kind).filter(has=named)

    def move_slider(self, label: str, keys: Iterable[str], *, handle: int = 0, panel: str | None = None) -> None:
        """Move a slider by keys such as ArrowRight, PageDown, Home; of a range, handle 1 is its end."""
        grip = self._control(".widget-slider", label, panel).locator(".noUi-handle").nth(handle)
        for key in keys:
            grip.press(key)

    def click_slider(self, label: str, fraction: float, *, panel: str | None = None) -> None:
        """Click a slider with the mouse at a fraction of its length, 0 at its lower end."""
        bar = self._control(".widget-slider", label, panel).locator(".noUi-base")
        bar.scroll_into_view_if_needed()
        box = bar.bounding_box()
        self.page.mouse.click(box["x"] + fraction * box["width"], box["y"] + box["height"] / 2)

    def value_of(self, label: str, *, panel: str | None = None) -> str:
        """Return what a slider says it is set to."""
        return self._control(".widget-slider", label, panel).locator(".widget-readout").inner_text()

    def choose(self, label: str, option: str, *, panel: str | None = None) -> None:
        """Choose an option of a list by its text."""
        self._control(".widget-dropdown", label, panel).locator("select").select_option(label=option)

    def fill(self, label: str, text: str, *, panel: str | None = None) -> None:
        """Type a text into a field and leave it."""
        field = self._control(".widget-text", label, panel).locator("input")
        field.fill(text)
        field.press("Tab")

    def tick(self, label: str, *, is_on: bool = True, panel: str | None = None) -> None:
        """Set a box on or off."""
        self._control(".widget-checkbox", label, panel).locator("input").set_checked(is_on)

    def press(self, name: str, *, panel: str | None = None) -> None:
        """Press a button by its name."""
        place = self.panel(panel) if panel else self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-OutputArea")
        place.get_by_role("button", name=name, exact=True).click()


def is_outside(address: str) -> bool:
    """Tell whether an address is that of another machine."""
    parts = urlsplit(address)
    return parts.scheme not in ("data", "blob") and parts.hostname != OUR_HOST


@pytest.fixture
def notebook(browser, lab, request):
    """A page of its own; the test fails on any console error or outside request, and no kernel outlives it."""
    context = browser.new_context(viewport=SCREEN)
    hand = Notebook(context.new_page(), lab)
    yield hand
    try:
        if failed_phase in request.node.stash or hand.wrong:
            keep(hand, request.node.name)
    finally:
        _shut_down(context, lab)
        context.close()
    assert hand.wrong == []


def keep(hand: Notebook, name: str, folder: Path = ARTEFACTS) -> None:
    """Leave a picture of the page and a list of what was wrong for whoever looks into the failure."""
    folder.mkdir(exist_ok=True)
    stem = re.sub(r"\W+", "-", name).strip("-")
    hand.page.screenshot(path=folder / f"{stem}.png")
    (folder / f"{stem}.txt").write_text("\n".join([*hand.wrong, hand.page.url.partition("?")[0]]) + "\n", encoding="utf-8")


def _shut_down(context, lab: Lab) -> None:
    """End every kernel: two cores carry the kernel of one notebook."""
    key = {"Authorization": f"token {lab.token}"}
    for kernel in context.request.get(f"{lab.address}/api/kernels", headers=key).json():
        context.request.delete(f"{lab.address}/api/kernels/{kernel['id']}", headers=key)
