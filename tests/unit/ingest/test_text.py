"""Text is tidied and never refused."""

import unicodedata

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcrm.ingest.clean.text import clean, tidy

_ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(st.lists(_ANY, min_size=1, max_size=8))
def test_tidying_twice_is_tidying_once(values: list[str]) -> None:
    once = tidy(pd.Series(values, dtype="string"))
    assert tidy(once).equals(once)


@given(st.lists(_ANY, min_size=1, max_size=8))
def test_tidy_text_is_normal_and_has_no_stray_blank(values: list[str]) -> None:
    for value in tidy(pd.Series(values, dtype="string")).dropna():
        assert value == unicodedata.normalize("NFC", value).strip()
        assert value
        assert not any(stray in value for stray in ("  ", "\t", "\n", "\0", "\ufeff", "\u200b"))


def test_text_as_people_type_it() -> None:
    raw = pd.Series(["  Café\u0301\tdes  Amis\n", "Cafe\u0301", "\ufeff", "a\0b", " \u00a0 ", "plain"], dtype="string")
    cleaned = clean(raw)

    assert cleaned.clean.fillna("-").tolist() == ["Caf\u00e9\u0301 des Amis", "Caf\u00e9", "-", "ab", "-", "plain"]
    assert cleaned.reasons.isna().all()


@pytest.mark.parametrize(
    ("broken", "text"),
    [
        ("MÃ¼ller", "Müller"),
        ("MÃƒÂ¼ller", "Müller"),
        ("CafÃ©", "Café"),
        ("â€œHiâ€\x9d", "\u201cHi\u201d"),
        ("Ð\x9cÐ¾Ñ\x81ÐºÐ²Ð°", "Москва"),
        ("í•œêµ\xad", "한국"),
        ("Åšwierk", "Świerk"),
    ],
)
def test_a_broken_encoding_is_mended(broken: str, text: str) -> None:
    assert tidy(pd.Series([broken], dtype="string"))[0] == text


@pytest.mark.parametrize("text", ["CAFÉ®", "SÃO PAULO", "Ångström", "IRMÃOS", "Zürich", "½ Ä", "नमस्\u200dते", "한국", "Škoda Žižkov", "naïve"])
def test_what_is_not_certainly_broken_stays(text: str) -> None:
    assert tidy(pd.Series([text], dtype="string"))[0] == text


def test_marks_that_turn_or_hide_text_go() -> None:
    raw = pd.Series(["a\u202eb\u202c", "\u2066x\u2069", "so\u00adft", "a\u200db", "\u00a0a\u3000b\u2003", "\u3164"], dtype="string")
    assert tidy(raw).fillna("-").tolist() == ["ab", "x", "soft", "ab", "a b", "-"]
