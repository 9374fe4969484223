"""The audit: who signed in, read what of a person, took what along, changed which rights. It is only ever added to."""

import getpass
import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
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


def note_export(file: Path, rows: int | None, asked: str, *, user_name: str = "") -> None:
    """Adds the line of a file that somebody takes along.

    Args:
        file: as it was written.
        rows: how many it holds; None for a picture.
        asked: the question or the filter behind it.
        user_name: as of `note`.
    """
    with file.open("rb") as content:
        sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    note("export", file.name, user_name=user_name, asked=asked, rows=rows, sha256=sha256)


def lines(*, user_name: str | None = None, action: str | None = None, most: int = 100) -> list[Line]:
    """The newest lines.

    Args:
        user_name: of one user; None for all.
        action: of one action; None for all.
        most: so many at most.
    """
    with connect(Role.WRITER) as connection:
        return [Line(*row) for row in queries("sign_in").audit(connection, user_name=user_name, action=action, most=most)]
