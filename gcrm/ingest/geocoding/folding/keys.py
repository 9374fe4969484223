"""The keys under which a street is looked for: as it is written, with its abbreviations folded, and without its type."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice, product

from gcrm.ingest.geocoding.folding.dictionary import Dictionary
from gcrm.ingest.geocoding.folding.text import as_written, reduce, words_with_stops

_MOST_READINGS = 24
_SHORTEST_STEM = 3


@dataclass(frozen=True)
class StreetKeys:
    """The keys of one street name.

    Attributes:
        plain: its letters and digits as written, accents included, in lower case and without blanks.
        folded: readings of it with abbreviations expanded, without small words and blanks; an abbreviation may stand for several words.
        stems: the same without the type of street; where the name is nothing but a type, the type.
        kinds: the types of street in it; empty where it names none.
        stem_words: the words of the first stem.
    """

    plain: str
    folded: tuple[str, ...]
    stems: tuple[str, ...]
    kinds: frozenset[str]
    stem_words: tuple[str, ...]


_NOTHING = StreetKeys("", (), (), frozenset(), ())


@lru_cache(maxsize=1 << 17)
def street_keys(text: str, dictionary: Dictionary) -> StreetKeys:
    """The keys of a street name; empty ones where it holds neither letter nor digit.

    Args:
        text: the name, without a house number.
        dictionary: the words that are abbreviated.
    """
    tokens = words_with_stops(text)
    if not tokens:
        return _NOTHING
    options = list(_expanded([reduce(token) for token, _ in tokens], [stop for _, stop in tokens], dictionary))
    readings = [tuple(chain.from_iterable(reading)) for reading in islice(product(*options), _MOST_READINGS)]
    told = [_without(dictionary.stopwords, reading) for reading in readings]
    stems = [_without(dictionary.types, reading) for reading in told]
    kinds = dictionary.types.intersection(chain.from_iterable(told))
    return StreetKeys(as_written(text), _distinct(told), _distinct(stems), kinds, stems[0])


def _without(small: frozenset[str], reading: tuple[str, ...]) -> tuple[str, ...]:
    """A reading without some words; whole where it has no others."""
    return reading if small.isdisjoint(reading) else tuple(word for word in reading if word not in small) or reading


def _distinct(readings: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys("".join(reading) for reading in readings))


def _expanded(tokens: list[str], stops: list[bool], dictionary: Dictionary) -> Iterator[list[tuple[str, ...]]]:
    """For each word or abbreviated phrase, the words it may stand for."""
    position = 0
    while position < len(tokens):
        for length in range(min(dictionary.longest_from.get(tokens[position], 0), len(tokens) - position), 0, -1):
            found = dictionary.expansions.get(tuple(tokens[position : position + length]))
            if found:
                itself: list[tuple[str, ...]] = [(tokens[position],)] if length == 1 and tokens[position] in dictionary.stopwords else []
                yield itself + [(form,) for form in found]
                break
        else:
            length = 1
            yield _split(tokens[position], dictionary, cut=stops[position])
        position += length


@lru_cache(maxsize=1 << 18)
def _split(token: str, dictionary: Dictionary, *, cut: bool) -> list[tuple[str, ...]]:
    """A compound such as "bahnhofstr" as its stem and its type; where a full stop cuts it, also "annank.", as one."""
    for length in dictionary.suffix_lengths:
        if len(token) >= length + _SHORTEST_STEM:
            types = dictionary.suffixes.get(token[-length:])
            if types:
                return [(token[:-length], form) for form in types]
    if cut and len(token) > _SHORTEST_STEM:
        return [(token,), *((token[:-1], form) for form in dictionary.initials.get(token[-1], ()))]
    return [(token,)]
