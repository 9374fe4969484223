"""Answers of the cube, beside plain loops over the facts."""

from decimal import Decimal
from pathlib import Path

import h3
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gcrm.access.scope import Scope
from gcrm.errors import CubeError
from gcrm.olap import calendar
from gcrm.olap.answer import Answer, ask, members
from gcrm.olap.catalogue import DIMENSIONS, FACTS, MEASURES, PLACE, UNKNOWN, Axis, dimensions_of, simple
from gcrm.olap.query import CubeQuery, Filter
from gcrm.olap.versions import Version
from gcrm.units import LEVELS
from tests.unit.olap.cube import SEGMENTS, TERRITORIES, Row, as_mapping, made_up_facts, plain_answer, publish

_ASKED = sorted(name for name in MEASURES if {each.facts for each in simple(name)} <= {"sales", "accounts"})
_EVERYTHING = Scope.everything()
_SALES, _ACCOUNTS = made_up_facts(7)
_CELLS = sorted({row["cell"] for row in _ACCOUNTS if row["cell"]})


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return publish(tmp_path_factory.mktemp("it's cubes"), _SALES, _ACCOUNTS, "seven")[0]


def _members(dimension: str) -> st.SearchStrategy[str]:
    if dimension == PLACE:
        some = st.sampled_from(_CELLS)
        cells = st.builds(lambda cell, level: h3.cell_to_parent(h3.int_to_str(cell), level), some, st.integers(3, 10))
        rings = st.builds(lambda cell, steps: f"{cell}+{steps}", cells, st.integers(0, 4))
        points = st.sampled_from([(row["longitude"], row["latitude"]) for row in _ACCOUNTS if row["cell"]])
        bands = st.builds(lambda point, near, wide: f"{near}..{near + wide}@{point[0]:.9f},{point[1]:.9f}", points, st.integers(0, 8000), st.integers(1, 9000))
        polygons = st.builds(lambda point, size: shapely.Point(point).buffer(size, quad_segs=3).wkt, points, st.floats(0.001, 0.2))
        return cells | rings | bands | polygons | st.just(UNKNOWN)
    if dimension in calendar.LEVELS:
        times = st.sampled_from([calendar.member(dimension, row["day"]) for row in _SALES])
        return times | st.builds(lambda first, last: f"{min(first, last)}..{max(first, last)}", times, times)
    return st.sampled_from(sorted({row[dimension] for row in (*_SALES, *_ACCOUNTS) if dimension in row})) | st.just("nowhere")


@st.composite
def questions(draw: st.DrawFn) -> CubeQuery:
    measures = draw(st.lists(st.sampled_from(_ASKED), min_size=1, max_size=4, unique=True))
    common = set.intersection(*({PLACE, *dimensions_of(name)} for name in measures))
    names = st.lists(st.sampled_from(sorted(common)), max_size=3, unique=True)
    axes = [Axis.parse(f"{name}:{draw(st.sampled_from(LEVELS))}" if name == PLACE else name) for name in draw(names)]
    split = draw(st.integers(0, len(axes)))
    where = tuple(Filter(name, tuple(draw(st.lists(_members(name), min_size=1, max_size=3)))) for name in draw(names))
    return CubeQuery(tuple(axes[:split]), tuple(axes[split:]), tuple(measures), where)


def _asked(version: Version, query: CubeQuery, scope: Scope = _EVERYTHING) -> list[Row]:
    rows: list[Row] = ask(version, query, scope).table.to_pylist()
    return rows


@given(questions(), st.none() | st.frozensets(st.sampled_from(list(TERRITORIES))))
def test_every_answer_is_that_of_a_plain_loop(version: Version, query: CubeQuery, territories: frozenset[int] | None) -> None:
    scope = Scope(territories)
    rows = _asked(version, query, scope)

    assert as_mapping(rows, query) == plain_answer(_SALES, _ACCOUNTS, query, scope)
    assert len(rows) == len(as_mapping(rows, query))


