"""Footfall: people per hour by cell, weekday and hour, as given."""

from pathlib import Path
from typing import Any

import pandas as pd
import psycopg
from sqlalchemy import Connection

from gcrm.db.connection import driver
from gcrm.db.load import copy_frame
from gcrm.db.queries import queries
from gcrm.pipeline.layers.version import Version, Worked, load_file, own_attribution, read_records
from gcrm.progress import Advance
from gcrm.spatial.footfall.profiles import footfall


def load_footfall(
    path: Path, dataset: str | None, advance: Advance, *, smallest: float | None = None, attribution: str = "", made_up: bool = False
) -> int | None:
    """Loads people per hour by cell, weekday and hour.

    Args:
        path: CSV, XLSX or Parquet; columns as in `gcrm.spatial.footfall.profiles.footfall`.
        dataset: its name; the file's name without ending if left out.
        advance: told how many rows are stored.
        smallest: figures of fewer people are withheld from readers; 10 where people are told apart by age, else none, if left out.
        attribution: what has to be shown with it.
        made_up: whether the counts are invented.

    Returns:
        Rows stored; None where this very file is loaded already, with this smallest figure.

    Raises:
        ReadError, LayerError: it cannot be read.
    """
    how = Worked.chosen(smallest=smallest)

    def store(connection: Connection, version: Version) -> int:
        counts = footfall(read_records(path), path.name, smallest)
        key = version.replace("footfall", len(counts), attribution or own_attribution(made_up=made_up), made_up=made_up, how=how)
        store_figures(driver(connection), counts.assign(layer_version_id=key, quality="measured"))
        return len(counts)

    return load_file(path, dataset, ("footfall",), store, advance, how)


def store_figures(connection: psycopg.Connection[Any], figures: pd.DataFrame) -> None:
    """Adds figures of people per hour.

    Args:
        connection: in whose transaction it happens.
        figures: columns of gcrm.footfall; those that are missing are empty.
    """
    statements = queries("footfall")
    statements.create_stage(connection)
    copy_frame(connection, "staged_footfall", figures)
    statements.store(connection)
