"""Codes, currencies, countries, yes and no."""

import pandas as pd
import pytest

from gcrm.ingest.clean.codes import code, flag
from gcrm.ingest.clean.country import country
from gcrm.ingest.clean.money import currency


def _text(*values: str) -> pd.Series:
    return pd.Series(values, dtype="string")


def test_codes_are_lower_case() -> None:
    cleaned = code(_text(" Customer ", "LOST", ""))
    assert cleaned.clean.fillna("-").tolist() == ["customer", "lost", "-"]
    assert cleaned.reasons.isna().all()


@pytest.mark.parametrize(("step", "good", "bad"), [(currency, "chf", "Francs"), (currency, " EUR", "$"), (country, "li", "Lichtenland"), (country, "FI", "1a")])
def test_international_codes_are_upper_case_and_of_their_length(step: object, good: str, bad: str) -> None:
    cleaned = step(_text(good, bad, ""))  # type: ignore[operator]

    assert cleaned.clean.fillna("-").tolist() == [good.strip().upper(), "-", "-"]
    assert cleaned.reasons.isna().tolist() == [True, False, True]
    assert "ISO" in cleaned.reasons[1]


@pytest.mark.parametrize(("text", "value"), [("TRUE", True), ("ja", True), ("1", True), ("x", True), ("no", False), ("False", False), ("0", False)])
def test_yes_and_no(text: str, value: bool) -> None:  # noqa: FBT001 - the flag is what is tested
    cleaned = flag(_text(text))
    assert cleaned.clean[0] == value
    assert cleaned.clean.dtype == "boolean"


def test_what_is_neither_yes_nor_no() -> None:
    cleaned = flag(_text("perhaps", ""))
    assert cleaned.clean.isna().all()
    assert cleaned.reasons.isna().tolist() == [False, True]
