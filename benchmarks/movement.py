"""Routes of movement: read, cleaned, split and stored, beside COPY of ready rows."""

import numpy as np
import pandas as pd

from benchmarks.measure import Work
from gcrm.config import settings
from gcrm.db.connection import Role, connect, ensure_ready
from gcrm.db.load import copy_frame
from gcrm.pipeline.layers.tracks import load_tracks

_SEED = 7
_FIX_S = 5
_OF_A_TRACK, _OF_A_TRIP, _MOVING = 1_000, 500, 360
"""Positions of a track; of a trip with the stop behind it; of the trip alone: half an hour at 36 km/h, then 12 minutes at a place."""

_JUMPS = 0.001
_METRE = 1 / 111_195
"""Degrees of latitude."""


def positions(count: int) -> pd.DataFrame:
    """Recorded positions every 5 seconds with noise of 5 m: tracks of 1,000, half an hour by car between two stops, a jump in a thousand.

    Args:
        count: how many; a multiple of 1,000.
    """
    random = np.random.default_rng(_SEED)
    tracks = count // _OF_A_TRACK
    moving = np.where(np.arange(_OF_A_TRACK) % _OF_A_TRIP < _MOVING, 10.0 * _FIX_S, 0.0)
    heading = random.uniform(0, 2 * np.pi, (tracks, 1)) + np.cumsum(random.normal(0, 0.05, (tracks, _OF_A_TRACK)), axis=1)
    east, north = (np.cumsum(moving * part, axis=1) + random.normal(0, 5, heading.shape) for part in (np.sin(heading), np.cos(heading)))
    north[random.random(heading.shape) < _JUMPS] += 20_000
    seconds = random.integers(0, 86_400 * 7, (tracks, 1)) + _FIX_S * np.arange(_OF_A_TRACK)
    moments = np.datetime64("2026-09-07T00:00:00") + seconds.ravel().astype("timedelta64[s]")
    return pd.DataFrame({
        "track_key": np.repeat([f"track {number}" for number in range(tracks)], _OF_A_TRACK),
        "recorded_at": pd.Series(moments).dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "longitude": 24.94 + east.ravel() * 2 * _METRE,
        "latitude": 60.17 + north.ravel() * _METRE,
    })  # fmt: skip


def tracks_ours(count: int) -> Work:
    """Gcrm, from a CSV file to trips, stops and flows in the database."""
    ensure_ready()
    file = settings().home / f"tracks-{count}.csv"
    if not file.is_file():
        positions(count).to_csv(file, index=False)
    with connect(Role.WRITER) as connection:
        connection.execute("UPDATE gcrm.layer_versions SET file_sha256 = '' WHERE dataset = 'tracks'")  # else the next round finds it loaded
    return lambda: load_tracks(file, "tracks", lambda _: None)


def tracks_copy(count: int) -> Work:
    """COPY of the same positions as ready rows, without a look at them."""
    frame = positions(count)
    connection = connect(Role.WRITER)
    connection.execute("CREATE TEMPORARY TABLE ready (track_key text, recorded_at timestamptz, longitude double precision, latitude double precision)")
    return lambda: copy_frame(connection, "ready", frame)
