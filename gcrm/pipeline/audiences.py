"""Audiences: who fits some rules and may be contacted, ranked; as a list that is kept, chosen again, exported with consent, and becomes a campaign."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psycopg
from psycopg.types.json import Jsonb

from gcrm.access.scope import Scope
from gcrm.crm.audiences import Criteria, Rule, Terms, is_held_out, rules
from gcrm.crm.consent import channel_named
from gcrm.db.connection import scoped
from gcrm.db.load import copy_frame, keys_array, read_frame
from gcrm.db.queries import queries
from gcrm.errors import AudienceError
from gcrm.insight.scorecard import Scorecard, learn
from gcrm.pipeline import audit
from gcrm.pipeline.changes import Through, acting
from gcrm.pipeline.contact_lists import needed_columns, permitted
from gcrm.pipeline.exports import write_frame
from gcrm.pipeline.labels import write_labels
from gcrm.pipeline.lists.areas import located

FEATURES: Mapping[str, str] = {
    "segment": "Segment", "residence_type": "Residence type", "district": "District", "road_class": "Class of street", "minutes": "Minutes from a site",
}  # fmt: skip
"""What the scorecard looks at, with labels."""

CONSENT = Rule("consent", "have a contact who may be contacted")
_SOURCE = "gcrm"
_MINUTES = [0, 5, 10, 15, 20, 30, 45, 60, np.inf]


@dataclass(frozen=True)
class Preview:
    """Whom some rules choose.

    Attributes:
        accounts: of the reader, before any rule.
        falls: a row per rule in the order in which they are asked: label, falls (accounts), left (accounts behind it).
        account_ids: those that fit and have a contact who may be contacted.
        contacts: who may be contacted, as of `contacts` in sql/queries/audiences.sql, with `score`, the best first.
        left_out: reason to contacts who may not be contacted.
        points: of each contact what each feature of FEATURES says, in bits; without columns where nothing could be learned.
        cells: where the accounts are: cell, accounts.
    """

    accounts: int
    falls: pd.DataFrame
    account_ids: list[int]
    contacts: pd.DataFrame
    left_out: Mapping[str, int]
    points: pd.DataFrame
    cells: pd.DataFrame


@dataclass(frozen=True)
class Audience:
    """A list that is kept; its columns as of sql/queries/audiences.sql, and who is in it as far as the reader sees."""

    audience_id: int
    name: str
    purpose: str
    channel: str
    criteria: Criteria
    held_out: Decimal
    expires_on: date
    campaign_id: int | None
    created_at: datetime
    created_by: str
    refreshed_at: datetime
    contacts: int
    held_out_contacts: int
    came: int
    went: int


@dataclass(frozen=True)
class Choices:
    """What rules can name."""

    territories: list[str]
    segments: list[str]
    residence_types: list[str]
    categories: list[str]
    currencies: list[str]


def choices(scope: Scope) -> Choices:
    """What rules can name.

    Args:
        scope: who is looking.
    """
    with scoped(scope) as connection:
        return Choices(*queries("audiences").choices(connection))


def preview(criteria: Criteria, scope: Scope) -> Preview:
    """Whom rules choose now, and how many fall to each.

    Args:
        criteria: the rules.
        scope: who is looking; only accounts of its territories are chosen.

    Raises:
        AudienceError: single customers are not shown to the reader, or the value needs a currency.
        AreaError, CubeError: the area cannot be used.
        ConsentError: purpose or channel cannot be asked for.
    """
    if scope.hides:
        raise AudienceError(
            f"Figures of fewer than {scope.smallest_count} accounts are hidden from you, and a list names each; ask somebody who sees single ones."
        )
    with scoped(scope) as connection:
        judged = {falls: (count, kept) for falls, count, kept in queries("audiences").judged(connection, **_parameters(connection, criteria, scope))}
        kept: list[int] = judged.get(None, (0, []))[1]
        found = read_frame(connection, queries("audiences").contacts.sql, {"account_ids": keys_array(np.asarray(kept, dtype=np.int64))})
    contacts, left_out = permitted(found, criteria.purpose, criteria.channel, scope)
    contacts, points = _ranked(contacts, scope)
    reached = sorted(set(contacts["account_id"].tolist()))
    with scoped(scope) as connection:
        cells = read_frame(connection, queries("audiences").places.sql, {"account_ids": keys_array(np.asarray(reached, dtype=np.int64))})
    counts = {rule.name: judged.get(rule.name, (0, None))[0] for rule in rules(criteria)} | {CONSENT.name: len(kept) - len(reached)}
    accounts = sum(count for count, _ in judged.values())
    return Preview(accounts, _falls(accounts, [*rules(criteria), CONSENT], counts), reached, contacts, left_out, points, cells)


def _parameters(connection: psycopg.Connection[Any], criteria: Criteria, scope: Scope) -> dict[str, Any]:
    """The rules as `judged` in sql/queries/audiences.sql takes them."""
    currency = criteria.currency
    if criteria.value_at_least is not None or criteria.value_at_most is not None:
        known = queries("audiences").choices(connection)[-1]
        if not currency and len(known) > 1:
            raise AudienceError(f"Orders are in {', '.join(known)}; say in which currency the value is.")
    return located(criteria.area, scope) | {
        "postcodes": list(criteria.postcodes), "territories": list(criteria.territories), "statuses": list(criteria.statuses),
        "segments": list(criteria.segments), "residence_types": list(criteria.residence_types), "within_minutes": criteria.within_minutes,
        "bought_within_days": criteria.bought_within_days, "not_bought_for_days": criteria.not_bought_for_days, "value_at_least": criteria.value_at_least,
        "value_at_most": criteria.value_at_most, "currency": currency, "bought": list(criteria.bought), "not_bought": list(criteria.not_bought),
    }  # fmt: skip


def _falls(accounts: int, asked: list[Rule], counts: Mapping[str, int]) -> pd.DataFrame:
    falls = pd.DataFrame({"label": [rule.label for rule in asked], "falls": [counts[rule.name] for rule in asked]})
    return falls.assign(left=accounts - falls["falls"].cumsum())


def _ranked(contacts: pd.DataFrame, scope: Scope) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The contacts with their accounts' scores, the best first, and what each feature says of each."""
    card, features = _scorecard(scope)
    if card is None or contacts.empty:
        return contacts.assign(score=np.nan), pd.DataFrame(index=contacts.index)
    own = features.reindex(contacts["account_id"].to_numpy())
    points = card.parts(own).set_index(contacts.index)
    ranked = contacts.assign(score=points.sum(axis=1).round(3)).sort_values(["score", "contact_id"], ascending=[False, True])
    return ranked.reset_index(drop=True), points.loc[ranked.index].reset_index(drop=True)


