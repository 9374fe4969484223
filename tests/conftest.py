"""Fixtures of every test: a private cluster for the session, a fresh database for each module, the command line."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import psycopg
import pytest

from gcrm.config import settings
from gcrm.db import connection
from gcrm.db.cluster import Cluster
from gcrm.db.configuration import DATABASE
from tests import forks

_TEMPLATE = "gcrm_template"
_LONGEST = tuple(f"tests/{name}.py" for name in ("integration/test_kill", "integration/test_cube_refresh", "unit/ingest/hostile/test_bad_files"))

# No test is timed: a loaded machine is no fault of the program.
# A loaded machine is no fault of a test.
hypothesis.settings.register_profile("gcrm", deadline=None, max_examples=60, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("gcrm")


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder with a short name that every user can enter; tmp_path is neither."""
    folder = Path(tempfile.mkdtemp(prefix="gcrm-test-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def quick_home() -> Iterator[Path]:
    """A home whose cluster runs and does not wait for the disk: what a test stores need not outlast the machine. Both are gone at the end."""
    with short_folder() as folder:
        cluster = Cluster(folder)
        try:
            cluster.start()
            for setting in ("fsync", "full_page_writes"):
                _administer(cluster, f"ALTER SYSTEM SET {setting} = off")
            _administer(cluster, "SELECT pg_reload_conf()")
            yield folder
        finally:
            cluster.reset()


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """GCRM_HOME of the session, with its private cluster running and migrated."""
    with pytest.MonkeyPatch.context() as patch, quick_home() as folder:
        patch.setenv("GCRM_HOME", str(folder))
        patch.delenv("GCRM_DATABASE_URL", raising=False)
        patch.delenv("GCRM_READER_URL", raising=False)
        settings.cache_clear()
        try:
            connection.ensure_ready()
            yield folder
        finally:
            connection.close_all()
            settings.cache_clear()


@pytest.fixture(scope="module")
def short_home() -> Iterator[Path]:
    """A home of one module alone, empty."""
    with short_folder() as folder:
        yield folder


@pytest.fixture
def own_home() -> Iterator[Path]:
    """A home of one test alone, empty; a cluster that is made in it is removed."""
    with short_folder() as folder:
        yield folder
        Cluster(folder).reset()


@pytest.fixture(scope="session")
def _template(home: Path) -> Cluster:
    """The cluster, with the migrated and empty database kept under another name to be copied."""
    cluster = Cluster(home)
    _administer(cluster, f"CREATE DATABASE {_TEMPLATE} TEMPLATE {DATABASE}")
    return cluster


@pytest.fixture(scope="module")
def database(_template: Cluster) -> Iterator[None]:
    """A migrated, empty database, of this module alone."""
    connection.close_all()
    _administer(_template, f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    _template.create_database(template=_TEMPLATE)
    yield
    connection.close_all()


def _administer(cluster: Cluster, command: str) -> None:
    with psycopg.connect(cluster.admin_url, dbname="postgres", autocommit=True) as admin:
        admin.execute(command.encode())


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets; a test that needs it fails in CI and is skipped elsewhere where GCRM_REAL_DATA is not set."""
    given = os.environ.get("GCRM_REAL_DATA")
    if given:
        return Path(given).absolute()
    reason = "GCRM_REAL_DATA is not set; set it to the folder of the real data sets."
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def run_cli() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `gcrm` with arguments in a process of its own, in the environment of the test."""

    return forks.run


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files come first: of two workers none is left with one of them in the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(_LONGEST))


def _silence() -> None:
    """The summary stays the last line: DuckDB's binding tells at the program's end which of its objects were alive until then."""
    sys.stderr.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


atexit.register(_silence)
