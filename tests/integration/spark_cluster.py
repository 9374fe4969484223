"""A cluster of Spark on loopback: a master and two workers, each a process of its own."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

LOOPBACK = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m", "SPARK_MASTER_OPTS": "-Dspark.master.rest.enabled=false"}
"""What every process of Spark has in its environment, the driver's too."""

_MASTER = re.compile(r"Starting Spark master at (spark://\S+)")
_PAGE = re.compile(r"MasterWebUI to 127\.0\.0\.1, .*:(\d+)")


class SparkCluster:
    """A running cluster: the address of its master, the port of the master's page, and its workers."""

    def __init__(self, url: str, page: int, workers: list[subprocess.Popen[bytes]]) -> None:
        self.url = url
        self._page = page
        self._workers = workers

    def workers_in_use(self) -> int:
        """Workers that live, and work for an application."""
        page = HTTPConnection("127.0.0.1", self._page)
        page.request("GET", "/json/")
        state: dict[str, Any] = json.load(page.getresponse())
        page.close()
        return sum(worker["state"] == "ALIVE" and worker["coresused"] > 0 for worker in state["workers"])

    def kill_worker(self) -> None:
        """Ends a worker and what it runs, as when its machine goes dark."""
        os.killpg(self._workers[0].pid, signal.SIGKILL)


@contextmanager
def spark_cluster(folder: Path) -> Iterator[SparkCluster]:
    """A master and two workers with a core and a gigabyte each, until the end of the block.

    Args:
        folder: for their logs and what they work on.
    """
    with ExitStack() as running:
        log = folder / "master.log"
        running.enter_context(_daemon("master.Master", log, "--host", "127.0.0.1", "--port", 0, "--webui-port", 0))
        url, page = _told(log, _MASTER), _told(log, _PAGE)
        resources = ("--cores", 1, "--memory", "1g", "--host", "127.0.0.1", "--webui-port", 0)
        workers = [
            running.enter_context(_daemon("worker.Worker", folder / f"worker-{number}.log", *resources, "--work-dir", folder / f"work-{number}", url))
            for number in range(2)
        ]
        for number in range(2):
            _told(folder / f"worker-{number}.log", re.compile("(Successfully registered with master)"))
        yield SparkCluster(url, int(page), workers)


@contextmanager
def _daemon(name: str, log: Path, *arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    program = Path(_spark_home()) / "bin" / "spark-class"
    command = [str(program), f"org.apache.spark.deploy.{name}", *map(str, arguments)]
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, env=os.environ | LOOPBACK, start_new_session=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _spark_home() -> str:
    spec = find_spec("pyspark")
    if spec is None or spec.origin is None:
        pytest.skip("Spark is not installed; run `scripts/bootstrap.sh spark`.")
    return str(Path(spec.origin).parent)


def _told(log: Path, what: re.Pattern[str], seconds: int = 120) -> str:
    """What a daemon told in its log, waited for."""
    for _ in range(seconds * 10):
        found = what.search(log.read_text(encoding="utf-8"))
        if found:
            return found[1]
        time.sleep(0.1)
    return pytest.fail(f"{log.name} never told {what.pattern!r}:\n{log.read_text(encoding='utf-8')}")
