"""What the modes have in common."""

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from gcrm.spatial.roads.turns import Turns

SECONDS_PER_METRE_AT_1_KMH = 3.6


class Use(IntEnum):
    """Kinds of use of an edge (valhalla/baldr/graphconstants.h)."""

    ROAD = 0
    RAMP = 1
    TURN_CHANNEL = 2
    TRACK = 3
    DRIVEWAY = 4
    ALLEY = 5
    LIVING_STREET = 10
    SERVICE_ROAD = 11
    CYCLEWAY = 20
    SIDEWALK = 24
    FOOTWAY = 25
    STEPS = 26
    PATH = 27
    ELEVATOR = 33
    FERRY = 41
    RAIL_FERRY = 42
    CONSTRUCTION = 43


class NodeType(IntEnum):
    """Kinds of intersections (valhalla/baldr/graphconstants.h)."""

    GATE = 1
    BOLLARD = 2
    TOLL_BOOTH = 3
    BORDER_CONTROL = 10
    ELEVATOR = 14


@dataclass(frozen=True)
class Costs:
    """Of edges or turns: what is minimised, and the time that passes; both in seconds."""

    cost: NDArray[np.float64]
    time: NDArray[np.float64]

    def plus(self, cost: NDArray[np.float64], time: NDArray[np.float64]) -> "Costs":
        """With more cost and more time."""
        return replace(self, cost=self.cost + cost, time=self.time + time)


@dataclass(frozen=True)
class Penalties:
    """Seconds of cost, and of time where it says so, at turns (valhalla/src/sif/dynamiccost.cc)."""

    alley: float = 5
    destination_only: float = 600
    gate: float = 300
    living_street: float = 0
    maneuver: float = 5
    private: float = 450
    service: float = 15
    toll_booth_time: float = 15
    track: float = 0
    gate_time: float = 30
    border_time: float = 600
    ferry_time: float = 300


def turn_costs(turns: Turns, penalties: Penalties) -> Costs:
    """What a turn costs whatever its angle: borders, gates, booths, ferries; another name, and roads that people avoid."""
    node_type = turns.of_node("type")
    gate = node_type == NodeType.GATE
    untagged_gate = gate & (turns.of_node("tagged_access") == 0)
    private = (gate | (node_type == NodeType.BOLLARD)) & (turns.of_node("private_access") == 1)
    booth = (node_type == NodeType.TOLL_BOOTH) | (_enters(turns, "toll", 1))
    ferry = _enters(turns, "use", Use.FERRY) | _enters(turns, "use", Use.RAIL_FERRY)
    time = (
        penalties.border_time * (node_type == NodeType.BORDER_CONTROL)
        + penalties.gate_time * (untagged_gate.astype(int) + private)
        + penalties.toll_booth_time * booth
        + penalties.ferry_time * ferry
    )
    cost = (
        time
        + penalties.gate * untagged_gate
        + penalties.private * private
        + penalties.destination_only * _enters(turns, "destination_only", 1)
        + penalties.alley * _enters(turns, "use", Use.ALLEY)
        + penalties.maneuver * ((turns.of_after("link") == 0) & ~turns.same_name)
        + penalties.living_street * _enters(turns, "use", Use.LIVING_STREET)
        + penalties.track * _enters(turns, "use", Use.TRACK)
        + penalties.service * (_enters(turns, "use", Use.SERVICE_ROAD) & (turns.of_after("internal") == 0))
    )
    return Costs(cost, time)


def _enters(turns: Turns, field: str, value: int) -> NDArray[np.bool_]:
    enters: NDArray[np.bool_] = (turns.of_after(field) == value) & (turns.of_before(field) != value)
    return enters


def on_right(turns: Turns, right: tuple[float, ...], left: tuple[float, ...]) -> NDArray[np.float64]:
    """The entry of each turn's kind in the table of the side of the road that is driven on there."""
    return np.where(turns.of_node("drive_on_right") == 1, np.array(right)[turns.kind], np.array(left)[turns.kind])
