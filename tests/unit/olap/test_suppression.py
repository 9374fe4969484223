"""What a reader with a smallest count is shown, and what is refused."""

from collections import Counter
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from gcrm.access.scope import Scope
from gcrm.errors import CubeError
from gcrm.olap import answer
from gcrm.olap.analysis import ask
from gcrm.olap.catalogue import DIMENSIONS, FACTS, MEASURES, UNKNOWN
from gcrm.olap.member_blocks import hierarchy, member_blocks
from gcrm.olap.query import CubeQuery, versus_columns
from gcrm.olap.versions import Version
from tests.unit.olap.cube import Row, publish
from tests.unit.olap.skewed import as_frame, behind, kept_by, skewed_facts

_SMALLEST = 5
_SCOPE = Scope(None, smallest_count=_SMALLEST)
_SALES, _ACCOUNTS = skewed_facts(11, accounts=1500, lines=5000, territories=4)
_FRAMES = {"sales": as_frame(_SALES), "accounts": as_frame(_ACCOUNTS)}


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return publish(tmp_path_factory.mktemp("cubes"), _SALES, _ACCOUNTS, "suppressed")[0]


def _asked(version: Version, rows: str = "", columns: str = "", measures: str = "accounts", where: tuple[str, ...] = (), **after: Any) -> list[Row]:  # noqa: ANN401
    answered: list[Row] = ask(version, CubeQuery.parse(rows, columns, measures, where, **after), _SCOPE).table.to_pylist()
    return answered


# Every operator of docs/cubes.md that such a reader may use.
_OPERATORS: list[dict[str, Any]] = [
    {"rows": "quarter", "measures": "revenue", "where": ["year=2024"]},
    {"rows": "place:8", "measures": "revenue"},
    {"rows": "place:7", "measures": "accounts,customers,customer_share"},
    {"rows": "territory,segment", "measures": "revenue"},
    {"rows": "region", "measures": "revenue"},
    {"measures": "revenue,accounts"},
    {"rows": "territory", "measures": "revenue,accounts,account_revenue"},
    {"rows": "month", "measures": "revenue", "where": ["segment=a"]},
    {"rows": "month", "measures": "revenue", "where": ["segment=a|b", "quarter=2024-Q1"]},
    {"rows": "territory", "columns": "year", "measures": "revenue"},
    {"rows": "segment", "measures": "revenue", "order": "-revenue"},
    {"rows": "segment", "measures": "revenue", "top": "2 revenue"},
    {"rows": "segment", "columns": "year", "measures": "revenue", "top": "2 revenue others"},
    {"rows": "territory", "measures": "revenue", "where": ["channel=web"]},
    {"rows": "territory", "measures": "revenue", "having": ["revenue>=1"]},
    {"rows": "territory,segment", "measures": "revenue", "derived": "share(revenue), share(revenue, all), rank(revenue)"},
    {"rows": "segment,month", "measures": "revenue", "derived": "running(revenue), moving(revenue, 3)"},
    {"rows": "segment,month", "measures": "revenue", "derived": "prior(revenue), difference(revenue), change(revenue, year)"},
    {"rows": "place:7", "measures": "accounts", "derived": "neighbours(accounts), density(accounts)"},
    {"rows": "territory", "measures": "accounts", "where": [f"place={UNKNOWN}"]},
    {"rows": "territory", "measures": "accounts", "where": ["segment=a"], "versus": ["segment=b"]},
]


@pytest.mark.parametrize("asked", _OPERATORS, ids=lambda asked: " ".join(f"{name}={value}" for name, value in asked.items()))
def test_no_operator_shows_a_figure_of_too_few(version: Version, asked: dict[str, Any]) -> None:
    query = CubeQuery.parse(**asked)
    answered = ask(version, query, _SCOPE)
    frames = {name: _FRAMES[_facts(name)] for name in query.measures}
    every = {name: behind(frame, query.axes, kept_by(frame, query.where)) for name, frame in frames.items()}
    for row in answered.table.to_pylist():
        key = tuple(DIMENSIONS[axis.dimension].member(row[axis.column]) for axis in query.axes)
        for name in query.measures:
            assert row[name] is None or "(others)" in key or every[name][key] >= _SMALLEST
            # What is worked out of a hidden figure is hidden too.
            own = [row[each.column] for each in query.derived if each.measure == name and each.how not in ("prior", "neighbours")]
            assert row[name] is not None or own == [None] * len(own)
    if not query.having:
        assert answered.explanation.suppressed >= sum(row[name] is None for row in answered.table.to_pylist() for name in query.measures)


