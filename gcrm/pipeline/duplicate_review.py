"""The review of possible duplicates: how much waits, what was decided last, and what is known of the searches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gcrm.access.scope import Scope
from gcrm.db.connection import Role, connect, scoped
from gcrm.db.queries import queries
from gcrm.errors import DuplicateError

WAITING: Sequence[str] = ("open", "undone")
"""Statuses of pairs that wait for a person: nobody has decided, or the decision was taken back."""


@dataclass(frozen=True)
class Figures:
    """Counts: pairs that wait, pairs that are two, accounts that were merged into another."""

    waiting: int
    separate: int
    merged: int


@dataclass(frozen=True)
class NewestSearch:
    """The newest search: its key (0 where nobody has searched yet), the pairs it found, and whether one runs right now."""

    run_id: int
    found: int
    working: bool


@dataclass(frozen=True)
class Decision:
    """A decision that stands.

    Attributes:
        what: merged, or separate.
        key: merge_id of a merge, duplicate_id of a pair that is two.
        decided_at: when.
        automatic: whether no person looked.
        left: name of the account that stays, or of the first of the two.
        right: name of the other; its source and key where the reader may not see it.
    """

    what: Literal["merged", "separate"]
    key: int
    decided_at: datetime
    automatic: bool
    left: str
    right: str


def figures(scope: Scope) -> Figures:
    """How much waits and how much was decided.

    Args:
        scope: who is looking.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    with scoped(scope) as connection:
        return Figures(*queries("duplicates").review_figures(connection, waiting=list(WAITING)))


def sources(scope: Scope) -> list[str]:
    """The systems that the accounts of waiting pairs come from.

    Args:
        scope: who is looking.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    with scoped(scope) as connection:
        return [row[0] for row in queries("duplicates").review_sources(connection, waiting=list(WAITING))]


def newest_search() -> NewestSearch:
    """The newest search, and whether one runs right now.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    with connect(Role.WRITER) as connection:
        return NewestSearch(*queries("duplicates").searches(connection))


def decisions(scope: Scope, most: int) -> list[Decision]:
    """The last decisions that stand, the newest first; of them, those about accounts that the reader may see.

    Args:
        scope: who is looking.
        most: at most so many.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    with connect(Role.WRITER) as connection:
        rows = list(queries("duplicates").decisions(connection, most=most))
    with scoped(scope) as connection:
        seen = {row[0] for row in queries("duplicates").visible(connection, accounts=sorted({key for row in rows for key in (row[4], row[6])}))}
    found = []
    for what, key, decided_at, automatic, left_id, left, right_id, right, source, source_key in rows:
        if left_id in seen and right_id in seen:
            # The record that was merged may lie in another territory: only who sees every account is told its name.
            told = right if what == "separate" or scope.sees_everything else None
            found.append(Decision(what, key, decided_at, automatic, left, told or f"{source} {source_key}"))
    return found


def reopen(duplicate_id: int) -> None:
    """Takes back that a pair is about two; it waits again.

    Args:
        duplicate_id: the pair.

    Raises:
        DuplicateError: it is not told apart (any more).
    """
    with connect(Role.WRITER) as connection:
        if not queries("duplicates").reopen(connection, duplicate_id=duplicate_id):
            raise DuplicateError(f"Pair {duplicate_id} is not told apart any more; see `gcrm duplicates list --status separate`.")
