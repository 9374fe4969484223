"""Files become frames of text: CSV and its relatives, XLSX, Parquet, GeoJSON, a chunk at a time."""

import csv
import math
import zipfile
from collections.abc import Callable, Iterator, Mapping
from itertools import batched
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook

from gcrm.errors import ReadError
from gcrm.ingest import delimited
from gcrm.ingest.options import ReadOptions
from gcrm.units import WGS84

CHUNK_ROWS = 50_000
"""Records in a chunk: enough to be fast, few enough for bounded memory."""

LARGEST_WORKBOOK_BYTES = 1 << 30
"""A workbook that unpacks to more is refused: it is read whole, and small files can be made to unpack to terabytes."""

SURPLUS = "(more than the header has)"
"""Column of the fields that a record has beyond its header; a record with them is refused."""

MISSING = "(fewer than the header has)"
"""Column that marks a record with fewer fields than the header; such a record is refused."""

Reader = Callable[[Path, ReadOptions], Iterator[pd.DataFrame]]


def _frame(records: list[list[str]], columns: list[str], first: int) -> pd.DataFrame:
    """A chunk of text records, numbered; ragged ones are marked in columns of their own."""
    width = len(columns)
    surplus: dict[int, str] = {}
    missing: dict[int, str] = {}
    for position, record in enumerate(records):
        if len(record) > width:
            surplus[position] = " | ".join(record[width:])
            records[position] = record[:width]
        elif len(record) < width:
            missing[position] = f"{len(record)} of {width}"
            records[position] = record + [""] * (width - len(record))
    frame = pd.DataFrame(records, columns=columns, dtype="string")
    if surplus:
        frame[SURPLUS] = pd.Series(surplus, dtype="string").reindex(frame.index)
    if missing:
        frame[MISSING] = pd.Series(missing, dtype="string").reindex(frame.index)
    frame.index = pd.RangeIndex(first, first + len(frame), name="row_number")
    return frame


def _unique_names(header: list[str]) -> list[str]:
    """Header names without blanks around them, and without NUL, which no database takes; an empty or repeated one gets its position."""
    names: list[str] = []
    for position, raw in enumerate(header, start=1):
        name = raw.replace("\0", "").strip() or f"column {position}"
        names.append(name if name not in names else f"{name} ({position})")
    return names


def _chunks(records: Iterator[list[str]], path: Path, options: ReadOptions) -> Iterator[pd.DataFrame]:
    if options.columns is not None:
        columns = list(options.columns)
    else:
        header = next(records, None)
        if header is None:
            raise ReadError(f"{path.name} is empty; it needs at least a header line.")
        columns = _unique_names(header)
    first = 1
    for chunk in batched(records, CHUNK_ROWS):
        yield _frame(list(chunk), columns, first)
        first += len(chunk)


def _read_delimited(path: Path, options: ReadOptions) -> Iterator[pd.DataFrame]:
    try:
        yield from _chunks(delimited.records(path, options), path, options)
    except UnicodeDecodeError as error:
        raise ReadError(
            f"{path.name} is not {error.encoding} text: byte 0x{error.object[error.start]:02x} cannot be read; name its encoding with --encoding."
        ) from error
    except LookupError as error:
        raise ReadError(f"{path.name}: there is no encoding {options.encoding!r}; name one such as utf-8 or cp1252.") from error
    except csv.Error as error:
        raise ReadError(f"{path.name} cannot be read as delimited text ({error}); mend it, or name its delimiter with --delimiter.") from error


def _read_workbook(path: Path, options: ReadOptions) -> Iterator[pd.DataFrame]:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > LARGEST_WORKBOOK_BYTES:
            raise ReadError(f"{path.name} unpacks to {unpacked:,} bytes, more than the {LARGEST_WORKBOOK_BYTES:,} allowed; save it as CSV.")
        workbook = CalamineWorkbook.from_path(path)
        if options.sheet is not None and options.sheet not in workbook.sheet_names:
            raise ReadError(f"{path.name} has no sheet {options.sheet!r}; it has {', '.join(workbook.sheet_names)}.")
        sheet = workbook.get_sheet_by_name(options.sheet) if options.sheet is not None else workbook.get_sheet_by_index(0)
    except (zipfile.BadZipFile, CalamineError) as error:
        raise ReadError(f"{path.name} is not a workbook that can be read ({error}); save it again as XLSX or CSV.") from error
    rows = ([_cell_text(value) for value in row] for row in sheet.iter_rows())
    # iter_rows keeps rows that only look used; they hold nothing and count for nothing.
    yield from _chunks((row for row in rows if any(row)), path, options)