@given(questions())
def test_answers_are_sorted_by_their_axes_with_the_unknown_last(version: Version, query: CubeQuery) -> None:
    keys = [tuple((row[axis.column] is None, row[axis.column] or 0) for axis in query.axes) for row in _asked(version, query)]
    assert keys == sorted(keys)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", [name for name in _ASKED if MEASURES[name].additive])
def test_a_place_that_is_not_known_keeps_the_total(version: Version, name: str, level: int) -> None:
    rows = _asked(version, CubeQuery.parse(f"place:{level}", measures=name))
    total = _asked(version, CubeQuery.parse(measures=name))[0][name]

    assert rows[-1]["cell"] is None
    assert sum(row[name] or 0 for row in rows) == total
    unknown = _asked(version, CubeQuery.parse(measures=name, where=[f"place={UNKNOWN}"]))[0][name]
    assert rows[-1][name] == unknown


@settings(max_examples=12)  # each builds a cube
@given(st.integers(0, 2**32), st.sampled_from(LEVELS[1:]), st.sampled_from(["revenue", "margin", "quantity", "accounts"]))
def test_roll_up_keeps_sums(tmp_path_factory: pytest.TempPathFactory, seed: int, level: int, name: str) -> None:
    sales, accounts = made_up_facts(seed, accounts=12, lines=20)
    version, _ = publish(tmp_path_factory.mktemp("cubes"), sales, accounts, str(seed))
    finer: dict[int | None, Decimal] = {}
    for row in _asked(version, CubeQuery.parse(f"place:{level + 1}", measures=name)):
        parent = None if row["cell"] is None else h3.str_to_int(h3.cell_to_parent(h3.int_to_str(row["cell"]), level))
        finer[parent] = finer.get(parent, Decimal(0)) + (row[name] or 0)

    assert {row["cell"]: row[name] or 0 for row in _asked(version, CubeQuery.parse(f"place:{level}", measures=name))} == finer


def test_a_scope_sees_its_territories_only(version: Version) -> None:
    query = CubeQuery.parse("territory", measures="accounts,revenue")
    assert [row["territory"] for row in _asked(version, query, Scope(frozenset({1})))] == ["North"]
    assert _asked(version, query, Scope(frozenset())) == []
    assert _asked(version, CubeQuery.parse(measures="accounts"), Scope(frozenset())) == [{"accounts": 0}]
    assert members(version, "territory", Scope(frozenset({1, 3}))) == ["North", "West"]
    assert members(version, "segment", Scope(frozenset())) == []


def test_a_scope_limits_the_level(version: Version) -> None:
    coarse = Scope(None, finest_level=7)
    assert _asked(version, CubeQuery.parse("place:7"), coarse)
    cell = h3.cell_to_parent(h3.int_to_str(_CELLS[0]), 8)
    for query in (CubeQuery.parse("place:8"), CubeQuery.parse(where=[f"place={cell}"])):
        with pytest.raises(CubeError, match="H3 level 8 is finer than your access allows; ask for level 7"):
            ask(version, query, coarse)


def test_a_cell_finer_than_the_cube_is_refused_and_a_coarse_one_is_not(version: Version) -> None:
    finer = h3.cell_to_center_child(h3.int_to_str(_CELLS[0]), 12)
    with pytest.raises(CubeError, match="level 12, which is finer than the cube"):
        ask(version, CubeQuery.parse(where=[f"place={finer}"]), Scope(None, finest_level=15))
    whole = h3.latlng_to_cell(47.14, 9.52, 0)
    inside = _asked(version, CubeQuery.parse(measures="accounts", where=[f"place={whole}"]))[0]["accounts"]
    assert inside == sum(row["cell"] is not None for row in _ACCOUNTS)


