"""Enrichment: every account that has a position is joined with what surrounds it."""

import geopandas as gpd
import pandas as pd
from sqlalchemy import Connection

from gcrm.db.connection import Role, connect, driver, transaction
from gcrm.db.load import copy_frame
from gcrm.db.queries import queries
from gcrm.progress import Advance
from gcrm.spatial.surroundings import Layers, covering, surroundings

_CHUNK_ROWS = 100_000


def count_placed() -> int:
    """How many accounts have a position."""
    with connect(Role.WRITER) as connection:
        count: int = queries("enrich").count_placed(connection)
        return count


def enrich_accounts(advance: Advance) -> int:
    """Joins every account that has a position with its surroundings and its territory; a chunk is a transaction.

    Args:
        advance: told how many accounts are done.

    Returns:
        Accounts whose surroundings changed.
    """
    statements = queries("enrich")
    changed = 0
    after = 0
    with transaction(Role.WRITER) as connection:
        layers, territories = _layers(connection), _read(connection, "territories")
        versions = statements.versions(driver(connection))
        statements.forget_unplaced(driver(connection))
    while True:
        with transaction(Role.WRITER) as connection:
            accounts = _read(connection, "placed", after=after, most=_CHUNK_ROWS).set_index("account_id")
            if accounts.empty:
                return changed
            found = surroundings(accounts.geometry, accounts["cell"], layers)
            found["territory_id"] = covering(accounts.geometry, territories, "territory_id")
            pg = driver(connection)
            queries("imports").derive(pg)
            statements.create_stage(pg)
            copy_frame(pg, "staged_surroundings", found.reset_index())
            changed += statements.store_surroundings(pg, versions=versions)
            statements.store_territories(pg)
        after = int(accounts.index[-1])
        advance(len(accounts))


def _layers(connection: Connection) -> Layers:
    footfall = pd.DataFrame(queries("enrich").footfall(driver(connection)), columns=["cell", "people_per_hour"])
    return Layers(
        roads=_read(connection, "roads"),
        buildings=_read(connection, "buildings"),
        address_points=_read(connection, "address_points"),
        districts=_read(connection, "districts"),
        footfall=footfall.set_index("cell")["people_per_hour"].astype("float64"),
    )


def _read(connection: Connection, name: str, **parameters: int) -> gpd.GeoDataFrame:
    """The answer of a named query of sql/queries/enrich.sql whose geometry is `geom`."""
    return gpd.read_postgis(getattr(queries("enrich"), name).sql, connection, params=parameters or None, geom_col="geom")
