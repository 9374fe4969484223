"""Erasure of a person: tombstones first, then files, the rows of every table, and the cubes; each step can be done again after a crash."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import psycopg
from psycopg import sql

from gcrm.db.connection import Role, connect
from gcrm.db.queries import queries
from gcrm.errors import PersonError, PrivacyError
from gcrm.ingest.geocoding.match import FIELDS, address_keys, clean_fields
from gcrm.pipeline import audit
from gcrm.pipeline.identifiers import Hashes
from gcrm.pipeline.persons import Person
from gcrm.pipeline.privacy import tombstones
from gcrm.pipeline.privacy.cubes import cubes_holding, forget_in_cubes
from gcrm.pipeline.privacy.files import below_home, files_holding
from gcrm.pipeline.privacy.identity import Identity
from gcrm.pipeline.privacy.tombstones import Journal

type Rows = list[tuple[str, dict[str, Any]]]


@dataclass(frozen=True)
class Erased:
    """What an erasure does, or did.

    Attributes:
        rows: table and what is done with its rows, to how many they are.
        files: files below GCRM_HOME that are removed.
        cubes: folders of cubes and scenarios that are removed.
        left: files elsewhere that an import read and that may still hold the person: they are not gcrm's to remove.
    """

    rows: Mapping[tuple[str, str], int]
    files: Sequence[Path]
    cubes: Sequence[Path]
    left: Sequence[Path]


@dataclass(frozen=True)
class Held:
    """What is found of a person in the database, before it goes.

    Attributes:
        rows: table and row of all that belongs to the person.
        history: object, record_id, before, changed_at of these rows, the newest first.
        identity: what the person is known by, without what others have too.
        account_ids, contact_ids: those of the person.
        address_keys: of the addresses of the person's accounts and leads, now and before.
        searched: names, streets and places, now and before, by whose words a search finds records.
        paths: files that imports of these rows read.
    """

    rows: Rows
    history: list[tuple[str, int, dict[str, Any], Any]]
    identity: Identity
    account_ids: list[int]
    contact_ids: list[int]
    address_keys: list[str]
    searched: list[str]
    paths: list[Path]

    @classmethod
    def of(cls, connection: psycopg.Connection[Any], person: Person) -> "Held":
        """Everything that hangs on a person; the rows are held until the end of the transaction.

        Args:
            connection: of the writer.
            person: the contact, lead or account.

        Raises:
            PersonError: the record is no more.
        """
        statements = queries("privacy")
        statements.hold(connection, object=person.object, record_id=person.record_id)
        found = list(statements.held_rows(connection))
        rows: Rows = [(table, row) for table, _, row in found]
        if not rows:
            raise PersonError(f"{person.label} is no more; it was erased or deleted in the meantime.")
        account_ids: list[int] = statements.held_accounts(connection)
        contact_ids = [row["contact_id"] for table, row in rows if table == "contacts"]
        keyed = [(table, key) for table, key, _ in found if key is not None]
        history = list(statements.history(connection, objects=[table for table, _ in keyed], record_ids=[key for _, key in keyed]))
        identity = Identity.of([*rows, *((name, before) for name, _, before, _ in history if name in {"accounts", "contacts", "leads"})])
        own = sorted({row["account_id"] for table, row in rows if table == "contacts"})
        shared = statements.shared(
            connection, contact_ids=contact_ids, account_ids=account_ids, own_account_ids=own,
            mails=sorted(identity.mails), phones=sorted(identity.phones),
        )  # fmt: skip
        others = {row[0].casefold() for row in shared}
        identity = identity.without(each for each in identity.mails | identity.phones if each.casefold() in others)
        imports = {row[column] for _, row in rows for column in ("import_id", "created_import_id") if row.get(column) is not None}
        paths = [Path(row[0]) for row in statements.files(connection, import_ids=sorted(imports))]
        addresses = _addresses(rows, history)
        keys = sorted(set(address_keys(clean_fields(pd.DataFrame(addresses))))) if addresses else []
        return cls(rows, history, identity, account_ids, contact_ids, keys, _searched(rows, history), paths)


def plan(person: Person) -> Erased:
    """What an erasure would do; everything stays as it is.

    Args:
        person: the contact, lead or account.

    Raises:
        PersonError: the record is no more.
    """
    with connect(Role.WRITER) as connection:
        held = Held.of(connection, person)
        rows = _erase_rows(connection, held)
        connection.rollback()
    return Erased(rows, _files(held), cubes_holding(held.account_ids), _left(held))


def erase(persons: Sequence[Person], *, compact: bool = False) -> list[Erased]:
    """Removes persons: tables, history, merges, geocoding, quarantine, recorded routes, files of gcrm's own, cubes.

    Args:
        persons: contacts and accounts; one that went with another one before it is passed over.
        compact: rewrite the tables that were touched, so that no deleted row stays in their files; they are locked meanwhile.

    Returns:
        What was done, of each; the cubes of all of them stand with the last one.

    Raises:
        PersonError: it is one, and the record is no more.
    """
    done = []
    for person in persons:
        with suppress(PersonError) if len(persons) > 1 else nullcontext():
            done.append(_erase(person))
    _vacuum({table for each in done for table, _ in each.rows}, compact=compact)
    cubes = finish_broken_off()
    return [*done[:-1], *(replace(each, cubes=cubes) for each in done[-1:])]


def _erase(person: Person) -> Erased:
    """All but the cubes, which are built once for many."""
    with connect(Role.WRITER) as connection:
        held = Held.of(connection, person)
        hashes = Hashes.of(connection)
        erasure = tombstones.tombstones_of(held.identity, hashes)
        tombstones.store(connection, erasure, held.account_ids)
    Journal.at_home().add(erasure, hashes.key)
    files = _files(held)
    for path in files:
        path.unlink(missing_ok=True)
    with connect(Role.WRITER) as connection:
        queries("privacy").alone(connection)
        rows = _erase_rows(connection, Held.of(connection, person))
    audit.note("erase", f"erasure {erasure.erasure_id}", rows=sum(rows.values()), files=len(files))
    return Erased(rows, files, [], _left(held))


def _files(held: Held) -> list[Path]:
    own = [path for path in held.paths if below_home(path) and path.is_file()]
    return sorted({*files_holding(held.identity.terms), *own})


def _left(held: Held) -> list[Path]:
    return [path for path in held.paths if not below_home(path) and path.is_file()]


def finish_broken_off() -> list[Path]:
    """Ends the erasures whose rows are gone and whose cubes may still be there, those that were killed among them.

    Returns:
        The folders of cubes and scenarios that were removed.
    """
    statements = queries("privacy")
    with connect(Role.WRITER) as connection:
        unfinished = list(statements.unfinished(connection))
    removed: list[Path] = []
    for erasure_id, account_ids in unfinished:
        removed += forget_in_cubes(account_ids)
        with connect(Role.WRITER) as connection:
            statements.finish(connection, erasure_id=erasure_id)
    return removed


def replay() -> int:
    """Applies the tombstones that are kept in GCRM_HOME to the database, after a backup was restored: whoever was erased is erased again.

    Returns:
        How many were erased.

    Raises:
        PrivacyError: the database has another key than the tombstones, and hashes made with it.
    """
    journal = Journal.at_home()
    _take_over_key(journal.key())
    statements = queries("privacy")
    with connect(Role.WRITER) as connection:
        for erasure in journal.erasures():
            tombstones.store(connection, erasure, [])
        hashes = Hashes.of(connection)
        persons = [Person(*row) for row in statements.records_of_persons(connection)]
        keys = {tombstones.key_hash(hashes, each.object, each.source, each.source_key): each for each in persons}
        found = [keys[row[0]] for row in statements.tombstones(connection, kind="key", hashes=list(keys))]
    found.sort(key=lambda person: person.object)  # a contact goes with the account
    return len(erase(found))


def _take_over_key(key: bytes | None) -> None:
    """A database that was restored from before its key was made takes over that of the tombstones."""
    if key is None:
        return
    statements = queries("privacy")
    with connect(Role.OWNER) as connection:
        if Hashes.of(connection).key == key:
            return
        if statements.has_hashes(connection):
            raise PrivacyError(
                "The tombstones in GCRM_HOME are of another database: it has hashes with another key; point GCRM_HOME or GCRM_DATABASE_URL to the right one."
            )
        statements.set_key(connection, key=key)


def _erase_rows(connection: psycopg.Connection[Any], held: Held) -> dict[tuple[str, str], int]:
    """What is held goes, in the connection's transaction: table and what is done, to rows."""
    statements, identity = queries("privacy"), held.identity
    counts: Counter[tuple[str, str]] = Counter()
    objects, sources, keys = ([*each] for each in zip(*sorted(identity.keys), strict=True)) if identity.keys else ([], [], [])
    refused = [row[0] for row in statements.refused(connection, pattern=identity.addresses, objects=objects, sources=sources, keys=keys)]
    statements.forget_refused(connection, quarantine_ids=refused)
    counts["quarantine", "deleted"] += len(refused)
    counts["geocode_answers", "deleted"] += statements.forget_answers(connection, address_keys=held.address_keys)
    statements.forget_flows(connection, contact_ids=held.contact_ids)
    for table, done, records in statements.release_held(connection):
        counts[table, done] += records
    if identity.pattern:
        for table, done, records in statements.scrub_around_held(connection, pattern=identity.pattern):
            counts[table, done] += records
    counts["changes", "deleted"] += len(held.history)
    for table, done, records in statements.delete_held(connection):
        counts[table, done] += records
    counts["search_terms", "deleted"] += statements.forget_terms(connection, texts=held.searched)
    return {what: count for what, count in sorted(counts.items()) if count}


