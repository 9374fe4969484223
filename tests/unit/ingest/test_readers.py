"""Files of every kind become text."""

import json
import re
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from gcrm.errors import ReadError
from gcrm.ingest import readers
from gcrm.ingest.options import ReadOptions
from gcrm.ingest.readers import MISSING, SURPLUS, archives, read
from gcrm.ingest.readers.values import cell_text


def _all(path: Path, **options: object) -> pd.DataFrame:
    return pd.concat(list(read(path, ReadOptions.model_validate(options))))


def _rows(frame: pd.DataFrame) -> list[dict[str, str]]:
    return [dict(zip(frame.columns, row, strict=True)) for row in frame.itertuples(index=False)]


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "CHUNK_ROWS", 3)


@pytest.mark.usefixtures("small_chunks")
def test_csv_comes_in_chunks_that_count_on(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,name\n" + "".join(f"{number},n{number}\n" for number in range(1, 9)))
    chunks = list(read(path))

    assert [len(chunk) for chunk in chunks] == [3, 3, 2]
    assert pd.concat(chunks).index.tolist() == list(range(1, 9))
    assert all(chunk.index.name == "row_number" for chunk in chunks)
    assert pd.concat(chunks)["id"].tolist() == [str(number) for number in range(1, 9)]


@pytest.mark.usefixtures("small_chunks")
def test_parquet_comes_in_chunks_that_count_on(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": range(10)}), path, row_group_size=4)
    chunks = list(read(path))

    assert len(chunks) > 2
    assert max(map(len, chunks)) <= 3
    assert pd.concat(chunks).index.tolist() == list(range(1, 11))
    assert pd.concat(chunks)["id"].tolist() == [str(number) for number in range(10)]


def test_the_values_of_parquet_as_text(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({
        "key": pa.array([12.0, None], pa.float64()),
        "amount": pa.array([Decimal("1234.50"), None], pa.decimal128(10, 2)),
        "flag": [True, None],
        "day": pa.array([date(2025, 1, 2), None]),
        "local": pa.array([datetime(2025, 1, 2, 3, 4, 5, 600000), None], pa.timestamp("us")),  # noqa: DTZ001 - the case is a time without a zone
        "zoned": pa.array([datetime(2025, 7, 1, 12, tzinfo=UTC), None], pa.timestamp("us", "Europe/Helsinki")),
        "kind": pa.array(["a", None]).dictionary_encode(),
        "position": pa.array([b"\x01\xff", None], pa.binary()),
    })  # fmt: skip
    pq.write_table(table, path)
    first, second = _rows(_all(path))

    assert set(second.values()) == {""}
    assert first["key"] == "12"
    assert first["amount"] == "1234.50"
    assert first["flag"] == "true"
    assert first["day"] == "2025-01-02"
    assert pd.Timestamp(first["local"]) == pd.Timestamp("2025-01-02T03:04:05.6")
    assert pd.Timestamp(first["zoned"]) == pd.Timestamp("2025-07-01T12:00Z")
    assert first["kind"] == "a"
    assert first["position"] == "01ff"


def _workbook(path: Path, rows: list[list[Any]], sheet: str = "Sheet1") -> None:
    with pd.ExcelWriter(path, engine="openpyxl", mode="a" if path.exists() else "w") as writer:
        pd.DataFrame(rows).to_excel(writer, sheet_name=sheet, header=False, index=False)


def test_the_values_of_a_workbook_as_text(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    moment = datetime(2025, 1, 2, 3, 4, 5)  # noqa: DTZ001 - cells have no zone
    _workbook(
        path,
        [["id", "day", "amount", "note"], [7, moment, 19.99, "x"], [None, None, None, None], [8, date(2025, 3, 4), 0.1 + 0.2, True], [9, None, 1e-3, None]],
    )
    rows = _rows(_all(path))

    assert [row["id"] for row in rows] == ["7", "8", "9"]
    assert pd.Timestamp(rows[0]["day"]) == pd.Timestamp(moment)
    assert rows[1]["day"].startswith("2025-03-04")
    assert [row["amount"] for row in rows] == ["19.99", "0.3", "0.001"]  # as the workbook shows it: 15 significant digits
    assert [row["note"] for row in rows] == ["x", "True", ""]


def test_a_computed_cell_reads_as_the_spreadsheet_shows_it() -> None:
    assert cell_text(0.1 + 0.2) == "0.3"  # Excel stores 17 digits of it, and shows 15
    assert cell_text(24.9384123456789) == "24.9384123456789"


def test_a_sheet_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    _workbook(path, [["id"], [1]], "first")
    _workbook(path, [["id"], [2]], "second")

    assert _all(path)["id"].tolist() == ["1"]
    assert _all(path, sheet="second")["id"].tolist() == ["2"]
    with pytest.raises(ReadError, match=r"no sheet 'third'; it has first, second"):
        _all(path, sheet="third")


def test_a_workbook_that_unpacks_too_far_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 4_000_000)
    assert path.stat().st_size < 10_000
    monkeypatch.setattr(archives, "MOST_BYTES", 1_000_000)

    with pytest.raises(ReadError, match="unpacks to 4,000,000 bytes"):
        _all(path)


def _geojson(path: Path, features: list[dict[str, Any]]) -> None:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", **feature} for feature in features]}))


def test_geojson_gives_positions_and_properties(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    point = {"type": "Point", "coordinates": [9.5209, 47.1411]}
    area = {"type": "Polygon", "coordinates": [[[9, 47], [10, 47], [10, 48], [9, 47]]]}
    _geojson(
        path,
        [
            {"properties": {"id": 1, "zip": 9490, "ok": True, "tags": ["a"], "at": "2025-01-02T03:04:05Z"}, "geometry": point},
            {"properties": {"id": 2, "zip": None, "ok": None, "tags": None, "at": None}, "geometry": area},
            {"properties": {"id": 3, "zip": 1.5, "ok": False, "tags": [], "at": None}, "geometry": None},
        ],
    )
    frame = _all(path)

    assert frame.index.tolist() == [1, 2, 3]
    assert frame["id"].tolist() == ["1", "2", "3"]
    assert frame["zip"].tolist() == ["9490", "", "1.5"]
    assert frame["longitude"].tolist() == ["9.5209", "", ""]
    assert frame["latitude"].tolist() == ["47.1411", "", ""]
    assert shapely.from_wkt(frame["geometry"][2]) == shapely.geometry.shape(area)
    assert frame["geometry"][3] == ""
    assert frame["tags"][2] == ""
    assert pd.Timestamp(frame["at"][1]) == pd.Timestamp("2025-01-02T03:04:05Z")


def test_geojson_in_another_reference_system_becomes_degrees(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    places = gpd.GeoDataFrame({"id": [1]}, geometry=gpd.points_from_xy([24.9414], [60.1718]), crs=4326).to_crs(3067)
    places.to_file(path, driver="GeoJSON")
    frame = _all(path)

    assert "3067" in path.read_text()
    assert float(frame["longitude"][1]) == pytest.approx(24.9414, abs=1e-6)
    assert float(frame["latitude"][1]) == pytest.approx(60.1718, abs=1e-6)


def test_ragged_records_are_marked(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,name\n1,a\n2\n3,c,d,e\n")
    frame = _all(path)

    assert frame["name"].tolist() == ["a", "", "c"]
    assert frame[SURPLUS].fillna("-").tolist() == ["-", "-", "d | e"]
    assert frame[MISSING].fillna("-").tolist() == ["-", "1 of 2", "-"]


def test_headers_get_names_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(" id ,,name,name,a\0b\n1,2,3,4,5\n")
    assert _all(path).columns.tolist() == ["id", "column 2", "name", "name (4)", "ab"]


def test_a_file_without_a_header_is_given_one(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("1\ta\n2\tb\n")
    assert _rows(_all(path, columns=("id", "name"))) == [{"id": "1", "name": "a"}, {"id": "2", "name": "b"}]


def test_a_header_alone_has_no_records(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,name\n")
    assert list(read(tmp_path / "a.csv")) == []


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", b"", "empty; it needs at least a header line"),
        ("a.pdf", b"%PDF", r"it is a PDF"),
        ("a.docx", b"text", r"files that end in \.docx are not read; use \.csv"),
        ("a", b"id\n1\n", "end in nothing"),
        ("a.xlsx", b"PK not a zip", "not a workbook"),
        ("a.xlsx", b"", "is empty"),
        ("a.parquet", b"PAR1 no", "not a Parquet file"),
        ("a.parquet", b"", "is empty"),
        ("a.geojson", b"{not json", "not GeoJSON"),
        ("a.geojson", b"[1, 2]", "GeoJSON"),
        ("a.geojson", b"", "is empty"),
        ("a.csv", b'id,name\n1,"Shop\n2,Other\n', "a quote opens in '1,\"Shop' and is never closed"),
    ],
)
def test_a_broken_file_is_one_sentence(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ReadError, match=sentence) as caught:
        _all(path)
    assert str(caught.value).startswith(name)


def test_a_zip_archive_that_is_no_workbook(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "no workbook")
    with pytest.raises(ReadError, match="not a workbook"):
        _all(path)


@pytest.mark.parametrize(("options", "sentence"), [({"encoding": "klingon"}, "klingon"), ({"encoding": "ascii"}, "not ascii text")])
def test_options_that_do_not_fit(tmp_path: Path, options: dict[str, str], sentence: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,name\n1,straße\n")
    with pytest.raises(ReadError, match=sentence):
        _all(path, **options)


@pytest.mark.parametrize("place", ["missing.csv", "."])
def test_a_path_that_is_no_file(tmp_path: Path, place: str) -> None:
    with pytest.raises(ReadError, match=re.escape(f"{tmp_path / place} is not a file")):
        _all(tmp_path / place)
