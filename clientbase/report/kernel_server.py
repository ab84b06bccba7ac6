"""The warm process: imports the libraries once, then forks one kernel for every request.

A kernel started this way costs a few hundredths of a second instead of the seconds its imports take. kernels.py
runs this module in a process of its own (never by forking the run itself, which has threads and sockets): forking
is safe only in a process with one thread, so it is checked, and the answer "refused" makes the run use ordinary kernels.

The line to the run is standard input, a Unix socket. Each byte on it carries the socket of one kernel, on which go:
the request (a line of JSON), the answer {"pid": ...} or {"error": ...}, then signals (one byte each) and at last
{"exit": code}. When the run closes a kernel's socket the kernel is killed; when it closes the line, or dies, all are.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import random
import select
import shutil
import signal
import socket
import sys
import threading
import traceback
from pathlib import Path

READY = "ready"
COLLECTED_AFTER = 100_000  # new objects: a notebook lives for seconds, Python's 700 would take a twentieth of them
KERNEL_MODULES = (
    "clientbase.report.lean_kernel",
    "ipykernel.ipkernel",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "IPython.core.pylabtools",
    "comm",
)


def main(task: dict) -> None:
    """Serve kernels until the line closes.

    Args:
        task: modules to import, of which "module:function" calls the function too; ahead, such a function or nothing, called
            with the environment of each kernel before it is forked; the folder to remove at the end.
    """
    line = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the run decides what Ctrl-C means
    kernels: dict[int, socket.socket] = {}
    answer = _warm_up(task["modules"])
    try:
        with contextlib.suppress(BrokenPipeError):  # the run has gone already: _serve will see it
            line.sendall(f"{answer}\n".encode())
        _serve(line, kernels, task["ahead"])
    finally:
        for pid in kernels:
            _signal_group(pid, signal.SIGKILL)
    shutil.rmtree(task["folder"], ignore_errors=True)  # the run does so too, unless it was killed


def _warm_up(modules: list[str]) -> str:
    """Import everything a kernel needs; return READY, or why this process must not fork."""
    for place in (*KERNEL_MODULES, *modules):
        with contextlib.suppress(ImportError):  # only speed is lost; the notebook that needs it will say so
            _call(place)
    _draw_nothing()
    gc.collect()
    gc.freeze()  # the collector of a kernel need not walk, and so copy, what it shares with this process
    if (n_threads := _count_threads()) > 1:
        return f"the libraries started {n_threads - 1} threads, which a fork would lose"
    return _try_fork()


def _call(place: str, *values: object) -> None:
    """Import a module and, of "module:function", call the function."""
    module, _, function = place.partition(":")
    imported = importlib.import_module(module)
    if function:
        getattr(imported, function)(*values)


def _draw_nothing() -> None:
    """Draw an empty figure, so that fonts are found once and not in every kernel.

    Not through pyplot: it would load the inline backend, which ties itself to IPython as it is imported.
    """
    with contextlib.suppress(ImportError):
        from matplotlib.figure import Figure

        Figure().add_subplot(title="0", xlabel="0").figure.canvas.print_figure(os.devnull, format="raw")


def _count_threads() -> int:
    tasks = Path("/proc/self/task")  # sees the threads of C libraries too, but only Linux has it
    return len(list(tasks.iterdir())) if tasks.is_dir() else threading.active_count()


def _try_fork() -> str:
    """Return READY when the system lets this process fork."""
    try:
        pid = os.fork()
    except OSError as error:
        return f"the system refused to fork: {error.strerror}"
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return READY


def _serve(line: socket.socket, kernels: dict[int, socket.socket], ahead: str) -> None:
    """Answer requests, pass signals on and report exits, until the line closes."""
    woken, waker = socket.socketpair()
    for end in (woken, waker):
        end.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # a handler, so that the wake-up byte is written
    signal.set_wakeup_fd(waker.fileno())
    while True:
        ready, _, _ = select.select([line, woken, *kernels.values()], [], [])
        if woken in ready:
            woken.recv(4096)
            _report_exits(kernels)
        for pid, channel in list(kernels.items()):
            if channel in ready:
                _pass_signal(pid, channel)
        if line in ready and not _answer(line, kernels, ahead):
            return


def _answer(line: socket.socket, kernels: dict[int, socket.socket], ahead: str) -> bool:
    """Start the kernel that is asked for; return False when the run is gone."""
    message, descriptors, _, _ = socket.recv_fds(line, 1, 1)
    if not message:
        return False
    channel = socket.socket(fileno=descriptors[0])
    request = json.loads(channel.makefile("rb").readline())
    if ahead:
        _look_ahead(ahead, request["environment"])
    try:
        pid = os.fork()
    except OSError as error:
        channel.sendall(json.dumps({"error": error.strerror}).encode() + b"\n")
        channel.close()
        return True
    if pid == 0:
        for shared in (line, channel, *kernels.values()):  # an open copy would hide that the other end closed
            shared.close()
        _become_kernel(request)
    kernels[pid] = channel
    channel.sendall(json.dumps({"pid": pid}).encode() + b"\n")
    return True


def _look_ahead(ahead: str, environment: dict[str, str]) -> None:
    """Do before a fork what its kernel would do first; the kernel that must do it itself will tell why it cannot."""
    try:
        _call(ahead, environment)
    except Exception:  # noqa: BLE001 - whatever it is: it must not end the kernels of others
        traceback.print_exc()
    gc.freeze()


def _pass_signal(pid: int, channel: socket.socket) -> None:
    """Send the kernel the signal that came on its channel, SIGKILL when the channel was closed."""
    try:
        received = channel.recv(1)
    except OSError:
        received = b""
    _signal_group(pid, received[0] if received else signal.SIGKILL)
    if not received:  # a closed channel stays readable: without waiting for the end the loop would spin
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


def _signal_group(pid: int, number: int) -> None:
    """Signal a kernel with all it started; a new kernel may not lead its group yet."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        os.kill(pid, number)


def _report_exits(kernels: dict[int, socket.socket]) -> None:
    """Reap the kernels that ended, with what they left running, and tell the run."""
    while kernels and (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)):
        pid = ended.si_pid
        _signal_group(pid, signal.SIGKILL)  # before it is reaped: afterwards the number may belong to another
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with kernels.pop(pid) as channel, contextlib.suppress(OSError):  # the run may not listen any more
            channel.sendall(json.dumps({"exit": code}).encode() + b"\n")


def _become_kernel(request: dict) -> None:
    """Turn this fresh fork into a Jupyter kernel; never returns."""
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.environ.clear()
        os.environ.update(request["environment"])
        os.chdir(request["folder"])
        _reseed()
        gc.set_threshold(COLLECTED_AFTER)
        _run_kernel(request["connection_file"], request["arguments"])
    except BaseException:  # noqa: BLE001 - the last frame of a process: whatever it is can only be written down
        traceback.print_exc()
    finally:
        os._exit(1)


def _reseed() -> None:
    """Give this fork its own chance: it would draw the same numbers as its siblings."""
    random.seed()
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()


def _run_kernel(connection_file: str, arguments: list[str]) -> None:
    from clientbase.report.lean_kernel import LeanKernel

    sys.argv = ["ipykernel_launcher", "-f", connection_file]
    # told its parent, it has a watch of its own should that be killed
    app = LeanKernel.instance(parent_handle=os.getppid(), connection_file=connection_file)
    app.initialize(arguments)
    app.start()
