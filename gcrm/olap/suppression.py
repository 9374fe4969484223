"""Suppression: a reader with a smallest count is shown no figure that stands for fewer accounts, nor any that would give one away.

Dimensions of one hierarchy are taken together. Their members lie in blocks (`gcrm/olap/blocks.py`), other ones for every set of hierarchies that a question
names, and a figure is shown where its members are whole blocks. What cannot be made safe so is refused. `docs/architecture.md` says what that guarantees.
"""

import math
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from gcrm.access.scope import Scope
from gcrm.errors import CubeError
from gcrm.olap.catalogue import DIMENSIONS, FACTS, MEASURES, Axis, Measure, simple
from gcrm.olap.conditions import conditions
from gcrm.olap.derived import OF_OUTLINES
from gcrm.olap.engine import select
from gcrm.olap.member_blocks import Hierarchy, accounts, adds_up, chosen, hierarchy, member_blocks, members
from gcrm.olap.query import CubeQuery, Filter
from gcrm.olap.versions import Version
from gcrm.spatial.cells import parent_expression
from gcrm.units import FINEST_LEVEL

_AREAS = ("district", "municipality", "trade_area")
"""Their borders are not those of cells or territories."""

_COUNTED = ("accounts", "activities", "opportunities", "orders")
"""Units of what is counted: what is summed in them are those that are chosen by something."""

_MOST_HIERARCHIES = 4  # 15 sets of hierarchies have blocks then
_MOST_ROWS = 1_000_000


def check(query: CubeQuery, scope: Scope) -> None:
    """Refuses what cannot be made safe for a reader with a smallest count.

    Args:
        query: the question.
        scope: who asks.

    Raises:
        CubeError: what, and what to ask instead.
    """
    where = (*query.where, *query.versus)
    asked = dict.fromkeys([*(axis.dimension for axis in query.axes), *(kept.dimension for kept in where)])
    if query.as_of or query.scenario:
        raise CubeError(f"Two versions of the cube may differ by {_few(scope)}; ask the one in force, without a scenario.")
    if any(each.how in OF_OUTLINES for each in query.derived):
        raise CubeError(f"Around the cells of a row would be those of {_few(scope)}; ask by place.")
    if query.around is not None or any(kept.exact for kept in where):
        raise CubeError(f"Between two polygons or distances there may be {_few(scope)}; filter with cells, territories or regions.")
    for name in asked:
        if name in _AREAS:
            raise CubeError(f"Between the border of a {name} and those of cells there may be {_few(scope)}; ask by place, territory or region.")
        if DIMENSIONS[name].column == "day":
            raise CubeError(f"Between weeks, days and months there may be {_few(scope)}; ask by month, quarter or year.")
    if len({hierarchy(name) for name in asked}) > _MOST_HIERARCHIES:
        raise CubeError(f"You are shown at most {_MOST_HIERARCHIES} dimensions together; take one from the rows, the columns or the filters.")
    for name in query.measures:
        for each in simple(name):
            _check_measure(name, each, scope)


def _check_measure(asked: str, measure: Measure, scope: Scope) -> None:
    facts = FACTS[measure.facts]
    if not facts.by_account:
        return
    if any(each.stock for each in MEASURES.values() if each.facts == facts.name):
        raise CubeError(f"{asked} of two months may differ by {_few(scope)}; ask for accounts or customers.")
    if measure.unit == "accounts" and facts.name != "accounts":
        raise CubeError(f"{asked} and all accounts may differ by {_few(scope)}; ask for accounts or customers, or for a sum, such as revenue.")
    if measure.unit in _COUNTED and measure.summed and measure.chosen_by is None:
        raise CubeError(f"{asked} counts a part of the {measure.unit}, and may count those of {_few(scope)}; ask for another measure.")


def _few(scope: Scope) -> str:
    return f"fewer than {scope.smallest_count} accounts, which you are not shown"


