"""An OpenStreetMap extract becomes the layers roads, buildings, addresses, shops, land cover and districts."""

import warnings
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyrosm
import shapely
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from pyrosm.exceptions import PBFException
from shapely import LineString, MultiPolygon, Point, Polygon
from shapely.ops import polygonize

from gcrm.errors import LayerError
from gcrm.spatial.measures import areas_m2, lengths_m
from gcrm.spatial.polygons import multipolygons
from gcrm.units import WGS84

ATTRIBUTION = "© OpenStreetMap contributors, ODbL 1.0"

_WATER = {"natural": ["water", "bay"], "landuse": ["basin", "reservoir"], "waterway": ["riverbank", "dock"]}
_GREEN = {
    "leisure": ["park", "garden", "pitch", "golf_course", "nature_reserve"],
    "landuse": ["grass", "forest", "meadow", "recreation_ground", "cemetery", "village_green", "orchard", "vineyard", "farmland"],
    "natural": ["wood", "scrub", "heath", "grassland"],
}
_RESIDENCES = {
    "detached": ("detached", "house", "bungalow", "farm", "cabin", "villa"),
    "terraced": ("terrace", "semidetached_house", "semi"),
    "flats": ("apartments", "block", "tower"),
    "other_residence": ("residential", "dormitory", "houseboat", "static_caravan"),
}
_USES = {
    "residential": (*(value for values in _RESIDENCES.values() for value in values),),
    "commercial": ("commercial", "retail", "office", "supermarket", "kiosk", "hotel", "shop", "mall", "bank", "restaurant", "pub", "parking", "garages"),
    "industrial": ("industrial", "warehouse", "manufacture", "factory", "hangar", "storage_tank", "silo", "works"),
    "public": (
        *("public", "civic", "government", "school", "university", "college", "kindergarten", "hospital", "church", "chapel", "cathedral", "mosque", "temple"),
        *("synagogue", "religious", "train_station", "transportation", "fire_station", "library", "museum", "theatre", "sports_hall", "stadium", "townhall"),
    ),
    "other": ("garage", "carport", "shed", "hut", "barn", "farm_auxiliary", "greenhouse", "stable", "service", "bunker", "allotment_house", "boathouse"),
}
STOREY_M = 3.0
"""Height of a storey by which levels are told from a height where only that is known, metres."""

_EARLIEST_YEAR = 1000
_UNKNOWN_BUILDINGS = ("yes", "roof", "construction", "ruins", "part", "public_building")
_SMALLEST_DISTRICT_LEVEL = 8
_LARGEST_DISTRICT_LEVEL = 11
_MPH_IN_KMH = 1.609344


@dataclass(frozen=True)
class Extract:
    """The layers of an extract, each a GeoDataFrame in EPSG:4326 with the columns of its table in sql/migrations.

    `source_date` is that of the newest object in it, in UTC.
    """

    roads: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    address_points: gpd.GeoDataFrame
    shops: gpd.GeoDataFrame
    land_cover: gpd.GeoDataFrame
    districts: gpd.GeoDataFrame
    source_date: datetime | None

    @property
    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """The layers by name."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "source_date"}


def read_extract(path: Path) -> Extract:
    """The layers of an extract in the PBF format.

    Args:
        path: a file that ends in .osm.pbf.

    Raises:
        LayerError: it cannot be read, or holds nothing of use.
    """
    if not path.is_file():
        raise LayerError(f"{path} is not a file; check the path.")
    try:
        osm = pyrosm.OSM(str(path))
        elements = _Elements(osm)
        extract = Extract(
            roads=_roads(osm),
            buildings=_buildings(elements.get({"building": True})),
            address_points=_address_points(elements.get({"addr:housenumber": True})),
            shops=_shops(elements.get({"shop": True})),
            land_cover=_land_cover(elements),
            districts=_districts(elements.get({"boundary": ["administrative"]})),
            source_date=elements.newest,
        )
    except (PBFException, DecodeError, zlib.error, ValueError, OSError, RuntimeError, KeyError) as error:
        raise LayerError(f"{path.name} is not an OSM extract that can be read ({error}); it must be a whole .osm.pbf file.") from error
    if all(layer.empty for layer in extract.layers.values()):
        raise LayerError(f"{path.name} holds no road, building or address; choose another extract.")
    return extract


class _Elements:
    """Tagged elements of an extract; remembers the newest change it has seen."""

    def __init__(self, osm: pyrosm.OSM) -> None:
        self._osm = osm
        self._newest = 0

    @property
    def newest(self) -> datetime | None:
        return pd.Timestamp(self._newest, unit="s", tz="UTC").to_pydatetime() if self._newest else None

    def get(self, tags: Mapping[str, bool | list[str]]) -> gpd.GeoDataFrame:
        """Nodes, ways and relations with one of the tags: columns osm_id, tags (a dict of all tags), geometry."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pyrosm warns where an extract has none of something: an empty layer here
            found = self._osm.get_data_by_custom_criteria(
                custom_filter=dict(tags), tags_as_columns=list(_COLUMNS), keep_nodes=True, keep_ways=True, keep_relations=True
            )
        if found is None or found.empty:
            return gpd.GeoDataFrame({"osm_id": pd.Series(dtype="int64"), **{name: pd.Series(dtype="object") for name in _COLUMNS}}, geometry=[], crs=WGS84)
        if "timestamp" in found:
            self._newest = max(self._newest, int(pd.to_numeric(found["timestamp"], errors="coerce").fillna(0).max()))
        found = found.rename(columns={"id": "osm_id"}).reindex(columns=["osm_id", *_COLUMNS, "geometry"])
        found = gpd.GeoDataFrame(found, geometry="geometry", crs=WGS84)
        return found[found.geometry.notna() & ~found.geometry.is_empty].reset_index(drop=True)


