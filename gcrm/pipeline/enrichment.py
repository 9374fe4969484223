"""Enrichment: accounts that have a position are joined with what surrounds them; only what changed is joined anew."""

from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import psycopg
import shapely
from numpy.typing import NDArray
from psycopg.rows import TupleRow
from sqlalchemy import Connection

from gcrm.db.connection import Role, connect, driver, transaction
from gcrm.db.load import copy_frame, keys_array, read_frame, read_frame_by_copy
from gcrm.db.queries import queries
from gcrm.pipeline.ahead import ahead
from gcrm.pipeline.layers.sites import renew_sites
from gcrm.pipeline.layers.thematic import assign_themes
from gcrm.pipeline.trade_areas.members import Assigned, assign_outdated_cells, assigned, members_of, store_assigned
from gcrm.pipeline.travel import Travel, conditions_stamp
from gcrm.progress import Advance
from gcrm.spatial.cells import parent
from gcrm.spatial.near import box_around, covering
from gcrm.spatial.surroundings import COLUMNS, LAYERS, PARTS, ROAD_LAYERS, ROAD_LIMIT_M, surroundings
from gcrm.spatial.trade_areas.members import Members
from gcrm.units import LEVELS, WGS84

_CHUNK_ROWS = 50_000
_BY_CELL = ("footfall", "cell_buildings", "cell_residence")
_WHOLE_NUMBERS = ("competitors_near", "passing_trips")
_TRADE_AREAS, _CONDITIONS = "trade_areas", "road_conditions"


@dataclass(frozen=True)
class _Now:
    """What surroundings are derived from at the moment.

    Attributes:
        versions: of layers, ascending.
        territories: a checksum of their boundaries.
        conditions: a checksum of the dated road conditions that hold.
        travel: minutes by road to the sites in force.
    """

    versions: list[int]
    territories: int
    conditions: int
    travel: Travel

    @property
    def stamps(self) -> dict[str, Any]:
        """What a row holds for, as the statements take it."""
        return {"versions": self.versions, "territories": self.territories, "conditions": self.conditions}


@dataclass(frozen=True)
class _Derived:
    """What was found around some accounts.

    Attributes:
        surroundings: columns of gcrm.account_surroundings by account_id; longitude and latitude (degrees, EPSG:4326) are those it was derived for.
        assigned: the trading areas that they lie in, of each set that they were not compared with yet.
    """

    surroundings: pd.DataFrame
    assigned: list[Assigned]


def count_stale() -> int:
    """How many accounts are to be joined: new or moved ones, and those that a layer or a territory changed for."""
    with transaction(Role.WRITER) as connection:
        now = _now(connection)
        count: int = queries("enrich").count_stale(driver(connection), **now.stamps)
        return count


def enrich_accounts(advance: Advance) -> int:
    """Joins accounts with their surroundings, their territory and their trading areas, as far as something changed; a chunk is a transaction.

    Of an account that stayed where it is, only the parts whose layers have a new version are derived again.

    Args:
        advance: told how many accounts are done.

    Returns:
        Accounts whose surroundings were derived.

    Raises:
        RoadsError: minutes by road are to be told, and the network is damaged.
    """
    statements = queries("enrich")
    with transaction(Role.WRITER) as connection:
        pg = driver(connection)
        now = _now(connection)
        statements.forget_unplaced(pg)
        territories = gpd.read_postgis(statements.territories.sql, connection, geom_col="geom")
        stale = np.array([account for (account,) in statements.stale(pg, **now.stamps)], dtype=np.int64)
    chunks = (stale[start : start + _CHUNK_ROWS] for start in range(0, len(stale), _CHUNK_ROWS))
    areas: dict[int, Members] = {}
    # A chunk is derived while the one before it is written; whoever moves in between is found stale by the next run.
    with closing(ahead((_derived(part, now, territories, areas) for part in chunks), most=1)) as all_derived:
        for derived in all_derived:
            with transaction(Role.WRITER) as connection:
                _store(connection, derived, now)
            advance(len(derived.surroundings))
    with connect(Role.WRITER) as connection:
        queries("imports").derive(connection)
        statements.store_territories(connection)
    assign_outdated_cells()
    with transaction(Role.WRITER) as connection:
        assign_themes(connection, lambda _more: None)
    return len(stale)


