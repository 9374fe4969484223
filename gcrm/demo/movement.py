"""Routes of movement: shortest ways along real streets between shops and homes, as a phone would record them."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy import signal, sparse
from scipy.sparse import csgraph
from scipy.spatial import KDTree

from gcrm.demo import structure
from gcrm.demo.city import CitySurroundings, Floats, Indices, Plane, point_coordinates
from gcrm.demo.network import Network, graph_of
from gcrm.demo.places import Places
from gcrm.demo.tables import draw, keys, pick, seconds_of, stream, times

_TRIPS_PER_ORIGIN = 15
_FIRST_DAY = "2026-09-07"
_DAYS = 14
_WORKDAYS = (0, 1, 2, 3, 4)
_HOUR_SHARE = (0, 0, 0, 0, 0.10, 0.16, 0.08, 0.05, 0.06, 0.06, 0.06, 0.06, 0.06, 0.08, 0.10, 0.07, 0.04, 0.02, 0, 0, 0, 0, 0, 0)
"""Starts by hour in UTC; in Helsinki's summer time the peaks are at 8 and 17."""


@dataclass(frozen=True)
class Route:
    """A way that was taken: position in MODES, the nodes, metres per second, start in seconds since 1970."""

    mode: int
    nodes: Indices
    length_m: float
    speed: float
    start: int


def draw_routes(city: CitySurroundings, network: Network, places: Places, plane: Plane, seed: int) -> list[Route]:
    """Draws TRACKS routes; none where the city has no streets."""
    routes: list[Route] = []
    for mode, name in enumerate(structure.MODES):
        graph, nodes = graph_of(network, city, bicycle=name == "bicycle")
        if len(nodes) <= 1:
            continue
        random = stream(seed, "movement", mode)
        shops, homes = _stops(city, network, places, plane, nodes)
        ways = _ways(graph, shops, homes, mode, random)
        routes.extend(_taken(ways, mode, random))
    return routes


def _stops(city: CitySurroundings, network: Network, places: Places, plane: Plane, nodes: Indices) -> tuple[Indices, Indices]:
    """The nodes next to shops (as often as there are shops) and next to places; where there are no shops, places stand for them."""
    tree = KDTree(network.xy[nodes])
    homes = nodes[tree.query(places.xy)[1]]
    if city.shops.empty:
        return homes, homes
    degrees = point_coordinates(city.shops)
    return nodes[tree.query(plane.to_metres(degrees[:, 0], degrees[:, 1]))[1]], homes


def _ways(graph: sparse.csr_array, shops: Indices, homes: Indices, mode: int, random: np.random.Generator) -> list[tuple[Indices, float]]:
    """Shortest ways from shops to homes and from homes to shops, in turn: nodes and metres of each."""
    wanted = structure.TRACKS_OF[mode]
    shortest, longest = structure.TRIP_M[mode]
    ways: list[tuple[Indices, float]] = []
    turn = 0
    # An origin from which nothing is near enough gives no way; were all of them like that, there would be fewer routes.
    while len(ways) < wanted and turn < wanted:
        origins, goals = (shops, homes) if turn % 2 else (homes, shops)
        origin = int(random.choice(origins))
        distance, before = csgraph.dijkstra(graph, indices=origin, return_predecessors=True, limit=longest)
        fitting = _within_reach(distance, goals, shortest)
        chosen = random.choice(fitting, min(_TRIPS_PER_ORIGIN, wanted - len(ways))) if len(fitting) else fitting
        ways.extend((_way(before, origin, int(goal)), float(distance[goal])) for goal in chosen)
        turn += 1
    return ways


def _within_reach(distance: Floats, goals: Indices, shortest: float) -> Indices:
    """The goals that are far enough; else the farthest node; `distance` is infinite beyond the longest trip."""
    fitting = goals[np.isfinite(distance[goals]) & (distance[goals] >= shortest)]
    if len(fitting):
        return fitting
    farthest = int(np.argmax(np.where(np.isfinite(distance), distance, 0)))
    return np.array([farthest] if distance[farthest] > 0 else [], dtype=np.int64)


