"""Polygons as files bring them: repaired where that leaves an area, refused where it does not; each with its finding."""

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gcrm.spatial.polygons import made_valid, multipolygon, parts_of
from gcrm.units import WGS84

_LINE, _POLYGON, _MULTIPOLYGON, _COLLECTION = 1, 3, 6, 7
_DEGREES = (180.0, 90.0)


class Repaired(NamedTuple):
    """What became of some shapes.

    Attributes:
        shapes: valid MultiPolygons, EPSG:4326, on the index of those that are kept.
        findings: one row per shape that was repaired or refused, on their index: problem (text), outcome (repaired or refused).
    """

    shapes: gpd.GeoSeries
    findings: pd.DataFrame


def repair(shapes: pd.Series) -> Repaired:
    """Valid polygons out of what a file holds.

    A ring that crosses itself is taken apart into what it encloses (`ST_MakeValid` with method structure); of a collection the polygons are kept.
    What is missing, empty, no polygon, without an area, or outside of the degrees of EPSG:4326 is refused.

    Args:
        shapes: shapely geometries in degrees of EPSG:4326, None where there is none; any index.
    """
    values = np.array(shapes.to_numpy(dtype=object), dtype=object)
    reasons = _refusals(values)
    kept = np.array([reason is None for reason in reasons], dtype=bool)
    notes: list[str | None] = [None] * len(values)
    for place in np.flatnonzero(kept):
        values[place], notes[place] = _polygons(values[place])
        if values[place] is None:
            reasons[place], notes[place], kept[place] = notes[place], None, False
    problems = [reason or note for reason, note in zip(reasons, notes, strict=True)]
    findings = pd.DataFrame({"problem": problems, "outcome": np.where(kept, "repaired", "refused")}, index=shapes.index)
    return Repaired(gpd.GeoSeries(values[kept], index=shapes.index[kept], crs=WGS84), findings[findings["problem"].notna()])


def _refusals(values: NDArray[np.object_]) -> list[str | None]:
    """Why each shape is refused at first sight; None where it is not."""
    corners, owner = shapely.get_coordinates(values, return_index=True)
    unmeasured = np.bincount(owner[~np.isfinite(corners).all(axis=1)], minlength=len(values)) > 0
    with np.errstate(invalid="ignore"):
        outside = np.bincount(owner[(np.abs(corners) > _DEGREES).any(axis=1)], minlength=len(values)) > 0
    kinds = shapely.get_type_id(values)
    reasons: list[str | None] = []
    for place, shape in enumerate(values):
        if shape is None:
            reasons.append("has no geometry")
        elif shape.is_empty:
            reasons.append("is empty")
        elif kinds[place] not in {_POLYGON, _MULTIPOLYGON, _COLLECTION}:
            reasons.append(f"is a {shape.geom_type}, no polygon")
        elif outside[place] or unmeasured[place]:
            west, south, east, north = shape.bounds
            where = f"x {west:.10g} to {east:.10g}, y {south:.10g} to {north:.10g}"
            reasons.append(f"lies outside of the degrees of EPSG:4326 ({where}); name the file's reference system with --crs")
        else:
            reasons.append(None)
    return reasons


def _polygons(shape: BaseGeometry) -> tuple[BaseGeometry | None, str | None]:
    """The valid MultiPolygon of a shape, and what was wrong with it; no shape where it has no area."""
    problem = None
    if not shape.is_valid:
        problem = shapely.is_valid_reason(shape).replace("[", " at ").replace("]", "")
        shape = made_valid(shape)
    elif shape.geom_type == "GeometryCollection":
        problem = "holds lines or points beside its polygons"
    parts = parts_of(shape)
    if not parts:
        return None, f"has no area{f' ({problem})' if problem else ''}"
    return shapely.multipolygons(parts) if problem is None else multipolygon(shapely.union_all(parts)), problem
