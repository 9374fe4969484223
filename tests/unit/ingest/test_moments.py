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
