"""Refused records are tried again: imported once more, with the mapping they were refused under."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd

from gcrm.access.scope import Scope
from gcrm.custom_fields import object_type
from gcrm.db.connection import Role, connect
from gcrm.db.queries import queries
from gcrm.frames import OBJECTS
from gcrm.ingest import readers
from gcrm.ingest.mapping import FileMapping
from gcrm.pipeline.chunks import MARKS
from gcrm.pipeline.imports import Part, run_parts
from gcrm.pipeline.quarantine import Selection, count, files, refused_rows
from gcrm.pipeline.report import ImportReport
from gcrm.progress import Advance

_MOST_SHOWN_AGAIN = 20


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
        own = selection.within(file)
        if own is None or not count(own, scope):
            continue
        mapping = file.read_with.model_copy(update={"source": file.source})
        tried: list[int] = []
        part = Part(object_type(file.object), mapping, partial(_chunks, mapping, own, tried), mapping, tried)
        job_id, reports = run_parts("retry", file.file_name, file.file_sha256, [part], advance)
        report += reports[file.object]
        done.append(job_id)
    with connect(Role.WRITER) as connection:
        again = list(queries("quarantine").refused_again(connection, job_ids=done, most=_MOST_SHOWN_AGAIN))
    return Retried(report, again, tuple(done))


def _chunks(mapping: FileMapping, selection: Selection, tried: list[int]) -> Iterator[pd.DataFrame]:
    """The records of a selection in one file; adds the rows that it gives to `tried`."""
    rows: list[tuple[int, dict[str, str]]] = []
    for number, record, *_ in refused_rows(replace(selection, discarded=False)):
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
