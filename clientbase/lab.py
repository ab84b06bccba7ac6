"""JupyterLab on a study: its own copies of the notebooks, which run without an edit.

The copies are the analyst's: one that was edited is never touched again. One that was only run is replaced when the package
brings a newer one; a small record of what was copied tells the two apart.
"""

from __future__ import annotations

import hashlib
import http.client
import importlib.util
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from clientbase.errors import ClientbaseError, SettingError, StudyError
from clientbase.report.kernels import FOR_KERNELS
from clientbase.study_file import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clientbase.study_file import StudyFile

HOST = "127.0.0.1"
END_SECONDS = 15  # for kernels in the middle of a cell
OURS = ".clientbase"  # folder of the record, of open tabs and of what follows
STUDY_LINE = re.compile(r'^study: str = "[^"\n]*"', re.MULTILINE)
# Defaults, which the analyst's own settings override: nothing is asked of an outside address, nor the analyst about that;
# long lines of code are broken, so that in a narrow window only tables scroll sideways.
DEFAULTS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension:tracker": {"codeCellConfig": {"lineWrap": True}},
}


def prepare_lab(file: StudyFile, notebooks: list[Path], *, tell: Callable[[str], object]) -> Path:
    """Copy the notebooks beside the study and return their folder; copies that were edited stay as they are.

    A study that cannot be written, and the demo of an installed package, has them in the user's cache.

    Args:
        file: the study that the copies open.
        notebooks: files of the package.
        tell: takes a sentence about what was done otherwise than expected.

    Raises:
        StudyError: the folder cannot be written.
    """
    beside = file.folder / "notebooks"
    is_beside = PACKAGE not in file.path.parents and _is_writable(beside)
    folder = beside if is_beside else _users_folder(file.folder) / "notebooks"
    study = _relative(file) if is_beside else _absolute(file)
    try:
        (folder / OURS).mkdir(parents=True, exist_ok=True)
        kept = _copy(notebooks, folder, study)
    except OSError as error:
        raise StudyError(f"the notebooks cannot be copied into '{folder}' ({error.strerror or error}).") from None
    if not is_beside:
        tell(f"The study's folder is not written to: its notebooks are in '{folder}'.")
    if kept:
        tell(f"Kept as edited in '{folder}': {', '.join(kept)}. Move one away to get the package's own.")
    return folder


def _relative(file: StudyFile) -> str:
    """Return the study as seen from its folder notebooks, where their kernels work."""
    return ".." if file.path.name == "study.toml" else f"../{file.path.name}"


def _absolute(file: StudyFile) -> str:
    return (file.folder if file.path.name == "study.toml" else file.path).absolute().as_posix()


def _copy(notebooks: list[Path], folder: Path, study: str) -> list[str]:
    """Copy what is missing or was never edited; return the names of the others, with a word on those that are outdated."""
    place = folder / OURS / "copies.json"
    copied, kept = _record(place), []
    for notebook in notebooks:
        target = folder / notebook.name
        text = _opening(notebook.read_text(encoding="utf-8"), study)
        fresh, before = _contents(text), copied.get(notebook.name)
        there = _contents(target.read_text(encoding="utf-8", errors="replace")) if target.exists() else None
        if there not in (None, fresh, before):
            kept.append(notebook.name + (" (the package has a newer one)" if before not in (fresh, None) else ""))
            continue
        if there != fresh:
            _write_whole(target, text)
        copied[notebook.name] = fresh
    _write_whole(place, json.dumps(copied, indent=1, sort_keys=True) + "\n")
    return kept


def _record(place: Path) -> dict[str, str]:
    """Return the contents of the copies as they were made, by file; a damaged record makes every copy an edited one."""
    with suppress(OSError, ValueError):
        if isinstance(found := json.loads(place.read_text(encoding="utf-8")), dict):
            return found
    return {}


