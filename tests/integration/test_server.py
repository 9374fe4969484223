"""A server in place of the private cluster: GCRM_DATABASE_URL and GCRM_READER_URL."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.db import connection, migrations
from gcrm.db.cluster import Cluster
from gcrm.db.connection import Role, connect, ensure_ready, scoped
from gcrm.errors import DatabaseError

_SQL_TO_PREPARE = """
CREATE ROLE app LOGIN CREATEROLE;
CREATE ROLE weak LOGIN;
CREATE ROLE pages LOGIN;
"""


@pytest.fixture(scope="module")
def server(short_home: Path) -> Iterator[Cluster]:
    """A server with sign-ins of its own: `app` may make roles and owns a database, `weak` may nothing, `pages` gets the reader's rights only."""
    cluster = Cluster(short_home)
    cluster.start()
    with (cluster.data / "pg_hba.conf").open("a") as file:
        file.write("local all app,weak,pages peer map=gcrm\n")
    with (cluster.data / "pg_ident.conf").open("a") as file:
        file.write("gcrm /^ app\ngcrm /^ weak\ngcrm /^ pages\n")
    with psycopg.connect(cluster.admin_url, dbname="postgres", autocommit=True) as admin:
        admin.execute("SELECT pg_reload_conf()")
        admin.execute("DROP DATABASE gcrm")
        for role in Role:
            admin.execute(f"DROP ROLE {role}".encode())
        admin.execute(_SQL_TO_PREPARE.encode())
    yield cluster
    cluster.reset()


@pytest.fixture
def crm(server: Cluster) -> Iterator[str]:
    """Address of an empty database of that server, with PostGIS in it; the three roles are not there yet."""
    with psycopg.connect(server.admin_url, dbname="postgres", autocommit=True) as admin:
        admin.execute("CREATE DATABASE crm OWNER app")
        with psycopg.connect(server.admin_url, dbname="crm") as inside:
            inside.execute("CREATE EXTENSION postgis")
        yield make_conninfo(server.admin_url, dbname="crm", requirepeer=None)
        admin.execute("DROP DATABASE crm WITH (FORCE)")
        for role in Role:
            admin.execute(f"DROP ROLE IF EXISTS {role}".encode())


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Points the program at a server."""

    def point(database_url: str, reader_url: str | None = None) -> None:
        monkeypatch.setenv("GCRM_DATABASE_URL", database_url)
        if reader_url:
            monkeypatch.setenv("GCRM_READER_URL", reader_url)
        connection.close_all()
        settings.cache_clear()

    yield point
    connection.close_all()
    monkeypatch.undo()
    settings.cache_clear()


def _who(role: Role) -> tuple[object, ...] | None:
    with connect(role) as each:
        return each.execute("SELECT current_user, session_user, current_setting('search_path'), current_setting('TimeZone')").fetchone()


def test_a_role_that_may_make_roles_gets_it_ready(crm: str, use: Callable[..., None]) -> None:
    use(make_conninfo(crm, user="app"))
    ensure_ready()
    ensure_ready()
    for role in Role:
        assert _who(role) == (role, "app", "gcrm,public", "UTC")
    with connect(Role.READER) as reader:
        assert migrations.pending(reader) == []
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("DELETE FROM accounts")
    with scoped(Scope.everything()) as reader:
        assert reader.execute("SELECT count(*) FROM accounts").fetchone() == (0,)


def test_a_reader_of_its_own_is_used_as_it_is(crm: str, use: Callable[..., None]) -> None:
    use(make_conninfo(crm, user="app"), make_conninfo(crm, user="pages", options="-c statement_timeout=5000"))
    connection.migrate()
    with psycopg.connect(crm) as admin:
        admin.execute("GRANT gcrm_reader TO pages")
    assert _who(Role.READER) == ("pages", "pages", "gcrm,public", "UTC")
    with connect(Role.READER) as reader:
        assert reader.execute("SHOW statement_timeout").fetchone() == ("5s",)
    with connect(Role.READER) as reader, pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute("SET ROLE gcrm_writer")


def test_a_user_with_the_roles_alone_can_migrate_what_an_administrator_began(crm: str, use: Callable[..., None]) -> None:
    use(crm)
    connection.migrate()
    with psycopg.connect(crm) as admin:
        admin.execute("GRANT gcrm_owner, gcrm_writer, gcrm_reader TO weak")
    try:
        use(make_conninfo(crm, user="weak"))
        assert connection.migrate() == []
        assert _who(Role.WRITER) == (Role.WRITER, "weak", "gcrm,public", "UTC")
    finally:
        with psycopg.connect(crm) as admin:
            admin.execute("REVOKE gcrm_owner, gcrm_writer, gcrm_reader FROM weak")


def test_a_missing_right_is_named(crm: str, use: Callable[..., None]) -> None:
    use(make_conninfo(crm, user="weak"))
    with pytest.raises(DatabaseError, match="permission denied to create role; let its administrator run `gcrm db migrate` once, and grant"):
        ensure_ready()
    with psycopg.connect(crm) as admin:
        admin.execute("DROP EXTENSION postgis")
    use(make_conninfo(crm, user="app"))
    with pytest.raises(DatabaseError, match='permission denied to create extension "postgis"; let its administrator'):
        ensure_ready()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("host=127.0.0.1 port=1 dbname=crm", "cannot be reached: .*check GCRM_DATABASE_URL"),
        ("postgresql+psycopg2://me@host/crm", "no address of a database; write postgresql://"),
        ("mysql://me@host/crm", "no address of a database; write postgresql://"),
    ],
)
def test_a_wrong_address_is_told(use: Callable[..., None], address: str, said: str) -> None:
    use(address)
    with pytest.raises(DatabaseError, match=said):
        ensure_ready()


def test_the_command_line_leaves_the_server_alone(crm: str, use: Callable[..., None], run_cli: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    use(make_conninfo(crm, user="app"))
    assert run_cli("db", "migrate").returncode == 0
    for command in (["start"], ["stop"], ["reset", "--yes"]):
        done = run_cli("db", *command)
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        assert "GCRM_DATABASE_URL names a server" in done.stderr
    address = run_cli("db", "url", "--role", "writer").stdout.strip()
    with psycopg.connect(address) as writer:
        assert writer.execute("SELECT current_user").fetchone() == (Role.WRITER,)
    doctor = run_cli("doctor")
    assert doctor.returncode == 0, doctor.stdout
    assert "set GCRM_READER_URL" in doctor.stdout
