"""Who is looking, and what the link in their browser says: the state of a page is its link, and nothing else."""

import getpass
import time
from collections.abc import Callable, Mapping
from functools import lru_cache, wraps
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import streamlit as st

from dashboards import data
from gcrm.access.roles import Permission
from gcrm.access.users import User
from gcrm.errors import AccessError, GcrmError
from gcrm.pipeline import audit, sign_in

__all__ = [
    "COOKIE",
    "Permission",
    "address",
    "asked",
    "audit",
    "demand",
    "go",
    "link",
    "may",
    "name",
    "needs",
    "note_read",
    "on_phone",
    "scope",
    "scope_of",
    "user",
    "user_of",
]

COOKIE = "gcrm_session"
"""The cookie that holds the token of the session."""

_SECONDS_KNOWN = 5
_ENDED = "Your session has ended; sign in again."
_READ = "records that were read"

type Parameters = Mapping[str, str | list[str]]


def user() -> User | None:
    """Who is signed in; None while no users are kept, and nobody has to be. Where the session has ended, the page ends too, and says so.

    Raises:
        AccessError: it has ended, and no page is being drawn that could end; a route asks `scope_of` instead.
    """
    if not sign_in.users():
        return None
    found = user_of(st.context.cookies.get(COOKIE, ""))
    if found is None:
        st.info("Your session has ended. Nothing that was stored is lost.", icon=":material/lock:")
        st.html(f'<a href="/sign-in?next={quote(urlsplit(st.context.url or "").path or "/", safe="")}" target="_self">Sign in again</a>')
        st.stop()
        raise AccessError(_ENDED)  # what streamlit.stop stops is the drawing of a page: outside of one it does nothing
    return found


def user_of(token: str) -> User | None:
    """Whose session a token is of; None where it has ended. Known for some seconds, since a page is a hundred files and a rerun asks often.

    Args:
        token: from the browser.
    """
    return _user_of(token, int(time.monotonic() / _SECONDS_KNOWN)) if token else None


@lru_cache(maxsize=256)
def _user_of(token: str, moment: int) -> User | None:
    del moment
    return sign_in.user_of(token)


def scope() -> data.Scope:
    """What the reader may see; the only place where the pages get it from."""
    return _scope(user())


def scope_of(token: str) -> data.Scope:
    """What whoever has a token may see; the only place where routes get it from, around which no page is drawn.

    Args:
        token: from the browser.

    Raises:
        AccessError: its session has ended.
    """
    found = user_of(token)
    if found is None and sign_in.users():
        raise AccessError(_ENDED)
    return _scope(found)


def _scope(found: User | None) -> data.Scope:
    return data.everything() if found is None else _scope_of_user(found, int(time.monotonic() / _SECONDS_KNOWN))


@lru_cache(maxsize=256)
def _scope_of_user(user: User, moment: int) -> data.Scope:
    del moment
    return sign_in.scope_of(user)


def may(permission: Permission) -> bool:
    """Whether the reader may do something; everybody may do everything while no users are kept.

    Args:
        permission: what it is.
    """
    found = user()
    return found is None or found.may(permission)


def demand(permission: Permission) -> None:
    """Refuses what the reader may not do; everything that writes begins with it.

    Args:
        permission: what is needed.

    Raises:
        AccessError: the reader may not.
    """
    if not may(permission):
        found = user()
        raise AccessError(f"The role {found.user_role.label.lower() if found else ''} may not do this; ask whoever administers gcrm.")


def needs[**P, T](permission: Permission) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Of a function that writes: what the reader needs to be allowed; each of `dashboards.intake` and of its parts says so.

    Args:
        permission: as of `demand`, which the function now begins with.
    """

    def guard(write: Callable[P, T]) -> Callable[P, T]:
        @wraps(write)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
            demand(permission)
            return write(*args, **kwargs)

        return guarded

    return guard


def note_read(subject: str) -> None:
    """Leaves a line in the audit that the reader has seen a record, once a session.

    Args:
        subject: such as `account 17`.
    """
    seen: set[str] = st.session_state.setdefault(_READ, set())
    if subject not in seen:
        audit.note("read", subject, user_name=name())
        seen.add(subject)


def name() -> str:
    """The name under which the reader's work is kept: that of the user, or of whoever runs the server."""
    found = user()
    return found.name if found is not None else getpass.getuser()


def link(page: str) -> dict[str, list[str]]:
    """The parameters of the link; where it has none, those that the page had last in this session.

    Args:
        page: name of the page.
    """
    given = {name: st.query_params.get_all(name) for name in st.query_params}
    if not given and _memory(page) in st.session_state:
        go(page, st.session_state[_memory(page)])
        return {name: [value] if isinstance(value, str) else list(value) for name, value in st.session_state[_memory(page)].items()}
    st.session_state[_memory(page)] = given
    return given


def go(page: str, parameters: Parameters) -> None:
    """Makes the link say this; the page is drawn from it.

    Args:
        page: name of the page.
        parameters: what the link shall say; empty for the page as it is at first.
    """
    st.query_params.from_dict(dict(parameters))
    st.session_state[_memory(page)] = dict(parameters)


def asked[T](page: str, read: Callable[[dict[str, list[str]]], T], otherwise: T) -> T:
    """What the link asks for; where it asks for what is not there, that is said and `otherwise` is shown.

    Args:
        page: name of the page.
        read: makes the state out of the parameters; raises GcrmError or ValueError where it cannot.
        otherwise: the state of a page without a link.
    """
    try:
        return read(link(page))
    except (GcrmError, ValueError) as error:
        st.warning(f"The link cannot be followed: {error}", icon=":material/link_off:")
        return otherwise


def _memory(page: str) -> str:
    return f"link of {page}"


def address(page: str, parameters: Parameters) -> str:
    """The whole link to what is seen.

    Args:
        page: path of the page.
        parameters: what the link says.
    """
    parts = urlsplit(st.context.url or "")
    return urlunsplit((parts.scheme, parts.netloc, f"/{page}", urlencode(parameters, doseq=True), ""))


def on_phone() -> bool:
    """Whether the reader's browser says that it is a phone's: the map then starts with a view for a narrow screen."""
    return "Mobi" in st.context.headers.get("User-Agent", "")
