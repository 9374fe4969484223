"""Dates with the month in words, in the languages of CLDR: 15. März 2024, March 15, 2024, 2024년 3월 15일."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from itertools import pairwise

from babel import Locale

from gcrm.ingest.words import FIRST_LANGUAGES

_LANGUAGES = (*FIRST_LANGUAGES, "bg", "et", "lv", "lt", "ca", "id", "vi")
_FILLERS = frozenset({"de", "del", "of", "the", "den", "der", "le", "am", "st", "nd", "rd", "th", "er", "a", "on", "d", "di", "r", "г", "року"})  # noqa: RUF001 - the sign that is meant
_MARKS = {"年": "y", "년": "y", "月": "m", "월": "m", "日": "d", "일": "d"}
_PIVOT = 69
"""Two digits from here on are of the 20th century, the others of the 21st (POSIX strptime, %y)."""


def full_year(digits: str) -> int:
    """A year of four digits, or of two (69 to 99: 19.., 00 to 68: 20..)."""
    year = int(digits)
    return year if len(digits) > 2 else year + (1900 if year >= _PIVOT else 2000)  # noqa: PLR2004 - two digits


def _plain(word: str) -> str:
    bare = "".join(letter for letter in unicodedata.normalize("NFD", word.casefold()) if not unicodedata.combining(letter))
    return re.sub(r"[\W\d_]", "", bare)


@cache
def _months() -> Mapping[str, frozenset[int]]:
    """Names of months to their numbers; of a name that means two months in two languages, both."""
    found: dict[str, frozenset[int]] = {}
    for language in _LANGUAGES:
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in Locale(language).months[context][width].items():
                    plain = _plain(name)
                    if len(plain) > 1:
                        found[plain] = found.get(plain, frozenset()) | {number}
    return found | {"sept": frozenset({9}), "mrz": frozenset({3}), "maerz": frozenset({3}), "janner": frozenset({1}), "feber": frozenset({2})}


@cache
def _weekdays() -> frozenset[str]:
    names = (_plain(name) for language in _LANGUAGES for width in ("wide", "abbreviated") for name in Locale(language).days["format"][width].values())
    return frozenset(name for name in names if name)


def names_a_month(text: str) -> bool:
    """Whether a word of a text is a month's name, or a sign that stands behind a number of a date."""
    return any(token in _MARKS or _plain(token) in _months() for token in re.findall(r"[^\W\d_]+", text))


def read_words(text: str) -> str | None:
    """A date with its month in words as year-month-day.

    Returns:
        Such as "2024-3-15"; "?" where the month's name means two months; None where it is no such date.
    """
    tokens = re.findall(r"\d+|[^\W\d_]+", text)
    marked = {mark: token for token, following in pairwise(tokens) if token.isdecimal() and (mark := _MARKS.get(following))}
    if marked:
        return f"{full_year(marked['y'])}-{int(marked['m'])}-{int(marked['d'])}" if set(marked) == {"y", "m", "d"} else None
    numbers = [token for token in tokens if token.isdecimal()]
    words = [plain for token in tokens if not token.isdecimal() and (plain := _plain(token)) not in _FILLERS]
    months = [word for word in words if word in _months()]
    if len(months) != 1:
        months = [word for word in months if word not in _weekdays()]
    rest = set(words) - set(months)
    if len(numbers) != 2 or len(months) != 1 or not rest <= _weekdays() | {""}:  # noqa: PLR2004 - the day and the year
        return None
    if len(_months()[months[0]]) > 1:
        return "?"
    day, year = sorted(numbers, key=len) if len(numbers[0]) != len(numbers[1]) else numbers
    if len(day) > 2 or len(year) not in (2, 4):  # noqa: PLR2004 - digits
        return None
    return f"{full_year(year)}-{next(iter(_months()[months[0]]))}-{int(day)}"
