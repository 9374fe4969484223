"""The audit: who signed in, read what of a person, took what along, changed which rights. It is only ever added to."""

import getpass
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from gcrm.db.connection import Role, connect
from gcrm.db.queries import queries


@dataclass(frozen=True)
class Line:
    """A line of the audit: when, who, what, with what, and what more is known."""

    happened_at: datetime
    user_name: str
    action: str
    subject: str
    detail: dict[str, Any]


def note(action: str, subject: str = "", *, user_name: str = "", **detail: object) -> None:
    """Adds a line.

    Args:
        action: such as `export`.
        subject: such as `account 17`; never what stands in a record.
        user_name: who; whoever runs the program, as the operating system knows them, if empty.
        detail: what more is known; numbers and texts.
    """
    with connect(Role.WRITER) as connection:
        queries("sign_in").note(connection, user_name=user_name or f"os:{getpass.getuser()}", action=action, subject=subject, detail=Jsonb(detail))


def lines(*, user_name: str | None = None, action: str | None = None, most: int = 100) -> list[Line]:
    """The newest lines.

    Args:
        user_name: of one user; None for all.
        action: of one action; None for all.
        most: so many at most.
    """
    with connect(Role.WRITER) as connection:
        return [Line(*row) for row in queries("sign_in").audit(connection, user_name=user_name, action=action, most=most)]
