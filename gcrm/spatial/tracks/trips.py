"""Tracks split into trips and stops."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gcrm.spatial.measures import MEAN_RADIUS_M
from gcrm.spatial.tracks.clean import FASTEST_KMH, too_fast

FASTEST_ON_FOOT_KMH = 8
FASTEST_BICYCLE_KMH = 22
"""Mean speeds up to which a trip that tells no mode is taken for one on foot, or by bicycle."""


@dataclass(frozen=True)
class Rules:
    """When a track breaks into trips.

    Attributes:
        stop_minutes: who stays within `stop_m` for so long has stopped.
        stop_m: diagonal of the box in which somebody stays, metres.
        gap_minutes: a longer silence, if one was somewhere else after it, ends a trip.
        shortest_m: a shorter trip is left out.
        fastest_kmh: a step that needs a higher speed ends a trip.
    """

    stop_minutes: float = 5
    stop_m: float = 100
    gap_minutes: float = 15
    shortest_m: float = 100
    fastest_kmh: float = FASTEST_KMH


@dataclass(frozen=True)
class Split:
    """Trips and stops.

    Attributes:
        positions: those of the trips, as given, with `trip` (int64, 0, 1, ... over all tracks).
        trips: one row per trip, on the index `trip`: track, track_key, number (1, 2, ... within the track), mode, mode_given, contact_key, timed, started_at,
            ended_at, origin_longitude, origin_latitude, destination_longitude, destination_latitude, length_m.
        stops: one row per stop: track, track_key, contact_key, timed, arrived_at, left_at, longitude, latitude (mean of its positions).
        left_out: positions left out, by reason.
        gaps: trips that a silence ended.
    """

    positions: pd.DataFrame
    trips: pd.DataFrame
    stops: pd.DataFrame
    left_out: Mapping[str, int]
    gaps: int


def split(clean_positions: pd.DataFrame, rules: Rules | None = None) -> Split:
    """Splits tracks where somebody stops, or where nothing is known for a while.

    A stop is every stretch of a track of at least `stop_minutes` whose positions lie in a box of diagonal `stop_m`, stretches that overlap being one stop
    (after Graser 2019, doi:10.1553/giscience2019_01_s54, MovingPandas' TrajectoryStopDetector, with the box in place of the smallest circle). A silence in one
    place is a stop too.

    Args:
        clean_positions: as from `clean`.
        rules: when a track breaks.
    """
    rules = rules or Rules()
    n = len(clean_positions)
    track = clean_positions["track"].to_numpy()
    seconds = clean_positions["recorded_at"].to_numpy(dtype="datetime64[us]").astype(np.int64) / 1e6
    points = clean_positions[["longitude", "latitude"]].to_numpy()
    same = track[1:] == track[:-1]
    fast, step = too_fast(track, points, seconds, rules.fastest_kmh / 3.6)
    still = _still(track, seconds, points, rules)
    silent = same & ~still & (np.diff(seconds) > 60 * rules.gap_minutes)
    first, last = _runs(same & ~still & ~silent & ~fast)
    length = _sums(step, first, last)
    long = length >= rules.shortest_m
    first, last, length = first[long], last[long], length[long]
    stops = _stops(clean_positions, *_runs(still))
    trips = _trips(clean_positions, first, last, length)
    number = np.full(n, -1, dtype=np.int64)
    sizes = last - first + 1
    number[_ranges(first, sizes)] = np.repeat(np.arange(len(first)), sizes)
    on_trip = number >= 0
    at_stop = np.concatenate([still, [False]])[:n] | np.concatenate([[False], still])[:n]
    left_out = {"at a stop": int((at_stop & ~on_trip).sum()), "alone, or of a trip that is too short": int((~at_stop & ~on_trip).sum())}
    return Split(clean_positions[on_trip].assign(trip=number[on_trip]).reset_index(drop=True), trips, stops, left_out, int(silent.sum()))


def _still(track: NDArray[np.int64], seconds: NDArray[np.float64], points: NDArray[np.float64], rules: Rules) -> NDArray[np.bool_]:
    """Which steps belong to a stop."""
    n = len(track)
    begins = np.flatnonzero(np.concatenate([[True], track[1:] != track[:-1]])[:n])
    ends = np.concatenate([begins[1:], [n]])[: len(begins)]
    size = ends - begins
    wanted = 60 * rules.stop_minutes
    # One clock over all tracks, so that one search finds the end of every window; no window reaches the next track.
    duration = seconds[ends - 1] - seconds[begins]
    offset = np.concatenate([[0], np.cumsum(duration + 2 * wanted)])[: len(begins)]
    clock = seconds - np.repeat(seconds[begins] - offset, size)
    until = np.searchsorted(clock, clock + wanted - 1e-6)
    here = np.flatnonzero(until < np.repeat(ends, size))
    x, y = np.radians(points).T
    middle = np.repeat(np.add.reduceat(y, begins) / size if n else y, size)
    east, north = MEAN_RADIUS_M * x * np.cos(middle), MEAN_RADIUS_M * y
    diagonal = np.hypot(*(_spread(values, here, until[here]) for values in (east, north)))
    stays = here[diagonal <= rules.stop_m]
    edges = np.bincount(stays, minlength=n + 1) - np.bincount(until[stays], minlength=n + 1)
    return np.asarray(np.cumsum(edges)[: max(n - 1, 0)] > 0)


def _spread(values: NDArray[np.float64], first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.float64]:
    """Largest minus smallest value of each window, both ends included, by doubling (sparse table; Bender and Farach-Colton 2000, doi:10.1007/10719839_9)."""
    high, low = values.copy(), values.copy()
    spread = np.zeros(len(first))
    level = np.frexp(last - first + 1)[1] - 1  # the largest power of two that fits into the window
    width = 1
    for power in range(int(level.max(initial=-1)) + 1):
        fits = np.flatnonzero(level == power)
        left, right = first[fits], last[fits] - width + 1
        spread[fits] = np.maximum(high[left], high[right]) - np.minimum(low[left], low[right])
        high[: len(high) - width] = np.maximum(high[:-width], high[width:])
        low[: len(low) - width] = np.minimum(low[:-width], low[width:])
        width *= 2
    return spread


def _runs(steps: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last position of each run of steps."""
    edges = np.diff(np.concatenate([[False], steps, [False]]).astype(np.int8))
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)


