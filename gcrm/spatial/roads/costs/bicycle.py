"""Cycling on a hybrid bicycle: valhalla/src/sif/bicyclecost.cc."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gcrm.spatial.roads.costs.common import SECONDS_PER_METRE_AT_1_KMH, Costs, Penalties, Use, on_right, turn_costs
from gcrm.spatial.roads.turns import Turns

ACCESS = 4
"""Bit of the access mask."""

SPEED_KMH = 18.0
_DISMOUNT_KMH, _STEPS_KMH, _STEPS = 5, 1, 8.0
_PENALTIES = Penalties(alley=60, toll_booth_time=0)
_SURFACE_SPEED = np.array([1, 1, 1, 0.8, 0.6, 0.4, 0.25, 0])
_IMPASSABLE, _PENALISED_SURFACE = 7, 4
_AVOID_SURFACES, _SURFACE_PENALTY = 0.25, np.array([1, 2.5, 4.5, 7.0])

_USE_ROADS = 0.25
_ROAD, _LIVING_STREET, _TRACK, _SIDEPATH, _NETWORK, _TRUCKS, _LANE = 1.5, 0.4, 0.75, 2.25, 0.95, 0.5, 0.05
"""Factors of valhalla's use_roads of 0.25: stress of roads, of living streets, of tracks, of roads with a path beside them, and so on."""
_FLAT = 0.75 * 0.05
"""What Valhalla adds for a flat road at its use_hills of 0.25."""
_CLASS = np.array([1, 0.4, 0.2, 0.1, 0.05, 0.05, 0, 0.5])
_CYCLE_LANE = np.array([1, 0.9125, 0.5125, 0.3, 0.75, 0.9125, 0.5125, 0.3])
_PATH_LANE = np.array([0.45, 0.45, 0.325, 0.2])
_TURN_LANE = np.array([1, 0.5, 0.25, 0.1, 0.4, 0.5, 0.25, 0.1])
_PATHS = (Use.CYCLEWAY, Use.FOOTWAY, Use.PATH)

_RIGHT, _LEFT = (0.15, 0.2, 0.3, 0.5, 5, 1.5, 1, 0.4), (0.15, 0.4, 1, 1.5, 5, 0.5, 0.3, 0.2)
_RIGHT_STRESS, _LEFT_STRESS = (0, 0.25, 0.75, 1, 4, 2.25, 1.75, 0.75), (0, 0.75, 1.75, 2.25, 4, 1, 0.75, 0.25)
_CROSSING = 0.75


def allowed(edges: pd.DataFrame) -> NDArray[np.bool_]:
    """Edges that one may cycle on; ferries are left out."""
    usable = ~edges["use"].isin([Use.FERRY, Use.RAIL_FERRY, Use.CONSTRUCTION]) & (edges["surface"] < _IMPASSABLE)
    return ((edges["access"] & ACCESS) > 0).to_numpy() & usable.to_numpy()


def edge_costs(edges: pd.DataFrame) -> Costs:
    """Of each edge."""
    use, surface = edges["use"].to_numpy(), edges["surface"].to_numpy()
    speed = np.where(edges["dismount"] == 1, _DISMOUNT_KMH, np.floor(SPEED_KMH * _SURFACE_SPEED[surface] + 0.5))
    steps = use == Use.STEPS
    speed = np.where(steps, _STEPS_KMH, np.maximum(speed, 1))
    time = edges["length_m"].to_numpy() * SECONDS_PER_METRE_AT_1_KMH / speed
    penalty = np.where(surface >= _PENALISED_SURFACE, _AVOID_SURFACES * _SURFACE_PENALTY[np.clip(surface - _PENALISED_SURFACE, 0, 3)], 0)
    factor = 1 + _FLAT * (edges["grade"].to_numpy() == _FLAT_GRADE) + _accommodation(edges) * _stress(edges) + penalty
    return Costs(time * np.where(steps, _STEPS, factor), time)


_FLAT_GRADE = 6


def _accommodation(edges: pd.DataFrame) -> NDArray[np.float64]:
    use, lane = edges["use"].to_numpy(), edges["cycle_lane"].to_numpy()
    beside = _CYCLE_LANE[edges["shoulder"].to_numpy() * 4 + lane]
    found = np.select([np.isin(use, _PATHS), np.isin(use, [Use.LIVING_STREET, Use.TRACK])], [_PATH_LANE[lane], 1.0], default=beside)
    found = found + _SIDEPATH * edges["use_sidepath"].to_numpy()
    factor: NDArray[np.float64] = found * np.where(edges["bicycle_network"] == 1, _NETWORK, 1.0)
    return factor


def _stress(edges: pd.DataFrame) -> NDArray[np.float64]:
    use, speed = edges["use"].to_numpy(), edges["speed_kmh"].to_numpy().astype(np.float64)
    lanes = np.maximum(edges["lanes"].to_numpy() - 1, 0) * _LANE * _ROAD
    roads = 1 + lanes + _TRUCKS * edges["truck_route"].to_numpy() + _ROAD * _CLASS[edges["classification"].to_numpy()]
    fast = np.select([speed <= 40, speed <= 65], [speed / 40, speed / 25 - 0.6], default=speed / 50 + 0.7)  # noqa: PLR2004 - Valhalla's steps
    avoided = (1 - _USE_ROADS) * 0.75 + 0.25
    roads = roads * ((fast - 1) * avoided + 1)
    return np.select([np.isin(use, _PATHS), use == Use.LIVING_STREET, use == Use.TRACK], [1.0, _LIVING_STREET, _TRACK], default=roads)


def turn_costs_of(turns: Turns) -> Costs:
    """Of each turn."""
    use, class_after, class_before = turns.of_after("use"), turns.of_after("classification"), turns.of_before("classification")
    path, living = np.isin(use, _PATHS), use == Use.LIVING_STREET
    lane = _TURN_LANE[turns.of_after("shoulder") * 4 + turns.of_after("cycle_lane")]
    accommodation = np.select([path, living], [0.05, 0.15], default=lane)
    class_factor = np.where(path, 0.1, _CLASS[class_after])
    seconds_of_kind = on_right(turns, _RIGHT, _LEFT)
    seconds_of_kind = np.where((seconds_of_kind < _CROSSING) & turns.crosses, _CROSSING, seconds_of_kind)
    stops = turns.stop_impact > 0
    seconds = turns.stop_impact * seconds_of_kind
    stress = 1 + np.where(stops, on_right(turns, _RIGHT_STRESS, _LEFT_STRESS), 0)
    stress = stress * (class_factor * (1 - _USE_ROADS) + _USE_ROADS + 1)
    higher = (class_after < class_before) & ~living
    stress = stress + higher * np.where(turns.of_node("signal") == 1, 0.4, 1.0)
    penalty = higher * 10 * (class_before - class_after) * (accommodation * (1 - _USE_ROADS) + _USE_ROADS)
    return turn_costs(turns, _PENALTIES).plus(seconds * (stress + 1) + penalty, seconds)
