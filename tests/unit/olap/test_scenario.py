"""Scenarios: the facts of a version with a few changes, beside that version."""

from collections import defaultdict
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
import yaml

from gcrm.access.scope import Scope
from gcrm.errors import CubeError
from gcrm.olap.analysis import ask
from gcrm.olap.query import CubeQuery
from gcrm.olap.scenario import build_scenario, read_scenario
from gcrm.olap.versions import Version
from tests.unit.olap.cube import TERRITORIES, Row, made_up_facts, publish

SALES, ACCOUNTS = made_up_facts(7, accounts=40, lines=200)
type Build = Callable[..., Version]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return publish(tmp_path_factory.mktemp("cubes"), SALES, ACCOUNTS, "base")[0]


@pytest.fixture
def build(base: Version, tmp_path: Path) -> Build:
    """Builds a scenario of changes."""

    def built(*changes: dict[str, object]) -> Version:
        path = tmp_path / "s.yaml"
        path.write_text(yaml.safe_dump({"scenario": "s", "label": "What if", "changes": list(changes)}))
        return build_scenario(tmp_path / "s", base, read_scenario(path), lambda _: None)

    return built


def _sums(rows: list[Row], key: str, value: str) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        found[row[key]] += row[value] or 0
    return found


def _answer(version: Version, text: str, measure: str, base: Version | None = None, **more: str) -> dict[str, Row]:
    query = CubeQuery.parse(text, measures=measure, scenario="s" if base else "", **more)
    return {row[text]: row for row in ask(version, query, Scope.everything(), base).table.to_pylist()}


def test_a_territory_moves_with_all_that_hangs_on_it(base: Version, build: Build) -> None:
    version = build({"change": "move", "where": ["territory=North"], "to": "West"})
    moved = [row | ({"territory": "West"} if row["territory"] == "North" else {}) for row in SALES]
    answer = _answer(version, "territory", "revenue", base)
    expected, before = _sums(moved, "territory", "revenue"), _sums(SALES, "territory", "revenue")
    assert {name: row["revenue"] for name, row in answer.items() if row["revenue"] is not None} == expected
    assert {name: row["revenue_versus"] for name, row in answer.items()} == before
    assert answer["West"]["revenue_versus_difference"] == before["North"]
    assert answer["North"]["revenue"] is None
    assert (answer["North"]["revenue_versus_difference"], answer["North"]["revenue_versus_ratio"]) == (-before["North"], 0)
    regions = _answer(version, "region", "accounts")
    gone = sum(account["territory"] == "North" for account in ACCOUNTS)
    assert regions["Alps"]["accounts"] == sum(account["region"] == "Alps" for account in ACCOUNTS) - gone
    scoped = ask(version, CubeQuery.parse(measures="accounts"), Scope(frozenset({1}))).table["accounts"][0].as_py()
    assert TERRITORIES[1][0] == "North"
    assert scoped == 0
    assert sum(row["base"] or 0 for row in _answer(version, "territory", "base").values()) == len({row["account_id"] for row in SALES})


def test_prices_rise_and_the_margin_with_them(build: Build) -> None:
    version = build({"change": "prices", "where": ["category=bikes"], "percent": 3})
    cent = Decimal("0.01")
    dearer = []
    for row in SALES:
        more = (row["revenue"] * 3 / 100).quantize(cent, ROUND_HALF_UP) if row["category"] == "bikes" else Decimal()
        dearer.append(row | {"revenue": row["revenue"] + more, "margin": None if row["margin"] is None else row["margin"] + more})
    for measure in ("revenue", "margin"):
        found = {name: row[measure] for name, row in _answer(version, "category", measure).items()}
        assert found == pytest.approx(_sums(dearer, "category", measure), abs=Decimal("0.02"))


