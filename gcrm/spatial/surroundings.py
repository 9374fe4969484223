"""What is around a point: the area that covers it, the nearest feature, the most frequent kind near by."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gcrm.units import utm_epsg

BUILDING_LIMIT_M = 50.0
"""A building farther away than this is not the account's."""

ADDRESS_LIMIT_M = 250.0
"""An address farther away than this says nothing about the district."""

ROAD_LIMIT_M = 1000.0
"""A road farther away than this is not near."""

RESIDENCE_RADIUS_M = 150.0
"""Radius within which residential buildings tell the type of an untyped one."""

_METRES_IN_A_DEGREE = 111_000.0
STREETS = (
    *("motorway", "trunk", "primary", "secondary", "tertiary"),
    *("motorway_link", "trunk_link", "primary_link", "secondary_link", "tertiary_link"),
    *("unclassified", "residential", "living_street", "pedestrian", "road"),
)
"""Classes of roads that an account is said to be at; pavements and driveways lie nearer, and say nothing of the place."""


@dataclass(frozen=True)
class Layers:
    """The layers that accounts are joined with; GeoDataFrames in EPSG:4326 with the columns of their tables.

    `footfall` is a Series of people per hour, mean of the week, by H3 cell of level 10 (int64).
    """

    roads: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    address_points: gpd.GeoDataFrame
    districts: gpd.GeoDataFrame
    footfall: pd.Series


def _zones(points: gpd.GeoSeries) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """The UTM zones of some points: EPSG code, positions of its points."""
    codes = utm_epsg(points.x, points.y)
    for code in np.unique(codes):
        yield int(code), np.flatnonzero(codes == code)


def _around(features: gpd.GeoDataFrame, points: gpd.GeoSeries, margin_m: float) -> gpd.GeoDataFrame:
    """The features whose box touches that of the points, widened by a margin."""
    west, south, east, north = points.total_bounds
    rise = margin_m / _METRES_IN_A_DEGREE
    run = rise / max(np.cos(np.radians(max(abs(south), abs(north)))), 0.01)
    return features.iloc[np.sort(features.sindex.query(shapely.box(west - run, south - rise, east + run, north + rise)))]


def nearest(points: gpd.GeoSeries, features: gpd.GeoDataFrame, columns: Sequence[str], limit_m: float) -> pd.DataFrame:
    """The nearest feature of each point, measured in the UTM zone of the point.

    Args:
        points: EPSG:4326.
        features: EPSG:4326; of two at the same distance the one that comes first counts.
        columns: columns of the features to bring along.
        limit_m: how far away it may be, metres.

    Returns:
        On the points' index: the columns, and `distance_m`; missing where nothing is that near.
    """
    brought = {name: np.full(len(points), None, dtype=object) for name in columns}
    distances = np.full(len(points), np.nan)
    for zone, places in _zones(points):
        here = points.iloc[places]
        near = _around(features, here, limit_m)
        if near.empty:
            continue
        shapes, spots = near.geometry.to_crs(zone).to_numpy(), here.to_crs(zone).to_numpy()
        point_places, feature_places = shapely.STRtree(shapes).query_nearest(spots, max_distance=limit_m)
        first = pd.Series(feature_places).groupby(point_places).min()
        found, chosen = first.index.to_numpy(), first.to_numpy()
        for name in columns:
            brought[name][places[found]] = near[name].to_numpy(dtype=object)[chosen]
        distances[places[found]] = shapely.distance(spots[found], shapes[chosen])
    return pd.DataFrame({**brought, "distance_m": distances}, index=points.index)


