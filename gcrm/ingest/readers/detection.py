"""What was found out about a file, to be shown and overruled."""

from dataclasses import dataclass
from enum import StrEnum


class Format(StrEnum):
    """The formats that are read."""

    DELIMITED = "delimited text"
    WORKBOOK = "workbook"
    PARQUET = "Parquet"
    GEOJSON = "GeoJSON"
    GEOPACKAGE = "GeoPackage"
    SHAPEFILE = "Shapefile"
    VCARD = "vCard"


@dataclass(frozen=True)
class Finding[Value]:
    """Something that was detected, with a confidence of 0 to 1; what was named by the user has 1."""

    value: Value
    confidence: float


@dataclass(frozen=True)
class Detection:
    """How a file is read.

    Attributes:
        format: what it is, by its content.
        encoding: of a text.
        delimiter: what stands between two fields.
        line_end: what ends a record: line feed, carriage return, both, or a mark of the file's own.
        header: whether the first line names the columns.
        skip_lines: lines above it that are no part of the table.
        decimal_comma: whether numbers are written as 1,5; None where there are none.
        sheets: of a workbook; `hidden` are those of them that its user does not see.
        layers: of a geometry file.
        crs: reference system of the geometry as the file names it; None where there is none.
        notes: sentences on what a reader of the file should know.
    """

    format: Format
    encoding: Finding[str] | None = None
    delimiter: Finding[str] | None = None
    line_end: Finding[str] | None = None
    header: Finding[bool] | None = None
    skip_lines: Finding[int] | None = None
    decimal_comma: Finding[bool] | None = None
    sheets: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    crs: str | None = None
    notes: tuple[str, ...] = ()
