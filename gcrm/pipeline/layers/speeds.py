"""Speeds of road sensors: by hour and weekday, as road conditions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection

from gcrm.db.connection import Role, driver, transaction
from gcrm.db.load import copy_frame
from gcrm.errors import LayerError
from gcrm.frames import SENSORS
from gcrm.ingest.clean import clean
from gcrm.ingest.source import open_source
from gcrm.pipeline.layers.version import Version, Worked, own_attribution, read_records
from gcrm.progress import Advance
from gcrm.spatial.roads.sensors import HeldOut, held_out, ratios, readings
from gcrm.units import WGS84


@dataclass(frozen=True)
class Recorded:
    """How a table of speeds was recorded.

    Attributes:
        start: of the first row, in the place's own time.
        step: from one row to the next.
        unit: of the speeds.
    """

    start: datetime
    step: timedelta
    unit: Literal["km/h", "mph"]


@dataclass(frozen=True)
class LoadedSpeeds:
    """What became of a table of speeds.

    Attributes:
        sensors: how many are stored, each with a position and a speed.
        hours: rows by sensor, weekday and hour.
        missing: share of their readings that are missing, 0 to 1.
        silent: keys of the sensors that are left out, since they measured nothing.
        without_position: keys of the sensors that are left out, since the file of positions does not have them.
        held_out: how well sensors are told by those around them; None where there is only one, or none has another near.
    """

    sensors: int
    hours: int
    missing: float
    silent: list[str]
    without_position: list[str]
    held_out: HeldOut | None


def load_speeds(path: Path, positions: Path, dataset: str | None, recorded: Recorded, advance: Advance, *, made_up: bool = False) -> LoadedSpeeds | None:
    """Loads what sensors measured in the place of the speeds of the dataset.

    Args:
        path: a table with a column for each sensor, headed by its key, and a row for each step of time.
        positions: file of sensors: sensor_key, longitude, latitude, or points.
        dataset: its name; the file's name without ending if left out.
        recorded: how it was recorded.
        advance: told how many rows are stored.
        made_up: whether they are invented.

    Returns:
        What became of it; None where these very files are loaded already.

    Raises:
        ReadError, MappingError: a file cannot be read.
        LayerError: a speed is none, or no sensor has a position and a speed.
    """
    how = Worked(parameters={"start": recorded.start.isoformat(), "step_min": recorded.step / timedelta(minutes=1), "unit": recorded.unit})
    with transaction(Role.WRITER) as connection:
        version = Version(connection, path, dataset or path.stem, beside=[positions])
        if version.holds("speed_sensors", how):
            return None
        measured = readings(read_records(path), recorded.start, recorded.step, recorded.unit, path.name)
        sensors = measured.sensors.join(_positions(positions), how="left").reset_index()
        placed = sensors.dropna(subset=["longitude", "latitude"]).reset_index(drop=True)
        if placed.empty:
            raise LayerError(f"No sensor of {path.name} is in {positions.name}; its column sensor_key must name the columns of the speeds.")
        speeds = measured.speeds[measured.speeds["sensor_key"].isin(placed["sensor_key"])]
        error = held_out(placed, ratios(placed, speeds))
        key = version.replace("speed_sensors", len(placed), own_attribution(made_up=made_up), made_up=made_up, how=how)
        _store(connection, key, placed.assign(held_out_error_kmh=error.by_sensor_kmh if error else np.nan), speeds)
        advance(len(speeds))
        lost = sorted(set(sensors["sensor_key"]) - set(placed["sensor_key"]))
        return LoadedSpeeds(len(placed), len(speeds), _missing(placed), measured.silent, lost, error)


def _positions(path: Path) -> pd.DataFrame:
    source = open_source(path, SENSORS)
    source.check()
    found = pd.concat([clean(source.mapping.apply(chunk, SENSORS), SENSORS, source.mapping).records for chunk in source.chunks()])
    twice = found["sensor_key"][found["sensor_key"].duplicated()]
    if len(twice):
        raise LayerError(f"{path.name} has the sensor {twice.iloc[0]!r} twice; leave one of its rows.")
    return found.set_index("sensor_key")[["longitude", "latitude"]]


def _missing(sensors: pd.DataFrame) -> float:
    counts = sensors[["readings", "missing"]].sum()
    return float(counts["missing"] / counts.sum())


def _store(connection: Connection, key: int, sensors: pd.DataFrame, speeds: pd.DataFrame) -> None:
    pg = driver(connection)
    points = shapely.points(sensors["longitude"].to_numpy(dtype=float), sensors["latitude"].to_numpy(dtype=float))
    places = shapely.to_wkb(shapely.set_srid(points, WGS84), hex=True, include_srid=True)
    rows = sensors[["sensor_key", "free_kmh", "readings", "missing", "held_out_error_kmh"]].assign(position=places, layer_version_id=key)
    copy_frame(pg, "speed_sensors", rows)
    copy_frame(pg, "sensor_speeds", speeds.assign(layer_version_id=key))
