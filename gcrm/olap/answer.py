"""Answers: a question is answered from the smallest cuboid that can, else from the facts, and says from which."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from threading import local

import duckdb
import h3
import pyarrow as pa

from gcrm.access.scope import Scope
from gcrm.errors import CubeError
from gcrm.olap import cuboids
from gcrm.olap.catalogue import DIMENSIONS, FACTS, PLACE, UNKNOWN, measure
from gcrm.olap.query import CubeQuery, Filter
from gcrm.olap.store import Version
from gcrm.spatial.cells import descendants, level_of, parent_expression
from gcrm.units import COARSEST_LEVEL, FINEST_LEVEL

_threads = local()


@dataclass(frozen=True)
class Explanation:
    """How an answer came about: the version of the cube, the files it was read from and their rows, the time it took."""

    version: str
    built_at: datetime
    read: dict[str, int]
    milliseconds: float
    currency: str | None


@dataclass(frozen=True)
class Answer:
    """An answer: `table` has a column per axis (`cell` for places: H3 cell as int64, null for what has no place), then one per measure."""

    table: pa.Table
    explanation: Explanation


@dataclass(frozen=True)
class _Part:
    """The part of an answer that comes from one file."""

    file: str
    level: int | None
    measures: tuple[str, ...]


def ask(version: Version, query: CubeQuery, scope: Scope) -> Answer:
    """Answers a question.

    Args:
        version: the published cube.
        query: the question.
        scope: who asks; only its territories are counted.

    Returns:
        The answer, sorted by its axes.

    Raises:
        CubeError: the level is finer than the scope allows, or money of several currencies would be added.
    """
    _check_level(query, scope)
    currency = _currency(version, query)
    started = time.perf_counter()
    parts = _plan(version, query, scope)
    tables = [_read(version, query, scope, part) for part in parts]
    table = _joined(tables, query)
    spent = (time.perf_counter() - started) * 1000
    read = {part.file: version.rows[part.file] for part in parts}
    return Answer(table, Explanation(version.name, version.built_at, read, spent, currency))


def members(version: Version, dimension: str, scope: Scope) -> list[str]:
    """The members of a dimension that occur in the scope, sorted; months as `2025-03`.

    Args:
        version: the published cube.
        dimension: any dimension but place.
        scope: who asks.

    Raises:
        CubeError: there is no such dimension, or it is place, whose members are cells.
    """
    having = [facts for facts in FACTS.values() if dimension in facts.dimensions]
    if not having:
        raise CubeError(f"There is no dimension {dimension!r} with named members; there are {', '.join(name for name in DIMENSIONS if name != PLACE)}.")
    column = "strftime(month, '%Y-%m')" if dimension == "month" else dimension
    condition, values = _scope_condition(scope)
    found: set[str] = set()
    for facts in having:
        path = str(version.folder / f"{facts.name}-all-full.parquet")
        rows = _engine().execute(f"SELECT DISTINCT {column} FROM read_parquet(?) WHERE {condition}", [path, *values]).fetchall()  # noqa: S608
        found |= {row[0] for row in rows}
    return sorted(found)


def _check_level(query: CubeQuery, scope: Scope) -> None:
    levels = [level for level in (query.level, *(level_of(cell) for kept in query.where for cell in _cells(kept))) if level is not None]
    if levels and max(levels) > scope.finest_level:
        raise CubeError(f"H3 level {max(levels)} is finer than your access allows; ask for level {scope.finest_level} or coarser.")


def _currency(version: Version, query: CubeQuery) -> str | None:
    """The currency of the answer's money; None where it has none, or a column says it."""
    if not any(measure(name).unit == "money" for name in query.measures):
        return None
    kept = next((kept.members for kept in query.where if kept.dimension == "currency"), version.currencies)
    wanted = [currency for currency in version.currencies if currency in kept]
    if any(axis.dimension == "currency" for axis in query.axes):
        return None
    if len(wanted) > 1:
        raise CubeError(f"The sales are in {', '.join(wanted)}, which do not add up; filter with currency={wanted[0]} or add currency to the rows.")
    return wanted[0] if wanted else None


def _plan(version: Version, query: CubeQuery, scope: Scope) -> list[_Part]:
    """For each kind of facts and each kind of measure the smallest file that answers."""
    needed = {axis.dimension for axis in query.axes} | {kept.dimension for kept in query.where} | ({"territory_id"} if scope.territories is not None else set())
    parts = []
    for name in FACTS:
        wanted = [measure(each) for each in query.measures if measure(each).facts == name]
        additive = tuple(each.name for each in wanted if each.additive)
        distinct = tuple(each.name for each in wanted if not each.additive)
        if additive:
            parts.append(_Part(*_smallest(version, query, name, needed), additive))
        if distinct:
            parts.append(_Part(cuboids.facts_file(FACTS[name]).removesuffix(".parquet"), FINEST_LEVEL, distinct))
    return parts


