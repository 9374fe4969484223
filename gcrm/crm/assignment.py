"""Which rep gets a lead: the territory of its point first, then the reps in turn or the one with the fewest open leads; each with its reason in words."""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

type Way = Literal["turn", "load"]
WAYS: tuple[Way, ...] = ("turn", "load")


@dataclass(frozen=True)
class Territory:
    """A territory: its name, and the region that it belongs to; None where it belongs to none."""

    territory_id: int
    name: str
    region_id: int | None = None
    region: str | None = None


@dataclass(frozen=True)
class Rep:
    """A rep who can get leads.

    Attributes:
        rep_id: key.
        name: of the rep.
        territory_id: the territory served; None where it is none.
        open_leads: leads that wait for the rep (count).
        last_assigned: larger the later the rep got a lead last, such as seconds since 1970; 0 for one who never got any.
    """

    rep_id: int
    name: str
    territory_id: int | None = None
    open_leads: int = 0
    last_assigned: float = 0.0


class Waiting(NamedTuple):
    """A lead that waits for a rep: its key, and the territory that it lies in or was given; None where neither is known."""

    lead_id: int
    territory_id: int | None
    territory_given: bool = False


class Assignment(NamedTuple):
    """Who gets a lead, and why; `rep_id` is None where nobody can."""

    lead_id: int
    rep_id: int | None
    because: str


def assign(leads: Iterable[Waiting], reps: Sequence[Rep], territories: Mapping[int, Territory], way: Way = "turn") -> list[Assignment]:
    """Assigns leads to the reps of their territory; where it has none, to those of its region.

    In turn, whoever waits longest for a lead is next, so that within a run no two reps of a territory differ by more than one lead. By load, the one with
    the fewest open leads is next, those of this run counted. Of two alike the one with the smaller key is next: the same leads in the same order are always
    assigned alike.

    Args:
        leads: in the order in which they are assigned.
        reps: who can get leads.
        territories: by key.
        way: turn or load.

    Returns:
        One per lead, in their order.
    """
    served = _Served(reps, territories)
    queues: dict[tuple[Rep, ...], Callable[[], tuple[Rep, str]]] = {}
    done = []
    for lead_id, territory_id, given in leads:
        territory = None if territory_id is None else territories.get(territory_id)
        if territory is None:
            done.append(Assignment(lead_id, None, "not assigned because it lies in no territory"))
            continue
        group, where = served.group(territory, given=given)
        if not group:
            done.append(Assignment(lead_id, None, f"not assigned because {where}"))
            continue
        if group not in queues:
            queues[group] = _in_turn(group) if way == "turn" else _by_load(group)
        rep, why = queues[group]()
        done.append(Assignment(lead_id, rep.rep_id, f"assigned to {rep.name} because {where} and {why}"))
    return done


class _Served:
    """The reps of each territory and region."""

    def __init__(self, reps: Sequence[Rep], territories: Mapping[int, Territory]) -> None:
        self._of_territory: dict[int, list[Rep]] = defaultdict(list)
        self._of_region: dict[int, list[Rep]] = defaultdict(list)
        for rep in sorted(reps, key=lambda rep: rep.rep_id):
            if rep.territory_id is None:
                continue
            self._of_territory[rep.territory_id].append(rep)
            territory = territories.get(rep.territory_id)
            if territory is not None and territory.region_id is not None:
                self._of_region[territory.region_id].append(rep)
        self._known: dict[tuple[int, bool], tuple[tuple[Rep, ...], str]] = {}

    def group(self, territory: Territory, *, given: bool) -> tuple[tuple[Rep, ...], str]:
        """Who serves a territory, none where nobody does, and the first half of the reason."""
        key = (territory.territory_id, given)
        if key not in self._known:
            self._known[key] = self._group(territory, "it was given to" if given else "it lies in")
        return self._known[key]

    def _group(self, territory: Territory, where: str) -> tuple[tuple[Rep, ...], str]:
        own = tuple(self._of_territory.get(territory.territory_id, ()))
        if own:
            return own, f"{where} {territory.name}"
        region = tuple(self._of_region.get(territory.region_id, ())) if territory.region_id is not None else ()
        if region:
            return region, f"{where} {territory.name}, which no rep serves, in the region {territory.region},"
        return (), f"{where} {territory.name}, and no rep serves that or its region"


def _in_turn(group: tuple[Rep, ...]) -> Callable[[], tuple[Rep, str]]:
    if len(group) == 1:
        return lambda: (group[0], "is the only rep there")
    waiting = sorted(group, key=lambda rep: (rep.last_assigned, rep.rep_id))
    why = f"was next in turn of {len(group)} reps"
    place = -1

    def following() -> tuple[Rep, str]:
        nonlocal place
        place = (place + 1) % len(waiting)
        return waiting[place], why

    return following


def _by_load(group: tuple[Rep, ...]) -> Callable[[], tuple[Rep, str]]:
    heap = [(rep.open_leads, rep.rep_id, rep) for rep in group]
    heapq.heapify(heap)

    def lightest() -> tuple[Rep, str]:
        load, rep_id, rep = heap[0]
        heapq.heapreplace(heap, (load + 1, rep_id, rep))
        return rep, "is the only rep there" if len(group) == 1 else f"had the fewest open leads ({load:,}) of {len(group)} reps"

    return lightest
