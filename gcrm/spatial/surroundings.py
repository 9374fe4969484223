"""What is around a place, in parts: each part reads some layers and tells some columns, so that a changed layer renews its own part only."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd

from gcrm.spatial.cell_shapes import areas_km2
from gcrm.spatial.cells import parent
from gcrm.spatial.near import covering, most_frequent_near, nearest
from gcrm.units import COARSEST_LEVEL, FINEST_LEVEL

BUILDING_LIMIT_M = 50.0
"""A building farther away than this is not the account's."""

ADDRESS_LIMIT_M = 250.0
"""An address farther away than this says nothing about the district."""

MUNICIPALITY_LEVEL = 8
"""OSM's admin_level of municipalities in most countries (https://wiki.openstreetmap.org/wiki/Tag:boundary=administrative)."""

ROAD_LIMIT_M = 1000.0
"""A road farther away than this is not near."""

PASSING_LIMIT_M = 50.0
"""Who passes farther away than this does not pass by."""

RESIDENCE_RADIUS_M = 150.0
"""Radius within which residential buildings tell the type of an untyped one."""

STREETS = (
    *("motorway", "trunk", "primary", "secondary", "tertiary"),
    *("motorway_link", "trunk_link", "primary_link", "secondary_link", "tertiary_link"),
    *("unclassified", "residential", "living_street", "pedestrian", "road"),
)
"""Classes of roads that an account is said to be at; pavements and driveways lie nearer, and say nothing of the place."""

ROAD_LAYERS = ("road_network", "road_conditions", "speed_sensors")
"""What minutes by road depend on."""

Tables = Mapping[str, pd.DataFrame]
"""Layers as tables: GeoDataFrames in EPSG:4326 with the columns of gcrm.roads, buildings, address_points and districts, and by H3 cell (the index, int64)
those of footfall, cell_buildings and cell_residence; by place (the points' index) site_minutes and competitors, worked out on the road network."""


@dataclass(frozen=True)
class Part:
    """One thing that surroundings tell.

    Attributes:
        layers: whose versions decide whether it holds.
        tables: what it reads.
        columns: what it gives, columns of gcrm.account_surroundings.
        of: points (EPSG:4326), their H3 cells of level 10 and tables to the columns, on the points' index.
    """

    layers: tuple[str, ...]
    tables: tuple[str, ...]
    columns: tuple[str, ...]
    of: Callable[[gpd.GeoSeries, pd.Series, Tables], pd.DataFrame]


def surroundings(points: gpd.GeoSeries, cells: pd.Series, tables: Tables, parts: Collection[str]) -> pd.DataFrame:
    """What is around each point.

    Args:
        points: EPSG:4326, one per account.
        cells: H3 cells of level 10 on the same index.
        tables: what the parts read.
        parts: keys of `PARTS`.

    Returns:
        On the points' index, the columns of the parts.
    """
    places = points.to_wkb()
    first = ~places.duplicated()
    found = [PARTS[name].of(points[first], cells[first], tables) for name in PARTS if name in parts]
    around = pd.concat(found, axis=1).set_index(places[first]) if found else pd.DataFrame(index=places[first])
    return around.reindex(places).set_axis(points.index)


def _district(points: gpd.GeoSeries, _cells: pd.Series, tables: Tables) -> pd.DataFrame:
    """The smallest administrative area, and the municipality; else postcode and city of the nearest address that has both."""
    smallest_first = tables["districts"].sort_values(["admin_level", "name"], ascending=[False, True])
    district = covering(points, smallest_first, "name")
    municipality = covering(points, smallest_first[smallest_first["admin_level"] == MUNICIPALITY_LEVEL], "name")
    addresses = tables["address_points"].dropna(subset=["postcode", "city"])
    address = nearest(points, addresses, ["postcode", "city"], ADDRESS_LIMIT_M)
    return pd.DataFrame({
        "district": district.where(district.notna(), address["postcode"] + " " + address["city"]),
        "municipality": municipality.where(municipality.notna(), address["city"]),
    })  # fmt: skip


def _road(points: gpd.GeoSeries, _cells: pd.Series, tables: Tables) -> pd.DataFrame:
    roads = tables["roads"]
    road = nearest(points, roads[roads["class"].isin(STREETS)], ["class", "name"], ROAD_LIMIT_M)
    return road.rename(columns={"class": "road_class", "name": "road_name", "distance_m": "road_distance_m"})


def _building(points: gpd.GeoSeries, _cells: pd.Series, tables: Tables) -> pd.DataFrame:
    buildings = tables["buildings"]
    building = nearest(points, buildings, ["type", "residence_type"], BUILDING_LIMIT_M)
    homes = buildings[buildings["residence_type"].notna() & (buildings["residence_type"] != "non_residential")]
    near_homes = most_frequent_near(points, homes, "residence_type", RESIDENCE_RADIUS_M)
    return pd.DataFrame({
        "building_type": building["type"],
        "residence_type": building["residence_type"].where(building["residence_type"].notna(), near_homes),
        "building_distance_m": building["distance_m"],
    })  # fmt: skip


