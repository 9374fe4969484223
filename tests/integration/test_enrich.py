"""Surroundings by commands: only what changed is derived anew, and it comes out as if everything had been."""

from pathlib import Path

import h3
import pytest

from gcrm.db.connection import Role, connect
from gcrm.spatial.extracts import helsinki
from gcrm.spatial.surroundings import COLUMNS
from tests.integration.command_line import well
from tests.integration.records import rows, value
from tests.integration.shop import accounts_frame, import_shop

_CELL = h3.latlng_to_cell(60.1710, 24.9430, 10)
_COLUMNS = ", ".join(f"s.{name}" for name in COLUMNS)
_STATE = f"SELECT source_key, a.territory_id, {_COLUMNS} FROM gcrm.accounts a LEFT JOIN gcrm.account_surroundings s USING (account_id) ORDER BY 1"
_DERIVED = "SELECT source_key, enriched_at FROM gcrm.account_surroundings JOIN gcrm.accounts USING (account_id)"

pytestmark = pytest.mark.usefixtures("shop")


@pytest.fixture(scope="module")
def shop(database: None, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The shop in Helsinki, its layers loaded, its accounts placed and enriched."""
    del database
    import_shop()
    well("load", "osm", helsinki())
    well("load", "footfall", _footfall(tmp_path_factory.mktemp("layers") / "counters.csv", 10))
    well("geocode")
    assert well("enrich") == "The surroundings of 6 accounts changed.\n"


def _footfall(path: Path, people: int) -> Path:
    path.write_text(f"cell,weekday,hour,people_per_hour\n{_CELL},1,8,{people}\n{_CELL},1,20,{people * 2}\n")
    return path


def _changed(command: tuple[object, ...]) -> set[str]:
    """The accounts that a command derives the surroundings of."""
    before = dict(rows(_DERIVED))
    well(*command)
    return {key for key, moment in rows(_DERIVED) if before.get(key) != moment}


def _all_anew() -> list[tuple[object, ...]]:
    """The state after everything is derived from nothing."""
    with connect(Role.WRITER) as connection:
        connection.execute("DELETE FROM gcrm.account_surroundings")
        connection.execute("UPDATE gcrm.accounts SET territory_id = NULL WHERE NOT territory_given")
    well("enrich")
    return rows(_STATE)


def test_nothing_changed_nothing_is_done() -> None:
    assert _changed(("enrich",)) == set()


def test_a_moved_account_and_no_other_is_derived(tmp_path: Path) -> None:
    file = tmp_path / "accounts.csv"
    accounts_frame().assign(Lng=lambda frame: frame["Lng"].mask(frame["Customer number"] == "c2", "24.9400")).to_csv(file, sep=";", index=False)
    well("import", "accounts", file)
    assert _changed(("enrich",)) == {"c2"}
    assert rows(_STATE) == _all_anew()


def test_a_new_count_of_people_renews_its_own_part_only(tmp_path: Path) -> None:
    with connect(Role.WRITER) as connection:  # what a part says that is not derived anew stays, whatever it is
        connection.execute("UPDATE gcrm.account_surroundings SET road_name = 'left alone'")
    well("load", "footfall", _footfall(tmp_path / "counters.csv", 30))
    assert len(_changed(("enrich",))) == 6
    assert rows("SELECT DISTINCT road_name FROM gcrm.account_surroundings") == [("left alone",)]
    assert set(rows("SELECT footfall_morning_per_hour, footfall_evening_per_hour, footfall_night_per_hour FROM gcrm.account_surroundings")) == {
        (30, 60, None), (None, None, None)
    }  # fmt: skip
    before = [row[:-5] for row in rows(_STATE)]
    anew = _all_anew()
    assert [row[-5:] for row in rows(_STATE)] == [row[-5:] for row in anew]
    assert before != [row[:-5] for row in anew]


def test_a_census_tells_of_the_accounts_in_it(real_data: Path) -> None:
    grid = real_data / "helsinki" / "helsinki_population_grid_2020.gpkg"
    well("load", "residence", grid, "--map", "population=population", "--name", "helsinki grid")
    assert len(_changed(("enrich",))) == 6
    known = rows("SELECT population_per_km2, residence_quality FROM gcrm.account_surroundings WHERE population_per_km2 IS NOT NULL")
    assert known
    assert all(0 < density < 60_000 and quality == "interpolated" for density, quality in known)
    built = "SELECT count(*) FROM gcrm.accounts WHERE cell IN (SELECT cell FROM gcrm.cell_buildings)"
    assert value("SELECT count(*) FROM gcrm.account_surroundings WHERE built_share > 0") == value(built) == 5


def test_a_territory_that_moves_takes_its_accounts_along() -> None:
    own = value("SELECT count(*) FROM gcrm.accounts WHERE NOT territory_given AND territory_id IS NOT NULL")
    assert own
    with connect(Role.WRITER) as connection:
        connection.execute("UPDATE gcrm.territories SET boundary = ST_Translate(boundary, 10, 0)")
    assert len(_changed(("enrich",))) == 6
    assert value("SELECT count(*) FROM gcrm.accounts WHERE NOT territory_given AND territory_id IS NOT NULL") == 0
    assert rows(_STATE) == _all_anew()


def test_trading_areas_are_assigned_with_the_rest() -> None:
    well("trade-areas", "rings", "--name", "near", "--radius", "500", "--status", "customer")
    with connect(Role.WRITER) as connection:
        connection.execute("DELETE FROM gcrm.account_trade_areas")
    well("enrich")
    assert value("SELECT count(*) FROM gcrm.account_trade_areas") > 0
    assert value("SELECT count(*) FROM gcrm.account_trade_areas") == value(
        "SELECT count(*) FROM gcrm.accounts a JOIN gcrm.trade_areas t ON ST_Covers(t.geom, a.position)"
    )
