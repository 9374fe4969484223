"""Building formations: what is built in each H3 cell, as far as it is known."""

import geopandas as gpd
import numpy as np
import pandas as pd

from gcrm.spatial.areal import cut
from gcrm.spatial.cell_shapes import hexagons
from gcrm.spatial.cells import index_points
from gcrm.units import EQUAL_AREA, FINEST_LEVEL

USES = ("residential", "commercial", "industrial", "public", "other")


def cell_buildings(buildings: gpd.GeoDataFrame) -> pd.DataFrame:
    """What is built in each cell. A footprint on the edge of cells is cut exactly; the building counts where its middle is.

    Nothing is imputed: means, sums and mixtures are of the buildings whose height, storeys, use or year is known, and the columns
    that end in _known say of how many.

    Args:
        buildings: columns of gcrm.buildings, geometry in EPSG:4326.

    Returns:
        One row per H3 cell of level 10 that has a building, ascending: cell (int64), buildings (count), footprint_m2, footprint_share (of the
        cell, 0 to 1), floor_area_m2, floor_area_known, mean_height_m, height_known, mean_levels, levels_known, residential_m2, commercial_m2,
        industrial_m2, public_m2, other_m2 (footprints by use), use_mix (0: one use, 1: all alike; normalised entropy of the footprints by use,
        Cervero and Kockelman 1997, doi:10.1016/S1361-9209(97)00009-6), use_known, detached, terraced, flats, other_residence (buildings by type
        of residence), mean_year_built, year_known, quality (measured).
    """
    shapes = gpd.GeoSeries(buildings.geometry.to_numpy(), index=pd.RangeIndex(len(buildings)), crs=buildings.crs)
    parts = cut(shapes, FINEST_LEVEL)
    facts = buildings.reset_index(drop=True)
    footprint = parts.groupby("cell")["part_m2"].sum()
    cells = footprint.index.to_series()
    found = pd.DataFrame({"footprint_m2": footprint, "footprint_share": (footprint / hexagons(cells).to_crs(EQUAL_AREA).area).clip(0, 1)})
    by_use = parts.assign(use=facts["use"].reindex(parts["area"]).to_numpy()).pivot_table(index="cell", columns="use", values="part_m2", aggfunc="sum")
    for use in USES:
        found[f"{use}_m2"] = by_use[use].reindex(found.index).fillna(0.0) if use in by_use else 0.0
    found["use_mix"] = entropy(found[[f"{use}_m2" for use in USES]])
    middles = shapes.representative_point()
    facts["cell"] = index_points(middles.x, middles.y).astype("int64")
    return found.join(_known(facts), how="outer").fillna(_NOTHING).rename_axis("cell").reset_index().assign(quality="measured")


_COUNTS = ("buildings", "floor_area_known", "height_known", "levels_known", "use_known", "year_known", "detached", "terraced", "flats", "other_residence")
_NOTHING = dict.fromkeys(_COUNTS, 0) | {"footprint_m2": 0.0, "footprint_share": 0.0}


def _known(facts: pd.DataFrame) -> pd.DataFrame:
    """Counts, sums and means of the buildings whose middle is in a cell."""
    groups = facts.groupby("cell")
    found = pd.DataFrame({
        "buildings": groups.size(),
        "floor_area_m2": groups["floor_area_m2"].sum(min_count=1), "floor_area_known": groups["floor_area_m2"].count(),
        "mean_height_m": groups["height_m"].mean(), "height_known": groups["height_m"].count(),
        "mean_levels": groups["levels"].mean(), "levels_known": groups["levels"].count(),
        "use_known": groups["use"].count(),
        "mean_year_built": groups["year_built"].mean(), "year_known": groups["year_built"].count(),
    })  # fmt: skip
    for kind in ("detached", "terraced", "flats", "other_residence"):
        found[kind] = (facts["residence_type"] == kind).fillna(value=False).astype(bool).groupby(facts["cell"]).sum()
    return found


def entropy(amounts: pd.DataFrame) -> pd.Series:
    """How mixed some amounts are: -sum(p ln p) / ln(n) over the n columns; 0 where there is one only, 1 where all are alike.

    Args:
        amounts: numbers from 0 on.

    Returns:
        On the same index; missing where nothing is known.
    """
    share = amounts.div(amounts.sum(axis=1).replace(0, np.nan), axis=0)
    mixed: pd.Series = -(share * np.log(share.where(share > 0))).sum(axis=1, min_count=1) / np.log(amounts.shape[1])
    return mixed.clip(0, 1) + 0.0  # no negative zero


def inhabited(buildings: gpd.GeoDataFrame) -> pd.DataFrame:
    """The buildings that people may live in, each weighing as much as it has floor area.

    Of many buildings nobody has tagged what they are; they count as homes, only those that are known to be none do not.
    Where the storeys are not known they are taken for the median of those that are: good enough for a weight, and for nothing else.

    Args:
        buildings: columns of gcrm.buildings, geometry in EPSG:4326.

    Returns:
        longitude, latitude (EPSG:4326), residence_type, levels, floor_area_m2.
    """
    homes = buildings[buildings["residence_type"].isna() | (buildings["residence_type"] != "non_residential")]
    middles = homes.geometry.representative_point()
    storeys = homes["floor_area_m2"].astype("float64") / homes["footprint_m2"].where(homes["footprint_m2"] > 0)
    typical = storeys.median() if storeys.notna().any() else 1.0
    floor_area = homes["floor_area_m2"].astype("float64").fillna(homes["footprint_m2"] * typical)
    return pd.DataFrame({
        "longitude": middles.x, "latitude": middles.y, "residence_type": homes["residence_type"], "levels": homes["levels"].astype("float64"),
        "floor_area_m2": floor_area,
    })  # fmt: skip
