"""Routes, isochrones and matching by Valhalla, on the tiles and under the conditions of a network."""

import json
import os
import shutil
import threading
import weakref
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import valhalla
from numpy.typing import NDArray
from shapely import LineString, MultiPolygon
from valhalla.midgard.utils import decode_polyline

from gcrm.errors import RoadsError
from gcrm.spatial.roads.build import configuration
from gcrm.spatial.roads.conditions import Slice
from gcrm.spatial.roads.matching import match
from gcrm.spatial.roads.moment import Moment
from gcrm.spatial.roads.network import Network
from gcrm.spatial.roads.protocol import SNAP_M, Basis, Isochrones, Matched, Mode, Points, Route
from gcrm.spatial.roads.traffic import write_traffic
from gcrm.units import WGS84

COSTINGS = {Mode.CAR: "auto", Mode.BICYCLE: "bicycle", Mode.FOOT: "pedestrian"}
_METRES_IN_KM = 1000
_MOST_CONTOURS = 4
_MOST_POSITIONS, _LONGEST_TRIP_M = 1_000_000, 10_000_000.0
"""Of a trip that is matched."""
_LONGEST_STEP_M = 4_000
"""Positions further from each other are not joined: a minute at 240 km/h."""
_LONGEST_DETOUR = {Mode.CAR: (3, 3), Mode.BICYCLE: (2, 5), Mode.FOOT: (2, 5)}
"""Between two positions, as multiples of the straight line and of the time on it: what is longer is not looked for. Runners are fast."""
_WORKERS = os.cpu_count() or 1
_AHEAD = 8 * _WORKERS
"""Trips that are asked for before the first answer is taken: enough that no thread waits, few enough that memory is bounded."""
_NOW = {"type": 0}
"""Valhalla looks at live traffic only where a journey begins now."""


