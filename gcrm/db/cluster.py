"""The private PostgreSQL cluster: made, started and stopped by the program, reached over a Unix socket only."""

import hashlib
import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import filelock
import psycopg
from psycopg import sql

from gcrm.config import resource
from gcrm.db import configuration, processes
from gcrm.db.configuration import ADMIN, DATABASE, PORT
from gcrm.db.os_user import OsUser, name_of
from gcrm.db.programs import Programs, choose
from gcrm.db.roles import Role
from gcrm.errors import ClusterError

_SOCKET_PATH_LIMIT = 107 if sys.platform.startswith("linux") else 103
# A fixed folder: TMPDIR differs between processes of one user, and all of them have to find the socket.
_SYSTEM_TEMP = Path("/tmp")  # noqa: S108 -- the folder made in it is checked for owner and mode, and clients ask who serves (requirepeer)
_START_SECONDS = 600  # the recovery after a crash replays up to max_wal_size
_LOCK_SECONDS = _START_SECONDS + 60
# pg_ctl hands the path to a shell, inside double quotes.
_UNUSABLE_IN_PATHS = frozenset('"$`\\\n')


@dataclass(frozen=True, slots=True)
class ClusterStatus:
    """What is known of the cluster.

    Attributes:
        state: absent where it was never made.
        version: major version of PostgreSQL that made it; None where it is absent.
        data: the data folder.
        sockets: the folder of the Unix socket.
    """

    state: Literal["absent", "stopped", "running"]
    version: str | None
    data: Path
    sockets: Path


