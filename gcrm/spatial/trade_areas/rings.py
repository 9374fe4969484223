"""Rings: everything within some metres of a site, as the crow flies."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from gcrm.errors import TradeAreaError
from gcrm.spatial.trade_areas.frame import Area, frame_of, within_degrees

_ELLIPSOID = pyproj.Geod(ellps="WGS84")
_CORNERS = 256
"""Of a circle; the polygon lies inside it and has 0.01 % less area."""
_FARTHEST_M = 5_000_000


def rings(sites: gpd.GeoDataFrame, radii_m: Sequence[float]) -> gpd.GeoDataFrame:
    """Geodesic circles around each site (Karney 2013, doi:10.1007/s00190-012-0578-z); larger ones contain smaller ones.

    Args:
        sites: as in `gcrm.spatial.trade_areas`.
        radii_m: metres.

    Returns:
        Areas, one per site and radius: band is the radius.

    Raises:
        TradeAreaError: a radius is not above 0, or above 5,000 km, or the circle holds a pole.
    """
    if not radii_m or not all(0 < radius <= _FARTHEST_M for radius in radii_m):
        raise TradeAreaError(f"The radii {', '.join(f'{radius:g}' for radius in radii_m)} do not fit; give metres above 0 and up to {_FARTHEST_M:,}.")
    return frame_of(
        Area(key, radius, "m", {}, _circle(point, radius)) for key, point in zip(sites["site_key"], sites.geometry, strict=True) for radius in sorted(radii_m)
    )


def _circle(centre: shapely.Point, radius_m: float) -> BaseGeometry:
    azimuths = np.linspace(0, 360, _CORNERS, endpoint=False)
    same = np.ones(_CORNERS)
    longitude, latitude, _ = _ELLIPSOID.fwd(centre.x * same, centre.y * same, azimuths, radius_m * same)
    for pole in (90, -90):
        if _ELLIPSOID.inv(centre.x, centre.y, centre.x, pole)[2] <= radius_m:
            raise TradeAreaError(f"The circle of {radius_m:g} m around {centre.x:g} {centre.y:g} holds a pole; give a smaller radius.")
    around = centre.x + (longitude - centre.x + 180) % 360 - 180
    return within_degrees(shapely.Polygon(np.column_stack([around, latitude])))
