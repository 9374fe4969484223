"""Retention: what is kept for how many days, by object, as GCRM_RETENTION says."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import psycopg
from psycopg import sql

from gcrm.config import settings
from gcrm.db.connection import Role, connect
from gcrm.db.queries import queries
from gcrm.errors import PrivacyError, SettingsError
from gcrm.pipeline import audit
from gcrm.pipeline.persons import Person
from gcrm.pipeline.privacy.erase import erase

_AGES = MappingProxyType({
    "activities": "happened_at", "orders": "ordered_at", "opportunities": "closed_at", "campaign_members": "sent_at", "changes": "changed_at",
    "quarantine": "quarantined_at", "geocode_answers": "asked_at", "account_positions": "replaced_at", "saved_views": "changed_at",
})  # fmt: skip
"""Tables whose rows go by the age of a time in them; a row without the time, such as an opportunity that is open, stays."""

PERSONS = ("contacts", "leads", "accounts")
"""Records of persons, who are erased when nothing was heard of them for so long."""

OBJECTS = (*_AGES, *PERSONS)


@dataclass(frozen=True)
class Retained:
    """What a rule does, or did: to the rows of an object that are older than so many days."""

    object: str
    days: int
    records: int


def rules() -> Mapping[str, int]:
    """The rules of GCRM_RETENTION: object to days, in the order in which they are carried out: persons last.

    Raises:
        SettingsError: a rule cannot be read.
    """
    found: dict[str, int] = {}
    for rule in filter(None, map(str.strip, settings().retention.split(","))):
        name, _, days = map(str.strip, rule.partition("="))
        if name not in OBJECTS or not days.isdecimal() or not int(days):
            raise SettingsError(f"GCRM_RETENTION has the rule {rule!r}; write OBJECT=DAYS, with commas between, of {', '.join(OBJECTS)}.")
        found[name] = int(days)
    return {name: found[name] for name in OBJECTS if name in found}


def retain(*, dry_run: bool = False) -> list[Retained]:
    """Removes what is older than its rule allows; persons of whom nothing was heard for as long are erased.

    Args:
        dry_run: only count.

    Returns:
        What was done, or would be, for each rule.

    Raises:
        SettingsError: a rule cannot be read.
        PrivacyError: rows of another table still refer to what would go.
    """
    told = [_persons(name, days, dry_run=dry_run) if name in PERSONS else _rows(name, days, dry_run=dry_run) for name, days in rules().items()]
    if not dry_run:
        audit.note("retain", removed={each.object: each.records for each in told})
    return told


def _rows(name: str, days: int, *, dry_run: bool) -> Retained:
    statement = sql.SQL("DELETE FROM {} WHERE {} < now() - make_interval(days => %s)").format(sql.Identifier("gcrm", name), sql.Identifier(_AGES[name]))
    with connect(Role.WRITER) as connection:
        try:
            records = connection.execute(statement, [days]).rowcount
        except psycopg.errors.ForeignKeyViolation as error:
            refers = error.diag.table_name
            raise PrivacyError(
                f"GCRM_RETENTION: rows of {refers} refer to {name} that are older than {days} days; give {refers} a rule that is no longer."
            ) from error
        if dry_run:
            connection.rollback()
    return Retained(name, days, records)


def _persons(name: str, days: int, *, dry_run: bool) -> Retained:
    with connect(Role.WRITER) as connection:
        silent = [Person(*row) for row in queries("privacy").silent(connection, object=name, days=days)]
    return Retained(name, days, len(silent) if dry_run else len(erase(silent)))
