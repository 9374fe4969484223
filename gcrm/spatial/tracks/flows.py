"""Flows out of trips and stops: between cells, and stays by cell; always by the place's own hour."""

import pandas as pd

from gcrm.spatial.cells import parents_of_points
from gcrm.spatial.small_counts import SMALLEST_COUNT, withheld
from gcrm.units import MOVEMENT_LEVEL


def carriers(table: pd.DataFrame) -> pd.Series:
    """Who moves: the contact where one is known, so that all tracks of one person count once; else the track.

    Args:
        table: columns track_key, contact_key.
    """
    return ("contact " + table["contact_key"]).fillna("track " + table["track_key"])


def local_hour(moments: pd.Series, timed: pd.Series, zone: str) -> pd.Series:
    """The hour of the day, 0 to 23, in the place's own zone; Int16, missing where no time is known.

    Args:
        moments: timezone-aware.
        timed: False where the time is assumed.
        zone: IANA name.
    """
    hours: pd.Series = moments.dt.tz_convert(zone).dt.hour.astype("Int16")
    return hours.where(timed)


def trip_cells(trips: pd.DataFrame) -> dict[str, pd.Series]:
    """Where trips begin and end: origin_cell, destination_cell (int64, H3 level 8).

    Args:
        trips: as of `Split.trips`.
    """
    return {f"{end}_cell": parents_of_points(trips[f"{end}_longitude"], trips[f"{end}_latitude"], MOVEMENT_LEVEL) for end in ("origin", "destination")}


def movement(trips: pd.DataFrame, zone: str, smallest: int = SMALLEST_COUNT) -> pd.DataFrame:
    """Trips between cells.

    Args:
        trips: as of `Split.trips`.
        zone: IANA name of the place's own time zone.
        smallest: flows of fewer people are withheld.

    Returns:
        One row per origin_cell, destination_cell (int64, H3 level 8) and hour of the start (missing where no time is known): trips (count),
        tracks (people, each once), withheld.
    """
    table = pd.DataFrame(trip_cells(trips) | {"hour": local_hour(trips["started_at"], trips["timed"], zone), "carrier": carriers(trips)})
    keys = ["origin_cell", "destination_cell", "hour"]
    flows = table.groupby(keys, dropna=False, as_index=False).agg(trips=("carrier", "size"), tracks=("carrier", "nunique"))
    return flows.assign(withheld=withheld(flows["tracks"], smallest))


def cell_stops(stops: pd.DataFrame, zone: str, smallest: int = SMALLEST_COUNT) -> pd.DataFrame:
    """Stays by cell.

    Args:
        stops: as of `Split.stops`.
        zone: IANA name of the place's own time zone.
        smallest: stays of fewer people are withheld.

    Returns:
        One row per cell (int64, H3 level 8) and hour of the arrival: stops (count), dwell_minutes (mean), tracks, withheld. Stays whose times are assumed are
        left out.
    """
    known = stops[stops["timed"]]
    table = pd.DataFrame({
        "cell": parents_of_points(known["longitude"], known["latitude"], MOVEMENT_LEVEL),
        "hour": local_hour(known["arrived_at"], known["timed"], zone),
        "minutes": (known["left_at"] - known["arrived_at"]).dt.total_seconds() / 60,
        "carrier": carriers(known),
    })  # fmt: skip
    flows = table.groupby(["cell", "hour"], as_index=False).agg(stops=("carrier", "size"), dwell_minutes=("minutes", "mean"), tracks=("carrier", "nunique"))
    return flows.assign(withheld=withheld(flows["tracks"], smallest))
