"""What is worked out of answers, beside plain loops over the facts."""

from datetime import date
from decimal import Decimal
from typing import Any

import h3
import pytest

from gcrm.access.scope import Scope
from gcrm.errors import CubeError
from gcrm.olap import calendar
from gcrm.olap.analysis import ask
from gcrm.olap.answer import records
from gcrm.olap.catalogue import OTHERS, UNKNOWN
from gcrm.olap.derived import HOWS, Derived
from gcrm.olap.query import CubeQuery, Filter
from gcrm.olap.versions import Version
from tests.unit.olap.cube import Row, made_up_facts, plain_answer, publish

_EVERYTHING = Scope.everything()
_SALES, _ACCOUNTS = made_up_facts(11, accounts=80, lines=600)
_MONTHS = sorted({row["month"] for row in _SALES})


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return publish(tmp_path_factory.mktemp("cubes"), _SALES, _ACCOUNTS, "eleven")[0]


def _asked(version: Version, rows: str, columns: str = "", measures: str = "revenue", where: tuple[str, ...] = (), **after: Any) -> list[Row]:  # noqa: ANN401
    answered: list[Row] = ask(version, CubeQuery.parse(rows, columns, measures, where, **after), _EVERYTHING).table.to_pylist()
    return answered


def _plain(rows: str, measure: str, where: tuple[str, ...] = ()) -> dict[tuple[Any, ...], Any]:
    """One measure by loops over the facts."""
    found = plain_answer(_SALES, _ACCOUNTS, CubeQuery.parse(rows, measures=measure, where=where), _EVERYTHING)
    return {key: values[measure] for key, values in found.items()}


@pytest.mark.parametrize("measure", ["revenue", "buyers", "accounts"])
def test_shares_are_of_what_was_counted_above(version: Version, measure: str) -> None:
    whole, parents, parts = (_plain(rows, measure) for rows in ("", "territory", "territory,segment"))
    rows = _asked(version, "territory", "segment", measure, derived=f"share({measure}), share({measure}, all)")
    assert len(rows) == len(parts) > 4
    for row in rows:
        value = parts[row["territory"], row["segment"]]
        assert row[f"share_{measure}"] == pytest.approx(float(value / parents[(row["territory"],)]))
        assert row[f"share_{measure}_all"] == pytest.approx(float(value / whole[()]))


def test_ranks_begin_anew_in_every_parent(version: Version) -> None:
    rows = _asked(version, "territory,segment", derived="rank(revenue)")
    for territory in {row["territory"] for row in rows}:
        own = sorted((row for row in rows if row["territory"] == territory), key=lambda row: row["rank_revenue"])
        assert [row["rank_revenue"] for row in own] == list(range(1, len(own) + 1))
        assert [row["revenue"] for row in own] == sorted((row["revenue"] for row in own), reverse=True)


def test_running_totals_and_moving_averages_go_along_the_time(version: Version) -> None:
    rows = _asked(version, "segment", "month", derived="running(revenue), moving(revenue, 3)")
    values = _plain("segment,month", "revenue")
    first = min(row["month"] for row in rows)
    for row in rows:
        before = [(month, values.get((row["segment"], month), Decimal(0))) for month in _MONTHS if month <= row["month"]]
        assert row["running_revenue"] == sum(value for _, value in before)
        enough = 12 * (row["month"].year - first.year) + row["month"].month - first.month >= 2
        assert row["moving_revenue_3"] == (pytest.approx(float(sum(value for _, value in before[-3:])) / 3) if enough else None)


@pytest.mark.parametrize(("level", "by"), [(level, by) for level in calendar.LEVELS for by in ("", "year")])
def test_prior_periods_are_those_before_also_where_a_filter_ends(version: Version, level: str, by: str) -> None:
    word = f", {by}" if by else ""
    kept = calendar.member(level, date(2025, 2, 20))
    everything = _plain(f"segment,{level}", "revenue")
    rows = _asked(version, f"segment,{level}", where=(f"{level}={kept}",), derived=f"prior(revenue{word}), difference(revenue{word}), change(revenue{word})")
    assert rows or level == "day"
    name = f"_{by}" if by else ""
    for row in rows:
        expected = everything.get((row["segment"], calendar.before(row[level], level, by or "period")))
        assert row[f"prior_revenue{name}"] == expected
        assert row[f"difference_revenue{name}"] == (None if expected is None else row["revenue"] - expected)
        assert row[f"change_revenue{name}"] == (None if not expected else pytest.approx(float((row["revenue"] - expected) / expected)))


