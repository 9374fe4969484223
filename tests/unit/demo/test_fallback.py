"""Cities with few addresses, none, or no streets."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from gcrm.demo.city import CitySurroundings
from gcrm.demo.generate import generate
from gcrm.demo.places import ADDRESS_CAPACITY
from gcrm.spatial.osm import read_extract
from tests.unit.demo.company import load


def test_accounts_that_addresses_do_not_carry_are_placed_at_buildings(small_city: Callable[[int], CitySurroundings], tmp_path: Path) -> None:
    city = small_city(20)
    made = load(generate(city, tmp_path / "demo", scale=0.1))
    at_building = made.accounts["longitude"].notna()
    assert (~at_building).mean() == pytest.approx(20 * ADDRESS_CAPACITY / 12_000, abs=0.03)
    placed = made.accounts[at_building]
    assert placed["house_number"].isna().all()
    mistyped = [pair["duplicate"] for pair in made.truth["duplicates"]]
    assert placed.loc[~placed.index.isin(mistyped), "street"].isin(city.roads["name"]).all()
    assert (placed[["longitude", "latitude"]].astype(float) == made.positions.loc[placed.index]).all(axis=None)
    assert {entry["account_key"] for entry in made.truth["damaged_addresses"]} <= set(made.accounts.index[~at_building])
    assert len(made.truth["damaged_addresses"]) == round(0.05 * (~at_building).sum())
    buildings = city.buildings.union_all()
    assert gpd.GeoSeries(gpd.points_from_xy(placed["longitude"].astype(float), placed["latitude"].astype(float))).within(buildings.buffer(1e-6)).all()
    assert pd.read_csv(made.files.tracks)["track_key"].nunique() == 3000


def test_a_city_with_buildings_only(small_city: Callable[[int], CitySurroundings], tmp_path: Path) -> None:
    made = load(generate(small_city(0), tmp_path / "demo", scale=0.05))
    assert made.accounts["longitude"].notna().all()
    assert made.accounts["country_code"].isna().all()
    assert made.truth["damaged_addresses"] == []
    assert made.orders["order_key"].nunique() == 6_000


def test_a_city_without_streets_has_no_routes(small_city: Callable[[int], CitySurroundings], tmp_path: Path) -> None:
    city = small_city(30)
    made = load(generate(replace(city, roads=city.roads.iloc[:0]), tmp_path / "demo", scale=0.05))
    assert len(made.accounts) == 600
    assert pd.read_csv(made.files.tracks).empty
    assert made.accounts.loc[made.accounts["longitude"].notna(), "street"].isna().all()


def test_a_hamlet_of_one_address(small_city: Callable[[int], CitySurroundings], tmp_path: Path) -> None:
    city = small_city(1)
    made = load(generate(replace(city, buildings=city.buildings.iloc[:0]), tmp_path / "demo", scale=0.01))
    assert len(made.positions.drop_duplicates()) == 1
    assert len(gpd.read_file(made.files.territories)) == 1


@pytest.mark.parametrize(("extract", "with_address"), [("monaco.osm.pbf", False), ("liechtenstein-latest.osm.pbf", True)])
def test_other_real_cities(real_data: Path, tmp_path: Path, extract: str, with_address: bool) -> None:  # noqa: FBT001
    layers = read_extract(real_data / "osm" / extract)
    city = CitySurroundings(layers.address_points, layers.roads, layers.buildings, layers.shops)
    made = load(generate(city, tmp_path / "demo"))
    assert (made.accounts["longitude"].isna().mean() > 0.5) == with_address
    territories = gpd.read_file(made.files.territories)
    positions = gpd.GeoDataFrame(geometry=gpd.points_from_xy(made.positions.longitude, made.positions.latitude), crs=4326)
    assert len(positions.sjoin(territories, predicate="within")) == len(positions)
    counts = pd.Series(made.truth["territories"]["accounts"])
    assert counts.max() / counts.mean() == pytest.approx(2.0, abs=0.1)
    assert pd.read_csv(made.files.tracks)["track_key"].nunique() == 3000
