"""The calendar of the cubes: members as text, and the days that they reach over."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcrm.errors import CubeError
from gcrm.olap import calendar

_DAYS = st.dates(date(1, 1, 8), date(9999, 12, 20))


@given(st.sampled_from(list(calendar.LEVELS)), _DAYS)
def test_a_member_reaches_over_the_days_that_are_called_so(level: str, day: date) -> None:
    first, last = calendar.span(level, calendar.member(level, day))
    assert first <= day <= last
    assert {calendar.member(level, each) for each in (first, day, last)} == {calendar.member(level, day)}
    for beyond in (first - timedelta(1), last + timedelta(1)):
        assert calendar.member(level, beyond) != calendar.member(level, day)


@pytest.mark.parametrize(
    ("level", "text", "first", "last"),
    [
        ("year", "2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("quarter", "2024-Q1", date(2024, 1, 1), date(2024, 3, 31)),
        ("month", "2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("month", "2023-11..2024-02", date(2023, 11, 1), date(2024, 2, 29)),
        ("week", "2025-W01", date(2024, 12, 30), date(2025, 1, 5)),
        ("week", "2020-W53", date(2020, 12, 28), date(2021, 1, 3)),
        ("day", "2025-03-09", date(2025, 3, 9), date(2025, 3, 9)),
        ("month", "9999-12", date(9999, 12, 1), date(9999, 12, 31)),
    ],
)
def test_spans(level: str, text: str, first: date, last: date) -> None:
    assert calendar.span(level, text) == (first, last)


@pytest.mark.parametrize(
    ("level", "text", "sentence"),
    [
        ("year", "25", r"'25' is not a year; write 2025 or 2025\.\.2026\."),
        ("quarter", "2025-Q5", "is not a quarter; write 2025-Q2"),
        ("week", "2025-W53", "is not a week; write 2025-W05"),
        ("day", "2025-02-30", "is not a day; write 2025-03-09"),
        ("month", "0000-01", "is not a month"),
        ("day", "2025-03-09..", "is not a day"),
        ("quarter", "2025-Q3..2025-Q1", "ends before it begins; write the earlier quarter first"),
        ("year", "2025 ", "is not a year"),
    ],
)
def test_what_is_no_time_is_one_sentence(level: str, text: str, sentence: str) -> None:
    with pytest.raises(CubeError, match=sentence):
        calendar.span(level, text)
