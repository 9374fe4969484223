"""Movement between cells, whatever it was counted by: the one place that writes it."""

from typing import Any

import pandas as pd
import psycopg

from gcrm.db.load import copy_frame
from gcrm.db.queries import queries


def store_movement(connection: psycopg.Connection[Any], flows: pd.DataFrame) -> None:
    """Adds flows between cells.

    Args:
        connection: in whose transaction it happens.
        flows: columns of gcrm.movement; those that are missing are empty.
    """
    statements = queries("movement")
    statements.create_stage(connection)
    copy_frame(connection, "staged_movement", flows)
    statements.store(connection)
