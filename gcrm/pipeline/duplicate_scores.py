"""How well the planted duplicates of the demo city are found."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gcrm.db.connection import Role, connect
from gcrm.errors import DuplicateError
from gcrm.ingest.duplicates.score import DOUBTFUL
from gcrm.pipeline.duplicate_search import Matcher, read_accounts, search


@dataclass(frozen=True)
class Scored:
    """How well the planted duplicates are found.

    Attributes:
        least: least probability of the pairs that were counted.
        planted: planted pairs by kind (counts).
        hits: of these, those that were found.
        wrong: pairs that were found and not planted: keys and score.
    """

    least: float
    planted: Mapping[str, int]
    hits: Mapping[str, int]
    wrong: Sequence[tuple[str, str, float]]

    @property
    def precision(self) -> float:
        """Share of the found pairs that were planted."""
        hits = sum(self.hits.values())
        return hits / (hits + len(self.wrong)) if hits or self.wrong else 1.0

    @property
    def recall(self) -> float:
        """Share of the planted pairs that were found."""
        planted = sum(self.planted.values())
        return sum(self.hits.values()) / planted if planted else 1.0


def score_planted(planted: Path, source: str, least: float = DOUBTFUL, matcher: Matcher = "own") -> Scored:
    """Measures the search on the accounts of one system whose duplicates are known; nothing is stored.

    Args:
        planted: `planted.json` of a demo city, or any JSON file with `duplicates`: a list of original, duplicate (keys) and kind.
        source: the system of the accounts.
        least: least probability of a pair.
        matcher: `own` or `splink`.

    Raises:
        DuplicateError: the file cannot be read, or there are no accounts from that system.
    """
    try:
        truth = [(str(each["original"]), str(each["duplicate"]), str(each["kind"])) for each in json.loads(planted.read_text(encoding="utf-8"))["duplicates"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DuplicateError(f"{planted} tells of no planted duplicates ({type(error).__name__}); give the planted.json of a demo city.") from error
    with connect(Role.WRITER) as connection:
        accounts = read_accounts(connection)
    accounts = accounts[accounts["source"] == source].reset_index(drop=True)
    if accounts.empty:
        raise DuplicateError(f"There are no accounts from {source}; run `gcrm demo`, or name another system with --source.")
    found = search(accounts, None, least, matcher, (), None)
    keys = accounts["source_key"].to_numpy(dtype=object)
    kinds = {frozenset((original, duplicate)): kind for original, duplicate, kind in truth}
    counts = dict(sorted(Counter(kinds.values()).items()))
    hits = dict.fromkeys(counts, 0)
    wrong = []
    for left, right, probability in zip(found.left, found.right, found.probability, strict=True):
        kind = kinds.get(frozenset((keys[left], keys[right])))
        if kind is None:
            wrong.append((str(keys[left]), str(keys[right]), float(probability)))
        else:
            hits[kind] += 1
    return Scored(least, counts, hits, wrong)
