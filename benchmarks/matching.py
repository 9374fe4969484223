"""Map matching: positions with noise along known routes in Porto, from a file to flows by edge and hour, and how well the way is found again."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from benchmarks.measure import Work
from benchmarks.roads import HOUR, network_of, points_on
from gcrm.config import settings
from gcrm.db.connection import Role, connect, ensure_ready, transaction
from gcrm.errors import RoadsError
from gcrm.pipeline.layers.tracks import load_tracks
from gcrm.pipeline.road_flows import match_tracks
from gcrm.pipeline.roads import add_extract
from gcrm.spatial.roads import network
from gcrm.spatial.roads.engines import NetworkRoads
from gcrm.spatial.roads.protocol import Mode, Route
from gcrm.spatial.tracks.thin import thin

_SEED, _NOISE_M = 5, 15.0
_ROUTES, _SHORTEST_MIN = 100, 8
_METRES_PER_DEGREE = 111_320.0
_FIRST = pd.Timestamp("2026-09-07T06:00:00Z")
_DATASET = "noise"


@cache
def _routes(on: network.Network) -> list[Route]:
    """Ways by car between places far from each other."""
    roads, found = NetworkRoads(on), []
    places = points_on(on, 4 * _ROUTES, _SEED)
    for origin, destination in zip(places[: 2 * _ROUTES], places[2 * _ROUTES :], strict=True):
        try:
            route = roads.route(origin, destination, Mode.CAR, HOUR)
        except RoadsError:
            continue
        found += [route] if route.minutes >= _SHORTEST_MIN else []
    return found[:_ROUTES]


def _positions(on: network.Network, step_s: float, noise_m: float = _NOISE_M) -> pd.DataFrame:
    """Positions along the routes at the speed of each road, with noise: trip, recorded_at, longitude, latitude."""
    random, parts = np.random.default_rng(_SEED), []
    for trip, route in enumerate(_routes(on)):
        edges = on.edges.iloc[on.positions(route.edges)]
        metres, seconds = (np.concatenate([[0.0], np.cumsum(each)]) for each in (edges["length_m"], edges["length_m"] / edges["speed_kmh"]))
        whole = 60 * route.minutes
        at = np.arange(0, whole, step_s)
        share = np.interp(at, seconds / seconds[-1] * whole, metres / metres[-1])
        places = shapely.get_coordinates(shapely.line_interpolate_point(route.geometry, share, normalized=True))
        noise = random.normal(0, noise_m, places.shape) / _METRES_PER_DEGREE
        noise[:, 0] /= np.cos(np.radians(places[:, 1]))
        places += noise
        parts.append(pd.DataFrame({"trip": trip, "recorded_at": _FIRST + pd.to_timedelta(at, unit="s"), "longitude": places[:, 0], "latitude": places[:, 1]}))
    return pd.concat(parts, ignore_index=True)


def written(path: Path, tracks: int) -> tuple[Path, int]:
    """A file of positions every 5 seconds, the routes again and again, with jumps in between; and how many positions it holds.

    Args:
        path: the extract of Porto.
        tracks: how often each route is driven.
    """
    file = settings().home / f"noise-{tracks}.csv"
    once = _positions(network_of(path), 5)
    if not file.is_file():
        again = pd.concat([once.assign(track_key=once["trip"].astype(str) + f"/{number}") for number in range(tracks)], ignore_index=True)
        again.loc[500::1000, "latitude"] += 0.2
        again.assign(mode="car").drop(columns="trip").to_csv(file, index=False, date_format="%Y-%m-%dT%H:%M:%SZ")
    return file, tracks * len(once)


def match_ours(path: Path, tracks: int) -> Work:
    """From a CSV file to flows by edge in the database: cleaned, split, stored, thinned, matched, counted."""
    ensure_ready()
    file, _ = written(path, tracks)
    with transaction(Role.WRITER) as connection:
        add_extract(connection, path, None)
    with connect(Role.WRITER) as pg:
        pg.execute("UPDATE gcrm.layer_versions SET file_sha256 = '' WHERE dataset = %s", (_DATASET,))  # else the next round finds it loaded

    def work() -> None:
        load_tracks(file, _DATASET, lambda _: None)
        match_tracks(_DATASET, _NOISE_M)

    return work


def quality(path: Path, step_s: float) -> tuple[float, float]:
    """Precision and recall of matched ways, by length.

    Args:
        path: the extract of Porto.
        step_s: seconds from one position to the next; the noise is 15 m.
    """
    on = network_of(path)
    found = NetworkRoads(on).match(thin(_positions(on, step_s)), Mode.CAR, _NOISE_M).edges
    length = pd.Series(on.edges["length_m"].to_numpy().astype(float), index=on.keys)
    right = found_m = again = driven = 0.0
    for trip, route in enumerate(_routes(on)):
        way, edges = found[found["trip"] == trip], np.unique(route.edges)
        found_m, right = found_m + way["length_m"].sum(), right + way.loc[way["edge"].isin(edges), "length_m"].sum()
        driven, again = driven + length[edges].sum(), again + length[edges[np.isin(edges, way["edge"])]].sum()
    return float(right / found_m), float(again / driven)
