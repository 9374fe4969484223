"""What is handed in about partners; the part of `intake` for them."""

from dashboards import session
from dashboards.session import Permission, needs
from gcrm.crm.partners import Terms
from gcrm.pipeline import partners


@needs(Permission.WORK)
def agree(account_id: int, terms: Terms, area: str) -> int:
    """Makes an account a partner, or gives it other terms; see `gcrm.pipeline.partners.agree`.

    Raises:
        CrmError: the terms cannot be, or the account is not to be seen.
        AreaError, CubeError: the area cannot be used.
    """
    return partners.agree(account_id, terms, session.scope(), area=area, actor=session.name(), through="page")


@needs(Permission.WORK)
def remove(partner_id: int) -> None:
    """Takes a partner away that never had a lead.

    Raises:
        CrmError: it has or had leads.
    """
    partners.remove(partner_id, session.scope(), actor=session.name(), through="page")


@needs(Permission.WORK)
def hand_over(lead_id: int, partner_id: int) -> None:
    """Hands a lead over to a partner.

    Raises:
        CrmError: it is no partner today, or something became of the lead.
    """
    partners.hand_over(lead_id, partner_id, session.scope(), actor=session.name(), through="page")


@needs(Permission.WORK)
def take_back(lead_id: int) -> None:
    """Takes a lead back from the partner that has it.

    Raises:
        CrmError: no partner has it.
    """
    partners.take_back(lead_id, session.scope(), actor=session.name(), through="page")
