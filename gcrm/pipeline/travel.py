"""Minutes by road from accounts to the sites in force, under the road conditions in force."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import pandas as pd
import psycopg
from sqlalchemy import Connection

from gcrm.db.connection import driver
from gcrm.db.load import read_frame
from gcrm.db.queries import queries
from gcrm.pipeline.layers.sites import COMPETITORS, SITES
from gcrm.pipeline.roads import roads
from gcrm.spatial.near_by_road import count_within, soonest
from gcrm.spatial.roads.conditions import holds
from gcrm.spatial.roads.engines import NetworkRoads
from gcrm.spatial.roads.moment import Moment
from gcrm.spatial.roads.protocol import Mode

_STAMP_BYTES = 8
"""Of a bigint."""


@dataclass(frozen=True)
class _Chosen:
    """The sites of a layer (site_key, points in EPSG:4326), when one travels to them, and within how many minutes they count."""

    sites: gpd.GeoDataFrame
    moment: Moment
    within_minutes: float | None


class Travel:
    """Tells minutes by road; the network is read when they are first asked for.

    Args:
        connection: a transaction of the writer, in which the sites in force are read.
    """

    def __init__(self, connection: Connection) -> None:
        self._chosen = {layer: chosen for layer in (SITES, COMPETITORS) if (chosen := _chosen(connection, layer)) is not None}
        self._has_network: bool = queries("roads").has_network(driver(connection))

    def site_minutes(self, points: gpd.GeoSeries) -> pd.DataFrame:
        """The sites of one's own that are soonest reached.

        Args:
            points: EPSG:4326.

        Returns:
            On the points' index: site_drive_key, site_drive_minutes, site_walk_key, site_walk_minutes; missing where there is no way, no network, or no site.

        Raises:
            RoadsError: the network is damaged.
        """
        columns = ["site_drive_key", "site_drive_minutes", "site_walk_key", "site_walk_minutes"]
        chosen = self._chosen.get(SITES)
        if chosen is None or not self._has_network:
            return pd.DataFrame(None, index=points.index, columns=columns)
        found = [soonest(points, chosen.sites, self._roads, mode, chosen.moment) for mode in (Mode.CAR, Mode.FOOT)]
        return pd.concat(found, axis=1).set_axis(columns, axis=1)

    def competitors(self, points: gpd.GeoSeries) -> pd.DataFrame:
        """How many competitors are near.

        Args:
            points: EPSG:4326.

        Returns:
            On the points' index: competitors_near (Int64); missing where no road is near, and without a network or competitors.

        Raises:
            RoadsError: the network is damaged.
        """
        chosen = self._chosen.get(COMPETITORS)
        if chosen is None or chosen.within_minutes is None or not self._has_network:
            return pd.DataFrame({"competitors_near": pd.array([pd.NA] * len(points), dtype="Int64")}, index=points.index)
        return pd.DataFrame({"competitors_near": count_within(points, chosen.sites, self._roads, chosen.within_minutes, chosen.moment)})

    @cached_property
    def _roads(self) -> NetworkRoads:
        return roads()


def conditions_stamp(connection: psycopg.Connection[Any]) -> int:
    """A checksum of the dated conditions that hold when one travels to the sites in force; it changes on the day on which one of them begins or ends.

    Args:
        connection: a transaction.

    Returns:
        0 where none holds.
    """
    chosen = [found for layer in (SITES, COMPETITORS) if (found := queries("sites").chosen(connection, layer=layer)) is not None]
    dated = read_frame(connection, queries("roads").dated_conditions.sql)
    moments = [Moment.parse(told["at"]) for _, told in chosen]
    keys = [(str(moment), row.layer_version_id, row.feature_number) for moment in moments for row in dated.itertuples() if holds(row, moment)]
    return int.from_bytes(hashlib.sha256(repr(keys).encode()).digest()[:_STAMP_BYTES], signed=True) if keys else 0


def _chosen(connection: Connection, layer: str) -> _Chosen | None:
    statements = queries("sites")
    version = statements.chosen(driver(connection), layer=layer)
    if version is None:
        return None
    key, told = version
    sites = gpd.read_postgis(statements.of_version.sql, connection, params={"version": key}, geom_col="geom")
    return _Chosen(sites, Moment.parse(told["at"]), told["within_min"])
