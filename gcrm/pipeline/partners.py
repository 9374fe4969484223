"""Partners: what is agreed with them, the leads that are handed over to them, and the accounts over which two of them may quarrel."""

from datetime import UTC, datetime
from typing import Any

import h3
import pandas as pd
import psycopg
import shapely
from shapely.geometry.base import BaseGeometry

from gcrm.access.scope import Scope
from gcrm.crm.partners import LEVELS, Terms, may_be_handed_over
from gcrm.db.connection import scoped
from gcrm.db.load import read_frame, read_record
from gcrm.db.queries import queries
from gcrm.errors import AreaError, CrmError
from gcrm.pipeline.areas import trade_area
from gcrm.pipeline.changes import Through, acting
from gcrm.pipeline.lists.areas import TRADE_AREA
from gcrm.spatial.shapes import Polygon, Ring, parse

__all__ = [
    "LEVELS", "MOST_CONFLICTS", "Terms", "agree", "candidates", "conflicts", "for_lead", "hand_over", "leads_of", "of_lead", "partner", "partners", "remove",
    "take_back",
]  # fmt: skip

MOST_CONFLICTS = 200
_MOST = 500


def partners(scope: Scope) -> pd.DataFrame:
    """The partners by name.

    Args:
        scope: who is looking.

    Returns:
        The columns of `listing` in sql/queries/partners.sql.
    """
    with scoped(scope) as connection:
        return read_frame(connection, queries("partners").listing.sql, {"partner_id": None})


def partner(partner_id: int, scope: Scope) -> dict[str, Any]:
    """One partner, with the columns of `partners`.

    Args:
        partner_id: its key.
        scope: who is looking.

    Raises:
        CrmError: there is none, or the scope does not show it.
    """
    with scoped(scope) as connection:
        found = read_record(connection, queries("partners").listing.sql, {"partner_id": partner_id})
    if found is None:
        raise CrmError(f"There is no partner {partner_id}, or you may not see it; see them with `gcrm partners list`.")
    return found


def candidates(scope: Scope) -> dict[int, str]:
    """Accounts with the status partner of which nothing is agreed yet: account_id to name, at most 500.

    Args:
        scope: who is looking.
    """
    with scoped(scope) as connection:
        return dict(queries("partners").candidates(connection, most=_MOST))


def agree(account_id: int, terms: Terms, scope: Scope, *, area: str, actor: str, through: Through) -> int:
    """Makes an account a partner, or gives it other terms.

    Args:
        account_id: of the account.
        terms: level and time.
        scope: who asks; it has to show the account.
        area: where it sells, as of `gcrm.pipeline.lists.areas.located`; empty where that is not agreed.
        actor: who does it.
        through: page or command.

    Returns:
        Its partner_id.

    Raises:
        CrmError: there is no such account, or the terms cannot be.
        AreaError, CubeError: the area cannot be used.
    """
    tidy = terms.check()
    shape = _shape(area, scope) if area else None
    with scoped(scope) as connection:
        if not queries("partners").account_visible(connection, account_id=account_id):
            raise CrmError(f"There is no account {account_id}, or you may not see it.")
    with acting(actor, through) as connection:
        partner_id: int = queries("partners").agree(
            connection, account_id=account_id, level=tidy.level, area=None if shape is None else shapely.to_wkb(shape), area_name=area or None,
            since=tidy.since, until=tidy.until,
        )  # fmt: skip
    return partner_id


def _shape(area: str, scope: Scope) -> BaseGeometry:
    """The polygons of an area."""
    if area.startswith(TRADE_AREA):
        return trade_area(area.removeprefix(TRADE_AREA), scope)
    match parse(area):
        case Polygon(wkt):
            return shapely.from_wkt(wkt)
        case Ring() as ring:
            return shapely.union_all([_hexagon(cell) for cell in ring.cells])
        case str() as cell:
            return _hexagon(cell)
        case other:
            raise AreaError(f"{other} is a distance; name a cell, a polygon or a trading area.")


def _hexagon(cell: str) -> BaseGeometry:
    return shapely.Polygon([(longitude, latitude) for latitude, longitude in h3.cell_to_boundary(cell)])


