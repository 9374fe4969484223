"""What is near a point: the area that covers it, the nearest feature, the most frequent kind near by."""

from collections.abc import Iterator, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gcrm.units import utm_epsg

_METRES_IN_A_DEGREE = 111_000.0


def _zones(points: gpd.GeoSeries) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """The UTM zones of some points: EPSG code, positions of its points."""
    codes = utm_epsg(points.x, points.y)
    for code in np.unique(codes):
        yield int(code), np.flatnonzero(codes == code)


def _around(features: gpd.GeoDataFrame, points: gpd.GeoSeries, margin_m: float) -> gpd.GeoDataFrame:
    """The features whose box touches that of the points, widened by a margin."""
    return features.iloc[np.sort(features.sindex.query(shapely.box(*box_around(points, margin_m))))]


def box_around(points: gpd.GeoSeries, margin_m: float) -> tuple[float, float, float, float]:
    """The box of some points, widened by a margin: west, south, east, north in degrees.

    Args:
        points: EPSG:4326.
        margin_m: metres.
    """
    west, south, east, north = points.total_bounds
    rise = margin_m / _METRES_IN_A_DEGREE
    run = rise / max(np.cos(np.radians(max(abs(south), abs(north)))), 0.01)
    return west - run, south - rise, east + run, north + rise


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
        # Without max_distance, which first looks for everything within it.
        point_places, feature_places = shapely.STRtree(shapes).query_nearest(spots)
        first = pd.Series(feature_places).groupby(point_places).min()
        found, chosen = first.index.to_numpy(), first.to_numpy()
        away = shapely.distance(spots[found], shapes[chosen])
        found, chosen, away = (each[away <= limit_m] for each in (found, chosen, away))
        for name in columns:
            brought[name][places[found]] = near[name].to_numpy(dtype=object)[chosen]
        distances[places[found]] = away
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
