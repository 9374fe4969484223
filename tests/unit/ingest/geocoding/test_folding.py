"""Spellings of one street have a key in common, in many languages; different streets have none."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcrm.errors import SettingsError
from gcrm.ingest.geocoding.areas import place_keys, postcode_key
from gcrm.ingest.geocoding.folding.dictionary import dictionary
from gcrm.ingest.geocoding.folding.keys import street_keys

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Bahnhofstrasse", "Bahnhofstr."), ("Bahnhofstraße", "BAHNHOF STRASSE"), ("Müllerstraße", "Muellerstr"), ("Fallsgasse", "Fallsg."),
        ("Sankt-Martins-Ring", "St. Martinsring"), ("Karl-Marx-Platz", "Karl Marx Pl."), ("Rue de l'Opéra", "R. de l Opera"),
        ("Boulevard Saint-Germain", "Bd St Germain"), ("Avenue du Général Leclerc", "Av. Gal Leclerc"), ("Via Giuseppe Garibaldi", "V. Gius. Garibaldi"),
        ("Piazza San Marco", "P.za S. Marco"), ("Corso Vittorio", "C.so Vittorio"), ("Calle de Alcalá", "C/ Alcala"), ("Avenida de la Paz", "Avda. Paz"),
        ("Carrer d'Aragó", "C. Arago"), ("Rua Dom João", "R. D. Joao"), ("Praça do Comércio", "Pç. Comercio"), ("Avenida Engenheiro Duarte", "Av. Eng. Duarte"),
        ("Prinsengracht", "Prinsengr."), ("Burgemeester de Vlugtlaan", "Burg. de Vlugtln"), ("West 4th Street", "W Fourth St"), ("Fifth Avenue", "5th Ave"),
        ("Martin Luther King Boulevard", "MLK Blvd"), ("Annankatu", "Annank."), ("Hämeentie", "Hameentie"), ("Drottninggatan", "Drottningg."),
        ("Sankt Eriksgatan", "S:t Eriksgatan"), ("ulica Marszałkowska", "ul. Marszalkowska"), ("Aleja Jana Pawła II", "al. Jana Pawla II"),
        ("náměstí Míru", "nám. Miru"), ("třída Svobody", "tř. Svobody"), ("강남대로", "Gangnam-daero"), ("Åkergatan", "Aakergatan"),
    ],
)  # fmt: skip
def test_spellings_of_one_street(one: str, other: str) -> None:
    assert set(street_keys(one, dictionary()).folded) & set(street_keys(other, dictionary()).folded)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Feldweg", "Feldgasse"), ("West 12th Street", "West 11th Street"), ("Rue Foch", "Avenue Foch"), ("Aleja Jana Pawła II", "Aleja Jana Pawła I")],
)
def test_different_streets(one: str, other: str) -> None:
    assert not set(street_keys(one, dictionary()).folded) & set(street_keys(other, dictionary()).folded)


def test_a_street_without_its_type_has_the_stem_in_common() -> None:
    assert set(street_keys("Alcalá", dictionary()).stems) & set(street_keys("Calle de Alcalá", dictionary()).stems)


@pytest.mark.parametrize("text", ["", " ", "\x00\x01", "...", "---", "\u202e", "'"])
def test_nothing_has_no_key(text: str) -> None:
    assert street_keys(text, dictionary()).folded == ()


@pytest.mark.parametrize("text", ["😀", "9" * 5000, "a" * 100_000, "x" + "(" * 300, "st " * 200, "上海市南京路"])
def test_hostile_texts_have_few_keys_of_bounded_length(text: str) -> None:
    keys = street_keys(text, dictionary())
    assert 1 <= len(keys.folded) <= 24
    assert all(len(key) < 5000 for key in (keys.plain, *keys.folded, *keys.stems))


@given(_TEXT)
def test_keys_do_not_depend_on_case_and_blanks(text: str) -> None:
    keys = street_keys(text, dictionary())
    assert street_keys(f"  {text} ", dictionary()).folded == keys.folded
    assert all(keys.folded)
    assert bool(keys.folded) == bool(keys.stems)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("FL-9490", "9490"),
        ("00100", "100"),
        ("100", "100"),
        ("SW1A 1AA", "sw1a1aa"),
        ("00-950", "950"),
        ("AD500", "500"),
        ("", ""),
        ("Vaduz", ""),
        ("0000", "0"),
    ],
)
def test_postcodes(text: str, key: str) -> None:
    assert postcode_key(text) == key


def test_places_are_compared_without_a_postcode_in_them() -> None:
    assert place_keys("9490 Vaduz", dictionary()) == place_keys("VADUZ", dictionary())
    assert set(place_keys("St. Gallen", dictionary())) & set(place_keys("Sankt Gallen", dictionary()))


def test_a_folder_of_dictionaries_is_added(tmp_path: Path) -> None:
    (tmp_path / "xx").mkdir()
    (tmp_path / "xx" / "street_types.txt").write_text("prospekt|prosp\n", encoding="utf-8")
    more = dictionary(tmp_path)
    assert set(street_keys("Nevskij Prosp", more).folded) & set(street_keys("Nevskij prospekt", more).folded)
    assert not set(street_keys("Nevskij Prosp", dictionary()).folded) & set(street_keys("Nevskij prospekt", dictionary()).folded)


def test_a_folder_without_dictionaries_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="holds no dictionary"):
        dictionary(tmp_path / "none")