def _scorecard(scope: Scope) -> tuple[Scorecard | None, pd.DataFrame]:
    """What tells customers of the reader from the others, and the features of each account, by account_id."""
    with scoped(scope) as connection:
        accounts = read_frame(connection, queries("audiences").features.sql, {}).set_index("account_id")
    minutes = pd.cut(accounts["minutes"].astype(float), _MINUTES, right=False).astype("string")
    features = accounts.drop(columns="is_customer").assign(minutes=minutes)
    return learn(features, [*FEATURES], accounts["is_customer"].astype(bool)), features


def audiences(scope: Scope) -> list[Audience]:
    """The lists that are kept, the newest first.

    Args:
        scope: who is looking; contacts are counted that it shows.
    """
    with scoped(scope) as connection:
        return [_read(row) for row in queries("audiences").audiences(connection, audience_id=None)]


def audience(audience_id: int, scope: Scope) -> Audience:
    """One list.

    Args:
        audience_id: its key.
        scope: who is looking.

    Raises:
        AudienceError: there is none.
    """
    with scoped(scope) as connection:
        row = next(iter(queries("audiences").audiences(connection, audience_id=audience_id)), None)
    if row is None:
        raise AudienceError(f"There is no audience {audience_id}; see them with `gcrm audiences list`.")
    return _read(row)


def _read(row: tuple[Any, ...]) -> Audience:
    found = Audience(*row)
    return replace(found, criteria=Criteria.read(row[4]))


