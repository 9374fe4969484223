"""What is planned, what happened, and the one history of a customer, for a reader; page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import h3
import pandas as pd

from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.crm.activities import Plan
from gcrm.crm.calendars import Appointment, calendar
from gcrm.db.connection import scoped
from gcrm.db.load import read_frame
from gcrm.db.queries import queries
from gcrm.errors import CrmError
from gcrm.spatial.cells import descendants
from gcrm.units import FINEST_LEVEL

EVENTS = ("activities", "orders", "opportunities", "cases", "campaigns", "consents", "changes")
"""What the history of a customer is made of."""

NEAR_M = 1_000.0
"""Metres within which a lead is near a visit: some ten minutes on foot."""

_MOST_IN_FEED = 2_000
_END_OF_TIME = datetime(9999, 12, 31, tzinfo=UTC)
_MOST_KEY = 2**63 - 1


@dataclass(frozen=True)
class Choice:
    """Which activities: of these reps and kinds, with accounts in this H3 cell (hexadecimal); empty means all."""

    reps: tuple[int, ...] = ()
    kinds: tuple[str, ...] = ()
    cell: str = ""

    def parameters(self) -> dict[str, Any]:
        """As the statements take it.

        Raises:
            CrmError: the cell is none.
        """
        low, high = None, None
        if self.cell:
            if not h3.is_valid_cell(self.cell) or h3.get_resolution(self.cell) > FINEST_LEVEL:
                raise CrmError(f"{self.cell!r} is no H3 cell of level 0 to {FINEST_LEVEL}; take one from the map.")
            low, high = descendants(h3.str_to_int(self.cell))
        return {"reps": list(self.reps), "kinds": list(self.kinds), "low": low, "high": high}


@dataclass(frozen=True)
class After:
    """Where a page of a list begins: behind this time and key."""

    at: datetime
    key: int


@dataclass(frozen=True)
class Events:
    """Which events of a customer's history: of these objects (of EVENTS), or activities of these kinds and departments alone; empty means all."""

    objects: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Event:
    """Where a page of a history begins: behind this event."""

    at: datetime
    object: str
    key: int


def planned(
    choice: Choice, scope: Scope, most: int, *, until: datetime | None = None, after: After | None = None, account_id: int | None = None
) -> pd.DataFrame:
    """What is planned, what is due first before the rest.

    Args:
        choice: which ones.
        scope: who is looking.
        most: so many at most.
        until: only what is due before this time.
        after: behind the last one of the page before.
        account_id: only with this account.

    Returns:
        activity_id, account_id, account, address, longitude, latitude, kind, subject, due_at, duration_minutes, reminder_minutes, repeat_rule, repeat_from,
        rep_id, rep, contact, phone, channel, department, checked_in_at, check_in_distance_m.

    Raises:
        CrmError: the cell is none.
    """
    asked = {**choice.parameters(), "until": until, "account_id": account_id, **_after(after), "most": most}
    with scoped(scope) as connection:
        return read_frame(connection, queries("activities").planned.sql, asked)


def ended(choice: Choice, scope: Scope, most: int, *, states: Sequence[str] = ("done", "cancelled"), after: After | None = None) -> pd.DataFrame:
    """What was done or cancelled, the newest first.

    Args:
        choice: which ones.
        scope: who is looking.
        most: so many at most.
        states: done, cancelled or both.
        after: behind the last one of the page before.

    Returns:
        The columns of `planned` without reminder and repetition, and happened_at, outcome, state.

    Raises:
        CrmError: the cell is none.
    """
    asked = {**choice.parameters(), "states": list(states), **_after(after), "most": most}
    with scoped(scope) as connection:
        return read_frame(connection, queries("activities").ended.sql, asked)


