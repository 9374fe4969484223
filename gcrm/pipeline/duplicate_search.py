"""The search for duplicates among the accounts of the database, and what is kept of it."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
import psycopg

from gcrm.db.load import copy_out
from gcrm.db.queries import queries
from gcrm.ingest.duplicates.compare import LEVELS, Levels
from gcrm.ingest.duplicates.find import Found, Known, find
from gcrm.ingest.duplicates.records import MISSING
from gcrm.ingest.duplicates.score import Model

Matcher = Literal["own", "splink"]


def read_accounts(connection: psycopg.Connection[Any]) -> pd.DataFrame:
    """Every account as the search looks at it, the oldest first: account_id, source, source_key, import_id and the fields it compares."""
    return copy_out(connection, queries("duplicates").accounts.sql, whole_numbers=("account_id", "cell", "import_id"))


def search(accounts: pd.DataFrame, import_id: int | None, least: float, matcher: Matcher, unique: Sequence[str], known: Known | None) -> Found:
    """The search itself, on accounts that were read.

    Args:
        accounts: from `read_accounts`.
        import_id: only pairs with an account that this import wrote last; all if None.
        least: least probability of a pair.
        matcher: `own` or `splink`.
        unique: sources that hold nobody twice.
        known: what to score with; estimated from the accounts if None.
    """
    if matcher == "splink":
        from gcrm.ingest.duplicates.splink_choice import find_with_splink  # noqa: PLC0415 - an extra that need not be installed

        found = find_with_splink(accounts, least=least)
        return found.one_to_one(accounts["source"], unique) if unique else found
    only = None if import_id is None else (accounts["import_id"] == import_id).to_numpy(dtype=bool)
    return find(accounts, least=least, unique=unique, known=known, only=only)


def newest_known(connection: psycopg.Connection[Any]) -> Known | None:
    """What the newest search of all accounts learnt."""
    kept = queries("duplicates").newest_model(connection)
    return None if kept is None else Known(Model.from_dict(kept), kept["words"])


def staged(accounts: pd.DataFrame, found: Found) -> pd.DataFrame:
    """Pairs as the queue takes them: left_account_id, right_account_id, score, why (JSON).

    Args:
        accounts: that were searched.
        found: what the search found.
    """
    ids = accounts["account_id"].to_numpy(dtype=np.int64)
    told = told_why(found.levels, found.known.model)
    left, right = ids[found.left], ids[found.right]
    why = [json.dumps(told(row)) for row in range(len(left))]
    score = np.clip(found.probability, 0, 1)
    return pd.DataFrame({"left_account_id": np.minimum(left, right), "right_account_id": np.maximum(left, right), "score": score, "why": why})


def told_why(levels: Mapping[str, Levels], model: Model) -> Callable[[int], dict[str, dict[str, Any]]]:
    """A function that tells of a pair, by its position, for each comparison its level, what that means, and its evidence in bits.

    Args:
        levels: of the pairs.
        model: what they were scored with.
    """
    bits = {name: model.weights(name) for name in levels if name in model.m}

    def told(row: int) -> dict[str, dict[str, Any]]:
        found = {name: int(level[row]) for name, level in levels.items() if name in bits}
        return {
            name: {"level": level, "meaning": LEVELS[name][level], "bits": round(float(bits[name][level]), 1)}
            for name, level in found.items()
            if level != MISSING
        }

    return told