def covering(points: gpd.GeoSeries, areas: gpd.GeoDataFrame, column: str) -> pd.Series:
    """The value of the area that covers each point; of several areas the one that comes first.

    Args:
        points: EPSG:4326.
        areas: EPSG:4326, most wanted first.
        column: column of the areas.

    Returns:
        On the points' index, named as the column; missing where no area covers the point.
    """
    point_places, area_places = areas.sindex.query(points.to_numpy(), predicate="intersects") if len(areas) else (np.array([], int), np.array([], int))
    first = pd.Series(area_places).groupby(point_places).min()
    values = pd.Series(index=points.index, dtype=areas[column].dtype if len(areas) else "object", name=column)
    values = values.astype("Int64") if pd.api.types.is_integer_dtype(areas[column].dtype) else values.astype("object")
    values.iloc[first.index.to_numpy()] = areas[column].iloc[first.to_numpy()].to_numpy()
    return values


def most_frequent_near(points: gpd.GeoSeries, features: gpd.GeoDataFrame, column: str, radius_m: float) -> pd.Series:
    """The value that most features within a radius have; of a tie the first by alphabet.

    Args:
        points: EPSG:4326.
        features: EPSG:4326.
        column: column of the features, text.
        radius_m: metres.

    Returns:
        On the points' index, named as the column; missing where no feature is that near.
    """
    values = pd.Series(index=points.index, dtype="object", name=column)
    for zone, places in _zones(points):
        here = points.iloc[places]
        near = _around(features, here, radius_m)
        if near.empty:
            continue
        tree = shapely.STRtree(near.geometry.to_crs(zone).to_numpy())
        point_places, feature_places = tree.query(here.to_crs(zone).to_numpy(), predicate="dwithin", distance=radius_m)
        pairs = pd.DataFrame({"point": point_places, "value": near[column].to_numpy()[feature_places]})
        counts = pairs.groupby(["point", "value"]).size().reset_index(name="features").sort_values(["features", "value"], ascending=[False, True])
        top = counts.drop_duplicates("point")
        values.iloc[places[top["point"].to_numpy()]] = top["value"].to_numpy()
    return values


def surroundings(points: gpd.GeoSeries, cells: pd.Series, layers: Layers) -> pd.DataFrame:
    """What is around each point.

    Args:
        points: EPSG:4326, one per account.
        cells: H3 cells of level 10 on the same index.
        layers: the layers.

    Returns:
        On the points' index, the columns of gcrm.account_surroundings but for its keys: district, road_class, road_name,
        road_distance_m, building_type, residence_type, building_distance_m, footfall_per_hour.
    """
    places = points.to_wkb()
    distinct = points[~places.duplicated()]
    around = _around_distinct(distinct, layers).set_index(places[distinct.index])
    result = around.reindex(places).set_axis(points.index)
    result["footfall_per_hour"] = cells.map(layers.footfall).astype("Float64")
    return result


def _around_distinct(points: gpd.GeoSeries, layers: Layers) -> pd.DataFrame:
    road = nearest(points, layers.roads[layers.roads["class"].isin(STREETS)], ["class", "name"], ROAD_LIMIT_M)
    building = nearest(points, layers.buildings, ["type", "residence_type"], BUILDING_LIMIT_M)
    homes = layers.buildings[layers.buildings["residence_type"].notna() & (layers.buildings["residence_type"] != "non_residential")]
    near_homes = most_frequent_near(points, homes, "residence_type", RESIDENCE_RADIUS_M)
    return pd.DataFrame({
        "district": _district(points, layers),
        "road_class": road["class"],
        "road_name": road["name"],
        "road_distance_m": road["distance_m"],
        "building_type": building["type"],
        "residence_type": building["residence_type"].where(building["residence_type"].notna(), near_homes),
        "building_distance_m": building["distance_m"],
    })  # fmt: skip


def _district(points: gpd.GeoSeries, layers: Layers) -> pd.Series:
    """The smallest administrative area; else postcode and city of the nearest address that has both."""
    smallest_first = layers.districts.sort_values(["admin_level", "name"], ascending=[False, True])
    district = covering(points, smallest_first, "name")
    addresses = layers.address_points.dropna(subset=["postcode", "city"])
    address = nearest(points, addresses, ["postcode", "city"], ADDRESS_LIMIT_M)
    return district.where(district.notna(), address["postcode"] + " " + address["city"])
