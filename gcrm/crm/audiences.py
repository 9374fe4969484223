"""Audiences: whom a campaign is for, the rules in the order in which they are asked, and who is held out to compare with. No I/O."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Self

from gcrm.crm.consent import ANY, channel_named, purpose_named
from gcrm.errors import AudienceError

_LONGEST_NAME = 80
_MOST_HELD_OUT = Decimal("0.5")
_MOST_DAYS = 36_500
_MOST_MINUTES = 600
_MOST_VALUE = Decimal(10) ** 12


@dataclass(frozen=True)
class Criteria:
    """Whom an audience is for; what is empty or None asks nothing.

    Attributes:
        purpose: what they are contacted for, such as marketing.
        channel: by which channel, one: mail, phone, post or another.
        area: where, as of `gcrm.pipeline.lists.areas.located`.
        postcodes: beginnings of postcodes.
        territories, statuses, segments, residence_types: names; any of them.
        within_minutes: minutes by car from the nearest own site at most.
        bought_within_days: the last order is no older.
        not_bought_for_days: no order is younger.
        value_at_least, value_at_most: revenue of the last 365 days, in `currency`.
        bought, not_bought: categories of products; any of them was ever bought, none of them was.
    """

    purpose: str = "marketing"
    channel: str = "mail"
    area: str = ""
    postcodes: tuple[str, ...] = ()
    territories: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    residence_types: tuple[str, ...] = ()
    within_minutes: int | None = None
    bought_within_days: int | None = None
    not_bought_for_days: int | None = None
    value_at_least: Decimal | None = None
    value_at_most: Decimal | None = None
    currency: str = ""
    bought: tuple[str, ...] = ()
    not_bought: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        purpose_named(self.purpose)
        if channel_named(self.channel) == ANY:
            raise AudienceError("`any` is no channel by which somebody is contacted; name one, such as mail, phone or post.")
        for name, most in (("within_minutes", _MOST_MINUTES), ("bought_within_days", _MOST_DAYS), ("not_bought_for_days", _MOST_DAYS)):
            if (value := getattr(self, name)) is not None and not 0 < value <= most:
                raise AudienceError(f"{name.replace('_', ' ').capitalize()} cannot be {value:,}; give 1 to {most:,}.")
        for name in ("value_at_least", "value_at_most"):
            if (value := getattr(self, name)) is not None and not 0 <= value < _MOST_VALUE:
                raise AudienceError(f"{name.replace('_', ' ').capitalize()} cannot be {value:,}; give 0 or more, below {_MOST_VALUE:,}.")
        if None not in (self.value_at_least, self.value_at_most) and self.value_at_least > self.value_at_most:  # type: ignore[operator] # neither is None
            raise AudienceError("The least value is above the greatest, so that nobody has it; change one of the two.")

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Self:
        """Out of what `told` gives, or a link.

        Raises:
            AudienceError: there is no such criterion, or a value is none.
        """
        kinds = {each.name: each.type for each in fields(cls)}
        if unknown := sorted(said.keys() - kinds.keys()):
            raise AudienceError(f"There is no criterion {unknown[0]!r}; there are {', '.join(kinds)}.")
        return cls(**{name: _value(name, kinds[name], value) for name, value in said.items() if value not in ("", None)})

    @classmethod
    def takes_several(cls, name: str) -> bool:
        """Whether a criterion takes several values, any of which fits."""
        return any(each.name == name and each.type == tuple[str, ...] for each in fields(cls))

    @property
    def told(self) -> dict[str, Any]:
        """As JSON takes it: what asks nothing is left out."""
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: _plain(value) for name, value in given.items() if value not in (None, "", ())}


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else str(value) if isinstance(value, Decimal) else value


def _value(name: str, kind: object, value: Any) -> Any:  # noqa: ANN401 - as its field of Criteria
    try:
        if kind == tuple[str, ...]:
            return tuple(str(each) for each in ([value] if isinstance(value, str) else value))
        if kind == int | None:
            return int(value)
        if kind == Decimal | None:
            number = Decimal(str(value))
            return number if number.is_finite() else _value(name, kind, "")
    except (ValueError, TypeError, InvalidOperation) as error:
        raise AudienceError(f"{name.replace('_', ' ').capitalize()} cannot be {value!r}; give a number.") from error
    return str(value)


@dataclass(frozen=True)
class Rule:
    """A rule of an audience: its name, in the statements and in links; what people read."""

    name: str
    label: str


def rules(criteria: Criteria) -> tuple[Rule, ...]:
    """The rules that are asked, in order: what is cheap to say first, consent last.

    Args:
        criteria: of the audience.
    """
    told = {
        "area": "lie in the area",
        "postcode": f"have a postcode of {_some(criteria.postcodes)}",
        "territory": f"are of {_some(criteria.territories)}",
        "status": f"have the status {_some(criteria.statuses)}",
        "segment": f"are of the segment {_some(criteria.segments)}",
        "residence_type": f"live or work in {_some(criteria.residence_types)}",
        "minutes": f"are within {criteria.within_minutes} min by car of a site",
        "recent": f"bought within {criteria.bought_within_days} days",
        "silent": f"bought nothing for {criteria.not_bought_for_days} days",
        "value": f"brought {_between(criteria.value_at_least, criteria.value_at_most)} {criteria.currency} in a year",
        "bought": f"bought {_some(criteria.bought)}",
        "not_bought": f"never bought {_some(criteria.not_bought)}",
    }
    valued = criteria.value_at_least is not None or criteria.value_at_most is not None
    asked = {
        "area": criteria.area,
        "postcode": criteria.postcodes,
        "territory": criteria.territories,
        "status": criteria.statuses,
        "segment": criteria.segments,
        "residence_type": criteria.residence_types,
        "minutes": criteria.within_minutes,
        "recent": criteria.bought_within_days,
        "silent": criteria.not_bought_for_days,
        "value": valued,
        "bought": criteria.bought,
        "not_bought": criteria.not_bought,
    }
    return tuple(Rule(name, label) for name, label in told.items() if asked[name])


def _some(names: tuple[str, ...]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _between(low: Decimal | None, high: Decimal | None) -> str:
    if low is not None and high is not None:
        return f"{low:,} to {high:,}"
    return f"{low:,} or more" if low is not None else f"{high:,} at most" if high is not None else ""


def is_held_out(seed: str, key: int, share: Decimal) -> bool:
    """Whether somebody is held out of an audience, to compare with whoever is addressed: by chance, but the same at each time.

    Args:
        seed: names the audience.
        key: of the account; all contacts of one are held out together.
        share: of all, 0 to 0.5.
    """
    drawn = int.from_bytes(hashlib.sha256(f"{seed} {key}".encode()).digest()[:8])
    return drawn < int(share * 2**64)


@dataclass(frozen=True)
class Terms:
    """What is said of a list when it is saved.

    Attributes:
        name: of the list.
        held_out: share of the accounts that are not addressed, 0 to 0.5.
        expires_on: day from which on the list does not leave any more.
    """

    name: str
    held_out: Decimal
    expires_on: date

    def check(self, today: date) -> "Terms":
        """The same with a tidy name.

        Raises:
            AudienceError: the name is empty or too long, the share is none, or the day is past.
        """
        name = " ".join(self.name.split())
        if not 0 < len(name) <= _LONGEST_NAME:
            raise AudienceError(f"A list needs a name of at most {_LONGEST_NAME} characters; give one.")
        if not 0 <= self.held_out <= _MOST_HELD_OUT:
            raise AudienceError(f"A share of {self.held_out} cannot be held out; give 0 to {_MOST_HELD_OUT}.")
        if self.expires_on <= today:
            raise AudienceError(f"A list cannot expire on {self.expires_on}, which is past; give a day to come.")
        return Terms(name, self.held_out, self.expires_on)
