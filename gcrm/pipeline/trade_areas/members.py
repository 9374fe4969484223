"""Which trading areas each account and each cell lies in."""

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection

from gcrm.db.connection import Role, driver, transaction
from gcrm.db.load import copy_frame
from gcrm.db.queries import queries
from gcrm.progress import Advance
from gcrm.spatial.cell_shapes import middles
from gcrm.spatial.trade_areas.members import Members
from gcrm.units import FINEST_LEVEL

_CHUNK_ROWS = 200_000


def assign_all(advance: Advance) -> dict[str, int]:
    """Brings up to date which areas of every set accounts and cells lie in; a set is a transaction, and only what differs is written.

    Args:
        advance: told how many accounts are looked at.

    Returns:
        By set, how many accounts lie in an area of it.
    """
    with transaction(Role.WRITER) as connection:
        sets = list(queries("trade_areas").sets(driver(connection)))
    counts = {}
    for version, dataset in sets:
        with transaction(Role.WRITER) as connection:
            counts[dataset] = assign(connection, version, advance)
    return counts


def assign(connection: Connection, version: int, advance: Advance) -> int:
    """The same for one version of a set, in a transaction that is open.

    Args:
        connection: the transaction of the writer.
        version: key of the version.
        advance: told how many accounts are looked at.

    Returns:
        Accounts that lie in an area of it.
    """
    statements, pg = queries("trade_areas"), driver(connection)
    areas = gpd.read_postgis(statements.areas_of.sql, connection, params={"version": version}, geom_col="geom")
    level = statements.huff_level(pg, version=version)
    chances = pd.DataFrame(statements.probabilities_of(pg, version=version), columns=["cell", "site_key", "probability"]) if level is not None else None
    members = Members(areas, chances, FINEST_LEVEL if level is None else level)
    statements.create_members_stage(pg)
    inside = 0
    for keys, points in _accounts(connection):
        inside += _stage(connection, members, keys, points)
        advance(len(keys))
    statements.forget_accounts(pg, version=version)
    statements.store_accounts(pg)
    statements.clear_members_stage(pg)
    cells = _cells(connection)
    for start in range(0, len(cells), _CHUNK_ROWS):
        part = cells[start : start + _CHUNK_ROWS]
        _stage(connection, members, part, middles(part))
    statements.forget_cells(pg, version=version)
    statements.store_cells(pg)
    pg.execute("DROP TABLE staged_members")
    return inside


def _accounts(connection: Connection) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """Accounts that have a position, chunk by chunk: their ids, and longitude and latitude."""
    with driver(connection).cursor(name="placed_accounts") as cursor:
        cursor.execute(queries("trade_areas").placed_accounts.sql)
        while rows := cursor.fetchmany(_CHUNK_ROWS):
            keys, *axes = zip(*rows, strict=True)
            yield np.array(keys, dtype=np.int64), np.column_stack(axes).astype(np.float64)


def _cells(connection: Connection) -> NDArray[np.int64]:
    """The cells that something is known of."""
    statements, pg = queries("trade_areas"), driver(connection)
    found = {cell for (cell,) in statements.known_cells(pg)}
    if statements.has_residence(pg):
        found |= {cell for (cell,) in statements.residence_cells(pg)}
    return np.array(sorted(found), dtype=np.int64)


def _stage(connection: Connection, members: Members, keys: NDArray[np.int64], points: NDArray[np.float64]) -> int:
    found = members.of(*np.ascontiguousarray(points.T))
    copy_frame(driver(connection), "staged_members", found.assign(member=keys[found.pop("point").to_numpy()]))
    return int(found["most_likely"].sum())
