"""Makes bad files: broken, cut off, lying about what they are, or made to harm. None of them is kept in the repository."""

import json
import os
import random
import shutil
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from gcrm.ingest.readers.kinds import ENDINGS

Maker = Callable[[Path], Path]
"""Writes a file into a folder, and gives its path."""

_PEOPLE = {"id": [1, 2, 3], "name": ["Ada", "Bo", "Cy"], "longitude": [9.5, 9.6, 9.7], "latitude": [47.1, 47.2, 47.3]}
_HEADER = "id,name,street,postcode,city,country,phone,email,longitude,latitude"
_GOOD = dict(zip(_HEADER.split(","), ("1", "Ada", "Main St 1", "9490", "Vaduz", "LI", "+423 1", "a@example.org", "9.5", "47.1"), strict=True))
_VCARD = "BEGIN:VCARD\nVERSION:3.0\nUID:1\nFN:Ada\nTEL:1\nEND:VCARD\n"


def _bytes(name: str, content: bytes) -> Maker:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content)
        return path

    return make


def _text(name: str, text: str) -> Maker:
    return _bytes(name, text.encode("utf-8", "surrogatepass"))


def valid(folder: Path, kind: str) -> Path:
    """A good file of each kind, out of which bad ones are made."""
    path = folder / f"good.{kind}"
    frame = pd.DataFrame(_PEOPLE)
    places = gpd.GeoDataFrame(frame.drop(columns=["longitude", "latitude"]), geometry=gpd.points_from_xy(_PEOPLE["longitude"], _PEOPLE["latitude"]), crs=4326)
    if kind == "csv":
        frame.to_csv(path, index=False)
    elif kind == "xlsx":
        frame.to_excel(path, index=False)
    elif kind == "parquet":
        frame.to_parquet(path)
    elif kind in {"geojson", "gpkg", "shp"}:
        places.to_file(path)
    elif kind == "vcf":
        path.write_text(_VCARD * 3)
    elif kind == "zip":
        places.to_file(folder / "inner.shp")
        with zipfile.ZipFile(path, "w") as archive:
            for each in folder.glob("inner.*"):
                archive.write(each, each.name)
    return path


KINDS = ("csv", "xlsx", "parquet", "geojson", "gpkg", "shp", "vcf", "zip")


def _truncated(kind: str, share: float) -> Maker:
    def make(folder: Path) -> Path:
        path = valid(folder, kind)
        data = path.read_bytes()
        path.write_bytes(data[: max(1, int(len(data) * share))])
        return path

    return make


