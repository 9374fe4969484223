"""A second city by commands alone: central São Paulo, of which no line of the program knows."""

import json
from collections.abc import Iterator
from pathlib import Path

import h3.api.basic_int as h3
import pytest

from gcrm.access.scope import Scope
from gcrm.pipeline.places import flows, layer_cells, layers_in_force, place
from tests.integration.command_line import well
from tests.integration.own_home import own_home
from tests.integration.records import rows, value

_MIDDLE = (-46.6340, -23.5500)
_CUSTOMERS = """\
key,name,street,house_number,longitude,latitude
1,Banca Sé,,,-46.6340,-23.5500
2,Livraria República,,,-46.6420,-23.5430
3,Padaria Liberdade,,,-46.6350,-23.5580
"""


@pytest.fixture(scope="module")
def city(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The commands of docs/how_to/second_city.md; the folder of the files that they write."""
    files, folder = real_data / "saopaulo", tmp_path_factory.mktemp("saopaulo")
    (folder / "customers.csv").write_text(_CUSTOMERS)
    with own_home():
        well("load", "osm", files / "spo_osm.pbf", "--name", "São Paulo")
        well("load", "gtfs", files / "spo.zip", "--name", "São Paulo")
        well("load", "residence", files / "spo_hexgrid.csv", "--map", "population=population", "--map", "jobs=jobs", "--name", "São Paulo")
        well("load", "thematic", files / "spo_hexgrid.csv", "--value", "schools", "--kind", "count", "--name", "Schools")
        well("load", "trade-areas", files / "geojs-35-mun.json", "--name", "municipalities")
        well("import", "accounts", folder / "customers.csv", "--source", "shop", "--map", "account_key=key")
        well("geocode")
        well("enrich")
        well("cube", "build")
        yield folder


def test_every_layer_is_there(city: Path) -> None:
    del city
    assert {"roads", "road_network", "residence", "transit", "movement", "thematic_areas", "trade_areas"} <= set(layers_in_force(Scope.everything())["layer"])
    assert layer_cells("residence", "population", 5, Scope.everything())["value"].sum() == pytest.approx(517_570)
    assert layer_cells("residence", "jobs", 9, Scope.everything())["value"].sum() == pytest.approx(625_298)
    assert value("SELECT count(*) FROM gcrm.trade_areas") == 645
    assert value("SELECT count(*) FROM gcrm.movement") == 74_300
    assert flows(Scope.everything()).empty  # vehicles are no people: they are not drawn as flows of people


def test_one_place_tells_of_all(city: Path) -> None:
    del city
    found = place(h3.latlng_to_cell(_MIDDLE[1], _MIDDLE[0], 9), Scope.everything())
    assert found.residence["population"] > 0
    assert found.street["name"]
    assert found.trade_areas["name"].tolist() == ["São Paulo"]
    assert found.themes["dataset"].tolist() == ["Schools"]
    assert sum(found.accounts.values()) == 1


def test_accounts_know_their_surroundings(city: Path) -> None:
    del city
    told = "SELECT count(*) FROM gcrm.account_surroundings WHERE road_name IS NOT NULL AND population_per_km2 > 0"
    assert value(told) == 3
    areas = "SELECT DISTINCT t.name FROM gcrm.account_trade_areas m JOIN gcrm.trade_areas t USING (trade_area_id)"
    assert rows(areas) == [("São Paulo",)]


def test_the_streets_answer(city: Path) -> None:
    ends = [",".join(map(str, each)) for each in (_MIDDLE, (-46.6420, -23.5430))]
    for mode in ("car", "foot"):
        well("roads", "route", f"--from={ends[0]}", f"--to={ends[1]}", "--mode", mode, "--output", city / f"{mode}.geojson")
        (way,) = json.loads((city / f"{mode}.geojson").read_text())["features"]
        assert len(way["geometry"]["coordinates"]) > 10
