"""Imports: a mapped file becomes rows of the database and a quarantine of the rest.

A chunk of records is one transaction, and a record is found again by its key. So a run that was killed is mended by
the same run once more: what is there already is unchanged, and what is missing is added.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import psycopg
from psycopg.types.json import Jsonb

from gcrm.db.connection import Role, connect
from gcrm.db.load import copy_frame
from gcrm.db.queries import NamedQueries, queries
from gcrm.frames import OBJECTS, ObjectType
from gcrm.ingest import readers
from gcrm.ingest.clean import clean
from gcrm.ingest.digest import file_sha256
from gcrm.ingest.mapping import FileMapping
from gcrm.ingest.source import Source
from gcrm.progress import Advance
from gcrm.spatial.cells import index_points

_REPEATED = "(stands in this file already)"
"""Column that marks a record whose key its file has had before: the key and the row; a retry, which sees no other row, refuses it again."""

_IN_ROW = " in row "


@dataclass(frozen=True)
class ImportReport:
    """What became of the records of a file (counts); they add up: read = created + updated + unchanged + refused."""

    read: int = 0
    created: int = 0
    updated: int = 0
    refused: int = 0

    @property
    def unchanged(self) -> int:
        """Records that were there already, the same."""
        return self.read - self.created - self.updated - self.refused

    def __add__(self, other: "ImportReport") -> "ImportReport":
        return ImportReport(self.read + other.read, self.created + other.created, self.updated + other.updated, self.refused + other.refused)


@dataclass(frozen=True)
class _Run:
    """One run over one file: what every one of its statements needs."""

    import_id: int
    source: str
    object_type: ObjectType
    file_name: str
    mapping: FileMapping

    @property
    def names(self) -> dict[str, Any]:
        return {"import_id": self.import_id, "source": self.source, "object": self.object_type.name, "file_name": self.file_name}


def import_file(source: Source, advance: Advance) -> ImportReport:
    """Imports a file.

    Args:
        source: the file with its mapping.
        advance: told how many records are done.

    Returns:
        The counts; refused records are in gcrm.quarantine.

    Raises:
        MappingError: a required field has no source.
        ReadError: the file breaks off in the middle; what came before it is stored.
    """
    source.check()
    return _import(source.path.name, file_sha256(source.path), source.object_type, source.mapping, source.chunks(), advance)


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
        chunks = _quarantined(mapping, name, file_name)
        total += _import(file_name, sha256, OBJECTS[name], mapping, chunks, advance)
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


def _quarantined(mapping: FileMapping, object_name: str, file_name: str) -> Iterator[pd.DataFrame]:
    """The records of a file that are in quarantine, as one chunk."""
    with connect(Role.WRITER) as connection:
        rows = list(queries("imports").quarantined_records(connection, source=mapping.source, object=object_name, file_name=file_name))
    records = pd.DataFrame([record for _, record in rows], dtype="string")
    # A column that is mapped stays, also where no refused record has a value in it; a mark is missing where there is none.
    mapped = {column for origin in mapping.fields.values() for column in origin.columns}
    records = records.reindex(columns=[*records.columns, *sorted(mapped - set(records.columns))])
    marks = [column for column in (*readers.MARKS, _REPEATED) if column in records]
    records = records.astype("string").fillna(dict.fromkeys(records.columns.difference(marks), ""))
    yield records.set_axis(pd.Index([number for number, _ in rows], name="row_number"), axis="index")


def _import(file_name: str, sha256: str, object_type: ObjectType, mapping: FileMapping, chunks: Iterator[pd.DataFrame], advance: Advance) -> ImportReport:
    journal = queries("imports")
    report = ImportReport()
    with connect(Role.WRITER) as connection:
        kept = Jsonb(mapping.model_dump(exclude_defaults=True))
        names = {"source": mapping.source, "object": object_type.name, "file_name": file_name}
        journal.lock(connection, source=mapping.source, object=object_type.name)
        import_id = journal.start(connection, **names, file_sha256=sha256, mapping=kept)
        run = _Run(import_id, mapping.source, object_type, file_name, mapping)
        journal.create_seen_keys(connection)
        connection.commit()
        for chunk in chunks:
            report += _import_chunk(connection, run, chunk)
            connection.commit()
            advance(len(chunk))
        journal.forget_mended(connection, **run.names)
        counts = {"rows_read": report.read, "rows_created": report.created, "rows_updated": report.updated, "rows_refused": report.refused}
        journal.finish(connection, import_id=import_id, rows_unchanged=report.unchanged, **counts)
    return report


def _import_chunk(connection: psycopg.Connection[Any], run: _Run, chunk: pd.DataFrame) -> ImportReport:
    marked = pd.concat([_ragged(chunk), _repeated(chunk, run.object_type)])
    raw = run.mapping.apply(chunk.drop(index=marked.index), run.object_type)
    records, problems = clean(raw, run.object_type, run.mapping)
    staged = _staged(records, run.object_type)
    chunk = _mark_repeated(connection, chunk, staged)
    repeated = _repeated(chunk, run.object_type)
    staged = staged[~staged["row_number"].isin(repeated.index)]
    statements = queries(f"import_{run.object_type.name}")
    statements.create_stage(connection)
    copy_frame(connection, f"staged_{run.object_type.name}", staged)
    unresolved = _unresolved(connection, statements, run)
    created, updated = _merge(connection, statements, run)
    refused = pd.concat([marked, problems, repeated, unresolved])
    refused = refused[~refused.index.duplicated()]
    _store_refused(connection, run, chunk, refused)
    return ImportReport(len(chunk), created, updated, len(refused))


def _ragged(chunk: pd.DataFrame) -> pd.DataFrame:
    """Records that do not fit their table, such as those with more or fewer fields than the header."""
    found = []
    for column, reason in readers.MARKS.items():
        if column in chunk:
            values = chunk[column].dropna()
            found.append(pd.DataFrame({"field": column, "value": values, "reason": reason}))
    return pd.concat(found) if found else pd.DataFrame(columns=["field", "value", "reason"], index=chunk.index[:0])


def _staged(records: pd.DataFrame, object_type: ObjectType) -> pd.DataFrame:
    """Records as their stage takes them: `row_number` and `source_key` first, cells for given positions of accounts."""
    key = records[object_type.key[0]]
    for part in object_type.key[1:]:
        key = key + "/" + records[part]
    own_key_only = [object_type.key[0]] if len(object_type.key) == 1 else list(object_type.key[1:])
    staged = records.drop(columns=own_key_only)
    staged.insert(0, "source_key", key)
    staged.insert(0, "row_number", records.index)
    if object_type.name == "accounts":
        staged["cell"] = index_points(records["longitude"], records["latitude"])
    return staged


def _mark_repeated(connection: psycopg.Connection[Any], chunk: pd.DataFrame, staged: pd.DataFrame) -> pd.DataFrame:
    """The chunk, with _REPEATED for records whose key this file has had before."""
    copy_frame(connection, "chunk_keys", staged[["source_key", "row_number"]])
    rows = list(queries("imports").repeated_keys(connection))
    if not rows:
        return chunk
    marks = pd.Series({number: f"{key}{_IN_ROW}{first}" for number, key, first in rows}, dtype="string").reindex(chunk.index)
    return chunk.assign(**{_REPEATED: marks.fillna(chunk[_REPEATED]) if _REPEATED in chunk else marks})


def _repeated(chunk: pd.DataFrame, object_type: ObjectType) -> pd.DataFrame:
    """Records that are marked as repeated: by this run, or by the one that put them into quarantine."""
    marks = chunk[_REPEATED].dropna().str.rpartition(_IN_ROW) if _REPEATED in chunk else pd.DataFrame(columns=[0, 1, 2], index=chunk.index[:0])
    return pd.DataFrame({"field": object_type.key[0], "value": marks[0], "reason": "stands in this file already, in row " + marks[2] + "; one record a key"})


def _unresolved(connection: psycopg.Connection[Any], statements: NamedQueries, run: _Run) -> pd.DataFrame:
    """Records that name a record which is not there; they leave the stage."""
    if not run.object_type.references:
        return pd.DataFrame(columns=["field", "value", "reason"])
    rows = list(statements.unresolved(connection, source=run.source))
    references = run.object_type.references
    reasons = [f"is no key of {references[field]} from {run.source}; import those first, then `gcrm quarantine retry`" for _, field, _ in rows]
    index = pd.Index([number for number, _, _ in rows], dtype="int64", name="row_number")
    found = pd.DataFrame({"field": [field for _, field, _ in rows], "value": [value for _, _, value in rows], "reason": reasons}, index=index)
    if len(found):
        statements.refuse(connection, row_numbers=np.unique(index).tolist())
    return found


def _merge(connection: psycopg.Connection[Any], statements: NamedQueries, run: _Run) -> tuple[int, int]:
    prepare, link = getattr(statements, "prepare", None), getattr(statements, "link", None)
    if prepare:
        prepare(connection)
    created, updated = statements.merge(connection, source=run.source, import_id=run.import_id)
    if link:
        updated += link(connection, source=run.source, import_id=run.import_id)
    return created, updated


def _store_refused(connection: psycopg.Connection[Any], run: _Run, chunk: pd.DataFrame, refused: pd.DataFrame) -> None:
    journal = queries("imports")
    if not len(refused):
        return
    records = chunk.loc[refused.index]
    texts = [json.dumps({name: value.replace("\0", "") for name, value in record.items() if not pd.isna(value)}) for record in records.to_dict("records")]
    columns = [_column_of(run.mapping, field) for field in refused["field"]]
    values = refused["value"].astype("string").str.replace("\0", "")
    journal.create_refused_stage(connection)
    rows = {"row_number": refused.index, "column_name": columns, "value": values, "reason": refused["reason"], "record": texts}
    copy_frame(connection, "staged_refused", pd.DataFrame(rows))
    journal.store_refused(connection, **run.names)


def _column_of(mapping: FileMapping, field: str) -> str:
    """The column of the file that feeds a field; the field itself where none or several do."""
    source = mapping.fields.get(field)
    return source.column if source and source.column else field
