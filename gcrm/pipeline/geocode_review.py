"""The review queue of the geocoder: what a person has to look at, the decision, and its undoing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from gcrm.access.scope import Scope
from gcrm.db.connection import Role, connect, scoped
from gcrm.db.queries import queries
from gcrm.errors import GeocodeError
from gcrm.spatial.cells import index_points


@dataclass(frozen=True)
class Review:
    """An account whose position a person has to look at, or has.

    Attributes:
        account_id: the account.
        name: its name.
        address: street, number, postcode, city in one line.
        status: open, accepted, moved or dismissed.
        level: how the position that it has now was found.
        score: how likely that is right, 0 to 1.
        margin: its worth less that of the best candidate elsewhere, 0 to 1; None where there is no other.
        reason: why.
        longitude: where it is now, degrees, EPSG:4326; None where nowhere.
        latitude: degrees.
        candidates: what there is to choose from, best first: label, level, worth, longitude, latitude.
        decided_by: who decided.
        decided_at: when.
    """

    account_id: int
    name: str
    address: str
    status: str
    level: str
    score: float | None
    margin: float | None
    reason: str | None
    longitude: float | None
    latitude: float | None
    candidates: list[dict[str, Any]]
    decided_by: str | None
    decided_at: datetime | None


def list_reviews(scope: Scope, *, status: str = "open", limit: int = 100, after: int = 0) -> list[Review]:
    """Reviews within a scope, by account.

    Args:
        scope: who is looking.
        status: open, accepted, moved or dismissed.
        limit: how many at most.
        after: the account after which to begin.
    """
    with scoped(scope) as connection:
        return [Review(*row) for row in queries("geocode_review").reviews(connection, status=status, most=limit, after=after)]


def last_decisions(scope: Scope, *, limit: int = 10) -> list[Review]:
    """What was decided last within a scope, the newest first.

    Args:
        scope: who is looking.
        limit: how many at most.
    """
    with scoped(scope) as connection:
        return [Review(*row) for row in queries("geocode_review").last_decisions(connection, most=limit)]


def count_reviews(scope: Scope) -> dict[str, int]:
    """How many reviews there are within a scope, by status.

    Args:
        scope: who is looking.
    """
    with scoped(scope) as connection:
        return dict(queries("geocode_review").counts(connection))


def accept_candidate(account_id: int, position: int, by: str, *, always: bool = False) -> None:
    """Takes a candidate as the position of an account.

    Args:
        account_id: the account.
        position: which of its candidates, 1 for the first.
        by: who decides.
        always: for every account of this address, also those to come.

    Raises:
        GeocodeError: there is no such open review, or no such candidate.
    """
    candidates = _open_candidates(account_id)
    if not 1 <= position <= len(candidates):
        raise GeocodeError(f"Account {account_id} has {len(candidates)} candidates and no number {position}; see `gcrm geocode review list`.")
    chosen = candidates[position - 1]
    reason = f"accepted by a person: {chosen['label']} ({chosen['level']})"
    _decide(account_id, float(chosen["longitude"]), float(chosen["latitude"]), "accepted", reason, by, always=always)


def set_point(account_id: int, longitude: float, latitude: float, by: str, *, always: bool = False) -> None:
    """Sets the position of an account in the queue to a point.

    Args:
        account_id: the account.
        longitude: degrees, EPSG:4326.
        latitude: degrees, EPSG:4326.
        by: who decides.
        always: for every account of this address, also those to come.

    Raises:
        GeocodeError: there is no such open review, or the point is none.
    """
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):  # noqa: PLR2004 - the globe
        raise GeocodeError(f"The point {longitude}, {latitude} is not on the globe; give longitude -180 to 180 and latitude -90 to 90.")
    _open_candidates(account_id)
    _decide(account_id, longitude, latitude, "moved", "set by a person", by, always=always)


def dismiss(account_id: int, by: str) -> None:
    """Leaves an account where it is, and takes it out of the queue.

    Args:
        account_id: the account.
        by: who decides.

    Raises:
        GeocodeError: there is no such open review.
    """
    with connect(Role.WRITER) as connection:
        if not queries("geocode_review").dismiss(connection, account_id=account_id, decided_by=by):
            raise _no_review(account_id)


def undo(account_id: int) -> None:
    """Undoes the decision on an account: the position before it comes back, the review is open again, an always-rule made with it is gone.

    Args:
        account_id: the account.

    Raises:
        GeocodeError: nothing was decided on it.
    """
    statements = queries("geocode_review")
    with connect(Role.WRITER) as connection:
        key = statements.undone_key(connection, account_id=account_id)
        if key is None:
            raise GeocodeError(f"Nothing was decided on account {account_id}; see `gcrm geocode review list --status accepted`.")
        statements.restore(connection, address_key=key, account_id=account_id)
        if statements.drop_correction(connection, address_key=key, account_id=account_id):
            statements.mark_corrected(connection)
        statements.reopen(connection, address_key=key, account_id=account_id)


def _open_candidates(account_id: int) -> list[dict[str, Any]]:
    with connect(Role.WRITER) as connection:
        found: list[dict[str, Any]] | None = queries("geocode_review").open_candidates(connection, account_id=account_id)
    if found is None:
        raise _no_review(account_id)
    return found


def _no_review(account_id: int) -> GeocodeError:
    return GeocodeError(f"Account {account_id} is not in the review queue; see `gcrm geocode review list`.")


def _decide(account_id: int, longitude: float, latitude: float, status: str, reason: str, by: str, *, always: bool) -> None:
    statements = queries("geocode_review")
    cell = int(index_points(pd.Series([longitude]), pd.Series([latitude])).iloc[0])
    point = {"longitude": longitude, "latitude": latitude, "cell": cell}
    with connect(Role.WRITER) as connection:
        if always and not statements.keep_correction(connection, account_id=account_id, decided_by=by, **point):
            raise _no_review(account_id)
        if not statements.decide(connection, account_id=account_id, always=always, status=status, decided_by=by):
            raise _no_review(account_id)
        statements.confirm(connection, account_id=account_id, always=always, status=status, decided_by=by, reason=reason, **point)