def suppressed(version: Version, query: CubeQuery, scope: Scope, table: pa.Table) -> tuple[pa.Table, int]:
    """Hides the figures that stand for too few accounts, and those that would give such a one away.

    Args:
        version: the published cube.
        query: the question; it has passed `check`.
        scope: who asks; it has a smallest count.
        table: a column per axis, then the measures of facts that the question needs.

    Returns:
        The same table, null where a figure is hidden; and how many figures of the question are hidden. It has a row for every combination of members that are
        shown by themselves, whether somebody is behind it or not, and else only those of layers: neither that nobody has a combination is told, nor that
        somebody has a member.

    Raises:
        CubeError: it would have too many rows, or a count of different things does not add up along a dimension.
    """
    keys = [axis.column for axis in query.axes]
    measures = [name for name in table.column_names if name not in keys]
    by_account = {name: f"shown_{name}" for name in measures if FACTS[MEASURES[name].facts].by_account}
    shown = {alias: _shown(version, query, scope, MEASURES[name]) for name, alias in by_account.items()}
    of_layers = [f"{name} IS NOT NULL" for name in measures if name not in by_account]
    columns = [f"every.{key}" for key in keys]
    columns += [f"CASE WHEN {by_account[name]}.shown THEN {name} END AS {name}" if name in by_account else name for name in measures]
    hidden = [" OR ".join(f"NOT {by_account[each.name]}.shown" for each in simple(name) if each.name in by_account) or "false" for name in query.measures]
    columns.append(f"{' + '.join(f'coalesce({each}, true)::INTEGER' for each in hidden)} AS hidden")
    listed = [*shown, f"answer WHERE {' OR '.join(of_layers) or 'false'}"]
    every = " UNION ".join(f"SELECT {', '.join(keys) or '1 AS one'} FROM {source}" for source in listed)  # noqa: S608 - declared names only
    joins = [f"LEFT JOIN {name} ON {_same(name, keys)}" for name in ("answer", *shown)]
    order = f"ORDER BY {', '.join(f'every.{key}' for key in keys)}" if keys else ""
    found = select(", ".join(columns), f"({every}) AS every {' '.join(joins)} {order}", answer=table, **shown)
    return found.drop_columns("hidden"), int(np.sum(found["hidden"].to_numpy()))


def shown_members(version: Version, dimension: str, facts: str, scope: Scope) -> set[Any]:
    """The members of a dimension that are shown by themselves, as an answer has them.

    Args:
        version: the published cube.
        dimension: any but place.
        facts: a name of FACTS, about accounts.
        scope: who asks; it has a smallest count.
    """
    levels = hierarchy(dimension)
    found = _whole(version, scope, facts, levels, (levels,), (Axis(dimension),))
    return {row[dimension] for row in found.to_pylist() if row["shown"]}


def _shown(version: Version, query: CubeQuery, scope: Scope, measure: Measure) -> pa.Table:
    """Whether a measure is shown, for every combination of members that are shown by themselves in its facts: a column per axis, `shown`."""
    asked = dict.fromkeys([*(axis.dimension for axis in query.axes), *(kept.dimension for kept in query.where), *filter(None, [measure.chosen_by])])
    hierarchies = tuple(sorted({hierarchy(name) for name in asked}))
    if not adds_up(version.folder, measure.name, hierarchies, scope):
        raise CubeError(f"{measure.name} does not add up over {' and '.join(asked)}: answers may differ by {_few(scope)}; ask for a sum, such as revenue.")
    parts = [_part(version, query, scope, measure, levels, hierarchies) for levels in hierarchies]
    if math.prod(map(len, parts)) > _MOST_ROWS:
        raise CubeError(f"You are shown at most {_MOST_ROWS:,} rows; take a coarser level, a filter, or fewer rows and columns.")
    count = accounts(version.folder, measure.facts, scope)
    allowed = (count == 0 or count >= scope.smallest_count) and all(_all_shown(version, scope, measure.facts, kept) for kept in query.where)
    tables = {"whole": pa.table({"shown": [allowed]}), **{f"part_{at}": part for at, part in enumerate(parts)}}
    shown = " AND ".join(f"{name}.shown" for name in tables)
    return select(", ".join([*(axis.column for axis in query.axes), f"{shown} AS shown"]), ", ".join(tables), **tables)


