"""Places that are no cell: how they are written, and what lies in them."""

import math

import h3
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from gcrm.errors import CubeError
from gcrm.spatial.shapes import Around, Band, Polygon, Ring, parse

_WGS84 = Geod(ellps="WGS84")
_CELL = "861126d37ffffff"


def test_each_way_to_write_a_place() -> None:
    assert parse(_CELL) == _CELL
    assert parse(f"{_CELL}+2") == Ring(_CELL, 2)
    assert parse("0..500@24.941,60.171") == Band(0, 500, 24.941, 60.171)
    assert parse("2000..@-9.5,-1") == Band(2000, None, -9.5, -1)
    assert isinstance(parse("polygon((0 0, 1 0, 1 1, 0 0))"), Polygon)
    ring = parse(f"{_CELL}+1")
    assert isinstance(ring, Ring)
    assert set(ring.cells) == {_CELL, *h3.grid_ring(_CELL, 1)}


@pytest.mark.parametrize(
    ("member", "sentence"),
    [
        ("861126d37fffff0", "is not an H3 cell"),
        ("861126d37fffff0+1", "is not an H3 cell"),
        ("8b1126d33b13fff", "finer than the cube"),
        (f"{_CELL}+51", "ask for 50 at most"),
        (f"{_CELL}+-1", "is not an H3 cell"),
        ("500..500@24,60", "holds nothing; write the smaller distance first"),
        ("0..500@181,60", "around no place on earth"),
        ("0..500@60,91", "around no place on earth"),
        ("0..\N{ARABIC-INDIC DIGIT FIVE}@24,60", "is not an H3 cell"),
        ("POLYGON((0 0, 1 0, 1 1))", "cannot be read as a polygon"),
        ("POLYGON EMPTY", "has no area"),
        ("POLYGON((0 0, 1 1, 1 0, 0 1, 0 0))", "no valid polygon .Self-intersection"),
        ("POLYGON((0 0, 190 0, 190 1, 0 0))", "outside the earth's longitudes"),
        ("POLYGON((0 0, 1 0, nan 1, 0 0))", "cannot be read|no valid polygon"),
        ("POINT(0 0)", "is not an H3 cell"),
        (shapely.Point(0, 0).buffer(1, quad_segs=6000).wkt, "has more than 20,000 points; simplify it"),
        ("", "is not an H3 cell"),
    ],
)
def test_what_is_no_place_is_one_sentence(member: str, sentence: str) -> None:
    with pytest.raises(CubeError, match=sentence) as said:
        parse(member)
    assert len(str(said.value)) < 400


@given(
    longitude=st.floats(-180, 180), latitude=st.floats(-90, 90),
    limits=st.lists(st.floats(1e-3, 2e7), min_size=1, max_size=5, unique=True).map(sorted),
)  # fmt: skip
def test_bands_of_any_numbers_are_read_again(longitude: float, latitude: float, limits: list[float]) -> None:
    around = Around(longitude, latitude, tuple(limits))
    assert Around.parse(str(around)) == around
    bands = [parse(member) for member in around.bands.values()]
    assert bands == [Band(near, far, longitude, latitude) for near, far in zip([0, *limits], [*limits, None], strict=True)]


def test_bands_part_all_positions() -> None:
    around = Around.parse(" 24.941,60.171  500 1000.5")
    assert around is not None
    assert Around.parse(str(around)) == around
    assert list(around.bands) == ["0-500 m", "500-1000.5 m", "over 1000.5 m"]
    draw = np.random.default_rng(3)
    x, y = 24.941 + draw.normal(0, 0.02, 500), 60.171 + draw.normal(0, 0.01, 500)
    inside = []
    for member in around.bands.values():
        band = parse(member)
        assert isinstance(band, Band)
        inside.append(band.has(x, y))
    assert (np.sum(inside, axis=0) == 1).all()
    metres = _WGS84.inv(x, y, np.full(500, 24.941), np.full(500, 60.171))[2]
    assert (inside[0] == (metres < 500)).all()


@pytest.mark.parametrize("text", ["24.941,60.171", "24.941 60.171 500", "24.941,60.171 500 500", "24.941,60.171 0", "24,60 -5", "200,60 500", "24,60 500;"])
def test_what_is_no_point_with_distances_is_one_sentence(text: str) -> None:
    with pytest.raises(CubeError, match=r"rising distances in metres|around no place"):
        Around.parse(text)


@given(
    longitude=st.floats(-180, 180), latitude=st.floats(-90, 90), far_m=st.one_of(st.none(), st.floats(1, 2e7)),
    azimuth=st.floats(-180, 180), share=st.floats(0, 1),
)  # fmt: skip
def test_a_box_holds_its_band(longitude: float, latitude: float, far_m: float | None, azimuth: float, share: float) -> None:
    band = Band(0, far_m, longitude, latitude)
    there_x, there_y, _ = _WGS84.fwd(longitude, latitude, azimuth, share * (far_m or 2e7))
    west, south, east, north = band.box
    if band.has(np.array([there_x]), np.array([there_y]))[0]:
        assert west <= there_x <= east
        assert south <= there_y <= north
    assert not math.isnan(west + south + east + north)


def test_a_polygon_has_its_edge() -> None:
    square = parse("POLYGON((0 0, 1 0, 1 1, 0 1, 0 0), (0.4 0.4, 0.6 0.4, 0.6 0.6, 0.4 0.6, 0.4 0.4))")
    assert isinstance(square, Polygon)
    assert square.has(np.array([0.1, 0.0, 1.0, 0.5, 1.1]), np.array([0.1, 0.5, 1.0, 0.5, 0.5])).tolist() == [True, True, True, False, False]
    assert square.box == (0, 0, 1, 1)
