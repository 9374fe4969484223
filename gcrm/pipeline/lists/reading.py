"""Lists read within a scope: filtered, sorted, page by page behind a record, so that a page of a million records costs as much as one of a hundred."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from psycopg import sql

from gcrm.access.scope import Scope
from gcrm.crm.lists import Column, ListType, Sort
from gcrm.db.connection import scoped
from gcrm.db.load import read_frame
from gcrm.db.queries import queries
from gcrm.errors import CrmError
from gcrm.pipeline.lists.areas import located
from gcrm.pipeline.opportunities import reps
from gcrm.pipeline.stages import current_pipeline

MOST_COUNTED = 1_000_000
"""More are not counted: to count ten million takes longer than to read a page."""

_SORTED_BY = "sorted_by"
_TYPES = {"text": "text", "key": "text", "money": "numeric", "share": "float8", "day": "date", "time": "timestamptz"}
_MOST_DIGITS = 18

_PAGE = sql.SQL(
    "SELECT listed.*, {value}::text AS {sorted_by} FROM ({base}) listed WHERE {behind} ORDER BY {value} {direction} {nulls}, {key} {direction} LIMIT %(most)s"
)
_FROM_THE_FIRST = sql.SQL("true")
_BEHIND = sql.SQL("({value}, {key}) {comes_behind} (%(at)s::{type}, %(key)s::bigint)")
_BEHIND_OR_NOTHING = sql.SQL("(({value}, {key}) {comes_behind} (%(at)s::{type}, %(key)s::bigint) OR {value} IS NULL)")
_AMONG_NOTHING = sql.SQL("{value} IS NULL AND {key} {comes_behind} %(key)s::bigint")
"""What comes behind a record, where every one has a value to sort by, where some have none, and behind one that has none."""


@dataclass(frozen=True)
class Wanted:
    """Which records of a list.

    Attributes:
        where: of filters of the list the members, one of which a record has: texts, or keys (`gcrm.crm.lists.NOBODY` for none).
        text: letters that the name, or what it is about, has in it.
        area: as of `gcrm.pipeline.lists.areas.located`; empty for everywhere.
    """

    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    text: str = ""
    area: str = ""


@dataclass(frozen=True)
class After:
    """The record behind which a page begins: its key, and what it is sorted by as text; None for nothing."""

    key: int
    value: str | None

    @classmethod
    def parse(cls, text: str) -> "After":
        """From text such as `12~velo oy`, or `12` where there is nothing.

        Raises:
            CrmError: it is none.
        """
        key, mark, value = text.partition("~")
        if not key.isdecimal() or len(key) > _MOST_DIGITS:
            raise CrmError(f"{text!r} is no place in a list; begin at the first page.")
        return cls(int(key), value if mark else None)

    def __str__(self) -> str:
        return f"{self.key}" if self.value is None else f"{self.key}~{self.value}"


@dataclass(frozen=True)
class Page:
    """A page of a list: its records, with the columns of the query, and the record behind which the next one begins; None for the last page."""

    frame: pd.DataFrame
    after: After | None


def page(of: ListType, wanted: Wanted, sort: Sort, scope: Scope, most: int, after: After | None = None) -> Page:
    """A page of a list.

    Args:
        of: which list.
        wanted: which records.
        sort: by which column.
        scope: who is looking.
        most: so many records at most.
        after: behind which record it begins; None for the first page.

    Raises:
        CrmError: there is no such column or filter, or a member is none.
        AreaError, CubeError: the area is none.
    """
    statement, place = _sorted(of, sort, after)
    with scoped(scope) as connection:
        frame = read_frame(connection, statement.as_string(connection), {**_asked(of, wanted, scope), **place, "most": most + 1})
    shown = frame.head(most)
    behind = None
    if len(frame) > most:
        key, value = shown[of.key].iloc[-1], shown[_SORTED_BY].iloc[-1]
        behind = After(int(key), None if pd.isna(value) else str(value))
    return Page(shown.drop(columns=_SORTED_BY), behind)


def every(of: ListType, wanted: Wanted, sort: Sort, scope: Scope) -> pd.DataFrame:
    """All records of a list, sorted, for a file.

    Args:
        of: which list.
        wanted: which records.
        sort: by which column.
        scope: who is looking.

    Raises:
        CrmError, AreaError, CubeError: as of `page`.
    """
    statement, place = _sorted(of, sort, None)
    with scoped(scope) as connection:
        return read_frame(connection, statement.as_string(connection), {**_asked(of, wanted, scope), **place, "most": None}).drop(columns=_SORTED_BY)


def count(of: ListType, wanted: Wanted, scope: Scope, most: int = MOST_COUNTED) -> int:
    """How many records a list has.

    Args:
        of: which list.
        wanted: which records.
        scope: who is looking.
        most: where there are more, this and one is told.

    Raises:
        CrmError, AreaError, CubeError: as of `page`.
    """
    statement = sql.SQL("SELECT count(*) FROM (SELECT FROM ({}) listed LIMIT %(most)s) counted").format(_base(of))
    with scoped(scope) as connection:
        row = connection.execute(statement, {**_asked(of, wanted, scope), "most": most + 1}).fetchone()
    return int(row[0]) if row is not None else 0


def keys_of(of: ListType, wanted: Wanted, scope: Scope, most: int) -> list[int]:
    """The keys of the records of a list, in their order, `most` at most.

    Args:
        of: which list.
        wanted: which records.
        scope: who is looking.
        most: so many at most.

    Raises:
        CrmError, AreaError, CubeError: as of `page`.
    """
    statement = sql.SQL("SELECT {0} FROM ({1}) listed ORDER BY {0} LIMIT %(most)s").format(sql.Identifier(of.key), _base(of))
    with scoped(scope) as connection:
        return [int(row[0]) for row in connection.execute(statement, {**_asked(of, wanted, scope), "most": most})]


def records_of(of: ListType, keys: Sequence[int], scope: Scope) -> pd.DataFrame:
    """The records of some keys, as far as the scope shows them, with the columns of the query.

    Args:
        of: which list.
        keys: of records.
        scope: who is looking.
    """
    with scoped(scope) as connection:
        return read_frame(connection, getattr(queries("lists"), of.name).sql, {**_asked(of, Wanted(), scope), "keys": list(keys)})


def members(of: ListType, scope: Scope) -> dict[str, dict[str, str]]:
    """What each column of a list can be chosen from: column to member and what it is called; a rep or a territory by its key.

    Args:
        of: which list.
        scope: who is looking; reps and territories that it does not show are left out.
    """
    return {column.name: _members(column, scope) for column in of.columns if column.filters or (column.changes and (column.choices or column.kind == "key"))}


def _members(column: Column, scope: Scope) -> dict[str, str]:
    if column.choices:
        return {each: each.replace("_", " ").capitalize() for each in column.choices}
    if column.name == "rep":
        return {str(key): str(name) for key, name in reps(scope)[["rep_id", "name"]].itertuples(index=False, name=None)}
    with scoped(scope) as connection:
        if column.name == "territory":
            return {str(key): name for key, name in queries("lists").territories(connection)}
        if column.name == "stage":
            return {stage.name: stage.label for stage in current_pipeline(connection).stages}
        return {row[0]: row[0] for row in queries("lists").segments(connection)}


def _sorted(of: ListType, sort: Sort, after: After | None) -> tuple[sql.Composed, dict[str, Any]]:
    """The statement of a page, and where it begins; every name in it is one of the declaration."""
    column = of.column(sort.column)
    # An index holds no longer texts (sql/migrations/0043_lists.sql); beyond that they are sorted by their keys.
    value = sql.SQL("left(lower({}), 200)" if column.kind in ("text", "key") else "{}").format(sql.Identifier(column.name))
    parts = {
        "value": value, "sorted_by": sql.Identifier(_SORTED_BY), "base": _base(of), "key": sql.Identifier(of.key),
        "direction": sql.SQL("DESC" if sort.descending else "ASC"), "nulls": sql.SQL("" if column.always else "NULLS LAST"),
        "comes_behind": sql.SQL("<" if sort.descending else ">"), "type": sql.SQL(_TYPES[column.kind]),
    }  # fmt: skip
    if after is None:
        return _PAGE.format(**parts, behind=_FROM_THE_FIRST), {}
    value_behind = after.value if after.value is None or column.kind in ("text", "key") else column.value(after.value)
    behind = _AMONG_NOTHING if after.value is None else _BEHIND if column.always else _BEHIND_OR_NOTHING
    return _PAGE.format(**parts, behind=behind.format(**parts)), {"at": value_behind, "key": after.key}


def _base(of: ListType) -> sql.SQL:
    """The query of a list, as a part of a statement."""
    return sql.SQL(getattr(queries("lists"), of.name).sql.strip().rstrip(";"))


def _asked(of: ListType, wanted: Wanted, scope: Scope) -> dict[str, Any]:
    """The parameters of the query of a list."""
    where: Mapping[str, tuple[str, ...]] = dict(wanted.where)
    for name in where:
        of.filter(name)
    text = wanted.text.replace("\0", "").strip().lower()
    for sign in "\\%_":
        text = text.replace(sign, f"\\{sign}")
    chosen = {column.name: [column.member(each) for each in where.get(column.name, ())] for column in of.filters}
    return {"keys": None, "pattern": f"%{text}%" if text else None, **chosen, **located(wanted.area, scope)}