def save(criteria: Criteria, terms: Terms, scope: Scope, *, actor: str, through: Through) -> tuple[int, int]:
    """Keeps whom rules choose now as a list.

    Args:
        criteria: the rules.
        terms: name, share held out, day on which it expires.
        scope: who asks.
        actor: who saves it.
        through: page or command.

    Returns:
        Its audience_id, and how many contacts are in it.

    Raises:
        AudienceError: the name is taken, something of the terms cannot be, nobody is chosen, or as of `preview`.
    """
    tidy = terms.check(datetime.now(UTC).date())
    chosen = preview(criteria, scope)
    if chosen.contacts.empty:
        raise AudienceError("Nobody who may be contacted fits these rules; take one of them away.")
    with acting(actor, through) as connection:
        audience_id: int | None = queries("audiences").add(
            connection, name=tidy.name, purpose=criteria.purpose, channel=channel_named(criteria.channel), criteria=Jsonb(criteria.told),
            held_out=tidy.held_out, expires_on=tidy.expires_on, created_by=actor,
        )  # fmt: skip
        if audience_id is None:
            raise AudienceError(f"There is an audience {tidy.name!r} already; give this one another name.")
        came, _ = _choose(connection, audience_id, tidy.held_out, chosen, scope)
    audit.note("audience", f"audience {audience_id}", user_name=actor, contacts=came)
    return audience_id, came


def refresh(audience_id: int, scope: Scope, *, actor: str, through: Through) -> tuple[int, int]:
    """Chooses a list again by its rules, as far as the scope shows accounts.

    Args:
        audience_id: its key.
        scope: who asks.
        actor: who does it.
        through: page or command.

    Returns:
        How many contacts came, and how many went.

    Raises:
        AudienceError: there is none, or as of `preview`.
    """
    found = audience(audience_id, scope)
    chosen = preview(found.criteria, scope)
    with acting(actor, through) as connection:
        if queries("audiences").lock(connection, audience_id=audience_id) is None:
            raise AudienceError(f"Audience {audience_id} was removed in the meantime.")
        came, went = _choose(connection, audience_id, found.held_out, chosen, scope)
    audit.note("audience", f"audience {audience_id}", user_name=actor, came=came, went=went)
    return came, went


def _choose(connection: psycopg.Connection[Any], audience_id: int, held_out: Decimal, chosen: Preview, scope: Scope) -> tuple[int, int]:
    """Who is chosen comes into the list, who is not goes."""
    statements = queries("audiences")
    apart = [is_held_out(f"audience {audience_id}", int(key), held_out) for key in chosen.contacts["account_id"]]
    statements.create_stage(connection)
    copy_frame(connection, "staged_members", chosen.contacts[["contact_id", "account_id", "score"]].assign(held_out=apart))
    came, went = statements.choose(connection, audience_id=audience_id, all_territories=scope.sees_everything, territories=sorted(scope.territories or ()))
    return int(came), int(went)


def remove(audience_id: int, scope: Scope, *, actor: str, through: Through) -> None:
    """Removes a list, which `restore` takes back for a day; a campaign that it became stays.

    Args:
        audience_id: its key.
        scope: who asks.
        actor: who does it.
        through: page or command.

    Raises:
        AudienceError: there is none, or it holds contacts that the scope does not show.
    """
    audience(audience_id, scope)
    with acting(actor, through) as connection:
        _check_whole(connection, audience_id, scope)
        queries("audiences").remove(connection, audience_id=audience_id)


def restore(audience_id: int, scope: Scope, *, actor: str, through: Through) -> None:
    """Brings a removed list back as it was.

    Args:
        audience_id: its key.
        scope: who asks.
        actor: who does it.
        through: page or command.

    Raises:
        AudienceError: it is gone for good, another one has its name by now, or it holds contacts that the scope does not show.
    """
    with acting(actor, through) as connection:
        _check_whole(connection, audience_id, scope)
        if not queries("audiences").restore(connection, audience_id=audience_id):
            raise AudienceError(f"Audience {audience_id} cannot be brought back: it is gone for good, or another one has its name; choose whom it is for anew.")


def _check_whole(connection: psycopg.Connection[Any], audience_id: int, scope: Scope) -> None:
    """What becomes of a list as a whole is for those who see all of it."""
    if not scope.sees_everything and queries("audiences").reaches_beyond(connection, audience_id=audience_id, territories=sorted(scope.territories or ())):
        raise AudienceError(f"Audience {audience_id} holds contacts of territories that you do not see; ask somebody who sees them.")


