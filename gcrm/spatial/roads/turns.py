"""Turns: each way out of an edge into the next, with what its cost depends on."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_LOCAL_EDGES = 8
"""Valhalla knows the kinds of turns between the first eight roads of an intersection."""
_HEADING_DEGREES = 359 / 255


@dataclass(frozen=True)
class Turns:
    """One entry per turn.

    Attributes:
        before: position of the edge that it comes from.
        after: position of the edge that it goes into.
        edges: the edges of the graph.
        nodes: the nodes of the graph.
    """

    before: NDArray[np.int32]
    after: NDArray[np.int32]
    edges: pd.DataFrame
    nodes: pd.DataFrame

    def of_before(self, field: str) -> NDArray[np.int64]:
        """A field of the edge that each turn comes from."""
        values: NDArray[np.int64] = self.edges[field].to_numpy()[self.before].astype(np.int64)
        return values

    def of_after(self, field: str) -> NDArray[np.int64]:
        """A field of the edge that each turn goes into."""
        values: NDArray[np.int64] = self.edges[field].to_numpy()[self.after].astype(np.int64)
        return values

    def of_node(self, field: str) -> NDArray[np.int64]:
        """A field of the intersection of each turn."""
        values: NDArray[np.int64] = self.nodes[field].to_numpy()[self.edges["to_node"].to_numpy()[self.before]].astype(np.int64)
        return values

    @property
    def arrival(self) -> NDArray[np.int64]:
        """Number of the road by which each turn reaches the intersection."""
        return self.of_before("opposing_local_index")

    @property
    def turns_back(self) -> NDArray[np.bool_]:
        """Whether a turn goes back where it came from."""
        back: NDArray[np.bool_] = self.edges["opposite"].to_numpy()[self.before] == self.after
        return back

    @property
    def forbidden(self) -> NDArray[np.bool_]:
        """Whether a turn restriction forbids the turn to vehicles."""
        held: NDArray[np.bool_] = (self.of_before("restrictions") >> self.of_after("local_index")) & 1 == 1
        return held

    @property
    def kind(self) -> NDArray[np.int64]:
        """0 straight, 1 slight right, 2 right, 3 sharp right, 4 back, 5 sharp left, 6 left, 7 slight left."""
        return self._of_arrival("turn_types", 3)

    @property
    def stop_impact(self) -> NDArray[np.int64]:
        """How likely one has to stop: 0 never, 7 always."""
        return self._of_arrival("stop_impacts", 3)

    @property
    def crosses(self) -> NDArray[np.bool_]:
        """Whether roads lie on both sides of the turn."""
        return self.beside("left") & self.beside("right")

    def beside(self, side: Literal["left", "right"]) -> NDArray[np.bool_]:
        """Whether a road lies on that side of the turn, between the edges before and behind it."""
        lies: NDArray[np.bool_] = self._of_arrival(f"edges_to_{side}", 1) == 1
        return lies

    @property
    def same_name(self) -> NDArray[np.bool_]:
        """Whether the road goes on under its name."""
        same: NDArray[np.bool_] = self._of_arrival("name_consistency", 1) == 1
        return same

    @property
    def degrees(self) -> NDArray[np.int64]:
        """Angle between the directions before and behind the intersection: 0 straight on, 90 right, 270 left."""
        angle: NDArray[np.int64] = (self._heading(self.of_after("local_index")) - self._heading(self.arrival) - 180) % 360
        return angle

    def _of_arrival(self, field: str, bits: int) -> NDArray[np.int64]:
        """What the edge behind the turn keeps for each of the roads that may lead into it."""
        known = np.minimum(self.arrival, _LOCAL_EDGES - 1)
        kept: NDArray[np.int64] = (self.of_after(field) >> (bits * known)) & ((1 << bits) - 1)
        return kept

    def _heading(self, road: NDArray[np.int64]) -> NDArray[np.int64]:
        headings = self.nodes[[f"heading_{index}" for index in range(_LOCAL_EDGES)]].to_numpy()
        node = self.edges["to_node"].to_numpy()[self.before]
        degrees = np.round(headings[node, np.minimum(road, _LOCAL_EDGES - 1)] * _HEADING_DEGREES).astype(np.int64)
        return np.where(road < _LOCAL_EDGES, degrees, 0)

    def where(self, chosen: NDArray[np.bool_]) -> "Turns":
        """Some of the turns."""
        return Turns(self.before[chosen], self.after[chosen], self.edges, self.nodes)


def all_turns(edges: pd.DataFrame, nodes: pd.DataFrame) -> Turns:
    """Every pair of an edge and one that begins where it ends."""
    by_start = np.argsort(edges["from_node"].to_numpy(), kind="stable")
    starts = np.searchsorted(edges["from_node"].to_numpy()[by_start], np.arange(len(nodes) + 1))
    ends = edges["to_node"].to_numpy()
    counts = (starts[ends + 1] - starts[ends]).astype(np.int64)
    before = np.repeat(np.arange(len(edges), dtype=np.int32), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    after = by_start[np.repeat(starts[ends], counts) + within].astype(np.int32)
    return Turns(before, after, edges, nodes)
