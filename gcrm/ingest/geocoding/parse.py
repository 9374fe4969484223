"""What an address may mean: its fields as given, swapped, in one line, the number first or last, a post office box, a place without streets."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from gcrm.ingest.geocoding.folding.dictionary import Dictionary
from gcrm.ingest.geocoding.folding.text import LONGEST, reduce, words

_NUMBER = (
    r"\d{1,5}(?:\s[13]/[234](?!\d))?(?:\s?[a-zA-Z](?![a-zA-Z0-9])|\s?(?:bis|ter|quater)\b)?(?:\s?[-/+–]\s?\d{1,5}[a-zA-Z]?|[-/]\s?[a-zA-Z](?![a-zA-Z0-9]))*"  # noqa: RUF001
)
_MARK = r"(?:(?:nr|no|nº|n°|n|num|numero|número|nro|nummer|č\.?\s?p|č|#)\.?\s*)?"
_NUMBER_LAST = re.compile(rf"^(?P<street>.*?\D)[\s,]+{_MARK}(?P<number>{_NUMBER})\.?$", re.IGNORECASE)
_NUMBER_LAST_GLUED = re.compile(rf"^(?P<street>.*[^\W\d]{{2,}}\.?)(?P<number>{_NUMBER})$", re.IGNORECASE)
_NUMBER_FIRST = re.compile(rf"^{_MARK}(?P<number>{_NUMBER})[\s,]+(?P<street>(?:\D|\d+(?:st|nd|rd|th|er|[aoeº])\b).*)$", re.IGNORECASE)
_WITH_UNIT = re.compile(rf"^(?P<street>.*?\D)[\s,]+{_MARK}(?P<number>{_NUMBER})(?P<unit>[\s,]+(?:#|[^\W\d]+\.?\s?).*)$", re.IGNORECASE)
_NUMBER_DIRECTION = re.compile(r"^(?P<number>\d{1,5})\s+(?P<street>[a-zA-Z]\.?\s.*)$")
"""228 W 4th St: the letter is none of the number."""

_ONLY_NUMBER = re.compile(rf"^{_MARK}(?P<number>{_NUMBER})$", re.IGNORECASE)
_PARTS = re.compile(r"[,;|\n\r\t/]+\s+|[,;|\n\r\t]+")
_CODE = r"(?:[A-Za-z]{1,3}[- ]?)?\d{3,6}(?:[- ]\d{3,4})?|[A-Za-z]{1,2}\d[A-Za-z\d]?\s?\d[A-Za-z]{2}|[A-Za-z]\d[A-Za-z]\s?\d[A-Za-z]\d"
_CODE_PLACE = re.compile(rf"^(?P<code>{_CODE})\s+(?P<place>\D.*)$")
_PLACE_CODE = re.compile(rf"^(?P<place>\D.*?)\s+(?P<code>{_CODE})$")
_WHOLE_CODE = re.compile(rf"^(?:{_CODE})$")
_MIDDLE_CODE = re.compile(rf"^(?P<before>.+?)\s+(?P<code>{_CODE})\s+(?P<place>\D+)$")
_MOST_READINGS = 14
_FEWEST_IN_CODE = 4
"""A number of fewer digits is rather a house number than a postcode."""


class Reading(NamedTuple):
    """One meaning of an address; a part that it does not have is empty."""

    street: str
    number: str
    postcode: str
    place: str


@lru_cache(maxsize=1 << 16)
def split_street(text: str, dictionary: Dictionary) -> tuple[str, str]:
    """Street and house number out of one text; the number is empty where there is none.

    Args:
        text: such as "Main Street 12", "12 Main Street", "Rue Foch 12 bis, Apt 3", "Straße des 17. Juni 135".
        dictionary: the words before a part of a building.
    """
    whole = " ".join(text[:LONGEST].split()).strip(" ,;")
    if not _has_digit(whole):
        return whole, ""
    unit = _WITH_UNIT.match(whole)
    if unit and (unit["unit"].strip(" ,").startswith("#") or reduce(next(iter(words(unit["unit"])), "")) in dictionary.units):
        return unit["street"].strip(" ,;"), unit["number"] + unit["unit"]
    for pattern in (_NUMBER_LAST, _NUMBER_FIRST, _NUMBER_LAST_GLUED):
        found = pattern.match(whole)
        if found and any(map(str.isalpha, found["street"])):
            return found["street"].strip(" ,;"), found["number"]
    return whole, ""


def is_box(text: str, dictionary: Dictionary) -> bool:
    """Whether a text names a post office box.

    Args:
        text: what stands in the field of the street.
        dictionary: the words of boxes.
    """
    found = words(text)
    if not found or reduce(found[0]) not in dictionary.first_of_boxes:
        return False
    tokens = tuple(map(reduce, found))
    return any(tokens[: len(box)] == box and (len(tokens) == len(box) or tokens[len(box)][0].isdigit()) for box in dictionary.boxes)


def first_reading(street: str, number: str, postcode: str, place: str, dictionary: Dictionary) -> Reading:
    """An address as its fields say, with the number taken out of the street where it has no field of its own."""
    if number or not _has_digit(street):
        return Reading(street, number, postcode, place)
    return Reading(*split_street(street, dictionary), postcode, place)


def more_readings(street: str, number: str, postcode: str, place: str, dictionary: Dictionary) -> list[Reading]:
    """Every meaning of an address, the most plausible first, the plain one among them.

    Args:
        street: what stands in the field of the street.
        number: of the house number.
        postcode: of the postcode.
        place: of the city.
        dictionary: the words of boxes.
    """
    found = dict.fromkeys(_readings(street[:LONGEST].strip(), number[:LONGEST].strip(), postcode[:LONGEST].strip(), place[:LONGEST].strip(), dictionary))
    return list(found)[:_MOST_READINGS]


def _readings(street: str, number: str, postcode: str, place: str, dictionary: Dictionary) -> Iterator[Reading]:
    if street and is_box(street, dictionary):
        yield from _areas(Reading("", "", postcode, place))
        return
    plain = first_reading(street, number, postcode, place, dictionary)
    yield from _areas(plain)
    if not number and (direction := _NUMBER_DIRECTION.match(street)):
        yield from _areas(Reading(direction["street"], direction["number"], postcode, place))
    if number and _has_digit(street):
        name, inside = split_street(street, dictionary)
        yield from _areas(Reading(name, number, postcode, place))
        yield from _areas(Reading(name, inside, postcode, place))
    if len(_PARTS.split(street)) > 1:
        yield from _lines(street, number, postcode, place, dictionary)
    yield from _swapped(street, number, postcode, place, dictionary)
    yield from _without_street(plain)
    if place and not street and len(_PARTS.split(place)) > 1:
        yield from _lines(place, number, postcode, "", dictionary)
    if _has_digit(street):
        together = ", ".join(filter(None, (f"{street} {number}".strip(), f"{postcode} {place}".strip())))
        yield from _lines(together, "", "", "", dictionary)
        yield from _unbroken(street, place, dictionary)


def _areas(reading: Reading) -> Iterator[Reading]:
    """A reading, and with the postcode out of the field of the place or the other way round."""
    yield reading
    for text in (reading.place, reading.postcode):
        found = _code_and_place(text)
        if found:
            yield Reading(reading.street, reading.number, *found)
    if _has_digit(reading.place) and not _has_digit(reading.postcode):
        yield reading._replace(postcode=reading.place, place=reading.postcode)


@lru_cache(maxsize=1 << 16)
def _code_and_place(text: str) -> tuple[str, str] | None:
    """Postcode and place out of one text."""
    found = (_CODE_PLACE.match(text) or _PLACE_CODE.match(text)) if _has_digit(text) else None
    return (found["code"], found["place"]) if found else None


@lru_cache(maxsize=1 << 16)
def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))


def _swapped(street: str, number: str, postcode: str, place: str, dictionary: Dictionary) -> Iterator[Reading]:
    if place:
        name, inside = split_street(place, dictionary)
        yield from _areas(Reading(name, number or inside, postcode, street))
    if number and not _ONLY_NUMBER.match(number) and any(map(str.isalpha, number)):
        yield from _areas(Reading(number, street, postcode, place))
        name, inside = split_street(number, dictionary)
        if inside:
            yield from _areas(Reading(name, inside, postcode, place))
    if _digits(number) >= _FEWEST_IN_CODE > _digits(postcode) > 0:
        yield from _areas(Reading(street, postcode, number, place))
    if postcode and not _has_digit(postcode):
        yield Reading(*split_street(postcode, dictionary), street, place) if _has_digit(street) else Reading(postcode, number, "", place)
    if postcode and any(map(str.isalpha, postcode)):
        name, inside = split_street(postcode, dictionary)
        yield from _areas(Reading(name, number or inside, place if _has_digit(place) else street, street if _has_digit(place) else place))


def _without_street(plain: Reading) -> Iterator[Reading]:
    """A village names its houses by itself: the place is the street."""
    alone = _ONLY_NUMBER.match(plain.street)
    if plain.place and (not plain.street or alone):
        yield plain._replace(street=plain.place, number=plain.number or (alone["number"] if alone else ""))
    elif plain.place and plain.street:
        yield plain._replace(place=plain.street, street=plain.place) if plain.number else plain


def _lines(text: str, number: str, postcode: str, place: str, dictionary: Dictionary) -> Iterator[Reading]:
    """An address of several parts in one text: "c/o Meier, Main St 5, 9490 Vaduz"."""
    parts = [part.strip() for part in _PARTS.split(text) if part.strip()]
    code, town = postcode, place
    streets: list[tuple[str, str]] = []
    names: list[str] = []
    for part in parts:
        area = _code_and_place(part)
        alone = _ONLY_NUMBER.match(part)
        if alone and streets and not streets[-1][1]:
            streets[-1] = (streets[-1][0], part)
        elif _WHOLE_CODE.match(part) and not code:
            code = part
        elif area and (not code or not town) and (streets or _digits(area[0]) >= _FEWEST_IN_CODE):
            code, town = code or area[0], town or area[1]
            streets.append(split_street(part, dictionary))
        else:
            name, inside = split_street(part, dictionary)
            streets.append((name, inside))
            if not inside:
                names.append(name)
    for name, inside in sorted(streets, key=lambda pair: not pair[1]):
        for where in dict.fromkeys([town, *(each for each in names if each != name)] if not town else [town]):
            yield Reading(name, inside or number, code, where)


def _unbroken(street: str, place: str, dictionary: Dictionary) -> Iterator[Reading]:
    """A line without commas: "Main St 5 9490 Vaduz", "9490 Vaduz Main St 5"."""
    middle = _MIDDLE_CODE.match(street)
    if middle:
        yield Reading(*split_street(middle["before"], dictionary), middle["code"], middle["place"])
    last = _PLACE_CODE.match(street)
    if last:
        yield Reading(*split_street(last["place"], dictionary), last["code"], place)
    first = _CODE_PLACE.match(street)
    if first:
        tokens = first["place"].split()
        for cut in range(1, min(len(tokens), 4)):
            yield Reading(*split_street(" ".join(tokens[cut:]), dictionary), first["code"], " ".join(tokens[:cut]))
    tokens = split_street(street, dictionary)[0].split()
    number = split_street(street, dictionary)[1]
    if not place and len(tokens) > 1 and number:
        yield Reading(" ".join(tokens[:-1]), number, "", tokens[-1])