def _facts(measure: str) -> str:
    return "accounts" if MEASURES[measure].unit == "accounts" or measure == "customer_share" else "sales"


def test_what_is_shown_is_what_everybody_sees(version: Version) -> None:
    for rows, measures in (("segment,month", "revenue,margin"), ("place:7", "accounts"), ("segment,status", "accounts")):
        query = CubeQuery.parse(rows, measures=measures)
        keys = [axis.column for axis in query.axes]
        everything = {tuple(row[key] for key in keys): row for row in ask(version, query, Scope.everything()).table.to_pylist()}
        shown = [row for row in ask(version, query, _SCOPE).table.to_pylist() if row[query.measures[0]] is not None]
        assert shown
        assert all(row == everything[tuple(row[key] for key in keys)] for row in shown)


def _accounts_by_segment() -> Counter[str]:
    return Counter(row["segment"] for row in _ACCOUNTS)


def test_a_hidden_figure_is_null_and_counted_and_a_member_that_few_have_is_not_listed(version: Version) -> None:
    counts = _accounts_by_segment()
    smallest = min(counts.values()) + 1
    scope = Scope(None, smallest_count=smallest)
    listed = [row["segment"] for row in ask(version, CubeQuery.parse("segment", measures="accounts"), scope).table.to_pylist()]
    assert listed == answer.members(version, "segment", scope, "accounts")
    assert len(listed) <= len(counts) - 2  # the smallest, and its complement
    answered = ask(version, CubeQuery.parse("segment,status", measures="accounts"), scope)
    hidden = [row for row in answered.table.to_pylist() if row["accounts"] is None]
    assert hidden
    assert {row["segment"] for row in hidden} <= set(listed)
    assert answered.explanation.suppressed == len(hidden)
    assert answered.explanation.hidden.startswith(f"{len(hidden)} figures are hidden: they stand for fewer than {smallest} accounts")


def test_a_small_member_and_one_that_nobody_has_look_alike(version: Version) -> None:
    counts = _accounts_by_segment()
    small = min(counts, key=lambda segment: counts[segment])
    scope = Scope(None, smallest_count=counts[small] + 1)
    for where in (f"segment={small}", "segment=nobody", f"segment=a|{small}", "segment=a|nobody"):
        answered = ask(version, CubeQuery.parse(measures="accounts", where=[where]), scope)
        assert (answered.table.to_pylist(), answered.explanation.suppressed) == ([{"accounts": None}], 1)


def test_a_running_total_ends_where_a_figure_is_hidden(version: Version) -> None:
    rows = [row for row in _asked(version, "segment,month", measures="revenue", derived="running(revenue)") if row["segment"] == "a"]
    total = Decimal(0)
    for row, after in pairwise(rows):
        total += row["revenue"] or 0
        assert row["running_revenue"] in (total, None)
        assert row["running_revenue"] is not None or after["running_revenue"] is None


def test_beside_a_hidden_figure_there_is_no_difference(version: Version) -> None:
    other, difference, ratio = versus_columns("accounts")
    rows = _asked(version, "status", where=("residence_type=flats",), versus=["residence_type=farm"])
    assert any(row[other] is None or row["accounts"] is None for row in rows)
    for row in rows:
        if row[other] is None or row["accounts"] is None:
            assert (row[difference], row[ratio]) == (None, None)


