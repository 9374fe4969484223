"""Positions and boundaries in the forms that files carry."""

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from gcrm.ingest.clean.result import Cleaned, reasons
from gcrm.ingest.clean.text import tidy
from gcrm.ingest.mapping import POSITION
from gcrm.units import WGS84

POSITION_PROBLEM = "position problem"
"""Column in which `unpack_position` says what is wrong."""

_SQL_SERVER_POINT_BYTES = 22
_SQL_SERVER_VERSIONS = (1, 2)
_SQL_SERVER_SINGLE_POINT = 0x0C


def unpack_position(raw: pd.DataFrame, packing: str | None) -> pd.DataFrame:
    """Longitude and latitude, as text, out of the packed column POSITION.

    Args:
        raw: fields as text, with POSITION.
        packing: `wkt` (POINT in EPSG:4326; the default) or `sql_server_geography` (hexadecimal).

    Returns:
        The frame with `longitude` and `latitude` filled and POSITION_PROBLEM added.
    """
    packed = tidy(raw[POSITION])
    unpack = _sql_server_geography if packing == "sql_server_geography" else _wkt
    points = [unpack(value) if isinstance(value, str) else None for value in packed]
    done = pd.Series([point is not None for point in points], index=raw.index)
    longitude = pd.Series(["" if point is None else repr(point[0]) for point in points], index=raw.index, dtype="string")
    latitude = pd.Series(["" if point is None else repr(point[1]) for point in points], index=raw.index, dtype="string")
    problem = reasons(packed.notna() & ~done, f"is not one point in the form {packing or 'wkt'} (EPSG:4326)")
    return raw.assign(longitude=longitude, latitude=latitude, **{POSITION_PROBLEM: problem})


def _wkt(value: str) -> tuple[float, float] | None:
    point = shapely.from_wkt(value, on_invalid="ignore")
    return (point.x, point.y) if isinstance(point, shapely.Point) and not point.is_empty else None


def _sql_server_geography(value: str) -> tuple[float, float] | None:
    """A single point in SQL Server's CLR serialisation of geography ([MS-SSCLRT] 2.1.1).

    Little-endian: SRID int32, version byte, flags byte (valid + single point), latitude and longitude float64.
    """
    try:
        data = bytes.fromhex(value.removeprefix("0x"))
    except ValueError:
        return None
    if len(data) != _SQL_SERVER_POINT_BYTES or data[4] not in _SQL_SERVER_VERSIONS or data[5] != _SQL_SERVER_SINGLE_POINT:
        return None
    if int.from_bytes(data[:4], "little") != WGS84:
        return None
    latitude, longitude = np.frombuffer(data, dtype="<f8", offset=6)
    return float(longitude), float(latitude)


def boundary(raw: pd.Series, _format: str | None = None) -> Cleaned:
    """Boundaries as WKT of valid polygons; an invalid one is mended where that keeps an area.

    Args:
        raw: WKT in EPSG:4326.
    """
    given = tidy(raw)
    shapes = shapely.from_wkt(given.fillna("POINT EMPTY").to_numpy(dtype=object), on_invalid="ignore")
    shapes = np.array([_polygons(shape) for shape in shapes], dtype=object)
    usable = np.array([shape is not None for shape in shapes], dtype=bool)
    text = pd.Series([shapely.to_wkt(shape, rounding_precision=-1) if shape is not None else None for shape in shapes], index=raw.index, dtype="string")
    bad = given.notna() & ~usable
    return Cleaned(text.where(given.notna()), reasons(bad, "is not a polygon in WKT with degrees of EPSG:4326"))


def _polygons(shape: BaseGeometry | None) -> BaseGeometry | None:
    """The polygons of a shape, made valid; None where it has none or leaves the range of degrees."""
    if shape is None or shape.is_empty or not np.isfinite(shape.bounds).all():
        return None
    west, south, east, north = shape.bounds
    if west < -180 or east > 180 or south < -90 or north > 90:  # noqa: PLR2004 - degrees
        return None
    parts = [part for part in shapely.get_parts(shapely.make_valid(shape)) if part.geom_type in {"Polygon", "MultiPolygon"}]
    return shapely.union_all(parts) if parts else None
