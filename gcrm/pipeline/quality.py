"""Data quality: how complete, valid, fresh and well placed the accounts are, by source, over time and on the map.

Every figure is a count that the database makes in one scan of the accounts that a scope allows; shares are counts beside counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

import pandas as pd

from gcrm.access.scope import Scope
from gcrm.db.connection import scoped
from gcrm.db.load import read_frame
from gcrm.db.queries import queries
from gcrm.errors import QualityError
from gcrm.pipeline import duplicate_review
from gcrm.units import FINEST_LEVEL

FIELDS: Mapping[str, str] = MappingProxyType({
    "name": "Name", "segment": "Segment", "street": "Street", "house_number": "House number", "postcode": "Postcode", "city": "City",
    "country_code": "Country", "phone": "Phone", "email": "Mail address", "website": "Website", "tax_number": "Tax number", "position": "Position",
})  # fmt: skip
"""The fields of an account whose completeness is counted, with their labels."""

AGES: Mapping[str, str] = MappingProxyType({
    "30 days": "Last 30 days", "90 days": "30 to 90 days ago", "1 year": "90 days to 1 year ago", "2 years": "1 to 2 years ago",
    "older": "Over 2 years ago",
})  # fmt: skip
"""The classes of the time since the last change, from `gcrm.age_class`, with their labels."""

PLACEMENTS: Mapping[str, str] = MappingProxyType({
    "given": "Given in the file", "confirmed": "Confirmed by a person", "rooftop": "Exact address", "interpolated": "Along the street",
    "street": "Street only", "postcode": "Postcode only", "place": "Town only", "none": "Not found", "not tried": "Not tried yet",
})  # fmt: skip
"""How a position was found, the best first, with their labels: words for who does not know the levels' own names."""

_PLACED: Mapping[str, str] = MappingProxyType({
    "given": "with a given position", "rooftop": "placed at their exact address", "interpolated": "placed along their street",
    "street": "placed by their street only", "postcode": "placed by their postcode only", "place": "placed by their town only",
    "none": "whose place was not found", "not tried": "not geocoded yet", "confirmed": "whose position a person confirmed",
})  # fmt: skip

_KINDS = ("missing", "warned", "placed", "age")
_MOST_IMPORTS = 40


@dataclass(frozen=True)
class Flaw:
    """What may be wrong with an account: `missing` a field, `warned` about a field, `placed` by a level, of an `age` class.

    Raises:
        QualityError: there is no such flaw.
    """

    kind: str
    member: str

    def __post_init__(self) -> None:
        known = {"missing": FIELDS, "placed": PLACEMENTS, "age": AGES}
        if self.kind not in _KINDS or (self.kind in known and self.member not in known[self.kind]) or not self.member:
            raise QualityError(f"{str(self)!r} is no flaw; write one such as missing:phone, warned:email, placed:none or age:older.")

    @classmethod
    def parse(cls, text: str) -> Self:
        """From `kind:member`.

        Raises:
            QualityError: there is no such flaw.
        """
        kind, _, member = text.partition(":")
        return cls(kind, member)

    def __str__(self) -> str:
        return f"{self.kind}:{self.member}"

    @property
    def on_map(self) -> bool:
        """Whether accounts with it can have a position."""
        return str(self) not in {"missing:position", "placed:none", "placed:not tried"}

    @property
    def label(self) -> str:
        """In words, behind "Accounts"."""
        if self.kind == "missing":
            return f"without {FIELDS[self.member].lower()}"
        if self.kind == "warned":
            return f"with a doubtful {FIELDS.get(self.member, self.member.replace('_', ' ')).lower()}"
        if self.kind == "placed":
            return _PLACED[self.member]
        return f"changed {'in the ' if self.member == '30 days' else ''}{AGES[self.member].lower()}"