def test_lost_orders_are_whole_always_the_same_and_as_many_as_said(base: Version, build: Build) -> None:
    version = build({"change": "lose", "where": ["channel=web"], "percent": 50})
    orders = {name: (row["orders"], row["orders_versus"]) for name, row in _answer(version, "channel", "orders", base).items()}
    assert orders["shop"][0] == orders["shop"][1]
    assert 0.25 < orders["web"][0] / orders["web"][1] < 0.75
    again = build({"change": "lose", "where": ["channel=web"], "percent": 50}, {"change": "prices", "percent": 0})
    assert _answer(again, "channel", "orders")["web"]["orders"] == orders["web"][0]
    none = build({"change": "lose", "percent": 100})
    assert ask(none, CubeQuery.parse(measures="orders"), Scope.everything()).table["orders"][0].as_py() == 0
    every = build({"change": "lose", "percent": 0})
    assert _answer(every, "channel", "revenue") == _answer(base, "channel", "revenue")


def test_changes_follow_one_another_also_within_a_circle(base: Version, build: Build) -> None:
    near = "place=0..6000@9.52,47.14"
    version = build({"change": "move", "where": [near], "to": "West"}, {"change": "lose", "where": ["territory=West"], "percent": 100})
    query = CubeQuery.parse(measures="revenue,accounts", where=[near])
    before, after = (ask(each, query, Scope.everything()).table.to_pylist()[0] for each in (base, version))
    assert before["revenue"] is not None
    assert after["revenue"] is None
    assert before["accounts"] == after["accounts"]
    west = ask(version, CubeQuery.parse("territory", measures="accounts"), Scope.everything()).table.to_pylist()
    outside = sum(account["territory"] == "West" for account in ACCOUNTS)
    assert next(row["accounts"] for row in west if row["territory"] == "West") >= max(before["accounts"], outside)


def test_what_is_asked_after_aggregation_knows_the_columns_beside(base: Version, build: Build) -> None:
    version = build({"change": "prices", "where": ["category=bikes"], "percent": 10})
    rows = _answer(version, "category", "revenue", base, having=["revenue_versus_ratio>1"], order="-revenue_versus_difference")  # type: ignore[arg-type]
    assert list(rows) == ["bikes"]
    assert rows["bikes"]["revenue_versus_ratio"] == pytest.approx(1.1, abs=1e-4)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("scenario: s\nlabel: x\nchanges: []", "changes: "),
        ("scenario: S s\nlabel: x\nchanges: [{change: lose, percent: 1}]", "scenario: "),
        ("scenario: s\nlabel: x\nchanges: [{change: lose, percent: 101}]", "changes 1: what is lost is from 0 to 100 percent"),
        ("scenario: s\nlabel: x\nchanges: [{change: lose}]", "changes 1: `percent` stands with prices and lose"),
        ("scenario: s\nlabel: x\nchanges: [{change: move, to: West, percent: 3}]", "`percent` stands with"),
        ("scenario: s\nlabel: x\nchanges: [{change: move}]", "`to` names the territory"),
        ("scenario: s\nlabel: x\nchanges: [{change: prices, percent: .nan}]", "changes 1 percent: "),
        ("scenario: s\nlabel: x\nchanges: [{change: burn}]", "changes 1 change: "),
        ("scenario: [", "line 1: this is not YAML"),
        ("", "the file: "),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "what if.yaml"
    path.write_text(text)
    with pytest.raises(CubeError, match=f"what if.yaml, .*{says}"):
        read_scenario(path)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"change": "move", "where": ["category=bikes"], "to": "West"}, "has no category"),
        ({"change": "move", "where": ["territory=North"], "to": "Atlantis"}, "'Atlantis', which is no territory; there are .*West"),
        ({"change": "lose", "where": ["nothing=x"], "percent": 3}, "no dimension 'nothing'"),
    ],
)
def test_what_is_not_there_is_told(build: Build, change: dict[str, object], says: str) -> None:
    with pytest.raises(CubeError, match=says):
        build(change)


def test_a_scenario_stands_alone_beside_its_version() -> None:
    query = CubeQuery.parse("territory", scenario="s")
    assert CubeQuery.from_parameters(query.parameters()) == query
    with pytest.raises(CubeError, match="stands beside the version"):
        CubeQuery.parse("territory", scenario="s", as_of="2026-01-01")
