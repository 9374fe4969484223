"""Numbers as people write them: 1,234.50 and 1.234,50 and 1 234,50 and (12.00); what a single mark means is decided by the whole column."""

import re

import numpy as np
import pandas as pd

from gcrm.ingest.clean.result import PLAIN, Cleaned, Context, found, nothing, reasons
from gcrm.ingest.clean.text import narrow, tidy
from gcrm.ingest.clean.units import split_unit

PLAIN_NUMBER = r"-?\d{1,300}(?:\.\d{1,300})?"
"""As most values of a file stand; they cost one look. Its length keeps them finite."""
_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_GROUPED = "|".join(rf"\d{{1,3}}(?:{mark}\d{{2,3}})*{mark}\d{{3}}(?:{point}\d*)?" for mark, point in (("'", "[.,]"), (r"\.", ","), (",", r"\.")))
_WRITTEN = rf"[+-]?(?:\d*[.,]?\d*(?:[eE][+-]?\d+)?|{_GROUPED})"
"""A number whose thousands, where they are grouped at all, are grouped by one mark: in threes, or as in India."""

_COMMA_IS_DECIMAL = r".*\.\d{3},\d*|.*,(?:\d{1,2}|\d{4,})|[+-]?0*,\d+|[+-]?\d{4,},\d+|[+-]?\d{1,3}(?:\.\d{3}){2,}|.*[' ]\d{3},\d*"
_POINT_IS_DECIMAL = r".*,\d{3}\.\d*|.*\.(?:\d{1,2}|\d{4,})|[+-]?0*\.\d+|[+-]?\d{4,}\.\d+|[+-]?\d{1,3}(?:,\d{3}){2,}|.*[' ]\d{3}\.\d*"
_COULD_BE_THOUSANDS = r"[+-]?[1-9]\d{0,2}[.,]\d{3}"


def _usual_signs(value: pd.Series) -> pd.Series:
    """Minus signs and brackets as "-", blanks and apostrophes between thousands as "'"; missing where it is not written like a number."""
    value = value.str.replace("\u2212", "-", regex=False).str.replace(r"^\(\s*(.*?)\s*\)$", r"-\1", regex=True).str.replace(r"^([+-])\s+", r"\1", regex=True)
    value = value.str.replace(r"^(\d.*)-$", r"-\1", regex=True)
    value = (
        value.str.replace("[\\s\u2019\u00a0\u202f\u02bc\u00b4`]", "'", regex=True)
        .str.replace("\u066b", ".", regex=False)
        .str.replace("\u066c", ",", regex=False)
    )
    return value.where(found(value, _WRITTEN))


def decimal_mark(values: pd.Series) -> str | None:
    """The decimal mark of a column, where its values prove one and none proves the other.

    Args:
        values: numbers as text.

    Returns:
        ".", "," or None where the column does not tell.
    """
    rest = values[values.notna() & ~found(values, r"-?\d+")]
    commas, points = bool(found(rest, _COMMA_IS_DECIMAL).any()), bool(found(rest, _POINT_IS_DECIMAL).any())
    if commas == points:
        return None
    return "," if commas else "."


def with_point(value: pd.Series, mark: str | None) -> pd.Series:
    """The same numbers with a point as decimal mark and nothing between thousands; missing where it is not written like a number.

    With a known decimal mark the other one groups thousands. Else, of two kinds of mark the last one is the decimal mark; one mark
    that comes more than once groups thousands; a single comma is the decimal mark unless exactly three digits follow it and at
    most three, not zero, stand before it.

    Args:
        value: tidy text.
        mark: the decimal mark, None where it is not known.
    """
    value = _usual_signs(value)
    if mark is not None:
        other = "," if mark == "." else "."
        plain = value.where(found(value, _of_mark(mark))).str.replace("'", "", regex=False)
        return plain.str.replace(other, "", regex=False).str.replace(mark, ".", regex=False)
    value = value.str.replace("'", "", regex=False)
    point, comma = value.str.rfind("."), value.str.rfind(",")
    both = (point >= 0) & (comma >= 0)
    points, commas = value.str.count(r"\."), value.str.count(",")
    grouped = found(value, r"[+-]?[1-9]\d{0,2}(?:,\d{3})+")
    no_comma, no_point = value.str.replace(",", "", regex=False), value.str.replace(".", "", regex=False)
    result = value.mask(both & (point > comma), no_comma)
    result = result.mask(both & (comma > point), no_point.str.replace(",", ".", regex=False))
    result = result.mask(~both & (commas > 1), no_comma)
    result = result.mask(~both & (commas == 1), value.str.replace(",", ".", regex=False))
    result = result.mask(~both & grouped, no_comma)
    return result.mask(~both & (points > 1), no_point)


def _of_mark(mark: str) -> str:
    """Numbers with this decimal mark, their thousands grouped by the other mark, an apostrophe or not at all."""
    other = "," if mark == "." else "."
    decimal, group = re.escape(mark), re.escape(other)
    whole = "|".join(rf"\d{{1,3}}(?:{sign}\d{{2,3}})*{sign}\d{{3}}" for sign in (group, "'"))
    return rf"[+-]?(?:(?:\d+|{whole})?(?:{decimal}\d*)?)(?:[eE][+-]?\d+)?"


def number(raw: pd.Series, context: Context = PLAIN) -> Cleaned:
    """Numbers as Float64; refused is what is no finite number.

    Args:
        raw: text.
        context: the decimal mark, if it is known, and the unit that the numbers shall have.
    """
    given = tidy(raw)
    plain = found(given, PLAIN_NUMBER)
    mark = context.decimal or (decimal_mark(given) if not plain[given.notna()].all() else ".")
    if mark == ",":  # then a point groups thousands
        plain &= ~given.str.contains(".", regex=False).fillna(value=False).astype(bool)
    parsed = pd.to_numeric(given.where(plain), errors="coerce").astype("Float64")
    rest = narrow(given[given.notna() & ~plain])
    if rest.empty:
        return Cleaned(parsed, nothing(raw.index))
    factor, wrong_unit = pd.Series(1.0, index=rest.index, dtype="Float64"), pd.Series(data=False, index=rest.index)
    if context.unit is not None:
        rest, factor, wrong_unit = split_unit(rest, context.unit)
    value = with_point(rest, mark)
    numbers = pd.to_numeric(value.where(found(value, _NUMBER)), errors="coerce").astype("Float64") * factor
    finite = pd.Series(np.isfinite(numbers.to_numpy(dtype=float, na_value=np.nan)), index=rest.index)
    parsed[rest.index] = numbers.where(finite)
    problem = reasons(~finite, "is not a number" if context.unit is None else f"is not a number of {context.unit}")
    problem = problem.mask(wrong_unit, f"has a unit that is not one of {context.unit}")
    return Cleaned(parsed, problem.reindex(raw.index))
