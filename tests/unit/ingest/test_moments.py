"""Times and dates."""

from datetime import UTC, datetime, timedelta, timezone

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcrm.errors import MappingError
from gcrm.ingest.clean.moments import date, time
from gcrm.ingest.clean.result import Context

_ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_TIMES = st.datetimes(datetime(1801, 1, 1), datetime(2199, 1, 1))  # noqa: DTZ001 - hypothesis wants naive bounds


def _text(*values: str) -> pd.Series:
    return pd.Series(values, dtype="string")


@given(st.lists(st.tuples(_TIMES, _ZONES), min_size=1, max_size=5))
def test_iso_times_are_read_in_their_zones(times: list[tuple[datetime, timezone]]) -> None:
    zoned = [moment.replace(tzinfo=zone) for moment, zone in times]
    cleaned = time(_text(*(moment.isoformat() for moment in zoned)))

    assert cleaned.clean.dtype == "datetime64[us, UTC]"
    assert cleaned.clean.tolist() == zoned


@given(_TIMES)
def test_a_time_without_a_zone_is_utc(moment: datetime) -> None:
    assert time(_text(moment.isoformat(" "))).clean[0] == moment.replace(tzinfo=UTC)


@given(_TIMES, _ZONES)
def test_a_date_is_the_day_that_was_written(moment: datetime, zone: timezone) -> None:
    written = [moment.date().isoformat(), moment.isoformat(), moment.replace(tzinfo=zone).isoformat()]

    assert [day.date() for day in date(_text(*written)).clean] == [moment.date()] * 3


def test_a_format_is_followed() -> None:
    cleaned = time(_text("31.12.2024 23:59", "12/31/2024"), Context(format="%d.%m.%Y %H:%M"))

    assert cleaned.clean[0] == datetime(2024, 12, 31, 23, 59, tzinfo=UTC)
    assert cleaned.reasons.isna().tolist() == [True, False]
    assert "%d.%m.%Y" in cleaned.reasons[1]
    assert date(_text("31.12.2024"), Context(format="%d.%m.%Y")).clean[0] == datetime(2024, 12, 31)  # noqa: DTZ001 - a day has no zone


@pytest.mark.parametrize("text", ["yesterday", "31.13.2024", "2024-13-01", "2024-02-30", "0001-01-01", "9999-12-31", "12:30"])
def test_what_is_no_time_is_refused(text: str) -> None:
    for step in (time, date):
        cleaned = step(_text(text))
        assert cleaned.clean.isna().all()
        assert "ISO 8601" in cleaned.reasons[0]


def test_nothing_is_no_mistake() -> None:
    cleaned = time(_text("", " "))
    assert cleaned.clean.isna().all()
    assert cleaned.reasons.isna().all()
    assert time(_text()).clean.dtype == "datetime64[us, UTC]"


def test_a_format_that_is_none_is_the_mapping_s_mistake() -> None:
    with pytest.raises(MappingError, match="%Q"):
        time(_text("2024-01-01"), Context(format="%Q"))


def _days(*values: str, form: str | None = None) -> list[str | None]:
    cleaned = date(_text(*values), Context(format=form))
    return [None if pd.isna(day) else day.date().isoformat() for day in cleaned.clean]


@pytest.mark.parametrize(
    ("values", "days"),
    [
        (["31.12.2024", "1.2.2024"], ["2024-12-31", "2024-02-01"]),
        (["25/04/2024", "03/04/2024"], ["2024-04-25", "2024-04-03"]),
        (["04/25/2024", "03/04/2024"], ["2024-04-25", "2024-03-04"]),
        (["04/04/2024"], ["2024-04-04"]),
        (["2024/3/15", "2024.03.16"], ["2024-03-15", "2024-03-16"]),
        (["7/1/62", "8/31/64", "3/1/97"], ["2062-07-01", "2064-08-31", "1997-03-01"]),
        (["31.12.69", "1.1.68"], ["1969-12-31", "2068-01-01"]),
        (["20240315"], ["2024-03-15"]),
        (["45657", "45658"], ["2024-12-31", "2025-01-01"]),
        (["15 March 2024", "March 16, 2024", "Fri, 17 Mar 2024"], ["2024-03-15", "2024-03-16", "2024-03-17"]),
        (["15. März 2024", "3. Januar 2024"], ["2024-03-15", "2024-01-03"]),
        (["15 mars 2024", "1er août 2024", "2 fév. 2024"], ["2024-03-15", "2024-08-01", "2024-02-02"]),
        (["15 de marzo de 2024", "15 de março de 2024"], ["2024-03-15", "2024-03-15"]),
        (["15. maaliskuuta 2024", "15 marca 2024", "15. března 2024"], ["2024-03-15", "2024-03-15", "2024-03-15"]),
        (["2024년 3월 15일", "2024年3月15日", "2024. 3. 15."], ["2024-03-15", "2024-03-15", "2024-03-15"]),
        (["15-Mar-24", "15 марта 2024 г."], ["2024-03-15", "2024-03-15"]),  # noqa: RUF001 - the sign that is meant
    ],
)
def test_dates_as_the_world_writes_them(values: list[str], days: list[str]) -> None:
    assert _days(*values) == days


