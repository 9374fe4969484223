"""What the pages hand in: files, mappings, jobs, decisions. The second door of the dashboards, the one that writes; `data` is the one that reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

from dashboards import session
from dashboards.session import Permission, needs
from gcrm.access.users import User
from gcrm.custom_fields import object_type
from gcrm.errors import AccessError, GeocodeError, MappingError
from gcrm.frames import OBJECTS, ObjectType
from gcrm.ingest.mapping import FieldSource
from gcrm.ingest.options import ReadOptions
from gcrm.ingest.profile import Profile
from gcrm.ingest.readers.kinds import ENDINGS
from gcrm.ingest.source import Source, look_at, open_source
from gcrm.pipeline import duplicate_review, duplicates, entry, geocode_review, imports, jobs, quarantine, quarantine_retry, reach, sign_in, uploads
from gcrm.pipeline.duplicate_preview import Preview
from gcrm.pipeline.entry import FIELDS, Created
from gcrm.pipeline.imports import DryRun
from gcrm.pipeline.jobs import Job, Undone
from gcrm.pipeline.update import is_updating as is_at_it
from gcrm.progress import Advance

__all__ = ["ENDINGS", "FIELDS", "OBJECTS", "Created", "DryRun", "Job", "ObjectType", "Preview", "ReadOptions", "Source", "Undone"]


@dataclass(frozen=True)
class ColumnUse:
    """One column of a file: its first values, the field that it feeds (empty where none), and how sure that is (None where it was chosen)."""

    column: str
    first_values: str
    field: str
    confidence: float | None


@needs(Permission.MEND)
def keep(name: str, content: BinaryIO) -> str:
    """Keeps a file that was handed in; its token."""
    return uploads.keep(name, content)


@needs(Permission.MEND)
def opened(token: str, object_name: str, read: ReadOptions) -> Source:
    """A file that was handed in, with the mapping that is guessed for it.

    Args:
        token: of the file.
        object_name: what it holds.
        read: how it is read; what is left out is detected.

    Raises:
        ReadError: the file cannot be read, or is not kept any more.
    """
    return _opened(token, object_name, read)


@lru_cache(maxsize=16)
def _opened(token: str, object_name: str, read: ReadOptions) -> Source:
    return open_source(uploads.kept(token), object_type(object_name), read=read, seen=_seen(token, read))


@lru_cache(maxsize=16)
def _seen(token: str, read: ReadOptions) -> dict[str, Profile]:
    """What the columns of a file are like; every object is guessed from it."""
    return look_at(uploads.kept(token), read)


@needs(Permission.MEND)
def likely_object(token: str, read: ReadOptions) -> str:
    """What a file most likely holds: the object whose required fields its columns feed best, then the one that leaves the fewest columns over.

    Raises:
        ReadError: the file cannot be read.
    """

    def fit(name: str) -> tuple[float, float]:
        source = _opened(token, name, read)
        needed = [each.name for each in OBJECTS[name].unfed(())]
        sure = sum(source.confidence.get(each, 0) for each in needed) / len(needed)
        return sure, -len(source.unused)

    return max(OBJECTS, key=fit)


def columns(source: Source) -> list[ColumnUse]:
    """The columns of a file as the page shows them."""
    feeds = {origin.column: name for name, origin in source.mapping.fields.items() if origin.column is not None}
    return [
        ColumnUse(str(column), " · ".join(value for value in source.sample[column].head(3) if value), feeds.get(str(column), ""),
                  source.confidence.get(feeds[str(column)]) if str(column) in feeds else None)
        for column in source.sample.columns
    ]  # fmt: skip


def mapped(source: Source, chosen: Mapping[str, str], system: str) -> Source:
    """The file with the fields that somebody chose.

    Args:
        source: from `opened`.
        chosen: column to field; empty for none.
        system: name of the system that the file comes from.

    Raises:
        MappingError: a field is fed by two columns, or does not exist.
    """
    twice = [name for name in set(chosen.values()) if name and list(chosen.values()).count(name) > 1]
    if twice:
        raise MappingError(f"Two columns feed {twice[0]}; leave one of them out.")
    kept = {name: origin for name, origin in source.mapping.fields.items() if origin.column is None}
    fields = {**kept, **{name: FieldSource(column=column) for column, name in chosen.items() if name}}
    settled = source.mapping.model_copy(update={"fields": fields, "source": system})
    settled.check(source.object_type, source.sample.columns, source.path.name)
    return replace(source, mapping=settled, confidence={})


def missing(source: Source) -> list[str]:
    """The required fields that nothing feeds."""
    return [each.name for each in source.object_type.unfed(source.mapping.fields)]


@needs(Permission.MEND)
def dry_run(source: Source, advance: Advance) -> DryRun:
    """What the import would do; stores nothing.

    Raises:
        GcrmError: the file or the mapping is not fit.
    """
    return imports.dry_run([source], advance)


@needs(Permission.MEND)
def begin(source: Source) -> int:
    """Starts the import in a process of its own; the job's id.

    Raises:
        MappingError: a required field has no source.
    """
    job_id = imports.create_job([source], session.name())
    uploads.start(job_id)
    return job_id


@needs(Permission.WORK)
def create_account(texts: Mapping[str, str]) -> Created:
    """Stores an account that somebody typed in, and places it.

    Args:
        texts: of FIELDS and of the custom fields of accounts what was typed.

    Raises:
        EntryError: it cannot be stored.
        FieldError: the settings file of the custom fields is wrong.
    """
    return entry.create(texts, actor=session.name(), through="page")


@needs(Permission.MEND)
def resume(job_id: int) -> None:
    """Goes on with a job in a process of its own."""
    uploads.start(job_id)


@needs(Permission.MEND)
def update() -> None:
    """Brings the map up to date in a process of its own."""
    uploads.start_update()


@needs(Permission.MEND)
def is_updating() -> bool:
    """Whether the map is being brought up to date right now."""
    return is_at_it()


@needs(Permission.MEND)
def job(job_id: int) -> Job:
    """One job.

    Raises:
        ImportJobError: there is none.
    """
    return jobs.job(job_id)


@needs(Permission.MEND)
def last_jobs(most: int) -> list[Job]:
    """The last jobs, the newest first."""
    return jobs.jobs(most)


@needs(Permission.MEND)
def cancel(job_id: int) -> None:
    """Asks a job to stop.

    Raises:
        ImportJobError: it is not running.
    """
    jobs.cancel(job_id)


@needs(Permission.MEND)
def conflicts(job_id: int) -> list[tuple[str, str, str, str]]:
    """What an undo would have to leave: object, source, key, reason."""
    return jobs.undo_conflicts(job_id)


@needs(Permission.WORK)
def undo(job_id: int) -> Undone:
    """Takes back what a job did, but for its conflicts; whoever does not mend data may take back what they entered themselves.

    Raises:
        AccessError: somebody else asked for the job.
        ImportJobError: it runs, or was undone already.
    """
    if not session.may(Permission.MEND) and jobs.job(job_id).created_by != session.name():
        raise AccessError(f"Job {job_id} is not yours; ask whoever imports data to take it back.")
    return jobs.undo(job_id, leave_conflicts=True)


@needs(Permission.MEND)
def edit_refused(quarantine_id: int, values: Mapping[str, str]) -> None:
    """Changes fields of a refused record that waits; see `gcrm.pipeline.quarantine.edit`.

    Raises:
        QuarantineError: it does not wait any more, its file has no such column, or the reader may not see every record.
    """
    quarantine.edit(quarantine_id, values, session.scope())


@needs(Permission.MEND)
def retry_refused(selection: quarantine.Selection, advance: Advance) -> quarantine_retry.Retried:
    """Imports refused records once more; see `gcrm.pipeline.quarantine_retry.retry`.

    Raises:
        QuarantineError: the reader may not see every record.
    """
    return quarantine_retry.retry(selection, session.scope(), advance)


@needs(Permission.MEND)
def discard_refused(selection: quarantine.Selection) -> tuple[int, ...]:
    """Puts refused records aside; their keys, for `restore_refused`.

    Raises:
        QuarantineError: the reader may not see every record.
    """
    return quarantine.discard(selection, session.scope())


@needs(Permission.MEND)
def restore_refused(selection: quarantine.Selection) -> int:
    """Takes back what was put aside; how many.

    Raises:
        QuarantineError: the reader may not see every record.
    """
    return quarantine.restore(selection, session.scope())


@needs(Permission.MEND)
def look_for_duplicates() -> None:
    """Looks for duplicate accounts in a process of its own."""
    uploads.start_search()


@needs(Permission.MEND)
def merge(duplicate_id: int, keep: duplicates.Keep) -> int:
    """Merges a pair of the queue; the merge_id.

    Raises:
        DuplicateError: there is no such pair (any more), or it cannot be merged.
    """
    return duplicates.merge(duplicate_id, keep)


@needs(Permission.MEND)
def undo_merge(merge_id: int) -> list[dict[str, Any]]:
    """Takes a merge back; what could not be, as `what`, `why` and `count`.

    Raises:
        DuplicateError: it is undone already, or its account was merged in its turn.
    """
    return duplicates.undo(merge_id)


@needs(Permission.MEND)
def separate(duplicate_id: int) -> None:
    """Says that a pair is about two.

    Raises:
        DuplicateError: there is no such pair (any more).
    """
    duplicates.separate(duplicate_id)


@needs(Permission.MEND)
def undo_separate(duplicate_id: int) -> None:
    """Lets a pair that was told apart wait again.

    Raises:
        DuplicateError: it is not told apart (any more).
    """
    duplicate_review.reopen(duplicate_id)


@needs(Permission.MEND)
def file_of(token: str) -> Path:
    """The file of a token.

    Raises:
        ReadError: it is not kept any more.
    """
    return uploads.kept(token)


@needs(Permission.MEND)
def accept_candidate(account_id: int, position: int, *, always: bool) -> None:
    """Takes a candidate as the position of an account; see `gcrm.pipeline.geocode_review.accept_candidate`.

    Raises:
        GeocodeError: there is no such open review or candidate, or the reader may not see every account.
    """
    geocode_review.accept_candidate(account_id, position, _decider(), always=always)


@needs(Permission.MEND)
def set_point(account_id: int, longitude: float, latitude: float, *, always: bool) -> None:
    """Sets the position of an account to a point, degrees in EPSG:4326; see `gcrm.pipeline.geocode_review.set_point`.

    Raises:
        GeocodeError: there is no such open review, the point is none, or the reader may not see every account.
    """
    geocode_review.set_point(account_id, longitude, latitude, _decider(), always=always)


@needs(Permission.MEND)
def leave_position(account_id: int) -> None:
    """Leaves an account where it is, and takes it out of the queue.

    Raises:
        GeocodeError: there is no such open review, or the reader may not see every account.
    """
    geocode_review.dismiss(account_id, _decider())


@needs(Permission.MEND)
def undo_position(account_id: int) -> None:
    """Undoes what was decided on the position of an account.

    Raises:
        GeocodeError: nothing was decided on it, or the reader may not see every account.
    """
    _decider()
    geocode_review.undo(account_id)


def _decider() -> str:
    """Who decides on positions. A decision may hold for every account of an address: only who sees all of them may make one."""
    if not session.scope().sees_everything:
        raise GeocodeError("Positions are decided on by those who see every account; ask one of them.")
    return session.name()


@needs(Permission.PLAN)
def close_street(way_id: int) -> None:
    """Closes a street for everybody.

    Raises:
        RoadsError: no loaded extract has it, or the reader does not see every account.
    """
    reach.close_street(way_id, session.scope())


@needs(Permission.PLAN)
def slow_street(way_id: int, factor: float) -> None:
    """Lets cars go slower on a street.

    Raises:
        RoadsError: no loaded extract has it, or the reader does not see every account.
    """
    reach.slow_street(way_id, factor, session.scope())


@needs(Permission.PLAN)
def free_street(way_id: int) -> None:
    """Ends what was set on a street by hand.

    Raises:
        RoadsError: the reader does not see every account.
    """
    reach.free_street(way_id, session.scope())


@needs(Permission.ADMINISTER)
def add_user(name: str, role: str, territories: Sequence[str], mail: str, password: str) -> None:
    """Adds a user.

    Args:
        name: in small letters.
        role: a name of USER_ROLES.
        territories: names of territories and regions; EVERYTHING alone for every account.
        mail: by which the organisation's own sign-in knows the person; empty where it does not.
        password: empty for somebody who signs in through the organisation only.

    Raises:
        AccessError: there is one of this name, or it cannot be kept.
    """
    if name in sign_in.users():
        raise AccessError(f"There is a user {name} already; choose it in the list to change it.")
    user = User(name, role, tuple(territories), mail)
    sign_in.keep_user(user.with_password(password) if password else user)


@needs(Permission.ADMINISTER)
def change_user(name: str, role: str, territories: Sequence[str], mail: str, password: str) -> User:
    """Changes a user, whose sessions end; the user as it was.

    Args:
        name: of the user.
        role: as of `add_user`.
        territories: as of `add_user`.
        mail: as of `add_user`.
        password: the new one; empty to leave it.

    Raises:
        AccessError: it cannot be kept so.
    """
    before = sign_in.named(name)
    changed = replace(before, role=role, territories=tuple(territories), mail=mail)
    sign_in.keep_user(changed.with_password(password) if password else changed)
    return before


@needs(Permission.ADMINISTER)
def remove_user(name: str) -> User:
    """Removes a user, whose sessions end; the user as it was.

    Raises:
        AccessError: nobody would be left to administer.
    """
    before = sign_in.named(name)
    sign_in.remove_user(name)
    return before


@needs(Permission.ADMINISTER)
def restore_user(user: User) -> None:
    """Brings a user back as it was.

    Raises:
        AccessError: it cannot be kept so any more.
    """
    sign_in.keep_user(user)


@needs(Permission.ADMINISTER)
def end_sessions(name: str) -> int:
    """Signs a user out on every device; how many sessions ended."""
    return sign_in.end_sessions(name)
