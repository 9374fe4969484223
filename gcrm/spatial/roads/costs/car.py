"""Cars: valhalla/src/sif/autocost.cc, and the time of turns from valhalla/sif/osrm_car_duration.h, which is OSRM's."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gcrm.spatial.roads.costs.common import SECONDS_PER_METRE_AT_1_KMH, Costs, Penalties, Use, on_right, turn_costs
from gcrm.spatial.roads.turns import Turns

ACCESS = 1
"""Bit of the access mask."""

_PENALTIES = Penalties(living_street=400, track=300, service=75)
_SURFACE = np.array([0, 0, 0, 0.05, 0.1, 0.25, 0.5, 0])
_LIVING_STREET, _TRACK = 2.6, 4.0
_IMPASSABLE = 7

_RIGHT = (0.5, 0.75, 1.0, 1.5, 9.5, 3.5, 2.5, 0.75)
_LEFT = (0.5, 0.75, 2.5, 3.5, 9.5, 1.5, 1.0, 0.75)
_CROSSING, _RAMP, _ROUNDABOUT = 2.0, 1.5, 0.5
_BACK, _SHARP_LEFT, _SHARP_RIGHT = 4, 5, 3
_BACK_OTHER_NAME, _BACK_SAME_NAME, _PENCIL_POINT = 10, 600, 15
_DENSITY = np.array([1, 1, 1, 1, 1, 1.1, 1.2, 1.3, 1.4, 1.6, 1.9, 2.2, 2.5, 2.8, 3.1, 3.5])

_TURN_S, _TURN_BACK_S, _SIGNAL_S, _BIAS = 7.5, 20, 2, 1.075


def allowed(edges: pd.DataFrame) -> NDArray[np.bool_]:
    """Edges that a car may use; ferries are left out."""
    usable = ~edges["use"].isin([Use.FERRY, Use.RAIL_FERRY, Use.CONSTRUCTION]) & (edges["surface"] != _IMPASSABLE)
    return ((edges["access"] & ACCESS) > 0).to_numpy() & usable.to_numpy()


def edge_costs(edges: pd.DataFrame, speed_kmh: NDArray[np.float64]) -> Costs:
    """Of each edge at a speed."""
    time = edges["length_m"].to_numpy() * SECONDS_PER_METRE_AT_1_KMH / speed_kmh
    factor = 0.85 + 0.025 * edges["density"].to_numpy() + _SURFACE[edges["surface"].to_numpy()]
    use = edges["use"].to_numpy()
    return Costs(time * factor * np.where(use == Use.LIVING_STREET, _LIVING_STREET, np.where(use == Use.TRACK, _TRACK, 1.0)), time)


def turn_costs_of(turns: Turns) -> tuple[Costs, Costs]:
    """Of each turn, behind an edge whose speed is its own, and behind one whose speed is measured: that holds most of the waiting at its end already."""
    kind, impact = turns.kind, turns.stop_impact
    seconds = np.where(turns.crosses, _CROSSING, on_right(turns, _RIGHT, _LEFT))
    ramp = (turns.of_after("use") == Use.RAMP) != (turns.of_before("use") == Use.RAMP)
    seconds = seconds + ramp * (_RAMP + _ROUNDABOUT * turns.of_after("roundabout"))
    back, corner = kind == _BACK, np.isin(kind, [2, 3, 4, 5, 6])
    seconds = np.where(corner, seconds * impact, seconds)
    seconds = seconds + back * np.where(turns.same_name, _BACK_SAME_NAME, _BACK_OTHER_NAME)
    seconds = np.where(_pencil_point(turns), seconds * _PENCIL_POINT, seconds)
    waiting = np.where(corner, seconds, seconds * impact) * _DENSITY[turns.of_node("density")]
    plain, time = turn_costs(turns, _PENALTIES), _turn_time(turns)
    own, measured = (plain.plus(np.where(impact > 0, each, 0.0), time) for each in (waiting, seconds))
    return own, measured


def _pencil_point(turns: Turns) -> NDArray[np.bool_]:
    """Sharp turns across the traffic into the same street: its other carriageway."""
    same = (turns.of_after("named") == 1) & turns.same_name
    right = turns.of_node("drive_on_right") == 1
    to_left = turns.beside("left")
    to_right = turns.beside("right")
    found: NDArray[np.bool_] = same & np.where(right, (turns.kind == _SHARP_LEFT) & to_right & ~to_left, (turns.kind == _SHARP_RIGHT) & ~to_right & to_left)
    return found


def _turn_time(turns: Turns) -> NDArray[np.float64]:
    """A sigmoid of the angle, steeper across the traffic; two seconds at a signal."""
    signal = _SIGNAL_S * turns.of_node("signal").astype(np.float64)
    degrees, right = turns.degrees, turns.of_node("drive_on_right") == 1
    signed = np.where(degrees > 180, degrees - 360, degrees)  # noqa: PLR2004 - half a circle
    bias = np.where(right == (signed >= 0), 1 / _BIAS, _BIAS)
    angle = _TURN_S / (1 + np.exp(-(13 * bias * np.abs(signed) / 180 - 6.5 / bias)))
    back = (degrees >= 160) & (degrees <= 200)  # noqa: PLR2004 - Valhalla's angles of a turn back
    decides = (turns.of_node("local_edge_count") + 1 > 2) | back  # noqa: PLR2004 - more than two roads
    return signal + decides * (angle + _TURN_BACK_S * back)
