"""Streets, buildings, land cover and names below a map."""

from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from gcrm.access.scope import Scope
from gcrm.db.connection import scoped
from gcrm.db.load import read_frame
from gcrm.db.queries import queries


@dataclass(frozen=True)
class Window:
    """A window of the map, degrees in EPSG:4326."""

    west: float
    south: float
    east: float
    north: float


def basemap_version(scope: Scope) -> str:
    """A text that changes when a layer of the basemap does; empty where none is loaded.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    with scoped(scope) as connection:
        version: str = queries("basemap").versions(connection)
    return version


@lru_cache(maxsize=64)
def basemap_layer(layer: str, version: str, window: Window, tolerance: float, most: int, scope: Scope) -> bytes:
    """A layer of the basemap as GeoJSON.

    Args:
        layer: roads, buildings or land_cover.
        version: of the layers, from `basemap_version`; only its part in the key of what is kept.
        window: what is looked at.
        tolerance: simplification, degrees.
        most: features; what matters least is left out beyond it.
        scope: who is looking.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    del version
    with scoped(scope) as connection:
        text: str = getattr(queries("basemap"), layer)(connection, **vars(window), tolerance=tolerance, most=most)
    return text.encode()


def basemap_tile(z: int, x: int, y: int, scope: Scope) -> bytes:
    """A vector tile of the basemap (Mapbox Vector Tile 2.1); see `tiles.sql` for its layers. Empty where nothing is loaded.

    Args:
        z: zoom, 0 to 22.
        x: column, from the west; 0 to 2**z - 1.
        y: row, from the north; 0 to 2**z - 1.
        scope: who is looking.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    with scoped(scope) as connection:
        return bytes(queries("tiles").tile(connection, z=z, x=x, y=y))


@lru_cache(maxsize=64)
def names_on_map(version: str, window: Window, most: int, scope: Scope) -> pd.DataFrame:
    """Names to write on the map, the most important first: name, longitude, latitude, angle (degrees anticlockwise from east).

    Args:
        version: of the layers, from `basemap_version`.
        window: what is looked at.
        most: names.
        scope: who is looking.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    del version
    with scoped(scope) as connection:
        return read_frame(connection, queries("basemap").names.sql, {**vars(window), "most": most})