def _ranges(first: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers of all ranges, one after the other."""
    ends = np.cumsum(sizes)
    return np.asarray(np.arange(ends[-1] if len(ends) else 0) + np.repeat(first - (ends - sizes), sizes))


def _sums(values: NDArray[np.float64], first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.float64]:
    passed = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray(passed[last] - passed[first])


def _trips(given: pd.DataFrame, first: NDArray[np.int64], last: NDArray[np.int64], length: NDArray[np.float64]) -> pd.DataFrame:
    begin, end = given.iloc[first].reset_index(drop=True), given.iloc[last].reset_index(drop=True)
    trips = begin[["track", "track_key", "contact_key", "timed"]].assign(
        number=begin.groupby("track").cumcount() + 1,
        started_at=begin["recorded_at"],
        ended_at=end["recorded_at"],
        origin_longitude=begin["longitude"],
        origin_latitude=begin["latitude"],
        destination_longitude=end["longitude"],
        destination_latitude=end["latitude"],
        length_m=length,
        mode_given=begin["mode"].notna(),
    )
    minutes = (trips["ended_at"] - trips["started_at"]).dt.total_seconds() / 60
    return trips.assign(mode=begin["mode"].fillna(guess_modes(length, minutes))).rename_axis("trip")


def guess_modes(length_m: NDArray[np.float64], minutes: pd.Series) -> pd.Series:
    """The mode of trips that tell none, by mean speed. Slow traffic is taken for bicycles.

    Args:
        length_m: of each trip.
        minutes: of each trip.
    """
    kmh = pd.Series(length_m / 1000, index=minutes.index) / (minutes.clip(lower=1 / 60) / 60)
    return pd.Series(np.select([kmh <= FASTEST_ON_FOOT_KMH, kmh <= FASTEST_BICYCLE_KMH], ["foot", "bicycle"], "car"), index=minutes.index, dtype="string")


def _stops(given: pd.DataFrame, first: NDArray[np.int64], last: NDArray[np.int64]) -> pd.DataFrame:
    begin, end = given.iloc[first].reset_index(drop=True), given.iloc[last].reset_index(drop=True)
    stops = begin[["track", "track_key", "contact_key", "timed"]].assign(arrived_at=begin["recorded_at"], left_at=end["recorded_at"])
    for axis in ("longitude", "latitude"):
        passed = np.concatenate([[0.0], np.cumsum(given[axis].to_numpy())])
        stops[axis] = (passed[last + 1] - passed[first]) / (last - first + 1)
    return stops
