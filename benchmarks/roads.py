"""Roads: minutes in bulk, isochrones, a change of speeds, and matching, on the network of a city."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
import valhalla
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from benchmarks.measure import Work
from gcrm.config import settings
from gcrm.db.connection import ensure_ready
from gcrm.pipeline.layers.osm import load_osm
from gcrm.spatial.roads import network, store
from gcrm.spatial.roads.bulk import Bulk
from gcrm.spatial.roads.conditions import Conditions, empty
from gcrm.spatial.roads.engines import NetworkRoads
from gcrm.spatial.roads.moment import Moment
from gcrm.spatial.roads.protocol import Mode, Points
from gcrm.spatial.roads.search import Attached

SEED = 11
HOUR, _NEXT_HOUR = Moment.parse("Tue 08:00"), Moment.parse("Tue 09:00")
_CONTOURS = (5, 10, 15)
_ROWS = 100
"""Origins that the bare search answers together: their rows of numbers fit into memory."""
_BLOCK = 50
"""Origins and destinations that Valhalla's matrix takes at once."""


def extract() -> Path | None:
    """The extract of Porto, where the real data sets are."""
    given = os.environ.get("GCRM_REAL_DATA")
    return Path(given) / "osm" / "porto_portugal.osm.pbf" if given else None


@cache
def network_of(path: Path) -> network.Network:
    """The network of an extract, built by the first process of a run that asks for it."""
    return store.publish(settings().roads, [path])[0]


def points_on(on: network.Network, count: int, seed: int = SEED) -> Points:
    """Places on roads for cars."""
    edges = np.random.default_rng(seed).choice(np.flatnonzero(on.graphs[Mode.CAR].connected), count)
    places: Points = shapely.get_coordinates(shapely.line_interpolate_point(on.lines(edges), 0.4, normalized=True))
    return places


def _actor(roads: NetworkRoads) -> valhalla.Actor:
    return roads._router(HOUR)._actor  # noqa: SLF001 - the bare engine beneath, on the same tiles


def times_ours(path: Path, count: int) -> Work:
    """Minutes from each of some places to each of as many others, the weights of the hour included."""
    on = network_of(path)
    roads, origins, destinations = NetworkRoads(on), points_on(on, count), points_on(on, count, SEED + 1)
    roads.snap(origins[:1], Mode.CAR)
    return lambda: roads.many_to_many(origins, destinations, Mode.CAR, HOUR)


def times_scipy(path: Path, count: int) -> Work:
    """The same by Dijkstra of scipy.sparse.csgraph on the same costs, the graph made ready before; each minute is checked against ours."""
    on = network_of(path)
    roads, arcs = NetworkRoads(on), on.graphs[Mode.CAR].arcs
    origins, destinations = (roads.snap(points_on(on, count, seed), Mode.CAR) for seed in (SEED, SEED + 1))
    bulk = Bulk(on, Mode.CAR, Conditions.none(on).at(HOUR))
    here, there = bulk._placed(origins), bulk._placed(destinations)  # noqa: SLF001 - the very same costs
    starts, ends = bulk._departures(here, metres=False), bulk._arrivals(there, metres=False)  # noqa: SLF001 - the very same costs
    states = len(arcs.edge)
    tails, heads = np.concatenate([arcs.tail, states + starts.point]), np.concatenate([arcs.head, starts.state])
    every = pd.DataFrame({"tail": tails, "head": heads, "weight": np.concatenate([bulk.arc_weights(), starts.weight])})
    least = every.groupby(["tail", "head"], as_index=False)["weight"].min()
    graph = csr_array((least["weight"], (least["tail"], least["head"])), shape=(states + count,) * 2)
    expected = bulk.times(origins, destinations)

    def work() -> None:
        found = np.concatenate(
            [_least(dijkstra(graph, indices=np.arange(states + at, states + min(at + _ROWS, count))), ends) for at in range(0, count, _ROWS)]
        )
        known = bulk._on_same_edge(found, here, there, metres=False)  # noqa: SLF001 - the very same costs
        if not np.array_equal(known, expected):
            raise AssertionError("the minutes are not those of Dijkstra")

    return work


def _least(plain: NDArray[np.float64], ends: Attached) -> NDArray[np.float64]:
    """From distances to states to those to the points that end there."""
    order = np.argsort(ends.point, kind="stable")
    point = ends.point[order]
    begins = np.flatnonzero(np.concatenate([[True], point[1:] != point[:-1]]))
    found = np.full((len(plain), ends.count), np.inf)
    through = plain[:, ends.state[order]] + ends.weight[order]
    found[:, point[begins]] = np.minimum.reduceat(through, begins, axis=1)
    return found


