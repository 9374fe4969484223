"""The quarantine: refused records are looked at, edited, tried again, put aside and downloaded.

Refused records belong to no territory, since nobody knows yet whose they are: only who sees everything sees them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from gcrm.access.scope import Scope
from gcrm.db.connection import Role, connect
from gcrm.db.load import read_frame
from gcrm.db.queries import queries
from gcrm.errors import QuarantineError
from gcrm.frames import OBJECTS
from gcrm.ingest import readers
from gcrm.ingest.harmless import harmless
from gcrm.ingest.mapping import FileMapping
from gcrm.pipeline.chunks import MARKS, REPEATED
from gcrm.pipeline.imports import Part, run_parts
from gcrm.pipeline.report import ImportReport
from gcrm.progress import Advance

_MOST_REASONS = 200
_MOST_SHOWN_AGAIN = 20
_REASON_COLUMNS = {"column_name": "gcrm column", "value": "gcrm value", "reason": "gcrm reason"}


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
    def columns(self) -> list[str]:
        """The columns that its mapping names: those of the file where it has no header, else in the order of the fields they feed."""
        mapping = FileMapping.model_validate(self.mapping)
        return list(dict.fromkeys([*(mapping.read.columns or ()), *_mapped(mapping, self.object)]))


@dataclass(frozen=True)
class Retried:
    """What became of the records that were tried again.

    `again` are the first of those that were refused again: file name, row number, column, value, reason; `jobs` can be undone.
    """

    report: ImportReport
    again: list[tuple[str, int, str, str | None, str]]
    jobs: tuple[int, ...]

    @property
    def accepted(self) -> int:
        """Records that are stored now."""
        return self.report.read - self.report.refused


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


def retry(selection: Selection, scope: Scope, advance: Advance) -> Retried:
    """Imports refused records once more, with the mapping they were refused under; each file is a job that can be undone.

    Args:
        selection: which ones; those that were put aside are not tried.
        scope: who asks.
        advance: told how many records are done.

    Raises:
        QuarantineError: the scope is not everything.
        ImportJobError: a job was cancelled.
    """
    order = list(OBJECTS)
    report, done = ImportReport(), []
    for file in sorted(files(scope), key=lambda file: order.index(file.object)):
        own = _within(selection, file)
        if own is None or not count(own, scope):
            continue
        mapping = FileMapping.model_validate(file.mapping).model_copy(update={"source": file.source})
        tried: list[int] = []
        part = Part(OBJECTS[file.object], mapping, partial(_chunks, mapping, own, tried), tried)
        job_id, reports = run_parts(file.file_name, file.file_sha256, [part], advance)
        report += reports[file.object]
        done.append(job_id)
    with connect(Role.WRITER) as connection:
        again = list(queries("quarantine").refused_again(connection, job_ids=done, most=_MOST_SHOWN_AGAIN))
    return Retried(report, again, tuple(done))


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


def download(selection: Selection, folder: Path, scope: Scope) -> list[Path]:
    """Writes refused records as files, one for each file they came in, with why each was refused.

    Args:
        selection: which ones.
        folder: where the files go; what has their names there is replaced.
        scope: who asks.

    Returns:
        The files; none where nothing is selected.

    Raises:
        QuarantineError: the scope is not everything, or a file cannot be written.
    """
    written: list[Path] = []
    for file in files(scope, discarded=selection.discarded):
        own = _within(selection, file)
        rows = list(_refused_rows(own)) if own is not None else []
        if not rows:
            continue
        index = pd.Index([number for number, *_ in rows], name="row_number")
        texts = pd.DataFrame([record for _, record, *_ in rows], index=index, dtype="string").drop(columns=[*MARKS], errors="ignore")
        texts = texts[ordered_columns(texts.columns, file.columns)].fillna("")
        why = pd.DataFrame([row[2:] for row in rows], index=index, columns=list(_REASON_COLUMNS), dtype="string").fillna("")
        target = folder / _free_name(file, written)
        try:
            _write(texts, why, target)
        except OSError as error:
            raise QuarantineError(f"{target} cannot be written ({error.strerror}); choose another folder.") from error
        written.append(target)
    return written


def ordered_columns(found: Iterable[str], first: Sequence[str]) -> list[str]:
    """Columns in an order that a reader knows: those that the mapping names as it names them, then the rest by name.

    Args:
        found: the columns.
        first: from `RefusedFile.columns`.
    """
    left = set(found)
    return [*(name for name in first if name in left), *sorted(left - set(first))]


def retry_quarantine(object_name: str | None, advance: Advance) -> ImportReport:
    """Imports once more all that is in quarantine, see `retry`.

    Args:
        object_name: one object, or None for all.
        advance: told how many records are done.
    """
    return retry(Selection(object_name), Scope.everything(), advance).report


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
    if scope.territories is not None:
        raise QuarantineError("Refused records belong to no territory yet; ask somebody who sees every territory to look at them.")
    return connect(Role.WRITER)


def _mapped(mapping: FileMapping, object_name: str) -> list[str]:
    """The columns that feed fields, in the order of the object's fields."""
    order = {name: place for place, name in enumerate(OBJECTS[object_name].field_names)}
    fields = sorted(mapping.fields, key=lambda name: order.get(name, len(order)))
    return list(dict.fromkeys(column for field in fields for column in mapping.fields[field].columns))


