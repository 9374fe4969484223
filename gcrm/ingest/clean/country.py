"""Countries: ISO 3166-1 codes of two letters, three letters or three digits, and names in the languages of CLDR, become alpha-2 codes."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache

import pandas as pd
from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.localedata import locale_identifiers
from rapidfuzz import fuzz, process

from gcrm.ingest.clean.result import PLAIN, Cleaned, Context, nothing, on_distinct
from gcrm.ingest.clean.text import narrow, tidy
from gcrm.ingest.words import FIRST_LANGUAGES, words

_LANGUAGES = (*FIRST_LANGUAGES, "ko", "ja", "zh", "zh_Hant", "ar")
"""Languages whose names are looked at first; the names of the others are loaded when these do not know a value."""

_NO_COUNTRIES = frozenset({"EU", "EZ", "UN", "ZZ", "XA", "XB", "QO", "AC", "CP", "DG", "EA", "IC", "TA", "CQ"})
"""Two letters that CLDR names, but ISO 3166-1 does not assign."""

_REASON = "is not a country (ISO 3166-1 code, or its name in any language)"
_ALIKE = 80.0
"""Percent: from here on a similar name is put forward as a suggestion; nothing is replaced by it."""
_SHORTEST_NAME = 4
"""Letters: the shortest names of countries (Peru, Oman); below, everything is like something."""
_CACHED = 20_000


def _plain(name: str) -> str:
    """A name as compared: no case, no accents on Latin letters, no signs."""
    bare = "".join(letter for letter in unicodedata.normalize("NFD", name.casefold()) if not 0x300 <= ord(letter) < 0x370)  # noqa: PLR2004 - combining accents
    return unicodedata.normalize("NFC", re.sub(r"[\W_]+", "", bare))


@cache
def codes() -> frozenset[str]:
    """The alpha-2 codes of all countries."""
    names = Locale("en").territories
    return frozenset(code for code in map(str, names) if re.fullmatch(r"[A-Z]{2}", code)) - _NO_COUNTRIES


@cache
def _other_codes() -> Mapping[str, str]:
    """Alpha-3 and numeric codes, to alpha-2; codes of countries that were split stand for none."""
    aliases: Mapping[str, list[str]] = get_global("territory_aliases")
    return {old: new[0] for old, new in aliases.items() if len(old) == 3 and len(new) == 1 and new[0] in codes()}  # noqa: PLR2004 - three characters


def _names(locales: Iterable[str]) -> dict[str, frozenset[str]]:
    """Plain names in these languages, to the countries that bear them."""
    found: dict[str, frozenset[str]] = {}
    for identifier in locales:
        try:
            territories = Locale.parse(identifier).territories
        except (UnknownLocaleError, ValueError):
            continue
        for code, name in territories.items():
            country = code.partition("-")[0]
            if country in codes() and (plain := _plain(name)):
                found[plain] = found.get(plain, frozenset()) | {country}
    return found


@cache
def _first_names() -> dict[str, frozenset[str]]:
    known = words("countries")
    aliases = {_plain(name): frozenset({code}) for code, names in known["aliases"].items() for name in names}
    shared = {_plain(name): frozenset(several) for name, several in known["shared"].items()}
    return _names(_LANGUAGES) | aliases | shared


@cache
def _all_names() -> dict[str, frozenset[str]]:
    return _names(each for each in locale_identifiers() if "_" not in each) | _first_names()


def english_name(code: str) -> str:
    """The name of a country in English, for messages."""
    return str(Locale("en").territories.get(code, code))


@lru_cache(_CACHED)
def candidates(text: str) -> frozenset[str]:
    """The countries that a text may mean: codes first, then names; several where a name is not one country's alone."""
    upper = text.strip().upper()
    if upper in codes():
        return frozenset({upper})
    for known in (upper.zfill(3) if upper.isdecimal() else upper, re.sub(r"\.0+$", "", upper).zfill(3)):
        if known in _other_codes():
            return frozenset({_other_codes()[known]})
    plain = _plain(text)
    return _first_names().get(plain) or _all_names().get(plain) or frozenset()


def is_well_known(text: str) -> bool:
    """Whether a text is a country's code or its name in one of the languages that are looked at first, and no other country's."""
    upper = text.strip().upper()
    return upper in codes() or upper in _other_codes() or len(_first_names().get(_plain(text), ())) == 1


@lru_cache(_CACHED)
def _reason(text: str) -> str:
    several = sorted(candidates(text))
    if several:
        names = " or ".join(f"{english_name(code)} ({code})" for code in several)
        return f"may be {names}; put it under `codes` in the mapping"
    plain = _plain(text)
    best = process.extractOne(plain, list(_first_names()), scorer=fuzz.ratio, score_cutoff=_ALIKE) if len(plain) >= _SHORTEST_NAME else None
    if best and len(meant := _first_names()[best[0]]) == 1:
        code = next(iter(meant))
        return f"{_REASON}; did you mean {english_name(code)} ({code})? Put it under `codes` in the mapping"
    return f"{_REASON}; put it under `codes` in the mapping"


def _one(text: str) -> str | None:
    meant = candidates(text)
    return next(iter(meant)) if len(meant) == 1 else None


def country(raw: pd.Series, _context: Context = PLAIN) -> Cleaned:
    """ISO 3166-1 alpha-2 codes, upper case.

    Args:
        raw: text: a code, or a name in any language of CLDR, or one of the usual aliases (UK, USA, Holland, Südkorea).
    """
    value = tidy(raw)
    quick = value.isin(codes())
    rest = narrow(value[value.notna() & ~quick])
    problems = nothing(raw.index)
    if len(rest):
        value = value.copy()
        value[rest.index] = on_distinct(rest, _one)
        bad = rest[value[rest.index].isna()]
        problems[bad.index] = on_distinct(bad, _reason)
    return Cleaned(value, problems)
