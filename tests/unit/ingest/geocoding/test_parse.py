"""House numbers, and the readings of an address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcrm.ingest.geocoding.folding.dictionary import dictionary
from gcrm.ingest.geocoding.house_numbers import parse_number
from gcrm.ingest.geocoding.parse import Reading, is_box, more_readings, split_street

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@pytest.mark.parametrize(
    ("text", "keys", "exact", "base"),
    [
        ("12", ("12",), 1, 12), ("12a", ("12a",), 1, 12), ("12 A", ("12a",), 1, 12), ("12/a", ("12a",), 1, 12), ("5-a", ("5a",), 1, 5), ("012", ("12",), 1, 12),
        ("Nr. 12", ("12",), 1, 12), ("No 12", ("12",), 1, 12), ("№ 12", ("12",), 1, 12), ("č.p. 12", ("12",), 1, 12), ("12/3", ("12/3", "12"), 1, 12),
        ("12 Top 4", ("12",), 1, 12), ("12, Apt 3", ("12",), 1, 12), ("12 #3", ("12",), 1, 12), ("12 m. 3", ("12",), 1, 12), ("12a Top 4", ("12a",), 1, 12),
        ("12-14", ("12-14", "12", "14"), 3, 12), ("12–14", ("12-14", "12", "14"), 3, 12), ("12;14", ("12-14", "12", "14"), 3, 12),  # noqa: RUF001
        ("12 bis", ("12bis",), 1, 12), ("12 1/2", ("12 1/2",), 1, 12), ("A12", ("a12",), 1, None), ("", (), 0, None), ("😀", (), 0, None),
        ("1234567", ("1234567",), 1, None), ("Bahnhof", (), 0, None), ("\x00", (), 0, None),
    ],
)  # fmt: skip
def test_house_numbers(text: str, keys: tuple[str, ...], exact: int, base: int | None) -> None:
    found = parse_number(text, dictionary())
    assert (found.keys, found.exact, found.base) == (keys, exact, base)


@pytest.mark.parametrize(
    ("text", "street", "number"),
    [
        ("Main Street 12", "Main Street", "12"), ("12 Main Street", "Main Street", "12"), ("Main Street, 12b", "Main Street", "12b"),
        ("Straße des 17. Juni 135", "Straße des 17. Juni", "135"), ("Via Roma 3/5", "Via Roma", "3/5"), ("5th Avenue", "5th Avenue", ""),
        ("67 8th Avenue", "8th Avenue", "67"), ("Dorfweg", "Dorfweg", ""), ("12", "12", ""), ("", "", ""), ("Hauptstr.5", "Hauptstr.", "5"),
        ("Rue Foch 12 bis", "Rue Foch", "12 bis"), ("Dammweg 10 Whg. 1", "Dammweg", "10 Whg. 1"), ("Calle Mayor, nº 7", "Calle Mayor", "7"),
        ("Wilhelmstraße 12 a", "Wilhelmstraße", "12 a"), ("강남대로 396", "강남대로", "396"), ("218 1/2 West 15th Street", "West 15th Street", "218 1/2"),
    ],
)  # fmt: skip
def test_street_and_number_in_one_text(text: str, street: str, number: str) -> None:
    assert split_street(text, dictionary()) == (street, number)


@pytest.mark.parametrize(
    "text", ["Postfach 12", "P.O. Box 7", "PO Box", "BP 340", "Casella postale 4", "Apartado 99", "사서함 12", "Postbus 1", "Skrytka pocztowa 5"]
)
def test_post_office_boxes(text: str) -> None:
    assert is_box(text, dictionary())
    assert all(reading.street == "" for reading in more_readings(text, "", "9490", "Vaduz", dictionary()))


@pytest.mark.parametrize("text", ["Boxberger Strasse 3", "Postgasse 4", "Planken 5"])
def test_streets_that_begin_like_boxes(text: str) -> None:
    assert not is_box(text, dictionary())


_TRUE = Reading("Main St", "5", "9490", "Vaduz")


@pytest.mark.parametrize(
    "fields",
    [
        ("Main St", "5", "9490", "Vaduz"), ("Main St 5", "", "9490", "Vaduz"), ("5 Main St", "", "9490", "Vaduz"), ("Main St 5, 9490 Vaduz", "", "", ""),
        ("Main St 5; 9490 Vaduz", "", "", ""), ("Main St 5 9490 Vaduz", "", "", ""), ("9490 Vaduz Main St 5", "", "", ""),
        ("c/o Meier, Main St 5, 9490 Vaduz", "", "", ""),
        ("Main St 5", "", "", "9490 Vaduz"), ("Main St", "5", "9490 Vaduz", ""), ("Main St", "5", "Vaduz", "9490"), ("Vaduz", "5", "9490", "Main St"),
        ("Vaduz", "", "9490", "Main St 5"), ("Main St, 5, 9490 Vaduz", "", "", ""), ("5", "Main St", "9490", "Vaduz"), ("", "Main St 5", "9490", "Vaduz"),
        ("Main St", "9490", "5", "Vaduz"), ("", "", "", "Main St 5, 9490 Vaduz"),
    ],
)  # fmt: skip
def test_one_of_the_readings_is_the_one_that_was_meant(fields: tuple[str, str, str, str]) -> None:
    assert _TRUE in more_readings(*fields, dictionary())


def test_a_village_is_its_own_street() -> None:
    assert Reading("Planken", "7", "9498", "Planken") in more_readings("7", "", "9498", "Planken", dictionary())
    assert Reading("Planken", "7", "9498", "Planken") in more_readings("", "7", "9498", "Planken", dictionary())


@given(_TEXT, _TEXT, _TEXT, _TEXT)
def test_any_text_has_few_readings(street: str, number: str, postcode: str, place: str) -> None:
    assert len(more_readings(street, number, postcode, place, dictionary())) <= 14


@given(_TEXT)
def test_any_text_may_stand_in_the_number(text: str) -> None:
    found = parse_number(text, dictionary())
    assert found.exact <= len(found.keys) == len(set(found.keys))
