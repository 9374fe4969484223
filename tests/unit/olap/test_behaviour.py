"""Cohorts, lost customers and returns, beside plain loops over the facts."""

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal

import pytest

from gcrm.access.scope import Scope
from gcrm.errors import CubeError
from gcrm.olap.behaviour import churned, cohorts, returns
from gcrm.olap.query import Filter
from gcrm.olap.versions import Version
from tests.unit.olap.cube import Row, made_up_facts, publish

_EVERYTHING, _NORTH = Scope.everything(), Scope(frozenset({1}))
_MADE, _ACCOUNTS = made_up_facts(11, accounts=90, lines=260)


def _later(day: date) -> date:
    """A month for each six days, so that the made-up half year becomes two and a half."""
    number = (day - date(2024, 11, 1)).days // 6
    return date(2022 + number // 12, number % 12 + 1, 1)


_SALES: list[Row] = [
    row | {"day": _later(row["day"]), "month": _later(row["day"]), "quantity": row["quantity"] * (-1 if number % 6 == 0 else 1)}
    for number, row in enumerate(_MADE)
]  # fmt: skip


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return publish(tmp_path_factory.mktemp("cubes"), _SALES, _ACCOUNTS, "customers")[0]


def _begins(month: date, level: str) -> date:
    return {"month": month, "quarter": date(month.year, (month.month - 1) // 3 * 3 + 1, 1), "year": date(month.year, 1, 1)}[level]


@pytest.mark.parametrize("level", ["month", "quarter", "year"])
@pytest.mark.parametrize("scope", [_EVERYTHING, _NORTH], ids=["everything", "north"])
def test_cohorts_are_those_of_plain_loops(version: Version, level: str, scope: Scope) -> None:
    bought: dict[int, set[date]] = defaultdict(set)
    for row in _SALES:
        if scope.territories is None or row["territory_id"] in scope.territories:
            bought[row["account_id"]].add(_begins(row["month"], level))
    expected = Counter((min(periods), period) for periods in bought.values() for period in periods)
    found = cohorts(version, level, (), scope).to_pylist()
    assert {(row["first"], row["period"]): row["accounts"] for row in found} == expected
    assert len(found) == len(expected)


def test_filters_of_accounts_narrow_cohorts(version: Version) -> None:
    kept = cohorts(version, "month", (Filter("territory", ("North",)),), _EVERYTHING)
    assert kept.equals(cohorts(version, "month", (), _NORTH))


def test_a_customer_is_lost_in_the_twelfth_month_without_an_order(version: Version) -> None:
    end = max(row["month"] for row in _SALES)
    bought: dict[int, set[int]] = defaultdict(set)
    for row in _SALES:
        bought[row["account_id"]].add(12 * row["month"].year + row["month"].month)
    last = 12 * end.year + end.month
    lost = Counter(
        month + 12 for months in bought.values() for month in months if month + 12 <= last and not months & set(range(month + 1, month + 13))
    )  # fmt: skip
    assert lost
    assert {12 * row["period"].year + row["period"].month: row["churned"] for row in churned(version, "month", (), _EVERYTHING).to_pylist()} == lost
    assert sum(row["churned"] for row in churned(version, "year", (), _EVERYTHING).to_pylist()) == lost.total()


def test_returns_are_lines_with_a_negative_quantity(version: Version) -> None:
    expected: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for row in _SALES:
        if row["quantity"] < 0:
            expected[row["product"]][0] -= row["revenue"]
            expected[row["product"]][1] -= row["quantity"]
    found = returns(version, "product", (), _EVERYTHING).to_pylist()
    assert {row["member"]: [row["returned"], row["returned_quantity"]] for row in found} == expected
    (total,) = returns(version, None, (), _EVERYTHING).to_pylist()
    assert (total["member"], total["returned"]) == ("", sum(each[0] for each in expected.values()))
    assert {row["member"] for row in returns(version, "quarter", (), _EVERYTHING).to_pylist()} <= {
        f"{year}-Q{n}" for year in range(2022, 2026) for n in range(1, 5)
    }


def test_where_nothing_came_back_it_is_nothing(version: Version) -> None:
    nowhere = (Filter("month", ("1999-01",)),)
    assert returns(version, None, nowhere, _EVERYTHING).to_pylist() == [{"member": "", "returned": 0, "returned_quantity": 0}]
    assert returns(version, "product", nowhere, _EVERYTHING).to_pylist() == []


def test_whoever_has_a_smallest_count_is_refused(version: Version) -> None:
    few = Scope(None, smallest_count=3)
    with pytest.raises(CubeError, match="shown figures of 3 or more"):
        cohorts(version, "month", (), few)
    with pytest.raises(CubeError, match="shown figures of 3 or more"):
        churned(version, "month", (), few)
    with pytest.raises(CubeError, match="shown figures of 3 or more"):
        returns(version, None, (), few)
