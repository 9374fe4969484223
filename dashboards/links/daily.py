"""The link to my day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from dashboards.links.values import MOST_DIGITS, last_values


@dataclass(frozen=True)
class DayView:
    """The state of my day.

    Attributes:
        rep: whose day; None for the one that was looked at last.
        day: which day; None for today.
    """

    rep: int | None = None
    day: date | None = None

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, list[str]]) -> "DayView":
        """The state that a link asks for.

        Raises:
            ValueError: the rep is no number, or the day is none.
        """
        first = last_values(parameters)
        return cls(_key(first, "rep"), date.fromisoformat(first["day"]) if "day" in first else None)

    def parameters(self) -> dict[str, str | list[str]]:
        """The state as the parameters of a link; `from_parameters` reads them back."""
        return _told({"rep": self.rep, "day": self.day})


def _key(first: Mapping[str, str], name: str) -> int | None:
    text = first.get(name)
    if text is not None and (not text.isdecimal() or len(text) > MOST_DIGITS):
        raise ValueError(f"{text!r} is no key of a {name}; choose one.")
    return int(text) if text is not None else None


def _told(said: Mapping[str, object]) -> dict[str, str | list[str]]:
    return {name: str(value) for name, value in said.items() if value is not None and value != ""}