class Cluster:
    """The private cluster of a home folder. Every method can be called again, and by two processes at once.

    Args:
        home: the program's data folder; the cluster is in its sub-folder `postgres`.
    """

    def __init__(self, home: Path) -> None:
        self.home = home.expanduser().resolve()
        self.data = self.home / "postgres"
        self._name = f"gcrm-{hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]}"
        self.sockets = self._socket_folder()

    def status(self) -> ClusterStatus:
        """The state of the cluster.

        Raises:
            ClusterError: it belongs to another user.
        """
        made_by = self._made_by()
        if made_by is None:
            return ClusterStatus("absent", None, self.data, self.sockets)
        return ClusterStatus("running" if processes.postmaster(self.data) else "stopped", str(made_by), self.data, self.sockets)

    @property
    def programs(self) -> Programs:
        """The server programs that run this cluster, or would make it.

        Raises:
            ClusterError: they are not installed, or are of another major version than the cluster.
        """
        return choose(self._made_by(), self.data)

    def url(self, role: Role) -> str:
        """The libpq address of the database for a role.

        Args:
            role: the role to sign in as.

        Raises:
            ClusterError: the cluster belongs to another user.
        """
        return self._url(role, DATABASE)

    @property
    def admin_url(self) -> str:
        """The libpq address of the database for the cluster's superuser."""
        return self._url(ADMIN, DATABASE)

    def start(self) -> None:
        """Makes the cluster where it is absent, starts it where it is stopped, and makes the database and the roles that sign in.

        Raises:
            ClusterError: it cannot be made or started; the message says how to mend it.
        """
        with self._locked():
            if not self._settled():
                self._launch(self.programs, OsUser.for_cluster(self.data))
            self.create_database()

    def stop(self) -> None:
        """Stops the cluster and closes what is connected to it. Does nothing where it is not running.

        Raises:
            ClusterError: it does not stop.
        """
        if self.status().state != "running":
            return
        with self._locked():
            if self._settled():
                self._stop()

    def reset(self) -> None:
        """Stops the cluster and deletes it with all its data. Does nothing where it is absent.

        Raises:
            ClusterError: it does not stop, or cannot be deleted.
        """
        if not self.home.is_dir():
            return
        with self._locked():
            if self._settled():
                self._stop()
            if self.data.exists():
                # Renamed first: a reset that is killed leaves no half cluster under the data folder's name.
                self.data.rename(Path(tempfile.mkdtemp(prefix="discarded-", dir=self.home)) / "postgres")
            self._sweep()
            with suppress(OSError):
                self.sockets.rmdir()

    def create_database(self, template: str = "template0") -> None:
        """Makes the database where it is absent, and the roles that sign in to it. The cluster is running.

        Args:
            template: name of the database to copy.

        Raises:
            ClusterError: the cluster does not answer.
        """
        try:
            with psycopg.connect(self._url(ADMIN, "postgres"), autocommit=True) as connection:
                if connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).rowcount == 0:
                    connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(DATABASE), sql.Identifier(template)))
            with psycopg.connect(self.admin_url) as connection:
                connection.execute((resource("sql") / "private_cluster.sql").read_bytes())
        except psycopg.OperationalError as error:
            raise ClusterError(f"The private cluster in {self.data} does not answer: {error}") from error

    def _url(self, user: str, database: str) -> str:
        peer = OsUser.for_cluster(self.data).name
        return f"postgresql://{user}@/{database}?host={quote(str(self.sockets), safe='')}&port={PORT}&requirepeer={quote(peer, safe='')}"

    def _socket_folder(self) -> Path:
        beside = self.home / "run"
        too_long = len(os.fsencode(beside / f".s.PGSQL.{PORT}")) > _SOCKET_PATH_LIMIT
        # A comma parts folders in the server's setting and hosts in libpq.
        return _SYSTEM_TEMP / self._name if too_long or "," in str(beside) else beside

    def _made_by(self) -> int | None:
        try:
            return int((self.data / "PG_VERSION").read_text())
        except (FileNotFoundError, NotADirectoryError):
            return None
        except PermissionError as error:
            raise ClusterError(f"The cluster in {self.data} belongs to another user; run gcrm as that user, or set GCRM_HOME to another folder.") from error
        except ValueError as error:
            raise ClusterError(f"The folder {self.data} holds no cluster of PostgreSQL; move it away, and run `gcrm db start` again.") from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time; what the operating system refuses is told as a ClusterError."""
        if set(str(self.home)) & _UNUSABLE_IN_PATHS:
            raise ClusterError(f"PostgreSQL cannot use {self.home}: a quote, dollar sign, backslash or line break is in its name; set GCRM_HOME to another.")
        try:
            if not self.home.is_dir():
                self.home.mkdir(parents=True)
                if os.geteuid() == 0:
                    self.home.chmod(0o755)  # whatever root's umask is, the user of the database has to pass
            with filelock.FileLock(self.home / "cluster.lock", timeout=_LOCK_SECONDS):
                yield
        except TimeoutError as error:
            raise ClusterError(f"The cluster in {self.home} has been starting or stopping for {_START_SECONDS} s; see {self._log} and try again.") from error
        except OSError as error:
            place = error.filename or self.home
            raise ClusterError(f"{place} cannot be used: {error.strerror}; mend that, or set GCRM_HOME to a folder of your own.") from error

    def _settled(self) -> bool:
        return processes.settled(self.data, _START_SECONDS) is not None

    @property
    def _log(self) -> Path:
        return self.data / "server.log"

    def _launch(self, server: Programs, user: OsUser) -> None:
        if not user.can_enter(self.home):
            raise ClusterError(f"The user {user.name}, who runs the database, cannot enter {self.home}; set GCRM_HOME to a folder that it can enter.")
        if self._made_by() is None:
            self._initialise(server, user)
        processes.end_orphans(self.data, self._name)
        processes.drop_stale_lock(self.data / "postmaster.pid")
        processes.drop_stale_lock(self.sockets / f".s.PGSQL.{PORT}.lock")
        self._prepare_sockets(user)
        self._write("gcrm.conf", configuration.settings(self.sockets, self._name), user)
        self._write("pg_hba.conf", configuration.host_based_authentication(), user)
        self._write("pg_ident.conf", configuration.user_name_map({user.name, name_of(os.geteuid())}), user)
        if self._log.exists():
            self._log.replace(self._log.with_suffix(".log.1"))
        started = user.run([server.folder / "pg_ctl", "start", "--pgdata", self.data, "--log", self._log, "--wait", "--timeout", str(_START_SECONDS)])
        if started.returncode:
            told = self._log.read_text(errors="replace") if self._log.exists() else started.stderr
            raise ClusterError(f"PostgreSQL {server.version} did not start in {self.data}: {_reason(told)}; {self._log} tells more.")

    def _initialise(self, server: Programs, user: OsUser) -> None:
        """Makes the data folder under another name, so that an initdb that is killed leaves nothing half-made."""
        self._sweep()
        if self.data.exists():
            raise ClusterError(f"The folder {self.data} holds no cluster of PostgreSQL; move it away, and run `gcrm db start` again.")
        new = Path(tempfile.mkdtemp(prefix="initdb-", dir=self.home))
        os.chown(new, user.uid, user.gid)
        made = user.run([
            server.folder / "initdb", "--pgdata", new, "--username", ADMIN, "--auth-local=peer", "--auth-host=reject",
            "--encoding=UTF8", f"--locale={configuration.LOCALE}", "--data-checksums", "--no-instructions",
        ])  # fmt: skip
        if made.returncode:
            raise ClusterError(f"initdb of PostgreSQL {server.version} failed in {self.home}: {_reason(made.stderr)}")
        with (new / "postgresql.conf").open("a") as file:
            file.write("\ninclude 'gcrm.conf'\n# Settings of your own go below this line.\n")
        new.rename(self.data)

    def _stop(self) -> None:
        user = OsUser.for_cluster(self.data)
        stopped = user.run([self.programs.folder / "pg_ctl", "stop", "--pgdata", self.data, "--mode=fast", "--wait", "--timeout", str(_START_SECONDS)])
        if stopped.returncode and processes.postmaster(self.data):
            raise ClusterError(f"The cluster in {self.data} did not stop: {_reason(stopped.stderr)}")

    def _sweep(self) -> None:
        for pattern in ("initdb-*", "discarded-*"):
            for left in self.home.glob(pattern):
                shutil.rmtree(left, ignore_errors=True)

    def _write(self, name: str, text: str, user: OsUser) -> None:
        new = self.data / f"{name}.new"
        new.write_text(text)
        new.chmod(0o600)
        os.chown(new, user.uid, user.gid)
        new.replace(self.data / name)

    def _prepare_sockets(self, user: OsUser) -> None:
        with suppress(FileExistsError):
            self.sockets.mkdir(mode=0o700)
        found = self.sockets.lstat()
        ours = stat.S_ISDIR(found.st_mode) and found.st_uid in {user.uid, os.geteuid()} and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        if not ours:
            raise ClusterError(f"{self.sockets}, the folder of the database's socket, belongs to somebody else or is open to others; remove it and try again.")
        os.chown(self.sockets, user.uid, user.gid)


def _reason(told: str) -> str:
    """The line of a server program's output that tells the reason."""
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    telling = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "error"))]
    return re.sub(r"^.*(FATAL|PANIC|error): +", "", (telling or lines or ["it gave no reason"])[-1])
