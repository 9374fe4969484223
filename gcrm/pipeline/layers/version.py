"""Layers: a file becomes the version of a layer that is in force; the one before it leaves in the same transaction."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import geopandas as gpd
import pandas as pd
import psycopg
from sqlalchemy import Connection

from gcrm.db.connection import Role, driver, transaction
from gcrm.db.queries import queries
from gcrm.errors import LayerError
from gcrm.ingest import readers
from gcrm.ingest.digest import files_sha256
from gcrm.progress import Advance


@dataclass(frozen=True)
class Worked:
    """How a version came about, beside its file.

    Attributes:
        derived_with: versions of other layers that it was worked out with, ascending.
        parameters: what was chosen, as JSON takes it.
    """

    derived_with: Sequence[int] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def chosen(cls, **options: object) -> Self:
        """By options of the user; one that is None was left out."""
        return cls(parameters={name: value for name, value in options.items() if value is not None})


class Version:
    """A new version of one layer of a dataset, within a transaction.

    Args:
        connection: the transaction.
        path: the file.
        dataset: its name.
        beside: further files that it is read with.
    """

    def __init__(self, connection: Connection, path: Path, dataset: str, *, beside: Sequence[Path] = ()) -> None:
        for each in (path, *beside):
            if not each.is_file():
                raise LayerError(f"{each} is not a file; check the path.")
        self._connection = connection
        self._pg = driver(connection)
        self._dataset = dataset
        self._file = {"file_name": path.name, "file_sha256": files_sha256(path, *beside)}
        self._statements = queries("layers")
        self._statements.lock_dataset(self._pg, dataset=dataset)

    def holds(self, layer: str, how: Worked | None = None) -> bool:
        """Whether the version in force is of this very file, read and worked out in this very way."""
        how = how or Worked()
        current = self._statements.in_force(self._pg, layer=layer, dataset=self._dataset)
        return current is not None and current[1:] == (self._file["file_sha256"], list(how.derived_with), dict(how.parameters))

    def replace(
        self, layer: str, count: int, attribution: str, *, source_date: datetime | None = None, made_up: bool = False, how: Worked | None = None
    ) -> int:
        """Retires the version in force with its rows; the key of the new one."""
        origin = {"source_date": source_date, "attribution": attribution, "made_up": made_up}
        return _replace(self._pg, layer, self._dataset, how or Worked(), feature_count=count, **self._file, **origin)


def replace_derived(
    connection: psycopg.Connection[Any], layer: str, dataset: str, count: int, how: Worked, *, attribution: str = "", made_up: bool = False
) -> int:
    """Retires the version in force of a layer that is worked out from others, with its rows; the key of the new one.

    Args:
        connection: in whose transaction it happens.
        layer: name of the layer.
        dataset: its name.
        count: features in the new version.
        how: what it was worked out from.
        attribution: what has to be shown with it.
        made_up: whether what it was worked out from is invented.
    """
    queries("layers").lock_dataset(connection, dataset=dataset)
    return _replace(
        connection, layer, dataset, how, feature_count=count, file_name="", file_sha256="", source_date=None, attribution=attribution, made_up=made_up
    )


def _replace(connection: psycopg.Connection[Any], layer: str, dataset: str, how: Worked, **version: object) -> int:
    statements = queries("layers")
    current = statements.in_force(connection, layer=layer, dataset=dataset)
    if current is not None:
        getattr(statements, f"clear_{layer}")(connection, version=current[0])
        statements.retire(connection, layer=layer, dataset=dataset)
    version |= {"derived_with": list(how.derived_with), "parameters": json.dumps(how.parameters)}
    key: int = statements.add_version(connection, layer=layer, dataset=dataset, **version)
    return key


def load_file(
    path: Path, dataset: str | None, layers: tuple[str, ...], store: Callable[[Connection, Version], int], advance: Advance, how: Worked
) -> int | None:
    """Loads a file as the new version of some layers, in one transaction.

    Args:
        path: the file.
        dataset: its name; the file's name without ending if left out.
        layers: the layers that it becomes.
        store: retires the versions in force and stores the new ones; how many rows it stored.
        advance: told that number.
        how: the file is read; `store` keeps it with the versions.

    Returns:
        Rows stored; None where this very file is loaded already, read in this very way.
    """
    with transaction(Role.WRITER) as connection:
        version = Version(connection, path, dataset or path.stem)
        if all(version.holds(layer, how) for layer in layers):
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
