"""Enrichment: accounts that have a position are joined with what surrounds them; only what changed is joined anew."""

from collections.abc import Collection
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import psycopg
from numpy.typing import NDArray
from psycopg.rows import TupleRow
from sqlalchemy import Connection

from gcrm.db.connection import Role, connect, driver, transaction
from gcrm.db.load import copy_frame, read_frame
from gcrm.db.queries import queries
from gcrm.pipeline.trade_areas.members import assign_all
from gcrm.progress import Advance
from gcrm.spatial.cells import parent
from gcrm.spatial.near import box_around, covering
from gcrm.spatial.surroundings import COLUMNS, LAYERS, PARTS, ROAD_LIMIT_M, surroundings
from gcrm.units import LEVELS

_CHUNK_ROWS = 100_000
_BY_CELL = ("footfall", "cell_buildings", "cell_residence")


@dataclass(frozen=True)
class _Now:
    """What surroundings are derived from at the moment: versions of layers, ascending, and a checksum of the territories."""

    versions: list[int]
    territories: int


def count_stale() -> int:
    """How many accounts are to be joined: new or moved ones, and those that a layer or a territory changed for."""
    with connect(Role.WRITER) as connection:
        now = _now(connection)
        count: int = queries("enrich").count_stale(connection, versions=now.versions, territories=now.territories)
        return count


def enrich_accounts(advance: Advance) -> int:
    """Joins accounts with their surroundings, their territory and their trading areas, as far as something changed; a chunk is a transaction.

    Of an account that stayed where it is, only the parts whose layers have a new version are derived again.

    Args:
        advance: told how many accounts are done.

    Returns:
        Accounts whose surroundings were derived.
    """
    statements = queries("enrich")
    with transaction(Role.WRITER) as connection:
        pg = driver(connection)
        now = _now(pg)
        statements.forget_unplaced(pg)
        territories = gpd.read_postgis(statements.territories.sql, connection, geom_col="geom")
        stale = np.array([account for (account,) in statements.stale(pg, versions=now.versions, territories=now.territories)], dtype=np.int64)
    for start in range(0, len(stale), _CHUNK_ROWS):
        part = stale[start : start + _CHUNK_ROWS]
        with transaction(Role.WRITER) as connection:
            _enrich(connection, part, now, territories)
        advance(len(part))
    with connect(Role.WRITER) as connection:
        queries("imports").derive(connection)
        statements.store_territories(connection)
    assign_all(lambda _more: None)
    return len(stale)


def _now(connection: psycopg.Connection[TupleRow]) -> _Now:
    statements = queries("enrich")
    return _Now(statements.versions(connection, layers=list(LAYERS)), statements.territories_stamp(connection))


def _enrich(connection: Connection, accounts: NDArray[np.int64], now: _Now, territories: gpd.GeoDataFrame) -> None:
    statements, pg = queries("enrich"), driver(connection)
    placed = gpd.read_postgis(
        statements.placed.sql, connection, params={"accounts": accounts.tolist(), "territories": now.territories}, geom_col="geom"
    ).set_index("account_id")
    found = placed[[*COLUMNS, "covering_territory_id"]].astype({"covering_territory_id": "Int64"})
    for held, some in placed.groupby("held_versions", dropna=False):
        parts = _changed(pg, held if isinstance(held, str) else None, now.versions)
        if parts:
            around = surroundings(some.geometry, some["cell"], _tables(connection, some, parts), parts)
            found.loc[some.index, around.columns] = around
    moved = placed.index[~placed["territory_holds"]]
    found.loc[moved, "covering_territory_id"] = covering(placed.geometry[moved], territories, "territory_id")
    queries("imports").derive(pg)
    statements.create_stage(pg)
    copy_frame(pg, "staged_surroundings", found.assign(derived_position=placed.geometry.to_wkb(hex=True)).reset_index())
    statements.store_surroundings(pg, versions=now.versions, territories=now.territories)


def _changed(connection: psycopg.Connection[TupleRow], held: str | None, versions: list[int]) -> list[str]:
    """The parts that have to be derived anew where some versions were in force; all of them where nothing was known."""
    if held is None:
        return [*PARTS]
    changed = {int(each) for each in held.strip("{}").split(",") if each} ^ set(versions)
    layers = {layer for _, layer in queries("enrich").layers_of(connection, versions=sorted(changed))}
    return [name for name, part in PARTS.items() if layers & set(part.layers)]


def _tables(connection: Connection, places: gpd.GeoDataFrame, parts: Collection[str]) -> dict[str, pd.DataFrame]:
    """What some parts read, as far as it is near some places."""
    statements = queries("enrich")
    box = dict(zip(("west", "south", "east", "north"), map(float, box_around(places.geometry, ROAD_LIMIT_M)), strict=True))
    cells = places["cell"].unique().astype(np.int64)
    above = np.unique(np.concatenate([parent(cells, level) for level in LEVELS])).tolist()
    tables: dict[str, pd.DataFrame] = {}
    for name in sorted({table for part in parts for table in PARTS[part].tables}):
        query = getattr(statements, name).sql
        if name in _BY_CELL:
            tables[name] = read_frame(driver(connection), query, {"cells": above}).set_index("cell")
        else:
            tables[name] = gpd.read_postgis(query, connection, params=box, geom_col="geom")
    return tables
