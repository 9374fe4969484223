"""Where accounts can be: the city's addresses and, where they do not carry the company, its buildings."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import KDTree

from gcrm.demo.city import CitySurroundings, Floats, Indices, Plane, plane_around, point_coordinates, text_column
from gcrm.demo.structure import BASE_ACCOUNTS, RESIDENCE_TYPES, RESIDENCE_WEIGHT
from gcrm.errors import LayerError
from gcrm.spatial.near import most_frequent_near, nearest
from gcrm.spatial.surroundings import BUILDING_LIMIT_M, RESIDENCE_RADIUS_M, ROAD_LIMIT_M
from gcrm.units import WGS84

ADDRESS_CAPACITY = 25
"""Accounts that one address carries at scale 1; what is beyond goes to buildings."""

POSTCODE_REACH_M = 100.0
"""An address that OSM gives without a postcode has that of the nearest address with one, if it is this near."""

_UNINHABITED = ("carport", "garage", "garages", "greenhouse", "hut", "roof", "shed")
_TEXTS = ("street", "house_number", "postcode", "city", "country_code")


@dataclass(frozen=True)
class Places:
    """One row per place.

    Attributes:
        frame: street, house_number, postcode, city, country_code (text or None), longitude, latitude (degrees,
            EPSG:4326, 7 decimals), is_address (False: a building, which has no house number).
        xy: easting and northing, metres, shape (n, 2).
        residence: position in RESIDENCE_TYPES.
        weight: share of the accounts, before territories are balanced; sums to 1.
    """

    frame: pd.DataFrame
    xy: Floats
    residence: Indices
    weight: Floats

    def __len__(self) -> int:
        """How many there are."""
        return len(self.frame)

    @property
    def degrees(self) -> Floats:
        """Longitude and latitude, shape (n, 2)."""
        return self.frame[["longitude", "latitude"]].to_numpy(np.float64)


def find_places(city: CitySurroundings) -> tuple[Places, Plane]:
    """The places of a city and the plane they are measured in.

    Raises:
        LayerError: the city has neither addresses nor buildings.
    """
    if city.address_points.empty and city.buildings.empty:
        raise LayerError("The city has neither addresses nor buildings to place accounts at; load another OSM extract with `gcrm load osm FILE`.")
    degrees = point_coordinates(city.buildings if city.address_points.empty else city.address_points)
    plane = plane_around(degrees[:, 0], degrees[:, 1])
    addresses = _addresses(city.address_points, plane)
    share = min(1.0, ADDRESS_CAPACITY * len(addresses) / BASE_ACCOUNTS)
    buildings = _buildings(city, addresses) if share < 1 else addresses.iloc[:0]
    if buildings.empty:
        share = 1.0
    if addresses.empty and buildings.empty:
        raise LayerError("No address of the city has a street and no building of it is lived in; load another OSM extract with `gcrm load osm FILE`.")
    frame = pd.concat([part for part in (addresses, buildings) if not part.empty], ignore_index=True)
    xy = plane.to_metres(frame.longitude.to_numpy(np.float64), frame.latitude.to_numpy(np.float64))
    residence = _residence(frame[["longitude", "latitude"]].to_numpy(np.float64), city.buildings)
    weight = np.asarray(RESIDENCE_WEIGHT)[residence]
    is_address = frame.is_address.to_numpy(bool)
    for source, part in ((is_address, share), (~is_address, 1 - share)):
        weight[source] *= part / max(weight[source].sum(), np.finfo(float).tiny)
    return Places(frame, xy, residence, weight), plane


def _addresses(points: gpd.GeoDataFrame, plane: Plane) -> pd.DataFrame:
    """One row per street, house number and city: OSM repeats an address at every shop in the house; the point nearest their middle stands for it."""
    frame = pd.DataFrame({name: text_column(points, name) for name in _TEXTS})
    frame[["longitude", "latitude"]] = point_coordinates(points)
    frame = frame[frame.street.notna() & frame.house_number.notna()].copy()
    if frame.empty:
        return frame.assign(is_address=True)
    frame[["x", "y"]] = plane.to_metres(frame.longitude.to_numpy(), frame.latitude.to_numpy())
    frame["city"] = _with_nearest(frame, "city", np.inf)
    frame["postcode"] = _with_nearest(frame, "postcode", POSTCODE_REACH_M)
    address = ["street", "house_number", "city"]
    middle = frame.groupby(address, dropna=False)[["x", "y"]].transform("mean")
    frame["off"] = np.hypot(frame.x - middle.x, frame.y - middle.y).round(3)
    frame = frame.sort_values([*address, "off", "longitude", "latitude", "postcode", "country_code"])
    frame = frame.groupby(address, dropna=False, as_index=False).first()
    frame["country_code"] = frame.country_code.where(frame.country_code.notna(), _most_frequent(frame.country_code))
    return _without_gaps(frame.assign(is_address=True))


def _with_nearest(frame: pd.DataFrame, name: str, reach_m: float) -> pd.Series:
    """A column whose gaps are filled from the nearest row (x, y in metres) that has a value, if it is that near."""
    known = frame[frame[name].notna()].sort_values(["longitude", "latitude", name])
    if known.empty:
        return frame[name]
    distance, nearest_row = KDTree(known[["x", "y"]]).query(frame[["x", "y"]])
    return frame[name].where(frame[name].notna() | (distance > reach_m), known[name].to_numpy(object)[nearest_row])


def _buildings(city: CitySurroundings, addresses: pd.DataFrame) -> pd.DataFrame:
    """One row per building that may be lived or worked in, with the name of the nearest street, and no house number."""
    buildings = city.buildings[~city.buildings["type"].isin(_UNINHABITED)]
    frame = pd.DataFrame(point_coordinates(buildings), columns=["longitude", "latitude"]).drop_duplicates(ignore_index=True)
    named = city.roads.assign(street=text_column(city.roads, "name"))
    named = named[named["street"].notna()]
    points = gpd.GeoSeries(shapely.points(frame.to_numpy(np.float64)), crs=WGS84)
    street = nearest(points, named, ["street"], ROAD_LIMIT_M)["street"]
    city_name, country_code = _most_frequent(addresses.city), _most_frequent(addresses.country_code)
    return _without_gaps(frame.assign(street=street, house_number=None, postcode=None, city=city_name, country_code=country_code, is_address=False))


def _without_gaps(frame: pd.DataFrame) -> pd.DataFrame:
    """The columns of a place, with None for a missing text."""
    texts = {name: frame[name].astype(object).where(frame[name].notna(), None) for name in _TEXTS}
    return pd.DataFrame({**texts, "longitude": frame.longitude, "latitude": frame.latitude, "is_address": frame.is_address})


def _most_frequent(values: pd.Series) -> str | None:
    counts = values.dropna().value_counts()
    return None if counts.empty else str(min(counts.index[counts == counts.max()]))


def _residence(degrees: Floats, buildings: gpd.GeoDataFrame) -> Indices:
    """Position in RESIDENCE_TYPES of the building at each point (longitude, latitude), found as `gcrm enrich` finds it."""
    points = gpd.GeoSeries(shapely.points(degrees), crs=WGS84)
    own = nearest(points, buildings, ["residence_type"], BUILDING_LIMIT_M)["residence_type"].astype(object)
    homes = buildings[buildings["residence_type"].notna() & (buildings["residence_type"] != "non_residential")]
    around = most_frequent_near(points, homes, "residence_type", RESIDENCE_RADIUS_M)
    found = own.where(own.notna(), around)
    return found.where(found.notna(), "unknown").map(RESIDENCE_TYPES.index).to_numpy(np.int64)
