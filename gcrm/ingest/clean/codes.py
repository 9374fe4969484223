"""Values out of a short list: codes, currencies, countries, yes and no."""

import pandas as pd

from gcrm.ingest.clean.result import Cleaned, reasons
from gcrm.ingest.clean.text import tidy

_YES = {"true", "t", "yes", "y", "1", "ja", "oui", "si", "sí", "x"}
_NO = {"false", "f", "no", "n", "0", "nein", "non"}


def code(raw: pd.Series, _format: str | None = None) -> Cleaned:
    """Lower-case codes; whether one is allowed is the contract's matter.

    Args:
        raw: text.
    """
    return Cleaned(tidy(raw).str.lower(), pd.Series(pd.NA, index=raw.index, dtype="string"))


def currency(raw: pd.Series, _format: str | None = None) -> Cleaned:
    """ISO 4217 codes, upper case.

    Args:
        raw: text.
    """
    value = tidy(raw).str.upper()
    bad = value.notna() & ~value.str.match(r"^[A-Z]{3}$").fillna(value=True)
    return Cleaned(value.mask(bad), reasons(bad, "is not a currency code of three letters (ISO 4217)"))


def country(raw: pd.Series, _format: str | None = None) -> Cleaned:
    """ISO 3166-1 alpha-2 codes, upper case.

    Args:
        raw: text.
    """
    value = tidy(raw).str.upper()
    bad = value.notna() & ~value.str.match(r"^[A-Z]{2}$").fillna(value=True)
    return Cleaned(value.mask(bad), reasons(bad, "is not a country code of two letters (ISO 3166-1); put names and other codes under `codes` in the mapping"))


def flag(raw: pd.Series, _format: str | None = None) -> Cleaned:
    """Yes or no as boolean.

    Args:
        raw: text, such as true, yes, 1, ja, x.
    """
    given = tidy(raw).str.lower()
    value = given.map({**dict.fromkeys(_YES, True), **dict.fromkeys(_NO, False)}).astype("boolean")
    return Cleaned(value, reasons(given.notna() & value.isna(), "is neither yes nor no"))
