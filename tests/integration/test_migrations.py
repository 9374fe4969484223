"""Migrations: once, in order, whole or not at all; and what they have made."""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from gcrm.db import connection, migrations
from gcrm.db.cluster import Cluster
from gcrm.db.connection import Role, connect
from gcrm.errors import MigrationError

_SCRATCH = "migration_test"


@pytest.fixture
def scratch(home: Path) -> Iterator[str]:
    """Address of an empty database in which the superuser made what migrations stand on."""
    cluster = Cluster(home)
    address = make_conninfo(cluster.admin_url, dbname=_SCRATCH)
    with psycopg.connect(cluster.admin_url, dbname="postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {_SCRATCH} TEMPLATE template0".encode())
        with psycopg.connect(address) as inside:
            migrations.bootstrap(inside)
        yield address
        admin.execute(f"DROP DATABASE {_SCRATCH} WITH (FORCE)".encode())


@pytest.fixture
def admin(scratch: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(scratch) as inside:
        yield inside


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    _write(tmp_path, "0001_one.sql", "CREATE TABLE gcrm.one (id int);")
    _write(tmp_path, "0002_two.sql", "CREATE TABLE gcrm.two (id int);")
    return tmp_path


def _write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)


def _tables(admin: psycopg.Connection) -> set[str]:
    with admin.transaction():
        return {row[0] for row in admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'gcrm' AND tablename <> 'schema_migrations'")}


def _recorded(admin: psycopg.Connection) -> list[str]:
    with admin.transaction():
        return [row[0] for row in admin.execute("SELECT name FROM gcrm.schema_migrations ORDER BY number")]


def test_the_programs_own_are_applied_in_order_and_once(admin: psycopg.Connection) -> None:
    names = [each.name for each in migrations.available()]
    assert migrations.pending(admin) == names
    admin.rollback()
    assert migrations.apply(admin) == names
    assert migrations.pending(admin) == []
    admin.rollback()
    assert migrations.apply(admin) == []
    assert _recorded(admin) == names


def test_what_they_make_belongs_to_the_owner(admin: psycopg.Connection, folder: Path) -> None:
    migrations.apply(admin, folder)
    assert admin.execute("SELECT session_user, current_user").fetchone() == ("postgres", "postgres")
    owners = admin.execute("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'gcrm'").fetchall()
    assert owners == [(Role.OWNER,)]


def test_new_ones_are_applied_after_the_old(admin: psycopg.Connection, folder: Path) -> None:
    assert migrations.apply(admin, folder) == ["0001_one.sql", "0002_two.sql"]
    _write(folder, "0003_three.sql", "CREATE TABLE gcrm.three (id int);")
    assert migrations.apply(admin, folder) == ["0003_three.sql"]
    assert _tables(admin) == {"one", "two", "three"}


def test_one_that_fails_leaves_nothing_and_can_be_mended(admin: psycopg.Connection, folder: Path) -> None:
    _write(folder, "0003_three.sql", "CREATE TABLE gcrm.three (id int); INSERT INTO gcrm.three VALUES (1); SELECT 1 / 0;")
    _write(folder, "0004_four.sql", "CREATE TABLE gcrm.four (id int);")
    with pytest.raises(MigrationError, match=r"0003_three\.sql failed and nothing of it was kept: division by zero"):
        migrations.apply(admin, folder)
    assert _tables(admin) == {"one", "two"}
    assert _recorded(admin) == ["0001_one.sql", "0002_two.sql"]
    _write(folder, "0003_three.sql", "CREATE TABLE gcrm.three (id int);")
    assert migrations.apply(admin, folder) == ["0003_three.sql", "0004_four.sql"]


def test_one_that_ends_its_own_transaction_is_refused(admin: psycopg.Connection, folder: Path) -> None:
    _write(folder, "0003_three.sql", "CREATE TABLE gcrm.three (id int); COMMIT; CREATE TABLE gcrm.four (id int);")
    with pytest.raises(MigrationError, match=r"0003_three\.sql ends its own transaction; take COMMIT"):
        migrations.apply(admin, folder)
    assert _recorded(admin) == ["0001_one.sql", "0002_two.sql"]


def test_one_whose_connection_is_cut_leaves_nothing(admin: psycopg.Connection, scratch: str, folder: Path) -> None:
    _write(folder, "0003_three.sql", "CREATE TABLE gcrm.three (id int); SELECT pg_sleep(60);")
    failed: list[MigrationError] = []

    def run() -> None:
        with psycopg.connect(scratch, application_name="cut") as runner:
            try:
                migrations.apply(runner, folder)
            except MigrationError as error:
                failed.append(error)

    work = threading.Thread(target=run)
    work.start()
    admin.autocommit = True
    while not admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cut' AND wait_event = 'PgSleep'").fetchone():
        time.sleep(0.01)
    work.join()
    assert "0003_three.sql" in str(failed[0])
    assert _tables(admin) == {"one", "two"}
    assert migrations.pending(admin, folder) == ["0003_three.sql"]


def test_a_changed_file_is_refused(admin: psycopg.Connection, folder: Path) -> None:
    migrations.apply(admin, folder)
    _write(folder, "0001_one.sql", "CREATE TABLE gcrm.one (id bigint);")
    for refused in (migrations.apply, migrations.pending):
        with pytest.raises(MigrationError, match=r"0001_one\.sql was changed .*; restore the file"):
            refused(admin, folder)
        admin.rollback()


def test_line_ends_are_no_change(admin: psycopg.Connection, folder: Path) -> None:
    (folder / "0001_one.sql").write_bytes(b"CREATE TABLE gcrm.one (\n    id int\n);\n")
    migrations.apply(admin, folder)
    (folder / "0001_one.sql").write_bytes(b"CREATE TABLE gcrm.one (\r\n    id int\r\n);\r\n")
    assert migrations.apply(admin, folder) == []


def test_a_missing_file_is_refused(admin: psycopg.Connection, folder: Path) -> None:
    migrations.apply(admin, folder)
    (folder / "0002_two.sql").unlink()
    with pytest.raises(MigrationError, match=r"0002_two\.sql, which this gcrm lacks; install"):
        migrations.apply(admin, folder)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("0004_four.sql", r"0004_four\.sql should have the number 0003; number the files"),
        ("0002_again.sql", r"0002_two\.sql should have the number 0003; number the files"),
        ("0000_zero.sql", r"0000_zero\.sql should have the number 0001; number the files"),
        ("three.sql", r"three\.sql does not fit; call it NNNN_"),
        ("0003-three.sql", r"0003-three\.sql does not fit; call it NNNN_"),
    ],
)
def test_a_gap_or_a_wrong_name_is_refused_before_anything_is_applied(admin: psycopg.Connection, folder: Path, name: str, said: str) -> None:
    _write(folder, name, "CREATE TABLE gcrm.wrong (id int);")
    with pytest.raises(MigrationError, match=said):
        migrations.apply(admin, folder)
    assert _tables(admin) == set()


