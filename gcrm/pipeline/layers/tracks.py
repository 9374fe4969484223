"""Routes of movement, and the trips between cells that follow from them."""

from pathlib import Path

from sqlalchemy import Connection

from gcrm.db.connection import driver
from gcrm.db.load import copy_frame
from gcrm.db.queries import queries
from gcrm.pipeline.layers.version import Version, load_file, own_attribution, read_records
from gcrm.progress import Advance
from gcrm.spatial.tracks import movement, positions


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
        track_positions = positions(read_records(path), path.name)
        trips = movement(track_positions)
        key = version.replace("tracks", track_positions["track_key"].nunique(), own_attribution(made_up=made_up), made_up=made_up)
        statements.create_positions_stage(pg)
        copy_frame(pg, "staged_positions", track_positions)
        statements.store_tracks(pg, version=key)
        movement_key = version.replace("movement", len(trips), own_attribution(made_up=made_up), made_up=made_up)
        copy_frame(pg, "movement", trips.assign(layer_version_id=movement_key))
        return len(track_positions)

    return load_file(path, dataset, ("tracks", "movement"), store, advance)
