"""The named queries of sql/queries, one file a subject."""

from functools import cache
from typing import Any, Protocol, cast

import aiosql
import psycopg

from gcrm.config import resource


class Query(Protocol):
    """One named query: call it with a connection and its parameters; `sql` is its text, with %(name)s parameters."""

    sql: str

    def __call__(self, connection: psycopg.Connection[Any], /, **parameters: object) -> Any:  # noqa: ANN401 - rows differ by query
        """Runs the query."""
        ...


class NamedQueries(Protocol):
    """The queries of one file, each a function of its name.

    It takes a psycopg connection and the query's parameters by name. The mark behind the name in the
    file says what comes back: `^` one row or None, `$` one value, `!` the number of rows changed,
    `#` nothing (a script), no mark an iterator of rows.
    """

    def __getattr__(self, name: str, /) -> Query:
        """The function of a query."""
        ...


@cache
def queries(name: str) -> NamedQueries:
    """The queries of sql/queries/NAME.sql, read once.

    Args:
        name: name of the file, without its ending.

    Returns:
        An object with one function per query (aiosql, psycopg).

    Raises:
        FileNotFoundError: there is no such file.
    """
    path = resource("sql") / "queries" / f"{name}.sql"
    if not path.is_file():
        raise FileNotFoundError(f"There are no queries named {name}: {path} is missing.")
    return cast("NamedQueries", aiosql.from_path(path, "psycopg"))
