"""Road conditions: what closes roads or slows them, where, when and for whom; and what of it holds at a moment on a network."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gcrm.spatial.roads.moment import Moment
from gcrm.spatial.roads.network import Network
from gcrm.spatial.roads.protocol import Mode
from gcrm.units import WGS84, utm_epsg

_STEP_KMH = 2.0
"""Speeds under conditions are rounded to what Valhalla's live traffic holds, so that both engines drive at the same."""
_SLOWEST_KMH, _FASTEST_KMH = 2.0, 140.0
_ALONG_M, _ALONG_SHARE = 10.0, 0.5
_FIRST_WEEKEND_DAY = 5
_METRES_PER_DEGREE = 111_320.0


class Kind(StrEnum):
    """Kinds of conditions."""

    CLOSURE = "closure"
    SPEED_FACTOR = "speed_factor"
    SPEED = "speed_kmh"


class Weekdays(StrEnum):
    """Classes of weekdays."""

    ALL = "all"
    WORKDAYS = "workdays"
    WEEKEND = "weekend"

    def hold(self, weekday: int) -> bool:
        """Whether a weekday (0 is Monday) is one of them."""
        return self is Weekdays.ALL or (weekday >= _FIRST_WEEKEND_DAY) == (self is Weekdays.WEEKEND)


COLUMNS = ("kind", "value", "modes", "weekdays", "from_hour", "to_hour", "valid_from", "valid_until", "way_id", "source", "made_up", "geometry")
"""Of a frame of conditions, one row per condition: kind (`Kind`), value (a factor above 0, or kilometres per hour; missing for closures), modes (a
list of `Mode`; speeds hold for cars only), weekdays (`Weekdays`), from_hour and to_hour (0 to 24; over midnight where from is the larger),
valid_from and valid_until (dates, the last included; missing where open), way_id (OSM way; missing where the geometry says where), source (text),
made_up (whether invented), geometry (polygon, line or none, EPSG:4326)."""


class Speeds(Protocol):
    """Speeds that are measured somewhere, and spread to edges."""

    def at(self, network: Network, moment: Moment) -> NDArray[np.float64]:
        """By edge, kilometres per hour; NaN where nothing is known."""
        ...


@dataclass(frozen=True)
class Slice:
    """What holds at a moment.

    Attributes:
        version: of the conditions.
        speeds: by edge, kilometres per hour of a car; NaN where no condition changes it.
        closures: by mode and edge, whether it is closed.
    """

    version: int
    speeds: NDArray[np.float64]
    closures: Mapping[Mode, NDArray[np.bool_]]

    @classmethod
    def plain(cls, network: Network) -> "Slice":
        """No conditions."""
        open_ = np.zeros(len(network.edges), dtype=bool)
        return cls(0, np.full(len(network.edges), np.nan), dict.fromkeys(Mode, open_))

    @property
    def measured(self) -> NDArray[np.bool_]:
        """By edge, whether its speed comes from a condition."""
        return ~np.isnan(self.speeds)

    def speed_kmh(self, network: Network) -> NDArray[np.float64]:
        """By edge, the speed of a car."""
        return np.where(self.measured, self.speeds, network.edges["speed_kmh"].to_numpy().astype(np.float64))

    def closed(self, mode: Mode) -> NDArray[np.bool_]:
        """By edge, whether it is closed to a mode."""
        return self.closures[mode]

    @property
    def changes_cars(self) -> bool:
        """Whether anything is not as it is without conditions, for cars."""
        return bool(self.measured.any() or self.closures[Mode.CAR].any())


