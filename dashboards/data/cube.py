"""The published cube, and the questions that the pages ask it."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache

from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.olap import versions
from gcrm.olap.analysis import ask
from gcrm.olap.answer import Answer, members
from gcrm.olap.catalogue import FACTS, MEASURES, PLACE, Axis, dimensions_of, finest_level, is_money, simple
from gcrm.olap.derived import BESIDE_PRIOR, OF_OUTLINES
from gcrm.olap.query import CubeQuery, Filter
from gcrm.olap.versions import Version
from gcrm.pipeline import scenarios
from gcrm.spatial.cells import level_of
from gcrm.units import COARSEST_LEVEL, LEVELS

COMFORTABLE_CELLS = 800
"""Cells that can be looked at one by one."""


@dataclass(frozen=True)
class Cube:
    """A published cube, or that of a scenario with the version it changes as `base`; two of the same name are the same, so that answers can be kept by it."""

    name: str
    version: Version = field(compare=False, repr=False)
    base: Version | None = field(default=None, compare=False, repr=False)

    @property
    def built_at(self) -> datetime:
        """When it was built."""
        return self.version.built_at

    @property
    def currencies(self) -> list[str]:
        """The currencies of the money in it."""
        return self.version.currencies


def current_cube() -> Cube | None:
    """The cube that readers see; None before the first one is published.

    Raises:
        CubeError: it is damaged.
    """
    version = versions.current(settings().cubes)
    return Cube(version.name, version) if version is not None else None


def cube_as_of(as_of: str) -> Cube | None:
    """The cube that readers see, or that they saw; see `gcrm.olap.versions.as_of`.

    Args:
        as_of: name of a version, or a time.

    Raises:
        CubeError: none of that time is kept.
    """
    version = versions.as_of(settings().cubes, as_of)
    return Cube(version.name, version) if version is not None else None


def kept_cubes() -> list[Cube]:
    """The versions of the cube that can be asked, the one in force first."""
    return [Cube(version.name, version) for version in versions.versions(settings().cubes)]


def scenario_cube(name: str, scope: Scope) -> Cube:
    """The cube of a scenario; see `gcrm.pipeline.scenarios.opened`.

    Raises:
        CubeError: there is no such scenario, the version that it changes is kept no more, or the scope does not allow it.
    """
    version, base = scenarios.opened(name, scope)
    return Cube(version.name, version, base)


def scenario_labels() -> dict[str, str]:
    """The scenarios that can be asked: what each is in words, by its name."""
    return {each.scenario.scenario: each.scenario.label for each in scenarios.scenarios()}


@lru_cache(maxsize=512)
def answer(cube: Cube, query: CubeQuery, scope: Scope) -> Answer:
    """Answers a question; see `gcrm.olap.analysis.ask`.

    Raises:
        CubeError: the question does not fit.
    """
    return ask(cube.version, query, scope, cube.base if query.scenario else None)


@lru_cache(maxsize=128)
def members_of(cube: Cube, dimension: str, scope: Scope, measure: str | None = None) -> list[str]:
    """The members of a dimension that occur with a measure, or at all, sorted; see `gcrm.olap.answer.members`.

    Raises:
        CubeError: there is no such dimension.
    """
    return members(cube.version, dimension, scope, measure)


def comfortable_level(cube: Cube) -> int:
    """The finest H3 level whose cells are few enough to be looked at one by one."""
    return next((level for level in LEVELS if cube.version.rows[f"accounts-h3_{level}-place"] <= COMFORTABLE_CELLS), COARSEST_LEVEL)


def fitting(measure: str, where: tuple[Filter, ...]) -> tuple[Filter, ...]:
    """The filters that a measure knows: accounts have no month, category or channel, movement no cells of level 9.

    Raises:
        CubeError: there is no such measure.
    """
    known = {PLACE, *dimensions_of(measure)}
    finest = finest_level([measure])
    return tuple(kept for kept in where if kept.dimension in known and all(level_of(cell) <= finest for cell in kept.cells))


def in_one_currency(cube: Cube, measure: str, where: tuple[Filter, ...]) -> tuple[Filter, ...]:
    """The filters, with one for the first currency where money of several would be added."""
    if not is_money(measure) or len(cube.currencies) < 2 or any(kept.dimension == "currency" for kept in where):  # noqa: PLR2004 - one needs no choice
        return where
    return (*where, Filter("currency", (cube.currencies[0],)))


def for_measure(query: CubeQuery, measure: str) -> CubeQuery:
    """The same question to another measure, without the dimensions and the H3 levels that this one does not have.

    Raises:
        CubeError: there is no such measure.
    """
    known = {PLACE, *dimensions_of(measure)}
    finest = finest_level([measure])

    def own(axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
        return tuple(axis if axis.level is None else replace(axis, level=min(axis.level, finest)) for axis in axes if axis.dimension in known)

    rows, columns = own(query.rows), own(query.columns)
    return CubeQuery(rows, columns, (measure,), fitting(measure, query.where), as_of=query.as_of, scenario=query.scenario)


def comes_from_layers(measure: str) -> bool:
    """Whether a layer has to tell what a measure needs."""
    return any(not FACTS[each.facts].by_account for each in simple(measure))


def ways_to_show(query: CubeQuery) -> list[str]:
    """What can be shown in the place of the first measure, as texts of derived columns.

    Args:
        query: the question.
    """
    measure = query.measures[0]
    found = [f"rank({measure})"]
    if not MEASURES[measure].needs:
        found = [f"share({measure})", f"share({measure}, all)", *found]
    if query.level is not None and not MEASURES[measure].needs:
        found.append(f"density({measure})")
        found += [f"neighbours({measure})"] if MEASURES[measure].stored is not None else []
    if query.level is None and query.axes and not MEASURES[measure].needs:
        found += [f"{how}({measure})" for how in OF_OUTLINES]
    if query.time is not None:
        found += [f"{how}({measure}{by})" for how in BESIDE_PRIOR for by in ("", ", year")]
        found += [f"running({measure})", f"moving({measure}, 3)"] if MEASURES[measure].additive else []
    return found


def answerable(cube: Cube, query: CubeQuery) -> CubeQuery:
    """The question, in one currency where money of several would be added."""
    if any(axis.dimension == "currency" for axis in query.axes):
        return query
    return replace(query, where=in_one_currency(cube, query.measures[0], query.where))
