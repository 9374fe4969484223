"""Refused records go out in the format they came in, are mended there, and come in again by the same command."""

import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

import geopandas as gpd
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gcrm.access.scope import Scope
from gcrm.ingest.readers.mended import REASON_COLUMNS
from gcrm.pipeline import quarantine_files
from gcrm.pipeline.quarantine import Selection
from tests.integration.command_line import well
from tests.integration.records import empty, rows, value

pytestmark = pytest.mark.usefixtures("database", "clean")

TABLE = pd.DataFrame(
    [("a1", "Good", "customer", ""), ("a2", "=1+1, Öl", "sleeping", ""), ("a3", '+Far; "far"', "sleeping", "")],
    columns=["id", "name", "status", "phone"],
    dtype="string",
)
SHAPES = gpd.GeoDataFrame(TABLE.astype(object), geometry=gpd.points_from_xy([24.94, 24.95, 24.96], [60.17, 60.18, 60.19]), crs="EPSG:4326")
STORED = [("a1", "Good", "customer"), ("a2", "=1+1, Öl", "prospect"), ("a3", '+Far; "far"', "prospect")]
CARDS = """BEGIN:VCARD
VERSION:3.0
UID:a2
FN:=1+1\\, Öl
CATEGORIES:sleeping
TEL;TYPE=HOME:+358401234567
TEL;TYPE=HOME:+358401234568
EMAIL:one@example.com
EMAIL:two@example.com
ADR:;;Street 1;Helsinki;;00100;Finland
ADR:;;Street 2;Espoo;;02100;Finland
END:VCARD
"""


@pytest.fixture
def clean(database: None) -> None:
    del database
    empty()


def text(delimiter: str, encoding: str, *, header: bool = True) -> Callable[[Path], object]:
    """A writer of the table as delimited text, every field with what would part it in quotes."""

    def quoted(field: str) -> str:
        return '"' + field.replace('"', '""') + '"' if delimiter in field or '"' in field else field

    lines = ([list(TABLE.columns)] if header else []) + TABLE.to_numpy().tolist()
    content = "".join(delimiter.join(map(quoted, line)) + "\n" for line in lines)
    return lambda path: path.write_text(content, encoding=encoding)


def workbook(path: Path) -> None:
    """The table in its second sheet, below a title."""
    book = openpyxl.Workbook()
    sheet = book.create_sheet("Kunden")
    for line in (["Customers of 2024"], [], list(TABLE.columns), *TABLE.to_numpy().tolist()):
        sheet.append(line)
    for cell in (cell for line in sheet.iter_rows() for cell in line if cell.data_type == "f"):
        cell.data_type = "s"
    book.save(path)


def opendocument(path: Path) -> None:
    """The table as an OpenDocument sheet, as little of one as there can be."""

    def cell(value: str) -> str:
        return f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'

    lines = "".join(f"<table:table-row>{''.join(map(cell, line))}</table:table-row>" for line in (list(TABLE.columns), *TABLE.to_numpy().tolist()))
    kinds = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text"))
    body = f'<office:spreadsheet><table:table table:name="people">{lines}</table:table></office:spreadsheet>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", f"<office:document-content {kinds}><office:body>{body}</office:body></office:document-content>")


def zipped_shapefile(path: Path) -> None:
    """A Shapefile in the Finnish grid, which does not name it."""
    SHAPES.to_crs(3067).to_file(path.with_suffix(".shp"))
    with zipfile.ZipFile(path, "w") as archive:
        for ending in (".shp", ".shx", ".dbf"):
            archive.write(path.with_suffix(ending), f"{path.stem}{ending}")


def mend_text(delimiter: str, encoding: str) -> Callable[[Path], object]:
    def mend(path: Path) -> None:
        content = path.read_bytes().decode(encoding)
        assert content.splitlines()[0].endswith(delimiter + delimiter.join(REASON_COLUMNS))
        path.write_bytes(content.replace("sleeping", "prospect").encode(encoding))

    return mend


def mend_workbook(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    sheet = book[book.sheetnames[0]]
    header = [cell.value for cell in sheet[1]]
    assert header[-4:] == list(REASON_COLUMNS)
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row, header.index("status") + 1, "prospect")
    assert not [cell for line in sheet.iter_rows() for cell in line if cell.data_type == "f"]
    book.save(path)


def mend_parquet(path: Path) -> None:
    frame = pq.read_table(path).to_pandas()
    pq.write_table(pa.Table.from_pandas(frame.assign(status="prospect"), preserve_index=False), path)


