"""Duplicates in the database: the search, the queue, decisions that can be taken back, and who a new record may be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import numpy as np
import pandas as pd
import psycopg
from psycopg.types.json import Jsonb

from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.db.connection import Role, connect, scoped
from gcrm.db.load import copy_frame
from gcrm.db.queries import queries
from gcrm.errors import DuplicateError
from gcrm.ingest.duplicates.find import Found, Known, compare_with_first
from gcrm.ingest.duplicates.records import FIELDS
from gcrm.ingest.duplicates.score import DOUBTFUL, beyond_doubt, first_guess
from gcrm.pipeline.duplicate_search import Matcher, newest_known, read_accounts, search, staged, told_why
from gcrm.progress import Advance

Keep = Literal["left", "right"]

STATUSES = ("open", "separate", "undone")
"""What a pair of the queue can be; one that was merged is in the list of merges."""

_MOST_CANDIDATES = 50
_BEGINNING = 8
_SIMILAR_NAMES = 0.5
_NAMES_MS = 400


@dataclass(frozen=True)
class Search:
    """What a search found (counts).

    Attributes:
        run_id: its key.
        accounts: accounts that were looked at.
        compared: pairs that were compared.
        found: pairs that may be one.
        created: of these, those that are new in the queue.
        merged: pairs that were merged without a person.
        skipped: what was too large to be looked at, in words.
    """

    run_id: int
    accounts: int
    compared: int
    found: int
    created: int
    merged: int
    skipped: tuple[str, ...]


@dataclass(frozen=True)
class Pair:
    """A pair of the queue, side by side.

    Attributes:
        duplicate_id: its key.
        score: probability that the two are one.
        status: open, separate or undone.
        why: for each comparison its level, what that means, and its evidence in bits.
        decided_at: when somebody decided.
        left: the record that came first, by field.
        right: the other.
    """

    duplicate_id: int
    score: float
    status: str
    why: Mapping[str, Mapping[str, Any]]
    decided_at: datetime | None
    left: Mapping[str, Any]
    right: Mapping[str, Any]


@dataclass(frozen=True)
class Merge:
    """A merge.

    Attributes:
        merge_id: its key.
        account_id: the account that holds both.
        source: system of the account that was merged into it.
        source_key: its key there.
        score: probability that they were one; None where nobody computed it.
        automatic: whether no person looked.
        merged_at: when.
        undone_at: when it was taken back.
        conflicts: what could not be taken back.
    """

    merge_id: int
    account_id: int
    source: str
    source_key: str
    score: float | None
    automatic: bool
    merged_at: datetime
    undone_at: datetime | None
    conflicts: Sequence[Mapping[str, Any]] | None


@dataclass(frozen=True)
class Possible:
    """An account that a new record may be.

    Attributes:
        account_id: its key.
        score: probability that they are one.
        why: as in `Pair`.
        record: the account, by field.
    """

    account_id: int
    score: float
    why: Mapping[str, Mapping[str, Any]]
    record: Mapping[str, Any]


def find_duplicates(
    advance: Advance,
    *,
    import_id: int | None = None,
    least: float = DOUBTFUL,
    matcher: Matcher = "own",
    unique: Sequence[str] = (),
    automatic: float | None = None,
) -> Search:
    """Searches the accounts for duplicates and puts them into the queue.

    Args:
        advance: told how many accounts were looked at.
        import_id: only pairs with an account that this import wrote last; all if left out.
        least: least probability of a pair.
        matcher: `own`, or `splink` where that is installed.
        unique: sources that hold nobody twice, beside those of the setting GCRM_DUPLICATES_UNIQUE.
        automatic: merge the pairs with this probability or a higher one at once; the setting GCRM_DUPLICATES_AUTOMATIC if left out.

    Raises:
        DuplicateError: Splink is asked for and is not installed, or a search runs already.
    """
    statements = queries("duplicates")
    with connect(Role.WRITER) as connection:
        if not statements.lock_search(connection):
            raise DuplicateError("A search for duplicates runs already; wait for it to be done.")
        accounts = read_accounts(connection)
        known = newest_known(connection) if import_id is not None else None
        found = search(accounts, import_id, least, matcher, (*unique, *settings().unique_sources), known)
        advance(len(accounts))
        kept = {
            "import_id": import_id, "matcher": matcher, "accounts": len(accounts), "compared": found.compared, "found": len(found.left),
            "model": Jsonb({**found.known.model.as_dict(), "words": found.known.words}), "skipped": Jsonb([vars(each) for each in found.skipped]),
        }  # fmt: skip
        run_id = statements.start(connection, **kept)
        statements.create_stage(connection)
        copy_frame(connection, "staged_duplicates", staged(accounts, found))
        created, _ = statements.store(connection, run_id=run_id, whole=import_id is None)
        connection.commit()
        least_automatic = settings().duplicates_automatic if automatic is None else automatic
        merged = 0 if least_automatic is None else _merge_sure(connection, accounts, found, least_automatic)
    skipped = tuple(f"{each.blocks:,} blocks of accounts with the same {each.kind}, up to {each.largest:,} in one" for each in found.skipped)
    return Search(run_id, len(accounts), found.compared, len(found.left), created, merged, skipped)


def queue(
    scope: Scope,
    *,
    statuses: Sequence[str] = ("open",),
    least: float = 0.0,
    source: str | None = None,
    most: int = 20,
    skipped: int = 0,
    but: Sequence[int] = (),
) -> tuple[list[Pair], int]:
    """Pairs of the queue with their records side by side, the most probable first; and how many there are in all.

    Args:
        scope: who is looking; a pair is visible to whoever sees both accounts.
        statuses: of STATUSES.
        least: least score.
        source: only pairs with an account from this system.
        most: at most so many.
        skipped: leave out so many from the top.
        but: leave out the pairs with these keys.
    """
    with scoped(scope) as connection:
        asked = {"statuses": list(statuses), "least": least, "source": source, "most": most, "skipped": skipped, "but": list(but)}
        rows = list(queries("duplicates").queue(connection, **asked))
    pairs = [Pair(key, float(score), status, why, decided, left, right) for key, score, status, why, decided, left, right, _ in rows]
    return pairs, (rows[0][-1] if rows else 0)


def merges(most: int = 20) -> list[Merge]:
    """Merges, the newest first.

    Args:
        most: at most so many.
    """
    with connect(Role.WRITER) as connection:
        return [Merge(*row) for row in queries("duplicates").merges(connection, most=most)]


def merge(duplicate_id: int, keep: Keep = "left") -> int:
    """Merges a pair of the queue; what hangs on the one moves to the other, and its key is known from now on as a key of the other.

    Args:
        duplicate_id: the pair.
        keep: which of the two stays.

    Returns:
        The merge_id, for an undo.

    Raises:
        DuplicateError: there is no such pair, or it cannot be merged.
    """
    with connect(Role.WRITER) as connection:
        left, right, _ = _pair(connection, duplicate_id)
        return _merge(connection, left, right) if keep == "left" else _merge(connection, right, left)


def merge_accounts(survivor: int, merged: int) -> int:
    """Merges two accounts that need not be in the queue.

    Args:
        survivor: account_id of the one that stays.
        merged: account_id of the other.

    Returns:
        The merge_id, for an undo.

    Raises:
        DuplicateError: one of them is no more, or the second stands above the first.
    """
    with connect(Role.WRITER) as connection:
        return _merge(connection, survivor, merged)


def separate(duplicate_id: int) -> None:
    """Says that a pair of the queue is about two; no search proposes it again.

    Args:
        duplicate_id: the pair.

    Raises:
        DuplicateError: there is no such pair.
    """
    with connect(Role.WRITER) as connection:
        _pair(connection, duplicate_id)
        queries("duplicates").separate(connection, duplicate_id=duplicate_id)


def separate_accounts(one: int, other: int) -> int:
    """Says that two accounts are two, before any search has asked.

    Args:
        one: an account_id.
        other: another.

    Returns:
        The duplicate_id.

    Raises:
        DuplicateError: one of them is no more, or they are the same.
    """
    with connect(Role.WRITER) as connection:
        try:
            duplicate_id: int = queries("duplicates").separate_accounts(connection, one=one, other=other)
        except psycopg.IntegrityError as error:
            raise DuplicateError(f"Accounts {one} and {other} cannot be told apart: they are the same, or one is no more; give two account_ids.") from error
        return duplicate_id


def undo(merge_id: int) -> list[dict[str, Any]]:
    """Takes a merge back.

    Args:
        merge_id: the merge.

    Returns:
        What could not be taken back since somebody changed it in between: `what`, `why`, and `count` where records are counted.

    Raises:
        DuplicateError: there is no such merge, it is undone already, or its account was merged in its turn.
    """
    with connect(Role.WRITER) as connection:
        try:
            conflicts: list[dict[str, Any]] = queries("duplicates").undo(connection, merge_id=merge_id)
        except psycopg.errors.NoDataFound as error:
            why = "it was never made, is undone already, or its account was merged into another one, which has to be undone first"
            raise DuplicateError(f"Merge {merge_id} cannot be undone: {why}; see `gcrm duplicates list --status merged`.") from error
        return conflicts


def possible_duplicates_of(record: Mapping[str, Any], scope: Scope, *, most: int = 5, least: float = DOUBTFUL) -> list[Possible]:
    """The accounts that a new record may be, the most probable first; answered from indexes.

    Args:
        record: any of the fields of an account: name, street, house_number, postcode, city, phone, email, website, tax_number.
        scope: who is asking; accounts outside are not shown.
        most: at most so many.
        least: least probability.
    """
    given = {name: record.get(name) or None for name in FIELDS if name not in {"cell", "country_code"}}
    texts = {name: None if value is None else str(value).replace("\0", "") for name, value in given.items()}
    if not any(texts.values()):
        return []
    with connect(Role.WRITER) as connection:
        known = newest_known(connection) or Known(first_guess(), None)
        # As the reader no index on an expression could be used: the policy comes first. What the reader may not see goes in the next step.
        keys = _near(connection, texts)
    with scoped(scope) as connection:
        rows = list(queries("duplicates").records(connection, accounts=keys))
    columns = ["account_id", "name", "street", "house_number", "postcode", "city", "country_code", "phone", "email", "website", "tax_number", "cell", "record"]
    others = pd.DataFrame(rows, columns=columns)
    if others.empty:
        return []
    frame = pd.concat([pd.DataFrame([texts]), others.drop(columns=["account_id", "record", "country_code", "cell"]).astype("object")], ignore_index=True)
    probability, levels = compare_with_first(frame, known)
    order = [row for row in np.argsort(-probability, kind="stable").tolist() if probability[row] >= least][:most]
    told = told_why(levels, known.model)
    return [Possible(int(others["account_id"][row]), float(probability[row]), told(row), others["record"][row]) for row in order]


def _merge_sure(connection: psycopg.Connection[Any], accounts: pd.DataFrame, found: Found, least: float) -> int:
    """Merges the open pairs from a probability up that are beyond doubt, each group into its oldest account; no group with two whom somebody told apart."""
    statements = queries("duplicates")
    ids = accounts["account_id"].to_numpy(dtype=np.int64)
    place = {int(key): position for position, key in enumerate(ids)}
    clear = found.take(np.flatnonzero(beyond_doubt(found.levels)))
    at = {tuple(sorted((int(ids[a]), int(ids[b])))): row for row, (a, b) in enumerate(zip(clear.left, clear.right, strict=True))}
    rows = [pair for found_pair in statements.sure(connection, least=least) if (pair := tuple(sorted(found_pair))) in at]
    if not rows:
        return 0
    told = list(statements.apart(connection, accounts=sorted({key for pair in rows for key in pair})))
    left, right = (np.array([place[pair[side]] for pair in told], dtype=np.int64) for side in (0, 1))
    kept = clear.take(np.array([at[pair] for pair in rows])).mergeable((left, right))
    into: dict[int, int] = {}
    done = 0
    for (one, other), keep in zip(rows, kept, strict=True):
        survivor, merged = sorted((_root(into, one), _root(into, other)))
        if keep and survivor != merged:
            try:
                with connection.transaction():
                    statements.merge(connection, survivor=survivor, merged=merged, automatic=True)
            except psycopg.errors.InvalidRecursion:
                continue
            into[merged] = survivor
            done += 1
    connection.commit()
    return done


def _root(into: Mapping[int, int], account: int) -> int:
    while account in into:
        account = into[account]
    return account


def _pair(connection: psycopg.Connection[Any], duplicate_id: int) -> tuple[int, int, str]:
    row: tuple[int, int, str] | None = queries("duplicates").pair(connection, duplicate_id=duplicate_id)
    if row is None:
        raise DuplicateError(f"There is no pair {duplicate_id} in the queue; it was merged, or one of its accounts is no more: see `gcrm duplicates list`.")
    return row


def _merge(connection: psycopg.Connection[Any], survivor: int, merged: int) -> int:
    try:
        merge_id: int = queries("duplicates").merge(connection, survivor=survivor, merged=merged, automatic=False)
    except psycopg.errors.NoDataFound as error:
        raise DuplicateError(f"Accounts {survivor} and {merged} cannot be merged: they are the same, or one is no more; give two account_ids.") from error
    except psycopg.errors.InvalidRecursion as error:
        raise DuplicateError(f"Account {merged} stands above the parent of account {survivor}; merge them the other way round.") from error
    return merge_id


def _near(connection: psycopg.Connection[Any], texts: Mapping[str, str | None]) -> list[int]:
    """Accounts that share a key with a record, or have a similar name."""
    statements = queries("duplicates")
    names = ("phone", "email", "tax_number", "postcode", "house_number")
    keys = {row[0] for row in statements.same_keys(connection, **{name: texts[name] for name in names}, most=_MOST_CANDIDATES)}
    name = texts["name"] or " ".join(filter(None, (texts["given_name"], texts["family_name"])))
    if name and statements.has_trigrams(connection):
        try:
            statements.set_similarity(connection, least=_SIMILAR_NAMES, milliseconds=_NAMES_MS)
            keys |= {row[0] for row in statements.similar_names(connection, name=name, most=_MOST_CANDIDATES)}
        except psycopg.errors.QueryCanceled:  # a name like a hundred thousand others says little; whoever types does not wait for it
            connection.rollback()
    elif name:
        beginning = name[:_BEGINNING].lower().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
        keys |= {row[0] for row in statements.same_beginning(connection, beginning=beginning, most=_MOST_CANDIDATES)}
    return sorted(keys)
