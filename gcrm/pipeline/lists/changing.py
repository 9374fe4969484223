"""What a person changes in a list: a field of one record, or of many at once; one set of changes, taken back as one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from gcrm.access.scope import Scope
from gcrm.crm.lists import Column, ListType, Value
from gcrm.db.queries import queries
from gcrm.errors import CrmError
from gcrm.pipeline.changes import Through, acting
from gcrm.pipeline.lists.reading import Wanted, keys_of, members, records_of
from gcrm.pipeline.lists.writers import write

MOST_CHANGED = 10_000
"""Records that are changed at once."""


@dataclass(frozen=True)
class Changed:
    """What became of a change.

    Attributes:
        change_set_id: for `undo`; None where nothing differs.
        changed: records that differ now.
        refused: why others stay as they are, by the rules: the reason to how many.
    """

    change_set_id: int | None
    changed: int
    refused: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Undone:
    """What an undo took back, and what it left since somebody changed it after that (counts of records)."""

    restored: int
    kept: int


def change(of: ListType, keys: Sequence[int], name: str, text: str, scope: Scope, *, actor: str, through: Through, seen: str | None = None) -> Changed:
    """Changes a field of some records, in one transaction and by the rules of each.

    Args:
        of: which list.
        keys: of the records; each has to be one that the scope shows.
        name: of the field.
        text: its new value, as of `Column.value`; empty for none.
        scope: who asks.
        actor: who changes it.
        through: page or command.
        seen: what the field was when they looked, as text; None for whatever it was.

    Raises:
        CrmError: there is no such field, the value is none, a record is not to be seen, somebody changed it meanwhile, or the rules refuse every record.
    """
    column = of.change(name)
    value = column.value(text)
    _check_known(of, column, value, scope)
    wanted = sorted(set(keys))
    if column.singly and len(wanted) > 1:
        raise CrmError(f"{column.label} is changed record by record; choose another field, or one record.")
    if not wanted or len(wanted) > MOST_CHANGED:
        raise CrmError(f"{len(wanted):,} records cannot be changed at once; choose 1 to {MOST_CHANGED:,}.")
    found = records_of(of, wanted, scope)
    if len(found) < len(wanted):
        raise CrmError(f"{len(wanted) - len(found):,} of {len(wanted):,} {of.name} are not there, or you may not see them; look at the list again.")
    now = [_value(each) for each in found[_held(column)]]
    if seen is not None and any(each != column.value(seen) for each in now):
        raise CrmError(f"{column.label} was changed by somebody else meanwhile; look at it, and change it again.")
    differing = [int(key) for key, each in zip(found[of.key], now, strict=True) if each != value]
    return _change(of, differing, column, value, actor, through) if differing else Changed(None, 0)


def change_all(of: ListType, wanted: Wanted, expected: int, name: str, text: str, scope: Scope, *, actor: str, through: Through) -> Changed:
    """Changes a field of all records of a list that the scope shows.

    Args:
        of: which list.
        wanted: which records.
        expected: how many they were when that was asked for.
        name: of the field.
        text: its new value, as of `Column.value`; empty for none.
        scope: who asks.
        actor: who changes it.
        through: page or command.

    Raises:
        CrmError: as of `change`; or there are other records than were expected by now.
    """
    keys = keys_of(of, wanted, scope, MOST_CHANGED + 1)
    if len(keys) > MOST_CHANGED:
        raise CrmError(f"More than {MOST_CHANGED:,} {of.name} cannot be changed at once; filter to fewer.")
    if len(keys) != expected:
        raise CrmError(f"There are {len(keys):,} {of.name} by now, not {expected:,}; look at the list again.")
    return change(of, keys, name, text, scope, actor=actor, through=through)


def undo(of: ListType, change_set_id: int, scope: Scope, *, actor: str, through: Through) -> Undone:
    """Takes a set of changes back: each record is as it was, but for those in which the same was changed since.

    Args:
        of: which list.
        change_set_id: from `change` or `change_all`.
        scope: who asks; it has to show all of the records.
        actor: who undoes it.
        through: page or command.

    Raises:
        CrmError: there is no such set, it was taken back already, a record is not to be seen, or all of them were changed since.
    """
    statements = queries("lists")
    with acting(actor, through) as connection:
        found = statements.set_of(connection, change_set_id=change_set_id)
        if found is None or found[0] != of.name:
            raise CrmError(f"There is no change {change_set_id} of {of.name}; look at the history of a record.")
        if found[1]:
            raise CrmError("It was taken back already.")
        keys = [int(row[0]) for row in statements.records_of_set(connection, change_set_id=change_set_id)]
        if len(records_of(of, keys, scope)) < len(keys):
            raise CrmError(f"You may not see all of the {len(keys):,} {of.name} that were changed; let somebody who does take it back.")
        restored, kept = statements.undo_set(connection, change_set_id=change_set_id)
        if not restored:
            raise CrmError("It cannot be taken back: the same was changed since; look at the record and change it by hand.")
        statements.end_set(connection, change_set_id=change_set_id, actor=actor)
    return Undone(int(restored), int(kept))


def undo_last(of: ListType, scope: Scope, *, actor: str, through: Through) -> Undone:
    """Takes back what somebody changed last in a list.

    Args:
        of: which list.
        scope: who asks.
        actor: whose change it is, and who undoes it.
        through: page or command.

    Raises:
        CrmError: there is none; or as of `undo`.
    """
    with acting(actor, through) as connection:
        found = queries("lists").last_set(connection, object=of.name, actor=actor)
    if found is None:
        raise CrmError(f"{actor} changed nothing in the list of {of.name} that could be taken back.")
    return undo(of, int(found), scope, actor=actor, through=through)


def _change(of: ListType, keys: Sequence[int], column: Column, value: Value, actor: str, through: Through) -> Changed:
    statements = queries("lists")
    with acting(actor, through) as connection:
        begun = int(statements.begin(connection, object=of.name, field=column.name, actor=actor.strip(), through=through))
        refused = Counter(write(of.name, column.name)(connection, keys, value, actor))
        changed = int(statements.count_changes(connection, change_set_id=begun))
        if not changed:
            if refused:
                raise CrmError(next(iter(refused)))
            statements.forget_set(connection, change_set_id=begun)
            return Changed(None, 0)
    return Changed(begun, changed, refused)


def _check_known(of: ListType, column: Column, value: Value, scope: Scope) -> None:
    """What is named by its key has to be one that the scope shows."""
    if column.kind == "key" and value is not None and str(value) not in members(of, scope)[column.name]:
        raise CrmError(f"There is no {column.name} {value}, or you may not see it; choose another.")


def _held(column: Column) -> str:
    """The column of the query that holds the value."""
    return f"{column.name}_id" if column.kind == "key" else column.name


def _value(cell: object) -> object:
    """A cell of a frame as `Column.value` gives it; None for what is missing."""
    if pd.isna(cell):  # type: ignore[call-overload] # one cell, not a frame
        return None
    if isinstance(cell, pd.Timestamp):
        return cell.to_pydatetime()
    if isinstance(cell, str):
        return cell.strip()
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell
