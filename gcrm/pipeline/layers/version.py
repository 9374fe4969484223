"""Layers: a file becomes the version of a layer that is in force; the one before it leaves in the same transaction."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import pandas as pd
from sqlalchemy import Connection

from gcrm.db.connection import Role, driver, transaction
from gcrm.db.queries import queries
from gcrm.errors import LayerError
from gcrm.ingest import readers
from gcrm.ingest.digest import file_sha256
from gcrm.progress import Advance


class Computed(NamedTuple):
    """What a layer is computed by, where no file brings it: the command, and its parameters as JSON takes them."""

    command: str
    parameters: Mapping[str, Any]


class Version:
    """A new version of one layer of a dataset, within a transaction.

    Args:
        connection: the transaction.
        origin: the file that brings it, or what it is computed by.
        dataset: its name.

    Raises:
        LayerError: there is no such file.
    """

    def __init__(self, connection: Connection, origin: Path | Computed, dataset: str) -> None:
        self._pg = driver(connection)
        self._dataset = dataset
        self._file = _named(origin)
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


def _named(origin: Path | Computed) -> dict[str, str]:
    """The name and the checksum that a version is kept with."""
    if isinstance(origin, Computed):
        return {"file_name": origin.command, "file_sha256": hashlib.sha256(json.dumps(origin.parameters, sort_keys=True).encode()).hexdigest()}
    if not origin.is_file():
        raise LayerError(f"{origin} is not a file; check the path.")
    return {"file_name": origin.name, "file_sha256": file_sha256(origin)}


def load_file(path: Path, dataset: str | None, layers: tuple[str, ...], store: Callable[[Connection, Version], int], advance: Advance) -> int | None:
    """Loads a file as the new version of some layers, in one transaction.

    Args:
        path: the file.
        dataset: its name; the file's name without ending if left out.
        layers: the layers that it becomes.
        store: retires the versions in force and stores the new ones; how many rows it stored.
        advance: told that number.

    Returns:
        Rows stored; None where this very file is loaded already.
    """
    with transaction(Role.WRITER) as connection:
        version = Version(connection, path, dataset or path.stem)
        if all(version.holds(layer) for layer in layers):
            return None
        stored = store(connection, version)
        advance(stored)
        return stored


def store_features(connection: Connection, table: str, layer: gpd.GeoDataFrame) -> None:
    """Adds the features of a layer to its table.

    Args:
        connection: in whose transaction it happens.
        table: name of the layer.
        layer: the columns of the table; geometry in EPSG:4326.
    """
    layer.rename_geometry("geom").to_postgis(table, connection, schema="gcrm", if_exists="append", index=False, chunksize=50_000)


def read_records(path: Path) -> pd.DataFrame:
    """All records of a table, as text.

    Args:
        path: CSV, XLSX, Parquet or what else `gcrm.ingest.readers` reads.

    Raises:
        ReadError, LayerError: it cannot be read, or is empty.
    """
    chunks = list(readers.read(path))
    if not chunks:
        raise LayerError(f"{path.name} holds no record; it needs at least one below its header.")
    return pd.concat(chunks)


def own_attribution(*, made_up: bool) -> str:
    """What has to be shown with data of the user's own."""
    return "made-up data" if made_up else ""
