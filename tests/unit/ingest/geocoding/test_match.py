"""Addresses find their positions in small made references, and say how."""

from collections.abc import Sequence

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gcrm.ingest.geocoding.folding.dictionary import dictionary
from gcrm.ingest.geocoding.match import FIELDS, LEVELS, Matcher
from gcrm.ingest.geocoding.reference import Reference

_POINTS = [
    ("Mannerheimintie", "5", "00100", "Helsinki", "FI", 24.9400, 60.1700),
    ("Mannerheimintie", "5 a", "00100", "Helsinki", "FI", 24.9401, 60.1701),
    ("Mannerheimintie", "9", "00100", "Helsinki", "FI", 24.9410, 60.1710),
    ("Mannerheimintie", "88", "00250", "Helsinki", "FI", 24.9200, 60.1900),
    ("Kirchstrasse", "7", "9490", "Vaduz", "LI", 9.5210, 47.1400),
    ("Kirchstrasse", "7", "9494", "Schaan", "LI", 9.5090, 47.1650),
    ("Dorfweg", "1", "9490", "Vaduz", "LI", 9.5250, 47.1450),
    ("Rue Saint-Honoré", "3", "98000", "Monaco", "MC", 7.4200, 43.7300),
    ("Via Giuseppe Garibaldi", "12", "00153", "Roma", "IT", 12.4700, 41.8900),
    ("Calle de Alcalá", "50", "28014", "Madrid", "ES", -3.6930, 40.4190),
    ("Rua Dom João", "8", "4100-001", "Porto", "PT", -8.6290, 41.1580),
    ("Prinsengracht", "263", "1016 GV", "Amsterdam", "NL", 4.8840, 52.3750),
    ("West 4th Street", "228", "10014", "New York", "US", -74.0030, 40.7340),
    ("Drottninggatan", "4", "111 51", "Stockholm", "SE", 18.0640, 59.3300),
    ("ulica Marszałkowska", "10/16", "00-590", "Warszawa", "PL", 21.0180, 52.2200),
    ("náměstí Míru", "9", "120 00", "Praha", "CZ", 14.4370, 50.0750),
    ("강남대로", "396", "06241", "서울", "KR", 127.0280, 37.4970),
    ("Planken", "7", "9498", "Planken", "LI", 9.5440, 47.1850),
]
_STREETS = [("Seitengasse", 9.5260, 47.1455), ("Lange Gasse", 9.526, 47.1456)]
_AREAS = [("8000", "Zürich", "CH", 8.54, 47.37)]


def _reference(points: Sequence[tuple[object, ...]] = _POINTS, streets: Sequence[tuple[object, ...]] = _STREETS) -> Reference:
    return Reference(
        pd.DataFrame(points, columns=["street", "house_number", "postcode", "city", "country_code", "longitude", "latitude"]),
        pd.DataFrame(streets, columns=["street", "longitude", "latitude"]),
        pd.DataFrame(_AREAS, columns=["postcode", "city", "country_code", "longitude", "latitude"]),
        dictionary(),
    )


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(_reference())


def _match(matcher: Matcher, *addresses: tuple[object, ...]) -> pd.DataFrame:
    frame = pd.DataFrame([(*each, *(None,) * (5 - len(each))) for each in addresses], columns=list(FIELDS), index=range(10, 10 + len(addresses)))
    found = matcher.match(frame)
    assert found.index.tolist() == frame.index.tolist()
    return found


