"""House numbers as they are written, and as they are compared."""

import re
from dataclasses import dataclass
from functools import lru_cache

from gcrm.ingest.geocoding.folding.dictionary import Dictionary
from gcrm.ingest.geocoding.folding.text import LONGEST, reduce, words

_MOST_DIGITS = 5
_NUMBER = re.compile(r"(?P<base>\d{1,5})(?!\d)(?P<rest>.*)$", re.DOTALL)
_LETTER = re.compile(r"[\s\-/.]*(?P<letter>[a-z]|bis|ter|quater)(?![a-z0-9])[\s,;]*")
_RANGE = re.compile(r"\s*(?:-|to|bis|\+|&|;|,)\s*(?P<end>\d{1,5})\s*(?P<letter>[a-z])?[\s,;]*$")
_FRACTION = re.compile(r"\s+([13]/[234])[\s,;]*$")
_SLASH = re.compile(r"\s*/\s*(?P<part>\d{1,5}[a-z]?)(?:\s*/\s*\d{1,5}[a-z]?)*[\s,;]*$")


@dataclass(frozen=True)
class HouseNumber:
    """A house number in the keys it may be known by.

    Attributes:
        keys: the number itself first ("12/3"), then what it may be a part of or begin with ("12").
        exact: how many of the keys, from the first, name the very building; the others only the building it may belong to.
        base: the leading number; None where it has none.
    """

    keys: tuple[str, ...]
    exact: int
    base: int | None


_NONE = HouseNumber((), 0, None)


@lru_cache(maxsize=200_000)
def parse_number(text: str, dictionary: Dictionary) -> HouseNumber:
    """Reads a house number: "12a", "12 a", "12 bis", "Nr. 12", "12/3", "12 Top 4", "12-14".

    Args:
        text: what stands in the field.
        dictionary: the words before numbers and before parts of a building.
    """
    simple = text[:LONGEST].strip().lower()
    if simple.isascii() and simple.isdigit() and len(simple) <= _MOST_DIGITS:
        key = simple.lstrip("0") or "0"
        return HouseNumber((key,), 1, int(key))
    clean = _without_words(simple, dictionary)
    found = _NUMBER.match(clean)
    if not found:
        key = "".join(words(clean))
        return HouseNumber((key,), 1, None) if any(map(str.isdigit, key)) or 0 < len(key) <= 2 else _NONE  # noqa: PLR2004 - a letter, or two
    base, rest = found["base"].lstrip("0") or "0", found["rest"]
    keys, exact = _with_rest(base, rest, dictionary)
    return HouseNumber(keys, exact, int(base))


def _without_words(text: str, dictionary: Dictionary) -> str:
    """The text from its first digit on, where only a word such as "Nr." stands before it."""
    folded = text if text.isascii() else text.translate(_SIGNS)
    digit = re.search(r"\d", folded)
    if digit and digit.start():
        before = [reduce(word) for word in words(folded[: digit.start()])]
        if "".join(before) in dictionary.numbers or all(word in dictionary.numbers for word in before):
            return folded[digit.start() :]
    return folded


_SIGNS = {ord("–"): "-", ord("—"): "-", ord("½"): " ", ord("º"): " ", ord("°"): " "}  # noqa: RUF001 - the dashes themselves


def _with_rest(base: str, rest: str, dictionary: Dictionary) -> tuple[tuple[str, ...], int]:
    letter = _LETTER.match(rest)
    if letter:
        tail = rest[letter.end() :]
        if tail and reduce(letter["letter"]) in dictionary.units:
            return (base,), 1
        own = base + letter["letter"]
        return ((own,), 1) if not tail or _is_unit(tail, dictionary) else ((own, base), 1)
    return _with_more(base, rest, dictionary)


def _with_more(base: str, rest: str, dictionary: Dictionary) -> tuple[tuple[str, ...], int]:
    """What follows a number and is no letter: a fraction, the end of a range, a part after a slash, a part of the building."""
    if fraction := _FRACTION.match(rest):
        return (f"{base} {fraction[1]}",), 1
    if span := _RANGE.match(rest):
        end = span["end"].lstrip("0") or "0"
        return (f"{base}-{end}", base, end), 3
    if part := _SLASH.match(rest):
        return (f"{base}/{part['part']}", base), 1
    if not rest.strip(" ,;.-") or _is_unit(rest, dictionary):
        return (base,), 1
    more = "".join(words(rest))
    return ((base + more, base) if more else (base,)), 1


def _is_unit(rest: str, dictionary: Dictionary) -> bool:
    """Whether what follows the number names a part of the building."""
    if rest.lstrip(" ,;").startswith("#"):
        return True
    first = words(rest)[:2]
    return any(reduce(word) in dictionary.units for word in first)
