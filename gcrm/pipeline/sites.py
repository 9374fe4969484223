"""Sites: the places that trading areas, isochrones and tables of minutes are worked out for."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from gcrm.db.queries import queries
from gcrm.errors import TradeAreaError
from gcrm.frames import SITES
from gcrm.ingest.clean import clean
from gcrm.ingest.source import open_source
from gcrm.units import WGS84


@dataclass(frozen=True)
class Sites:
    """Which sites: those of a file, or else shops, or else accounts.

    Attributes:
        file: points, or columns site_key, name, attraction, longitude, latitude.
        statuses: of accounts; all if empty.
        segments: of accounts; all if empty.
        shops: types of shops of the loaded extracts, values of OpenStreetMap's key shop.
    """

    file: Path | None = None
    statuses: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    shops: tuple[str, ...] = ()

    @property
    def parameters(self) -> dict[str, Any]:
        """As JSON takes it."""
        if self.file:
            return {"sites": self.file.name}
        return {"sites": {"shops": list(self.shops)} if self.shops else {"statuses": list(self.statuses), "segments": list(self.segments)}}

    @classmethod
    def of_parameters(cls, told: Mapping[str, Any]) -> "Sites | None":
        """What `parameters` told; None where it was a file, which is not read again."""
        wanted = told["sites"]
        return None if isinstance(wanted, str) else cls(None, *(tuple(wanted.get(name, ())) for name in ("statuses", "segments", "shops")))


def read_sites(connection: Connection, wanted: Sites) -> gpd.GeoDataFrame:
    """Sites as `gcrm.spatial.trade_areas` has them; those of accounts and shops all have the attraction 1.

    Args:
        connection: a transaction.
        wanted: which ones.

    Returns:
        Columns site_key, site_name, site_account_id (Int64), attraction, and points in EPSG:4326.

    Raises:
        TradeAreaError, ReadError, MappingError: there are none, or the file cannot be read.
    """
    if wanted.file is not None:
        return sites_of_file(wanted.file)
    if wanted.shops:
        query, asked = queries("sites").shops.sql, {"types": list(wanted.shops)}
    else:
        query, asked = queries("trade_areas").sites.sql, {"statuses": list(wanted.statuses), "segments": list(wanted.segments)}
    found = gpd.read_postgis(query, connection, params=asked, geom_col="geom")
    if found.empty:
        if wanted.shops:
            raise TradeAreaError(f"No loaded extract has a shop of the type {' or '.join(wanted.shops)}; choose other types, or give a file of sites.")
        raise TradeAreaError("No account with a position is such a site; choose other statuses or segments, or give a file of sites.")
    return found.assign(attraction=1.0, site_account_id=found["site_account_id"].astype("Int64"))


def sites_of_file(path: Path) -> gpd.GeoDataFrame:
    """Sites of a file, as from `read_sites`.

    Args:
        path: points, or columns site_key, name, attraction, longitude, latitude.

    Raises:
        TradeAreaError, ReadError, MappingError: it holds no site with a position, or one twice.
    """
    source = open_source(path, SITES)
    source.check()
    found = pd.concat([clean(source.mapping.apply(chunk, SITES), SITES, source.mapping).records for chunk in source.chunks()])
    found = found[found["longitude"].notna() & found["latitude"].notna()]
    if found.empty:
        raise TradeAreaError(f"{path.name} holds no site with a position; it needs columns such as name, longitude and latitude.")
    keys = found["site_key"].fillna("site " + found.index.to_series().astype("string"))
    if keys.duplicated().any():
        raise TradeAreaError(f"{path.name} has the site {keys[keys.duplicated()].iloc[0]!r} twice; give each a key of its own.")
    shapes = shapely.points(found["longitude"].to_numpy(dtype=float), found["latitude"].to_numpy(dtype=float))
    attraction = found["attraction"].astype("Float64").fillna(0) if found["attraction"].notna().any() else 1.0
    columns = {"site_key": keys, "site_name": found["name"].fillna(keys), "site_account_id": pd.NA, "attraction": attraction}
    return gpd.GeoDataFrame(pd.DataFrame(columns, index=found.index).astype({"site_account_id": "Int64", "attraction": "float64"}), geometry=shapes, crs=WGS84)


def points_of(sites: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Where sites are: shape (sites, 2), longitude and latitude in degrees."""
    return np.column_stack([sites.geometry.x, sites.geometry.y])
