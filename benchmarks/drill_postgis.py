"""The rival of the drill steps: a fact table in PostgreSQL with the indexes that its questions want, accounts with their points beside it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import psycopg

from gcrm.access.scope import Scope
from gcrm.db.connection import Role, connect, ensure_ready
from gcrm.olap.catalogue import DIMENSIONS, FACTS, PLACE, simple
from gcrm.olap.conditions import conditions
from gcrm.olap.cuboids import facts_file
from gcrm.olap.query import CubeQuery
from gcrm.olap.versions import Version
from gcrm.spatial.cells import parent_expression
from gcrm.units import FINEST_LEVEL

LIMIT_S = 60
_INDEXES = (
    *(f"CREATE INDEX ON gcrm.drill_sales ({keys})" for keys in ("cell, day", "account_id", "day", "segment, month", "territory, month", "category, month")),
    "ALTER TABLE gcrm.drill_accounts ADD position geometry(Point, 4326)",
    "UPDATE gcrm.drill_accounts SET position = ST_Point(longitude, latitude, 4326)",
    "CREATE INDEX ON gcrm.drill_accounts USING gist (position)", "VACUUM ANALYZE gcrm.drill_sales", "VACUUM ANALYZE gcrm.drill_accounts",
)  # fmt: skip


@contextmanager
def fact_tables(version: Version) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """The facts of a version in the database, in the order of their cells, until the block ends.

    Args:
        version: the published cube.
    """
    ensure_ready()
    with connect(Role.OWNER) as connection:
        connection.autocommit = True
        for name in ("sales", "accounts"):
            columns = ", ".join(f"{column} {kind}" for column, kind in FACTS[name].columns.items()).replace("DOUBLE", "DOUBLE PRECISION")
            connection.execute(f"CREATE UNLOGGED TABLE gcrm.drill_{name} ({columns})".encode())
            _copy(connection, version, name)
        for statement in _INDEXES:
            connection.execute(statement.encode())
        connection.execute(f"SET statement_timeout = '{LIMIT_S}s'".encode())
        yield connection


def _copy(connection: psycopg.Connection[tuple[object, ...]], version: Version, name: str) -> None:
    extract = version.folder.parent / f"{name}.csv"
    facts = version.folder / facts_file(FACTS[name])
    with duckdb.connect() as engine:
        engine.execute(f"COPY (SELECT * FROM read_parquet('{facts}')) TO '{extract}' (FORMAT csv, HEADER false)")
    with extract.open("rb") as file, connection.cursor().copy(f"COPY gcrm.drill_{name} FROM STDIN (FORMAT csv)".encode()) as copy:
        while block := file.read(1 << 20):
            copy.write(block)
    extract.unlink()


def of_sales_alone(query: CubeQuery) -> bool:
    """Whether a question is about sales and nothing else."""
    return {each.facts for name in query.measures for each in simple(name)} == {"sales"}


def milliseconds(connection: psycopg.Connection[tuple[object, ...]], version: Version, query: CubeQuery) -> float | None:
    """What a question about sales takes; None where it takes longer than LIMIT_S.

    Args:
        connection: of `fact_tables`.
        version: the published cube.
        query: the question.
    """
    axes = [_place(axis.level) if axis.dimension == PLACE else DIMENSIONS[axis.dimension].expression for axis in query.axes]
    measures = [each.formula for each in dict.fromkeys(each for name in query.measures for each in simple(name))]
    plain = [kept for kept in query.where if not kept.exact]
    kept = conditions(version, plain, Scope.everything(), FACTS["sales"], FINEST_LEVEL)
    where, values = kept.text.replace("?", "%s"), kept.values
    for polygons in (kept.members for kept in query.where if kept.exact):
        inside = " OR ".join(["ST_Covers(ST_GeomFromText(%s, 4326), position)"] * len(polygons))
        where, values = f"{where} AND account_id IN (SELECT account_id FROM gcrm.drill_accounts WHERE {inside})", [*values, *polygons]
    group = f"GROUP BY {', '.join(str(number + 1) for number in range(len(axes)))}" if axes else ""
    started = time.perf_counter()
    try:
        connection.execute(f"SELECT {', '.join([*axes, *measures])} FROM gcrm.drill_sales WHERE {where} {group}".encode(), values).fetchall()
    except psycopg.errors.QueryCanceled:
        return None
    return (time.perf_counter() - started) * 1000


def _place(level: int | None) -> str:
    return "cell" if level in (None, FINEST_LEVEL) else parent_expression("cell", level)
