"""Amounts with their currencies, and numbers with units."""

import pandas as pd
import pytest

from gcrm.errors import MappingError
from gcrm.ingest.clean.money import currencies, currency, money
from gcrm.ingest.clean.numbers import decimal_mark, number
from gcrm.ingest.clean.result import Context


def _text(*values: str) -> pd.Series:
    return pd.Series(values, dtype="string")


@pytest.mark.parametrize(
    ("text", "amount", "code"),
    [
        ("CHF 1'200.50", "1200.50", "CHF"),
        ("1.234,50 €", "1234.50", "EUR"),
        ("-$5.00", "-5.00", None),
        ("(€ 12.00)", "-12.00", "EUR"),
        ("5,- €", "5.00", "EUR"),
        ("12.–", "12.00", None),  # noqa: RUF001 - a dash for no cents
        ("Fr. 12.50", "12.50", None),
        ("1 200 kr", "1200.00", None),
        ("R$ 1.234,56", "1234.56", "BRL"),
        ("US$5", "5.00", "USD"),
        ("₩1,000", "1000.00", None),
        ("1 234,56 zł", "1234.56", "PLN"),
        ("5.00-", "-5.00", None),
    ],
)
def test_an_amount_with_its_currency(text: str, amount: str, code: str | None) -> None:
    assert money(_text(text)).clean[0] == amount
    found = currencies(_text(text))[0]
    assert (None if pd.isna(found) else found) == code


@pytest.mark.parametrize("text", ["5 pieces", "12 kg", "CHF", "abc", "12.05.2024"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    assert money(_text(text)).reasons.notna().all()


def test_the_column_decides_what_a_single_mark_means() -> None:
    assert money(_text("1.234", "12,50")).clean.tolist() == ["1234.00", "12.50"]
    assert money(_text("1,234", "12.50")).clean.tolist() == ["1234.00", "12.50"]
    assert number(_text("1.234", "12,50", "7")).clean.tolist() == [1234, 12.5, 7]
    assert number(_text("1,234", "0,5")).clean.tolist() == [1.234, 0.5]
    assert decimal_mark(_text("1.234", "5")) is None
    assert decimal_mark(_text("12,5", "12.5")) is None


def test_the_mapping_decides_where_the_column_does_not() -> None:
    assert money(_text("1.234"), Context(decimal=",")).clean[0] == "1234.00"
    assert money(_text("1.50"), Context(decimal=",")).reasons.notna().all()
    assert number(_text("1,234"), Context(decimal=",")).clean[0] == 1.234


def test_a_currency_without_cents_groups_thousands_and_has_no_fraction() -> None:
    yen = Context(currency=_text("JPY", "JPY"))
    cleaned = money(_text("1200", "12.5"), yen)
    assert cleaned.clean.tolist() == ["1200.00", "12.50"]
    assert cleaned.notes is not None
    assert "does not have" in cleaned.notes[1]
    assert money(_text("1.234"), Context(currency=_text("JPY"))).clean[0] == "1234.00"
    assert "two digits" in money(_text("1.234"), Context(currency=_text("KWD"))).reasons[0]


def test_an_amount_in_another_currency_than_the_record_s_is_refused() -> None:
    codes = _text("EUR", "CHF", "CAD", "EUR")
    cleaned = money(_text("CHF 5", "CHF 5", "$5", "$5"), Context(currency=codes))
    assert cleaned.reasons.isna().tolist() == [False, True, True, False]


def test_currencies_by_code_and_sign() -> None:
    cleaned = currency(_text("chf", "€", "zł", "$", "XYZ", ""))
    assert cleaned.clean.fillna("-").tolist() == ["CHF", "EUR", "PLN", "-", "-", "-"]
    assert cleaned.reasons.isna().tolist() == [True, True, True, False, False, True]


def test_numbers_with_a_unit_are_converted() -> None:
    cleaned = number(_text("12 km", "500 m", "3", "4 kg", "1,5 km", "7 parsec"), Context(unit="m"))
    assert cleaned.clean.fillna(-1).tolist() == [12000, 500, 3, -1, 1500, -1]
    assert "not one of m" in cleaned.reasons[3]
    assert number(_text("3.5 ha"), Context(unit="m²")).clean[0] == 35_000
    assert number(_text("2 Dz", "5 Stk."), Context(unit="Stück")).clean.tolist() == [24, 5]


def test_a_unit_that_nobody_knows_is_the_mapping_s_mistake() -> None:
    with pytest.raises(MappingError, match="'furlong' is no unit"):
        number(_text("3 km"), Context(unit="furlong"))
