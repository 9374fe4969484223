"""Customer-derived areas: the smallest area that holds a share of a site's customers or of its revenue."""

from collections.abc import Sequence
from enum import StrEnum

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from shapely.geometry.base import BaseGeometry

from gcrm.errors import TradeAreaError
from gcrm.spatial.trade_areas.frame import Area, frame_of, plane
from gcrm.units import WGS84

FEWEST_CUSTOMERS = 10
"""An area around fewer would show where each of them is."""
MARGIN_M = 100.0
"""A hull is wider than its customers by so much, so that none of its corners is somebody's door."""

_CONCAVE_RATIO = 0.3
_STEPS_IN_BANDWIDTH = 4
_REACH_IN_BANDWIDTHS = 4
_MOST_STEPS = 1_000


class Shape(StrEnum):
    """How the area is drawn."""

    CONVEX = "convex"
    CONCAVE = "concave"
    DENSITY = "density"


def customer_areas(
    sites: gpd.GeoDataFrame, customers: gpd.GeoDataFrame, shares: Sequence[float], shape: Shape, bandwidth_m: float | None = None
) -> gpd.GeoDataFrame:
    """The area of each site that holds a share of the weight of its customers.

    A hull (convex, or concave with ratio 0.3) is drawn around the customers nearest to the site who together have the share (Applebaum 1966, Methods for
    Determining Store Trade Areas, doi:10.1177/002224376600300202). `density` takes the densest parts of a Gaussian kernel estimate: the smallest area that
    holds the share (Hyndman 1996, Computing and Graphing Highest Density Regions, doi:10.1080/00031305.1996.10474359); it may have several parts.

    Args:
        sites: as in `gcrm.spatial.trade_areas`.
        customers: one row per customer: site_key, weight (float: 1, or revenue; not above 0 is left out), points in EPSG:4326.
        shares: 0 to 1.
        shape: how the area is drawn.
        bandwidth_m: of the kernel, metres; by Scott's rule for each site if left out.

    Returns:
        Areas, one per site with at least FEWEST_CUSTOMERS customers and share: band is the share; parameters tell the customers, their
        weight, the share that the area holds and the bandwidth.

    Raises:
        TradeAreaError: a share or bandwidth does not fit, or no site has enough customers.
    """
    if not shares or not all(0 < share <= 1 for share in shares):
        raise TradeAreaError(f"The shares {', '.join(f'{share:g}' for share in shares)} do not fit; give numbers above 0 and up to 1.")
    if bandwidth_m is not None and bandwidth_m <= 0:
        raise TradeAreaError(f"A bandwidth of {bandwidth_m:g} m does not fit; give metres above 0.")
    weighing = customers[customers["weight"] > 0]
    of_site = dict(iter(weighing.groupby("site_key")))
    areas: list[Area] = []
    for key, site in zip(sites["site_key"], sites.geometry, strict=True):
        own = of_site.get(key)
        if own is not None and len(own) >= FEWEST_CUSTOMERS:
            areas += _areas_of(key, site, own, shares, shape, bandwidth_m)
    if not areas:
        raise TradeAreaError(f"No site has {FEWEST_CUSTOMERS} customers with a position; an area around fewer would show where each is.")
    return frame_of(areas)


def _areas_of(key: str, site: shapely.Point, customers: gpd.GeoDataFrame, shares: Sequence[float], shape: Shape, bandwidth_m: float | None) -> list[Area]:
    metric = plane(np.array([[site.x, site.y]]))
    spots = customers.geometry.to_crs(metric)
    points = np.column_stack([spots.x, spots.y])
    weights = customers["weight"].to_numpy(dtype=np.float64)
    width = bandwidth_m or _scott(points, weights)
    areas = []
    for share in sorted(shares):
        drawn = _densest(points, weights, share, width) if shape is Shape.DENSITY else _hull(points, weights, share, shape)
        holds = float(weights[shapely.intersects_xy(drawn, *points.T)].sum() / weights.sum())
        told = {"customers": len(points), "weight": round(float(weights.sum()), 2), "holds": round(holds, 4)}
        told |= {"bandwidth_m": round(width, 1)} if shape is Shape.DENSITY else {"margin_m": MARGIN_M}
        areas.append(Area(key, share, "share", told, gpd.GeoSeries([drawn], crs=metric).to_crs(WGS84).iloc[0]))
    return areas


def _enough(weights: NDArray[np.float64], share: float) -> int:
    """How many of some weights, in order, have the share together."""
    return int(np.searchsorted(np.cumsum(weights), share * weights.sum() * (1 - 1e-12))) + 1


def _hull(points: NDArray[np.float64], weights: NDArray[np.float64], share: float, shape: Shape) -> BaseGeometry:
    nearest = np.argsort(np.hypot(*points.T), kind="stable")  # the plane's middle is the site
    chosen = nearest[: _enough(weights[nearest], share)]
    cloud = shapely.MultiPoint(points[chosen])
    hull = shapely.convex_hull(cloud) if shape is Shape.CONVEX else shapely.concave_hull(cloud, ratio=_CONCAVE_RATIO)
    return shapely.buffer(hull, MARGIN_M)


def _scott(points: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Scott's rule in two dimensions (Scott 1992, Multivariate Density Estimation, p. 152), with Kish's effective number of the weighted customers."""
    effective = weights.sum() ** 2 / (weights**2).sum()
    spread = np.sqrt(np.average((points - np.average(points, axis=0, weights=weights)) ** 2, axis=0, weights=weights).mean())
    return float(max(spread * effective ** (-1 / 6), MARGIN_M))


def _densest(points: NDArray[np.float64], weights: NDArray[np.float64], share: float, bandwidth_m: float) -> BaseGeometry:
    """Squares of a grid, the densest first, until they hold the share."""
    reach = _REACH_IN_BANDWIDTHS * bandwidth_m
    low, high = points.min(axis=0) - reach, points.max(axis=0) + reach
    step = max(bandwidth_m / _STEPS_IN_BANDWIDTH, float((high - low).max()) / _MOST_STEPS)
    columns, rows = (np.ceil((high - low) / step).astype(int) + 1).tolist()
    column, row = ((points - low) // step).astype(int).T
    held = np.zeros((rows, columns))
    np.add.at(held, (row, column), weights)
    density = gaussian_filter(held, bandwidth_m / step, mode="constant").ravel()
    order = np.argsort(-density, kind="stable")
    chosen = order[: _enough(held.ravel()[order], share)]
    west, south = low[0] + (chosen % columns) * step, low[1] + (chosen // columns) * step
    return shapely.union_all(shapely.box(west, south, west + step, south + step))
