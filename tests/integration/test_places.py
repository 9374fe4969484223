"""What a reader sees of the layers: the same totals at every level, and one place with all of them."""

from pathlib import Path

import h3.api.basic_int as h3
import pytest

from gcrm.access.scope import Scope
from gcrm.pipeline.places import CELL_LAYERS, flows, layer_cells, layers_in_force, place
from gcrm.spatial.extracts import helsinki
from tests.integration.command_line import well
from tests.integration.records import rows, value
from tests.integration.shop import import_shop

pytestmark = pytest.mark.usefixtures("city")

_ALL = Scope.everything()
_HERE = h3.latlng_to_cell(60.1710, 24.9430, 10)


@pytest.fixture(scope="module")
def city(database: None, real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The shop in Helsinki with buildings, a census and counters."""
    del database
    import_shop()
    well("load", "osm", helsinki())
    well("load", "residence", real_data / "helsinki" / "helsinki_population_grid_2020.gpkg", "--map", "population=population", "--name", "census")
    counters = tmp_path_factory.mktemp("layers") / "counters.csv"
    counters.write_text(f"cell,weekday,hour,people_per_hour\n{_HERE:x},1,8,10\n{_HERE:x},1,9,20\n{_HERE:x},2,8,60\n")
    well("load", "footfall", counters)
    well("geocode")
    well("enrich")


@pytest.mark.parametrize("level", [10, 9, 8, 7, 5])
def test_counts_are_the_same_at_every_level(level: int) -> None:
    assert layer_cells("residence", "population", level, _ALL)["value"].sum() == pytest.approx(71_724, abs=0.5)
    built = layer_cells("buildings", "footprint_m2", level, _ALL)
    assert built["value"].sum() == pytest.approx(float(str(value("SELECT sum(footprint_m2) FROM gcrm.cell_buildings"))))
    assert {h3.get_resolution(int(cell)) for cell in built["cell"]} == {level}
    assert built["cell"].is_unique


def test_a_mean_is_weighted_and_what_is_not_known_has_no_cell() -> None:
    whole = "SELECT sum(mean_levels * levels_known) / sum(levels_known) FROM gcrm.cell_buildings WHERE mean_levels IS NOT NULL"
    (mean,) = layer_cells("buildings", "mean_levels", 5, _ALL)["value"]
    assert mean == pytest.approx(float(str(value(whole))), rel=1e-6)
    assert layer_cells("residence", "jobs", 8, _ALL).empty
    assert set(layer_cells("residence", "population", 8, _ALL)["quality"]) == {"interpolated"}


@pytest.mark.parametrize(("when", "people"), [({}, 30), ({"hour": 8}, 35), ({"weekday": 1}, 15), ({"weekday": 2, "hour": 8}, 60), ({"hour": 3}, None)])
def test_footfall_by_weekday_and_hour(when: dict[str, int], people: float | None) -> None:
    found = layer_cells("footfall", "people_per_hour", 9, _ALL, **when)
    assert found["value"].tolist() == ([] if people is None else [people])


@pytest.mark.parametrize("layer", CELL_LAYERS)
def test_every_measure_that_is_offered_can_be_asked_for(layer: str) -> None:
    for measure in CELL_LAYERS[layer].measures:
        assert [*layer_cells(layer, measure, 8, _ALL).columns] == ["cell", "value", "quality"]


def test_one_place_tells_of_all_layers() -> None:
    found = place(_HERE, _ALL)
    assert found.address["city"] == "Helsinki"
    assert found.street["distance_m"] < 500
    assert found.buildings["footprint_m2"] > 0
    assert found.footfall["people_per_hour"].tolist() == [10, 20, 60]
    assert found.residence["quality"] == "interpolated"
    # Of a wider cell the sum of what is in it.
    wide = place(h3.cell_to_parent(_HERE, 7), _ALL)
    cells = list(h3.cell_to_children(h3.cell_to_parent(_HERE, 7), 10))
    known = rows("SELECT sum(population), count(*) FROM gcrm.cell_residence WHERE cell = ANY(%s)", cells)
    assert wide.residence["population"] == pytest.approx(known[0][0])
    assert sum(wide.accounts.values()) == value("SELECT count(*) FROM gcrm.accounts WHERE cell = ANY(%s)", cells)


def test_where_the_census_tells_of_wider_cells_only_it_says_which(real_data: Path) -> None:
    well("load", "residence", real_data / "saopaulo" / "spo_hexgrid.csv", "--map", "population=population", "--map", "jobs=jobs")
    (cell,) = rows("SELECT cell FROM gcrm.cell_residence WHERE level = 9 AND population > 0 ORDER BY cell LIMIT 1")[0]
    inside = h3.cell_to_center_child(int(cell), 10)
    found = place(inside, _ALL)
    assert found.residence["cell"] == cell
    assert found.residence["population"] == value("SELECT population FROM gcrm.cell_residence WHERE cell = %s", cell)
    assert found.accounts == {}


def test_a_rate_is_shown_where_the_inhabitants_are_not_known(tmp_path: Path) -> None:
    cells = sorted(h3.cell_to_children(h3.latlng_to_cell(60.30, 25.10, 9), 10))
    census = tmp_path / "vacancy.csv"
    census.write_text("h3,vacant\n" + "".join(f"{cell:x},{share}\n" for cell, share in zip(cells, (0.1, 0.2, 0.6), strict=False)))
    well("load", "residence", census, "--map", "vacancy_share=vacant")
    wide = h3.cell_to_parent(cells[0], 9)
    found = layer_cells("residence", "vacancy_share", 9, _ALL).set_index("cell")["value"]
    assert found[wide] == pytest.approx(0.3)
    assert found.notna().all()
    assert place(wide, _ALL).residence["vacancy_share"] == pytest.approx(0.3)


def test_a_reader_counts_the_accounts_of_its_territories_only() -> None:
    (territory,) = rows("SELECT territory_id FROM gcrm.accounts WHERE territory_id IS NOT NULL AND cell IS NOT NULL LIMIT 1")[0]
    wide = h3.cell_to_parent(_HERE, 5)
    seen = place(wide, Scope(territories=frozenset({int(territory)})))
    assert sum(seen.accounts.values()) == value("SELECT count(*) FROM gcrm.accounts WHERE territory_id = %s AND cell IS NOT NULL", territory)
    assert sum(seen.accounts.values()) < sum(place(wide, _ALL).accounts.values())


def test_flows_and_versions_can_be_asked_for() -> None:
    assert flows(_ALL).empty
    assert {"residence", "buildings", "footfall"} <= set(layers_in_force(_ALL)["layer"])
