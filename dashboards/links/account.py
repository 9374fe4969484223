"""The link to the account page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dashboards.data import activity_lists
from dashboards.links.values import MOST_DIGITS, last_values, one_of


@dataclass(frozen=True)
class AccountView:
    """The state of the account page.

    Attributes:
        account_id: of the account; None where one is looked for.
        text: that it is looked for by.
        shown: what of its history is shown, such as orders; empty for all.
        before: the event behind which the history goes on: its time, object and key with `~` between them; empty for the newest ones.
    """

    account_id: int | None = None
    text: str = ""
    shown: tuple[str, ...] = ()
    before: str = ""

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, list[str]]) -> "AccountView":
        """The state that a link asks for.

        Raises:
            ValueError: the account is no number, there is no such part of a history, or the event is none.
        """
        first = last_values(parameters)
        account = first.get("account")
        if account is not None and (not account.isdecimal() or len(account) > MOST_DIGITS):
            raise ValueError(f"{account!r} is no account; look for it by its name.")
        before = first.get("before", "")
        if before:
            _event(before)
        shown = tuple(one_of(each, "part of a history", activity_lists.EVENTS) for each in parameters.get("show", ()))
        return cls(int(account) if account is not None else None, first.get("find", ""), shown, before)

    def parameters(self) -> dict[str, str | list[str]]:
        """The state as the parameters of a link; `from_parameters` reads them back."""
        said = {"account": self.account_id, "find": self.text, "before": self.before}
        told: dict[str, str | list[str]] = {name: str(value) for name, value in said.items() if value is not None and value != ""}
        return told | ({"show": list(self.shown)} if self.shown else {})

    @property
    def event(self) -> activity_lists.Event | None:
        """The event behind which the history goes on; None for the newest ones."""
        return _event(self.before) if self.before else None


def _event(text: str) -> activity_lists.Event:
    """An event as a link says it.

    Raises:
        ValueError: it is none.
    """
    at, name, key = (*text.split("~"), "", "")[:3]
    if not key.isdecimal() or len(key) > MOST_DIGITS:
        raise ValueError(f"{text!r} is no event of a history; begin at the newest one.")
    moment = datetime.fromisoformat(at)
    if moment.tzinfo is None:
        raise ValueError(f"{at!r} has no time zone; begin at the newest one.")
    return activity_lists.Event(moment, one_of(name, "part of a history", activity_lists.EVENTS), int(key))
