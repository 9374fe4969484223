"""Who served an account when: each assignment holds until the next one, so that no time has two, and after the first none is without an answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest


@dataclass(frozen=True, slots=True)
class Assignment:
    """From a time on a territory serves an account.

    Attributes:
        since: from when on, with a time zone.
        territory: which; None where none does.
    """

    since: datetime
    territory: str | None


@dataclass(frozen=True, slots=True)
class Span:
    """A time during which one territory served an account: from `since`, up to but not with `until`; None where it still does."""

    territory: str | None
    since: datetime
    until: datetime | None


def spans(assignments: Iterable[Assignment]) -> list[Span]:
    """The times of each territory, from the first to the last, without a gap and without an overlap; neighbours of one territory are one.

    Args:
        assignments: of one account, in any order; of two at the same time the last one counts.
    """
    latest = {each.since: each.territory for each in assignments}
    kept = [Assignment(since, latest[since]) for since in sorted(latest)]
    changes = [each for at, each in enumerate(kept) if at == 0 or kept[at - 1].territory != each.territory]
    return [Span(each.territory, each.since, following.since if following else None) for each, following in zip_longest(changes, changes[1:])]


def serving(assignments: Iterable[Assignment], at: datetime) -> str | None:
    """The territory that served an account at a time; None where none did, or nothing is known of that time.

    Args:
        assignments: as of `spans`.
        at: with a time zone.
    """
    found = [each for each in spans(assignments) if each.since <= at and (each.until is None or at < each.until)]
    return found[0].territory if found else None
