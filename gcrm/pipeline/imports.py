"""Imports: a mapped file becomes rows of the database and a quarantine of the rest.

A run over a file is a job. A chunk of records is one transaction, and the chunk's line in the ledger is part of it: a job that
was killed or cancelled goes on behind the last chunk that is stored, and ends as if nothing had happened.
"""

import getpass
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import psycopg
from psycopg.types.json import Json, Jsonb

from gcrm.custom_fields import object_type
from gcrm.db.connection import Role, connect
from gcrm.db.queries import queries
from gcrm.errors import EntryError, GcrmError, ImportJobError
from gcrm.frames import ACCOUNTS, OBJECTS, ObjectType
from gcrm.ingest.digest import file_sha256
from gcrm.ingest.mapping import FileMapping
from gcrm.ingest.size import expected_records
from gcrm.ingest.source import Source
from gcrm.pipeline import chunks
from gcrm.pipeline.ahead import ahead
from gcrm.pipeline.duplicate_preview import Preview, preview
from gcrm.pipeline.report import ImportReport
from gcrm.pipeline.stages import with_declared_stages
from gcrm.progress import Advance

_SHOWN_CHANGES = 20


@dataclass(frozen=True)
class Part:
    """One object that a job feeds: its records, and how they are mapped.

    `kept` is the mapping that the journal keeps, for whoever reads or writes these records later. `tried` are the rows that `records` has
    given so far, where these are but some of the file; None for the whole of it.
    """

    object_type: ObjectType
    mapping: FileMapping
    records: Callable[[], Iterable[pd.DataFrame]]
    kept: FileMapping
    tried: Sequence[int] | None = None

    @classmethod
    def of(cls, source: Source) -> "Part":
        """The whole of a file; what is kept of it says how the file was read, also where that was detected."""
        return cls(source.object_type, source.mapping, source.chunks, source.mapping.model_copy(update={"read": source.reading}))


@dataclass(frozen=True)
class DryRun:
    """What an import would do.

    Attributes:
        reports: object to counts.
        changes: the first records that would change: object, source_key, columns with old and new value.
        refused: the first records that would be refused: object, row_number, column_name, value, reason.
        duplicates: of its accounts, those that look like others; None where it feeds none.
    """

    reports: Mapping[str, ImportReport]
    changes: list[tuple[str, str, dict[str, tuple[Any, Any]]]]
    refused: list[tuple[str, int, str, str, str]]
    duplicates: Preview | None


def import_file(source: Source, advance: Advance) -> ImportReport:
    """Imports a file that feeds one object; goes on with the last job over it where that was broken off.

    Args:
        source: the file with its mapping.
        advance: told how many records are done.

    Returns:
        The counts; refused records are in gcrm.quarantine.

    Raises:
        MappingError: a required field has no source.
        ReadError: the file breaks off in the middle; what came before it is stored.
        ImportJobError: it was cancelled, or somebody else works on it.
    """
    return run_job(create_job([source]), advance)[source.object_type.name]


def create_job(sources: Sequence[Source], actor: str | None = None) -> int:
    """A job over a file, or the last one over it with the same mapping where that did not come to its end.

    Args:
        sources: the file with a mapping for each object that it feeds.
        actor: who asks for it; whoever runs the program if left out.

    Returns:
        The job's id.

    Raises:
        MappingError: a required field has no source.
    """
    for source in sources:
        source.check()
    path, sha256 = sources[0].path.absolute(), file_sha256(sources[0].path)
    mapping = Json({source.object_type.name: source.mapping.model_dump(mode="json", exclude_defaults=True) for source in sources})
    records = expected_records(path, sources[0].mapping.read)
    expected = None if records is None else records * len(sources)
    jobs = queries("jobs")
    with connect(Role.WRITER) as connection:
        found: int | None = jobs.resumable(connection, file_sha256=sha256, mapping=mapping)
        if found is not None:
            jobs.move(connection, job_id=found, file_path=str(path))
            return found
        names = {"file_name": path.name, "file_path": str(path), "file_sha256": sha256, "mapping": mapping, "rows_expected": expected,
                 "created_by": actor or getpass.getuser()}  # fmt: skip
        return int(jobs.create(connection, kind="import", **names))


