"""How contacts move who consent to it: derived from their tracks."""

from dataclasses import dataclass
from pathlib import Path

from gcrm.db.connection import Role, driver, transaction
from gcrm.db.load import copy_frame
from gcrm.db.queries import queries
from gcrm.pipeline.sites import sites_of_file

USUAL_DAYS = 3
"""Days on which a route is taken that is called usual."""

PASSING_M = 50.0
"""A trip that comes so near to a site passes it, metres."""


@dataclass(frozen=True)
class ContactMovement:
    """What was derived (counts).

    Attributes:
        contacts: with a home range.
        routes: usual ones.
        passed: pairs of a contact and a site that it passes.
    """

    contacts: int
    routes: int
    passed: int


def derive_contact_movement(sites: Path | None, within_m: float = PASSING_M) -> ContactMovement:
    """Derives home ranges, usual routes and passed sites anew, of the contacts who consent to the purpose movement at this moment, in one transaction.

    Whoever does not consent any more loses tracks and all that was derived from them.

    Args:
        sites: as `gcrm.pipeline.sites.sites_of_file` takes it; no sites are looked at if left out.
        within_m: how near a trip comes to a site that it passes, metres.

    Raises:
        ReadError, MappingError, TradeAreaError: the file of sites cannot be read.
    """
    places = sites_of_file(sites) if sites is not None else None
    with transaction(Role.WRITER) as connection:
        pg, statements = driver(connection), queries("contact_movement")
        queries("tracks").forget_withdrawn(pg)
        statements.clear(pg)
        statements.store_ranges(pg)
        statements.store_routes(pg, least_days=USUAL_DAYS)
        if places is not None:
            statements.create_sites_stage(pg)
            points = places.geometry
            copy_frame(pg, "staged_sites", places[["site_key"]].assign(longitude=points.x, latitude=points.y))
            statements.store_sites(pg, within_m=within_m)
        return ContactMovement(*statements.counts(pg))
