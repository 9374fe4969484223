"""Geocoding: accounts without a position get one from the reference in the database."""

import pandas as pd

from gcrm.db.connection import Role, connect
from gcrm.db.load import copy_frame
from gcrm.db.queries import queries
from gcrm.ingest.geocode import Reference, geocode
from gcrm.progress import Advance
from gcrm.spatial.cells import index_points

_CHUNK_ROWS = 100_000


def count_open(*, again: bool = False) -> int:
    """How many accounts are to be placed.

    Args:
        again: forget first what was found by an earlier reference; given positions stay.
    """
    with connect(Role.WRITER) as connection:
        if again:
            queries("imports").derive(connection)
            queries("geocode").reopen(connection)
        count: int = queries("geocode").count_open(connection)
        return count


def geocode_accounts(advance: Advance) -> dict[str, int]:
    """Places every account that nobody has tried to place yet; a chunk is a transaction.

    Args:
        advance: told how many accounts are done.

    Returns:
        Accounts by geocode_level, all of them.
    """
    statements = queries("geocode")
    with connect(Role.WRITER) as connection:
        points = pd.DataFrame(statements.reference_points(connection), columns=["street", "house_number", "postcode", "city", "longitude", "latitude"])
        streets = pd.DataFrame(statements.reference_streets(connection), columns=["street", "longitude", "latitude"])
        reference = Reference(points, streets)
        while rows := list(statements.open_addresses(connection, most=_CHUNK_ROWS)):
            addresses = pd.DataFrame(rows, columns=["account_id", "street", "house_number", "postcode", "city"]).set_index("account_id")
            answers = geocode(addresses, reference)
            answers["cell"] = index_points(answers["longitude"], answers["latitude"])
            queries("imports").derive(connection)
            statements.create_answers_stage(connection)
            copy_frame(connection, "staged_answers", answers.reset_index())
            statements.store_answers(connection)
            connection.commit()
            advance(len(answers))
        return dict(statements.levels(connection))
