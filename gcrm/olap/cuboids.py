"""Cuboids: the facts rolled up in advance, each a sorted Parquet file.

One statement builds one cuboid, out of the smallest file that is there and has all it needs (the smallest-parent rule of S. Agarwal et al., "On the
computation of multidimensional aggregates", VLDB 1996): of the ways that were measured this is the fastest that stays in bounded memory (see
docs/architecture.md). The statement is SQL that DuckDB and Spark both take as it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gcrm.olap import calendar, delta
from gcrm.olap.build_engine import ORIGIN, ROWS_A_GROUP, BuildEngine
from gcrm.olap.catalogue import DIMENSIONS, FACTS, MEASURES, Facts, Measure
from gcrm.spatial.cells import parent_expression
from gcrm.units import LEVELS

_ALWAYS = ("territory_id", "territory", "region", "currency")
"""Kept in every cuboid: access is by territory, and money of two currencies is never added."""

_ROWS_A_GROUP = 20_480
"""Of a cuboid that was chosen: of few members only a small part of it is read."""


@dataclass(frozen=True)
class Cuboid:
    """A cuboid.

    Attributes:
        facts: which.
        level: H3 level; None: no place.
        dimensions: stored columns besides the cell; of distinct counts dimensions of the catalogue.
        distinct: it holds the distinct counts of its facts, which do not add up: it answers for exactly what it is grouped by, and for filters on that.
    """

    facts: str
    level: int | None
    dimensions: tuple[str, ...]
    distinct: bool = False

    @classmethod
    def holding(cls, facts: str, level: int | None, columns: Iterable[str]) -> "Cuboid":
        """The cuboid of sums with these stored columns and those that every one keeps."""
        wanted = {*columns, *_ALWAYS}
        return cls(facts, level, tuple(name for name in (*FACTS[facts].keys, *FACTS[facts].facts_only) if name in wanted))

    @classmethod
    def read(cls, said: dict[str, Any]) -> "Cuboid":
        """The cuboid that a manifest tells; see `told`."""
        return cls(said["facts"], said["level"], tuple(said["dimensions"]), said["distinct"])

    @property
    def told(self) -> dict[str, Any]:
        """It as a manifest tells it."""
        return {"facts": self.facts, "level": self.level, "dimensions": list(self.dimensions), "distinct": self.distinct}

    @property
    def name(self) -> str:
        """Its file's name without ending."""
        place = "all" if self.level is None else f"h3_{self.level}"
        if self.distinct:
            return "-".join([self.facts, place, "distinct", *self.dimensions])
        if self.full:
            return f"{self.facts}-{place}-full"
        return "-".join([self.facts, place, *([name for name in self.dimensions if name not in _ALWAYS] or ["total" if self.level is None else "place"])])

    @property
    def full(self) -> bool:
        """Whether it has all dimensions of its facts."""
        return self.dimensions == FACTS[self.facts].keys


@cache
def declared() -> tuple[Cuboid, ...]:
    """The cuboids that every version has, each after the one it is built from."""
    cuboids = []
    for facts in FACTS.values():
        kept = Cuboid.holding(facts.name, None, ()).dimensions
        cuboids += [Cuboid(facts.name, level, facts.keys) for level in facts.levels]
        cuboids += [Cuboid(facts.name, level, kept) for level in facts.levels if kept != facts.keys]
        cuboids.append(Cuboid(facts.name, None, facts.keys))
    return tuple(cuboids)


def grouping(facts: Facts, dimensions: Iterable[str]) -> tuple[str, ...]:
    """What grouping by dimensions comes to: of those that follow from the same stored column the finest says all."""
    wanted, finest = set(dimensions), dict[str, str]()
    for name in (*calendar.LEVELS, *facts.dimensions):  # times from coarse to fine
        if name in wanted:
            finest[DIMENSIONS[name].column] = name
    return tuple(finest.values())


def build(engine: BuildEngine, folder: Path, cuboid: Cuboid, among: Iterable[Cuboid] = ()) -> int:
    """Builds one cuboid out of the files in a folder that are there already.

    Args:
        engine: what runs the statement.
        folder: holds the facts and the finer cuboids; the cuboid is written into it.
        cuboid: what to build.
        among: other cuboids in the folder; the smallest of them that has all that is needed is read in place of what `origin_of` names.

    Returns:
        Its rows.
    """
    parent = min((each for each in among if gives(each, cuboid)), key=lambda each: delta.base(_file(folder, each.name)).stat().st_size, default=None)
    origin = origin_of(cuboid)[0] if parent is None else parent.name
    rows_a_group = ROWS_A_GROUP if cuboid in declared() else _ROWS_A_GROUP
    return engine.roll_up(statement(cuboid, parent), _file(folder, origin), _file(folder, cuboid.name), rows_a_group)


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.parquet"


