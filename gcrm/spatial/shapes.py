"""Places that are no H3 cell, as members of the dimension place: rings around a cell, distance bands around a point, polygons; and what lies in them."""

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import h3
import numpy as np
import shapely
from numpy.typing import NDArray

from gcrm.errors import CubeError
from gcrm.spatial.measures import distances_m
from gcrm.units import FINEST_LEVEL

_RING = re.compile(r"([0-9a-f]{15,16})\+(\d{1,3})", re.ASCII)
_NUMBER = r"-?\d+(?:\.\d+)?"
_BAND = re.compile(rf"(\d+(?:\.\d+)?)\.\.(\d+(?:\.\d+)?)?@({_NUMBER}),({_NUMBER})", re.ASCII)
_AROUND = re.compile(rf"\s*({_NUMBER}),\s*({_NUMBER})((?:\s+\d+(?:\.\d+)?){{1,20}})\s*", re.ASCII)
_POLYGON = re.compile(r"\s*(?:MULTI)?POLYGON\b", re.IGNORECASE)
_MOST_STEPS = 50
_MOST_POINTS = 20_000
# A degree of latitude is at least this long on WGS 84, and a box may be larger than what it bounds.
_METRES_OF_A_DEGREE = 110_500
_POLAR_DEGREES = 89


@dataclass(frozen=True)
class Ring:
    """The cells at most so many steps from a cell: a k-ring, itself among them."""

    cell: str
    steps: int

    @property
    def cells(self) -> list[str]:
        """Its cells, of the level of the one in the middle."""
        return [str(each) for each in h3.grid_disk(self.cell, self.steps)]


