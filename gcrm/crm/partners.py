"""Partners: resellers with a level and an area, and what becomes of the leads that they are given. No I/O."""

from dataclasses import dataclass
from datetime import date

from gcrm.errors import CrmError

LEVELS = ("registered", "silver", "gold")
"""What is offered as a level; any other word may be one."""

_LONGEST_LEVEL = 40
_OPEN = ("new", "working")


@dataclass(frozen=True)
class Terms:
    """What is agreed with a partner.

    Attributes:
        level: a word such as gold.
        since: the first day.
        until: the first day on which it is no partner any more; None for no end.
    """

    level: str
    since: date
    until: date | None = None

    def check(self) -> "Terms":
        """The same with a tidy level.

        Raises:
            CrmError: the level is empty or too long, or the end is not behind the beginning.
        """
        level = " ".join(self.level.split()).lower()
        if not 0 < len(level) <= _LONGEST_LEVEL:
            raise CrmError(f"A partner has a level of at most {_LONGEST_LEVEL} characters; give one such as {LEVELS[-1]}.")
        if self.until is not None and self.until <= self.since:
            raise CrmError(f"A partner since {self.since} cannot end on {self.until}; give a day behind that.")
        return Terms(level, self.since, self.until)

    def holds(self, day: date) -> bool:
        """Whether it is a partner on a day."""
        return self.since <= day and (self.until is None or day < self.until)


def may_be_handed_over(status: str) -> None:
    """Refuses to hand over a lead of which something has become.

    Raises:
        CrmError: it is converted or rejected.
    """
    if status not in _OPEN:
        raise CrmError(f"The lead is {status}; only one that is {' or '.join(_OPEN)} is handed over to a partner.")
