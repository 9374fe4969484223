"""Mail addresses and web addresses."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gcrm.ingest.clean.mail import mail, well_formed, written
from gcrm.ingest.clean.website import website


def _text(*values: str) -> pd.Series:
    return pd.Series(values, dtype="string")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("info@example.ch", "info@example.ch"),
        ("A.B@EXAMPLE.Com", "A.B@example.com"),
        ("mailto:a@b.ch", "a@b.ch"),
        ("Max Muster <max@müller.de>", "max@müller.de"),
        ("<max@m.de>,", "max@m.de"),
        ("ä@b.ch", "ä@b.ch"),
        ("박@회사.한국", "박@회사.한국"),
        ("ａ＠ｂ．ｃｈ", "a@b.ch"),  # noqa: RUF001 - full width
    ],
)
def test_addresses_as_people_write_them(text: str, address: str) -> None:
    cleaned = mail(_text(text))
    assert cleaned.clean[0] == address
    assert cleaned.reasons.isna().all()


@pytest.mark.parametrize("text", ["x y", "a@localhost", "a..b@c.de", "a@b", "@b.ch", "n/a", "a@b.invalid", "=cmd|' /C calc'!A0"])
def test_what_is_no_address_keeps_its_text_with_a_reason(text: str) -> None:
    cleaned = mail(_text(text))
    assert cleaned.clean[0] == text
    assert cleaned.reasons.notna().all()


def test_of_several_addresses_the_first_is_kept_and_the_rest_is_noted() -> None:
    cleaned = mail(_text("a@b.ch; c@d.ch"))
    assert cleaned.clean[0] == "a@b.ch"
    assert cleaned.reasons.isna().all()
    assert cleaned.notes is not None
    assert "more than one" in cleaned.notes[0]


_LETTERS = st.text("abcXYZ019._+-@", min_size=1, max_size=30)


@given(st.lists(st.one_of(st.emails(), _LETTERS, st.tuples(_LETTERS, _LETTERS).map("@".join), st.just("a@b.test"), st.just("a@xn--mller-kva.de")), min_size=1))
@settings(max_examples=300)
def test_the_quick_way_takes_only_what_the_library_leaves_as_it_is(texts: list[str]) -> None:
    for text, quick in zip(texts, well_formed(_text(*texts)), strict=True):
        assert not quick or written(text) == text


def test_the_quick_way_takes_ordinary_addresses() -> None:
    assert well_formed(_text("info@example.ch", "first.last+tag@mail.example.co.uk", "a_b-c@x1.de")).all()


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("www.a.ch", "https://www.a.ch"),
        ("HTTP://WWW.A.ch/", "http://www.a.ch"),
        ("a.ch/x?y=1", "https://a.ch/x?y=1"),
        ("http://müller.de/ä", "http://müller.de/ä"),
        ("a.ch:8080", "https://a.ch:8080"),
        ("https://www.a.ch/b", "https://www.a.ch/b"),
    ],
)
def test_web_addresses(text: str, address: str) -> None:
    cleaned = website(_text(text))
    assert (cleaned.clean[0], cleaned.reasons.isna()[0]) == (address, True)


@pytest.mark.parametrize("text", ["javascript:alert(1)", "http://a", "1.2.3.4", "ftp://a.ch", "https://u:p@a.ch", "n/a", "http://[::1", "see our page"])
def test_what_is_no_web_address_keeps_its_text_with_a_reason(text: str) -> None:
    cleaned = website(_text(text))
    assert (cleaned.clean[0], cleaned.reasons.isna()[0]) == (text, False)
