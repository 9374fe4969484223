"""Where the value of a field comes from: columns, how they are put together or taken apart, and how they are to be read."""

import hashlib
import re
from string import Formatter
from typing import Literal, Self

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, Field, model_validator

PACKINGS = ("wkt", "wkb", "geojson", "sql_server_geography", "utm", "lat_lon", "lon_lat")
"""The forms of a packed position. WKT and WKB may carry their SRID (EWKT, EWKB); the last two are pairs, in degrees, minutes and seconds too."""


_DIGEST_BYTES = 10
_MARK = "("
"""How columns begin that say something about a record and are no part of it."""


def _digests(frame: pd.DataFrame) -> pd.Series:
    """Twenty digits of each record, whatever the order of its columns (BLAKE2b, RFC 7693)."""
    names = sorted(str(name) for name in frame.columns if not str(name).startswith(_MARK))
    texts = zip(*(frame[name].fillna("").str.strip() for name in names), strict=True)
    made = [hashlib.blake2b("\x1f".join(values).encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).hexdigest() for values in texts]
    return pd.Series(made, index=frame.index, dtype="string")


class Split(BaseModel):
    """A part of a column's text.

    Attributes:
        by: what stands between the parts; parts are stripped of blanks.
        part: which part, from 1; from the end with -1, -2 and so on.
        pattern: instead, a regular expression of RE2; its group named `value`, else its only group, is the part.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    by: str | None = Field(None, min_length=1)
    part: int = 1
    pattern: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.by is None) == (self.pattern is None):
            raise ValueError("name one of by and pattern")
        if self.part == 0:
            raise ValueError("parts are counted from 1, or from the end with -1")
        if self.pattern is not None:
            try:
                pc.extract_regex(pa.array([""]), pattern=self._named)
            except pa.ArrowInvalid as error:
                raise ValueError(f"{self.pattern!r} is no regular expression (RE2) with one group: {error}") from error
        return self

    @property
    def _named(self) -> str:
        """The pattern with its group named."""
        pattern = self.pattern or ""
        return pattern if "(?P<value>" in pattern else re.sub(r"(?<!\\)\((?!\?)", "(?P<value>", pattern, count=1)

    def apply(self, values: pd.Series) -> pd.Series:
        """The part of each value, "" where there is none."""
        if self.pattern is not None:
            found = pc.extract_regex(pa.array(values.to_numpy(dtype=object), type=pa.large_string(), from_pandas=True), pattern=self._named)
            return pd.Series(pc.struct_field(found, "value"), index=values.index, dtype="string").fillna("")
        parts = [text.split(self.by) for text in values.fillna("")]
        place = self.part - 1 if self.part > 0 else self.part
        chosen = [each[place].strip() if -len(each) <= place < len(each) else "" for each in parts]
        return pd.Series(chosen, index=values.index, dtype="string")


class FieldSource(BaseModel):
    """Where a field's value comes from: a column, a template over columns, a fixed value, or the first of several of these.

    Attributes:
        column: name of a column; of a joined file as `file.column`.
        template: text with columns in braces, such as "{street} {number}"; where a column is empty so is the result.
        value: a fixed value.
        made_of: "record": 20 digits that are the same for the same record and different for any other, for files without a key.
        first_of: other sources, such as [home.street, shop.street]; of each record the first one that is not empty counts.
        split: takes a part of the text.
        codes: replaces values by others; what is not listed stays.
        format: of a packed position one of PACKINGS, of times a strptime format or a name such as day_first.
        decimal: the decimal mark of numbers and money, "." or ","; decided by the column if left out.
        unit: the unit that numbers shall have; values with another unit of the same kind are converted.
        currency: ISO 4217 code of the money in this field, where no column says it.
        country: ISO 3166-1 code that phones, postcodes and tax numbers are read in where the record has no country.
        time_zone: IANA name of the zone of times that name none.
        crs: the CRS of a position, such as EPSG:2056.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str | None = None
    template: str | None = None
    value: str | None = None
    made_of: Literal["record"] | None = None
    first_of: tuple["FieldSource", ...] | None = Field(None, min_length=1)
    split: Split | None = None
    codes: dict[str, str] = Field(default_factory=dict)
    format: str | None = None
    decimal: str | None = Field(None, pattern=r"^[.,]$")
    unit: str | None = None
    currency: str | None = Field(None, pattern=r"^[A-Z]{3}$")
    country: str | None = Field(None, pattern=r"^[A-Z]{2}$")
    time_zone: str | None = None
    crs: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, given: object) -> object:
        return {"column": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if sum(origin is not None for origin in (self.column, self.template, self.value, self.made_of, self.first_of)) != 1:
            raise ValueError("name exactly one of column, template, value, made_of and first_of")
        if self.template is not None and not all(self.columns or ("",)):
            raise ValueError("a template names its columns in braces, such as {street} {number}")
        return self

    def __str__(self) -> str:
        if self.first_of is not None:
            return ", else ".join(map(str, self.first_of))
        if self.made_of is not None:
            return "made of the whole record"
        return self.column or self.template or f"always {self.value!r}"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that this source needs."""
        if self.first_of is not None:
            return tuple(name for source in self.first_of for name in source.columns)
        if self.template is not None:
            return tuple(name for _, name, _, _ in Formatter().parse(self.template) if name is not None)
        return (self.column,) if self.column is not None else ()

    @property
    def replaces(self) -> bool:
        """Whether the value is not the text of the file any more."""
        return bool(self.codes) or self.split is not None

    def given(self, frame: pd.DataFrame) -> pd.Series:
        """The text as it stands in the file, "" for nothing, on the frame's index: before a part is taken and codes are replaced."""
        if self.first_of is not None:
            return self._first(frame)
        if self.template is not None:
            return self._filled(frame)
        if self.column is not None:
            return frame[self.column]
        if self.made_of is not None:
            return _digests(frame)
        return pd.Series(self.value, index=frame.index, dtype="string")

    def resolve(self, frame: pd.DataFrame) -> pd.Series:
        """The values, as text with "" for nothing, on the frame's index."""
        values = self.given(frame)
        if self.split is not None:
            values = self.split.apply(values)
        if not self.codes:
            return values
        stripped = values.str.strip()
        return stripped.map(self.codes).astype("string").fillna(stripped)

    def _first(self, frame: pd.DataFrame) -> pd.Series:
        values = pd.Series("", index=frame.index, dtype="string")
        for source in self.first_of or ():
            values = values.where(values.str.strip() != "", source.resolve(frame))
        return values

    def _filled(self, frame: pd.DataFrame) -> pd.Series:
        values = pd.Series("", index=frame.index, dtype="string")
        complete = pd.Series(data=True, index=frame.index)
        for literal, name, _, _ in Formatter().parse(self.template or ""):
            values += literal
            if name is not None:
                part = frame[name].str.strip()
                complete &= part != ""
                values += part
        return values.where(complete, "")