@dataclass(frozen=True)
class Written:
    """What left: contacts, those that were held out, and reason to contacts who may not be contacted any more."""

    contacts: int
    held_out: int
    left_out: Mapping[str, int]


def export_audience(audience_id: int, target: Path, scope: Scope) -> Written:
    """Writes whoever of a list may be contacted now, without those held out, the best first, with what the channel needs and no more.

    Args:
        audience_id: its key.
        target: .csv, .xlsx or .parquet; .html for labels, where the channel is post.
        scope: who asks.

    Raises:
        AudienceError: there is none, or it is expired, or labels are not for its channel.
        ExportError: the format is not one of these, or the target cannot be written.
    """
    found, contacts, held_out, left_out = _leaving(audience_id, scope)
    if target.suffix.lower() == ".html":
        if found.channel != "post":
            raise AudienceError(f"Labels are for post, and the audience {found.name!r} is for {found.channel}; write .csv, .xlsx or .parquet.")
        return Written(write_labels(contacts, target), held_out, left_out)
    columns = needed_columns(contacts.drop(columns=["account_id", "longitude", "latitude"]), found.channel)
    return Written(write_frame(columns, target), held_out, left_out)


def _leaving(audience_id: int, scope: Scope) -> tuple[Audience, pd.DataFrame, int, Mapping[str, int]]:
    """A list that has not expired, who of it is addressed, how many are held out, and why others may not be contacted."""
    found = audience(audience_id, scope)
    if found.expires_on <= datetime.now(UTC).date():
        raise AudienceError(f"The audience {found.name!r} expired on {found.expires_on}; choose whom it is for anew and save that.")
    with scoped(scope) as connection:
        members = read_frame(connection, queries("audiences").members.sql, {"audience_id": audience_id})
        accounts = keys_array(members["account_id"].drop_duplicates().to_numpy(dtype=np.int64))
        contacts = read_frame(connection, queries("audiences").contacts.sql, {"account_ids": accounts})
    addressed = members[~members["held_out"].astype(bool)]
    frame = addressed[["contact_id", "score"]].merge(contacts, on="contact_id")
    kept, left_out = permitted(frame, found.purpose, found.channel, scope)
    return found, kept, len(members) - len(addressed), left_out


def to_campaign(
    audience_id: int, scope: Scope, *, actor: str, through: Through, cost: Decimal | None = None, currency: str = "EUR", wave: str = "1"
) -> tuple[int, int]:
    """Makes a campaign out of a list: whoever may be contacted now is addressed, as of now.

    Args:
        audience_id: its key.
        scope: who asks; it has to show every contact of the list.
        actor: who does it.
        through: page or command.
        cost: of the campaign.
        currency: of the cost, ISO 4217.
        wave: which part of it.

    Returns:
        Its campaign_id, and how many contacts are addressed.

    Raises:
        AudienceError: there is no such list, it is expired, it became a campaign already, it holds contacts that the scope does not show, or nobody of it
            may be contacted.
    """
    found, kept, _, _ = _leaving(audience_id, scope)
    if kept.empty:
        raise AudienceError(f"Nobody of the audience {found.name!r} may be contacted now; choose it again.")
    with acting(actor, through) as connection:
        _check_whole(connection, audience_id, scope)
        campaign_id: int | None = queries("audiences").add_campaign(connection, audience_id=audience_id, cost=cost, currency=currency, source=_SOURCE)
        if campaign_id is None:
            raise AudienceError(f"The audience {found.name!r} became a campaign already.")
        keys = keys_array(kept["contact_id"].to_numpy(dtype=np.int64))
        count: int = queries("audiences").add_campaign_members(connection, campaign_id=campaign_id, source=_SOURCE, wave=wave, contact_ids=keys)
    audit.note("campaign", f"campaign {campaign_id} of audience {audience_id}", user_name=actor, contacts=count)
    return campaign_id, count


def left_out_in_words(left_out: Mapping[str, int]) -> str:
    """Why contacts are left out, for a sentence; empty where none is."""
    return ", ".join(f"{count:,} {reason}" for reason, count in Counter(left_out).most_common())
