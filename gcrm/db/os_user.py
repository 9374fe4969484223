"""The operating system's user that runs the private cluster."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from gcrm.errors import ClusterError

_UNPRIVILEGED = ("postgres", "nobody")
# What a server program may see of the caller's environment: no PG* variable, and no PROJ or GDAL folder of a Python package.
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


def name_of(uid: int) -> str:
    """The name of a user.

    Args:
        uid: number of the user.

    Returns:
        Its name on this system.

    Raises:
        ClusterError: the number has no name; PostgreSQL signs users in by name.
    """
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError as error:
        raise ClusterError(f"User number {uid} has no name on this system, and PostgreSQL needs one; add it to /etc/passwd or be another user.") from error


@dataclass(frozen=True, slots=True)
class OsUser:
    """A user of the operating system.

    Attributes:
        name: its name.
        uid: its number.
        gid: number of its group.
    """

    name: str
    uid: int
    gid: int

    @classmethod
    def for_cluster(cls, data: Path) -> Self:
        """The user that runs the cluster: the caller; where that is root, the owner of the data folder, or else an unprivileged user.

        Args:
            data: the data folder, which may not exist yet.

        Raises:
            ClusterError: the data folder belongs to somebody else, or root finds no unprivileged user.
        """
        caller = os.geteuid()
        try:
            owner = data.stat()
        except FileNotFoundError:
            return cls._unprivileged() if caller == 0 else cls(name_of(caller), caller, os.getegid())
        except OSError as error:
            raise ClusterError(f"{data} cannot be used: {error.strerror}; set GCRM_HOME to a folder of your own.") from error
        if caller not in {0, owner.st_uid}:
            raise ClusterError(f"The cluster in {data} belongs to another user; run gcrm as that user, or set GCRM_HOME to another folder.")
        if owner.st_uid == 0:
            raise ClusterError(f"The folder {data} belongs to root, and PostgreSQL does not run as root; move it away, and run `gcrm db start` again.")
        return cls(name_of(owner.st_uid), owner.st_uid, owner.st_gid)

    @classmethod
    def _unprivileged(cls) -> Self:
        for name in _UNPRIVILEGED:
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)
        raise ClusterError("PostgreSQL does not run as root, and there is no user `postgres` or `nobody`; add one, or run gcrm as an ordinary user.")

    def run(self, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
        """Runs a program as this user, in the root folder, with next to nothing of the caller's environment.

        Args:
            command: the program and its arguments.

        Returns:
            Its exit code and what it printed.

        Raises:
            ClusterError: it cannot be run as this user.
        """
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ} | {"LC_ALL": "C"}
        root = os.geteuid() == 0
        try:
            return subprocess.run(
                command,
                user=self.uid if root else None,
                group=self.gid if root else None,
                extra_groups=[] if root else None,
                cwd="/",
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
        except OSError as error:
            raise ClusterError(f"{command[0]} cannot be run as the user {self.name}: {error.strerror}.") from error

    def can_enter(self, folder: Path) -> bool:
        """Whether this user can enter a folder.

        Args:
            folder: the folder, which exists.
        """
        return self.run(["/bin/sh", "-c", 'cd -- "$1"', "sh", folder]).returncode == 0
