"""How the history of an account is read: by an index of account and time in every source, whatever the tables hold."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from gcrm.config import settings
from gcrm.db.cluster import Cluster
from gcrm.db.connection import Role, connect
from gcrm.db.queries import queries
from tests.integration.shop import import_shop

_ASKED: dict[str, Any] = {
    "account_id": 1, "objects": [], "kinds": [], "departments": [], "at": datetime(2026, 1, 1, tzinfo=UTC), "object": "orders", "record_id": 5, "most": 25,
}  # fmt: skip


@pytest.fixture(scope="module")
def many(database: None) -> None:
    """Enough activities and orders that their account alone says nothing."""
    del database
    import_shop()
    with connect(Role.WRITER) as writer:
        writer.execute(
            "INSERT INTO gcrm.activities (source, source_key, account_id, kind, happened_at, made_up)"
            " SELECT 'many', n, 1 + n % 7, 'call', timestamptz '2025-01-01' + n * interval '1 minute', true FROM generate_series(1, 40000) n"
        )

    with psycopg.connect(Cluster(settings().home).admin_url, autocommit=True) as admin:
        admin.execute("ANALYZE gcrm.activities")


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)


@pytest.mark.usefixtures("many")
def test_activities_are_read_from_the_cursor_on_and_no_further_than_the_page() -> None:
    with connect(Role.WRITER) as writer:
        explained = writer.execute(f"EXPLAIN (ANALYZE, FORMAT json) {queries('history').of_account.sql}".encode(), _ASKED).fetchone()
    assert explained is not None
    read = [node for node in _nodes(explained[0][0]["Plan"]) if node.get("Relation Name") == "activities"]
    assert [node["Index Name"] for node in read] == ["activities_account"]
    assert "account_id" in read[0]["Index Cond"]
    assert "happened_at" in read[0]["Index Cond"]
    assert read[0]["Actual Rows"] <= 2 * _ASKED["most"]
