"""What a header says: how far it names a field, in the languages of `words/headers.yaml`."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import NamedTuple

from anyascii import anyascii
from rapidfuzz import fuzz

from gcrm.frames import ObjectType
from gcrm.ingest.words import words

_CLOSE_ENOUGH = 93.0
"""Percent; "county" and "country" are 92 percent alike."""
_WITH_QUALIFIER = 0.95
"""What a header is worth that names the field beside whose it is: billing_street, cust_name."""
_NUMBERED = 0.9
"""What the second of several columns is worth, such as phone2."""
_GENERIC = 0.75
"""What a header is worth that says it is an identifier or a name, of something unknown."""
_SHORTEST_QUALIFIER, _SHORTEST_REST = 3, 4
"""Letters of a qualifier and of the name beside it, where nothing stands between them: STRCITY."""
_SHORTEST_ALIKE = 5
"""Letters: shorter words are too like each other for a misspelling to be told from another word."""


class HeaderMatch(NamedTuple):
    """How far a header names a field (0 to 1), and the name that it is taken for."""

    score: float
    name: str
    own: bool


def plain(header: str) -> str:
    """A header as compared: Latin letters without accents in lower case, letters of other scripts as they are, digits; nothing else."""
    folded = "".join(anyascii(letter) if _is_latin(letter) else letter for letter in unicodedata.normalize("NFKC", header))
    return re.sub(r"[\W_]", "", folded.lower())


def _is_latin(letter: str) -> bool:
    return ord(letter) < 0x250 or 0x1E00 <= ord(letter) < 0x1F00 or 0x300 <= ord(letter) < 0x370  # noqa: PLR2004 - the Latin blocks of Unicode


def is_telling(header: str) -> bool:
    """Whether a header says anything, so that values alone should not overrule it: not so for "column 3", "A" and "Unnamed: 2"."""
    bare = plain(header)
    return not re.fullmatch(
        r"(?:column|col|spalte|colonne|colonna|columna|coluna|kolom|sarake|kolumn|kolonne|kolumna|sloupec|field|feld|unnamed|var|v|c|x|열|列|컬럼|f)?\d*|[a-z]{1,2}",
        bare,
    )


def is_other(header: str) -> bool:
    """Whether a header names something that is no field of ours, however much its values look like one: a fax number, a birth date."""
    return plain(header) in _others()


@cache
def _known(object_type: ObjectType) -> dict[str, dict[str, tuple[str, bool]]]:
    """Per field its plain names, with the name as it is written and whether it is the field's own."""
    lists: dict[str, list[str]] = words("headers")["fields"]
    fields = [(field.name, (field.name, *field.names)) for field in object_type.fields]
    if "longitude" in object_type.field_names:
        fields.append(("position", ("position",)))
    found: dict[str, dict[str, tuple[str, bool]]] = {}
    for name, declared in fields:
        own = {plain(each): (each, True) for each in declared[:1]}
        others = [*declared[1:], *lists.get(f"{object_type.name}.{name}", ()), *lists.get(name, ())]
        found[name] = {plain(each): (each, False) for each in reversed(others)} | own
    return found


@cache
def _qualifiers() -> frozenset[str]:
    return frozenset(plain(word) for word in words("headers")["qualifiers"])


@cache
def _others() -> frozenset[str]:
    return frozenset(plain(word) for word in words("headers")["others"])


def _tokens(header: str) -> list[str]:
    spaced = re.sub(r"(?<=[a-zà-ÿ0-9])(?=[A-ZÀ-Ý])|(?<=[A-Z])(?=[A-Z][a-z])", " ", header)
    return [token for part in re.split(r"[\W_]+", spaced) if (token := plain(part))]


def _variants(header: str) -> Iterable[tuple[str, float]]:
    """Plain forms of a header, with what each is worth: whole; without words that say whose it is; without a number behind."""
    yield plain(header), 1.0
    tokens = _tokens(header)
    for start in range(len(tokens)):
        for end in range(len(tokens), start, -1):
            dropped = [*tokens[:start], *tokens[end:]]
            if dropped and all(token in _qualifiers() for token in dropped):
                yield "".join(tokens[start:end]), _WITH_QUALIFIER
    yield from _without_qualifier(plain(header))
    numbered = re.sub(r"0?[2-9]$", "", plain(header))
    first = re.sub(r"0?1$", "", plain(header))
    if numbered != plain(header):
        yield numbered, _NUMBERED / 2
    if first != plain(header):
        yield first, _WITH_QUALIFIER
        for start in range(1, len(tokens)):
            if all(token in _qualifiers() for token in tokens[:start]):
                yield re.sub(r"0?1$", "", "".join(tokens[start:])), _NUMBERED


def _without_qualifier(header: str) -> Iterable[tuple[str, float]]:
    """A plain header without a word of whose it is, where nothing stands between the two: STRCITY."""
    for word in _qualifiers():
        if len(word) < _SHORTEST_QUALIFIER:
            continue
        for rest in (header.removeprefix(word), header.removesuffix(word)):
            if _SHORTEST_REST <= len(rest) < len(header):
                yield rest, _NUMBERED


@lru_cache(10_000)
def matches(object_type: ObjectType, header: str) -> dict[str, HeaderMatch]:
    """How far a header names each field of an object.

    A name of the field or one that the word lists have for it counts 1; with a word about whose it is 0.95; a misspelling its
    similarity (Levenshtein, from 0.93 on). The second of several numbered columns counts less than the first.

    Args:
        object_type: whose fields.
        header: as it stands in the file.

    Returns:
        Field to match, for the fields that it may name.
    """
    if is_other(header):
        return {}
    found: dict[str, HeaderMatch] = {}
    variants = list(_variants(header))
    for field, names in _known(object_type).items():
        best = HeaderMatch(0, "", own=False)
        for variant, worth in variants:
            if variant in names:
                name, own = names[variant]
                best = max(best, HeaderMatch(worth, name, own and worth == 1))
        if best.score == 0 and len(variants[0][0]) >= _SHORTEST_ALIKE:
            best = max((HeaderMatch(fuzz.ratio(variants[0][0], known) / 100, name, own=False) for known, (name, _) in names.items()), default=best)
            best = best if best.score * 100 >= _CLOSE_ENOUGH else HeaderMatch(0, "", own=False)
        if best.score:
            found[field] = best
    return found or _generic(object_type, header)


def _generic(object_type: ObjectType, header: str) -> dict[str, HeaderMatch]:
    """A match of "station_id" or "codigo_ibge" with the record's own key, and of "station_name" with its name: whose it is, is unknown."""
    tokens = _tokens(header)
    kinds = {kind for kind, names in words("headers")["generic"].items() for name in names if len(tokens) > 1 and plain(name) in (tokens[0], tokens[-1])}
    found = {}
    if "key" in kinds and len(object_type.key) == 1:
        found[object_type.key[0]] = HeaderMatch(_GENERIC, " ".join(tokens), own=False)
    if "name" in kinds and "name" in object_type.field_names:
        found["name"] = HeaderMatch(_GENERIC, " ".join(tokens), own=False)
    return found
