"""Layers: a file becomes the version of a layer that is in force; the one before it leaves in the same transaction."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import geopandas as gpd
import pandas as pd
from sqlalchemy import Connection

from gcrm.db.connection import Role, driver, transaction
from gcrm.db.load import copy_frame
from gcrm.db.queries import queries
from gcrm.errors import LayerError
from gcrm.ingest import readers
from gcrm.ingest.digest import file_sha256
from gcrm.progress import Advance
from gcrm.spatial import osm
from gcrm.spatial.extracts import dataset_name
from gcrm.spatial.footfall import footfall
from gcrm.spatial.tracks import movement, positions

OSM_LAYERS = ("roads", "buildings", "address_points", "shops", "land_cover", "districts")


class Version:
    """A new version of one layer of a dataset, within a transaction."""

    def __init__(self, connection: Connection, path: Path, dataset: str) -> None:
        if not path.is_file():
            raise LayerError(f"{path} is not a file; check the path.")
        self._connection = connection
        self._pg = driver(connection)
        self._dataset = dataset
        self._file = {"file_name": path.name, "file_sha256": file_sha256(path)}
        self._statements = queries("layers")
        self._statements.lock_dataset(self._pg, dataset=dataset)

    def holds(self, layer: str) -> bool:
        """Whether the version in force is of this very file."""
        current = self._statements.in_force(self._pg, layer=layer, dataset=self._dataset)
        return current is not None and current[1] == self._file["file_sha256"]

    def replace(self, layer: str, count: int, attribution: str, *, source_date: datetime | None = None, made_up: bool = False) -> int:
        """Retires the version in force with its rows; the key of the new one."""
        current = self._statements.in_force(self._pg, layer=layer, dataset=self._dataset)
        if current is not None:
            getattr(self._statements, f"clear_{layer}")(self._pg, version=current[0])
            self._statements.retire(self._pg, layer=layer, dataset=self._dataset)
        origin = {"source_date": source_date, "attribution": attribution, "made_up": made_up}
        key: int = self._statements.add_version(self._pg, layer=layer, dataset=self._dataset, feature_count=count, **self._file, **origin)
        return key


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
            advance(len(layer))
        return {name: len(layer) for name, layer in extract.layers.items()}


def store_features(connection: Connection, table: str, layer: gpd.GeoDataFrame) -> None:
    """Adds the features of a layer to its table.

    Args:
        connection: in whose transaction it happens.
        table: name of the layer.
        layer: the columns of the table; geometry in EPSG:4326.
    """
    layer.rename_geometry("geom").to_postgis(table, connection, schema="gcrm", if_exists="append", index=False, chunksize=50_000)


def load_footfall(path: Path, dataset: str | None, advance: Advance, *, made_up: bool = False) -> int | None:
    """Loads people per hour by cell, weekday and hour.

    Args:
        path: CSV, XLSX or Parquet; columns as in `gcrm.spatial.footfall.footfall`.
        dataset: its name; the file's name without ending if left out.
        advance: told how many rows are stored.
        made_up: whether the counts are invented.

    Returns:
        Rows stored; None where this very file is loaded already.

    Raises:
        ReadError, LayerError: it cannot be read.
    """

    def store(connection: Connection, version: Version) -> int:
        counts = footfall(_records(path), path.name)
        key = version.replace("footfall", len(counts), _attribution(made_up), made_up=made_up)
        copy_frame(driver(connection), "footfall", counts.assign(layer_version_id=key))
        return len(counts)

    return _load(path, dataset, ("footfall",), store, advance)


def load_tracks(path: Path, dataset: str | None, advance: Advance, *, made_up: bool = False) -> int | None:
    """Loads routes of movement, and the trips between cells that follow from them.

    Args:
        path: CSV, XLSX or Parquet with track_key, recorded_at, longitude, latitude.
        dataset: its name; the file's name without ending if left out.
        advance: told how many positions are stored.
        made_up: whether the routes are invented.

    Returns:
        Positions stored; None where this very file is loaded already.

    Raises:
        ReadError, LayerError: it cannot be read.
    """

    def store(connection: Connection, version: Version) -> int:
        pg, statements = driver(connection), queries("layers")
        track_positions = positions(_records(path), path.name)
        trips = movement(track_positions)
        key = version.replace("tracks", track_positions["track_key"].nunique(), _attribution(made_up), made_up=made_up)
        statements.create_positions_stage(pg)
        copy_frame(pg, "staged_positions", track_positions)
        statements.store_tracks(pg, version=key)
        movement_key = version.replace("movement", len(trips), _attribution(made_up), made_up=made_up)
        copy_frame(pg, "movement", trips.assign(layer_version_id=movement_key))
        return len(track_positions)

    return _load(path, dataset, ("tracks", "movement"), store, advance)


def _load(path: Path, dataset: str | None, layers: tuple[str, ...], store: Callable[[Connection, Version], int], advance: Advance) -> int | None:
    with transaction(Role.WRITER) as connection:
        version = Version(connection, path, dataset or path.stem)
        if all(version.holds(layer) for layer in layers):
            return None
        stored = store(connection, version)
        advance(stored)
        return stored


def _records(path: Path) -> pd.DataFrame:
    chunks = list(readers.read(path))
    if not chunks:
        raise LayerError(f"{path.name} holds no record; it needs at least one below its header.")
    return pd.concat(chunks)


def _attribution(made_up: bool) -> str:  # noqa: FBT001 - the flag is the whole question
    return "made-up data" if made_up else ""
