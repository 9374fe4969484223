"""Jobs: what was run over which file, how far it is, and how to stop it or take it back."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg.rows import class_row

from gcrm.db.connection import Role, connect
from gcrm.db.queries import queries
from gcrm.errors import ImportJobError

_SOON = timedelta(seconds=60)


@dataclass(frozen=True)
class Job:
    """One run over a file; counts are of records, `rows_expected` is a guess, `seconds` run until now or until its end, `created_by` who asked for it."""

    job_id: int
    kind: str
    file_name: str
    objects: str | None
    state: str
    message: str | None
    rows_expected: int | None
    rows_read: int
    rows_created: int
    rows_updated: int
    rows_refused: int
    rows_warned: int
    rows_skipped: int
    created_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    seconds: float | None
    working: bool

    @property
    def shown_state(self) -> str:
        """The state in words: a job that runs without anybody holding it was killed; one that nobody took up soon was never begun."""
        if self.state == "running" and not self.working:
            return "broken off"
        late = datetime.now(UTC) - self.created_at > _SOON
        return "not begun" if self.state == "waiting" and late and not self.working else self.state

    @property
    def busy(self) -> bool:
        """Whether it is at work, or about to be."""
        return self.shown_state in {"waiting", "running"}

    @property
    def resumable(self) -> bool:
        """Whether it can go on."""
        return self.kind == "import" and self.shown_state in {"waiting", "not begun", "broken off", "cancelled", "failed"}

    @property
    def rate(self) -> float | None:
        """Records a second."""
        return self.rows_read / self.seconds if self.seconds else None

    @property
    def seconds_left(self) -> float | None:
        """How long it will still take, by its rate so far; None where nobody knows."""
        if not self.rate or not self.rows_expected or self.state != "running":
            return None
        return max(self.rows_expected - self.rows_read, 0) / self.rate


@dataclass(frozen=True)
class Undone:
    """What an undo did (counts of records): restored to what they were, removed, kept because of a conflict."""

    restored: int
    removed: int
    kept: int


def jobs(most: int = 20, job_id: int | None = None) -> list[Job]:
    """The last jobs, the newest first.

    Args:
        most: at most so many.
        job_id: only this one.
    """
    with connect(Role.WRITER) as connection, connection.cursor(row_factory=class_row(Job)) as cursor:
        cursor.execute(queries("jobs").listing.sql.encode(), {"most": most, "job_id": job_id})
        return cursor.fetchall()


def job(job_id: int) -> Job:
    """One job.

    Raises:
        ImportJobError: there is none.
    """
    found = jobs(1, job_id)
    if not found:
        raise ImportJobError(f"There is no job {job_id}; see them with `gcrm jobs list`.")
    return found[0]


def cancel(job_id: int) -> None:
    """Asks a job to stop behind the chunk in hand; what is stored stays, and the job can go on later.

    Raises:
        ImportJobError: it is not running.
    """
    with connect(Role.WRITER) as connection:
        if not queries("jobs").cancel(connection, job_id=job_id):
            raise ImportJobError(f"Job {job_id} is not running; see `gcrm jobs list`.")


def undo_conflicts(job_id: int) -> list[tuple[str, str, str, str]]:
    """Records that an undo would have to leave: changed since, or referred to by records that stay.

    Args:
        job_id: the job.

    Returns:
        Tuples of object, source, key, reason.
    """
    with connect(Role.WRITER) as connection:
        found: list[tuple[Any, ...]] = list(queries("jobs").undo_conflicts(connection, job_id=job_id))
        connection.rollback()
    return [(str(name), str(source), str(key), str(reason)) for name, source, key, reason in found]


def undo(job_id: int, *, leave_conflicts: bool = False) -> Undone:
    """Takes back what a job created and changed, in one transaction.

    Args:
        job_id: the job.
        leave_conflicts: leave records in conflict as they are; else nothing happens where there is one.

    Raises:
        ImportJobError: there is no such job, it runs, was undone already, or there are conflicts.
    """
    state = job(job_id)
    if state.state == "undone":
        raise ImportJobError(f"Job {job_id} was undone already.")
    with connect(Role.WRITER) as connection:
        if not queries("jobs").lock(connection, job_id=job_id):
            raise ImportJobError(f"Job {job_id} is running; cancel it first with `gcrm jobs cancel {job_id}`.")
        done = Undone(*queries("jobs").undo(connection, job_id=job_id))
        if done.kept and not leave_conflicts:
            connection.rollback()
            raise ImportJobError(
                f"{done.kept:,} records of job {job_id} were changed since or are in use; "
                f"see them with `gcrm jobs conflicts {job_id}`, or take back the rest with --leave-conflicts."
            )
        return done
