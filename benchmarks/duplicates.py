"""Duplicates: made-up customers with planted second records, and Splink on the same rows."""

import logging
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.measure import Work
from gcrm.demo.damage import abbreviated, typo
from gcrm.ingest.duplicates.find import Found, find

_SEED = 11
_SHARE = 0.05
_SYLLABLES = np.array([consonant + vowel for consonant in "bdfghjklmnprstvwz" for vowel in "aeiou"])
_TRADES = np.array(["Bakery", "Garage", "Hotel", "Pharmacy", "Studio", "Clinic", "Logistics", "Consulting", "Electrics", "Florist"])
_FORMS = np.array(["GmbH", "Ltd", "SA", "Oy", "Inc.", "B.V.", "& Co. KG", ""])
_TYPES = np.array(["strasse", "gasse", "katu", "tie", "gatan", " Street", " Road", " Avenue"])

Objects = NDArray[np.object_]


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
    joins = random.random(originals) < 0.25  # lives with the one before
    home = np.maximum.accumulate(np.where(joins, 0, home))
    is_company = (random.random(originals) < 0.2)[home]
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
            "phone": np.where(random.random(originals) < 0.85, phone, None),
            "email": np.where(random.random(originals) < 0.7, _joined(box, "@", domain), None),
        },
        dtype="object",
    )
    chosen = np.sort(random.choice(originals, copies, replace=False))
    frame = pd.concat([frame, _second_records(frame.iloc[chosen], random)], ignore_index=True)
    about = np.concatenate([np.arange(originals), chosen])
    order = random.permutation(count)
    return frame.iloc[order].reset_index(drop=True).astype("str"), about[order]


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


def _second_records(chosen: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    records = chosen.to_dict("records")
    for record in records:
        for slip in random.choice(5, size=1 + int(random.random() < 0.3), replace=False):
            head, _, last = record["name"].rpartition(" ")
            if slip in (0, 2):
                record["name"] = f"{head} {typo(last, random)}".strip()
            if slip == 1:
                record["name"] = f"{last} {head}".strip()
            if slip == 2:  # noqa: PLR2004 - the third slip
                record["name"] = record["name"].upper()
            if slip == 3:  # noqa: PLR2004 - the fourth slip
                record["street"] = typo(record["street"], random)
            if slip == 4:  # noqa: PLR2004 - the last slip
                record["street"] = abbreviated(record["street"])
        if random.random() < 0.5:
            record["email"] = None
        if record["phone"] and random.random() < 0.5:
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


def duplicates_ours(count: int) -> Work:
    """Duplicates among made-up customers by gcrm."""
    frame, about = customers(count)
    truth = true_pairs(about)

    def work() -> Found:
        found = find(frame)
        precision, recall = precision_recall(set(zip(found.left.tolist(), found.right.tolist(), strict=True)), truth)
        logging.getLogger(__name__).info("precision %.4f, recall %.4f, %d pairs compared", precision, recall, found.compared)
        return found

    return work
