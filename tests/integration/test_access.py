"""Who may do what in the database: the three roles, and the scope of a reader."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import sqlalchemy

from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.db import connection
from gcrm.db.cluster import Cluster
from gcrm.db.connection import Role, connect, driver, scoped, transaction
from gcrm.errors import DatabaseError

pytestmark = pytest.mark.usefixtures("database", "filled")

_ON_ACCOUNTS = ("accounts", "contacts", "orders", "activities", "opportunities", "cases", "account_surroundings", "consents", "campaign_members")
# Accounts 1 to 3 are in territory 1, 4 and 5 in territory 2, 6 in none; each has one row in every other table.
_IN_TERRITORY = {1: 3, 2: 2}
_ALL = 6

_FILL = """
INSERT INTO imports (source, object, file_name, file_sha256, mapping) VALUES ('test', 'accounts', 'a.csv', 'f', '{}');
INSERT INTO territories (source, source_key, name, made_up, import_id) SELECT 'test', n, 'T' || n, true, 1 FROM generate_series(1, 2) AS n;
INSERT INTO accounts (source, source_key, kind, status, name, territory_id, made_up, import_id)
    SELECT 'test', n, 'company', 'customer', 'A' || n, CASE WHEN n <= 3 THEN 1 WHEN n <= 5 THEN 2 END, true, 1 FROM generate_series(1, 6) AS n;
INSERT INTO contacts (source, source_key, account_id, made_up, import_id) SELECT 'test', account_id, account_id, true, 1 FROM accounts;
INSERT INTO orders (source, source_key, order_key, account_id, ordered_at, quantity, revenue, currency, made_up, import_id)
    SELECT 'test', account_id, account_id, account_id, now(), 1, 10, 'EUR', true, 1 FROM accounts;
INSERT INTO activities (source, source_key, account_id, kind, happened_at, made_up, import_id)
    SELECT 'test', account_id, account_id, 'call', now(), true, 1 FROM accounts;
INSERT INTO opportunities (source, source_key, account_id, name, stage, amount, currency, opened_at, made_up, import_id)
    SELECT 'test', account_id, account_id, 'O', 'new', 1, 'EUR', now(), true, 1 FROM accounts;
INSERT INTO cases (source, source_key, account_id, kind, priority, status, subject, opened_at, response_due_at, solution_due_at, made_up, import_id)
    SELECT 'test', account_id, account_id, 'complaint', 'high', 'new', 'C', now(), now(), now(), true, 1 FROM accounts;
INSERT INTO account_surroundings (account_id, layer_version_ids) SELECT account_id, '{}' FROM accounts;
INSERT INTO consents (source, source_key, contact_id, purpose, channel, given, recorded_at, made_up, import_id)
    SELECT 'test', contact_id, contact_id, 'marketing', 'mail', true, now(), true, 1 FROM contacts;
INSERT INTO campaigns (source, source_key, name, starts_on, cost, currency, made_up, import_id) VALUES ('test', '1', 'C', '2025-01-01', 60, 'EUR', true, 1);
INSERT INTO campaign_members (source, source_key, campaign_id, account_id, sent_at, response, made_up, import_id)
    SELECT 'test', account_id, 1, account_id, now(), 'none', true, 1 FROM accounts;
