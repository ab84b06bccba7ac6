"""What all tests share: the quick start of Jupyter's packages, pictures without a screen, no deadlines, a browser."""

from pathlib import Path

import matplotlib as mpl
import pytest
from hypothesis import settings

import clientbase.report  # noqa: F401  before any Jupyter package, see there

mpl.use("agg")

settings.register_profile("patient", deadline=None)  # a busy machine is no failure
settings.load_profile("patient")

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser():
    """Chromium for the tests of one file: Playwright keeps an event loop running, which tests of other files may not."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if not Path(CHROMIUM).exists():
        pytest.skip("no Chromium on this system")
    playwright = sync_api.sync_playwright().start()
    try:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield chromium
        chromium.close()
    finally:
        playwright.stop()
