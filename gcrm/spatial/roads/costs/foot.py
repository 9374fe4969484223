"""Walking: valhalla/src/sif/pedestriancost.cc."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gcrm.spatial.roads.costs.common import SECONDS_PER_METRE_AT_1_KMH, Costs, NodeType, Penalties, Use, turn_costs
from gcrm.spatial.roads.turns import Turns

ACCESS = 2
"""Bit of the access mask."""

SPEED_KMH = 5.1
_PENALTIES = Penalties(gate=10, private=600, service=0, toll_booth_time=0)
_HARDEST_HIKE = 1
_HIKE_TIME, _HIKE_COST = np.array([1, 1.11]), np.array([0, 0.25])
_ALLEY, _DRIVEWAY, _LIVING_STREET, _ROUNDABOUT = 2.0, 5.0, 0.96, 2.0
_PLAIN = (Use.FOOTWAY, Use.SIDEWALK, Use.TRACK, Use.SERVICE_ROAD)
_STEPS_S, _ELEVATOR_S = 30, 5
_CROSSING_S = np.array([0, 0, 1, 1, 2, 3, 5, 15])
_IMPASSABLE = 7


def allowed(edges: pd.DataFrame) -> NDArray[np.bool_]:
    """Edges that one may walk on; ferries are left out."""
    usable = ~edges["use"].isin([Use.FERRY, Use.RAIL_FERRY, Use.CONSTRUCTION]) & (edges["surface"] != _IMPASSABLE)
    return ((edges["access"] & ACCESS) > 0).to_numpy() & (usable & (edges["sac_scale"] <= _HARDEST_HIKE)).to_numpy()


def edge_costs(edges: pd.DataFrame) -> Costs:
    """Of each edge."""
    hike = np.minimum(edges["sac_scale"].to_numpy(), _HARDEST_HIKE)
    time = edges["length_m"].to_numpy() * SECONDS_PER_METRE_AT_1_KMH / SPEED_KMH * _HIKE_TIME[hike]
    use = edges["use"].to_numpy()
    sidewalk = ((edges["sidewalk_left"] == 1) | (edges["sidewalk_right"] == 1)).to_numpy()
    roundabout = (edges["roundabout"] == 1).to_numpy() & ~sidewalk & ~np.isin(use, _PLAIN)
    factor = np.select(
        [use == Use.ALLEY, use == Use.DRIVEWAY, use == Use.LIVING_STREET, roundabout], [_ALLEY, _DRIVEWAY, _LIVING_STREET, _ROUNDABOUT], default=1.0
    )
    return Costs(time * (1 + _HIKE_COST[hike]) * factor, time)


def turn_costs_of(turns: Turns) -> Costs:
    """Of each turn: streets that are crossed take time, steps and elevators are spared."""
    crossing = np.where(turns.crosses, _CROSSING_S[turns.stop_impact], 0).astype(np.float64)
    plain = turn_costs(turns, _PENALTIES).plus(crossing, crossing)
    steps = turns.of_after("use") == Use.STEPS
    elevator = (turns.of_after("use") == Use.ELEVATOR) | (turns.of_node("type") == NodeType.ELEVATOR)
    cost = np.select([steps, elevator], [_STEPS_S, _ELEVATOR_S], default=plain.cost)
    return Costs(cost, np.where(steps | elevator, 0.0, plain.time))
