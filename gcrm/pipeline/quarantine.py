"""The quarantine: refused records are looked at, edited, put aside. `quarantine_retry` tries them again, `quarantine_files` gives them back as files.

Refused records belong to no territory, since nobody knows yet whose they are: only who sees everything sees them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pandas as pd
import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from gcrm.access.scope import Scope
from gcrm.custom_fields import object_type
from gcrm.db.connection import Role, connect
from gcrm.db.load import read_frame
from gcrm.db.queries import queries
from gcrm.errors import QuarantineError
from gcrm.frames import OBJECTS
from gcrm.ingest import readers
from gcrm.ingest.mapping import FileMapping
from gcrm.pipeline.chunks import MARKS, REPEATED

_MOST_REASONS = 200


@dataclass(frozen=True)
class Selection:
    """Some refused records; what is None does not narrow them.

    Attributes:
        object_name: what the file holds.
        source: the system it comes from.
        file_name: its name.
        column: the column at fault.
        rule: the reason, without the row that it names; from `reasons`.
        ids: their keys.
        discarded: those that were put aside, in place of those that wait.
    """

    object_name: str | None = None
    source: str | None = None
    file_name: str | None = None
    column: str | None = None
    rule: str | None = None
    ids: tuple[int, ...] | None = None
    discarded: bool = False

    def within(self, file: "RefusedFile") -> "Selection | None":
        """The part of it that lies in a file; None where it asks for another one."""
        asked = (self.object_name, self.source, self.file_name)
        own = (file.object, file.source, file.file_name)
        if any(wanted is not None and wanted != name for wanted, name in zip(asked, own, strict=True)):
            return None
        return replace(self, object_name=file.object, source=file.source, file_name=file.file_name)

    @property
    def parameters(self) -> dict[str, Any]:
        """Of the queries, but for `discarded`."""
        ids = None if self.ids is None else list(self.ids)
        names = {"object": self.object_name, "source": self.source, "file_name": self.file_name}
        return {**names, "column_name": self.column, "rule": self.rule, "ids": ids}


@dataclass(frozen=True)
class RefusedFile:
    """A file with refused records (count), when one of them was refused last, and the mapping it was read with."""

    object: str
    source: str
    file_name: str
    file_sha256: str
    mapping: dict[str, Any]
    records: int
    refused_at: datetime

    @property
    def read_with(self) -> FileMapping:
        """The mapping."""
        return FileMapping.model_validate(self.mapping)

    @property
    def columns(self) -> list[str]:
        """The columns that its mapping names: those of the file where it has no header, else in the order of the fields they feed."""
        mapping = self.read_with
        return list(dict.fromkeys([*(mapping.read.columns or ()), *_mapped(mapping, self.object)]))


def files(scope: Scope, *, discarded: bool = False) -> list[RefusedFile]:
    """The files with refused records, those with most of them first.

    Args:
        scope: who asks.
        discarded: those with records that were put aside, in place of those that wait.

    Raises:
        QuarantineError: the scope is not everything.
    """
    with _staff(scope) as connection, connection.cursor(row_factory=class_row(RefusedFile)) as cursor:
        cursor.execute(queries("quarantine").files.sql.encode(), {"discarded": discarded})
        return cursor.fetchall()


def reasons(selection: Selection, scope: Scope) -> pd.DataFrame:
    """Why records were refused, the most frequent reasons first; at most some hundreds.

    Args:
        selection: of its object, source and file.
        scope: who asks.

    Returns:
        Columns object, source, file_name, column_name, rule, records (count), example (a value).

    Raises:
        QuarantineError: the scope is not everything.
    """
    names = {"object": selection.object_name, "source": selection.source, "file_name": selection.file_name}
    with _staff(scope) as connection:
        return read_frame(connection, queries("quarantine").reasons.sql, {**names, "discarded": selection.discarded, "most": _MOST_REASONS})


def count(selection: Selection, scope: Scope) -> int:
    """How many refused records a selection has.

    Raises:
        QuarantineError: the scope is not everything.
    """
    with _staff(scope) as connection:
        return int(queries("quarantine").count(connection, **selection.parameters, discarded=selection.discarded))


def discarded_count(scope: Scope) -> int:
    """How many records were put aside.

    Raises:
        QuarantineError: the scope is not everything.
    """
    with _staff(scope) as connection:
        return int(queries("quarantine").discarded(connection))


def records(selection: Selection, scope: Scope, *, most: int, skipped: int = 0) -> pd.DataFrame:
    """A page of refused records, in the order of their files.

    Args:
        selection: which ones.
        scope: who asks.
        most: records of a page.
        skipped: records before it.

    Returns:
        Columns quarantine_id, object, source, file_name, row_number, column_name, value, reason, record (column of the file to text), edited.

    Raises:
        QuarantineError: the scope is not everything.
    """
    parameters = {**selection.parameters, "discarded": selection.discarded, "most": most, "skipped": skipped}
    with _staff(scope) as connection:
        frame = read_frame(connection, queries("quarantine").records.sql, parameters)
    shown = [{name: text for name, text in record.items() if name not in MARKS} for record in frame["record"]]
    return frame.assign(record=pd.Series(shown, index=frame.index, dtype=object))


def edit(quarantine_id: int, values: Mapping[str, str], scope: Scope) -> None:
    """Changes fields of a refused record that waits; what stood in the file is kept beside it.

    An edit settles what marked the record from the start: too many or too few fields, and a key that the file has had
    before where the key is edited.

    Args:
        quarantine_id: its key.
        values: column of the file to its new text.
        scope: who asks.

    Raises:
        QuarantineError: it does not wait any more, its file has no such column, or the scope is not everything.
    """
    with _staff(scope) as connection:
        found = queries("quarantine").to_edit(connection, quarantine_id=quarantine_id)
        if found is None:
            raise QuarantineError(f"Refused record {quarantine_id} does not wait any more; see `gcrm quarantine show`.")
        record, object_name, kept = found
        mapping = FileMapping.model_validate(kept)
        known = {*record, *_mapped(mapping, object_name)} - {*MARKS}
        if unknown := sorted(set(values) - known):
            raise QuarantineError(f"The file of refused record {quarantine_id} has no column {unknown[0]!r}; it has {', '.join(sorted(known))}.")
        changed = {name for name, text in values.items() if record.get(name, "") != text}
        if not changed:
            return
        keys = {column for field in OBJECTS[object_name].key if field in mapping.fields for column in mapping.fields[field].columns}
        settled = {*MARKS} if changed & keys else {*MARKS} - {REPEATED}
        after = {name: text for name, text in {**record, **values}.items() if name not in settled}
        queries("quarantine").edit(connection, quarantine_id=quarantine_id, record=Jsonb({name: text.replace("\0", "") for name, text in after.items()}))


def discard(selection: Selection, scope: Scope) -> tuple[int, ...]:
    """Puts refused records aside: they are neither counted nor tried, but kept until their file is imported without them.

    Args:
        selection: which ones.
        scope: who asks.

    Returns:
        Their keys, for `restore`.

    Raises:
        QuarantineError: the scope is not everything.
    """
    with _staff(scope) as connection:
        return tuple(number for (number,) in queries("quarantine").discard(connection, **selection.parameters))


def restore(selection: Selection, scope: Scope) -> int:
    """Takes back what was put aside: it waits again.

    Args:
        selection: which ones.
        scope: who asks.

    Returns:
        How many.

    Raises:
        QuarantineError: the scope is not everything.
    """
    with _staff(scope) as connection:
        return len(list(queries("quarantine").restore(connection, **selection.parameters)))


def ordered_columns(found: Iterable[str], first: Sequence[str]) -> list[str]:
    """Columns in an order that a reader knows: those that the mapping names as it names them, then the rest by name.

    Args:
        found: the columns.
        first: from `RefusedFile.columns`.
    """
    left = set(found)
    return [*(name for name in first if name in left), *sorted(left - set(first))]


def quarantined(object_name: str | None, most: int) -> tuple[list[tuple[Any, ...]], int]:
    """Refused records, and how many there are in all.

    Args:
        object_name: one object, or None for all.
        most: at most so many.

    Returns:
        Tuples of key, object, file name, row number, column, value, reason; the count.
    """
    selection, everything = Selection(object_name), Scope.everything()
    frame = records(selection, everything, most=most)
    shown = frame[["quarantine_id", "object", "file_name", "row_number", "column_name", "value", "reason"]]
    return list(shown.itertuples(index=False, name=None)), count(selection, everything)


def _staff(scope: Scope) -> psycopg.Connection[Any]:
    if not scope.sees_everything:
        raise QuarantineError("Refused records belong to no territory yet; ask somebody who sees every territory to look at them.")
    return connect(Role.WRITER)


def _mapped(mapping: FileMapping, object_name: str) -> list[str]:
    """The columns that feed fields, in the order of the object's fields."""
    order = {name: place for place, name in enumerate(object_type(object_name).field_names)}
    fields = sorted(mapping.fields, key=lambda name: order.get(name, len(order)))
    return list(dict.fromkeys(column for field in fields for column in mapping.fields[field].columns))


def refused_rows(selection: Selection) -> Iterator[tuple[Any, ...]]:
    """Row number, record, column, value and reason of the records of one file, read in parts.

    Args:
        selection: from `Selection.within`.
    """
    last = -1
    while True:
        parameters = {**selection.parameters, "discarded": selection.discarded, "after": last, "most": readers.CHUNK_ROWS}
        with connect(Role.WRITER) as connection:
            rows = list(queries("quarantine").rows_between(connection, **parameters))
        if not rows:
            return
        yield from rows
        last = rows[-1][0]
