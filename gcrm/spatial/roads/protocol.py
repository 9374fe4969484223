"""What every answer about roads is asked through, whichever engine gives it.

Points are arrays of shape (n, 2) with longitude and latitude in degrees, EPSG:4326. Times are minutes, lengths metres.
A time holds for the conditions of the moment at which the journey begins: they are not advanced while it lasts.
The way from a point to the road it is snapped to is in no time and in no length; `Snapped.distance_m` tells it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from shapely import LineString

from gcrm.spatial.roads.moment import Moment
from gcrm.units import FINEST_LEVEL

Points = NDArray[np.float64]
"""Shape (n, 2): longitude, latitude in degrees, EPSG:4326."""


SNAP_M = 1_000
"""No place is brought to a road that is further, metres."""


class Mode(StrEnum):
    """A mode of travel."""

    CAR = "car"
    BICYCLE = "bicycle"
    FOOT = "foot"


@dataclass(frozen=True)
class Basis:
    """What an answer holds for.

    Attributes:
        mode: of travel.
        moment: weekday, hour and minute at which the journeys begin, in the place's own time.
        network: name of the version of the road network.
        conditions: number of the version of the road conditions; 0 where there are none.
        engine: what worked it out, `csgraph` or `valhalla`.
    """

    mode: Mode
    moment: Moment
    network: str
    conditions: int
    engine: str


@dataclass(frozen=True)
class Snapped:
    """Where points meet the network; one entry per point.

    Attributes:
        edge: int64 key of the edge, in one of its directions; -1 where no road that the mode may use is near.
        share: how far along the edge, 0 at its beginning, 1 at its end; NaN where there is none.
        points: the places on the road, shape (n, 2), degrees; NaN where there is none.
        distance_m: metres from the point to that place; NaN where there is none.
    """

    edge: NDArray[np.int64]
    share: NDArray[np.float64]
    points: Points
    distance_m: NDArray[np.float64]


@dataclass(frozen=True)
class Route:
    """The fastest way.

    Attributes:
        minutes: of travel.
        metres: of its length.
        geometry: its line, EPSG:4326.
        edges: int64 keys of its edges, in order.
        basis: what it holds for.
    """

    minutes: float
    metres: float
    geometry: LineString
    edges: NDArray[np.int64]
    basis: Basis


@dataclass(frozen=True)
class Times:
    """Times between places.

    Attributes:
        minutes: shape (origins, destinations); NaN where there is no way, or none within the limit.
        metres: length of the fastest way, of the same shape; None where it was not asked for.
        basis: what they hold for.
    """

    minutes: NDArray[np.float64]
    metres: NDArray[np.float64] | None
    basis: Basis


@dataclass(frozen=True)
class Isochrones:
    """How far one gets.

    Attributes:
        areas: columns origin (position among the points asked for), minutes, geometry (MultiPolygon, EPSG:4326); one row per origin and
            contour, larger contours contain smaller ones. An origin from which no road is near has no row.
        basis: what they hold for.
    """

    areas: gpd.GeoDataFrame
    basis: Basis


@dataclass(frozen=True)
class CellTimes:
    """How soon one is in each H3 cell.

    Attributes:
        cells: columns origin (position among the points asked for), cell (H3, int64), minutes (until the first road in the cell is
            reached); one row per origin and cell within the limit.
        basis: what they hold for.
    """

    cells: pd.DataFrame
    basis: Basis


@dataclass(frozen=True)
class Matched:
    """Positions on the roads they were most likely on.

    Attributes:
        positions: on the index of the positions that were asked for: edge and way_id (Int64, missing where it was not matched),
            longitude and latitude (the place on the road), distance_m (from the position to it).
        edges: the way between the positions: trip, sequence (0, 1, ...), edge, way_id, from_share and to_share (0 to 1 along the edge),
            length_m (of that part), entered_at and left_at (between the positions' times, in proportion to the edges' travel time).
            Where a trip breaks off (no way between two positions), `sequence` leaves out a number.
        basis: what it holds for; the moment is that of the first position. No conditions: who was there may have passed what is closed now.
    """

    positions: pd.DataFrame
    edges: pd.DataFrame
    basis: Basis


class Roads(Protocol):
    """Routes, times, isochrones, snapping and matching on one version of the network and of the conditions."""

    def snap(self, points: Points, mode: Mode, limit_m: float = SNAP_M) -> Snapped:
        """The nearest road that a mode may use and that is not cut off from the rest.

        Args:
            points: shape (n, 2).
            mode: of travel.
            limit_m: no road that is further is taken.
        """
        ...

    def route(self, origin: Points, destination: Points, mode: Mode, moment: Moment) -> Route:
        """The fastest way between two points.

        Args:
            origin: shape (2,) or (1, 2).
            destination: shape (2,) or (1, 2).
            mode: of travel.
            moment: when it begins.

        Raises:
            RoadsError: there is no road near, or no way.
        """
        ...

    def one_to_many(self, origin: Points, destinations: Points, mode: Mode, moment: Moment, limit: float = np.inf, *, metres: bool = False) -> Times:
        """Times from one point to many: `many_to_many` with one row.

        Args:
            origin: shape (2,) or (1, 2).
            destinations: shape (n, 2).
            mode: of travel.
            moment: when the journeys begin.
            limit: minutes; what takes longer is NaN.
            metres: whether lengths are told too.
        """
        ...

    def many_to_many(self, origins: Points, destinations: Points, mode: Mode, moment: Moment, limit: float = np.inf, *, metres: bool = False) -> Times:
        """Times from each origin to each destination. The work grows with the smaller of the two sides: a million customers to ten sites is ten searches.

        Args:
            origins: shape (n, 2).
            destinations: shape (m, 2).
            mode: of travel.
            moment: when the journeys begin.
            limit: minutes; what takes longer is NaN.
            metres: whether lengths are told too.
        """
        ...

    def isochrones(self, origins: Points, minutes: Sequence[float], mode: Mode, moment: Moment) -> Isochrones:
        """The areas reached within some minutes, as polygons.

        Args:
            origins: shape (n, 2).
            minutes: contours, at most four.
            mode: of travel.
            moment: when the journeys begin.

        Raises:
            RoadsError: more contours than four, or one that is not above 0.
        """
        ...

    def isochrone_cells(self, origins: Points, limit: float, mode: Mode, moment: Moment, level: int = FINEST_LEVEL) -> CellTimes:
        """The H3 cells reached within a limit, each with its minutes.

        Args:
            origins: shape (n, 2).
            limit: minutes.
            mode: of travel.
            moment: when the journeys begin.
            level: H3 level of the cells, at most FINEST_LEVEL.
        """
        ...

    def match(self, positions: pd.DataFrame, mode: Mode, accuracy_m: float = 10) -> Matched:
        """The roads that positions of trips were most likely on (hidden Markov model after Newson and Krumm 2009, doi:10.1145/1653771.1653818).

        Args:
            positions: columns trip, recorded_at (timezone-aware; missing where the times are not known), longitude, latitude; sorted by trip and
                recorded_at, trips already split. Positions that follow each other within a second or two are thinned out before: too near to
                one another they tell less, and some stay unmatched.
            mode: of travel.
            accuracy_m: standard deviation of the positions, metres.

        Raises:
            RoadsError: a column is missing, or a position has no longitude and latitude.
        """
        ...

    def edges(self, keys: NDArray[np.int64]) -> gpd.GeoDataFrame:
        """What is known of some edges.

        Args:
            keys: int64 keys of edges of this version of the network.

        Returns:
            Columns edge, way_id (OSM), class (OSM highway value), surface (paved_smooth, paved, paved_rough, compacted, dirt, gravel, path or
            impassable; where OSM does not tag it, as usual for the class), length_m, speed_kmh (of a car without conditions), geometry
            (LineString in the direction of travel, EPSG:4326); one row per key, in their order.
        """
        ...
