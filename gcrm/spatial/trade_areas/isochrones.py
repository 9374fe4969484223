"""Drive-time areas: everything that is reached from a site within some minutes, at some moments."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np

from gcrm.spatial.roads.moment import Moment
from gcrm.spatial.roads.protocol import Mode, Roads
from gcrm.spatial.trade_areas.frame import Area, frame_of


def isochrones(sites: gpd.GeoDataFrame, roads: Roads, minutes: Sequence[float], mode: Mode, moments: Sequence[Moment]) -> gpd.GeoDataFrame:
    """Isochrones of each site.

    Args:
        sites: as in `gcrm.spatial.trade_areas`.
        roads: what knows the ways.
        minutes: contours.
        mode: of travel.
        moments: when the journeys begin; each gives areas of its own.

    Returns:
        Areas, one per site, contour and moment: band is the minutes; parameters name mode, moment, network, version of the conditions and engine.

    Raises:
        RoadsError: from the roads.
        TradeAreaError: no site is near a road.
    """
    points = np.column_stack([sites.geometry.x, sites.geometry.y])
    keys = sites["site_key"].to_numpy()
    areas = []
    for moment in moments:
        found = roads.isochrones(points, sorted(minutes), mode, moment)
        basis = found.basis
        told = {"mode": str(basis.mode), "moment": str(basis.moment), "network": basis.network, "conditions": basis.conditions, "engine": basis.engine}
        areas += [
            Area(keys[origin], contour, "min", told, shape)
            for origin, contour, shape in zip(found.areas["origin"], found.areas["minutes"], found.areas.geometry, strict=True)
        ]
    return frame_of(areas)
