"""Random questions of the drill steps: declared queries, spatial slices of raw facts, polygons with exact edges, any question at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

import h3
import numpy as np
import pyarrow.parquet as pq
import shapely

from gcrm.access.scope import Scope
from gcrm.olap import calendar
from gcrm.olap.answer import members
from gcrm.olap.catalogue import DIMENSIONS, FACTS, MEASURES, PLACE, Axis, dimensions_of, simple
from gcrm.olap.cuboids import facts_file
from gcrm.olap.plan import QueryShape, declared_queries
from gcrm.olap.query import CubeQuery, Filter
from gcrm.olap.versions import Version
from gcrm.units import LEVELS

_CUBES = {"sales", "accounts"}
_SAMPLE = 5000


@dataclass(frozen=True)
class _Place:
    cell: str
    longitude: float
    latitude: float


class Questions:
    """Draws questions to the sales and the accounts of a version."""

    def __init__(self, version: Version, seed: int) -> None:
        self._chance = Random(seed)  # noqa: S311 - chance, not a secret
        self._declared = [shape for shape in declared_queries() if {each.facts for name in shape.measures for each in simple(name)} <= _CUBES]
        names = {name for cube in _CUBES for name in FACTS[cube].dimensions}
        self._members: Mapping[str, list[str]] = {name: members(version, name, Scope.everything()) for name in names}
        places = pq.read_table(version.folder / facts_file(FACTS["accounts"]), columns=["cell", "longitude", "latitude"]).drop_null()
        chosen = np.random.default_rng(seed).integers(0, places.num_rows, _SAMPLE)
        self._places = places.take(chosen).to_pylist()

    def declared(self) -> CubeQuery:
        """One of the declared queries, filtered by one member, of times by a span."""
        shape: QueryShape = self._chance.choice(self._declared)
        return CubeQuery(shape.axes, measures=shape.measures, where=tuple(map(self._kept, shape.filtered)))

    def slice(self) -> CubeQuery:
        """What a cell and some days hold, split by something: no cuboid has days and everything else."""
        days = sorted(self._chance.choices(self._members["day"], k=2))
        cell = h3.cell_to_parent(self._place().cell, self._chance.choice((6, 7, 8)))
        split = self._chance.choice(["", "segment", "category", "month", "channel,segment", "place:9", "place:10", "day"])
        return CubeQuery.parse(split, measures="revenue,quantity", where=[f"place={cell}", f"day={days[0]}..{days[1]}", "status=status 0|status 1"])

    def polygon(self) -> CubeQuery:
        """What a polygon of 0.5 to 10 km around an account holds, with exact edges."""
        place = self._place()
        size = self._chance.uniform(0.005, 0.1)
        polygon = shapely.Point(place.longitude, place.latitude).buffer(size, quad_segs=self._chance.choice((2, 8, 32))).wkt
        split = self._chance.choice(["", "segment", "month", "category,channel", "place:9"])
        where = [f"place={polygon}", *self._chance.choice([[], [f"month={self._span('month')}"], [f"segment={self._chance.choice(self._members['segment'])}"]])]
        return CubeQuery.parse(split, measures=self._chance.choice(["revenue", "revenue,margin,quantity", "revenue,buyers"]), where=where)

    def anything(self) -> CubeQuery:
        """Any measures by any axes with any filters that go together."""
        asked = [name for name in MEASURES if {each.facts for each in simple(name)} <= _CUBES]
        measures = tuple(self._chance.sample(asked, k=self._chance.choice([1, 1, 2, 3])))
        common = sorted(set.intersection(*({PLACE, *dimensions_of(name)} for name in measures)))
        axes = [Axis(name, self._chance.choice(LEVELS) if name == PLACE else None) for name in self._chance.sample(common, k=self._chance.choice([0, 1, 1, 2]))]
        filtered = [
            Axis(name, self._chance.choice(LEVELS) if name == PLACE else None) for name in self._chance.sample(common, k=self._chance.choice([0, 1, 1, 2]))
        ]
        return CubeQuery(tuple(axes), measures=measures, where=tuple(map(self._kept, filtered)))

    def _kept(self, axis: Axis) -> Filter:
        if axis.level is not None:
            return Filter(PLACE, (h3.cell_to_parent(self._place().cell, axis.level),))
        if DIMENSIONS[axis.dimension].kind == "time":
            return Filter(axis.dimension, (self._span(axis.dimension),))
        return Filter(axis.dimension, (self._chance.choice(self._members[axis.dimension]),))

    def _span(self, level: str) -> str:
        first, last = sorted(self._chance.choices(self._members[level], k=2), key=lambda member: calendar.span(level, member))
        return f"{first}..{last}"

    def _place(self) -> "_Place":
        place = self._chance.choice(self._places)
        return _Place(h3.int_to_str(place["cell"]), place["longitude"], place["latitude"])
