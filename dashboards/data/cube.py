"""The published cube, and the questions that the pages ask it."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache

from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.olap import store
from gcrm.olap.answer import Answer, ask, members
from gcrm.olap.catalogue import FACTS, MEASURES, PLACE
from gcrm.olap.query import CubeQuery, Filter
from gcrm.olap.store import Version
from gcrm.units import COARSEST_LEVEL, LEVELS

COMFORTABLE_CELLS = 800
"""Cells that can be looked at one by one."""


@dataclass(frozen=True)
class Cube:
    """A published cube; two of the same name are the same, so that answers can be kept by it."""

    name: str
    version: Version = field(compare=False, repr=False)

    @property
    def built_at(self) -> datetime:
        """When it was built."""
        return self.version.built_at

    @property
    def currencies(self) -> list[str]:
        """The currencies of the sales."""
        return self.version.currencies


def current_cube() -> Cube | None:
    """The cube that readers see; None before the first one is published.

    Raises:
        CubeError: it is damaged.
    """
    version = store.current(settings().cubes)
    return Cube(version.name, version) if version is not None else None


@lru_cache(maxsize=512)
def answer(cube: Cube, query: CubeQuery, scope: Scope) -> Answer:
    """Answers a question; see `gcrm.olap.answer.ask`.

    Raises:
        CubeError: the question does not fit.
    """
    return ask(cube.version, query, scope)


@lru_cache(maxsize=128)
def members_of(cube: Cube, dimension: str, scope: Scope) -> list[str]:
    """The members of a dimension, sorted; see `gcrm.olap.answer.members`.

    Raises:
        CubeError: there is no such dimension.
    """
    return members(cube.version, dimension, scope)


def comfortable_level(cube: Cube) -> int:
    """The finest H3 level whose cells are few enough to be looked at one by one."""
    return next((level for level in LEVELS if cube.version.rows[f"accounts-h3_{level}-place"] <= COMFORTABLE_CELLS), COARSEST_LEVEL)


def fitting(measure: str, where: tuple[Filter, ...]) -> tuple[Filter, ...]:
    """The filters that a measure knows: accounts have no month, category or channel.

    Raises:
        CubeError: there is no such measure.
    """
    known = {PLACE, *FACTS[MEASURES[measure].facts].dimensions}
    return tuple(kept for kept in where if kept.dimension in known)


def in_one_currency(cube: Cube, measure: str, where: tuple[Filter, ...]) -> tuple[Filter, ...]:
    """The filters, with one for the first currency where money of several would be added."""
    if MEASURES[measure].unit != "money" or len(cube.currencies) < 2 or any(kept.dimension == "currency" for kept in where):  # noqa: PLR2004 - one needs no choice
        return where
    return (*where, Filter("currency", (cube.currencies[0],)))


def for_measure(query: CubeQuery, measure: str) -> CubeQuery:
    """The same question to another measure, without the dimensions that this one does not have.

    Raises:
        CubeError: there is no such measure.
    """
    known = {PLACE, *FACTS[MEASURES[measure].facts].dimensions}
    rows, columns = (tuple(axis for axis in axes if axis.dimension in known) for axes in (query.rows, query.columns))
    return replace(query, rows=rows, columns=columns, measures=(measure,), where=fitting(measure, query.where))


def answerable(cube: Cube, query: CubeQuery) -> CubeQuery:
    """The question, in one currency where money of several would be added."""
    if any(axis.dimension == "currency" for axis in query.axes):
        return query
    return replace(query, where=in_one_currency(cube, query.measures[0], query.where))
