"""Workbooks: sheets, values, and what is refused before it is read."""

import io
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from gcrm.errors import ReadError
from gcrm.ingest.options import ReadOptions
from gcrm.ingest.readers import archives, detect, read
from gcrm.ingest.readers.sheets import process

_ODS_MIME = "application/vnd.oasis.opendocument.spreadsheet"
_ODS_NAMES = "".join(
    f' xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"' for short in ("office", "table", "text")
)  # fmt: skip


def _frame(path: Path, **options: object) -> pd.DataFrame:
    return pd.concat(list(read(path, ReadOptions.model_validate(options))))


def _book(path: Path, **sheets: list[list[object]]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    del book["Sheet"]
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return book


def _with_part(path: Path, part: str, content: bytes) -> None:
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(part, content)


def _ods(path: Path, rows: str, name: str = "people") -> None:
    sheet = f'<office:spreadsheet><table:table table:name="{name}">{rows}</table:table></office:spreadsheet>'
    content = f'<office:document-content{_ODS_NAMES} office:version="1.2"><office:body>{sheet}</office:body></office:document-content>'
    entry = f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODS_MIME}"/>'
    manifest = f'<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">{entry}</manifest:manifest>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", _ODS_MIME)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)


def _ods_row(*values: str, repeated: int = 1, repeated_cells: int = 1) -> str:
    cells = "".join(
        f'<table:table-cell table:number-columns-repeated="{repeated_cells}" office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
        for value in values
    )
    return f'<table:table-row table:number-rows-repeated="{repeated}">{cells}</table:table-row>'


def test_an_ods_sheet(tmp_path: Path) -> None:
    _ods(tmp_path / "a.ods", _ods_row("id", "name") + _ods_row("1", "Ada") + _ods_row("2", "Bo"))
    assert _frame(tmp_path / "a.ods")["name"].tolist() == ["Ada", "Bo"]
    assert detect(tmp_path / "a.ods").sheets == ("people",)


@pytest.mark.parametrize(("rows", "cells"), [(1_000_000, 100), (30_000, 1_000)])
def test_an_ods_sheet_that_repeats_without_end_is_refused(tmp_path: Path, rows: int, cells: int) -> None:
    _ods(tmp_path / "a.ods", _ods_row("id") + _ods_row("1", repeated=rows, repeated_cells=cells))
    with pytest.raises(ReadError, match=r"'people' spreads over .* cells"):
        _frame(tmp_path / "a.ods")


def test_empty_rows_at_the_end_of_an_ods_sheet_are_nothing(tmp_path: Path) -> None:
    empty = '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="1024"/></table:table-row>'
    _ods(tmp_path / "a.ods", _ods_row("id") + _ods_row("1") + empty)
    assert _frame(tmp_path / "a.ods")["id"].tolist() == ["1"]


def test_titles_hidden_sheets_merged_cells_and_errors_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = _book(path, notes=[["secret"]], people=[["Our customers"], [], ["id", "name", "city"], [1, "Ada", "Bonn"], [2, "#N/A", "Köln"]])
    book["notes"].sheet_state = "hidden"
    book["people"]["B5"].data_type = "e"
    book["people"].merge_cells("A1:C1")
    book.active = 1
    book.save(path)
    found = detect(path)

    assert _frame(path).to_dict("records") == [{"id": "1", "name": "Ada", "city": "Bonn"}, {"id": "2", "name": "", "city": "Köln"}]
    assert found.sheets == ("notes", "people")
    assert found.hidden == ("notes",)
    assert found.skip_lines is not None
    assert found.skip_lines.value == 1
    assert [note.split(" ", 1)[1] for note in found.notes] == [
        "'people' is read.", "cells hold an error such as #N/A; they are read as empty.", "groups of cells are merged; only the first of each holds its value.",
    ]  # fmt: skip
    assert _frame(path, sheet="notes", header=False)["column 1"].tolist() == ["secret"]


def test_a_sheet_without_a_header(tmp_path: Path) -> None:
    _book(tmp_path / "a.xlsx", a=[[1, "Ada", 53111], [2, "Bo", 50667], [3, "Cy", 10115]])
    assert _frame(tmp_path / "a.xlsx").columns.tolist() == ["column 1", "column 2", "column 3"]
    assert _frame(tmp_path / "a.xlsx", columns=("id", "name", "zip"))["name"].tolist() == ["Ada", "Bo", "Cy"]