def history(account_id: int, wanted: Events, scope: Scope, most: int, *, after: Event | None = None) -> pd.DataFrame:
    """All that happened with a customer, the newest first, in one order of time.

    Args:
        account_id: of the account.
        wanted: which events.
        scope: who is looking.
        most: so many at most.
        after: behind the last one of the page before.

    Returns:
        at, object, record_id, kind, title, detail, who, channel, department, amount, currency.
    """
    begin = after or Event(_END_OF_TIME, "", _MOST_KEY)
    asked = {
        "account_id": account_id, "objects": list(wanted.objects), "kinds": list(wanted.kinds), "departments": list(wanted.departments),
        "at": begin.at, "object": begin.object, "record_id": begin.key, "most": most,
    }  # fmt: skip
    with scoped(scope) as connection:
        return read_frame(connection, queries("history").of_account.sql, asked)


def departments_of(account_id: int, scope: Scope) -> list[str]:
    """The departments that were in touch with an account."""
    with scoped(scope) as connection:
        return [row[0] for row in queries("history").departments(connection, account_id=account_id)]


def partners_of(account_id: int, scope: Scope) -> pd.DataFrame:
    """Whom an activity with an account can be with, and what it can be about.

    Returns:
        what (contact or opportunity), key, name; opportunities that are open.
    """
    with scoped(scope) as connection:
        return read_frame(connection, queries("activities").partners_of.sql, {"account_id": account_id})


def leads_near(rep_id: int, places: Sequence[tuple[float, float]], scope: Scope, most: int) -> pd.DataFrame:
    """The new leads of a rep within `NEAR_M` of some places, the nearest first.

    Args:
        rep_id: of the rep.
        places: longitude and latitude, degrees in EPSG:4326.
        scope: who is looking.
        most: so many at most.

    Returns:
        lead_id, name, interest, rating, address, number (of the nearest place, from 1), metres (to it, on the ellipsoid).
    """
    longitudes, latitudes = [longitude for longitude, _ in places], [latitude for _, latitude in places]
    asked = {"rep_id": rep_id, "longitudes": longitudes, "latitudes": latitudes, "within_m": NEAR_M, "most": most}
    with scoped(scope) as connection:
        return read_frame(connection, queries("activities").leads_near.sql, asked)


def reps(scope: Scope) -> pd.DataFrame:
    """The reps, by name: rep_id, name, email, territory; those of territories that the scope shows, and those of none."""
    with scoped(scope) as connection:
        return read_frame(connection, queries("activities").reps.sql)


def known_rep(rep_id: int, scope: Scope) -> str:
    """The name of a rep.

    Raises:
        CrmError: there is none that the scope shows.
    """
    known = reps(scope).set_index("rep_id")["name"]
    if rep_id not in known.index:
        raise CrmError(f"There is no rep {rep_id}; see them with `gcrm activities reps`.")
    return str(known[rep_id])


def _after(after: After | None) -> dict[str, Any]:
    return {"at": after.at if after else None, "activity_id": after.key if after else None}


def records(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    """The rows of a list, one after the other; None for what is missing."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def feed(rep_id: int, scope: Scope) -> bytes:
    """What a rep has planned, as an iCalendar file.

    Args:
        rep_id: of the rep.
        scope: who asks; appointments with accounts that it does not show are left out.

    Raises:
        CrmError: there is no such rep.
    """
    name = known_rep(rep_id, scope)
    found = planned(Choice((rep_id,)), scope, _MOST_IN_FEED)
    return calendar(name, [_appointment(row) for row in records(found)], datetime.now(UTC), settings().zone)


def _appointment(row: dict[Any, Any]) -> Appointment:
    """A row of `planned` as a calendar shows it."""
    return Appointment(
        row["activity_id"], row["kind"], row["account"], Plan(row["due_at"], row["reminder_minutes"], row["repeat_rule"] or "", row["repeat_from"]),
        subject=row["subject"] or "", address=row["address"] or "", position=None if row["longitude"] is None else (row["longitude"], row["latitude"]),
        contact=", ".join(filter(None, (row["contact"], row["phone"]))), duration_minutes=row["duration_minutes"],
    )  # fmt: skip