def versions_in_force(connection: psycopg.Connection[Any]) -> list[int]:
    """The versions of layers that surroundings are derived from at the moment, ascending; those of roads matter where there are sites to travel to.

    Args:
        connection: a transaction.
    """
    with_roads = queries("sites").are_chosen(connection)
    layers = [layer for layer in (*LAYERS, _TRADE_AREAS) if with_roads or layer not in ROAD_LAYERS]
    found: list[int] = queries("enrich").versions(connection, layers=layers)
    return found


def _now(connection: Connection) -> _Now:
    pg = driver(connection)
    renew_sites(connection)
    return _Now(versions_in_force(pg), queries("enrich").territories_stamp(pg), conditions_stamp(pg), Travel(connection))


def _derived(accounts: NDArray[np.int64], now: _Now, territories: gpd.GeoDataFrame, areas: dict[int, Members]) -> _Derived:
    """What is around some accounts; `areas` keeps the sets of trading areas by version for the next ones."""
    with transaction(Role.WRITER) as connection:
        pg = driver(connection)
        asked = {"accounts": keys_array(accounts), "territories": now.territories, "conditions": now.conditions}
        placed = read_frame_by_copy(pg, queries("enrich").placed.sql, asked).set_index("account_id")
        points = gpd.GeoSeries(gpd.points_from_xy(placed["longitude"], placed["latitude"]), index=placed.index, crs=WGS84)
        told, assignments = [], []
        for (held, conditions_hold), some in placed.groupby(["held_versions", "conditions_hold"], dropna=False):
            here, known = points[some.index], some[list(COLUMNS)].astype(dict.fromkeys(_WHOLE_NUMBERS, "Int64"))
            changed = _changed(pg, held if isinstance(held, str) else None, now.versions)
            layers = {*changed.values(), *(() if conditions_hold == "t" else (_CONDITIONS,))}
            parts = [name for name, part in PARTS.items() if not isinstance(held, str) or layers.intersection(part.layers)]
            tables = _tables(connection, here, some["cell"], parts, now.travel)
            told.append(known.assign(**surroundings(here, some["cell"], tables, parts)))
            for version in (version for version, layer in changed.items() if layer == _TRADE_AREAS and version in now.versions):
                if version not in areas:
                    areas[version] = members_of(connection, version)
                assignments.append(assigned(version, areas[version], some.index.to_numpy(dtype=np.int64), shapely.get_coordinates(here)))
    territory = placed["covering_territory_id"].astype("Int64")
    moved = placed.index[placed["territory_holds"] != "t"]
    territory.loc[moved] = covering(points[moved], territories, "territory_id").astype("Int64")
    around = (pd.concat(told) if told else placed[list(COLUMNS)]).assign(covering_territory_id=territory, longitude=points.x, latitude=points.y)
    return _Derived(around, assignments)


def _store(connection: Connection, derived: _Derived, now: _Now) -> None:
    """Writes what was found."""
    statements, pg = queries("enrich"), driver(connection)
    for each in derived.assigned:
        store_assigned(connection, each)
    queries("imports").derive(pg)
    statements.create_stage(pg)
    copy_frame(pg, "staged_surroundings", derived.surroundings.reset_index())
    statements.store_surroundings(pg, **now.stamps)


def _changed(connection: psycopg.Connection[TupleRow], held: str | None, versions: list[int]) -> dict[int, str]:
    """The versions that are in force and were not, or the other way round, where some were in force (none where nothing was known); with their layers."""
    changed = {int(each) for each in (held or "").strip("{}").split(",") if each} ^ set(versions)
    return dict(queries("enrich").layers_of(connection, versions=sorted(changed)))


def _tables(connection: Connection, places: gpd.GeoSeries, places_cells: pd.Series, parts: Collection[str], travel: Travel) -> dict[str, pd.DataFrame]:
    """What some parts read, as far as it is near some places in their cells."""
    statements = queries("enrich")
    box = dict(zip(("west", "south", "east", "north"), map(float, box_around(places, ROAD_LIMIT_M)), strict=True))
    cells = places_cells.unique().astype(np.int64)
    above = np.unique(np.concatenate([parent(cells, level) for level in LEVELS])).tolist()
    by_place = {"site_minutes": travel.site_minutes, "competitors": travel.competitors}
    tables: dict[str, pd.DataFrame] = {}
    for name in sorted({table for part in parts for table in PARTS[part].tables}):
        if name in by_place:
            tables[name] = by_place[name](places)
        elif name in _BY_CELL:
            tables[name] = read_frame(driver(connection), getattr(statements, name).sql, {"cells": above}).set_index("cell")
        else:
            tables[name] = gpd.read_postgis(getattr(statements, name).sql, connection, params=box, geom_col="geom")
    return tables
