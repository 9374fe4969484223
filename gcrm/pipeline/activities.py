"""Activities: logged, planned, done, postponed, cancelled, checked in; each write says who and through what, and can be taken back."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import TupleRow

from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.crm.activities import KINDS, Plan, checked_rule, next_due
from gcrm.db.connection import scoped
from gcrm.db.queries import queries
from gcrm.errors import CrmError
from gcrm.pipeline.changes import Through, acting, last_change, undo_change
from gcrm.pipeline.entry import SOURCE

_OBJECT = "activities"
_LONGEST_TEXT = 1_000
_LONGEST_REMINDER = 43_200
_LONGEST_DURATION = 10_080


@dataclass(frozen=True)
class Details:
    """What an activity is.

    Attributes:
        account_id: with whom.
        kind: one of `gcrm.crm.activities.KINDS`.
        subject: what it is about.
        rep_id: whose it is; None for nobody's.
        contact_id: the person it is with, who is of the account or has a role there.
        opportunity_id: what it is about, of the account.
        channel: through what.
        department: which part of the company.
        duration_minutes: how long it takes.
    """

    account_id: int
    kind: str
    subject: str = ""
    rep_id: int | None = None
    contact_id: int | None = None
    opportunity_id: int | None = None
    channel: str = ""
    department: str = ""
    duration_minutes: int | None = None


@dataclass(frozen=True)
class Written:
    """What was written, for `undo`.

    Attributes:
        activity_id: of the activity.
        change_id: the change that was made to it; None where it was made.
        next_id: of a completed one of a series the next one.
        distance_m: of a check-in the metres to the account; None where it has no position.
    """

    activity_id: int
    change_id: int | None
    next_id: int | None = None
    distance_m: float | None = None


def log(details: Details, scope: Scope, *, actor: str, through: Through, outcome: str = "", happened_at: datetime | None = None) -> Written:
    """Writes down what happened.

    Args:
        details: what it was.
        scope: who asks; it has to show the account.
        actor: who writes.
        through: page or command.
        outcome: what came of it.
        happened_at: when; now if left out.

    Raises:
        CrmError: the account is not to be seen, or something does not fit it.
    """
    at = happened_at or datetime.now(UTC)
    if at > datetime.now(UTC):
        raise CrmError("What lies ahead has not happened yet; plan it.")
    return _create(details, scope, actor, through, state="done", happened_at=at, outcome=_text(outcome, "outcome"))


def plan(details: Details, when: Plan, scope: Scope, *, actor: str, through: Through) -> Written:
    """Plans what is to be done.

    Args:
        details: what it is.
        when: when, with reminder and rule; `repeat_from` is set to the due time.
        scope: who asks; it has to show the account.
        actor: who writes.
        through: page or command.

    Raises:
        CrmError: the account is not to be seen, something does not fit it, or the rule is none.
    """
    if when.reminder_minutes is not None and not 0 <= when.reminder_minutes <= _LONGEST_REMINDER:
        raise CrmError(f"A reminder of {when.reminder_minutes:,} minutes is none; give 0 to {_LONGEST_REMINDER:,}.")
    rule = checked_rule(when.repeat_rule, when.due_at, settings().zone) or None
    return _create(
        details, scope, actor, through, state="planned", due_at=when.due_at, reminder_minutes=when.reminder_minutes, repeat_rule=rule,
        repeat_from=when.due_at if rule else None,
    )  # fmt: skip


def complete(activity_id: int, scope: Scope, *, actor: str, through: Through, outcome: str = "", happened_at: datetime | None = None) -> Written:
    """Marks a planned one as done; of a series the next one is planned.

    Args:
        activity_id: its key.
        scope: who asks; it has to show the activity.
        actor: who writes.
        through: page or command.
        outcome: what came of it.
        happened_at: when; now if left out.

    Raises:
        CrmError: there is no such planned activity.
    """
    at = happened_at or datetime.now(UTC)
    with _planned(activity_id, scope, actor, through) as (connection, found):
        following = next_due(found, at, settings().zone)
        queries(_OBJECT).end(connection, activity_id=activity_id, state="done", happened_at=at, outcome=_text(outcome, "outcome"))
        next_id = None
        if following is not None:
            next_id = queries(_OBJECT).create_next(connection, activity_id=activity_id, due_at=following, actor=actor, **_key())
        return Written(activity_id, last_change(connection, _OBJECT, activity_id), next_id)


def cancel(activity_id: int, scope: Scope, *, actor: str, through: Through, reason: str = "") -> Written:
    """Cancels a planned one; its series ends with it.

    Args:
        activity_id: its key.
        scope: who asks; it has to show the activity.
        actor: who writes.
        through: page or command.
        reason: why.

    Raises:
        CrmError: there is no such planned activity.
    """
    with _planned(activity_id, scope, actor, through) as (connection, _):
        queries(_OBJECT).end(connection, activity_id=activity_id, state="cancelled", happened_at=datetime.now(UTC), outcome=_text(reason, "reason"))
        return Written(activity_id, last_change(connection, _OBJECT, activity_id))


def postpone(activity_id: int, due_at: datetime, scope: Scope, *, actor: str, through: Through) -> Written:
    """Gives a planned one another time; the times of its series stay.

    Args:
        activity_id: its key.
        due_at: the new time.
        scope: who asks; it has to show the activity.
        actor: who writes.
        through: page or command.

    Raises:
        CrmError: there is no such planned activity, or it has this time.
    """
    _check_visible(activity_id, scope)
    with acting(actor, through) as connection:
        postpone_within(connection, activity_id, due_at)
        return Written(activity_id, last_change(connection, _OBJECT, activity_id))


def postpone_within(connection: psycopg.Connection[Any], activity_id: int, due_at: datetime) -> None:
    """As `postpone`, in the connection's transaction, for whoever sees the activity.

    Args:
        connection: of `gcrm.pipeline.changes.acting`.
        activity_id: its key.
        due_at: the new time.

    Raises:
        CrmError: there is no such planned activity, or it has this time.
    """
    if plan_within(connection, activity_id).due_at == due_at:
        raise CrmError(f"Activity {activity_id} is due then already; choose another time.")
    queries(_OBJECT).postpone(connection, activity_id=activity_id, due_at=due_at)


def assign_within(connection: psycopg.Connection[Any], activity_id: int, rep_id: int) -> None:
    """Gives a planned activity to a rep, in the connection's transaction, for whoever sees it.

    Args:
        connection: of `gcrm.pipeline.changes.acting`.
        activity_id: its key.
        rep_id: whose it is from now on.

    Raises:
        CrmError: there is no such planned activity, or no such rep.
    """
    plan_within(connection, activity_id)
    for what, key in queries(_OBJECT).unknown_references(connection, account_id=None, rep_id=rep_id, contact_id=None, opportunity_id=None):
        raise CrmError(f"There is no {what} {key}; see them with `gcrm activities reps`.")
    queries(_OBJECT).assign(connection, activity_id=activity_id, rep_id=rep_id)


def check_in(activity_id: int, longitude: float, latitude: float, scope: Scope, *, actor: str, through: Through) -> Written:
    """Stores where somebody arrived at a planned visit.

    Args:
        activity_id: its key.
        longitude: degrees, EPSG:4326.
        latitude: degrees, EPSG:4326.
        scope: who asks; it has to show the activity.
        actor: who writes.
        through: page or command.

    Returns:
        What was written, with the metres to the account; see `gcrm.crm.activities.is_far`.

    Raises:
        CrmError: there is no such planned visit, or the position is none.
    """
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):  # noqa: PLR2004 - the globe
        raise CrmError(f"The point {longitude:g}, {latitude:g} is not on the globe; give longitude -180 to 180 and latitude -90 to 90.")
    with _planned(activity_id, scope, actor, through, kind="visit") as (connection, _):
        at = datetime.now(UTC)
        distance = queries(_OBJECT).check_in(connection, activity_id=activity_id, longitude=longitude, latitude=latitude, at=at)
        return Written(activity_id, last_change(connection, _OBJECT, activity_id), distance_m=distance)


def undo(written: Written, scope: Scope, *, actor: str, through: Through) -> None:
    """Takes back what was written: a new activity goes, a changed one is as it was, and the next one of its series goes.

    Args:
        written: from the function that wrote it.
        scope: who asks; it has to show the activity.
        actor: who undoes it.
        through: page or command.

    Raises:
        CrmError: somebody changed it since, or it was undone already.
    """
    _check_visible(written.activity_id, scope)
    with acting(actor, through) as connection:
        if written.change_id is None:
            _remove(connection, written.activity_id)
            return
        if queries("changes").what(connection, change_id=written.change_id) != (_OBJECT, written.activity_id):
            raise CrmError(f"Change {written.change_id} is none of activity {written.activity_id}; look at its history.")
        if written.next_id is not None and queries(_OBJECT).next_of(connection, activity_id=written.activity_id) == written.next_id:
            _remove(connection, written.next_id)
        undo_change(connection, written.change_id)


def undo_last(activity_id: int, scope: Scope, *, actor: str, through: Through) -> None:
    """Takes back what was done to an activity last, or the activity itself where nothing was.

    Args:
        activity_id: its key.
        scope: who asks; it has to show the activity.
        actor: who undoes it.
        through: page or command.

    Raises:
        CrmError: there is none, or a series went on from it that somebody changed since.
    """
    _check_visible(activity_id, scope)
    with acting(actor, through) as connection:
        written = Written(activity_id, last_change(connection, _OBJECT, activity_id), queries(_OBJECT).next_of(connection, activity_id=activity_id))
    undo(written, scope, actor=actor, through=through)


def _create(details: Details, scope: Scope, actor: str, through: Through, **fields: Any) -> Written:  # noqa: ANN401 - columns differ in type
    if details.kind not in KINDS:
        raise CrmError(f"There is no activity {details.kind!r}; there are {', '.join(KINDS)}.")
    if details.duration_minutes is not None and not 1 <= details.duration_minutes <= _LONGEST_DURATION:
        raise CrmError(f"A duration of {details.duration_minutes:,} minutes is none; give 1 to {_LONGEST_DURATION:,}.")
    statements = queries(_OBJECT)
    with scoped(scope) as reader:
        if not statements.sees_account(reader, account_id=details.account_id):
            raise CrmError(f"There is no account {details.account_id}, or you may not see it; look for it by its name.")
    texts = {name: _text(getattr(details, name), name) for name in ("subject", "channel", "department")}
    missing = dict.fromkeys(("happened_at", "due_at", "reminder_minutes", "repeat_rule", "repeat_from", "outcome"))
    references = {name: getattr(details, name) for name in ("account_id", "rep_id", "contact_id", "opportunity_id")}
    with acting(actor, through) as connection:
        for what, key in statements.unknown_references(connection, **references):
            raise CrmError(f"There is no {what} {key} of account {details.account_id}; choose another, or leave it out.")
        created = statements.create(connection, **{**missing, **asdict(details), **texts, **_key(), **fields, "actor": actor})
    return Written(int(created), None)


@contextmanager
def _planned(activity_id: int, scope: Scope, actor: str, through: Through, kind: str = "") -> Iterator[tuple[psycopg.Connection[TupleRow], Plan]]:
    """A transaction in which a planned activity is held, and its plan.

    Raises:
        CrmError: there is no such planned activity that the scope shows, or it is of another kind.
    """
    _check_visible(activity_id, scope)
    with acting(actor, through) as connection:
        yield connection, plan_within(connection, activity_id, kind)


def plan_within(connection: psycopg.Connection[Any], activity_id: int, kind: str = "") -> Plan:
    """The plan of an activity, which is held until the end of the connection's transaction.

    Args:
        connection: of `gcrm.pipeline.changes.acting`.
        activity_id: its key.
        kind: which it has to be; empty for any.

    Raises:
        CrmError: there is no such planned activity, or it is of another kind.
    """
    found = queries(_OBJECT).plan(connection, activity_id=activity_id)
    if found is None:
        raise _none(activity_id)
    state, its_kind, due_at, reminder_minutes, rule, repeat_from = found
    if state != "planned":
        raise CrmError(f"Activity {activity_id} is {state} already; undo that first.")
    if kind and its_kind != kind:
        raise CrmError(f"Activity {activity_id} is a {its_kind} and no {kind}; choose a {kind}.")
    return Plan(due_at, reminder_minutes, rule or "", repeat_from)


def _remove(connection: psycopg.Connection[Any], activity_id: int) -> None:
    if not queries(_OBJECT).remove_untouched(connection, activity_id=activity_id):
        raise CrmError(f"Activity {activity_id} cannot be taken back: it is gone, or was changed since, or came with a file; look at it and change it by hand.")


def _check_visible(activity_id: int, scope: Scope) -> None:
    with scoped(scope) as connection:
        if not queries(_OBJECT).is_visible(connection, activity_id=activity_id):
            raise _none(activity_id)


def _none(activity_id: int) -> CrmError:
    return CrmError(f"There is no activity {activity_id}, or you may not see it; see them with `gcrm activities list`.")


def _key() -> dict[str, str]:
    """Of a record that a person makes."""
    return {"source": SOURCE, "source_key": str(uuid.uuid4())}


def _text(text: str, name: str) -> str | None:
    """What somebody typed as it is stored; None for nothing.

    Raises:
        CrmError: it is too long.
    """
    tidy = text.replace("\0", "").strip()
    if len(tidy) > _LONGEST_TEXT:
        raise CrmError(f"The {name} has {len(tidy):,} characters; write at most {_LONGEST_TEXT:,}.")
    return tidy or None
