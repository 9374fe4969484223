"""Files that were handed in through the pages: kept until their import is done, imported by a process of its own."""

import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import BinaryIO

from gcrm.config import settings
from gcrm.errors import ReadError

_DAYS_KEPT = 30
_SECONDS_A_DAY = 86_400
_TOKEN = re.compile(r"[0-9a-f]{32}")
_LONGEST_NAME = 150


def keep(name: str, content: BinaryIO) -> str:
    """Keeps a file that somebody handed in, readable by nobody else; files that were handed in long ago are removed.

    Args:
        name: its name; folders in it are dropped.
        content: what is in it.

    Returns:
        A token that cannot be guessed; `kept` gives the file.
    """
    folder = _folder()
    for old in folder.iterdir():
        if time.time() - old.stat().st_mtime > _DAYS_KEPT * _SECONDS_A_DAY:
            shutil.rmtree(old, ignore_errors=True)
    token = secrets.token_hex(16)
    (folder / token).mkdir(mode=0o700)
    plain = re.sub(r"[\x00-\x1f/\\]", "", Path(name.replace("\\", "/")).name)[-_LONGEST_NAME:].lstrip(".") or "file"
    with (folder / token / plain).open("wb") as file:
        shutil.copyfileobj(content, file)
    return token


def kept(token: str) -> Path:
    """The file of a token.

    Raises:
        ReadError: there is none (any more).
    """
    folder = _folder() / token
    found = next(folder.iterdir(), None) if _TOKEN.fullmatch(token) and folder.is_dir() else None
    if found is None:
        raise ReadError(f"This file is not kept any more (files stay for {_DAYS_KEPT} days); hand it in again.")
    return found


def start(job_id: int) -> None:
    """Runs a job in a process of its own, which goes on when the pages are closed or their server stops.

    Args:
        job_id: a job that waits, was cancelled or broke off.
    """
    _run_apart(f"job-{job_id}", "jobs", "resume", str(job_id))


def start_update() -> None:
    """Brings the map up to date in a process of its own."""
    _run_apart("update", "update")


def start_search() -> None:
    """Looks for duplicate accounts in a process of its own."""
    _run_apart("duplicates", "duplicates", "find")


def _run_apart(name: str, *arguments: str) -> None:
    """Runs a command of gcrm that outlives this process; what it prints goes into a file of the name."""
    folder = settings().home / "logs"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / f"{name}.log").open("wb") as output:
        subprocess.Popen(
            [sys.executable, "-m", "gcrm", *arguments],
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True, env=dict(os.environ),
        )  # fmt: skip


def _folder() -> Path:
    folder = settings().home / "incoming"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
