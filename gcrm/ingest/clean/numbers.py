"""Numbers and money as people write them: 1,234.50 and 1.234,50 and 1 234,50 and (12.00)."""

import numpy as np
import pandas as pd

from gcrm.ingest.clean.result import Cleaned, reasons
from gcrm.ingest.clean.text import tidy

_NUMBER = r"^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$"
_DECIMAL = r"^[+-]?(?:\d+\.?\d*|\.\d+)$"
_PLAIN_NUMBER = r"^-?\d+(?:\.\d+)?$"
_PLAIN_AMOUNT = r"^(?:-?[1-9]\d*|0)\.\d{2}$"
"""As most values of a file stand; they cost one look."""
_AMOUNT = r"^([+-]?)0*(\d*)(?:\.(\d*))?$"
_GROUPED = "|".join(rf"\d{{1,3}}(?:{mark}\d{{2,3}})*{mark}\d{{3}}(?:{point}\d*)?" for mark, point in (("'", "[.,]"), (r"\.", ","), (",", r"\.")))
_WRITTEN = rf"^[+-]?(?:\d*[.,]?\d*(?:[eE][+-]?\d+)?|{_GROUPED})$"
"""A number whose thousands, where they are grouped at all, are grouped by one mark: in threes, or as in India."""


def _decimal_point(value: pd.Series) -> pd.Series:
    """The same number with a point as decimal mark and nothing between thousands.

    Of two kinds of mark the last one is the decimal mark; one mark that comes more than once groups thousands; a single
    comma is the decimal mark unless exactly three digits follow it and at most three, not zero, stand before it.
    Missing where it is not written like a number: a date such as 12.05.2024 groups nothing.
    """
    value = value.str.replace("\u2212", "-", regex=False).str.replace(r"^\(\s*(.*?)\s*\)$", r"-\1", regex=True).str.replace(r"^([+-])\s+", r"\1", regex=True)
    value = value.str.replace(r"[\s\u2019\u00a0\u202f]", "'", regex=True)
    value = value.where(value.str.match(_WRITTEN).fillna(value=False)).str.replace("'", "", regex=False)
    point, comma = value.str.rfind("."), value.str.rfind(",")
    both = (point >= 0) & (comma >= 0)
    points, commas = value.str.count(r"\."), value.str.count(",")
    grouped = value.str.match(r"^[+-]?[1-9]\d{0,2}(?:,\d{3})+$")
    no_comma = value.str.replace(",", "", regex=False)
    no_point = value.str.replace(".", "", regex=False)
    result = value.mask(both & (point > comma), no_comma)
    result = result.mask(both & (comma > point), no_point.str.replace(",", ".", regex=False))
    result = result.mask(~both & (commas > 1), no_comma)
    result = result.mask(~both & (commas == 1), value.str.replace(",", ".", regex=False))
    result = result.mask(~both & grouped, no_comma)
    return result.mask(~both & (points > 1), no_point)


def number(raw: pd.Series, _format: str | None = None) -> Cleaned:
    """Numbers as Float64; refused is what is no finite number.

    Args:
        raw: text.
    """
    given = tidy(raw)
    plain = given.str.match(_PLAIN_NUMBER).fillna(value=False)
    value = given.where(plain, _decimal_point(given[~plain]))
    valid = value.str.match(_NUMBER).fillna(value=False)
    parsed = pd.to_numeric(value.where(valid), errors="coerce").astype("Float64")
    finite = pd.Series(np.isfinite(parsed.to_numpy(dtype=float, na_value=np.nan)), index=raw.index)
    return Cleaned(parsed.where(finite), reasons(given.notna() & ~finite, "is not a number"))


def money(raw: pd.Series, _format: str | None = None) -> Cleaned:
    """Amounts as text with two digits after the point, so that no binary fraction touches them.

    More digits are accepted where they are zeros; others are refused, since rounding would change the amount.

    Args:
        raw: text; a currency sign before or after the number is dropped.
    """
    given = tidy(raw)
    plain = given.str.match(_PLAIN_AMOUNT).fillna(value=False)
    rest = _amounts(given[~plain])
    return Cleaned(given.where(plain, rest.clean), rest.reasons.reindex(raw.index))


def _amounts(given: pd.Series) -> Cleaned:
    value = _decimal_point(given.str.replace(r"^([+-]?)[€$£¥₩]\s*|\s*[€$£¥₩]$", r"\1", regex=True))
    parts = value.str.extract(_AMOUNT)
    sign, whole, fraction = (parts[column].fillna("") for column in range(3))
    exact = value.str.match(_DECIMAL).fillna(value=False)
    cents = fraction.str.slice(0, 2).str.pad(2, side="right", fillchar="0")
    fine = fraction.str.slice(2).str.strip("0") == ""
    amount = sign.str.replace("+", "", regex=False) + whole.where(whole != "", "0") + "." + cents
    amount = amount.where(amount != "-0.00", "0.00")
    problem = reasons(given.notna() & ~exact, "is not an amount of money")
    problem = problem.mask(exact & ~fine, "has more than two digits after the point; round it first")
    return Cleaned(amount.where(exact & fine), problem)
