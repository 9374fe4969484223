"""Bringing the map up to date: what was imported gets a position, its surroundings, and its part of the cube."""

from gcrm.db.connection import Role, connect
from gcrm.db.queries import queries
from gcrm.errors import ImportJobError
from gcrm.pipeline.cubes import build_cube
from gcrm.pipeline.enrichment import enrich_accounts
from gcrm.pipeline.geocoding import geocode_accounts
from gcrm.progress import progress


def update_map() -> None:
    """Places, enriches and rolls up, one after the other; each shows its own bar.

    Raises:
        ImportJobError: somebody else does it right now.
    """
    with connect(Role.WRITER) as connection:
        if not queries("jobs").lock_update(connection):
            raise ImportJobError("The map is being brought up to date already; wait for it to be done.")
        connection.commit()
        with progress("positions", unit="accounts") as advance:
            geocode_accounts(advance)
        with progress("surroundings", unit="accounts") as advance:
            enrich_accounts(advance)
        with progress("cube", unit="cuboids") as advance:
            build_cube(advance)


def is_updating() -> bool:
    """Whether somebody brings the map up to date right now."""
    with connect(Role.WRITER) as connection:
        free: bool = queries("jobs").lock_update(connection)
        return not free