def _opening(text: str, study: str) -> str:
    """Return a notebook's file with another study in its parameters cell."""
    document = json.loads(text)
    line = f"study: str = {json.dumps(study, ensure_ascii=False)}"
    for cell in document["cells"]:
        if "parameters" in cell["metadata"].get("tags", []):
            cell["source"] = STUDY_LINE.sub(lambda _: line, "".join(cell["source"])).splitlines(keepends=True)
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _contents(text: str) -> str:
    """Return a hash of what a person edits: running and saving a notebook adds results and leaves this as it is."""
    try:
        cells = [
            (cell["cell_type"], "".join(cell["source"]), cell["metadata"].get("tags", [])) for cell in json.loads(text)["cells"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError):  # somebody else's file under our name
        cells = text
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def _write_whole(place: Path, text: str) -> None:
    """Write aside, then rename: a full disk leaves no half notebook."""
    aside = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
    try:
        aside.write_text(text, encoding="utf-8", newline="\n")
        aside.replace(place)
    finally:
        aside.unlink(missing_ok=True)


def _is_writable(folder: Path) -> bool:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    return there.is_dir() and os.access(there, os.W_OK)


def _users_folder(folder: Path) -> Path:
    """Return the folder of a study in the user's cache, the one that holds its facts as well."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("clientbase")) / hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]


def open_lab(file: StudyFile, notebooks: list[Path], *, port: int | None, browser: bool, tell: Callable[[str], object]) -> int:
    """Run JupyterLab on the study's notebooks until it is ended, and return its exit status; Ctrl+C is a good end.

    It listens on this machine alone, asks no outside address, and opens the first notebook.

    Args:
        file: the study that the notebooks open.
        notebooks: files of the package, in their order.
        port: where to listen; None takes any free one.
        browser: open the system's browser; the address is told in any case.
        tell: takes a sentence for the user.

    Raises:
        ClientbaseError: JupyterLab is not installed.
        SettingError: the port is taken.
        StudyError: the notebooks cannot be copied.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise ClientbaseError("JupyterLab is not installed here. Install it: pip install jupyterlab")
    chosen = _free_port(port)
    folder = prepare_lab(file, notebooks, tell=tell)
    page, token = f"/lab/tree/{quote(notebooks[0].name)}", secrets.token_hex(24)
    process = subprocess.Popen(  # noqa: S603 - this very interpreter
        _command(folder, page, chosen, browser=browser),
        env=_environment(folder, token),
        stdin=subprocess.DEVNULL,  # JupyterLab would answer Ctrl+C with a question
        start_new_session=True,  # and hear of it from us alone
    )
    with _ending(process, chosen, token):
        if _is_listening(process, chosen):
            tell(f"JupyterLab is open at http://{HOST}:{chosen}{page}?token={token} - Ctrl+C ends it.")
        return process.wait()
    return 0  # it was asked to end


def _free_port(port: int | None) -> int:
    """Return the port, or one of the system's choice: two studies that are opened at once must not choose the same."""
    try:
        with socket.create_server((HOST, port or 0)) as place:
            return place.getsockname()[1]
    except OSError as error:
        raise SettingError(
            f"port {port} is not free ({os.strerror(error.errno)}). Name another one, or leave --port out for a free one."
        ) from None


def _command(folder: Path, page: str, port: int, *, browser: bool) -> list[str]:
    import zmq

    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--ServerApp.ip={HOST}",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={folder}",
        f"--LabApp.default_url={page}",
        f"--LabApp.workspaces_dir={folder / OURS / 'workspaces'}",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--Application.log_level=ERROR",
        *(["--KernelManager.transport_encryption=auto"] if zmq.has("curve") else []),  # others may use this machine
        *([] if browser else ["--no-browser"]),
        *(["--allow-root"] if is_root else []),
    ]


def _environment(folder: Path, token: str) -> dict[str, str]:
    """Return the variables of JupyterLab: our defaults before the user's, and the kernel of this very interpreter first."""
    defaults = folder / OURS / "labconfig" / "default_setting_overrides.json"
    defaults.parent.mkdir(exist_ok=True)
    _write_whole(defaults, json.dumps(DEFAULTS, indent=1) + "\n")
    first = {"JUPYTER_CONFIG_PATH": str(folder / OURS), "JUPYTER_PATH": str(Path(sys.prefix) / "share" / "jupyter")}
    paths = {name: os.pathsep.join([path, *filter(None, [os.environ.get(name)])]) for name, path in first.items()}
    return os.environ | FOR_KERNELS | paths | {"JUPYTER_TOKEN": token}


def _is_listening(process: subprocess.Popen, port: int) -> bool:
    """Wait until JupyterLab answers; False when it ended before."""
    while process.poll() is None:
        with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return True
        time.sleep(0.1)
    return False


@contextmanager
def _ending(process: subprocess.Popen, port: int, token: str) -> Iterator[None]:
    """End JupyterLab with its kernels on Ctrl+C, and where this process is told to end or its terminal is closed."""
    asked = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {kind: handler for kind in asked if (handler := signal.getsignal(kind)) is not signal.SIG_IGN}
    for kind in before:
        signal.signal(kind, signal.default_int_handler)
    try:
        with suppress(KeyboardInterrupt):
            yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler or signal.SIG_DFL)
        _end(process, port, token)


def _end(process: subprocess.Popen, port: int, token: str) -> None:
    """Ask JupyterLab to end its kernels and itself, then tell it, then kill it; a second Ctrl+C takes the next of these."""
    for ask in (lambda: _ask_to_end(port, token), process.terminate, process.kill):
        if process.poll() is None:
            with suppress(OSError, subprocess.TimeoutExpired, KeyboardInterrupt):
                ask()
                process.wait(timeout=END_SECONDS)


def _ask_to_end(port: int, token: str) -> None:
    """Ask as its menu does, which is quieter than a signal and the same on every system; OSError where nobody listens."""
    connection = http.client.HTTPConnection(HOST, port, timeout=END_SECONDS)
    connection.connect()
    with suppress(OSError, http.client.HTTPException):  # it may end before it has answered
        connection.request("POST", "/api/shutdown", headers={"Authorization": f"token {token}"})
        connection.getresponse().read()
    connection.close()