def test_prior_periods_move_with_filters_on_other_times(version: Version) -> None:
    everything = _plain("month", "revenue")
    for where in ("year=2025", "quarter=2025-Q1", "day=2025-01-01..2025-03-31"):
        rows = _asked(version, "month", where=(where,), derived="prior(revenue)")
        assert rows[0]["prior_revenue"] == everything[(date(2024, 12, 1),)]


def test_distinct_counts_have_prior_periods_too(version: Version) -> None:
    everything = _plain("month", "buyers")
    for row in _asked(version, "month", measures="buyers", derived="prior(buyers)"):
        assert row["prior_buyers"] == everything.get((calendar.before(row["month"], "month", "period"),))


@pytest.mark.parametrize(
    ("having", "holds"),
    [
        (("revenue>5000",), lambda row: row["revenue"] > 5000),
        (("orders <= 20",), lambda row: row["orders"] <= 20),
        (("rank_revenue = 1",), lambda row: row["rank_revenue"] == 1),
        (("revenue >= 1000.5", "orders<30"), lambda row: row["revenue"] >= Decimal("1000.5") and row["orders"] < 30),
    ],
)
def test_a_filter_after_aggregation_keeps_rows_of_the_answer(version: Version, having: tuple[str, ...], holds: Any) -> None:  # noqa: ANN401
    every = _asked(version, "territory,segment", measures="revenue,orders", derived="rank(revenue)")
    kept = _asked(version, "territory,segment", measures="revenue,orders", derived="rank(revenue)", having=having)
    assert kept == [row for row in every if holds(row)]
    assert 0 < len(kept) < len(every)


@pytest.mark.parametrize("measure", ["revenue", "buyers"])
def test_the_others_are_counted_and_not_summed(version: Version, measure: str) -> None:
    totals = sorted(_plain("segment", measure).items(), key=lambda item: -item[1])
    best = {key[0] for key, _ in totals[:2]}
    rest = tuple(key[0] for key, _ in totals[2:])
    rows = _asked(version, "segment", measures=measure, top=f"2 {measure} others")
    assert {row["segment"] for row in rows} == best | {OTHERS}
    where = ("|".join(f'"{name}"' for name in rest),)
    assert rows[-1][measure] == _plain("", measure, (f"segment={where[0]}",))[()]
    assert {row["segment"] for row in _asked(version, "segment", measures=measure, top=f"2 {measure}")} == best


def test_the_largest_rows_are_those_by_their_totals_over_the_columns(version: Version) -> None:
    totals = sorted(_plain("segment", "revenue").items(), key=lambda item: -item[1])
    rows = _asked(version, "segment", "month", top="2 revenue others")
    assert {row["segment"] for row in rows} == {totals[0][0][0], totals[1][0][0], OTHERS}
    assert sum(row["revenue"] for row in rows) == sum(value for _, value in totals)
    whole = _asked(version, "territory,segment", top="100 revenue")
    assert len(whole) == len(_plain("territory,segment", "revenue"))


def test_the_order_is_that_of_a_column(version: Version) -> None:
    values = [row["revenue"] for row in _asked(version, "segment", order="-revenue")]
    assert values == sorted(values, reverse=True)
    names = [row["segment"] for row in _asked(version, "segment", order="segment")]
    assert names == sorted(names)


def test_an_answer_tells_all_that_was_read_for_it(version: Version) -> None:
    told = ask(version, CubeQuery.parse("month", measures="buyers", derived="share(buyers)"), _EVERYTHING).explanation
    assert set(told.read) == {"sales-all-distinct", "sales-all-distinct-month"}
    assert told.milliseconds > 0


def test_a_scope_bounds_the_whole_too(version: Version) -> None:
    rows = ask(version, CubeQuery.parse("territory", derived="share(revenue)"), Scope(frozenset({1, 3}))).table.to_pylist()
    assert sum(row["share_revenue"] for row in rows) == pytest.approx(1)


