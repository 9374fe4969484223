"""What stands behind WHERE: which facts filters keep, and which a reader may see."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from gcrm.access.scope import Scope
from gcrm.olap.catalogue import DIMENSIONS, PLACE, UNKNOWN, Facts, is_place
from gcrm.olap.query import Filter
from gcrm.olap.spatial_slice import Inside, inside
from gcrm.olap.versions import Version
from gcrm.spatial.cells import descendants, level_of, parent_expression

_MOST_RANGES = 8


@dataclass(frozen=True)
class Conditions:
    """What stands behind WHERE, its parameters, and the tables in memory that it names."""

    text: str
    values: list[object]
    tables: dict[str, pa.Table]


def conditions(version: Version, where: Sequence[Filter], scope: Scope, facts: Facts, level: int | None) -> Conditions:
    """What keeps the facts that filters and a scope keep.

    Args:
        version: where accounts and cells lie is looked up in it.
        where: filters.
        scope: who asks.
        facts: of which the file is.
        level: H3 level of the cells of place in it; those of other places are the finest.
    """
    every, tables = [of_scope(scope, facts)], {}
    for number, kept in enumerate(where):
        if is_place(kept.dimension):
            column = DIMENSIONS[kept.dimension].column
            lie_in = "accounts" if facts.by_account and kept.dimension == PLACE else facts.name  # where accounts lie is looked up once for all their facts
            own = inside(version.folder, lie_in, column, kept.exact) if kept.exact else None
            if own is not None:
                tables[f"inside_{facts.name}_{number}"] = own.keys
            stored = level if level is not None and kept.dimension == PLACE else facts.finest_level
            every.append(_of_places(kept, column, stored, own, f"inside_{facts.name}_{number}"))
        elif DIMENSIONS[kept.dimension].kind == "time":
            every.append(of_times(kept))
        else:
            every.append((f"{kept.dimension} IN (SELECT unnest(?::VARCHAR[]))", [list(kept.members)]))
    return Conditions(" AND ".join(condition for condition, _ in every), [value for _, values in every for value in values], tables)


def of_scope(scope: Scope, facts: Facts) -> tuple[str, list[object]]:
    """What keeps the facts that a scope shows, and its parameters.

    Args:
        scope: who asks.
        facts: of which the file is.
    """
    if scope.territories is None or not facts.by_territory:
        return "true", []
    return "territory_id IN (SELECT unnest(?::INTEGER[]))", [sorted(scope.territories)]


def of_times(kept: Filter) -> tuple[str, list[object]]:
    """What keeps the facts of a filter on times, and its parameters.

    Args:
        kept: the filter.
    """
    # Of a month its first day is stored, which lies within every year, quarter or month that it belongs to.
    either = [f"{DIMENSIONS[kept.dimension].column} BETWEEN ? AND ?"] * len(kept.members)
    return f"({' OR '.join(either)})", [limit for limits in kept.spans() for limit in limits]


def _of_places(kept: Filter, column: str, level: int, own: Inside | None, table: str) -> tuple[str, list[object]]:
    """Cells are ranges of their descendants; many of them, which rings have, are looked up."""
    either, values = [f"{column} IS NULL"] * (UNKNOWN in kept.members), list[object]()
    cells = kept.cells
    if len(cells) <= _MOST_RANGES:
        either += [f"{column} BETWEEN ? AND ?"] * len(cells)
        values += [limit for cell in cells for limit in descendants(cell, level)]
    else:
        for own_level in sorted({level_of(cell) for cell in cells}):
            either.append(f"{parent_expression(column, own_level)} IN (SELECT unnest(?::BIGINT[]))")
            values.append([cell for cell in cells if level_of(cell) == own_level])
    if own is not None:
        near = " OR ".join([f"{column} BETWEEN ? AND ?"] * len(own.ranges)) or "false"
        either.append(f"(({near}) AND {own.column} IN (SELECT {own.column} FROM {table}))")  # noqa: S608 - names of the program
        values += [limit for limits in own.ranges for limit in limits]
    return f"({' OR '.join(either)})", values
