"""How a file is read: what its format does not say itself."""

from pydantic import BaseModel, ConfigDict


class ReadOptions(BaseModel):
    """Reader options; what is left out is detected.

    Attributes:
        delimiter: what stands between two fields of a delimited text; any length.
        line_end: what ends a record of a delimited text; with it, quotes have no meaning.
        encoding: name of the text encoding.
        columns: the names of the columns of a file that has no header line.
        sheet: name of the sheet of a workbook; the first one if left out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    delimiter: str | None = None
    line_end: str | None = None
    encoding: str | None = None
    columns: tuple[str, ...] | None = None
    sheet: str | None = None
