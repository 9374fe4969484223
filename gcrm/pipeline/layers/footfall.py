"""Footfall: people per hour by cell, weekday and hour."""

from pathlib import Path

from sqlalchemy import Connection

from gcrm.db.connection import driver
from gcrm.db.load import copy_frame
from gcrm.pipeline.layers.version import Version, load_file, own_attribution, read_records
from gcrm.progress import Advance
from gcrm.spatial.footfall import footfall


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
        counts = footfall(read_records(path), path.name)
        key = version.replace("footfall", len(counts), own_attribution(made_up=made_up), made_up=made_up)
        copy_frame(driver(connection), "footfall", counts.assign(layer_version_id=key))
        return len(counts)

    return load_file(path, dataset, ("footfall",), store, advance)
