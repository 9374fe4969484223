"""Views that somebody saved under a name: what a link says. They hold no data: whoever opens one sees what they may see."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.types.json import Jsonb

from gcrm.access.scope import Scope
from gcrm.db.connection import Role, connect, scoped
from gcrm.db.queries import queries
from gcrm.errors import ViewError

LONGEST_NAME = 80
"""Characters of a name at most."""

type Parameters = Mapping[str, str | list[str]]


@dataclass(frozen=True)
class SavedView:
    """A view: its name, the path of its page, the parameters of its link, when it was saved first and changed last."""

    name: str
    page: str
    parameters: Parameters
    created_at: datetime
    changed_at: datetime


def list_views(scope: Scope, page: str | None = None) -> list[SavedView]:
    """The views of a page, or of all, by name.

    Args:
        scope: who is looking; views are for everybody.
        page: path of the page; None for all.
    """
    with scoped(scope) as connection:
        return [SavedView(*row) for row in queries("saved_views").list_views(connection, page=page)]


def saved_view(name: str, scope: Scope) -> SavedView:
    """One view.

    Raises:
        ViewError: there is none of this name.
    """
    with scoped(scope) as connection:
        row = queries("saved_views").view(connection, name=name)
    if row is None:
        raise _missing(name)
    return SavedView(*row)


def save(name: str, page: str, parameters: Parameters) -> str:
    """Saves a new view.

    Args:
        name: what somebody typed; spaces are tidied.
        page: path of the page.
        parameters: of the link.

    Returns:
        The name that it has.

    Raises:
        ViewError: the name is taken, or is none.
    """
    kept = _name(name)
    with connect(Role.WRITER) as connection:
        if not queries("saved_views").save(connection, name=kept, page=page, parameters=_json(parameters)):
            raise _taken(kept)
    return kept


def overwrite(name: str, page: str, parameters: Parameters) -> None:
    """Lets a view show something else.

    Raises:
        ViewError: there is none of this name.
    """
    with connect(Role.WRITER) as connection:
        if not queries("saved_views").overwrite(connection, name=name, page=page, parameters=_json(parameters)):
            raise _missing(name)


def rename(name: str, wanted: str) -> str:
    """Gives a view another name.

    Returns:
        The name that it has now.

    Raises:
        ViewError: there is none of this name, or the other is taken, or is none.
    """
    kept = _name(wanted)
    try:
        with connect(Role.WRITER) as connection:
            found = queries("saved_views").rename(connection, name=name, wanted=kept)
    except psycopg.errors.UniqueViolation as error:
        raise _taken(kept) from error
    if not found:
        raise _missing(name)
    return kept


def delete(name: str) -> SavedView:
    """Deletes a view.

    Returns:
        What it was, for `restore`.

    Raises:
        ViewError: there is none of this name.
    """
    with connect(Role.WRITER) as connection:
        row = queries("saved_views").delete(connection, name=name)
    if row is None:
        raise _missing(name)
    return SavedView(*row)


def restore(view: SavedView) -> None:
    """Brings a deleted view back as it was.

    Raises:
        ViewError: its name is taken since.
    """
    was = {"name": view.name, "page": view.page, "parameters": _json(view.parameters), "created_at": view.created_at, "changed_at": view.changed_at}
    with connect(Role.WRITER) as connection:
        if not queries("saved_views").restore(connection, **was):
            raise _taken(view.name)


def _name(typed: str) -> str:
    name = " ".join(unicodedata.normalize("NFC", typed).split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise ViewError(f"A view needs a name of 1 to {LONGEST_NAME} characters that can be seen, in one line; type another.")
    return name


def _json(parameters: Parameters) -> Jsonb:
    """Parameters as PostgreSQL takes them: its JSON has no NUL, which a link can have."""
    return Jsonb({name: text.replace("\0", "") if isinstance(text, str) else [each.replace("\0", "") for each in text] for name, text in parameters.items()})


def _taken(name: str) -> ViewError:
    return ViewError(f"There is a view {name!r} already; choose another name, or open that one and overwrite it.")


def _missing(name: str) -> ViewError:
    return ViewError(f"There is no view {name!r} (any more); `gcrm views list` names all.")
