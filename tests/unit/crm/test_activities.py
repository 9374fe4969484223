"""Planned activities: what is due, reminders, and series that neither drift nor pile up."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcrm.crm.activities import Plan, Urgency, checked_rule, is_far, next_due, occurrences
from gcrm.errors import CrmError

HELSINKI = ZoneInfo("Europe/Helsinki")
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001 - UTC is put on
RULES = st.sampled_from([
    "FREQ=DAILY", "FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH", "FREQ=MONTHLY", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=YEARLY",
    "FREQ=DAILY;COUNT=20", "FREQ=WEEKLY;UNTIL=20310101T000000Z",
])  # fmt: skip


def _local(year: int, month: int, day: int, hour: int) -> datetime:
    return datetime(year, month, day, hour, tzinfo=HELSINKI)


@given(rule=RULES, first=MOMENTS, late=st.timedeltas(timedelta(days=-3), timedelta(days=400)))
def test_the_next_one_is_the_first_of_the_rule_behind_both_the_due_time_and_the_moment_it_was_done(rule: str, first: datetime, late: timedelta) -> None:
    plan = Plan(first, repeat_rule=rule, repeat_from=first)
    done_at = first + late
    found = next_due(plan, done_at, HELSINKI)
    behind = [at for at in occurrences(plan, HELSINKI, 500) if at > first and at > done_at]
    assert found == (behind[0] if behind else None)
    if found is not None:
        assert found.astimezone(HELSINKI).time() == first.astimezone(HELSINKI).time()


@given(rule=RULES, first=MOMENTS)
def test_a_series_that_is_done_one_by_one_has_the_times_of_its_rule(rule: str, first: datetime) -> None:
    plan: Plan | None = Plan(first, repeat_rule=rule, repeat_from=first)
    expected = occurrences(Plan(first, repeat_rule=rule, repeat_from=first), HELSINKI, 25)
    for at in expected:
        assert plan is not None
        assert plan.due_at == at
        following = next_due(plan, plan.due_at, HELSINKI)
        plan = None if following is None else Plan(following, repeat_rule=rule, repeat_from=first)
    assert len(expected) == 25 or plan is None


def test_what_is_postponed_does_not_move_the_series() -> None:
    monday = _local(2026, 3, 2, 9)
    postponed = Plan(_local(2026, 3, 4, 15), repeat_rule="FREQ=WEEKLY", repeat_from=monday)
    assert next_due(postponed, postponed.due_at, HELSINKI) == _local(2026, 3, 9, 9)
    assert next_due(postponed, _local(2026, 3, 17, 9), HELSINKI) == _local(2026, 3, 23, 9)


def test_nine_o_clock_stays_nine_where_clocks_change() -> None:
    saturday = _local(2026, 3, 28, 9)
    following = next_due(Plan(saturday, repeat_rule="FREQ=DAILY", repeat_from=saturday), saturday, HELSINKI)
    assert following == _local(2026, 3, 29, 9)
    assert following is not None
    assert (following.astimezone(UTC) - saturday.astimezone(UTC)) == timedelta(hours=23)


def test_the_31st_comes_in_long_months_only_and_a_count_ends() -> None:
    plan = Plan(_local(2026, 1, 31, 9), repeat_rule="FREQ=MONTHLY;COUNT=3", repeat_from=_local(2026, 1, 31, 9))
    assert [(at.month, at.day) for at in occurrences(plan, HELSINKI, 9)] == [(1, 31), (3, 31), (5, 31)]
    assert next_due(Plan(_local(2026, 5, 31, 9), repeat_rule="FREQ=MONTHLY;COUNT=3", repeat_from=plan.due_at), _local(2026, 5, 31, 9), HELSINKI) is None


def test_what_happens_once_has_no_next_one() -> None:
    plan = Plan(_local(2026, 1, 31, 9))
    assert next_due(plan, _local(2027, 1, 1, 9), HELSINKI) is None
    assert occurrences(plan, HELSINKI, 5) == [plan.due_at]


@pytest.mark.parametrize("text", ["RRULE:freq=weekly; byday=mo", "FREQ=WEEKLY;BYDAY=MO"])
def test_a_rule_is_stored_in_one_form(text: str) -> None:
    assert checked_rule(text, _local(2026, 1, 5, 9), HELSINKI) == "FREQ=WEEKLY;BYDAY=MO"
    assert not checked_rule("  ", _local(2026, 1, 5, 9), HELSINKI)


@pytest.mark.parametrize(
    "text",
    [
        "every monday", "FREQ=SOMETIMES", "FREQ=HOURLY", "FREQ=DAILY;BYHOUR=1,2", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;COUNT=0", "FREQ=DAILY;COUNT=1001",
        "BYDAY=MO", "FREQ=WEEKLY;BYDAY=XX", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=WEEKLY;UNTIL=20270101", "EXDATE:20260101", "FREQ=DAILY;FREQ=WEEKLY",
        "FREQ=DAILY;INTERVAL=MO", "FREQ=WEEKLY;UNTIL=20200101T000000Z",
    ],
)  # fmt: skip
def test_what_is_no_rule_or_can_never_come_is_refused(text: str) -> None:
    with pytest.raises(CrmError, match="write one such as FREQ=WEEKLY"):
        checked_rule(text, _local(2026, 1, 5, 9), HELSINKI)


@given(rule=st.text("FREQ=DAILYWKMNTHSU;BYO0123456789,-Z:", max_size=40))
def test_a_text_is_a_rule_or_an_error_with_a_sentence(rule: str) -> None:
    starts_at = _local(2026, 1, 5, 9)
    try:
        kept = checked_rule(rule, starts_at, HELSINKI)
    except CrmError:
        return
    assert not kept or occurrences(Plan(starts_at, repeat_rule=kept, repeat_from=starts_at), HELSINKI, 3)


@given(due_at=MOMENTS, at=MOMENTS)
def test_what_lies_behind_is_overdue_and_the_rest_of_the_day_is_today(due_at: datetime, at: datetime) -> None:
    urgency = Plan(due_at).urgency(at, HELSINKI)
    assert (urgency is Urgency.OVERDUE) == (due_at < at)
    assert (urgency is Urgency.TODAY) == (due_at >= at and due_at.astimezone(HELSINKI).date() == at.astimezone(HELSINKI).date())


@given(due_at=MOMENTS, minutes=st.integers(0, 10_000))
def test_a_reminder_comes_so_long_before(due_at: datetime, minutes: int) -> None:
    reminder = Plan(due_at, reminder_minutes=minutes).reminder_at
    assert reminder is not None
    assert due_at - reminder == timedelta(minutes=minutes)
    assert Plan(due_at).reminder_at is None


def test_a_check_in_is_far_from_a_quarter_of_a_kilometre() -> None:
    assert not is_far(250.0)
    assert is_far(250.1)
