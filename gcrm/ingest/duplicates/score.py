"""How probable it is that two records are one, after Fellegi and Sunter (1969), with everything estimated from the records themselves.

u, the probability that two different records agree to a level, comes from pairs picked at random, and for equality exactly from the counts of values.
m, the probability that two records of the same one do, comes from expectation maximisation (Winkler 1988) within the blocks of each kind of key, without
the comparisons that the key decides. The share of duplicates among all pairs follows from the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gcrm.ingest.duplicates.blocks import Candidates
from gcrm.ingest.duplicates.compare import LEVELS, NAME_CONTAINED, NAME_SAME, Comparison, Levels
from gcrm.ingest.duplicates.records import MISSING, Rows

Floats = NDArray[np.float64]

DOUBTFUL = 0.5
"""Highest probability of a pair that something speaks against: it goes to a person."""

_RANDOM_PAIRS = 100_000
_PAIRS_OF_A_KIND = 200_000
_ROUNDS = 50
_PRIOR_WEIGHT = 10.0
"""The first guess of m counts as much as so many pairs; a small file has not many of its own."""
_CHANCE_WEIGHT = 20.0
"""The first guess of u counts as much as so many pairs: in a file of three customers the two that are one would else prove that agreeing means nothing."""
_TYPOS = 0.1
"""First guess: share of duplicates that differ in a field."""


@dataclass(frozen=True)
class Model:
    """Probabilities of every level of every comparison.

    Attributes:
        m: among pairs of the same one; one value per level.
        u: among pairs of different ones.
        share: of duplicates among all pairs.
    """

    m: Mapping[str, Floats]
    u: Mapping[str, Floats]
    share: float

    def weights(self, name: str) -> Floats:
        """Evidence of each level for a duplicate, in bits: log2(m / u)."""
        return np.log2(self.m[name] / self.u[name])

    def evidence(self, levels: Mapping[str, Levels]) -> Floats:
        """Sum of the evidence of each pair, in bits; what is missing says nothing."""
        total = np.zeros(_size(levels))
        for name, level in levels.items():
            if name in self.m:
                total += np.append(self.weights(name), 0.0)[level]
        return total

    def probability(self, levels: Mapping[str, Levels]) -> Floats:
        """Probability that a pair is a duplicate.

        A place that is shared never makes one alone: who it is has to agree too (`agree`). Where something speaks against it (`doubts`), it is at
        most DOUBTFUL.

        Args:
            levels: from `Comparison.levels`.
        """
        bits = self.evidence(levels) + np.log2(self.share / (1 - self.share))
        probability = 1 / (1 + np.exp2(-np.clip(bits, -1000, 1000)))
        probability = np.where(doubts(levels), np.minimum(probability, DOUBTFUL), probability)
        return np.where(agree(levels), probability, 0.0)

    def as_dict(self) -> dict[str, Any]:
        """The model as JSON takes it."""
        rounded = {part: {name: [float(f"{each:.6g}") for each in values] for name, values in getattr(self, part).items()} for part in ("m", "u")}
        return {**rounded, "share": float(f"{self.share:.6g}")}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> "Model":
        """The model from JSON."""
        m, u = ({name: np.array(values, dtype=np.float64) for name, values in kept[part].items()} for part in ("m", "u"))
        return cls(m, u, float(kept["share"]))


def agree(levels: Mapping[str, Levels], least: int = NAME_CONTAINED) -> NDArray[np.bool_]:
    """Whether it is about the same person or company: the names agree, or a number that belongs to one alone does.

    Where one of the two has no name, the mail address may stand for it.

    Args:
        levels: from `Comparison.levels`.
        least: least level of names that agree.
    """
    name = levels.get("name")
    size = _size(levels)
    name = np.full(size, MISSING, dtype=np.int8) if name is None else name
    tax = levels.get("tax_number", np.full(size, MISSING, dtype=np.int8))
    mail = levels.get("email", np.full(size, MISSING, dtype=np.int8))
    born = levels.get("birth_date", np.full(size, MISSING, dtype=np.int8))
    same_birth, same_mail = len(LEVELS["birth_date"]) - 1, len(LEVELS["email"]) - 2
    return np.asarray((name >= least) | (tax >= 1) | (born == same_birth) | ((name == MISSING) & (mail >= same_mail)), dtype=bool)


def _size(levels: Mapping[str, Levels]) -> int:
    """How many pairs some levels are of."""
    return len(next(iter(levels.values()))) if levels else 0


def plausible(of: Comparison, pairs: Candidates) -> tuple[Candidates, dict[str, Levels], tuple[Rows, Rows]]:
    """The candidates that may be about the same one, the levels of all their comparisons, and the pairs that are about two.

    Args:
        of: the records.
        pairs: their candidates.
    """
    who = of.who(pairs.left, pairs.right)
    if not who:
        return pairs, of.levels(pairs.left, pairs.right), (pairs.left[:0], pairs.right[:0])
    nameless = who["name"] == MISSING if "name" in who else np.ones(len(pairs), dtype=bool)
    may_be = agree(who) | nameless
    rows, others = np.flatnonzero(may_be), np.flatnonzero(~may_be)
    kept = pairs.take(rows)
    levels = of.levels(kept.left, kept.right, {name: level[rows] for name, level in who.items()})
    return kept, levels, (pairs.left[others], pairs.right[others])


def doubts(levels: Mapping[str, Levels]) -> NDArray[np.bool_]:
    """Whether something speaks against a pair: different tax numbers, or names that each have something of their own."""
    size = _size(levels)
    against = np.zeros(size, dtype=bool)
    if "tax_number" in levels:
        against |= levels["tax_number"] == 0
    if "name" in levels:
        against |= (levels["name"] >= 0) & (levels["name"] < NAME_CONTAINED)
    return against


def beyond_doubt(levels: Mapping[str, Levels]) -> NDArray[np.bool_]:
    """Whether nobody needs to look: the names are the same, or a field that belongs to one alone is.

    A name that is only misspelt, at one address and telephone, may be a sister's: Jan and Jana. The probability does not know that.

    Args:
        levels: from `Comparison.levels`.
    """
    missing = np.full(_size(levels), MISSING, dtype=np.int8)
    own = [levels.get(name, missing) >= len(LEVELS[name]) - 2 for name in ("tax_number", "email")]
    own += [levels.get("birth_date", missing) == len(LEVELS["birth_date"]) - 1, levels.get("name", missing) >= NAME_SAME]
    return np.asarray(np.any(own, axis=0) & ~doubts(levels), dtype=bool)


def first_guess(chance: Mapping[str, Floats] | None = None) -> Model:
    """A model for records that are too few to learn from: duplicates agree in nine fields of ten, different records hardly.

    Args:
        chance: u of comparisons where it is known.
    """
    m, u = {}, {}
    for name, texts in LEVELS.items():
        steps = len(texts)
        m[name] = np.append(np.full(steps - 1, _TYPOS / (steps - 1)), 1 - _TYPOS)
        falling = 10.0 ** -np.arange(0, 2 * steps, 2)
        u[name] = np.asarray((chance or {}).get(name, falling / falling.sum()))
    return Model(m, u, 1e-6)


def fit(of: Comparison, pairs: Candidates, levels: Mapping[str, Levels], seed: int = 0) -> Model:
    """Estimates a model from records; no label is needed.

    Args:
        of: the records.
        pairs: their candidates.
        levels: of those candidates.
        seed: of the random pairs.
    """
    if not levels:
        return first_guess()
    u = _by_chance(of, seed)
    guess = first_guess(u)
    m = {name: guess.m[name] for name in levels}
    expected = {name: _PRIOR_WEIGHT * guess.m[name] for name in levels}
    random = np.random.default_rng(seed)
    for bit, (_, about) in enumerate(pairs.kinds):
        rows = np.flatnonzero(pairs.found_by & np.uint32(1 << bit))
        if len(rows) > _PAIRS_OF_A_KIND:
            rows = random.choice(rows, _PAIRS_OF_A_KIND, replace=False)
        used = [name for name in levels if name not in about]
        if len(rows) and used:
            for name, counts in _maximise(_patterns({each: levels[each][rows] for each in levels}), used, m, u).items():
                expected[name] = expected[name] + counts
    m = {name: counts / counts.sum() for name, counts in expected.items()}
    u = {name: u.get(name, guess.u[name]) for name in levels}
    return _with_share(Model(m, u, 1e-6), levels, of.records.count)


def _by_chance(of: Comparison, seed: int) -> dict[str, Floats]:
    """The u of each comparison: from pairs picked at random, and exactly where it is equality."""
    count = of.records.count
    random = np.random.default_rng(seed)
    left, right = _random_pairs(count, random)
    found = of.levels(left, right) if len(left) else {}
    pairs = count * (count - 1) / 2
    seen = min(1.0, pairs / _RANDOM_PAIRS)
    guess = first_guess()
    u = {}
    for name, level in found.items():
        prior = _CHANCE_WEIGHT * guess.u[name]
        counts = seen * (np.bincount(level[level >= 0], minlength=len(LEVELS[name])) + 0.5) + prior
        share = counts / counts.sum()
        for top, chance in of.chance(name).items():
            exact = (chance * pairs + prior[top]) / (pairs + _CHANCE_WEIGHT)
            share[top] = max(exact, 0.05 / max(1.0, pairs))
        u[name] = share / share.sum()
    return u


def _random_pairs(count: int, random: np.random.Generator) -> tuple[Rows, Rows]:
    if count < 2:  # noqa: PLR2004 - a pair
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    left, right = random.integers(count, size=_RANDOM_PAIRS), random.integers(count - 1, size=_RANDOM_PAIRS)
    return left, np.where(right >= left, right + 1, right)


Patterns = tuple[dict[str, Levels], Floats]


def _patterns(levels: Mapping[str, Levels]) -> Patterns:
    """The distinct combinations of levels, and how often each occurs: expectation maximisation needs no more."""
    packed = np.zeros(_size(levels), dtype=np.int64)
    for name, level in levels.items():
        packed = packed * (len(LEVELS[name]) + 1) + level + 1
    _, first, counts = np.unique(packed, return_index=True, return_counts=True)
    return {name: level[first] for name, level in levels.items()}, counts.astype(np.float64)


def _maximise(patterns: Patterns, used: list[str], start: Mapping[str, Floats], u: Mapping[str, Floats]) -> dict[str, Floats]:
    """Expected counts of each level among the duplicates of one kind of block, for the comparisons that the key does not decide."""
    levels, counts = patterns
    possible = agree(levels)
    m = {name: start[name] for name in used}
    share = 0.1
    expected: dict[str, Floats] = {}
    for _ in range(_ROUNDS):
        model = Model(m, u, share)
        bits = model.evidence({name: levels[name] for name in used}) + np.log2(share / (1 - share))
        same = np.where(possible, 1 / (1 + np.exp2(-np.clip(bits, -1000, 1000))), 0) * counts
        before, share = share, float(np.clip(same.sum() / counts.sum(), 1e-9, 1 - 1e-9))
        for name in used:
            there = levels[name] >= 0
            expected[name] = np.bincount(levels[name][there], weights=same[there], minlength=len(LEVELS[name]))
            smooth = expected[name] + _PRIOR_WEIGHT * start[name]
            m[name] = smooth / smooth.sum()
        if abs(share - before) < 1e-6 * before:
            break
    return expected


def _with_share(model: Model, levels: Mapping[str, Levels], count: int) -> Model:
    """The model with the share of duplicates among all pairs at which it finds as many as it expects."""
    patterns, counts = _patterns(levels)
    pairs = max(1.0, count * (count - 1.0) / 2)
    share = model.share
    for _ in range(_ROUNDS):
        found = float((Model(model.m, model.u, share).probability(patterns) * counts).sum())
        before, share = share, float(np.clip((found + 0.5) / (pairs + 1), 1e-15, 0.5))
        if abs(share - before) < 1e-6 * before:
            break
    return Model(model.m, model.u, share)
