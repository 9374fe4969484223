"""Thiessen polygons: each place belongs to the site that is nearest as the crow flies."""

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gcrm.errors import TradeAreaError
from gcrm.spatial.trade_areas.frame import Area, frame_of, plane
from gcrm.units import WGS84

_MARGIN = 0.25
"""Of the way across the sites: so far beyond them their areas reach where no boundary is given."""
_LEAST_MARGIN_M = 1_000.0
_STEPS = 500
_STEP_DEGREES = 0.05


def thiessen(sites: gpd.GeoDataFrame, boundary: BaseGeometry | None = None) -> gpd.GeoDataFrame:
    """Thiessen (Voronoi) polygons of the sites, in a plane in metres around them (see `frame.plane`).

    Args:
        sites: as in `gcrm.spatial.trade_areas`.
        boundary: polygon, EPSG:4326, that the areas are clipped to; the sites' convex hull, widened by a quarter of the way across, if left out.

    Returns:
        Areas, one per site whose polygon meets the boundary; no band.

    Raises:
        TradeAreaError: two sites stand at one point, or no area meets the boundary.
    """
    if boundary is not None and boundary.is_empty:
        raise TradeAreaError("The boundary is empty; give one with an area.")
    metric = plane(np.column_stack([sites.geometry.x, sites.geometry.y]))
    spots = sites.geometry.to_crs(metric)
    twins = spots.duplicated()
    if twins.any():
        first = sites["site_name"][spots == spots[twins].iloc[0]].iloc[0]
        raise TradeAreaError(f"{sites['site_name'][twins].iloc[0]!r} and {first!r} stand at one point; leave one of them out.")
    hull = shapely.convex_hull(shapely.multipoints(spots.to_numpy()))
    west, south, east, north = hull.bounds
    limit = hull.buffer(max(_MARGIN * np.hypot(east - west, north - south), _LEAST_MARGIN_M))
    if boundary is not None:
        outside = gpd.GeoSeries([boundary.segmentize(_STEP_DEGREES)], crs=WGS84).to_crs(metric).iloc[0]
        limit = shapely.envelope(outside).buffer(_LEAST_MARGIN_M)
    polygons = [limit]
    if len(spots) > 1:
        shapes = shapely.voronoi_polygons(shapely.multipoints(spots.to_numpy()), extend_to=limit, ordered=True)
        polygons = list(shapely.intersection(shapely.get_parts(shapes), limit))
    west, south, east, north = limit.bounds
    finely = shapely.segmentize(polygons, np.hypot(east - west, north - south) / _STEPS)  # a straight line of the plane is none in degrees
    back = gpd.GeoSeries(finely, crs=metric).to_crs(WGS84)
    if boundary is not None:
        back = back.intersection(boundary)
    return frame_of(Area(key, None, None, {}, shape) for key, shape in zip(sites["site_key"], back, strict=True))
