"""Areal interpolation: what is known of areas becomes known of H3 cells, and no unit of it is lost."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from h3ronpy.vector import ContainmentMode, wkb_to_cells

from gcrm.spatial.cell_shapes import hexagons
from gcrm.spatial.cells import index_points
from gcrm.units import COARSEST_LEVEL, EQUAL_AREA, FINEST_LEVEL, MEAN_CELL_M2

_CELLS_IN_AN_AREA = 8
"""Cells that a typical area is cut into at the most: more would show a detail that its source does not have."""

_CHUNK_AREAS = 20_000


def fitting_level(areas: gpd.GeoSeries) -> int:
    """The finest H3 level whose cells do not pretend to more detail than some areas have.

    Args:
        areas: polygons, EPSG:4326.
    """
    typical = float(areas.to_crs(EQUAL_AREA).area.median()) / _CELLS_IN_AN_AREA
    return next((level for level in range(FINEST_LEVEL, COARSEST_LEVEL, -1) if MEAN_CELL_M2[level] >= typical), COARSEST_LEVEL)


def cut(areas: gpd.GeoSeries, level: int) -> pd.DataFrame:
    """Areas cut by the cells of a level; the parts of an area are the whole area.

    Args:
        areas: valid polygons, EPSG:4326, on an index without doubles.
        level: H3 level.

    Returns:
        One row per area and cell that overlap: area (of the index), cell (int64), part_m2 (equal-area projection).
    """
    parts = [_cut(areas.iloc[start : start + _CHUNK_AREAS], level) for start in range(0, len(areas), _CHUNK_AREAS)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"area": [], "cell": np.array([], np.int64), "part_m2": []})


def _cut(areas: gpd.GeoSeries, level: int) -> pd.DataFrame:
    lists = pa.array(wkb_to_cells(areas.to_wkb().to_numpy(), level, containment_mode=ContainmentMode.Covers))
    counts = lists.value_lengths().fill_null(0).to_numpy()
    pairs = pd.DataFrame({"area": areas.index.repeat(counts), "cell": lists.flatten().to_numpy().view(np.int64)})
    distinct = pd.Series(pairs["cell"].unique())
    whole = hexagons(distinct).to_crs(EQUAL_AREA).set_axis(distinct)
    shapes = areas.to_crs(EQUAL_AREA)
    pairs["part_m2"] = shapely.area(shapely.intersection(shapes.loc[pairs["area"]].to_numpy(), whole.loc[pairs["cell"]].to_numpy()))
    return pairs[pairs["part_m2"] > 0].reset_index(drop=True)


def shares(areas: gpd.GeoSeries, level: int, inhabited: pd.DataFrame | None = None) -> pd.DataFrame:
    """Which share of each area goes to which cell: by what is built in it where that is known, else by area.

    The first is dasymetric mapping (Eicher and Brewer 2001, doi:10.1559/152304001782173727), the second areal weighting
    (Goodchild and Lam 1980).

    Args:
        areas: valid polygons, EPSG:4326, on an index without doubles.
        level: H3 level.
        inhabited: longitude, latitude (EPSG:4326) and floor_area_m2 of the buildings that people live in.

    Returns:
        One row per area and cell: area, cell (int64), share (those of an area add up to 1), method (floor area or area).
    """
    by_area = cut(areas, level).rename(columns={"part_m2": "weight"})
    built = _built(areas, level, inhabited) if inhabited is not None and len(inhabited) else by_area.iloc[:0]
    rest = by_area[~by_area["area"].isin(built["area"])]
    both = pd.concat([built.assign(method="floor area"), rest.assign(method="area")], ignore_index=True)
    both["share"] = both["weight"] / both.groupby("area")["weight"].transform("sum")
    return both[["area", "cell", "share", "method"]].sort_values(["area", "cell"], ignore_index=True)


def _built(areas: gpd.GeoSeries, level: int, inhabited: pd.DataFrame) -> pd.DataFrame:
    points = shapely.points(inhabited["longitude"].to_numpy(float), inhabited["latitude"].to_numpy(float))
    at, within = shapely.STRtree(areas.to_numpy()).query(points, predicate="intersects")
    first = pd.Series(within).groupby(at).min()  # a building on a border lives in one of its areas, always the same
    cells = index_points(inhabited["longitude"], inhabited["latitude"], level).to_numpy(np.int64)
    placed = pd.DataFrame({
        "area": areas.index[first.to_numpy()],
        "cell": cells[first.index.to_numpy()],
        "weight": inhabited["floor_area_m2"].to_numpy(float)[first.index.to_numpy()],
    })  # fmt: skip
    return placed[placed["weight"] > 0].groupby(["area", "cell"], as_index=False).agg({"weight": "sum"})


def spread(counts: pd.DataFrame, to_cells: pd.DataFrame) -> pd.DataFrame:
    """Counts of areas as counts of cells: extensive measures, whose sum stays what it was.

    Args:
        counts: numbers by area; missing where they are not known.
        to_cells: as from `shares`.

    Returns:
        On the cells, ascending, the same columns; missing where no area with a known count reaches the cell.
    """
    parts = counts.reindex(to_cells["area"]).mul(to_cells["share"].to_numpy(), axis=0).set_axis(to_cells.index)
    found: pd.DataFrame = parts.groupby(to_cells["cell"]).sum(min_count=1)
    return found


def average(rates: pd.DataFrame, weight: pd.Series, to_cells: pd.DataFrame) -> pd.DataFrame:
    """Rates of areas as rates of cells: intensive measures, each area weighing as much as it brings to the cell.

    Args:
        rates: numbers by area; missing where they are not known.
        weight: what the rates are of, by area, such as its inhabitants.
        to_cells: as from `shares`.

    Returns:
        On the cells, ascending, the same columns; missing where no area with a known rate and a weight reaches the cell.
    """
    brought = weight.reindex(to_cells["area"]).to_numpy(float) * to_cells["share"].to_numpy()
    values = rates.reindex(to_cells["area"]).to_numpy(float)
    known = ~np.isnan(values) & ~np.isnan(brought)[:, None]
    cells = to_cells["cell"].to_numpy()
    total = pd.DataFrame(np.where(known, values * brought[:, None], 0), columns=rates.columns).groupby(cells).sum()
    mass = pd.DataFrame(np.where(known, brought[:, None], 0), columns=rates.columns).groupby(cells).sum()
    return (total / mass.where(mass > 0)).rename_axis("cell")