def _part(version: Version, query: CubeQuery, scope: Scope, measure: Measure, levels: Hierarchy, hierarchies: tuple[Hierarchy, ...]) -> pa.Table:
    """The part of `_shown` that one hierarchy has."""
    axes = tuple(axis for axis in query.axes if axis.dimension in levels)
    where = tuple(kept for kept in query.where if kept.dimension in levels)
    together = _whole(version, scope, measure.facts, levels, hierarchies, axes, where, measure.name if measure.chosen_by in levels else "")
    if not axes:
        return together
    alone = _whole(version, scope, measure.facts, levels, (levels,), axes, where)
    keys = [axis.column for axis in axes]
    chosen_columns = ", ".join([*(f"together.{key}" for key in keys), "together.shown"])
    return select(chosen_columns, f"together JOIN alone ON {_same('alone', keys, 'together')} WHERE alone.shown", together=together, alone=alone)


def _all_shown(version: Version, scope: Scope, facts: str, kept: Filter) -> bool:
    """Whether each member of a filter is shown by itself: one that nobody has is not, so that it is like one that few have."""
    levels = hierarchy(kept.dimension)
    each_alone = (_whole(version, scope, facts, levels, (levels,), (), (Filter(kept.dimension, (member,)),)) for member in kept.members)
    return all(alone["shown"][0].as_py() for alone in each_alone)


@lru_cache(maxsize=128)
def _whole(
    version: Version,
    scope: Scope,
    facts: str,
    levels: Hierarchy,
    hierarchies: tuple[Hierarchy, ...],
    axes: tuple[Axis, ...],
    where: tuple[Filter, ...] = (),
    chosen_for: str = "",
) -> pa.Table:
    """Whether what is kept of a hierarchy is whole blocks, of the hierarchies that are asked together; none is not.

    Args:
        version: the published cube.
        scope: who asks.
        facts: a name of FACTS.
        levels: the hierarchy.
        hierarchies: all that are asked, it among them.
        axes: those of the hierarchy.
        where: filters on the hierarchy.
        chosen_for: a measure whose facts are chosen by a dimension of the hierarchy: of a block none of these is whole too; empty where all count.

    Returns:
        A column per axis, `shown`: a row for every combination that occurs, one row where there are no axes.
    """
    found = member_blocks(version.folder, facts, hierarchies, scope)
    own = members(version.folder, facts, levels, scope)
    block = np.zeros(len(own), dtype=np.int64) if found is None else found[hierarchies.index(levels)]
    own = own.append_column("block", pa.array(block)).append_column("size", pa.array(np.bincount(block, minlength=1)[block]))
    kept = conditions(version, where, Scope.everything(), FACTS[facts], FINEST_LEVEL)
    counted, values = "count(*)", list[object]()
    if chosen_for:
        counted = f"count(*) FILTER ({MEASURES[chosen_for].chosen_by} IN (SELECT unnest(?::VARCHAR[])))"
        values = [chosen(version.folder, chosen_for, scope)]
    grouped = ", ".join([*map(_member, axes), "block", "size", f"{counted} AS kept"])
    source = f"(SELECT {grouped} FROM own WHERE {kept.text} GROUP BY ALL)" + (" GROUP BY ALL" if axes else "")  # noqa: S608 - declared names only
    enough = str(found is not None).lower()
    columns = [*(axis.column for axis in axes), f"{enough} AND coalesce(bool_and(kept IN (0, size)), false) AS shown"]
    return select(", ".join(columns), source, [*values, *kept.values], own=own)


def _member(axis: Axis) -> str:
    if axis.level is None or axis.level == FINEST_LEVEL:
        return f"{DIMENSIONS[axis.dimension].expression} AS {axis.column}"
    return f"{parent_expression('cell', axis.level)} AS {axis.column}"


def _same(table: str, keys: list[str], other: str = "every") -> str:
    return " AND ".join(f"{table}.{key} IS NOT DISTINCT FROM {other}.{key}" for key in keys) or "true"
