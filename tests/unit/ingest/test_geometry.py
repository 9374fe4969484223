"""Packed positions and boundaries."""

import struct

import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gcrm.ingest.clean.geometry import boundary
from gcrm.ingest.clean.positions import unpack

_SQL_SERVER = "sql_server_geography"


def _unpacked(packing: str | None, *values: str) -> pd.DataFrame:
    return unpack(pd.Series(values, dtype="string"), packing)


def _packed(longitude: float, latitude: float, srid: int = 4326, version: int = 1, flags: int = 0x0C) -> str:
    return struct.pack("<iBBdd", srid, version, flags, latitude, longitude).hex().upper()


@given(st.floats(-180, 180), st.floats(-90, 90), st.sampled_from([1, 2]), st.sampled_from(["", "0x"]))
def test_a_point_of_sql_server_is_read_to_the_last_bit(longitude: float, latitude: float, version: int, prefix: str) -> None:
    found = _unpacked(_SQL_SERVER, prefix + _packed(longitude, latitude, version=version))

    assert float(found["longitude"][0]) == longitude
    assert float(found["latitude"][0]) == latitude
    assert found["reason"].isna().all()


def test_a_known_address_of_bothell() -> None:
    found = _unpacked(_SQL_SERVER, "E6100000010CAE8BFC28BCE4474067A89189898A5EC0")

    assert float(found["latitude"][0]) == pytest.approx(47.7870, abs=1e-3)
    assert float(found["longitude"][0]) == pytest.approx(-122.1646, abs=1e-3)


@pytest.mark.parametrize(
    "value",
    ["zz", "E610", _packed(8, 47, srid=3857), _packed(8, 47, version=9), _packed(8, 47, flags=0x04), _packed(8, 47) + "00", "POINT(8 47)"],
)
def test_what_is_no_single_point_in_degrees_is_named(value: str) -> None:
    found = _unpacked(_SQL_SERVER, value)
    assert _SQL_SERVER in found["reason"][0]
    assert found["longitude"].isna().all()


@given(st.floats(-180, 180).map(lambda degrees: round(degrees, 9)), st.floats(-90, 90).map(lambda degrees: round(degrees, 9)))
def test_a_point_in_wkt(longitude: float, latitude: float) -> None:
    found = _unpacked(None, shapely.to_wkt(shapely.Point(longitude, latitude), rounding_precision=-1))
    assert (float(found["longitude"][0]), float(found["latitude"][0])) == (longitude, latitude)


def test_points_that_are_none() -> None:
    found = _unpacked("wkt", "POINT EMPTY", "LINESTRING(0 0, 1 1)", "POINT(1", "", "POINT Z (9.5 47.1 450)")
    assert found["reason"].isna().tolist() == [False, False, False, True, True]
    assert found["longitude"].fillna(0).tolist() == [0, 0, 0, 0, 9.5]


def _boundaries(*values: str) -> tuple[list[shapely.Geometry | None], list[bool]]:
    cleaned = boundary(pd.Series(values, dtype="string"))
    return [None if pd.isna(text) else shapely.from_wkt(text) for text in cleaned.clean], cleaned.reasons.notna().tolist()


def test_a_boundary_stays_as_it_is() -> None:
    square = shapely.box(9.1234567890123, 47, 9.7, 47.3)
    shapes, refused = _boundaries(shapely.to_wkt(square, rounding_precision=-1), "")

    assert refused == [False, False]
    assert shapely.equals_exact(shapely.normalize(shapes[0]), shapely.normalize(square))
    assert shapes[1] is None


def test_a_boundary_that_crosses_itself_is_mended_with_its_area() -> None:
    shapes, refused = _boundaries("POLYGON((0 0, 2 2, 2 0, 0 2, 0 0))")
    assert refused == [False]
    assert shapely.is_valid(shapes[0])
    assert shapely.area(shapes[0]) == pytest.approx(2)


def test_several_polygons_with_a_hole_and_stray_parts() -> None:
    shapes, refused = _boundaries(
        "MULTIPOLYGON(((0 0, 4 0, 4 4, 0 4, 0 0), (1 1, 2 1, 2 2, 1 2, 1 1)), ((10 10, 11 10, 11 11, 10 10)))",
        "GEOMETRYCOLLECTION(POINT(9 9), POLYGON((0 0, 1 0, 1 1, 0 0)))",
    )
    assert refused == [False, False]
    assert shapely.area(shapes).tolist() == pytest.approx([15.5, 0.5])


@pytest.mark.parametrize("value", ["POINT(9 47)", "POLYGON EMPTY", "POLYGON((0 0, 1", "POLYGON((0 0, 1 1, 0 0, 0 0))", "POLYGON((0 0, 500 0, 500 500, 0 0))"])
def test_what_has_no_area_in_degrees_is_refused(value: str) -> None:
    assert _boundaries(value) == ([None], [True])
