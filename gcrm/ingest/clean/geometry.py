"""Boundaries: polygons in WKT."""

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from gcrm.ingest.clean.result import PLAIN, Cleaned, Context, reasons
from gcrm.ingest.clean.text import tidy


def boundary(raw: pd.Series, _context: Context = PLAIN) -> Cleaned:
    """Boundaries as WKT of valid polygons; an invalid one is mended where that keeps an area.

    Args:
        raw: WKT in EPSG:4326.
    """
    given = tidy(raw)
    with np.errstate(all="ignore"):  # numbers beyond a float become infinite, and such shapes are refused
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
