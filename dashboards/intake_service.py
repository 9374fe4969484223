"""What the pages of the daily work hand in: activities, cases and custom fields; the part of `intake` that serves."""

from collections.abc import Mapping
from datetime import datetime

from dashboards import session
from dashboards.session import Permission, needs
from gcrm.crm.activities import KINDS, Plan, is_far
from gcrm.pipeline import activities, calendar_links, cases, custom_values
from gcrm.pipeline.activities import Details, Written
from gcrm.pipeline.cases import NewCase
from gcrm.pipeline.cases import Written as WrittenCase

__all__ = ["KINDS", "Details", "NewCase", "Plan", "Written", "WrittenCase", "is_far"]


@needs(Permission.WORK)
def log_activity(details: Details, outcome: str) -> Written:
    """Writes down what happened just now; see `gcrm.pipeline.activities.log`.

    Raises:
        CrmError: something does not fit the account.
    """
    return activities.log(details, session.scope(), actor=session.name(), through="page", outcome=outcome)


@needs(Permission.WORK)
def plan_activity(details: Details, when: Plan) -> Written:
    """Plans what is to be done; see `gcrm.pipeline.activities.plan`.

    Raises:
        CrmError: something does not fit the account, or the rule is none.
    """
    return activities.plan(details, when, session.scope(), actor=session.name(), through="page")


@needs(Permission.WORK)
def complete_activity(activity_id: int, outcome: str) -> Written:
    """Marks a planned one as done; see `gcrm.pipeline.activities.complete`.

    Raises:
        CrmError: there is no such planned activity.
    """
    return activities.complete(activity_id, session.scope(), actor=session.name(), through="page", outcome=outcome)


@needs(Permission.WORK)
def postpone_activity(activity_id: int, due_at: datetime) -> Written:
    """Gives a planned one another time; see `gcrm.pipeline.activities.postpone`.

    Raises:
        CrmError: there is no such planned activity, or it has this time.
    """
    return activities.postpone(activity_id, due_at, session.scope(), actor=session.name(), through="page")


@needs(Permission.WORK)
def cancel_activity(activity_id: int, reason: str) -> Written:
    """Cancels a planned one; see `gcrm.pipeline.activities.cancel`.

    Raises:
        CrmError: there is no such planned activity.
    """
    return activities.cancel(activity_id, session.scope(), actor=session.name(), through="page", reason=reason)


@needs(Permission.WORK)
def check_in(activity_id: int, longitude: float, latitude: float) -> Written:
    """Stores where somebody arrived at a planned visit; see `gcrm.pipeline.activities.check_in`.

    Raises:
        CrmError: there is no such planned visit, or the position is none.
    """
    return activities.check_in(activity_id, longitude, latitude, session.scope(), actor=session.name(), through="page")


@needs(Permission.WORK)
def undo_activity(written: Written) -> None:
    """Takes back what was written of an activity; see `gcrm.pipeline.activities.undo`.

    Raises:
        CrmError: somebody changed it since, or it was undone already.
    """
    activities.undo(written, session.scope(), actor=session.name(), through="page")


@needs(Permission.WORK)
def make_calendar_link(rep_id: int) -> str:
    """Makes the reader's secret link to the calendar of a rep, in place of the one before; its path, which is told once.

    Raises:
        CrmError: there is no such rep.
    """
    return f"calendar/{calendar_links.make_link(rep_id, session.name(), session.scope())}.ics"


@needs(Permission.WORK)
def end_calendar_link(rep_id: int) -> None:
    """Revokes the reader's secret link to the calendar of a rep."""
    calendar_links.end_link(rep_id, session.name())


@needs(Permission.WORK)
def open_case(case: NewCase) -> WrittenCase:
    """Opens a case; see `gcrm.pipeline.cases.open_case`.

    Raises:
        CrmError: something does not fit the account.
    """
    return cases.open_case(case, session.scope(), actor=session.name(), through="page")


@needs(Permission.WORK)
def move_case(case_id: int, to: str, comment: str) -> WrittenCase:
    """Moves a case to another status; see `gcrm.pipeline.cases.move`.

    Raises:
        CrmError: there is no such case, or it may not go there from here.
    """
    return cases.move(case_id, to, session.scope(), actor=session.name(), through="page", comment=comment)


@needs(Permission.WORK)
def assign_case(case_id: int, rep_id: int) -> WrittenCase:
    """Gives a case to a rep; see `gcrm.pipeline.cases.assign`.

    Raises:
        CrmError: there is no such case or rep, or the rep has it already.
    """
    return cases.assign(case_id, rep_id, session.scope(), actor=session.name(), through="page")


@needs(Permission.WORK)
def set_priority(case_id: int, priority: str) -> WrittenCase:
    """Gives a case another priority; see `gcrm.pipeline.cases.set_priority`.

    Raises:
        CrmError: there is no such case or priority, or it has this priority.
    """
    return cases.set_priority(case_id, priority, session.scope(), actor=session.name(), through="page")


@needs(Permission.WORK)
def comment_case(case_id: int, text: str) -> WrittenCase:
    """Writes a note on a case; see `gcrm.pipeline.cases.comment`.

    Raises:
        CrmError: there is no such case, or nothing is said.
    """
    return cases.comment(case_id, text, session.scope(), actor=session.name(), through="page")


@needs(Permission.WORK)
def undo_case(written: WrittenCase) -> None:
    """Takes back what was written of a case; see `gcrm.pipeline.cases.undo`.

    Raises:
        CrmError: somebody changed it since, or it was undone already.
    """
    cases.undo(written, session.scope(), actor=session.name(), through="page")


@needs(Permission.WORK)
def change_custom_fields(object_name: str, record_id: int, texts: Mapping[str, str]) -> int | None:
    """Changes custom fields of a record; the change, None where nothing differs. See `gcrm.pipeline.custom_values.change`.

    Raises:
        FieldError: there is no such field, or a value does not fit it.
        CrmError: there is no such record.
    """
    return custom_values.change(object_name, record_id, texts, session.scope(), actor=session.name(), through="page")


@needs(Permission.WORK)
def undo_custom_fields(object_name: str, record_id: int, change_id: int) -> None:
    """Takes back a change of custom fields.

    Raises:
        CrmError: there is no such change, or they were changed since.
    """
    custom_values.undo(object_name, record_id, change_id, session.scope(), actor=session.name(), through="page")
