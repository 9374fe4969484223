"""What a file is, by its content; its ending counts only where the content leaves it open."""

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from gcrm.errors import ReadError
from gcrm.ingest.readers.detection import Format

ENDINGS: Mapping[str, Format] = MappingProxyType(
    {
        **dict.fromkeys((".csv", ".tsv", ".txt", ".tab", ".psv", ".dat", ".asc"), Format.DELIMITED),
        **dict.fromkeys((".xlsx", ".ods", ".xls", ".xlsm"), Format.WORKBOOK),
        ".parquet": Format.PARQUET,
        **dict.fromkeys((".geojson", ".json", ".geojsonl", ".geojsons", ".ndjson", ".jsonl"), Format.GEOJSON),
        ".gpkg": Format.GEOPACKAGE,
        **dict.fromkeys((".shp", ".zip"), Format.SHAPEFILE),
        **dict.fromkeys((".vcf", ".vcard"), Format.VCARD),
    }
)
"""The format of each ending."""

_HEAD_BYTES = 4096
_NOT_READ = (
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"%PDF", "a PDF"),
    (b"{\\rtf", "a letter (RTF)"),
    (b"\x1f\x8b", "packed (gzip); unpack it first"),
    (b"BZh", "packed (bzip2); unpack it first"),
    (b"\xfd7zXZ", "packed (xz); unpack it first"),
    (b"\x28\xb5\x2f\xfd", "packed (zstd); unpack it first"),
    (b"7z\xbc\xaf", "packed (7z); unpack it first"),
    (b"Rar!", "packed (RAR); unpack it first"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"RIFF", "a sound or a film"),
    (b"\x89HDF", "HDF5"),
    (b"ARROW1", "Arrow IPC; write it as Parquet"),
    (b"Obj\x01", "Avro; write it as Parquet"),
    (b"PARE", "an encrypted Parquet file; write it without encryption"),
)
_MARKUP = re.compile(rb"<(?:!doctype|html|\?xml|table|kml|gml|head|body|script|svg)\b", re.IGNORECASE)
_WIDE_MARKUP = re.compile(r"<(?:!doctype|html|\?xml|table)\b", re.IGNORECASE)


def format_of(path: Path) -> Format:
    """The format of a file.

    Raises:
        ReadError: it is none that is read.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    by_ending = ENDINGS.get(path.suffix.lower())
    found = _binary(head, path) or _text(head, by_ending)
    if found is not None:
        return found
    if by_ending is None:
        raise ReadError(f"{path.name}: files that end in {path.suffix or 'nothing'} are not read; use {', '.join(ENDINGS)}.")
    return by_ending if by_ending in {Format.PARQUET, Format.GEOPACKAGE} or (by_ending is Format.SHAPEFILE) else Format.DELIMITED


def note(path: Path, found: Format) -> tuple[str, ...]:
    """What to say where a file is not what it is called."""
    by_ending = ENDINGS.get(path.suffix.lower())
    return () if by_ending in {found, None} else (f"It is called {path.suffix}, but is {found}, and is read as that.",)


def _binary(head: bytes, path: Path) -> Format | None:
    for mark, found in ((b"PAR1", Format.PARQUET), (b"SQLite format 3\0", Format.GEOPACKAGE), (b"\x00\x00\x27\x0a", Format.SHAPEFILE)):
        if head.startswith(mark) and (found is not Format.SHAPEFILE or path.suffix.lower() != ".shx"):
            return found
    if head.startswith(bytes.fromhex("d0cf11e0a1b11ae1")):
        return Format.WORKBOOK
    if head.startswith(b"PK"):
        return _archive(path)
    for mark, what in _NOT_READ:
        if head.startswith(mark):
            wanted = {Format.PARQUET: "a Parquet file", Format.GEOJSON: "GeoJSON", Format.GEOPACKAGE: "a GeoPackage", Format.WORKBOOK: "a workbook"}
            instead = wanted.get(ENDINGS.get(path.suffix.lower(), Format.DELIMITED), "a table")
            raise ReadError(f"{path.name} is not {instead} that can be read (it is {what}); save it as CSV, XLSX or Parquet.")
    return None


def _archive(path: Path) -> Format | None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.lower() for name in archive.namelist()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        by_ending = ENDINGS.get(path.suffix.lower())
        return by_ending if by_ending in {Format.WORKBOOK, Format.SHAPEFILE} else None
    if any(name.startswith("xl/") for name in names) or "content.xml" in names:
        return Format.WORKBOOK
    if any(name.endswith(".shp") for name in names):
        return Format.SHAPEFILE
    if ENDINGS.get(path.suffix.lower()) is Format.WORKBOOK:
        return Format.WORKBOOK
    what = "a letter or slides" if any(name.startswith(("word/", "ppt/")) for name in names) else "an archive without a Shapefile; unpack it first"
    raise ReadError(f"{path.name} is not a table that can be read (it is {what}); save it as CSV, XLSX or Parquet.")


def _text(head: bytes, by_ending: Format | None) -> Format | None:
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"), (b"", "utf-8")):
        if head.startswith(mark):
            text = head[len(mark) :].decode(encoding, errors="replace").lstrip("\ufeff").lstrip()
            break
    if re.match(r"BEGIN\s*:\s*VCARD", text, re.IGNORECASE):
        return Format.VCARD
    if text[:1] in {"{", "[", "\x1e"} and (by_ending is Format.GEOJSON or re.search(r'"type"\s*:\s*"(?:Feature|FeatureCollection)"', text)):
        return Format.GEOJSON
    return by_ending if by_ending in {Format.VCARD, Format.GEOJSON} else None


def refuse_markup(path: Path) -> None:
    """Refuses a web page or XML that is called a table, as some programs export it.

    Raises:
        ReadError: it is one.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if _MARKUP.match(text) or _WIDE_MARKUP.match(head.decode("utf-16", errors="ignore").lstrip()):
        raise ReadError(f"{path.name} is a web page or XML, not a table; open it in a spreadsheet and save it as CSV or XLSX.")
