"""What the values of a column are like: shares of them that are mail addresses, phones, dates, and so on."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from gcrm.frames import Field, Kind
from gcrm.ingest.clean.angles import angle
from gcrm.ingest.clean.codes import flag
from gcrm.ingest.clean.country import is_well_known
from gcrm.ingest.clean.geometry import boundary
from gcrm.ingest.clean.mail import mail
from gcrm.ingest.clean.moments import date
from gcrm.ingest.clean.money import currency
from gcrm.ingest.clean.month_names import names_a_month
from gcrm.ingest.clean.names import split_legal_form
from gcrm.ingest.clean.numbers import PLAIN_NUMBER, number
from gcrm.ingest.clean.positions import unpack
from gcrm.ingest.clean.result import found, has
from gcrm.ingest.clean.text import narrow, tidy
from gcrm.ingest.clean.website import website

_MOST = 500
"""Distinct values that are looked at: enough for a share to a few percent."""
_MOSTLY = 0.5
_FEW = 100
"""The same where each value is looked up in long lists."""
_LIST = 50
"""Distinct values: a list of codes has no more."""
_COULD_BE_A_NUMBER = r"[^\pL]*\d[^\pL]*(?:[eE][+-]?\d+)?[^\pL]*"
_COULD_BE_A_DATE = r"\d{1,4}[./-]\s?\d{1,2}[./-]\s?\d|^(?:19|20)\d{6}|^1?\d{9}$|^1?\d{12}$"
"""What no date is without, beside those with the month in words."""
_SHAPE_OF_A_PHONE = (
    r"(?:\+|00)\d[\d ()./-]{5,20}\d|\(?\d{1,5}\)?[ /.-]+\d[\d ()./-]{4,14}\d|0\d{7,11}|\d{9,12}|(?:\+|00)?[\d()][\d ()./-]{6,20}\s?(?:x|ext\.?)\s?\d+"
)
_COULD_BE_A_PHONE = r"[\d ()./+-]{6,22}"
_COULD_BE_A_POSITION = r"(?i)point|^\{|^(?:0x|\\x)?[0-9a-f]{42,}$|^[A-Z0-9+/]{28,}=*$|\d[^\w.]+\s?-?[NSEW]?\d"
_SHAPE_OF_A_POSTCODE = (
    r"(?:[A-Z]{1,3}[- ]?)?\d{3,6}(?:[- ]?\d{3,4})?|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|\d{4} ?[A-Z]{2}|\d{2}-\d{3}|\d{3} \d{2}"
)
_HOUSE_NUMBER = r"(?i)\d{1,5}\s?[a-z]?(?:\s?[-/]\s?\d{1,4}\s?[a-z]?)?"
_STREET = (
    r"(?i).*\pL{2,}.*\s\d+\s?[a-z]?(?:[-/.,]\s?\d*\s?\pL?.*)?|\d+[a-z]?[ ,]+.*\pL{2,}.*"
    r"|.*(?:str(?:asse|aße|eet|\.)?|gasse|weg|platz|allee|road|rd\.?|avenue|ave\.?|lane|drive|katu|tie|gatan|vägen|vej|gade|straat|laan|로|길)(?:\s\d.*)?"
    r"|(?:rue|via|calle|rua|ulica|ul\.|avenida|avenue|piazza|plaza|praça)\s.*"
)
_PERSON = r"\p{Lu}[\pL'’-]+(?:\s\p{Lu}\.)?(?:\s\p{Lu}?[\pL'’-]+){1,2}"  # noqa: RUF001 - the sign that is meant
_PLACE_NAME = r"\pL[\pL .,'’()/-]*"  # noqa: RUF001 - the sign that is meant
_FRACTION = r"-?\d{1,3}[.,]\d{3,}"


@dataclass(frozen=True)
class Profile:
    """A column's values: how many are given, how many are different, and shares (0 to 1) of the given ones by what they look like."""

    given: int
    filled: float
    unique: float
    shares: dict[str, float] = field(default_factory=dict)
    codes: frozenset[str] = frozenset()
    distinct: int = 0
    low: float = 0.0
    high: float = 0.0


def _of(values: pd.Series, pattern: str, check: Callable[[pd.Series], pd.Series]) -> pd.Series:
    """Where values match a pattern and pass a check, which only those are put to."""
    passed = pd.Series(data=False, index=values.index)
    likely = values[has(values, pattern)]
    if len(likely):
        passed[likely.index] = check(likely).astype(bool)
    return passed


