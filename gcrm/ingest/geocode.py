"""Addresses become positions: the same address in the reference, else its street, else its postcode; each says which."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from anyascii import anyascii

_SPREAD_LIMIT_DEGREES = 0.005
"""Points of one key that lie farther apart than this (about 500 m) are different places, and so no answer."""

_NUMBER_LAST = re.compile(r"^(?P<street>\D.*?)[\s,]+(?P<number>\d+\s?[a-zA-Z]?(?:\s?[-/]\s?\d+\s?[a-zA-Z]?)?)$")
_NUMBER_FIRST = re.compile(r"^(?P<number>\d+[a-zA-Z]?)[\s,]+(?P<street>\D.*)$")


@dataclass(frozen=True)
class _Match:
    """One way to find a position: which keys must agree, in which table, and what that is worth.

    A table of `streets` also holds named roads; `close` says that all points of a key must be one place.
    """

    level: str
    score: float
    keys: tuple[str, ...]
    close: bool


_MATCHES = (
    _Match("rooftop", 1.0, ("street_key", "number_key", "postcode_key"), close=True),
    _Match("rooftop", 0.95, ("street_key", "number_key", "city_key"), close=True),
    _Match("rooftop", 0.9, ("street_key", "number_key"), close=True),
    _Match("street", 0.6, ("street_key", "postcode_key"), close=False),
    _Match("street", 0.5, ("street_key", "city_key"), close=False),
    _Match("street", 0.4, ("street_key",), close=True),
    _Match("postcode", 0.2, ("postcode_key",), close=False),
)


def normalise(text: pd.Series) -> pd.Series:
    """Text as compared: Latin letters without accents, lower case, one blank between words; missing where nothing is left."""
    distinct = {value: re.sub(r"[^a-z0-9]+", " ", anyascii(value).lower()).strip() for value in text.dropna().unique()}
    result = text.map(distinct).astype("string")
    return result.mask(result == "")


def split_street(street: pd.Series, house_number: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Street and house number, where both stand in the street ("Main Street 12", "12 Main Street") and the number is missing.

    Returns:
        street, house_number, on the same index.
    """
    split = {}
    for value in street[house_number.isna() & street.notna()].unique():
        found = _NUMBER_LAST.match(value) or _NUMBER_FIRST.match(value)
        if found:
            split[value] = (found["street"], found["number"])
    hit = house_number.isna() & street.isin(list(split))
    streets = street.mask(hit, street.map({value: parts[0] for value, parts in split.items()}).astype("string"))
    numbers = house_number.mask(hit, street.map({value: parts[1] for value, parts in split.items()}).astype("string"))
    return streets, numbers


def _keys(addresses: pd.DataFrame) -> pd.DataFrame:
    street, number = split_street(addresses["street"].astype("string"), addresses["house_number"].astype("string"))
    return pd.DataFrame({
        "street_key": normalise(street),
        # "5 a" is "5a", but "1/2" is not "12".
        "number_key": normalise(number).str.replace(r"(\d) ([a-z])", r"\1\2", regex=True),
        "postcode_key": normalise(addresses["postcode"].astype("string")).str.replace(" ", "", regex=False),
        "city_key": normalise(addresses["city"].astype("string")),
    })  # fmt: skip


class Reference:
    """What is known of addresses: points of addresses and points on named streets.

    Args:
        address_points: columns street, house_number, postcode, city, longitude, latitude (EPSG:4326).
        streets: columns street, longitude, latitude: a point of each segment of a named road.
    """

    def __init__(self, address_points: pd.DataFrame, streets: pd.DataFrame) -> None:
        self._points = _keys(address_points).assign(longitude=address_points["longitude"], latitude=address_points["latitude"])
        named = streets.assign(house_number=None, postcode=None, city=None)
        on_streets = _keys(named).assign(longitude=streets["longitude"], latitude=streets["latitude"])
        self._streets = pd.concat([self._points, on_streets], ignore_index=True)

    def table(self, match: _Match) -> pd.DataFrame:
        """One position per key: the point nearest to the middle of all that share it; columns of the keys, longitude, latitude."""
        points = self._streets if match.keys == ("street_key",) else self._points
        points = points.dropna(subset=list(match.keys))
        groups = points.groupby(list(match.keys), sort=True)
        middle = groups[["longitude", "latitude"]].transform("median")
        shrink = np.cos(np.radians(points["latitude"].astype(float)))
        off = ((points["longitude"] - middle["longitude"]) * shrink) ** 2 + (points["latitude"] - middle["latitude"]) ** 2
        nearest = points.assign(off=off).sort_values([*match.keys, "off", "longitude", "latitude"], kind="stable").drop_duplicates(list(match.keys))
        if match.close:
            farthest = off.groupby([points[key] for key in match.keys]).max()
            one_place = farthest[farthest <= _SPREAD_LIMIT_DEGREES**2].reset_index()[list(match.keys)]
            nearest = nearest.merge(one_place, on=list(match.keys))
        return nearest[[*match.keys, "longitude", "latitude"]]


def geocode(addresses: pd.DataFrame, reference: Reference) -> pd.DataFrame:
    """The position of each address.

    Args:
        addresses: columns street, house_number, postcode, city; any may be missing.
        reference: what is known of addresses.

    Returns:
        On the same index: longitude, latitude (EPSG:4326, missing where nothing was found), geocode_level
        (rooftop, street, postcode, none), geocode_score (0 to 1).
    """
    keys = _keys(addresses)
    found = pd.DataFrame(
        {"longitude": np.nan, "latitude": np.nan, "geocode_level": pd.Series("none", index=keys.index, dtype="string"), "geocode_score": 0.0}, index=keys.index
    )
    for match in _MATCHES:
        open_keys = keys[found["geocode_level"] == "none"].dropna(subset=list(match.keys))
        hits = open_keys.reset_index(names="row").merge(reference.table(match), on=list(match.keys)).set_index("row")
        found.loc[hits.index, ["longitude", "latitude"]] = hits[["longitude", "latitude"]].astype(float)
        found.loc[hits.index, "geocode_level"] = match.level
        found.loc[hits.index, "geocode_score"] = match.score
    return found
