"""What is planned as an iCalendar file (RFC 5545), for the calendar of a phone or an office; a pure function of what is planned."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event

from gcrm.crm.activities import Plan, occurrences

AHEAD = timedelta(days=90)
"""What a series brings in this time is in the file; a calendar that is subscribed to asks again."""

_MOST_OF_A_SERIES = 100
_USUAL_MINUTES = 30


@dataclass(frozen=True)
class Appointment:
    """Something planned, as a calendar shows it.

    Attributes:
        activity_id: of the activity; with its time the identity of an event.
        kind: call, visit, mail, meeting, note or task.
        account: name of the account.
        plan: when.
        subject: what it is about; empty for nothing.
        address: of the account; empty where none is known.
        position: longitude and latitude of the account, degrees in EPSG:4326; None where none is known.
        contact: the person and the telephone number; empty for none.
        duration_minutes: how long it takes; None where nobody said.
    """

    activity_id: int
    kind: str
    account: str
    plan: Plan
    subject: str = ""
    address: str = ""
    position: tuple[float, float] | None = None
    contact: str = ""
    duration_minutes: int | None = None


def calendar(name: str, appointments: Iterable[Appointment], at: datetime, zone: ZoneInfo) -> bytes:
    """An iCalendar file of what is planned: an event for each time, those of a series for `AHEAD`, with place, position and reminder.

    Args:
        name: of the calendar.
        appointments: what is planned.
        at: now.
        zone: whose clock rules of repetition count by.

    Returns:
        UTF-8.
    """
    file = Calendar()
    file.add("prodid", "-//gcrm//activities//EN")
    file.add("version", "2.0")
    file.add("method", "PUBLISH")
    file.add("x-wr-calname", name)
    for each in appointments:
        for event in _events(each, at, zone):
            file.add_component(event)
    written: bytes = file.to_ical()
    return written


def _events(of: Appointment, at: datetime, zone: ZoneInfo) -> Iterator[Event]:
    until = max(at, of.plan.due_at) + AHEAD
    for begins in takewhile(lambda time: time <= until, occurrences(of.plan, zone, _MOST_OF_A_SERIES)):
        starts = begins.astimezone(UTC)
        event = Event()
        event.add("uid", f"activity-{of.activity_id}-{starts:%Y%m%dT%H%M%SZ}@gcrm")
        event.add("dtstamp", at.astimezone(UTC))
        event.add("dtstart", starts)
        event.add("duration", timedelta(minutes=of.duration_minutes or _USUAL_MINUTES))
        event.add("summary", ": ".join(filter(None, (of.kind.capitalize(), of.account))))
        event.add("categories", [of.kind])
        if about := "\n".join(filter(None, (of.subject, of.contact))):
            event.add("description", about)
        if of.address:
            event.add("location", of.address)
        if of.position:
            longitude, latitude = of.position
            event.add("geo", (latitude, longitude))
        if of.plan.reminder_minutes is not None:
            event.add_component(_alarm(of.plan.reminder_minutes, of.account))
        yield event


def _alarm(minutes: int, text: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", text)
    alarm.add("trigger", -timedelta(minutes=minutes))
    return alarm
