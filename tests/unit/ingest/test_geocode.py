"""Addresses find their positions, and say how."""

from collections.abc import Sequence

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcrm.ingest.geocode import Reference, geocode, normalise, split_street

_ADDRESS = ["street", "house_number", "postcode", "city"]
_POINTS = [
    ("Mannerheimintie", "5", "00100", "Helsinki", 24.9400, 60.1700),
    ("Mannerheimintie", "5 a", "00100", "Helsinki", 24.9401, 60.1701),
    ("Mannerheimintie", "12", "00100", "Helsinki", 24.9380, 60.1720),
    ("Mannerheimintie", "88", "00250", "Helsinki", 24.9200, 60.1900),
    ("Kirchstrasse", "7", "9490", "Vaduz", 9.5210, 47.1400),
    ("Kirchstrasse", "7", "9494", "Schaan", 9.5090, 47.1650),
    ("Dorfweg", "1", "9490", "Vaduz", 9.5250, 47.1450),
    ("Rue Saint-Honoré", "3", None, "Monaco", 7.4200, 43.7300),
]
_STREETS = [("Seitengasse", 9.53, 47.15), ("Lange Gasse", 9.53, 47.15), ("Lange Gasse", 9.60, 47.20)]


def _reference(points: Sequence[tuple[object, ...]] | None = None, streets: Sequence[tuple[object, ...]] | None = None) -> Reference:
    known = pd.DataFrame(_POINTS if points is None else points, columns=[*_ADDRESS, "longitude", "latitude"])
    return Reference(known, pd.DataFrame(_STREETS if streets is None else streets, columns=["street", "longitude", "latitude"]))


def _geocoded(*addresses: tuple[object, ...], reference: Reference | None = None) -> list[tuple[str, float, float]]:
    found = geocode(pd.DataFrame(addresses, columns=_ADDRESS, index=range(10, 10 + len(addresses))), reference or _reference())
    assert found.index.tolist() == list(range(10, 10 + len(addresses)))
    return list(zip(found["geocode_level"], found["geocode_score"], found["longitude"].fillna(0), strict=True))


def test_each_level_says_what_it_is_worth() -> None:
    assert _geocoded(
        ("Mannerheimintie", "5", "00100", "Helsinki"),  # street, number, postcode
        ("Kirchstrasse", "7", "99999", "Schaan"),  # street, number, city
        ("Dorfweg", "1", None, None),  # street and number, which are there once
        ("Mannerheimintie", "777", "00250", None),  # street and postcode
        ("Kirchstrasse", "99", None, "Vaduz"),  # street and city
        ("Seitengasse", "9", None, None),  # a street that is in one place
        ("Nowhere", "1", "9494", None),  # postcode
        ("Nowhere", "1", "1", "Nowhere"),
        (None, None, None, None),
    ) == [
        ("rooftop", 1.0, 24.94),
        ("rooftop", 0.95, 9.509),
        ("rooftop", 0.9, 9.525),
        ("street", 0.6, 24.92),
        ("street", 0.5, 9.521),
        ("street", 0.4, 9.53),
        ("postcode", 0.2, 9.509),
        ("none", 0.0, 0.0),
        ("none", 0.0, 0.0),
    ]


def test_an_address_that_is_in_two_towns_is_no_answer() -> None:
    assert _geocoded(("Kirchstrasse", "7", None, None), ("Lange Gasse", None, None, None)) == [("none", 0.0, 0.0)] * 2


@pytest.mark.parametrize(
    "street",
    ["MANNERHEIMINTIE", " mannerheimintie ", "Mannerheimintie.", "Månnerheimintie"],
)
def test_spelling_is_compared_without_case_accents_and_marks(street: str) -> None:
    assert _geocoded((street, "5", "00100", None))[0][:2] == ("rooftop", 1.0)


@pytest.mark.parametrize(
    ("number", "longitude"),
    [("5A", 24.9401), ("5 a", 24.9401), ("5-a", 24.9401), ("12", 24.938), ("5/12", None), ("1/2", None), ("1-2", None)],
)
def test_house_numbers(number: str, longitude: float | None) -> None:
    level, _, found = _geocoded(("Mannerheimintie", number, "00100", None))[0]
    assert (level, found) == ("rooftop", longitude) if longitude else level == "street"


def test_number_and_street_in_one_field() -> None:
    assert [answer[0] for answer in _geocoded(("Mannerheimintie 5 a", None, "00100", None), ("3 Rue Saint Honoré", None, None, "Monaco"))] == ["rooftop"] * 2


@pytest.mark.parametrize(
    ("given_street", "given_number", "street", "number"),
    [
        ("Main Street 12", None, "Main Street", "12"),
        ("12 Main Street", None, "Main Street", "12"),
        ("Main Street, 12b", None, "Main Street", "12b"),
        ("Straße des 17. Juni 135", None, "Straße des 17. Juni", "135"),
        ("Via Roma 3/5", None, "Via Roma", "3/5"),
        ("5th Avenue", None, "5th Avenue", None),
        ("Dorfweg", None, "Dorfweg", None),
        ("Main Street 12", "14", "Main Street 12", "14"),
        ("12", None, "12", None),
        (None, None, None, None),
        (None, "3", None, "3"),
    ],
)
def test_split_street(given_street: str | None, given_number: str | None, street: str | None, number: str | None) -> None:
    streets, numbers = split_street(pd.Series([given_street], dtype="string"), pd.Series([given_number], dtype="string"))
    assert [None if pd.isna(value) else value for value in (streets[0], numbers[0])] == [street, number]


def test_of_several_points_the_one_in_the_middle_counts() -> None:
    points = [("Platz", "1", "1", "A", 9.5000 + step / 10_000, 47.0) for step in (0, 1, 2, 3, 30)]
    assert _geocoded(("Platz", "1", "1", "A"), reference=_reference(points, []))[0] == ("rooftop", 1.0, 9.5002)


def test_nothing_is_found_where_nothing_is_known() -> None:
    assert _geocoded(("Dorfweg", "1", "9490", "Vaduz"), reference=_reference([], [])) == [("none", 0.0, 0.0)]
    assert _geocoded() == []


def test_the_order_of_the_addresses_does_not_matter() -> None:
    addresses: list[tuple[object, ...]] = [("Dorfweg", str(number), postcode, None) for number in range(3) for postcode in ("9490", "1", None)]
    assert _geocoded(*addresses) == list(reversed(_geocoded(*reversed(addresses))))


@given(st.sampled_from([point for point in _POINTS if point[2]]))
def test_every_known_address_finds_itself(point: tuple[object, ...]) -> None:
    assert _geocoded(point[:4])[0] == ("rooftop", 1.0, point[4])


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=1, max_size=6))
def test_normalising_twice_is_normalising_once(values: list[str]) -> None:
    once = normalise(pd.Series(values, dtype="string"))
    assert normalise(once).equals(once)
    assert all(value == value.strip() and value for value in once.dropna())
