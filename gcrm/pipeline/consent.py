"""The ledger of consents and the suppression list: the only answer to whether a contact may be contacted, and how it came about."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import numpy as np
import pandas as pd
import psycopg

from gcrm.access.scope import Scope
from gcrm.crm.consent import ANY, Decision, Statement, channel_named, purpose_named
from gcrm.crm.consent import may_contact as decide
from gcrm.db.connection import Role, connect, scoped
from gcrm.db.load import keys_array, read_frame
from gcrm.db.queries import queries
from gcrm.errors import ConsentError
from gcrm.pipeline.identifiers import Hashes, among, normal_mail, normal_phone

BY_HAND = "by hand"
"""The source of a statement of which nobody said where it was made."""

_USUAL = ("mail", "phone", "post")


@dataclass(frozen=True, slots=True)
class Told:
    """A purpose, a channel, and whether the contact may be contacted so."""

    purpose: str
    channel: str
    decision: Decision


def may_contact(contact_id: int, purpose: str, channel: str, at: datetime, scope: Scope) -> Decision:
    """Whether a contact may be contacted, and why.

    Args:
        contact_id: of the contact.
        purpose: what for.
        channel: by which channel, one.
        at: when.
        scope: who is asking.

    Raises:
        ConsentError: there is no such contact in the scope, or the question names no purpose or not one channel.
    """
    decision = may_contact_each([contact_id], purpose, channel, at, scope).get(contact_id)
    if decision is None:
        raise ConsentError(f"There is no contact {contact_id}, or you may not see it.")
    return decision


def may_contact_each(contact_ids: Sequence[int], purpose: str, channel: str, at: datetime, scope: Scope) -> dict[int, Decision]:
    """The same for many contacts at once, such as those of a list.

    Args:
        contact_ids: of the contacts.
        purpose: what for.
        channel: by which channel, one.
        at: when.
        scope: who is asking.

    Returns:
        contact_id to decision, of those in the scope.

    Raises:
        ConsentError: the question names no purpose or not one channel.
    """
    decide((), purpose, channel, at)  # refuses the question before anything is read
    keys = keys_array(np.asarray(contact_ids, dtype=np.int64))
    with scoped(scope) as connection:
        contacts = read_frame(connection, queries("consent").visible.sql, {"contact_ids": keys})
        said = _said(connection, keys, purpose_named(purpose))
    never = _suppressed(contacts)
    return {
        int(contact): decide(said[contact], purpose, channel, at, suppressed=bool(barred))
        for contact, barred in zip(contacts["contact_id"], never, strict=True)
    }


def statements(contact_id: int, scope: Scope) -> list[Statement]:
    """What a contact said, the oldest first.

    Args:
        contact_id: of the contact.
        scope: who is asking.
    """
    with scoped(scope) as connection:
        return _said(connection, keys_array(np.array([contact_id], dtype=np.int64)), "")[contact_id]


def decisions(contact_id: int, at: datetime, scope: Scope) -> list[Told]:
    """What follows from what a contact said; see `decisions_each`.

    Args:
        contact_id: of the contact.
        at: when.
        scope: who is asking.
    """
    return decisions_each([contact_id], at, scope).get(contact_id, [])


def decisions_each(contact_ids: Sequence[int], at: datetime, scope: Scope) -> dict[int, list[Told]]:
    """What follows from what contacts said: a decision for each purpose and channel, in the order of their names.

    The channels are those that the ledger names; where it says `any`, mail, phone and post too.

    Args:
        contact_ids: of the contacts.
        at: when.
        scope: who is asking.

    Returns:
        contact_id to decisions, of those in the scope; none of one who said nothing.
    """
    keys = keys_array(np.asarray(contact_ids, dtype=np.int64))
    with scoped(scope) as connection:
        contacts = read_frame(connection, queries("consent").visible.sql, {"contact_ids": keys})
        said = _said(connection, keys, "")
    barred = dict(zip(contacts["contact_id"], _suppressed(contacts), strict=True))
    return {
        int(contact): [
            Told(purpose, channel, decide(said[contact], purpose, channel, at, suppressed=bool(never))) for purpose, channel in _asked(said[contact])
        ]
        for contact, never in barred.items()
    }


def _asked(said: Sequence[Statement]) -> list[tuple[str, str]]:
    named = {(purpose_named(each.purpose), channel_named(each.channel)) for each in said}
    every = {(purpose, channel) for purpose, of in named if of == ANY for channel in _USUAL}
    return sorted(pair for pair in named | every if pair[1] != ANY)


def record(contact_id: int, purpose: str, channel: str, *, given: bool, at: datetime | None = None, source: str = BY_HAND, wording: str | None = None) -> int:
    """Appends a statement to the ledger; nothing in it is ever changed.

    Args:
        contact_id: who said it.
        purpose: what for.
        channel: one, or `any`.
        given: True where given, False where withdrawn.
        at: from when it holds; now if None.
        source: where it was said, such as a call.
        wording: the words that were agreed to.

    Returns:
        The consent_id.

    Raises:
        ConsentError: there is no such contact, or purpose or channel is empty.
    """
    names = {"purpose": purpose_named(purpose), "channel": channel_named(channel), "source": source.strip() or BY_HAND}
    with connect(Role.WRITER) as connection:
        consent_id: int | None = queries("consent").record(
            connection, **names, contact_id=contact_id, given=given, recorded_at=at, source_key=str(uuid4()), wording=wording
        )
    if consent_id is None:
        raise ConsentError(f"There is no contact {contact_id}; it may have been erased.")
    return consent_id


def suppress(text: str, reason: str, country: str | None = None) -> tuple[str, bool]:
    """Puts a mail address or a telephone number on the list of those who are never contacted; only its hash is kept.

    Args:
        text: the address or number.
        reason: why; it must not name anybody.
        country: ISO 3166-1 alpha-2 code of where a number without a calling code is dialled.

    Returns:
        mail or phone, and whether it is new on the list.

    Raises:
        ConsentError: the text is neither a mail address nor a telephone number.
    """
    kind, value = _normal(text, country)
    with connect(Role.WRITER) as connection:
        new = queries("consent").suppress(connection, kind=kind, hash=Hashes.of(connection).hash(kind, value), reason=reason)
    return kind, bool(new)


def _said(connection: psycopg.Connection[Any], contact_ids: str, purpose: str) -> defaultdict[int, list[Statement]]:
    """By contact what was said on a purpose (on all if empty), the oldest first."""
    said: defaultdict[int, list[Statement]] = defaultdict(list)
    for contact_id, *line in queries("consent").statements(connection, contact_ids=contact_ids, purpose=purpose):
        said[contact_id].append(Statement(*line))
    return said


def _suppressed(contacts: pd.DataFrame) -> pd.Series:
    """Which contacts have a mail address or telephone number that is on the list."""
    never = pd.Series(data=False, index=contacts.index)
    statements = queries("consent")
    with connect(Role.WRITER) as connection:  # readers have no right to the key
        if not statements.anybody_suppressed(connection):
            return never
        hashes = Hashes.of(connection)
        for kind, hashed in (("mail", hashes.of_mails(contacts["email"])), ("phone", hashes.of_phones(contacts["phone"]))):
            listed = {row[0] for row in statements.suppressed(connection, kind=kind, hashes=hashed.dropna().tolist())}
            never |= among(hashed, listed)
    return never


def _normal(text: str, country: str | None) -> tuple[str, str]:
    """Whether a text is a mail address or a telephone number, and its normal form."""
    kind = "mail" if "@" in text else "phone"
    value = normal_mail(text) if kind == "mail" else normal_phone(text, country)
    if value is None:
        raise ConsentError(f"{text!r} is neither a mail address nor a telephone number; write a number as +358 40 1234567, or give its --country.")
    return kind, value
