"""How a file is read: what its format does not say itself."""

from pydantic import BaseModel, ConfigDict, Field, field_validator

_WRITTEN_DELIMITERS = {"\\t": "\t", "tab": "\t", "space": " ", "comma": ",", "semicolon": ";", "pipe": "|"}

WHITESPACE = "whitespace"
"""A delimiter by name: any run of blanks."""


class ReadOptions(BaseModel):
    """Reader options; what is left out is detected.

    Attributes:
        delimiter: what stands between two fields of a delimited text; any length, or `tab`, `space`, `comma`,
            `semicolon`, `pipe`, `whitespace` (any run of blanks).
        line_end: what ends a record of a delimited text; with it, quotes have no meaning.
        encoding: name of the text encoding; of a Shapefile that of its attributes.
        columns: the names of the columns of a file that has no header line, or in place of those it has.
        header: whether the first line names the columns; where it does not they are named `column 1` and so on.
        skip_lines: lines above the header, or above the first record, that are no part of the table.
        sheet: name of the sheet of a workbook; the first visible one if left out.
        layer: name of the layer of a GeoPackage or of a zipped folder of Shapefiles; the only one if left out.
        crs: reference system of a geometry file that does not name its own, such as EPSG:3067.
        table: name of the table of a database, where its address does not end in it; `schema.table` too.
        query: a SELECT over a database, in place of a table.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    delimiter: str | None = Field(None, min_length=1, max_length=20)
    line_end: str | None = Field(None, min_length=1, max_length=20)
    encoding: str | None = None
    columns: tuple[str, ...] | None = None
    header: bool | None = None
    skip_lines: int | None = Field(None, ge=0, le=100_000)
    sheet: str | None = None
    layer: str | None = None
    crs: str | None = None
    table: str | None = None
    query: str | None = None

    @field_validator("delimiter")
    @classmethod
    def _as_written(cls, given: str | None) -> str | None:
        delimiter = _WRITTEN_DELIMITERS.get(given, given) if given else given
        if delimiter and any(mark in delimiter for mark in '\r\n"'):
            raise ValueError("a delimiter holds neither a quote nor a line end")
        return delimiter