_COLUMNS = (
    "addr:street", "addr:place", "addr:housenumber", "addr:postcode", "addr:city", "addr:country",
    "building", "building:levels", "height", "start_date", "shop", "name", "boundary", "admin_level",
    "natural", "landuse", "leisure", "waterway",
)  # fmt: skip


def _text(column: pd.Series) -> pd.Series:
    text = column.astype("string").str.strip()
    return text.mask(text == "")


def _leading_number(column: pd.Series) -> pd.Series:
    return pd.to_numeric(column.astype("string").str.extract(r"^\s*(\d+(?:\.\d+)?)")[0], errors="coerce").astype("Float64")


def _roads(osm: pyrosm.OSM) -> gpd.GeoDataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = osm.get_network("all")
    columns = ["osm_id", "class", "name", "surface", "oneway", "maxspeed_kmh", "length_m", "geometry"]
    if found is None or found.empty:
        return gpd.GeoDataFrame(columns=columns, geometry="geometry", crs=WGS84)
    found = found.reindex(columns=["id", "highway", "name", "surface", "oneway", "maxspeed", "geometry"]).explode(index_parts=False, ignore_index=True)
    mph = found["maxspeed"].astype("string").str.contains("mph", na=False)
    speed = _leading_number(found["maxspeed"]).replace(0, pd.NA)
    roads = gpd.GeoDataFrame(
        {
            "osm_id": found["id"],
            "class": found["highway"].astype("string"),
            "name": _text(found["name"]),
            "surface": _text(found["surface"]),
            "oneway": found["oneway"].isin(["yes", "true", "1"]),
            "maxspeed_kmh": speed.where(~mph, speed * _MPH_IN_KMH),
        },
        geometry=found.geometry,
        crs=WGS84,
    )
    roads = roads[roads.geom_type == "LineString"].reset_index(drop=True)
    roads["length_m"] = lengths_m(roads.geometry)
    return roads[columns]


