"""Roles of contacts at accounts that are not their own. No I/O."""

from dataclasses import dataclass
from datetime import date

from gcrm.errors import CrmError

_LONGEST = 80


@dataclass(frozen=True)
class Role:
    """What a contact is at an account.

    Attributes:
        name: such as accountant.
        since: the first day.
        until: the first day on which it is over; None for no end.
    """

    name: str
    since: date
    until: date | None = None

    def check(self) -> "Role":
        """The same with a tidy name.

        Raises:
            CrmError: the name is empty or too long, or the end is not behind the beginning.
        """
        name = " ".join(self.name.split())
        if not 0 < len(name) <= _LONGEST:
            raise CrmError(f"A role is a word or two of at most {_LONGEST} characters; give one such as accountant.")
        if self.until is not None and self.until <= self.since:
            raise CrmError(f"A role since {self.since} cannot end on {self.until}; give a day behind that.")
        return Role(name, self.since, self.until)
