"""The choice of cuboids: what is worth its bytes, declared before asked, within the budget; and that answers are the same with them and without."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.olap import query_log, versions
from gcrm.olap.answer import ask
from gcrm.olap.catalogue import PLACE, Axis
from gcrm.olap.choice import Size, Wanted, candidates, choose
from gcrm.olap.cuboids import Cuboid, declared
from gcrm.olap.plan import QueryShape, needs
from gcrm.olap.query import CubeQuery, Filter
from gcrm.olap.versions import Version
from tests.unit.olap.cube import TERRITORIES, as_mapping, made_up_facts, plain_answer, publish
from tests.unit.olap.test_answer import _members, questions

_SALES, _ACCOUNTS = made_up_facts(7)
_EVERYTHING = Scope.everything()
_LOGGED = (
    "week/orders/", "quarter,segment/buyers/quarter", "place:6,month/buyers,revenue/month", "place:9,quarter/orders/place:7",
    "year,month,category/orders/", "/margin/day", "territory,month/buyers/", "district/revenue/channel,week",
)  # fmt: skip


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    folder = tmp_path_factory.mktemp("cubes")
    for text in _LOGGED:
        query_log.note(folder, QueryShape.parse(*text.split("/")), 10, 1000)
    return publish(folder, _SALES, _ACCOUNTS, "seven")[0]


def _chosen(version: Version) -> list[Cuboid]:
    return [cuboid for cuboid in version.cuboids if cuboid not in declared()]


def _same(version: Version, query: CubeQuery, scope: Scope) -> set[str]:
    """Asks with the cuboids that were chosen and without, and gives the files that were read with them."""
    without = replace(version, manifest={**version.manifest, "chosen": []})
    found = ask(version, query, scope)
    assert found.table.equals(ask(without, query, scope).table)
    return set(found.explanation.read)


@given(questions(), st.none() | st.frozensets(st.sampled_from(list(TERRITORIES))))
def test_any_answer_is_the_same_with_the_chosen_cuboids_and_without(version: Version, query: CubeQuery, territories: frozenset[int] | None) -> None:
    _same(version, query, Scope(territories))


@given(st.data())
def test_an_answer_that_a_chosen_cuboid_could_give_is_the_same_without_it(version: Version, data: st.DataObject) -> None:
    cuboid = data.draw(st.sampled_from([each for each in _chosen(version) if each.facts == "sales"]))
    names = [name for name in cuboid.dimensions if name != "territory_id"]
    axes = [*map(Axis, names), *([] if cuboid.level is None else [Axis(PLACE, cuboid.level)])]
    axes = axes if cuboid.distinct else data.draw(st.lists(st.sampled_from(axes), unique=True)) if axes else []
    filtered = data.draw(st.lists(st.sampled_from([*names, *([PLACE] if cuboid.level is not None else [])]), max_size=2, unique=True)) if axes else []
    where = tuple(Filter(name, tuple(data.draw(st.lists(_members(name), min_size=1, max_size=2)))) for name in filtered)
    measures = ("buyers", "orders") if cuboid.distinct else ("revenue", "margin", "quantity")
    query = CubeQuery(tuple(axes), measures=measures, where=where)
    _same(version, query, _EVERYTHING)
    assert as_mapping(ask(version, query, _EVERYTHING).table.to_pylist(), query) == plain_answer(_SALES, _ACCOUNTS, query, _EVERYTHING)


@pytest.mark.parametrize(
    ("rows", "measures", "where", "read"),
    [
        ("segment", "buyers", [], {"sales-all-distinct-segment"}),
        ("segment", "buyers,revenue", ["segment=families"], {"sales-all-distinct-segment", "sales-all-segment"}),
        ("segment", "buyers", ["month=2025-01"], {"sales-facts"}),  # an account buys in several months
        ("quarter", "buyers", ["year=2025"], {"sales-all-distinct-quarter"}),  # whole quarters
        ("quarter", "buyers", ["month=2025-01"], {"sales-facts"}),
        ("year,quarter", "buyers", [], {"sales-all-distinct-quarter"}),
        ("week", "orders", [], {"sales-all-distinct-week"}),
        ("place:8", "orders", ["place=871f8d6d0ffffff"], {"sales-h3_8-distinct"}),
        ("place:8", "orders", ["place=891f8d6d003ffff"], {"sales-facts"}),  # finer than the cells that are asked for
        ("place:8", "orders", ["place=0..500@9.5,47.1"], {"sales-facts"}),
    ],
)
def test_what_a_distinct_count_is_read_from(version: Version, rows: str, measures: str, where: list[str], read: set[str]) -> None:
    assert _same(version, CubeQuery.parse(rows, measures=measures, where=where), _EVERYTHING) == read


def test_days_are_read_from_a_cuboid_of_few_dimensions(tmp_path: Path) -> None:
    sales, accounts = made_up_facts(5, lines=3000)
    version, _ = publish(tmp_path, sales, accounts, "five")
    for rows, where in (("day", ["territory=North"]), ("week", []), ("quarter", ["day=2025-01-05..2025-02-01"])):
        query = CubeQuery.parse(rows, measures="revenue,quantity", where=where)
        assert _same(version, query, Scope(frozenset({1, 2}))) == {"sales-facts" if rows == "quarter" else "sales-all-day"}
        assert as_mapping(ask(version, query, _EVERYTHING).table.to_pylist(), query) == plain_answer(sales, accounts, query, _EVERYTHING)


def test_one_who_sees_some_territories_is_not_given_distinct_counts_over_all(version: Version) -> None:
    assert _same(version, CubeQuery.parse("segment", measures="buyers,revenue"), Scope(frozenset({1}))) == {"sales-facts", "sales-all-segment"}


def test_the_manifest_says_what_was_chosen_and_why(version: Version) -> None:
    told = json.loads((version.folder / versions.MANIFEST).read_text())["chosen"]
    why = {Cuboid.read(each).name: each["why"] for each in told}
    assert why["sales-all-distinct-segment"] == "declared"
    assert why["sales-all-distinct-week"] == "asked 1 times"
    assert set(why) == {cuboid.name for cuboid in _chosen(version)}


def test_every_declared_distinct_count_is_served(version: Version) -> None:
    names = {cuboid.name for cuboid in version.cuboids}
    assert {"sales-all-distinct", "sales-all-distinct-month", "sales-h3_5-distinct", "sales-all-distinct-segment-territory"} - names == set()


def test_files_stay_within_the_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GCRM_CUBE_BUDGET_MB", "0")
    settings.cache_clear()
    try:
        assert _chosen(publish(tmp_path, _SALES, _ACCOUNTS, "seven")[0]) == []
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    version, new = publish(tmp_path, _SALES, _ACCOUNTS, "seven")
    assert new
    assert _chosen(version)


def _wanted(text: str, times: int = 1, *, declared: bool = False) -> Wanted:
    (need,) = needs(QueryShape.parse(*text.split("/")))
    return Wanted(need, times, declared)


_FULL = next(cuboid for cuboid in declared() if cuboid.facts == "sales" and cuboid.level is None)
_SEGMENT, _MONTH, _BOTH = (Cuboid.holding("sales", None, columns) for columns in (["segment"], ["month"], ["segment", "month"]))


def _choose(every: list[Wanted], sizes: dict[Cuboid, Size], budget: int) -> list[tuple[Cuboid, str]]:
    present = {_FULL: Size(1000, 50_000)}
    return [(each.cuboid, each.why) for each in choose(every, sizes, present, {"sales": 5000}, budget)]


def test_the_greatest_benefit_for_each_byte_comes_first() -> None:
    every = [_wanted("segment/revenue/", 1), _wanted("month/revenue/", 10)]
    sizes = {_SEGMENT: Size(10, 100), _MONTH: Size(20, 200)}
    assert _choose(every, sizes, 1000) == [(_MONTH, "asked 10 times"), (_SEGMENT, "asked 1 times")]
    assert _choose(every, sizes, 250) == [(_MONTH, "asked 10 times")]
    assert _choose(every, sizes, 150) == [(_SEGMENT, "asked 1 times")]


def test_declared_queries_come_before_those_that_were_asked() -> None:
    every = [_wanted("segment/revenue/", 1, declared=True), _wanted("month/revenue/", 1000)]
    sizes = {_SEGMENT: Size(10, 100), _MONTH: Size(10, 100)}
    assert _choose(every, sizes, 100) == [(_SEGMENT, "declared")]


def test_what_saves_less_than_half_of_the_rows_is_not_chosen() -> None:
    every = [_wanted("segment,month/revenue/"), _wanted("segment/revenue/")]
    assert _choose(every, {_BOTH: Size(501, 10)}, 1000) == []
    assert _choose(every, {_BOTH: Size(100, 10), _SEGMENT: Size(60, 10)}, 1000) == [(_BOTH, "asked 2 times")]


def test_what_no_cuboid_can_serve_has_no_candidate() -> None:
    for text in ("segment/buyers/month", "quarter/buyers/month", "place:7/orders/place:8", "segment/revenue/place"):
        assert candidates([_wanted(text)], ()) == [], text
    assert candidates([_wanted("segment/revenue/month")], ()) == [_BOTH]
    assert candidates([_wanted("segment/revenue/month")], [_BOTH]) == []
