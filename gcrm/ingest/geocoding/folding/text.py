"""Text as addresses are compared: words of Latin letters and digits."""

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

LONGEST = 200
"""Characters of a field that are looked at; no street is longer."""

_APOSTROPHES = re.compile(r"['’`´ʼ]")  # noqa: RUF001 - the marks themselves
_WORD = re.compile(r"[a-z0-9]+")
_WORD_AND_STOP = re.compile(r"([a-z0-9]+)(\.?)")
_MARKS = re.compile(r"[\W_]+")
_UMLAUTS = re.compile(r"([aou])e")
_DOUBLED = re.compile(r"([a-z])\1+")
_ROMAN = re.compile(r"[ivx]+")


def words(text: str) -> list[str]:
    """The words of a text in Latin letters without accents, lower case; a word of another script is romanised.

    Args:
        text: anything; only the first 200 characters count.
    """
    return _WORD.findall(latin(text))


def words_with_stops(text: str) -> list[tuple[str, bool]]:
    """The same words, each with whether a full stop follows it: then its end may be cut off.

    Args:
        text: anything; only the first 200 characters count.
    """
    return [(word, bool(stop)) for word, stop in _WORD_AND_STOP.findall(latin(text))]


def as_written(text: str) -> str:
    """Letters and digits of any script with their accents, lower case, without blanks and marks.

    Args:
        text: anything; only the first 200 characters count.
    """
    cut = text[:LONGEST]
    return _MARKS.sub("", cut.lower() if cut.isascii() else unicodedata.normalize("NFKC", cut).casefold())


def latin(text: str) -> str:
    """A text in lower case Latin letters without accents; its marks stay.

    Args:
        text: anything; only the first 200 characters count.
    """
    cut = text[:LONGEST]
    return (cut if cut.isascii() else anyascii(_APOSTROPHES.sub(" ", unicodedata.normalize("NFKC", cut)))).lower()


@lru_cache(maxsize=1 << 18)
def reduce(word: str) -> str:
    """A word without what spellings differ in: ä, ae and a are one, and so are ß, ss and s; Roman numerals stay.

    Args:
        word: lower case letters and digits.
    """
    return word if _ROMAN.fullmatch(word) else _DOUBLED.sub(r"\1", _UMLAUTS.sub(r"\1", word))
