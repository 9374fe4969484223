"""Duplicates: made-up customers with planted second records, and Splink on the same rows."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.measure import Work
from gcrm.demo.damage import abbreviated, typo
from gcrm.ingest.duplicates.find import Found, find
from gcrm.ingest.duplicates.splink_choice import find_with_splink

_SEED = 11
_SHARE = 0.05
_RELATIVES = 0.25
_COMPANIES = 0.2
_WITH_PHONE = 0.85
_WITH_EMAIL = 0.7
_TWO_SLIPS = 0.3
_OTHERWISE_CHANGED = 0.5
_SYLLABLES = np.array([consonant + vowel for consonant in "bdfghjklmnprstvwz" for vowel in "aeiou"])
_TRADES = np.array(["Bakery", "Garage", "Hotel", "Pharmacy", "Studio", "Clinic", "Logistics", "Consulting", "Electrics", "Florist"])
_FORMS = np.array(["GmbH", "Ltd", "SA", "Oy", "Inc.", "B.V.", "& Co. KG", ""])
_TYPES = np.array(["strasse", "gasse", "katu", "tie", "gatan", " Street", " Road", " Avenue"])

Objects = NDArray[np.object_]
Record = dict[Any, Any]


def customers(count: int, seed: int = _SEED) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Made-up customers: persons, families that share address, telephone and family name, companies; and second records of some of them.

    A second record has one or two of the slips of the demo city: a slip in the name or the street, another order of the name, capitals, a short street;
    a half have no mail address, and a half write the telephone number in another way.

    Args:
        count: how many records.
        seed: of the random numbers.

    Returns:
        The records, and for each the number of the customer it is about.
    """
    random = np.random.default_rng(seed)
    copies = round(count * _SHARE)
    originals = count - copies
    home = np.arange(originals)
    joins = random.random(originals) < _RELATIVES  # lives with the one before
    home = np.maximum.accumulate(np.where(joins, 0, home))
    is_company = (random.random(originals) < _COMPANIES)[home]
    surname = _words(60_000, 3, random)[_zipf(60_000, originals, random)][home]
    given = _words(2_000, 2, random)[(_zipf(2_000, originals, random)[home] + 53 * (np.arange(originals) - home)) % 2_000]  # of a family, each another
    company = _joined(_words(200_000, 3, random)[random.integers(200_000, size=originals)], " ", _TRADES[random.integers(len(_TRADES), size=originals)])
    formed = _joined(company, " ", _FORMS[random.integers(len(_FORMS), size=originals)])
    names = np.where(is_company, formed, _joined(given, " ", surname))
    place = random.integers(2_000, size=originals)[home]
    street_words = _joined(_words(30_000, 3, random), "", _TYPES[random.integers(len(_TYPES), size=30_000)])
    number = np.arange(originals)
    phone = _joined("+49 ", (30 + place % 900).astype(str), " ", (1_000_000 + home * 7 % 9_000_000).astype(str))
    box = np.where(is_company, "info", _joined(np.strings.lower(given.astype(str)), ".", np.strings.lower(surname.astype(str)), number.astype(str)))
    domain = np.where(is_company, _joined(np.strings.lower(np.strings.replace(company.astype(str), " ", "-")), number.astype(str), ".example"), "mail.example")
    frame = pd.DataFrame(
        {
            "name": names,
            "street": street_words[random.integers(30_000, size=originals)][home],
            "house_number": random.integers(1, 120, size=originals).astype(str)[home],
            "postcode": np.char.zfill((10_000 + place * 37).astype(str), 5),
            "city": _words(700, 3, random)[place % 700],
            "phone": _some(phone, _WITH_PHONE, random),
            "email": _some(_joined(box, "@", domain), _WITH_EMAIL, random),
        },
        dtype="object",
    )
    chosen = np.sort(random.choice(originals, copies, replace=False))
    frame = pd.concat([frame, _second_records(frame.iloc[chosen], random)], ignore_index=True)
    about = np.concatenate([np.arange(originals), chosen])
    order = random.permutation(count)
    return frame.iloc[order].reset_index(drop=True).astype("str"), about[order]