def run_job(job_id: int, advance: Advance) -> dict[str, ImportReport]:
    """Runs a job, or goes on with it.

    Args:
        job_id: from `create_job`.
        advance: told how many records are done; those of an earlier run at once.

    Returns:
        Object to counts, of the whole job.

    Raises:
        ReadError: the file is gone, has changed, or breaks off in the middle.
        ImportJobError: there is no such job, it has no file, it was cancelled, or somebody else works on it.
    """
    with connect(Role.WRITER) as connection:
        job = queries("jobs").get(connection, job_id=job_id)
    if job is None:
        raise ImportJobError(f"There is no job {job_id}; see them with `gcrm jobs list`.")
    _, kind, file_name, file_path, sha256, mappings, _ = job
    if file_path is None:
        raise ImportJobError(f"Job {job_id} ({kind}) has no file to go on with; begin it anew.")
    # JSON keeps no order; references need one.
    sources = [Source.again(Path(file_path), object_type(name), FileMapping.model_validate(mappings[name])) for name in OBJECTS if name in mappings]
    if not sources[0].path.is_file() or file_sha256(sources[0].path) != sha256:
        raise ImportJobError(f"{file_path} is no longer the file of job {job_id}; import it anew.")
    return _run(job_id, file_name, sha256, [Part.of(source) for source in sources], advance)


def dry_run(sources: Sequence[Source], advance: Advance) -> DryRun:
    """What an import would create, change and refuse, and which of its accounts look like others; the database stays as it is.

    Args:
        sources: the file with a mapping for each object that it feeds.
        advance: told how many records are done.

    Raises:
        MappingError: a required field has no source.
        ReadError: the file cannot be read to its end.
    """
    for source in sources:
        source.check()
    reports: dict[str, ImportReport] = {}
    duplicates: Preview | None = None
    with connect(Role.WRITER) as connection:
        job_id: int = queries("jobs").create(
            connection, kind="import", file_name=sources[0].path.name, file_path=None, file_sha256="", mapping=Json({}), rows_expected=None,
            created_by=getpass.getuser(),
        )  # fmt: skip
        for source in sources:
            part = Part.of(source)
            run = _begin(connection, job_id, source.path.name, "", part)
            total = ImportReport()
            for chunk in ahead(chunks.prepare(run, raw) for raw in part.records()):
                total += chunks.store(connection, run, chunk)
                advance(len(chunk.raw))
            reports[source.object_type.name] = total
            if source.object_type.name == ACCOUNTS.name:
                duplicates = preview(connection, run.import_id)
        found = queries("imports")
        changes = [(name, key, _changed(before, after)) for name, key, before, after in found.changes_of(connection, job_id=job_id, most=_SHOWN_CHANGES)]
        refused = list(found.refused_by(connection, job_id=job_id, most=_SHOWN_CHANGES))
        connection.rollback()
    return DryRun(reports, changes, refused, duplicates)


def _changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {name: (value, after.get(name)) for name, value in before.items() if name != "import_id"}


def run_parts(kind: Literal["retry"], file_name: str, sha256: str, parts: Sequence[Part], advance: Advance) -> tuple[int, dict[str, ImportReport]]:
    """Runs a job over records that lie in no file of their own.

    Args:
        kind: of the job: a retry of what was refused.
        file_name: the file they came from.
        sha256: its checksum.
        parts: the objects.
        advance: told how many records are done.

    Returns:
        The job's id; object to counts.
    """
    mapping = Json({part.object_type.name: part.mapping.model_dump(mode="json", exclude_defaults=True) for part in parts})
    with connect(Role.WRITER) as connection:
        names = {"file_name": file_name, "file_path": None, "file_sha256": sha256, "mapping": mapping, "rows_expected": None,
                 "created_by": getpass.getuser()}  # fmt: skip
        job_id: int = queries("jobs").create(connection, kind=kind, **names)
    return job_id, _run(job_id, file_name, sha256, parts, advance)


def run_within(connection: psycopg.Connection[Any], file_name: str, sha256: str, parts: Sequence[Part], actor: str) -> int:
    """Runs a job over a few records within a transaction that is there already: all of them are stored, or the caller rolls back.

    Args:
        connection: whose transaction it is; its changes belong to the last of the objects from then on.
        file_name: what the records are called.
        sha256: their checksum.
        parts: the objects, in the order in which they refer to each other.
        actor: who enters them.

    Returns:
        The job's id.

    Raises:
        EntryError: a record is refused.
    """
    jobs, journal = queries("jobs"), queries("imports")
    mapping = Json({part.object_type.name: part.mapping.model_dump(mode="json", exclude_defaults=True) for part in parts})
    names = {"file_name": file_name, "file_path": None, "file_sha256": sha256, "mapping": mapping, "rows_expected": None, "created_by": actor}
    job_id: int = jobs.create(connection, kind="entry", **names)
    jobs.begin(connection, job_id=job_id)
    for part in parts:
        run = _begin(connection, job_id, file_name, sha256, part)
        total = ImportReport()
        for raw in part.records():
            report = chunks.store(connection, run, chunks.prepare(run, raw))
            _enter(connection, run, int(raw.index[0]), report)
            total += report
        if total.refused:
            _, _, field, value, reason = next(iter(journal.refused_by(connection, job_id=job_id, most=1)))
            raise EntryError(f"{field.replace('_', ' ').capitalize()} {value or ''} {reason}; mend it and save again.".replace("  ", " "))
        journal.finish(connection, import_id=run.import_id, **_counts(total), rows_unchanged=total.unchanged)
    jobs.end(connection, job_id=job_id, state="finished", message=None)
    return job_id


