"""The company's territories, cut out of H3 cells, and how its accounts spread over the places."""

from dataclasses import dataclass

import h3
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from h3ronpy import ContainmentMode
from h3ronpy.vector import cells_to_coordinates, cells_to_wkb_polygons, geometry_to_cells
from numpy.typing import NDArray
from scipy.spatial import KDTree
from sklearn.cluster import KMeans

from gcrm.demo import structure
from gcrm.demo.city import Floats, Indices, Plane
from gcrm.demo.places import Places
from gcrm.spatial.cells import index_points
from gcrm.units import FINEST_LEVEL

Cells = Indices

_LEVELS = (FINEST_LEVEL, 9, 8, 7)
_MOST_CELLS = 4_000
_MARGIN_M = 50.0
_CELLS_PER_TERRITORY = 2


@dataclass(frozen=True)
class Territories:
    """The territories; position 0 is the westernmost of the first region.

    Attributes:
        keys: T1, T2, ...
        names: name of each.
        regions: region of each.
        boundaries: MultiPolygons in EPSG:4326, unions of H3 cells: they share borders and do not overlap.
        level: H3 level of those cells.
        of_place: position of the territory of each place.
        overloaded: position of the one that has OVERLOAD times the mean number of accounts.
        share: share of the accounts at each place; sums to 1.
    """

    keys: tuple[str, ...]
    names: tuple[str, ...]
    regions: tuple[str, ...]
    boundaries: tuple[shapely.MultiPolygon, ...]
    level: int
    of_place: Indices
    overloaded: int
    share: Floats


def cells_at(degrees: Floats, level: int) -> Cells:
    """H3 cells of points (longitude, latitude in EPSG:4326, shape (n, 2))."""
    return index_points(pd.Series(degrees[:, 0]), pd.Series(degrees[:, 1]), level).to_numpy(np.int64)


def partition(places: Places, plane: Plane, seed: int) -> Territories:
    """Cuts the city into TERRITORY_COUNT territories around k-means centres of its places; fewer where it has fewer places."""
    inhabited = len(np.unique(cells_at(places.degrees, FINEST_LEVEL)))
    count = min(structure.TERRITORY_COUNT, max(1, inhabited // _CELLS_PER_TERRITORY))
    centres = KMeans(count, n_init=4, random_state=seed).fit(places.xy).cluster_centers_.round(1)
    northern = np.zeros(count, dtype=bool)
    northern[np.argsort(-centres[:, 1], kind="stable")[: (count + 1) // 2]] = True
    centres, northern = _west_to_east(centres, northern)
    cells, level = _covering_cells(places, plane)
    middles = np.column_stack([np.asarray(column) for column in reversed(cells_to_coordinates(_arrow(cells)).columns)])
    _, owner = KDTree(centres).query(plane.to_metres(middles[:, 0], middles[:, 1]))
    of_place = owner[np.searchsorted(cells, cells_at(places.degrees, level))].astype(np.int64)
    overloaded = int(np.bincount(of_place, minlength=count).argmax())
    regions = tuple("North" if each else "South" for each in northern)
    return Territories(
        keys=tuple(f"T{number}" for number in range(1, count + 1)),
        names=tuple(f"{region} {regions[: position + 1].count(region)}" for position, region in enumerate(regions)),
        regions=regions,
        boundaries=tuple(_outline(cells[owner == position]) for position in range(count)),
        level=level,
        of_place=of_place,
        overloaded=overloaded,
        share=_balanced(places.weight, of_place, overloaded, count),
    )


def _west_to_east(centres: Floats, northern: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.bool_]]:
    """North before south, and west before east in each."""
    order = np.lexsort((centres[:, 0], ~northern))
    return centres[order], northern[order]


def _arrow(cells: Cells) -> pa.Array:
    return pa.array(cells.view(np.uint64))


def _covering_cells(places: Places, plane: Plane) -> tuple[Cells, int]:
    """The cells of the finest level that cover the hull of all places in at most _MOST_CELLS, sorted, and that level."""
    hull = shapely.MultiPoint(places.xy).convex_hull.buffer(_MARGIN_M)
    fitting = [level for level in _LEVELS if hull.area <= _MOST_CELLS * h3.average_hexagon_area(level, unit="m^2")]
    level = fitting[0] if fitting else _LEVELS[-1]
    ring = shapely.get_coordinates(hull)
    covered = geometry_to_cells(shapely.Polygon(plane.to_degrees(ring)), level, ContainmentMode.Covers)
    return np.union1d(np.asarray(covered, dtype=np.uint64).view(np.int64), cells_at(places.degrees, level)), level


def _outline(cells: Cells) -> shapely.MultiPolygon:
    """The union of cells; rounded to 9 decimals, so that neighbours have the very same corners."""
    linked = cells_to_wkb_polygons(_arrow(cells), link_cells=True)
    parts = shapely.from_wkb([each.as_py() for each in linked])
    polygons = [polygon for part in parts for polygon in shapely.get_parts(part)]
    rounded = shapely.MultiPolygon([shapely.transform(polygon, lambda corners: corners.round(9)) for polygon in polygons])
    # The rings come with any first corner.
    return shapely.normalize(rounded)


def _balanced(weight: Floats, of_place: Indices, overloaded: int, count: int) -> Floats:
    """Shares of the places such that one territory has OVERLOAD times the mean of all, and the others the same."""
    wanted = np.full(count, 1.0)
    if count > structure.OVERLOAD:
        wanted[:] = (count - structure.OVERLOAD) / (count - 1)
        wanted[overloaded] = structure.OVERLOAD
    has = np.bincount(of_place, weights=weight, minlength=count)
    factor = np.divide(wanted, has, out=np.zeros(count), where=has > 0)
    share = weight * factor[of_place]
    return np.asarray(share / share.sum())


def territories_geojson(territories: Territories) -> dict[str, object]:
    """The territories as a GeoJSON FeatureCollection."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"territory_key": key, "name": name, "region": region, "made_up": True},
                "geometry": shapely.geometry.mapping(boundary),
            }
            for key, name, region, boundary in zip(territories.keys, territories.names, territories.regions, territories.boundaries, strict=True)
        ],
    }