def gives(parent: Cuboid, cuboid: Cuboid) -> bool:
    """Whether a cuboid can be rolled up out of another one: of its facts, as fine, with its dimensions. Distinct counts cannot."""
    as_fine = cuboid.level is None or (parent.level is not None and parent.level >= cuboid.level)
    return parent.facts == cuboid.facts and not (parent.distinct or cuboid.distinct) and as_fine and {*cuboid.dimensions} <= {*parent.dimensions}


def parents_first(cuboids: Iterable[Cuboid]) -> list[Cuboid]:
    """Cuboids in an order in which none stands before one that it can be built out of."""
    return sorted(cuboids, key=lambda each: (-len(each.dimensions), each.level is None, -(each.level or 0), each.name))


def statement(cuboid: Cuboid, parent: Cuboid | None = None) -> str:
    """What a cuboid is, as SQL over ORIGIN; where a missing key stands is said, since engines differ in what they do else.

    Args:
        cuboid: what is built.
        parent: the cuboid behind ORIGIN; None for what `origin_of` names.
    """
    origin, place = origin_of(cuboid)
    if parent is not None:
        origin, place = parent.name, _cell_at(cuboid.level, parent.level)
    of_facts = origin == f"{cuboid.facts}-facts"
    measures = [f"{each.formula if of_facts else each.over_cuboids} AS {each.name}" for each in measures_in(cuboid)]
    grouped = [f"{expression} AS {key}" for key, expression in keys(cuboid, place).items()]
    # Every name is declared in gcrm/olap/cubes/.
    order = f"GROUP BY ALL ORDER BY {', '.join(f'{key} NULLS LAST' for key in _sorted_by(cuboid))}" if grouped else ""
    return f"SELECT {', '.join([*grouped, *measures])} FROM {ORIGIN} {order}"  # noqa: S608 - declared names only


def keys(cuboid: Cuboid, place: str | None = None) -> dict[str, str]:
    """What a cuboid is grouped by: its columns in their order, and how each comes out of the file that it is built from.

    Args:
        cuboid: which.
        place: how the cell comes out of it; None for what `origin_of` names.
    """
    cell = {} if cuboid.level is None else {"cell": place or origin_of(cuboid)[1]}
    if cuboid.distinct:  # the first day of a quarter stands where a month would, so that it is asked like one
        return cell | {DIMENSIONS[name].column: DIMENSIONS[name].expression for name in cuboid.dimensions}
    return cell | {name: name for name in cuboid.dimensions}


def _sorted_by(cuboid: Cuboid) -> list[str]:
    """The columns that a cuboid is sorted by: the cell first; of one that was chosen for a few dimensions these, since questions filter by them."""
    every = list(keys(cuboid))
    first = [] if cuboid in declared() or cuboid.distinct else [name for name in every if name not in ("cell", *_ALWAYS)]
    return [*first, *(name for name in every if name not in first)]


def measures_in(cuboid: Cuboid) -> tuple[Measure, ...]:
    """The measures that a cuboid has."""
    return distinct_counts(cuboid.facts) if cuboid.distinct else stored(cuboid.facts)


def facts_file(facts: Facts) -> str:
    """The file of the facts themselves."""
    return f"{facts.name}-facts.parquet"


def origin_of(cuboid: Cuboid) -> tuple[str, str]:
    """The name of the file that a cuboid is built from, without ending, and the expression of its cell there."""
    facts = FACTS[cuboid.facts]
    of_facts = cuboid.distinct or not set(facts.facts_only).isdisjoint(cuboid.dimensions)
    if not (of_facts or cuboid.full):
        return Cuboid(cuboid.facts, cuboid.level, facts.keys).name, "cell"
    if cuboid.level is None:
        return (f"{facts.name}-facts" if of_facts else Cuboid(cuboid.facts, min(LEVELS), facts.keys).name), "cell"
    place = _cell_at(cuboid.level, facts.finest_level)
    finest = of_facts or cuboid.level == facts.finest_level
    return (f"{facts.name}-facts" if finest else Cuboid(cuboid.facts, cuboid.level + 1, facts.keys).name), place


def _cell_at(level: int | None, of: int | None) -> str:
    """The expression of a cell of a level where there are cells of the same or a finer one."""
    return "cell" if level is None or level == of else parent_expression("cell", level)


def stored(facts: str) -> tuple[Measure, ...]:
    """The measures that the cuboids of facts keep: those that add up, over all dimensions or over all but time; sums of them are exact."""
    return tuple(each for each in MEASURES.values() if each.facts == facts and each.stored is not None)


def distinct_counts(facts: str) -> tuple[Measure, ...]:
    """The distinct counts of facts."""
    return tuple(each for each in MEASURES.values() if each.facts == facts and each.stored is None and not each.needs)
