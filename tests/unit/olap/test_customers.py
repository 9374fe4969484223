"""The cube of customers by month, beside plain loops over the orders: new, active, dormant, lost, won back."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from gcrm.access.scope import Scope
from gcrm.olap.analysis import ask
from gcrm.olap.query import CubeQuery
from gcrm.olap.versions import Version
from tests.unit.olap.cube import Row, made_up_facts, publish

_EVERYTHING = Scope.everything()
_SALES, _ACCOUNTS = made_up_facts(5, accounts=90, lines=260)
_STRETCH = 5
"""Months between two orders of the made-up facts, which all lie within half a year."""


def _later(day: date) -> date:
    """The same day, as many months apart from the first one as it is weeks."""
    number = (day.toordinal() - date(2024, 11, 1).toordinal()) // 7 * _STRETCH // 3
    return date(2020 + number // 12, number % 12 + 1, min(day.day, 28))


_SPREAD: list[Row] = [row | {"day": _later(row["day"]), "month": _later(row["day"]).replace(day=1)} for row in _SALES]


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return publish(tmp_path_factory.mktemp("cubes"), _SPREAD, _ACCOUNTS, "customers")[0]


def _number(month: date) -> int:
    return 12 * month.year + month.month - 1


def _states() -> Iterator[tuple[int, date, str]]:
    """Account, month and state, by a walk through the months."""
    bought: dict[int, set[int]] = defaultdict(set)
    for row in _SPREAD:
        bought[row["account_id"]].add(_number(row["month"]))
    end = max(map(max, bought.values()))
    for account, months in bought.items():
        latest = None
        for number in range(min(months), end + 1):
            month = date(number // 12, number % 12 + 1, 1)
            if number in months:
                state = "new" if latest is None else "won back" if number - latest >= 12 else "active"
                latest = number
            else:
                quiet = number - (latest or 0)
                state = "active" if quiet < 6 else "dormant" if quiet < 12 else "lost"
            yield account, month, state


_STATES = list(_states())
_KINDS = {"active": ("new", "won back", "active"), "dormant": ("dormant",), "lost": ("lost",), "new": ("new",), "won_back": ("won back",)}


def _asked(version: Version, rows: str, measures: str, where: tuple[str, ...] = ()) -> list[Row]:
    found: list[Row] = ask(version, CubeQuery.parse(rows, measures=measures, where=where), _EVERYTHING).table.to_pylist()
    return found


def test_every_state_comes_about() -> None:
    assert set(Counter(state for _, _, state in _STATES)) == {"new", "active", "dormant", "lost", "won back"}


def test_states_by_month(version: Version) -> None:
    found = {(row["month"], row["state"]): row["base"] for row in _asked(version, "month,state", "base")}
    assert found == Counter((month, state) for _, month, state in _STATES)


@pytest.mark.parametrize("level", ["year", "quarter", ""])
@pytest.mark.parametrize("name", ["active", "dormant", "lost"])
def test_a_stock_of_a_longer_time_is_that_of_its_last_month(version: Version, level: str, name: str) -> None:
    def period(month: date) -> date | None:
        return {"year": month.replace(month=1), "quarter": month.replace(month=month.month - (month.month - 1) % 3)}.get(level)

    last = {period(month): month for _, month, _ in sorted(_STATES, key=lambda each: each[1])}
    rows = _asked(version, level, name)
    assert len(rows) == len(last)
    for row in rows:
        month = last[row.get(level)]
        assert row[name] == sum(state in _KINDS[name] for _, each, state in _STATES if each == month)


def test_a_flow_adds_up_over_time(version: Version) -> None:
    (row,) = _asked(version, "", "new,won_back,base")
    assert row["new"] == row["base"] == len({account for account, _, _ in _STATES})
    assert row["won_back"] == sum(state == "won back" for _, _, state in _STATES)
    assert sum(row["won_back"] for row in _asked(version, "year", "won_back")) == row["won_back"]


def test_stocks_add_up_over_all_but_time(version: Version) -> None:
    (whole,) = _asked(version, "", "active,base")
    for rows in ("segment", "territory", "place:7", "segment,status"):
        parts = _asked(version, rows, "active,base")
        assert sum(row["active"] for row in parts) == whole["active"]
        assert sum(row["base"] for row in parts) == whole["base"]


def test_the_last_month_is_the_last_one_that_is_asked_for(version: Version) -> None:
    some = sorted({month for _, month, _ in _STATES})[-9]
    (row,) = _asked(version, "", "base,active,active_share", (f"month=2020-01..{some:%Y-%m}",))
    assert row["base"] == sum(month == some for _, month, _ in _STATES)
    assert row["active_share"] == pytest.approx(row["active"] / row["base"])


def test_no_orders_make_no_customers(tmp_path: Path) -> None:
    version, _ = publish(tmp_path, [], _ACCOUNTS, "none")
    assert _asked(version, "year,state", "base,new") == []
    assert _asked(version, "", "base") == [{"base": 0}]


@pytest.mark.parametrize("state", ["won back", "new", "dormant"])
def test_a_filter_on_the_state_does_not_move_the_last_month(version: Version, state: str) -> None:
    """In the last month of some quarter nobody is in the state, while somebody was in it before."""
    last = {(month.year, (month.month - 1) // 3): month for _, month, _ in sorted(_STATES, key=lambda each: each[1])}
    expected = {
        date(year, 3 * quarter + 1, 1): count
        for (year, quarter), month in last.items()
        if (count := sum(each == state and when == month for _, when, each in _STATES))
    }
    found = {row["quarter"]: row["base"] for row in _asked(version, "quarter", "base", (f"state={state}",))}
    assert found == expected
    assert [row["base"] for row in _asked(version, "", "base", (f"state={state}",))] == [expected.get(max(date(y, 3 * q + 1, 1) for y, q in last), 0)]
