"""What `gcrm doctor` checks."""

import importlib.metadata
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from packaging.requirements import Requirement

from gcrm.config import settings
from gcrm.db import connection, migrations
from gcrm.db.cluster import Cluster
from gcrm.db.queries import queries
from gcrm.db.roles import Role
from gcrm.errors import DatabaseError, GcrmError

_PYTHONS = ((3, 12), (3, 13))
_GIB = 1024**3
_FREE_GIB = 2
_FORBIDDEN_TO_READER = ("insert_region", "update_accounts", "delete_orders", "create_table", "read_tracks")


@dataclass(frozen=True, slots=True)
class Check:
    """What a check found.

    Attributes:
        text: what it is like, and how to mend it where it is not well.
        well: False for a problem.
    """

    text: str
    well: bool = True


def checks() -> Iterator[tuple[str, Check]]:
    """Checks every part of the installation, in the order in which one stands on the other.

    What needs the database is left out once it cannot be reached.

    Yields:
        Name of the part, and what a check of it found.
    """
    for part, check in _parts():
        try:
            for found in check():
                yield part, found
        except GcrmError as error:
            yield part, Check(str(error), well=False)
            if check is _database:
                return


def _parts() -> Iterator[tuple[str, Callable[[], Iterator[Check]]]]:
    yield "Python", _python
    yield "packages", _packages
    yield "disk", _disk
    yield "cubes", _cubes
    if not settings().database_url:
        yield "programs", _programs
        yield "cluster", _cluster
    yield "database", _database
    yield "roles", _roles
    yield "migrations", _migrations


def _python() -> Iterator[Check]:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] in _PYTHONS:
        yield Check(version)
    else:
        yield Check(f"{version} is not one of 3.12 and 3.13; make the environment anew with one of them.", well=False)


def _packages() -> Iterator[Check]:
    needed = [each for each in map(Requirement, importlib.metadata.requires("gcrm") or []) if each.marker is None or each.marker.evaluate({"extra": ""})]
    wrong = [str(each) for each in needed if not _is_installed(each)]
    if wrong:
        yield Check(f"missing or of another version: {', '.join(wrong)}; install gcrm again, or run `make setup` in a checkout.", well=False)
    else:
        yield Check(f"gcrm {importlib.metadata.version('gcrm')} and the {len(needed)} packages that it needs")


def _is_installed(requirement: Requirement) -> bool:
    try:
        return requirement.specifier.contains(importlib.metadata.version(requirement.name), prereleases=True)
    except importlib.metadata.PackageNotFoundError:
        return False


def _disk() -> Iterator[Check]:
    home = settings().home
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(there).free / _GIB
    if free < _FREE_GIB:
        yield Check(f"{free:.1f} GiB free for {home}; make room for {_FREE_GIB} GiB, or set GCRM_HOME to a larger disk.", well=False)
    else:
        yield Check(f"{free:.0f} GiB free for {home}")


def _programs() -> Iterator[Check]:
    server = Cluster(settings().home).programs
    yield Check(f"PostgreSQL {server.version} with PostGIS in {server.folder}")


def _cluster() -> Iterator[Check]:
    status = Cluster(settings().home).status()
    if status.state == "running":
        yield Check(f"running in {status.data}, made by PostgreSQL {status.version}")
    else:
        yield Check(f"{status.state} in {status.data}; run `gcrm db start`.", well=False)


def _database() -> Iterator[Check]:
    with connection.connect(Role.READER) as reader:
        version = reader.info.parameter_status("server_version")
        installed, available = queries("doctor").postgis(reader) or (None, None)
    if installed is None:
        yield Check(f"PostgreSQL {version} without PostGIS in the database; run `gcrm db migrate`.", well=False)
    elif installed != available:
        yield Check(f"PostGIS {installed} in the database and {available} on the server; run `gcrm db migrate`.", well=False)
    else:
        yield Check(f"PostgreSQL {version}, PostGIS {installed}")


def _roles() -> Iterator[Check]:
    for role in Role:
        connection.connect(role).close()
    allowed = [name.replace("_", " ") for name in _FORBIDDEN_TO_READER if _reader_may(name)]
    if allowed:
        yield Check(f"the reader may {', '.join(allowed)}; run `gcrm db migrate`, and take back what was granted to gcrm_reader.", well=False)
    elif not _reader_may("become_writer"):
        yield Check("owner, writer and reader sign in; the reader was tried and cannot write")
    elif settings().database_url and not settings().reader_url:
        yield Check("the reader cannot write as such, but its sign-in may do more; set GCRM_READER_URL to one that has gcrm_reader only.")
    else:
        yield Check("the reader can become the writer; take gcrm_writer back from the role that it signs in as.", well=False)


def _reader_may(name: str) -> bool:
    """Tries it as the reader, and leaves nothing of it."""
    with connection.connect(Role.READER) as reader:
        try:
            with reader.transaction(force_rollback=True):
                getattr(queries("doctor"), name)(reader)
        except psycopg.errors.InsufficientPrivilege:
            return False
        except psycopg.Error as error:
            raise DatabaseError(f"The reader could not be tried: {str(error).splitlines()[0]}; run `gcrm db migrate`.") from error
    return True


def _migrations() -> Iterator[Check]:
    with connection.connect(Role.READER) as reader:
        pending = migrations.pending(reader)
    if pending:
        yield Check(f"not applied yet: {', '.join(pending)}; run `gcrm db migrate`.", well=False)
    else:
        yield Check(f"all {len(migrations.available())} applied")


def _cubes() -> Iterator[Check]:
    folder: Path = settings().cubes
    if not folder.exists():
        yield Check("none published yet; `gcrm cube build` makes one")
    elif not (folder.is_dir() and os.access(folder, os.R_OK | os.W_OK | os.X_OK)):
        yield Check(f"{folder} is no folder that you can read and write; change its owner, or move it away.", well=False)
    else:
        yield Check(f"in {folder}")
