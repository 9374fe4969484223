"""Numbers and money, as many countries write them."""

from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcrm.ingest.clean.money import money
from gcrm.ingest.clean.numbers import number
from gcrm.ingest.clean.result import Cleaned

_LOCALES = {
    "english": (",", "."),
    "german": (".", ","),
    "swiss": ("'", "."),
    "swiss, typographic": ("\u2019", "."),
    "french": ("\u202f", ","),
    "finnish": ("\u00a0", ","),
    "plain": ("", "."),
    "plain comma": ("", ","),
}
_AMOUNTS = st.decimals(min_value=Decimal("-999999999999.99"), max_value=Decimal("999999999999.99"), places=2)


def _written(value: Decimal, locale: str, places: int = 2) -> str:
    thousands, point = _LOCALES[locale]
    return f"{value:,.{places}f}".replace(",", "T").replace(".", point).replace("T", thousands)


def _one(cleaned: Cleaned) -> object:
    return None if pd.isna(cleaned.clean.iloc[0]) else cleaned.clean.iloc[0]


def _text(*values: str) -> pd.Series:
    return pd.Series(values, dtype="string")


@given(_AMOUNTS, st.sampled_from(sorted(_LOCALES)))
def test_an_amount_survives_every_notation(value: Decimal, locale: str) -> None:
    cleaned = money(_text(_written(value, locale)))

    assert cleaned.reasons.isna().all()
    assert Decimal(str(_one(cleaned))) == value


@given(_AMOUNTS, st.sampled_from(sorted(_LOCALES)), st.sampled_from(["€{}", "{} €", "$ {}", "£{}", "{}¥"]))
def test_a_currency_sign_is_dropped(value: Decimal, locale: str, form: str) -> None:
    assert Decimal(str(_one(money(_text(form.format(_written(value, locale))))))) == value


@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_brackets_make_an_amount_negative(value: Decimal) -> None:
    assert Decimal(str(_one(money(_text(f"({_written(value, 'english')})"))))) == -value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_survives_its_own_notation(value: float) -> None:
    assert _one(number(_text(repr(value)))) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234", 1234),  # three digits after a single comma: thousands
        ("1,23", 1.23),
        ("0,234", 0.234),  # nobody groups after a zero
        ("1234,567", 1234.567),  # four digits before the comma: it groups nothing
        ("1.234", 1.234),
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("1,234,567", 1234567),
        ("1.234.567", 1234567),
        ("12,34,567.8", 1234567.8),  # the Indian grouping
        ("12 345,6", 12345.6),
        ("\u22125", -5),  # a minus sign, not a hyphen
        ("+7", 7),
        (".5", 0.5),
        ("1e3", 1000),
    ],
)
def test_a_number_is_read_as_it_is_meant(text: str, value: float) -> None:
    assert _one(number(_text(text))) == value


@pytest.mark.parametrize(
    "text",
    [
        "abc",
        "12x",
        "nan",
        "inf",
        "1e999",
        "--5",
        "1,2,3",
        "1.2.3",
        "12.05.2024",
        "1,2.5",
        "1.2,5",
        "5 5",
        "1'2",
        "12,3456,789",
        "1.234.567.89",
        "1,234,567,89",
        ".",
        "-",
        "0x10",
        "1_000",
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    for cleaned in (number(_text(text)), money(_text(text))):
        assert _one(cleaned) is None
        assert cleaned.reasons.notna().all()


def test_digits_below_the_cent_are_not_rounded_away() -> None:
    cleaned = money(_text("1.005", "1.500", "1.50", "1"))

    assert cleaned.clean.tolist()[1:] == ["1.50", "1.50", "1.00"]
    assert cleaned.reasons.isna().tolist() == [False, True, True, True]
    assert "round it" in cleaned.reasons[0]


def test_nothing_is_neither_a_value_nor_a_mistake() -> None:
    for step in (number, money):
        cleaned = step(_text("", "  ", "\u200b"))
        assert cleaned.clean.isna().all()
        assert cleaned.reasons.isna().all()


def test_zero_has_no_sign() -> None:
    assert [Decimal(value) for value in money(_text("-0", "-0.00", "0,00", "(0.00)")).clean] == [0, 0, 0, 0]
