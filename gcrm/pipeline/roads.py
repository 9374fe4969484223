"""The road network: extracts by dataset become one published version; `Roads` on it, under the conditions in force."""

import filecmp
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd
import psycopg
from sqlalchemy import Connection

from gcrm.config import settings
from gcrm.db.connection import Role, driver, transaction
from gcrm.db.load import copy_frame, read_frame
from gcrm.db.queries import queries
from gcrm.errors import RoadsError
from gcrm.pipeline.layers.version import Worked, replace_derived
from gcrm.spatial.extracts import dataset_name
from gcrm.spatial.osm import ATTRIBUTION
from gcrm.spatial.roads import network, store
from gcrm.spatial.roads.conditions import Conditions
from gcrm.spatial.roads.engines import NetworkRoads
from gcrm.spatial.roads.moment import Moment
from gcrm.spatial.roads.network import Network
from gcrm.spatial.roads.protocol import Basis, Mode
from gcrm.spatial.roads.sensors import SensorSpeeds, ratios

_LAYER, _DATASET = "road_network", "all extracts"


@dataclass(frozen=True)
class Asked:
    """How and when one travels.

    Attributes:
        mode: of travel.
        moment: at which the journeys begin.
    """

    mode: Mode
    moment: Moment

    @classmethod
    def parse(cls, mode: str, at: str | None) -> "Asked":
        """What a person writes.

        Args:
            mode: car, bicycle or foot.
            at: `Tue 08:30` or `2024-05-07 08:30`, in the place's own time; now, in the time zone of the settings, if left out.

        Raises:
            RoadsError: it is none of these.
        """
        if mode not in set(Mode):
            raise RoadsError(f"There is no mode {mode!r}; there are {', '.join(Mode)}.")
        return cls(Mode(mode), Moment.parse(at) if at else Moment.of(datetime.now(ZoneInfo(settings().time_zone))))


def told_of(basis: Basis) -> dict[str, str | int]:
    """What an answer holds for, as it stands beside each row of it: mode, at, network, conditions."""
    return {"mode": str(basis.mode), "at": str(basis.moment), "network": basis.network, "conditions": basis.conditions}


def add_extract(connection: Connection, path: Path, dataset: str | None) -> Network:
    """Puts an extract in the place of the one of its dataset, and publishes the network of all of them as the version of the layer that is in force.

    Args:
        connection: the transaction in which the roads of the extract became the layer in force.
        path: an .osm.pbf file; its roads are in no other dataset.
        dataset: its name; from the file's name if left out.

    Returns:
        The network of all extracts; the same extracts make no new one.

    Raises:
        RoadsError: it cannot be read, or holds no road; the network stays as it was.
    """
    kept = settings().roads / "extracts"
    kept.mkdir(parents=True, exist_ok=True)
    target = kept / f"{dataset or dataset_name(path)}.osm.pbf"
    # The same file under another name would put every road there twice.
    others = sorted(extract for extract in kept.glob("*.osm.pbf") if extract != target and not filecmp.cmp(extract, path, shallow=False))
    made, new = store.publish(settings().roads, [path, *others])
    if new or not target.is_file():
        waiting = target.with_suffix(".new")
        shutil.copyfile(path, waiting)
        waiting.replace(target)
    _register(connection, made)
    return made


def _register(connection: Connection, made: Network) -> None:
    """Says in the database which network is in force; what is said already is left alone."""
    pg = driver(connection)
    told = network.manifest(made.folder)
    how = Worked(
        derived_with=queries("layers").keys_in_force(pg, layers=["roads"]),
        parameters={"network": made.name, "digest": told["digest"], "extracts": told["extracts"]},
    )
    current = queries("layers").in_force(pg, layer=_LAYER, dataset=_DATASET)
    if current is not None and current[2:] == (list(how.derived_with), dict(how.parameters)):
        return
    key = replace_derived(pg, _LAYER, _DATASET, len(made.edges), how, attribution=ATTRIBUTION)
    length_km = made.edges["length_m"].to_numpy() / 1000
    rows = [
        (str(mode), int(usable.sum()), int(graph.connected.sum()), float(length_km[usable].sum()))
        for mode, graph in made.graphs.items()
        for usable in [graph.arcs.state >= 0]
    ]
    frame = pd.DataFrame(rows, columns=["mode", "edges", "connected_edges", "length_km"])
    copy_frame(pg, "road_network", frame.assign(layer_version_id=key))


def network_in_force(pg: psycopg.Connection[Any]) -> int:
    """The version of the layer that names the network in force.

    Args:
        pg: a connection.

    Raises:
        RoadsError: none is published yet.
    """
    current = queries("layers").in_force(pg, layer=_LAYER, dataset=_DATASET)
    if current is None:
        raise RoadsError("No road network is published yet; load an extract with `gcrm load osm FILE`.")
    return int(current[0])


def current_network() -> Network:
    """The network that is published.

    Raises:
        RoadsError: none is published yet, or it is damaged.
    """
    version = store.current(settings().roads)
    if version is None:
        raise RoadsError("No road network is published yet; load an extract with `gcrm load osm FILE`.")
    return network.load(version)


def roads() -> NetworkRoads:
    """Roads on the network that is published, under the conditions in force now.

    Raises:
        RoadsError: no network is published yet, or it is damaged.
        DatabaseError: the database cannot be reached.
    """
    on = current_network()
    with transaction(Role.READER) as connection:
        return NetworkRoads(on, _conditions(connection, on))


def _conditions(connection: Connection, on: Network) -> Conditions:
    statements, pg = queries("roads"), driver(connection)
    rows = gpd.read_postgis(statements.conditions.sql, connection, geom_col="geometry")
    sensors, speeds = read_frame(pg, statements.sensors.sql), read_frame(pg, statements.sensor_speeds.sql)
    spread = []
    for key, placed in sensors.groupby("layer_version_id", sort=False):
        own = placed.reset_index(drop=True)
        spread.append(SensorSpeeds(own, ratios(own, speeds[speeds["layer_version_id"] == key])))
    return Conditions(statements.conditions_version(pg), rows, on, tuple(spread))


@dataclass(frozen=True)
class InForce:
    """Conditions in force.

    Attributes:
        version: key of the version of the layer.
        layer: road_conditions or speed_sensors.
        dataset: its name.
        count: of conditions, or of sensors.
        made_up: whether they are invented.
    """

    version: int
    layer: str
    dataset: str
    count: int
    made_up: bool


def conditions_in_force() -> list[InForce]:
    """The sets of conditions in force, in the order of their loading.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    with transaction(Role.READER) as connection:
        return [InForce(*row) for row in queries("roads").conditions_in_force(driver(connection)) if row[3]]
