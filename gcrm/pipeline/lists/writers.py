"""How each field that a person changes in a list is written: by the rules of its record, in one transaction, many records at once."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import Any

import psycopg

from gcrm.crm.lists import Value
from gcrm.db.queries import queries
from gcrm.errors import CrmError
from gcrm.frames import ACCOUNTS
from gcrm.pipeline import activities, cases, leads, opportunities
from gcrm.pipeline.entry import check
from gcrm.pipeline.stages import current_pipeline

type Connection = psycopg.Connection[Any]
type Write = Callable[[Connection, Sequence[int], Value, str], list[str]]
"""Writes a value into records of these keys, for somebody; why it could not be written, once for each record that stays as it is."""

_FIT = {"kind": "company", "status": "prospect", "name": "any", "made_up": "false"}
"""An account with which nothing is wrong, so that what is wrong is the field that is looked at."""


def write(object_name: str, field: str) -> Write:
    """How a field is written.

    Args:
        object_name: of the list.
        field: one that is changed in it.
    """
    return _WRITERS[object_name, field]


def _each(one: Callable[[Connection, int, Any, str], None]) -> Write:
    """Record by record, since the rules ask where each stands; what they refuse stays as it is."""

    def write(connection: Connection, keys: Sequence[int], value: Value, actor: str) -> list[str]:
        refused = []
        for key in keys:
            try:
                one(connection, key, value, actor)
            except CrmError as error:
                refused.append(str(error))
        return refused

    return write


def _account_text(field: str, connection: Connection, keys: Sequence[int], value: Value, _: str) -> list[str]:
    """A text of accounts, cleaned as an import cleans it."""
    clean = value
    if value is not None:
        checked = check({**_FIT, field: str(value)}, ACCOUNTS)
        if field in checked.refused:
            raise CrmError(f"{field.replace('_', ' ').capitalize()} {checked.refused[field]}; mend it and save again.")
        clean = checked.record[field]
    queries("lists").set_account_text(connection, keys=list(keys), field=field, value=clean)
    return []


def _account_territory(connection: Connection, keys: Sequence[int], value: Value, _: str) -> list[str]:
    queries("lists").set_account_territory(connection, keys=list(keys), territory_id=value)
    return []


def _lead_rating(connection: Connection, keys: Sequence[int], value: Value, _: str) -> list[str]:
    queries("lists").set_lead_rating(connection, keys=list(keys), rating=value)
    return []


def _lead_amount(connection: Connection, keys: Sequence[int], value: Any, _: str) -> list[str]:  # noqa: ANN401 - as its column reads it
    if value is not None:
        opportunities.check_amount(value)
    queries("lists").set_lead_amount(connection, keys=list(keys), amount=value)
    return []


def _lead_rep(connection: Connection, key: int, value: Any, actor: str) -> None:  # noqa: ANN401 - as its column reads it
    leads.give_within(connection, key, _someone(value), actor)


def _lead_status(connection: Connection, key: int, value: Any, _: str) -> None:  # noqa: ANN401 - as its column reads it
    leads.set_status_within(connection, key, value)


def _stage(connection: Connection, keys: Sequence[int], value: Value, actor: str) -> list[str]:
    pipeline, at = current_pipeline(connection), datetime.now(UTC)
    pipeline.stage(str(value))

    def move(connection: Connection, key: int, value: str, _: str) -> None:
        opportunities.move_within(connection, pipeline, key, value, at)

    return _each(move)(connection, keys, value, actor)


def _terms(field: str, connection: Connection, key: int, value: Any, _: str) -> None:  # noqa: ANN401 - as its column reads it
    opportunities.edit_within(connection, key, opportunities.terms_within(connection, key, **{field: value}))


def _case_status(connection: Connection, key: int, value: Any, _: str) -> None:  # noqa: ANN401 - as its column reads it
    cases.move_within(connection, key, cases.standing_within(connection, key), value, datetime.now(UTC))


def _case_priority(connection: Connection, key: int, value: Any, _: str) -> None:  # noqa: ANN401 - as its column reads it
    cases.set_priority_within(connection, key, cases.standing_within(connection, key), value)


def _case_rep(connection: Connection, key: int, value: Any, _: str) -> None:  # noqa: ANN401 - as its column reads it
    cases.assign_within(connection, key, _someone(value))


def _activity_due(connection: Connection, key: int, value: Any, _: str) -> None:  # noqa: ANN401 - as its column reads it
    activities.postpone_within(connection, key, value)


def _activity_rep(connection: Connection, key: int, value: Any, _: str) -> None:  # noqa: ANN401 - as its column reads it
    activities.assign_within(connection, key, _someone(value))


def _someone(rep_id: int | None) -> int:
    if rep_id is None:
        raise CrmError("It cannot be taken from a rep without giving it to another; choose one.")
    return rep_id


_WRITERS: Mapping[tuple[str, str], Write] = MappingProxyType(
    {
        **{("accounts", field): partial(_account_text, field) for field in ("name", "status", "segment", "street", "house_number", "postcode", "city")},
        ("accounts", "territory"): _account_territory,
        ("leads", "status"): _each(_lead_status),
        ("leads", "rating"): _lead_rating,
        ("leads", "amount"): _lead_amount,
        ("leads", "rep"): _each(_lead_rep),
        ("opportunities", "stage"): _stage,
        **{("opportunities", field): _each(partial(_terms, field)) for field in ("amount", "expected_close_on", "probability", "commitment")},
        ("opportunities", "rep"): _each(partial(_terms, "rep_id")),
        ("cases", "status"): _each(_case_status),
        ("cases", "priority"): _each(_case_priority),
        ("cases", "rep"): _each(_case_rep),
        ("activities", "due_at"): _each(_activity_due),
        ("activities", "rep"): _each(_activity_rep),
    }
)