@dataclass(frozen=True)
class Band:
    """The positions at least `near_m` and less than `far_m` metres from a point (geodesic, WGS 84); without `far_m` all that are farther."""

    near_m: float
    far_m: float | None
    longitude: float
    latitude: float

    def has(self, longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which positions lie in it; degrees."""
        metres = distances_m(longitude, latitude, np.full_like(longitude, self.longitude), np.full_like(latitude, self.latitude))
        return (metres >= self.near_m) & (metres < (math.inf if self.far_m is None else self.far_m))

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Longitudes and latitudes between which it lies: west, south, east, north."""
        up = 180.0 if self.far_m is None else self.far_m / _METRES_OF_A_DEGREE
        south, north = self.latitude - up, self.latitude + up
        highest = max(abs(south), abs(north))
        across = 360.0 if highest > _POLAR_DEGREES else up / math.cos(math.radians(highest))
        west, east = self.longitude - across, self.longitude + across
        return (west, south, east, north) if west >= -180 and east <= 180 else (-180.0, south, 180.0, north)  # noqa: PLR2004 - degrees


@dataclass(frozen=True)
class Polygon:
    """The positions in one or more polygons, their edges among them; EPSG:4326, edges straight in degrees."""

    wkt: str

    def has(self, longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which positions lie in it; degrees."""
        shape = _shape(self.wkt)
        shapely.prepare(shape)
        found: NDArray[np.bool_] = shapely.intersects_xy(shape, longitude, latitude)
        return found

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Longitudes and latitudes between which it lies: west, south, east, north."""
        west, south, east, north = _shape(self.wkt).bounds
        return west, south, east, north


type Shape = Band | Polygon


def parse(member: str) -> str | Ring | Shape:
    """A member of place: an H3 cell as it is, `861126d37ffffff+2`, `0..500@24.941,60.171` (metres, longitude, latitude), or the WKT of polygons.

    Raises:
        CubeError: it is none of them, or not a valid one.
    """
    ring, band = _RING.fullmatch(member), _BAND.fullmatch(member)
    if ring is not None:
        _check_cell(ring[1])
        if int(ring[2]) > _MOST_STEPS:
            raise CubeError(f"{member!r} reaches {int(ring[2])} cells far; ask for {_MOST_STEPS} at most, or for a coarser cell.")
        return Ring(ring[1], int(ring[2]))
    if band is not None:
        return _band(member, float(band[1]), float(band[2]) if band[2] else None, float(band[3]), float(band[4]))
    if _POLYGON.match(member):
        _shape(member)
        return Polygon(member)
    _check_cell(member)
    return member


@dataclass(frozen=True)
class Around:
    """A point, and the distances from it that part one band from the next: metres, ascending."""

    longitude: float
    latitude: float
    limits_m: tuple[float, ...]

    @property
    def bands(self) -> dict[str, str]:
        """What each band is called, and the member of place that it is; behind the last limit there is one more."""
        edges = [0.0, *self.limits_m]
        names = {f"{_plain(near)}-{_plain(far)} m": self._member(near, _plain(far)) for near, far in pairwise(edges)}
        return {**names, f"over {_plain(edges[-1])} m": self._member(edges[-1], "")}

    def _member(self, near: float, far: str) -> str:
        return f"{_plain(near)}..{far}@{_plain(self.longitude)},{_plain(self.latitude)}"

    @classmethod
    def parse(cls, text: str) -> "Around | None":
        """From text such as `24.941,60.171 500 1000 2000`: longitude, latitude, then metres; None from no text.

        Raises:
            CubeError: it is not of that form.
        """
        if not text.strip():
            return None
        found = _AROUND.fullmatch(text)
        limits = tuple(map(float, found[3].split())) if found is not None else ()
        if found is None or not limits or any(far <= near for near, far in pairwise([0.0, *limits])):
            raise CubeError(f"{text!r} cannot be read; write longitude,latitude and rising distances in metres, such as '24.941,60.171 500 1000 2000'.")
        around = cls(float(found[1]), float(found[2]), limits)
        for member in around.bands.values():
            parse(member)
        return around

    def __str__(self) -> str:
        return f"{_plain(self.longitude)},{_plain(self.latitude)} {' '.join(map(_plain, self.limits_m))}"


def _plain(number: float) -> str:
    """A number with all its digits and no exponent, so that it is read again as the same one."""
    return np.format_float_positional(number, trim="-")


def _band(member: str, near_m: float, far_m: float | None, longitude: float, latitude: float) -> Band:
    if abs(longitude) > 180 or abs(latitude) > 90:  # noqa: PLR2004 - degrees
        raise CubeError(f"{member!r} is around no place on earth; write the longitude (-180 to 180), then the latitude (-90 to 90).")
    if far_m is not None and far_m <= near_m:
        raise CubeError(f"{member!r} holds nothing; write the smaller distance first, such as 0..500@{longitude:g},{latitude:g}.")
    return Band(near_m, far_m, longitude, latitude)


def _check_cell(member: str) -> None:
    if not h3.is_valid_cell(member):
        raise CubeError(f"{member!r} is not an H3 cell.")
    level = h3.get_resolution(member)
    if level > FINEST_LEVEL:
        raise CubeError(f"{member!r} is of H3 level {level}, which is finer than the cube; take its parent of level {FINEST_LEVEL}.")


@lru_cache(maxsize=64)
def _shape(wkt: str) -> shapely.Polygon | shapely.MultiPolygon:
    try:
        with np.errstate(invalid="ignore"):
            shape = shapely.from_wkt(wkt)
    except shapely.errors.GEOSException as error:
        raise CubeError(f"{_short(wkt)} cannot be read as a polygon ({error}); write WKT such as POLYGON((9.5 47.1, 9.6 47.1, 9.6 47.2, 9.5 47.1)).") from error
    if not isinstance(shape, shapely.Polygon | shapely.MultiPolygon) or shape.is_empty:
        raise CubeError(f"{_short(wkt)} has no area; draw a polygon.")
    if not shape.is_valid:
        raise CubeError(f"{_short(wkt)} is no valid polygon ({shapely.is_valid_reason(shape)}); mend it, such as with a buffer of 0 in QGIS.")
    if shapely.get_num_coordinates(shape) > _MOST_POINTS:
        raise CubeError(f"{_short(wkt)} has more than {_MOST_POINTS:,} points; simplify it.")
    west, south, east, north = shape.bounds
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):  # noqa: PLR2004 - degrees
        raise CubeError(f"{_short(wkt)} lies outside the earth's longitudes and latitudes; give it in EPSG:4326.")
    return shape


def _short(wkt: str) -> str:
    longest = 60
    return repr(wkt if len(wkt) <= longest else f"{wkt[:longest]}…")
