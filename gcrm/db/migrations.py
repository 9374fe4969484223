"""Numbered SQL files, each applied once, in one transaction together with its record."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from gcrm.config import resource
from gcrm.db.queries import queries
from gcrm.errors import MigrationError

_FILE_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of sql/migrations.

    Attributes:
        number: its number, from 1.
        name: name of the file.
        sha256: SHA-256 of its text, in hexadecimal.
        text: the SQL, UTF-8 with Unix line ends.
    """

    number: int
    name: str
    sha256: str
    text: bytes


def available(folder: Path | None = None) -> list[Migration]:
    """The migrations in the program, in order.

    Args:
        folder: folder of the files; None for the program's own.

    Returns:
        One per file, numbered from 1 without a gap.

    Raises:
        MigrationError: a name does not fit, or a number is missing or there twice.
    """
    folder = folder or resource("sql") / "migrations"
    found = []
    for expected, path in enumerate(sorted(folder.glob("*.sql")), start=1):
        name = _FILE_NAME.fullmatch(path.name)
        if not name:
            raise MigrationError(f"The name of {path} does not fit; call it NNNN_what_it_makes.sql, with small letters.")
        if int(name[1]) != expected:
            raise MigrationError(f"{path} should have the number {expected:04}; number the files from 0001, each number once and without a gap.")
        text = path.read_bytes().replace(b"\r\n", b"\n")
        found.append(Migration(expected, path.name, hashlib.sha256(text).hexdigest(), text))
    return found


def pending(connection: psycopg.Connection[Any], folder: Path | None = None) -> list[str]:
    """The migrations that this database still lacks.

    Args:
        connection: of any of the three roles.
        folder: folder of the files; None for the program's own.

    Returns:
        Names of the files, in order.

    Raises:
        MigrationError: the applied migrations and the files do not go together.
    """
    return [each.name for each in _pending(connection, folder)]


def _pending(connection: psycopg.Connection[Any], folder: Path | None) -> list[Migration]:
    sql = queries("migrations")
    files = {each.number: each for each in available(folder)}
    applied = list(sql.applied(connection)) if sql.table_exists(connection) else []
    for number, name, sha256 in applied:
        file = files.pop(number, None)
        if file is None:
            raise MigrationError(f"The database has the migration {name}, which this gcrm lacks; install the version that applied it, or a newer one.")
        if file.sha256 != sha256:
            raise MigrationError(f"The migration {name} was changed after it had been applied; restore the file, and put the change into a new migration.")
    if files and applied and min(files) < applied[-1][0]:
        raise MigrationError(f"The migration {files[min(files)].name} was never applied, but later ones were; restore the database from a backup.")
    return list(files.values())


def bootstrap(connection: psycopg.Connection[Any]) -> None:
    """Makes what the migrations stand on: the extension, the roles, the schema and the table of applied migrations.

    Args:
        connection: of a role that may create roles and extensions; not in a transaction.

    Raises:
        psycopg.Error: it may not, or PostGIS is not installed on the server.
    """
    with connection.transaction():
        queries("migrations").lock(connection)
        connection.execute((resource("sql") / "bootstrap.sql").read_bytes())


def apply(connection: psycopg.Connection[Any], folder: Path | None = None) -> list[str]:
    """Applies every pending migration, in order, as the owner; a second runner waits for the first.

    Args:
        connection: of the owner or of a member of it, after `bootstrap`; not in a transaction.
        folder: folder of the files; None for the program's own.

    Returns:
        Names of the files applied by this call.

    Raises:
        MigrationError: a migration fails, or the applied ones and the files do not go together. Those before it stay applied.
    """
    if connection.info.transaction_status != TransactionStatus.IDLE:
        raise MigrationError("Migrations need a connection that is not in a transaction.")
    done: list[str] = []
    while migration := _apply_next(connection, folder):
        done.append(migration.name)
    return done


def _apply_next(connection: psycopg.Connection[Any], folder: Path | None) -> Migration | None:
    sql = queries("migrations")
    with connection.transaction():
        sql.lock(connection)
        sql.become_owner(connection)
        waiting = _pending(connection, folder)
        if not waiting:
            return None
        migration = waiting[0]
        try:
            connection.execute(migration.text)
            if connection.info.transaction_status != TransactionStatus.INTRANS:
                raise MigrationError(f"The migration {migration.name} ends its own transaction; take COMMIT and ROLLBACK out of it, and undo what it did.")
            sql.record(connection, number=migration.number, name=migration.name, sha256=migration.sha256)
        except psycopg.Error as error:
            raise MigrationError(f"The migration {migration.name} failed and nothing of it was kept: {error}") from error
    return migration
