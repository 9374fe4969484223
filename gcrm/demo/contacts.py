"""The people at the accounts, and the ledger of what they consented to."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gcrm.demo import structure
from gcrm.demo.accounts import COMPANY, PERSON, WORDS, Accounts, phones, words
from gcrm.demo.city import Floats, Indices
from gcrm.demo.tables import draw, flags, join, keys, only_where, pick, seconds_of, stream, times

_LETTERS = ("A", "B", "C")
_COUNT_SHARE = ((0.40, 0.35, 0.25), (0.55, 0.45, 0.0), (1.0, 0.0, 0.0))
"""Accounts with 1, 2 and 3 contacts. Rows: KINDS."""
_ROLES = ("manager", "buyer", "office")

GRANTS = (("marketing", "mail", 0.78), ("marketing", "phone", 0.28), ("marketing", "post", 0.15), ("movement", "any", 0.10))
"""Purpose, channel, and the share of the contacts who once consented to it."""
WITHDRAWN_SHARE = 0.18
REGIVEN_SHARE = 0.12
"""Of the consents that were withdrawn, those that were given again."""
NEVER = np.iinfo(np.int64).max
"""A moment that does not come."""
_LATEST_GRANT_DAYS = 540
_REACTION_DAYS = 90


@dataclass(frozen=True)
class Contacts:
    """One row per contact: position of its account, its number there, the number its telephone is made from."""

    account: Indices
    rank: Indices
    number: Indices

    def __len__(self) -> int:
        """How many there are."""
        return len(self.account)


def draw_contacts(accounts: Accounts, seed: int) -> Contacts:
    """Draws one to three contacts of each account; a duplicate has those of its original again."""
    counts = 1 + draw(_COUNT_SHARE, stream(seed, "contacts").random(len(accounts)), accounts.kind)
    counts = np.where(accounts.is_duplicate, counts[accounts.original], counts)
    account = np.repeat(np.arange(len(accounts)), counts)
    rank = np.arange(len(account)) - np.repeat(np.cumsum(counts) - counts, counts)
    return Contacts(account, rank, accounts.number[account] * len(_LETTERS) + rank)


def contact_keys(contacts: Contacts) -> pa.Array:
    """Keys such as A0000042-B."""
    return join(keys("A", contacts.account + 1), "-", pick(_LETTERS, contacts.rank))


def contacts_table(contacts: Contacts, accounts: Accounts) -> pa.Table:
    """The contacts as they are imported."""
    letter = pick(_LETTERS, contacts.rank)
    word = words(accounts.word)
    family = word.take(pa.array(contacts.account))
    kind = accounts.kind[contacts.account]
    # A company's people do not bear its name.
    scrambled = accounts.given[contacts.account] + 1_009 * contacts.rank
    family = pc.if_else(pa.array(kind == COMPANY), words(scrambled % WORDS), family)
    given = pc.if_else(pa.array(kind == PERSON), words(accounts.given[contacts.account]), join("Contact ", letter))
    return pa.table(
        {
            "contact_key": contact_keys(contacts),
            "account_key": keys("A", contacts.account + 1),
            "given_name": given,
            "family_name": family,
            "role": only_where(kind == COMPANY, pick(_ROLES, contacts.rank)),
            "phone": phones(contacts.number, "50"),
            "email": join("contact.", pc.utf8_lower(family), ".", keys("", contacts.number), "@example.org"),
            "made_up": flags(len(contacts)),
        }
    )


def consents_table(contacts: Contacts, seed: int) -> pa.Table:
    """The ledger: a row when consent is given, withdrawn, given again; ordered by time."""
    rows = [_ledger(contacts, position, share, seed) for position, (_, _, share) in enumerate(GRANTS)]
    person, grant, given, recorded = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    order = np.lexsort((grant, person, recorded))
    person, grant, given, recorded = person[order], grant[order], given[order], recorded[order]
    words_of = [f"I agree that {structure.COMPANY} uses my data for {purpose} ({channel})." for purpose, channel, _ in GRANTS]
    return pa.table(
        {
            "consent_key": keys("K", np.arange(1, len(person) + 1), 8),
            "contact_key": contact_keys(contacts).take(pa.array(person)),
            "purpose": pick([purpose for purpose, _, _ in GRANTS], grant),
            "channel": pick([channel for _, channel, _ in GRANTS], grant),
            "given": pa.array(given == 1),
            "recorded_at": times(recorded),
            "wording": only_where(given == 1, pick(words_of, grant)),
            "made_up": flags(len(person)),
        }
    )


def marketing_consents(contacts: Contacts, channel: str, moment: int, seed: int) -> tuple[NDArray[np.bool_], Indices]:
    """Whether each contact consents to marketing over a channel at a moment, and when it withdraws such a consent next.

    Args:
        contacts: the people.
        channel: one of GRANTS.
        moment: seconds since 1970.
        seed: of the ledger.

    Returns:
        One truth value and one moment per contact: seconds since 1970, NEVER where nothing is withdrawn any more.
    """
    grant = next(at for at, (purpose, over, _) in enumerate(GRANTS) if (purpose, over) == ("marketing", channel))
    person, _, given, recorded = _ledger(contacts, grant, GRANTS[grant][2], seed)
    # Given, withdrawn, given again: after an odd number of rows the last word is a consent.
    consents = np.bincount(person[recorded <= moment], minlength=len(contacts)) % 2 == 1
    withdrawn = np.full(len(contacts), NEVER)
    later = (given == 0) & (recorded > moment)
    np.minimum.at(withdrawn, person[later], recorded[later])
    return consents, withdrawn


def _ledger(contacts: Contacts, grant: int, share: float, seed: int) -> tuple[Indices, Indices, Indices, Indices]:
    """Rows of one purpose and channel: contact, grant, 1 for given and 0 for withdrawn, seconds since 1970."""
    random = stream(seed, "consents", grant)
    day = 86_400

    def after(seconds: Indices, days: int) -> Indices:
        return seconds + random.integers(1, days * day, size=len(seconds))

    person = np.flatnonzero(random.random(len(contacts)) < share)
    start = np.full(len(person), seconds_of(structure.FIRST_MONTH))
    first = after(start, _LATEST_GRANT_DAYS)
    withdrawn = _chosen(random.random(len(person)), WITHDRAWN_SHARE)
    second = after(first[withdrawn], _REACTION_DAYS)
    again = _chosen(random.random(len(withdrawn)), REGIVEN_SHARE)
    third = after(second[again], _REACTION_DAYS)
    people = np.concatenate([person, person[withdrawn], person[withdrawn][again]])
    given = np.concatenate([np.ones_like(first), np.zeros_like(second), np.ones_like(third)])
    return people, np.full(len(people), grant), given, np.concatenate([first, second, third])


def _chosen(chance: Floats, share: float) -> Indices:
    return np.flatnonzero(chance < share)
