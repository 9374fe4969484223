"""Writes of a person: who, through what, and how one is taken back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import psycopg
from psycopg.rows import TupleRow

from gcrm.db.connection import Role, connect
from gcrm.db.queries import queries
from gcrm.errors import CrmError

type Through = Literal["page", "import", "command"]


@contextmanager
def acting(actor: str, through: Through) -> Iterator[psycopg.Connection[TupleRow]]:
    """A transaction of the writer whose changes say who made them; commits at the end, rolls back on an exception.

    Args:
        actor: who writes.
        through: what they write through.

    Yields:
        The psycopg connection.

    Raises:
        CrmError: nobody is named.
        DatabaseError: the database cannot be reached.
    """
    if not actor.strip():
        raise CrmError("Nobody is named who changes this; sign in, or give a name.")
    with connect(Role.WRITER) as connection:
        queries("access").act(connection, actor=actor.strip(), through=through)
        yield connection


def last_change(connection: psycopg.Connection[Any], object_name: str, record_id: int) -> int | None:
    """The key of the newest change of a record, for an undo; None where nothing changed.

    Args:
        connection: the transaction that changed it, or a later one.
        object_name: table of the record.
        record_id: its key there.
    """
    found: int | None = queries("changes").last(connection, object=object_name, record_id=record_id)
    return found


def undo_change(connection: psycopg.Connection[Any], change_id: int) -> None:
    """Takes a change back: the columns that it changed are as they were.

    Args:
        connection: of `acting`.
        change_id: from `last_change`.

    Raises:
        CrmError: there is no such change by hand, it was undone already, or the same was changed since.
    """
    if not queries("changes").undo(connection, change_id=change_id):
        raise CrmError("It cannot be undone: it was undone already, or the same was changed since; look at the record and change it by hand.")
