"""What the page of audiences hands in; the part of `intake` for lists of contacts."""

from decimal import Decimal

from dashboards import session
from dashboards.session import Permission, needs
from gcrm.crm.audiences import Criteria, Terms
from gcrm.pipeline import audiences


@needs(Permission.CAMPAIGN)
def save(criteria: Criteria, terms: Terms) -> tuple[int, int]:
    """Keeps whom rules choose as a list; see `gcrm.pipeline.audiences.save`.

    Raises:
        AudienceError: the name is taken, something of the terms cannot be, or nobody is chosen.
    """
    return audiences.save(criteria, terms, session.scope(), actor=session.name(), through="page")


@needs(Permission.CAMPAIGN)
def refresh(audience_id: int) -> tuple[int, int]:
    """Chooses a list again; how many came and went.

    Raises:
        AudienceError: there is none.
    """
    return audiences.refresh(audience_id, session.scope(), actor=session.name(), through="page")


@needs(Permission.CAMPAIGN)
def remove(audience_id: int) -> None:
    """Removes a list; a campaign that it became stays.

    Raises:
        AudienceError: there is none.
    """
    audiences.remove(audience_id, session.scope(), actor=session.name(), through="page")


@needs(Permission.CAMPAIGN)
def restore(audience_id: int) -> None:
    """Brings a removed list back as it was.

    Raises:
        AudienceError: it is gone for good, or another one has its name by now.
    """
    audiences.restore(audience_id, session.scope(), actor=session.name(), through="page")


@needs(Permission.CAMPAIGN)
def to_campaign(audience_id: int, cost: Decimal | None, currency: str) -> tuple[int, int]:
    """Makes a campaign out of a list; its key, and how many contacts are addressed.

    Raises:
        AudienceError: there is no such list, it is expired, it became a campaign already, or nobody of it may be contacted.
    """
    return audiences.to_campaign(audience_id, session.scope(), actor=session.name(), through="page", cost=cost, currency=currency)