@dataclass(frozen=True)
class Conditions:
    """A version of the conditions, on a network.

    Attributes:
        version: its number; 0 where there are none.
        rows: see COLUMNS.
        network: the version of the network.
        sensors: measured speeds, the last in force first.
    """

    version: int
    rows: gpd.GeoDataFrame
    network: Network
    sensors: tuple[Speeds, ...] = field(default=())

    @classmethod
    def none(cls, network: Network) -> "Conditions":
        """No conditions."""
        return cls(0, empty(), network)

    def at(self, moment: Moment) -> Slice:
        """What holds at a moment."""
        plain = Slice.plain(self.network)
        open_ = {mode: np.zeros(len(self.network.edges), dtype=bool) for mode in Mode}
        speeds = plain.speeds
        for sensors in self.sensors:
            measured = sensors.at(self.network, moment)
            speeds = np.where(np.isnan(speeds), measured, speeds)
        normal = self.network.edges["speed_kmh"].to_numpy().astype(np.float64)
        for position, row in enumerate(self.rows.itertuples()):
            if not holds(row, moment):
                continue
            edges, share = self._places[position]
            if row.kind == Kind.CLOSURE:
                for mode in row.modes:
                    open_[Mode(mode)][edges] = True
                continue
            before = np.where(np.isnan(speeds[edges]), normal[edges], speeds[edges])
            inside = np.full(len(edges), float(row.value)) if row.kind == Kind.SPEED else before * float(row.value)
            speeds[edges] = 1 / ((1 - share) / before + share / np.clip(inside, _SLOWEST_KMH, None))
        rounded = np.clip(np.round(speeds / _STEP_KMH) * _STEP_KMH, _SLOWEST_KMH, _FASTEST_KMH)
        return Slice(self.version, rounded, open_)

    @cached_property
    def _places(self) -> list[tuple[NDArray[np.int64], NDArray[np.float64]]]:
        """By condition, the edges it touches and how much of each."""
        edges = self.network.edges
        shapes = shapely.STRtree(self.network.shapes)
        by_shape = np.argsort(edges["shape"].to_numpy(), kind="stable")
        starts = np.searchsorted(edges["shape"].to_numpy()[by_shape], np.arange(len(self.network.shapes) + 1))
        found = []
        for row in self.rows.itertuples():
            if not pd.isna(row.way_id):
                at = np.flatnonzero(edges["way_id"].to_numpy() == int(row.way_id))
                found.append((at, np.ones(len(at))))
                continue
            touched, share = _touched(row.geometry, self.network.shapes, shapes, whole=row.kind == Kind.CLOSURE)
            counts = starts[touched + 1] - starts[touched]
            at = by_shape[np.repeat(starts[touched], counts) + np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)]
            found.append((at, np.repeat(share, counts)))
        return found


def holds(row: object, moment: Moment) -> bool:
    """Whether a condition holds at a moment; one with a validity is asked for the moment's day, or for today.

    Args:
        row: of `COLUMNS`; weekdays, from_hour, to_hour, valid_from and valid_until are looked at.
        moment: in the place's own time.
    """
    day = moment.day or datetime.now(UTC).date()
    begins, ends = row.from_hour, row.to_hour  # type: ignore[attr-defined]
    hour = moment.minute / 60
    within = begins <= hour < ends if begins < ends else hour >= begins or hour < ends
    since, until = row.valid_from, row.valid_until  # type: ignore[attr-defined]
    valid = (pd.isna(since) or since <= day) and (pd.isna(until) or day <= until)
    return bool(within and valid and Weekdays(row.weekdays).hold(moment.weekday))  # type: ignore[attr-defined]


def _touched(geometry: BaseGeometry | None, lines: NDArray[np.object_], tree: shapely.STRtree, *, whole: bool) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The lines that a condition touches, and the share of each that lies in it.

    A polygon touches what enters it. A line touches what runs along it for half of its length within ten metres, and what it crosses more than
    ten metres away from that road's ends: it is drawn along a road, or across roads as a barrier. What is closed is closed as a whole.
    """
    if geometry is None or geometry.is_empty:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    line_drawn = shapely.get_dimensions(geometry) < 2  # noqa: PLR2004 - less than an area
    centre = shapely.centroid(geometry)
    metric = int(utm_epsg(centre.x, centre.y))
    area = gpd.GeoSeries([geometry], crs=WGS84).to_crs(metric).buffer(_ALONG_M if line_drawn else 0).iloc[0]
    degrees = gpd.GeoSeries([area], crs=metric).to_crs(WGS84).iloc[0]
    near = np.sort(tree.query(degrees, predicate="intersects"))
    here = gpd.GeoSeries(lines[near], crs=WGS84).to_crs(metric).to_numpy()
    length = np.maximum(shapely.length(here), 1e-9)
    share = np.clip(shapely.length(shapely.intersection(here, area)) / length, 0, 1)
    if not line_drawn:
        return near[share > 0], np.ones((share > 0).sum()) if whole else share[share > 0]
    drawn = gpd.GeoSeries([geometry], crs=WGS84).to_crs(metric).iloc[0]
    at = shapely.line_locate_point(here, shapely.centroid(shapely.intersection(here, drawn)))
    crossed = shapely.crosses(here, drawn) & (at > _ALONG_M) & (at < length - _ALONG_M)
    kept = (share >= _ALONG_SHARE) | (crossed & whole)
    return near[kept], np.ones(kept.sum()) if whole else share[kept]


def empty() -> gpd.GeoDataFrame:
    """A frame of no conditions."""
    return gpd.GeoDataFrame({name: pd.Series(dtype="object") for name in COLUMNS if name != "geometry"}, geometry=[], crs=WGS84)
