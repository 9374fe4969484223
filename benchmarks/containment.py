"""Points into polygons, exactly: gcrm, geopandas and PostGIS."""

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from benchmarks.measure import Work
from gcrm.db.connection import Role, connect
from gcrm.db.load import copy_frame
from gcrm.spatial.containment import PolygonIndex
from gcrm.units import WGS84

_SEED = 7
_STEP = 0.002
_CHUNK = 1_000_000
_BOX = (24.0, 60.0, 26.0, 61.0)


def areas(count: int) -> NDArray[np.object_]:
    """Polygons side by side with winding borders, some 200 corners each: Voronoi cells, their edges bent by waves.

    Args:
        count: how many.
    """
    random = np.random.default_rng(_SEED)
    west, south, east, north = _BOX
    sites = shapely.multipoints(np.column_stack([random.uniform(west, east, count), random.uniform(south, north, count)]))
    box = shapely.box(*_BOX)
    cells = shapely.intersection(shapely.get_parts(shapely.voronoi_polygons(sites, extend_to=box)), box)

    def bent(corners: NDArray[np.float64]) -> NDArray[np.float64]:
        return corners + 0.002 * np.column_stack([np.sin(corners[:, 1] * 300), np.sin(corners[:, 0] * 150)])

    return np.asarray(shapely.transform(shapely.segmentize(cells, _STEP / 3), bent), dtype=object)


def _chunks(count: int) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    west, south, east, north = _BOX
    for start in range(0, count, _CHUNK):
        random = np.random.default_rng(_SEED + start)
        size = min(_CHUNK, count - start)
        yield random.uniform(west, east, size), random.uniform(south, north, size)


def ours(points: int, polygons: int) -> Work:
    """Gcrm, from polygons to pairs, the making of its index included."""
    shapes = areas(polygons)
    ((x, y),) = _chunks(points)
    return lambda: len(PolygonIndex(shapes).containing(x, y)[0])


def sjoin(points: int, polygons: int) -> Work:
    """The same by geopandas.sjoin."""
    shapes = gpd.GeoDataFrame(geometry=areas(polygons), crs=WGS84)
    ((x, y),) = _chunks(points)
    placed = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y, crs=WGS84))
    return lambda: len(gpd.sjoin(placed, shapes, predicate="intersects"))


def postgis(points: int, polygons: int) -> Work:
    """The same by PostGIS: the polygons have a GiST index and statistics before the time begins."""
    connection = connect(Role.WRITER)
    connection.execute("CREATE TEMPORARY TABLE areas (area int, geom geometry(Geometry, 4326))")
    connection.execute("CREATE TEMPORARY TABLE points (point int, geom geometry(Point, 4326))")
    ((x, y),) = _chunks(points)
    for table, shapes in (("areas", areas(polygons)), ("points", shapely.points(x, y))):
        written = shapely.to_wkb(shapely.set_srid(shapes, WGS84), hex=True, include_srid=True)
        copy_frame(connection, table, pd.DataFrame({table[:-1]: np.arange(len(written)), "geom": written}))
    connection.execute("CREATE INDEX ON areas USING gist (geom)")
    connection.execute("ANALYZE areas, points")
    pairs = "SELECT count(*) FROM (SELECT p.point, a.area FROM points p JOIN areas a ON ST_Intersects(a.geom, p.geom) OFFSET 0) AS pairs"
    return lambda: connection.execute(pairs).fetchone()


def stream_ours(points: int, polygons: int) -> Work:
    """Gcrm, a million points after the other."""
    shapes = areas(polygons)

    def work() -> int:
        index = PolygonIndex(shapes)
        return sum(len(index.containing(x, y)[0]) for x, y in _chunks(points))

    return work


def stream_sjoin(points: int, polygons: int) -> Work:
    """geopandas.sjoin, a million points after the other."""
    shapes = gpd.GeoDataFrame(geometry=areas(polygons), crs=WGS84)

    def work() -> int:
        return sum(len(gpd.sjoin(gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y, crs=WGS84)), shapes, predicate="intersects")) for x, y in _chunks(points))

    return work
