"""Countries, and what is read by country: postcodes and tax numbers."""

import pandas as pd
import pytest
from babel import Locale

from gcrm.ingest.clean.country import codes, country
from gcrm.ingest.clean.postcode import postcode
from gcrm.ingest.clean.result import Cleaned, Context
from gcrm.ingest.clean.tax_number import tax_number


def _text(*values: str) -> pd.Series:
    return pd.Series(values, dtype="string")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ch", "CH"),
        ("CHE", "CH"),
        ("756", "CH"),
        ("40", "AT"),
        ("UK", "GB"),
        ("USA", "US"),
        ("U.S.A.", "US"),
        ("Schweiz", "CH"),
        ("DEUTSCHLAND", "DE"),
        ("Holland", "NL"),
        ("England", "GB"),
        ("Südkorea", "KR"),
        ("Sudkorea", "KR"),
        ("대한민국", "KR"),
        ("Suomi", "FI"),
        ("Ελλάδα", "GR"),
        ("Россия", "RU"),
        ("日本", "JP"),
        ("Österreich", "AT"),
        ("Türkiye", "TR"),
        ("Korea, Republic of", "KR"),
        ("D", "DE"),
        ("FL", "LI"),
        ("ＦＩ", "FI"),  # noqa: RUF001 - full width
    ],
)
def test_countries_by_code_and_name(text: str, code: str) -> None:
    assert country(_text(text)).clean[0] == code


@pytest.mark.parametrize("language", ["en", "de", "fr", "it", "es", "pt", "nl", "fi", "sv", "pl", "cs", "ko", "ja"])
def test_every_country_is_known_in_every_language(language: str) -> None:
    names = {code: Locale(language).territories[code] for code in codes() if code in Locale(language).territories}
    cleaned = country(_text(*names.values())).clean
    wrong = {code: (names[code], found) for code, found in zip(names, cleaned, strict=True) if not pd.isna(found) and found != code}
    assert not wrong
    assert cleaned.notna().mean() > 0.98  # a few names are shared, and are asked about


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Korea", r"North Korea \(KP\) or South Korea \(KR\)"),
        ("Germny", r"did you mean Germany \(DE\)"),
        ("EU", "ISO 3166"),
        ("=1+1", "codes"),
        ("Atlantis", "ISO"),
    ],
)
def test_what_is_no_single_country_is_refused_with_a_suggestion(text: str, said: str) -> None:
    cleaned = country(_text(text))
    assert cleaned.clean.isna().all()
    assert cleaned.reasons.str.contains(said, regex=True).all()


def _in(step: object, text: str, code: str | None) -> tuple[str, bool]:
    cleaned: Cleaned = step(_text(text), Context(country=_text(code) if code else pd.Series([pd.NA], dtype="string")))  # type: ignore[operator]
    return cleaned.clean[0], bool(cleaned.reasons.isna()[0])


@pytest.mark.parametrize(
    ("text", "code", "written"),
    [
        ("9490.0", "LI", "9490"),
        ("9490.0", None, "9490"),
        ("sw1a1aa", "GB", "SW1A 1AA"),
        ("501", "US", "00501"),
        ("2134", "US", "02134"),
        ("123456789", "US", "12345-6789"),
        ("90210", "US", "90210"),
        ("1067", "DE", "01067"),
        ("D-80331", "DE", "80331"),
        ("75 001", "FR", "75001"),
        ("118", "IT", "00118"),
        ("100", "FI", "00100"),
        ("1234ab", "NL", "1234 AB"),
        ("k1a0b1", "CA", "K1A 0B1"),
        ("00950", "PL", "00-950"),
        ("1000205", "PT", "1000-205"),
        ("1000001", "JP", "100-0001"),
        ("11455", "SE", "114 55"),
        ("1310100", "BR", "01310-100"),
        ("6051", "KR", "06051"),
        ("８００１", "CH", "8001"),  # noqa: RUF001 - the sign that is meant
        ("LV-1010", "LV", "LV-1010"),
        ("anything", "HK", "anything"),
    ],
)
def test_postcodes_are_written_as_their_country_does(text: str, code: str | None, written: str) -> None:
    assert _in(postcode, text, code) == (written, True)
    assert _in(postcode, written, code) == (written, True)


@pytest.mark.parametrize(("text", "code"), [("801", "CH"), ("abc", "DE"), ("99999999", "DE"), ("123", "DE"), ("9499", "LI")])
def test_a_postcode_that_its_country_does_not_have_keeps_its_text(text: str, code: str) -> None:
    assert _in(postcode, text, code) == (text, False)


@pytest.mark.parametrize(
    ("text", "code", "number"),
    [
        ("DE 136,695 976", "DE", "DE136695976"),
        ("136695976", "DE", "DE136695976"),
        ("CHE-107.787.577 MWST", "CH", "CHE107787577MWST"),
        ("107.787.577", "CH", "CHE107787577"),
        ("ATU 13585627", None, "ATU13585627"),
        ("04-2103594", "US", "042103594"),
        ("EL 094259216", None, "EL094259216"),
        ("094259216", "GR", "EL094259216"),
        ("220-81-62517", "KR", "2208162517"),
        ("5560360793", "SE", "5560360793"),
        ("USt-IdNr.: DE136695976", None, "DE136695976"),
        ("2077474-0", "FI", "FI20774740"),
        ("00743110157", "IT", "IT00743110157"),
        ("whatever 12", "HK", "whatever 12"),
        ("whatever 12", None, "whatever 12"),
    ],
)
def test_tax_numbers(text: str, code: str | None, number: str) -> None:
    assert _in(tax_number, text, code) == (number, True)


@pytest.mark.parametrize(("text", "code"), [("DE136695978", "DE"), ("DE136695978", None), ("12345", "US"), ("CHE-107.787.578", "CH"), ("ATU1", "AT")])
def test_a_tax_number_with_a_wrong_digit_keeps_its_text(text: str, code: str | None) -> None:
    assert _in(tax_number, text, code) == (text, False)
