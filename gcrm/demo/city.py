"""What a city offers to the made-up company: its frames, and its plane in metres."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from gcrm.units import WGS84, utm_epsg

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class CitySurroundings:
    """The layers of a loaded OSM extract, EPSG:4326, with the columns of the tables of the same names.

    Attributes:
        address_points: street, house_number, postcode, city, country_code, geometry (Point).
        roads: class, name, length_m, oneway, geometry (LineString).
        buildings: type, residence_type, levels, geometry (Polygon or MultiPolygon).
        shops: type, name, geometry (Point).
    """

    address_points: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    shops: gpd.GeoDataFrame


@dataclass(frozen=True)
class Plane:
    """The city's UTM zone: distances in metres instead of degrees."""

    epsg: int

    def to_metres(self, longitude: Floats, latitude: Floats) -> Floats:
        """Easting and northing in metres, shape (n, 2), of degrees in EPSG:4326."""
        return np.column_stack(Transformer.from_crs(WGS84, self.epsg, always_xy=True).transform(longitude, latitude))

    def to_degrees(self, xy: Floats) -> Floats:
        """Longitude and latitude in EPSG:4326, 7 decimals (about 1 cm), shape (n, 2), of easting and northing in metres."""
        return np.round(np.column_stack(Transformer.from_crs(self.epsg, WGS84, always_xy=True).transform(xy[:, 0], xy[:, 1])), 7)

    def geometries(self, geometries: NDArray[np.object_]) -> NDArray[np.object_]:
        """The shapely geometries in EPSG:4326, with their coordinates in metres."""
        return np.asarray(shapely.transform(geometries, lambda degrees: self.to_metres(degrees[:, 0], degrees[:, 1])), dtype=object)


def in_stable_order(city: CitySurroundings) -> CitySurroundings:
    """The same layers with their rows in an order that does not depend on where they come from."""
    return CitySurroundings(
        _sorted(city.address_points, "street", "house_number", "postcode", "city", "country_code"),
        _sorted(city.roads, "class", "name", "oneway"),
        _sorted(city.buildings, "type", "residence_type"),
        _sorted(city.shops, "type", "name"),
    )


def _sorted(layer: gpd.GeoDataFrame, *columns: str) -> gpd.GeoDataFrame:
    texts = [layer[name].astype("string").fillna("").tolist() for name in columns]
    rows = list(zip(shapely.to_wkb(np.asarray(layer.geometry.array), byte_order=1), *texts, strict=True))
    return layer.iloc[sorted(range(len(rows)), key=rows.__getitem__)].reset_index(drop=True)


def plane_around(longitude: Floats, latitude: Floats) -> Plane:
    """The plane of the middle of these points (degrees, EPSG:4326)."""
    return Plane(int(utm_epsg(pd.Series([np.median(longitude)]), pd.Series([np.median(latitude)]))[0]))


def text_column(frame: pd.DataFrame, name: str) -> pd.Series:
    """A column as objects: text without blanks around it, None where there is nothing."""
    stripped = frame[name].astype("string").str.strip()
    return stripped.where(stripped.notna() & (stripped != "")).astype(object).where(stripped.notna() & (stripped != ""), None)


def point_coordinates(frame: gpd.GeoDataFrame) -> Floats:
    """A point inside each geometry: longitude and latitude in degrees, 7 decimals, shape (n, 2)."""
    geometries = np.asarray(frame.geometry.array)
    is_point = shapely.get_type_id(geometries) == shapely.GeometryType.POINT
    return np.round(shapely.get_coordinates(np.where(is_point, geometries, shapely.point_on_surface(geometries))), 7)