def _way(before: Indices, origin: int, goal: int) -> Indices:
    """The nodes from origin to goal, of Dijkstra's predecessors."""
    nodes = [goal]
    while nodes[-1] != origin:
        nodes.append(int(before[nodes[-1]]))
    return np.array(nodes[::-1])


def _taken(ways: list[tuple[Indices, float]], mode: int, random: np.random.Generator) -> list[Route]:
    """The ways with a speed and a start; weekdays are three times as frequent as days of the weekend."""
    count = len(ways)
    mean, spread = structure.SPEED_M_S[mode]
    speed = np.clip(random.normal(mean, spread, count), mean - 2 * spread, mean + 2 * spread).round(3)
    weight = np.where(np.isin(np.arange(_DAYS) % 7, _WORKDAYS), 3.0, 1.0)
    day = draw((weight / weight.sum()).tolist(), random.random(count))
    hour = draw(_HOUR_SHARE, random.random(count))
    start = seconds_of(_FIRST_DAY) + 86_400 * day + 3_600 * hour + random.integers(3_600, size=count)
    return [Route(mode, nodes, round(length, 1), float(speed[position]), int(start[position])) for position, (nodes, length) in enumerate(ways)]


def tracks_table(routes: list[Route], network: Network, plane: Plane, seed: int) -> pa.Table:
    """The positions of every route: track_key, recorded_at (ISO 8601, UTC), longitude, latitude; every 5 to 15 s, GPS_NOISE_M off."""
    random = stream(seed, "movement", len(structure.MODES))
    seconds, xy, count = [np.empty(0, dtype=np.int64)], [np.empty((0, 2))], []
    for route in routes:
        moments = _moments(route.length_m / route.speed, random)
        corners = network.xy[route.nodes]
        passed = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(corners, axis=0).T))])
        way = np.minimum(moments * route.speed, passed[-1])
        true = np.column_stack([np.interp(way, passed, corners[:, axis]) for axis in (0, 1)])
        seconds.append(route.start + moments)
        xy.append(true + _noise(len(true), random))
        count.append(len(true))
    degrees = plane.to_degrees(np.concatenate(xy)) if routes else np.empty((0, 2))
    track = np.repeat(np.arange(1, len(routes) + 1), count).astype(np.int64)
    return pa.table(
        {
            "track_key": keys("W", track, 4),
            "recorded_at": times(np.concatenate(seconds)),
            "longitude": degrees[:, 0],
            "latitude": degrees[:, 1],
        }
    )


def _moments(duration_s: float, random: np.random.Generator) -> Indices:
    """Whole seconds after the start at which a position is recorded: the first is 0, the last the arrival."""
    low, high = structure.POSITION_EVERY_S
    steps = np.cumsum(random.integers(low, high + 1, size=int(duration_s // low) + 1))
    end = int(np.ceil(duration_s))
    return np.concatenate([[0], steps[steps < end - low], [max(end, 1)]]).astype(np.int64)


def _noise(count: int, random: np.random.Generator) -> Floats:
    """Errors in metres, shape (count, 2): each remembers the one before it, and their root mean square is GPS_NOISE_M."""
    memory = structure.GPS_MEMORY
    shocks = random.standard_normal((count, 2)) * structure.GPS_NOISE_M / np.sqrt(2)
    shocks[1:] *= np.sqrt(1 - memory**2)
    return np.asarray(signal.lfilter([1.0], [1.0, -memory], shocks, axis=0))


def routes_table(routes: list[Route], network: Network) -> pa.Table:
    """The truth behind the tracks: track_key, mode, length_m, speed_m_s, way (WKT, EPSG:4326)."""
    lines = ["LINESTRING (" + ", ".join(f"{x:.7f} {y:.7f}" for x, y in network.degrees[route.nodes]) + ")" for route in routes]
    return pa.table(
        {
            "track_key": keys("W", np.arange(1, len(routes) + 1), 4),
            "mode": pick(structure.MODES, np.array([route.mode for route in routes], dtype=np.int64)),
            "length_m": pa.array([route.length_m for route in routes], pa.float64()),
            "speed_m_s": pa.array([route.speed for route in routes], pa.float64()),
            "way": pa.array(lines, pa.string()),
        }
    )
