"""Sites of one's own and of competitors: which ones minutes are told to, and at which hour."""

import hashlib
from typing import Any

import geopandas as gpd
import pandas as pd
import psycopg
import shapely
from sqlalchemy import Connection

from gcrm.db.connection import Role, driver, transaction
from gcrm.db.load import copy_frame
from gcrm.db.queries import queries
from gcrm.errors import TradeAreaError
from gcrm.pipeline.layers.version import Version, Worked, own_attribution, replace_derived
from gcrm.pipeline.sites import Sites, read_sites
from gcrm.spatial.roads.moment import Moment
from gcrm.units import WGS84

SITES, COMPETITORS = "sites", "competitors"


def load_sites(layer: str, wanted: Sites, at: str, *, within_minutes: float | None = None, made_up: bool = False) -> int | None:
    """Chooses the sites of a layer in the place of those that it has; `gcrm enrich` works out the minutes.

    Accounts and shops are looked up again by each `renew_sites`; a file is read once.

    Args:
        layer: `SITES` or `COMPETITORS`.
        wanted: which ones.
        at: when one travels, in the place's own time: "Tue 08:30" or "2026-11-25 08:00".
        within_minutes: of competitors, by car: how far they count.
        made_up: whether those of a file are invented.

    Returns:
        How many there are; None where they were chosen in this very way already.

    Raises:
        TradeAreaError, ReadError, MappingError: there are none, or the file cannot be read.
        RoadsError: `at` is no such moment.
    """
    with transaction(Role.WRITER) as connection:
        found = _rows(read_sites(connection, wanted))
        how = _how(wanted.parameters | {"at": str(Moment.parse(at)), "within_min": within_minutes}, found)
        if wanted.file is None:
            if not _differs(driver(connection), layer, how):
                return None
            key = replace_derived(driver(connection), layer, layer, len(found), how)
        else:
            version = Version(connection, wanted.file, layer)
            if version.holds(layer, how):
                return None
            key = version.replace(layer, len(found), own_attribution(made_up=made_up), made_up=made_up, how=how)
        _store(driver(connection), key, found)
        return len(found)


def renew_sites(connection: Connection) -> None:
    """Brings both layers up to date where their sites are accounts or shops: some may be new, moved or gone.

    Args:
        connection: the transaction of the writer.
    """
    pg = driver(connection)
    for layer in (SITES, COMPETITORS):
        chosen = queries("sites").chosen(pg, layer=layer)
        wanted = Sites.of_parameters(chosen[1]) if chosen else None
        if wanted is None:
            continue
        try:
            found = _rows(read_sites(connection, wanted))
        except TradeAreaError:  # the last of them is gone
            found = pd.DataFrame(columns=["site_key", "name", "account_id", "position"])
        how = _how({name: told for name, told in chosen[1].items() if name != "digest"}, found)
        if _differs(pg, layer, how):
            _store(pg, replace_derived(pg, layer, layer, len(found), how), found)


def _rows(sites: gpd.GeoDataFrame) -> pd.DataFrame:
    """Rows of gcrm.sites, by key."""
    positions = shapely.to_wkb(shapely.set_srid(sites.geometry.to_numpy(), WGS84), hex=True, include_srid=True)
    rows = pd.DataFrame({"site_key": sites["site_key"], "name": sites["site_name"], "account_id": sites["site_account_id"], "position": positions})
    return rows.sort_values("site_key", ignore_index=True)


def _how(parameters: dict[str, Any], rows: pd.DataFrame) -> Worked:
    """How a version comes about: what was chosen, and a checksum of what that was at the time."""
    digest = hashlib.sha256(rows.to_csv(index=False).encode()).hexdigest()
    return Worked(parameters=parameters | {"digest": digest})


def _differs(connection: psycopg.Connection[Any], layer: str, how: Worked) -> bool:
    chosen = queries("sites").chosen(connection, layer=layer)
    return chosen is None or chosen[1] != dict(how.parameters)


def _store(connection: psycopg.Connection[Any], key: int, rows: pd.DataFrame) -> None:
    statements = queries("sites")
    statements.create_stage(connection)
    copy_frame(connection, "staged_sites", rows)
    statements.store(connection, version=key)
    connection.execute("DROP TABLE staged_sites")
