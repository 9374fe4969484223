"""Rules of activities that are planned: what is due, when to remind, when the next one of a series comes. No I/O; every time is aware."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import islice
from typing import cast
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

from gcrm.errors import CrmError

KINDS = ("call", "visit", "mail", "meeting", "note", "task")
"""What an activity can be."""

STATES = ("planned", "done", "cancelled")
"""What becomes of an activity; one that is done or cancelled stays so, unless that is undone."""

FAR_M = 250.0
"""Metres between a check-in and the account from which the check-in is said to be far: a phone is right within 50 m or so, and a yard is large."""

_LONGEST_GAP = timedelta(days=366 * 10)
"""A rule that fits no day within it is refused: it would be tried until the year 9999. 29 February is at most eight years away."""

_MOST_OCCURRENCES = 1_000
_PARTS = re.compile(r"[A-Z]+=[-+A-Z0-9,]+(;[A-Z]+=[-+A-Z0-9,]+)*")
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_EXAMPLE = "write one such as FREQ=WEEKLY;BYDAY=MO or FREQ=MONTHLY;INTERVAL=3"


class Urgency(StrEnum):
    """How a planned activity stands at a moment."""

    OVERDUE = "overdue"
    TODAY = "today"
    LATER = "later"


@dataclass(frozen=True)
class Plan:
    """When something is to be done.

    Attributes:
        due_at: when.
        reminder_minutes: so long before it a reminder comes; None for none.
        repeat_rule: RFC 5545 RRULE of its series; empty where it happens once.
        repeat_from: the first time of the series, from which the rule counts; None where it happens once.
    """

    due_at: datetime
    reminder_minutes: int | None = None
    repeat_rule: str = ""
    repeat_from: datetime | None = None

    @property
    def reminder_at(self) -> datetime | None:
        """When the reminder comes; None for none."""
        return None if self.reminder_minutes is None else self.due_at - timedelta(minutes=self.reminder_minutes)

    def urgency(self, at: datetime, zone: ZoneInfo) -> Urgency:
        """How it stands.

        Args:
            at: the moment that is asked about.
            zone: whose days count as today.
        """
        if self.due_at < at:
            return Urgency.OVERDUE
        return Urgency.TODAY if self.due_at.astimezone(zone).date() == at.astimezone(zone).date() else Urgency.LATER


def checked_rule(text: str, starts_at: datetime, zone: ZoneInfo) -> str:
    """A rule of repetition as it is stored.

    Args:
        text: RFC 5545 RRULE, with or without `RRULE:`; empty for none.
        starts_at: the first time of the series.
        zone: whose clock the rule counts by.

    Returns:
        The rule in capitals, without `RRULE:`; empty for none.

    Raises:
        CrmError: it is no such rule, repeats more often than daily, or fits no day.
    """
    rule = "".join(text.split()).upper().removeprefix("RRULE:")
    if rule:
        _series(rule, starts_at, zone)
    return rule


def next_due(plan: Plan, done_at: datetime, zone: ZoneInfo) -> datetime | None:
    """When the next one of the series is due: the first time of the rule behind both the one that is done and the moment it is done, so that nothing piles up.

    Args:
        plan: of the one that is done.
        done_at: when it is done.
        zone: whose clock the rule counts by: what is at nine stays at nine where clocks change.

    Returns:
        None where it happens once, and where the series has ended.
    """
    if not plan.repeat_rule:
        return None
    behind = max(plan.due_at, done_at)
    return next(_behind(_series(plan.repeat_rule, plan.repeat_from or plan.due_at, zone), behind.astimezone(zone)), None)


def occurrences(plan: Plan, zone: ZoneInfo, most: int) -> list[datetime]:
    """The times at which something planned comes, itself first: it stands at its due time, the others at those of the rule.

    Args:
        plan: of the next one.
        zone: whose clock the rule counts by.
        most: so many at most.
    """
    if not plan.repeat_rule:
        return [plan.due_at]
    series = _series(plan.repeat_rule, plan.repeat_from or plan.due_at, zone)
    return [plan.due_at, *islice(_behind(series, plan.due_at.astimezone(zone)), most - 1)]


def is_far(distance_m: float) -> bool:
    """Whether a check-in so many metres from its account is told as far."""
    return distance_m > FAR_M


def _behind(series: rrule, at: datetime) -> Iterator[datetime]:
    """The times of a series behind a moment."""
    return iter(series.xafter(at, inc=False))


@lru_cache(maxsize=256)
def _series(rule: str, starts_at: datetime, zone: ZoneInfo) -> rrule:
    """The series of a rule.

    Raises:
        CrmError: it is no rule, or repeats more often than daily, or too often, or never.
    """
    parts = dict(part.split("=", 1) for part in rule.split(";")) if _PARTS.fullmatch(rule) else {}
    if "FREQ" not in parts or len(parts) <= rule.count(";"):
        raise CrmError(f"{rule!r} is no rule of repetition; {_EXAMPLE}.")
    start = starts_at.astimezone(zone)
    try:
        series = cast("rrule", rrulestr(rule, dtstart=start))  # one rule gives one series
    except (ValueError, KeyError) as error:
        raise CrmError(f"{rule!r} is no rule of repetition ({error}); {_EXAMPLE}.") from error
    if parts["FREQ"] not in _FREQUENCIES or parts.keys() & {"BYHOUR", "BYMINUTE", "BYSECOND"}:
        raise CrmError(f"{rule!r} repeats more often than daily; {_EXAMPLE}.")
    if int(parts.get("INTERVAL", 1)) < 1 or not 1 <= int(parts.get("COUNT", 1)) <= _MOST_OCCURRENCES:
        raise CrmError(f"{rule!r} has an INTERVAL below 1, or a COUNT that is not 1 to {_MOST_OCCURRENCES:,}; {_EXAMPLE}.")
    if next(iter(series.replace(count=None, until=start + _LONGEST_GAP)), None) is None or next(iter(series), None) is None:
        raise CrmError(f"{rule!r} fits no day of the next ten years; {_EXAMPLE}.")
    return series
