"""What can be asked: facts with their grain, dimensions that they share, measures and whether these add up, as `gcrm/olap/cubes/` and custom fields declare."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from gcrm.custom_fields import fields_of, is_custom
from gcrm.errors import CubeError
from gcrm.olap import calendar, formula
from gcrm.olap.custom_dimensions import with_custom_dimensions
from gcrm.olap.declaration import CubeDeclaration, MeasureDeclaration, declarations
from gcrm.units import COARSEST_LEVEL, FINEST_LEVEL, LEVELS

DECLARED = Path(__file__).parent / "cubes"
"""The folder of the declarations."""

UNKNOWN = "(unknown)"
"""The member of what is not known; of places it is a missing cell."""

OTHERS = "(others)"
"""The member that stands for all but the largest."""

PLACE = "place"
TERRITORY = "territory_id"
"""The column that access is by."""

_SCALE = re.compile(r"DECIMAL\(\d+,(\d+)\)")


@dataclass(frozen=True)
class Facts:
    """A fact table.

    Attributes:
        name: of its cube.
        label: what a page calls it.
        grain: what a row is.
        columns: with their DuckDB types, in their order.
        dimensions: besides place.
        facts_only: columns that no cuboid keeps.
        derived_from: the facts that it is derived from; of those of the database none.
        finest_level: H3 level of its cells.
        key: the column by whose values it is brought up to date; None where it is compared as a whole.
    """

    name: str
    label: str
    grain: str
    columns: Mapping[str, str]
    dimensions: tuple[str, ...]
    facts_only: tuple[str, ...]
    derived_from: tuple[str, ...] = ()
    finest_level: int = FINEST_LEVEL
    key: str | None = None

    @property
    def levels(self) -> tuple[int, ...]:
        """H3 levels that its places can be asked by, finest first."""
        return tuple(level for level in LEVELS if level <= self.finest_level)

    @property
    def by_territory(self) -> bool:
        """Whether a reader sees those of its territories only."""
        return TERRITORY in self.columns

    @property
    def by_account(self) -> bool:
        """Whether they lie where an account does."""
        return "account_id" in self.columns

    @cached_property
    def custom(self) -> tuple[str, ...]:
        """The columns that are custom fields of accounts, the last of all."""
        return tuple(name for name in self.columns if is_custom(name))

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """What a cuboid of all dimensions groups by, besides place."""
        return (*([TERRITORY] if self.by_territory else []), *self.stored_dimensions)

    @cached_property
    def stored_dimensions(self) -> tuple[str, ...]:
        """The columns that its dimensions follow from, besides place and those that no cuboid keeps."""
        columns = dict.fromkeys(DIMENSIONS[name].column for name in self.dimensions)
        return tuple(column for column in columns if column not in self.facts_only)


@dataclass(frozen=True)
class Dimension:
    """A dimension: its label, the stored column that it follows from, and how."""

    name: str
    label: str
    kind: Literal["place", "time", "text"]
    column: str
    expression: str

    def member(self, raw: Any) -> str:  # noqa: ANN401 - a cell, a day or a text
        """A member as text: cells hexadecimal, times such as `2025-03`, what is not known as UNKNOWN."""
        if raw is None:
            return UNKNOWN
        if self.kind == "place":
            return f"{raw:x}"
        return calendar.member(self.name, raw) if self.kind == "time" else str(raw)


@dataclass(frozen=True)
class Measure:
    """A measure.

    Attributes:
        name: what a question calls it.
        label: what a page calls it.
        facts: those of its cube; of a virtual cube there are none.
        formula: over the facts, or over the measures that it `needs`.
        unit: such as money, accounts, share.
        additive: whether it may be summed over every dimension.
        stored: the DuckDB type of its column in cuboids; None where they have none.
        stock: whether it adds up over all dimensions but time: of a longer time it is that of the last month.
        chosen_by: the dimension whose members choose the facts that it is about; None where it is about all.
        needs: the measures that a calculated one comes out of; of others none.
    """

    name: str
    label: str
    facts: str
    formula: str
    unit: str
    additive: bool
    stored: str | None = None
    needs: tuple[str, ...] = ()
    stock: bool = False
    chosen_by: str | None = None

    @property
    def summed(self) -> bool:
        """Whether it is the sum of a column."""
        return self.stored is not None and self.formula != _COUNT

    @property
    def over_cuboids(self) -> str:
        """The formula over a cuboid that has it; a distinct count stands there once for each group, and is not added to another."""
        total = f"sum({self.name})"
        counts = self.formula == _COUNT or self.stored is None
        return f"CAST(coalesce({total}, 0) AS BIGINT)" if counts else f"CAST({total} AS {self.stored})"


_COUNT = "count(*)"
_SHARED, _CUBES = with_custom_dimensions(*declarations(DECLARED), fields_of("accounts"))


def _dimensions() -> Iterator[Dimension]:
    for name, each in _SHARED.dimensions.items():
        if each.kind == "time":
            level = calendar.LEVELS[name]
            yield Dimension(name, each.label, each.kind, level.column, level.expression)
        else:
            column = "cell" if name == PLACE else name
            yield Dimension(name, each.label, each.kind, column, column)


def _measure(cube: CubeDeclaration, name: str, declared: MeasureDeclaration) -> Measure:
    if declared.formula is not None:
        return Measure(
            name, declared.label, cube.cube, formula.as_sql(declared.formula), declared.unit, additive=False, needs=formula.names_in(declared.formula)
        )
    if declared.distinct is not None:
        return Measure(name, declared.label, cube.cube, f"count(DISTINCT {declared.distinct})", declared.unit, additive=False)
    stock = declared.over_time is not None
    if declared.sum is None:
        return Measure(name, declared.label, cube.cube, _COUNT, declared.unit, additive=not stock, stored="BIGINT", stock=stock)
    scale = _SCALE.fullmatch(cube.columns[declared.sum])
    stored = f"DECIMAL(38,{scale[1]})" if scale else "BIGINT"
    total = f"CAST(sum({declared.sum}) AS {stored})"
    return Measure(name, declared.label, cube.cube, total, declared.unit, additive=not stock, stored=stored, stock=stock, chosen_by=declared.chosen_by)


DIMENSIONS: Mapping[str, Dimension] = MappingProxyType({each.name: each for each in _dimensions()})
"""Every dimension; those of time are levels of the calendar."""

PLACE_COLUMNS = frozenset(each.column for each in DIMENSIONS.values() if each.kind == "place")
"""The columns of facts and of answers that hold H3 cells."""

HIERARCHIES: Mapping[str, tuple[str, ...]] = MappingProxyType({name: tuple(levels) for name, levels in _SHARED.hierarchies.items()})
"""The ways to drill down, each from coarse to fine."""


@dataclass(frozen=True)
class NamedSet:
    """Members of a dimension under one name."""

    label: str
    dimension: str
    members: tuple[str, ...]


SETS: Mapping[str, NamedSet] = MappingProxyType({name: NamedSet(each.label, each.dimension, tuple(each.members)) for name, each in _SHARED.sets.items()})
"""Every named set."""


def _facts(cube: CubeDeclaration) -> Facts:
    columns = MappingProxyType(cube.columns)
    return Facts(
        cube.cube, cube.label, cube.grain or "", columns, tuple(cube.dimensions), tuple(cube.facts_only), tuple(cube.derived_from), cube.finest_level, cube.key
    )


FACTS: Mapping[str, Facts] = MappingProxyType({cube.cube: _facts(cube) for cube in _CUBES if not cube.virtual})

CUBES: Mapping[str, str] = MappingProxyType({cube.cube: cube.label for cube in _CUBES})
"""Every cube with its label, the virtual ones last."""

MEASURES: Mapping[str, Measure] = MappingProxyType({name: _measure(cube, name, each) for cube in _CUBES for name, each in cube.measures.items()})

QUERIES: tuple[tuple[str, str, str], ...] = tuple(texts for cube in _CUBES for query in cube.queries for texts in query.texts)
"""The declared queries: axes, measures and filtered dimensions, each as text with commas."""


@dataclass(frozen=True)
class Axis:
    """One thing to group by: a dimension; of a kind of place with the H3 level."""

    dimension: str
    level: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Axis":
        """An axis from text such as `segment` or `place:8`.

        Raises:
            CubeError: there is no such dimension or level.
        """
        name, _, level = text.strip().partition(":")
        if name not in DIMENSIONS:
            raise CubeError(f"There is no dimension {name!r}; there are {', '.join(DIMENSIONS)}.")
        if DIMENSIONS[name].kind != "place":
            if level:
                raise CubeError(f"{name} has no levels; write {name!r}.")
            return cls(name)
        if not level.isdecimal() or int(level) not in LEVELS:
            raise CubeError(f"{name} needs an H3 level from {COARSEST_LEVEL} to {FINEST_LEVEL}, such as {name}:8.")
        return cls(name, int(level))

    def __str__(self) -> str:
        return self.dimension if self.level is None else f"{self.dimension}:{self.level}"

    @property
    def column(self) -> str:
        """The column of an answer."""
        return "cell" if self.dimension == PLACE else self.dimension


def measure(name: str) -> Measure:
    """The measure of this name.

    Raises:
        CubeError: there is none.
    """
    if name not in MEASURES:
        raise CubeError(f"There is no measure {name!r}; there are {', '.join(MEASURES)}.")
    return MEASURES[name]


def simple(name: str) -> tuple[Measure, ...]:
    """The measures of facts that a measure comes out of: itself, unless it is calculated.

    Raises:
        CubeError: there is no such measure.
    """
    asked = measure(name)
    return tuple(MEASURES[each] for each in asked.needs) if asked.needs else (asked,)


def dimensions_of(name: str) -> tuple[str, ...]:
    """The dimensions besides place that a measure can be split and filtered by: those that all facts behind it have.

    Raises:
        CubeError: there is no such measure.
    """
    first, *others = (FACTS[each.facts].dimensions for each in simple(name))
    return tuple(dimension for dimension in first if all(dimension in other for other in others))


def is_place(dimension: str) -> bool:
    """Whether the members of a dimension are cells; of a name that is none not."""
    return dimension in DIMENSIONS and DIMENSIONS[dimension].kind == "place"


def finest_level(measures: Iterable[str]) -> int:
    """The finest H3 level at which all facts behind measures have places.

    Raises:
        CubeError: there is no such measure.
    """
    return min(FACTS[each.facts].finest_level for name in measures for each in simple(name))


def is_money(name: str) -> bool:
    """Whether money is in a measure, which is of one currency or makes no sense.

    Raises:
        CubeError: there is no such measure.
    """
    return any(each.unit == "money" for each in simple(name))
