"""Both engines behind the one Protocol."""

from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gcrm.errors import RoadsError
from gcrm.spatial.roads import weights
from gcrm.spatial.roads.bulk import Bulk
from gcrm.spatial.roads.conditions import Conditions, Slice
from gcrm.spatial.roads.moment import Moment
from gcrm.spatial.roads.network import Network
from gcrm.spatial.roads.protocol import SNAP_M, Basis, CellTimes, Isochrones, Matched, Mode, Points, Route, Snapped, Times
from gcrm.spatial.roads.routing import Router
from gcrm.spatial.roads.snapping import Snapper
from gcrm.units import FINEST_LEVEL

_KEPT_MOMENTS = 8
_POSITION_COLUMNS = ("trip", "recorded_at", "longitude", "latitude")
_UNTIMED = Moment(0, 0)


class NetworkRoads:
    """`Roads` on a version of the network and of the conditions; what was asked for last is kept for the next question."""

    def __init__(self, network: Network, conditions: Conditions | None = None) -> None:
        self._network = network
        self._conditions = conditions or Conditions.none(network)
        self._bulks: dict[tuple[Mode, Moment], Bulk] = {}
        self._routers: dict[Moment, Router] = {}
        self._matching: dict[tuple[Mode, float], Router] = {}
        self._snapped: dict[tuple[Mode, float, bytes], Snapped] = {}

    def snap(self, points: Points, mode: Mode, limit_m: float = SNAP_M) -> Snapped:
        """See `Roads.snap`."""
        asked = (mode, limit_m, np.asarray(points, dtype=np.float64).tobytes())
        if asked not in self._snapped:
            _make_room(self._snapped)
            self._snapped[asked] = Snapper.of(self._network, mode).snap(points, limit_m)
        return self._snapped[asked]

    def route(self, origin: Points, destination: Points, mode: Mode, moment: Moment) -> Route:
        """See `Roads.route`."""
        return self._router(moment).route(origin, destination, mode, moment)

    def one_to_many(self, origin: Points, destinations: Points, mode: Mode, moment: Moment, limit: float = np.inf, *, metres: bool = False) -> Times:
        """See `Roads.one_to_many`."""
        return self.many_to_many(np.reshape(origin, (1, 2)), destinations, mode, moment, limit, metres=metres)

    def many_to_many(self, origins: Points, destinations: Points, mode: Mode, moment: Moment, limit: float = np.inf, *, metres: bool = False) -> Times:
        """See `Roads.many_to_many`."""
        bulk = self._bulk(mode, moment)
        here, there = self.snap(origins, mode), self.snap(destinations, mode)
        minutes = weights.minutes(bulk.times(here, there))
        lengths = weights.metres(bulk.times(here, there, metres=True)) if metres else None
        far = minutes > limit
        minutes[far] = np.nan
        if lengths is not None:
            lengths[far] = np.nan
        return Times(minutes, lengths, self._basis(mode, moment))

    def isochrones(self, origins: Points, minutes: Sequence[float], mode: Mode, moment: Moment) -> Isochrones:
        """See `Roads.isochrones`."""
        origins = np.reshape(np.asarray(origins, dtype=np.float64), (-1, 2))
        # Valhalla draws a small area around a point without a road.
        near = np.flatnonzero(self.snap(origins, mode).edge >= 0)
        found = self._router(moment).isochrones(origins[near], minutes, mode, moment)
        return replace(found, areas=found.areas.assign(origin=near[found.areas["origin"].to_numpy(dtype=np.int64)]))

    def isochrone_cells(self, origins: Points, limit: float, mode: Mode, moment: Moment, level: int = FINEST_LEVEL) -> CellTimes:
        """See `Roads.isochrone_cells`."""
        found: pd.DataFrame = self._bulk(mode, moment).cell_minutes(self.snap(origins, mode), limit, level)
        return CellTimes(found, self._basis(mode, moment))

    def match(self, positions: pd.DataFrame, mode: Mode, accuracy_m: float = 10) -> Matched:
        """See `Roads.match`."""
        missing = [name for name in _POSITION_COLUMNS if name not in positions]
        if missing or not np.isfinite(positions[["longitude", "latitude"]].to_numpy(dtype=np.float64)).all():
            raise RoadsError(f"Positions need {', '.join(_POSITION_COLUMNS)}, and each a longitude and a latitude; drop those that have none.")
        first = positions["recorded_at"].min()
        # Whoever was there may have passed what is closed now.
        if (mode, accuracy_m) not in self._matching:
            _make_room(self._matching)
            self._matching[mode, accuracy_m] = Router(self._network, Slice.plain(self._network), accuracy_m, mode)
        return self._matching[mode, accuracy_m].match(positions, mode, Moment.of(first.to_pydatetime()) if pd.notna(first) else _UNTIMED, accuracy_m)

    def edges(self, keys: NDArray[np.int64]) -> gpd.GeoDataFrame:
        """See `Roads.edges`."""
        return self._network.describe(keys)

    def _bulk(self, mode: Mode, moment: Moment) -> Bulk:
        if (mode, moment) not in self._bulks:
            _make_room(self._bulks)
            self._bulks[mode, moment] = Bulk(self._network, mode, self._conditions.at(moment))
        return self._bulks[mode, moment]

    def _router(self, moment: Moment) -> Router:
        if moment not in self._routers:
            _make_room(self._routers)
            self._routers[moment] = Router(self._network, self._conditions.at(moment))
        return self._routers[moment]

    def _basis(self, mode: Mode, moment: Moment) -> Basis:
        return Basis(mode, moment, self._network.name, self._conditions.version, "csgraph")


def _make_room[Key, Value](kept: dict[Key, Value]) -> None:
    while len(kept) >= _KEPT_MOMENTS:
        del kept[next(iter(kept))]
