"""Positions that a person has to look at, or has."""

from gcrm.access.scope import Scope
from gcrm.pipeline import geocode_review
from gcrm.pipeline.geocode_review import Review


def reviews(scope: Scope, status: str, after: int, most: int) -> list[Review]:
    """Accounts whose position a person has to look at, or has; see `gcrm.pipeline.geocode_review.list_reviews`.

    Args:
        scope: who is looking.
        status: open, accepted, moved or dismissed.
        after: the account after which to begin.
        most: how many at most.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    return geocode_review.list_reviews(scope, status=status, limit=most, after=after)


def count_reviews(scope: Scope) -> dict[str, int]:
    """How many reviews there are, by status.

    Args:
        scope: who is looking.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    return geocode_review.count_reviews(scope)


def last_decisions(scope: Scope, most: int) -> list[Review]:
    """The reviews decided last, the newest first.

    Args:
        scope: who is looking.
        most: how many at most.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    return geocode_review.last_decisions(scope, limit=most)
