"""The calendar: the levels of time, the stored column that each follows from, and how their members are written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from gcrm.errors import CubeError

_RANGE = ".."
_ENDS = 2
_DAYS_A_WEEK, _WEEKS_A_YEAR = 7, 52
_MONTHS_A_QUARTER, _MONTHS = 3, 12


@dataclass(frozen=True)
class Level:
    """A level of time.

    Attributes:
        name: also the column of an answer.
        column: the one that is stored, the first day of a month, or the day.
        expression: the first day of its member, as DuckDB works it out of that column.
        number: of the period, so that neighbours differ by 1, as DuckDB works it out of the column of an answer.
        pattern: of a member.
        example: of a member.
    """

    name: str
    column: str
    expression: str
    number: str
    pattern: re.Pattern[str]
    example: str


LEVELS: Mapping[str, Level] = MappingProxyType({
    level.name: level
    for level in (
        Level("year", "month", "date_trunc('year', month)::DATE", "year(year)", re.compile(r"(\d{4})"), "2025"),
        Level("quarter", "month", "date_trunc('quarter', month)::DATE", "(4 * year(quarter) + quarter(quarter))", re.compile(r"(\d{4})-Q([1-4])"), "2025-Q2"),
        Level("month", "month", "month", "(12 * year(month) + month(month))", re.compile(r"(\d{4})-(0[1-9]|1[0-2])"), "2025-03"),
        Level("week", "day", "date_trunc('week', day)::DATE", "((week - DATE '1970-01-05') // 7)", re.compile(r"(\d{4})-W(\d{2})"), "2025-W05"),
        Level("day", "day", "day", "(day - DATE '1970-01-01')", re.compile(r"(\d{4})-(\d{2})-(\d{2})"), "2025-03-09"),
    )
})  # fmt: skip
"""Weeks are those of ISO 8601: they begin on Monday, and belong to the year of their Thursday."""


def span(level: str, members: str) -> tuple[date, date]:
    """The first and the last day of a member, or of a range of members such as `2025-01..2025-06`.

    Args:
        level: a name of LEVELS.
        members: text.

    Raises:
        CubeError: it is no such member, or the range ends before it begins.
    """
    ends = members.split(_RANGE)
    days = [_days(level, end) for end in ends]
    if len(ends) > _ENDS or None in days:
        example = LEVELS[level].example
        raise CubeError(f"{members!r} is not a {level}; write {example} or {example}..{_later(level)}.")
    known = [each for each in days if each is not None]
    if known[0] > known[-1]:
        raise CubeError(f"{members!r} ends before it begins; write the earlier {level} first.")
    return known[0][0], known[-1][1]


def member(level: str, first_day: date) -> str:
    """A member as text, by its first day.

    Args:
        level: a name of LEVELS.
        first_day: as an answer has it.
    """
    if level == "quarter":
        return f"{first_day.year:04}-Q{(first_day.month - 1) // _MONTHS_A_QUARTER + 1}"
    if level == "week":
        year, week, _ = first_day.isocalendar()
        return f"{year:04}-W{week:02}"
    return first_day.isoformat()[: {"year": 4, "month": 7}.get(level, 10)]


def interval(level: str, by: str) -> str:
    """How far before a member the one lies that it is compared with, as an interval of SQL.

    Args:
        level: a name of LEVELS.
        by: `period`, or `year`, which is 52 weeks for a week, so that it begins on Monday too.
    """
    months, days = _back(level, by)
    return f"{months} months" if months else f"{days} days"


def before(day: date, level: str, by: str, *, last: bool = False) -> date:
    """A day as much earlier.

    Args:
        day: any.
        level: a name of LEVELS.
        by: as of `interval`.
        last: the day ends a span, and the end of a month stays one.
    """
    if last:
        return before(day + timedelta(1), level, by) - timedelta(1)
    months, days = _back(level, by)
    year, month = divmod(_MONTHS * day.year + day.month - 1 - months, _MONTHS)
    return date(year, month + 1, min(day.day, _end(year, month + 1).day)) - timedelta(days)


def _back(level: str, by: str) -> tuple[int, int]:
    """Months and days, one of which is none."""
    if by == "year":
        return (0, _WEEKS_A_YEAR * _DAYS_A_WEEK) if level == "week" else (_MONTHS, 0)
    return {"year": (_MONTHS, 0), "quarter": (_MONTHS_A_QUARTER, 0), "month": (1, 0), "week": (0, _DAYS_A_WEEK), "day": (0, 1)}[level]


def _days(level: str, text: str) -> tuple[date, date] | None:
    """The first and the last day of one member; None where it is none."""
    found = LEVELS[level].pattern.fullmatch(text)
    if found is None:
        return None
    year, *rest = map(int, found.groups())
    try:
        if level == "week":
            first = date.fromisocalendar(year, rest[0], 1)
            return first, first + timedelta(days=_DAYS_A_WEEK - 1)
        if level == "day":
            return (first := date(year, *rest)), first
        months = {"year": _MONTHS, "quarter": _MONTHS_A_QUARTER, "month": 1}[level]
        number = (rest[0] - 1) * months + 1 if rest else 1
        return date(year, number, 1), _end(year, number + months - 1)
    except (ValueError, OverflowError):
        return None


def _end(year: int, month: int) -> date:
    """The last day of a month; the calendar of Python ends with 9999."""
    return date(year, _MONTHS, 31) if month == _MONTHS else date(year, month + 1, 1) - timedelta(days=1)


def _later(level: str) -> str:
    return {"year": "2026", "quarter": "2025-Q4", "month": "2025-06", "week": "2025-W08", "day": "2025-03-31"}[level]