def profiles(sample: pd.DataFrame) -> dict[str, Profile]:
    """Looks at the columns of a table: at all of them in one go, since most looks at a value need no other.

    Args:
        sample: text, "" for nothing.

    Returns:
        Column to profile.
    """
    rows = len(sample)
    if sample.empty:
        return dict.fromkeys(sample.columns, Profile(0, 0.0, 0.0))
    text = tidy(pd.concat([sample[column].astype("string") for column in sample], ignore_index=True))
    columns = pd.Series(np.repeat(np.arange(len(sample.columns)), rows))[text.notna()]
    text = narrow(text.dropna())
    given, distinct = columns.groupby(columns).size(), text.groupby(columns).nunique()
    different = pd.DataFrame({"column": columns, "text": text}).drop_duplicates()
    look = different.groupby("column").head(_MOST)["text"]
    of = columns[look.index]
    numbers = _numbers(look, of)
    seen = pd.DataFrame(_shares(look, of, numbers)).groupby(of).mean()
    looked_up = different.groupby("column").head(_FEW)["text"]
    seen = seen.join(pd.DataFrame(_shares_of_few(looked_up)).groupby(of[looked_up.index]).mean())
    counted = numbers.groupby(of)
    low, high = (each.astype("float64").fillna(0.0).to_dict() for each in (counted.min(), counted.max()))
    codes = look.str.lower().groupby(of).agg(frozenset)
    by_column = {}
    for place, column in enumerate(sample.columns):
        if place not in given.index:
            by_column[column] = Profile(0, 0.0, 0.0)
            continue
        many, kinds = int(given[place]), int(distinct[place])
        shares = dict(zip(seen.columns, seen.loc[[place]].to_numpy()[0].tolist(), strict=True))
        listed = codes[place] if kinds <= _LIST else frozenset()
        by_column[column] = Profile(many, many / rows, kinds / many, shares, listed, kinds, low[place], high[place])
    return by_column


def _numbers(look: pd.Series, of: pd.Series) -> pd.Series:
    """The numbers among values; how a column writes them is decided by all of it."""
    plain = found(look, PLAIN_NUMBER)
    numbers = pd.to_numeric(look.where(plain), errors="coerce").astype("Float64")
    undecided = (~plain & found(look, _COULD_BE_A_NUMBER)) | (plain & found(look, r".*\..*") & ~plain.groupby(of).transform("all"))
    for column in of[undecided].unique():
        own = look[of == column]
        numbers[own.index] = number(own).clean
    return numbers


