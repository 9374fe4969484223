"""The links to the pages of the daily work: my day, activities, cases."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from dashboards.data import CASE_KINDS, KINDS, activity_lists
from dashboards.links.values import MOST_DIGITS, last_values, one_of

TABS = ("planned", "done", "cancelled")
"""What the list of activities shows."""

CASE_TABS = ("unsolved", "all")
"""What the list of cases shows."""


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


@dataclass(frozen=True)
class ActivitiesView:
    """The state of the list of activities.

    Attributes:
        tab: one of TABS.
        rep: only those of this rep.
        kind: only those of this kind.
        cell: only those with accounts in this H3 cell, hexadecimal.
        after: behind this time and key, with `~` between them; empty for the first ones.
    """

    tab: str = TABS[0]
    rep: int | None = None
    kind: str = ""
    cell: str = ""
    after: str = ""

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, list[str]]) -> "ActivitiesView":
        """The state that a link asks for.

        Raises:
            ValueError: there is no such tab or kind, or a key is no number.
        """
        first = last_values(parameters)
        kind = one_of(first["kind"], "kind of activity", KINDS) if first.get("kind") else ""
        after_of(first.get("after", ""))
        return cls(one_of(first.get("show", TABS[0]), "part of the list", TABS), _key(first, "rep"), kind, first.get("cell", ""), first.get("after", ""))

    def parameters(self) -> dict[str, str | list[str]]:
        """The state as the parameters of a link; `from_parameters` reads them back."""
        return _told({"show": "" if self.tab == TABS[0] else self.tab, "rep": self.rep, "kind": self.kind, "cell": self.cell, "after": self.after})


@dataclass(frozen=True)
class CasesView:
    """The state of the page of cases.

    Attributes:
        case_id: the case that is looked at; None for the list.
        tab: one of CASE_TABS.
        rep: only those of this rep.
        kind: only those of this kind.
        cell: only those of accounts in this H3 cell, hexadecimal.
        after: as of ActivitiesView.
    """

    case_id: int | None = None
    tab: str = CASE_TABS[0]
    rep: int | None = None
    kind: str = ""
    cell: str = ""
    after: str = ""

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, list[str]]) -> "CasesView":
        """The state that a link asks for.

        Raises:
            ValueError: there is no such tab or kind, or a key is no number.
        """
        first = last_values(parameters)
        kind = one_of(first["kind"], "kind of case", CASE_KINDS) if first.get("kind") else ""
        after_of(first.get("after", ""))
        tab = one_of(first.get("show", CASE_TABS[0]), "part of the list", CASE_TABS)
        return cls(_key(first, "case"), tab, _key(first, "rep"), kind, first.get("cell", ""), first.get("after", ""))

    def parameters(self) -> dict[str, str | list[str]]:
        """The state as the parameters of a link; `from_parameters` reads them back."""
        tab = "" if self.tab == CASE_TABS[0] else self.tab
        return _told({"case": self.case_id, "show": tab, "rep": self.rep, "kind": self.kind, "cell": self.cell, "after": self.after})


def after_of(text: str) -> activity_lists.After | None:
    """Where a page of a list begins, as a link says it; None for the first one.

    Raises:
        ValueError: it is none.
    """
    if not text:
        return None
    at, _, key = text.partition("~")
    moment = datetime.fromisoformat(at)
    if moment.tzinfo is None or not key.isdecimal() or len(key) > MOST_DIGITS:
        raise ValueError(f"{text!r} is no place in a list; begin at the first one.")
    return activity_lists.After(moment, int(key))


def _key(first: Mapping[str, str], name: str) -> int | None:
    text = first.get(name)
    if text is not None and (not text.isdecimal() or len(text) > MOST_DIGITS):
        raise ValueError(f"{text!r} is no key of a {name}; choose one.")
    return int(text) if text is not None else None


def _told(said: Mapping[str, object]) -> dict[str, str | list[str]]:
    return {name: str(value) for name, value in said.items() if value is not None and value != ""}
