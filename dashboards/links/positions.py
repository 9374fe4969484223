"""The link to the positions page."""

from collections.abc import Mapping
from dataclasses import dataclass

from dashboards.links.values import MOST_DIGITS, last_values

REVIEW_STATUSES = ("open", "accepted", "moved", "dismissed")


@dataclass(frozen=True)
class PositionsView:
    """The state of the positions page.

    Attributes:
        status: of the reviews that are listed.
        after: the account after which the list begins; 0 for the first.
        candidate: which candidate is chosen, 1 for the best.
    """

    status: str = "open"
    after: int = 0
    candidate: int = 1

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, list[str]]) -> "PositionsView":
        """The state that a link asks for.

        Raises:
            ValueError: it names a status that is none, or a number in it is none.
        """
        first = last_values(parameters)
        status = first.get("status", "open")
        if status not in REVIEW_STATUSES:
            raise ValueError(f"{status!r} is no status; there are {', '.join(REVIEW_STATUSES)}.")
        numbers = {name: first[name] for name in ("after", "candidate") if name in first}
        for name, text in numbers.items():
            if not (text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS):
                raise ValueError(f"{text!r} is no number for {name}; write digits only.")
        return cls(status, **{name: int(text) for name, text in numbers.items()})

    def parameters(self) -> dict[str, str | list[str]]:
        """The state as the parameters of a link; `from_parameters` reads them back."""
        said: dict[str, str | list[str]] = {} if self.status == "open" else {"status": self.status}
        if self.after:
            said["after"] = str(self.after)
        if self.candidate > 1:
            said["candidate"] = str(self.candidate)
        return said
