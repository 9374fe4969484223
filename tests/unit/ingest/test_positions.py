"""Packed positions, angles and what is wrong with a place."""

import base64
import json

import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gcrm.errors import MappingError
from gcrm.frames import ACCOUNTS
from gcrm.ingest.clean import CleanFrame, clean
from gcrm.ingest.clean.angles import angle
from gcrm.ingest.clean.positions import unpack
from gcrm.ingest.mapping import FieldSource, FileMapping

_POINT = shapely.Point(9.5215, 47.1412)


def _unpacked(*values: str, packing: str | None = None, crs: str | None = None) -> pd.DataFrame:
    return unpack(pd.Series(values, dtype="string"), packing, crs)


@pytest.mark.parametrize(
    "text",
    [
        "POINT (9.5215 47.1412)",
        "SRID=4326;POINT(9.5215 47.1412)",
        shapely.to_wkb(_POINT, hex=True),
        shapely.to_wkb(shapely.set_srid(_POINT, 4326), hex=True, include_srid=True),
        "\\x" + shapely.to_wkb(_POINT, hex=True),
        base64.b64encode(shapely.to_wkb(_POINT)).decode(),
        '{"type": "Point", "coordinates": [9.5215, 47.1412]}',
        "47.1412 N, 9.5215 E",
        "N47.1412 E9.5215",
        "47°08'28.32\"N 9°31'17.4\"E",
        "N 47 08.472, E 9 31.29",
        "9°31'17.4\"E, 47°08'28.32\"N",
    ],
)
def test_a_form_that_says_which_is_which(text: str) -> None:
    found = _unpacked(text)
    assert found["reason"].isna().all()
    assert (found["longitude"][0], found["latitude"][0]) == pytest.approx((9.5215, 47.1412), abs=1e-9)


def test_a_pair_is_read_as_its_column_proves_or_as_the_mapping_says() -> None:
    assert _unpacked("47.14, 9.52", "40.7, -122.1")["longitude"].tolist() == [9.52, -122.1]
    assert _unpacked("9.52; 47.14", "-122,1; 40,7")["latitude"].tolist() == [47.14, 40.7]
    assert _unpacked("47.14, 9.52", packing="lat_lon")["longitude"][0] == 9.52
    assert _unpacked("47.14, 9.52", packing="lon_lat")["longitude"][0] == 47.14
    asked = _unpacked("47.14, 9.52")
    assert asked["longitude"].isna().all()
    assert "lat_lon" in asked["reason"][0]


@pytest.mark.parametrize(
    "text",
    ["nowhere", "POINT(1", "47.14", "1,2,3", "POINT(nan nan)", "{}", '{"type":"LineString","coordinates":[[0,0],[1,1]]}', "0101", "47°61'N 9°E", "inf, inf"],
)
def test_what_is_no_point_is_named(text: str) -> None:
    found = _unpacked(text)
    assert found["longitude"].isna().all()
    assert found["reason"].notna().all()


@pytest.mark.parametrize(
    ("text", "crs"),
    [
        ("2600000 1200000", "EPSG:2056"),
        ("2'600'000; 1'200'000", "EPSG:2056"),
        ("POINT(2600000 1200000)", "EPSG:2056"),
        ("SRID=2056;POINT(2600000 1200000)", None),
    ],
)
def test_other_crs(text: str, crs: str | None) -> None:
    found = _unpacked(text, crs=crs)
    assert (found["longitude"][0], found["latitude"][0]) == pytest.approx((7.43864, 46.95108), abs=1e-4)  # Bern, the origin of the Swiss grid


def test_a_utm_string() -> None:
    found = _unpacked("32T 538000 5220000")
    assert (found["longitude"][0], found["latitude"][0]) == pytest.approx((9.5, 47.13), abs=0.01)


