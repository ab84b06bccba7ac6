"""What all tests share: quick start of Jupyter's packages, pictures without a screen, no deadlines, a browser, servers."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
import pytest
from hypothesis import settings
from servers import Cluster, NoServerError, postgres_server, spark_cluster

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


@contextmanager
def left_out_without_server() -> Iterator[None]:
    """Leave a test out where a server cannot be had, save where all of them are demanded, as in .ci/run."""
    try:
        yield
    except NoServerError as reason:
        if os.environ.get("CLIENTBASE_SERVERS") == "all":
            pytest.fail(str(reason))
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def postgres(tmp_path_factory) -> Iterator[str]:
    """The address of a PostgreSQL of our own; {} stands for the password."""
    with left_out_without_server(), postgres_server(tmp_path_factory.mktemp("postgres")) as url:
        yield url


@pytest.fixture(scope="session")
def cluster(tmp_path_factory) -> Iterator[Cluster]:
    """A Spark of a master and two workers on loopback."""
    with left_out_without_server(), spark_cluster(tmp_path_factory.mktemp("spark")) as cluster:
        yield cluster
