"""OpenStreetMap extracts: roads, buildings, addresses, shops, land cover and districts, and the road network of all extracts."""

from pathlib import Path

from sqlalchemy import Connection

from gcrm.db.connection import Role, driver, transaction
from gcrm.db.load import copy_frame
from gcrm.db.queries import queries
from gcrm.pipeline.geocode_reference import prepare_reference
from gcrm.pipeline.layers.version import Version, store_features
from gcrm.pipeline.roads import add_extract
from gcrm.progress import Advance
from gcrm.spatial import osm
from gcrm.spatial.buildings import cell_buildings
from gcrm.spatial.extracts import dataset_name

OSM_LAYERS = ("roads", "buildings", "address_points", "shops", "land_cover", "districts")


def load_osm(path: Path, dataset: str | None, advance: Advance) -> dict[str, int] | None:
    """Loads an OSM extract, and builds the road network and the geocoder's reference of all that is loaded anew.

    Args:
        path: an .osm.pbf file.
        dataset: its name; from the file's name if left out.
        advance: told how many features are stored.

    Returns:
        Features by layer; None where this very file is loaded already.

    Raises:
        LayerError, RoadsError: it cannot be read.
    """
    name = dataset or dataset_name(path)
    with transaction(Role.WRITER) as connection:
        version = Version(connection, path, name)
        held = all(version.holds(layer) for layer in OSM_LAYERS)
        counts = {} if held else _store(connection, version, path, advance)
        if queries("roads").has_roads(driver(connection), dataset=name):
            counts["road_network"] = len(add_extract(connection, path, name).edges)
    prepare_reference()
    return None if held else counts


def _store(connection: Connection, version: Version, path: Path, advance: Advance) -> dict[str, int]:
    extract = osm.read_extract(path)
    for name, layer in extract.layers.items():
        key = version.replace(name, len(layer), osm.ATTRIBUTION, source_date=extract.source_date)
        store_features(connection, name, layer.assign(layer_version_id=key))
        if name == "buildings":
            copy_frame(driver(connection), "cell_buildings", cell_buildings(layer).assign(layer_version_id=key))
        advance(len(layer))
    return {name: len(layer) for name, layer in extract.layers.items()}
