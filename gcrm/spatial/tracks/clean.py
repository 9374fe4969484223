"""Cleaning of positions: order, duplicates, jumps."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gcrm.spatial.measures import haversine_m

FASTEST_KMH = 200.0
"""A step that would need a higher speed is a fault of the recording; no train or car in a city is faster."""

_MOST_ROUNDS = 10
_SHORTEST_STEP_S = 1.0
"""Clocks tell whole seconds: two positions of one second are no jump."""


@dataclass(frozen=True)
class Cleaned:
    """Clean positions.

    Attributes:
        positions: columns as from `positions`, and `track` (int64, 0, 1, ... by track_key); by track and time, each time once per track.
        left_out: positions left out, by reason.
        reordered: positions that stood behind a later one of their track.
    """

    positions: pd.DataFrame
    left_out: Mapping[str, int]
    reordered: int


def clean(given: pd.DataFrame, fastest_kmh: float = FASTEST_KMH) -> Cleaned:
    """Puts positions in order and leaves out duplicates and jumps.

    A position is a jump where the speed to it and the speed from it are both impossible; of neighbours for which that holds, the one that adds the longest
    detour goes first. What stays impossible after that (a whole piece that is somewhere else) is left to `split`.

    Args:
        given: as from `gcrm.spatial.tracks.positions.positions`.
        fastest_kmh: the highest possible speed.
    """
    track = pd.Series(pd.factorize(given["track_key"], sort=True)[0], index=given.index, name="track", dtype="int64")
    seconds = given["recorded_at"].to_numpy(dtype="datetime64[us]").astype(np.int64)
    order = np.lexsort((seconds, track.to_numpy()))
    late = _stands_behind_a_later_one(track.to_numpy(), seconds)
    ordered = given.assign(track=track).iloc[order].reset_index(drop=True)
    codes, clock = ordered["track"].to_numpy(), seconds[order]
    again = np.concatenate([[False], (codes[1:] == codes[:-1]) & (clock[1:] == clock[:-1])])[: len(codes)]
    ordered, clock = ordered[~again], clock[~again]
    kept = _without_jumps(ordered, clock / 1e6, fastest_kmh / 3.6)
    left_out = {"the same track and time again": int(again.sum()), "a jump of impossible speed": int(len(ordered) - len(kept))}
    return Cleaned(ordered.iloc[kept].reset_index(drop=True), left_out, late)


def _stands_behind_a_later_one(track: NDArray[np.int64], clock: NDArray[np.int64]) -> int:
    """How many positions of the file are earlier than one of their track that stands before them."""
    latest = pd.Series(clock).groupby(track).cummax().to_numpy()
    return int((clock < latest).sum())


def _without_jumps(ordered: pd.DataFrame, seconds: NDArray[np.float64], fastest_m_s: float) -> NDArray[np.int64]:
    """The rows that are no jump, by their places."""
    kept = np.arange(len(ordered))
    codes = ordered["track"].to_numpy()
    points = ordered[["longitude", "latitude"]].to_numpy()
    for _ in range(_MOST_ROUNDS):
        fast, step = too_fast(codes[kept], points[kept], seconds[kept], fastest_m_s)
        both = np.concatenate([[False], fast[:-1] & fast[1:], [False]])[: len(kept)]
        if not both.any():
            break
        here = np.flatnonzero(both)
        before, after = kept[here - 1], kept[here + 1]
        detour = np.zeros(len(kept))
        detour[here] = step[here - 1] + step[here] - haversine_m(points[before], points[after])
        worst = both & (detour >= np.concatenate([[0], detour[:-1]])) & (detour > np.concatenate([detour[1:], [0]]))
        if not worst.any():
            break
        kept = kept[~worst]
    return kept


def too_fast(
    track: NDArray[np.int64], points: NDArray[np.float64], seconds: NDArray[np.float64], fastest_m_s: float
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which steps within a track need an impossible speed, and the length of every step in metres; both of n - 1 steps.

    Args:
        track: of each position, in order.
        points: longitude and latitude in degrees, shape (n, 2).
        seconds: the time of each position.
        fastest_m_s: the highest possible speed.
    """
    step = haversine_m(points[:-1], points[1:])
    return (track[1:] == track[:-1]) & (step > fastest_m_s * np.maximum(np.diff(seconds), _SHORTEST_STEP_S)), step
