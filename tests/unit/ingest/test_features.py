"""GeoJSON, GeoPackage, Shapefile and GeoParquet: layers, reference systems, shapes of every kind."""

import json
import sqlite3
import struct
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest

from gcrm.errors import ReadError
from gcrm.ingest.options import ReadOptions
from gcrm.ingest.readers import UNREADABLE, detect, read

_HELSINKI = (24.9414, 60.1718)


def _frame(path: Path, **options: object) -> pd.DataFrame:
    return pd.concat(list(read(path, ReadOptions.model_validate(options))))


def _places(crs: int | None = 4326, name: str = "Käpylä") -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame({"id": [1, 2], "name": [name, "b"]}, geometry=gpd.points_from_xy([_HELSINKI[0]] * 2, [_HELSINKI[1]] * 2), crs=4326)
    return frame if crs == 4326 else frame.to_crs(crs) if crs else frame.set_crs(None, allow_override=True)


def _feature(geometry: dict[str, Any] | None, **properties: object) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


_POINT = {"type": "Point", "coordinates": list(_HELSINKI)}


def _is_helsinki(frame: pd.DataFrame) -> bool:
    return all(abs(float(frame[axis].iloc[0]) - value) < 1e-6 for axis, value in zip(("longitude", "latitude"), _HELSINKI, strict=True))


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"type": "FeatureCollection", "features": [_feature(_POINT, id=1), _feature(None, id=2)]}),
        json.dumps(_feature(_POINT, id=1)) + "\n" + json.dumps(_feature(None, id=2)) + "\n",
        "\x1e" + json.dumps(_feature(_POINT, id=1)) + "\n\x1e" + json.dumps(_feature(None, id=2)) + "\n",
        "\ufeff" + json.dumps({"type": "FeatureCollection", "features": [_feature(_POINT, id=1), _feature(None, id=2)]}, indent=2),
    ],
    ids=["collection", "lines", "sequence", "with a mark"],
)
@pytest.mark.parametrize("name", ["a.geojson", "a.json", "a.csv"])
def test_geojson_in_each_of_its_forms(tmp_path: Path, text: str, name: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    if name == "a.csv" and text[0] == "\x1e":
        path = path.rename(tmp_path / "a.geojsons")
    frame = _frame(path)
    assert frame["id"].tolist() == ["1", "2"]
    assert _is_helsinki(frame)
    assert frame["geometry"].tolist()[1] == ""


def test_a_single_feature(tmp_path: Path) -> None:
    (tmp_path / "a.geojson").write_text(json.dumps(_feature(_POINT, id=7, tags=["a", "b"], more={"x": 1}), indent=1))
    frame = _frame(tmp_path / "a.geojson")
    assert frame["id"].tolist() == ["7"]
    assert json.loads(frame["tags"].iloc[0]) == ["a", "b"]
    assert json.loads(frame["more"].iloc[0]) == {"x": 1}


def test_json_that_would_make_gdal_run_something_is_no_geojson(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("id\n1\n")
    (tmp_path / "a.geojson").write_text(
        json.dumps({"type": "gdal_streamed_alg", "command_line": f"gdal vector pipeline ! read {secret} ! write --format stream x"})
    )
    (tmp_path / "b.json").write_text(f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>')
    for name in ("a.geojson", "b.json"):
        with pytest.raises(ReadError, match=f"{name} is not GeoJSON that can be read"):
            _frame(tmp_path / name)


def test_properties_that_are_called_as_the_columns_of_geometry_get_other_names(tmp_path: Path) -> None:
    (tmp_path / "a.geojson").write_text(
        json.dumps(
            {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": _POINT, "properties": {"longitude": "east", "geometry": "a shop"}}]}
        )
    )
    frame = _frame(tmp_path / "a.geojson")
    assert _is_helsinki(frame)
    assert {"east", "a shop"} < set(frame.iloc[0])


@pytest.mark.parametrize("crs", [4326, 3067, 31467, 3857])
@pytest.mark.parametrize("name", ["a.gpkg", "a.shp", "a.parquet"])
def test_reference_systems_become_degrees_and_are_told(tmp_path: Path, crs: int, name: str) -> None:
    places = _places(crs)
    if name.endswith(".parquet"):
        places.to_parquet(tmp_path / name)
    else:
        places.to_file(tmp_path / name)
    frame = _frame(tmp_path / name)
    assert frame["name"].tolist() == ["Käpylä", "b"]
    assert all(abs(float(frame[axis].iloc[0]) - value) < 2e-5 for axis, value in zip(("longitude", "latitude"), _HELSINKI, strict=True))
    assert detect(tmp_path / name).crs == f"EPSG:{crs}"


def test_a_layer_is_chosen_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    _places().to_file(path, layer="shops")
    _places(name="x").to_file(path, layer="depots")
    assert detect(path).layers == ("depots", "shops")
    assert _frame(path, layer="depots")["name"].tolist() == ["x", "b"]
    with pytest.raises(ReadError, match=r"holds several layers \(depots, shops\); name one with --layer"):
        _frame(path)
    with pytest.raises(ReadError, match=r"no layer 'roads'; it has depots, shops"):
        _frame(path, layer="roads")


def test_a_database_that_is_no_geopackage(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.gpkg") as connection:
        connection.execute("CREATE TABLE people (id int)")
    connection.close()
    with pytest.raises(ReadError, match="not a GeoPackage"):
        _frame(tmp_path / "a.gpkg")


def test_a_zip_of_shapefiles(tmp_path: Path) -> None:
    for stem in ("shops", "depots"):
        _places(3067, name=stem).to_file(tmp_path / f"{stem}.shp")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for path in (*tmp_path.glob("shops.*"), *tmp_path.glob("depots.*")):
            archive.write(path, f"folder/{path.name}")
    assert detect(tmp_path / "a.zip").layers == ("shops", "depots") or set(detect(tmp_path / "a.zip").layers) == {"shops", "depots"}
    assert _frame(tmp_path / "a.zip", layer="depots")["name"].tolist() == ["depots", "b"]
    with pytest.raises(ReadError, match="several layers"):
        _frame(tmp_path / "a.zip")


@pytest.mark.parametrize("ending", [".shx", ".dbf"])
def test_a_shapefile_without_its_siblings(tmp_path: Path, ending: str) -> None:
    _places().to_file(tmp_path / "a.shp")
    (tmp_path / f"a{ending}").unlink()
    with pytest.raises(ReadError, match=rf"a\.shp lacks its sibling \{ending}"):
        _frame(tmp_path / "a.shp")


def test_a_shapefile_without_a_reference_system(tmp_path: Path) -> None:
    _places().to_file(tmp_path / "degrees.shp")
    _places(3067).to_file(tmp_path / "metres.shp")
    for path in tmp_path.glob("*.prj"):
        path.unlink()
    assert _is_helsinki(_frame(tmp_path / "degrees.shp"))
    assert detect(tmp_path / "degrees.shp").notes == ("It names no reference system; its coordinates are taken for degrees of EPSG:4326, which they fit.",)
    with pytest.raises(ReadError, match="names no reference system, and its coordinates are no degrees; name it with --crs"):
        _frame(tmp_path / "metres.shp")
    assert _is_helsinki(_frame(tmp_path / "metres.shp", crs="EPSG:3067"))
    with pytest.raises(ReadError, match="'EPSG:99' is no reference system"):
        _frame(tmp_path / "metres.shp", crs="EPSG:99")


@pytest.mark.parametrize(("encoding", "named"), [("cp1252", False), ("utf-8", False), ("cp1251", True)])
def test_the_encoding_of_a_shapefile_that_does_not_say_it(tmp_path: Path, encoding: str, named: bool) -> None:  # noqa: FBT001 - a case
    text = "Москва" if encoding == "cp1251" else "Käpylä Größe"
    _places(name=text).to_file(tmp_path / "a.shp", encoding=encoding)
    (tmp_path / "a.cpg").unlink()
    data = bytearray((tmp_path / "a.dbf").read_bytes())
    data[29] = 0  # no language either
    (tmp_path / "a.dbf").write_bytes(data)
    assert _frame(tmp_path / "a.shp", **({"encoding": encoding} if named else {}))["name"].tolist() == [text, "b"]


_INVALID: dict[str, dict[str, Any]] = {
    "bow tie": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]},
    "unclosed": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0]]]},
    "repeated": {"type": "LineString", "coordinates": [[0, 0], [0, 0]]},
    "empty": {"type": "MultiPolygon", "coordinates": []},
    "nested": {"type": "GeometryCollection", "geometries": [{"type": "GeometryCollection", "geometries": [_POINT]}]},
    "with height": {"type": "Point", "coordinates": [1, 2, 3]},
    "two numbers short": {"type": "Point", "coordinates": []},
    "text": {"type": "Point", "coordinates": ["a", "b"]},
    "unknown": {"type": "Circle", "coordinates": [0, 0], "radius": 5},
}  # fmt: skip


