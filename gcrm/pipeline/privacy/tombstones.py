"""Tombstones: hashes by which an erased person is known again, in the database, and beside it for the day on which a backup is restored."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pandas as pd
import psycopg

from gcrm.config import settings
from gcrm.db.queries import queries
from gcrm.errors import PrivacyError
from gcrm.frames import Kind, ObjectType
from gcrm.ingest.clean.text import tidy
from gcrm.pipeline.identifiers import Hashes, among
from gcrm.pipeline.privacy.identity import Identity

REASON = "belongs to a person who was erased; nothing of the record is kept (`gcrm privacy` says more)"

_OF_PERSONS = ("contacts", "leads")
"""Objects each record of which is a person; of accounts only some are."""
_PERSONAL_KINDS = ("person", "household")


@dataclass(frozen=True)
class Erasure:
    """The tombstones of one erasure: kind (key, mail or phone) and hash."""

    erasure_id: UUID
    begun_at: datetime
    tombstones: frozenset[tuple[str, bytes]]


def tombstones_of(identity: Identity, hashes: Hashes) -> Erasure:
    """The tombstones of a person.

    Args:
        identity: without what others have too.
        hashes: of the database.
    """
    mails, phones = (pd.Series(sorted(each), dtype="string") for each in (identity.mails, identity.phones))
    found = {("key", key_hash(hashes, *key)) for key in identity.keys}
    found |= {("mail", each) for each in hashes.of_mails(mails)} | {("phone", each) for each in hashes.of_phones(phones)}
    return Erasure(uuid4(), datetime.now(UTC), frozenset(found))


def key_hash(hashes: Hashes, object_name: str, source: str, source_key: str) -> bytes:
    """The hash of the key of a record."""
    return hashes.hash("key", object_name, source, source_key)


def store(connection: psycopg.Connection[Any], erasure: Erasure, account_ids: list[int]) -> None:
    """Stores the tombstones of an erasure in the database; again is as good as once.

    Args:
        connection: of the writer.
        erasure: what to store.
        account_ids: accounts that cubes may hold.
    """
    statements = queries("privacy")
    statements.begin(connection, erasure_id=erasure.erasure_id, begun_at=erasure.begun_at, account_ids=account_ids)
    for kind, hashed in sorted(erasure.tombstones):
        statements.set_tombstone(connection, kind=kind, hash=hashed, erasure_id=erasure.erasure_id)


def erased(connection: psycopg.Connection[Any], object_type: ObjectType, source: str, records: pd.DataFrame) -> pd.Index:
    """Which records are of an erased person, or refer to one.

    Args:
        connection: of the writer.
        object_type: what they are.
        source: system they come from.
        records: fields of the object, as text or clean; of a record with one key that may stand as `source_key`.

    Returns:
        Their part of the index.
    """
    statements = queries("privacy")
    if records.empty or not statements.has_tombstones(connection):
        return records.index[:0]
    hashes = Hashes.of(connection)
    hit = pd.Series(data=False, index=records.index)
    own = "source_key" if "source_key" in records else object_type.key[0]
    for column, object_name in {own: object_type.name, **object_type.references}.items():
        if column in records:
            keys = tidy(records[column].astype("string"))
            hit |= _known(connection, "key", hashes.of_keys(object_name, source, keys))
    persons = records[_are_persons(object_type, records)]
    for field in object_type.fields:
        if field.kind in {Kind.MAIL, Kind.PHONE} and field.name in persons and len(persons):
            hashed = hashes.of_mails(persons[field.name]) if field.kind is Kind.MAIL else hashes.of_phones(persons[field.name])
            hit |= _known(connection, str(field.kind), hashed).reindex(hit.index, fill_value=False)
    return records.index[hit]


def _known(connection: psycopg.Connection[Any], kind: str, hashed: pd.Series) -> pd.Series:
    found = {row[0] for row in queries("privacy").tombstones(connection, kind=kind, hashes=[each for each in hashed if each is not None])}
    return among(hashed, found)


def _are_persons(object_type: ObjectType, records: pd.DataFrame) -> pd.Series:
    if object_type.name == "accounts" and "kind" in records:
        return records["kind"].isin(_PERSONAL_KINDS).fillna(value=False)
    return pd.Series(object_type.name in _OF_PERSONS, index=records.index)


class Journal:
    """The list of tombstones beside the database: a line of JSON per erasure, and the key of their hashes; readable by nobody else."""

    def __init__(self, folder: Path) -> None:
        self._lines, self._key = folder / "erasures.jsonl", folder / "key"

    @classmethod
    def at_home(cls) -> "Journal":
        """The one in GCRM_HOME."""
        return cls(settings().home / "privacy")

    def add(self, erasure: Erasure, key: bytes) -> None:
        """Adds an erasure; it is on the disk when this returns."""
        self._lines.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        line = {
            "erasure_id": str(erasure.erasure_id), "begun_at": erasure.begun_at.isoformat(),
            "tombstones": [[kind, hashed.hex()] for kind, hashed in sorted(erasure.tombstones)],
        }  # fmt: skip
        _append(self._lines, json.dumps(line) + "\n")
        if not self._key.is_file():
            _append(self._key, key.hex() + "\n")

    def key(self) -> bytes | None:
        """The key of the hashes; None where nobody was erased."""
        return bytes.fromhex(self._key.read_text(encoding="utf-8").strip()) if self._key.is_file() else None

    def erasures(self) -> list[Erasure]:
        """What was erased, the oldest first.

        Raises:
            PrivacyError: a line cannot be read.
        """
        lines = self._lines.read_text(encoding="utf-8").splitlines() if self._lines.is_file() else []
        return [self._read(number, line) for number, line in enumerate(lines, 1)]

    def _read(self, number: int, line: str) -> Erasure:
        try:
            said: Mapping[str, Any] = json.loads(line)
            tombstones = frozenset((str(kind), bytes.fromhex(hashed)) for kind, hashed in said["tombstones"])
            return Erasure(UUID(said["erasure_id"]), datetime.fromisoformat(said["begun_at"]), tombstones)
        except (ValueError, KeyError, TypeError) as error:
            raise PrivacyError(f"{self._lines}, line {number}, is no erasure; take the file out of a backup.") from error


def _append(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
