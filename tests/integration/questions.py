"""Random questions to a cube: measures, axes and filters that go together, over members that are there."""

import random
from collections.abc import Collection, Iterator

import h3
import shapely

from gcrm.access.scope import Scope
from gcrm.olap import calendar
from gcrm.olap.answer import ask, members
from gcrm.olap.catalogue import FACTS, MEASURES, PLACE, UNKNOWN, Axis, dimensions_of, is_money, simple
from gcrm.olap.query import CubeQuery, Filter
from gcrm.olap.versions import Version
from gcrm.units import LEVELS


def random_questions(count: int, seed: int, version: Version, cubes: Collection[str]) -> Iterator[CubeQuery]:
    """Questions about some cubes; money of several currencies is asked for by currency.

    Args:
        count: so many.
        seed: of chance.
        version: whose members are asked about.
        cubes: names of FACTS.
    """
    chance = random.Random(seed)  # noqa: S311 - chance, not a secret
    everything = Scope.everything()
    known = {name: members(version, name, everything) for name in {name for cube in cubes for name in FACTS[cube].dimensions}}
    asked = [name for name in MEASURES if {each.facts for each in simple(name)} <= set(cubes)]
    placed = ask(version, CubeQuery.parse("place:10", measures="accounts"), everything).table
    cells = [f"{cell:x}" for cell in placed["cell"].to_pylist() if cell is not None]

    def kept(name: str) -> Filter:
        if name == PLACE:
            some = h3.cell_to_parent(chance.choice(cells), chance.choice(LEVELS))
            latitude, longitude = h3.cell_to_latlng(chance.choice(cells))
            polygon = shapely.Point(longitude, latitude).buffer(chance.uniform(0.001, 0.02), quad_segs=4).wkt
            band = f"{chance.randint(0, 300)}..{chance.randint(301, 2000)}@{longitude:.7f},{latitude:.7f}"
            shapes = [f"{some}+{chance.randint(1, 4)}", band, polygon, UNKNOWN]
            return Filter(PLACE, tuple(dict.fromkeys([some, *chance.sample(shapes, k=chance.choice([0, 1, 2]))])))
        chosen = sorted(chance.choices(known[name], k=chance.choice([1, 2, 3])))
        return Filter(name, (f"{chosen[0]}..{chosen[-1]}",) if name in calendar.LEVELS and chance.random() < 0.5 else tuple(dict.fromkeys(chosen)))

    for _ in range(count):
        measures = tuple(chance.sample(asked, k=chance.choice([1, 1, 2, 3])))
        common = sorted(set.intersection(*({PLACE, *dimensions_of(name)} for name in measures)))
        axes = [
            Axis(name, chance.choice(LEVELS) if name == PLACE else None) for name in chance.sample(common, k=min(chance.choice([0, 1, 1, 2, 3]), len(common)))
        ]
        if len(version.currencies) > 1 and any(map(is_money, measures)) and Axis("currency") not in axes:
            if "currency" not in common:
                continue
            axes.append(Axis("currency"))
        split = chance.randint(0, len(axes))
        filtered = [name for name in common if name == PLACE or known[name]]
        where = tuple(map(kept, chance.sample(filtered, k=min(chance.choice([0, 0, 1, 2]), len(filtered)))))
        yield CubeQuery(tuple(axes[:split]), tuple(axes[split:]), measures, where)
