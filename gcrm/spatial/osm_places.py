"""The places and postcodes of an OpenStreetMap extract, each with its middle."""

import warnings
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyrosm

from gcrm.units import WGS84

_PLACES = ["city", "town", "village", "hamlet", "suburb", "quarter", "neighbourhood", "municipality"]
_COLUMNS = ("name", "place", "postal_code", "addr:postcode", "boundary")


def read_places(path: Path) -> gpd.GeoDataFrame:
    """Named places, and areas of postcodes.

    Args:
        path: an .osm.pbf file that `gcrm.spatial.osm.read_extract` could read.

    Returns:
        postcode, city, country_code (missing), geometry (a point, EPSG:4326).
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyrosm warns where an extract has none of something
        found = pyrosm.OSM(str(path)).get_data_by_custom_criteria(
            custom_filter={"place": _PLACES, "boundary": ["postal_code"]}, tags_as_columns=list(_COLUMNS), keep_nodes=True, keep_ways=True, keep_relations=True
        )
    if found is None or found.empty:
        return gpd.GeoDataFrame(columns=["postcode", "city", "country_code", "geometry"], geometry="geometry", crs=WGS84)
    found = found.reindex(columns=[*_COLUMNS, "geometry"])
    found = found[found.geometry.notna() & ~found.geometry.is_empty].reset_index(drop=True)
    place = found["place"].notna()
    points = gpd.GeoSeries(found.geometry.representative_point(), crs=WGS84)
    areas = gpd.GeoDataFrame(
        {
            "postcode": found["postal_code"].fillna(found["addr:postcode"]).astype("string").where(lambda code: ~code.str.contains("[;,]", na=False)),
            "city": found["name"].where(place).astype("string"),
            "country_code": pd.Series(pd.NA, index=found.index, dtype="string"),
        },
        geometry=points,
        crs=WGS84,
    )
    return areas[areas["postcode"].notna() | areas["city"].notna()].reset_index(drop=True)
