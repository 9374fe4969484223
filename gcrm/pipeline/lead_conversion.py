"""A lead becomes an account, a contact and an opportunity: one transaction, by the way of every other record, and one job that can be undone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg

from gcrm.access.scope import Scope
from gcrm.crm.leads import Lead, account_of, become, contact_of, opportunity_of
from gcrm.db.connection import scoped
from gcrm.db.queries import queries
from gcrm.errors import CrmError
from gcrm.frames import ACCOUNTS, CONTACTS, OPPORTUNITIES
from gcrm.pipeline.changes import Through, acting
from gcrm.pipeline.duplicates import Possible, possible_duplicates_of
from gcrm.pipeline.entry import SOURCE, Entry, check, enter, new_key
from gcrm.pipeline.stages import current_pipeline

_ADDRESS = ("street", "house_number", "postcode", "city", "country_code", "longitude", "latitude")


@dataclass(frozen=True)
class Sale:
    """The opportunity that a conversion opens.

    Attributes:
        name: title; that of the lead's interest if left out.
        amount: expected revenue; that of the lead if left out.
        expected_close_on: day on which it is expected to close.
    """

    name: str | None = None
    amount: Decimal | None = None
    expected_close_on: date | None = None


@dataclass(frozen=True)
class Converted:
    """What a lead became: keys of the records (None where there is none), and the job that can be undone."""

    account_id: int
    contact_id: int | None
    opportunity_id: int | None
    job_id: int


def likely_accounts(lead_id: int, scope: Scope) -> list[Possible]:
    """The accounts that a lead may be already, the most probable first; it can be converted into one of them.

    Args:
        lead_id: its key.
        scope: who asks.

    Raises:
        CrmError: there is no such lead, or the scope does not show it.
    """
    with scoped(scope) as connection:
        _, lead = _read(connection, lead_id)
    account = account_of(lead)
    # A company is known by the numbers of its people too.
    checked = check({**account, "phone": lead.phone, "email": lead.email}, ACCOUNTS)
    return possible_duplicates_of(checked.record, scope)


def convert(
    lead_id: int, scope: Scope, *, actor: str, through: Through, account_id: int | None = None, sale: Sale | None = None,
) -> Converted:  # fmt: skip
    """Converts a lead.

    Args:
        lead_id: its key.
        scope: who asks; it has to show the lead, and the account where one is named.
        actor: who converts it.
        through: page or command.
        account_id: an account that it is already, which gets the contact and the opportunity; a new one if left out.
        sale: the opportunity to open; None for none.

    Raises:
        CrmError: there is no such lead or account, or the lead was converted or rejected.
        EntryError: a record cannot be stored as the lead has it; nothing is.
    """
    with scoped(scope) as connection:
        _read(connection, lead_id)
        if account_id is not None and queries("leads").account_key(connection, account_id=account_id) is None:
            raise CrmError(f"There is no account {account_id}, or you may not see it; convert the lead into a new one, or name another.")
    statements = queries("leads")
    with acting(actor, through) as connection:
        statements.status_of(connection, lead_id=lead_id)  # held until the end: nobody converts it a second time meanwhile
        status, lead = _read(connection, lead_id)
        become(status, "converted")
        source, account_key = (SOURCE, new_key()) if account_id is None else statements.account_key(connection, account_id=account_id)
        keys = {"account_key": account_key, "contact_key": new_key(), "opportunity_key": new_key()}
        entries = _entries(connection, lead, source, keys, is_new=account_id is None, sale=sale)
        if not entries:
            raise CrmError(f"Lead {lead_id} names no person, and there is nothing to store at account {account_id}; open an opportunity with it.")
        job_id = enter(connection, f"lead {lead_id}", entries, actor)
        account, contact, opportunity = statements.made(connection, source=source, **keys)
        queries("imports").derive(connection)
        if account_id is None:
            statements.place_account(connection, lead_id=lead_id, account_id=account)
        if opportunity is not None:
            statements.give_opportunity(connection, lead_id=lead_id, opportunity_id=opportunity)
        queries("imports").underive(connection)
        statements.set_converted(connection, lead_id=lead_id, account_id=account, contact_id=contact, opportunity_id=opportunity)
    return Converted(account, contact, opportunity, job_id)


def _entries(connection: psycopg.Connection[Any], lead: Lead, source: str, keys: dict[str, str], *, is_new: bool, sale: Sale | None) -> list[Entry]:
    """The records to store, in the order in which they refer to each other."""
    of_account = {"account_key": keys["account_key"]}
    entries = [Entry(ACCOUNTS, account_of(lead), keys["account_key"], source)] if is_new else []
    contact = contact_of(lead)
    if contact is not None:
        entries.append(Entry(CONTACTS, {**contact, **of_account}, keys["contact_key"], source))
    if sale is not None:
        told = opportunity_of(lead, current_pipeline(connection).stages[0].name, datetime.now(UTC))
        said = {"name": sale.name, "amount": sale.amount, "expected_close_on": sale.expected_close_on}
        told |= {name: str(value) for name, value in said.items() if value is not None}
        entries.append(Entry(OPPORTUNITIES, {**told, **of_account}, keys["opportunity_key"], source))
    return entries


def _read(connection: psycopg.Connection[Any], lead_id: int) -> tuple[Any, Lead]:
    """The status of a lead, and what a conversion has to know of it."""
    row = queries("leads").to_convert(connection, lead_id=lead_id)
    if row is None:
        raise CrmError(f"There is no lead {lead_id}, or you may not see it; see them with `gcrm leads list`.")
    status, *told, made_up = row
    names = ("company", "given_name", "family_name", "role", "phone", "email", "website", *_ADDRESS, "segment", "interest", "amount", "currency")
    texts = dict(zip(names, ("" if value is None else str(value) for value in told), strict=True))
    address = {name: texts.pop(name) for name in _ADDRESS}
    return status, Lead(**texts, address=address, made_up=made_up)