def _addresses(rows: Rows, history: list[tuple[str, int, dict[str, Any], Any]]) -> list[dict[str, Any]]:
    """The addresses of the accounts and leads, as they are and as they were: the fields that geocoding knows."""
    addresses = []
    for table, record in ((table, row) for table, row in rows if table in {"accounts", "leads"}):
        state = {field: record.get(field) for field in FIELDS}
        addresses.append(state)
        for before in (change for name, record_id, change, _ in history if (name, record_id) == (table, record[f"{table[:-1]}_id"])):
            state = state | {field: before[field] for field in FIELDS if field in before}
            addresses.append(state)
    return addresses


def _searched(rows: Rows, history: list[tuple[str, int, dict[str, Any], Any]]) -> list[str]:
    """Each name, street and place of the accounts and contacts, as it is or was."""
    records = [record for table, record in [*rows, *((name, before) for name, _, before, _ in history)] if table in {"accounts", "contacts"}]
    return sorted({text for record in records for field in ("name", "given_name", "family_name", "street", "city") if (text := record.get(field))})


def _vacuum(tables: set[str], *, compact: bool) -> None:
    """Takes deleted rows out of the tables that were touched, and out of the planner's statistics, which hold frequent values."""
    options = sql.SQL("FULL, ANALYZE") if compact else sql.SQL("ANALYZE")
    with connect(Role.OWNER) as connection:
        connection.autocommit = True
        for table in sorted({*tables, "changes", "warnings", "mended", "quarantine"}):
            connection.execute(sql.SQL("VACUUM ({}) {}").format(options, sql.Identifier("gcrm", table)))
