"""Leads: lists, and what a person does with one; each change with who, through what, and an undo."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import psycopg

from gcrm.access.scope import Scope
from gcrm.crm.leads import STATUSES, Status, become
from gcrm.db.connection import scoped
from gcrm.db.load import read_frame, read_record
from gcrm.db.queries import queries
from gcrm.errors import CrmError
from gcrm.frames import LEADS
from gcrm.pipeline.changes import Through, acting, last_change, undo_change
from gcrm.pipeline.entry import SOURCE, Checked, Entry, check, enter, fields_of, new_key, refuse_unfit
from gcrm.pipeline.lead_assignment import assign_within

__all__ = ["FIELDS", "MOST_LISTED", "STATUSES", "Choice", "Status", "check_lead", "count_leads", "create", "give", "lead", "list_leads", "set_status", "undo"]

FIELDS = fields_of(LEADS)
"""What a person gives of a lead; its territory is the one that the position lies in, its rep follows from the rules."""
MOST_LISTED = 500
"""No list shows more leads."""


@dataclass(frozen=True)
class Choice:
    """Which leads; what is empty means all.

    Attributes:
        statuses: new, working, converted, rejected.
        reps: keys.
        territories: keys.
        unassigned: only those without a rep.
        text: letters that the name has in it.
    """

    statuses: tuple[str, ...] = ()
    reps: tuple[int, ...] = ()
    territories: tuple[int, ...] = ()
    unassigned: bool = False
    text: str = ""


def list_leads(choice: Choice, scope: Scope, most: int = MOST_LISTED) -> pd.DataFrame:
    """Leads, the newest first.

    Args:
        choice: which ones.
        scope: who is looking.
        most: how many at most.

    Returns:
        The columns of `listing` in sql/queries/leads.sql.
    """
    text = choice.text.strip().lower()
    for sign in "\\%_":
        text = text.replace(sign, f"\\{sign}")
    asked = {
        "statuses": list(choice.statuses), "reps": list(choice.reps), "territories": list(choice.territories), "unassigned": choice.unassigned,
        "pattern": f"%{text}%" if text else None, "lead_id": None, "most": most,
    }  # fmt: skip
    with scoped(scope) as connection:
        return read_frame(connection, queries("leads").listing.sql, asked)


def count_leads(scope: Scope) -> pd.DataFrame:
    """How many leads there are.

    Args:
        scope: who is looking.

    Returns:
        status, leads, unassigned (those of them without a rep).
    """
    with scoped(scope) as connection:
        return read_frame(connection, queries("leads").counts.sql)


def lead(lead_id: int, scope: Scope) -> dict[str, Any]:
    """One lead, with the columns of `list_leads`.

    Args:
        lead_id: its key.
        scope: who is looking.

    Raises:
        CrmError: there is none, or the scope does not show it.
    """
    asked = {"statuses": [], "reps": [], "territories": [], "unassigned": False, "pattern": None, "lead_id": lead_id, "most": 1}
    with scoped(scope) as connection:
        found = read_record(connection, queries("leads").listing.sql, asked)
    if found is None:
        raise _none(lead_id)
    return found


def check_lead(texts: Mapping[str, str]) -> Checked:
    """Cleans and checks a lead by the steps of an import; nothing is stored.

    Args:
        texts: of FIELDS what was typed.
    """
    return check(texts, LEADS)


def create(texts: Mapping[str, str], *, actor: str, through: Through) -> tuple[int, int]:
    """Stores a lead, places it and gives it to a rep by the rules, in one transaction.

    Args:
        texts: of FIELDS what was typed; what is left out is empty.
        actor: who typed it.
        through: page or command.

    Returns:
        The lead's key, and the job that can be undone.

    Raises:
        EntryError: it cannot be stored.
    """
    given = {name: texts[name] for name in FIELDS if texts.get(name, "").strip()}
    refuse_unfit(given, LEADS)
    key = new_key()
    with acting(actor, through) as connection:
        job_id = enter(connection, "new lead", [Entry(LEADS, given, key)], actor)
        lead_id: int = queries("leads").by_key(connection, source=SOURCE, source_key=key)
        assign_within(connection, actor, lead_ids=[lead_id])
    return lead_id, job_id


def set_status(lead_id: int, to: Status, scope: Scope, *, actor: str, through: Through, reason: str | None = None) -> int | None:
    """Begins with a lead, rejects it, or takes it up again.

    Args:
        lead_id: its key.
        to: new, working or rejected.
        scope: who asks; it has to show the lead.
        actor: who does it.
        through: page or command.
        reason: why it is rejected.

    Returns:
        The change, for `undo`.

    Raises:
        CrmError: there is no such lead, or that cannot become of it.
    """
    _check_visible(lead_id, scope)
    with acting(actor, through) as connection:
        set_status_within(connection, lead_id, to, reason)
        return last_change(connection, "leads", lead_id)


def set_status_within(connection: psycopg.Connection[Any], lead_id: int, to: Status, reason: str | None = None) -> None:
    """As `set_status`, in the connection's transaction, for whoever sees the lead.

    Args:
        connection: of `gcrm.pipeline.changes.acting`.
        lead_id: its key.
        to: new, working or rejected.
        reason: why it is rejected.

    Raises:
        CrmError: there is no such lead, or that cannot become of it.
    """
    if to == "converted":
        raise CrmError("A lead becomes a customer by its conversion; use `gcrm leads convert`.")
    row = queries("leads").status_of(connection, lead_id=lead_id)
    if row is None:
        raise _none(lead_id)
    kept = become(row[0], to, reason)
    queries("leads").set_status(connection, lead_id=lead_id, status=to, rejected_because=kept)


def give(lead_id: int, rep_id: int, scope: Scope, *, actor: str, through: Through) -> int | None:
    """Gives a lead to a rep by hand.

    Args:
        lead_id: its key.
        rep_id: key of the rep.
        scope: who asks; it has to show the lead.
        actor: who does it.
        through: page or command.

    Returns:
        The change, for `undo`.

    Raises:
        CrmError: there is no such lead or rep.
    """
    _check_visible(lead_id, scope)
    with acting(actor, through) as connection:
        give_within(connection, lead_id, rep_id, actor)
        return last_change(connection, "leads", lead_id)


def give_within(connection: psycopg.Connection[Any], lead_id: int, rep_id: int, actor: str) -> None:
    """As `give`, in the connection's transaction, for whoever sees the lead.

    Args:
        connection: of `gcrm.pipeline.changes.acting`.
        lead_id: its key.
        rep_id: key of the rep.
        actor: who does it.

    Raises:
        CrmError: there is no such rep.
    """
    if not queries("opportunities").rep_exists(connection, rep_id=rep_id):
        raise CrmError(f"There is no rep {rep_id}; see them with `gcrm leads reps`.")
    queries("leads").give(connection, lead_id=lead_id, rep_id=rep_id, because=f"given by {actor}", actor=actor)


def undo(lead_id: int, change_id: int, scope: Scope, *, actor: str, through: Through) -> None:
    """Takes back a change of a lead.

    Args:
        lead_id: its key.
        change_id: from what changed it.
        scope: who asks; it has to show the lead.
        actor: who undoes it.
        through: page or command.

    Raises:
        CrmError: there is no such change, or the same was changed since.
    """
    _check_visible(lead_id, scope)
    with acting(actor, through) as connection:
        if queries("changes").what(connection, change_id=change_id) != ("leads", lead_id):
            raise CrmError(f"Change {change_id} is none of lead {lead_id}; look at its history.")
        undo_change(connection, change_id)


def _check_visible(lead_id: int, scope: Scope) -> None:
    with scoped(scope) as connection:
        if not queries("leads").is_visible(connection, lead_id=lead_id):
            raise _none(lead_id)


def _none(lead_id: int) -> CrmError:
    return CrmError(f"There is no lead {lead_id}, or you may not see it; see them with `gcrm leads list`.")
