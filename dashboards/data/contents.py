"""What is in the database."""

import time
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from gcrm.access.scope import Scope
from gcrm.db.connection import scoped
from gcrm.db.load import read_frame
from gcrm.db.queries import queries

_SECONDS_KEPT = 15


@dataclass(frozen=True)
class Overview:
    """What is in the database: `statuses` has a row per status (status, accounts, placed, made_up), `layers` one per layer in force."""

    statuses: pd.DataFrame
    layers: pd.DataFrame
    order_lines: int
    quarantined: int

    @property
    def accounts(self) -> int:
        """All accounts."""
        return int(self.statuses["accounts"].sum())

    @property
    def placed(self) -> int:
        """Accounts with a position."""
        return int(self.statuses["placed"].sum())

    @property
    def made_up(self) -> int:
        """Accounts that are invented."""
        return int(self.statuses["made_up"].sum())


def overview(scope: Scope) -> Overview:
    """What is in the database, at most some seconds old.

    Args:
        scope: who is looking.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    return _overview(scope, int(time.monotonic() / _SECONDS_KEPT))


@lru_cache(maxsize=64)
def _overview(scope: Scope, moment: int) -> Overview:
    del moment
    with scoped(scope) as connection:
        return Overview(
            read_frame(connection, queries("overview").accounts_by_status.sql),
            read_frame(connection, queries("layers").versions.sql),
            queries("overview").order_lines(connection),
            queries("overview").quarantined(connection),
        )
