"""Who served an account when: kept by the database, whoever changes the territory; in step with merges and their undo."""

import pytest

from gcrm.access.scope import Scope
from gcrm.db.connection import Role, connect
from gcrm.pipeline.account import account

pytestmark = pytest.mark.usefixtures("database", "filled")

_FILL = """
INSERT INTO imports (source, object, file_name, file_sha256, mapping) VALUES ('test', 'accounts', 'a.csv', 'f', '{}');
INSERT INTO territories (source, source_key, name, made_up, import_id) SELECT 'test', n, 'T' || n, true, 1 FROM generate_series(1, 3) AS n;
INSERT INTO accounts (source, source_key, kind, status, name, territory_id, made_up, import_id)
    SELECT 'test', n, 'company', 'customer', 'A' || n, nullif(n % 3, 0), true, 1 FROM generate_series(1, 9) AS n;
"""


@pytest.fixture(scope="module")
def filled() -> None:
    with connect(Role.WRITER) as writer:
        writer.execute(_FILL.encode())


def _set(account_id: int, territory_id: int | None) -> None:
    with connect(Role.WRITER) as writer:
        writer.execute("UPDATE gcrm.accounts SET territory_id = %s WHERE account_id = %s", [territory_id, account_id])


def _served(account_id: int, scope: Scope | None = None) -> list[str | None]:
    found = account(account_id, scope or Scope.everything())
    return [] if found is None else [each.territory for each in found.served]


def test_new_accounts_begin_with_their_territory_and_those_without_one_with_nothing() -> None:
    assert [_served(number) for number in (1, 2, 3)] == [["T1"], ["T2"], []]


def test_each_change_of_the_territory_is_kept_and_nothing_else() -> None:
    _set(4, 2)
    with connect(Role.WRITER) as writer:
        writer.execute("UPDATE gcrm.accounts SET name = 'renamed', territory_id = territory_id WHERE account_id = 4")
    _set(4, None)
    _set(4, 3)
    assert _served(4) == ["T1", "T2", None, "T3"]


def test_of_several_changes_in_one_transaction_the_last_one_counts() -> None:
    with connect(Role.WRITER) as writer:
        for territory_id in (1, 3, 2):
            writer.execute("UPDATE gcrm.accounts SET territory_id = %s WHERE account_id = 6", [territory_id])
    assert _served(6) == ["T2"]


def test_an_account_that_is_merged_and_brought_back_has_its_own_history_again() -> None:
    _set(7, 3)
    with connect(Role.WRITER) as writer:
        row = writer.execute("SELECT gcrm.merge_accounts(8, 7)").fetchone()
    assert row is not None
    assert _served(8) == ["T2"]
    with connect(Role.WRITER) as writer:
        writer.execute("SELECT gcrm.undo_merge(%s)", [row[0]])
    assert _served(7) == ["T1", "T3"]
    assert _served(8) == ["T2"]


def test_the_history_of_an_account_is_seen_by_whoever_sees_the_account() -> None:
    assert _served(1, Scope(frozenset({1}))) == ["T1"]
    assert _served(1, Scope(frozenset({2}))) == []
