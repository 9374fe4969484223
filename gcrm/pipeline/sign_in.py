"""Signing in: a password, or the word of the organisation's own sign-in, becomes a session; a session becomes a user, and a user a scope."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gcrm.access.roles import Permission, smallest_count
from gcrm.access.scope import Scope
from gcrm.access.users import User, password_fits, read_users, write_users
from gcrm.config import settings
from gcrm.db.connection import Role, connect
from gcrm.db.queries import queries
from gcrm.errors import AccessError
from gcrm.pipeline import audit

_MOST_REFUSALS, _REFUSAL_MINUTES = 5, 15
_FORGET_DAYS = 90
_REFUSED = "This name and password do not belong together; try again."


@dataclass(frozen=True)
class Session:
    """A session that has not ended: whose, how the person signed in, since when, when it was used last, when it ends."""

    user_name: str
    way: str
    began_at: datetime
    seen_at: datetime
    ends_at: datetime


def users_file() -> Path:
    """The file of the users."""
    return settings().home / "users.yaml"


def users() -> Mapping[str, User]:
    """The people who may sign in, by their names; while there are none, the pages ask nobody to.

    Raises:
        AccessError: the file cannot be used.
    """
    return read_users(users_file())


def keep_user(user: User) -> None:
    """Adds a user, or changes the one of this name; sessions with other rights than these end.

    Raises:
        AccessError: the file of the users cannot be used, a territory is not there, or nobody would be left to administer.
    """
    known = dict(users())
    _check_territories(user)
    before = known.get(user.name)
    known[user.name] = user
    _check_administrator(known)
    write_users(users_file(), known)
    audit.note("change rights", f"user {user.name}", role=user.role, territories=list(user.territories), new=before is None)
    if before is not None and before != user:
        end_sessions(user.name)


def remove_user(name: str) -> None:
    """Removes a user; its sessions end.

    Raises:
        AccessError: there is none of this name, or nobody would be left to administer.
    """
    known = dict(users())
    del known[named(name).name]
    _check_administrator(known)
    write_users(users_file(), known)
    audit.note("change rights", f"user {name}", removed=True)
    end_sessions(name)


def named(name: str) -> User:
    """The user of this name.

    Raises:
        AccessError: there is none.
    """
    known = users()
    if name not in known:
        there = f"there are {', '.join(sorted(known))}" if known else "there are no users yet; make one with `gcrm users add`"
        raise AccessError(f"There is no user {name!r}; {there}.")
    return known[name]


def sign_in(name: str, password: str, address: str) -> str:
    """Begins a session.

    Args:
        name: of the user.
        password: as it was typed.
        address: of the browser.

    Returns:
        The token of the session, which only the browser keeps.

    Raises:
        AccessError: they do not belong together, or were tried too often.
    """
    name = name.strip().lower()
    with connect(Role.WRITER) as connection:
        refusals = queries("sign_in").refusals(connection, user_name=name, address=address, minutes=_REFUSAL_MINUTES)
    if refusals >= _MOST_REFUSALS:
        raise AccessError(f"{name} was refused {refusals} times from here; wait {_REFUSAL_MINUTES} minutes and try again.")
    user = users().get(name)
    if not password_fits(user, password) or user is None:
        audit.note("sign-in refused", user_name=name, address=address)
        raise AccessError(_REFUSED)
    return _begin(user, "password", address)


def sign_in_by_mail(mail: str, address: str) -> str:
    """Begins a session of somebody whom the organisation's own sign-in vouches for.

    Args:
        mail: the address that it vouches for.
        address: of the browser.

    Raises:
        AccessError: no user has this mail address.
    """
    user = next((each for each in users().values() if each.mail and each.mail.casefold() == mail.casefold()), None)
    if user is None:
        audit.note("sign-in refused", user_name=hashlib.sha256(mail.casefold().encode()).hexdigest(), address=address, way="oidc")
        raise AccessError("You are known to your organisation and not to gcrm; ask whoever administers it for `gcrm users add --mail`.")
    return _begin(user, "oidc", address)


def _begin(user: User, way: str, address: str) -> str:
    token = secrets.token_urlsafe(32)
    with connect(Role.WRITER) as connection:
        queries("sign_in").forget_sessions(connection, days=_FORGET_DAYS)
        queries("sign_in").begin_session(connection, token_sha256=_digest(token), user_name=user.name, way=way, hours=settings().session_hours)
    audit.note("sign in", user_name=user.name, address=address, way=way)
    return token


def user_of(token: str) -> User | None:
    """Whose session a token is of; None where it has ended, or the user is gone.

    Args:
        token: from the browser.
    """
    with connect(Role.WRITER) as connection:
        name = queries("sign_in").session_user(connection, token_sha256=_digest(token), idle_hours=settings().session_idle_hours)
    return users().get(name) if name is not None else None


def sign_out(token: str) -> None:
    """Ends a session; nothing where it has ended.

    Args:
        token: from the browser.
    """
    with connect(Role.WRITER) as connection:
        name = queries("sign_in").end_session(connection, token_sha256=_digest(token))
    if name is not None:
        audit.note("sign out", user_name=name)


def sessions(name: str | None = None) -> list[Session]:
    """The sessions that have not ended, the newest first.

    Args:
        name: of one user; None for all.
    """
    with connect(Role.WRITER) as connection:
        return [Session(*row) for row in queries("sign_in").sessions(connection, user_name=name)]


def end_sessions(name: str) -> int:
    """Ends all sessions of a user, and revokes the secret links to calendars.

    Returns:
        How many there were.
    """
    with connect(Role.WRITER) as connection:
        ended: int = queries("sign_in").end_sessions(connection, user_name=name)
        queries("calendar_links").end(connection, user_name=name, rep_id=None)
    if ended:
        audit.note("sign out", f"user {name}", sessions=ended)
    return ended


def scope_of(user: User) -> Scope:
    """What a user may see: the territories of these names, and those below the regions of these names.

    Territories that came later are in it, those that are gone are not; a name that stands for nothing shows nothing. The smallest count is that of the role.

    Raises:
        SettingsError: GCRM_SMALLEST_COUNT_BY_ROLE cannot be read.
    """
    territories = None if user.sees_everything else frozenset(_territories(user).values())
    return Scope(territories, user.user_role.finest_level, smallest_count(user.user_role))


def _territories(user: User) -> dict[tuple[str, int], int]:
    with connect(Role.WRITER) as connection:
        found = queries("sign_in").territories_named(connection, names=list(user.territories))
        return {(name, territory_id): territory_id for name, territory_id in found}


def _check_territories(user: User) -> None:
    if user.sees_everything:
        return
    there = {name for name, _ in _territories(user)}
    missing = [name for name in user.territories if name not in there]
    if missing:
        raise AccessError(f"There is no territory or region {missing[0]!r}; `gcrm cube members territory` and `gcrm cube members region` list them.")


def _check_administrator(known: Mapping[str, User]) -> None:
    """Whoever can sign in with a password or through the organisation, and administer, is left."""
    if known and not any(user.may(Permission.ADMINISTER) for user in known.values()):
        raise AccessError("Nobody would be left to administer; add a user with the role admin and the territories all first.")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
