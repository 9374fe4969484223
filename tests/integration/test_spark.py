"""Spark on a cluster builds, file by file, the cube that DuckDB builds, also where a worker dies while it does.

GCRM_SPARK_SCALE is the size of the demo city (0.02; 1 is the whole one).
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.olap import cuboids, versions
from gcrm.olap.query import CubeQuery
from gcrm.pipeline.cubes import ask_cube, published
from gcrm.pipeline.demo import run
from tests.conftest import short_folder
from tests.integration.command_line import gcrm
from tests.integration.records import value
from tests.integration.spark_cluster import LOOPBACK, SparkCluster, spark_cluster

SCALE = float(os.environ.get("GCRM_SPARK_SCALE", "0.02"))
SMALL = {"spark.driver.memory": "1g", "spark.executor.memory": "768m", "spark.sql.shuffle.partitions": "4"}
_LESS_JIT = "-XX:TieredStopAtLevel=1"
BRIEF = {"spark.sql.codegen.wholeStage": "false", "spark.driver.extraJavaOptions": _LESS_JIT, "spark.executor.extraJavaOptions": _LESS_JIT} if SCALE < 1 else {}
"""What compiles less: a small cube takes longer to compile for than to build."""
KILLED_BEHIND = "sales-h3_9-full"
"""The cuboid behind which a worker dies; the next ones are built from it."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[SparkCluster]:
    with short_folder() as folder, spark_cluster(folder) as started:
        yield started


@pytest.fixture(scope="module")
def by_duckdb(database: None, tmp_path_factory: pytest.TempPathFactory) -> versions.Version:
    """The cube of the demo city as DuckDB builds it, kept apart; none is published any more."""
    del database
    run(None, SCALE, 20240501, lambda _name, _seconds: None)
    version = published()
    kept = tmp_path_factory.mktemp("duckdb") / version.name
    shutil.copytree(version.folder, kept)
    (settings().cubes / "current").unlink()
    return versions.Version(version.name, kept, version.manifest)


def _building(master: str, said: Path) -> subprocess.Popen[bytes]:
    """`gcrm cube build --engine spark` in a process of its own; what it says goes into a file."""
    properties = [part for name, setting in (SMALL | BRIEF).items() for part in ("--conf", f"{name}={setting}")]
    command = [sys.executable, "-m", "gcrm", "cube", "build", "--engine", "spark", "--master", master, *properties]
    with said.open("wb") as file:
        return subprocess.Popen(command, stdout=file, stderr=file, env=os.environ | LOOPBACK)


def test_a_master_that_is_none_is_an_error_in_one_line_and_nothing_is_published(by_duckdb: versions.Version, tmp_path: Path) -> None:
    del by_duckdb
    assert _building("nonsense", tmp_path / "said").wait() == 1
    assert "Spark at nonsense broke off (" in (tmp_path / "said").read_text().splitlines()[-1]
    assert versions.current(settings().cubes) is None


def test_every_cuboid_is_that_of_duckdb_though_a_worker_dies_in_mid_build(by_duckdb: versions.Version, cluster: SparkCluster, tmp_path: Path) -> None:
    said = tmp_path / "said"
    building = _building(cluster.url, said)
    while building.poll() is None and not list(settings().cubes.glob(f".building-*/{KILLED_BEHIND}.parquet")):
        time.sleep(0.02)
    assert cluster.workers_in_use() == 2, said.read_text()
    cluster.kill_worker()
    assert building.wait() == 0, said.read_text()
    assert "Lost executor" in said.read_text()

    by_spark = published()
    assert by_spark.rows == by_duckdb.rows
    assert by_spark.currencies == by_duckdb.currencies
    assert {path.name for path in by_spark.folder.iterdir()} == {path.name for path in by_duckdb.folder.iterdir()}
    for name in by_duckdb.rows:
        found, expected = (pq.read_table(version.folder / f"{name}.parquet") for version in (by_spark, by_duckdb))
        assert found.column_names == expected.column_names, name
        assert found.columns == expected.columns, name  # types and values, in order; whether Parquet calls a column required is DuckDB's guess
    assert {cuboid.name for cuboid in cuboids.declared()} < set(by_duckdb.rows)

    answer = ask_cube(CubeQuery.parse("segment", measures="revenue"), Scope.everything()).table
    assert sum(answer["revenue"].to_pylist()) == value("SELECT sum(revenue) FROM gcrm.orders")


@pytest.mark.parametrize(("options", "said"), [(["--master", "local"], "add --engine spark"), (["--engine", "spark", "--conf", "memory"], "NAME=VALUE")])
def test_options_that_do_not_fit_are_refused(options: list[str], said: str) -> None:
    done = gcrm("cube", "build", *options)
    assert done.code == 1
    assert said in done.err
