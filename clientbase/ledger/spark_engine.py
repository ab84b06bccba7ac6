"""Spark as engine: a running cluster, by its master or its Spark Connect server, reduces Parquet files and its own tables."""

from __future__ import annotations

import socket
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.pyspark import Backend
from ibis.formats.pandas import PandasData
from ibis.formats.pyarrow import PyArrowData
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from clientbase.errors import SourceError
from clientbase.ledger.engine import short
from clientbase.ledger.specification import source_paths

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clientbase.ledger.specification import SourceSpec

ERRORS = (PySparkException, Py4JError, OSError)
WAIT = 10  # seconds for an answer from a cluster
PORTS = {"spark": 7077, "sc": 15002}
SESSION = {
    "spark.sql.execution.arrow.pyspark.enabled": "true",  # facts come back in columns
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.runSQLOnFiles": "false",  # a study's query reads tables, not whatever files the workers have
    # A local checkpoint keeps the constraints of the plan it came from, under that plan's names; a union over it then stops
    # with "key not found" (Spark 4.3).
    "spark.sql.constraintPropagation.enabled": "false",
}


class Spark(Backend):
    """A Spark in which the ledger keeps results of a session and writes no table."""

    def create_table(self, name: str, /, obj: ir.Table | pa.Table, *, temp: bool) -> ir.Table:
        """Keep an expression or rows under a name, for the session.

        A local checkpoint is held by the executors and forgets how it came about. Spark's cache does not: a plan over cached
        tables holds theirs as well, and the ledger's steps, each built on the last, would soon take minutes to plan.
        """
        if not temp:
            raise ValueError("an engine is only read: temp=True")
        if isinstance(obj, ir.Table):
            rows = self.raw_sql(self.compile(obj)).localCheckpoint()
        else:
            rows = self._session.createDataFrame(obj)
        rows.createOrReplaceTempView(name)
        return self.table(name)

    def to_pyarrow(self, expr: ir.Expr, /, **_: Any) -> Any:
        """Fetch a result as Arrow, which keeps a missing number apart from none; Ibis goes by way of pandas."""
        table = expr.as_table()
        found = self.raw_sql(self.compile(table)).toArrow()
        return expr.__pyarrow_result__(PyArrowData.convert_table(found, table.schema()))

    def execute(self, expr: ir.Expr, /, **_: Any) -> Any:
        """Fetch a result for pandas; Spark's own conversion doubts pandas 3."""
        table = expr.as_table()
        found = self.to_pyarrow(table).to_pandas(timestamp_as_object=False, date_as_object=False)
        return expr.__pandas_result__(PandasData.convert_table(found, table.schema()))

    def files(self, spec: SourceSpec, folder: Path, where: str) -> ir.Table:
        """Return Parquet files, which every worker must find under the same path, as a table."""
        paths = [spec.file] if spec.is_remote else [path.as_uri() for path in source_paths(spec, folder)]
        if not paths:
            raise SourceError(f"{where}: there is no file '{spec.file}' beside study.toml. Correct file = '...'.")
        try:
            found = self._session.read.option("mergeSchema", "true").parquet(*paths)
            name = f"files_{uuid.uuid4().hex}"
            found.createOrReplaceTempView(name)
            return self.table(name)
        except PySparkException as error:
            raise SourceError(
                f"{where}: the engine cannot read '{spec.file}' as Parquet ({short(error)}). All workers need to reach it."
            ) from None


@contextmanager
def opened(url: str) -> Iterator[Spark]:
    """Open a session on a cluster; what the cluster is to give it is said in spark-defaults.conf, see SPARK_CONF_DIR."""
    _refuse_silence(url)
    session = _connected(url)
    try:
        Spark.register_options()  # what ibis.connect does for backends it finds itself
        backend = Spark()
        backend.do_connect(session, **SESSION)
        yield backend
    finally:
        session.stop()


def _connected(url: str) -> SparkSession:
    if urlsplit(url).scheme == "sc":
        return _connected_by_server(url)
    running = SparkSession.getActiveSession()
    if running is not None:
        raise OSError(f"this process has a Spark of its own, {running.sparkContext.master}; stop it first")
    quiet = {"spark.ui.showConsoleProgress": "false", "spark.log.level": "ERROR"}
    return SparkSession.builder.master(url).appName("clientbase").config(map=quiet).getOrCreate()


def _connected_by_server(url: str) -> SparkSession:
    """Open a session of a Spark Connect server; Spark itself would try for ten minutes when something else listens there."""
    try:
        import grpc
        from pyspark.sql.connect.client import DefaultChannelBuilder
        from pyspark.sql.connect.session import SparkSession as ConnectSession
    except ImportError as error:  # PySpark does not bring them by itself
        raise OSError(f'{short(error)}; install what it needs: pip install "clientbase[spark]"') from None
    builder = DefaultChannelBuilder(url)
    with builder.toChannel() as channel:
        try:
            grpc.channel_ready_future(channel).result(timeout=WAIT)
        except grpc.FutureTimeoutError:
            raise OSError(f"no Spark Connect server answers there within {WAIT} seconds") from None
    return ConnectSession.builder.channelBuilder(builder).create()


def _refuse_silence(url: str) -> None:
    """Stop at once when nobody listens at any address: Spark itself would try for a minute."""
    problem: OSError | None = None
    for place in url.partition("://")[2].partition("/")[0].split(","):
        there = urlsplit(f"//{place}")
        try:
            socket.create_connection((there.hostname, there.port or PORTS[urlsplit(url).scheme]), timeout=WAIT).close()
            return
        except OSError as error:
            problem = error
    raise problem or OSError("no host")
