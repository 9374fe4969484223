"""Speeds that road sensors measure: by hour and weekday, spread to the roads around, with the error of that."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.neighbors import BallTree

from gcrm.errors import LayerError
from gcrm.spatial.roads.moment import Moment
from gcrm.spatial.roads.network import Network
from gcrm.spatial.roads.protocol import Mode
from gcrm.spatial.roads.snapping import Snapper

HOURS = 168
"""Of a week: 24 times the weekday (Monday is 0) plus the hour."""
_KMH = {"km/h": 1.0, "mph": 1.609344}
_FREE_QUANTILE = 0.85
_NEIGHBOURS, _REACH_M, _NEAREST_M = 16, 2_000.0, 50.0
"""Chosen by what predicts held-out sensors of METR-LA best; nearer than the last one distance tells nothing more."""
_ON_ROAD_M = 50.0
_EARTH_M = 6_371_008.8
_RUSH = [24 * day + hour for day in range(5) for hour in (7, 8, 16, 17)]


@dataclass(frozen=True)
class Readings:
    """What sensors measured, and what of it counts.

    Attributes:
        sensors: index sensor_key: free_kmh (85th percentile of its readings), readings and missing (counts).
        silent: keys of the sensors without one that counts.
        speeds: sensor_key, weekday (1 is Monday), hour, speed_kmh (harmonic mean, which takes the mean time of the readings: Wardrop 1952,
            doi:10.1680/ipeds.1952.11259), readings; no row where nothing was measured.
    """

    sensors: pd.DataFrame
    silent: list[str]
    speeds: pd.DataFrame


def readings(raw: pd.DataFrame, start: datetime, step: timedelta, unit: Literal["km/h", "mph"], file_name: str) -> Readings:
    """Speeds by hour and weekday of a table with a column for each sensor and a row for each step of time.

    Zeros are outages: a sensor that fails reports them, and so would a road on which nobody moved for the whole step, which nothing tells apart.

    Args:
        raw: text, index `row_number`; the column's name is the sensor's key.
        start: of the first step, in the place's own time.
        step: from one row to the next.
        unit: of the speeds.
        file_name: named in errors.

    Raises:
        LayerError: a speed cannot be read, or none is above 0.
    """
    speed = raw.apply(pd.to_numeric, errors="coerce").to_numpy(dtype=np.float64) * _KMH[unit]
    wrong = (np.isnan(speed) & (raw != "").to_numpy()) | (speed < 0)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise LayerError(f"{file_name}, row {raw.index[row]}, column {raw.columns[column]}: {raw.iloc[row, column]!r} is no speed; mend it, or leave it empty.")
    speed[speed == 0] = np.nan
    known = np.isfinite(speed)
    if not known.any():
        raise LayerError(f"{file_name} has no speed above 0; it needs a column for each sensor and a row for each step of time.")
    times = pd.date_range(start, periods=len(raw), freq=step)
    week = (24 * times.day_of_week + times.hour).to_numpy()
    slowness, counts = np.zeros((HOURS, raw.shape[1])), np.zeros((HOURS, raw.shape[1]), dtype=np.int64)
    np.add.at(slowness, week, np.where(known, 1 / np.where(known, speed, 1), 0))
    np.add.at(counts, week, known)
    hour, sensor = np.nonzero(counts)
    keys = raw.columns.to_numpy()
    count = counts[hour, sensor]
    named = {"sensor_key": keys[sensor], "weekday": hour // 24 + 1, "hour": hour % 24}
    speeds = pd.DataFrame({**named, "speed_kmh": count / slowness[hour, sensor], "readings": count})
    used = known.any(axis=0)
    free = np.nanquantile(speed[:, used], _FREE_QUANTILE, axis=0)
    sensors = pd.DataFrame({"free_kmh": free, "readings": known[:, used].sum(axis=0), "missing": (~known[:, used]).sum(axis=0)}, index=keys[used])
    return Readings(sensors.rename_axis("sensor_key"), keys[~used].tolist(), speeds)


def ratios(sensors: pd.DataFrame, speeds: pd.DataFrame) -> NDArray[np.float64]:
    """Speed over free speed, shape (sensors, HOURS); NaN where nothing was measured.

    Args:
        sensors: sensor_key, free_kmh.
        speeds: as in `Readings`.
    """
    found = np.full((len(sensors), HOURS), np.nan)
    row = pd.Index(sensors["sensor_key"]).get_indexer(speeds["sensor_key"])
    column = (24 * (speeds["weekday"].astype(int) - 1) + speeds["hour"].astype(int)).to_numpy()
    found[row, column] = speeds["speed_kmh"].to_numpy() / sensors["free_kmh"].to_numpy()[row]
    return found


@dataclass(frozen=True)
class HeldOut:
    """How well each sensor is told by the others around it, its own free speed known (as that of a road is from the network).

    Attributes:
        by_sensor_kmh: mean absolute error of each sensor; NaN where none is near.
        error_kmh: mean absolute error over sensors and hours.
        median_kmh: median of the absolute error.
        rush_error_kmh: mean absolute error from Monday to Friday at 7, 8, 16 and 17.
        plain_error_kmh: mean absolute error where all sensors are taken to have the mean ratio of the hour: what the neighbours have to beat.
        plain_rush_error_kmh: the same in the rush hours.
        told: share of sensors and hours that neighbours tell anything of, 0 to 1.
    """

    by_sensor_kmh: NDArray[np.float64]
    error_kmh: float
    median_kmh: float
    rush_error_kmh: float
    plain_error_kmh: float
    plain_rush_error_kmh: float
    told: float


def held_out(sensors: pd.DataFrame, ratio: NDArray[np.float64]) -> HeldOut | None:
    """Each sensor predicted from its neighbours, leaving itself out; None where no sensor has another near.

    Args:
        sensors: longitude, latitude, free_kmh.
        ratio: see `ratios`.
    """
    free, known = sensors["free_kmh"].to_numpy()[:, None], np.isfinite(ratio)
    others = known.sum(axis=0) - known
    mean_of_others = np.divide(np.nansum(ratio, axis=0) - np.nan_to_num(ratio), others, out=np.full(ratio.shape, np.nan), where=others > 0)
    errors = np.abs(_mixed(_weights(sensors, sensors, own=False), ratio) - ratio) * free
    if not np.isfinite(errors).any():
        return None
    plain = np.where(np.isfinite(errors), np.abs(mean_of_others - ratio) * free, np.nan)
    means = [_mean(each) for each in (errors, errors[:, _RUSH], plain, plain[:, _RUSH])]
    by_sensor = np.array([_mean(row) for row in errors])
    return HeldOut(by_sensor, means[0], float(np.nanmedian(errors)), means[1], means[2], means[3], float(np.isfinite(errors).sum() / known.sum()))


def _mean(values: NDArray[np.float64]) -> float:
    """The mean of what is known; NaN where nothing is."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def _weights(places: pd.DataFrame, sensors: pd.DataFrame, *, own: bool) -> csr_array:
    """Of each sensor for each place: one over the distance, for the nearest within reach. A place that is the sensor itself has none where `own` is false."""
    tree = BallTree(np.radians(sensors[["latitude", "longitude"]].to_numpy(dtype=np.float64)), metric="haversine")
    asked = min(_NEIGHBOURS + (not own), len(sensors))
    distance, nearest = tree.query(np.radians(places[["latitude", "longitude"]].to_numpy(dtype=np.float64)), k=asked)
    distance = distance * _EARTH_M
    near = distance <= _REACH_M
    if not own:
        near &= nearest != np.arange(len(places))[:, None]
    row, column = np.nonzero(near)
    weight = 1 / np.maximum(distance[row, column], _NEAREST_M)
    return csr_array((weight, (row, nearest[row, column])), shape=(len(places), len(sensors)))


