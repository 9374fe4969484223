"""What a search for duplicates would find of an import: told with its dry run and with its report, and kept nowhere.

It stays quick however large the file and the database are: beyond some size only the first accounts of the file are compared, with each other and with
the accounts that share a number, a mail address or an address with one of them. How many were compared is part of the answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import psycopg

from gcrm.config import settings
from gcrm.db.connection import Role, connect
from gcrm.db.load import read_frame
from gcrm.db.queries import queries
from gcrm.ingest.duplicates.clusters import clusters
from gcrm.ingest.duplicates.find import Found
from gcrm.ingest.duplicates.score import DOUBTFUL, beyond_doubt
from gcrm.pipeline.duplicate_search import newest_known, read_accounts, search

MOST_IN_WHOLE = 100_000
"""Accounts of file and database up to which all are compared."""

MOST_OF_FILE = 10_000
"""Accounts of the file that are compared where there are more in all."""

_MOST_SHARING = 20_000
_WHOLE_NUMBERS = ("account_id", "cell", "import_id")
_SHOWN = 10
_TOLD = ("source", "source_key", "name", "street", "house_number", "postcode", "city", "phone", "email")


@dataclass(frozen=True)
class LikelyPair:
    """Two accounts that may be one.

    Attributes:
        score: probability that they are.
        automatic: whether they are merged without a person.
        within_file: whether the file holds both.
        left: the account that came first, by field.
        right: the other.
    """

    score: float
    automatic: bool
    within_file: bool
    left: Mapping[str, Any]
    right: Mapping[str, Any]


@dataclass(frozen=True)
class Preview:
    """What a search for duplicates would find of an import.

    Attributes:
        accounts: accounts that the file creates or changes (count).
        compared: how many of them were compared; the first ones where it is not all.
        within_file: accounts of the file that may be one with another of the file (count).
        in_database: accounts of the file that may be one with one that was there before (count).
        merged: accounts that would be merged into another without a person (count).
        queued: pairs that would come into the queue (count).
        automatic: probability from which pairs are merged without a person; None where none is.
        pairs: the most probable pairs.
    """

    accounts: int
    compared: int = 0
    within_file: int = 0
    in_database: int = 0
    merged: int = 0
    queued: int = 0
    automatic: float | None = None
    pairs: Sequence[LikelyPair] = ()

    @property
    def whole(self) -> bool:
        """Whether every account of the file was compared with all others."""
        return self.compared == self.accounts

    def __str__(self) -> str:
        part = "" if self.whole else f" (of the first {self.compared:,} of {self.accounts:,}, compared with accounts that share a number or an address)"
        found = f"{self.within_file:,} accounts look like another of the file, {self.in_database:,} like one that was there before{part}"
        return f"{found}: {self.merged:,} to be merged without a person, {self.queued:,} pairs for the queue."


def preview(connection: psycopg.Connection[Any], import_id: int) -> Preview:
    """Compares the accounts that an import wrote last, in the connection's transaction.

    Args:
        connection: of the writer.
        import_id: the import.
    """
    written, others = queries("duplicates").sizes(connection, import_id=import_id)
    if not written:
        return Preview(0)
    accounts = read_accounts(connection) if written + others <= MOST_IN_WHOLE else _some_accounts(connection, import_id)
    own = (accounts["import_id"] == import_id).fillna(value=False).to_numpy(dtype=bool)
    found = search(accounts, import_id, DOUBTFUL, "own", settings().unique_sources, newest_known(connection))
    found, told_apart = _undecided(connection, accounts, found)
    sure = _sure(found, told_apart)
    within = own[found.left] & own[found.right]
    across = found.take(np.flatnonzero(~within))
    merges = found.take(np.flatnonzero(sure))
    groups = clusters(found.count, merges.left, merges.right)
    pairs = [
        LikelyPair(float(found.probability[row]), bool(sure[row]), bool(within[row]), *(_told(accounts, side[row]) for side in (found.left, found.right)))
        for row in range(min(_SHOWN, len(found.left)))
    ]
    return Preview(
        accounts=written,
        compared=int(own.sum()),
        within_file=len(np.unique(np.concatenate([found.left[within], found.right[within]]))),
        in_database=len(np.unique(np.where(own[across.left], across.left, across.right))),
        merged=found.count - len(np.unique(groups)),
        queued=len(found.left) - int(sure.sum()),
        automatic=settings().duplicates_automatic,
        pairs=pairs,
    )


def preview_of_job(job_id: int) -> Preview | None:
    """Compares the accounts that a job wrote last; None where it feeds no accounts.

    Args:
        job_id: a job that is done.
    """
    with connect(Role.WRITER) as connection:
        import_id = queries("imports").started(connection, job_id=job_id, object="accounts")
        return None if import_id is None else preview(connection, import_id)


def _some_accounts(connection: psycopg.Connection[Any], import_id: int) -> pd.DataFrame:
    asked = {"import_id": import_id, "most": MOST_OF_FILE, "most_others": _MOST_SHARING}
    frame = read_frame(connection, queries("duplicates").some_accounts.sql, asked)
    return frame.astype({name: "Int64" if name in _WHOLE_NUMBERS else "string" for name in frame.columns})


def _undecided(connection: psycopg.Connection[Any], accounts: pd.DataFrame, found: Found) -> tuple[Found, tuple[Any, Any]]:
    """The pairs that nobody has decided on, and the positions of those that somebody said are two."""
    ids = accounts["account_id"].to_numpy(dtype=np.int64)
    met = np.unique(np.concatenate([ids[found.left], ids[found.right]])).tolist()
    decided = {tuple(sorted(pair)) for pair in queries("duplicates").apart(connection, accounts=met)}
    place = {int(key): position for position, key in enumerate(ids)}
    told_apart = tuple(np.array([place[pair[side]] for pair in decided], dtype=np.int64) for side in (0, 1))
    asked = [tuple(sorted((int(ids[a]), int(ids[b])))) not in decided for a, b in zip(found.left, found.right, strict=True)]
    return found.take(np.flatnonzero(np.array(asked, dtype=bool))), (told_apart[0], told_apart[1])


def _sure(found: Found, told_apart: tuple[Any, Any]) -> Any:  # noqa: ANN401 - a mask of the pairs
    """Which pairs are merged without a person."""
    sure = np.zeros(len(found.left), dtype=bool)
    least = settings().duplicates_automatic
    if least is not None and len(sure):
        clear = np.flatnonzero(beyond_doubt(found.levels) & (found.probability >= least))
        sure[clear] = found.take(clear).mergeable(told_apart)
    return sure


def _told(accounts: pd.DataFrame, row: int) -> dict[str, Any]:
    return {name: None if pd.isna(value := accounts[name].iloc[row]) else value for name in _TOLD}
