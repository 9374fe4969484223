"""Proofs that the declared cubes are true of the database: they are built beside the published ones, and must add up to what the tables say."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from gcrm.access.scope import Scope
from gcrm.olap import store
from gcrm.olap.answer import ask, missing_members
from gcrm.olap.catalogue import DIMENSIONS, FACTS, MEASURES, PLACE, Axis, Facts, Measure
from gcrm.olap.query import CubeQuery
from gcrm.olap.versions import Version
from gcrm.pipeline.extraction import take_facts
from gcrm.progress import Advance

type Number = Decimal | int


@dataclass(frozen=True)
class Proof:
    """One thing that was added up: the cube, what of it, what the tables of the database say, what the cube says."""

    cube: str
    what: str
    expected: Number
    found: Number

    @property
    def holds(self) -> bool:
        """Whether both are the same, to the cent."""
        return self.expected == self.found


def check_cubes(advance: Advance) -> list[Proof]:
    """Builds every cube out of one state of the database, in a folder that is thrown away, and compares it with the tables.

    Args:
        advance: told how many cuboids are built.

    Returns:
        Per cube: that there is a fact per row of the table (the grain holds, no join loses or doubles one), that every fact has a member in every dimension,
        that each measure is what the table says, and that those which add up do so along every dimension and at every H3 level.

    Raises:
        CubeError: GCRM_TIME_ZONE names no time zone.
    """
    with TemporaryDirectory(prefix="gcrm-check-") as named:
        folder = Path(named)
        with store.building(folder) as work:
            taken = take_facts(work, with_totals=True)
            version, _ = store.publish(folder, work, taken.digest, taken.sources, taken.as_of, 1, advance)
        return [proof for facts in FACTS.values() for proof in _proofs(version, facts, taken.totals[facts.name])]


def _proofs(version: Version, facts: Facts, totals: dict[str, Number | None]) -> Iterator[Proof]:
    yield Proof(facts.name, facts.grain, totals["rows"] or 0, version.rows[f"{facts.name}-facts"])
    yield Proof(facts.name, "facts without a member in some dimension", 0, missing_members(version, facts))
    for each in MEASURES.values():
        if each.facts == facts.name and not each.needs:
            expected = totals[each.name] or 0
            yield Proof(facts.name, each.label, expected, _total(version, each, ()))
            if each.stored is not None:
                names = [name for name in facts.dimensions if not each.stock or DIMENSIONS[name].kind != "time"]
                for axis in _axes(facts, [PLACE, *names]):
                    yield Proof(facts.name, f"{each.label} by {axis}", expected, _total(version, each, (axis,)))


def _axes(facts: Facts, names: Sequence[str]) -> Iterator[Axis]:
    """Every way to split by some dimensions, one at a time."""
    for name in names:
        yield from (Axis(name, level) for level in facts.levels) if DIMENSIONS[name].kind == "place" else (Axis(name),)


def _total(version: Version, measure: Measure, axes: tuple[Axis, ...]) -> Number:
    """The sum of an answer; money of several currencies is asked for by currency, since here it may be added."""
    split = measure.unit == "money" and all(axis.dimension != "currency" for axis in axes)
    query = CubeQuery((*axes, *([Axis("currency")] if split else [])), measures=(measure.name,))
    values: list[Number | None] = ask(version, query, Scope.everything()).table[measure.name].to_pylist()
    return sum((value for value in values if value is not None), 0)