def test_the_words_restore_the_question() -> None:
    query = CubeQuery.parse(
        "segment", "month", "revenue,orders", derived=" share( revenue ),moving(revenue,3) , change(revenue, year),rank(orders)",
        having=["share_revenue >= 0.1", "orders>2"], top="5 orders others", order="-revenue_versus", versus=["status=customer|lost"],
    )  # fmt: skip
    assert [str(each) for each in query.derived] == ["share(revenue)", "moving(revenue, 3)", "change(revenue, year)", "rank(orders)"]
    assert CubeQuery.from_parameters(query.parameters()) == query
    assert {each.how for each in Derived.parse(", ".join(f"{how}(revenue{', 2' * (how == 'moving')})" for how in HOWS))} == set(HOWS)


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"derived": "sahre(revenue)"}, "Nothing is derived by 'sahre'; there are share, rank"),
        ({"derived": "share revenue"}, "cannot be read; write such as share"),
        ({"derived": "share(profit)"}, "There is no measure 'profit'"),
        ({"derived": "share(orders)"}, r"share\(orders\) is of orders, which is not asked for; add it to the measures"),
        ({"derived": "share(revenue, year)"}, "behind the measure stands all"),
        ({"derived": "rank(revenue, all)"}, "behind the measure stands nothing"),
        ({"derived": "moving(revenue)"}, r"needs a number of periods from 2 to 1,000; write moving\(revenue, 3\)"),
        ({"derived": "moving(revenue, 1)"}, "needs a number of periods"),
        ({"derived": "moving(revenue, ²)"}, "cannot be read"),
        ({"derived": "moving(revenue, ٣)"}, "cannot be read"),
        ({"derived": "share(revenue), share(revenue)"}, "share_revenue stands twice in the answer"),
        ({"having": ["revenue>٣"]}, "cannot be read"),
        ({"top": "٣ revenue"}, "cannot be read"),
        ({"derived": "running(buyers)", "measures": "buyers"}, "buyers does not add up over time"),
        ({"derived": "share(order_value)", "measures": "order_value"}, "order_value is no part of a sum.*take revenue or orders"),
        ({"derived": "prior(revenue)"}, r"prior\(revenue\) goes along a time; put one of year, quarter, month, week, day"),
        ({"derived": "prior(revenue)", "rows": "month,year"}, "goes along a time"),
        ({"derived": "density(revenue)"}, r"density\(revenue\) is of cells; put place into the rows or columns"),
        ({"derived": "neighbours(revenue)"}, r"neighbours\(revenue\) is of cells"),
        ({"derived": "neighbours(revenue, 11)", "rows": "place:8"}, "needs a number of steps from 1 to 10"),
        ({"derived": "neighbours(buyers)", "rows": "place:8", "measures": "buyers"}, "buyers does not add up over places"),
        ({"around": "9.5,47.1 500", "derived": "rank(revenue)"}, "Distance bands stand with measures alone"),
        ({"around": "9.5 500"}, "rising distances in metres"),
        ({"versus": ["colour=red"]}, "no dimension 'colour'"),
        ({"versus": ["month=2025-01"], "measures": "accounts"}, "accounts cannot be split or filtered by month"),
        ({"having": ["revenue"]}, "cannot be read; write COLUMN, one of"),
        ({"having": ["revenue > 1; DROP TABLE x"]}, "cannot be read"),
        ({"having": ["orders > 1"]}, "There is no column 'orders' in the answer; there are segment, revenue"),
        ({"top": "many revenue"}, "cannot be read; write how many and by which measure"),
        ({"top": "0 revenue"}, "cannot be read"),
        ({"top": "3 profit"}, "no measure 'profit'"),
        ({"top": "3 revenue", "rows": ""}, "The top 3 are rows; put a dimension into the rows"),
        ({"top": "3 revenue others", "rows": "month"}, "All others become one row where one dimension with names"),
        ({"top": "3 revenue others", "rows": "segment,status"}, "All others become one row"),
        ({"order": "-orders"}, "There is no column 'orders' in the answer"),
    ],
)
def test_what_cannot_be_worked_out_is_one_sentence(parts: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CubeError, match=sentence):
        CubeQuery.parse(**{"rows": "segment", **parts})


def test_a_density_is_per_area_of_the_cell(version: Version) -> None:
    for row in _asked(version, "place:8", measures="accounts", derived="density(accounts)"):
        area = None if row["cell"] is None else h3.cell_area(h3.int_to_str(row["cell"]), "km^2")
        assert row["density_accounts"] == (None if area is None else pytest.approx(row["accounts"] / area))


@pytest.mark.parametrize("steps", [1, 3])
def test_neighbours_are_the_cells_around_also_beyond_a_filter(version: Version, steps: int) -> None:
    everywhere: dict[tuple[Any, ...], Any] = _plain("place:7,segment", "revenue")
    some = next(row["cell"] for row in _ACCOUNTS if row["cell"])
    inside = h3.cell_to_parent(h3.int_to_str(some), 6)
    rows = _asked(version, "place:7", "segment", where=(f"place={inside}|(unknown)",), derived=f"neighbours(revenue, {steps})")
    assert {row["cell"] is None for row in rows} == {True, False}
    for row in rows:
        around = h3.grid_disk(h3.int_to_str(row["cell"]), steps)[:] if row["cell"] else []
        values = [everywhere.get((h3.str_to_int(cell), row["segment"])) for cell in around if h3.str_to_int(cell) != row["cell"]]
        assert row[f"neighbours_revenue_{steps}"] == (None if row["cell"] is None else sum(value for value in values if value is not None))


