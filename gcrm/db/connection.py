"""Connections to the database, each in one of the three roles; the private cluster, or the server of GCRM_DATABASE_URL."""

import atexit
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any, cast
from urllib.parse import quote, urlencode

import psycopg
import psycopg_pool
import sqlalchemy
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow

from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.db import migrations
from gcrm.db.cluster import Cluster
from gcrm.db.programs import OLDEST_MAJOR
from gcrm.db.queries import queries
from gcrm.db.roles import Role
from gcrm.errors import DatabaseError

__all__ = ["Role", "close_all", "connect", "driver", "engine", "ensure_ready", "migrate", "scoped", "transaction", "url"]

_SESSION = ("-c search_path=gcrm,public", "-c TimeZone=UTC")
_TERRITORIES = re.compile(r"all|\d+(,\d+)*")
_GRANTS = "let its administrator run `gcrm db migrate` once, and grant gcrm_owner, gcrm_writer and gcrm_reader to your role"
_APPLICATION = "gcrm"
_ONE_POOL = Lock()
_POOL_SIZE = 8
_POOL_SECONDS = 15


def ensure_ready() -> None:
    """Makes the database ready: starts the private cluster and applies the pending migrations, where that is not done yet.

    Raises:
        ClusterError: the private cluster cannot be made or started.
        DatabaseError: the server cannot be reached, or lacks PostGIS or a right.
        MigrationError: a migration fails, or the migrations do not go together.
    """
    try:
        with _open(Role.READER) as connection:
            if not migrations.pending(connection):
                return
    except psycopg.OperationalError:
        # Not started yet, or the roles are not there yet: what follows mends it or says why not.
        pass
    migrate()


def migrate() -> list[str]:
    """Starts the private cluster, unless a server is set, and applies the pending migrations.

    Returns:
        Names of the migrations that were applied.

    Raises:
        ClusterError: the private cluster cannot be made or started.
        DatabaseError: the server cannot be reached, or lacks PostGIS or a right.
        MigrationError: a migration fails, or the migrations do not go together.
    """
    if not settings().database_url:
        Cluster(settings().home).start()
    with _reached(None) as connection:
        version = connection.info.server_version
        if version < OLDEST_MAJOR * 10_000:
            raise DatabaseError(f"The server at {_place(connection)} is PostgreSQL {version // 10_000}; {OLDEST_MAJOR} or newer is needed.")
        try:
            migrations.bootstrap(connection)
        except psycopg.errors.InsufficientPrivilege as error:
            raise DatabaseError(f"The server at {_place(connection)} refused: {_first_line(error)}; {_GRANTS}.") from error
        except (psycopg.errors.UndefinedFile, psycopg.errors.FeatureNotSupported) as error:
            raise DatabaseError(f"The server at {_place(connection)} has no PostGIS: {_first_line(error)}; install it there, and try again.") from error
        return migrations.apply(connection)


def connect(role: Role) -> psycopg.Connection[TupleRow]:
    """A new connection; as a context manager it commits where all went well, rolls back otherwise, and closes.

    The search path is gcrm, public and the time zone UTC.

    Args:
        role: the role to work as.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    return _reached(role)


def url(role: Role, territories: str | None = None) -> str:
    """The libpq address of the database for other programs: psql, QGIS, a BI tool.

    Args:
        role: the role to sign in as.
        territories: whose customers the reader sees: `all`, or ids with commas; None for nobody's.

    Raises:
        DatabaseError: the territories are neither.
    """
    if territories is not None and not _TERRITORIES.fullmatch(territories):
        raise DatabaseError(f"The territories are `all` or ids with commas, as in 3,7; not {territories!r}.")
    options = [] if territories is None else [f"-c gcrm.territories={territories}"]
    parts = {name: value for name, value in conninfo_to_dict(_address(role, *options)).items() if value is not None}
    return f"postgresql:///{parts.pop('dbname', '')}?{urlencode(parts, quote_via=quote)}"


@cache
def engine(role: Role) -> sqlalchemy.Engine:
    """The SQLAlchemy engine of a role, one per process.

    Args:
        role: the role to work as.
    """
    return sqlalchemy.create_engine("postgresql+psycopg://", creator=lambda: connect(role), pool_pre_ping=True)


@contextmanager
def transaction(role: Role) -> Iterator[sqlalchemy.Connection]:
    """One transaction: commits at the end, rolls back on an exception.

    Args:
        role: the role to work as.

    Yields:
        The SQLAlchemy connection.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    with engine(role).begin() as connection:
        yield connection


