"""Territories of an account over time: every time after the first assignment has one answer."""

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gcrm.crm.service import Assignment, Span, serving, spans

_FIRST = datetime(2026, 1, 1, tzinfo=UTC)
_moments = st.integers(0, 50).map(lambda hours: _FIRST + timedelta(hours=hours))
_assignments = st.lists(st.builds(Assignment, _moments, st.sampled_from(["North", "South", None])), max_size=12)


def _at(hours: int) -> datetime:
    return _FIRST + timedelta(hours=hours)


def test_each_holds_until_the_next() -> None:
    moved = [Assignment(_at(5), "South"), Assignment(_at(0), "North"), Assignment(_at(9), None)]
    assert spans(moved) == [Span("North", _at(0), _at(5)), Span("South", _at(5), _at(9)), Span(None, _at(9), None)]
    assert [serving(moved, _at(hours)) for hours in (-1, 0, 4, 5, 8, 9)] == [None, "North", "North", "South", "South", None]


def test_what_does_not_change_is_one_time() -> None:
    assert spans([Assignment(_at(0), "North"), Assignment(_at(3), "North")]) == [Span("North", _at(0), None)]


@given(_assignments)
def test_there_is_no_gap_and_no_overlap(assignments: list[Assignment]) -> None:
    found = spans(assignments)
    assert all(one.until == other.since and one.territory != other.territory for one, other in itertools.pairwise(found))
    assert all(each.until is None or each.since < each.until for each in found)
    assert [each.until for each in found[-1:]] == [None] * len(found[-1:])
    assert [each.since for each in found[:1]] == sorted(each.since for each in assignments)[:1]


@given(_assignments, _moments)
def test_the_last_word_before_a_time_holds_at_it(assignments: list[Assignment], at: datetime) -> None:
    before = [each for each in assignments if each.since <= at]
    latest = max((each.since for each in before), default=None)
    last = [each.territory for each in before if each.since == latest]
    assert serving(assignments, at) == (last[-1] if last else None)
