"""Addresses to geocode by: a file becomes the version in force of its layers."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely
from shapely import set_srid, to_wkb
from sqlalchemy import Connection

from gcrm.db.connection import Role, driver, transaction
from gcrm.db.load import copy_frame
from gcrm.errors import LayerError
from gcrm.ingest.geocoding.address_files import read_address_file
from gcrm.pipeline.geocode_reference import prepare_reference
from gcrm.pipeline.layers.version import Version, store_features
from gcrm.progress import Advance
from gcrm.spatial import osm
from gcrm.spatial.extracts import dataset_name
from gcrm.spatial.osm_places import read_places
from gcrm.units import WGS84

_OSM_LAYERS = ("address_points", "roads", "districts")
_FILE_LAYERS = ("address_points", "address_areas")
_CHUNK_ROWS = 200_000


@dataclass(frozen=True)
class Origin:
    """Where a file of addresses comes from.

    Attributes:
        attribution: what has to be shown with it.
        source_date: its day; None where nobody knows.
        country: ISO 3166-1 alpha-2 code, where the file says none.
    """

    attribution: str = ""
    source_date: datetime | None = None
    country: str | None = None


def load_addresses(path: Path, dataset: str | None, origin: Origin, advance: Advance) -> dict[str, int] | None:
    """Loads addresses, and the streets, postcodes and places that the file holds beside them; makes the geocoder's reference of all that is loaded.

    Args:
        path: an OSM extract (.osm.pbf), or a file as `read_address_file` takes it.
        dataset: its name; from the file's name if left out. That of an extract is the same as for `gcrm load osm`.
        origin: what the file does not say itself.
        advance: told how many features are stored.

    Returns:
        Features by layer; None where this very file is loaded already.

    Raises:
        LayerError, ReadError: it cannot be read.
    """
    if origin.country is not None and not (len(origin.country) == 2 and origin.country.isalpha()):  # noqa: PLR2004 - ISO 3166-1 alpha-2
        raise LayerError(f"The country {origin.country!r} is no ISO code of two letters, such as CH.")
    date = origin.source_date.replace(tzinfo=origin.source_date.tzinfo or UTC) if origin.source_date else None
    with transaction(Role.WRITER) as connection:
        if path.name.lower().endswith(".pbf"):
            counts = _load_extract(connection, path, dataset or dataset_name(path), date, advance)
        else:
            counts = _load_file(connection, path, dataset or path.stem.lower(), Origin(origin.attribution, date, origin.country), advance)
    prepare_reference()
    return counts


def _load_extract(connection: Connection, path: Path, dataset: str, date: datetime | None, advance: Advance) -> dict[str, int] | None:
    version = Version(connection, path, dataset)
    missing = [layer for layer in (*_OSM_LAYERS, "address_areas") if not version.holds(layer)]
    if not missing:
        return None
    extract = osm.read_extract(path)
    layers: dict[str, gpd.GeoDataFrame] = {name: extract.layers[name] for name in missing if name in _OSM_LAYERS}
    if "address_areas" in missing:
        layers["address_areas"] = read_places(path)
    for name, layer in layers.items():
        key = version.replace(name, len(layer), osm.ATTRIBUTION, source_date=date or extract.source_date)
        store_features(connection, name, layer.assign(layer_version_id=key))
        advance(len(layer))
    return {name: len(layer) for name, layer in layers.items()}


def _load_file(connection: Connection, path: Path, dataset: str, origin: Origin, advance: Advance) -> dict[str, int] | None:
    version = Version(connection, path, dataset)
    if all(version.holds(layer) for layer in _FILE_LAYERS):
        return None
    counts = {}
    for name, rows in zip(_FILE_LAYERS, read_address_file(path, origin.country), strict=True):
        key = version.replace(name, len(rows), origin.attribution, source_date=origin.source_date)
        for start in range(0, len(rows), _CHUNK_ROWS):
            part = rows.iloc[start : start + _CHUNK_ROWS]
            copy_frame(driver(connection), name, _with_geometry(part).assign(layer_version_id=key))
            advance(len(part))
        counts[name] = len(rows)
    return counts


def _with_geometry(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with their points as hexadecimal EWKB, as COPY takes it."""
    points = set_srid(shapely.points(rows["longitude"].to_numpy(dtype="float64"), rows["latitude"].to_numpy(dtype="float64")), WGS84)
    return rows.drop(columns=["longitude", "latitude"]).assign(geom=to_wkb(points, hex=True, include_srid=True))