def test_a_point_outside_of_its_crs_is_refused_and_a_crs_that_is_none_is_the_mapping_s_mistake() -> None:
    assert "outside of the area of EPSG:2056" in _unpacked("1200000 2600000", crs="EPSG:2056")["reason"][0]
    assert "EPSG:99999" in _unpacked("SRID=99999;POINT(1 1)")["reason"][0]
    with pytest.raises(MappingError, match="EPSG:77"):
        _unpacked("1 1", crs="EPSG:77")


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("47.1412", 47.1412),
        ("-9,5", -9.5),
        ("47°08'28\"N", 47.141111),
        ("470828N", 47.141111),
        ("0093112E", 9.52),
        ("9 31 12 W", -9.52),
        ("47:08:28", 47.141111),
        ("S 33 52", -33.866667),
    ],
)
def test_angles(text: str, degrees: float) -> None:
    read = angle(text)
    assert read is not None
    assert read.degrees == pytest.approx(degrees, abs=1e-6)


@pytest.mark.parametrize("text", ["", "N", "47°61'", "N47S", "9 O", "-5 S", "abc", "1.5°30'", "°"])
def test_what_is_no_angle(text: str) -> None:
    assert angle(text) is None


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_a_point_survives_wkb_to_the_last_bit(longitude: float, latitude: float) -> None:
    found = _unpacked(shapely.to_wkb(shapely.Point(longitude, latitude), hex=True), packing="wkb")
    assert (found["longitude"][0], found["latitude"][0]) == (longitude, latitude)


@given(st.text(max_size=40))
def test_no_text_breaks_it(text: str) -> None:
    assert len(_unpacked(text)) == 1


def _accounts(*places: tuple[str, str], country: str = "", **fields: FieldSource) -> CleanFrame:
    record = {"account_key": "a", "kind": "company", "status": "customer", "name": "A", "made_up": "no", "country_code": country}
    raw = pd.DataFrame([{**dict.fromkeys(ACCOUNTS.field_names, ""), **record, "longitude": x, "latitude": y} for x, y in places], dtype="string")
    return clean(raw.set_axis(pd.RangeIndex(1, len(raw) + 1, name="row_number")), ACCOUNTS, FileMapping(fields=fields))


def test_the_open_sea_is_no_customer_s_place() -> None:
    cleaned = _accounts(("0", "0"), ("0.0", "51.5"), ("180", "0"), ("-180", "90"))
    assert cleaned.problems.empty
    assert cleaned.records["longitude"].isna().tolist() == [True, False, False, False]
    assert cleaned.warnings.index.tolist() == [1]
    assert json.loads(cleaned.raw[1])["latitude"] == "0"


def test_a_pair_that_is_none_unless_it_is_turned_round_is_refused_with_a_hint() -> None:
    cleaned = _accounts(("37.5", "127.0"), ("9.5", "120"))
    assert cleaned.problems["reason"].tolist() == ["must be at most 90"] * 2
    assert "swapped" in cleaned.warnings["reason"][1]


def test_one_swapped_pair_among_many_is_noted() -> None:
    cleaned = _accounts(*[(str(9.4 + n / 100), str(47 + n / 100)) for n in range(30)], ("47.1", "9.5"), country="LI")
    assert cleaned.warnings.index.tolist() == [31]
    assert "turned round" in cleaned.warnings["reason"][31]


def test_separate_coordinates_of_a_crs_and_with_minutes() -> None:
    swiss = FieldSource(column="x", crs="EPSG:2056")
    cleaned = _accounts(("2600000", "1200000"), longitude=swiss, latitude=swiss)
    assert cleaned.records["longitude"][1] == pytest.approx(7.43864, abs=1e-4)
    cleaned = _accounts(("9°31'12\"E", "47°08'28\"N"), ("9,521", "47,141"))
    assert cleaned.records["latitude"].tolist() == pytest.approx([47.141111, 47.141], abs=1e-6)
    assert _accounts(("47°08'28\"N", "9")).problems.index.tolist() == [1]
