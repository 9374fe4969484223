"""Sheets of workbooks (XLSX, ODS, XLS) as tables of text: values of formulas, not formulas."""

import re
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import batched, chain, islice
from pathlib import Path
from typing import IO
from xml.etree import ElementTree as ET
from xml.parsers import expat

import pyarrow as pa

from gcrm.errors import ReadError
from gcrm.ingest.options import ReadOptions
from gcrm.ingest.readers import archives, layout
from gcrm.ingest.readers.detection import Detection, Finding, Format
from gcrm.ingest.readers.frames import MOST_CELLS, MOST_COLUMNS, text_table, unique_names
from gcrm.ingest.readers.sheets import process
from gcrm.ingest.readers.sheets.process import OpenBook

_BATCH_RECORDS = 20_000
_SAMPLE_RECORDS = 200
_BLOCK_BYTES = 1 << 20
_MOST_NAMES_BYTES = 1 << 24
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ERROR_CELL = re.compile(rb'<(?:\w+:)?c\b[^>]*?\bt="e"')
_MERGED_CELL = re.compile(rb"<(?:\w+:)?mergeCell\b")
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
_ODS_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
_SAVE_AGAIN = "save it again as XLSX or CSV"


@dataclass
class _Extent:
    """What a look through a sheet's XML finds."""

    last_row: int = 0
    last_column: int = 0
    errors: int = 0
    merged: int = 0

    @property
    def cells(self) -> int:
        return self.last_row * self.last_column


