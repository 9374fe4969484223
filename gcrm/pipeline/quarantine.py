"""The quarantine: records that were refused, and once more."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd

from gcrm.db.connection import Role, connect
from gcrm.db.queries import queries
from gcrm.frames import OBJECTS
from gcrm.ingest.mapping import FileMapping
from gcrm.pipeline.chunks import MARKS
from gcrm.pipeline.imports import Part, run_parts
from gcrm.pipeline.report import ImportReport
from gcrm.progress import Advance


def retry_quarantine(object_name: str | None, advance: Advance) -> ImportReport:
    """Imports once more what is in quarantine, with the mapping it was refused under.

    Args:
        object_name: one object, or None for all.
        advance: told how many records are done.
    """
    with connect(Role.WRITER) as connection:
        files = list(queries("imports").quarantined_files(connection, object=object_name))
    order = list(OBJECTS)
    total = ImportReport()
    for name, source, file_name, sha256, kept, _ in sorted(files, key=lambda file: order.index(file[0])):
        mapping = FileMapping.model_validate(kept).model_copy(update={"source": source})
        part = Part(OBJECTS[name], mapping, partial(_records, mapping, name, file_name))
        total += run_parts(file_name, sha256, [part], advance)[name]
    return total


def quarantined(object_name: str | None, most: int) -> tuple[list[tuple[Any, ...]], int]:
    """Refused records, and how many there are in all.

    Args:
        object_name: one object, or None for all.
        most: at most so many.

    Returns:
        Tuples of object, file name, row number, column, value, reason; the count.
    """
    with connect(Role.WRITER) as connection:
        rows = queries("imports").quarantine(connection, object=object_name, most=most)
        count: int = queries("imports").quarantine_count(connection, object=object_name)
        return list(rows), count


def _records(mapping: FileMapping, object_name: str, file_name: str) -> Iterator[pd.DataFrame]:
    """The records of a file that are in quarantine, as one chunk."""
    with connect(Role.WRITER) as connection:
        rows = list(queries("imports").quarantined_records(connection, source=mapping.source, object=object_name, file_name=file_name))
    records = pd.DataFrame([record for _, record in rows], dtype="string")
    # A column that is mapped stays, also where no refused record has a value in it; a mark is missing where there is none.
    mapped = {column for origin in mapping.fields.values() for column in origin.columns}
    records = records.reindex(columns=[*records.columns, *sorted(mapped - set(records.columns))])
    marks = [column for column in MARKS if column in records]
    records = records.astype("string").fillna(dict.fromkeys(records.columns.difference(marks), ""))
    yield records.set_axis(pd.Index([number for number, _ in rows], name="row_number"), axis="index")
