"""Commands that are broken off at a moment of their work: killed, or robbed of their server."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from enum import StrEnum

import psutil

from gcrm.config import settings
from gcrm.db.cluster import Cluster
from gcrm.db.os_user import OsUser
from tests.integration.command_line import well

CHUNK_ROWS = 500
"""In place of 50,000: small files have many chunks, and a moment behind some of them."""

_READY = "at work after"

_PROGRAM = f"""
import time
from gcrm.db import connection

ensure_ready = connection.ensure_ready

def ensure_ready_and_say_so():
    ensure_ready()
    print("{_READY}", time.process_time(), flush=True)

connection.ensure_ready = ensure_ready_and_say_so
from gcrm.ingest import readers
from gcrm.pipeline import geocoding
readers.CHUNK_ROWS = geocoding._CHUNK_ROWS = {CHUNK_ROWS}
from gcrm.cli import main
main()
"""


class Disturbance(StrEnum):
    """What breaks a command off."""

    KILL = "kill -9"
    STOP = "pg_ctl stop -m immediate"


@dataclass(frozen=True)
class Usual:
    """What a command needs and tells when nobody disturbs it: seconds of work behind the loading of the program; its standard error."""

    work_s: float
    told: str


@dataclass(frozen=True)
class Moment:
    """When a command is broken off: after some seconds of work, whatever else the machine does, and a pause in which it may wait for its server."""

    work_s: float
    pause_s: float


def undisturbed_run(arguments: list[str]) -> Usual:
    """Runs a command to its end in a process of its own, as it is going to be disturbed."""
    with tempfile.TemporaryFile() as errors, _started(arguments, errors.fileno()) as process:
        loaded_s = _ready(process)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        told = _read(errors.fileno())
    assert process.returncode == 0, told
    return Usual(usage.ru_utime + usage.ru_stime - loaded_s, told)


def disturbed_run(arguments: list[str], moment: Moment, how: Disturbance, usual_told: str | None = None) -> bool:
    """Starts a command and breaks it off; the server runs again when this returns.

    Args:
        arguments: of `gcrm`.
        moment: when.
        how: what happens to it.
        usual_told: what it tells on standard error undisturbed: a command that loses its server tells a part of that, and one line more.

    Returns:
        Whether it was broken off, and had not come to its end.
    """
    with tempfile.TemporaryFile() as errors, _started(arguments, errors.fileno()) as process:
        until_s = _ready(process) + moment.work_s
        watched = psutil.Process(process.pid)
        while process.poll() is None and _cpu_s(watched) < until_s:
            time.sleep(0.002)
        time.sleep(moment.pause_s)
        if how is Disturbance.KILL:
            process.kill()
            return process.wait() == -signal.SIGKILL
        _stop_server()
        code, told = process.wait(), _read(errors.fileno())
    well("db", "start")
    if code == 0:
        return False
    *before, last = told.splitlines(keepends=True)
    assert code == 1, told
    assert last.startswith("gcrm: "), told
    assert "gcrm db start" in last, told
    assert usual_told is None or usual_told.startswith("".join(before)), told
    return True


def _started(arguments: list[str], errors: int) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", _PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=errors, text=True)


def _ready(process: subprocess.Popen[str]) -> float:
    """Waits until a command has its database; the seconds of work until then."""
    assert process.stdout is not None
    return next((float(line.removeprefix(_READY)) for line in process.stdout if line.startswith(_READY)), 0.0)


def _read(file: int) -> str:
    return os.pread(file, os.fstat(file).st_size, 0).decode()


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _stop_server() -> None:
    """The server ends as in a crash: no session is told to end, nothing is written down any more; the next start recovers."""
    cluster = Cluster(settings().home)
    done = OsUser.for_cluster(cluster.data).run([cluster.programs.folder / "pg_ctl", "stop", "--pgdata", cluster.data, "--mode=immediate"])
    assert done.returncode == 0, done.stderr
