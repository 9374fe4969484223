"""Answers: a question is answered from the smallest cuboid that can, else from the facts, and says from which."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from gcrm.access.scope import Scope
from gcrm.errors import CubeError
from gcrm.olap import cuboids, query_log, suppression
from gcrm.olap.catalogue import DIMENSIONS, FACTS, PLACE, PLACE_COLUMNS, Axis, Facts, is_money, measure, simple
from gcrm.olap.conditions import conditions, of_scope, of_times
from gcrm.olap.delta import source
from gcrm.olap.engine import answered, engine, select
from gcrm.olap.plan import Part, QueryShape, plan
from gcrm.olap.query import CubeQuery, Filter
from gcrm.olap.versions import Version
from gcrm.spatial.cells import parent_expression
from gcrm.units import FINEST_LEVEL


@dataclass(frozen=True)
class Explanation:
    """How an answer came about: the version of the cube, the files it was read from and their rows, the time it took.

    `suppressed` figures are hidden, since they stand for fewer accounts than `smallest_count`, or would give away one that does.
    """

    version: str
    built_at: datetime
    read: dict[str, int]
    milliseconds: float
    currency: str | None
    suppressed: int = 0
    smallest_count: int = 0

    @property
    def hidden(self) -> str:
        """What is hidden, and why, in words; empty where nothing ever is."""
        if self.smallest_count <= 1:
            return ""
        few = f"fewer than {self.smallest_count} accounts"
        return f"{self.suppressed:,} figures are hidden: they stand for {few}, or would give such a one away. Members that {few} have are not listed."


@dataclass(frozen=True)
class Answer:
    """An answer: `table` has a column per axis (`cell` for place; H3 cells as int64, null for what has no place), then one per measure, null where hidden."""

    table: pa.Table
    explanation: Explanation


def ask(version: Version, query: CubeQuery, scope: Scope) -> Answer:
    """Answers a question.

    Args:
        version: the published cube.
        query: the question.
        scope: who asks; only its territories are counted, and figures of fewer accounts than its smallest count are hidden.

    Returns:
        The answer, sorted by its axes; its shape is noted in the query log of the folder.

    Raises:
        CubeError: the level is finer than the scope allows, money of several currencies would be added, or few accounts cannot be hidden in such an answer.
    """
    _check_level(query, scope)
    if scope.hides:
        suppression.check(query, scope)
    currency = _currency(version, query)
    started = time.perf_counter()
    parts = plan(version, query, scope)
    table = _joined([_statement(version, query, scope, part) for part in parts], query, [each.name for part in parts for each in part.measures])
    table, hidden = suppression.suppressed(version, query, scope, table) if scope.hides else (table, 0)
    table = _calculated(table, query)
    spent = (time.perf_counter() - started) * 1000
    rows = version.rows
    read = {part.file: rows[part.file] for part in parts}
    query_log.note(version.folder.parent, QueryShape.of(query), spent, sum(read.values()))
    return Answer(table, Explanation(version.name, version.built_at, read, spent, currency, hidden, scope.smallest_count))


def members(version: Version, dimension: str, scope: Scope, of: str | None = None) -> list[str]:
    """The members of a dimension that occur in the scope, sorted; times as `2025` or `2025-03`.

    Args:
        version: the published cube.
        dimension: any dimension but places.
        scope: who asks.
        of: a measure; only members that occur in its facts. None: in any facts.

    Raises:
        CubeError: there is no such dimension, or it is one of places, whose members are cells.
    """
    asked_of = FACTS.keys() if of is None else {each.facts for each in simple(of)}
    named = [name for name, each in DIMENSIONS.items() if each.kind != "place"]
    having = [facts for facts in FACTS.values() if dimension in facts.dimensions and facts.name in asked_of]
    if not having or dimension not in named:
        raise CubeError(f"There is no dimension {dimension!r} with named members; there are {', '.join(named)}.")
    asked = DIMENSIONS[dimension]
    found: set[object] = set()
    for facts in having:
        condition, values = of_scope(scope, facts)
        file = cuboids.facts_file(facts) if asked.column in facts.facts_only else f"{facts.name}-all-full.parquet"
        rows = engine().execute(f"SELECT DISTINCT {asked.expression} FROM {source(version.folder / file)} WHERE {condition}", values).fetchall()  # noqa: S608 - declared names only
        found |= {row[0] for row in rows}
        if scope.hides and facts.by_account:
            found &= suppression.shown_members(version, dimension, facts.name, scope)
    return sorted(asked.member(raw) for raw in found)


@dataclass(frozen=True)
class Records:
    """Records behind a figure: the first of them, and how many there are."""

    table: pa.Table
    count: int


def records(version: Version, cube: str, where: tuple[Filter, ...], scope: Scope, most: int) -> Records:
    """The facts that filters keep: a drill-through.

    Args:
        version: the published cube.
        cube: a name of FACTS.
        where: filters.
        scope: who asks; only facts of its territories are given, and none where it may not see the finest cells.
        most: so many at most.

    Returns:
        The columns of the facts, in their order in the cube.

    Raises:
        CubeError: there is no such cube, it does not have such a dimension, or the scope does not allow single records.
    """
    if cube not in FACTS:
        raise CubeError(f"There are no records of {cube!r}; there are those of {', '.join(FACTS)}.")
    if scope.hides and FACTS[cube].by_account:
        raise CubeError(f"Single records are of single accounts, and you are shown figures of {scope.smallest_count} or more; ask for sums.")
    if scope.finest_level < FINEST_LEVEL:
        raise CubeError(f"Single records tell places of H3 level {FINEST_LEVEL}, and your access ends at level {scope.finest_level}; ask for sums.")
    some = next(each for each in cuboids.stored(cube))
    query = CubeQuery(measures=(some.name,), where=where)  # refuses what these facts cannot be filtered by
    _check_level(query, scope)
    kept = conditions(version, query.where, scope, FACTS[cube], FACTS[cube].finest_level)
    facts = source(version.folder / cuboids.facts_file(FACTS[cube]))
    # Every name is declared in gcrm/olap/cubes/; members of filters and the limit are parameters.
    counted = select("count(*) AS count", f"{facts} WHERE {kept.text}", kept.values, **kept.tables)
    first = select(", ".join(FACTS[cube].columns), f"{facts} WHERE {kept.text} LIMIT ?", [*kept.values, most], **kept.tables)
    return Records(first, counted["count"][0].as_py())


def missing_members(version: Version, facts: Facts) -> int:
    """How many facts have no member in some dimension besides places, where a missing cell is the member of what has no place; there must be none.

    Args:
        version: the published cube.
        facts: of it.
    """
    none = " OR ".join(["false", *(f"{column} IS NULL" for column in (*facts.keys, *facts.facts_only) if column not in PLACE_COLUMNS)])
    file = version.folder / cuboids.facts_file(facts)
    found: list[tuple[int]] = engine().execute(f"SELECT count(*) FROM {source(file)} WHERE {none}").fetchall()  # noqa: S608 - declared names only
    return found[0][0]


def _check_level(query: CubeQuery, scope: Scope) -> None:
    levels = query.levels
    if scope.finest_level < FINEST_LEVEL and any(kept.exact for kept in query.where):
        raise CubeError(f"Polygons and distances have exact edges, and your access ends at H3 level {scope.finest_level}; filter with cells.")
    if levels and max(levels) > scope.finest_level:
        raise CubeError(f"H3 level {max(levels)} is finer than your access allows; ask for level {scope.finest_level} or coarser.")


def _currency(version: Version, query: CubeQuery) -> str | None:
    """The currency of the answer's money; None where it has none, or a column says it."""
    if not any(is_money(name) for name in query.measures):
        return None
    kept = next((kept.members for kept in query.where if kept.dimension == "currency"), version.currencies)
    wanted = [currency for currency in version.currencies if currency in kept]
    if any(axis.dimension == "currency" for axis in query.axes):
        return None
    if len(wanted) > 1:
        raise CubeError(f"The money is in {', '.join(wanted)}, which do not add up; filter with currency={wanted[0]} or add currency to the rows.")
    return wanted[0] if wanted else None


