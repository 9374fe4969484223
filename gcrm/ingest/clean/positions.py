"""Packed positions: one column that holds both coordinates, in any of the forms that files carry and in any CRS."""

import base64
import binascii
import re
from functools import cache

import numpy as np
import pandas as pd
import pyproj
import shapely

from gcrm.errors import MappingError
from gcrm.ingest.clean.angles import Angle, angle
from gcrm.ingest.clean.result import nothing, reasons
from gcrm.ingest.clean.text import narrow, tidy
from gcrm.units import WGS84

_SQL_SERVER_POINT_BYTES = 22
_SQL_SERVER_VERSIONS = (1, 2)
_SQL_SERVER_SINGLE_POINT = 0x0C
_HEX = re.compile(r"(?:0x|\\x)?((?:[0-9A-Fa-f]{2}){21,})")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{28,}={0,2}")
_EWKT = re.compile(r"(?:SRID=(?P<srid>\d+);)?\s*(?P<wkt>POINT.*)", re.IGNORECASE | re.DOTALL)
_PAIR = (
    re.compile(r"^(.*?[NSEW])\s*[,;/|]?\s*(\S.*)$", re.IGNORECASE),
    re.compile(r"^([^;|]+)[;|]\s*([^;|]+)$"),
    re.compile(r"^([^,]+),\s*([^,]+)$"),
    re.compile(r"^([^,]*,[^,]+),\s+([^,]*,[^,]+)$"),
    re.compile(r"^(\S+)\s+(\S+)$"),
    re.compile(r"^([NSEW].*?)\s+([NSEW].*)$", re.IGNORECASE),
    re.compile(r"^([^/]+)/\s*([^/]+)$"),
)
_RIGHT_ANGLE = 90
_SWAP_REASON = "may have latitude or longitude first, and no value of the column decides it; write `format: lat_lon` or `format: lon_lat` into the mapping"
_EDGE_DEGREES = 1.0
"""How far a point may lie outside of the area of its CRS: that area is a rectangle round a country, drawn coarsely."""

_Point = tuple[float, float, int | None]
"""x, y and the SRID that is packed with them."""


def unpack(packed: pd.Series, packing: str | None, crs: str | None = None) -> pd.DataFrame:
    """Longitude and latitude out of packed positions.

    Args:
        packed: text; the form of each value is recognised where `packing` is None.
        packing: one of `PACKINGS`.
        crs: the CRS of the coordinates, such as EPSG:2056; EPSG:4326 if None and none is packed with them.

    Returns:
        longitude and latitude (Float64, degrees, EPSG:4326) and `reason` (text), missing where there is nothing.

    Raises:
        MappingError: the CRS is unknown.
    """
    given = narrow(tidy(packed))
    points: dict[object, _Point] = {}
    pairs: dict[object, tuple[Angle, Angle]] = {}
    with np.errstate(all="ignore"):  # numbers beyond a float become infinite, and such points are refused
        for row, text in given.dropna().items():
            point = None if packing in {"lat_lon", "lon_lat"} else _point(text, packing)
            if point is not None:
                points[row] = point
            elif packing in {None, "lat_lon", "lon_lat"} and (pair := _pair(text)):
                pairs[row] = pair
    unsure = _ordered(pairs, points, packing, projected=crs is not None and not _reference(crs).is_geographic)
    x, y, srid = (pd.Series({row: point[part] for row, point in points.items()}, dtype="Float64").reindex(packed.index) for part in range(3))
    longitude, latitude, outside = _in_degrees(x, y, srid, crs)
    reason = reasons(given.notna() & x.isna(), f"is not one point in the form {packing}" if packing else "is not one point in a form that is known")
    reason[[row for row in packed.index if row in unsure]] = _SWAP_REASON
    reason = reason.mask(outside.notna(), outside)
    return pd.DataFrame({"longitude": longitude.mask(outside.notna()), "latitude": latitude.mask(outside.notna()), "reason": reason})


def _point(text: str, packing: str | None) -> _Point | None:
    """The point in a form that says itself which coordinate is which."""
    readers = {"wkt": _wkt, "wkb": _wkb, "geojson": _geojson, "sql_server_geography": _sql_server_geography, "utm": _utm}
    if packing is not None:
        return readers[packing](text)
    return next((point for reader in readers.values() if (point := reader(text)) is not None), None)


def _of(shape: object, srid: int | None = None) -> _Point | None:
    if not isinstance(shape, shapely.Point) or shape.is_empty or not np.isfinite([shape.x, shape.y]).all():
        return None
    return shape.x, shape.y, int(shapely.get_srid(shape)) or srid


def _wkt(text: str) -> _Point | None:
    found = _EWKT.fullmatch(text)
    return _of(shapely.from_wkt(found["wkt"], on_invalid="ignore"), int(found["srid"]) if found["srid"] else None) if found else None


def _wkb(text: str) -> _Point | None:
    """WKB or EWKB, in hexadecimal or base64."""
    hexadecimal = _HEX.fullmatch(text)
    try:
        data = bytes.fromhex(hexadecimal[1]) if hexadecimal else base64.b64decode(text, validate=True) if _BASE64.fullmatch(text) else None
    except (ValueError, binascii.Error):
        return None
    return _of(shapely.from_wkb(data, on_invalid="ignore")) if data and data[0] in (0, 1) else None


def _geojson(text: str) -> _Point | None:
    if not text.startswith("{"):
        return None
    shape = shapely.from_geojson(text, on_invalid="ignore")
    parts = shapely.get_parts(shape) if shape is not None else []
    return _of(parts[0]) if len(parts) == 1 else None