def _smallest(version: Version, query: CubeQuery, facts: str, needed: set[str]) -> tuple[str, int | None]:
    level = _needed_level(query)
    fitting = [cuboid for cuboid in cuboids.declared() if cuboids.covers(cuboid, facts, needed, level)]
    best = min(fitting, key=lambda cuboid: version.rows[cuboid.name])
    return best.name, best.level


def _needed_level(query: CubeQuery) -> int | None:
    """The level at which the cells of a question can all be told apart; None where it asks for no place."""
    asked = [] if query.level is None else [query.level]
    filtered = [level_of(cell) for kept in query.where for cell in _cells(kept)]
    unknown = any(kept.dimension == PLACE and UNKNOWN in kept.members for kept in query.where)
    return max([*asked, *filtered, *([COARSEST_LEVEL] if filtered or unknown else [])], default=None)


def _cells(kept: Filter) -> list[int]:
    return [h3.str_to_int(member) for member in kept.members if member != UNKNOWN] if kept.dimension == PLACE else []


def _read(version: Version, query: CubeQuery, scope: Scope, part: _Part) -> pa.Table:
    conditions, values = _conditions(query, scope, part)
    axes = [f"{_place(query.level, part)} AS cell" if axis.dimension == PLACE else axis.column for axis in query.axes]
    sums = [f"{measure(name).formula} AS {name}" for name in part.measures]
    # Every name is declared in gcrm.olap.catalogue; members of filters and the path are parameters.
    text = f"SELECT {', '.join([*axes, *sums])} FROM read_parquet(?) WHERE {conditions}" + (" GROUP BY ALL ORDER BY ALL" if axes else "")  # noqa: S608
    return _engine().sql(text, params=[str(version.folder / f"{part.file}.parquet"), *values]).to_arrow_table()


def _place(level: int | None, part: _Part) -> str:
    return "cell" if level is None or level == part.level else parent_expression("cell", level)


def _scope_condition(scope: Scope) -> tuple[str, list[object]]:
    if scope.territories is None:
        return "true", []
    return "territory_id IN (SELECT unnest(?::INTEGER[]))", [sorted(scope.territories)]


def _conditions(query: CubeQuery, scope: Scope, part: _Part) -> tuple[str, list[object]]:
    condition, values = _scope_condition(scope)
    conditions = [condition]
    for kept in query.where:
        if kept.dimension == PLACE:
            own = [descendants(cell, part.level or FINEST_LEVEL) for cell in _cells(kept)]
            either = ["cell BETWEEN ? AND ?"] * len(own) + ["cell IS NULL"] * (UNKNOWN in kept.members)
            values += [limit for limits in own for limit in limits]
        elif kept.dimension == "month":
            either = ["month BETWEEN ? AND ?"] * len(kept.members)
            values += [limit for limits in kept.months() for limit in limits]
        else:
            either = [f"{kept.dimension} IN (SELECT unnest(?::VARCHAR[]))"]
            values.append(list(kept.members))
        conditions.append(f"({' OR '.join(either)})")
    return " AND ".join(conditions), values


def _joined(tables: Sequence[pa.Table], query: CubeQuery) -> pa.Table:
    """The parts side by side, sorted by the axes; a missing count or sum of a member is null."""
    keys = [axis.column for axis in query.axes]
    if len(tables) == 1:
        return tables[0].select([*keys, *query.measures])
    engine = _engine()
    names = [f"part_{number}" for number in range(len(tables))]
    for name, table in zip(names, tables, strict=True):
        engine.register(name, table)
    try:
        members_of = " UNION ".join(f"SELECT {', '.join(keys)} FROM {name}" for name in names)  # noqa: S608 - declared names only
        if not keys:
            text = f"SELECT {', '.join(query.measures)} FROM {', '.join(names)}"  # noqa: S608
        else:
            joins = " ".join(f"LEFT JOIN {name} ON " + " AND ".join(f"{name}.{key} IS NOT DISTINCT FROM keys.{key}" for key in keys) for name in names)
            chosen = ", ".join([*(f"keys.{key}" for key in keys), *query.measures])
            text = f"SELECT {chosen} FROM ({members_of}) AS keys {joins} ORDER BY {', '.join(f'keys.{key}' for key in keys)}"  # noqa: S608
        return engine.sql(text).to_arrow_table()
    finally:
        for name in names:
            engine.unregister(name)


@cache
def _process_engine() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"memory_limit": "2GB"})


def _engine() -> duckdb.DuckDBPyConnection:
    """This thread's cursor of the process's DuckDB."""
    if not hasattr(_threads, "cursor"):
        _threads.cursor = _process_engine().cursor()
    cursor: duckdb.DuckDBPyConnection = _threads.cursor
    return cursor
