"""Servers of our own on loopback, started for a test and stopped after it: PostgreSQL and a Spark cluster."""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOOPBACK = "127.0.0.1"
PATIENCE = 60  # seconds for a server to come up
CONF = """
spark.eventLog.enabled true
spark.eventLog.dir {events}
spark.eventLog.compress false
spark.executor.memory 512m
spark.driver.memory 512m
spark.driver.host 127.0.0.1
spark.driver.bindAddress 127.0.0.1
spark.ui.enabled false
spark.sql.warehouse.dir {warehouse}
"""
FOR_SMALL_TABLES = """
spark.sql.shuffle.partitions 2
spark.sql.adaptive.enabled false
spark.sql.codegen.wholeStage false
spark.sql.codegen.factoryMode NO_CODEGEN
spark.driver.extraJavaOptions -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
spark.executor.extraJavaOptions -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
"""  # translating plans to Java, and Java to its best machine code, takes longer than tables of a few hundred rows give back


class NoServerError(Exception):
    """A server cannot be had on this machine, for the reason given."""


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]


@contextmanager
def postgres_server(folder: Path) -> Iterator[str]:
    """Yield the address of an empty PostgreSQL whose user is ann; {} stands for the password, which is pass@word."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not binaries:
        raise NoServerError("PostgreSQL is not installed in /usr/lib/postgresql")
    binaries, as_user = binaries[-1].parent, {}
    if os.geteuid() == 0:  # the server refuses to run as root
        try:
            owner = pwd.getpwnam("postgres")
        except KeyError:
            raise NoServerError("there is no user postgres to run the server as") from None
        as_user = {"user": "postgres", "group": owner.pw_gid, "extra_groups": []}
        folder = Path("/var/tmp") / f"clientbase-{os.getpid()}-{time.monotonic_ns()}"
        folder.mkdir(mode=0o700)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    run = {"check": True, "capture_output": True, "cwd": "/", "env": {"LC_ALL": "C", "PATH": os.environ["PATH"]}, **as_user}
    port = closed_port()
    settings = f"-p {port} -k {folder} -c listen_addresses={LOOPBACK} -c fsync=off"
    (secret := folder / "secret").write_text("pass@word")
    if as_user:
        os.chown(secret, owner.pw_uid, owner.pw_gid)
    data = folder / "data"
    subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "ann", "-E", "UTF8", "--auth=scram-sha-256", f"--pwfile={secret}"], **run
    )
    subprocess.run([binaries / "pg_ctl", "-D", data, "-w", "-o", settings, "-l", folder / "log", "start"], **run)
    try:
        yield f"postgres://ann:{{}}@{LOOPBACK}:{port}/postgres"
    finally:
        subprocess.run([binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **run)
        shutil.rmtree(folder, ignore_errors=True)


class Cluster:
    """A standalone Spark of a master and two workers, and the environment in which a driver finds its settings.

    url: the master's address. environment: SPARK_CONF_DIR and what else a driver needs. events: folder of the event logs.
    """

    def __init__(self, folder: Path, more: str = FOR_SMALL_TABLES) -> None:
        for name in ("conf", "events", "work", "warehouse", "logs"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self.folder, self.events = folder, folder / "events"
        settings = CONF.format(events=self.events.as_uri(), warehouse=(folder / "warehouse").as_uri())
        (folder / "conf" / "spark-defaults.conf").write_text(settings + more)
        self.environment = {
            "SPARK_CONF_DIR": str(folder / "conf"),
            "SPARK_LOCAL_IP": LOOPBACK,
            "PYSPARK_PYTHON": sys.executable,
        }
        self.port, self.page = closed_port(), closed_port()
        self.url = f"spark://{LOOPBACK}:{self.port}"
        self._started: list[subprocess.Popen] = []

    def start(self) -> None:
        """Start the master and two workers, each with a core and a gigabyte, and wait until they know each other."""
        master = ["org.apache.spark.deploy.master.Master", "--host", LOOPBACK, "--port", self.port, "--webui-port", self.page]
        self.run(*master)
        for number in (1, 2):
            worker = ["--host", LOOPBACK, "--cores", 1, "--memory", "1g", "--webui-port", 0]
            self.run(
                "org.apache.spark.deploy.worker.Worker", *worker, "--work-dir", self.folder / "work" / str(number), self.url
            )
        wait_for(lambda: self.n_workers() == 2, "two workers")

    @contextmanager
    def connect_server(self) -> Iterator[str]:
        """Yield the address of a Spark Connect server that has the cluster to itself as long as it runs."""
        port = closed_port()
        settings = (f"spark.connect.grpc.binding.port={port}", f"spark.connect.grpc.binding.address={LOOPBACK}")
        asked = [word for setting in settings for word in ("--conf", setting)]
        name = "org.apache.spark.sql.connect.service.SparkConnectServer"
        server = self.run(
            "--class", name, "--name", "connect", "--master", self.url, *asked, script="spark-submit", memory="512m"
        )
        try:
            wait_for(lambda: socket.create_connection((LOOPBACK, port)).close() is None, "a Spark Connect server")
            yield f"sc://{LOOPBACK}:{port}"
        finally:
            end(server)

    def run(self, *command: object, script: str = "spark-class", memory: str = "256m") -> subprocess.Popen:
        import pyspark

        program = Path(pyspark.__file__).parent / "bin" / script
        environment = {**os.environ, **self.environment, "SPARK_DAEMON_MEMORY": memory, "SPARK_NO_DAEMONIZE": "1"}
        environment["SPARK_DAEMON_JAVA_OPTS"] = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
        with (self.folder / "logs" / f"{len(self._started)}.log").open("wb") as log:
            said = {"stdout": log, "stderr": subprocess.STDOUT, "start_new_session": True}
            self._started.append(subprocess.Popen([program, *map(str, command)], env=environment, **said))
        return self._started[-1]

    def n_workers(self) -> int:
        with urllib.request.urlopen(f"http://{LOOPBACK}:{self.page}/json/", timeout=5) as answer:
            return len(re.findall(r'"state"\s*:\s*"ALIVE"', answer.read().decode()))

    def stop(self) -> None:
        for process in reversed(self._started):
            end(process)


def end(process: subprocess.Popen) -> None:
    """End a process with all it started, kindly at first."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=10)


def wait_for(is_there, what: str) -> None:
    """Wait until a test is true; the machine may be busy, but not for ever."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            if is_there():
                return
        except OSError:
            pass
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not there after {PATIENCE} seconds")
        time.sleep(0.3)


@contextmanager
def spark_cluster(folder: Path, more: str = FOR_SMALL_TABLES) -> Iterator[Cluster]:
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        raise NoServerError("Java is not installed, which Spark runs on (Debian: openjdk-17-jre-headless)")
    if importlib.util.find_spec("pyspark") is None:
        raise NoServerError('PySpark is not installed: pip install "clientbase[spark]"')
    cluster = Cluster(folder, more)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
