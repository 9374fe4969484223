"""What the pages of sales hand in: moves and terms of opportunities, and what is done with leads; the part of `intake` that sells."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dashboards import session
from dashboards.session import Permission, needs
from gcrm.crm.opportunity_lines import Line
from gcrm.pipeline import lead_assignment, lead_conversion, leads, opportunities, opportunity_lines
from gcrm.pipeline.lead_assignment import Assigned
from gcrm.pipeline.lead_conversion import Converted, Sale
from gcrm.pipeline.leads import FIELDS, Status

__all__ = ["FIELDS", "Assigned", "Converted", "Line", "Sale", "Status"]


@needs(Permission.WORK)
def move_opportunity(opportunity_id: int, to: str, reason: str | None) -> int:
    """Moves an opportunity to another stage; the change, for `undo_opportunity`.

    Raises:
        CrmError: there is no such opportunity, or the move is not allowed.
    """
    _, change = opportunities.move(opportunity_id, to, session.scope(), actor=session.name(), through="page", reason=reason)
    return change


@needs(Permission.WORK)
def edit_opportunity(opportunity_id: int, **said: Any) -> int | None:  # noqa: ANN401 - each as its field of Terms
    """Changes what is said of an opportunity; the change, None where nothing differs. See `gcrm.pipeline.opportunities.Terms`.

    Raises:
        CrmError: there is no such opportunity or rep, or a value is out of range.
    """
    terms = opportunities.terms_of(opportunity_id, session.scope(), **said)
    return opportunities.edit(opportunity_id, terms, session.scope(), actor=session.name(), through="page")


@needs(Permission.WORK)
def set_lines(opportunity_id: int, lines: Sequence[Line]) -> int | None:
    """Puts lines in the place of those that an opportunity has; the change, for `undo_opportunity`, None where nothing differs.

    Raises:
        CrmError: there is no such opportunity or product, or a line is out of range.
    """
    return opportunity_lines.set_lines(opportunity_id, lines, session.scope(), actor=session.name(), through="page")


@needs(Permission.WORK)
def undo_opportunity(opportunity_id: int, change_id: int) -> None:
    """Takes back a change of an opportunity.

    Raises:
        CrmError: there is no such change, or the same was changed since.
    """
    opportunities.undo(opportunity_id, change_id, session.scope(), actor=session.name(), through="page")


@needs(Permission.WORK)
def create_lead(texts: Mapping[str, str]) -> tuple[int, int]:
    """Stores a lead that somebody typed in, places it and gives it to a rep; its key, and the job that can be undone.

    Raises:
        EntryError: it cannot be stored.
    """
    return leads.create(texts, actor=session.name(), through="page")


@needs(Permission.WORK)
def assign_leads() -> Assigned:
    """Gives leads that wait to reps by the rules.

    Raises:
        CrmError: the reader does not see every lead.
    """
    return lead_assignment.assign_leads(session.scope(), actor=session.name(), through="page")


@needs(Permission.WORK)
def take_back_assignment(at: datetime) -> int:
    """Takes back what one run of the rules gave; how many leads wait again.

    Raises:
        CrmError: the reader does not see every lead.
    """
    return lead_assignment.take_back(at, session.scope(), actor=session.name(), through="page")


@needs(Permission.WORK)
def set_lead_status(lead_id: int, to: Status, reason: str | None = None) -> int | None:
    """Begins with a lead, rejects it, or takes it up again; the change, for `undo_lead`.

    Raises:
        CrmError: there is no such lead, or that cannot become of it.
    """
    return leads.set_status(lead_id, to, session.scope(), actor=session.name(), through="page", reason=reason)


@needs(Permission.WORK)
def give_lead(lead_id: int, rep_id: int) -> int | None:
    """Gives a lead to a rep; the change, for `undo_lead`.

    Raises:
        CrmError: there is no such lead or rep.
    """
    return leads.give(lead_id, rep_id, session.scope(), actor=session.name(), through="page")


@needs(Permission.WORK)
def undo_lead(lead_id: int, change_id: int) -> None:
    """Takes back a change of a lead.

    Raises:
        CrmError: there is no such change, or the same was changed since.
    """
    leads.undo(lead_id, change_id, session.scope(), actor=session.name(), through="page")


@needs(Permission.WORK)
def convert_lead(lead_id: int, account_id: int | None, sale: Sale | None) -> Converted:
    """Converts a lead; see `gcrm.pipeline.lead_conversion.convert`.

    Raises:
        CrmError: there is no such lead or account, or it cannot be converted.
        EntryError: a record cannot be stored as the lead has it.
    """
    return lead_conversion.convert(lead_id, session.scope(), actor=session.name(), through="page", account_id=account_id, sale=sale)
