"""Countries: ISO 3166-1 codes of two letters, three letters or three digits, and names in the languages of CLDR, become alpha-2 codes."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from types import MappingProxyType

import pandas as pd
from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.localedata import locale_identifiers
from rapidfuzz import fuzz, process

from gcrm.ingest.clean.result import PLAIN, Cleaned, Context, nothing, on_distinct
from gcrm.ingest.clean.text import narrow, tidy

_FIRST_LANGUAGES = (
    "en",
    "de",
    "fr",
    "it",
    "es",
    "pt",
    "nl",
    "fi",
    "sv",
    "da",
    "nb",
    "pl",
    "cs",
    "sk",
    "hu",
    "ro",
    "hr",
    "sl",
    "el",
    "tr",
    "ru",
    "uk",
    "ko",
    "ja",
    "zh",
    "zh_Hant",
    "ar",
)
"""Languages whose names are looked at first; the names of the others are loaded when these do not know a value."""

_NO_COUNTRIES = frozenset({"EU", "EZ", "UN", "ZZ", "XA", "XB", "QO", "AC", "CP", "DG", "EA", "IC", "TA", "CQ"})
"""Two letters that CLDR names, but ISO 3166-1 does not assign."""

_ALIASES = MappingProxyType({
    "UK": "GB", "EL": "GR", "XI": "GB", "U.K.": "GB", "Great Britain": "GB", "Britain": "GB", "England": "GB", "Scotland": "GB", "Wales": "GB", "Northern Ireland": "GB",
    "Grossbritannien": "GB", "Großbritannien": "GB", "Grande-Bretagne": "GB", "Gran Bretagna": "GB", "Gran Bretaña": "GB", "Inghilterra": "GB", "Angleterre": "GB",
    "Inglaterra": "GB", "Engeland": "GB", "Schottland": "GB", "Écosse": "GB", "Storbritannien": "GB", "Iso-Britannia": "GB", "Englanti": "GB", "Wielka Brytania": "GB", "Anglia": "GB",
    "Velká Británie": "GB", "Anglie": "GB", "영국": "GB", "イギリス": "GB", "英国": "GB",
    "USA": "US", "U.S.A.": "US", "U.S.": "US", "United States of America": "US", "America": "US", "Estados Unidos de América": "US", "EE.UU.": "US", "EEUU": "US", "EUA": "US",
    "Etats-Unis d'Amérique": "US", "Vereinigte Staaten von Amerika": "US", "Stati Uniti d'America": "US", "VSA": "US", "Yhdysvallat": "US", "Stany Zjednoczone Ameryki": "US",
    "미국": "US", "米国": "US", "アメリカ": "US", "美国": "US",
    "Holland": "NL", "Hollande": "NL", "Olanda": "NL", "Holanda": "NL", "Hollanti": "NL", "Holandia": "NL", "Holandsko": "NL", "The Netherlands": "NL", "オランダ": "NL",
    "Suisse": "CH", "Schweiz": "CH", "Svizzera": "CH", "Svizra": "CH", "Swiss": "CH", "Helvetia": "CH", "Schweizerische Eidgenossenschaft": "CH", "Swiss Confederation": "CH",
    "BRD": "DE", "Bundesrepublik Deutschland": "DE", "Federal Republic of Germany": "DE", "Allemagne": "DE", "FL": "LI", "Fürstentum Liechtenstein": "LI",
    "Republik Österreich": "AT", "Autriche": "AT", "South Korea": "KR", "S. Korea": "KR", "Republic of Korea": "KR", "Korea, Republic of": "KR", "Korea (South)": "KR", "Korea South": "KR",
    "Südkorea": "KR", "Rep. of Korea": "KR", "대한민국": "KR", "한국": "KR", "남한": "KR", "韓国": "KR", "韩国": "KR", "North Korea": "KP", "DPRK": "KP", "북한": "KP",
    "Czech Republic": "CZ", "Tschechische Republik": "CZ", "Česká republika": "CZ", "Tschechei": "CZ", "Slovak Republic": "SK", "Slovenská republika": "SK",
    "Russian Federation": "RU", "Russische Föderation": "RU", "Российская Федерация": "RU", "UAE": "AE", "U.A.E.": "AE", "Emirates": "AE", "KSA": "SA", "PRC": "CN", "P.R. China": "CN",
    "People's Republic of China": "CN", "Mainland China": "CN", "Volksrepublik China": "CN", "ROC": "TW", "Taiwan, Province of China": "TW", "Chinese Taipei": "TW", "Hong Kong": "HK",
    "Hongkong": "HK", "Macau": "MO", "Macao": "MO", "Viet Nam": "VN", "Burma": "MM", "Birma": "MM", "Ivory Coast": "CI", "Côte d'Ivoire": "CI", "Cote d Ivoire": "CI", "Elfenbeinküste": "CI",
    "Swaziland": "SZ", "Macedonia": "MK", "FYROM": "MK", "Mazedonien": "MK", "Cape Verde": "CV", "Kap Verde": "CV", "East Timor": "TL", "Turkey": "TR", "Türkei": "TR", "Vatican": "VA",
    "Holy See": "VA", "Vatikan": "VA", "Vaticano": "VA", "DR Congo": "CD", "DRC": "CD", "Zaire": "CD", "Democratic Republic of the Congo": "CD", "Congo, Democratic Republic of the": "CD",
    "Republic of the Congo": "CG", "Congo-Brazzaville": "CG", "Congo-Kinshasa": "CD", "Persia": "IR", "Iran, Islamic Republic of": "IR", "Syrian Arab Republic": "SY",
    "Moldova, Republic of": "MD", "Republic of Moldova": "MD", "Tanzania, United Republic of": "TZ", "Venezuela, Bolivarian Republic of": "VE", "Bolivia, Plurinational State of": "BO",
    "Lao People's Democratic Republic": "LA", "Brunei Darussalam": "BN", "Micronesia, Federated States of": "FM", "Palestine": "PS", "Kosovo": "XK", "Republic of Ireland": "IE", "Eire": "IE",
    "Éire": "IE", "White Russia": "BY", "Weißrussland": "BY", "Weissrussland": "BY", "Biélorussie": "BY", "Luxemburg": "LU", "Luxembourg": "LU", "Suomi": "FI", "Sverige": "SE", "Norge": "NO",
    "Danmark": "DK", "Polska": "PL", "Magyarország": "HU", "España": "ES", "Deutschland": "DE", "Österreich": "AT", "Italia": "IT", "Nederland": "NL", "België": "BE", "Belgique": "BE",
    "A": "AT", "B": "BE", "D": "DE", "E": "ES", "F": "FR", "H": "HU", "I": "IT", "L": "LU", "N": "NO", "P": "PT", "S": "SE",
})  # fmt: skip
"""What people write and no list has, and names that are one country's for certain although another language gives them to two."""

_SEVERAL = MappingProxyType({name: frozenset({"KR", "KP"}) for name in ("Korea", "Corea", "Corée", "Coreia", "Kórea", "Korean", "한반도")} | {
    name: frozenset({"CG", "CD"}) for name in ("Congo", "Kongo", "The Congo")
} | {name: frozenset({"IE", "GB"}) for name in ("British Isles",)})  # fmt: skip
"""Names that two countries share, whatever a language makes of them."""

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
    return frozenset(code for code in names if re.fullmatch(r"[A-Z]{2}", code)) - _NO_COUNTRIES


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
def _first_names() -> Mapping[str, frozenset[str]]:
    return (
        _names(_FIRST_LANGUAGES)
        | {_plain(name): frozenset({code}) for name, code in _ALIASES.items()}
        | {_plain(name): several for name, several in _SEVERAL.items()}
    )


@cache
def _all_names() -> Mapping[str, frozenset[str]]:
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
