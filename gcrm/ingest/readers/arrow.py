"""Arrow columns of any type as text, as a person would write their values."""

import json
from collections.abc import Generator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyproj import CRS
from pyproj.exceptions import CRSError

from gcrm.errors import ReadError
from gcrm.ingest.options import ReadOptions
from gcrm.ingest.readers.detection import Detection, Format
from gcrm.ingest.readers.frames import MARKS, MOST_COLUMNS
from gcrm.ingest.readers.shapes import name_of, with_geometry
from gcrm.ingest.readers.values import cell_text

_BATCH_RECORDS = 10_000
_MOST_PAGE_BYTES = 1 << 29


def read(path: Path, options: ReadOptions) -> Generator[pa.Table]:
    """The rows of a Parquet file; lists, structures and maps as JSON, bytes in hexadecimal, the geometry of GeoParquet as WKT.

    Raises:
        ReadError: it cannot be read.
    """
    del options
    try:
        with pq.ParquetFile(path) as file:
            _check(file, path)
            geo = _geometry(file)
            for batch in file.iter_batches(batch_size=_BATCH_RECORDS):
                yield _table(batch, geo)
    except (pa.ArrowException, OSError, ValueError, OverflowError, NotImplementedError) as error:
        raise ReadError(f"{path.name} is not a Parquet file that can be read ({' '.join(str(error).split())}); write it again.") from error


def _table(batch: pa.RecordBatch, geo: tuple[str, CRS] | None) -> pa.Table:
    """A batch as text; marks, which a spooled file carries, stay missing where there is none."""
    columns = list(zip(batch.schema.names, batch.columns, strict=True))
    plain = [(name, column) for name, column in columns if name not in MARKS and (geo is None or name != geo[0])]
    wkb, crs = (batch.column(geo[0]), geo[1]) if geo else (None, None)
    table = with_geometry([text_column(column) for _, column in plain], [name for name, _ in plain], wkb, crs)
    for name in MARKS.keys() & set(batch.schema.names):
        texts = text_column(batch.column(batch.schema.names.index(name)))
        table = table.append_column(name, pc.if_else(pc.equal(texts, ""), None, texts))
    return table


def detect(path: Path) -> Detection:
    """What a Parquet file says of itself: the reference system, if it is GeoParquet.

    Raises:
        ReadError: it cannot be read.
    """
    try:
        with pq.ParquetFile(path) as file:
            _check(file, path)
            geo = _geometry(file)
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise ReadError(f"{path.name} is not a Parquet file that can be read ({' '.join(str(error).split())}); write it again.") from error
    return Detection(Format.PARQUET, crs=name_of(geo[1]) if geo else None)


def _geometry(file: pq.ParquetFile) -> tuple[str, CRS] | None:
    """The geometry column of GeoParquet and its reference system, where it is WKB (GeoParquet 1.1); OGC:CRS84 where it names none."""
    try:
        geo = json.loads((file.schema_arrow.metadata or {}).get(b"geo", b"null"))
        column = geo["columns"][geo["primary_column"]]
        crs = CRS.from_user_input(column.get("crs") or "OGC:CRS84")
    except (ValueError, KeyError, TypeError, AttributeError, CRSError):
        return None
    name = geo["primary_column"]
    schema = file.schema_arrow
    wkb = column.get("encoding") == "WKB" and schema.names.count(name) == 1 and schema.field(name).type in {pa.binary(), pa.large_binary()}
    return (name, crs) if wkb else None


def _check(file: pq.ParquetFile, path: Path) -> None:
    width = len(file.schema_arrow.names)
    if width > MOST_COLUMNS:
        raise ReadError(f"{path.name} has {width:,} columns, more than the {MOST_COLUMNS:,} allowed; leave out those that are not needed.")
    groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
    largest = max((group.column(number).total_uncompressed_size for group in groups for number in range(group.num_columns)), default=0)
    if largest > _MOST_PAGE_BYTES:
        raise ReadError(f"{path.name} unpacks a column to {largest:,} bytes at once, more than the {_MOST_PAGE_BYTES:,} allowed; write smaller row groups.")


def text_column(column: pa.Array) -> pa.Array:
    """A column as text, "" for nothing.

    Times are in ISO 8601, with Z where they have a zone; floats without a fraction are whole; lists, structures and maps
    are JSON; bytes are hexadecimal.

    Args:
        column: of any type.
    """
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if pa.types.is_timestamp(kind):
        zone = "Z" if kind.tz else ""
        utc = column.cast(pa.timestamp(kind.unit, "UTC" if zone else None))
        column = pc.strftime(utc, format="%Y-%m-%dT%H:%M:%S" + zone)
    elif pa.types.is_floating(kind):
        column = _floats(column.cast(pa.float64()) if pa.types.is_float16(kind) else column)
    elif pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        column = pa.array((None if value is None else cell_text(value) for value in column.to_pylist()), pa.string())
    elif pa.types.is_duration(kind) or pa.types.is_interval(kind):
        column = pa.array((None if value is None else str(value) for value in column.to_pylist()), pa.string())
    return pc.fill_null(_valid_text(column.cast(pa.string())), "")


def _valid_text(column: pa.Array) -> pa.Array:
    """Text that is UTF-8, as its type promises; other bytes are written as their hexadecimal codes."""
    raw = column.cast(pa.binary())
    try:
        return raw.cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array((None if value is None else value.decode("utf-8", "backslashreplace") for value in raw.to_pylist()), pa.string())


def _floats(column: pa.Array) -> pa.Array:
    """Not a number is nothing; a whole number has no point."""
    column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    whole = pc.and_(pc.equal(pc.floor(column), column), pc.less(pc.abs(column), 1e15))
    integers = pc.if_else(whole, column, pa.scalar(0, column.type)).cast(pa.int64()).cast(pa.string())
    return pc.if_else(whole, integers, column.cast(pa.string()))
