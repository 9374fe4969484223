"""Flows on roads out of matched trips: how many pass each edge, by mode and hour, and how fast."""

import numpy as np
import pandas as pd

from gcrm.spatial.small_counts import SMALLEST_COUNT, withheld

_LEAST_SHARE = 0.5
"""A trip passes an edge where it goes along so much of it at least: less is where it begins or ends, or noise."""


def road_flows(passed: pd.DataFrame, trips: pd.DataFrame, smallest: int = SMALLEST_COUNT) -> pd.DataFrame:
    """Trips by edge, mode and hour.

    Args:
        passed: as `edges` of `gcrm.spatial.roads.protocol.Matched`: trip, edge, from_share, to_share, length_m, entered_at, left_at.
        trips: on the index `trip`: mode, carrier (who moves; one person counts once), timed, zone (IANA name of the place's own time zone).
        smallest: flows of fewer people are withheld.

    Returns:
        One row per edge, mode and hour at which the edge was entered (0 to 23 in the place's own time, missing where no time is known): trips (count; a
        trip that passes an edge twice counts once), tracks (people, each once), speed_kmh (length by time, over all that pass; missing where no time is
        known), withheld.
    """
    whole = passed[passed["to_share"] - passed["from_share"] >= _LEAST_SHARE].join(trips.astype({"timed": bool}), on="trip").astype({"timed": bool})
    seconds = (whole["left_at"] - whole["entered_at"]).dt.total_seconds()
    whole = whole.assign(hour=_hours(whole), seconds=seconds.where(whole["timed"] & (seconds > 0)))
    whole["metres"] = whole["length_m"].where(whole["seconds"].notna())
    flows = whole.groupby(["edge", "mode", "hour"], dropna=False, as_index=False).agg(
        trips=("trip", "nunique"), tracks=("carrier", "nunique"), metres=("metres", "sum"), seconds=("seconds", "sum")
    )
    speed = 3.6 * flows["metres"] / flows["seconds"].where(flows["seconds"] > 0)
    return flows.drop(columns=["metres", "seconds"]).assign(speed_kmh=speed, withheld=withheld(flows["tracks"], smallest))


def _hours(passed: pd.DataFrame) -> pd.Series:
    """The hour of the day at which each edge was entered, in the place's own time; Int16, missing where no time is known."""
    hours = pd.Series(np.nan, index=passed.index)
    for zone, rows in passed[passed["timed"]].groupby("zone"):
        hours[rows.index] = rows["entered_at"].dt.tz_convert(str(zone)).dt.hour
    return hours.astype("Int16")
