"""The processes of the private cluster, and the lock files that a killed one leaves."""

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_ORPHAN_SECONDS = 5
_POLL_SECONDS = 0.1
_CHANGING = ("starting", "stopping")
_STATUS_LINE = 7


@dataclass(frozen=True, slots=True)
class Postmaster:
    """The server's first process.

    Attributes:
        process: the process, which is alive.
        status: starting, stopping, ready or standby, as it says itself in postmaster.pid.
    """

    process: psutil.Process
    status: str


def postmaster(data: Path) -> Postmaster | None:
    """The server that runs on a data folder, if one does.

    A number in postmaster.pid proves nothing: after a crash or a reboot it may be another program's. So its command is looked at.

    Args:
        data: the data folder, as it was given to the server.

    Raises:
        PermissionError: the folder belongs to somebody else.
    """
    lines = _lines(data / "postmaster.pid")
    if not lines or not lines[0].isdigit():
        return None
    process = _process(int(lines[0]))
    if process is None or str(data) not in _command(process):
        return None
    return Postmaster(process, lines[_STATUS_LINE].strip() if len(lines) > _STATUS_LINE else "starting")


def settled(data: Path, seconds: float) -> Postmaster | None:
    """The server that runs on a data folder, once it neither starts nor stops.

    Args:
        data: the data folder.
        seconds: longest wait.

    Raises:
        TimeoutError: it is still starting or stopping.
        PermissionError: the folder belongs to somebody else.
    """
    deadline = time.monotonic() + seconds
    while (found := postmaster(data)) and found.status in _CHANGING:
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(_POLL_SECONDS)
    return found


def end_orphans(data: Path, cluster_name: str) -> None:
    """Ends what a killed server has left; PostgreSQL does not start while one of its old processes is alive.

    Most end by themselves at once; one in a long query does not.

    Args:
        data: the data folder, on which no server runs.
        cluster_name: setting of that name, with which the title of each process starts.
    """
    title = f"postgres: {cluster_name}: "
    orphans = [each for each in psutil.process_iter() if " ".join(_command(each)).startswith(title) and not _has_server(each, data)]
    _, alive = psutil.wait_procs(orphans, timeout=_ORPHAN_SECONDS)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=_ORPHAN_SECONDS)


def drop_stale_lock(path: Path) -> None:
    """Removes a lock file whose process is alive but is another program, for PostgreSQL would take it for a server and refuse to start.

    The file of a process that has ended is left to PostgreSQL.

    Args:
        path: postmaster.pid, or the lock beside the socket.
    """
    lines = _lines(path)
    if not lines or not lines[0].isdigit() or not psutil.pid_exists(int(lines[0])):
        return
    process = _process(int(lines[0]))
    command = _command(process) if process else []
    if not (command and Path(command[0].split(":")[0]).name in {"postgres", "postmaster"}):
        path.unlink(missing_ok=True)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except FileNotFoundError:
        return []


def _process(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None


def _command(process: psutil.Process) -> list[str]:
    """The command of a process; empty for one that has ended, a zombie included, or is hidden."""
    try:
        return process.cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return []


def _has_server(process: psutil.Process, data: Path) -> bool:
    try:
        parent = process.parent()
    except psutil.NoSuchProcess:
        return False
    return parent is not None and str(data) in _command(parent)