@pytest.mark.parametrize(
    ("address", "longitude"),
    [
        (("MANNERHEIMINTIE", "5", "100", "helsinki"), 24.94), (("Mannerheimintie", "5A", "00100", None), 24.9401), (("Dorfweg 1", None, None, "Vaduz"), 9.525),
        (("Kirchstr.", "7", "9494", None), 9.509), (("Kirchstr. 7, 9490 Vaduz",), 9.521), (("Vaduz", "7", "9490", "Kirchstrasse"), 9.521),
        (("Kirchstrasse", "7", "Schaan", "9494"), 9.509), (("3 R. St Honore", None, None, "Monaco"), 7.42),
        (("V. Giuseppe Garibaldi", "12", "00153", "Roma"), 12.47),
        (("C/ Alcala", "50", "28014", "Madrid"), -3.693), (("R. D. Joao 8", None, "4100-001", "Porto"), -8.629),
        (("Prinsengr.", "263", "1016GV", "Amsterdam"), 4.884),
        (("228 W 4th St", None, "10014", "New York"), -74.003), (("Drottningg. 4", None, "11151", "Stockholm"), 18.064),
        (("ul. Marszalkowska", "10/16", "00-590", "Warszawa"), 21.018), (("nám. Miru 9", None, "12000", "Praha"), 14.437),
        (("강남대로 396", None, "06241", "서울"), 127.028),
        (("Gangnam-daero", "396", "06241", None), 127.028), (("Planken 7", None, "9498", "Planken"), 9.544), (("7", None, "9498", "Planken"), 9.544),
        (("Dorfweg", "1 Top 3", "9490", "Vaduz"), 9.525), (("Dorfweg", "Nr. 1", "FL-9490", "Vaduz"), 9.525),
    ],
)  # fmt: skip
def test_the_address_itself(matcher: Matcher, address: tuple[str | None, ...], longitude: float) -> None:
    found = _match(matcher, address).iloc[0]
    assert (found["geocode_level"], found["longitude"]) == ("rooftop", longitude)
    assert found["geocode_score"] > 0.8
    assert found["geocode_reason"]


def test_a_slip_in_the_street_is_found_within_the_town(matcher: Matcher) -> None:
    found = _match(matcher, ("Mannerhiemintie", "9", "00100", "Helsinki")).iloc[0]
    assert (found["geocode_level"], found["longitude"]) == ("rooftop", 24.941)


def test_a_number_that_is_not_there_is_no_rooftop(matcher: Matcher) -> None:
    found = _match(matcher, ("Mannerheimintie", "7", "00100", "Helsinki"), ("Mannerheimintie", "777", "00100", "Helsinki"), ("Dorfweg", "1b", "9490", "Vaduz"))
    assert found["geocode_level"].tolist() == ["interpolated", "street", "interpolated"]
    assert found["longitude"].iloc[0] == pytest.approx((24.94 + 24.941) / 2)
    assert found["longitude"].iloc[2] == 9.525


def test_no_number_is_asked_for(matcher: Matcher) -> None:
    assert _match(matcher, ("Dorfweg", None, "9490", "Vaduz"), ("Seitengasse", None, "9490", "Vaduz"))["geocode_level"].tolist() == ["street", "street"]


def test_a_street_that_is_not_there_falls_back_and_waits_for_a_person(matcher: Matcher) -> None:
    found = _match(matcher, ("Quellenhalde", "1", "9490", "Vaduz"), ("Quellenhalde", "1", None, "Vaduz"), ("Quellenhalde", "1", "77777", "Nowhere"))
    assert found["geocode_level"].tolist() == ["postcode", "place", "none"]
    assert not found["accepted"].any()


def test_a_post_office_box_is_the_postcode_and_needs_no_person(matcher: Matcher) -> None:
    found = _match(matcher, ("Postfach 12", None, "9490", "Vaduz")).iloc[0]
    assert (found["geocode_level"], bool(found["accepted"])) == ("postcode", True)


def test_a_place_alone(matcher: Matcher) -> None:
    found = _match(matcher, (None, None, "8000", "Zürich"), (None, None, None, "Zuerich"))
    assert found["geocode_level"].tolist() == ["postcode", "place"]
    assert found["longitude"].tolist() == [8.54, 8.54]


def test_an_address_in_two_towns_is_a_question(matcher: Matcher) -> None:
    found = _match(matcher, ("Kirchstrasse", "7")).iloc[0]
    assert not found["accepted"]
    assert found["geocode_score"] <= 0.5
    assert {each["label"] for each in found["candidates"]} == {"Kirchstrasse 7, 9490 Vaduz", "Kirchstrasse 7, 9494 Schaan"}
    assert all(each["level"] == "rooftop" for each in found["candidates"])


