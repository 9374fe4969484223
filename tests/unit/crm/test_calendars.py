"""The iCalendar file of what is planned, read back by the library and by its lines."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from gcrm.crm.activities import Plan
from gcrm.crm.calendars import AHEAD, Appointment, calendar

HELSINKI = ZoneInfo("Europe/Helsinki")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DUE = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_a_visit_has_its_time_place_position_and_reminder() -> None:
    visit = Appointment(7, "visit", "Bakery Ä", Plan(DUE, 30), "Spring; offer, new", "Dorfstrasse 1", (24.9384, 60.1699), "Ada, +358401234567", 45)
    (event,) = Calendar.from_ical(calendar("Anna", [visit], NOW, HELSINKI)).walk("VEVENT")
    assert event.decoded("dtstart") == DUE
    assert event.decoded("duration") == timedelta(minutes=45)
    assert (str(event["summary"]), str(event["location"])) == ("Visit: Bakery Ä", "Dorfstrasse 1")
    assert str(event["description"]) == "Spring; offer, new\nAda, +358401234567"
    assert event["geo"].to_ical() == "60.1699;24.9384"  # RFC 5545: the latitude first
    (alarm,) = event.walk("VALARM")
    assert alarm.decoded("trigger") == -timedelta(minutes=30)


def test_of_a_series_comes_what_lies_within_the_time_ahead_by_the_clock_of_the_place() -> None:
    weekly = Appointment(7, "call", "A", Plan(DUE, repeat_rule="FREQ=WEEKLY", repeat_from=DUE))
    events = Calendar.from_ical(calendar("Anna", [weekly], NOW, HELSINKI)).walk("VEVENT")
    starts = [event.decoded("dtstart") for event in events]
    assert len(starts) == 13
    assert starts[-1] <= DUE + AHEAD
    assert {start.astimezone(HELSINKI).hour for start in starts} == {11}
    assert len({str(event["uid"]) for event in events}) == 13


def test_without_anything_it_is_an_empty_calendar() -> None:
    assert not Calendar.from_ical(calendar("Anna", [], NOW, HELSINKI)).walk("VEVENT")


@given(text=st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=200))
def test_any_text_is_read_back_as_it_is_and_begins_no_line_of_its_own(text: str) -> None:
    file = calendar("Anna", [Appointment(1, "note", "A", Plan(DUE), subject=text + "\nBEGIN:VALARM")], NOW, HELSINKI)
    assert all(len(line) <= 75 for line in file.split(b"\r\n"))
    (event,) = Calendar.from_ical(file).walk("VEVENT")
    assert str(event["description"]) == text + "\nBEGIN:VALARM"
    assert not event.walk("VALARM")
