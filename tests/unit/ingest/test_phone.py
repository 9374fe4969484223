"""Phone numbers: what people write, and the quick way beside the library."""

import pandas as pd
import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gcrm.ingest.clean.phone import _plan, _written, phone, well_formed
from gcrm.ingest.clean.result import Context

_REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)


def _one(text: str, country: str | None = None) -> tuple[str, bool, bool]:
    cleaned = phone(pd.Series([text], dtype="string"), Context(country=pd.Series([country], dtype="string")))
    assert cleaned.notes is not None
    return cleaned.clean[0], bool(cleaned.reasons.isna()[0]), bool(cleaned.notes.isna()[0])


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("044 668 18 00", "CH", "+41446681800"),
        ("+41 (0)44 668 18 00", None, "+41446681800"),
        ("0041 44 668 18 00", "CH", "+41446681800"),
        ("0041446681800", None, "+41446681800"),
        ("030 / 901820", "DE", "+4930901820"),
        ("Tel.: 030-901820", "DE", "+4930901820"),
        ("06 698 82", "IT", "+390669882"),
        ("06 6982", "VA", "+39066982"),
        ("(425) 555-0123", "US", "+14255550123"),
        ("1-425-555-0123", "US", "+14255550123"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("+1 416 555 0123 x45", "US", "+14165550123 ext. 45"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("02-312-3456", "KR", "+8223123456"),
        ("(11) 91234-5678", "BR", "+5511912345678"),
        ("09 310 1691", "FI", "+35893101691"),
        ("０３-１２３４-５６７８", "JP", "+81312345678"),  # noqa: RUF001 - the sign that is meant
        ("8 (495) 123-45-67", "RU", "+74951234567"),
        ("079 123 45 67 (privat)", "CH", "+41791234567"),
        ("079 123 45 67 privat", "CH", "+41791234567"),
        ("41446681800.0", "CH", "+41446681800"),
        ("446681800", "CH", "+41446681800"),
    ],
)
def test_numbers_as_people_write_them(text: str, country: str | None, number: str) -> None:
    clean, valid, _ = _one(text, country)
    assert clean == number
    assert valid == number.startswith("+")


@pytest.mark.parametrize(
    ("text", "country"), [("12", "CH"), ("n/a", "CH"), ("044 668 18 00", None), ("+999 123 456", None), ("=1+1", "DE"), ("4,14467E+10", "CH")]
)
def test_what_is_no_number_keeps_its_text_with_a_reason(text: str, country: str | None) -> None:
    assert _one(text, country)[:2] == (text, False)


@pytest.mark.parametrize("text", ["044 668 18 00 / 079 123 45 67", "044 668 18 00; 079 123 45 67", "044 668 18 00 oder 079 123 45 67"])
def test_of_several_numbers_the_first_is_kept_and_the_rest_is_noted(text: str) -> None:
    assert _one(text, "CH") == ("+41446681800", True, False)


def test_nothing_is_no_mistake() -> None:
    cleaned = phone(pd.Series(["", " ", "\u200b"], dtype="string"))
    assert cleaned.clean.isna().all()
    assert cleaned.reasons.isna().all()


_NATIONAL = st.text("0123456789", min_size=4, max_size=13)


@given(st.sampled_from(_REGIONS), st.lists(_NATIONAL, min_size=1, max_size=20), st.sampled_from(["", "0", "1", "8", "00", "+"]), st.booleans())
@settings(max_examples=300, deadline=None)
def test_the_quick_way_gives_what_the_library_gives(region: str, numbers: list[str], prefix: str, with_code: bool) -> None:  # noqa: FBT001 - drawn
    code = str(phonenumbers.country_code_for_region(region)) if with_code else ""
    texts = [prefix + code + number for number in numbers]
    quick = well_formed(pd.Series(texts, dtype="string"), region)
    for text, answer in zip(texts, quick, strict=True):
        assert pd.isna(answer) or answer == _written(text, region)


@pytest.mark.parametrize("region", _REGIONS)
def test_the_numbers_that_the_library_gives_as_examples(region: str) -> None:
    kinds = (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE)
    numbers = [number for kind in kinds if (number := phonenumbers.example_number_for_type(region, kind))]
    formats = (phonenumbers.PhoneNumberFormat.E164, phonenumbers.PhoneNumberFormat.INTERNATIONAL, phonenumbers.PhoneNumberFormat.NATIONAL)
    texts = [phonenumbers.format_number(number, form) for number in numbers for form in formats]
    quick = well_formed(pd.Series(texts, dtype="string"), region)
    for text, answer in zip(texts, quick, strict=True):
        assert pd.isna(answer) or answer == _written(text, region)
    if _plan(region).plain_trunk:  # type: ignore[union-attr]
        assert quick[[text.startswith("+") and text[1:].isdecimal() for text in texts]].notna().all()