def test_a_gap_in_what_was_applied_is_refused(admin: psycopg.Connection, folder: Path) -> None:
    migrations.apply(admin, folder)
    with admin.transaction():
        admin.execute("DELETE FROM gcrm.schema_migrations WHERE number = 1")
    with pytest.raises(MigrationError, match=r"0001_one\.sql was never applied, but later ones were; restore"):
        migrations.apply(admin, folder)


def test_two_runners_apply_each_once(scratch: str, folder: Path) -> None:
    for number in range(3, 13):
        _write(folder, f"{number:04}_more.sql", f"CREATE TABLE gcrm.more_{number} (id int); SELECT pg_sleep(0.02);")
    applied: list[str] = []

    def run() -> None:
        with psycopg.connect(scratch) as runner:
            migrations.bootstrap(runner)
            applied.extend(migrations.apply(runner, folder))

    both = [threading.Thread(target=run) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(applied) == sorted(path.name for path in folder.iterdir())


def test_a_connection_in_a_transaction_is_refused(admin: psycopg.Connection, folder: Path) -> None:
    admin.execute("SELECT 1")
    with pytest.raises(MigrationError, match="not in a transaction"):
        migrations.apply(admin, folder)


@pytest.mark.usefixtures("database")
def test_a_database_that_is_ready_is_left_as_it_is() -> None:
    def recorded() -> list[tuple[object, ...]]:
        with connect(Role.READER) as reader:
            return reader.execute("SELECT number, sha256, applied_at, xmin::text FROM gcrm.schema_migrations ORDER BY number").fetchall()

    before = recorded()
    connection.ensure_ready()
    assert connection.migrate() == []
    assert recorded() == before
    assert len(before) == len(migrations.available())


@pytest.mark.usefixtures("database")
def test_a_stopped_cluster_and_a_database_that_is_away_are_made_ready(home: Path) -> None:
    cluster = Cluster(home)
    connection.close_all()
    with psycopg.connect(cluster.admin_url, dbname="postgres", autocommit=True) as admin:
        admin.execute("DROP DATABASE gcrm WITH (FORCE)")
    cluster.stop()
    connection.ensure_ready()
    with connect(Role.READER) as reader:
        assert migrations.pending(reader) == []


@pytest.mark.usefixtures("database")
def test_every_table_and_column_says_what_it_is() -> None:
    with connect(Role.OWNER) as owner:
        columns = owner.execute(
            "SELECT relname, attname, obj_description(pg_class.oid, 'pg_class'), col_description(pg_class.oid, attnum) "
            "FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped "
            "WHERE relnamespace = 'gcrm'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')"
        ).fetchall()
    assert {"accounts", "orders", "schema_migrations"} <= {row[0] for row in columns}
    assert [f"{table}.{column}" for table, column, of_table, of_column in columns if not of_table or not of_column] == []


@pytest.mark.usefixtures("database")
def test_every_table_on_an_account_is_under_row_level_security() -> None:
    with connect(Role.OWNER) as owner:
        open_tables = owner.execute(
            "SELECT DISTINCT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attname IN ('account_id', 'contact_id') "
            "WHERE relnamespace = 'gcrm'::regnamespace AND relkind IN ('r', 'p', 'm') AND NOT (relrowsecurity AND relforcerowsecurity)"
        ).fetchall()
    assert open_tables == []


@pytest.mark.usefixtures("database")
def test_the_command_line_tells_what_was_applied(home: Path, run_cli: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    with psycopg.connect(Cluster(home).admin_url) as admin:
        admin.execute("DROP SCHEMA gcrm CASCADE")
    first, second = run_cli("db", "migrate"), run_cli("db", "migrate")
    assert (first.returncode, first.stderr) == (0, "")
    assert [f"applied {each.name}" for each in migrations.available()] == first.stdout.splitlines()[:-1]
    assert (second.returncode, second.stdout) == (0, "There is nothing to apply.\n")
