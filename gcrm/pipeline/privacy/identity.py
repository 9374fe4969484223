"""What a person is known by: out of the records that belong to the person, as they are and as they were."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_SHORTEST_NUMBER = 6
"""Characters: what is shorter stands in texts that are about something else."""
_EARLIER = ("raw", "record", "before", "after")
"""Columns that hold a record, or a part of one, as it was."""

type Rows = Iterable[tuple[str, Mapping[str, Any]]]


@dataclass(frozen=True)
class Identity:
    """What a person is known by.

    Attributes:
        keys: object, source and key of the records of the person.
        mails: mail addresses, now and before, as they are stored.
        phones: telephone numbers, the same.
        names: first and last name together, in the orders in which they are written.
    """

    keys: frozenset[tuple[str, str, str]]
    mails: frozenset[str]
    phones: frozenset[str]
    names: frozenset[str]

    @classmethod
    def of(cls, rows: Rows) -> "Identity":
        """Out of rows.

        Args:
            rows: table, and row by column; those of a table with a mail address are records of the person, those that were merged into one too.
        """
        told = list(rows)
        records = [record for _, row in told for record in _and_before(row)]
        keys = {(table if "email" in row else "accounts", row["source"], row["source_key"]) for table, row in told if _is_record(table, row)}
        return cls(
            frozenset(keys),
            frozenset(_texts(records, "email")),
            frozenset(text for text in _texts(records, "phone") if len(text) >= _SHORTEST_NUMBER),
            frozenset(name for record in records for name in _names(record)),
        )

    def without(self, shared: Iterable[str]) -> "Identity":
        """The same without mail addresses and telephone numbers that others have too, and which are therefore not the person's alone."""
        others = frozenset(shared)
        return Identity(self.keys, self.mails - others, self.phones - others, self.names)

    @property
    def addresses(self) -> str:
        """The pattern of PostgreSQL (case apart) of every mail address and telephone number; it finds nothing where there is none."""
        return _pattern([*map(re.escape, self.mails), *(f"{re.escape(number)}(?!\\d)" for number in self.phones)])

    @property
    def pattern(self) -> str:
        """The same with the names."""
        return _pattern([self.addresses, *(f"\\m{re.escape(name)}\\M" for name in self.names)])

    @property
    def terms(self) -> list[str]:
        """Every address, number and name, for a search in files."""
        return sorted({*self.mails, *self.phones, *self.names})


def _pattern(parts: Iterable[str]) -> str:
    return "|".join(sorted(filter(None, parts), key=len, reverse=True))


def _is_record(table: str, row: Mapping[str, Any]) -> bool:
    return "source_key" in row and ("email" in row or table in {"account_keys", "account_merges"})


def _and_before(row: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield row
    for column in _EARLIER:
        if isinstance(earlier := row.get(column), dict):
            yield from _and_before(earlier)


def _texts(records: Iterable[Mapping[str, Any]], field: str) -> Iterator[str]:
    return (text.strip() for record in records if isinstance(text := record.get(field), str) and text.strip())


def _names(record: Mapping[str, Any]) -> Iterator[str]:
    """The full names of a contact, or of an account of a person; one word alone is the name of many."""
    given, family = (str(record.get(field) or "").strip() for field in ("given_name", "family_name"))
    if given and family:
        yield from (f"{given} {family}", f"{family} {given}", f"{family}, {given}")
    name = str(record.get("name") or "").strip()
    if record.get("kind") in {"person", "household"} and " " in name:
        yield name