def _some(values: Objects, share: float, random: np.random.Generator) -> Objects:
    """A share of the values; the others are missing."""
    kept = values.copy()
    kept[random.random(len(values)) >= share] = None
    return kept


def _joined(*parts: Any) -> Objects:  # noqa: ANN401 - arrays of text and text
    together = np.asarray(parts[0], dtype=str)
    for part in parts[1:]:
        together = np.strings.add(together, np.asarray(part, dtype=str))
    return together.astype(object)


def _words(count: int, syllables: int, random: np.random.Generator) -> Objects:
    """Made-up words; some come twice."""
    picked = [_SYLLABLES[random.integers(len(_SYLLABLES), size=count)] for _ in range(syllables)]
    return np.strings.capitalize(_joined(*picked, np.array(list("nrst"))[random.integers(4, size=count)]).astype(str)).astype(object)


def _zipf(kinds: int, count: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Positions, the first ones the most frequent, as names are."""
    share = 1 / (np.arange(kinds) + 20.0)
    return np.searchsorted(np.cumsum(share / share.sum()), random.random(count)).clip(0, kinds - 1)


def _name_typo(record: Record, random: np.random.Generator) -> None:
    head, _, last = record["name"].rpartition(" ")
    record["name"] = f"{head} {typo(last, random)}".strip()


def _name_order(record: Record, _random: np.random.Generator) -> None:
    head, _, last = record["name"].rpartition(" ")
    record["name"] = f"{last} {head}".strip()


def _name_upper(record: Record, random: np.random.Generator) -> None:
    _name_typo(record, random)
    record["name"] = record["name"].upper()


def _street_typo(record: Record, random: np.random.Generator) -> None:
    record["street"] = typo(record["street"], random)


def _street_short(record: Record, _random: np.random.Generator) -> None:
    record["street"] = abbreviated(record["street"])


_SLIPS = (_name_typo, _name_order, _name_upper, _street_typo, _street_short)


def _second_records(chosen: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    records = chosen.to_dict("records")
    for record in records:
        for slip in random.choice(len(_SLIPS), size=1 + int(random.random() < _TWO_SLIPS), replace=False):
            _SLIPS[slip](record, random)
        if random.random() < _OTHERWISE_CHANGED:
            record["email"] = None
        if record["phone"] and random.random() < _OTHERWISE_CHANGED:
            record["phone"] = "0" + record["phone"].removeprefix("+49 ").replace(" ", "/")
    return pd.DataFrame(records, dtype="object")


def true_pairs(about: NDArray[np.int64]) -> set[tuple[int, int]]:
    """The planted pairs, as positions, smaller first."""
    order = np.argsort(about, kind="stable")
    same = np.flatnonzero(about[order][1:] == about[order][:-1])
    low, high = np.minimum(order[same], order[same + 1]), np.maximum(order[same], order[same + 1])
    return set(zip(low.tolist(), high.tolist(), strict=True))


def precision_recall(pairs: set[tuple[int, int]], truth: set[tuple[int, int]]) -> tuple[float, float]:
    """Precision and recall of pairs."""
    hits = len(pairs & truth)
    return hits / max(1, len(pairs)), hits / max(1, len(truth))


def own(count: int) -> Work:
    """Duplicates among made-up customers by gcrm."""
    frame, _ = customers(count)
    return lambda: find(frame)


def splink(count: int) -> Work:
    """The same by Splink on DuckDB, with its keys limited as gcrm limits its own: it runs out of memory otherwise."""
    frame, _ = customers(count)
    return lambda: find_with_splink(frame)


def quality(count: int, search: Callable[[pd.DataFrame], Found], least: float) -> tuple[float, float]:
    """Precision and recall of a search on made-up customers.

    Args:
        count: how many.
        search: `find` or `find_with_splink`.
        least: least probability of the pairs that count.
    """
    frame, about = customers(count)
    found = search(frame).at_least(least)
    return precision_recall(set(zip(found.left.tolist(), found.right.tolist(), strict=True)), true_pairs(about))