@dataclass(frozen=True)
class _Statement:
    """A part of an answer as SQL, its parameters, and the tables in memory that it names."""

    text: str
    values: list[object]
    tables: dict[str, pa.Table]


def _statement(version: Version, query: CubeQuery, scope: Scope, part: Part) -> _Statement:
    axes = [f"{_member(axis, part)} AS {axis.column}" for axis in query.axes]
    sums = [f"{each.formula if part.of_facts else each.over_cuboids} AS {each.name}" for each in part.measures]
    file = source(version.folder / f"{part.file}.parquet")
    kept = conditions(version, query.where, scope, FACTS[part.facts], part.level)
    condition, values = kept.text, kept.values
    if part.last:
        last, limits = _last_months(query, file)
        condition, values = f"{condition} AND month IN ({last})", [*values, *limits]
    grouped = " GROUP BY ALL" if axes else ""
    # Every name is declared in gcrm/olap/cubes/; members of filters are parameters.
    return _Statement(f"SELECT {', '.join([*axes, *sums])} FROM {file} WHERE {condition}{grouped}", values, kept.tables)  # noqa: S608 - declared names only


def _last_months(query: CubeQuery, file: str) -> tuple[str, list[object]]:
    """The last month of each time that is asked for, of a file; other filters than those on times do not move it."""
    during = [of_times(kept) for kept in query.where if DIMENSIONS[kept.dimension].kind == "time"]
    times = [DIMENSIONS[axis.dimension].expression for axis in query.axes if DIMENSIONS[axis.dimension].kind == "time"]
    text = f"SELECT max(month) FROM {file} WHERE {' AND '.join(['true', *(condition for condition, _ in during)])}"  # noqa: S608 - declared names only
    return text + (f" GROUP BY {', '.join(times)}" if times else ""), [limit for _, limits in during for limit in limits]


