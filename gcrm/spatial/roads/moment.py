"""The moment of a journey: weekday, hour and minute, in the place's own time; with or without a date."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from gcrm.errors import RoadsError

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SPOKEN = re.compile(r"(?P<weekday>[A-Za-z]{3})[a-z]*\s+(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)")


@dataclass(frozen=True, order=True)
class Moment:
    """When a journey begins, in the place's own time.

    Attributes:
        weekday: 0 is Monday, 6 is Sunday.
        minute: of the day, 0 to 1,439.
        day: the date, where conditions are asked for a certain day; None for whatever conditions are in force today.
    """

    weekday: int
    minute: int
    day: date | None = None

    @property
    def hour(self) -> int:
        """The hour of the day, 0 to 23."""
        return self.minute // 60

    @classmethod
    def parse(cls, text: str) -> "Moment":
        """A moment as a person writes it: `Tue 08:30`, or `2024-05-07 08:30`.

        Raises:
            RoadsError: it is neither.
        """
        spoken = _SPOKEN.fullmatch(text.strip())
        if spoken is not None and spoken["weekday"].title() in WEEKDAYS:
            return cls(WEEKDAYS.index(spoken["weekday"].title()), 60 * int(spoken["hour"]) + int(spoken["minute"]))
        try:
            return cls.of(datetime.fromisoformat(text.strip()))
        except ValueError as error:
            raise RoadsError(f"{text!r} is no moment; write `Tue 08:30`, or `2024-05-07 08:30`.") from error

    @classmethod
    def of(cls, moment: datetime) -> "Moment":
        """The moment of a date and a time, which are the place's own."""
        return cls(moment.weekday(), 60 * moment.hour + moment.minute, moment.date())

    def __str__(self) -> str:
        clock = f"{self.hour:02}:{self.minute % 60:02}"
        return f"{WEEKDAYS[self.weekday]} {clock}" if self.day is None else f"{self.day} {clock}"
