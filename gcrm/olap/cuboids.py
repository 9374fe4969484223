"""Cuboids: the facts rolled up in advance, each a Parquet file sorted by cell.

One statement builds one cuboid, and a coarser level is built from the next finer one: of the ways that were measured
this is the fastest that stays in bounded memory (see docs/architecture.md).
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from gcrm.olap.catalogue import FACTS, PLACE, STORED, Facts
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
        return f"{self.facts}-{place}-{'full' if len(self.dimensions) > len(_ALWAYS) else 'place'}"


def declared() -> tuple[Cuboid, ...]:
    """The cuboids that are built, each after the one it is built from."""
    cuboids = []
    for facts in FACTS.values():
        every = ("territory_id", *facts.dimensions)
        kept = tuple(name for name in _ALWAYS if name in every)
        cuboids += [Cuboid(facts.name, level, every) for level in LEVELS]
        cuboids += [Cuboid(facts.name, level, kept) for level in LEVELS]
        cuboids.append(Cuboid(facts.name, None, every))
    return tuple(cuboids)


def build(engine: duckdb.DuckDBPyConnection, folder: Path, cuboid: Cuboid) -> int:
    """Builds one cuboid out of the files in a folder that are there already.

    Args:
        engine: a DuckDB connection.
        folder: holds the facts and the finer cuboids; the cuboid is written into it.
        cuboid: what to build.

    Returns:
        Its rows.
    """
    origin, place = _origin(cuboid)
    stored = STORED[cuboid.facts]
    sums = [f"CAST({_sum(cuboid, column)} AS {kind}) AS {column}" for column, kind in stored.items()]
    cell = [] if cuboid.level is None else [f"{place} AS cell"]
    keys = [*(["cell"] if cell else []), *cuboid.dimensions]
    # Every name below is declared in gcrm.olap.catalogue; only the file's path is a parameter.
    query = f"SELECT {', '.join([*cell, *cuboid.dimensions, *sums])} FROM read_parquet(?) GROUP BY ALL ORDER BY {', '.join(keys)}"  # noqa: S608
    target = str(folder / f"{cuboid.name}.parquet").replace("'", "''")
    engine.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)", [str(folder / origin)])
    rows = engine.execute("SELECT count(*) FROM read_parquet(?)", [str(folder / f"{cuboid.name}.parquet")]).fetchone()
    return int(rows[0]) if rows else 0


def facts_file(facts: Facts) -> str:
    """The file of the facts themselves."""
    return f"{facts.name}-facts.parquet"


def _origin(cuboid: Cuboid) -> tuple[str, str]:
    """The file that a cuboid is built from, and the expression of its cell there."""
    if cuboid.level == FINEST_LEVEL and len(cuboid.dimensions) > len(_ALWAYS):
        return facts_file(FACTS[cuboid.facts]), "cell"
    every = ("territory_id", *FACTS[cuboid.facts].dimensions)
    if cuboid.level is None or cuboid.dimensions != every:
        finer = Cuboid(cuboid.facts, cuboid.level or min(LEVELS), every)
        return f"{finer.name}.parquet", "cell"
    return f"{Cuboid(cuboid.facts, cuboid.level + 1, every).name}.parquet", parent_expression("cell", cuboid.level)


def _sum(cuboid: Cuboid, column: str) -> str:
    from_facts = _origin(cuboid)[0].endswith("-facts.parquet")
    return "count(*)" if from_facts and column == "accounts" else f"sum({column})"


def covers(cuboid: Cuboid, facts: str, dimensions: set[str], level: int | None) -> bool:
    """Whether a question to these facts over these dimensions, with places of this level, can be answered from a cuboid."""
    if cuboid.facts != facts or (level is not None and cuboid.level != level):
        return False
    return dimensions - {PLACE} <= set(cuboid.dimensions)
