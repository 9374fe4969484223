"""The search graph of a mode: one state per edge (about to enter it), one arc per allowed turn."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gcrm.spatial.roads.turns import Turns


@dataclass(frozen=True)
class Arcs:
    """The search graph.

    Attributes:
        edge: the edge of each state; a few edges have more than one, where a restriction forbids a turn to those only who come a certain way.
        state: the state by which an edge is entered where no restriction is under way; -1 where the mode may not use it.
        tail: state of each arc before the turn.
        head: state of each arc behind it.
        turns: the turn of each arc.
    """

    edge: NDArray[np.int32]
    state: NDArray[np.int32]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    turns: Turns


def search_graph(turns: Turns, allowed: NDArray[np.bool_], access: int, restrictions: list[tuple[tuple[int, ...], int]], *, vehicle: bool) -> Arcs:
    """The states and arcs of a mode.

    Back where one came from goes only at a dead end, or before an intersection that the mode may not pass.

    Args:
        turns: all turns.
        allowed: by edge, whether the mode may use it.
        access: bit of the mode in the access masks.
        restrictions: turns forbidden behind edges on the way: their edges (positions), and the modes they hold for.
        vehicle: whether turn restrictions hold for the mode.
    """
    passable = (turns.of_node("access") & access) > 0
    back = turns.turns_back
    possible = allowed[turns.before] & allowed[turns.after] & np.where(back, (turns.of_before("dead_end") == 1) | ~passable, passable)
    if vehicle:
        possible &= ~turns.forbidden
    turns = turns.where(possible)
    edge = np.flatnonzero(allowed).astype(np.int32)
    state = np.full(len(allowed), -1, dtype=np.int32)
    state[edge] = np.arange(len(edge), dtype=np.int32)
    plain = Arcs(edge, state, state[turns.before], state[turns.after], turns)
    held = [edges for edges, modes in restrictions if modes & access and all(allowed[position] for position in edges)] if vehicle else []
    return _restricted(plain, held) if held else plain


def _restricted(arcs: Arcs, restrictions: list[tuple[int, ...]]) -> Arcs:
    """Those who are on the way of a restriction go through states of their own, which lack its last turn."""
    ways = _Ways(arcs)
    for restriction in sorted(restrictions, key=len):
        ways.restrict(restriction)
    return ways.arcs()


class _Ways:
    """A search graph while states are added to it."""

    def __init__(self, arcs: Arcs) -> None:
        self._plain = arcs
        self._order = np.argsort(arcs.tail, kind="stable")
        self._starts = np.searchsorted(arcs.tail[self._order], np.arange(len(arcs.edge) + 1))
        self._leaving: dict[int, dict[int, int]] = {}
        """By state that is not as it was: for each edge that may come next, its state."""
        self._added: list[int] = []
        self._on_way: dict[tuple[int, ...], int] = {}

    def restrict(self, restriction: tuple[int, ...]) -> None:
        """Forbids the last turn of a way to those who came along all of it."""
        here = int(self._plain.state[restriction[0]])
        for step in range(1, len(restriction) - 1):
            way = restriction[: step + 1]
            if way[-1] not in self._next(here):
                return
            if way not in self._on_way:
                self._on_way[way] = len(self._plain.edge) + len(self._added)
                self._leaving[self._on_way[way]] = dict(self._next(self._next(here)[way[-1]]))
                self._added.append(way[-1])
                self._next(here)[way[-1]] = self._on_way[way]
            here = self._on_way[way]
        self._next(here).pop(restriction[-1], None)

    def _next(self, state: int) -> dict[int, int]:
        if state not in self._leaving:
            arcs = self._order[self._starts[state] : self._starts[state + 1]]
            self._leaving[state] = dict(zip(self._plain.turns.after[arcs].tolist(), self._plain.head[arcs].tolist(), strict=True))
        return self._leaving[state]

    def arcs(self) -> Arcs:
        """The search graph as it is now."""
        edge = np.concatenate([self._plain.edge, np.array(self._added, dtype=np.int32)])
        kept = ~np.isin(self._plain.tail, list(self._leaving))
        new = np.array([(state, head, after) for state, leaving in self._leaving.items() for after, head in leaving.items()], dtype=np.int32).reshape(-1, 3)
        turns = Turns(
            np.concatenate([self._plain.turns.before[kept], edge[new[:, 0]]]),
            np.concatenate([self._plain.turns.after[kept], new[:, 2]]),
            self._plain.turns.edges,
            self._plain.turns.nodes,
        )
        tail, head = np.concatenate([self._plain.tail[kept], new[:, 0]]), np.concatenate([self._plain.head[kept], new[:, 1]])
        return Arcs(edge, self._plain.state, tail, head, turns)