def _dates(look: pd.Series, of: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Which values are dates, and which would be where the column said what comes first."""
    known, unsure = pd.Series(data=False, index=look.index), pd.Series(data=False, index=look.index)
    could_be = has(look, _COULD_BE_A_DATE) | (has(look, r"\d") & has(look, r"\pL") & look.map(names_a_month).astype(bool))
    mostly = has(look, r"\d").groupby(of).transform("mean") > _MOSTLY
    for column in of[could_be & mostly].unique():
        read = date(look[of == column])
        known[read.clean.index], unsure[read.clean.index] = read.clean.notna(), has(read.reasons, "may have the day")
    return known, unsure


def _shares(look: pd.Series, of: pd.Series, numbers: pd.Series) -> dict[str, pd.Series]:
    """What each value looks like."""
    known, unsure = _dates(look, of)
    digits_alone = found(look, r"\d+(?:\.\d+)?")
    sizes = look.str.len()
    usual = sizes.groupby(of).transform(lambda some: some.mode().iloc[0])
    postcode = found(look.str.upper(), _SHAPE_OF_A_POSTCODE)
    amount = numbers.notna()
    return {
        "mail": _of(look, "@", lambda some: mail(some).reasons.isna()),
        "website": _of(look, r"(?i)^https?://|^www\.", lambda some: website(some).reasons.isna()),
        "phone": found(look, _SHAPE_OF_A_PHONE) & ~known & ~found(look, r"(?:19|20)\d{6,}|\d+\.\d+|(?:\d{1,3}\.){3}\d{1,3}"),
        "digits": found(look, _COULD_BE_A_PHONE),
        "postcode": postcode,
        "sized_postcode": postcode & ((sizes == usual) | ~found(look, r"\d+")),
        "date": (known | unsure) & ~digits_alone,
        "number": amount,
        "cents": amount & found(look, r".*[.,]\d{2}"),
        "whole": amount & found(look, r"-?\d+"),
        "fraction": found(look, _FRACTION),
        "money": has(look, r"[€$£¥₩]|\b[A-Z]{3}\b") & has(look, r"\d"),
        "currency": currency(look).clean.notna() & found(look, r"[A-Za-z]{3}|[€£₩₹]"),
        "flag": flag(look).clean.notna(),
        "letters": has(look, r"\pL"),
        "house_number": found(look, _HOUSE_NUMBER),
        "street": found(look, _STREET) & has(look, r"\pL{3,}"),
        "place": found(look, _PLACE_NAME),
        "person": found(look, _PERSON),
        "position": _positions(look, of),
        "angle": _of(look, "[°NSEW]", lambda some: some.map(lambda text: angle(text) is not None)),
        "boundary": _of(look, r"(?i)^(?:MULTI)?POLYGON", lambda some: boundary(some).reasons.isna()),
    }


def _positions(look: pd.Series, of: pd.Series) -> pd.Series:
    """Where values hold both coordinates; which one comes first is decided by the whole column."""
    return _of(
        look, _COULD_BE_A_POSITION,
        lambda some: pd.concat([unpack(own, None)["longitude"].notna() | found(own, rf"{_FRACTION}[,; ]+{_FRACTION}") for _, own in some.groupby(of)]),
    )  # fmt: skip


def _shares_of_few(few: pd.Series) -> dict[str, pd.Series]:
    """What is looked up in long lists."""
    return {
        "country": few.map(lambda text: len(text) > 1 and not text.isdecimal() and is_well_known(text)).astype(bool),
        "legal_form": few.map(lambda text: split_legal_form(text).legal_form != "").astype(bool),
    }


_NO_TEXT = ("mail", "date", "position", "boundary")


def fit(wanted: Field, seen: Profile, *, own_key: bool) -> tuple[float, str]:
    """How far the values of a column can be those of a field.

    Args:
        wanted: the field.
        seen: the column.
        own_key: whether the field is the record's own key and the only one.

    Returns:
        0 (they cannot) to 1 (all can, or nothing speaks against it), and the evidence in words.
    """
    if not seen.given:
        return 1.0, "no values"
    share = seen.shares
    kinds: dict[Kind, tuple[float, str]] = {
        Kind.MAIL: (share["mail"], "are mail addresses"),
        Kind.PHONE: (max(share["phone"], 0.8 * share["digits"]), "look like phone numbers"),
        Kind.WEBSITE: (max(share["website"], 0.8 * (1 - share["number"] - share["mail"])), "can be web addresses"),
        Kind.COUNTRY: (share["country"], "are countries"),
        Kind.POSTCODE: (max(share["postcode"], 0.5 * (1 - share["date"] - share["mail"])), "look like postcodes"),
        Kind.CURRENCY: (share["currency"], "are currencies"),
        Kind.DATE: (max(share["date"], share["whole"] * 0.5), "are dates"),
        Kind.TIME: (max(share["date"], share["whole"] * 0.5), "are dates or times"),
        Kind.FLAG: (share["flag"], "are yes or no"),
        Kind.NUMBER: (share["number"], "are numbers"),
        Kind.MONEY: (max(share["number"], share["money"]), "are amounts"),
        Kind.GEOMETRY: (share["boundary"], "are polygons"),
        Kind.LONGITUDE: (max(share["number"] - share["date"], share["angle"]), "are numbers or angles"),
        Kind.LATITUDE: (max(share["number"] - share["date"], share["angle"]), "are numbers or angles"),
    }
    if wanted.kind in kinds:
        value, words = kinds[wanted.kind]
        return max(value, 0.0), f"{value:.0%} {words}"
    if own_key:
        return (seen.unique * seen.filled) ** 2, f"{seen.unique:.0%} are different, {seen.filled:.0%} are given"
    if wanted.kind in {Kind.CODE, Kind.CHOICE}:
        known = sum(code in {each.lower() for each in wanted.codes} for code in seen.codes) / max(len(seen.codes), 1)
        return known, f"{known:.0%} are known codes"
    if wanted.kind is Kind.NAME or wanted.name in {"name", "city", "street"}:
        value = max(share["letters"] - max(share[name] for name in _NO_TEXT), 0.0)
        return value, f"{value:.0%} are words"
    value = 1 - 0.5 * max(share[name] for name in _NO_TEXT)
    return value, "nothing speaks against it"