@dataclass(frozen=True)
class Quality:
    """The counts; every method takes one source, or None for all.

    `accounts` has source, month, geocode_level, age, accounts, and a count for each of FIELDS; `warnings` object, source, field, records;
    `warned` source, accounts; `refused` object, source, column_name, records; `imports` import_id, source, object, file_name, finished_at,
    rows_read, rows_refused, rows_warned.
    """

    accounts: pd.DataFrame
    warnings: pd.DataFrame
    warned: pd.DataFrame
    refused: pd.DataFrame
    imports: pd.DataFrame

    @property
    def sources(self) -> list[str]:
        """The systems that accounts come from."""
        return sorted(self.accounts["source"].unique())

    def total(self, source: str | None = None) -> int:
        """Accounts."""
        return int(_of(self.accounts, source)["accounts"].sum())

    def completeness(self, source: str | None = None) -> pd.Series:
        """Of each field, how many accounts have it; index FIELDS."""
        return _of(self.accounts, source)[list(FIELDS)].sum().astype(int)

    def ages(self, source: str | None = None) -> pd.Series:
        """Accounts by the class of their last change; index AGES."""
        return _of(self.accounts, source).groupby("age")["accounts"].sum().reindex(list(AGES), fill_value=0).astype(int)

    def placements(self, source: str | None = None) -> pd.Series:
        """Accounts by how their position was found; index PLACEMENTS."""
        return _of(self.accounts, source).groupby("geocode_level")["accounts"].sum().reindex(list(PLACEMENTS), fill_value=0).astype(int)

    def warned_fields(self, source: str | None = None) -> pd.Series:
        """Accounts with a warning by field, most first."""
        own = _of(self.warnings, source)
        return own[own["object"] == "accounts"].groupby("field")["records"].sum().sort_values(ascending=False, kind="stable").astype(int)

    def warned_total(self, source: str | None = None) -> int:
        """Accounts with at least one warning."""
        return int(_of(self.warned, source)["accounts"].sum())

    def validity(self, source: str | None = None) -> pd.DataFrame:
        """By object: refused records that wait, and warnings of stored ones; columns object, refused, warnings."""
        refused = _of(self.refused, source).groupby("object")["records"].sum().rename("refused")
        warnings = _of(self.warnings, source).groupby("object")["records"].sum().rename("warnings")
        return pd.concat([refused, warnings], axis=1).fillna(0).astype(int).rename_axis("object").sort_index().reset_index()

    def having(self, flaw: Flaw, source: str | None = None) -> int:
        """Accounts with a flaw."""
        if flaw.kind == "missing":
            return self.total(source) - int(self.completeness(source)[flaw.member])
        counts = {"warned": self.warned_fields, "placed": self.placements, "age": self.ages}[flaw.kind](source)
        return int(counts.get(flaw.member, 0))

    def telling(self, source: str | None = None) -> Flaw:
        """The field that is missing most, yet not everywhere; what is nowhere says nothing about where to begin."""
        missing = self.total(source) - self.completeness(source).drop("position")
        somewhere = missing[(missing > 0) & (missing < self.total(source))]
        return Flaw("missing", str((somewhere if len(somewhere) else missing).idxmax()))

    def months(self, source: str | None = None) -> pd.DataFrame:
        """By month of creation: month, accounts, and of each field how many have it."""
        return _of(self.accounts, source).groupby("month")[["accounts", *FIELDS]].sum().sort_index().reset_index()


def placement_name(level: str) -> str:
    """How a position was found, in words.

    Args:
        level: from `Quality.placements`.
    """
    return PLACEMENTS[level]


def version(scope: Scope) -> str:
    """A text that changes when what is counted does, at most seconds later.

    Args:
        scope: who asks.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    with scoped(scope) as connection:
        return str(queries("quality").version(connection))


def measure(scope: Scope) -> Quality:
    """Counts everything, in one state of the database.

    Args:
        scope: who asks.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    named = queries("quality")
    with scoped(scope) as connection:
        return Quality(
            read_frame(connection, named.accounts.sql),
            read_frame(connection, named.warnings.sql),
            read_frame(connection, named.warned_accounts.sql),
            read_frame(connection, named.refused.sql),
            read_frame(connection, named.imports.sql, {"most": _MOST_IMPORTS}),
        )


def flawed_cells(flaw: Flaw, source: str | None, level: int, scope: Scope) -> pd.DataFrame:
    """Accounts with a position by H3 cell, and how many of them have a flaw.

    Args:
        flaw: what is looked for.
        source: accounts of one system; None for all.
        level: H3 level.
        scope: who asks; no finer level than it allows is answered.

    Returns:
        Columns cell (int64), accounts, flawed.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    asked = min(level, scope.finest_level, FINEST_LEVEL)
    with scoped(scope) as connection:
        return read_frame(connection, queries("quality").flawed_cells.sql, {"source": source, "flaw": flaw.kind, "member": flaw.member, "level": asked})


def flawed_accounts(flaw: Flaw, source: str | None, span: tuple[int, int] | None, most: int, scope: Scope) -> pd.DataFrame:
    """The first accounts that have a flaw.

    Args:
        flaw: what is looked for.
        source: accounts of one system; None for all.
        span: the smallest and the largest finest cell that they lie in; None for everywhere.
        most: at most so many.
        scope: who asks.

    Returns:
        Columns account_id, source, source_key, name, kind, segment, address, phone, email, geocode_level, updated_at, value, reason (of the warning).

    Raises:
        DatabaseError: the database cannot be reached.
    """
    low, high = span or (None, None)
    parameters = {"source": source, "flaw": flaw.kind, "member": flaw.member, "low": low, "high": high, "most": most}
    with scoped(scope) as connection:
        return read_frame(connection, queries("quality").flawed_accounts.sql, parameters)


def duplicates_waiting(scope: Scope) -> int | None:
    """Pairs of accounts that wait for somebody to say whether they are the same; None where nobody has searched for them.

    Args:
        scope: who asks.
    """
    waiting = duplicate_review.figures(scope).waiting
    return waiting if waiting or duplicate_review.newest_search().run_id else None


def _of(frame: pd.DataFrame, source: str | None) -> pd.DataFrame:
    return frame if source is None else frame[frame["source"] == source]