class Router:
    """Valhalla on a network under the conditions of a moment; its files go when it does.

    Args:
        network: whose tiles it reads.
        conditions: of the moment.
        accuracy_m: standard deviation of the positions that are matched, metres; Valhalla takes it once for all.
        matched: how they travelled whose positions are matched; likewise.
    """

    def __init__(self, network: Network, conditions: Slice, accuracy_m: float = 10, matched: Mode = Mode.CAR) -> None:
        self._network = network
        self._conditions = conditions
        files = Path(mkdtemp(prefix="gcrm-roads-"))
        weakref.finalize(self, shutil.rmtree, files, ignore_errors=True)
        traffic = files / "traffic.tar"
        if conditions.changes_cars:
            write_traffic(traffic, network, conditions)
        config = configuration(network.tiles, traffic_extract=str(traffic) if conditions.changes_cars else "")
        limits: Any = config["service_limits"]
        limits["max_exclude_locations"] = 100_000
        limits["trace"] |= {"max_shape": _MOST_POSITIONS, "max_distance": _LONGEST_TRIP_M}
        meili: Any = config["meili"]
        factors = dict(zip(("max_route_distance_factor", "max_route_time_factor"), _LONGEST_DETOUR[matched], strict=True))
        meili["default"] |= {"sigma_z": accuracy_m, "breakage_distance": _LONGEST_STEP_M, **factors}
        path = files / "valhalla.json"
        path.write_text(json.dumps(config), encoding="utf-8")
        self._path = path
        self._of_thread = threading.local()

    @property
    def _actor(self) -> valhalla.Actor:
        """Valhalla for this thread: an Actor serves one at a time, and lets others run while it works."""
        if not hasattr(self._of_thread, "actor"):
            self._of_thread.actor = valhalla.Actor(self._path)
        actor: valhalla.Actor = self._of_thread.actor
        return actor

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(_WORKERS, thread_name_prefix="gcrm-roads")

    def _request(self, mode: Mode, **more: object) -> dict[str, Any]:
        request: dict[str, Any] = {"costing": COSTINGS[mode], **more}
        if mode is Mode.CAR and self._conditions.changes_cars:
            request["date_time"] = _NOW
        elif mode is not Mode.CAR and (closed := np.flatnonzero(self._conditions.closed(mode))).size:
            middle = shapely.get_coordinates(shapely.line_interpolate_point(self._network.lines(closed), 0.5, normalized=True))
            request["exclude_locations"] = [_location(point) for point in np.unique(middle, axis=0)]
        return request

    def route(self, origin: Points, destination: Points, mode: Mode, moment: Moment) -> Route:
        """See `Roads.route`."""
        ends = [_above_ground(np.ravel(origin)), _above_ground(np.ravel(destination))]
        try:
            found = self._actor.route(self._request(mode, locations=ends, directions_type="none"))
        except valhalla.ValhallaError as error:
            raise RoadsError(f"There is no way by {mode} between the two points ({error}); choose points nearer to roads that it may use.") from error
        line = LineString(decode_polyline(found["trip"]["legs"][0]["shape"]))
        summary = found["trip"]["summary"]
        edges = self._edges_of(found["trip"]["legs"][0]["shape"], mode)
        return Route(summary["time"] / 60, summary["length"] * _METRES_IN_KM, line, edges, self._basis(mode, moment))

    def _edges_of(self, polyline: str, mode: Mode) -> NDArray[np.int64]:
        """The edges under a line that Valhalla itself has drawn."""
        walked = {"encoded_polyline": polyline, "shape_match": "walk_or_snap", "filters": {"attributes": ["edge.id"], "action": "include"}}
        found = self._actor.trace_attributes({"costing": COSTINGS[mode], **walked})
        return np.array([edge["id"] for edge in found["edges"]], dtype=np.int64)

    def isochrones(self, origins: Points, minutes: Sequence[float], mode: Mode, moment: Moment) -> Isochrones:
        """See `Roads.isochrones`."""
        if not 0 < len(minutes) <= _MOST_CONTOURS or min(minutes) <= 0:
            raise RoadsError(f"Minutes are one to four numbers above 0, such as 5,10,15; not {','.join(f'{value:g}' for value in minutes)}.")
        contours = [{"time": float(value)} for value in sorted(minutes)]
        requests = [self._request(mode, locations=[_above_ground(point)], contours=contours, polygons=True) for point in np.reshape(origins, (-1, 2))]
        answers = self._threads.map(self._areas, requests) if len(requests) > 1 else map(self._areas, requests)
        rows = [(position, *area) for position, areas in enumerate(answers) for area in areas]
        columns = {"origin": [row[0] for row in rows], "minutes": [row[1] for row in rows]}
        areas = gpd.GeoDataFrame(columns, geometry=[row[2] for row in rows], crs=WGS84).sort_values(["origin", "minutes"], ignore_index=True)
        return Isochrones(areas, self._basis(mode, moment))

    def _areas(self, request: dict[str, Any]) -> list[tuple[float, MultiPolygon]]:
        """Minutes and area of each contour; none where every road near is closed."""
        try:
            features = self._actor.isochrone(request)["features"]
        except valhalla.ValhallaError:
            return []
        areas = shapely.make_valid([shapely.geometry.shape(feature["geometry"]) for feature in features])
        return [(float(feature["properties"]["contour"]), _polygons(area)) for feature, area in zip(features, areas, strict=True)]

    def match(self, positions: pd.DataFrame, mode: Mode, moment: Moment, accuracy_m: float) -> Matched:
        """See `Roads.match`."""
        placed, edges = match(self._traced, self._network, COSTINGS[mode], positions, mode, accuracy_m)
        return Matched(placed, edges, self._basis(mode, moment))

    def _traced(self, requests: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any] | None]:
        waiting: deque[Future[dict[str, Any] | None]] = deque()
        for request in requests:
            waiting.append(self._threads.submit(self._trace, request))
            if len(waiting) >= _AHEAD:
                yield waiting.popleft().result()
        yield from (answer.result() for answer in waiting)

    def _trace(self, request: dict[str, Any]) -> dict[str, Any] | None:
        try:
            answer: dict[str, Any] = self._actor.trace_attributes(request)
        except valhalla.ValhallaError:
            return None
        return answer

    def _basis(self, mode: Mode, moment: Moment) -> Basis:
        return Basis(mode, moment, self._network.name, self._conditions.version, "valhalla")


def _location(point: NDArray[np.float64]) -> dict[str, object]:
    return {"lon": float(point[0]), "lat": float(point[1])}


def _above_ground(point: NDArray[np.float64]) -> dict[str, object]:
    """Where a way begins or ends: on no road that is further than `SNAP_M`, and in no tunnel, as in `gcrm.spatial.roads.snapping`."""
    return {**_location(point), "search_cutoff": SNAP_M, "search_filter": {"exclude_tunnel": True}}


def _polygons(area: shapely.Geometry) -> MultiPolygon:
    return MultiPolygon([part for whole in shapely.get_parts(area) for part in shapely.get_parts(whole) if part.geom_type == "Polygon"])