def test_a_sheet_that_does_not_begin_in_the_corner(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    for cell, value in {"C4": "id", "D4": "name", "C5": "1", "D5": "Ada"}.items():
        book["Sheet"][cell] = value
    book.save(path)
    assert _frame(path).to_dict("records") == [{"id": "1", "name": "Ada"}]


def test_a_sheet_of_two_cells_far_apart_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    book["Sheet"]["A1"] = "id"
    book["Sheet"]["XFD1048576"] = 1
    book.save(path)
    with pytest.raises(ReadError, match=r"'Sheet' spreads over 17,179,869,184 cells|in 1,024 MiB of memory|Cell limit"):
        _frame(path)


@pytest.mark.parametrize(
    ("part", "content", "sentence"),
    [
        ("xl/vbaProject.bin", b"x", "holds macros"),
        ("xl/macrosheets/sheet1.xml", b"<x/>", "holds macros"),
        ("xl/workbook.bin", b"x", "is a binary workbook"),
        ("inner.zip", b"PK", "holds another archive, 'inner.zip'"),
        ("../../etc/passwd", b"x", "points outside of it"),
        ("/etc/passwd", b"x", "points outside of it"),
        ("xl/sharedStrings2.xml", b'<!DOCTYPE lolz [<!ENTITY lol "lol">]><x>&lol;</x>', "defines XML entities in xl/sharedStrings2.xml"),
    ],
)
def test_a_workbook_that_holds_what_none_should(tmp_path: Path, part: str, content: bytes, sentence: str) -> None:
    path = tmp_path / "a.xlsx"
    _book(path, a=[["id"], [1]])
    _with_part(path, part, content)
    with pytest.raises(ReadError, match=sentence) as caught:
        _frame(path)
    assert str(caught.value).startswith("a.xlsx")


def test_a_workbook_of_too_many_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.xlsx"
    _book(path, a=[["id"], [1]])
    monkeypatch.setattr(archives, "MOST_ENTRIES", 3)
    with pytest.raises(ReadError, match="more than the 3 allowed"):
        _frame(path)


def test_parts_that_overlap_are_the_way_of_bombs(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    _book(path, a=[["id"], [1]])
    data = bytearray(path.read_bytes())
    first, second = data.find(b"PK\x01\x02"), data.find(b"PK\x01\x02", data.find(b"PK\x01\x02") + 4)
    data[second + 42 : second + 46] = data[first + 42 : first + 46]  # both entries of the directory name one place
    path.write_bytes(data)
    with pytest.raises(ReadError, match=r"overlap|not a workbook"):
        _frame(path)


@pytest.mark.parametrize(
    ("name", "sentence"), [("EncryptedPackage", "is encrypted"), ("_VBA_PROJECT", "holds macros"), ("WordDocument", "another kind of old office file")]
)
def test_old_workbooks_that_are_refused(tmp_path: Path, name: str, sentence: str) -> None:
    path = tmp_path / "a.xls"
    path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600) + name.encode("utf-16-le") + bytes(600))
    with pytest.raises(ReadError, match=sentence):
        _frame(path)


@pytest.mark.parametrize(
    "last_words", ["", 'print(\'{"sheets": ["a"], "hidden": [], "chosen": "a"}\', flush=True); ', "print('{\"shee', end='', flush=True); "]
)
def test_a_workbook_that_ends_its_reader_is_an_error_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last_words: str) -> None:
    program = tmp_path / "aborts.py"
    program.write_text(f"import os; {last_words}os.abort()")
    monkeypatch.setattr(process, "_PROGRAM", program)
    _book(tmp_path / "a.xlsx", a=[["id"], [1]])
    with pytest.raises(ReadError, match=r"a\.xlsx is not a workbook that can be read"):
        _frame(tmp_path / "a.xlsx")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [("a.xls", b"<html><table><tr><td>1</td></tr></table></html>", "is a web page or XML"), ("a.xlsx", b"\x89PNG\r\n", "is a picture")],
)
def test_what_is_only_called_a_workbook(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ReadError, match=sentence):
        _frame(tmp_path / name)


def test_a_workbook_called_csv_and_a_text_called_xlsx_are_read_as_what_they_are(tmp_path: Path) -> None:
    _book(tmp_path / "a.xlsx", a=[["id", "name"], [1, "Ada"]])
    (tmp_path / "a.csv").write_bytes((tmp_path / "a.xlsx").read_bytes())
    (tmp_path / "b.xls").write_text("id\tname\n1\tAda\n")

    assert _frame(tmp_path / "a.csv")["name"].tolist() == ["Ada"]
    assert detect(tmp_path / "a.csv").notes[0] == "It is called .csv, but is workbook, and is read as that."
    assert _frame(tmp_path / "b.xls")["name"].tolist() == ["Ada"]
    assert detect(tmp_path / "b.xls").notes[0] == "It is called .xls, but is delimited text, and is read as that."


def test_an_archive_of_something_else(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    (tmp_path / "a.docx").write_bytes(buffer.getvalue())
    with pytest.raises(ReadError, match="a letter or slides"):
        _frame(tmp_path / "a.docx")
