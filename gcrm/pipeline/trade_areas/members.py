"""Which trading areas each account and each cell lies in."""

from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection

from gcrm.db.connection import Role, driver, transaction
from gcrm.db.load import copy_frame, keys_array
from gcrm.db.queries import queries
from gcrm.progress import Advance
from gcrm.spatial.cell_shapes import middles
from gcrm.spatial.cells import index_points
from gcrm.spatial.trade_areas.members import Members
from gcrm.units import FINEST_LEVEL

_CHUNK_ROWS = 200_000
_CELL_LAYERS = ("footfall", "residence")


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
    members = members_of(connection, version)
    statements.create_members_stage(pg)
    inside = 0
    for keys, points in _accounts(connection):
        inside += _stage(connection, members, keys, points)
        advance(len(keys))
    statements.forget_accounts(pg, version=version)
    statements.store_accounts(pg)
    pg.execute("DROP TABLE staged_members")
    _assign_cells(connection, version, members)
    return inside


def members_of(connection: Connection, version: int) -> Members:
    """Finds the areas of a version of a set that points lie in.

    Args:
        connection: a transaction of the writer.
        version: key of the version.
    """
    statements, pg = queries("trade_areas"), driver(connection)
    areas = gpd.read_postgis(statements.areas_of.sql, connection, params={"version": version}, geom_col="geom")
    level = statements.huff_level(pg, version=version)
    chances = pd.DataFrame(statements.probabilities_of(pg, version=version), columns=["cell", "site_key", "probability"]) if level is not None else None
    return Members(areas, chances, FINEST_LEVEL if level is None else level)


@dataclass(frozen=True)
class Assigned:
    """Which areas of a set some accounts, and the cells that they are in, lie in.

    Attributes:
        version: key of the version of the set.
        accounts: their ids.
        areas_of_accounts: member (account), trade_area_id, most_likely, probability (missing where there is none).
        areas_of_cells: the same, of cells.
    """

    version: int
    accounts: NDArray[np.int64]
    areas_of_accounts: pd.DataFrame
    areas_of_cells: pd.DataFrame


def assigned(version: int, members: Members, accounts: NDArray[np.int64], points: NDArray[np.float64]) -> Assigned:
    """Finds the areas of a version of a set that some accounts, and the cells that they are in, lie in.

    Args:
        version: key of the version.
        members: from `members_of`.
        accounts: their ids.
        points: shape (n, 2), longitude and latitude of each, degrees in EPSG:4326.
    """
    cells = np.unique(index_points(pd.Series(points[:, 0]), pd.Series(points[:, 1])).to_numpy(dtype=np.int64))
    return Assigned(version, accounts, _areas_of(members, accounts, points), _areas_of(members, cells, middles(cells)))


def store_assigned(connection: Connection, found: Assigned) -> None:
    """Writes which areas of a set some accounts and cells lie in; only what differs.

    Args:
        connection: the transaction of the writer.
        found: from `assigned`.
    """
    statements, pg = queries("trade_areas"), driver(connection)
    statements.create_members_stage(pg)
    copy_frame(pg, "staged_members", found.areas_of_accounts)
    accounts = keys_array(found.accounts)
    statements.forget_gone(pg, accounts=accounts)
    statements.forget_moved(pg, version=found.version, accounts=accounts)
    statements.store_accounts(pg)
    statements.clear_members_stage(pg)
    copy_frame(pg, "staged_members", found.areas_of_cells)
    statements.store_cells(pg)
    pg.execute("DROP TABLE staged_members")


def assign_outdated_cells() -> None:
    """Brings up to date which areas cells lie in, of the sets that were compared with other cells than those that something is known of now."""
    statements = queries("trade_areas")
    with transaction(Role.WRITER) as connection:
        outdated = [version for (version,) in statements.outdated_cells(driver(connection), versions=_cell_versions(connection))]
    for version in outdated:
        with transaction(Role.WRITER) as connection:
            _assign_cells(connection, version, members_of(connection, version))


def _assign_cells(connection: Connection, version: int, members: Members) -> None:
    statements, pg = queries("trade_areas"), driver(connection)
    statements.create_members_stage(pg)
    cells = _cells(connection)
    for start in range(0, len(cells), _CHUNK_ROWS):
        part = cells[start : start + _CHUNK_ROWS]
        _stage(connection, members, part, middles(part))
    statements.forget_cells(pg, version=version)
    statements.store_cells(pg)
    statements.cells_compared(pg, version=version, versions=_cell_versions(connection))
    pg.execute("DROP TABLE staged_members")


def _cell_versions(connection: Connection) -> list[int]:
    """The versions in force of the layers whose cells are compared."""
    found: list[int] = queries("layers").keys_in_force(driver(connection), layers=list(_CELL_LAYERS))
    return found


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
    found = _areas_of(members, keys, points)
    copy_frame(driver(connection), "staged_members", found)
    return int(found["most_likely"].sum())


def _areas_of(members: Members, keys: NDArray[np.int64], points: NDArray[np.float64]) -> pd.DataFrame:
    """The areas that points lie in, by the keys of the points: member, trade_area_id, most_likely, probability."""
    found = members.of(*np.ascontiguousarray(points.T))
    return found.assign(member=keys[found.pop("point").to_numpy()])