def _cell_text(value: object) -> str:
    """A value as a person would read it: what is missing as "", a float with the 15 digits that a spreadsheet shows."""
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{value:.15g}"
    isoformat = getattr(value, "isoformat", None)
    return isoformat() if isoformat else str(value)


def _read_parquet(path: Path, options: ReadOptions) -> Iterator[pd.DataFrame]:
    del options
    try:
        file = pq.ParquetFile(path)
        first = 1
        for batch in file.iter_batches(batch_size=CHUNK_ROWS):
            columns = {name: _arrow_text(column) for name, column in zip(batch.schema.names, batch.columns, strict=True)}
            frame = pd.DataFrame(columns).set_axis(pd.RangeIndex(first, first + batch.num_rows, name="row_number"), axis="index")
            first += batch.num_rows
            yield frame
    except pa.ArrowException as error:
        raise ReadError(f"{path.name} is not a Parquet file that can be read ({error}); write it again.") from error


def _arrow_text(column: pa.Array) -> pd.Series:
    if pa.types.is_timestamp(column.type):
        zone = "Z" if column.type.tz else ""
        utc = column.cast(pa.timestamp(column.type.unit, "UTC" if zone else None))
        column = pc.strftime(utc, format="%Y-%m-%dT%H:%M:%S" + zone)
    elif pa.types.is_nested(column.type) or pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        column = pa.array(None if value is None else value.hex() if isinstance(value, bytes) else str(value) for value in column.to_pylist())
    text = pc.fill_null(column.cast(pa.string()), "")
    return pd.Series(text.to_pandas(), dtype="string")


def _read_geojson(path: Path, options: ReadOptions) -> Iterator[pd.DataFrame]:
    del options
    try:
        features = gpd.read_file(path)
    except Exception as error:  # pyogrio raises one class per driver, without a common base
        raise ReadError(f"{path.name} is not GeoJSON that can be read ({error}); it must be a FeatureCollection.") from error
    if not isinstance(features, gpd.GeoDataFrame):
        raise ReadError(f"{path.name} has no geometry; read it as CSV or XLSX.")
    if features.crs is not None:
        features = features.to_crs(WGS84)
    frame = pd.DataFrame(features.drop(columns=features.geometry.name)).map(_cell_text).astype("string")
    points = features.geometry.where(features.geom_type == "Point")
    frame["longitude"], frame["latitude"] = (axis.map(lambda value: "" if pd.isna(value) else repr(value)).astype("string") for axis in (points.x, points.y))
    frame["geometry"] = features.geometry.to_wkt().astype("string").fillna("")
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="row_number")
    yield frame


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        ".csv": _read_delimited,
        ".tsv": _read_delimited,
        ".txt": _read_delimited,
        ".xlsx": _read_workbook,
        ".parquet": _read_parquet,
        ".geojson": _read_geojson,
        ".json": _read_geojson,
    }
)
"""The reader of each ending."""


def read(path: Path, options: ReadOptions | None = None) -> Iterator[pd.DataFrame]:
    """The records of a file as text, a chunk at a time.

    Args:
        path: a CSV, TSV, TXT, XLSX, Parquet or GeoJSON file.
        options: how to read it, where it does not say so itself.

    Yields:
        Frames of at most CHUNK_ROWS rows, one row per record, every column text with "" for nothing; the index
        `row_number` counts the records of the file from 1. GeoJSON gives `geometry` (WKT, EPSG:4326) and, for
        points, `longitude` and `latitude`.

    Raises:
        ReadError: the file is not there, of a kind that is not read, or broken.
    """
    if not path.is_file():
        raise ReadError(f"{path} is not a file; check the path.")
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise ReadError(f"{path.name}: files that end in {path.suffix or 'nothing'} are not read; use {', '.join(READERS)}.")
    yield from reader(path, options or ReadOptions())
