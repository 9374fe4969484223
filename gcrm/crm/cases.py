"""Rules of cases: which moves are allowed, when somebody has to answer and to solve, and what is late. No I/O; every time is aware."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from gcrm.errors import CrmError, SettingsError

KINDS = ("question", "complaint", "fault")
PRIORITIES = ("low", "normal", "high", "urgent")
STATUSES = ("new", "open", "waiting", "solved", "closed")

MOVES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "new": ("open", "waiting", "solved"),
        "open": ("waiting", "solved"),
        "waiting": ("open", "solved"),
        "solved": ("closed", "open"),
        "closed": ("open",),
    }
)
"""Where a case may go from each status. Waiting is for the customer: the deadlines go on."""

UNSOLVED = ("new", "open", "waiting")
"""What still has a deadline."""

_HOURS = re.compile(r"(?P<priority>[a-z]+)=(?P<response>\d+(\.\d+)?)/(?P<solution>\d+(\.\d+)?)")
_WEEK = re.compile(r"(?P<first>[A-Z][a-z]{2})-(?P<last>[A-Z][a-z]{2}) (?P<begins>\d\d:\d\d)-(?P<ends>\d\d:\d\d)")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Case:
    """Where a case stands.

    Attributes:
        status: one of STATUSES.
        opened_at: when it came.
        response_due_at: until when somebody has to answer.
        solution_due_at: until when it has to be solved.
        responded_at: when somebody answered first; None where nobody did.
        solved_at: when it was solved; None while it is not.
    """

    status: str
    opened_at: datetime
    response_due_at: datetime
    solution_due_at: datetime
    responded_at: datetime | None = None
    solved_at: datetime | None = None

    @property
    def next_deadline(self) -> datetime | None:
        """The deadline that counts now: that of the answer until there is one, then that of the solution; None of a solved one."""
        if self.status not in UNSOLVED:
            return None
        return self.solution_due_at if self.responded_at is not None else min(self.response_due_at, self.solution_due_at)

    def breached(self, at: datetime) -> bool:
        """Whether it is or was late: answered or solved behind the deadline, or not yet, and the deadline is over.

        Args:
            at: the moment that is asked about.
        """
        solved = self.solved_at or (at if self.status in UNSOLVED else self.opened_at)  # when a closed one was solved nobody may know
        responded = self.responded_at or solved
        return min(responded, at) > self.response_due_at or min(solved, at) > self.solution_due_at


def moved(case: Case, to: str, at: datetime) -> Case:
    """A case in another status. Whoever moves a new one has answered it; one that is opened again is not solved any more.

    Args:
        case: as it is.
        to: the status it goes to.
        at: when.

    Raises:
        CrmError: there is no such status, it may not go there from here, or it had not come yet.
    """
    if to not in STATUSES:
        raise CrmError(f"There is no status {to!r}; there are {', '.join(STATUSES)}.")
    if to not in MOVES[case.status]:
        raise CrmError(f"A case that is {case.status} cannot become {to}; it can become {' or '.join(MOVES[case.status])}.")
    if at < case.opened_at:
        raise CrmError(f"The case came at {case.opened_at:%Y-%m-%d %H:%M}; it cannot be moved before that.")
    solved_at = {"solved": at, "closed": case.solved_at}.get(to)
    return replace(case, status=to, responded_at=case.responded_at or at, solved_at=solved_at)


@dataclass(frozen=True)
class WorkingWeek:
    """When people are there to answer.

    Attributes:
        days: ISO weekdays, Monday is 1.
        begins: by the clock of the place.
        ends: later on the same day.
    """

    days: frozenset[int]
    begins: time
    ends: time


@dataclass(frozen=True)
class Service:
    """What is promised.

    Attributes:
        hours: of each priority the hours until the answer and until the solution.
        week: the hours that count; None where every hour does.
        zone: whose clock the week has.
    """

    hours: Mapping[str, tuple[float, float]]
    week: WorkingWeek | None
    zone: ZoneInfo

    def deadlines(self, priority: str, opened_at: datetime) -> tuple[datetime, datetime]:
        """Until when somebody has to answer and to solve.

        Args:
            priority: one of PRIORITIES.
            opened_at: when it came.

        Raises:
            CrmError: there is no such priority.
        """
        if priority not in self.hours:
            raise CrmError(f"There is no priority {priority!r}; there are {', '.join(PRIORITIES)}.")
        response, solution = (self._after(opened_at, hours) for hours in self.hours[priority])
        return response, solution

    def _after(self, start: datetime, hours: float) -> datetime:
        """The moment so many working hours after another."""
        left = timedelta(hours=hours)
        if self.week is None:
            return start + left
        day = start.astimezone(self.zone).date()
        while True:
            begins, ends = self._working(day)
            worked = max(ends - max(begins, start), timedelta(0))
            if left <= worked and worked:
                return max(begins, start) + left
            left -= worked
            day += timedelta(days=1)

    def _working(self, day: date) -> tuple[datetime, datetime]:
        """The working hours of a day in UTC, so that an hour that the clock skips is none; of a free day none."""
        if self.week is None or day.isoweekday() not in self.week.days:
            midnight = datetime.combine(day, time(), self.zone).astimezone(UTC)
            return midnight, midnight
        begins, ends = (datetime.combine(day, at, self.zone).astimezone(UTC) for at in (self.week.begins, self.week.ends))
        return begins, ends


def service(hours: str, week: str, zone: ZoneInfo) -> Service:
    """What the settings promise.

    Args:
        hours: of each priority the hours until the answer and the solution, such as `urgent=1/8`, with commas between.
        week: such as `Mon-Fri 08:00-17:00`; empty where every hour counts.
        zone: whose clock the week has.

    Raises:
        SettingsError: they cannot be understood, or a priority is missing.
    """
    found = [_HOURS.fullmatch("".join(part.split())) for part in hours.split(",")]
    promised = {each["priority"]: (float(each["response"]), float(each["solution"])) for each in found if each}
    if None in found or sorted(promised) != sorted(PRIORITIES):
        raise SettingsError(
            f"GCRM_CASE_HOURS is {hours!r}; write hours until answer and solution of each priority: low=24/240,normal=8/72,high=4/24,urgent=1/8."
        )
    if not week.strip():
        return Service(promised, None, zone)
    parsed = _WEEK.fullmatch(week.strip())
    example = f"GCRM_SERVICE_HOURS is {week!r}; write days and hours such as Mon-Fri 08:00-17:00, or leave it empty where every hour counts."
    if parsed is None or not {parsed["first"], parsed["last"]} <= set(_DAYS):
        raise SettingsError(example)
    first, last = _DAYS.index(parsed["first"]), _DAYS.index(parsed["last"])
    try:
        begins, ends = time.fromisoformat(parsed["begins"]), time.fromisoformat(parsed["ends"])
    except ValueError as error:
        raise SettingsError(example) from error
    if last < first or ends <= begins:
        raise SettingsError(example)
    return Service(promised, WorkingWeek(frozenset(range(first + 1, last + 2)), begins, ends), zone)
