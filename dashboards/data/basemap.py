"""The basemap: streets, buildings, land cover and names, as tiles."""

from dataclasses import dataclass

from gcrm.access.scope import Scope
from gcrm.db.connection import scoped
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
        version: str = queries("tiles").versions(connection)
    return version


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