def _run(job_id: int, file_name: str, sha256: str, parts: Sequence[Part], advance: Advance) -> dict[str, ImportReport]:
    jobs = queries("jobs")
    with connect(Role.WRITER) as connection:
        if not jobs.lock(connection, job_id=job_id):
            raise ImportJobError(f"Somebody works on job {job_id} already; see it with `gcrm jobs list`.")
        jobs.begin(connection, job_id=job_id)
        connection.commit()
        try:
            reports = {part.object_type.name: _import(connection, _begin(connection, job_id, file_name, sha256, part), part, advance) for part in parts}
            jobs.end(connection, job_id=job_id, state="finished", message=None)
            connection.commit()
        except (GcrmError, KeyboardInterrupt) as error:
            connection.rollback()
            cancelled = isinstance(error, (_CancelledError, KeyboardInterrupt))
            jobs.end(connection, job_id=job_id, state="cancelled" if cancelled else "failed", message=str(error) or None)
            connection.commit()
            raise
    return reports


def _begin(connection: psycopg.Connection[Any], job_id: int, file_name: str, sha256: str, part: Part) -> chunks.Import:
    journal = queries("imports")
    kept = Jsonb(part.kept.model_dump(mode="json", exclude_defaults=True))
    names = {"source": part.mapping.source, "object": part.object_type.name, "file_name": file_name}
    journal.lock(connection, source=part.mapping.source, object=part.object_type.name)
    import_id = journal.started(connection, job_id=job_id, object=part.object_type.name)
    import_id = import_id or journal.start(connection, **names, job_id=job_id, file_sha256=sha256, mapping=kept)
    journal.create_seen_keys(connection)
    return chunks.Import(import_id, part.mapping.source, with_declared_stages(connection, part.object_type), file_name, part.mapping)


class _CancelledError(ImportJobError):
    """Somebody asked the job to stop."""


def _import(connection: psycopg.Connection[Any], run: chunks.Import, part: Part, advance: Advance) -> ImportReport:
    connection.commit()
    journal = queries("imports")
    stored: dict[int, tuple[int, ...]] = {first: counts for first, *counts in journal.ledger(connection, import_id=run.import_id)}
    total = ImportReport()
    for chunk, first, done in ahead(_prepared(run, part, stored)):
        if done is not None:
            chunks.remember_keys(connection, chunk)
            report = done
        else:
            report = chunks.store(connection, run, chunk)
            _enter(connection, run, first, report)
        connection.commit()
        total += report
        advance(report.read)
        if journal.is_cancelled(connection, import_id=run.import_id):
            raise _CancelledError(f"The import of {run.file_name} was cancelled behind record {first + report.read - 1:,}; go on with `gcrm jobs resume`.")
    if part.tried is None:
        journal.forget_mended(connection, **run.names)
    else:
        journal.set_mended(connection, **run.names, row_numbers=list(part.tried))
    journal.finish(connection, import_id=run.import_id, **_counts(total), rows_unchanged=total.unchanged)
    connection.commit()
    return total


def _prepared(run: chunks.Import, part: Part, stored: Mapping[int, Sequence[int]]) -> Iterator[tuple[chunks.Chunk, int, ImportReport | None]]:
    """Each chunk, the number of its first record and, where it is stored already, its counts."""
    for raw in part.records():
        first = int(raw.index[0]) if len(raw) else 0
        done = stored.get(first)
        if done is not None and done[0] == len(raw):
            yield chunks.keys_only(run, raw), first, ImportReport(*done)
        else:
            yield chunks.prepare(run, raw), first, None


def _enter(connection: psycopg.Connection[Any], run: chunks.Import, first: int, report: ImportReport) -> None:
    queries("imports").enter(connection, import_id=run.import_id, first_row=first, **_counts(report))


def _counts(report: ImportReport) -> dict[str, int]:
    return {
        "rows_read": report.read, "rows_created": report.created, "rows_updated": report.updated,
        "rows_refused": report.refused, "rows_warned": report.warned, "rows_skipped": report.skipped,
    }  # fmt: skip