def _built(_points: gpd.GeoSeries, cells: pd.Series, tables: Tables) -> pd.DataFrame:
    built = tables["cell_buildings"].reindex(cells.to_numpy(dtype=np.int64)).set_axis(cells.index)
    return pd.DataFrame({"built_share": built["footprint_share"], "use_mix": built["use_mix"]})


def _residence(_points: gpd.GeoSeries, cells: pd.Series, tables: Tables) -> pd.DataFrame:
    """Of the cell of the finest level that the census tells of: densities, and shares of what is counted there."""
    residence = tables["cell_residence"]
    own = cells.to_numpy(dtype=np.int64)
    at = own.copy()
    open_ = np.ones(len(own), dtype=bool)
    for level in range(FINEST_LEVEL, COARSEST_LEVEL - 1, -1):
        above = parent(own, level)
        known = open_ & np.isin(above, residence.index.to_numpy(dtype=np.int64))
        at[known] = above[known]
        open_ &= ~known
    here = residence.reindex(at).set_axis(cells.index)
    known_at = np.unique(at[~open_])
    area = pd.Series(areas_km2(known_at), index=known_at).reindex(at).set_axis(cells.index)
    flats = here[["dwellings_flats_low", "dwellings_flats_high"]].sum(axis=1, min_count=1)
    return pd.DataFrame({
        "population_per_km2": here["population"] / area,
        "households_per_km2": here["households"] / area,
        "flats_share": _share(flats, here["dwellings"]),
        "tenant_share": _share(here["households_tenant"], here["households"]),
        "age_65_up_share": _share(here["age_65_up"], here["population"]),
        "vacancy_share": here["vacancy_share"].where(here["vacancy_share"].notna(), _share(here["dwellings_vacant"], here["dwellings"])),
        "residence_quality": here["quality"],
    })  # fmt: skip


def _share(part: pd.Series, whole: pd.Series) -> pd.Series:
    """Part of a whole, 0 to 1; missing where the whole is nothing."""
    return (part / whole.where(whole > 0)).clip(upper=1.0)


def _footfall(_points: gpd.GeoSeries, cells: pd.Series, tables: Tables) -> pd.DataFrame:
    return tables["footfall"][list(_FOOTFALL)].reindex(cells.to_numpy(dtype=np.int64)).set_axis(cells.index)


def _site_minutes(points: gpd.GeoSeries, _cells: pd.Series, tables: Tables) -> pd.DataFrame:
    return tables["site_minutes"][list(_SITE_MINUTES)].reindex(points.index)


def _competitors(points: gpd.GeoSeries, _cells: pd.Series, tables: Tables) -> pd.DataFrame:
    return tables["competitors"][["competitors_near"]].reindex(points.index)


def _passing(points: gpd.GeoSeries, _cells: pd.Series, tables: Tables) -> pd.DataFrame:
    near = nearest(points, tables["road_flows"], ["trips"], PASSING_LIMIT_M)
    return pd.DataFrame({"passing_trips": near["trips"].astype("Int64")})


_SITE_MINUTES = ("site_drive_key", "site_drive_minutes", "site_walk_key", "site_walk_minutes")
_FOOTFALL = ("footfall_per_hour", "footfall_morning_per_hour", "footfall_midday_per_hour", "footfall_evening_per_hour", "footfall_night_per_hour")
_RESIDENCE = ("population_per_km2", "households_per_km2", "flats_share", "tenant_share", "age_65_up_share", "vacancy_share", "residence_quality")

PARTS: Mapping[str, Part] = MappingProxyType(
    {
        "district": Part(("districts", "address_points"), ("districts", "address_points"), ("district", "municipality"), _district),
        "road": Part(("roads",), ("roads",), ("road_class", "road_name", "road_distance_m"), _road),
        "building": Part(("buildings",), ("buildings",), ("building_type", "residence_type", "building_distance_m"), _building),
        "built": Part(("buildings",), ("cell_buildings",), ("built_share", "use_mix"), _built),
        "residence": Part(("residence",), ("cell_residence",), _RESIDENCE, _residence),
        "footfall": Part(("footfall",), ("footfall",), _FOOTFALL, _footfall),
        "sites": Part(("sites", *ROAD_LAYERS), ("site_minutes",), _SITE_MINUTES, _site_minutes),
        "passing": Part(("road_flows",), ("road_flows",), ("passing_trips",), _passing),
        "competitors": Part(("competitors", *ROAD_LAYERS), ("competitors",), ("competitors_near",), _competitors),
    }
)
"""What is around a place, by name."""

COLUMNS = tuple(column for part in PARTS.values() for column in part.columns)
LAYERS = tuple(sorted({layer for part in PARTS.values() for layer in part.layers}))
