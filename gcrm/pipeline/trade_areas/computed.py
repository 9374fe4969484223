"""Computed trading areas: rings, isochrones, Thiessen polygons, customer-derived and Huff areas around sites, into the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from gcrm.db.connection import Role, driver, transaction
from gcrm.db.queries import queries
from gcrm.errors import TradeAreaError
from gcrm.pipeline.areas import area_of_file
from gcrm.pipeline.roads import Asked, roads, told_of
from gcrm.pipeline.sites import Sites, points_of, read_sites
from gcrm.pipeline.trade_areas.store import AreaSet, publish
from gcrm.progress import Advance
from gcrm.spatial.cell_shapes import cells_in, middles
from gcrm.spatial.measures import haversine_m
from gcrm.spatial.trade_areas.customers import Shape, customer_areas
from gcrm.spatial.trade_areas.huff import Decay, Huff, huff_areas, probabilities
from gcrm.spatial.trade_areas.rings import rings
from gcrm.spatial.trade_areas.thiessen import thiessen

__all__ = ["Decay", "Held", "Huff", "Market", "Shape", "Sites", "compute_customers", "compute_huff", "compute_isochrones", "compute_rings", "compute_thiessen"]

_LEAST_PROBABILITY = 0.001
_MOST_PAIRS = 50_000_000
_NEAREST_CHUNK = 10_000


def compute_rings(dataset: str, sites: Sites, radii_m: Sequence[float], advance: Advance) -> int:
    """Rings around sites; see `gcrm.spatial.trade_areas.rings`.

    Returns:
        How many areas there are.

    Raises:
        TradeAreaError, ReadError, MappingError: there are no sites, or a radius does not fit.
    """
    with transaction(Role.WRITER) as connection:
        around = read_sites(connection, sites)
        told = sites.parameters | {"radii_m": list(radii_m), "distance": "geodesic"}
        return _publish(connection, AreaSet(dataset, "ring", told), around, rings(around, radii_m), advance)


def compute_isochrones(dataset: str, sites: Sites, minutes: Sequence[float], asked: Asked, advance: Advance) -> int:
    """How far one gets from sites within some minutes by road, under the conditions in force; see `gcrm.spatial.roads.protocol.Roads.isochrones`.

    Returns:
        How many areas there are; a site with no road near has none.

    Raises:
        TradeAreaError, ReadError, MappingError: there are no sites, or none has a road near.
        RoadsError: there is no network, or the minutes do not fit.
    """
    with transaction(Role.WRITER) as connection:
        around = read_sites(connection, sites)
        reached = roads().isochrones(points_of(around), minutes, asked.mode, asked.moment)
        areas = reached.areas[~reached.areas.geometry.is_empty]
        if areas.empty:
            raise TradeAreaError("No site has a road near; load the OSM extract of the region of the sites with `gcrm load osm FILE`.")
        keys = around["site_key"].to_numpy()[areas["origin"].to_numpy(dtype=np.int64)]
        told = sites.parameters | {"minutes_min": sorted(minutes)} | told_of(reached.basis)
        drawn = areas.assign(site_key=keys, band=areas["minutes"], band_unit="min")[["site_key", "band", "band_unit", "geometry"]]
        return _publish(connection, AreaSet(dataset, "isochrone", told), around, drawn, advance)


def compute_thiessen(dataset: str, sites: Sites, boundary: Path | None, advance: Advance) -> int:
    """Thiessen polygons of sites, clipped to the polygons of a file; see `gcrm.spatial.trade_areas.thiessen`.

    Returns:
        How many areas there are.

    Raises:
        TradeAreaError, AreaError, ReadError, MappingError: there are no sites, or the boundary does not fit.
    """
    with transaction(Role.WRITER) as connection:
        around = read_sites(connection, sites)
        told = sites.parameters | {"boundary": boundary.name if boundary else "convex hull of the sites, widened by a quarter"}
        return _publish(connection, AreaSet(dataset, "thiessen", told), around, thiessen(around, area_of_file(boundary) if boundary else None), advance)


@dataclass(frozen=True)
class Held:
    """What a customer-derived area holds.

    Attributes:
        shares: above 0, at most 1.
        shape: how it is drawn.
        revenue_months: customers weigh what they ordered in so many months before the newest order; None where each counts as one.
        by_parent: whether a customer belongs to the site that is its parent account, in place of the nearest one.
        bandwidth_m: of the kernel, metres.
    """

    shares: tuple[float, ...]
    shape: Shape = Shape.DENSITY
    revenue_months: int | None = None
    by_parent: bool = False
    bandwidth_m: float | None = None


def compute_customers(dataset: str, sites: Sites, held: Held, advance: Advance) -> int:
    """Customer-derived areas of sites; see `gcrm.spatial.trade_areas.customers`.

    Returns:
        How many areas there are.

    Raises:
        TradeAreaError, ReadError, MappingError: there are no sites or too few customers, or their revenue has several currencies.
    """
    with transaction(Role.WRITER) as connection:
        around = read_sites(connection, sites)
        customers = gpd.read_postgis(queries("trade_areas").customers.sql, connection, geom_col="geom")
        customers["site_key"] = _of_parent(customers, around) if held.by_parent else _nearest(customers, around)
        customers["weight"] = _revenue(connection, customers, held.revenue_months) if held.revenue_months else 1.0
        told = sites.parameters | {"shares": list(held.shares), "shape": str(held.shape), "by": "parent account" if held.by_parent else "nearest site"}
        told |= {"weight": f"revenue of {held.revenue_months} months" if held.revenue_months else "customers"}
        areas = customer_areas(around, customers, held.shares, held.shape, held.bandwidth_m)
        return _publish(connection, AreaSet(dataset, "customers", told), around, areas, advance)


@dataclass(frozen=True)
class Market:
    """Where a Huff model is worked out, and by which way.

    Attributes:
        level: H3 level of the cells.
        reach_m: cells within so many metres of a site count, where no boundary is given.
        boundary: file of polygons whose cells count.
        by_road: how and when customers travel; None where the way is as the crow flies.
    """

    level: int = 9
    reach_m: float = 10_000
    boundary: Path | None = None
    by_road: Asked | None = None


def compute_huff(dataset: str, sites: Sites, market: Market, huff: Huff, thresholds: Sequence[float], advance: Advance) -> int:
    """Huff areas of sites, with the way in minutes by road, or in metres as the crow flies; see `gcrm.spatial.trade_areas.huff`.

    Returns:
        How many areas there are.

    Raises:
        TradeAreaError, AreaError, ReadError, MappingError: there are no sites, or a parameter does not fit.
        RoadsError: the way is by road, and there is no network.
    """
    with transaction(Role.WRITER) as connection:
        around = read_sites(connection, sites)
        inside = area_of_file(market.boundary) if market.boundary else shapely.union_all(rings(around, [market.reach_m]).geometry.to_numpy())
        cells = cells_in(inside, market.level)
        if len(cells) * len(around) > _MOST_PAIRS:
            raise TradeAreaError(f"{len(cells):,} cells and {len(around):,} sites are too many pairs; choose a coarser level than {market.level}.")
        ways, unit, way = _ways(cells, around, market.by_road)
        chance = probabilities(around["attraction"].to_numpy(dtype=np.float64), ways, huff)
        told = sites.parameters | {"level": market.level, "reach_m": None if market.boundary else market.reach_m, "thresholds": list(thresholds)}
        told |= {"boundary": market.boundary.name if market.boundary else None, **way}
        told |= {"attraction_exponent": huff.attraction, "decay": huff.decay, "function": str(huff.function)}
        told |= {f"least_{unit}": huff.least, f"most_{unit}": huff.most}
        areas = huff_areas(around, cells, chance, thresholds)
        return _publish(connection, AreaSet(dataset, "huff", told), around, areas, advance, _chances(cells, around, chance, ways))


def _ways(cells: NDArray[np.int64], sites: gpd.GeoDataFrame, by_road: Asked | None) -> tuple[NDArray[np.float64], str, dict[str, str | int]]:
    """The way from the middle of each cell to each site (NaN where there is none), its unit, and what it holds for."""
    if by_road is None:
        return haversine_m(middles(cells)[:, None], points_of(sites)), "m", {"way": "m, as the crow flies: no road network is used"}
    times = roads().many_to_many(middles(cells), points_of(sites), by_road.mode, by_road.moment)
    return times.minutes, "min", {"way": "min, by road", **told_of(times.basis)}


def _chances(cells: NDArray[np.int64], sites: gpd.GeoDataFrame, chance: NDArray[np.float64], ways: NDArray[np.float64]) -> pd.DataFrame:
    cell, site = np.nonzero(np.nan_to_num(chance) >= _LEAST_PROBABILITY)
    keys = sites["site_key"].to_numpy()[site]
    return pd.DataFrame({"cell": cells[cell], "site_key": keys, "probability": chance[cell, site], "travel": ways[cell, site]})


def _publish(
    connection: Connection, wanted: AreaSet, sites: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, advance: Advance, chances: pd.DataFrame | None = None
) -> int:
    told = sites.set_index("site_key").loc[areas["site_key"]]
    bands = [f" {band:g} {unit}" if unit else "" for band, unit in zip(areas["band"], areas["band_unit"], strict=True)]
    named = areas.assign(
        name=[f"{name}{band}" for name, band in zip(told["site_name"], bands, strict=True)],
        site_name=told["site_name"].to_numpy(),
        site_account_id=told["site_account_id"].array,
        site=told.geometry.to_numpy(),
    )
    publish(connection, None, wanted, named, advance, chances)
    return len(named)


def _of_parent(customers: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> pd.Series:
    keys = sites.dropna(subset=["site_account_id"]).set_index("site_account_id")["site_key"]
    found: pd.Series = customers["parent_account_id"].astype("Int64").map(keys)
    return found


def _nearest(customers: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> NDArray[np.object_]:
    spots, places = points_of(customers.set_geometry("geom")), points_of(sites)
    nearest = [haversine_m(spots[start : start + _NEAREST_CHUNK, None], places).argmin(axis=1) for start in range(0, len(spots), _NEAREST_CHUNK)]
    return np.asarray(sites["site_key"].to_numpy()[np.concatenate([np.empty(0, np.int64), *nearest])], dtype=object)


def _revenue(connection: Connection, customers: gpd.GeoDataFrame, months: int) -> pd.Series:
    found = pd.DataFrame(queries("trade_areas").revenue(driver(connection), months=months), columns=["account_id", "currency", "revenue"])
    currencies = sorted(set(found["currency"]))
    if len(currencies) > 1:
        raise TradeAreaError(f"The orders are in {', '.join(currencies)}, which are never added; weigh by customers.")
    revenue: pd.Series = customers["account_id"].map(found.set_index("account_id")["revenue"])
    return revenue.fillna(0).astype("float64")