@pytest.mark.parametrize("kind", _INVALID)
def test_a_shape_that_is_not_valid_harms_no_other_record(tmp_path: Path, kind: str) -> None:
    (tmp_path / "a.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": [_feature(_POINT, id=1), _feature(_INVALID[kind], id=2), _feature(_POINT, id=3)]})
    )
    frame = _frame(tmp_path / "a.geojson")
    assert frame["id"].tolist() == ["1", "2", "3"]
    assert frame["geometry"].iloc[0] == frame["geometry"].iloc[2] != ""


def test_curves_are_marked(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    _places().to_file(path)
    curve = b"\x01" + struct.pack("<II6d", 8, 3, 0, 0, 1, 1, 2, 0)  # CIRCULARSTRING
    header = b"GP\0\x01" + (4326).to_bytes(4, "little")
    with sqlite3.connect(path) as connection:
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{trigger}"')
        connection.execute("UPDATE gpkg_geometry_columns SET geometry_type_name = 'GEOMETRY'")
        connection.execute("UPDATE a SET geom = ? WHERE id = 2", [header + curve])
        connection.execute("UPDATE a SET geom = ? WHERE id = 1", [header + b"\x01\x03\x00\x00\x00\xff\xff"])
    connection.close()
    frame = _frame(path)
    assert len(frame) == 2
    assert "such as a curve" in frame[UNREADABLE].dropna().iloc[-1]
    assert frame["geometry"].tolist() == ["", ""]