def read(path: Path, options: ReadOptions) -> Generator[pa.Table]:
    """The rows of a sheet that hold anything, titles above the header left out.

    Args:
        path: the workbook.
        options: sheet, header, columns, skip_lines; else the first visible sheet, and the rest detected.

    Raises:
        ReadError: it is broken, encrypted, holds macros or is made to fill the memory, or has no such sheet.
    """
    with _opened(path, options) as book:
        rows = book.rows()
        sample = list(islice(rows, _SAMPLE_RECORDS))
        skip, header = _layout(sample, options)
        records = chain(sample[skip:], rows)
        names = next(records, None) if header.value else [""] * max(map(len, sample), default=0)
        if names is None or not sample:
            raise ReadError(f"{path.name}: sheet {book.chosen!r} is empty; it needs at least a header line.")
        if len(names) > MOST_COLUMNS:
            raise ReadError(f"{path.name} has {len(names):,} columns, more than the {MOST_COLUMNS:,} allowed; leave out those that are not needed.")
        columns = unique_names(list(options.columns) if options.columns is not None else names)
        repeated = names if header.value else None
        for batch in batched((row for row in records if row != repeated), max(1, min(_BATCH_RECORDS, MOST_CELLS // len(columns)))):
            yield text_table(list(batch), columns)


def detect(path: Path, options: ReadOptions) -> Detection:
    """What a workbook holds, and how its sheet is read.

    Raises:
        ReadError: as in `read`.
    """
    with _one_sentence(path), _opened(path, options) as book:
        extent = _traits(path, book.chosen)
        skip, header = _layout(list(islice(book.rows(), _SAMPLE_RECORDS)), options)
    notes = [f"Sheet {book.chosen!r} is read."] if len(book.sheets) > 1 else []
    if extent.errors:
        notes.append(f"{extent.errors:,} cells hold an error such as #N/A; they are read as empty.")
    if extent.merged:
        notes.append(f"{extent.merged:,} groups of cells are merged; only the first of each holds its value.")
    skipped = Finding(skip, 1.0 if options.skip_lines is not None else 0.9)
    return Detection(Format.WORKBOOK, header=header, skip_lines=skipped, sheets=book.sheets, hidden=book.hidden, notes=tuple(notes))


def _layout(sample: list[list[str]], options: ReadOptions) -> tuple[int, Finding[bool]]:
    skip = options.skip_lines if options.skip_lines is not None else layout.preamble(sample)
    if options.header is not None:
        return skip, Finding(options.header, 1.0)
    if options.columns is not None:
        return skip, Finding(value=False, confidence=1.0)
    return skip, layout.header(sample[skip], sample[skip + 1 :]) if len(sample) > skip else Finding(value=True, confidence=0.5)


@contextmanager
def _opened(path: Path, options: ReadOptions) -> Iterator[OpenBook]:
    with path.open("rb") as file:
        old = file.read(len(_OLE)) == _OLE
    if old:
        _check_old(path)
    else:
        with _one_sentence(path), archives.checked(path, "a workbook") as archive:
            _check_parts(archive, path.name)
            _check_ods(archive, path.name)
    with process.opened(path, options.sheet) as book:
        yield book


@contextmanager
def _one_sentence(path: Path) -> Iterator[None]:
    try:
        yield
    except (ET.ParseError, expat.ExpatError, KeyError, zlib.error, zipfile.BadZipFile) as error:
        raise ReadError(f"{path.name} is not a workbook that can be read ({error}); {_SAVE_AGAIN}.") from error


def _check_old(path: Path) -> None:
    """Refuses an old workbook that is encrypted as a package, or holds macros; both are named in its directory, in UTF-16."""
    data = path.read_bytes() if path.stat().st_size <= archives.MOST_BYTES // 4 else b""
    if not data:
        raise ReadError(f"{path.name} is larger than any old workbook; save it as XLSX or CSV.")
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise ReadError(f"{path.name} is encrypted; save it without a password.")
    if "_VBA_PROJECT".encode("utf-16-le") in data:
        raise ReadError(f"{path.name} holds macros; save it without them, as XLSX.")
    if not any(name.encode("utf-16-le") in data for name in ("Workbook", "Book")):
        raise ReadError(f"{path.name} is not a workbook that can be read (it is another kind of old office file); save it as XLSX.")


def _check_parts(archive: zipfile.ZipFile, name: str) -> None:
    parts = archive.namelist()
    if any(part.lower().endswith(("vbaproject.bin", ".xlm")) or "macrosheets/" in part.lower() for part in parts) or any(
        part.startswith("Basic/") and part.endswith(".xml") and not part.endswith(("script-lc.xml", "script-lb.xml")) for part in parts
    ):
        raise ReadError(f"{name} holds macros; save it without them, as XLSX.")
    if "xl/workbook.bin" in parts:
        raise ReadError(f"{name} is a binary workbook (XLSB); save it as XLSX.")
    if "META-INF/manifest.xml" in parts and b"encryption-data" in _part(archive, "META-INF/manifest.xml", name):
        raise ReadError(f"{name} is encrypted; save it without a password.")
    if not any(part in parts for part in ("xl/workbook.xml", "content.xml", "[Content_Types].xml")):
        raise ReadError(f"{name} is not a workbook that can be read (it is another kind of archive); {_SAVE_AGAIN}.")
    for part in parts:
        if part.endswith((".xml", ".rels")):
            archives.open_part(archive, part, name).close()


def _part(archive: zipfile.ZipFile, part: str, name: str) -> bytes:
    with archives.open_part(archive, part, name) as stream:
        data = stream.read(_MOST_NAMES_BYTES + 1)
    if len(data) > _MOST_NAMES_BYTES:
        raise ReadError(f"{name} is not a workbook that can be read ({part} is too long); {_SAVE_AGAIN}.")
    return data


def _check_ods(archive: zipfile.ZipFile, name: str) -> None:
    """Refuses an ODS workbook that repeats cells without end: the library reads all its sheets at once."""
    if "content.xml" in archive.namelist():
        with archives.open_part(archive, "content.xml", name) as stream:
            for sheet, extent in _ods_extents(stream).items():
                if extent.cells > process.MOST_CELLS:
                    raise ReadError(
                        f"{name}: sheet {sheet!r} spreads over {extent.cells:,} cells, more than the {process.MOST_CELLS:,} allowed; save it as CSV."
                    )


def _traits(path: Path, sheet: str) -> _Extent:
    """What is to be told of a sheet: cells with errors, merged cells."""
    with path.open("rb") as file:
        if file.read(len(_OLE)) == _OLE:
            return _Extent()
    with archives.checked(path, "a workbook") as archive:
        if "content.xml" in archive.namelist():
            with archives.open_part(archive, "content.xml", path.name) as stream:
                return _ods_extents(stream).get(sheet, _Extent())
        part = _sheet_parts(archive, path.name).get(sheet)
        if part is None:
            return _Extent()
        with archives.open_part(archive, part, path.name) as stream:
            return _xlsx_traits(stream)


def _sheet_parts(archive: zipfile.ZipFile, name: str) -> dict[str, str]:
    """The part of each sheet, by xl/workbook.xml and its relations (ECMA-376 part 1, 18.2)."""
    relations = ET.fromstring(_part(archive, "xl/_rels/workbook.xml.rels", name))  # noqa: S314 - without entities, see open_part
    targets = {each.get("Id"): each.get("Target", "") for each in relations}
    workbook = ET.fromstring(_part(archive, "xl/workbook.xml", name))  # noqa: S314 - as above
    parts = {}
    for sheet in workbook.iter():
        target = targets.get(sheet.get(_RELATION) or sheet.get(_STRICT_RELATION)) if sheet.tag.endswith("}sheet") else None
        if target:
            part = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
            if part in archive.namelist():
                parts[sheet.get("name", "")] = part
    return parts


def _xlsx_traits(stream: IO[bytes]) -> _Extent:
    extent = _Extent()
    rest = b""
    while block := stream.read(_BLOCK_BYTES):
        rest += block
        cut = rest.rfind(b">") + 1
        text, rest = rest[:cut], rest[cut:]
        extent.errors += len(_ERROR_CELL.findall(text)) if b't="e"' in text else 0
        extent.merged += len(_MERGED_CELL.findall(text)) if b"mergeCell" in text else 0
    return extent


def _ods_extents(stream: IO[bytes]) -> dict[str, _Extent]:
    """The extent of each sheet: cells and rows may be said to repeat any number of times (OpenDocument 1.2 part 1, 19.675)."""
    scan = _OdsScan()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = scan.start, scan.end
    parser.ParseFile(stream)
    return scan.found


class _OdsScan:
    """Counts the rows and cells of content.xml that hold a value, element by element."""

    def __init__(self) -> None:
        self.found: dict[str, _Extent] = {}
        self._extent = _Extent()
        self._row = self._column = self._used = 0
        self._repeat = 1

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == f"{_ODS_TABLE} table":
            self._extent = self.found[attributes.get(f"{_ODS_TABLE} name", "")] = _Extent()
            self._row = 0
        elif tag == f"{_ODS_TABLE} table-row":
            self._repeat, self._column, self._used = _count(attributes.get(f"{_ODS_TABLE} number-rows-repeated")), 0, 0
        elif tag in {f"{_ODS_TABLE} table-cell", f"{_ODS_TABLE} covered-table-cell"}:
            self._column += _count(attributes.get(f"{_ODS_TABLE} number-columns-repeated"))
            self._extent.merged += any(attributes.get(f"{_ODS_TABLE} number-{axis}-spanned", "1") != "1" for axis in ("rows", "columns"))
            if any(name.endswith(" value-type") for name in attributes):
                self._used = self._column

    def end(self, tag: str) -> None:
        if tag == f"{_ODS_TABLE} table-row":
            self._row += self._repeat
            if self._used:
                self._extent.last_row, self._extent.last_column = self._row, max(self._extent.last_column, self._used)


def _count(text: str | None) -> int:
    return min(int(text), 1 << 30) if text and text.isdecimal() else 1