def _member(axis: Axis, part: Part) -> str:
    """The member of an axis out of what a file stores: of place the cells of its own level, of other places the finest ones."""
    asked = DIMENSIONS[axis.dimension]
    stored = part.level if axis.dimension == PLACE else FACTS[part.facts].finest_level
    return asked.expression if axis.level is None or axis.level == stored else parent_expression(asked.column, axis.level)


def _calculated(table: pa.Table, query: CubeQuery) -> pa.Table:
    """The measures that were asked for, those that are calculated out of the ones in a table."""
    if not any(measure(name).needs for name in query.measures):
        return table.select([*(axis.column for axis in query.axes), *query.measures])
    chosen = [axis.column for axis in query.axes] + [f"{measure(name).formula} AS {name}" if measure(name).needs else name for name in query.measures]
    return select(", ".join(chosen), "measured", measured=table)


def _joined(parts: Sequence[_Statement], query: CubeQuery, measures: Sequence[str]) -> pa.Table:
    """The parts side by side, asked as one statement and sorted by the axes; a missing count or sum of a member is null."""
    keys = [axis.column for axis in query.axes]
    names = [f"part_{number}" for number in range(len(parts))]
    together = ", ".join(names)
    if keys and len(parts) > 1:
        members_of = " UNION ".join(f"SELECT {', '.join(keys)} FROM {name}" for name in names)  # noqa: S608 - declared names only
        joins = " ".join(f"LEFT JOIN {name} ON " + " AND ".join(f"{name}.{key} IS NOT DISTINCT FROM keys.{key}" for key in keys) for name in names)
        together, keys = f"({members_of}) AS keys {joins}", [f"keys.{key}" for key in keys]
    once = "MATERIALIZED " if len(parts) > 1 else ""
    read = ", ".join(f"{name} AS {once}({part.text})" for name, part in zip(names, parts, strict=True))
    ordered = f" ORDER BY {', '.join(keys)}" if keys else ""
    tables = {name: table for part in parts for name, table in part.tables.items()}
    statement = f"WITH {read} SELECT {', '.join([*keys, *measures])} FROM {together}{ordered}"  # noqa: S608 - declared names only
    return answered(statement, [value for part in parts for value in part.values], tables)
