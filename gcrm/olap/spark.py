"""Spark as the engine of a build: cuboids are rolled up and sorted by all machines of a cluster, and served by DuckDB like all others."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import duckdb

from gcrm.errors import CubeError
from gcrm.olap.build_engine import ORIGIN, ROWS_A_GROUP, OpenEngine, build_database, write_parquet
from gcrm.olap.java import find_java

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_DEFAULTS = MappingProxyType({"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false"})
_FIXED = MappingProxyType({"spark.sql.ansi.enabled": "true"})
"""A sum that does not fit its type is an error, as it is in DuckDB, and never missing."""

_LONGEST_REASON = 300


class SparkEngine:
    """Spark as the engine of a build."""

    def __init__(self, session: "SparkSession", database: duckdb.DuckDBPyConnection) -> None:
        self._session = session
        self._database = database

    def roll_up(self, statement: str, origin: Path, target: Path, rows_a_group: int = ROWS_A_GROUP) -> int:
        """See `gcrm.olap.build_engine.BuildEngine`.

        The workers write the sorted rows as a folder of parts, each a range behind the one before. DuckDB puts them together, so that
        the file has the row groups and statistics that its readers skip by.
        """
        parts = target.with_suffix(".parts")
        self._session.read.parquet(f"file://{origin}").createOrReplaceTempView(ORIGIN)
        self._session.sql(statement).write.parquet(f"file://{parts}")
        self._database.read_parquet(sorted(map(str, parts.glob("part-*.parquet")))).create_view("parts")
        rows = write_parquet(self._database, "SELECT * FROM parts", target, rows_a_group)
        shutil.rmtree(parts)
        return rows


def spark_engine(master: str, properties: Mapping[str, str]) -> OpenEngine:
    """Spark as the engine of a build; what is missing on this machine is said at once, before facts are extracted.

    Args:
        master: the cluster, such as `spark://host:7077`; `local[2]` is this machine alone, with two threads.
        properties: of Spark, such as `spark.executor.memory` (https://spark.apache.org/docs/latest/configuration.html).

    Returns:
        What starts it. It raises CubeError where the cluster cannot be reached or gives up, or its workers do not see the folder of the cubes.

    Raises:
        CubeError: Java or Spark is not installed.
    """
    if find_spec("pyspark") is None:
        raise CubeError("Spark is not installed; install gcrm with its extra (`pip install 'gcrm[spark]'`), or build with `--engine duckdb`.")
    find_java()
    return partial(_running, master, properties)


@contextmanager
def _running(master: str, properties: Mapping[str, str]) -> Iterator[SparkEngine]:
    from py4j.protocol import Py4JError  # noqa: PLC0415 - an extra that need not be installed
    from pyspark.errors import PySparkException  # noqa: PLC0415 - an extra that need not be installed

    try:
        session = _session(master, properties)
        try:
            with build_database() as database:
                yield SparkEngine(session, database)
        finally:
            with suppress(Py4JError, OSError):  # what broke the build off is the error, not that Spark cannot be stopped any more
                session.stop()
    except (Py4JError, PySparkException, ConnectionError) as error:
        raise CubeError(
            f"Spark at {master} broke off ({_reason(error)}); see that it runs, and that its workers see GCRM_HOME at the same path and may write in it."
        ) from error


def _session(master: str, properties: Mapping[str, str]) -> "SparkSession":
    from pyspark.sql import SparkSession  # noqa: PLC0415 - an extra that need not be installed

    builder = SparkSession.builder.master(master).appName("gcrm cube build")
    for name, value in {**_DEFAULTS, **properties, **_FIXED}.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _reason(error: Exception) -> str:
    """The innermost cause that an error of Java tells, else the first line of what was said."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    causes = [line.removeprefix("Caused by: ").removeprefix(": ") for line in lines if line.startswith(("Caused by: ", ": "))]
    return [*lines[:1], *causes][-1][:_LONGEST_REASON]