def test_money_of_several_currencies_is_not_added(tmp_path: Path) -> None:
    sales, accounts = made_up_facts(3, currencies=("EUR", "CHF"))
    version, _ = publish(tmp_path, sales, accounts, "three")

    with pytest.raises(CubeError, match=r"The money is in CHF, EUR, which do not add up; filter with currency=CHF or add currency to the rows\."):
        ask(version, CubeQuery.parse("segment"), _EVERYTHING)
    with pytest.raises(CubeError, match="do not add up"):
        ask(version, CubeQuery.parse(where=["currency=EUR|CHF"]), _EVERYTHING)
    assert ask(version, CubeQuery.parse(measures="orders,quantity,buyers"), _EVERYTHING).explanation.currency is None
    for query in (CubeQuery.parse(where=["currency=CHF"]), CubeQuery.parse("currency")):
        rows = _asked(version, query)
        assert as_mapping(rows, query) == plain_answer(sales, accounts, query, _EVERYTHING)
    assert ask(version, CubeQuery.parse(where=["currency=CHF"]), _EVERYTHING).explanation.currency == "CHF"


def _read(answer: Answer) -> set[str]:
    return set(answer.explanation.read)


def test_an_answer_says_where_it_comes_from(version: Version) -> None:
    answer = ask(version, CubeQuery.parse("place:7", measures="revenue,orders,accounts"), _EVERYTHING)

    assert _read(answer) == {"sales-h3_7-place", "sales-h3_7-distinct", "accounts-h3_7-place"}
    assert answer.explanation.read["sales-h3_7-place"] == version.rows["sales-h3_7-place"]
    by_status = ask(version, CubeQuery.parse("status", measures="orders"), _EVERYTHING)
    assert by_status.explanation.read == {"sales-facts": len(_SALES)}
    assert answer.explanation.version == version.name
    assert answer.explanation.built_at == version.built_at
    assert answer.explanation.currency == "EUR"
    assert answer.explanation.milliseconds >= 0


def test_the_smallest_file_that_can_answer_is_read(version: Version) -> None:
    for text in ("", "month", "segment,category"):
        read = ask(version, CubeQuery.parse(text), _EVERYTHING).explanation.read
        assert len(read) == 1
        able = [version.rows["sales-all-full"], *(version.rows[f"sales-h3_{level}-full"] for level in LEVELS)]
        assert next(iter(read.values())) <= min(able)


def test_the_members_of_each_dimension(version: Version) -> None:
    assert members(version, "segment", _EVERYTHING) == sorted(SEGMENTS)
    assert members(version, "month", _EVERYTHING) == sorted({f"{row['month']:%Y-%m}" for row in _SALES})
    assert members(version, "status", _EVERYTHING) == ["customer", "prospect"]
    for name in ("place", "colour", "segment; DROP"):
        with pytest.raises(CubeError, match="no dimension"):
            members(version, name, _EVERYTHING)


def test_members_are_those_of_accounts_without_sales_too(tmp_path: Path) -> None:
    sales, accounts = made_up_facts(5, accounts=3, lines=0)
    accounts[0] |= {"segment": "nobody buys", "cell": None}
    version, _ = publish(tmp_path, sales, accounts, "five")
    assert "nobody buys" in members(version, "segment", _EVERYTHING)
    assert "nobody buys" in members(version, "segment", _EVERYTHING, of="accounts")
    assert members(version, "segment", _EVERYTHING, of="revenue") == []


def test_a_cube_of_nothing_answers_nothing(tmp_path: Path) -> None:
    version, _ = publish(tmp_path, [], [], "none")
    assert version.currencies == []
    assert _asked(version, CubeQuery.parse("place:5,segment", measures="accounts,revenue,orders")) == []
    assert _asked(version, CubeQuery.parse(measures="revenue,orders")) == [{"revenue": None, "orders": 0}]
    assert members(version, "segment", _EVERYTHING) == []


def test_every_dimension_is_that_of_some_facts() -> None:
    assert {name for facts in FACTS.values() for name in facts.dimensions} | {PLACE} == set(DIMENSIONS)
