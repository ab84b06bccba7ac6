"""A page on paper: a browser that the system has prints an HTML file to PDF, without a window and without a network."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from clientbase.errors import ClientbaseError

CHOICE = "CLIENTBASE_BROWSER"  # names the browser, by its command or its file
COMMANDS = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge", "microsoft-edge",
)  # fmt: skip
PLACES = (  # where installers put a browser without a command for it
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"${ProgramFiles}\Google\Chrome\Application\chrome.exe",
    r"${ProgramFiles(x86)}\Microsoft\Edge\Application\msedge.exe",
)
SECONDS = 60.0  # a page takes one; a start on a busy machine up to twenty
OPTIONS = (
    "--headless",
    "--no-pdf-header-footer",
    "--print-to-pdf-no-header",  # the name of the same before 2023
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-gpu",
    "--disable-dev-shm-usage",  # in a container that memory may be too small
    "--disable-extensions",
    "--disable-breakpad",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # No network: names lead nowhere, and a proxy that nobody is gets what is asked for by number, this machine included.
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=http://127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>",
)


class PrintError(ClientbaseError):
    """A page could not be written or printed."""


def find_browser() -> str | None:
    """Return the browser that prints, or None; one that the environment names is the only one looked for."""
    if chosen := os.environ.get(CHOICE, "").strip():
        return shutil.which(chosen)
    found = (shutil.which(os.path.expandvars(name)) for name in (*COMMANDS, *PLACES))
    return next(filter(None, found), None)


def print_pdf(html_path: Path, pdf_path: Path, *, seconds: float = SECONDS) -> Path:
    """Print a page to pdf_path, which is replaced only by a finished file; return pdf_path.

    Args:
        html_path: a page that needs nothing but itself; its style decides on the size of the paper.
        pdf_path: in a folder that exists.
        seconds: after which the browser is stopped.

    Raises:
        PrintError: there is no page or no browser, or the browser did not print; an older PDF is left as it was.
    """
    if not html_path.is_file():
        raise PrintError(f"there is no page '{html_path}' to print.")
    browser = find_browser()
    if browser is None:
        raise PrintError(f"{_not_found()} The page stands in '{html_path}'; print it from any browser, or install chromium.")
    aside = pdf_path.resolve().with_name(f".{secrets.token_hex(8)}.pdf")
    try:
        complaint = _run(browser, html_path, aside, seconds)
        if not _is_pdf(aside):
            raise PrintError(
                f"'{browser}' did not print ({complaint or 'it did not say why'}). The page stands in '{html_path}'; print it "
                f"from any browser, or name another one in {CHOICE}."
            )
        aside.replace(pdf_path)
    except OSError as error:
        raise PrintError(f"'{pdf_path}' could not be written ({error}). Close it where it is open.") from error
    finally:
        aside.unlink(missing_ok=True)
    return pdf_path


def _not_found() -> str:
    if chosen := os.environ.get(CHOICE, "").strip():
        return f"the browser '{chosen}', which {CHOICE} names, was not found."
    return f"no browser was found that prints (looked for {', '.join(COMMANDS)})."


def _run(browser: str, page: Path, target: Path, seconds: float) -> str:
    """Have the browser print with a profile of its own that is thrown away; return what it complained of."""
    with tempfile.TemporaryDirectory(prefix="clientbase-print-", ignore_cleanup_errors=True) as folder:
        said = Path(folder) / "said.txt"
        command = [browser, *OPTIONS, *_unboxed(), f"--user-data-dir={Path(folder) / 'profile'}"]
        command += [f"--print-to-pdf={target}", page.resolve().as_uri()]
        try:
            # To a file: a pipe would stay open for as long as any child of a stopped browser holds it.
            with said.open("wb") as output:
                process = subprocess.Popen(  # noqa: S603 - the command is the user's own browser, the rest is ours
                    command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
                )
                ended = _wait(process, seconds)
        except OSError as error:
            return str(error)
        return _last_line(said) if ended else f"stopped after {seconds:g} seconds"


def _unboxed() -> list[str]:
    """Return the option that root needs: the browser refuses to make its sandbox there."""
    return ["--no-sandbox"] if getattr(os, "geteuid", lambda: -1)() == 0 else []


def _wait(process: subprocess.Popen, seconds: float) -> bool:
    """Tell whether the browser ended in time; stop it with all that it started if not, or if we are stopped ourselves."""
    ended = False
    try:
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            ended = True
    finally:
        if not ended:
            _stop(process)
    return ended


def _stop(process: subprocess.Popen) -> None:
    """End the browser; on Windows its children end with it."""
    if os.name == "nt":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)  # it is not waited for yet, so the number is still its own
    process.wait()


def _last_line(said: Path) -> str:
    lines = said.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else ""


def _is_pdf(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(5) == b"%PDF-"
