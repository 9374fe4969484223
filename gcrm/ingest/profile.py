"""What the values of a column are like: shares of them that are mail addresses, phones, dates, and so on."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd

from gcrm.frames import Field, Kind
from gcrm.ingest.clean.angles import angle
from gcrm.ingest.clean.codes import flag
from gcrm.ingest.clean.country import is_well_known
from gcrm.ingest.clean.geometry import boundary
from gcrm.ingest.clean.mail import mail
from gcrm.ingest.clean.moments import date
from gcrm.ingest.clean.money import currency
from gcrm.ingest.clean.names import split_legal_form
from gcrm.ingest.clean.numbers import number
from gcrm.ingest.clean.positions import unpack
from gcrm.ingest.clean.result import found, has
from gcrm.ingest.clean.text import narrow, tidy
from gcrm.ingest.clean.website import website

_MOST = 500
"""Distinct values that are looked at: enough for a share to a few percent."""
_MOSTLY = 0.5
_FEW = 100
"""The same where each value is looked up in long lists."""
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


def _share(mask: pd.Series) -> float:
    return float(mask.mean()) if len(mask) else 0.0


def _of(values: pd.Series, pattern: str, check: Callable[[pd.Series], pd.Series]) -> float:
    """The share of values that match a pattern and pass a check, which only those are put to."""
    likely = values[has(values, pattern)]
    return float(check(likely).sum()) / len(values) if len(likely) else 0.0


def profile(values: pd.Series) -> Profile:
    """Looks at a column.

    Args:
        values: text, "" for nothing.
    """
    given = narrow(tidy(values).dropna())
    if given.empty:
        return Profile(0, 0.0, 0.0)
    look = given.drop_duplicates().head(_MOST)
    numbers = number(look).clean
    dates = date(look if _share(has(look, r"\d")) > _MOSTLY else look.iloc[:0])
    few = look.head(_FEW)
    sizes = look.str.len()
    one_size = sizes == sizes.mode().iloc[0]
    shares = {
        "mail": _of(look, "@", lambda some: mail(some).reasons.isna()),
        "website": _of(look, r"(?i)^https?://|^www\.", lambda some: website(some).reasons.isna()),
        "phone": _share(
            found(look, _SHAPE_OF_A_PHONE) & dates.clean.reindex(look.index).isna() & ~found(look, r"(?:19|20)\d{6,}|\d+\.\d+|(?:\d{1,3}\.){3}\d{1,3}")
        ),
        "digits": _share(found(look, _COULD_BE_A_PHONE)),
        "postcode": _share(found(look.str.upper(), _SHAPE_OF_A_POSTCODE)),
        "sized_postcode": _share(found(look.str.upper(), _SHAPE_OF_A_POSTCODE) & (one_size | ~found(look, r"\d+"))),
        "country": _share(few.map(lambda text: len(text) > 1 and not text.isdecimal() and is_well_known(text)).astype(bool)),
        "date": _share((dates.clean.notna() | has(dates.reasons, "may have the day")).reindex(look.index, fill_value=False) & ~found(look, r"\d+(?:\.\d+)?")),
        "number": _share(numbers.notna()),
        "cents": _share(numbers.notna() & found(look, r".*[.,]\d{2}")),
        "whole": _share(numbers.notna() & found(look, r"-?\d+")),
        "fraction": _share(found(look, _FRACTION)),
        "money": _share(has(look, r"[€$£¥₩]|\b[A-Z]{3}\b") & has(look, r"\d")),
        "currency": _share(currency(look).clean.notna() & found(look, r"[A-Za-z]{3}|[€£₩₹]")),
        "flag": _share(flag(look).clean.notna()),
        "letters": _share(has(look, r"\pL")),
        "house_number": _share(found(look, _HOUSE_NUMBER)),
        "street": _share(found(look, _STREET) & has(look, r"\pL{3,}")),
        "place": _share(found(look, _PLACE_NAME)),
        "person": _share(found(look, _PERSON)),
        "legal_form": _share(few.map(lambda text: split_legal_form(text).legal_form != "").astype(bool)),
        "position": _of(look, _COULD_BE_A_POSITION, lambda some: unpack(some, None)["longitude"].notna() | found(some, rf"{_FRACTION}[,; ]+{_FRACTION}")),
        "angle": _of(look, "[°NSEW]", lambda some: some.map(lambda text: angle(text) is not None).astype(bool)),
        "boundary": _of(look, r"(?i)^(?:MULTI)?POLYGON", lambda some: boundary(some).reasons.isna()),
    }
    counted = numbers.dropna().astype(float)
    low, high = (float(counted.min()), float(counted.max())) if len(counted) else (0.0, 0.0)
    codes = frozenset(look.str.lower()) if len(look) <= 50 else frozenset()  # noqa: PLR2004 - a list of codes is short
    distinct = given.nunique()
    return Profile(len(given), len(given) / len(values), distinct / len(given), shares, codes, distinct, low, high)


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
