"""Cases: allowed moves, deadlines by working hours, and what is late at a time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcrm.crm.cases import MOVES, PRIORITIES, STATUSES, UNSOLVED, Case, moved, service
from gcrm.errors import CrmError, SettingsError

HELSINKI = ZoneInfo("Europe/Helsinki")
HOURS = "low=24/240,normal=8/72,high=4/24,urgent=1/8"
ALWAYS, OFFICE = service(HOURS, "", HELSINKI), service(HOURS, "Mon-Fri 08:00-17:00", HELSINKI)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001 - UTC is put on
OPENED = datetime(2026, 3, 6, 13, tzinfo=UTC)  # a Friday, 15:00 in Helsinki


def _case(status: str = "new") -> Case:
    return Case(status, OPENED, OPENED + timedelta(hours=4), OPENED + timedelta(hours=24))


@given(opened=MOMENTS, priority=st.sampled_from(PRIORITIES))
def test_deadlines_lie_behind_each_other_and_in_working_hours_never_sooner(opened: datetime, priority: str) -> None:
    response, solution = ALWAYS.deadlines(priority, opened)
    assert (response - opened, solution - opened) == tuple(timedelta(hours=hours) for hours in ALWAYS.hours[priority])
    worked_response, worked_solution = OFFICE.deadlines(priority, opened)
    assert opened < worked_response < worked_solution
    assert worked_response >= response
    for at in (worked_response, worked_solution):
        local = at.astimezone(HELSINKI)
        assert local.isoweekday() <= 5
        assert (8, 0) <= (local.hour, local.minute) <= (17, 0)


@given(opened=MOMENTS, later=st.timedeltas(timedelta(0), timedelta(days=30)), priority=st.sampled_from(PRIORITIES))
def test_what_comes_later_is_not_due_sooner(opened: datetime, later: timedelta, priority: str) -> None:
    assert OFFICE.deadlines(priority, opened) <= OFFICE.deadlines(priority, opened + later)


def test_working_hours_go_on_on_monday() -> None:
    response, solution = OFFICE.deadlines("high", OPENED)
    assert response.astimezone(HELSINKI) == datetime(2026, 3, 9, 10, tzinfo=HELSINKI)  # two hours on Friday, two on Monday
    assert solution.astimezone(HELSINKI) == datetime(2026, 3, 11, 12, tzinfo=HELSINKI)  # 2 + 9 + 9 + 4


@given(moves=st.lists(st.sampled_from(STATUSES), max_size=12), minutes=st.lists(st.integers(0, 10_000), min_size=12, max_size=12))
def test_whatever_moves_are_tried_a_case_is_solved_exactly_where_its_status_says_so(moves: list[str], minutes: list[int]) -> None:
    case, at = _case(), OPENED
    for to, wait in zip(moves, minutes, strict=False):
        at += timedelta(minutes=wait)
        if to in MOVES[case.status]:
            before, case = case, moved(case, to, at)
            assert case.responded_at == (before.responded_at or at)
        else:
            with pytest.raises(CrmError, match=f"that is {case.status} cannot become {to}"):
                moved(case, to, at)
        assert (case.solved_at is None) == (case.status in UNSOLVED)
        assert (case.next_deadline is None) == (case.status not in UNSOLVED)
        assert case.responded_at is None or OPENED <= case.responded_at <= at


@given(responded=st.integers(0, 60), solved=st.integers(0, 60), at=st.integers(0, 100))
def test_late_is_who_answered_or_solved_behind_the_deadline_and_who_has_not_when_it_is_over(responded: int, solved: int, at: int) -> None:
    hour = timedelta(hours=1)
    moment = OPENED + at * hour
    assert _case().breached(moment) == (at > 4)
    answered = moved(_case(), "open", OPENED + responded * hour)
    assert answered.breached(moment) == ((responded > 4 and at > 4) or at > 24)
    done = moved(answered, "solved", OPENED + max(responded, solved) * hour)
    assert done.breached(OPENED + 1000 * hour) == (responded > 4 or max(responded, solved) > 24)


def test_the_deadline_that_counts_is_that_of_the_answer_until_there_is_one() -> None:
    case = _case()
    assert case.next_deadline == case.response_due_at
    assert moved(case, "waiting", OPENED).next_deadline == case.solution_due_at


def test_a_case_is_not_moved_before_it_came_or_to_where_nothing_is() -> None:
    with pytest.raises(CrmError, match="cannot be moved before"):
        moved(_case(), "open", OPENED - timedelta(minutes=1))
    with pytest.raises(CrmError, match="no status 'gone'"):
        moved(_case(), "gone", OPENED)
    with pytest.raises(CrmError, match="no priority"):
        ALWAYS.deadlines("soon", OPENED)


@pytest.mark.parametrize("hours", ["", "urgent=1/8", "low=24/240,normal=8/72,high=4/24,urgent=soon", f"{HOURS},late=1/2"])
def test_hours_that_are_none_are_refused(hours: str) -> None:
    with pytest.raises(SettingsError, match="GCRM_CASE_HOURS"):
        service(hours, "", HELSINKI)


@pytest.mark.parametrize("week", ["always", "Mon-Fri", "Fri-Mon 08:00-17:00", "Mon-Xyz 08:00-17:00", "Mon-Fri 17:00-08:00", "Mon-Fri 08:00-25:00"])
def test_a_week_that_is_none_is_refused(week: str) -> None:
    with pytest.raises(SettingsError, match="GCRM_SERVICE_HOURS"):
        service(HOURS, week, HELSINKI)
