"""Accounts that a person types in: one record, which goes the way of those of a file."""

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from gcrm.db.connection import Role, connect
from gcrm.db.queries import queries
from gcrm.errors import EntryError
from gcrm.frames import ACCOUNTS
from gcrm.ingest.mapping import FieldSource, FileMapping
from gcrm.pipeline.chunks import Import, prepare
from gcrm.pipeline.geocoding import geocode_account
from gcrm.pipeline.imports import Part, run_parts

SOURCE = "by hand"
"""The system that they come from, as far as imports, quality and duplicates ask for one."""

FIELDS = tuple(name for name in ACCOUNTS.field_names if name not in {"account_key", "parent_key", "territory_key", "made_up"})
"""What a person gives; the key is made, and the territory is the one that the position lies in."""

_NAME = "new account"
_MAPPING = FileMapping(source=SOURCE, fields={name: FieldSource(column=name) for name in ("account_key", *FIELDS)})


@dataclass(frozen=True)
class Checked:
    """What an account would be stored as.

    Attributes:
        record: clean values by field, None for nothing; of a refused one as they were given.
        refused: field to the reason why it cannot be stored; empty where it can.
        warnings: field to what is in doubt.
    """

    record: Mapping[str, Any]
    refused: Mapping[str, str]
    warnings: Mapping[str, str]


@dataclass(frozen=True)
class Created:
    """An account that was stored: its key, and the job that can be undone."""

    account_id: int
    job_id: int


def check(texts: Mapping[str, str]) -> Checked:
    """Cleans and checks an account by the steps and the contract of an import; nothing is stored.

    Args:
        texts: of FIELDS what was typed; what is left out is empty.
    """
    raw = _frame(texts, "")
    chunk = prepare(Import(0, SOURCE, ACCOUNTS, _NAME, _MAPPING), raw)
    clean = chunk.staged.iloc[0].to_dict() if len(chunk.staged) else raw.iloc[0].to_dict()
    return Checked(
        {name: None if pd.isna(clean[name]) or clean[name] == "" else clean[name] for name in FIELDS},
        dict(zip(chunk.refused["field"], chunk.refused["reason"], strict=True)),
        dict(zip(chunk.warnings["field"], chunk.warnings["reason"], strict=True)),
    )


def create(texts: Mapping[str, str]) -> Created:
    """Stores an account and places it; a job of one record.

    Args:
        texts: as of `check`.

    Raises:
        EntryError: it cannot be stored.
    """
    for field, reason in check(texts).refused.items():
        raise EntryError(f"{field.replace('_', ' ').capitalize()} {reason}; mend it and save again.")
    key = str(uuid.uuid4())
    sha256 = hashlib.sha256(json.dumps(dict(texts), sort_keys=True).encode()).hexdigest()
    job_id, _ = run_parts("entry", _NAME, sha256, [Part(ACCOUNTS, _MAPPING, lambda: [_frame(texts, key)], _MAPPING)], lambda _: None)
    with connect(Role.WRITER) as connection:
        account_id: int = queries("accounts").by_key(connection, source=SOURCE, source_key=key)
    geocode_account(account_id)
    return Created(account_id, job_id)


def _frame(texts: Mapping[str, str], key: str) -> pd.DataFrame:
    """The record as a reader would give it, of a file whose columns have the names of the fields."""
    values = {"account_key": key or "new", **{name: texts.get(name, "") for name in FIELDS}}
    return pd.DataFrame([values], index=pd.Index([1], name="row_number"), dtype="string")
