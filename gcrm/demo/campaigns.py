"""What the company sends to its contacts, and what comes back."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from gcrm.demo import structure
from gcrm.demo.accounts import LOST, Accounts
from gcrm.demo.city import Floats, Indices
from gcrm.demo.contacts import NEVER, Contacts, contact_keys, marketing_consents
from gcrm.demo.tables import flags, keys, money, only_where, pick, seconds_of, stream, times

_RESPONSES = ("none", "opened", "answered", "bought", "unsubscribed")
_NONE, _OPENED, _ANSWERED, _BOUGHT, _UNSUBSCRIBED = range(len(_RESPONSES))
_DAY = 86_400
_SENT_AT_S = 6 * 3_600
_WAVE_DAYS = 7
_LISTENS_DAYS = 14
_ANSWERS_WITHIN_DAYS = 5


@dataclass(frozen=True)
class _Members:
    """One row per member: position of its contact, wave (from 1), sent and responded in seconds since 1970, response as position in _RESPONSES."""

    campaign: Indices
    contact: Indices
    wave: Indices
    sent: Indices
    response: Indices
    responded: Indices


def campaigns_table(scale: float) -> pa.Table:
    """The campaigns; what they cost grows with the scale, as the number of those does to whom they are sent."""
    planned = structure.CAMPAIGNS
    start = np.array([seconds_of(each.starts_on) for each in planned]) // _DAY
    length = np.array([_WAVE_DAYS * max(each.waves - 1, 0) + _LISTENS_DAYS for each in planned])
    return pa.table(
        {
            "campaign_key": keys("C", np.arange(1, len(planned) + 1), 2),
            "name": [each.name for each in planned],
            "channel": [each.channel for each in planned],
            "audience": [", ".join(each.segments) or "whoever passes" for each in planned],
            "starts_on": pa.array(start.astype(np.int32)).cast(pa.date32()),
            "ends_on": pa.array((start + length).astype(np.int32)).cast(pa.date32()),
            "cost": money(np.array([round(100 * each.cost * scale) for each in planned])),
            "currency": pa.repeat(structure.CURRENCY, len(planned)),
            "attribution_days": pa.repeat(30, len(planned)),
            "made_up": flags(len(planned)),
        }
    )


def campaign_members_table(accounts: Accounts, contacts: Contacts, nearness: Floats, orders: Path, seed: int) -> pa.Table:
    """The members of the campaigns, ordered by campaign and wave: contacts in the segments meant, who consented to marketing over the channel at that moment.

    Args:
        accounts: the accounts; to those that are lost nothing is sent.
        contacts: their people.
        nearness: exp(-d / lambda) of each place; what is near answers more often.
        orders: the file of the orders: who reacted and ordered soon after has bought.
        seed: of the random numbers.
    """
    parts = list(_waves(accounts, contacts, nearness[accounts.place[contacts.account]], orders, seed))
    campaign, contact, wave, sent, response, responded = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("campaign", "contact", "wave", "sent", "response", "responded")
    )
    return pa.table(
        {
            "member_key": keys("M", np.arange(1, len(contact) + 1), 8),
            "campaign_key": keys("C", campaign + 1, 2),
            "account_key": keys("A", contacts.account[contact] + 1),
            "contact_key": contact_keys(contacts).take(pa.array(contact)),
            "wave": keys("", wave, 1),
            "sent_at": times(sent),
            "response": pick(_RESPONSES, response),
            "responded_at": only_where(response != _NONE, times(responded)),
            "made_up": flags(len(contact)),
        }
    )


def _waves(accounts: Accounts, contacts: Contacts, near: Floats, orders: Path, seed: int) -> Iterator[_Members]:
    """The members of one wave after the other; every contact is in one wave of a campaign."""
    segment = accounts.segment[contacts.account]
    there = accounts.status[contacts.account] != LOST
    for number, campaign in enumerate(structure.CAMPAIGNS):
        if not campaign.waves:
            continue
        random = stream(seed, "campaigns", number)
        meant = np.isin(segment, [structure.SEGMENTS.index(name) for name in campaign.segments]) & there
        in_wave = random.integers(1, campaign.waves + 1, size=len(contacts))
        for wave in range(1, campaign.waves + 1):
            sent = seconds_of(campaign.starts_on) + _DAY * _WAVE_DAYS * (wave - 1) + _SENT_AT_S
            consents, withdrawn = marketing_consents(contacts, campaign.channel, sent, seed)
            contact = np.flatnonzero(meant & (in_wave == wave) & consents)
            ordered = _first_orders(orders, len(accounts), sent)[contacts.account[contact]]
            chance = structure.RESPONSE_BY_CHANNEL[campaign.channel] * np.asarray(structure.RESPONSE_BY_SEGMENT)[segment[contact]]
            response, responded = _react(campaign.channel, sent, chance, near[contact], ordered, withdrawn[contact], random)
            size = len(contact)
            yield _Members(np.full(size, number), contact, np.full(size, wave), np.full(size, sent), response, responded)


def _react(channel: str, sent: int, chance: Floats, near: Floats, ordered: Indices, withdrawn: Indices, random: np.random.Generator) -> tuple[Indices, Indices]:
    """What each member does, and when: who withdraws the consent soon after is unsubscribed, who reacts and orders soon after has bought."""
    reacts = random.random(len(chance)) < chance
    answers = random.random(len(chance)) < structure.ANSWER_FLOOR + structure.ANSWER_NEAR * near
    read = _OPENED if channel == "mail" else _NONE  # nobody sees whether a letter or a call was taken notice of
    response = np.where(reacts, np.where(answers, _ANSWERED, read), _NONE)
    responded = sent + random.integers(600, _ANSWERS_WITHIN_DAYS * _DAY, size=len(chance))
    until = sent + _LISTENS_DAYS * _DAY
    bought = reacts & (ordered < until)
    gone = withdrawn < until
    response = np.where(gone, _UNSUBSCRIBED, np.where(bought, _BOUGHT, response))
    return response, np.where(gone, withdrawn, np.where(bought, ordered, responded))


def _first_orders(orders: Path, accounts: int, sent: int) -> Indices:
    """The first order of each account within _LISTENS_DAYS after a moment, seconds since 1970; NEVER where there is none."""
    low, high = (pa.scalar(moment * 1_000_000, pa.timestamp("us", "UTC")) for moment in (sent, sent + _LISTENS_DAYS * _DAY))
    table = pq.read_table(orders, columns=["account_key", "ordered_at"], filters=(pc.field("ordered_at") >= low) & (pc.field("ordered_at") < high))
    account = pc.cast(pc.utf8_slice_codeunits(table["account_key"], 1), pa.int64()).to_numpy() - 1
    seconds = pc.cast(table["ordered_at"], pa.int64()).to_numpy() // 1_000_000
    first = np.full(accounts, NEVER)
    np.minimum.at(first, account, seconds)
    return first
