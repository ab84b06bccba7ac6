"""Kernels for many notebooks: forked from one warm process where the system allows it, ordinary ones elsewhere.

    with kernel_pool(["clientbase.figures"]) as pool:
        papermill.execute_notebook(source, target, **pool.arguments(environment={}, folder=source.parent))

A forked kernel has the libraries imported already (kernel_server.py says how). CLIENTBASE_KERNELS=ordinary turns this off.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from clientbase.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jupyter_client.provisioning import LocalProvisioner

CHOICE = "CLIENTBASE_KERNELS"
KINDS = ("forked", "ordinary")
WARM_MODULES = (
    "numpy", "pandas", "pyarrow.parquet", "pyarrow.dataset", "pyarrow.pandas_compat", "matplotlib.pyplot", "seaborn",
)  # fmt: skip
SOCKET_NAME_LENGTH = 100  # of bytes: the system's limit is 104 on macOS, with the final zero
SHORT_NAMED = "/var/tmp"  # noqa: S108 - only a private folder is made in it
START_SECONDS = 120  # imports from a cold disk
# OpenBLAS and Arrow's allocator start a thread as they are imported unless they are told not to; a fork would lose it.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}
# Whatever the terminal says (MPLBACKEND=Agg is common on servers), figures of a report belong into the notebook;
# nobody debugs here, so the debugger need not warn that it would miss breakpoints.
FOR_KERNELS = {"MPLBACKEND": "module://matplotlib_inline.backend_inline", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
SERVER = (
    "import json, sys; task = json.loads(sys.argv[1]); sys.path[:] = task['path']; "
    "from clientbase.report import kernel_server; kernel_server.main(task)"
)


class KernelPool:
    """What starts the kernels of a run: one warm process, or nothing but a folder for ordinary ones."""

    def __init__(self, modules: Iterable[str], ahead: str, kind: str) -> None:
        """Make the pool; the warm process is started by start() or by the first question for its kind."""
        self.folder = _short_folder()
        self.has_sockets = hasattr(socket, "AF_UNIX") and _fits(self.folder)
        self.reason = "" if kind == "forked" else f"{CHOICE}=ordinary"
        if kind == "forked" and not (can_fork() and self.has_sockets):
            self.reason = "this system does not allow forked kernels"
        self._task = {"modules": [*WARM_MODULES, *modules], "ahead": ahead}
        self._server: WarmProcess | None = None
        self._starting, self._deciding = threading.Lock(), threading.Lock()
        self._is_decided = bool(self.reason)
        self._running: set[LocalProvisioner] = set()  # ordinary kernels, to be killed on close
        self.is_closed = False

    def start(self) -> None:
        """Start the warm process unless it runs or none is wanted; its imports go on while the caller works."""
        with self._starting:
            if not self.reason and not self.is_closed and self._server is None:
                self._server = WarmProcess(self._task, self.folder)

    @property
    def kind(self) -> str:
        """Return "forked" or "ordinary"; waits until the warm process is ready or has refused (then see reason)."""
        self.start()
        with self._deciding:
            if not self._is_decided and self._server and (refusal := self._server.refusal()):
                self.reason = refusal
                logging.getLogger(__name__).warning("kernels start the slow way: %s", refusal)
            self._is_decided = True
        return "ordinary" if self.reason else "forked"

    def arguments(self, *, environment: Mapping[str, str], folder: Path) -> dict:
        """Return the arguments that make papermill.execute_notebook use a kernel of this pool.

        Args:
            environment: variables for this kernel beside those of this process.
            folder: where the kernel works; JupyterLab would choose the notebook's folder.
        """
        from clientbase.report.kernel_managers import manager_class

        added = {**FOR_KERNELS, "IPYTHONDIR": str(self.folder / "ipython"), **environment}
        return {
            "engine_name": "nbclient",
            "kernel_name": "python3",
            "language": "python",
            "kernel_manager_class": manager_class(self, environment=added, folder=folder),
            "extra_arguments": ["--HistoryManager.enabled=False", "--IPKernelApp.log_level=40"],
            "shutdown_kernel": "immediate",
        }

    def launch(self, request: dict) -> tuple[socket.socket, int]:
        """Fork a kernel; return the socket that tells of its end, and its process id."""
        return self._server.launch(request)

    def watch(self, provisioner: LocalProvisioner) -> None:
        """Remember an ordinary kernel, so that close() can kill it; one that started meanwhile goes at once."""
        self._running.add(provisioner)
        if self.is_closed:
            _kill(provisioner)

    def forget(self, provisioner: LocalProvisioner) -> None:
        """Forget an ordinary kernel that has ended."""
        self._running.discard(provisioner)

    def close(self) -> None:
        """Kill every kernel and remove the folder; a second call does nothing."""
        with self._starting:
            self.is_closed = True
        if self._server:
            self._server.close()
        for provisioner in list(self._running):
            _kill(provisioner)
        shutil.rmtree(self.folder, ignore_errors=True)


class WarmProcess:
    """The run's end of the line to kernel_server.main."""

    def __init__(self, task: dict, folder: Path) -> None:
        """Start the process; it does not share the terminal's Ctrl-C, so that kernels end in order."""
        self._line, theirs = socket.socketpair()
        self._lock = threading.Lock()
        self._is_used = False
        self._log = folder / "server.log"
        task = {**task, "path": [str(Path(part).absolute()) for part in sys.path], "folder": str(folder)}
        with theirs, self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - this very interpreter
                [sys.executable, "-c", SERVER, json.dumps(task)],
                stdin=theirs,
                stdout=log,
                stderr=log,
                cwd=folder,
                env=os.environ | ONE_THREAD | FOR_KERNELS,
                start_new_session=True,
            )

    def refusal(self) -> str:
        """Wait until the process is ready and return ""; or return why it is not."""
        from clientbase.report.kernel_server import READY

        self._line.settimeout(START_SECONDS)
        try:
            answer = self._line.makefile().readline().strip()
        except TimeoutError:
            return f"the warm process was not ready within {START_SECONDS} s"
        self._line.settimeout(None)
        if not answer:
            return f"the warm process ended: {self._log.read_text(errors='replace').strip()[-500:]}"
        return "" if answer == READY else answer

    def launch(self, request: dict) -> tuple[socket.socket, int]:
        """Ask for a kernel; return its channel and process id."""
        ours, theirs = socket.socketpair()
        ours.settimeout(START_SECONDS)
        try:
            with theirs, self._lock:
                self._is_used = True
                socket.send_fds(self._line, [b"k"], [theirs.fileno()])
            ours.sendall(json.dumps(request).encode() + b"\n")
            answer = json.loads(ours.makefile("rb").readline() or b'{"error": "the warm process ended"}')
        except OSError as error:
            answer = {"error": error.strerror or "the warm process does not answer"}
        if "error" in answer:
            ours.close()
            raise RuntimeError(f"a kernel could not be forked: {answer['error']}")
        return ours, answer["pid"]

    def close(self) -> None:
        """Close the line, upon which the process kills its kernels and ends; wait for that."""
        self._line.close()
        if not self._is_used:  # it may still be importing, and has no kernel to end in order
            self._process.kill()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def kernel_pool(modules: Iterable[str] = (), *, ahead: str = "", kind: str | None = None) -> Iterator[KernelPool]:
    """Yield a pool of kernels; at the end no process and no temporary folder of it is left.

    Args:
        modules: what the warm process imports beside WARM_MODULES. They must start no thread and open no
            connection as they are imported: a database engine must not be among them.
        ahead: "module:function", called in the warm process with the environment of each kernel before it is forked; what it
            keeps, the kernel finds. It must start no thread either. Where it fails only speed is lost.
        kind: "forked" or "ordinary"; without it the variable CLIENTBASE_KERNELS decides, without that "forked".
    """
    chosen = kind or os.environ.get(CHOICE) or "forked"
    if chosen not in KINDS:
        raise SettingError(f"{CHOICE} is '{chosen}', needed is one of {list(KINDS)}.")
    pool = KernelPool(modules, ahead, chosen)
    try:
        yield pool
    finally:
        pool.close()


def _kill(provisioner: LocalProvisioner) -> None:
    """Kill an ordinary kernel and what it started; the thread that runs its notebook reaps it."""
    if provisioner.process is None:
        return
    if provisioner.pgid is None:  # Windows
        provisioner.process.kill()
        return
    with suppress(ProcessLookupError):
        os.killpg(provisioner.pgid, signal.SIGKILL)


def can_fork() -> bool:
    """Tell whether kernels may be forked: not on Windows, and not on macOS, whose libraries do not survive a fork."""
    return hasattr(os, "fork") and hasattr(os, "waitid") and sys.platform != "darwin"


def _short_folder() -> Path:
    """Make a private folder, where the usual place has too long a name for sockets in the system's first one."""
    folder = Path(tempfile.mkdtemp(prefix="clientbase-"))
    if _fits(folder) or not os.access(SHORT_NAMED, os.W_OK):
        return folder
    folder.rmdir()
    return Path(tempfile.mkdtemp(prefix="clientbase-", dir=SHORT_NAMED))


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / "kernel-12345678" / "s-5")) <= SOCKET_NAME_LENGTH
