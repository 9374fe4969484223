"""Answers of the cube are those of plain SQL over the tables of the database, to the cent: totals, each dimension, each level, and random questions."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import geopandas as gpd
import h3
import pandas as pd
import pytest
import shapely

from dashboards.data.accounts import MOST_ACCOUNTS, accounts_in
from dashboards.data.cube import Cube
from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.db.connection import Role, connect
from gcrm.db.queries import queries
from gcrm.olap import calendar
from gcrm.olap.catalogue import DIMENSIONS, FACTS, MEASURES, PLACE, UNKNOWN, Axis, dimensions_of, simple
from gcrm.olap.query import CubeQuery, Filter
from gcrm.pipeline import cubes
from gcrm.pipeline.cube_check import check_cubes
from gcrm.pipeline.cubes import ask_cube, build_cube
from gcrm.pipeline.demo import run
from gcrm.units import LEVELS
from tests.integration.command_line import gcrm, well
from tests.integration.questions import random_questions

EVERYTHING = Scope.everything()
DOCS = Path(__file__).parents[2] / "docs"
QUESTIONS, SEED = 1000, 20240501
type Key = tuple[Any, ...]

# Some accounts had other territories before, one after the other, or for a time none.
_MOVED = """
    INSERT INTO gcrm.account_territories (account_id, since, territory_id)
    SELECT account_id, timestamptz '2024-02-01' + number * account_id % 500 * interval '1 day', known.ids[account_id * number % 7]
    FROM gcrm.accounts, generate_series(1, 3) AS number, (SELECT array_agg(territory_id ORDER BY territory_id) AS ids FROM gcrm.territories) AS known
    WHERE account_id % 3 = 0 AND accounts.territory_id IS NOT NULL
    ON CONFLICT DO NOTHING"""

_SURROUNDED = """
    JOIN gcrm.accounts a USING (account_id) LEFT JOIN gcrm.account_surroundings s USING (account_id)
    LEFT JOIN gcrm.territories t ON t.territory_id = a.territory_id LEFT JOIN gcrm.regions r USING (region_id)
    LEFT JOIN gcrm.accounts top ON top.account_id = coalesce(a.parent_account_id, a.account_id)
    LEFT JOIN (
        SELECT DISTINCT ON (inside.account_id) inside.account_id, 'shops/' || ring.name AS trade_area
        FROM gcrm.trade_areas ring JOIN gcrm.layer_versions USING (layer_version_id) JOIN gcrm.accounts inside ON ST_Covers(ring.geom, inside.position)
        WHERE dataset = 'shops' ORDER BY inside.account_id, ring.band, ST_Distance(ring.site::geography, inside.position::geography)
    ) ring ON ring.account_id = a.account_id"""
# Which member has an order is asked of each order, and which number a member has of each member.
_CAMPAIGNS = f"""
    gcrm.campaigns c LEFT JOIN gcrm.campaign_members m USING (campaign_id)
    {_SURROUNDED.replace("JOIN gcrm.accounts", "LEFT JOIN gcrm.accounts", 1)}
    LEFT JOIN (
        SELECT latest.campaign_member_id, sum(l.revenue) AS revenue
        FROM gcrm.orders l CROSS JOIN LATERAL (
            SELECT n.campaign_member_id FROM gcrm.campaign_members n JOIN gcrm.campaigns d USING (campaign_id)
            WHERE n.account_id = l.account_id AND d.currency = l.currency AND n.sent_at <= l.ordered_at
                AND n.sent_at > l.ordered_at - d.attribution_days * interval '24 hours'
            ORDER BY n.sent_at DESC, n.campaign_member_id LIMIT 1
        ) latest
        GROUP BY latest.campaign_member_id
    ) o ON o.campaign_member_id = m.campaign_member_id
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE e.campaign_member_id <= m.campaign_member_id) AS number, greatest(count(*), 1) AS members
        FROM gcrm.campaign_members e WHERE e.campaign_id = c.campaign_id
    ) place
    CROSS JOIN LATERAL (
        SELECT CASE WHEN m.campaign_member_id IS NULL THEN c.cost
            ELSE round(c.cost * place.number / place.members, 2) - round(c.cost * (place.number - 1) / place.members, 2) END AS cost
    ) share"""
_OF_ACCOUNTS = {
    "segment": "coalesce(a.segment, '(unknown)')",
    "residence_type": "coalesce(s.residence_type, '(unknown)')",
    "district": "coalesce(s.district, '(unknown)')",
    "municipality": "coalesce(s.municipality, '(unknown)')",
    "road_class": "coalesce(s.road_class, '(unknown)')",
    # Of the rings that an account lies in the smallest, of these that of the nearest shop.
    "trade_area": "coalesce(ring.trade_area, '(unknown)')",
    "territory": "coalesce(t.name, '(unknown)')",
    "region": "coalesce(r.name, '(unknown)')",
    # No account of the demo has a grandparent.
    "company": """CASE WHEN top.kind IS DISTINCT FROM 'company' THEN '(unknown)' WHEN top.name IN (
        SELECT name FROM gcrm.accounts WHERE kind = 'company' AND parent_account_id IS NULL GROUP BY name HAVING count(*) > 1
    ) THEN top.name || ' (' || top.source || '/' || top.source_key || ')' ELSE top.name END""",
    "status": "a.status",
}


def _served_at(moment: str) -> dict[str, str]:
    """Of the rows of an account the last one by then, or the first of all."""
    found = f"""(SELECT {{name}} FROM gcrm.account_territories h LEFT JOIN gcrm.territories u USING (territory_id) LEFT JOIN gcrm.regions q USING (region_id)
        WHERE h.account_id = a.account_id ORDER BY (h.since <= {moment}) DESC, CASE WHEN h.since <= {moment} THEN -extract(epoch FROM h.since)
        ELSE extract(epoch FROM h.since) END LIMIT 1)"""
    return {name: f"coalesce({found.format(name=column)}, '(unknown)')" for name, column in (("territory_then", "u.name"), ("region_then", "q.name"))}


_REP = {"rep": "coalesce(p.name, '(unknown)')"}


def _hours(moment: str) -> dict[str, str]:
    return {
        "weekday": f"extract(isodow FROM {moment} AT TIME ZONE 'UTC')::text",
        "hour": f"lpad(extract(hour FROM {moment} AT TIME ZONE 'UTC')::text, 2, '0')",
    }


@dataclass(frozen=True)
class Source:
    """A cube as SQL over the tables: what is joined, the day of a row, the dimensions besides the times, the measures."""

    tables: str
    day: str | None
    dimensions: dict[str, str]
    measures: dict[str, str]


SOURCES = {
    "sales": Source(
        f"gcrm.orders o {_SURROUNDED} LEFT JOIN gcrm.products p USING (product_id)",
        "(o.ordered_at AT TIME ZONE 'UTC')::date",
        {
            **_OF_ACCOUNTS, **_served_at("o.ordered_at"), **_hours("o.ordered_at"), "category": "coalesce(p.category, '(unknown)')",
            "product": "coalesce(p.name, '(unknown)')", "channel": "coalesce(o.channel, '(unknown)')", "currency": "o.currency",
        },
        {
            "buyers": "count(DISTINCT o.account_id)", "orders": "count(DISTINCT (o.source, o.order_key))", "revenue": "sum(o.revenue)",
            "margin": "sum(o.revenue - o.cost)", "quantity": "sum(o.quantity)",
        },
    ),
    "accounts": Source(
        f"gcrm.accounts o {_SURROUNDED}", None, _OF_ACCOUNTS, {"accounts": "count(*)", "customers": "count(*) FILTER (WHERE a.status = 'customer')"}
    ),
    "activities": Source(
        f"(SELECT * FROM gcrm.activities WHERE happened_at IS NOT NULL AND state <> 'cancelled') o {_SURROUNDED} LEFT JOIN gcrm.reps p USING (rep_id)",
        "(o.happened_at AT TIME ZONE 'UTC')::date",
        {**_OF_ACCOUNTS, **_served_at("o.happened_at"), **_REP, **_hours("o.happened_at"), "activity": "o.kind"},
        {"activities": "count(*)", "contacted": "count(DISTINCT o.account_id)"},
    ),
    "cases": Source(
        f"gcrm.cases o {_SURROUNDED} LEFT JOIN gcrm.reps p ON p.rep_id = o.rep_id LEFT JOIN gcrm.products g USING (product_id)",
        "(o.opened_at AT TIME ZONE 'UTC')::date",
        {
            **_OF_ACCOUNTS, **_served_at("o.opened_at"), **_REP, **_hours("o.opened_at"), "case_kind": "o.kind",
            "priority": "o.priority", "case_status": "o.status",
            "category": "coalesce(g.category, '(unknown)')", "product": "coalesce(g.name, '(unknown)')",
        },
        {
            "cases": "count(*)", "complaints": "count(*) FILTER (WHERE o.kind = 'complaint')", "accounts_with_cases": "count(DISTINCT o.account_id)",
            "cases_solved": "count(o.solved_at)", "solved_late": "count(*) FILTER (WHERE o.solved_at > o.solution_due_at)",
            "hours_to_solve": "coalesce(sum(round(extract(epoch FROM o.solved_at - o.opened_at) / 3600, 3)), 0)",
        },
    ),
    "pipeline": Source(
        f"gcrm.opportunities o {_SURROUNDED} LEFT JOIN gcrm.reps p USING (rep_id)",
        "(o.opened_at AT TIME ZONE 'UTC')::date",
        {**_OF_ACCOUNTS, **_served_at("o.opened_at"), **_REP, "stage": "o.stage", "currency": "o.currency"},
        {
            "opportunities": "count(*)", "opportunity_amount": "sum(o.amount)",
            "open_amount": "coalesce(sum(o.amount) FILTER (WHERE o.stage NOT IN ('won', 'lost')), 0)",
            "won_amount": "coalesce(sum(o.amount) FILTER (WHERE o.stage = 'won'), 0)",
            "won": "count(*) FILTER (WHERE o.stage = 'won')", "closed": "count(*) FILTER (WHERE o.stage IN ('won', 'lost'))",
        },
    ),
    "campaigns": Source(
        _CAMPAIGNS,
        "coalesce((m.sent_at AT TIME ZONE 'UTC')::date, c.starts_on)",
        {
            **_OF_ACCOUNTS, **_served_at("coalesce(m.sent_at, 'infinity')"), "status": "coalesce(a.status, '(unknown)')", "campaign": "c.name",
            "channel": "coalesce(c.channel, '(unknown)')", "wave": "coalesce(m.wave, '(unknown)')", "response": "coalesce(m.response, '(unknown)')",
            "currency": "c.currency",
        },
        {
            "members": "count(m.campaign_member_id)", "addressed": "count(DISTINCT m.account_id)",
            "responses": "count(*) FILTER (WHERE m.response IN ('answered', 'bought'))",
            "attributed_revenue": "coalesce(sum(o.revenue), 0)", "campaign_cost": "sum(share.cost)",
        },
    ),
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _demo(database: None) -> None:
    del database
    run(None, 0.05, 20240501, lambda _name, _seconds: None)
    with connect(Role.WRITER) as writer:
        writer.execute(_MOVED.encode())
    build_cube(lambda _: None)


def _column(source: Source, axis: Axis) -> str:
    if axis.dimension == PLACE:
        return f"gcrm.cell_parent(a.cell, {axis.level})"
    if axis.dimension == "day":
        return str(source.day)
    return f"date_trunc('{axis.dimension}', {source.day})::date" if axis.dimension in calendar.LEVELS else source.dimensions[axis.dimension]


def _condition(source: Source, kept: Filter) -> tuple[str, list[object]]:
    if kept.dimension == PLACE:
        either, values = zip(*(_in_place(member) for member in kept.members), strict=True)
        return f"({' OR '.join(either)})", [value for each in values for value in each]
    if kept.dimension in calendar.LEVELS:
        return f"({' OR '.join([f'{source.day} BETWEEN %s AND %s'] * len(kept.members))})", [day for span in kept.spans() for day in span]
    return f"{source.dimensions[kept.dimension]} = ANY(%s)", [list(kept.members)]


def _in_place(member: str) -> tuple[str, list[object]]:
    if member == UNKNOWN:
        return "a.cell IS NULL", []
    if "POLYGON" in member:
        return "ST_Covers(ST_GeomFromText(%s, 4326), a.position)", [member]
    if "@" in member:
        limits, _, point = member.partition("@")
        away = "ST_Distance(a.position::geography, ST_Point(%s, %s, 4326)::geography)"
        longitude, latitude = (float(part) for part in point.split(","))
        near, far = (float(part) for part in limits.split(".."))
        return f"({away} >= %s AND {away} < %s)", [longitude, latitude, near, longitude, latitude, far]
    cell, _, steps = member.partition("+")
    cells = [h3.str_to_int(each) for each in h3.grid_disk(cell, int(steps or 0))]
    return f"gcrm.cell_parent(a.cell, {h3.get_resolution(cell)}) = ANY(%s)", [cells]


def _by_sql(query: CubeQuery, cube: str, measures: list[str]) -> dict[Key, list[Any]]:
    """Measures of one cube by the members of the axes, asked from the tables."""
    source = SOURCES[cube]
    columns = [_column(source, axis) for axis in query.axes]
    conditions = [_condition(source, kept) for kept in query.where]
    where = " AND ".join(["true", *(condition for condition, _ in conditions)])
    group = f"GROUP BY {', '.join(str(number + 1) for number in range(len(columns)))}" if columns else ""
    text = f"SELECT {', '.join([*columns, *(source.measures[name] for name in measures)])} FROM {source.tables} WHERE {where} {group}"
    with connect(Role.OWNER) as connection:
        rows = connection.execute(text.encode(), [value for _, values in conditions for value in values]).fetchall()
    return {row[: len(columns)]: list(row[len(columns) :]) for row in rows}


def _expected(query: CubeQuery) -> dict[Key, dict[str, Any]]:
    """The whole answer out of SQL; what a cube does not know at a member is missing there."""
    found: dict[Key, dict[str, Any]] = {}
    for cube in SOURCES:
        measures = list(dict.fromkeys(each.name for name in query.measures for each in simple(name) if each.facts == cube))
        if measures:
            for key, values in _by_sql(query, cube, measures).items():
                found.setdefault(key, {}).update(zip(measures, values, strict=True))
    return {key: {name: _value(name, values) for name in query.measures} for key, values in found.items()}


def _value(name: str, values: dict[str, Any]) -> Any:  # noqa: ANN401 - a count, money or a ratio
    needs = MEASURES[name].needs
    if not needs:
        return values.get(name)
    part, whole = (values.get(each) for each in needs)
    return None if part is None or not whole else pytest.approx(float(part) / float(whole))


def _answer(query: CubeQuery) -> dict[Key, dict[str, Any]]:
    rows = ask_cube(query, EVERYTHING).table.to_pylist()
    return {tuple(row[axis.column] for axis in query.axes): {name: row[name] for name in query.measures} for row in rows}


def _same(query: CubeQuery) -> None:
    found, expected = _answer(query), _expected(query)
    if not query.axes:  # of no rows at all a sum is missing, and a count of SQL is 0
        found, expected = _without_zeros(found), _without_zeros(expected)
    assert found == expected, str(query.parameters())


def _without_zeros(answer: dict[Key, dict[str, Any]]) -> dict[Key, dict[str, Any]]:
    return {key: {name: None if isinstance(value, (int, Decimal)) and value == 0 else value for name, value in row.items()} for key, row in answer.items()}


def test_there_is_something_to_count() -> None:
    ((row),) = _answer(CubeQuery.parse(measures="buyers,orders,revenue,activities,opportunities,win_rate,complaints")).values()
    assert isinstance(row["revenue"], Decimal)
    assert row["orders"] > row["buyers"] > 50
    assert min(row["activities"], row["opportunities"], row["win_rate"], row["complaints"]) > 0


@pytest.mark.parametrize("cube", SOURCES)
def test_grand_totals_each_dimension_and_each_level(cube: str) -> None:
    measures = ",".join(name for name in MEASURES if MEASURES[name].facts == cube)
    for rows in ("", *FACTS[cube].dimensions, *(f"place:{level}" for level in LEVELS), *(f"place:{level},segment" for level in LEVELS)):
        _same(CubeQuery.parse(rows, measures=measures))


def test_every_measure_and_dimension_is_compared() -> None:
    """Those of derived facts are compared with loops by tests/unit/olap/test_customers.py, those of layers by test_cube_surroundings.py."""
    assert set(SOURCES) == {name for name, facts in FACTS.items() if facts.by_account and not facts.derived_from}
    simple_ones = {name for name, each in MEASURES.items() if each.facts in SOURCES and not each.needs}
    assert {name for source in SOURCES.values() for name in source.measures} == simple_ones
    for cube, source in SOURCES.items():
        assert set(source.dimensions) | (set(calendar.LEVELS) if source.day else set()) == set(FACTS[cube].dimensions)


def test_random_questions() -> None:
    for query in random_questions(QUESTIONS, SEED, cubes.published(), SOURCES):
        _same(query)


@pytest.mark.parametrize("command", re.findall(r"`gcrm (cube (?:query|records|outline) [^`]+)`", (DOCS / "cubes.md").read_text(encoding="utf-8")))
def test_the_example_of_every_operator_is_answered(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if "--scenario" in command:
        well("cube", "scenario", "build", DOCS / "how_to" / "dearer.yaml")
    said = well(*shlex.split(command.replace("\\|", "|")))
    assert len(said.splitlines()) >= (1 if "unknown" in command or "--output" in command else 2), said


@pytest.fixture
def smallest_count(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    with monkeypatch.context() as patch:
        patch.setenv("GCRM_SMALLEST_COUNT", "10")
        settings.cache_clear()
        yield 10
    settings.cache_clear()


_ANSWERED_WITH_A_SMALLEST_COUNT = ("place:8", "region", "--top '3 revenue'", "penetration", "density", "change(revenue, year)", "win_rate,accounts")


@pytest.mark.parametrize("command", re.findall(r"`gcrm (cube (?:query|records) [^`]+)`", (DOCS / "cubes.md").read_text(encoding="utf-8")))
def test_no_operator_tells_of_few_accounts_to_who_has_a_smallest_count(command: str, smallest_count: int, tmp_path: Path) -> None:
    target = tmp_path / "answer.csv"
    done = gcrm(*shlex.split(command.replace("\\|", "|")), "--output", target)
    if done.code:
        assert not any(words in command for words in _ANSWERED_WITH_A_SMALLEST_COUNT)
        assert re.search(f"fewer than {smallest_count} accounts, which you are not shown|Single records are of single accounts", done.err), done.err
        return
    notes = [line for line in target.read_text(encoding="utf-8").splitlines() if line.lstrip('"').startswith("# ")]
    (hidden,) = (line for line in notes if "# hidden: " in line)
    assert f"they stand for fewer than {smallest_count} accounts" in hidden
    found = pd.read_csv(target, skiprows=len(notes))
    for name in {"accounts", "customers"} & set(found.columns):
        assert found[name].dropna().ge(smallest_count).all()


def test_what_is_hidden_is_said_in_the_terminal(smallest_count: int) -> None:
    done = gcrm("cube", "query", "--rows", "place:7,segment", "--measures", "accounts")
    assert done.code == 0
    assert " hidden" in done.out
    assert f"figures are hidden: they stand for fewer than {smallest_count} accounts" in " ".join(done.err.split())
    everybody = set(well("cube", "members", "segment").split())
    settings.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GCRM_SMALLEST_COUNT")
        assert everybody <= set(well("cube", "members", "segment").split())
    settings.cache_clear()


@pytest.mark.parametrize("name", [name for name in dimensions_of("revenue") if name not in ("week", "day", "currency")])
def test_the_list_of_accounts_is_filtered_as_the_cube_is(name: str) -> None:
    cell = f"{ask_cube(CubeQuery.parse('place:8', measures='revenue', order='-revenue'), EVERYTHING).table['cell'][0].as_py():x}"
    here = ask_cube(CubeQuery.parse(name, measures="revenue", where=[f"place={cell}"], top="2 revenue"), EVERYTHING).table
    kept = Filter(name, tuple(map(DIMENSIONS[name].member, here[name].to_pylist())))
    listed = accounts_in(Cube("now", cubes.published()), cell, (kept,), EVERYTHING)
    ((row),) = _answer(CubeQuery(measures=("revenue", "buyers"), where=(Filter(PLACE, (cell,)), kept))).values()
    assert 0 < listed.found <= MOST_ACCOUNTS
    assert sum(filter(pd.notna, listed.frame["revenue"])) == (row["revenue"] or 0)
    assert (listed.frame["orders"] > 0).sum() == row["buyers"]


def test_areas_of_files_and_trading_areas_are_polygons(tmp_path: Path) -> None:
    left, right = shapely.box(24.93, 60.16, 24.95, 60.18), shapely.box(24.95, 60.165, 24.97, 60.18)
    file = tmp_path / "lasso.geojson"
    gpd.GeoSeries([left, right], crs=4326).to_file(file)
    question = ("cube", "query", "--rows", "segment", "--measures", "accounts,revenue")
    expected = well(*question, "--where", f"place={shapely.union(left, right).wkt}")
    assert well(*question, "--within", file) == expected
    well("load", "trade-areas", file, "--name", "lassos")
    assert well(*question, "--trade-area", "Area 1", "--trade-area", "lassos/Area 2") == expected
    refused = gcrm(*question, "--trade-area", "Area 3")
    shops = ", ".join(f"Sample shop {shop} {radius} m" for shop in (1, 2, 3) for radius in (300, 800))
    assert (refused.code, refused.err.strip()) == (1, f"gcrm: There is no trading area 'Area 3'; there are Area 1, Area 2, {shops}.")
    file.write_text('{"type": "FeatureCollection", "features": []}')
    assert gcrm(*question, "--within", file).code == 1


def test_records_bear_the_names_of_their_accounts(tmp_path: Path) -> None:
    target = tmp_path / "records.csv"
    assert well("cube", "records", "sales", "--where", "year=2025", "--most", 50, "--output", target).startswith("50 of ")
    notes = target.read_text().splitlines()[:4]
    assert notes[0].startswith("# records: 50 of ")
    assert notes[1:] == [
        "# where: year=2025",
        f"# cube_version: {cubes.published().name}",
        f"# as_of: {cubes.published().built_at.isoformat(timespec='seconds')}",
    ]
    found = pd.read_csv(target, skiprows=4)
    assert len(found) == 50
    with connect(Role.OWNER) as connection:
        names: dict[int, str] = dict(connection.execute("SELECT account_id, name FROM gcrm.accounts").fetchall())
    assert found["name"].tolist() == [names[account] for account in found["account_id"]]
    assert found["order_key"].str.startswith("demo-helsinki/").all()


def test_records_of_what_is_no_account_have_no_names(tmp_path: Path) -> None:
    target = tmp_path / "records.csv"
    well("cube", "records", "footfall", "--most", 5, "--output", target)
    found = pd.read_csv(target, skiprows=4)
    assert len(found) == 5
    assert list(found.columns) == list(FACTS["footfall"].columns)


def test_every_proof_of_the_declarations_holds() -> None:
    told = well("cube", "check").splitlines()
    assert [line.split(":")[0] for line in told] == list(FACTS)
    assert all(line.split()[1] == line.split()[3] for line in told)


def test_a_join_that_doubles_facts_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    statement = queries("facts").sales.sql
    doubled = statement.replace("FROM gcrm.orders o", "FROM (SELECT * FROM gcrm.orders UNION ALL SELECT * FROM gcrm.orders WHERE quantity > 1) o")
    assert doubled != statement
    monkeypatch.setattr(queries("facts").sales.__func__, "sql", doubled)  # type: ignore[attr-defined] # a method by run time
    broken = {(proof.cube, proof.what) for proof in check_cubes(lambda _: None) if not proof.holds}
    assert {("sales", FACTS["sales"].grain), ("sales", "Revenue"), ("sales", "Units by month")} <= broken
    assert {cube for cube, _ in broken} == {"sales"}
    done = gcrm("cube", "check")
    assert done.code == 1
    assert "sales: Revenue is" in done.err
