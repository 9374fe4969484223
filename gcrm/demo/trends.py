"""Where demand declines and where it grows."""

from dataclasses import dataclass

import h3
import numpy as np
from numpy.typing import NDArray

from gcrm.demo import structure
from gcrm.demo.city import Floats
from gcrm.demo.places import Places
from gcrm.demo.territories import cells_at

_COARSE, _FINE = 8, 9
_ENOUGH_CELLS = 24
_ROLES = ("declines", "declines", "grows")


@dataclass(frozen=True)
class Trends:
    """Areas whose demand changes from month to month.

    Attributes:
        level: H3 level of the areas.
        cells: the areas, as H3 hex strings, with their role: declines or grows.
        factor_of_place: what demand is multiplied by each month, for each place; 1 outside the areas.
    """

    level: int
    cells: tuple[tuple[str, str], ...]
    factor_of_place: Floats

    @property
    def declining(self) -> NDArray[np.bool_]:
        """True for the places in areas that decline."""
        return self.factor_of_place < 1


def plan_trends(places: Places, demand: Floats) -> Trends:
    """Makes two of the areas with the most demand decline and one grow; no two of them are neighbours.

    Args:
        places: the places of the city.
        demand: what is ordered from each, in any unit.
    """
    level = _COARSE if len(np.unique(cells_at(places.degrees, _COARSE))) >= _ENOUGH_CELLS else _FINE
    cells, of_place = np.unique(cells_at(places.degrees, level), return_inverse=True)
    total = np.bincount(of_place, weights=demand, minlength=len(cells)).round(9)
    taken: list[str] = []
    factor = np.ones(len(places))
    for position in np.argsort(-total, kind="stable"):
        cell = h3.int_to_str(int(cells[position]))
        # The company as a whole must go on: the areas leave at least as many others alone.
        if len(taken) == min(len(_ROLES), len(cells) // 2):
            break
        if all(h3.grid_distance(cell, other) > 1 for other in taken):
            factor[of_place == position] = structure.GROWTH_PER_MONTH if _ROLES[len(taken)] == "grows" else structure.DECLINE_PER_MONTH
            taken.append(cell)
    return Trends(level, tuple(zip(taken, _ROLES, strict=False)), factor)
