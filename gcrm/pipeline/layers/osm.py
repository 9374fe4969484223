"""OpenStreetMap extracts: roads, buildings, addresses, shops, land cover and districts."""

from pathlib import Path

from gcrm.db.connection import Role, driver, transaction
from gcrm.db.load import copy_frame
from gcrm.pipeline.layers.version import Version, store_features
from gcrm.progress import Advance
from gcrm.spatial import osm
from gcrm.spatial.buildings import cell_buildings
from gcrm.spatial.extracts import dataset_name

OSM_LAYERS = ("roads", "buildings", "address_points", "shops", "land_cover", "districts")


def load_osm(path: Path, dataset: str | None, advance: Advance) -> dict[str, int] | None:
    """Loads an OSM extract.

    Args:
        path: an .osm.pbf file.
        dataset: its name; from the file's name if left out.
        advance: told how many features are stored.

    Returns:
        Features by layer; None where this very file is loaded already.

    Raises:
        LayerError: it cannot be read.
    """
    with transaction(Role.WRITER) as connection:
        version = Version(connection, path, dataset or dataset_name(path))
        if all(version.holds(layer) for layer in OSM_LAYERS):
            return None
        extract = osm.read_extract(path)
        for name, layer in extract.layers.items():
            key = version.replace(name, len(layer), osm.ATTRIBUTION, source_date=extract.source_date)
            store_features(connection, name, layer.assign(layer_version_id=key))
            if name == "buildings":
                copy_frame(driver(connection), "cell_buildings", cell_buildings(layer).assign(layer_version_id=key))
            advance(len(layer))
        return {name: len(layer) for name, layer in extract.layers.items()}
