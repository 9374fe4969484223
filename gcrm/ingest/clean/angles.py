"""Longitudes and latitudes as people write them: 47.1412, 47°08'28"N, N 47 08.467, 470828N, 9,5215 O."""

import re
from typing import NamedTuple


class Angle(NamedTuple):
    """Degrees, and the axis that a letter names: "latitude", "longitude" or None."""

    degrees: float
    axis: str | None


_LETTERS = {"N": (1, "latitude"), "S": (-1, "latitude"), "E": (1, "longitude"), "W": (-1, "longitude")}
_NUMBER = r"\d+(?:[.,]\d+)?"
_WITH_LETTER = re.compile(r"^(?P<before>[NSEW])?\s*(?P<sign>[-+\u2212])?\s*(?P<body>[^NSEW]*?)\s*(?P<after>[NSEW])?$", re.IGNORECASE)
_PARTS = re.compile(
    rf"^(?P<degrees>{_NUMBER})\s*(?:°|º|˚|deg|d|:|\s)?\s*"
    rf"(?:(?P<minutes>{_NUMBER})\s*(?:['′’´]|min|m|:|\s)?\s*)?"  # noqa: RUF001 - the sign that is meant
    rf"(?:(?P<seconds>{_NUMBER})\s*(?:[\"″”“]|''|′′|sec|s)?)?$"  # noqa: RUF001 - the sign that is meant
)
_COMPACT = re.compile(r"^(?P<degrees>\d{2,3})(?P<minutes>\d{2})(?P<seconds>\d{2})?(?P<part>[.,]\d+)?$")
_SIXTY = 60


def angle(text: str) -> Angle | None:
    """An angle in degrees, degrees and minutes, or degrees, minutes and seconds; None where it is none.

    Args:
        text: such as 47.14, -9.5, 47°08'28"N, N 47 08.467, 47:08:28, 470828N. The letter O is not taken: it is east in German and west in French.
    """
    found = _WITH_LETTER.match(text.strip())
    if found is None or not found["body"] or (found["before"] and found["after"]):
        return None
    letter = (found["before"] or found["after"] or "").upper()
    turn, axis = _LETTERS.get(letter, (1, None))
    size = _size(found["body"], axis)
    if size is None or (found["sign"] in {"-", "\u2212"} and letter):
        return None
    return Angle(turn * (-size if found["sign"] in {"-", "\u2212"} else size), axis)


def _size(body: str, axis: str | None) -> float | None:
    compact = _COMPACT.match(body) if axis else None
    if compact and len(compact["degrees"]) == (2 if axis == "latitude" else 3):
        part = (compact["part"] or "").replace(",", ".")
        minutes, seconds = (compact["minutes"], compact["seconds"] + part) if compact["seconds"] else (compact["minutes"] + part, "0")
        return _sum(compact["degrees"], minutes, seconds)
    parts = _PARTS.match(body)
    return _sum(parts["degrees"], parts["minutes"] or "0", parts["seconds"] or "0") if parts else None


def _sum(degrees: str, minutes: str, seconds: str) -> float | None:
    whole, sixtieths, rest = (float(part.replace(",", ".")) for part in (degrees, minutes, seconds))
    if sixtieths >= _SIXTY or rest >= _SIXTY or ((sixtieths or rest) and whole != int(whole)) or (rest and sixtieths != int(sixtieths)):
        return None
    return whole + sixtieths / _SIXTY + rest / _SIXTY**2
