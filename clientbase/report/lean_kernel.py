"""Jupyter's kernel without what a report never asks of it; each of these takes time at every start or at every cell."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any, ClassVar
from unittest.mock import patch

from ipykernel import ipkernel
from ipykernel.iostream import OutStream
from ipykernel.kernelapp import IPKernelApp
from traitlets.config.loader import DeferredConfigString

if TYPE_CHECKING:
    import zmq


class WithoutSubshells(ipkernel.IPythonKernel):
    """What runs the cells, each request taken from its channel by the thread that runs it."""

    _supports_kernel_subshells = False


class NoThread:
    """Stands where the thread of a kernel with subshells would be; a cell that awaits asks it which thread runs cells."""

    parent_thread = threading.main_thread()

    def __bool__(self) -> bool:
        """Return that there is none."""
        return False


class LeanKernel(IPKernelApp):
    """A kernel of one notebook, run from its first cell to its last."""

    kernel_class = WithoutSubshells
    outstream_class = f"{__name__}.Stream"

    def parse_command_line(self, argv: list[str] | None = None) -> None:
        """Take the settings without a parser of all that could be set."""
        for argument in argv or ():
            place, _, value = argument.removeprefix("--").partition("=")
            part, _, name = place.partition(".")
            self.config[part][name] = DeferredConfigString(value)

    def init_control(self, context: zmq.Context) -> None:
        """Open the control channel; without subshells no thread need pass each request on to the one that runs cells."""
        super().init_control(context)
        self.shell_channel_thread.io_loop.close()
        self.shell_channel_thread = NoThread()

    def init_kernel(self) -> None:
        """Make the kernel; its debugger is not told of each module, which would copy a page or two of memory for each."""
        with patch.object(ipkernel, "sys", WithoutModules()):
            super().init_kernel()


class WithoutModules:
    """Python's sys, as a process that has imported nothing."""

    modules: ClassVar[dict] = {}

    def __getattr__(self, name: str) -> Any:
        """Return whatever else is asked for."""
        return getattr(sys, name)


class Stream(OutStream):
    """What a cell prints; where it printed nothing, no thread is waited for."""

    _is_written = False

    def write(self, string: str) -> int | None:
        """Write a text, to be sent in a moment or by the next flush."""
        length = super().write(string)
        self._is_written = True
        return length

    def flush(self) -> None:
        """Send what was written since the last time."""
        if self._is_written:
            self._is_written = False
            super().flush()
