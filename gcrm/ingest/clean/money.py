"""Amounts of money as text with two digits after the point, and the currency that stands beside them: CHF 1'200.50, 1.234,50 €, $5."""

import re
from functools import cache

import pandas as pd
from babel.core import get_global
from babel.numbers import get_currency_precision, list_currencies

from gcrm.ingest.clean.numbers import decimal_mark, with_point
from gcrm.ingest.clean.result import PLAIN, Cleaned, Context, found, has, nothing, on_distinct, reasons
from gcrm.ingest.clean.text import narrow, tidy
from gcrm.ingest.words import words

_PLAIN_AMOUNT = r"(?:-?[1-9]\d*|0)\.\d{2}"
"""As most values of a file stand; they cost one look."""
_AMOUNT = r"^([+-]?)0*(\d*)(?:\.(\d*))?$"
_DECIMAL = r"[+-]?(?:\d+\.?\d*|\.\d+)"
_DIGITS = 2
"""Digits after the point that the database keeps."""

_MARKED = re.compile(
    r"^(?P<minus>[-+\u2212(]?\s*)(?P<before>[^\d\s.,()+\u2212'-][^\d\s,()+\u2212'-]*?)?\.?\s*(?P<number>[-+\u2212(]?\s*[\d.,(].*?)\s*(?P<after>[^\d\s.,()'-][^\d\s()]*?)?\.?(?P<close>\)?)$"
)
_DASHES = re.compile(r"[.,](?:[-\u2013\u2014]{1,2})$")


@cache
def _tenders() -> frozenset[str]:
    """Currencies that are, or were, legal tender somewhere; funds, metals and test codes are in CLDR's list, too."""
    return frozenset(entry[0] for entries in get_global("territory_currencies").values() for entry in entries)


@cache
def _codes() -> frozenset[str]:
    return frozenset(list_currencies())


def meant(mark: str) -> frozenset[str]:
    """The currencies that a sign or code beside an amount may mean; none for what is neither."""
    upper, lower = mark.strip().rstrip(".").upper(), mark.strip().rstrip(".").lower()
    if upper in _tenders():
        return frozenset({upper})
    return frozenset(words("currencies")["signs"].get(lower, ()))


def split_currency(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Amounts without what stands beside them, and that: a sign or a code, missing where there is none or where it is no currency.

    Args:
        values: tidy text.
    """
    parts = values.str.extract(_MARKED)
    before, after = parts["before"].fillna(""), parts["after"].fillna("")
    marks = before.where(before != "", after)
    known = {mark for mark in marks.unique() if mark and meant(mark)}
    one = marks.isin(known) & ((before == "") | (after == ""))
    bare = (parts["minus"].fillna("") + parts["number"].fillna("") + parts["close"].fillna("")).astype("string").str.replace(_DASHES, "", regex=True)
    return bare.where(one, values.str.replace(_DASHES, "", regex=True)), marks.where(one).astype("string")


def currencies(raw: pd.Series) -> pd.Series:
    """The currency that stands beside each amount, where its sign or code is one currency's alone; else missing.

    Args:
        raw: amounts as text.
    """
    given = narrow(tidy(raw))
    marked = given[has(given, r"[^\d.,\s'()+-]")]
    if marked.empty:
        return nothing(raw.index)
    _, marks = split_currency(marked)
    return on_distinct(marks, _only_one).reindex(raw.index)


def _only_one(mark: str) -> str | None:
    several = meant(mark)
    return next(iter(several)) if len(several) == 1 else None


def money(raw: pd.Series, context: Context = PLAIN) -> Cleaned:
    """Amounts as text with two digits after the point, so that no binary fraction touches them.

    More digits are accepted where they are zeros; others are refused, since rounding would change the amount. A sign or code beside the
    amount has to agree with the currency of the record.

    Args:
        raw: text.
        context: the decimal mark, if it is known, and the currency of the records.
    """
    given = tidy(raw)
    plain = found(given, _PLAIN_AMOUNT) & (context.decimal != ",")
    rest = narrow(given[given.notna() & ~plain])
    if rest.empty:
        return Cleaned(given, nothing(raw.index))
    bare, marks = split_currency(rest)
    currency = context.currency.reindex(rest.index) if context.currency is not None else nothing(rest.index)
    mark = context.decimal or decimal_mark(pd.concat([given[plain], bare]))
    value = with_point(bare, mark)
    whole_only = _is_whole_only(currency)
    if mark is None and whole_only.any():  # JPY 1.234 can only be thousands
        value = value.mask(whole_only & found(bare, r"[+-]?[1-9]\d{0,2}[.,]\d{3}"), bare.str.replace(r"[.,]", "", regex=True))
    amounts = _amounts(value, currency)
    problem = amounts.reasons.mask(_contradicts(marks, currency), "names another currency than the record has; map the currency, or mend the amount")
    unclear = marks.notna() & currency.isna() & on_distinct(marks, _only_one).isna() if context.currency is not None else marks.isna() & False
    problem = problem.mask(unclear, "has a sign that several currencies share; name the currency in the mapping")
    clean = given.copy()
    clean[rest.index] = amounts.clean.mask(problem.notna())
    return Cleaned(clean, problem.reindex(raw.index), amounts.notes.reindex(raw.index) if amounts.notes is not None else None)


def _is_whole_only(currency: pd.Series) -> pd.Series:
    wholes = {code for code in currency.dropna().unique() if code in _codes() and get_currency_precision(code) == 0}
    return currency.isin(wholes)


def _contradicts(marks: pd.Series, currency: pd.Series) -> pd.Series:
    """Where the mark beside an amount is not one of the record's currency."""
    pairs = pd.DataFrame({"mark": marks, "code": currency}).dropna()
    wrong = [code not in meant(mark) for mark, code in zip(pairs["mark"], pairs["code"], strict=True)]
    return pd.Series(wrong, index=pairs.index, dtype=bool).reindex(marks.index, fill_value=False)


def _amounts(value: pd.Series, currency: pd.Series) -> Cleaned:
    """Amounts with a decimal point, as text with two digits after it."""
    parts = value.str.extract(_AMOUNT)
    sign, whole, fraction = (parts[column].fillna("") for column in range(3))
    exact = found(value, _DECIMAL)
    cents = fraction.str.slice(0, _DIGITS).str.pad(_DIGITS, side="right", fillchar="0")
    fine = fraction.str.slice(_DIGITS).str.strip("0") == ""
    amount = sign.str.replace("+", "", regex=False) + whole.where(whole != "", "0") + "." + cents
    amount = amount.where(amount != "-0.00", "0.00")
    problem = reasons(~exact, "is not an amount of money")
    problem = problem.mask(
        exact & ~fine, "has more than two digits after the point; round it first, or say with `decimal` in the mapping that its mark groups thousands"
    )
    notes = reasons(exact & fine & _is_whole_only(currency) & (cents != "00").fillna(value=False), "has a fraction, which its currency does not have")
    return Cleaned(amount.where(exact & fine).astype("string"), problem, notes)


def currency(raw: pd.Series, _context: Context = PLAIN) -> Cleaned:
    """ISO 4217 codes, upper case; a sign is taken where it is one currency's alone.

    Args:
        raw: text.
    """
    given = tidy(raw)
    value = on_distinct(narrow(given), _code)
    bad = given.notna() & value.isna()
    return Cleaned(value, reasons(bad, "is not a currency (code of three letters, ISO 4217, or a sign that is one currency's alone)"))


def _code(text: str) -> str | None:
    upper = text.upper()
    return upper if upper in _codes() and len(upper) == 3 else _only_one(text)  # noqa: PLR2004 - letters of a code
