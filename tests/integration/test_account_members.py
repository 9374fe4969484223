"""The members of accounts that hang on other accounts and on areas: companies at the top of a chain, the most likely trading area of the newest set."""

import pytest

from gcrm.access.scope import Scope
from gcrm.db.connection import Role, connect, scoped
from tests.integration.records import rows

pytestmark = pytest.mark.usefixtures("database")

CELL = 623560421467684863
_ACCOUNTS = [
    # key, kind, name, parent
    (1, "company", "Holding", None), (2, "company", "Group", 1), (3, "company", "Branch", 2), (4, "person", "Clerk", 3),
    (5, "household", "Household", None), (6, "person", "Child", 5), (7, "company", "Twin", None), (8, "company", "Twin", None),
    (9, "company", "Round", 10), (10, "company", "About", 9),
]  # fmt: skip
_AREAS = [
    # area, version, kind, name
    (1, 901, "ring", "old"), (2, 902, "ring", "near"), (3, 902, "ring", "far"), (4, 903, "customers", "hidden"),
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _accounts(database: None) -> None:
    del database
    with connect(Role.OWNER) as connection, connection.cursor() as cursor:
        connection.execute("SET search_path TO gcrm, public")
        connection.execute("INSERT INTO imports (source, object, file_name, file_sha256, mapping) VALUES ('test', 'accounts', 'a.csv', 'f', '{}')")
        cursor.executemany(
            "INSERT INTO accounts (account_id, source, source_key, kind, status, name, position, cell, made_up, import_id) OVERRIDING SYSTEM VALUE "
            "VALUES (%s, 'test', %s, %s, 'customer', %s, ST_SetSRID(ST_MakePoint(1, 1), 4326), %s, true, (SELECT max(import_id) FROM imports))",
            [(key, str(key), kind, name, CELL) for key, kind, name, _ in _ACCOUNTS],
        )
        cursor.executemany("UPDATE accounts SET parent_account_id = %s WHERE account_id = %s", [(parent, key) for key, _, _, parent in _ACCOUNTS])
        cursor.executemany(
            "INSERT INTO layer_versions (layer_version_id, layer, dataset, file_name, file_sha256, attribution, made_up, feature_count) "
            "OVERRIDING SYSTEM VALUE VALUES (%s, 'trade_areas', 'set ' || %s, '', '', '', true, 1)",
            [(version, version) for version in (901, 902, 903)],
        )
        cursor.executemany(
            "INSERT INTO trade_areas (trade_area_id, layer_version_id, feature_number, kind, name, parameters, properties, area_km2, geom) "
            "OVERRIDING SYSTEM VALUE VALUES (%s, %s, %s, %s, %s, '{}', '{}', 1, ST_Multi(ST_MakeEnvelope(0, 0, 2, 2, 4326)))",
            [(area, version, area, kind, name) for area, version, kind, name in _AREAS],
        )
        cursor.executemany(
            "INSERT INTO account_trade_areas (account_id, trade_area_id, most_likely) VALUES (%s, %s, %s)",
            [(1, 1, True), (2, 1, True), (1, 2, False), (1, 3, True), (1, 4, True)],
        )


def test_the_company_is_the_account_at_the_top() -> None:
    found = dict(rows("SELECT account_id::int, company FROM gcrm.account_members"))
    assert [found[key] for key in (1, 2, 3, 4)] == ["Holding"] * 4
    assert [found[key] for key in (5, 6)] == ["(unknown)"] * 2  # no company stands above a household
    assert [found[key] for key in (7, 8)] == ["Twin (test/7)", "Twin (test/8)"]
    assert [found[key] for key in (9, 10)] == ["(unknown)"] * 2  # a circle has no top


def test_the_trade_area_is_the_most_likely_of_the_newest_set_that_every_reader_sees() -> None:
    found = dict(rows("SELECT account_id::int, trade_area FROM gcrm.account_members"))
    assert (found[1], found[2]) == ("set 902/far", "(unknown)")


def test_a_reader_of_all_has_the_same_members_as_the_writer() -> None:
    query = "SELECT account_id, trade_area, company FROM gcrm.account_members ORDER BY account_id"
    with scoped(Scope.everything()) as connection:
        assert connection.execute(query).fetchall() == rows(query)


def test_every_account_has_its_members_once() -> None:
    assert rows("SELECT count(*), count(DISTINCT account_id) FROM gcrm.account_members") == [(len(_ACCOUNTS), len(_ACCOUNTS))]
