"""Declarations of cubes: those that ship, and what is said of wrong ones."""

import shutil
from pathlib import Path

import pytest

from gcrm.errors import CubeError
from gcrm.olap import formula
from gcrm.olap.catalogue import CUBES, DECLARED, DIMENSIONS, FACTS, HIERARCHIES, MEASURES, dimensions_of, is_money, measure, simple
from gcrm.olap.declaration import declarations
from gcrm.olap.query import CubeQuery


def test_what_ships_is_what_the_files_say() -> None:
    shared, cubes = declarations(DECLARED)
    assert [cube.cube for cube in cubes] == list(CUBES)
    assert list(shared.dimensions) == list(DIMENSIONS)
    assert {name for cube in cubes for name in cube.measures} == set(MEASURES)
    assert [cube.cube for cube in cubes if cube.virtual] == [name for name in CUBES if name not in FACTS]


def test_a_calculated_measure_has_the_dimensions_that_all_facts_behind_it_have() -> None:
    assert [each.name for each in simple("account_revenue")] == ["revenue", "accounts"]
    assert dimensions_of("account_revenue") == FACTS["accounts"].dimensions[:0] + tuple(
        name for name in FACTS["sales"].dimensions if name in FACTS["accounts"].dimensions
    )
    assert "month" in dimensions_of("activities_per_buyer")
    assert is_money("margin_share")
    assert not is_money("buyer_share")
    assert measure("win_rate").needs == ("won", "closed")


def test_hierarchies_are_drilled_along_what_a_measure_has() -> None:
    sales = CubeQuery.parse("quarter,territory", measures="revenue")
    assert (sales.coarser("quarter"), sales.finer("quarter"), sales.finer("day")) == ("year", "month", None)
    assert (sales.coarser("territory"), sales.finer("territory"), sales.finer("segment")) == ("region", None, None)
    assert sales.drilled("quarter", "month") == CubeQuery.parse("month,territory", measures="revenue")
    assert sales.drilled("territory", "quarter") == CubeQuery.parse("quarter", measures="revenue")
    assert all(levels[0] in DIMENSIONS for levels in HIERARCHIES.values())


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("revenue / orders", "(revenue / nullif(orders, 0))"),
        ("100 * (won - lost) / -closed", "((100 * (won - lost)) / nullif((-closed), 0))"),
        ("1.5", "1.5"),
    ],
)
def test_formulas(text: str, sql: str) -> None:
    assert formula.as_sql(text) == sql


