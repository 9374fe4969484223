"""Files become frames of text: one file a format, chosen by what a file holds."""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import pyarrow as pa

from gcrm.errors import ReadError
from gcrm.ingest.options import ReadOptions
from gcrm.ingest.readers import arrow, delimited, dialect, features, kinds, vcard, workbook
from gcrm.ingest.readers.detection import Detection, Finding, Format
from gcrm.ingest.readers.frames import MARKS, MISSING, SURPLUS, UNREADABLE, numbered_frames
from gcrm.ingest.readers.mended import as_it_was, has_reasons, own_layout

__all__ = ["CHUNK_ROWS", "MARKS", "MISSING", "SURPLUS", "UNREADABLE", "Detection", "Finding", "Format", "detect", "read", "settled"]

CHUNK_ROWS = 50_000
"""Records in a chunk: enough to be fast, few enough for bounded memory."""

_READERS: Mapping[Format, Callable[[Path, ReadOptions], Generator[pa.Table]]] = MappingProxyType(
    {
        Format.DELIMITED: delimited.read,
        Format.WORKBOOK: workbook.read,
        Format.PARQUET: arrow.read,
        Format.GEOJSON: features.read_geojson,
        Format.GEOPACKAGE: features.read_geopackage,
        Format.SHAPEFILE: features.read_shapefile,
        Format.VCARD: vcard.read,
    }
)

_DETECTORS: Mapping[Format, Callable[[Path, ReadOptions], Detection]] = MappingProxyType(
    {
        Format.DELIMITED: lambda path, options: dialect.detect(path, options)[1],
        Format.WORKBOOK: workbook.detect,
        Format.PARQUET: lambda path, _: arrow.detect(path),
        Format.GEOJSON: features.detect_geojson,
        Format.GEOPACKAGE: features.detect_geopackage,
        Format.SHAPEFILE: features.detect_shapefile,
        Format.VCARD: vcard.detect,
    }
)


def read(path: Path, options: ReadOptions | None = None) -> Iterator[pd.DataFrame]:
    """The records of a file as text, a chunk at a time.

    Args:
        path: delimited text, a workbook (XLSX, ODS, XLS), Parquet, GeoJSON, GeoPackage, Shapefile (also zipped) or vCards.
        options: how to read it, where it does not say so itself; a file of refused records that the program wrote does.

    Yields:
        Frames of at most CHUNK_ROWS rows, one row per record, every column text with "" for nothing; the index
        `row_number` counts the records of the file from 1. A file with geometry gives `geometry` (WKT, EPSG:4326) and,
        for points, `longitude` and `latitude`. A record that does not fit has a text in one of the columns MARKS.

    Raises:
        ReadError: the file is not there, of a kind that is not read, or broken.
    """
    found = _format(path)
    try:
        for frame in numbered_frames(_READERS[found](path, _options(path, found, options)), CHUNK_ROWS):
            yield as_it_was(frame)
    except OSError as error:
        raise ReadError(f"{path.name} cannot be read ({error.strerror or error}); check the file and who may read it.") from error


def detect(path: Path, options: ReadOptions | None = None) -> Detection:
    """How a file is read, and how sure that is; what the options name is taken as it is.

    Args:
        path: as in `read`.
        options: as in `read`.

    Raises:
        ReadError: as in `read`.
    """
    found = _format(path)
    try:
        detection = _DETECTORS[found](path, _options(path, found, options))
    except OSError as error:
        raise ReadError(f"{path.name} cannot be read ({error.strerror or error}); check the file and who may read it.") from error
    return replace(detection, notes=(*kinds.note(path, found), *detection.notes))


def settled(path: Path, options: ReadOptions) -> ReadOptions:
    """The options with what was detected of a delimited text in place of what they leave out: so its records can be written back as it was.

    Args:
        path: as in `read`.
        options: as in `read`.

    Raises:
        ReadError: as in `read`.
    """
    if _format(path) is not Format.DELIMITED:
        return options
    found, _ = dialect.detect(path, _options(path, Format.DELIMITED, options))
    return options.model_copy(update={"encoding": found.encoding, "delimiter": found.delimiter, "line_end": found.line_end})


def _options(path: Path, found: Format, options: ReadOptions | None) -> ReadOptions:
    """The options, unless they lay a file of refused records out as the file that these came in."""
    given = options or ReadOptions()
    own = own_layout(given)
    if own == given:
        return given
    try:
        with closing(_READERS[found](path, own)) as tables:
            first = next(tables, None)
    except ReadError:
        return given
    return own if first is not None and has_reasons(first.column_names) else given


def _format(path: Path) -> Format:
    try:
        if not path.is_file():
            raise ReadError(f"{path} is not a file; check the path.")
        if path.stat().st_size == 0:
            raise ReadError(f"{path.name} is empty; it needs at least a header line.")
        found = kinds.format_of(path)
        if found is Format.DELIMITED:
            kinds.refuse_markup(path)
    except (OSError, ValueError) as error:
        raise ReadError(f"{path.name} cannot be read ({getattr(error, 'strerror', None) or error}); check the file and who may read it.") from error
    return found
