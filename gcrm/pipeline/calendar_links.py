"""Secret links to the calendar of a rep: a calendar program cannot sign in, so whoever has the link reads what its user may see, until it is revoked."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from gcrm.access.scope import Scope
from gcrm.db.connection import Role, connect
from gcrm.db.queries import queries
from gcrm.pipeline import audit, sign_in
from gcrm.pipeline.activity_lists import feed, known_rep


@dataclass(frozen=True)
class CalendarLink:
    """A link that works: since when, and when a calendar program read it last (None before the first time)."""

    made_at: datetime
    read_at: datetime | None


def make_link(rep_id: int, user_name: str, scope: Scope) -> str:
    """Makes a link; one that the user had to this rep works no more.

    Args:
        rep_id: whose calendar it is.
        user_name: who will read it; the link shows what this user may see when it is read.
        scope: who asks; it has to show the rep.

    Returns:
        The token, which is kept nowhere.

    Raises:
        CrmError: there is no such rep.
    """
    known_rep(rep_id, scope)
    token = secrets.token_urlsafe(32)
    with connect(Role.WRITER) as connection:
        queries("calendar_links").end(connection, user_name=user_name, rep_id=rep_id)
        queries("calendar_links").make(connection, token_sha256=_digest(token), user_name=user_name, rep_id=rep_id)
    audit.note("calendar link made", f"rep {rep_id}", user_name=user_name)
    return token


def end_link(rep_id: int, user_name: str) -> None:
    """Revokes the link of a user to a rep; nothing where there is none.

    Args:
        rep_id: whose calendar it leads to.
        user_name: whose link it is.
    """
    with connect(Role.WRITER) as connection:
        ended = queries("calendar_links").end(connection, user_name=user_name, rep_id=rep_id)
    if ended:
        audit.note("calendar link revoked", f"rep {rep_id}", user_name=user_name)


def link(rep_id: int, user_name: str) -> CalendarLink | None:
    """The link of a user to a rep that works; None where there is none.

    Args:
        rep_id: whose calendar it leads to.
        user_name: whose link it is.
    """
    with connect(Role.WRITER) as connection:
        found = queries("calendar_links").in_force(connection, user_name=user_name, rep_id=rep_id)
    return CalendarLink(*found) if found is not None else None


def read_link(token: str) -> bytes | None:
    """What a link leads to, as an iCalendar file; the first time of a day it leaves a line in the audit.

    Args:
        token: from the link.

    Returns:
        None where the link was revoked, its user is gone or sees the rep no more, or it never was.

    Raises:
        CrmError: the rep is not to be seen any more.
    """
    with connect(Role.WRITER) as connection:
        found = queries("calendar_links").follow(connection, token_sha256=_digest(token))
    if found is None:
        return None
    user_name, rep_id, first_today = found
    users = sign_in.users()
    if users and user_name not in users:
        return None
    written = feed(rep_id, sign_in.scope_of(users[user_name]) if users else Scope.of_settings())
    if first_today:
        audit.note("read", f"calendar of rep {rep_id}", user_name=user_name)
    return written


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