def _sql_server_geography(text: str) -> _Point | None:
    """A single point in SQL Server's CLR serialisation of geography ([MS-SSCLRT] 2.1.1).

    Little-endian: SRID int32, version byte, flags byte (valid + single point), latitude and longitude float64.
    """
    hexadecimal = _HEX.fullmatch(text)
    data = bytes.fromhex(hexadecimal[1]) if hexadecimal else b""
    if len(data) != _SQL_SERVER_POINT_BYTES or data[4] not in _SQL_SERVER_VERSIONS or data[5] != _SQL_SERVER_SINGLE_POINT:
        return None
    if int.from_bytes(data[:4], "little") != WGS84:
        return None
    latitude, longitude = np.frombuffer(data, dtype="<f8", offset=6)
    return float(longitude), float(latitude), WGS84


def _utm(text: str) -> _Point | None:
    """A zone with its band, easting and northing in metres, such as "32T 538000 5220000" (WGS 84)."""
    found = re.fullmatch(r"(\d{1,2})\s?([C-HJ-NP-X])\s+(\d{6}(?:\.\d+)?)(?:\s?m?\s?E)?[\s,]+(\d{1,8}(?:\.\d+)?)(?:\s?m?\s?N)?", text, re.IGNORECASE)
    if found is None or not 1 <= int(found[1]) <= 60:  # noqa: PLR2004 - zones
        return None
    return float(found[3]), float(found[4]), (32600 if found[2].upper() >= "N" else 32700) + int(found[1])


def _pair(text: str) -> tuple[Angle, Angle] | None:
    """Two angles or metres with something between them."""
    bare = text.strip("()[] ").replace("\u2019", "'")
    for pattern in _PAIR:
        found = pattern.match(bare)
        if found:
            first, second = _coordinate(found[1]), _coordinate(found[2])
            if first and second and (first.axis is None) == (second.axis is None) and (first.axis is None or first.axis != second.axis):
                return first, second
    return None


def _coordinate(text: str) -> Angle | None:
    metres = re.fullmatch(r"[-+]?\d{1,3}(?:['\s]\d{3})+(?:\.\d+)?", text.strip())
    return Angle(float(re.sub(r"['\s]", "", text)), None) if metres else angle(text)


def _ordered(pairs: dict[object, tuple[Angle, Angle]], points: dict[object, _Point], packing: str | None, *, projected: bool) -> set[object]:
    """Adds the pairs to the points, and gives the rows where it stays open which coordinate is first."""
    bare = [(first.degrees, second.degrees) for first, second in pairs.values() if first.axis is None]
    proofs = {"lon_lat": any(abs(first) > _RIGHT_ANGLE for first, _ in bare), "lat_lon": any(abs(second) > _RIGHT_ANGLE for _, second in bare)}
    proved = [order for order, proof in proofs.items() if proof]
    order = packing or ("lon_lat" if projected else proved[0] if len(proved) == 1 else None)
    unsure = set()
    for row, (first, second) in pairs.items():
        latitude_first = first.axis == "latitude" if first.axis else order == "lat_lon"
        if first.axis is None and order is None:
            unsure.add(row)
        else:
            x, y = (second, first) if latitude_first else (first, second)
            points[row] = (x.degrees, y.degrees, None)
    return unsure


@cache
def _reference(crs: str) -> pyproj.CRS:
    try:
        return pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as error:
        raise MappingError(f"{crs!r} is no coordinate reference system; write one such as EPSG:2056 in the mapping.") from error


@cache
def _transformer(crs: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(_reference(crs), WGS84, always_xy=True)


def to_degrees(x: pd.Series, y: pd.Series, crs: str) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Coordinates of a CRS as longitude and latitude.

    Args:
        x: east, in the unit of the CRS.
        y: north, in the unit of the CRS.
        crs: such as EPSG:2056.

    Returns:
        longitude, latitude (Float64, degrees, EPSG:4326), and the reason where a point lies outside of the area of the CRS.

    Raises:
        MappingError: the CRS is unknown.
    """
    values = _transformer(crs).transform(x.to_numpy(dtype=float, na_value=np.nan), y.to_numpy(dtype=float, na_value=np.nan))
    longitude, latitude = (pd.Series(np.where(np.isfinite(each), each, np.nan), index=x.index) for each in values)
    area = _reference(crs).area_of_use
    west, south, east, north = area.bounds if area is not None else (-180.0, -90.0, 180.0, 90.0)
    inside = latitude.between(south - _EDGE_DEGREES, north + _EDGE_DEGREES)
    inside &= longitude.between(west - _EDGE_DEGREES, east + _EDGE_DEGREES) if west <= east else ~longitude.between(east + _EDGE_DEGREES, west - _EDGE_DEGREES)
    outside = reasons(x.notna() & y.notna() & ~inside, f"lies outside of the area of {crs}; x is east and y is north there")
    return longitude.astype("Float64"), latitude.astype("Float64"), outside


def _in_degrees(x: pd.Series, y: pd.Series, srid: pd.Series, crs: str | None) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Degrees of points that each may have their own SRID."""
    longitude, latitude, outside = x.copy(), y.copy(), nothing(x.index)
    own = srid.map(lambda code: f"EPSG:{int(code)}", na_action="ignore").astype("string").fillna(crs or f"EPSG:{WGS84}")
    for name in own[x.notna()].unique():
        if name == f"EPSG:{WGS84}":
            continue
        here = (own == name) & x.notna()
        try:
            longitude[here], latitude[here], outside[here] = to_degrees(x[here], y[here], name)
        except MappingError:
            if name == crs:
                raise
            longitude[here], latitude[here], outside[here] = pd.NA, pd.NA, f"is in {name}, which is no coordinate reference system"
    return longitude, latitude, outside
