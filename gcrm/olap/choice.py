"""The choice of cuboids: which, besides those that every version has, serve the declared queries and what the query log tells, within a number of bytes.

The greedy choice of V. Harinarayan, A. Rajaraman and J. D. Ullman, "Implementing data cubes efficiently", SIGMOD 1996, in its form for views of different
sizes: again and again the cuboid with the greatest benefit for each byte. An answer costs the rows of the smallest file that can give it, and the benefit
of a cuboid is what it saves of these, each as often as it is asked; one that saves less than half of them is not worth its file.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from gcrm.olap.catalogue import FACTS
from gcrm.olap.cuboids import Cuboid, declared, keys, measures_in, origin_of
from gcrm.olap.plan import Need, declared_queries, needs
from gcrm.olap.query_log import Asked

_MOST_LOGGED = 200
_BYTES_OF_COLUMNS = "SELECT path_in_schema, sum(total_compressed_size)::BIGINT FROM parquet_metadata(?) GROUP BY ALL"
_BYTES_OF_A_COUNT = 2


@dataclass(frozen=True)
class Wanted:
    """What is to be answered, and how often; `declared` by a cube, or told by the query log."""

    need: Need
    times: int
    declared: bool


@dataclass(frozen=True)
class Size:
    """Rows and bytes of a file, counted or estimated."""

    rows: int
    bytes: int


@dataclass(frozen=True)
class Chosen:
    """A cuboid that was chosen, why, and its estimated bytes."""

    cuboid: Cuboid
    why: str
    bytes: int

    @property
    def told(self) -> dict[str, Any]:
        """It as a manifest tells it."""
        return {**self.cuboid.told, "why": self.why, "estimated_bytes": self.bytes}


def chosen_for(database: duckdb.DuckDBPyConnection, work: Path, log: Iterable[Asked], rows: Mapping[str, int], budget: int) -> list[Chosen]:
    """The cuboids that a version gets besides those that every version has.

    Args:
        database: what counts.
        work: holds the facts and the cuboids that every version has.
        log: what was asked, that which took longest first.
        rows: of these files, by their names without ending.
        budget: bytes that those that are chosen may have together.
    """
    every = wanted(log)
    present = {cuboid: Size(rows[cuboid.name], (work / f"{cuboid.name}.parquet").stat().st_size) for cuboid in declared()}
    sizes = estimated(database, work, candidates(every, present))
    return choose(every, sizes, present, {name: rows[f"{name}-facts"] for name in FACTS}, budget)


def estimated(database: duckdb.DuckDBPyConnection, work: Path, cuboids: Iterable[Cuboid]) -> dict[Cuboid, Size]:
    """The sizes that cuboids would have: rows by HyperLogLog, bytes as their columns have in a row of the file that they are built from.

    Args:
        database: what counts.
        work: holds the files that they are built from.
        cuboids: any.
    """
    sizes = {}
    for origin, group in groupby(sorted(cuboids, key=lambda each: (origin_of(each)[0], each.name)), key=lambda each: origin_of(each)[0]):
        path, alike = work / f"{origin}.parquet", list(group)
        distinct = [f"approx_count_distinct(hash({', '.join(keys(each).values())}))" if keys(each) else "1" for each in alike]
        # Every name is declared in gcrm/olap/cubes/.
        ((rows, *counts),) = database.execute(f"SELECT count(*), {', '.join(distinct)} FROM read_parquet(?)", [str(path)]).fetchall()  # noqa: S608 - declared names only
        taken = dict(database.execute(_BYTES_OF_COLUMNS, [str(path)]).fetchall())
        for cuboid, count in zip(alike, counts, strict=True):
            least = min(count, rows)
            bytes_a_row = sum(taken.get(name, _BYTES_OF_A_COUNT * rows) for name in (*keys(cuboid), *(each.name for each in measures_in(cuboid)))) / max(
                rows, 1
            )
            sizes[cuboid] = Size(least, round(least * bytes_a_row))
    return sizes


def wanted(log: Iterable[Asked]) -> list[Wanted]:
    """What the declared queries need, each once, then what was asked, of the shapes that took longest altogether.

    Args:
        log: what was asked, that which took longest first.
    """
    found = [Wanted(need, 1, declared=True) for shape in declared_queries() for need in needs(shape)]
    return found + [Wanted(need, each.times, declared=False) for each in list(log)[:_MOST_LOGGED] for need in needs(each.shape)]


def candidates(every: Iterable[Wanted], present: Iterable[Cuboid]) -> list[Cuboid]:
    """The cuboids that could be built for what is wanted, without those that are there."""
    there = set(present)
    possible = dict.fromkeys(each.need.cuboid for each in every)
    return [cuboid for cuboid in possible if cuboid is not None and cuboid not in there]


def choose(every: Sequence[Wanted], sizes: Mapping[Cuboid, Size], present: Mapping[Cuboid, Size], facts: Mapping[str, int], budget: int) -> list[Chosen]:
    """Chooses cuboids: for the declared queries first, then by the query log.

    Args:
        every: what is wanted.
        sizes: of the candidates.
        present: the cuboids that are there.
        facts: rows of the facts, by their names.
        budget: bytes that those that are chosen may have together.
    """
    needed = [each.need for each in every]
    costs = [min([facts[need.facts], *(size.rows for cuboid, size in present.items() if need.can_be_read_from(cuboid))]) for need in needed]
    serves = {cuboid: [at for at, need in enumerate(needed) if need.can_be_read_from(cuboid)] for cuboid in sizes}
    chosen: list[Chosen] = []
    for declared_ones in (True, False):
        asked = {cuboid: [at for at in served if every[at].declared is declared_ones] for cuboid, served in serves.items()}
        while (best := _best(every, costs, sizes, asked, budget)) is not None:
            size, served = sizes[best], asked.pop(best)
            times = sum(every[at].times for at in served if _saved(costs[at], size))
            chosen.append(Chosen(best, "declared" if declared_ones else f"asked {times:,} times", size.bytes))
            budget -= size.bytes
            for at in serves[best]:
                costs[at] = min(costs[at], size.rows)
    return chosen


def _best(every: Sequence[Wanted], costs: Sequence[int], sizes: Mapping[Cuboid, Size], serves: Mapping[Cuboid, list[int]], budget: int) -> Cuboid | None:
    """The cuboid within the budget that saves most for each of its bytes; None where none saves anything."""
    best, most = None, 0.0
    for cuboid, served in serves.items():
        size = sizes[cuboid]
        benefit = sum(every[at].times * _saved(costs[at], size) for at in served) / max(size.bytes, 1)
        if benefit > most and size.bytes <= budget:
            best, most = cuboid, benefit
    return best


def _saved(cost: int, size: Size) -> int:
    return cost - size.rows if 2 * size.rows <= cost else 0