def _within(selection: Selection, file: RefusedFile) -> Selection | None:
    """The part of a selection that lies in a file; None where it asks for another one."""
    asked = (selection.object_name, selection.source, selection.file_name)
    own = (file.object, file.source, file.file_name)
    if any(wanted is not None and wanted != name for wanted, name in zip(asked, own, strict=True)):
        return None
    return replace(selection, object_name=file.object, source=file.source, file_name=file.file_name)


def _refused_rows(selection: Selection) -> Iterator[tuple[Any, ...]]:
    """Row number, record, column, value and reason of the records of one file, read in parts."""
    last = -1
    while True:
        parameters = {**selection.parameters, "discarded": selection.discarded, "after": last, "most": readers.CHUNK_ROWS}
        with connect(Role.WRITER) as connection:
            rows = list(queries("quarantine").rows_between(connection, **parameters))
        if not rows:
            return
        yield from rows
        last = rows[-1][0]


def _chunks(mapping: FileMapping, selection: Selection, tried: list[int]) -> Iterator[pd.DataFrame]:
    """The records of a selection in one file; adds the rows that it gives to `tried`."""
    rows: list[tuple[int, dict[str, str]]] = []
    for number, record, *_ in _refused_rows(replace(selection, discarded=False)):
        rows.append((number, record))
        if len(rows) == readers.CHUNK_ROWS:
            tried += [number for number, _ in rows]
            yield _chunk(mapping, rows)
            rows = []
    if rows:
        tried += [number for number, _ in rows]
        yield _chunk(mapping, rows)


def _chunk(mapping: FileMapping, rows: Sequence[tuple[int, dict[str, str]]]) -> pd.DataFrame:
    frame = pd.DataFrame([record for _, record in rows], dtype="string")
    # A column that is mapped stays, also where no refused record has a value in it; a mark is missing where there is none.
    mapped = {column for origin in mapping.fields.values() for column in origin.columns}
    frame = frame.reindex(columns=[*frame.columns, *sorted(mapped - set(frame.columns))])
    marks = [column for column in MARKS if column in frame]
    frame = frame.astype("string").fillna(dict.fromkeys(frame.columns.difference(marks), ""))
    return frame.set_axis(pd.Index([number for number, _ in rows], name="row_number"), axis="index")


def _free_name(file: RefusedFile, written: Sequence[Path]) -> str:
    """A name that says where the records come from; with object and source where two files have the same name."""
    name = f"{Path(file.file_name).stem}.refused.csv"
    return name if name not in {path.name for path in written} else f"{Path(file.file_name).stem}.{file.object}.{file.source.replace('/', '_')}.refused.csv"


def _write(texts: pd.DataFrame, why: pd.DataFrame, target: Path) -> None:
    """Writes records with their row and reasons as CSV that a spreadsheet cannot execute."""
    frame = texts.join(why.rename(columns=_REASON_COLUMNS)).reset_index(names="gcrm row")
    frame.columns = pd.Index([str(harmless(name)) for name in frame.columns])
    frame.map(harmless).to_csv(target, index=False, encoding="utf-8")
