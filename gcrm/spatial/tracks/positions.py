"""Recorded positions out of text: typed, and with an assumed clock where a track tells no times."""

import numpy as np
import pandas as pd

from gcrm.errors import LayerError
from gcrm.spatial.measures import haversine_m

COLUMNS = ("track_key", "recorded_at", "longitude", "latitude")
MODES = ("foot", "bicycle", "car")
"""Modes of travel; as `gcrm.spatial.roads.protocol.Mode`."""

_WORDS = {
    "foot": "foot", "walking": "foot", "walk": "foot", "hiking": "foot", "running": "foot", "pedestrian": "foot",
    "bicycle": "bicycle", "cycling": "bicycle", "bike": "bicycle", "biking": "bicycle",
    "car": "car", "driving": "car", "drive": "car", "auto": "car", "motorcycle": "car",
}  # fmt: skip
_ASSUMED_M_S = {"foot": 1.4, "bicycle": 4.5, "car": 10.0}
"""Speeds of the assumed clock."""


def positions(raw: pd.DataFrame, file_name: str, mode: str | None = None) -> pd.DataFrame:
    """The positions of tracks, as they stand in the file.

    Args:
        raw: text, index `row_number`, columns track_key, recorded_at (ISO 8601; UTC where it names no zone; empty for a whole track that
            tells no times), longitude, latitude (EPSG:4326), and where known mode (foot, bicycle, car or a usual word for one of them) and
            contact_key.
        file_name: named in errors.
        mode: of every track, in place of what the file says.

    Returns:
        On the same rows: track_key, recorded_at (UTC), longitude, latitude (float64), mode and contact_key (missing where not told), timed.
        A track without times is given a clock that starts at 1970 and goes on at 1.4 m/s on foot, 4.5 by bicycle, 10 by car or where the mode is
        not told; `timed` is False for it, and it has no part in anything by hour.

    Raises:
        LayerError: a column is missing, or a position cannot be read.
    """
    missing = [column for column in COLUMNS if column not in raw]
    if missing:
        raise LayerError(f"{file_name} has no column {' and '.join(missing)}; tracks need {', '.join(COLUMNS)}.")
    typed = pd.DataFrame({
        "track_key": raw["track_key"].astype("string"),
        "recorded_at": pd.to_datetime(raw["recorded_at"], format="ISO8601", utc=True, errors="coerce").astype("datetime64[us, UTC]"),
        "longitude": pd.to_numeric(raw["longitude"], errors="coerce").astype("float64"),
        "latitude": pd.to_numeric(raw["latitude"], errors="coerce").astype("float64"),
        "mode": _modes(raw, mode),
        "contact_key": _texts(raw, "contact_key"),
    })  # fmt: skip
    given = raw["recorded_at"].astype("string").fillna("").ne("")
    typed["timed"] = given if given.all() else given.groupby(typed["track_key"]).transform("any")
    good = (typed["recorded_at"].notna() | ~typed["timed"]) & typed["longitude"].between(-180, 180) & typed["latitude"].between(-90, 90)
    if not good.all():
        raise LayerError(f"{file_name}, row {good.idxmin()}: the time or the position cannot be read; mend it and load the file again.")
    return _with_clock(typed) if not typed["timed"].all() else typed


def _modes(raw: pd.DataFrame, mode: str | None) -> pd.Series:
    if mode is not None:
        return pd.Series(mode, index=raw.index, dtype="string")
    return _texts(raw, "mode").str.lower().map(_WORDS).astype("string")


def _texts(raw: pd.DataFrame, column: str) -> pd.Series:
    """A column that may be there; what is empty is missing."""
    if column not in raw:
        return pd.Series(pd.NA, index=raw.index, dtype="string")
    texts = raw[column].astype("string")
    return texts.where(texts != "")


def _with_clock(typed: pd.DataFrame) -> pd.DataFrame:
    """Times for the tracks without any: a second at least between two positions, else their distance at the assumed speed."""
    untimed = typed[~typed["timed"]]
    points = untimed[["longitude", "latitude"]].to_numpy()
    seconds = haversine_m(points[:-1], points[1:]) / untimed["mode"].map(_ASSUMED_M_S).fillna(_ASSUMED_M_S["car"])[1:].to_numpy()
    first = ~untimed["track_key"].duplicated()
    passed = pd.Series(np.concatenate([[0.0], np.maximum(seconds, 1.0)]), index=untimed.index).where(~first, 0.0)
    clock = pd.to_datetime(passed.groupby(untimed["track_key"]).cumsum(), unit="s", utc=True).astype("datetime64[us, UTC]")
    return typed.assign(recorded_at=typed["recorded_at"].where(typed["timed"], clock))