def _damaged(kind: str, seed: int) -> Maker:
    def make(folder: Path) -> Path:
        path = valid(folder, kind)
        data, dice = bytearray(path.read_bytes()), random.Random(seed)  # noqa: S311 - damage that comes again
        for _ in range(max(1, len(data) // 100)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        path.write_bytes(data)
        return path

    return make


def _renamed(kind: str, ending: str) -> Maker:
    return lambda folder: valid(folder, kind).rename(folder / f"renamed{ending}")


def _noise(ending: str) -> Maker:
    return _bytes(f"noise{ending}", random.Random(7).randbytes(20_000))  # noqa: S311 - noise that comes again


def _value(field: str, value: str) -> Maker:
    """A good table with one bad value in its second record."""
    row = [_GOOD | {"id": "1"}, _GOOD | {"id": "2", field: value}, _GOOD | {"id": "3"}]
    quoted = [",".join('"' + each[name].replace('"', '""') + '"' for name in _HEADER.split(",")) for each in row]
    return _text("value.csv", "\n".join((_HEADER, *quoted)) + "\n")


_VALUES: tuple[tuple[str, str], ...] = (
    *product(("longitude", "latitude"), ("NaN", "nan", "inf", "-inf", "Infinity", "999", "-181", "1e400", "0x10", "12°30'", "9,5,1", "9.5 9.6", "--5")),
    ("longitude", "180"), ("longitude", "-180.0"), ("longitude", "180.0000001"), ("latitude", "90"), ("latitude", "-90"), ("latitude", "90.1"),
    ("longitude", "0"), ("latitude", "0"), ("longitude", "60.17"), ("longitude", "385000"), ("longitude", "9" * 400), ("latitude", ""),
    *product(("name",), ("=1+1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0", "\u202eevil", "a\u200b\u200bb", "\U0001f600" * 100, "x" * 100_000, "\x00",
                         "a\x00b", "\x07\x1b[31m", "Robert'); DROP TABLE accounts;--", "<script>alert(1)</script>", "{{7*7}}", "%s%n", "\ud83d", "\ufffe",
                         "null", "None", "\n\n", '"""')),
    *product(("country",), ("XX", "ZZZZ", "\u202eLI", "=LI", "12")),
    *product(("phone", "email", "postcode", "id"), ("x" * 5_000, "\x00", "=1", "\U0001f4a9", "-" * 300)),
)  # fmt: skip


def _feature_file(geometry: str) -> Maker:
    good = '{"type":"Feature","properties":{"id":1,"name":"A"},"geometry":{"type":"Point","coordinates":[9.5,47.1]}}'
    bad = f'{{"type":"Feature","properties":{{"id":2,"name":"B"}},"geometry":{geometry}}}'
    return _text("shape.geojson", f'{{"type":"FeatureCollection","features":[{good},{bad},{good}]}}')


def _shape(kind: str, coordinates: str) -> str:
    return f'{{"type":"{kind}","coordinates":{coordinates}}}'


_SHAPES = {
    "bow tie": _shape("Polygon", "[[[0,0],[1,1],[1,0],[0,1],[0,0]]]"),
    "unclosed ring": _shape("Polygon", "[[[0,0],[1,1],[1,0]]]"),
    "two points a ring": _shape("Polygon", "[[[0,0],[0,0]]]"),
    "hole outside": _shape("Polygon", "[[[0,0],[1,0],[1,1],[0,0]],[[5,5],[6,5],[6,6],[5,5]]]"),
    "equal holes": _shape("Polygon", "[[[0,0],[9,0],[9,9],[0,0]],[[2,1],[3,1],[3,2],[2,1]],[[2,1],[3,1],[3,2],[2,1]]]"),
    "repeated points": _shape("LineString", "[[0,0],[0,0],[0,0]]"),
    "line of one point": _shape("LineString", "[[0,0]]"),
    "empty point": _shape("Point", "[]"),
    "empty parts": _shape("MultiPolygon", "[[],[[]]]"),
    "height": _shape("Point", "[1,2,3]"),
    "height and measure": _shape("Point", "[1,2,3,4]"),
    "text": _shape("Point", '["a","b"]'),
    "nan": _shape("Point", "[NaN,NaN]"),
    "infinite": _shape("Point", "[Infinity,-Infinity]"),
    "too large": _shape("Point", "[1e400,1]"),
    "metres": _shape("Point", "[385000,6672000]"),
    "swapped": _shape("Point", "[60.17,124.9]"),
    "null island": _shape("Point", "[0,0]"),
    "north pole": _shape("Point", "[0,90]"),
    "beyond the pole": _shape("Point", "[0,90.0001]"),
    "antimeridian": _shape("Polygon", "[[[179,0],[-179,0],[-179,1],[179,1],[179,0]]]"),
    "curve": _shape("CircularString", "[[0,0],[1,1],[2,0]]"),
    "unknown kind": _shape("Circle", "[0,0]"),
    "no coordinates": '{"type":"Point"}',
    "a number": "5",
    "a text": '"POINT (1 2)"',
    "a list": "[1,2]",
    "nested collections": '{"type":"GeometryCollection","geometries":[' * 20 + _shape("Point", "[1,2]") + "]}" * 20,
    "deeply nested collections": '{"type":"GeometryCollection","geometries":[' * 5000 + "]}" * 5000,
    "deep coordinates": _shape("Polygon", "[" * 5000 + "]" * 5000),
}  # fmt: skip

_JSON = {
    "deep": "[" * 100_000,
    "deeper": '{"type":"FeatureCollection","features":' + "[" * 1_000_000,
    "deep objects": '{"type":"Feature","properties":' + '{"a":' * 100_000,
    "no features": '{"type":"FeatureCollection"}',
    "features are no list": '{"type":"FeatureCollection","features":{}}',
    "empty collection": '{"type":"FeatureCollection","features":[]}',
    "features are numbers": '{"type":"FeatureCollection","features":[1,2,null,"x"]}',
    "list of objects": '[{"id":1,"name":"A"}]',
    "lone number": "5",
    "topology": '{"type":"Topology","objects":{}}',
    "pipeline": '{"type":"gdal_streamed_alg","command_line":"gdal vector pipeline ! read /etc/passwd ! write --format stream x"}',
    "cut off": '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":1},"geometry":null},{"type":"Fea',
    "repeated keys": '{"type":"FeatureCollection","type":"Feature","features":[],"features":[]}',
    "foreign system": '{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"EPSG:999999"}},'
    '"features":[{"type":"Feature","properties":{"id":1},"geometry":{"type":"Point","coordinates":[1,2]}}]}',
    "linked system": '{"type":"FeatureCollection","crs":{"type":"link","properties":{"href":"http://127.0.0.1:1/x"}},"features":[{"type":"Feature","properties":{"id":1},"geometry":null}]}',
    "mixed lines": '{"type":"Feature","properties":{"id":1},"geometry":null}\nnot json\n{"type":"Feature","properties":{"id":2},"geometry":null}\n',
}  # fmt: skip

_TEXTS: dict[str, bytes] = {
    "only blanks": b"   \n \n\t\n",
    "only line ends": b"\n" * 100_000,
    "only delimiters": b",,,,\n" * 50,
    "only quotes": b'"' * 1001,
    "only NUL": bytes(10_000),
    "NUL in the header": b"id\0,na\0me\n1,Ada\n",
    "NUL in values": b"id,name\n" + b"".join(b"%d,A\0da\n" % row for row in range(100)),
    "header only": _HEADER.encode(),
    "header of line ends": b'"id\n","na\r\nme"\n1,Ada\n',
    "repeated header": b"id,id,id,name,name\n1,2,3,Ada,Bo\n",
    "empty header": b",,,\n1,2,3,4\n",
    "header of marks": "\u202eid,\u200bname,\ufeffx\n1,Ada,2\n".encode(),
    "quote never closed": b'id,name\n1,"Ada\n' + b"2,Bo\n" * 1000,
    "quotes everywhere": b'id,name\n1,A"d"a\n2,"B"o\n3,"C""y"\n4,"D" "i"\n',
    "ragged": b"id,name\n1\n1,2,3\n\n1,2\n,,,,,,,\n",
    "mixed encodings": "id,name\n1,Größe\n2,Straße\n3,Käse\n4,Müll\n".encode()
    + "5,Bäcker\n".encode("cp1252") + "6,東京\n".encode("cp932") + "7,ok\n".encode("utf-16-le"),
    "undecodable": b"id,name\n" + b"".join(b"%d,\xff\xfe\xfd\x81\n" % row for row in range(50)),
    "overlong UTF-8": b"id,name\n1,\xc0\xaf\n2,\xed\xa0\x80\n3,\xf4\x90\x80\x80\n",
    "UTF-16 cut off": "id,name\n1,Ada\n2,Bo\n".encode("utf-16")[:-1],
    "UTF-16 of lone halves": b"\xff\xfe" + "id,name\n1,".encode("utf-16-le") + b"\x00\xd8" + "\n2,Bo\n".encode("utf-16-le"),
    "UTF-32": "id,name\n1,Ada\n".encode("utf-32"),
    "BOM twice": b"\xef\xbb\xbf\xef\xbb\xbfid,name\n1,Ada\n",
    "returns only": b"id,name\r1,Ada\r2,Bo\r",
    "all line ends": b"id,name\r\n1,Ada\r2,Bo\n3,Cy\n\r4,Di",
    "web page": b"<!DOCTYPE html><html><body><table><tr><td>1</td></tr></table></body></html>",
    "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>',
    "one line of many fields": b"1," * 200_000,
    "sep line alone": b"sep=;",
    "escape codes": b"id,name\n1,\x1b[2J\x1b[31mred\n",
    "end of file mark": b"id,name\n1,Ada\n\x1a",
    "vertical tabs": b"id,name\n1,A\x0bda\x0c\n2,B\x1co\xc2\x85x\n",
    "line separators": "id,name\n1,A\u2028da\n2,B\u2029o\n".encode(),
    "numbers beyond all bounds": b"id,name,longitude\n1,A," + b"9" * 5000 + b"\n",
    "dates beyond all bounds": b"id,name,date\n1,A,99999-99-99\n2,B,0000-00-00\n",
}  # fmt: skip

_CARDS = {
    "no end": "BEGIN:VCARD\nVERSION:3.0\nFN:A\n" * 3,
    "no begin": "VERSION:3.0\nFN:A\nEND:VCARD\n",
    "nested": "BEGIN:VCARD\nVERSION:2.1\nFN:A\nAGENT:\n" * 50 + "END:VCARD\n" * 50,
    "no colon": _VCARD + "BEGIN:VCARD\nVERSION:3.0\nFN A\nEND:VCARD\n" + _VCARD,
    "bad base 64": "BEGIN:VCARD\nVERSION:3.0\nFN:A\nPHOTO;ENCODING=b:!!!\nEND:VCARD\n",
    "bad quoted-printable": "BEGIN:VCARD\nVERSION:2.1\nFN;ENCODING=QUOTED-PRINTABLE:=ZZ=\nEND:VCARD\n",
    "unknown character set": "BEGIN:VCARD\nVERSION:2.1\nFN;CHARSET=X-KLINGON;ENCODING=QUOTED-PRINTABLE:=FF\nEND:VCARD\n",
    "endless folds": "BEGIN:VCARD\nVERSION:3.0\nFN:A\nNOTE:x" + "\n y" * 50_000 + "\nEND:VCARD\n",
    "not a version": "BEGIN:VCARD\nVERSION:99\nFN:\nN:;;;;;;;;;;;;\nADR:\nORG:\nGEO:x;y\nTEL:\nEND:VCARD\n",
    "calendar": "BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n",
    "NUL": "BEGIN:VCARD\nVERSION:3.0\nFN:A\0B\nEND:VCARD\n",
}  # fmt: skip


def _xlsx_with(part: str, content: bytes) -> Maker:
    """A workbook one part of which is another one, or is added."""

    def make(folder: Path) -> Path:
        good, path = valid(folder, "xlsx"), folder / "bad.xlsx"
        with zipfile.ZipFile(good) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
            for name in source.namelist():
                if name != part:
                    target.writestr(name, source.read(name))
            target.writestr(part, content)
        return path

    return make


_LAUGHS = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">' + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10)) + b"]>"
_SHEET = "xl/worksheets/sheet1.xml"
_MAIN = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def _sheet(rows: bytes, before: bytes = b"") -> bytes:
    """A sheet in the XML of OOXML."""
    return b"<worksheet " + _MAIN + b">" + before + b"<sheetData>" + rows + b"</sheetData></worksheet>"


_FAR = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
_PARTS = {
    "billion laughs": (_SHEET, _LAUGHS + b"<worksheet>&a9;</worksheet>"),
    "billion laughs in strings": ("xl/sharedStrings.xml", _LAUGHS + b"<sst>&a9;</sst>"),
    "billion laughs in the book": ("xl/workbook.xml", _LAUGHS + b"<workbook>&a9;</workbook>"),
    "entities after a comment": (_SHEET, b"<!--" + b"x" * 10_000 + b"-->" + _LAUGHS[21:]
                                 + _sheet(b"<row r='1'><c r='A1' t='inlineStr'><is><t>&a9;</t></is></c></row>")),
    "foreign entity": (_SHEET, b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet>&e;</worksheet>'),
    "no XML": (_SHEET, b"not xml at all"),
    "empty part": (_SHEET, b""),
    "cell beyond the sheet": (_SHEET, _sheet(b'<row r="1"><c r="ZZZZ99999999"><v>1</v></c></row>')),
    "cells far apart": (_SHEET, _sheet(_FAR)),
    "cells far apart, without quotes of one kind": (_SHEET, _sheet(_FAR.replace(b'"', b"'"))),
    "rows far apart, cells without names": (_SHEET, _sheet(_FAR.replace(b'<c r="XFD1048576">', b"<c>")
                                            .replace(b"</c></row>", b'</c><c r="XFD1"><v>1</v></c></row>', 1))),
    "lying dimension": (_SHEET, _sheet(b'<row r="1"><c r="A1"><v>1</v></c></row>', before=b'<dimension ref="A1:XFD1048576"/>')),
    "string that is not there": (_SHEET, _sheet(b'<row r="1"><c r="A1" t="s"><v>999999999</v></c></row>')),
    "wrong order of rows": (_SHEET, _sheet(b'<row r="9"><c r="B9"><v>1</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>')),
    "count of strings that lies": ("xl/sharedStrings.xml", b"<sst " + _MAIN + b' count="4000000000" uniqueCount="4000000000"></sst>'),
    "date beyond all bounds": (_SHEET, _sheet(b'<row r="1"><c r="A1" t="d"><v>99999-99-99T99:99</v></c><c r="B1" s="1"><v>1e300</v></c></row>')),
    "bad relations": ("xl/_rels/workbook.xml.rels", b"<Relationships/>"),
    "relation out of the archive": ("xl/_rels/workbook.xml.rels", b'<Relationships><Relationship Id="rId1" Target="file:///etc/passwd"/></Relationships>'),
    "macros": ("xl/vbaProject.bin", b"x"),
    "slip": ("../../../tmp/slip", b"x"),
    "slip of Windows": ("..\\..\\slip", b"x"),
    "archive inside": ("xl/inner.zip", b"PK"),
    "zeros": ("xl/media/zeros.bin", bytes(1 << 20)),
}  # fmt: skip


def _bomb(name: str, part: str) -> Maker:
    """More than a GiB of zeros in a MiB."""

    def make(folder: Path) -> Path:
        path = folder / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive, archive.open(part, "w", force_zip64=True) as target:
            for _ in range(1100):
                target.write(bytes(1 << 20))
        return path

    return make


def _many_parts(folder: Path) -> Path:
    path = folder / "many.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(20_000):
            archive.writestr(f"xl/{number}.xml", "")
    return path


def _million_columns(folder: Path) -> Path:
    path = folder / "columns.csv"
    path.write_text("\n".join((",".join(f"c{n}" for n in range(1_000_000)), *[",".join("1" * 1_000_000)] * 2)))
    return path


def _million_columns_without_header(folder: Path) -> Path:
    path = folder / "columns.csv"
    path.write_text("id,name\n" + ",".join("1" * 1_000_000) + "\n2,Bo\n")
    return path


def _long_field(before: str, after: str) -> Maker:
    def make(folder: Path) -> Path:
        path = folder / "long.csv"
        with path.open("w") as file:
            file.write(f"id,name\n1,{before}")
            for _ in range(100):
                file.write("x" * 1_000_000)
            file.write(f"{after}\n2,Bo\n")
        return path

    return make


def _wide_parquet(folder: Path) -> Path:
    pq.write_table(pa.table({f"c{number}": [1] for number in range(20_000)}), folder / "wide.parquet")
    return folder / "wide.parquet"


def _parquet(table: Callable[[], pa.Table]) -> Maker:
    def make(folder: Path) -> Path:
        pq.write_table(table(), folder / "odd.parquet")
        return folder / "odd.parquet"

    return make


def _bad_text() -> pa.Table:
    return pa.table({"id": [1, 2], "name": pa.array([b"\xff\xfe", b"ok"]).view(pa.binary()).cast(pa.binary()).view(pa.string())})


_GEO = json.dumps({"primary_column": "geometry", "columns": {"geometry": {"encoding": "WKB"}}})
_TABLES: dict[str, Callable[[], pa.Table]] = {
    "no rows": lambda: pa.table({"id": pa.array([], pa.int64())}),
    "no columns": lambda: pa.table({}),
    "same names": lambda: pa.table([[1], [2]], names=["id", "id"]),
    "empty names": lambda: pa.table([[1], [2]], names=["", " "]),
    "text that is none": _bad_text,
    "times beyond all bounds": lambda: pa.table({"id": [1], "date": pa.array([2**62], pa.timestamp("us")),
                                                 "zoned": pa.array([-(2**62)], pa.timestamp("us", "UTC"))}),
    "unknown zone": lambda: pa.table({"id": [1], "date": pa.array([0], pa.timestamp("us", "Mars/Olympus"))}),
    "nested": lambda: pa.table({"id": [1], "more": [[{"a": [1, None], "b": {"c": b"\xff"}}]]}),
    "null type": lambda: pa.table({"id": [1], "nothing": pa.nulls(1)}),
    "durations": lambda: pa.table({"id": [1], "d": pa.array([2**62], pa.duration("ns"))}),
    "not finite": lambda: pa.table({"id": [1, 2], "longitude": [float("nan"), float("inf")], "latitude": [1e308, -1e308]}),
    "bad geometry": lambda: pa.table({"id": [1], "geometry": [b"\x01\x02"]}).replace_schema_metadata({"geo": _GEO}),
    "geometry that is none": lambda: pa.table({"id": [1], "geometry": [5]}).replace_schema_metadata({"geo": _GEO}),
    "lying geometry": lambda: pa.table({"id": [1]}).replace_schema_metadata({"geo": "{not json"}),
    "marks of ours": lambda: pa.table({"id": [1], "(cannot be read)": ["x"]}),
}  # fmt: skip


def _database(statements: str) -> Maker:
    def make(folder: Path) -> Path:
        path = folder / "odd.gpkg"
        with sqlite3.connect(path) as connection:
            connection.executescript(statements)
        connection.close()
        return path

    return make


_CONTENTS = "CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT, identifier TEXT, description TEXT, last_change TEXT, srs_id INT);"
_ADD = "INSERT INTO gpkg_contents (table_name, data_type) VALUES "
_DATABASES = {
    "no layer": _CONTENTS,
    "layer that is not there": _CONTENTS + "" + _ADD + "('ghost', 'features');",
    "layer of a strange name": _CONTENTS + "CREATE TABLE \"x'; --\" (id INT); " + _ADD + "('x''; --', 'attributes');",
    "plain database": "CREATE TABLE people (id INT);",
    "view without end": _CONTENTS + "CREATE VIEW v AS SELECT * FROM v; " + _ADD + "('v', 'features');",
    "contents of numbers": "CREATE TABLE gpkg_contents (table_name INT, data_type TEXT); INSERT INTO gpkg_contents VALUES (5, 'features');",
}  # fmt: skip


def _link_to_itself(folder: Path) -> Path:
    (folder / "loop.csv").symlink_to(folder / "loop.csv")
    return folder / "loop.csv"


def _dangling_link(folder: Path) -> Path:
    (folder / "dangling.csv").symlink_to(folder / "nowhere")
    return folder / "dangling.csv"


def _link(target: str) -> Maker:
    def make(folder: Path) -> Path:
        (folder / "link.csv").symlink_to(target)
        return folder / "link.csv"

    return make


def _fifo(folder: Path) -> Path:
    os.mkfifo(folder / "fifo.csv")
    return folder / "fifo.csv"


def _folder(name: str) -> Maker:
    def make(folder: Path) -> Path:
        (folder / name).mkdir()
        return folder / name

    return make


def _missing(folder: Path) -> Path:
    return folder / ("missing" * 40 + ".csv")


def _lone_shapefile(folder: Path) -> Path:
    path = valid(folder, "shp")
    for ending in (".shx", ".dbf", ".prj", ".cpg"):
        path.with_suffix(ending).unlink()
    return path


def _shapefile_with(ending: str, content: bytes) -> Maker:
    def make(folder: Path) -> Path:
        path = valid(folder, "shp")
        path.with_suffix(ending).write_bytes(content)
        return path

    return make


def _sibling_is_a_folder(folder: Path) -> Path:
    path = valid(folder, "shp")
    path.with_suffix(".dbf").unlink()
    path.with_suffix(".dbf").mkdir()
    return path


def _nested_zip(folder: Path) -> Path:
    inner = valid(folder, "zip")
    with zipfile.ZipFile(folder / "outer.zip", "w") as archive:
        archive.write(inner, "inner.zip")
        archive.write(folder / "inner.shp", "inner.shp")
    shutil.rmtree(folder / "x", ignore_errors=True)
    return folder / "outer.zip"


def _huge_cells(folder: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book["Sheet"]
    sheet.append(["id", "name", "=1+1"])
    sheet.append([1, "x" * 32_767, "@SUM(A1)"])
    sheet.append([10**300, "\u202e\U0001f600", -0.0])
    book.save(folder / "cells.xlsx")
    return folder / "cells.xlsx"


def _whole_files() -> Iterator[tuple[str, Maker]]:
    """Files that are bad as a whole."""
    for ending in ENDINGS:
        yield f"empty {ending}", _bytes(f"empty{ending}", b"")
        yield f"noise {ending}", _noise(ending)
    for ending, mark in product((".csv", ".xlsx", ".geojson", ".vcf"), (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0")):
        yield f"mark {mark.hex()} {ending}", _bytes(f"mark{ending}", mark)
    for kind, share in product(KINDS, (0.001, 0.1, 0.5, 0.9, 0.99)):
        yield f"{kind} cut at {share}", _truncated(kind, share)
    for kind, seed in product(KINDS, range(6)):
        yield f"{kind} damaged {seed}", _damaged(kind, seed)
    for kind, ending in product(KINDS, (".csv", ".xlsx", ".xls", ".parquet", ".geojson", ".gpkg", ".shp", ".vcf", ".zip", ".doc")):
        if ending != f".{kind}":
            yield f"{kind} called {ending}", _renamed(kind, ending)


def _contents() -> Iterator[tuple[str, Maker]]:
    """Files of one bad part."""
    for position, (field, value) in enumerate(_VALUES):
        yield f"{field} {position} {value[:12]!r}", _value(field, value)
    yield from ((f"shape: {name}", _feature_file(geometry)) for name, geometry in _SHAPES.items())
    yield from ((f"JSON: {name}", _text("odd.geojson", text)) for name, text in _JSON.items())
    yield from ((f"text: {name}", _bytes("odd.csv", content)) for name, content in _TEXTS.items())
    yield from ((f"card: {name}", _text("odd.vcf", text)) for name, text in _CARDS.items())
    yield from ((f"workbook: {name}", _xlsx_with(part, content)) for name, (part, content) in _PARTS.items())
    yield from ((f"Parquet: {name}", _parquet(table)) for name, table in _TABLES.items())
    yield from ((f"database: {name}", _database(statements)) for name, statements in _DATABASES.items())


_LARGE: dict[str, Maker] = {
    "a million columns": _million_columns,
    "a record of a million fields": _million_columns_without_header,
    "a field of 100 MB": _long_field("", ""),
    "a quoted field of 100 MB": _long_field('"', '"'),
    "a quoted field of 100 MB in many lines": _long_field('"\n', '\n"'),
    "a bomb called workbook": _bomb("bomb.xlsx", "xl/worksheets/sheet1.xml"),
    "a bomb called ODS": _bomb("bomb.ods", "content.xml"),
    "a bomb called Shapefile": _bomb("bomb.zip", "a.shp"),
    "a workbook of many parts": _many_parts,
    "a wide Parquet file": _wide_parquet,
    "a workbook of huge cells": _huge_cells,
}

_PLACES: dict[str, Maker] = {
    "a folder": _folder("folder.csv"),
    "a folder called workbook": _folder("folder.xlsx"),
    "a pipe": _fifo,
    "a link to itself": _link_to_itself,
    "a link to nothing": _dangling_link,
    "a link to a device without end": _link("/dev/zero"),
    "a link to a device": _link("/dev/null"),
    "a link to a file of the system": _link("/proc/self/mem"),
    "a name that is too long": _missing,
    "a Shapefile alone": _lone_shapefile,
    "a Shapefile of an empty table": _shapefile_with(".dbf", b""),
    "a Shapefile of a broken index": _shapefile_with(".shx", b"\0" * 10),
    "a Shapefile of another system": _shapefile_with(".prj", b"GEOGCS[nonsense"),
    "a Shapefile of an unknown encoding": _shapefile_with(".cpg", b"KLINGON-8"),
    "a Shapefile whose table is a folder": _sibling_is_a_folder,
    "a zip in a zip": _nested_zip,
}

BAD_FILES: dict[str, Maker] = dict([*_whole_files(), *_contents(), *_LARGE.items(), *_PLACES.items()])
"""Every bad file by what is wrong with it."""
