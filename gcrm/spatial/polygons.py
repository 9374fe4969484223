"""The polygons of a shape, as PostGIS keeps them: valid, as one multipolygon, without the lines and points that a repair or a cut leaves."""

import geopandas as gpd
import shapely
from shapely.geometry.base import BaseGeometry


def parts_of(shape: BaseGeometry) -> list[shapely.Polygon]:
    """The polygons of a shape that have an area, also of collections in collections.

    Args:
        shape: of any kind and CRS.
    """
    if isinstance(shape, shapely.Polygon):
        return [shape] if shape.area > 0 else []
    return [part for each in getattr(shape, "geoms", ()) for part in parts_of(each)]


def made_valid(shape: BaseGeometry) -> BaseGeometry:
    """A shape whose rings do not cross: one that does is taken apart into what it encloses (as `ST_MakeValid` with method structure).

    Args:
        shape: of any kind and CRS.
    """
    return shape if shape.is_valid else shapely.make_valid(shape, method="structure", keep_collapsed=False)


def multipolygon(shape: BaseGeometry) -> shapely.MultiPolygon:
    """The polygons of a shape, valid; empty where it has none.

    Args:
        shape: of any kind and CRS.
    """
    return shapely.MultiPolygon(parts_of(made_valid(shape)))


def multipolygons(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """The polygons of each shape, on the same index and in the same CRS.

    Args:
        shapes: of any kind.
    """
    return gpd.GeoSeries([multipolygon(shape) for shape in shapes], index=shapes.index, crs=shapes.crs)