def _mixed(weights: csr_array, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weighted means of what is known; NaN where nothing is."""
    known = np.isfinite(values)
    total = weights @ known.astype(np.float64)
    mean: NDArray[np.float64] = np.divide(weights @ np.where(known, values, 0), total, out=np.full(total.shape, np.nan), where=total > 0)
    return mean


@dataclass(frozen=True, eq=False)
class SensorSpeeds:
    """Speeds of sensors, spread to edges (`gcrm.spatial.roads.conditions.Speeds`).

    A road gets its own speed times the ratio of speed to free speed at the sensors around it, those on roads of its class: a jam on a motorway
    says nothing of the streets beside it.

    Attributes:
        sensors: sensor_key, longitude, latitude, free_kmh.
        ratio: see `ratios`.
    """

    sensors: pd.DataFrame
    ratio: NDArray[np.float64]
    _spread: dict[str, tuple[NDArray[np.int64], csr_array]] = field(default_factory=dict)

    def at(self, network: Network, moment: Moment) -> NDArray[np.float64]:
        """By edge, kilometres per hour; NaN where nothing is known."""
        if network.name not in self._spread:
            self._spread[network.name] = self._around(network)
        edges, weights = self._spread[network.name]
        found = np.full(len(network.edges), np.nan)
        normal = network.edges["speed_kmh"].to_numpy()[edges].astype(np.float64)
        found[edges] = normal * _mixed(weights, self.ratio[:, 24 * moment.weekday + moment.hour])
        return found

    def _around(self, network: Network) -> tuple[NDArray[np.int64], csr_array]:
        """Edges that sensors tell of, and the weights of the sensors for them."""
        placed = Snapper.of(network, Mode.CAR).snap(self.sensors[["longitude", "latitude"]].to_numpy(dtype=np.float64), _ON_ROAD_M)
        on = np.flatnonzero(placed.edge >= 0)
        classes = network.edges["classification"].to_numpy()
        of_sensor = classes[network.positions(placed.edge[on])]
        drivable = network.graphs[Mode.CAR].arcs.state >= 0
        edges, parts = [np.zeros(0, dtype=np.int64)], [(np.zeros(0), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))]
        for each in np.unique(of_sensor):
            roads, standing = np.flatnonzero(drivable & (classes == each)), on[of_sensor == each]
            weights = _weights(network.middles(roads), self.sensors.iloc[standing], own=True).tocoo()
            told = sum(len(part) for part in edges)
            parts.append((weights.data, weights.row + told, standing[weights.col]))
            edges.append(roads)
        data, row, column = (np.concatenate([part[place] for part in parts]) for place in range(3))
        every = np.concatenate(edges)
        return every, csr_array((data, (row, column)), shape=(len(every), len(self.sensors)))
