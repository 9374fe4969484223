"""Files of addresses that are no OSM extracts, good and bad ones."""

import json
from pathlib import Path

import pytest

from gcrm.errors import LayerError
from gcrm.ingest.geocoding.address_files import read_address_file

_FEATURE = {
    "type": "Feature",
    "properties": {"number": "5", "street": "Main St", "city": "Vaduz", "postcode": "9490"},
    "geometry": {"type": "Point", "coordinates": [9.52, 47.14]},
}


@pytest.mark.parametrize(
    "text", [json.dumps(_FEATURE) + "\n" + json.dumps(_FEATURE) + "\n", json.dumps({"type": "FeatureCollection", "features": [_FEATURE, _FEATURE]})]
)
def test_geojson_of_lines_and_of_one_collection(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(text)
    points, areas = read_address_file(path, "li")
    assert (
        points.to_dict("records")
        == [{"street": "Main St", "house_number": "5", "postcode": "9490", "city": "Vaduz", "country_code": "LI", "longitude": 9.52, "latitude": 47.14}] * 2
    )
    assert len(areas) == 0


def test_postcodes_of_a_table(tmp_path: Path) -> None:
    path = tmp_path / "zip.csv"
    path.write_text("code,city,state,lat,lon\n00501,Holtsville,NY,40.9,-72.6\n00502,Nowhere,NY,,\n00503,Off,NY,95,-72\n")
    points, areas = read_address_file(path, "US")
    assert len(points) == 0
    assert areas[["postcode", "city", "country_code", "longitude", "latitude"]].values.tolist() == [["00501", "Holtsville", "US", -72.6, 40.9]]


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.csv", "a,b\n1,2\n"), ("a.csv", "LON,LAT,STREET\nx,y,Main\n"), ("a.geojson", "{"), ("a.geojson", '{"type": "Feature"}\n'), ("none.csv", None)],
)
def test_what_holds_no_address_is_refused_in_one_sentence(tmp_path: Path, name: str, text: str | None) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    with pytest.raises(LayerError) as told:
        read_address_file(path)
    assert "\n" not in str(told.value)