def _areas(found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The elements that are areas, valid, as multipolygons."""
    areas = found[found.geom_type.isin(["Polygon", "MultiPolygon"])].reset_index(drop=True)
    return areas.set_geometry(multipolygons(areas.geometry)).loc[lambda rows: ~rows.geometry.is_empty]


def _buildings(found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    areas = _areas(found)
    kind = _text(areas["building"]).str.lower()
    buildings = gpd.GeoDataFrame(
        {
            "osm_id": areas["osm_id"],
            "type": kind,
            "residence_type": residence_type(kind),
            "levels": _leading_number(areas["building:levels"]),
            "height_m": _leading_number(areas["height"]),
            "use": building_use(kind),
            "year_built": _year(areas["start_date"]),
            "name": _text(areas["name"]),
        },
        geometry=areas.geometry,
        crs=WGS84,
    )
    buildings = buildings[buildings["type"] != "no"].reset_index(drop=True)
    buildings["footprint_m2"] = areas_m2(buildings.geometry)
    storeys = buildings["levels"].fillna((buildings["height_m"] / STOREY_M).round().clip(lower=1))
    buildings["floor_area_m2"] = buildings["footprint_m2"] * storeys
    return buildings


def residence_type(building_type: pd.Series) -> pd.Series:
    """detached, terraced, flats, other_residence or non_residential; missing where the OSM building value does not tell."""
    known = {value: residence for residence, values in _RESIDENCES.items() for value in values}
    result = building_type.map(known).astype("string")
    return result.where(result.notna() | building_type.isna() | building_type.isin(_UNKNOWN_BUILDINGS), "non_residential")


def building_use(building_type: pd.Series) -> pd.Series:
    """residential, commercial, industrial, public or other; missing where the OSM building value does not tell."""
    return building_type.map({value: use for use, values in _USES.items() for value in values}).astype("string")


def _year(column: pd.Series) -> pd.Series:
    """The year in an OSM start_date such as 1936, 1936-05-01, ~1890 or C19 (which tells none)."""
    year = pd.to_numeric(column.astype("string").str.extract(r"(?<!\d)(\d{4})(?!\d)")[0], errors="coerce").astype("Int64")
    return year.where(year >= _EARLIEST_YEAR)


def _inside(geometry: gpd.GeoSeries) -> gpd.GeoSeries:
    """A point for each element: the node itself, or a point inside the area."""
    return gpd.GeoSeries(np.where(geometry.geom_type == "Point", geometry, geometry.representative_point()), index=geometry.index, crs=WGS84)


def _address_points(found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    street = _text(found["addr:street"])
    country = _text(found["addr:country"]).str.upper()
    addresses = gpd.GeoDataFrame(
        {
            "osm_id": found["osm_id"],
            "street": street.fillna(_text(found["addr:place"])),
            "house_number": _text(found["addr:housenumber"]),
            "postcode": _text(found["addr:postcode"]),
            "city": _text(found["addr:city"]),
            "country_code": country.where(country.str.fullmatch("[A-Z]{2}").fillna(value=False)),
        },
        geometry=_inside(found.geometry),
        crs=WGS84,
    )
    return addresses.dropna(subset=["street", "house_number"]).reset_index(drop=True)


def _shops(found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    shops = {"osm_id": found["osm_id"], "type": _text(found["shop"]), "name": _text(found["name"])}
    return gpd.GeoDataFrame(shops, geometry=_inside(found.geometry), crs=WGS84).dropna(subset=["type"]).reset_index(drop=True)


def _districts(found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    areas = _areas(found)
    level = pd.to_numeric(areas["admin_level"], errors="coerce")
    districts = gpd.GeoDataFrame({"osm_id": areas["osm_id"], "name": _text(areas["name"]), "admin_level": level}, geometry=areas.geometry, crs=WGS84)
    inside = level.between(_SMALLEST_DISTRICT_LEVEL, _LARGEST_DISTRICT_LEVEL) & districts["name"].notna()
    return districts[inside].astype({"admin_level": "int16"}).reset_index(drop=True)


def _land_cover(elements: _Elements) -> gpd.GeoDataFrame:
    parts = []
    for kind, tags in (("water", _WATER), ("green", _GREEN)):
        areas = _areas(elements.get(tags))
        parts.append(gpd.GeoDataFrame({"osm_id": areas["osm_id"], "kind": kind, "name": _text(areas["name"])}, geometry=areas.geometry, crs=WGS84))
    coast = elements.get({"natural": ["coastline"]})
    if not coast.empty:
        west, south, east, north = elements.get({"building": True}).total_bounds
        sea = sea_areas([line for line in coast.geometry.explode() if isinstance(line, LineString)], (west, south, east, north))
        parts.append(gpd.GeoDataFrame({"osm_id": pd.NA, "kind": "water", "name": pd.NA}, index=range(len(sea)), geometry=sea, crs=WGS84))
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=WGS84).astype({"osm_id": "Int64", "name": "string"})


def sea_areas(coastlines: Sequence[LineString], extent: tuple[float, float, float, float]) -> list[MultiPolygon]:
    """The sea inside a window, from coastlines: water lies to the right of their direction (OSM wiki, Tag:natural=coastline).

    Args:
        coastlines: lines in EPSG:4326.
        extent: west, south, east, north in degrees.

    Returns:
        Areas of sea, EPSG:4326.
    """
    window = shapely.box(*extent)
    clipped = [part for line in coastlines for part in shapely.get_parts(line.intersection(window)) if isinstance(part, LineString)]
    if not clipped:
        return []
    faces = polygonize(shapely.union_all([*clipped, window.exterior]))
    return [MultiPolygon([face]) for face in faces if _is_sea(face, clipped)]


def _is_sea(face: Polygon, coastlines: Sequence[LineString]) -> bool:
    """Whether the longest stretch of coast along a face, islands in it included, has it on the right."""
    rings = face.boundary
    shared = [(line, rings.intersection(line)) for line in coastlines]
    line, coast = max(shared, key=lambda pair: pair[1].length)
    if coast.length == 0:
        return False
    segments = [LineString(pair) for part in shapely.get_parts(coast) if isinstance(part, LineString) for pair in pairwise(part.coords)]
    middle = max(segments, key=lambda segment: segment.length).interpolate(0.5, normalized=True)
    here = line.project(middle)
    before, after = line.interpolate(max(here - 1e-7, 0)), line.interpolate(here + 1e-7)
    step_x, step_y = after.x - before.x, after.y - before.y
    right = Point(middle.x + step_y, middle.y - step_x)
    left = Point(middle.x - step_y, middle.y + step_x)
    return face.distance(right) < face.distance(left)
