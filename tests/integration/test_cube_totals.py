"""The cube's totals are those of the database, to the cent, at every H3 level and by every dimension."""

from decimal import Decimal

import pytest

from gcrm.access.scope import Scope
from gcrm.db.connection import Role, connect
from gcrm.olap.catalogue import FACTS, MEASURES
from gcrm.olap.query import CubeQuery
from gcrm.pipeline.cubes import ask_cube
from gcrm.pipeline.demo import run
from gcrm.units import LEVELS

EVERYTHING = Scope.everything()
# What the catalogue's measures mean, over the tables that files feed; the cell by the database's own function.
FROM = """
    FROM gcrm.orders o
    JOIN gcrm.accounts a USING (account_id)
    LEFT JOIN gcrm.products p USING (product_id)
    LEFT JOIN gcrm.account_surroundings s USING (account_id)
    LEFT JOIN gcrm.territories t ON t.territory_id = a.territory_id
    LEFT JOIN gcrm.regions r USING (region_id)
"""
SUMS = "count(DISTINCT o.account_id), count(DISTINCT (o.source, o.order_key)), sum(o.revenue), sum(o.revenue - o.cost), sum(o.quantity)"
SALES = "buyers,orders,revenue,margin,quantity"
COLUMNS = {
    "month": "date_trunc('month', o.ordered_at AT TIME ZONE 'UTC')::date",
    "segment": "coalesce(a.segment, '(unknown)')",
    "residence_type": "coalesce(s.residence_type, '(unknown)')",
    "territory": "coalesce(t.name, '(unknown)')",
    "region": "coalesce(r.name, '(unknown)')",
    "status": "a.status",
    "category": "coalesce(p.category, '(unknown)')",
    "channel": "coalesce(o.channel, '(unknown)')",
    "currency": "o.currency",
}


@pytest.fixture(scope="module", autouse=True)
def _demo(database: None) -> None:
    del database
    run(None, 0.1, 20240501, lambda _name, _seconds: None)


def _sql(columns: list[str]) -> list[tuple[object, ...]]:
    chosen = "".join(f"{column}, " for column in columns)
    group = f"GROUP BY {', '.join(str(number) for number in range(1, len(columns) + 1))}" if columns else ""
    with connect(Role.OWNER) as connection:
        rows = connection.execute(f"SELECT {chosen}{SUMS} {FROM} {group}".encode()).fetchall()
    return sorted(rows, key=str)


def _cube(rows: str) -> list[tuple[object, ...]]:
    table = ask_cube(CubeQuery.parse(rows, measures=SALES), EVERYTHING).table
    return sorted((tuple(row.values()) for row in table.to_pylist()), key=str)


def test_there_is_something_to_count() -> None:
    ((buyers, orders, revenue, _, _),) = _sql([])
    assert isinstance(buyers, int)
    assert isinstance(orders, int)
    assert isinstance(revenue, Decimal)
    assert orders > buyers > 100


def test_grand_totals() -> None:
    assert _cube("") == _sql([])


@pytest.mark.parametrize("level", LEVELS)
def test_by_cell(level: int) -> None:
    assert _cube(f"place:{level}") == _sql([f"gcrm.cell_parent(a.cell, {level})"])


@pytest.mark.parametrize("dimension", FACTS["sales"].dimensions)
def test_by_each_dimension(dimension: str) -> None:
    assert _cube(dimension) == _sql([COLUMNS[dimension]])


@pytest.mark.parametrize("level", LEVELS)
def test_by_cell_month_and_segment(level: int) -> None:
    assert _cube(f"place:{level},month,segment") == _sql([f"gcrm.cell_parent(a.cell, {level})", COLUMNS["month"], COLUMNS["segment"]])


@pytest.mark.parametrize("level", LEVELS)
def test_accounts_by_cell(level: int) -> None:
    table = ask_cube(CubeQuery.parse(f"place:{level}", measures="accounts"), EVERYTHING).table
    with connect(Role.OWNER) as connection:
        rows = connection.execute(f"SELECT gcrm.cell_parent(cell, {level}), count(*) FROM gcrm.accounts GROUP BY 1".encode()).fetchall()
    assert sorted((tuple(row.values()) for row in table.to_pylist()), key=str) == sorted(rows, key=str)


def test_every_measure_of_the_catalogue_is_compared() -> None:
    assert set(MEASURES) == {"accounts", *SALES.split(",")}