def test_all_is_shown_only_where_it_is_enough(version: Version) -> None:
    assert _asked(version) == [{"accounts": len(_ACCOUNTS)}]
    alone = Scope(frozenset({1}), smallest_count=len(_ACCOUNTS))
    assert ask(version, CubeQuery.parse(measures="accounts"), alone).table.to_pylist() == [{"accounts": None}]
    assert ask(version, CubeQuery.parse("segment", measures="accounts"), alone).table.to_pylist() == []
    nobody = Scope(frozenset(), smallest_count=_SMALLEST)
    assert ask(version, CubeQuery.parse(measures="accounts"), nobody).table.to_pylist() == [{"accounts": 0}]


def test_a_smallest_count_of_one_hides_nothing(version: Version) -> None:
    query = CubeQuery.parse("territory,place:9,segment", measures="revenue")
    assert ask(version, query, Scope(None, smallest_count=1)).table == ask(version, query, Scope.everything()).table


def test_an_order_is_counted_where_each_has_one_member(version: Version) -> None:
    assert _asked(version, measures="orders")[0]["orders"] == len({row["order_key"] for row in _SALES})
    with pytest.raises(CubeError, match="orders does not add up over category"):
        _asked(version, "category", measures="orders")


@pytest.mark.parametrize("facts", ["accounts", "sales"])
@pytest.mark.parametrize("names", [("segment", "status"), ("place", "segment"), ("segment", "status", "residence_type"), ("place", "segment", "status")])
def test_blocks_of_more_dimensions_are_unions_of_those_of_fewer(version: Version, facts: str, names: tuple[str, ...]) -> None:
    every = tuple(sorted({hierarchy(name) for name in names}))
    together = member_blocks(version.folder, facts, every, _SCOPE)
    for left_out in every:
        fewer = tuple(each for each in every if each != left_out)
        alone = member_blocks(version.folder, facts, fewer, _SCOPE)
        assert together is not None
        assert alone is not None
        for levels in fewer:
            fine, coarse = alone[fewer.index(levels)], together[every.index(levels)]
            assert all(len(set(coarse[fine == block])) == 1 for block in set(fine))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"measures": "revenue", "as_of": "2030-01-01"}, "Two versions of the cube may differ"),
        ({"measures": "revenue", "scenario": "dearer"}, "Two versions of the cube may differ"),
        ({"measures": "accounts", "around": "9.52,47.14 500 1000"}, "Between two polygons or distances"),
        ({"measures": "accounts", "where": ["place=0..500@9.52,47.14"]}, "Between two polygons or distances"),
        ({"measures": "accounts", "where": ["place=POLYGON((9 47, 10 47, 10 48, 9 47))"]}, "Between two polygons or distances"),
        ({"measures": "accounts", "versus": ["place=0..500@9.52,47.14"]}, "Between two polygons or distances"),
        ({"rows": "day", "measures": "revenue"}, "Between weeks, days and months"),
        ({"rows": "month", "measures": "revenue", "where": ["week=2025-W05"]}, "Between weeks, days and months"),
        ({"rows": "district", "measures": "accounts"}, "Between the border of a district"),
        ({"rows": "municipality", "measures": "accounts"}, "Between the border of a municipality"),
        ({"rows": "trade_area", "measures": "accounts"}, "Between the border of a trade_area"),
        ({"rows": "segment", "measures": "accounts", "derived": "area(accounts)"}, "Around the cells of a row would be those of fewer than"),
        ({"rows": "territory", "measures": "buyers"}, "buyers and all accounts may differ"),
        ({"rows": "territory", "measures": "buyer_value"}, "buyer_value and all accounts may differ"),
        ({"rows": "quarter", "measures": "base"}, "base of two months may differ"),
        ({"rows": "month,segment,category,channel", "measures": "revenue", "where": ["status=customer"]}, "at most 4 dimensions"),
    ],
)
def test_what_cannot_be_made_safe_is_refused(version: Version, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(CubeError, match=said):
        ask(version, CubeQuery.parse(**asked), _SCOPE)


def test_single_records_are_refused(version: Version) -> None:
    for cube in (facts.name for facts in FACTS.values() if facts.by_account):
        with pytest.raises(CubeError, match="Single records are of single accounts"):
            answer.records(version, cube, (), _SCOPE, 10)
    assert answer.records(version, "footfall", (), _SCOPE, 10).count == 0
