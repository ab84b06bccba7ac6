"""Jupyter kernel managers of a pool: Unix sockets in the pool's folder, one folder a kernel, all removed at its end.

Imported only when a notebook runs: jupyter_client is slow to import.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import KernelProvisionerBase, LocalProvisioner

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from clientbase.report.kernels import KernelPool

POLL_SECONDS = 0.01
# This interpreter, whatever kernels the user has installed under the same name.
PYTHON = KernelSpec(
    argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
    display_name="Python 3",
    language="python",
)


def manager_class(pool: KernelPool, *, environment: Mapping[str, str], folder: Path) -> type[PoolKernelManager]:
    """Return the manager for one notebook; papermill wants a class and makes the instance itself."""
    attributes = {"pool": pool, "environment": dict(environment), "folder": folder}
    return type("NotebookKernelManager", (PoolKernelManager,), attributes)


class PoolKernelManager(AsyncKernelManager):
    """Starts one kernel of a pool. Absolute, unique socket names: kernels with the default ones meet and hang."""

    pool: KernelPool
    environment: dict[str, str]
    folder: Path

    def __init__(self, **kwargs: Any) -> None:
        """Choose where the connection file and the sockets of this kernel lie."""
        super().__init__(**kwargs)
        self.scratch = Path(tempfile.mkdtemp(prefix="kernel-", dir=self.pool.folder))
        self.connection_file = str(self.scratch / "connection.json")
        if self.pool.has_sockets:  # no port that another program could take, and none that it could listen on
            self.transport, self.ip = "ipc", str(self.scratch / "s")

    @property
    def kernel_spec(self) -> KernelSpec:
        """Return how a kernel is started; the user's installed kernels are not looked at."""
        return PYTHON

    async def _async_pre_start_kernel(self, **kwargs: Any) -> tuple[list[str], dict[str, Any]]:
        if self.pool.is_closed:
            raise RuntimeError("the kernel pool was closed")
        self.kernel_id = uuid.uuid4().hex
        kind = {"forked": ForkedProvisioner, "ordinary": OrdinaryProvisioner}[self.pool.kind]
        self.provisioner = kind(kernel_id=self.kernel_id, kernel_spec=PYTHON, parent=self)
        kwargs.update(env=os.environ | self.environment, cwd=str(self.folder))
        return await super()._async_pre_start_kernel(**kwargs)

    async def _async_wait(self, pollinterval: float = POLL_SECONDS) -> None:
        await super()._async_wait(pollinterval=min(pollinterval, POLL_SECONDS))

    async def _async_cleanup_resources(self, restart: bool = False) -> None:
        await super()._async_cleanup_resources(restart=restart)
        if not restart:
            shutil.rmtree(self.scratch, ignore_errors=True)

    pre_start_kernel = _async_pre_start_kernel  # the public names are bound to the base class's functions
    cleanup_resources = _async_cleanup_resources


class OrdinaryProvisioner(LocalProvisioner):
    """Starts a kernel as a program, as Jupyter does, and lets the pool know of it."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict:
        """Start the kernel."""
        info = await super().launch_kernel(cmd, **kwargs)
        self.parent.pool.watch(self)
        return info

    async def cleanup(self, restart: bool = False) -> None:
        """Release what belonged to the kernel."""
        self.parent.pool.forget(self)
        await super().cleanup(restart=restart)


class ForkedProvisioner(KernelProvisionerBase):
    """Asks the pool's warm process for a kernel and watches its channel: see kernel_server.py for what goes over it."""

    channel: socket.socket | None = None
    exit_code: int | None = None

    @property
    def has_process(self) -> bool:
        """Tell whether the kernel was started and has not ended."""
        return self.channel is not None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Write the connection file."""
        self.parent.write_connection_file()
        self.connection_info = self.parent.get_connection_info()
        return await super().pre_launch(cmd=[], **kwargs)

    async def launch_kernel(self, _cmd: list[str], **kwargs: Any) -> dict:
        """Fork the kernel."""
        request = {
            "connection_file": self.parent.connection_file,
            "environment": kwargs["env"],
            "folder": kwargs["cwd"],
            "arguments": kwargs["extra_arguments"],
        }
        self.channel, self.pid = self.parent.pool.launch(request)
        self.channel.setblocking(False)
        await self._bound()
        if not self.has_process:
            raise RuntimeError("the kernel ended while it was starting")
        return self.connection_info

    async def _bound(self) -> None:
        """Wait until the kernel has made its last socket: a client that connects too early tries again only later."""
        heartbeat = Path(f"{self.parent.ip}-{self.parent.hb_port}")
        while not heartbeat.exists() and await self.poll() is None:
            await asyncio.sleep(POLL_SECONDS)

    async def poll(self) -> int | None:
        """Return the kernel's exit code once it has ended, before that None."""
        if self.channel is None:
            return self.exit_code or 0
        try:
            message = self.channel.recv(200)
        except BlockingIOError:
            return None
        except ConnectionError:
            message = b""
        self.exit_code = json.loads(message)["exit"] if message else -signal.SIGKILL  # the warm process itself died
        self.channel.close()
        self.channel = None
        return self.exit_code

    async def wait(self) -> int | None:
        """Return the exit code when the kernel has ended."""
        while (code := await self.poll()) is None:
            await asyncio.sleep(POLL_SECONDS)
        return code

    async def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel and what it started."""
        if self.channel:
            with contextlib.suppress(ConnectionError):  # it ended of itself; poll() will tell
                self.channel.send(bytes([signum]))

    async def kill(self, restart: bool = False) -> None:  # noqa: ARG002 - the base class's signature
        """Kill the kernel and what it started."""
        await self.send_signal(signal.SIGKILL)

    async def terminate(self, restart: bool = False) -> None:  # noqa: ARG002
        """Ask the kernel to end."""
        await self.send_signal(signal.SIGTERM)

    async def cleanup(self, restart: bool = False) -> None:  # noqa: ARG002
        """Release the channel; the warm process kills a kernel whose channel is closed."""
        if self.channel:
            self.channel.close()
            self.channel = None
