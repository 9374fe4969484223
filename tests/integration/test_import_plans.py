"""How a chunk of an import is joined to tables of which the planner knows nothing yet, as in the first minute of a first import."""

from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
import pytest

from gcrm.config import settings
from gcrm.db.cluster import Cluster
from gcrm.db.queries import queries
from gcrm.frames import OBJECTS
from tests.integration.records import empty
from tests.integration.shop import import_shop

pytestmark = pytest.mark.usefixtures("database")

_PARAMETERS = {"source": "shop", "import_id": 1, "mapped": ["name"], "row_numbers": [1]}
_RECORDS = """
    INSERT INTO gcrm.accounts (source, source_key, kind, status, name, made_up, import_id, created_import_id)
    SELECT 'shop', 'a' || n, 'company', 'customer', 'Shop ' || n, true, import_id, import_id
    FROM generate_series(1, 20000) AS n, (SELECT min(import_id) AS import_id FROM gcrm.imports) AS first"""

_STAGED = """
    INSERT INTO staged_accounts (row_number, source_key, kind, status, name, made_up)
    SELECT n, 'a' || n, 'company', 'customer', 'Shop ' || n, true FROM generate_series(1, 12000) AS n"""


@pytest.fixture(scope="module")
def unknown() -> Iterator[psycopg.Connection[Any]]:
    """Twenty thousand accounts that were never analysed."""
    empty()
    import_shop()
    with psycopg.connect(Cluster(settings().home).admin_url) as connection:
        connection.execute("ALTER TABLE gcrm.accounts SET (autovacuum_enabled = false)")
        connection.execute(_RECORDS)
        connection.execute("DELETE FROM pg_statistic USING pg_class c WHERE starelid = c.oid AND c.relnamespace = 'gcrm'::regnamespace")
        connection.execute("UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE relnamespace = 'gcrm'::regnamespace AND relkind = 'r'")
        yield connection
        connection.rollback()
    empty()


@pytest.mark.parametrize("name", OBJECTS)
def test_records_are_found_by_key(unknown: psycopg.Connection[Any], name: str) -> None:
    statements = queries(f"import_{name}")
    statements.create_stage(unknown)
    if name == "accounts":
        unknown.execute(_STAGED)
    for query in ("inherit", "unresolved", "merge", "link"):
        if hasattr(statements, query):
            explained = unknown.execute(f"EXPLAIN (FORMAT json) {getattr(statements, query).sql}".encode(), _PARAMETERS).fetchall()
            compared = [node for node in _nodes(explained[0][0][0]["Plan"]) if "source_key =" in f"{node.get('Join Filter')} {node.get('Filter')}"]
            assert not compared, f"{query} of {name} compares every pair of rows: {compared}"


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield {key: text for key, text in plan.items() if key != "Plans"}
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)