def mend_shapes(path: Path) -> None:
    frame = gpd.read_file(path)
    assert frame["refused because"].str.startswith("must be one of").all()
    path.unlink()
    frame.assign(status="prospect").to_file(path)


KEPT_TEXT = "read: {delimiter: '||', columns: [id, name, status, phone], encoding: cp1252}\nfields: {account_key: id, name: name, status: status}\n"
KEPT_SHEET = "read: {sheet: Kunden, skip_lines: 1}\nfields: {account_key: id, name: name, status: status}\n"
KEPT_GRID = "read: {crs: 'EPSG:3067'}\nfields: {account_key: id, name: name, status: status, longitude: longitude, latitude: latitude}\n"
KEPT_LAYER = "read: {layer: customers}\nfields: {account_key: id, name: name, status: status, longitude: longitude, latitude: latitude}\n"


@pytest.mark.parametrize(
    ("name", "write", "written", "mend", "kept"),
    [
        ("a.csv", text(";", "cp1252"), "a.refused.csv", mend_text(";", "cp1252"), None),
        ("b.txt", text("\t", "utf-16"), "b.refused.txt", mend_text("\t", "utf-16"), None),
        ("c.csv", text("||", "cp1252", header=False), "c.refused.csv", mend_text("||", "cp1252"), KEPT_TEXT),
        ("d.xlsx", workbook, "d.refused.xlsx", mend_workbook, KEPT_SHEET),
        ("i.ods", opendocument, "i.refused.xlsx", mend_workbook, None),
        ("e.parquet", TABLE.to_parquet, "e.refused.parquet", mend_parquet, None),
        ("f.geojson", SHAPES.to_file, "f.refused.geojson", mend_shapes, None),
        ("g.gpkg", lambda path: SHAPES.to_file(path, layer="customers"), "g.refused.gpkg", mend_shapes, KEPT_LAYER),
        ("h.zip", zipped_shapefile, "h.refused.gpkg", mend_shapes, KEPT_GRID),
    ],
)  # fmt: skip
def test_refused_records_go_round(
    tmp_path: Path, name: str, write: Callable[[Path], object], written: str, mend: Callable[[Path], object], kept: str | None
) -> None:
    write(tmp_path / name)
    mapping = ["--map", "account_key=id", "--map", "name=name", "--map", "status=status"]
    if kept:
        (tmp_path / "kept.yaml").write_text(kept)
        mapping = ["--map", str(tmp_path / "kept.yaml")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert "3 read: 1 created, 0 updated, 0 unchanged, 2 refused" in well("import", "accounts", tmp_path / name, *mapping)
    (tmp_path / "out").mkdir()
    said = well("quarantine", "download", tmp_path / "out").strip()
    assert said.split(" (")[0] == str(tmp_path / "out" / written)
    assert ("(a Shapefile is written as a GeoPackage" in said) == (name == "h.zip")
    assert ("(an OpenDocument sheet is written as XLSX" in said) == (name == "i.ods")

    mend(tmp_path / "out" / written)
    assert "2 read: 2 created, 0 updated, 0 unchanged, 0 refused" in well("import", "accounts", tmp_path / "out" / written, *mapping)
    assert rows("SELECT source_key, name, status FROM gcrm.accounts ORDER BY 1") == STORED
    if "longitude" in (kept or "") or name == "f.geojson":
        ((longitude, latitude),) = rows("SELECT ST_X(position), ST_Y(position) FROM gcrm.accounts WHERE source_key = 'a3'")
        assert (longitude, latitude) == pytest.approx((24.96, 60.19))


def test_a_card_goes_round_with_all_its_numbers(tmp_path: Path) -> None:
    (tmp_path / "a.vcf").write_text(CARDS)
    mapping = [f"--map={field}={column}" for field, column in {"account_key": "uid", "name": "full name", "status": "categories", "phone": "phone"}.items()]
    assert "1 refused" in well("import", "accounts", tmp_path / "a.vcf", *mapping)
    before = value("SELECT record FROM gcrm.quarantine")
    (written,) = quarantine_files.download(Selection(), tmp_path, Scope.everything())
    assert written.path.name == "a.refused.vcf"
    assert "1 refused" in well("import", "accounts", written.path, *mapping)
    assert value("SELECT record FROM gcrm.quarantine WHERE file_name = 'a.refused.vcf'") == before

    written.path.write_text(written.path.read_text().replace("CATEGORIES:sleeping", "CATEGORIES:prospect"))
    assert "1 created" in well("import", "accounts", written.path, *mapping)
    assert rows("SELECT source_key, name, status, phone FROM gcrm.accounts") == [("a2", "=1+1, Öl", "prospect", "+358401234567")]
