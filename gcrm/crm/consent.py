"""Whether somebody may be contacted: the last word of a person on a purpose and a channel, and never against a withdrawal."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

from gcrm.errors import ConsentError

ANY = "any"
"""The channel of a statement that is about all of them."""

_NAMES = {
    "e-mail": "mail", "email": "mail", "newsletter": "mail", "telephone": "phone", "call": "phone", "letter": "post", "all": ANY, "*": ANY,
}  # fmt: skip

_WORDS = 1_000
"""So many purposes and channels are remembered: a ledger of a million lines names a handful."""


class Why(StrEnum):
    """What decided."""

    GIVEN = "consent was given"
    WITHDRAWN = "consent was withdrawn"
    NOT_SAID = "no consent is known"
    SUPPRESSED = "on the suppression list"


@dataclass(frozen=True, slots=True)
class Statement:
    """A line of the ledger: consent to a purpose by a channel, given or withdrawn.

    Attributes:
        purpose: what for, such as marketing.
        channel: mail, phone, post or another one; `any` for all of them.
        given: True where given, False where withdrawn.
        at: from when it holds.
        source: where it was said: a system, or what a person named.
        wording: the words that were agreed to; None where they are not known.
    """

    purpose: str
    channel: str
    given: bool
    at: datetime
    source: str
    wording: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether somebody may be contacted.

    Attributes:
        why: what decided.
        reason: the same in one sentence, with time and source.
        statement: the statement that decided; None where there is none.
    """

    why: Why
    reason: str
    statement: Statement | None = None

    @property
    def allowed(self) -> bool:
        """The answer."""
        return self.why is Why.GIVEN


@lru_cache(_WORDS)
def purpose_named(text: str) -> str:
    """A purpose as it is compared: without spaces around, in lower case.

    Raises:
        ConsentError: the text is empty.
    """
    if not (name := text.strip().casefold()):
        raise ConsentError("The purpose is empty; name one, such as marketing.")
    return name


@lru_cache(_WORDS)
def channel_named(text: str) -> str:
    """A channel as it is compared: in lower case, under one name whatever it is called (e-mail is mail).

    Raises:
        ConsentError: the text is empty.
    """
    if not (name := text.strip().casefold()):
        raise ConsentError("The channel is empty; name one, such as mail, phone or post.")
    return _NAMES.get(name, name)


def may_contact(statements: Iterable[Statement], purpose: str, channel: str, at: datetime, *, suppressed: bool = False) -> Decision:
    """Whether a person may be contacted for a purpose by a channel at a time.

    The last statement of that purpose and channel decides; one about any channel counts for each. At the same time a withdrawal wins,
    and a withdrawal that named the channel is lifted only by a consent that names it too.

    Args:
        statements: what the person said, in any order, on any purpose.
        purpose: what for.
        channel: by which channel, one.
        at: when; what was said later does not count.
        suppressed: whether a mail address or telephone number of the person is on the suppression list: then never.

    Raises:
        ConsentError: purpose or channel is empty, or the channel is `any`.
    """
    purpose, channel = purpose_named(purpose), channel_named(channel)
    if channel == ANY:
        raise ConsentError("`any` is no channel by which somebody is contacted; name one, such as mail, phone or post.")
    about = f"{purpose} by {channel}"
    if suppressed:
        return Decision(Why.SUPPRESSED, f"The mail address or telephone number is on the suppression list: no {about}, whatever was agreed to.")
    said = [each for each in statements if each.at <= at and purpose_named(each.purpose) == purpose and channel_named(each.channel) in {channel, ANY}]
    if not said:
        return Decision(Why.NOT_SAID, f"No consent to {about} is known, and without one nobody is contacted.")
    by_name = [each for each in said if channel_named(each.channel) != ANY]
    last, last_by_name = max(said, key=_weight), max(by_name, key=_weight, default=None)
    if last.given and last_by_name is not None and not last_by_name.given:
        reason = f"Consent to {about} was withdrawn {_told(last_by_name)}; the consent to any channel {_told(last)} does not lift that."
        return Decision(Why.WITHDRAWN, reason, last_by_name)
    if not last.given:
        return Decision(Why.WITHDRAWN, f"Consent to {about} was withdrawn {_told(last)}.", last)
    return Decision(Why.GIVEN, f"Consent to {about} was given {_told(last)}.", last)


def _weight(statement: Statement) -> tuple[datetime, bool]:
    """The order in which statements count: the later one more, at the same time the withdrawal."""
    return statement.at, not statement.given


def _told(statement: Statement) -> str:
    return f"on {statement.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC ({statement.source})"
