"""Postcodes and places as they are compared."""

import re
from functools import lru_cache

from gcrm.ingest.geocoding.folding.dictionary import Dictionary
from gcrm.ingest.geocoding.folding.keys import street_keys
from gcrm.ingest.geocoding.folding.text import words

_COUNTRY_PREFIX = re.compile(r"^[a-z]{1,3}(?=\d+$)")
_DIGITS = re.compile(r"\d")
_MOST_PLACES = 4


@lru_cache(maxsize=100_000)
def postcode_key(text: str) -> str:
    """A postcode without blanks, hyphens, the country before it ("FL-9490") and the zeros that spreadsheets take away; empty where it holds no digit.

    Args:
        text: what stands in the field.
    """
    key = _COUNTRY_PREFIX.sub("", "".join(words(text)))
    if not _DIGITS.search(key):
        return ""
    return (key.lstrip("0") or "0") if key.isdigit() else key


@lru_cache(maxsize=100_000)
def place_keys(text: str, dictionary: Dictionary) -> tuple[str, ...]:
    """The readings of the name of a place, without a postcode or a district's number in it.

    Args:
        text: what stands in the field.
        dictionary: the words that are abbreviated ("St").
    """
    letters = " ".join(token for token in text[:200].split() if not _DIGITS.search(token))
    return street_keys(letters, dictionary).folded[:_MOST_PLACES]
