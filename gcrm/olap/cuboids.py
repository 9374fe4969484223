"""Cuboids: the facts rolled up in advance, each a Parquet file sorted by cell.

One statement builds one cuboid, and a coarser level is built from the next finer one: of the ways that were measured
this is the fastest that stays in bounded memory (see docs/architecture.md). The statement is SQL that DuckDB and Spark both take as it is.
"""

from dataclasses import dataclass
from pathlib import Path

from gcrm.olap.build_engine import ORIGIN, BuildEngine
from gcrm.olap.catalogue import FACTS, MEASURES, Facts, Measure
from gcrm.spatial.cells import parent_expression
from gcrm.units import FINEST_LEVEL, LEVELS

_ALWAYS = ("territory_id", "territory", "region", "currency")
"""Kept in every cuboid: access is by territory, and money of two currencies is never added."""


@dataclass(frozen=True)
class Cuboid:
    """A cuboid: which facts, which H3 level (None: no place), which other dimensions."""

    facts: str
    level: int | None
    dimensions: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its file's name without ending."""
        place = "all" if self.level is None else f"h3_{self.level}"
        return f"{self.facts}-{place}-{'full' if self.full else 'place'}"

    @property
    def full(self) -> bool:
        """Whether it has all dimensions of its facts."""
        return self.dimensions == FACTS[self.facts].keys


def declared() -> tuple[Cuboid, ...]:
    """The cuboids that are built, each after the one it is built from."""
    cuboids = []
    for facts in FACTS.values():
        kept = tuple(name for name in _ALWAYS if name in facts.keys)
        cuboids += [Cuboid(facts.name, level, facts.keys) for level in LEVELS]
        cuboids += [Cuboid(facts.name, level, kept) for level in LEVELS if kept != facts.keys]
        cuboids.append(Cuboid(facts.name, None, facts.keys))
    return tuple(cuboids)


def build(engine: BuildEngine, folder: Path, cuboid: Cuboid) -> int:
    """Builds one cuboid out of the files in a folder that are there already.

    Args:
        engine: what runs the statement.
        folder: holds the facts and the finer cuboids; the cuboid is written into it.
        cuboid: what to build.

    Returns:
        Its rows.
    """
    origin, place = _origin(cuboid)
    return engine.roll_up(_statement(cuboid, origin, place), folder / origin, folder / f"{cuboid.name}.parquet")


def _statement(cuboid: Cuboid, origin: str, place: str) -> str:
    """What a cuboid is, as SQL over ORIGIN; where a missing key stands is said, since engines differ in what they do else."""
    of_facts = origin == facts_file(FACTS[cuboid.facts])
    sums = [f"{each.formula if of_facts else each.over_cuboids} AS {each.name}" for each in stored(cuboid.facts)]
    cell = [] if cuboid.level is None else [f"{place} AS cell"]
    order = [f"{key} NULLS LAST" for key in (*(["cell"] if cell else []), *cuboid.dimensions)]
    # Every name is declared in gcrm/olap/cubes/.
    grouped = f"GROUP BY ALL ORDER BY {', '.join(order)}" if order else ""
    return f"SELECT {', '.join([*cell, *cuboid.dimensions, *sums])} FROM {ORIGIN} {grouped}"  # noqa: S608


def facts_file(facts: Facts) -> str:
    """The file of the facts themselves."""
    return f"{facts.name}-facts.parquet"


def _origin(cuboid: Cuboid) -> tuple[str, str]:
    """The file that a cuboid is built from, and the expression of its cell there."""
    every = FACTS[cuboid.facts].keys
    if cuboid.level is None or not cuboid.full:
        finer = Cuboid(cuboid.facts, cuboid.level or min(LEVELS), every)
        return f"{finer.name}.parquet", "cell"
    if cuboid.level == FINEST_LEVEL:
        return facts_file(FACTS[cuboid.facts]), "cell"
    return f"{Cuboid(cuboid.facts, cuboid.level + 1, every).name}.parquet", parent_expression("cell", cuboid.level)


def stored(facts: str) -> tuple[Measure, ...]:
    """The measures that the cuboids of facts keep: those that add up, over all dimensions or over all but time; sums of them are exact."""
    return tuple(each for each in MEASURES.values() if each.facts == facts and each.stored is not None)


def covers(cuboid: Cuboid, facts: str, columns: set[str], level: int | None) -> bool:
    """Whether a question to these facts over these stored columns, with places of this level, can be answered from a cuboid."""
    if cuboid.facts != facts or (level is not None and cuboid.level != level):
        return False
    return columns - {"cell"} <= set(cuboid.dimensions)
