"""Plans: what of a question decides which files can answer it, and the smallest one of a version that does."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from gcrm.access.scope import Scope
from gcrm.olap.catalogue import DIMENSIONS, FACTS, PLACE, QUERIES, TERRITORY, Axis, Facts, Measure, is_place, simple
from gcrm.olap.cuboids import Cuboid, facts_file, grouping
from gcrm.olap.query import CubeQuery, Filter
from gcrm.olap.versions import Version
from gcrm.spatial.cells import level_of
from gcrm.units import COARSEST_LEVEL, FINEST_LEVEL


@dataclass(frozen=True)
class QueryShape:
    """What of a question decides from which files it can be answered: no members, no order, nobody's data.

    Attributes:
        axes: sorted by name.
        measures: sorted.
        filtered: dimensions that are filtered by, sorted; place has the level at which all its cells can be told apart, and none where its edges are exact.
    """

    axes: tuple[Axis, ...]
    measures: tuple[str, ...]
    filtered: tuple[Axis, ...]

    @classmethod
    def of(cls, query: CubeQuery) -> "QueryShape":
        """The shape of a question."""
        filtered = {_filtered(kept) for kept in query.where}
        places = {axis for axis in filtered if axis.dimension == PLACE}
        finest = {max(places, key=lambda axis: FINEST_LEVEL + 1 if axis.level is None else axis.level)} if places else set()
        return cls(_sorted(query.axes), tuple(sorted(query.measures)), _sorted(filtered - places | finest))

    @classmethod
    def parse(cls, axes: str, measures: str, filtered: str) -> "QueryShape":
        """The shape from its three texts, as `str` of its parts joined with commas gives them.

        Raises:
            CubeError: a dimension or a measure is not declared, or not any more.
        """
        parts = [tuple(Axis(part) if is_place(part) else Axis.parse(part) for part in map(str.strip, text.split(",")) if part) for text in (axes, filtered)]
        names = tuple(sorted(part.strip() for part in measures.split(",") if part.strip()))
        for name in names:
            simple(name)
        return cls(_sorted(parts[0]), names, _sorted(parts[1]))

    @property
    def texts(self) -> tuple[str, str, str]:
        """Axes, measures and filtered dimensions as text; `parse` reads them back."""
        return ",".join(map(str, self.axes)), ",".join(self.measures), ",".join(map(str, self.filtered))


def _filtered(kept: Filter) -> Axis:
    if kept.dimension != PLACE:
        return Axis(kept.dimension)
    return Axis(PLACE) if kept.exact else Axis(PLACE, max([COARSEST_LEVEL, *map(level_of, kept.cells)]))


def _sorted(axes: Iterable[Axis]) -> tuple[Axis, ...]:
    return tuple(sorted(axes, key=str))


@dataclass(frozen=True)
class Need:
    """What a file has to have, so that some measures of a question can be read from it.

    Attributes:
        facts: those of the measures.
        measures: of one kind.
        level: H3 level at which its places can be told apart; None where it asks for none.
        columns: stored columns besides the cell.
        facts_only: no cuboid has what it takes.
        last: only the last month of each time that is asked for counts.
        grouped: of distinct counts, which do not add up, the dimensions that a cuboid has to be grouped by, and no others; of others None.
    """

    facts: str
    measures: tuple[Measure, ...]
    level: int | None
    columns: frozenset[str]
    facts_only: bool = False
    last: bool = False
    grouped: tuple[str, ...] | None = None

    @property
    def cuboid(self) -> Cuboid | None:
        """The smallest cuboid that could be built for it; None where none can be."""
        if self.facts_only:
            return None
        if self.grouped is not None:
            return Cuboid(self.facts, self.level, self.grouped, distinct=True)
        return Cuboid.holding(self.facts, self.level, self.columns)

    def can_be_read_from(self, cuboid: Cuboid) -> bool:
        """Whether a cuboid has what it takes."""
        if self.facts_only or cuboid.facts != self.facts:
            return False
        if self.grouped is not None:
            return cuboid.distinct and (cuboid.level, cuboid.dimensions) == (self.level, self.grouped)
        return not cuboid.distinct and self.level in (None, cuboid.level) and self.columns <= set(cuboid.dimensions)


def declared_queries() -> tuple[QueryShape, ...]:
    """The shapes of the queries that the cubes declare."""
    return tuple(dict.fromkeys(QueryShape.parse(*texts) for texts in QUERIES))


@lru_cache(maxsize=4096)
def needs(shape: QueryShape) -> tuple[Need, ...]:
    """What it takes to answer questions of a shape: for each kind of facts sums, stocks and distinct counts apart."""
    named = [axis.dimension for axis in (*shape.axes, *shape.filtered) if axis.dimension != PLACE]
    columns = frozenset(DIMENSIONS[name].column for name in named)
    by_month = any(axis.dimension == "month" for axis in shape.axes)
    every = dict.fromkeys(each for name in shape.measures for each in simple(name))
    found = []
    for facts in FACTS.values():
        wanted = [each for each in every if each.facts == facts.name]
        level, exact = _level(shape, facts)
        sums = tuple(each for each in wanted if each.stored is not None and (by_month or not each.stock))
        stocks = tuple(each for each in wanted if each.stock and not by_month)
        distinct = tuple(each for each in wanted if each.stored is None)
        if sums:
            found.append(Need(facts.name, sums, level, columns, exact))
        if stocks:
            found.append(Need(facts.name, stocks, level, columns | {"month"}, exact, last=True))
        if distinct:
            own = grouping(facts, (axis.dimension for axis in shape.axes))
            elsewhere = any(is_place(name) for name in named)  # of other places a cuboid has the finest cells, which are not those that are asked for
            kept_whole = not exact and not elsewhere and own == grouping(facts, named) and level == _level_of(shape.axes)
            found.append(Need(facts.name, distinct, level, columns, not kept_whole, grouped=own))
    return tuple(found)


def _level(shape: QueryShape, facts: Facts) -> tuple[int | None, bool]:
    """The level at which the cells of place can be told apart, and whether a question takes positions, which no cuboid has."""
    exact = Axis(PLACE) in shape.filtered
    if exact and not facts.by_account:  # they lie where the centre of their cell does
        return facts.finest_level, False
    return _level_of((*shape.axes, *shape.filtered)), exact


def _level_of(axes: Iterable[Axis]) -> int | None:
    return max((axis.level for axis in axes if axis.dimension == PLACE and axis.level is not None), default=None)


@dataclass(frozen=True)
class Part:
    """The part of an answer that comes from one file: of a cuboid, or of the facts; `last` takes only the last month of each time that is asked for."""

    file: str
    facts: str
    level: int | None
    measures: tuple[Measure, ...]
    of_facts: bool
    last: bool = False


def plan(version: Version, query: CubeQuery, scope: Scope) -> list[Part]:
    """For each kind of facts and each kind of measure the smallest file that answers.

    Args:
        version: the published cube.
        query: the question.
        scope: who asks; a cuboid has to know the territories of one who does not see all.
    """
    return [_part(version, need, scope) for need in needs(QueryShape.of(query))]


def _part(version: Version, need: Need, scope: Scope) -> Part:
    facts = FACTS[need.facts]
    by = {TERRITORY} if scope.territories is not None and facts.by_territory else set()
    rows = version.rows
    fitting = [cuboid for cuboid in version.cuboids if need.can_be_read_from(cuboid) and by <= set(cuboid.dimensions)]
    best = min(fitting, key=lambda cuboid: rows[cuboid.name], default=None)
    if best is None:
        return Part(facts_file(facts).removesuffix(".parquet"), facts.name, facts.finest_level, need.measures, of_facts=True, last=need.last)
    return Part(best.name, facts.name, best.level, need.measures, of_facts=False, last=need.last)
