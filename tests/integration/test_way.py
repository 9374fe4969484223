"""The whole way by commands: files, a city, positions, surroundings, cube, answers; each stage twice."""

import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import h3
import pytest

from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.errors import CubeError
from gcrm.olap.versions import current
from gcrm.pipeline.cube_records import cube_records
from gcrm.spatial.extracts import helsinki
from tests.integration.command_line import gcrm, well
from tests.integration.records import rows, value
from tests.integration.shop import import_shop, shop_file

pytestmark = pytest.mark.usefixtures("way")

_TABLES = (
    "accounts", "account_surroundings", "orders", "roads", "buildings", "address_points", "shops", "land_cover", "districts", "footfall", "tracks", "movement",
    "layer_versions",
)  # fmt: skip
_CELL = h3.latlng_to_cell(60.1710, 24.9430, 10)


def _digests() -> dict[str, Any]:
    """Every table with its keys and clocks, and the folder of the cubes."""
    found = {name: value(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM gcrm.{name} t") for name in _TABLES}
    return found | {"cubes": sorted(str(path) for path in settings().cubes.rglob("*"))}


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Small files of footfall and tracks."""
    folder = tmp_path_factory.mktemp("layers")
    (folder / "counters.csv").write_text(f"cell,weekday,hour,people_per_hour\n{_CELL},1,8,10\n{_CELL},1,9,20\n{_CELL},2,8,30\n")
    (folder / "walks.csv").write_text(
        "track_key,recorded_at,longitude,latitude\n"
        "w1,2025-01-01T08:00:00Z,24.94,60.17\nw1,2025-01-01T08:05:00Z,24.945,60.175\n"
        "w2,2025-01-01T08:30:00Z,24.94,60.17\nw2,2025-01-01T08:40:00Z,24.945,60.175\nlone,2025-01-01T08:30:00Z,24.94,60.17\n"
    )
    return {"footfall": folder / "counters.csv", "tracks": folder / "walks.csv"}


@pytest.fixture(scope="module")
def way(database: None, layers: dict[str, Path]) -> dict[str, str]:
    """Every stage once; what each printed."""
    del database
    shutil.rmtree(settings().cubes, ignore_errors=True)
    import_shop()
    commands = [
        ("load", "osm", helsinki()), ("load", "footfall", layers["footfall"]), ("load", "tracks", layers["tracks"], "--made-up"),
        ("geocode",), ("enrich",), ("cube", "build"),
    ]  # fmt: skip
    return {" ".join(map(str, command[:2])): well(*command) for command in commands}


def test_each_stage_says_what_it_did(way: dict[str, str]) -> None:
    assert ("roads" in way["load osm"], "address_points" in way["load osm"]) == (True, True)
    assert way["load footfall"] == "3 counts by cell and hour.\n"
    assert way["load tracks"].splitlines() == [
        "4 positions of 2 trips, 0 stops; hours are those of Europe/Helsinki.",
        "1 positions left out: alone, or of a trip that is too short.",
        "1 of 1 flows between cells are of too few people and withheld from readers.",
    ]
    assert sorted(way["geocode"].rstrip(".\n").split(", ")) == ["1 none", "2 rooftop", "4 given"]
    assert way["enrich"] == "The surroundings of 6 accounts changed.\n"
    assert way["cube build"].startswith("Published version ")
    assert way["cube build"].endswith(": 7 accounts, 6 order lines.\n")


def test_the_layers_are_those_of_their_files() -> None:
    versions = {(layer, dataset): (file, made_up, attribution) for layer, dataset, file, made_up, attribution in rows(
        "SELECT layer, dataset, file_name, made_up, attribution FROM gcrm.layer_versions WHERE retired_at IS NULL"
    )}  # fmt: skip
    assert versions["roads", "helsinki"] == ("Helsinki.osm.pbf", False, "© OpenStreetMap contributors, ODbL 1.0")
    assert versions["footfall", "counters"] == ("counters.csv", False, "")
    assert versions["tracks", "walks"][1] is versions["movement", "walks"][1] is True
    for layer, count in rows("SELECT layer, feature_count FROM gcrm.layer_versions WHERE dataset = 'helsinki'"):
        assert value(f"SELECT count(*) FROM gcrm.{layer}") == count
    assert rows("SELECT track_key, ST_NPoints(geom), ST_M(ST_EndPoint(geom)) - ST_M(ST_StartPoint(geom)) FROM gcrm.tracks ORDER BY 1") == [
        ("w1", 2, 300),
        ("w2", 2, 600),
    ]
    assert rows("SELECT hour, trips, tracks, withheld FROM gcrm.movement") == [(10, 2, 2, True)]


def test_accounts_are_where_their_addresses_are() -> None:
    levels = dict(rows("SELECT source_key, geocode_level FROM gcrm.accounts"))
    assert levels == {"c1": "rooftop", "c2": "given", "c3": "given", "c4": "given", "c5": "none", "c6": "rooftop", "c7": "given"}
    apart = rows(
        "SELECT a.source_key, ST_Distance(a.position, p.geom) FROM gcrm.accounts a"
        " JOIN gcrm.address_points p ON p.street = a.street AND p.house_number = a.house_number WHERE a.source_key IN ('c1', 'c6') ORDER BY 2"
    )
    assert {key for key, _ in apart} == {"c1", "c6"}
    assert apart[0][1] == 0


def test_accounts_know_their_surroundings() -> None:
    around = {row[0]: row[1:] for row in rows(
        "SELECT a.source_key, district, road_class, road_name, road_distance_m, residence_type, footfall_per_hour, t.name"
        " FROM gcrm.accounts a LEFT JOIN gcrm.account_surroundings USING (account_id) LEFT JOIN gcrm.territories t ON t.territory_id = a.territory_id"
    )}  # fmt: skip
    assert around["c1"][0].startswith("00100")
    assert around["c1"][2] == "Mannerheimintie"
    assert around["c3"][5] == 20  # the mean of three counts
    assert around["c5"] == (None, None, None, None, None, None, "Online")
    assert all(road[3] is not None and road[3] < 200 for key, road in around.items() if key in ("c1", "c2", "c3", "c6"))
    assert around["c4"][6] == "South"


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("load", "osm", helsinki()), "This very file is loaded already.\n"),
        (("geocode",), None),
        (("enrich",), "The surroundings of 0 accounts changed.\n"),
        (("cube", "build"), "Nothing changed since version "),
    ],
    ids=["load osm", "geocode", "enrich", "cube build"],
)
def test_a_second_run_changes_nothing(way: dict[str, str], command: tuple[object, ...], says: str | None) -> None:
    before = _digests()
    out = well(*command)
    assert out.startswith(says or way["geocode"])
    assert _digests() == before


def test_layers_of_small_files_twice(layers: dict[str, Path]) -> None:
    before = _digests()
    for layer, path in layers.items():
        assert well("load", layer, path) == "This very file is loaded already.\n"
    assert _digests() == before


def test_geocoding_again_finds_the_same_and_leaves_what_was_given() -> None:
    query = "SELECT source_key, position, cell, geocode_level, geocode_score FROM gcrm.accounts ORDER BY 1"
    before = rows(query)
    well("geocode", "--again")
    assert rows(query) == before
    well("enrich")


def test_a_changed_layer_takes_the_place_of_the_old_one(tmp_path: Path, layers: dict[str, Path]) -> None:
    changed = tmp_path / "counters.csv"
    changed.write_text(layers["footfall"].read_text().replace(",30", ",60"))
    assert well("load", "footfall", changed) == "3 counts by cell and hour.\n"
    assert rows("SELECT retired_at IS NULL, count(*) FROM gcrm.layer_versions WHERE layer = 'footfall' GROUP BY 1 ORDER BY 1") == [(False, 1), (True, 1)]
    assert value("SELECT count(*) FROM gcrm.footfall") == 3
    well("enrich")
    assert value("SELECT footfall_per_hour FROM gcrm.account_surroundings JOIN gcrm.accounts USING (account_id) WHERE source_key = 'c3'") == 30
    well("load", "footfall", layers["footfall"])
    well("enrich")


def _table(out: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in out.splitlines() if line.strip()]


def test_the_cube_answers_in_the_terminal() -> None:
    well("cube", "build")
    assert _table(well("cube", "query", "--rows", "month", "--measures", "orders,revenue")) == [
        ["month", "orders", "revenue"], ["2024-12", "1", "-1,299.00"], ["2025-01", "2", "3,896.90"], ["2025-02", "2", "222.25"],
    ]  # fmt: skip
    assert _table(well("cube", "query", "--rows", "status", "--cols", "month", "--measures", "revenue")) == [
        ["status", "2024-12", "2025-01", "2025-02"], ["customer", "3,896.90", "222.25"], ["lost", "-1,299.00"],
    ]  # fmt: skip
    assert _table(well("cube", "query", "--cols", "category", "--measures", "revenue,orders")) == [
        ["measure", "(unknown)", "Bikes", "not given"], ["revenue", "75.25", "2,499.90", "245.00"], ["orders", "1", "3", "2"],
    ]  # fmt: skip
    by_cell = _table(well("cube", "query", "--rows", "place:5", "--measures", "accounts"))
    assert by_cell[1:] == [[h3.cell_to_parent(_CELL, 5), "6"], ["(unknown)", "1"]]
    assert _table(well("cube", "query", "--rows", "category", "--cols", "status,currency", "--measures", "orders,margin")) == [
        ["category", "orders / customer / EUR", "orders / lost / EUR", "margin / customer / EUR", "margin / lost / EUR"],
        ["(unknown)", "1"], ["Bikes", "2", "1", "1,498.40", "-498.50"], ["not given", "2", "145.00"],
    ]  # fmt: skip
    assert _table(well("cube", "query", "--where", "segment=Families", "--where", "month=2025-02", "--measures", "revenue")) == [["revenue"], ["222.25"]]


def test_the_answer_says_where_it_comes_from() -> None:
    done = gcrm("cube", "query", "--rows", "place:8")
    version = current(settings().cubes)
    assert version is not None
    assert f"Version {version.name}; read sales-h3_8-place" in done.err
    assert "Money in EUR." in done.err


def test_members() -> None:
    assert well("cube", "members", "territory").splitlines() == ["(unknown)", "North", "Online", "South"]  # the first one is that of posters
    assert well("cube", "members", "month").splitlines() == ["2024-11", "2024-12", "2025-01", "2025-02"]  # the first one is that of an opportunity


def test_months_are_those_of_the_time_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GCRM_TIME_ZONE", "Europe/Helsinki")
    settings.cache_clear()
    try:
        assert "Published" in well("cube", "build")
        answer = _table(well("cube", "query", "--rows", "month", "--measures", "revenue"))
    finally:
        monkeypatch.undo()
        settings.cache_clear()
        well("cube", "build")
    # The order of 31 January 23:30 UTC is one of February in Helsinki.
    assert answer[1:] == [["2024-12", "-1,299.00"], ["2025-01", "1,397.00"], ["2025-02", "2,722.15"]]


def test_what_changes_in_the_database_is_in_the_next_version(tmp_path: Path) -> None:
    more = tmp_path / "more.csv"
    more.write_text("Order number,Customer,Order date,Amount\nx1,c3,2025-03-01,0.01\n")
    well("import", "orders", more)
    before = current(settings().cubes)
    assert "Published" in well("cube", "build")
    after = current(settings().cubes)
    assert before is not None
    assert after is not None
    assert before.name < after.name
    total = Decimal(_table(well("cube", "query"))[1][0].replace(",", ""))
    assert total == value("SELECT sum(revenue) FROM gcrm.orders")
    # The cube as it was before is still there, by its name and by its time, until it is removed.
    for as_of in (before.name, before.built_at.isoformat()):
        was = Decimal(_table(well("cube", "query", "--as-of", as_of))[1][0].replace(",", ""))
        assert was == total - Decimal("0.01")
        assert f"Version {before.name};" in gcrm("cube", "query", "--as-of", as_of).err
    lines = well("cube", "records", "sales", "--as-of", before.name).splitlines()
    assert len(well("cube", "records", "sales").splitlines()) == len(lines) + 1
    kept = [line.strip() for line in well("cube", "versions").splitlines()]
    assert kept[1].startswith(after.name)
    assert kept[1].endswith("in force")
    assert any(line.startswith(before.name) for line in kept)
    well("cube", "query", "--rows", "category,channel", "--measures", "orders", "--where", "channel=web")
    assert ["category,channel", "orders", "channel", "1"] in [line.split()[:4] for line in well("cube", "log").splitlines()]
    assert well("cube", "log", "--clear").strip() == "The query log is empty."
    assert well("cube", "log").startswith("Nothing was asked yet")
    scenario = tmp_path / "what_if.yaml"
    scenario.write_text("scenario: as-one\nlabel: All in the north\nchanges: [{change: move, to: North}, {change: prices, percent: 100}]\n")
    assert f"on version {after.name}" in well("cube", "scenario", "build", scenario)
    assert _table(well("cube", "query", "--rows", "territory", "--measures", "revenue", "--scenario", "as-one"))[1][:2] == ["North", f"{2 * total:,}"]
    assert "as-one: All in the north" in well("cube", "scenario", "list")
    with pytest.raises(CubeError, match="only who sees all territories"):
        cube_records("sales", (), Scope(frozenset({1})), 10, scenario="as-one")
    assert set(cube_records("sales", (), Scope.everything(), 100, scenario="as-one").table["territory"].to_pylist()) == {"North"}
    assert "no scenario 'other'; there are as-one" in gcrm("cube", "query", "--scenario", "other").err
    well("cube", "scenario", "build", scenario, "--as-of", before.name)
    assert "MiB are free again" in well("cube", "gc", "--keep", "1")
    assert "is kept no more; build it again" in gcrm("cube", "query", "--scenario", "as-one").err
    assert "Removed as-one" in well("cube", "scenario", "remove", "as-one")
    assert well("cube", "scenario", "list") == ""
    assert "nothing to remove" in well("cube", "gc")
    assert "is kept; the oldest is of" in gcrm("cube", "query", "--as-of", "2001-01-01").err
    assert "no version 'soon'" in gcrm("cube", "query", "--as-of", "soon").err
    well("import", "orders", shop_file("orders"))
