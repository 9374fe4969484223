"""Footfall between counters: a model whose error is known, since each counter was left out in turn."""

from dataclasses import dataclass

import h3.api.basic_int as h3
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gcrm.spatial.cell_shapes import middles
from gcrm.spatial.measures import haversine_m
from gcrm.units import FINEST_LEVEL

POWERS = (0.0, 0.5, 1.0, 2.0, 3.0)
"""Powers of the distance that are tried; 0 gives every cell the geometric mean of all counters."""

_FEWEST = 3
_CELL_EDGE_M = 75.0
"""Mean edge of an H3 cell of level 10 (https://h3geo.org/docs/core-library/restable), below which distances do not differ."""


@dataclass(frozen=True)
class Model:
    """How cells without a counter were modelled, and how wrong that is.

    Attributes:
        power: of the distance by which a counter loses weight.
        reach_m: cells further from every counter stay missing.
        sensors: cells with a counter.
        spacing_m: median distance from a counter to the nearest other one: the error holds at that distance.
        median_error_share: median of |modelled - measured| / measured, each counter left out in turn.
        error_factor: root mean square error of the logarithm, as a factor.
        baseline_error_share: the same median where every cell is given the geometric mean of the others.
        baseline_factor: the same factor for that.
    """

    power: float
    reach_m: float
    sensors: int
    spacing_m: float
    median_error_share: float
    error_factor: float
    baseline_error_share: float
    baseline_factor: float


def between(measured: pd.DataFrame, reach_m: float) -> tuple[Model, pd.DataFrame] | None:
    """People per hour in the cells around counters, by inverse distance weighting of the logarithms (Shepard 1968, doi:10.1145/800186.810616).

    Distances are straight lines between the middles of cells. The power is the one with the smallest error, each counter left out in turn (leave-one-out
    cross-validation; Stone 1974, doi:10.1111/j.2517-6161.1974.tb00994.x); it may be 0, where distance tells nothing. Counts of 0 do not take part.

    Args:
        measured: as from `gcrm.spatial.footfall.counters.profile`.
        reach_m: how far from a counter cells are modelled, metres.

    Returns:
        The model; and cell (int64, H3 level 10), weekday, hour, people_per_hour of the cells within reach that have no counter. None with fewer than three
        counters: an error cannot be told then.
    """
    slots = measured[measured["people_per_hour"] > 0].assign(hour=measured["hour"].fillna(-1))
    slots["people_per_hour"] = np.log(slots["people_per_hour"])
    logs = slots.pivot_table(index="cell", columns=["weekday", "hour"], values="people_per_hour")
    if len(logs) < _FEWEST:
        return None
    cells, values = logs.index.to_numpy(np.int64), logs.to_numpy(float)
    here = middles(cells)
    apart = haversine_m(here[:, None], here)
    errors = {power: _errors(values, apart, power) for power in POWERS}
    power = min(POWERS, key=lambda each: float(np.mean(errors[each] ** 2)))
    around = _around(cells, reach_m)
    modelled = np.exp(_weighted(values, haversine_m(middles(around)[:, None], here), power))
    table = pd.DataFrame(modelled, index=pd.Index(around, name="cell"), columns=logs.columns)
    found = table.melt(ignore_index=False, value_name="people_per_hour").dropna(subset="people_per_hour").reset_index()
    found["hour"] = found["hour"].astype("Int16").mask(found["hour"] < 0)
    spacing = float(np.median(np.where(np.eye(len(cells), dtype=bool), np.inf, apart).min(axis=1)))
    stated = [(float(np.median(np.abs(np.expm1(errors[each])))), float(np.exp(np.sqrt(np.mean(errors[each] ** 2))))) for each in (power, 0.0)]
    return Model(power, reach_m, len(cells), spacing, *stated[0], *stated[1]), found


def _weighted(values: NDArray[np.float64], distances: NDArray[np.float64], power: float) -> NDArray[np.float64]:
    """Mean of the known values of each slot of the week, shape (places, slots); NaN where no other counter knows it."""
    with np.errstate(divide="ignore"):
        weights = np.where(np.isinf(distances), 0.0, np.maximum(distances, _CELL_EDGE_M) ** -power)
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.asarray((weights @ np.where(known, values, 0.0)) / (weights @ known))


def _errors(values: NDArray[np.float64], apart: NDArray[np.float64], power: float) -> NDArray[np.float64]:
    """Logarithm of modelled over measured for each figure of each counter, when that counter is left out."""
    others = np.where(np.eye(len(values), dtype=bool), np.inf, apart)
    errors = _weighted(values, others, power) - values
    return np.asarray(errors[~np.isnan(errors)])


def _around(cells: NDArray[np.int64], reach_m: float) -> NDArray[np.int64]:
    """The cells whose middle is within reach of that of a counter, without those of the counters."""
    rings = int(np.ceil(reach_m / h3.average_hexagon_edge_length(FINEST_LEVEL, unit="m"))) + 1
    disks = {each for cell in cells.tolist() for each in h3.grid_disk(cell, rings)}
    near = np.array(sorted(disks - set(cells.tolist())), dtype=np.int64)
    distance = haversine_m(middles(near)[:, None], middles(cells)).min(axis=1)
    return near[distance <= reach_m]
