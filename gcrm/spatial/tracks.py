"""Routes of movement: recorded positions, and the trips between cells that they make."""

import pandas as pd

from gcrm.errors import LayerError
from gcrm.spatial.cells import index_points
from gcrm.units import MOVEMENT_LEVEL

COLUMNS = ("track_key", "recorded_at", "longitude", "latitude")


def positions(raw: pd.DataFrame, file_name: str) -> pd.DataFrame:
    """The positions of tracks, in order.

    Args:
        raw: text, index `row_number`, columns track_key, recorded_at (ISO 8601; UTC where it names no zone), longitude, latitude (EPSG:4326).
        file_name: named in errors.

    Returns:
        The same columns, typed (recorded_at in UTC, degrees as float64), by track and time; tracks of a single position are left out.

    Raises:
        LayerError: a column is missing, or a position cannot be read.
    """
    missing = [column for column in COLUMNS if column not in raw]
    if missing:
        raise LayerError(f"{file_name} has no column {' and '.join(missing)}; tracks need {', '.join(COLUMNS)}.")
    typed = pd.DataFrame({
        "track_key": raw["track_key"].astype("string"),
        "recorded_at": pd.to_datetime(raw["recorded_at"], format="ISO8601", utc=True, errors="coerce"),
        "longitude": pd.to_numeric(raw["longitude"], errors="coerce").astype("float64"),
        "latitude": pd.to_numeric(raw["latitude"], errors="coerce").astype("float64"),
    })  # fmt: skip
    good = typed["recorded_at"].notna() & typed["longitude"].between(-180, 180) & typed["latitude"].between(-90, 90)
    if not good.all():
        raise LayerError(f"{file_name}, row {good.idxmin()}: the time or the position cannot be read; mend it and load the file again.")
    typed = typed.sort_values(["track_key", "recorded_at"], kind="stable")
    return typed[typed.groupby("track_key")["track_key"].transform("size") > 1].reset_index(drop=True)


def movement(track_positions: pd.DataFrame) -> pd.DataFrame:
    """Trips between cells.

    Args:
        track_positions: as from `positions`.

    Returns:
        One row per origin_cell, destination_cell (int64, H3 level 8) and hour of the start (UTC, 0 to 23): trips (count).
    """
    tracks = track_positions.groupby("track_key", sort=True)
    first, last = tracks.first(), tracks.last()
    trips = pd.DataFrame({
        "origin_cell": index_points(first["longitude"], first["latitude"], MOVEMENT_LEVEL).astype("int64"),
        "destination_cell": index_points(last["longitude"], last["latitude"], MOVEMENT_LEVEL).astype("int64"),
        "hour": first["recorded_at"].dt.hour.astype("int16"),
    })  # fmt: skip
    return trips.groupby(["origin_cell", "destination_cell", "hour"], as_index=False).size().rename(columns={"size": "trips"})
