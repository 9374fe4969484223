"""Names of companies: what is tidied, what stays, which part is the legal form."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcrm.ingest.clean.names import clean, split_legal_form
from gcrm.ingest.words import words


@pytest.mark.parametrize(
    ("name", "bare", "form"),
    [
        ("Müller & Söhne GmbH & Co. KG", "Müller & Söhne", "GmbH & Co. KG"),
        ("Nestlé S.A.", "Nestlé", "S.A."),
        ("Foo SpA", "Foo", "S.p.A."),
        ("ACME, Inc.", "ACME", "Inc."),
        ("Acme Pty Ltd", "Acme", "Pty. Ltd."),
        ("Nokia Oyj", "Nokia", "Oyj"),
        ("IKEA AB", "IKEA", "AB"),
        ("Kowalski sp.z o.o", "Kowalski", "sp. z o.o."),
        ("Novák, s.r.o.", "Novák", "s.r.o."),
        ("UAB Maxima", "Maxima", "UAB"),
        ("ООО Ромашка", "Ромашка", "ООО"),  # noqa: RUF001 - Cyrillic
        ("株式会社トヨタ", "トヨタ", "株式会社"),
        ("(주) 한국상사", "한국상사", "(주)"),
        ("한국상사(주)", "한국상사", "(주)"),
        ("삼성 주식회사", "삼성", "주식회사"),
        ("Sony K.K.", "Sony", "K.K."),
    ],
)
def test_the_legal_form_is_told_from_the_name(name: str, bare: str, form: str) -> None:
    assert split_legal_form(name) == (bare, form)


@pytest.mark.parametrize("name", ["Las Vegas", "Casa", "Such As", "Barnes and co", "GmbH", "Peter Lag", "Ada Lovelace", "", "IBM", "McDonald's"])
def test_what_only_looks_like_a_legal_form_stays(name: str) -> None:
    assert split_legal_form(name) == (name, "")


@pytest.mark.parametrize("form", words("legal_forms")["behind"])
def test_every_form_of_the_list_is_recognised_behind_a_name(form: str) -> None:
    assert split_legal_form(f"Zyx Qwv {form}").name == "Zyx Qwv"


@given(st.text(max_size=40))
def test_nothing_but_a_form_is_taken_off(name: str) -> None:
    bare, form = split_legal_form(name)
    assert bare in name
    assert bare or not name.strip()
    assert form or bare == name.strip()


def test_case_and_inner_quotes_stay_and_outer_ones_go() -> None:
    raw = pd.Series(
        ['"Zum Löwen"', "IBM", 'Gasthof "Zum Löwen"', "McDonald's,", " «Chez Max» ", ",", "van der Berg", "'s-Hertogenbosch Beheer"], dtype="string"
    )
    cleaned = clean(raw)
    expected = ["Zum Löwen", "IBM", 'Gasthof "Zum Löwen"', "McDonald's", "Chez Max", "-", "van der Berg", "'s-Hertogenbosch Beheer"]
    assert cleaned.clean.fillna("-").tolist() == expected
    assert cleaned.reasons.isna().all()
