"""Recorded positions as text: GPX by GDAL, tables by the readers of the import."""

from pathlib import Path

import pandas as pd
import pyogrio

from gcrm.errors import ReadError
from gcrm.ingest import readers

_HEAD_BYTES = 4096


def read_positions(path: Path) -> pd.DataFrame:
    """The positions of a file.

    Args:
        path: GPX, or a table with one position a row: CSV, XLSX, Parquet, GeoJSON of points and what else `gcrm.ingest.readers` reads.

    Returns:
        Text, index `row_number` from 1: of a table its columns; of GPX track_key (name of the track, number of its segment), recorded_at (ISO 8601, empty where
        the trace tells no times), longitude, latitude, mode (the type of the track, where it has one).

    Raises:
        ReadError: it cannot be read, or holds no position.
    """
    if path.is_file() and _is_gpx(path):
        return _read_gpx(path)
    chunks = list(readers.read(path))
    if not chunks:
        raise ReadError(f"{path.name} holds no record; it needs at least one below its header.")
    return pd.concat(chunks)


def _is_gpx(path: Path) -> bool:
    with path.open("rb") as file:
        return b"<gpx" in file.read(_HEAD_BYTES)


def _read_gpx(path: Path) -> pd.DataFrame:
    try:
        points = pyogrio.read_dataframe(path, layer="track_points", columns=["track_fid", "track_seg_id", "time"])
        tracks = pyogrio.read_dataframe(path, layer="tracks", columns=["name", "type"], read_geometry=False)
    except Exception as error:  # pyogrio raises one class per driver, without a common base
        raise ReadError(f"{path.name} is not GPX that can be read ({' '.join(str(error).split())}); write it again.") from error
    if points.empty:
        raise ReadError(f"{path.name} holds no point of a track; waypoints and planned routes are no movement.")
    of = points["track_fid"].to_numpy()
    names = tracks["name"].reindex(of).astype("string").fillna("track").to_numpy()
    keys = pd.Series(names, dtype="string") + "/" + (points["track_fid"] + 1).astype("string") + "/" + (points["track_seg_id"] + 1).astype("string")
    times = pd.to_datetime(points["time"], utc=True)
    return pd.DataFrame({
        "track_key": keys,
        "recorded_at": times.dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ").astype("string").fillna(""),
        "longitude": points.geometry.x.astype("string"),
        "latitude": points.geometry.y.astype("string"),
        "mode": tracks["type"].reindex(of).astype("string").fillna("").to_numpy(),
    }).set_axis(pd.RangeIndex(1, len(points) + 1, name="row_number"))  # fmt: skip
