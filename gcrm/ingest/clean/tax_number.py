"""Numbers under which a company or a person pays taxes, checked with their check digits by python-stdnum."""

import importlib
import re
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import pandas as pd
from stdnum import get_cc_module
from stdnum.eu.vat import MEMBER_STATES
from stdnum.exceptions import ValidationError

from gcrm.ingest.clean.result import PLAIN, Cleaned, Context, nothing
from gcrm.ingest.clean.text import narrow, tidy

_EUROPE = MappingProxyType({**{state.upper(): state for state in MEMBER_STATES}, "EL": "gr", "GB": "gb", "CHE": "ch"})
"""What a VAT number begins with, and the country whose number it is (XI: Northern Ireland)."""

_OTHERS = MappingProxyType(
    {
        "ar": ("cuit", "dni"),
        "at": ("tin",),
        "au": ("tfn",),
        "be": ("nn",),
        "bg": ("egn",),
        "br": ("cpf",),
        "ca": ("sin",),
        "ch": ("uid",),
        "cl": ("rut",),
        "cn": ("uscc",),
        "cz": ("dic",),
        "de": ("stnr", "idnr"),
        "dk": ("cpr",),
        "ee": ("ik", "registrikood"),
        "es": ("nif", "cif", "nie"),
        "fi": ("ytunnus", "hetu"),
        "fr": ("siren", "siret", "nif", "tva"),
        "gb": ("utr",),
        "id": ("npwp",),
        "in": ("pan",),
        "is": ("kennitala", "vsk"),
        "it": ("codicefiscale",),
        "jp": ("cn", "in_"),
        "kr": ("brn",),
        "li": ("peid",),
        "mc": ("tva",),
        "my": ("nric",),
        "no": ("orgnr", "mva"),
        "nl": ("bsn",),
        "pl": ("nip", "pesel", "regon"),
        "pt": ("cc",),
        "ro": ("cui", "cnp"),
        "se": ("orgnr", "personnummer"),
        "sg": ("uen",),
        "si": ("emso",),
        "sk": ("rc",),
        "th": ("tin",),
        "tr": ("tckimlik", "vkn"),
        "tw": ("ubn",),
        "ua": ("edrpou", "rntrc"),
        "us": ("ein", "tin"),
        "vn": ("mst",),
        "za": ("tin",),
    }
)
"""Other numbers of a country that stand in such a column: modules of stdnum, the likelier first."""

_PREFIX = re.compile(r"^(?P<code>CHE|[A-Z]{2})[\s.-]?(?=[\dA-Z])")
_LABEL = re.compile(
    r"^(?:ust[.-]?\s?-?id(?:ent)?(?:[.-]?\s?nr)?|uid(?:[.-]?\s?nr)?|mwst(?:[.-]?\s?nr)?|vat(?:\s(?:no|number|id|reg))*|tva"
    r"|p\.?\s?iva|partita iva|nif|cif|nip|ico|dič|ein|tax\sid)[.:\s#]+",
    re.IGNORECASE,
)
_CACHED = 200_000


class _Answer(NamedTuple):
    value: str
    reason: str | None


@cache
def _modules(country: str) -> tuple[Any, ...]:
    """What checks the numbers of a country (lower case), its VAT number first."""
    found: list[Any] = [get_cc_module(country, "vat")]
    for name in _OTHERS.get(country, ()):
        package = f"{country}_" if country in {"in", "is", "do"} else country
        try:
            found.append(importlib.import_module(f"stdnum.{package}.{name}"))
        except ImportError:  # the set of modules grows with the versions of the library
            continue
    return tuple(dict.fromkeys(module for module in found if module is not None))


def _checked(module: Any, text: str) -> str | None:  # noqa: ANN401 - a module of stdnum
    try:
        value: str = module.validate(text)
    except ValidationError:
        return None
    return value


@lru_cache(_CACHED)
def _read(text: str, country: str) -> _Answer:
    """A number in compact form; of a VAT number of Europe with the letters of its country."""
    number = _LABEL.sub("", text).upper()
    prefix = _PREFIX.match(number)
    if prefix and prefix["code"] in _EUROPE:
        state = _EUROPE[prefix["code"]]
        module = get_cc_module(state, "vat")
        value = _checked(module, number) if module else None
        if value is not None:
            return _Answer(value if value.startswith(prefix["code"]) else prefix["code"] + value, None)
    for module in _modules(country.lower()):
        value = _checked(module, number)
        if value is not None:
            europe = module.__name__ == f"stdnum.eu.{country.lower()}" or (module is get_cc_module(country.lower(), "vat") and country.lower() in MEMBER_STATES)
            code = "EL" if country == "GR" else country
            return _Answer(code + value if europe and not value.startswith(code) else value, None)
    if prefix and prefix["code"] in _EUROPE:
        return _Answer(text, f"is not a valid tax number of {_EUROPE[prefix['code']].upper()}: a digit is wrong, missing or too much")
    if country and _modules(country.lower()):
        return _Answer(text, f"is not a valid tax number of {country}")
    return _Answer(text, None)


def tax_number(raw: pd.Series, context: Context = PLAIN) -> Cleaned:
    """Tax numbers in compact form, VAT numbers of Europe with the letters of their country; what is not valid keeps its text.

    A number without letters of a country whose record has none, or of a country whose numbers nobody here knows, is kept as it is.

    Args:
        raw: text.
        context: country of the records.
    """
    value = narrow(tidy(raw))
    given = value.dropna()
    problems = nothing(raw.index)
    if len(given):
        countries = context.country.reindex(given.index).astype("string").fillna("") if context.country is not None else pd.Series("", index=given.index)
        read = [_read(text, country) for text, country in zip(given, countries, strict=True)]
        value = value.copy()
        value[given.index] = pd.array([answer.value for answer in read], dtype="string")
        problems[given.index] = pd.array([answer.reason for answer in read], dtype="string")
    return Cleaned(value, problems)
