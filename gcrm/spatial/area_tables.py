"""Areas as tables name them: polygons, H3 cells, INSPIRE grid cells, or coordinates on a grid; and what their columns tell."""

import re
from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import h3
import pandas as pd
import shapely

from gcrm.errors import LayerError
from gcrm.spatial.cell_shapes import hexagons
from gcrm.spatial.cells import level_of
from gcrm.units import WGS84

_INSPIRE = re.compile(r"(?:CRS3035RES)?(?P<size>\d+)(?P<unit>k?m)N(?P<north>\d+)E(?P<east>\d+)")
_H3 = re.compile("8[0-9a-f]{14}")
_EUROPE = 3035


@dataclass(frozen=True)
class Grid:
    """Cells that a table names by coordinates.

    Attributes:
        crs: EPSG code of the coordinates x and y.
        size_m: side of a cell, in the unit of that system (metres).
        anchor: what the coordinates are of: the middle of a cell, or its corner in the south-west.
    """

    crs: int
    size_m: float
    anchor: Literal["middle", "corner"] = "middle"


def areas_of(raw: pd.DataFrame, grid: Grid | None, file_name: str) -> gpd.GeoSeries:
    """The areas that the records of a table speak of.

    Args:
        raw: text; geometry (WKT, EPSG:4326, as the readers give it), or a column with H3 cells, or with INSPIRE cell codes such as
            1kmN2684E4334, or x and y.
        grid: what x and y are, where the areas are given so.
        file_name: named in errors.

    Returns:
        Polygons, EPSG:4326, valid, on the index of `raw`; missing where a record names none.

    Raises:
        LayerError: no column names an area.
    """
    if {"x", "y"} <= set(raw) and grid is not None:
        return _squares(_numbers(raw["x"]), _numbers(raw["y"]), grid)
    cells = h3_cells(raw)
    if cells is not None:
        return hexagons(cells)
    for column in raw.columns:
        codes = raw[column].str.strip()
        if len(codes) and codes.str.fullmatch(_INSPIRE).all():
            return _inspire(codes)
    if "geometry" in raw:
        shapes = gpd.GeoSeries(shapely.from_wkt(raw["geometry"].replace("", None).to_numpy(), on_invalid="ignore"), index=raw.index, crs=WGS84)
        polygons = shapes.geom_type.isin(["Polygon", "MultiPolygon"])
        if polygons.any():
            return shapes.where(polygons, None).make_valid()
    raise LayerError(f"{file_name} names no areas; it needs polygons, a column of H3 cells or of INSPIRE cell codes, or x and y with --crs and --cell-size.")


def _squares(x: pd.Series, y: pd.Series, grid: Grid) -> gpd.GeoSeries:
    before = grid.size_m / 2 if grid.anchor == "middle" else 0.0
    west, south = (x - before).to_numpy(float), (y - before).to_numpy(float)
    squares = gpd.GeoSeries(shapely.box(west, south, west + grid.size_m, south + grid.size_m), index=x.index, crs=grid.crs)
    return squares.where(x.notna() & y.notna(), None).to_crs(WGS84)


def _inspire(codes: pd.Series) -> gpd.GeoSeries:
    """INSPIRE grid cells (Regulation (EU) No 1089/2010, Annex II): the corner in units of the cell's size, which all codes of a file share."""
    parts = codes.str.extract(_INSPIRE)
    size = _numbers(parts["size"]) * parts["unit"].map({"m": 1, "km": 1000})
    full = parts["north"].str.len() == 7  # noqa: PLR2004 - in metres, as some offices write it
    scale = size.where(~full, 1.0)
    typical = float(size.median())
    corners = (_numbers(parts["east"]) * scale).where(size == typical), (_numbers(parts["north"]) * scale).where(size == typical)
    return _squares(*corners, Grid(_EUROPE, typical, "corner"))


def h3_cells(raw: pd.DataFrame) -> pd.Series | None:
    """The H3 cells that the records of a table name.

    Args:
        raw: text.

    Returns:
        int64 cells on the index of `raw`, of the first column that holds nothing else; None where there is no such column.
    """
    for column in raw.columns:
        texts = raw[column].str.strip()
        if len(texts) and texts.str.fullmatch(_H3).all() and texts.map(h3.is_valid_cell).all():
            return texts.map(h3.str_to_int).astype("int64").rename("cell")
    return None


def given_cells(areas: gpd.GeoDataFrame) -> pd.Series | None:
    """The cells that areas are, where every one is another H3 cell of one level; None where they are not.

    Args:
        areas: with a column `cell` where the table names cells.
    """
    if "cell" not in areas or areas["cell"].isna().any() or areas["cell"].duplicated().any():
        return None
    cells: pd.Series = areas["cell"].astype("int64")
    return cells if (cells.map(level_of) == level_of(int(cells.iloc[0]))).all() else None


def numbers_of(texts: pd.Series, missing: frozenset[str], file_name: str, *, least: float, most: float) -> pd.Series:
    """The numbers of a column.

    Args:
        texts: the column, index `row_number`.
        missing: texts that mean that a value is not known, such as -1.
        file_name: named in errors.
        least: that a number may be.
        most: that a number may be.

    Returns:
        float64; missing where it is not known.

    Raises:
        LayerError: a value is no number in these bounds.
    """
    clean = texts.str.strip()
    unknown = clean.isin(missing | {""})
    values = _numbers(clean.where(~unknown))
    bad = ~unknown & ~values.between(least, most)
    if bad.any():
        row = bad.index[int(bad.to_numpy().argmax())]
        wanted = f"number from {least:g} on" if least > -most else "number"
        raise LayerError(f"{file_name}, row {row}, column {texts.name}: {texts[row]!r} is no {wanted}; mend it, or name what means unknown with --missing.")
    return values


def _numbers(texts: pd.Series) -> pd.Series:
    return pd.to_numeric(texts, errors="coerce").astype("float64")