@pytest.mark.parametrize("text", ["", "a +", "a // b", "a ** b", "max(a, b)", "a.b", "a; DROP TABLE x", "'a'", "True", "a if b else c", "a < b", "[a]", "a[0]"])
def test_what_is_no_formula(text: str) -> None:
    with pytest.raises(ValueError, match=r"no formula|cannot stand in a formula"):
        formula.as_sql(text)


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        ("sales.yaml", "unit: units", "unti: units", r"sales\.yaml, line \d+: 'unti' is not known here; did you mean 'unit'\?"),
        ("sales.yaml", "sum: margin", "sum: marign", r"sales\.yaml, line \d+: there is no column 'marign'; did you mean 'margin'\?"),
        ("sales.yaml", "sum: margin", "sum: order_key", "order_key is VARCHAR, which has no exact sum"),
        ("accounts.yaml", "sum: customer", "sum: longitude", "longitude is DOUBLE, which has no exact sum"),
        ("sales.yaml", "revenue / orders", "revenue / ordres", r"there is no measure of facts 'ordres'; did you mean 'orders'\?"),
        ("sales.yaml", "revenue / orders", "revenue / order_value", "there is no measure of facts 'order_value'"),
        ("sales.yaml", "revenue / orders", "max(revenue)", "cannot stand in a formula"),
        ("sales.yaml", "segment, residence_type", "segmnet, residence_type", r"there is no dimension 'segmnet'; did you mean 'segment'\?"),
        ("sales.yaml", "segment, residence_type", "place, residence_type", "place is a dimension of every cube; leave it out"),
        ("sales.yaml", "  segment: VARCHAR\n", "", r"no column \(for the dimension segment\) 'segment'"),
        ("sales.yaml", "  cell: BIGINT\n", "", r"no column \(place needs it\) 'cell'"),
        ("dimensions.yaml", "dimension: hour", "dimension: houre", "line 47: there is no dimension 'houre'; did you mean 'hour'"),
        ("dimensions.yaml", 'members: ["6", "7"]', "members: []", "line 46: sets weekend members: List should have at least 1 item"),
        ("dimensions.yaml", 'weekday, members: ["6"', 'month, members: ["6"', "line 46: '6' is not a month; write 2025-03"),
        ("dimensions.yaml", "weekday, members: [", "weekday, member: [", "line 45: 'member' is not known here; did you mean 'members'"),
        ("movement.yaml", "finest_level: 8", "finest_level: 11", "line 18: finest_level: Input should be less than or equal to 10"),
        (
            "movement.yaml",
            "destination: BIGINT",
            "destination: VARCHAR",
            "line 17: destination is a place, and its column VARCHAR; the column of cells is BIGINT",
        ),
        ("movement.yaml", "  destination: BIGINT\n", "", r"line 16: there is no column \(for the dimension destination\) 'destination'"),
        ("sales.yaml", "facts_only: [day,", "facts_only: [dya,", r"there is no column 'dya'; did you mean 'day'\?"),
        ("sales.yaml", "BIGINT", "BIGNIT", "'BIGNIT' is no type of a column; there are BIGINT"),
        ("sales.yaml", "sum: margin,", "sum: margin, distinct: account_id,", "has one of count, sum, distinct and formula, and this one has sum and distinct"),
        ("sales.yaml", "sum: margin, ", "", "and this one has none"),
        ("sales.yaml", "unit: money", "unit: mony", "unit: Input should be"),
        ("sales.yaml", "grain: one row per order line", "", "the grain is missing"),
        ("sales.yaml", "buyers:", "orders:", r"sales\.yaml, line \d+: orders stands twice; take one away"),
        ("sales.yaml", "buyers:", "accounts:", r"the measure accounts is declared in accounts\.yaml already"),
        ("sales.yaml", "measures:", "measures: [", "this is not YAML"),
        ("sales.yaml", "buyers:", "Buyers!:", "Buyers!"),
        ("sales.yaml", "distinct: account_id, unit: accounts", "distinct: account_id, unit: accounts, over_time: last", "only what is counted or summed"),
        ("accounts.yaml", "count: rows, unit: accounts", "count: rows, unit: accounts, over_time: last", r"no column \(for over_time\) 'month'"),
        ("customers.yaml", "[sales, accounts]", "[sale, accounts]", r"there is no cube of facts 'sale'; did you mean 'sales'\?"),
        ("customers.yaml", "[sales, accounts]", "[sales, across]", "there is no cube of facts 'across'"),
        ("across.yaml", "formula: buyers / accounts", "count: rows", "needs columns, and a cube without columns has formulas only"),
        ("dimensions.yaml", "[week, day]", "[week, dya]", r"dimensions\.yaml, line \d+: there is no dimension 'dya'; did you mean 'day'\?"),
        (
            "sales.yaml",
            "rows: day, measures: revenue",
            "rows: dya, measures: revenue",
            r"sales\.yaml, line \d+: there is no dimension 'dya'; did you mean 'day'\?",
        ),
        ("sales.yaml", "rows: day, measures: revenue", "rows: day, measures: revenu", r"there is no measure 'revenu'; did you mean 'revenue'\?"),
        ("sales.yaml", "rows: day, measures: revenue", "rows: day, measure: revenue", "'measure' is not known here; did you mean 'measures'"),
        ("sales.yaml", "rows: day, measures: revenue", "rows: stage, measures: revenue", "revenue has no dimension stage; leave it out"),
        ("sales.yaml", "rows: day, measures: revenue", "rows: 'place:11', measures: revenue", "'place:11' cannot be read; place has H3 levels from 5 to 10"),
        ("sales.yaml", "rows: day, measures: revenue", "rows: 'place:7..5', measures: revenue", r"'place:7\.\.5' cannot be read"),
        ("sales.yaml", "rows: day, measures: revenue", "rows: 'day;', measures: revenue", "'day;' is no dimension"),
        ("sales.yaml", "rows: day, measures: revenue", "where: 'place:5..7', measures: revenue", r"'place:5\.\.7' has several levels"),
        (
            "sales.yaml",
            "rows: day, measures: revenue",
            "rows: day, measures: buyers, where: month",
            "buyers is a distinct count, which a cuboid has for its own axes",
        ),
        ("across.yaml", "rows: territory, measures", "rows: month, measures", "accounts has no dimension month"),
        (
            "dimensions.yaml",
            "year: {label: Year, kind: time}",
            "yaer: {label: Year, kind: time}",
            r"no level of the calendar 'yaer'; did you mean 'year'|no dimension",
        ),
        (
            "dimensions.yaml",
            "label: Place, kind: place",
            "label: Place, kind: palace",
            "line 4: dimensions place kind: Input should be 'place', 'time' or 'text'",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, file: str, old: str, new: str, sentence: str) -> None:
    folder = tmp_path / "cubes"
    shutil.copytree(DECLARED, folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CubeError, match=sentence):
        declarations(folder)


@pytest.mark.parametrize("content", [b"", b"[]", b"a: *b", b"\xff\xfe", b"measures:\n\t- x"])
def test_a_file_that_declares_nothing_is_an_error(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "cubes"
    shutil.copytree(DECLARED, folder)
    (folder / "sales.yaml").write_bytes(content)
    with pytest.raises(CubeError, match=r"sales\.yaml"):
        declarations(folder)


def test_a_folder_without_dimensions_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CubeError, match=r"dimensions\.yaml cannot be read"):
        declarations(tmp_path)