def driver(connection: sqlalchemy.Connection) -> psycopg.Connection[TupleRow]:
    """The psycopg connection beneath a SQLAlchemy connection, in the same transaction.

    Args:
        connection: from `transaction`.
    """
    return cast("psycopg.Connection[TupleRow]", connection.connection.driver_connection)


@contextmanager
def scoped(scope: Scope) -> Iterator[psycopg.Connection[TupleRow]]:
    """A read-only transaction of the reader that sees what the scope allows, in one state of the database.

    Args:
        scope: who is looking.

    Yields:
        The psycopg connection, of a pool.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    try:
        connection = _pool().getconn()
    except psycopg_pool.PoolTimeout as error:
        raise DatabaseError(f"The database gave no connection within {_POOL_SECONDS} s; see `gcrm doctor`, or try again when fewer people look.") from error
    try:
        with connection.transaction():
            queries("access").set_scope(connection, territories=scope.setting)
            yield connection
    finally:
        _pool().putconn(connection)


def close_all() -> None:
    """Closes the engines and the pool of this process; they are made anew when they are needed."""
    if engine.cache_info().currsize:
        for role in Role:
            engine(role).dispose()
        engine.cache_clear()
    if _new_pool.cache_info().currsize:
        _pool().close()
        _new_pool.cache_clear()


def _pool() -> psycopg_pool.ConnectionPool[psycopg.Connection[TupleRow]]:
    with _ONE_POOL:
        return _new_pool()


@cache
def _new_pool() -> psycopg_pool.ConnectionPool[psycopg.Connection[TupleRow]]:
    _reached(Role.READER).close()  # a pool would try for as long as its timeout before it says that nobody answers
    pool = psycopg_pool.ConnectionPool(
        _address(Role.READER, *_SESSION),
        kwargs={"application_name": _APPLICATION},
        connection_class=psycopg.Connection[TupleRow],
        min_size=0,
        max_size=_POOL_SIZE,
        timeout=_POOL_SECONDS,
        configure=_read_only,
        check=psycopg_pool.ConnectionPool.check_connection,
        open=True,
    )
    atexit.register(pool.close)
    return pool


def _read_only(connection: psycopg.Connection[Any]) -> None:
    connection.read_only = True
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ


def _address(role: Role | None, *options: str) -> str:
    """The libpq connection string of a role, or of whoever administers where it is None."""
    server, reader = settings().database_url, settings().reader_url
    if not server:
        cluster = Cluster(settings().home)
        return _with_options(cluster.url(role) if role else cluster.admin_url, *options)
    if role is Role.READER and reader:
        return _with_options(reader, *options)
    return _with_options(server, *options, *([f"-c role={role}"] if role else []))


def _with_options(url: str, *options: str) -> str:
    try:
        given = conninfo_to_dict(url).get("options")
    except psycopg.ProgrammingError as error:
        raise DatabaseError("GCRM_DATABASE_URL or GCRM_READER_URL is no address of a database; write postgresql://user@host:5432/database.") from error
    together = " ".join(str(each) for each in (given, *options) if each)
    return make_conninfo(url, options=together or None)


def _open(role: Role | None) -> psycopg.Connection[TupleRow]:
    return psycopg.connect(_address(role, *_SESSION), application_name=_APPLICATION)


def _reached(role: Role | None) -> psycopg.Connection[TupleRow]:
    try:
        return _open(role)
    except psycopg.OperationalError as error:
        mend = "check GCRM_DATABASE_URL" if settings().database_url else "start it with `gcrm db start`"
        raise DatabaseError(f"The database cannot be reached: {_first_line(error)}; {mend}.") from error


def _place(connection: psycopg.Connection[Any]) -> str:
    return f"{connection.info.host}:{connection.info.port}/{connection.info.dbname}"


def _first_line(error: psycopg.Error) -> str:
    return str(error).strip().split("\n", 1)[0].removeprefix("connection is bad: ").removeprefix("connection failed: ")