def remove(partner_id: int, scope: Scope, *, actor: str, through: Through) -> None:
    """Takes a partner away that never had a lead; of others the end is agreed.

    Args:
        partner_id: its key.
        scope: who asks.
        actor: who does it.
        through: page or command.

    Raises:
        CrmError: there is none, or it has or had leads.
    """
    partner(partner_id, scope)
    with acting(actor, through) as connection:
        if queries("partners").has_leads(connection, partner_id=partner_id):
            raise CrmError(f"Partner {partner_id} has or had leads; agree on its end in place of taking it away.")
        queries("partners").remove(connection, partner_id=partner_id)


def for_lead(lead_id: int, scope: Scope) -> pd.DataFrame:
    """The partners of today for a lead, those in whose area it lies first.

    Args:
        lead_id: its key.
        scope: who is looking.

    Returns:
        partner_id, name, level, near (whether the lead lies in the area).
    """
    with scoped(scope) as connection:
        return read_frame(connection, queries("partners").for_lead.sql, {"lead_id": lead_id})


def of_lead(lead_id: int, scope: Scope) -> tuple[int, str, datetime, str] | None:
    """The partner that has a lead: key, name, since when, by whom; None where none has it.

    Args:
        lead_id: its key.
        scope: who is looking.
    """
    with scoped(scope) as connection:
        row: tuple[int, str, datetime, str] | None = queries("partners").of_lead(connection, lead_id=lead_id)
    return row


def leads_of(partner_id: int, scope: Scope) -> pd.DataFrame:
    """The leads that a partner has, the newest first.

    Args:
        partner_id: its key.
        scope: who is looking.

    Returns:
        lead_id, name, status, handed_over_at.
    """
    with scoped(scope) as connection:
        return read_frame(connection, queries("partners").leads_of.sql, {"partner_id": partner_id, "most": _MOST})


def hand_over(lead_id: int, partner_id: int, scope: Scope, *, actor: str, through: Through) -> None:
    """Hands a lead over to a partner; from another one it is taken back.

    Args:
        lead_id: its key.
        partner_id: of the partner.
        scope: who asks; it has to show both.
        actor: who does it.
        through: page or command.

    Raises:
        CrmError: there is no such lead or partner, the partner is none today, or something became of the lead.
    """
    found = partner(partner_id, scope)
    if not Terms(found["level"], found["since"], found["until"]).holds(datetime.now(UTC).date()):
        raise CrmError(f"{found['name']} is no partner today; agree on another time first.")
    with acting(actor, through) as connection:
        may_be_handed_over(_held(connection, lead_id, scope))
        queries("partners").take_back(connection, lead_id=lead_id)
        queries("partners").hand_over(connection, partner_id=partner_id, lead_id=lead_id, actor=actor)


def take_back(lead_id: int, scope: Scope, *, actor: str, through: Through) -> None:
    """Takes a lead back from the partner that has it.

    Args:
        lead_id: its key.
        scope: who asks; it has to show the lead.
        actor: who does it.
        through: page or command.

    Raises:
        CrmError: there is no such lead, or no partner has it.
    """
    with acting(actor, through) as connection:
        _held(connection, lead_id, scope)
        if not queries("partners").take_back(connection, lead_id=lead_id):
            raise CrmError(f"No partner has lead {lead_id}.")


def _held(connection: psycopg.Connection[Any], lead_id: int, scope: Scope) -> str:
    """The status of a lead that the scope shows; nobody changes it until the end of the transaction."""
    with scoped(scope) as reader:
        visible = queries("leads").is_visible(reader, lead_id=lead_id)
    status: str | None = queries("partners").lead_status(connection, lead_id=lead_id) if visible else None
    if status is None:
        raise CrmError(f"There is no lead {lead_id}, or you may not see it; see them with `gcrm leads list`.")
    return status


def conflicts(scope: Scope, most: int = MOST_CONFLICTS) -> pd.DataFrame:
    """Accounts over which partners of today may quarrel, by name.

    Args:
        scope: who is looking.
        most: so many at most.

    Returns:
        account_id, name, partners (names), why (what each claims it by), found (how many there are without the limit).
    """
    with scoped(scope) as connection:
        return read_frame(connection, queries("partners").conflicts.sql, {"most": most})