def test_a_day_that_could_be_two_is_asked_about() -> None:
    cleaned = date(_text("03/04/2024", "05/06/2024", "07/07/2024"))
    assert cleaned.clean.isna().tolist() == [True, True, False]
    assert "day_first" in cleaned.reasons[0]
    assert _days("03/04/2024", form="day_first") == ["2024-04-03"]
    assert _days("03/04/2024", form="month_first") == ["2024-03-04"]
    assert _days("24/03/15", form="year_first") == ["2024-03-15"]


def test_a_column_of_both_orders_decides_nothing() -> None:
    assert _days("25/04/2024", "04/25/2024", "03/04/2024") == ["2024-04-25", "2024-04-25", None]
    assert _days("24-03-15") == [None]


def test_a_month_that_is_another_one_next_door_is_refused() -> None:
    cleaned = date(_text("3 listopad 2024"))
    assert cleaned.clean.isna().all()
    assert "another language" in cleaned.reasons[0]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("31.12.2024 14:30", datetime(2024, 12, 31, 14, 30, tzinfo=UTC)),
        ("31.12.2024, 14.30 Uhr", datetime(2024, 12, 31, 14, 30, tzinfo=UTC)),
        ("31.12.2024 um 14:30 Uhr", datetime(2024, 12, 31, 14, 30, tzinfo=UTC)),
        ("12/31/2024 2:30 PM", datetime(2024, 12, 31, 14, 30, tzinfo=UTC)),
        ("12/31/2024 12:05:06 am", datetime(2024, 12, 31, 0, 5, 6, tzinfo=UTC)),
        ("31/12/2024 14h30", datetime(2024, 12, 31, 14, 30, tzinfo=UTC)),
        ("Tue, 31 Dec 2024 14:30:00 +0100", datetime(2024, 12, 31, 13, 30, tzinfo=UTC)),
        ("2024년 12월 31일 오후 2:30", datetime(2024, 12, 31, 14, 30, tzinfo=UTC)),
        ("45657.5", datetime(2024, 12, 31, 12, tzinfo=UTC)),
        ("1735655400", datetime(2024, 12, 31, 14, 30, tzinfo=UTC)),
        ("1735655400000", datetime(2024, 12, 31, 14, 30, tzinfo=UTC)),
    ],
)
def test_times_as_the_world_writes_them(text: str, moment: datetime) -> None:
    assert time(_text(text)).clean[0] == moment


def test_a_time_zone_of_the_mapping_is_for_times_that_name_none() -> None:
    cleaned = time(
        _text("2024-07-01 12:00", "2024-07-01T12:00Z", "31.01.2024 12:00", "2024-10-27 02:30", "2024-03-31 02:30"), Context(time_zone="Europe/Zurich")
    )
    hours = [(moment.day, moment.hour, moment.minute) for moment in cleaned.clean]
    assert hours == [(1, 10, 0), (1, 12, 0), (31, 11, 0), (27, 0, 30), (31, 1, 0)]
    with pytest.raises(MappingError, match="Europe/Vaduzz"):
        time(_text("2024-07-01 12:00"), Context(time_zone="Europe/Vaduzz"))


def test_a_day_number_of_a_spreadsheet_is_noted() -> None:
    cleaned = date(_text("2024-12-30", "45657"))
    assert cleaned.notes is not None
    assert cleaned.notes.isna().tolist() == [True, False]


_ORDERS = {"day_first": "%d/%m/%Y", "month_first": "%m/%d/%Y"}


@given(st.lists(st.dates(datetime(1801, 1, 1).date(), datetime(2199, 1, 1).date()), min_size=1, max_size=20), st.sampled_from(sorted(_ORDERS)))  # noqa: DTZ001 - bounds
def test_a_column_is_read_as_it_was_written_or_not_at_all(days: list[object], order: str) -> None:
    written = [f"{day:{_ORDERS[order]}}" for day in days]
    for day, read in zip(days, _days(*written), strict=True):
        assert read is None or read == str(day)
    assert _days(*written, form=order) == [str(day) for day in days]


@given(st.text(max_size=30))
def test_no_text_breaks_a_date(text: str) -> None:
    assert len(date(_text(text)).clean) == 1