def test_distance_bands_hold_all_in_their_order(version: Version) -> None:
    rows = _asked(version, "segment", measures="accounts", around="9.52,47.14 2000 5000", order="")
    names = ["0-2000 m", "2000-5000 m", "over 5000 m", UNKNOWN]
    assert list(dict.fromkeys(row["distance"] for row in rows)) == names
    assert sum(row["accounts"] for row in rows) == len(_ACCOUNTS)
    (within,) = _asked(version, "", measures="accounts", where=("place=0..2000@9.52,47.14",))
    assert within["accounts"] == sum(row["accounts"] for row in rows if row["distance"] == names[0])


def test_exact_edges_need_access_to_exact_places(version: Version) -> None:
    coarse = Scope(None, finest_level=8)
    for member in ("0..500@9.52,47.14", "POLYGON((9 47, 10 47, 10 48, 9 47))"):
        with pytest.raises(CubeError, match="exact edges, and your access ends at H3 level 8"):
            ask(version, CubeQuery(where=(Filter("place", (member,)),)), coarse)
    assert ask(version, CubeQuery(where=(Filter("place", (f"{h3.latlng_to_cell(47.14, 9.52, 8)}+1",)),)), coarse).table.num_rows == 1


def test_a_shape_with_nothing_in_it_has_nothing(version: Version) -> None:
    assert _asked(version, "segment", where=("place=POLYGON((0 0, 1 0, 1 1, 0 0))",)) == []
    (row,) = _asked(version, "", measures="accounts", where=("place=0..5@0,0",))
    assert row["accounts"] == 0


def test_a_second_question_stands_beside_the_first(version: Version) -> None:
    here: dict[tuple[Any, ...], Any] = _plain("territory", "revenue", ("segment=families", "month=2024-11..2025-02"))
    there: dict[tuple[Any, ...], Any] = _plain("territory", "revenue", ("segment=students", "month=2024-11..2025-02"))
    rows = _asked(version, "territory", where=("segment=families", "month=2024-11..2025-02"), versus=["segment=students"], order="-revenue_versus")
    assert {(row["territory"],) for row in rows} == here.keys() | there.keys()
    for row in rows:
        first: Any = here.get((row["territory"],))
        second: Any = there.get((row["territory"],))
        assert (row["revenue"], row["revenue_versus"]) == (first, second)
        # Where nothing was sold the revenue is nothing, and a loss of all is told.
        assert row["revenue_versus_difference"] == (first or 0) - (second or 0)
        assert row["revenue_versus_ratio"] == (pytest.approx(float((first or 0) / second)) if second else None)


def test_a_second_question_may_be_of_all(version: Version) -> None:
    (row,) = _asked(version, "", measures="buyers", where=("segment=families",), versus=["status=customer|prospect"])
    assert row["buyers_versus"] == row["buyers"] == _plain("", "buyers", ("segment=families",))[()]


def test_a_derived_column_is_no_measure(version: Version) -> None:
    rows = _asked(version, "segment", measures="margin,margin_share", derived="share(margin)")
    assert sum(row["share_margin"] for row in rows) == pytest.approx(1)
    (whole,) = _asked(version, "", measures="margin_share")
    assert sum(row["margin_share"] for row in rows) != pytest.approx(1)
    assert min(row["margin_share"] for row in rows) <= whole["margin_share"] <= max(row["margin_share"] for row in rows)


def test_records_behind_a_figure(version: Version) -> None:
    where = (Filter("segment", ("families",)), Filter("quarter", ("2025-Q1",)))
    found = records(version, "sales", where, _EVERYTHING, 1000)
    expected = [row for row in _SALES if row["segment"] == "families" and row["day"].year == 2025 and row["day"].month <= 3]
    assert found.count == found.table.num_rows == len(expected) > 0
    assert sum(found.table["revenue"].to_pylist()) == sum(row["revenue"] for row in expected)
    few = records(version, "sales", where, _EVERYTHING, 2)
    assert (few.count, few.table.num_rows) == (len(expected), 2)
    own = records(version, "accounts", (), Scope(frozenset({1})), 1000).table
    assert set(own["territory_id"].to_pylist()) == {1}


def test_records_that_are_not_to_be_seen(version: Version) -> None:
    with pytest.raises(CubeError, match="There are no records of 'across'; there are those of accounts"):
        records(version, "across", (), _EVERYTHING, 10)
    with pytest.raises(CubeError, match="accounts cannot be split or filtered by month"):
        records(version, "accounts", (Filter("month", ("2025-01",)),), _EVERYTHING, 10)
    with pytest.raises(CubeError, match="your access ends at level 8; ask for sums"):
        records(version, "sales", (), Scope(None, finest_level=8), 10)
