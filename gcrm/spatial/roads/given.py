"""Closures and slow zones as files bring them: each kept, repaired, or refused with its reason."""

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gcrm.spatial.repair import repair
from gcrm.spatial.roads.conditions import Kind
from gcrm.spatial.roads.protocol import Mode
from gcrm.units import WGS84

_AREA = 2
_DEGREES = (180.0, 90.0)


class Given(NamedTuple):
    """What became of some conditions.

    Attributes:
        conditions: see `gcrm.spatial.roads.conditions.COLUMNS`, without source and made_up; on the index of those that are kept.
        findings: one row per condition that was repaired or refused, on their index: problem (text), outcome (repaired or refused).
    """

    conditions: gpd.GeoDataFrame
    findings: pd.DataFrame


def given_conditions(fields: pd.DataFrame, shapes: pd.Series) -> Given:
    """Conditions out of what a file holds.

    Args:
        fields: kind, value, modes (text, with commas between; empty for the usual ones: closures for all, speeds for cars), weekdays, from_hour,
            to_hour, valid_from, valid_until, way_id; any index.
        shapes: on that index, shapely geometries in degrees of EPSG:4326; None where there is none.
    """
    modes = [_modes(text, kind) for text, kind in zip(fields["modes"], fields["kind"], strict=True)]
    problems = pd.Series([_problem(row, chosen) for row, chosen in zip(fields.itertuples(), modes, strict=True)], index=fields.index, dtype="object")
    drawn = shapes[fields["way_id"].isna() & problems.isna()]
    areas = np.array([shape is not None and shapely.get_dimensions(shape) >= _AREA for shape in drawn], dtype=bool)
    repaired = repair(drawn[areas])
    lines, refused = _lines(drawn[~areas])
    places = pd.concat([repaired.shapes, lines])
    findings = pd.concat([repaired.findings, refused, _refused(problems.dropna())]).sort_index(kind="stable")
    kept = fields.index.isin(places.index) | (fields["way_id"].notna() & problems.isna())
    frame = gpd.GeoDataFrame(
        fields.assign(modes=pd.Series(modes, index=fields.index, dtype="object"))[kept], geometry=places.reindex(fields.index[kept]), crs=WGS84
    )
    return Given(frame, findings)


def _modes(text: object, kind: object) -> list[str]:
    named = [each.strip().lower() for each in str(text).split(",") if each.strip()] if isinstance(text, str) else []
    if named:
        return sorted(set(named))
    return sorted(Mode) if kind == Kind.CLOSURE else [Mode.CAR]


def _problem(row: tuple[object, ...], modes: list[str]) -> str | None:
    """Why a condition is refused for what it says; None where it is not."""
    kind, value = row.kind, row.value  # type: ignore[attr-defined]
    unknown = [mode for mode in modes if mode not in set(Mode)]
    if unknown:
        return f"names the mode {unknown[0]!r}; there are {', '.join(Mode)}"
    if pd.notna(row.valid_from) and pd.notna(row.valid_until) and row.valid_until < row.valid_from:  # type: ignore[attr-defined]
        return "ends before it begins"
    if kind == Kind.CLOSURE:
        return "is a closure and has a value; leave the value empty, or make it a speed_factor" if pd.notna(value) else None
    if pd.isna(value) or value <= 0:
        return f"is a {kind} and has no value above 0"
    if modes != [Mode.CAR]:
        return f"is a {kind} for {', '.join(modes)}; speeds hold for cars only"
    return None


def _lines(shapes: pd.Series) -> tuple[gpd.GeoSeries, pd.DataFrame]:
    """Lines that can be used, and what was wrong with the rest."""
    problems = pd.Series([_line_problem(shape) for shape in shapes], index=shapes.index, dtype="object")
    return gpd.GeoSeries(shapes[problems.isna()], crs=WGS84), _refused(problems.dropna())


def _line_problem(shape: BaseGeometry | None) -> str | None:
    if shape is None:
        return "has neither a geometry nor an OSM way"
    if shape.is_empty or shapely.get_dimensions(shape) != 1:
        return f"is {'empty' if shape.is_empty else f'a {shape.geom_type}'}, neither a polygon nor a line"
    corners: NDArray[np.float64] = np.abs(shapely.get_coordinates(shape))
    if not (corners <= _DEGREES).all():
        return "lies outside of the degrees of EPSG:4326; name the file's reference system with --crs"
    return None


def _refused(problems: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({"problem": problems, "outcome": "refused"}, index=problems.index)
