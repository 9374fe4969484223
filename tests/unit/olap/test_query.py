"""Questions as text and as links."""

from datetime import date

import h3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcrm.errors import CubeError
from gcrm.olap import calendar
from gcrm.olap.catalogue import DIMENSIONS, MEASURES, PLACE, SETS, Axis, dimensions_of, finest_level
from gcrm.olap.query import CubeQuery, Filter
from gcrm.units import LEVELS

_DAYS = st.dates(date(1900, 1, 1), date(2200, 12, 31))
_CELLS = st.builds(h3.latlng_to_cell, st.floats(-90, 90), st.floats(-180, 180), st.integers(0, 10))
_NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=15).map(str.strip).filter(bool)


def _is_place(dimension: str) -> bool:
    return DIMENSIONS[dimension].kind == "place"


def _members(dimension: str, finest: int) -> st.SearchStrategy[str]:
    if dimension in calendar.LEVELS:
        times = _DAYS.map(lambda day: calendar.member(dimension, day))
        return times | st.builds(lambda first, last: f"{min(first, last)}..{max(first, last)}", times, times)
    return _CELLS.filter(lambda cell: h3.get_resolution(cell) <= finest) | st.just("(unknown)") if _is_place(dimension) else _NAMES


@st.composite
def questions(draw: st.DrawFn) -> CubeQuery:
    measures = draw(st.lists(st.sampled_from(sorted(MEASURES)), min_size=1, max_size=4, unique=True))
    common = set.intersection(*({PLACE, *dimensions_of(name)} for name in measures))
    finest = finest_level(measures)
    levels = [level for level in LEVELS if level <= finest]
    axes = [
        Axis(name, draw(st.sampled_from(levels)) if _is_place(name) else None)
        for name in draw(st.lists(st.sampled_from(sorted(common)), max_size=4, unique=True))
    ]
    split = draw(st.integers(0, len(axes)))
    kept = draw(st.lists(st.sampled_from(sorted(common)), max_size=3, unique=True))
    where = tuple(Filter(name, tuple(draw(st.lists(_members(name, finest), min_size=1, max_size=3)))) for name in kept)
    return CubeQuery(tuple(axes[:split]), tuple(axes[split:]), tuple(measures), where)


@given(questions())
def test_a_link_restores_the_question(query: CubeQuery) -> None:
    assert CubeQuery.from_parameters(query.parameters()) == query


@given(questions())
def test_the_text_of_a_filter_restores_it(query: CubeQuery) -> None:
    assert tuple(Filter.parse(str(kept)) for kept in query.where) == query.where


@given(questions(), st.sampled_from(LEVELS))
def test_drilling_changes_the_level_and_nothing_else(query: CubeQuery, level: int) -> None:
    level = min(level, query.finest_level)
    moved = query.at_level(level)
    assert moved.level == (level if query.level is not None else None)
    assert [axis.dimension for axis in moved.axes] == [axis.dimension for axis in query.axes]
    assert (moved.measures, moved.where) == (query.measures, query.where)


@given(questions())
def test_a_slice_takes_the_place_of_one_on_the_same_dimension(query: CubeQuery) -> None:
    first, second = Filter(PLACE, ("861126d37ffffff",)), Filter(PLACE, ("861126d2fffffff", "(unknown)"))  # every measure has a place
    sliced = query.slice(first).slice(second)
    assert sliced.where[-1] == second
    assert first not in sliced.where
    assert sliced.without(PLACE) == query.without(PLACE)


def test_a_question_as_it_is_typed() -> None:
    query = CubeQuery.parse(" place:8 , segment", "month", "revenue, orders", ["channel=web|shop", "month=2025-01..2025-03"])
    assert query.rows == (Axis("place", 8), Axis("segment"))
    assert query.columns == (Axis("month"),)
    assert query.measures == ("revenue", "orders")
    assert query.where == (Filter("channel", ("web", "shop")), Filter("month", ("2025-01..2025-03",)))
    assert query.level == 8
    assert CubeQuery.from_parameters({"rows": ["place:8", "segment"], "where": "channel=web"}).where == (Filter("channel", ("web",)),)
    assert CubeQuery.from_parameters({}) == CubeQuery()


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"rows": "colour"}, "There is no dimension 'colour'; there are place, destination, year, quarter"),
        ({"rows": "place"}, r"place needs an H3 level from 5 to 10, such as place:8\."),
        ({"rows": "place:11"}, "place needs an H3 level"),
        ({"rows": "place:x"}, "place needs an H3 level"),
        ({"rows": "place:²"}, "place needs an H3 level"),
        ({"rows": "segment:8"}, "segment has no levels"),
        ({"rows": "segment", "columns": "segment"}, "segment stands twice"),
        ({"rows": "place:8,place:9"}, "place stands twice"),
        ({"measures": "profit"}, "There is no measure 'profit'; there are accounts"),
        ({"measures": " , "}, "needs a measure"),
        ({"measures": "revenue,revenue"}, "revenue stands twice"),
        ({"rows": "month", "measures": "accounts"}, "accounts cannot be split or filtered by month"),
        ({"measures": "accounts", "where": ["category=bikes"]}, "accounts cannot be split or filtered by category"),
        ({"where": ["segment"]}, "'segment' is no filter; write DIMENSION=MEMBER"),
        ({"where": ["segment="]}, "names no member"),
        ({"where": ["segment=a\nb"]}, "cannot be read"),
        ({"where": ["colour=red"]}, "no dimension 'colour'"),
        ({"where": ["month=March"]}, "'March' is not a month; write 2025-03"),
        ({"where": ["month=2025-13"]}, "is not a month"),
        ({"where": ["month=2025-01.."]}, "is not a month"),
        ({"where": ["month=2025-01..2025-02..2025-03"]}, "is not a month"),
        ({"where": ["month=2025-03..2025-01"]}, "ends before it begins"),
        ({"where": ["place=zzz"]}, "'zzz' is not an H3 cell"),
        ({"where": [f"place={h3.latlng_to_cell(47, 9, 11)}"]}, "is finer than the cube"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(parts: dict[str, str], sentence: str) -> None:
    with pytest.raises(CubeError, match=sentence):
        CubeQuery.parse(**parts)


def test_months_are_spans() -> None:
    first, second = Filter("month", ("2025-02", "2024-11..2025-01")).spans()
    assert [f"{day:%Y-%m-%d}" for day in (*first, *second)] == ["2025-02-01", "2025-02-28", "2024-11-01", "2025-01-31"]


@pytest.mark.parametrize("name", DIMENSIONS)
def test_an_axis_is_written_as_it_is_read(name: str) -> None:
    text = f"{name}:7" if _is_place(name) else name
    assert str(Axis.parse(text)) == text
    assert Axis.parse(text).column == ("cell" if name == PLACE else name)


def test_a_named_set_stands_for_its_members() -> None:
    assert Filter.parse("weekday=@weekend") == Filter("weekday", ("6", "7"))
    assert Filter.parse("weekday=@weekend|1|(unknown)").members == ("6", "7", "1", "(unknown)")
    assert Filter.parse("channel=@@home") == Filter("channel", ("@home",))
    assert str(Filter("channel", ("@home",))) == "channel=@@home"
    with pytest.raises(CubeError, match=r"There is no set '@wekend' of weekday; there are @working_days, @weekend\."):
        Filter.parse("weekday=@wekend")
    with pytest.raises(CubeError, match="There is no set '@weekend' of segment; there is none"):
        Filter.parse("segment=@weekend")
    assert all(each.dimension in DIMENSIONS and each.members for each in SETS.values())