def areas_ours(path: Path, count: int) -> Work:
    """Isochrones of 5, 10 and 15 minutes as areas."""
    on = network_of(path)
    roads, origins = NetworkRoads(on), points_on(on, count)
    roads.snap(origins[:1], Mode.CAR)
    _actor(roads)
    return lambda: roads.isochrones(origins, _CONTOURS, Mode.CAR, HOUR)


def areas_valhalla(path: Path, count: int, workers: int) -> Work:
    """The same by bare Valhalla in so many threads, each with an actor of its own, answers as it gives them."""
    on = network_of(path)
    roads, origins = NetworkRoads(on), points_on(on, count)
    threads = ThreadPoolExecutor(workers, initializer=_actor, initargs=(roads,))
    asked = {"costing": "auto", "contours": [{"time": each} for each in _CONTOURS], "polygons": True}

    def area(origin: Points) -> object:
        return _actor(roads).isochrone({"locations": _places(origin[None]), **asked})

    return lambda: list(threads.map(area, origins))


def cells_ours(path: Path, count: int) -> Work:
    """The cells reached within 15 minutes, each with its minutes."""
    on = network_of(path)
    roads, origins = NetworkRoads(on), points_on(on, count)
    roads.snap(origins[:1], Mode.CAR)
    return lambda: roads.isochrone_cells(origins, max(_CONTOURS), Mode.CAR, HOUR)


@dataclass(frozen=True)
class _Measured:
    """A speed for each edge."""

    speeds: NDArray[np.float64]

    def at(self, on: network.Network, moment: Moment) -> NDArray[np.float64]:
        del on, moment
        return self.speeds


def change_ours(path: Path) -> Work:
    """New speeds of all edges, until a table of minutes and a route show them."""
    on = network_of(path)
    origins = points_on(on, 100)
    speeds = on.edges["speed_kmh"].to_numpy() * np.random.default_rng(SEED).uniform(0.3, 1.0, len(on.edges))
    before = NetworkRoads(on)
    before.many_to_many(origins[:1], origins, Mode.CAR, HOUR)

    def work() -> None:
        after = NetworkRoads(on, Conditions(1, empty(), on, (_Measured(speeds),)))
        after.many_to_many(origins[:1], origins, Mode.CAR, _NEXT_HOUR)
        after.route(origins[0], origins[1], Mode.CAR, _NEXT_HOUR)

    return work


def load_ours(path: Path) -> Work:
    """`gcrm load osm`, its road network included."""
    ensure_ready()
    return lambda: load_osm(path, None, lambda _: None)


def agreement(path: Path, origins: int, destinations: int) -> dict[str, float]:
    """How far minutes in bulk are from Valhalla's own.

    Args:
        path: the extract.
        origins: how many.
        destinations: how many.

    Returns:
        pairs (count), median and p90 of the relative difference, correlation (no units).
    """
    on = network_of(path)
    roads, here, there = NetworkRoads(on), points_on(on, origins), points_on(on, destinations, SEED + 1)
    ours, theirs = roads.many_to_many(here, there, Mode.CAR, HOUR).minutes, np.full((origins, destinations), np.nan)
    actor = _actor(roads)
    for row in range(0, origins, _BLOCK):
        for column in range(0, destinations, _BLOCK):
            asked = {"sources": _places(here[row : row + _BLOCK]), "targets": _places(there[column : column + _BLOCK]), "costing": "auto"}
            answer = actor.matrix(asked)["sources_to_targets"]
            found = [[np.nan if pair["time"] is None else pair["time"] / 60 for pair in line] for line in answer]
            theirs[row : row + _BLOCK, column : column + _BLOCK] = found
    known = np.isfinite(ours) & (theirs > 0)
    apart = np.abs(ours[known] / theirs[known] - 1)
    correlation = float(np.corrcoef(ours[known], theirs[known])[0, 1])
    return {"pairs": float(known.sum()), "median": float(np.median(apart)), "p90": float(np.quantile(apart, 0.9)), "correlation": correlation}


def _places(points: Points) -> list[dict[str, object]]:
    """As Valhalla takes them; above ground, as ours."""
    return [{"lon": float(longitude), "lat": float(latitude), "search_filter": {"exclude_tunnel": True}} for longitude, latitude in points]
