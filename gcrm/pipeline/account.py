"""One account for a reader: the record, and everything that is known to be around it, with the versions that it comes from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from psycopg.rows import dict_row

from gcrm.access.scope import Scope
from gcrm.crm.consent import ANY, channel_named
from gcrm.crm.service import Assignment, Span, spans
from gcrm.db.connection import scoped
from gcrm.db.load import read_frame
from gcrm.db.queries import queries
from gcrm.pipeline.consent import Told, decisions_each, may_contact_each
from gcrm.pipeline.enrichment import versions_in_force
from gcrm.pipeline.travel import conditions_stamp

MOST_CAMPAIGNS = 200
"""Sendings to an account that are shown, the newest ones."""

MOST_CONTACTS = 50
"""Contacts of an account that are shown."""

PEOPLE_AT_ACCOUNT = (
    "footfall_per_hour", "footfall_morning_per_hour", "footfall_midday_per_hour", "footfall_evening_per_hour", "footfall_night_per_hour", "passing_trips",
)  # fmt: skip
"""Columns of gcrm.account_surroundings: people at the position itself, which is finer than any cell of a scope with a floor."""

_PURPOSE = "marketing"
"""What campaigns are for, in the ledger of consents."""


@dataclass(frozen=True)
class Account:
    """An account, its surroundings, and what was sent to it.

    Attributes:
        record: what `sql/queries/account.sql` tells of it: the account's own fields, `holds`, the columns of gcrm.account_surroundings; `PEOPLE_AT_ACCOUNT`
            are empty where people are not shown.
        sites: names of the sites by key, as far as the reader sees them.
        trade_areas: dataset, kind, name, site_name, band, band_unit, most_likely, probability.
        campaigns: sent_at, campaign, channel, wave, contact_id, contact, response, responded_at, revenue, currency, barred (why the contact may not be
            contacted by that channel for marketing now; empty where it may, or where no contact is named); at most `MOST_CAMPAIGNS`.
        contacts: their names by key, at most `MOST_CONTACTS`.
        consents: of each contact: name, and the decision for each purpose and channel that the person spoke of; none of one who said nothing.
        themes: of layers of one's own: dataset, kind, unit, number, category, made_up.
        sources: the versions of layers that the surroundings come from: layer_version_id, layer, dataset, source_date, attribution, made_up, loaded_at,
            parameters, in_force.
        served: by which territories, from the first to the one of today.
        shows_people: whether figures of people at its position are shown: not to whoever sees figures by wider cells only.
        outdated: whether other versions are in force now: `gcrm enrich` has not come by since.
    """

    record: Mapping[str, Any]
    sites: Mapping[str, str]
    trade_areas: pd.DataFrame
    campaigns: pd.DataFrame
    contacts: Mapping[int, str]
    consents: list[tuple[str, list[Told]]]
    themes: pd.DataFrame
    sources: pd.DataFrame
    served: Sequence[Span]
    shows_people: bool
    outdated: bool

    @property
    def has_surroundings(self) -> bool:
        """Whether what is around its position was derived."""
        return bool(self.record["holds"])


def account(account_id: int, scope: Scope) -> Account | None:
    """An account with its surroundings.

    Args:
        account_id: of the account.
        scope: who is looking.

    Returns:
        None where there is none that the scope shows.
    """
    statements = queries("account")
    with scoped(scope) as connection:
        with connection.cursor(row_factory=dict_row) as cursor:
            record = cursor.execute(statements.record.sql, {"account_id": account_id}).fetchone()
        if record is None:
            return None
        versions = record["layer_version_ids"] or []
        keys = [key for key in (record["site_drive_key"], record["site_walk_key"]) if key]
        found = Account(
            record | dict.fromkeys(PEOPLE_AT_ACCOUNT) if scope.has_floor else record,
            sites=dict(statements.sites(connection, versions=versions, keys=keys)),
            trade_areas=read_frame(connection, statements.trade_areas.sql, {"account_id": account_id}),
            campaigns=read_frame(connection, statements.campaigns.sql, {"account_id": account_id, "most": MOST_CAMPAIGNS}),
            contacts=dict(queries("consent").of_account(connection, account_id=account_id, most=MOST_CONTACTS)),
            consents=[],
            themes=read_frame(connection, statements.themes.sql, {"account_id": account_id}),
            sources=read_frame(connection, statements.sources.sql, {"versions": versions}),
            served=spans(Assignment(since, territory) for since, territory in statements.territories(connection, account_id=account_id)),
            shows_people=not scope.has_floor,
            outdated=versions != versions_in_force(connection) or record["conditions_stamp"] != conditions_stamp(connection),
        )
    told = decisions_each(list(found.contacts), datetime.now(UTC), scope)
    return replace(found, campaigns=_with_consent(found.campaigns, scope), consents=[(name, told.get(key, [])) for key, name in found.contacts.items()])


def _with_consent(campaigns: pd.DataFrame, scope: Scope) -> pd.DataFrame:
    """What was sent, with `barred`: who was addressed once is not who may be addressed now."""
    now = datetime.now(UTC)
    named = campaigns[campaigns["contact_id"].notna() & campaigns["channel"].notna()]
    decisions = {
        str(channel): may_contact_each(sent["contact_id"].astype("int64").unique().tolist(), _PURPOSE, str(channel), now, scope)
        for channel, sent in named.groupby("channel")
        if channel_named(str(channel)) != ANY
    }
    found = [decisions.get(channel, {}).get(contact) for channel, contact in zip(campaigns["channel"], campaigns["contact_id"], strict=True)]
    barred = pd.Series([None if each is None or each.allowed else each.reason for each in found], index=campaigns.index, dtype="object")
    return campaigns.assign(barred=barred)
