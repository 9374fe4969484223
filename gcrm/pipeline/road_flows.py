"""Recorded routes matched to the roads: how many pass each edge, by mode and hour."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import shapely

from gcrm.db.connection import Role, driver, transaction
from gcrm.db.load import copy_frame, read_frame
from gcrm.db.queries import queries
from gcrm.errors import LayerError
from gcrm.pipeline.layers.version import Worked, replace_derived
from gcrm.pipeline.roads import current_network, network_in_force
from gcrm.spatial.osm import ATTRIBUTION
from gcrm.spatial.roads.engines import NetworkRoads
from gcrm.spatial.roads.protocol import Mode, Roads
from gcrm.spatial.tracks.road_flows import road_flows
from gcrm.spatial.tracks.thin import THIN_M, THIN_S, thin
from gcrm.units import WGS84

ACCURACY_M = 10.0
"""Standard deviation of recorded positions, where nothing else is said, metres."""


@dataclass(frozen=True)
class MatchedTracks:
    """What became of the routes of a dataset (counts).

    Attributes:
        dataset: its name.
        trips: that are kept.
        on_roads: of them matched to roads, in whole or in part.
        edges: that were passed.
        withheld: flows that readers do not see, of how many.
    """

    dataset: str
    trips: int
    on_roads: int
    edges: int
    withheld: tuple[int, int]

    def __str__(self) -> str:
        hidden, flows = self.withheld
        said = f"{self.dataset}: {self.on_roads:,} of {self.trips:,} trips on {self.edges:,} edges."
        return said + (f" {hidden:,} of {flows:,} flows are of too few people and withheld from readers." if hidden else "")


def match_tracks(dataset: str | None, accuracy_m: float = ACCURACY_M) -> list[MatchedTracks]:
    """Matches recorded routes to the road network in force, and counts the trips that pass each edge, in one transaction.

    Routes that were matched to this network in this way already are left alone; so are the flows of routes that are forgotten.

    Args:
        dataset: whose; of all that are kept if left out.
        accuracy_m: standard deviation of the positions, metres.

    Returns:
        What became of those that were matched now.

    Raises:
        LayerError: the named dataset has no tracks.
        RoadsError: no road network is published yet, or it is damaged.
    """
    with transaction(Role.WRITER) as connection:
        pg, statements = driver(connection), queries("road_flows")
        queries("tracks").forget_withdrawn(pg)
        kept = list(statements.tracks_in_force(pg, dataset=dataset))
        if dataset is not None and not kept:
            raise LayerError(f"There are no tracks named {dataset!r}; they are gone already, or the name is another one.")
        on = NetworkRoads(current_network())
        found = []
        for version, name, made_up in kept:
            how = Worked(sorted([version, network_in_force(pg)]), {"accuracy_m": accuracy_m, "thin_s": THIN_S, "thin_m": THIN_M})
            current = queries("layers").in_force(pg, layer="road_flows", dataset=name)
            if current is None or current[2:] != (list(how.derived_with), dict(how.parameters)):
                found.append(_match(pg, on, name, version, how, accuracy_m, made_up=made_up))
        return found


def _match(pg: psycopg.Connection[Any], on: Roads, dataset: str, version: int, how: Worked, accuracy_m: float, *, made_up: bool) -> MatchedTracks:
    trips = read_frame(pg, queries("road_flows").trips.sql, {"version": version}).rename_axis("trip")
    positions = thin(_positions(trips))
    by_mode = [
        on.match(positions[positions["trip"].isin(rows.index)], Mode(str(mode)), accuracy_m).edges for mode, rows in trips.groupby("mode") if len(positions)
    ]
    passed = pd.concat(by_mode, ignore_index=True) if by_mode else on.match(positions, Mode.CAR).edges
    flows = road_flows(passed, trips)
    shown = flows.groupby("edge")["withheld"].all()
    edges = on.edges(shown.index.to_numpy(dtype=np.int64))
    key = replace_derived(pg, "road_flows", dataset, len(flows), how, attribution=ATTRIBUTION, made_up=made_up)
    statements = queries("road_flows")
    statements.create_stages(pg)
    lines = shapely.to_wkb(shapely.set_srid(edges.geometry.to_numpy(), WGS84), hex=True, include_srid=True)
    rows = pd.DataFrame(edges[["edge", "way_id", "class", "length_m"]])
    copy_frame(pg, "staged_road_flow_edges", rows.assign(layer_version_id=key, withheld=shown.to_numpy(), geom=lines))
    copy_frame(pg, "staged_road_flows", flows.assign(layer_version_id=key, quality="measured"))
    statements.store(pg)
    return MatchedTracks(dataset, len(trips), int(passed["trip"].nunique()), len(edges), (int(flows["withheld"].sum()), len(flows)))


def _positions(trips: pd.DataFrame) -> pd.DataFrame:
    """The positions of trips: trip, recorded_at, longitude, latitude."""
    points, of = shapely.get_coordinates(shapely.from_wkb(trips["geom"].to_numpy()), include_m=True, return_index=True)
    moments = pd.to_datetime(np.round(points[:, 2] * 1000), unit="ms", utc=True)
    return pd.DataFrame({"trip": trips.index.to_numpy()[of], "recorded_at": moments, "longitude": points[:, 0], "latitude": points[:, 1]})
