"""Records that a person types in: a job of a few records, which go the way of those of a file."""

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import psycopg

from gcrm import custom_fields
from gcrm.db.queries import queries
from gcrm.errors import EntryError
from gcrm.frames import ACCOUNTS, ObjectType
from gcrm.ingest.mapping import FieldSource, FileMapping
from gcrm.pipeline.changes import Through, acting
from gcrm.pipeline.chunks import Import, prepare
from gcrm.pipeline.geocoding import geocode_account
from gcrm.pipeline.imports import Part, run_within

SOURCE = "by hand"
"""The system that they come from, as far as imports, quality and duplicates ask for one."""


def fields_of(object_type: ObjectType) -> tuple[str, ...]:
    """What a person gives of a record: neither keys, which are made or chosen, nor whether it is made up.

    Args:
        object_type: what it is.
    """
    return tuple(name for name in object_type.field_names if name not in {*object_type.key, *object_type.references, "made_up"})


FIELDS = fields_of(ACCOUNTS)
"""What a person gives of an account; its territory is the one that the position lies in."""


@dataclass(frozen=True)
class Checked:
    """What a record would be stored as.

    Attributes:
        record: clean values by field, None for nothing; of a refused one as they were given. Custom fields are not among them.
        refused: field to the reason why it cannot be stored; empty where it can.
        warnings: field to what is in doubt.
    """

    record: Mapping[str, Any]
    refused: Mapping[str, str]
    warnings: Mapping[str, str]


@dataclass(frozen=True)
class Entry:
    """A record to be stored: what it is, its texts by field (references and `made_up` may be among them), and the system whose keys it has and refers to."""

    object_type: ObjectType
    texts: Mapping[str, str]
    key: str
    source: str = SOURCE


@dataclass(frozen=True)
class Created:
    """An account that was stored: its key, and the job that can be undone."""

    account_id: int
    job_id: int


def new_key() -> str:
    """A key for a record that nobody gave one."""
    return str(uuid.uuid4())


def check(texts: Mapping[str, str], object_type: ObjectType = ACCOUNTS) -> Checked:
    """Cleans and checks a record by the steps and the contract of an import; nothing is stored.

    Args:
        texts: of `fields_of` what was typed; what is left out is empty.
        object_type: what it is, with its custom fields where these are meant too.
    """
    names = fields_of(object_type)
    entry = Entry(object_type, {name: texts.get(name, "") for name in names}, "new")
    raw = _frame(entry)
    chunk = prepare(Import(0, SOURCE, object_type, _name(object_type), _mapping(entry)), raw)
    clean = chunk.staged.iloc[0].to_dict() if len(chunk.staged) else raw.iloc[0].to_dict()
    return Checked(
        {name: None if pd.isna(clean[name]) or clean[name] == "" else clean[name] for name in names if not custom_fields.is_custom(name)},
        dict(zip(chunk.refused["field"], chunk.refused["reason"], strict=True)),
        dict(zip(chunk.warnings["field"], chunk.warnings["reason"], strict=True)),
    )


def enter(connection: psycopg.Connection[Any], name: str, entries: Sequence[Entry], actor: str) -> int:
    """Stores records in the connection's transaction, all or none; a job that can be undone.

    Args:
        connection: of `gcrm.pipeline.changes.acting`.
        name: what the job is called.
        entries: in the order in which they refer to each other.
        actor: who enters them.

    Returns:
        The job's id.

    Raises:
        EntryError: one of them is refused; the caller's transaction has to be rolled back.
    """
    told = [[entry.object_type.name, entry.key, dict(entry.texts)] for entry in entries]
    sha256 = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
    return run_within(connection, name, sha256, [_part(entry) for entry in entries], actor)


def create(texts: Mapping[str, str], *, actor: str, through: Through) -> Created:
    """Stores an account and places it.

    Args:
        texts: of FIELDS and of the custom fields of accounts what was typed; what is left out is empty.
        actor: who typed it.
        through: page or command.

    Raises:
        EntryError: it cannot be stored.
        FieldError: the settings file of the custom fields is wrong.
    """
    accounts, key = custom_fields.object_type(ACCOUNTS.name), new_key()
    refuse_unfit(texts, accounts)
    with acting(actor, through) as connection:
        job_id = enter(connection, _name(accounts), [Entry(accounts, {name: texts.get(name, "") for name in fields_of(accounts)}, key)], actor)
        account_id: int | None = queries("accounts").by_key(connection, source=SOURCE, source_key=key)
    if account_id is None:
        raise EntryError("This person was erased on request and is not stored again; see docs/how_to/privacy.md.")
    geocode_account(account_id)
    return Created(account_id, job_id)


def refuse_unfit(texts: Mapping[str, str], object_type: ObjectType) -> None:
    """Refuses what cannot be stored, by its field.

    Args:
        texts: as of `check`.
        object_type: what it is.

    Raises:
        EntryError: names the field, and why.
    """
    for field, reason in check(texts, object_type).refused.items():
        raise EntryError(f"{field.replace('_', ' ').capitalize()} {reason}; mend it and save again.")


def _name(object_type: ObjectType) -> str:
    return f"new {object_type.name.removesuffix('s')}"


def _part(entry: Entry) -> Part:
    mapping = _mapping(entry)
    return Part(entry.object_type, mapping, lambda: [_frame(entry)], mapping)


def _mapping(entry: Entry) -> FileMapping:
    """As of a file whose columns have the names of the fields."""
    return FileMapping(source=entry.source, fields={name: FieldSource(column=name) for name in (*entry.object_type.key, *entry.texts)})


def _frame(entry: Entry) -> pd.DataFrame:
    """The record as a reader would give it."""
    values = {entry.object_type.key[0]: entry.key, **entry.texts}
    return pd.DataFrame([values], index=pd.Index([1], name="row_number"), dtype="string")