def test_a_wrong_postcode_and_the_right_place(matcher: Matcher) -> None:
    found = _match(matcher, ("Kirchstrasse", "7", "9498", "Schaan")).iloc[0]
    assert (found["geocode_level"], found["longitude"]) == ("rooftop", 9.509)
    assert "another postcode" in found["geocode_reason"]


def test_a_street_of_another_town_is_not_taken(matcher: Matcher) -> None:
    assert _match(matcher, ("Dorfweg", "1", "9494", "Schaan"))["geocode_level"].tolist() == ["postcode"]


def test_another_country_is_not_taken(matcher: Matcher) -> None:
    assert _match(matcher, ("Dorfweg", "1", "9490", "Vaduz", "US"))["geocode_level"].tolist() == ["none"]


def test_objects_of_one_address_are_one_site() -> None:
    points = [("Platz", "1", "1000", "A", None, 9.5000 + step / 10_000, 47.0) for step in (0, 5, 10)] + [("Platz", "2", "1000", "A", None, 9.6, 47.0)]
    found = _match(Matcher(_reference(points, [])), ("Platz", "1", "1000", "A")).iloc[0]
    assert (found["geocode_level"], found["longitude"], bool(found["accepted"])) == ("rooftop", 9.5005, True)


def test_one_address_in_two_far_sites_of_a_town_is_a_question() -> None:
    points = [("Platz", "1", "1000", "A", None, 9.50, 47.0), ("Platz", "1", "1000", "A", None, 9.52, 47.0)]
    found = _match(Matcher(_reference(points, [])), ("Platz", "1", "1000", "A")).iloc[0]
    assert not found["accepted"]
    assert [each["longitude"] for each in found["candidates"]] == [9.50, 9.52]


def test_nothing_is_known() -> None:
    empty = Matcher(_reference([], []))
    assert _match(empty, ("Dorfweg", "1", "9490", "Vaduz"))["geocode_level"].tolist() == ["none"]
    assert len(_match(empty)) == 0


_HOSTILE = [
    "",
    " ",
    "😀",
    "\x00",
    "\x1b[31m",
    "9" * 10_000,
    "a" * 100_000,
    "'; DROP TABLE gcrm.accounts; --",
    "=1+1",
    "\ufeff",
    "\u202eabc",
    "NaN",
    "1e308",
    ",,,,;;;",
    "((((",
    "12",
]


@pytest.mark.parametrize("text", _HOSTILE)
def test_hostile_text_in_any_field_is_answered(matcher: Matcher, text: str) -> None:
    whole = ("Dorfweg", "1", "9490", "Vaduz", "LI")
    found = _match(matcher, (text,) * 5, *((*whole[:at], text, *whole[at + 1 :]) for at in range(5)))
    assert set(found["geocode_level"]) <= set(LEVELS)
    assert found["geocode_score"].between(0, 1).all()
    assert (found["longitude"].isna() == (found["geocode_level"] == "none")).all()


@settings(max_examples=10)
@given(st.lists(st.tuples(*[st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)] * 5), min_size=1, max_size=5))
def test_any_text_is_answered_whatever_the_order(matcher: Matcher, addresses: list[tuple[str | None, ...]]) -> None:
    found, backwards = _match(matcher, *addresses), _match(matcher, *reversed(addresses))
    assert found["geocode_level"].tolist() == backwards["geocode_level"].tolist()[::-1]
    assert found["longitude"].fillna(0).tolist() == backwards["longitude"].fillna(0).tolist()[::-1]


def test_equal_addresses_have_one_key(matcher: Matcher) -> None:
    keys = _match(matcher, ("Dorfweg", "1", "9490", "Vaduz"), ("DORFWEG ", "1", "9490", "vaduz"), ("Dorfweg", "2", "9490", "Vaduz"))["address_key"].tolist()
    assert keys[0] == keys[1] != keys[2]
