"""Routes, isochrones and matching by Valhalla, on the tiles and under the conditions of a network."""

import json
import shutil
import weakref
from collections.abc import Sequence
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
_NOW = {"type": 0}
"""Valhalla looks at live traffic only where a journey begins now."""


class Router:
    """Valhalla on a network under the conditions of a moment; its files go when it does."""

    def __init__(self, network: Network, conditions: Slice) -> None:
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
        path = files / "valhalla.json"
        path.write_text(json.dumps(config), encoding="utf-8")
        self._actor = valhalla.Actor(path)

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
        rows = []
        for position, point in enumerate(np.asarray(origins, dtype=np.float64).reshape(-1, 2)):
            try:
                found = self._actor.isochrone(self._request(mode, locations=[_above_ground(point)], contours=contours, polygons=True))
            except valhalla.ValhallaError:
                continue  # every road near is closed
            for feature in found["features"]:
                area = shapely.make_valid(shapely.geometry.shape(feature["geometry"]))
                rows.append((position, float(feature["properties"]["contour"]), _polygons(area)))
        columns = {"origin": [row[0] for row in rows], "minutes": [row[1] for row in rows]}
        areas = gpd.GeoDataFrame(columns, geometry=[row[2] for row in rows], crs=WGS84).sort_values(["origin", "minutes"], ignore_index=True)
        return Isochrones(areas, self._basis(mode, moment))

    def match(self, positions: pd.DataFrame, mode: Mode, moment: Moment, accuracy_m: float) -> Matched:
        """See `Roads.match`."""
        placed, edges = match(self._actor, self._network, COSTINGS[mode], positions, mode, accuracy_m)
        return Matched(placed, edges, self._basis(mode, moment))

    def _basis(self, mode: Mode, moment: Moment) -> Basis:
        return Basis(mode, moment, self._network.name, self._conditions.version, "valhalla")


def _location(point: NDArray[np.float64]) -> dict[str, object]:
    return {"lon": float(point[0]), "lat": float(point[1])}


def _above_ground(point: NDArray[np.float64]) -> dict[str, object]:
    """Where a way begins or ends: on no road that is further than `SNAP_M`, and in no tunnel, as in `gcrm.spatial.roads.snapping`."""
    return {**_location(point), "search_cutoff": SNAP_M, "search_filter": {"exclude_tunnel": True}}


def _polygons(area: shapely.Geometry) -> MultiPolygon:
    return MultiPolygon([part for whole in shapely.get_parts(area) for part in shapely.get_parts(whole) if part.geom_type == "Polygon"])
