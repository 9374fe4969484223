"""What is handed in about people at accounts; the part of `intake` for them."""

from datetime import date

from dashboards import session
from dashboards.session import Permission, needs
from gcrm.crm.contact_roles import Role
from gcrm.pipeline import contact_roles


@needs(Permission.WORK)
def give_role(contact_id: int, account_id: int, role: Role) -> int:
    """Gives a contact a role at an account that is not its own; see `gcrm.pipeline.contact_roles.give`.

    Raises:
        CrmError: the role cannot be, or the contact or the account is not to be seen.
    """
    return contact_roles.give(contact_id, account_id, role, session.scope(), actor=session.name(), through="page")


@needs(Permission.WORK)
def end_role(contact_role_id: int, until: date | None) -> None:
    """Ends a role, or takes its end back.

    Raises:
        CrmError: there is no such role, or it begins later.
    """
    contact_roles.end(contact_role_id, until, session.scope(), actor=session.name(), through="page")


@needs(Permission.WORK)
def remove_role(contact_role_id: int) -> None:
    """Takes a role away that was written down by mistake.

    Raises:
        CrmError: there is no such role.
    """
    contact_roles.remove(contact_role_id, session.scope(), actor=session.name(), through="page")
