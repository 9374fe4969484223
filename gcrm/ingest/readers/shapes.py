"""Geometry of files as text: WKT in EPSG:4326, and longitude and latitude of points."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from gcrm.ingest.readers.frames import UNREADABLE, unique_names, with_marks
from gcrm.units import WGS84

COLUMNS = ("longitude", "latitude", "geometry")
"""Columns that geometry is read into; a property of one of these names gets another one."""

_LAST_PLAIN_TYPE = 7
_POINT = 0


def name_of(crs: CRS) -> str:
    """A reference system as its authority names it, else by its own name."""
    authority = crs.to_authority()
    return ":".join(authority) if authority else str(crs.name)


def with_geometry(texts: Sequence[pa.Array], names: Sequence[str], wkb: pa.Array | None, crs: CRS | None) -> pa.Table:
    """A table of text with the columns of geometry behind the others.

    A geometry that is broken, or is a curve, is marked in UNREADABLE; one that is valid WKB but no valid shape (a ring
    that crosses itself) is kept as it is. Heights and measures are left out.

    Args:
        texts: columns.
        names: their names.
        wkb: the geometry; none where the file has none.
        crs: its reference system; EPSG:4326 if left out.
    """
    if wkb is None:
        return pa.table(list(texts), names=unique_names(list(names)))
    unique = unique_names([*COLUMNS, *names])[len(COLUMNS) :]
    given = wkb.storage if isinstance(wkb, pa.ExtensionArray) else wkb
    values = np.array(given.to_pylist(), dtype=object)
    shapes = _shapes(values)
    broken = {
        position: "geometry: is broken, or of a kind that is not read, such as a curve"
        for position, (value, shape) in enumerate(zip(values, shapes, strict=True))
        if value is not None and shape is None
    }
    shapes = in_degrees(shapely.force_2d(shapes), crs)
    wkt = [text or "" for text in shapely.to_wkt(shapes, rounding_precision=-1)]
    points = (shapely.get_type_id(shapes) == _POINT) & ~shapely.is_empty(shapes)
    axes = [[repr(float(value)) if point else "" for value, point in zip(axis(shapes), points, strict=True)] for axis in (shapely.get_x, shapely.get_y)]
    table = pa.table([*texts, *(pa.array(column, pa.string()) for column in (*axes, wkt))], names=[*unique, *COLUMNS])
    return with_marks(table, {UNREADABLE: broken})


def _shapes(values: NDArray[np.object_]) -> NDArray[np.object_]:
    """The shapes; None for what is broken or of a kind that shapely does not have."""
    try:
        shapes = shapely.from_wkb(values, on_invalid="ignore")
    except NotImplementedError:
        shapes = np.array([_shape(value) for value in values], dtype=object)
    shapes[shapely.get_type_id(shapes) > _LAST_PLAIN_TYPE] = None
    return np.asarray(shapes, dtype=object)


def _shape(value: bytes | None) -> shapely.Geometry | None:
    try:
        return shapely.from_wkb(value, on_invalid="ignore")
    except NotImplementedError:
        return None


def in_degrees(shapes: NDArray[np.object_], crs: CRS | None) -> NDArray[np.object_]:
    """Shapes in EPSG:4326; a coordinate that has no place there becomes infinite.

    Args:
        shapes: shapely geometries, missing ones None.
        crs: their reference system; EPSG:4326 if left out.
    """
    transformer = _transformer(crs.to_wkt()) if crs is not None else None
    if transformer is None:
        return shapes

    def transformed(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transformer.transform(coordinates[:, 0], coordinates[:, 1]))

    try:
        return np.asarray(shapely.transform(shapes, transformed), dtype=object)
    except ProjError:
        return np.asarray(shapely.transform(shapes, lambda coordinates: np.full_like(coordinates, np.inf)), dtype=object)


@lru_cache(maxsize=16)
def _transformer(crs_wkt: str) -> Transformer | None:
    crs = CRS.from_wkt(crs_wkt).to_2d()
    same = crs.equals(CRS.from_epsg(WGS84), ignore_axis_order=True)
    return None if same else Transformer.from_crs(crs, WGS84, always_xy=True)
