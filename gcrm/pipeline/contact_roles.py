"""People at accounts: the contacts of an account, and contacts of other accounts who have a role there."""

from collections.abc import Sequence
from datetime import date

import pandas as pd

from gcrm.access.scope import Scope
from gcrm.crm.contact_roles import Role
from gcrm.db.connection import scoped
from gcrm.db.load import read_frame
from gcrm.db.queries import queries
from gcrm.errors import CrmError
from gcrm.pipeline.changes import Through, acting
from gcrm.pipeline.search import LOOKED_AT

__all__ = ["MOST_FOUND", "MOST_PEOPLE", "Role", "elsewhere", "end", "find_contacts", "give", "people", "remove"]

MOST_PEOPLE = 50
MOST_FOUND = 20


def people(account_id: int, scope: Scope, most: int = MOST_PEOPLE) -> pd.DataFrame:
    """The people of an account, its own contacts first.

    Args:
        account_id: its key.
        scope: who is looking.
        most: so many at most.

    Returns:
        The columns of `people` in sql/queries/contact_roles.sql.
    """
    with scoped(scope) as connection:
        return read_frame(connection, queries("contact_roles").people.sql, {"account_id": account_id, "most": most})


def elsewhere(contact_ids: Sequence[int], scope: Scope) -> pd.DataFrame:
    """The roles of contacts at accounts that are not their own.

    Args:
        contact_ids: their keys.
        scope: who is looking.

    Returns:
        The columns of `elsewhere` in sql/queries/contact_roles.sql.
    """
    with scoped(scope) as connection:
        return read_frame(connection, queries("contact_roles").elsewhere.sql, {"contact_ids": list(contact_ids)})


def find_contacts(text: str, scope: Scope, most: int = MOST_FOUND) -> pd.DataFrame:
    """Contacts whom a person means by words of theirs or of their account, a telephone number or a mail address.

    Args:
        text: as of `gcrm.pipeline.search.find_accounts`.
        scope: who is looking.
        most: so many at most.

    Returns:
        contact_id, name, role, account_id, account, those that fit best first.
    """
    with scoped(scope) as connection:
        return read_frame(connection, queries("contact_roles").find.sql, {"text": text.strip(), "most": most, "looked_at": LOOKED_AT})


def give(contact_id: int, account_id: int, role: Role, scope: Scope, *, actor: str, through: Through) -> int:
    """Gives a contact a role at an account that is not its own; one of the same name gets another time.

    Args:
        contact_id: of the contact.
        account_id: of the account.
        role: its name and time.
        scope: who asks; it has to show both.
        actor: who does it.
        through: page or command.

    Returns:
        Its contact_role_id.

    Raises:
        CrmError: there is no such contact or account, the account is the contact's own, or the role cannot be.
    """
    tidy = role.check()
    with scoped(scope) as connection:
        contact, account, own = queries("contact_roles").parties(connection, contact_id=contact_id, account_id=account_id)
    if not contact:
        raise CrmError(f"There is no contact {contact_id}, or you may not see it; see those of an account with `gcrm contacts list ACCOUNT`.")
    if not account:
        raise CrmError(f"There is no account {account_id}, or you may not see it.")
    if own:
        raise CrmError(f"Contact {contact_id} is a contact of account {account_id} already; its role there is a field of the contact.")
    with acting(actor, through) as connection:
        key: int = queries("contact_roles").give(
            connection, contact_id=contact_id, account_id=account_id, role=tidy.name, since=tidy.since, until=tidy.until, actor=actor
        )
    return key


def end(contact_role_id: int, until: date | None, scope: Scope, *, actor: str, through: Through) -> None:
    """Ends a role, or takes its end back.

    Args:
        contact_role_id: its key.
        until: the first day on which the contact has it no more; None for no end.
        scope: who asks.
        actor: who does it.
        through: page or command.

    Raises:
        CrmError: there is no such role, or it begins later.
    """
    _seen(contact_role_id, scope)
    with acting(actor, through) as connection:
        since: date | None = queries("contact_roles").since(connection, contact_role_id=contact_role_id)
        if since is not None and until is not None and until <= since:
            raise CrmError(f"The role began on {since} and cannot end on {until}; give a later day, or take the role away.")
        queries("contact_roles").end(connection, contact_role_id=contact_role_id, until=until)


def remove(contact_role_id: int, scope: Scope, *, actor: str, through: Through) -> None:
    """Takes a role away that was written down by mistake; of others the end is said.

    Args:
        contact_role_id: its key.
        scope: who asks.
        actor: who does it.
        through: page or command.

    Raises:
        CrmError: there is no such role.
    """
    _seen(contact_role_id, scope)
    with acting(actor, through) as connection:
        queries("contact_roles").remove(connection, contact_role_id=contact_role_id)


def _seen(contact_role_id: int, scope: Scope) -> None:
    with scoped(scope) as connection:
        if not queries("contact_roles").sees(connection, contact_role_id=contact_role_id):
            raise CrmError(f"There is no role {contact_role_id}, or you may not see it; see them with `gcrm contacts list ACCOUNT`.")