"""


@pytest.fixture(scope="module")
def filled() -> None:
    with connect(Role.WRITER) as writer:
        writer.execute(_FILL.encode())


def _count(reader: psycopg.Connection, table: str) -> int:
    row = reader.execute(f"SELECT count(*) FROM gcrm.{table}".encode()).fetchone()
    assert row is not None
    return int(row[0])


def _territories(reader: psycopg.Connection) -> set[int | None]:
    return {row[0] for row in reader.execute("SELECT territory_id FROM gcrm.accounts")}


@pytest.fixture
def as_reader() -> Iterator[psycopg.Connection]:
    """The reader without the read-only transaction that `scoped` adds."""
    with connect(Role.READER) as reader:
        yield reader
        reader.rollback()


@pytest.mark.parametrize(
    "command",
    [
        "INSERT INTO gcrm.regions (name) VALUES ('North')",
        "UPDATE gcrm.accounts SET name = 'x'",
        "DELETE FROM gcrm.orders",
        "DELETE FROM gcrm.saved_views",
        "TRUNCATE gcrm.roads",
        "CREATE TABLE gcrm.mine (id int)",
        "CREATE TABLE public.mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SELECT count(*) FROM gcrm.tracks",
        "SELECT count(*) FROM gcrm.imports",
        "SELECT count(*) FROM gcrm.quarantine",
        "SELECT nextval('gcrm.regions_region_id_seq')",
        "ALTER TABLE gcrm.accounts DISABLE ROW LEVEL SECURITY",
        "CREATE POLICY mine ON gcrm.accounts USING (true)",
        "SET ROLE gcrm_owner",
        "SET ROLE gcrm_writer",
        "SET ROLE postgres",
        "SET SESSION AUTHORIZATION gcrm_writer",
        "GRANT gcrm_writer TO gcrm_reader",
        "ALTER ROLE gcrm_reader BYPASSRLS",
        "COPY gcrm.accounts TO PROGRAM 'cat'",
        "SELECT pg_read_file('PG_VERSION')",
        "SELECT lo_from_bytea(0, 'x')",
    ],
)
def test_the_reader_may_not(as_reader: psycopg.Connection, command: str) -> None:
    as_reader.execute("SELECT set_config('gcrm.territories', 'all', true)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_reader.execute(command.encode())


@pytest.mark.parametrize("command", ["RESET ROLE", "SET ROLE NONE", "RESET SESSION AUTHORIZATION", "DISCARD ALL"])
def test_laying_the_role_aside_gives_the_reader_nothing(command: str) -> None:
    with connect(Role.READER) as reader:
        reader.autocommit = True
        reader.execute(command.encode())
        assert reader.execute("SELECT current_user, session_user").fetchone() == (Role.READER, Role.READER)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("DELETE FROM gcrm.orders")


@pytest.mark.parametrize("command", ["UPDATE gcrm.consents SET given = false", "DELETE FROM gcrm.consents", "CREATE TABLE gcrm.mine ()", "SET ROLE gcrm_owner"])
def test_the_writer_may_not(command: str) -> None:
    with connect(Role.WRITER) as writer, pytest.raises(psycopg.errors.InsufficientPrivilege):
        writer.execute(command.encode())


@pytest.mark.parametrize("table", _ON_ACCOUNTS)
def test_without_a_scope_the_reader_sees_no_customer(as_reader: psycopg.Connection, table: str) -> None:
    assert _count(as_reader, table) == 0
    as_reader.execute("SELECT set_config('gcrm.territories', '', true)")
    assert _count(as_reader, table) == 0


@pytest.mark.parametrize("table", _ON_ACCOUNTS)
def test_a_scope_shows_its_own_territories_only(table: str) -> None:
    for territory, expected in _IN_TERRITORY.items():
        with scoped(Scope(territories=frozenset({territory}))) as reader:
            assert _count(reader, table) == expected
            assert _territories(reader) == {territory}
    with scoped(Scope(territories=frozenset({1, 2}))) as reader:
        assert _count(reader, table) == sum(_IN_TERRITORY.values())
    with scoped(Scope(territories=frozenset({99}))) as reader:
        assert _count(reader, table) == 0
    with scoped(Scope(territories=frozenset())) as reader:
        assert _count(reader, table) == 0
    with scoped(Scope.everything()) as reader:
        assert _count(reader, table) == _ALL


def test_no_policy_lists_the_accounts_that_a_reader_sees() -> None:
    """At a million accounts such a list takes longer than the page: each row asks for its own account, by key."""
    with connect(Role.OWNER) as owner:
        listing = owner.execute(
            "SELECT polrelid::regclass::text FROM pg_policy WHERE pg_get_expr(polqual, polrelid) ~ '_id IN [(] SELECT [a-z_.]+\\s+FROM'"
        ).fetchall()
    assert listing == []


def test_a_hidden_account_is_not_found_by_its_key_or_by_a_join() -> None:
    with scoped(Scope(territories=frozenset({1}))) as reader:
        assert reader.execute("SELECT FROM gcrm.accounts WHERE account_id = 4").fetchone() is None
        assert reader.execute("SELECT sum(revenue) FROM gcrm.orders JOIN gcrm.territories ON true").fetchone() == (3 * 10 * 2,)
        assert reader.execute("SELECT count(*) FROM gcrm.orders WHERE account_id NOT IN (SELECT account_id FROM gcrm.accounts)").fetchone() == (0,)


def test_the_scope_does_not_reach_the_next_user_of_the_connection() -> None:
    with scoped(Scope.everything()) as first:
        process = first.info.backend_pid
        assert _count(first, "accounts") == _ALL
    with connection._pool().connection() as second:
        assert second.info.backend_pid == process
        assert _count(second, "accounts") == 0
    with scoped(Scope(territories=frozenset({2}))) as third:
        assert third.info.backend_pid == process
        assert _count(third, "accounts") == _IN_TERRITORY[2]


def test_the_scope_ends_with_its_transaction_also_where_that_fails() -> None:
    def fail() -> None:
        with scoped(Scope.everything()) as reader:
            processes.add(reader.info.backend_pid)
            reader.execute("SELECT 1 / 0")

    processes: set[int] = set()
    with pytest.raises(psycopg.errors.DivisionByZero):
        fail()
    with connection._pool().connection() as second:
        assert {second.info.backend_pid} == processes
        assert _count(second, "accounts") == 0


def test_many_users_at_once_each_see_their_own() -> None:
    def look(seed: int) -> bool:
        territories = frozenset(each for each in (1, 2, 3) if seed >> each & 1)
        with scoped(Scope(territories=territories)) as reader:
            return _territories(reader) == territories - {3}

    with ThreadPoolExecutor(max_workers=12) as pool:
        assert all(pool.map(look, range(400)))


def test_a_scoped_reader_cannot_write_even_where_a_grant_would_let_it() -> None:
    with connect(Role.OWNER) as owner:
        owner.execute("GRANT INSERT ON gcrm.regions TO gcrm_reader")
    try:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), scoped(Scope.everything()) as reader:
            reader.execute("INSERT INTO gcrm.regions (name) VALUES ('North')")
    finally:
        with connect(Role.OWNER) as owner:
            owner.execute("REVOKE INSERT ON gcrm.regions FROM gcrm_reader")


def test_a_scoped_reader_sees_one_state_of_the_database() -> None:
    with scoped(Scope.everything()) as reader:
        before = _count(reader, "regions")
        with connect(Role.WRITER) as writer:
            writer.execute("INSERT INTO regions (name) VALUES ('South')")
        assert _count(reader, "regions") == before
    with scoped(Scope.everything()) as reader:
        assert _count(reader, "regions") == before + 1


def test_the_pool_gets_over_a_connection_that_was_cut() -> None:
    with scoped(Scope.everything()) as reader:
        process = reader.info.backend_pid
    with psycopg.connect(Cluster(settings().home).admin_url) as admin:
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", [process])
    with scoped(Scope.everything()) as reader:
        assert reader.info.backend_pid != process
        assert _count(reader, "accounts") == _ALL


def test_a_connection_commits_where_all_went_well_and_else_does_not() -> None:
    with connect(Role.WRITER) as writer:
        assert writer.info.parameter_status("TimeZone") == "UTC"
        assert writer.info.parameter_status("application_name") == "gcrm"
        assert writer.execute("SHOW search_path").fetchone() == ("gcrm,public",)
        writer.execute("INSERT INTO regions (name) VALUES ('kept')")
    with pytest.raises(psycopg.errors.DivisionByZero), connect(Role.WRITER) as writer:
        writer.execute("INSERT INTO regions (name) VALUES ('lost'); SELECT 1 / 0")
    with connect(Role.WRITER) as writer:
        assert writer.execute("SELECT name FROM regions WHERE name IN ('kept', 'lost')").fetchall() == [("kept",)]


def test_sqlalchemy_and_psycopg_share_one_transaction() -> None:
    def write(*, fail: bool) -> None:
        with transaction(Role.WRITER) as both:
            driver(both).execute("INSERT INTO regions (name) VALUES ('East')")
            both.exec_driver_sql("UPDATE regions SET name = 'Far East' WHERE name = 'East'")
            both.exec_driver_sql(f"SELECT 1 / {int(not fail)}")

    def found() -> list[object]:
        with transaction(Role.WRITER) as both:
            return list(both.exec_driver_sql("SELECT name FROM regions WHERE name LIKE '%%East'").scalars())

    with pytest.raises(sqlalchemy.exc.DataError):
        write(fail=True)
    assert found() == []
    write(fail=False)
    assert found() == ["Far East"]


def test_other_programs_get_an_address_with_or_without_customers() -> None:
    with psycopg.connect(connection.url(Role.READER)) as reader:
        assert _count(reader, "accounts") == 0
    with psycopg.connect(connection.url(Role.READER, "1,2")) as reader:
        assert _count(reader, "accounts") == sum(_IN_TERRITORY.values())
    with pytest.raises(DatabaseError, match="not 'north'"):
        connection.url(Role.READER, "north")


def test_a_database_that_does_not_answer_is_named(tmp_path: os.PathLike[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GCRM_HOME", str(tmp_path))
    settings.cache_clear()
    try:
        connection.close_all()
        with pytest.raises(DatabaseError, match="gcrm db start"):
            connect(Role.READER)
        with pytest.raises(DatabaseError, match="gcrm db start"), scoped(Scope.everything()):
            pass
    finally:
        monkeypatch.undo()
        settings.cache_clear()
